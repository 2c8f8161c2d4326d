// SPDX-License-Identifier: MIT OR Apache-2.0

//! Shared memory for the bytes, and a futex each way for the turn.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

use super::buffers::{Buffers, CLIENT, SERVER};
use super::peer::{Hello, Link, Peer, Shape};
use crate::raw::{futex_wait, futex_wake, Mapping, Memory};
use crate::trouble::Outcome;

/// A futex pair.
#[derive(Debug)]
pub struct Futex;

struct Pair {
    shape: Shape,
    buffers: Buffers,
    shared: Arc<Memory>,
    turns: Arc<Memory>,
}

impl Peer for Futex {
    fn name(&self) -> &'static str {
        "futex"
    }

    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>> {
        Ok(Box::new(Pair {
            shape: *shape,
            buffers: Buffers::new(shape, 0, Mapping::Private)?,
            shared: Arc::new(Memory::new(shape.longest().max(1), Mapping::Shared)?),
            turns: Arc::new(Memory::new(256, Mapping::Shared)?),
        }))
    }
}

/// Gives the turn to the other side.
fn give(word: &AtomicU32) -> Outcome<()> {
    word.store(1, Ordering::Release);
    Ok(futex_wake(word)?)
}

/// Waits for the turn, and takes it.
fn take(word: &AtomicU32) -> Outcome<()> {
    while word.swap(0, Ordering::Acquire) == 0 {
        futex_wait(word, 0)?;
    }
    Ok(())
}

impl Pair {
    // On cache lines of their own.
    fn request(&self) -> &AtomicU32 {
        self.turns.word(0)
    }

    fn answer(&self) -> &AtomicU32 {
        self.turns.word(32)
    }
}

impl Link for Pair {
    fn server_open(&mut self) -> Outcome<Hello> {
        self.buffers.own(SERVER);
        Ok([0; 4])
    }

    fn client_open(&mut self, _: Hello) -> Outcome<Hello> {
        self.buffers.own(CLIENT);
        Ok([0; 4])
    }

    fn serve(&mut self) -> Outcome<()> {
        take(self.request())?;
        self.buffers
            .into
            .copy_from(0, &self.shared, 0, self.shape.request);
        self.shared
            .copy_from(0, &self.buffers.out, 0, self.shape.answer);
        give(self.answer())
    }

    fn call(&mut self) -> Outcome<()> {
        self.shared
            .copy_from(0, &self.buffers.out, 0, self.shape.request);
        give(self.request())?;
        take(self.answer())?;
        self.buffers
            .into
            .copy_from(0, &self.shared, 0, self.shape.answer);
        Ok(())
    }

    fn check(&self) -> Outcome<()> {
        self.buffers.check(self.shape.answer, SERVER)
    }
}
