// SPDX-License-Identifier: MIT OR Apache-2.0

//! A pair of connected sockets of the family AF_UNIX.

use rustix::net::{AddressFamily, SocketFlags, SocketType};

use super::duplex::Duplex;
use super::peer::{Link, Peer, Shape};
use super::pipe::Stream;
use crate::trouble::{Doing, Outcome};

/// A socket pair.
#[derive(Debug)]
pub struct Unix {
    /// Messages (SOCK_SEQPACKET) instead of bytes (SOCK_STREAM).
    pub packets: bool,
}

impl Peer for Unix {
    fn name(&self) -> &'static str {
        if self.packets {
            "unix-seqpacket"
        } else {
            "unix-stream"
        }
    }

    fn least(&self) -> usize {
        1
    }

    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>> {
        let kind = if self.packets {
            SocketType::SEQPACKET
        } else {
            SocketType::STREAM
        };
        let (client, server) =
            rustix::net::socketpair(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None)
                .doing("socketpair")?;
        let way = Stream {
            client: (client.try_clone()?, client),
            server: (server.try_clone()?, server),
        };
        Ok(Box::new(Duplex::new(shape, way)?))
    }
}
