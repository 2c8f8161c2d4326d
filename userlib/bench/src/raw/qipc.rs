// SPDX-License-Identifier: MIT OR Apache-2.0

//! The calls of qipc, with arguments that are prepared once.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use qipc_sys as sys;

use super::call::{check, ioctl};
use super::memory::Vector;

/// `QIPC_CHANNEL_CREATE`.
pub fn channel_create(fd: &impl AsRawFd, flags: u32) -> io::Result<i32> {
    let mut args = sys::qipc_channel_create {
        flags,
        ..Default::default()
    };
    ioctl(fd, sys::QIPC_CHANNEL_CREATE, &mut args)?;
    Ok(args.chid)
}

/// `QIPC_CONNECT_ATTACH`; `index` 0 makes a descriptor.
pub fn connect_attach(fd: &impl AsRawFd, pid: i32, chid: i32, index: u32) -> io::Result<i32> {
    let mut args = sys::qipc_connect_attach {
        pid,
        chid,
        index,
        ..Default::default()
    };
    ioctl(fd, sys::QIPC_CONNECT_ATTACH, &mut args)?;
    Ok(args.coid)
}

/// The descriptor that `connect_attach` has made.
pub fn connection_fd(coid: i32) -> OwnedFd {
    // SAFETY: Called once with the number that the kernel has just given out.
    unsafe { OwnedFd::from_raw_fd(coid) }
}

/// `QIPC_BENCH_SWITCH`: wake the other seat.
pub const BENCH_WAKE: u32 = 1;
/// `QIPC_BENCH_SWITCH`: sleep until the other seat wakes this one.
pub const BENCH_SLEEP: u32 = 2;

/// `QIPC_BENCH_PAIR`: takes a seat.
pub fn bench_pair(fd: &impl AsRawFd, seat: u32) -> io::Result<()> {
    let mut args = [seat, 0];
    ioctl(fd, 0x4008_717e, &mut args).map(|_| ())
}

/// `QIPC_BENCH_SWITCH`, whose argument is a number.
pub fn bench_switch(fd: &impl AsRawFd, how: u32) -> io::Result<()> {
    // SAFETY: The number says that there is no structure, and the kernel takes the argument as a number.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), 0x717f, libc::c_ulong::from(how)) }.into())
        .map(|_| ())
}

/// A prepared `QIPC_MSG_SEND`.
#[derive(Debug)]
pub struct SendCall {
    args: sys::qipc_msg_send,
    _send: Vector,
    _reply: Vector,
}

impl SendCall {
    /// To send `send` and get the answer into `reply`.
    pub fn new(coid: i32, send: Vector, reply: Vector) -> Self {
        let args = sys::qipc_msg_send {
            coid,
            flags: send.flag(sys::QIPC_SEND_BUF) | reply.flag(sys::QIPC_REPLY_BUF),
            send: send.vec(),
            reply: reply.vec(),
            ..Default::default()
        };
        Self {
            args,
            _send: send,
            _reply: reply,
        }
    }

    /// Sends and waits; the status of the reply.
    pub fn call(&mut self, fd: &impl AsRawFd) -> io::Result<i64> {
        ioctl(fd, sys::QIPC_MSG_SEND, &mut self.args)?;
        Ok(self.args.status)
    }
}

/// A prepared `QIPC_MSG_RECEIVE`.
#[derive(Debug)]
pub struct ReceiveCall {
    args: sys::qipc_msg_receive,
    _into: Vector,
}

impl ReceiveCall {
    /// To receive from `chid` into `into`.
    pub fn new(chid: i32, into: Vector) -> Self {
        let args = sys::qipc_msg_receive {
            chid,
            flags: into.flag(sys::QIPC_BUF),
            vec: into.vec(),
            ..Default::default()
        };
        Self { args, _into: into }
    }

    /// Waits for a message; its receive id, 0 for a pulse.
    pub fn call(&mut self, fd: &impl AsRawFd) -> io::Result<i64> {
        ioctl(fd, sys::QIPC_MSG_RECEIVE, &mut self.args)?;
        Ok(self.args.rcvid)
    }
}

/// A prepared `QIPC_MSG_REPLY`.
#[derive(Debug)]
pub struct ReplyCall {
    args: sys::qipc_msg_reply,
    _from: Vector,
}

impl ReplyCall {
    /// To reply with `from`.
    pub fn new(from: Vector) -> Self {
        let args = sys::qipc_msg_reply {
            vec: from.vec(),
            flags: from.flag(sys::QIPC_BUF),
            ..Default::default()
        };
        Self { args, _from: from }
    }

    /// Answers one message.
    pub fn call(&mut self, fd: &impl AsRawFd, rcvid: i64, status: i64) -> io::Result<()> {
        self.args.rcvid = rcvid;
        self.args.status = status;
        ioctl(fd, sys::QIPC_MSG_REPLY, &mut self.args)?;
        Ok(())
    }
}

/// A prepared `QIPC_MSG_REPLY_RECEIVE`.
#[derive(Debug)]
pub struct ReplyReceiveCall {
    args: sys::qipc_msg_reply_receive,
    _from: Vector,
    _into: Vector,
}

impl ReplyReceiveCall {
    /// To reply with `from`, and receive the next message from `chid` into `into`.
    pub fn new(chid: i32, from: Vector, into: Vector) -> Self {
        let args = sys::qipc_msg_reply_receive {
            reply: sys::qipc_msg_reply {
                vec: from.vec(),
                flags: from.flag(sys::QIPC_BUF),
                ..Default::default()
            },
            receive: sys::qipc_msg_receive {
                chid,
                flags: into.flag(sys::QIPC_BUF),
                vec: into.vec(),
                ..Default::default()
            },
            ..Default::default()
        };
        Self {
            args,
            _from: from,
            _into: into,
        }
    }

    /// Answers `rcvid`, or nothing if it is 0, and waits for the next message.
    pub fn call(&mut self, fd: &impl AsRawFd, rcvid: i64, status: i64) -> io::Result<i64> {
        self.args.reply.rcvid = rcvid;
        self.args.reply.status = status;
        ioctl(fd, sys::QIPC_MSG_REPLY_RECEIVE, &mut self.args)?;
        match self.args.reply_error {
            0 => Ok(self.args.receive.rcvid),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }
}

/// A prepared `QIPC_MSG_READ` or `QIPC_MSG_WRITE`.
#[derive(Debug)]
pub struct TransferCall {
    args: sys::qipc_msg_transfer,
    number: u32,
    _with: Vector,
}

impl TransferCall {
    /// To read from the client's message into `into`.
    pub fn read(into: Vector) -> Self {
        Self::new(sys::QIPC_MSG_READ, into)
    }

    /// To write `from` to the client's reply memory.
    pub fn write(from: Vector) -> Self {
        Self::new(sys::QIPC_MSG_WRITE, from)
    }

    fn new(number: u32, with: Vector) -> Self {
        let args = sys::qipc_msg_transfer {
            vec: with.vec(),
            flags: with.flag(sys::QIPC_BUF),
            ..Default::default()
        };
        Self {
            args,
            number,
            _with: with,
        }
    }

    /// Copies; how many bytes.
    pub fn call(&mut self, fd: &impl AsRawFd, rcvid: i64, offset: u64) -> io::Result<i64> {
        self.args.rcvid = rcvid;
        self.args.offset = offset;
        ioctl(fd, self.number, &mut self.args)?;
        Ok(self.args.bytes)
    }
}
