// SPDX-License-Identifier: MIT OR Apache-2.0

//! Shared memory for the bytes, and a futex each way for the turn.

use std::sync::atomic::{AtomicU32, Ordering};

use super::duplex::{Duplex, Toward, Way};
use super::peer::{Link, Peer, Shape};
use crate::os::{futex_wait, futex_wake};
use crate::raw::{Mapping, Memory};
use crate::trouble::Outcome;

/// A futex pair.
#[derive(Debug)]
pub struct Futex;

struct Turns {
    shared: Memory,
    words: Memory,
}

impl Peer for Futex {
    fn name(&self) -> &'static str {
        "futex"
    }

    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>> {
        let way = Turns {
            shared: Memory::new(shape.longest().max(1), Mapping::Shared)?,
            words: Memory::new(256, Mapping::Shared)?,
        };
        Ok(Box::new(Duplex::new(shape, way)?))
    }
}

impl Turns {
    // On cache lines of their own.
    fn of(&self, toward: Toward) -> &AtomicU32 {
        self.words.word(match toward {
            Toward::Server => 0,
            Toward::Client => 32,
        })
    }
}

impl Way for Turns {
    fn put(&self, toward: Toward, from: &Memory, len: usize) -> Outcome<()> {
        self.shared.copy_from(0, from, 0, len);
        let word = self.of(toward);
        word.store(1, Ordering::Release);
        Ok(futex_wake(word)?)
    }

    fn get(&self, toward: Toward, into: &Memory, len: usize) -> Outcome<()> {
        let word = self.of(toward);
        while word.swap(0, Ordering::Acquire) == 0 {
            futex_wait(word, 0)?;
        }
        into.copy_from(0, &self.shared, 0, len);
        Ok(())
    }
}
