// SPDX-License-Identifier: MIT OR Apache-2.0

//! Two pipes, one a direction.

use std::os::fd::OwnedFd;

use super::duplex::{Duplex, Toward, Way};
use super::peer::{Link, Peer, Shape};
use crate::raw::Memory;
use crate::trouble::{Doing, Outcome, Trouble};

/// Two pipes.
#[derive(Debug)]
pub struct Pipe;

/// The widest pipe that everybody may have.
const WIDE: usize = 1 << 20;

impl Peer for Pipe {
    fn name(&self) -> &'static str {
        "pipe"
    }

    fn least(&self) -> usize {
        1
    }

    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>> {
        let request = rustix::pipe::pipe().doing("pipe")?;
        let answer = rustix::pipe::pipe().doing("pipe")?;
        if shape.longest() > 65536 {
            for pipe in [&request.1, &answer.1] {
                rustix::pipe::fcntl_setpipe_size(pipe, WIDE).doing("F_SETPIPE_SZ")?;
            }
        }
        let way = Stream {
            client: (answer.0, request.1),
            server: (request.0, answer.1),
        };
        Ok(Box::new(Duplex::new(shape, way)?))
    }
}

/// Two descriptors for each side, which bytes go through in order.
pub struct Stream {
    /// What the client reads from, and writes to.
    pub client: (OwnedFd, OwnedFd),
    /// What the server reads from, and writes to.
    pub server: (OwnedFd, OwnedFd),
}

/// Writes all of a range.
fn put(fd: &OwnedFd, memory: &Memory, len: usize) -> Outcome<()> {
    let mut done = 0;
    while done < len {
        done += memory.write(fd, done, len - done)?;
    }
    Ok(())
}

/// Reads until a range is full.
fn get(fd: &OwnedFd, memory: &Memory, len: usize) -> Outcome<()> {
    let mut done = 0;
    while done < len {
        match memory.read(fd, done, len - done)? {
            0 => return Err(Trouble::Failed("the other side has closed".into())),
            n => done += n,
        }
    }
    Ok(())
}

impl Way for Stream {
    fn put(&self, toward: Toward, from: &Memory, len: usize) -> Outcome<()> {
        match toward {
            Toward::Server => put(&self.client.1, from, len),
            Toward::Client => put(&self.server.1, from, len),
        }
    }

    fn get(&self, toward: Toward, into: &Memory, len: usize) -> Outcome<()> {
        match toward {
            Toward::Server => get(&self.server.0, into, len),
            Toward::Client => get(&self.client.0, into, len),
        }
    }
}
