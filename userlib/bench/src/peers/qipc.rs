// SPDX-License-Identifier: MIT OR Apache-2.0

//! qipc itself, by its ioctls, with arguments that are prepared once.

use std::fs::{File, OpenOptions};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::buffers::{right, CLIENT, SERVER};
use super::peer::{Hello, Link, Peer, Shape};
use crate::raw::{
    self, Mapping, Memory, ReceiveCall, ReplyCall, ReplyReceiveCall, SendCall, Vector,
};
use crate::trouble::{Doing, Outcome, Trouble};

/// How the server takes and answers messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// One call that replies and receives.
    Combined,
    /// A reply, then a receive.
    Separate,
}

/// Where buffers lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the start of a page.
    Aligned,
    /// 13 bytes behind it in the client, 7 in the server.
    Unaligned,
    /// In huge pages.
    Huge,
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

/// `len` bytes of a memory in `count` parts of the same length, or one buffer if `count` is 0.
pub fn cut(memory: &Arc<Memory>, start: usize, len: usize, count: usize) -> Vector {
    if count == 0 {
        return Vector::buffer(memory, start, len);
    }
    let parts: Vec<_> = (0..count)
        .map(|n| {
            let (from, to) = (len * n / count, len * (n + 1) / count);
            (start + from, to - from)
        })
        .collect();
    Vector::parts(memory, &parts)
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

impl Place {
    /// Memory for `len` bytes with the contents of a side, and where in it they begin; `shift` is for those that are unaligned.
    pub fn memory(self, len: usize, shift: usize, seed: u8) -> Outcome<(Arc<Memory>, usize)> {
        let start = self.start(shift);
        let mapping = if self == Self::Huge {
            Mapping::Huge
        } else {
            Mapping::Private
        };
        let memory = Arc::new(Memory::new((start + len).max(8), mapping)?);
        memory.fill_from(start, seed);
        Ok((memory, start))
    }

    /// Where they begin.
    pub fn start(self, shift: usize) -> usize {
        if self == Self::Unaligned {
            shift
        } else {
            0
        }
    }
}

/// How far from aligned memory of clients is.
pub const CLIENT_SHIFT: usize = 13;
/// And that of servers.
pub const SERVER_SHIFT: usize = 7;

impl Link for Pair {
    fn server_open(&mut self) -> Outcome<Hello> {
        let Shape {
            request,
            answer,
            parts,
        } = self.shape;
        let session = open()?;
        let chid = raw::channel_create(&session, 0).doing("channel")?;
        let (from, out_at) = self.place.memory(answer, SERVER_SHIFT, SERVER)?;
        let (to, in_at) = self.place.memory(request, SERVER_SHIFT, 0)?;
        let received = cut(&to, in_at, request, parts.receive);
        let replied = cut(&from, out_at, answer, parts.reply);
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
        let Shape {
            request,
            answer,
            parts,
        } = self.shape;
        let session = open()?;
        let (out, out_at) = self.place.memory(request, CLIENT_SHIFT, CLIENT)?;
        let (into, in_at) = self.place.memory(answer, CLIENT_SHIFT, 0)?;
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
            cut(&out, out_at, request, parts.send),
            cut(&into, in_at, answer, parts.answer),
        );
        self.client = Some(Client { route, send, into });
        Ok([0; 4])
    }

    fn serve(&mut self) -> Outcome<()> {
        let Some(server) = self.server.as_mut() else {
            return Err(Trouble::Failed("no server".into()));
        };
        match self.style {
            Style::Combined => {
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
        right(
            &client.into,
            self.place.start(CLIENT_SHIFT),
            self.shape.answer,
            SERVER,
        )
    }
}
