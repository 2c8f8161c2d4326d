// SPDX-License-Identifier: MIT OR Apache-2.0

//! The memory of a peer: what each side sends, and where it receives.

use std::sync::Arc;

use super::peer::Shape;
use crate::raw::{Mapping, Memory};
use crate::trouble::{Outcome, Trouble};

/// Seed of what clients send.
pub const CLIENT: u8 = 3;
/// Seed of what servers send.
pub const SERVER: u8 = 101;

/// Two buffers, of which each process has its own after the fork.
#[derive(Debug, Clone)]
pub struct Buffers {
    /// What is sent; in the client the request, in the server the answer.
    pub out: Arc<Memory>,
    /// What is received.
    pub into: Arc<Memory>,
    /// Bytes that lie in front of the message in both.
    pub head: usize,
}

impl Buffers {
    /// For a shape, with room for `head` bytes in front.
    pub fn new(shape: &Shape, head: usize, mapping: Mapping) -> Outcome<Self> {
        let len = (shape.longest() + head).max(8);
        let out = Arc::new(Memory::new(len, mapping)?);
        let into = Arc::new(Memory::new(len, mapping)?);
        Ok(Self { out, into, head })
    }

    /// In the client or server: gives `out` its contents, and makes the pages of both this process's own.
    pub fn own(&self, seed: u8) {
        self.out.fill_from(self.head, seed);
        self.into.fill(0);
        // The type of a message of System V must not be 0.
        if self.head == 8 {
            for at in 0..8 {
                self.out.poke(at, u8::from(at == 0));
            }
        }
    }

    /// Whether the first `len` bytes that came are those that the other side sends.
    pub fn check(&self, len: usize, seed: u8) -> Outcome<()> {
        right(&self.into, self.head, len, seed)
    }
}

/// Whether a range holds what a side sends.
pub fn right(memory: &Memory, start: usize, len: usize, seed: u8) -> Outcome<()> {
    match memory.first_wrong(start, len, seed) {
        None => Ok(()),
        Some(at) => Err(Trouble::Failed(format!("byte {at} of what came is wrong"))),
    }
}
