// SPDX-License-Identifier: MIT OR Apache-2.0

//! Two POSIX message queues, one a direction.

use std::ffi::CString;

use super::buffers::{Buffers, CLIENT, SERVER};
use super::peer::{Hello, Link, Peer, Shape};
use crate::raw::{Mapping, PosixQueue};
use crate::trouble::{Doing, Outcome};

/// POSIX message queues.
#[derive(Debug)]
pub struct Mq;

struct Pair {
    shape: Shape,
    buffers: Buffers,
    request: PosixQueue,
    answer: PosixQueue,
}

/// A queue whose name nobody else uses.
fn queue(what: &str, size: usize) -> Outcome<PosixQueue> {
    let name = CString::new(format!("/qipc-bench-{}-{what}", std::process::id())).doing("name")?;
    PosixQueue::new(&name, size).or_lacks("mq_open")
}

impl Peer for Mq {
    fn name(&self) -> &'static str {
        "posix-mq"
    }

    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>> {
        Ok(Box::new(Pair {
            shape: *shape,
            buffers: Buffers::new(shape, 0, Mapping::Private)?,
            request: queue("request", shape.request)?,
            answer: queue("answer", shape.answer)?,
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
            .receive(&self.buffers.into, self.shape.request.max(1))?;
        Ok(self.answer.send(&self.buffers.out, self.shape.answer)?)
    }

    fn call(&mut self) -> Outcome<()> {
        self.request.send(&self.buffers.out, self.shape.request)?;
        self.answer
            .receive(&self.buffers.into, self.shape.answer.max(1))?;
        Ok(())
    }

    fn check(&self) -> Outcome<()> {
        self.buffers.check(self.shape.answer, SERVER)
    }
}
