// SPDX-License-Identifier: MIT OR Apache-2.0

//! Shared memory for the bytes, and an eventfd each way for the turn.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::event::{eventfd, EventfdFlags};

use super::buffers::{Buffers, CLIENT, SERVER};
use super::peer::{Hello, Link, Peer, Shape};
use crate::raw::{Mapping, Memory};
use crate::trouble::{Doing, Outcome};

/// An eventfd pair.
#[derive(Debug)]
pub struct Eventfd;

struct Pair {
    shape: Shape,
    buffers: Buffers,
    shared: Arc<Memory>,
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
        Ok(Box::new(Pair {
            shape: *shape,
            buffers: Buffers::new(shape, 0, Mapping::Private)?,
            shared: Arc::new(Memory::new(shape.longest().max(1), Mapping::Shared)?),
            count,
            request: eventfd(0, EventfdFlags::CLOEXEC).doing("eventfd")?,
            answer: eventfd(0, EventfdFlags::CLOEXEC).doing("eventfd")?,
        }))
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
        self.count.read(&self.request, 8, 8)?;
        self.buffers
            .into
            .copy_from(0, &self.shared, 0, self.shape.request);
        self.shared
            .copy_from(0, &self.buffers.out, 0, self.shape.answer);
        self.count.write(&self.answer, 0, 8)?;
        Ok(())
    }

    fn call(&mut self) -> Outcome<()> {
        self.shared
            .copy_from(0, &self.buffers.out, 0, self.shape.request);
        self.count.write(&self.request, 0, 8)?;
        self.count.read(&self.answer, 8, 8)?;
        self.buffers
            .into
            .copy_from(0, &self.shared, 0, self.shape.answer);
        Ok(())
    }

    fn check(&self) -> Outcome<()> {
        self.buffers.check(self.shape.answer, SERVER)
    }
}
