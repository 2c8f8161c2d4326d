// SPDX-License-Identifier: MIT OR Apache-2.0

//! Two message queues of System V, one a direction.

use super::buffers::{Buffers, CLIENT, SERVER};
use super::peer::{Hello, Link, Peer, Shape};
use crate::raw::{Mapping, SysvQueue};
use crate::trouble::{Doing, Outcome};

/// System V messages.
#[derive(Debug)]
pub struct Sysv;

struct Pair {
    shape: Shape,
    buffers: Buffers,
    request: SysvQueue,
    answer: SysvQueue,
}

impl Peer for Sysv {
    fn name(&self) -> &'static str {
        "sysv-msg"
    }

    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>> {
        Ok(Box::new(Pair {
            shape: *shape,
            buffers: Buffers::new(shape, 8, Mapping::Private)?,
            request: SysvQueue::new().or_lacks("msgget")?,
            answer: SysvQueue::new().or_lacks("msgget")?,
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
        self.request
            .receive(&self.buffers.into, self.shape.request)?;
        Ok(self.answer.send(&self.buffers.out, self.shape.answer)?)
    }

    fn call(&mut self) -> Outcome<()> {
        self.request.send(&self.buffers.out, self.shape.request)?;
        self.answer.receive(&self.buffers.into, self.shape.answer)?;
        Ok(())
    }

    fn check(&self) -> Outcome<()> {
        self.buffers.check(self.shape.answer, SERVER)
    }
}
