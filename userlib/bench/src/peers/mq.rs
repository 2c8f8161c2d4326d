// SPDX-License-Identifier: MIT OR Apache-2.0

//! Two POSIX message queues, one a direction.

use std::ffi::CString;

use super::duplex::{Duplex, Toward, Way};
use super::peer::{Link, Peer, Shape};
use crate::raw::{Memory, PosixQueue};
use crate::trouble::{Doing, Outcome};

/// POSIX message queues.
#[derive(Debug)]
pub struct Mq;

struct Queues {
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
        let way = Queues {
            request: queue("request", shape.request)?,
            answer: queue("answer", shape.answer)?,
        };
        Ok(Box::new(Duplex::new(shape, way)?))
    }
}

impl Queues {
    fn of(&self, toward: Toward) -> &PosixQueue {
        match toward {
            Toward::Server => &self.request,
            Toward::Client => &self.answer,
        }
    }
}

impl Way for Queues {
    fn put(&self, toward: Toward, from: &Memory, len: usize) -> Outcome<()> {
        Ok(self.of(toward).send(from, len)?)
    }

    fn get(&self, toward: Toward, into: &Memory, len: usize) -> Outcome<()> {
        self.of(toward).receive(into, len.max(1))?;
        Ok(())
    }
}
