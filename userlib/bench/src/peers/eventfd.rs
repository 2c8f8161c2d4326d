// SPDX-License-Identifier: MIT OR Apache-2.0

//! Shared memory for the bytes, and an eventfd each way for the turn.

use std::os::fd::OwnedFd;

use rustix::event::{eventfd, EventfdFlags};

use super::duplex::{Duplex, Toward, Way};
use super::peer::{Link, Peer, Shape};
use crate::raw::{Mapping, Memory};
use crate::trouble::{Doing, Outcome};

/// An eventfd pair.
#[derive(Debug)]
pub struct Eventfd;

struct Turns {
    shared: Memory,
    /// The 8 bytes that eventfds read and write.
    count: Memory,
    request: OwnedFd,
    answer: OwnedFd,
}

impl Peer for Eventfd {
    fn name(&self) -> &'static str {
        "eventfd"
    }

    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>> {
        let count = Memory::new(16, Mapping::Private)?;
        count.poke(0, 1);
        let way = Turns {
            count,
            shared: Memory::new(shape.longest().max(1), Mapping::Shared)?,
            request: eventfd(0, EventfdFlags::CLOEXEC).doing("eventfd")?,
            answer: eventfd(0, EventfdFlags::CLOEXEC).doing("eventfd")?,
        };
        Ok(Box::new(Duplex::new(shape, way)?))
    }
}

impl Turns {
    fn of(&self, toward: Toward) -> &OwnedFd {
        match toward {
            Toward::Server => &self.request,
            Toward::Client => &self.answer,
        }
    }
}

impl Way for Turns {
    fn put(&self, toward: Toward, from: &Memory, len: usize) -> Outcome<()> {
        self.shared.copy_from(0, from, 0, len);
        self.count.write(self.of(toward), 0, 8)?;
        Ok(())
    }

    fn get(&self, toward: Toward, into: &Memory, len: usize) -> Outcome<()> {
        self.count.read(self.of(toward), 8, 8)?;
        into.copy_from(0, &self.shared, 0, len);
        Ok(())
    }
}
