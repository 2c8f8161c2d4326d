// SPDX-License-Identifier: MIT OR Apache-2.0

//! qipc itself, by its ioctls, with arguments that are prepared once.

use std::fs::{File, OpenOptions};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::buffers::{CLIENT, SERVER};
use super::lay::{Lay, Place, Side};
use super::peer::{Hello, Link, Peer, Shape};
use crate::raw::{self, Memory, ReceiveCall, ReplyCall, ReplyReceiveCall, SendCall};
use crate::trouble::{Doing, Outcome, Trouble};

/// How the server takes and answers messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// One call that replies and receives.
    Combined,
    /// A reply, then a receive.
    Separate,
    /// One call for both, and threads go on wherever the scheduler puts them.
    Free,
}

/// qipc.
#[derive(Debug)]
pub struct Qipc {
    /// How the server works.
    pub style: Style,
    /// Where buffers lie.
    pub place: Place,
    /// The connection is a file descriptor, and not a number of the session.
    pub descriptor: bool,
}

impl Qipc {
    /// The usual kind.
    pub const USUAL: Self = Self {
        style: Style::Combined,
        place: Place::Aligned,
        descriptor: true,
    };
}

/// Opens the device, and says what is missing if that fails.
pub fn open() -> Outcome<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/qipc")
        .or_lacks("the module qipc is not loaded: /dev/qipc")
}

struct Server {
    session: File,
    pending: i64,
    receive: ReceiveCall,
    reply: ReplyCall,
    combined: ReplyReceiveCall,
}

enum Route {
    Session(File),
    Descriptor(OwnedFd),
}

struct Client {
    route: Route,
    send: SendCall,
    into: Arc<Memory>,
}

struct Pair {
    shape: Shape,
    style: Style,
    place: Place,
    descriptor: bool,
    server: Option<Server>,
    client: Option<Client>,
}

impl Peer for Qipc {
    fn name(&self) -> &'static str {
        match self.style {
            Style::Combined => "qipc",
            Style::Separate => "qipc-separate",
            Style::Free => "qipc-free",
        }
    }

    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>> {
        open()?;
        Ok(Box::new(Pair {
            shape: *shape,
            style: self.style,
            place: self.place,
            descriptor: self.descriptor,
            server: None,
            client: None,
        }))
    }
}

impl Pair {
    fn lay(&self, side: Side) -> Lay {
        Lay::new(self.place, side, &self.shape)
    }
}

impl Link for Pair {
    fn server_open(&mut self) -> Outcome<Hello> {
        let session = open()?;
        let flags = match self.style {
            Style::Free => qipc_sys::QIPC_CHF_FREE_PLACEMENT,
            _ => 0,
        };
        let chid = raw::channel_create(&session, flags).doing("channel")?;
        let (reply, receive) = (self.lay(Side::Reply), self.lay(Side::Receive));
        let replied = reply.vector(&reply.memory(SERVER)?);
        let received = receive.vector(&receive.memory(0)?);
        self.server = Some(Server {
            session,
            pending: 0,
            receive: ReceiveCall::new(chid, received.clone()),
            reply: ReplyCall::new(replied.clone()),
            combined: ReplyReceiveCall::new(chid, replied, received),
        });
        Ok([u64::from(std::process::id()), chid as u64, 0, 0])
    }

    fn client_open(&mut self, server: Hello) -> Outcome<Hello> {
        let session = open()?;
        let (send, answer) = (self.lay(Side::Send), self.lay(Side::Answer));
        let into = answer.memory(0)?;
        let index = if self.descriptor {
            0
        } else {
            qipc_sys::QIPC_SIDE_CHANNEL
        };
        let coid = raw::connect_attach(&session, server[0] as i32, server[1] as i32, index)
            .doing("connect")?;
        let route = if self.descriptor {
            Route::Descriptor(raw::connection_fd(coid))
        } else {
            Route::Session(session)
        };
        let send = SendCall::new(
            coid,
            send.vector(&send.memory(CLIENT)?),
            answer.vector(&into),
        );
        self.client = Some(Client { route, send, into });
        Ok([0; 4])
    }

    fn serve(&mut self) -> Outcome<()> {
        let Some(server) = self.server.as_mut() else {
            return Err(Trouble::Failed("no server".into()));
        };
        match self.style {
            Style::Combined | Style::Free => {
                server.pending = server.combined.call(&server.session, server.pending, 0)?;
            }
            Style::Separate => {
                let rcvid = server.receive.call(&server.session)?;
                server.reply.call(&server.session, rcvid, 0)?;
            }
        }
        Ok(())
    }

    fn call(&mut self) -> Outcome<()> {
        let Some(client) = self.client.as_mut() else {
            return Err(Trouble::Failed("no client".into()));
        };
        match &client.route {
            Route::Descriptor(fd) => client.send.call(fd)?,
            Route::Session(session) => client.send.call(session)?,
        };
        Ok(())
    }

    fn check(&self) -> Outcome<()> {
        let Some(client) = self.client.as_ref() else {
            return Err(Trouble::Failed("no client".into()));
        };
        self.lay(Side::Answer).check(&client.into, SERVER)
    }
}
