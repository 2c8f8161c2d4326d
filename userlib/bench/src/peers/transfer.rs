// SPDX-License-Identifier: MIT OR Apache-2.0

//! MsgRead and MsgWrite. What is measured is the QNX server, which has received one message and copies out of the memory of
//! its sender, or into it, again and again; the sender is blocked meanwhile. So the process that this benchmark calls the
//! client is the one with the channel, and no operation waits for anybody: as with `process_vm_readv`.

use std::fs::File;
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::Duration;

use super::buffers::{CLIENT, SERVER};
use super::lay::{Lay, Place, Side};
use super::peer::{Hello, Link, Peer, Shape};
use super::qipc;
use crate::raw::{self, Mapping, Memory, ReceiveCall, ReplyCall, SendCall, TransferCall, Vector};
use crate::trouble::{Doing, Outcome, Trouble};

/// MsgRead or MsgWrite.
#[derive(Debug)]
pub struct Transfer {
    /// MsgWrite: into the sender's memory for the answer, and not out of its message.
    pub write: bool,
    /// Where buffers lie.
    pub place: Place,
}

struct Copier {
    session: File,
    transfer: TransferCall,
    rcvid: i64,
    /// What MsgRead fills.
    into: Arc<Memory>,
}

struct Pair {
    shape: Shape,
    write: bool,
    place: Place,
    /// In the process that is measured.
    chid: i32,
    session: Option<File>,
    copier: Option<Copier>,
    /// In the other one.
    sender: Option<(File, SendCall, Arc<Memory>)>,
    /// What the sender says of the bytes that it got.
    verdict: Memory,
}

const RIGHT: u32 = 1;
const WRONG: u32 = 2;

impl Peer for Transfer {
    fn name(&self) -> &'static str {
        if self.write {
            "qipc-write"
        } else {
            "qipc-read"
        }
    }

    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>> {
        qipc::open()?;
        Ok(Box::new(Pair {
            shape: *shape,
            write: self.write,
            place: self.place,
            chid: 0,
            session: None,
            copier: None,
            sender: None,
            verdict: Memory::new(64, Mapping::Shared)?,
        }))
    }
}

impl Link for Pair {
    fn client_open(&mut self, _: Hello) -> Outcome<Hello> {
        let session = qipc::open()?;
        self.chid = raw::channel_create(&session, 0).doing("channel")?;
        self.session = Some(session);
        Ok([u64::from(std::process::id()), self.chid as u64, 0, 0])
    }

    fn server_accept(&mut self, owner: Hello) -> Outcome<()> {
        let session = qipc::open()?;
        let (send, answer) = (self.lay(Side::Send), self.lay(Side::Answer));
        let into = answer.memory(0)?;
        let index = qipc_sys::QIPC_SIDE_CHANNEL;
        let coid = raw::connect_attach(&session, owner[0] as i32, owner[1] as i32, index)
            .doing("connect")?;
        let send = SendCall::new(
            coid,
            send.vector(&send.memory(CLIENT)?),
            answer.vector(&into),
        );
        self.sender = Some((session, send, into));
        Ok(())
    }

    /// Sends once and stays blocked until [`Link::check`] answers.
    fn serve(&mut self) -> Outcome<()> {
        let answer = self.lay(Side::Answer);
        let Some((session, send, into)) = self.sender.as_mut() else {
            return Err(Trouble::Failed("no sender".into()));
        };
        send.call(session)?;
        let fine = answer.check(into, SERVER).is_ok();
        let verdict = if fine { RIGHT } else { WRONG };
        self.verdict.word(0).store(verdict, Ordering::SeqCst);
        loop {
            std::thread::sleep(Duration::from_secs(3600));
        }
    }

    fn call(&mut self) -> Outcome<()> {
        if self.copier.is_none() {
            self.copier = Some(self.receive()?);
        }
        let Some(copier) = self.copier.as_mut() else {
            return Err(Trouble::Failed("nothing received".into()));
        };
        let copied = copier.transfer.call(&copier.session, copier.rcvid, 0)?;
        let wanted = self.shape.longest();
        if copied as usize != wanted {
            return Err(Trouble::Failed(format!(
                "{copied} bytes of {wanted} copied"
            )));
        }
        Ok(())
    }

    fn check(&self) -> Outcome<()> {
        let Some(copier) = self.copier.as_ref() else {
            return Err(Trouble::Failed("nothing received".into()));
        };
        if self.write {
            let nothing = Vector::buffer(&copier.into, 0, 0);
            ReplyCall::new(nothing).call(&copier.session, copier.rcvid, 0)?;
            return loop {
                match self.verdict.word(0).load(Ordering::SeqCst) {
                    RIGHT => break Ok(()),
                    WRONG => break Err(Trouble::Failed("what was written is wrong".into())),
                    _ => std::thread::sleep(Duration::from_millis(1)),
                }
            };
        }
        self.lay(Side::Receive).check(&copier.into, CLIENT)
    }
}

impl Pair {
    fn lay(&self, side: Side) -> Lay {
        Lay::new(self.place, side, &self.shape)
    }

    /// In the process that is measured: takes the message without its bytes.
    fn receive(&mut self) -> Outcome<Copier> {
        let Some(session) = self.session.take() else {
            return Err(Trouble::Failed("no channel".into()));
        };
        let (reply, receive) = (self.lay(Side::Reply), self.lay(Side::Receive));
        let into = receive.memory(0)?;
        let rcvid = ReceiveCall::new(self.chid, Vector::buffer(&into, 0, 0)).call(&session)?;
        let transfer = if self.write {
            TransferCall::write(reply.vector(&reply.memory(SERVER)?))
        } else {
            TransferCall::read(receive.vector(&into))
        };
        Ok(Copier {
            session,
            transfer,
            rcvid,
            into,
        })
    }
}
