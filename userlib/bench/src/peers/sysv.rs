// SPDX-License-Identifier: MIT OR Apache-2.0

//! Two message queues of System V, one a direction.

use super::duplex::{Duplex, Toward, Way};
use super::peer::{Link, Peer, Shape};
use crate::raw::{Memory, SysvQueue};
use crate::trouble::{Doing, Outcome};

/// System V messages.
#[derive(Debug)]
pub struct Sysv;

struct Queues {
    request: SysvQueue,
    answer: SysvQueue,
}

impl Peer for Sysv {
    fn name(&self) -> &'static str {
        "sysv-msg"
    }

    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>> {
        let way = Queues {
            request: SysvQueue::new().or_lacks("msgget")?,
            answer: SysvQueue::new().or_lacks("msgget")?,
        };
        Ok(Box::new(Duplex::new(shape, way)?))
    }
}

impl Queues {
    fn of(&self, toward: Toward) -> &SysvQueue {
        match toward {
            Toward::Server => &self.request,
            Toward::Client => &self.answer,
        }
    }
}

impl Way for Queues {
    // The type of a message.
    const HEAD: usize = 8;

    fn put(&self, toward: Toward, from: &Memory, len: usize) -> Outcome<()> {
        Ok(self.of(toward).send(from, len)?)
    }

    fn get(&self, toward: Toward, into: &Memory, len: usize) -> Outcome<()> {
        self.of(toward).receive(into, len)?;
        Ok(())
    }
}
