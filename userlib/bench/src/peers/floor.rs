// SPDX-License-Identifier: MIT OR Apache-2.0

//! The floor of the module: two calls that wake the other process and sleep, and do nothing else.

use std::fs::File;

use super::peer::{Hello, Link, Peer, Shape};
use super::qipc;
use crate::raw;
use crate::trouble::{Doing, Outcome, Trouble};

/// The floor.
#[derive(Debug)]
pub struct Floor;

struct Pair {
    session: Option<File>,
    how: u32,
}

impl Peer for Floor {
    fn name(&self) -> &'static str {
        "floor"
    }

    fn prepare(&self, _: &Shape) -> Outcome<Box<dyn Link>> {
        qipc::open()?;
        Ok(Box::new(Pair {
            session: None,
            how: raw::BENCH_SLEEP,
        }))
    }
}

impl Pair {
    fn sit(&mut self, seat: u32) -> Outcome<()> {
        let session = qipc::open()?;
        raw::bench_pair(&session, seat).or_lacks("the module was loaded without bench=1")?;
        self.session = Some(session);
        Ok(())
    }

    fn switch(&self, how: u32) -> Outcome<()> {
        let Some(session) = &self.session else {
            return Err(Trouble::Failed("no seat".into()));
        };
        Ok(raw::bench_switch(session, how)?)
    }
}

impl Link for Pair {
    fn server_open(&mut self) -> Outcome<Hello> {
        self.sit(0)?;
        Ok([0; 4])
    }

    fn client_open(&mut self, _: Hello) -> Outcome<Hello> {
        self.sit(1)?;
        Ok([0; 4])
    }

    fn serve(&mut self) -> Outcome<()> {
        self.switch(self.how)?;
        // Only the first time there is nobody to wake.
        self.how = raw::BENCH_WAKE | raw::BENCH_SLEEP;
        Ok(())
    }

    fn call(&mut self) -> Outcome<()> {
        self.switch(raw::BENCH_WAKE | raw::BENCH_SLEEP)
    }
}
