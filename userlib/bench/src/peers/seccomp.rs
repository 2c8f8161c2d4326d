// SPDX-License-Identifier: MIT OR Apache-2.0

//! A system call that another process answers (seccomp user notification), with wake-ups on the same processor. It moves
//! the six arguments of the call and one result.

use std::os::fd::{AsRawFd, OwnedFd};

use super::peer::{Hello, Link, Peer, Shape};
use crate::os;
use crate::raw;
use crate::trouble::{Doing, Outcome, Trouble};

/// Seccomp notification.
#[derive(Debug)]
pub struct Seccomp;

#[derive(Default)]
struct Pair {
    listener: Option<OwnedFd>,
}

impl Peer for Seccomp {
    fn name(&self) -> &'static str {
        "seccomp-notify"
    }

    fn prepare(&self, _: &Shape) -> Outcome<Box<dyn Link>> {
        Ok(Box::new(Pair::default()))
    }
}

impl Link for Pair {
    fn client_open(&mut self, _: Hello) -> Outcome<Hello> {
        let listener = raw::seccomp_listener().or_lacks("seccomp listener")?;
        let number = listener.as_raw_fd();
        self.listener = Some(listener);
        Ok([u64::from(std::process::id()), number as u64, 0, 0])
    }

    fn server_accept(&mut self, client: Hello) -> Outcome<()> {
        let listener = os::take_fd(client[0] as i32, client[1] as i32).or_lacks("pidfd_getfd")?;
        raw::seccomp_same_cpu(&listener).or_lacks("wake-ups on the same processor")?;
        self.listener = Some(listener);
        Ok(())
    }

    fn serve(&mut self) -> Outcome<()> {
        let Some(listener) = &self.listener else {
            return Err(Trouble::Failed("no listener".into()));
        };
        Ok(raw::seccomp_serve(listener)?)
    }

    fn call(&mut self) -> Outcome<()> {
        os::null_syscall();
        Ok(())
    }
}
