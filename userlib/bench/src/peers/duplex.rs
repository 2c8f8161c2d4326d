// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is common to all ways to talk that have one direction for requests and one for answers.

use super::buffers::{Buffers, CLIENT, SERVER};
use super::peer::{Hello, Link, Shape};
use crate::raw::{Mapping, Memory};
use crate::trouble::Outcome;

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    /// From the client to the server.
    Server,
    /// And back.
    Client,
}

/// Moves bytes between two processes, one of which puts them in while the other gets them out.
pub trait Way {
    /// Bytes in front of each message, in the buffers of both sides.
    const HEAD: usize = 0;

    /// Sends what lies at the start of a memory.
    fn put(&self, toward: Toward, from: &Memory, len: usize) -> Outcome<()>;

    /// Waits for a message of this length.
    fn get(&self, toward: Toward, into: &Memory, len: usize) -> Outcome<()>;
}

/// Client and server on such a way.
pub struct Duplex<W> {
    shape: Shape,
    buffers: Buffers,
    way: W,
}

impl<W: Way> Duplex<W> {
    /// With buffers for a shape.
    pub fn new(shape: &Shape, way: W) -> Outcome<Self> {
        Ok(Self {
            shape: *shape,
            buffers: Buffers::new(shape, W::HEAD, Mapping::Private)?,
            way,
        })
    }
}

impl<W: Way> Link for Duplex<W> {
    fn server_open(&mut self) -> Outcome<Hello> {
        self.buffers.own(SERVER);
        Ok([0; 4])
    }

    fn client_open(&mut self, _: Hello) -> Outcome<Hello> {
        self.buffers.own(CLIENT);
        Ok([0; 4])
    }

    fn serve(&mut self) -> Outcome<()> {
        let Buffers { out, into, .. } = &self.buffers;
        self.way.get(Toward::Server, into, self.shape.request)?;
        self.way.put(Toward::Client, out, self.shape.answer)
    }

    fn call(&mut self) -> Outcome<()> {
        let Buffers { out, into, .. } = &self.buffers;
        self.way.put(Toward::Server, out, self.shape.request)?;
        self.way.get(Toward::Client, into, self.shape.answer)
    }

    fn check(&self) -> Outcome<()> {
        self.buffers.check(self.shape.answer, SERVER)
    }
}
