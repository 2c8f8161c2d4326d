// SPDX-License-Identifier: MIT OR Apache-2.0

//! The ioctls of `linux/qipc.h`, one function each. The only file of the crate with unsafe code.
//!
//! Every function here is safe to call: what the kernel reads and writes is the argument structure, which lives in the
//! function, and memory that a [`Lent`] proves to be lent for the length of the call.
//!
//! Interrupted calls are not repeated: `EINTR` goes to the caller, as in QNX.

use std::ffi::{c_int, c_void};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::ptr;

use qipc_sys as sys;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::ioctl::{ioctl, Ioctl, IoctlOutput, Opcode};

use crate::error::{Error, Result};
use crate::parts::Lent;

/// An ioctl that takes a pointer to a structure and returns an integer.
struct Call<'a, T> {
    opcode: Opcode,
    argument: &'a mut T,
}

// SAFETY: The argument is valid for reads and writes of `T` for as long as `Call` exists, and says so with IS_MUTATING.
// That `T` is the structure of the ioctl is checked by `call`.
unsafe impl<T> Ioctl for Call<'_, T> {
    type Output = c_int;

    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        self.opcode
    }

    fn as_ptr(&mut self) -> *mut c_void {
        ptr::from_mut(self.argument).cast()
    }

    unsafe fn output_from_ptr(out: IoctlOutput, _: *mut c_void) -> rustix::io::Result<c_int> {
        Ok(out)
    }
}

/// Ties each ioctl number to its structure.
trait Argument {
    /// The ioctls that take this structure.
    const NUMBERS: &'static [u32];
}

macro_rules! arguments {
    ($($argument:ident: $($number:ident),+;)*) => {$(
        impl Argument for sys::$argument {
            const NUMBERS: &'static [u32] = &[$(sys::$number),+];
        }
    )*};
}

arguments! {
    qipc_features: QIPC_GET_FEATURES;
    qipc_channel_create: QIPC_CHANNEL_CREATE;
    qipc_channel_destroy: QIPC_CHANNEL_DESTROY;
    qipc_channel_fd: QIPC_CHANNEL_FD;
    qipc_connect_attach: QIPC_CONNECT_ATTACH;
    qipc_connect_detach: QIPC_CONNECT_DETACH;
    qipc_msg_send: QIPC_MSG_SEND;
    qipc_msg_receive: QIPC_MSG_RECEIVE;
    qipc_msg_reply: QIPC_MSG_REPLY;
    qipc_msg_error: QIPC_MSG_ERROR;
    qipc_msg_transfer: QIPC_MSG_READ, QIPC_MSG_WRITE;
    qipc_msg_info_get: QIPC_MSG_INFO;
    qipc_msg_reply_receive: QIPC_MSG_REPLY_RECEIVE;
}

/// Makes one call.
///
/// # Safety
///
/// Each user address in `argument` must be valid for what the ioctl does with it (reads or writes of the length that
/// stands beside it) until this function returns.
unsafe fn call<T: Argument>(
    fd: BorrowedFd<'_>,
    number: u32,
    argument: &mut T,
) -> Result<c_int, Errno> {
    if !T::NUMBERS.contains(&number) {
        return Err(Errno::NOTTY);
    }
    // SAFETY: The structure belongs to the number, which carries the letter that qipc has registered and the size of
    // the structure: another driver answers ENOTTY. The caller answers for the addresses inside.
    unsafe {
        ioctl(
            fd,
            Call {
                opcode: number as Opcode,
                argument,
            },
        )
    }
}

/// As [`call`], for a structure without user addresses.
fn call_plain<T: Argument + NoAddresses>(
    fd: BorrowedFd<'_>,
    number: u32,
    argument: &mut T,
) -> Result<c_int> {
    // SAFETY: There are no user addresses in `argument`.
    unsafe { call(fd, number, argument) }.map_err(Error::from_errno)
}

/// A structure without user addresses.
trait NoAddresses {}

impl NoAddresses for sys::qipc_features {}
impl NoAddresses for sys::qipc_channel_create {}
impl NoAddresses for sys::qipc_channel_destroy {}
impl NoAddresses for sys::qipc_channel_fd {}
impl NoAddresses for sys::qipc_connect_attach {}
impl NoAddresses for sys::qipc_connect_detach {}
impl NoAddresses for sys::qipc_msg_error {}
impl NoAddresses for sys::qipc_msg_info_get {}

/// The error of a call that moves bytes; `own` is the side of the caller.
fn transfer_error(errno: Errno, side: u32, own: Error) -> Error {
    match (errno, side) {
        (Errno::FAULT, sys::QIPC_SIDE_CLIENT) => Error::ClientFault,
        (Errno::FAULT, sys::QIPC_SIDE_SERVER) => Error::ServerFault,
        (Errno::FAULT, _) => own,
        (errno, _) => Error::from_errno(errno),
    }
}

/// An errno that the kernel wrote into a structure; `None` for 0 and for what cannot be one.
fn errno_field(value: i32) -> Option<Errno> {
    (1..4096)
        .contains(&value)
        .then(|| Errno::from_raw_os_error(value))
}

/// Sends on a session or on a connection descriptor, and waits for the answer.
pub(crate) fn msg_send(
    fd: BorrowedFd<'_>,
    coid: i32,
    send: Lent<&[u8]>,
    reply: Lent<&mut [u8]>,
) -> Result<i64> {
    let mut argument = sys::qipc_msg_send {
        coid,
        flags: send.flag(sys::QIPC_SEND_BUF) | reply.flag(sys::QIPC_REPLY_BUF),
        send: send.vec(),
        reply: reply.vec(),
        ..Default::default()
    };
    // SAFETY: `send` is lent for reading and `reply` for writing until this function returns.
    match unsafe { call(fd, sys::QIPC_MSG_SEND, &mut argument) } {
        Err(errno) => Err(transfer_error(errno, argument.side, Error::ClientFault)),
        Ok(_) => match errno_field(argument.error) {
            Some(errno) => Err(Error::Answered(errno)),
            None => Ok(argument.status),
        },
    }
}

/// On a session: ends a side-channel connection. On a connection descriptor: ends the sends that are blocked under
/// the name `coid`.
pub(crate) fn connect_detach(fd: BorrowedFd<'_>, coid: i32) -> Result<()> {
    let mut argument = sys::qipc_connect_detach {
        coid,
        ..Default::default()
    };
    call_plain(fd, sys::QIPC_CONNECT_DETACH, &mut argument).map(drop)
}

/// A message as the kernel hands it over.
pub(crate) struct Received {
    pub(crate) rcvid: i64,
    pub(crate) info: sys::qipc_msg_info,
}

/// The two results of a combined call.
pub(crate) struct ReplyReceived {
    /// Of the reply. `None` when the kernel refused the call before it replied.
    pub(crate) replied: Option<Result<()>>,
    /// Of the receive.
    pub(crate) received: Result<Received>,
}

/// One open of `/dev/qipc`.
#[derive(Debug)]
pub(crate) struct Session {
    fd: OwnedFd,
}

impl Session {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let fd = rustix::fs::open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
            .map_err(Error::from_errno)?;
        Ok(Self { fd })
    }

    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    pub(crate) fn get_features(&self) -> Result<sys::qipc_features> {
        let mut argument = sys::qipc_features::default();
        call_plain(self.as_fd(), sys::QIPC_GET_FEATURES, &mut argument)?;
        Ok(argument)
    }

    pub(crate) fn channel_create(&self, flags: u32) -> Result<i32> {
        let mut argument = sys::qipc_channel_create {
            flags,
            ..Default::default()
        };
        call_plain(self.as_fd(), sys::QIPC_CHANNEL_CREATE, &mut argument)?;
        Ok(argument.chid)
    }

    pub(crate) fn channel_destroy(&self, chid: i32) -> Result<()> {
        let mut argument = sys::qipc_channel_destroy {
            chid,
            ..Default::default()
        };
        call_plain(self.as_fd(), sys::QIPC_CHANNEL_DESTROY, &mut argument).map(drop)
    }

    pub(crate) fn channel_fd(&self, chid: i32) -> Result<OwnedFd> {
        let mut argument = sys::qipc_channel_fd {
            chid,
            flags: sys::QIPC_FD_CLOEXEC,
        };
        let fd = call_plain(self.as_fd(), sys::QIPC_CHANNEL_FD, &mut argument)?;
        // SAFETY: The call made this descriptor, and nobody else knows it.
        Ok(unsafe { OwnedFd::from_raw_fd(fd) })
    }

    fn connect_attach(&self, pid: i32, chid: i32, index: u32, flags: u32) -> Result<i32> {
        let mut argument = sys::qipc_connect_attach {
            pid,
            chid,
            index,
            flags,
            ..Default::default()
        };
        call_plain(self.as_fd(), sys::QIPC_CONNECT_ATTACH, &mut argument)?;
        Ok(argument.coid)
    }

    /// A connection that is a number of the session.
    pub(crate) fn connect_attach_side(&self, pid: i32, chid: i32, flags: u32) -> Result<i32> {
        self.connect_attach(pid, chid, sys::QIPC_SIDE_CHANNEL, flags)
    }

    /// A connection that is a descriptor.
    pub(crate) fn connect_attach_fd(&self, pid: i32, chid: i32, flags: u32) -> Result<OwnedFd> {
        let coid = self.connect_attach(pid, chid, 0, flags)?;
        // SAFETY: Without QIPC_SIDE_CHANNEL the coid is a descriptor that the call made, and nobody else knows it.
        Ok(unsafe { OwnedFd::from_raw_fd(coid) })
    }

    pub(crate) fn msg_receive(
        &self,
        chid: i32,
        into: &Lent<&mut [u8]>,
        nonblock: bool,
    ) -> Result<Received> {
        let mut argument = receive_argument(chid, into);
        if nonblock {
            argument.flags |= sys::QIPC_NONBLOCK;
        }
        // SAFETY: `into` is lent for writing until this function returns.
        let result = unsafe { call(self.as_fd(), sys::QIPC_MSG_RECEIVE, &mut argument) };
        received(result, &argument)
    }

    pub(crate) fn msg_reply(&self, rcvid: i64, status: i64, reply: Lent<&[u8]>) -> Result<()> {
        let mut argument = reply_argument(rcvid, status, &reply);
        // SAFETY: `reply` is lent for reading until this function returns.
        let result = unsafe { call(self.as_fd(), sys::QIPC_MSG_REPLY, &mut argument) };
        result
            .map(drop)
            .map_err(|errno| transfer_error(errno, argument.side, Error::ServerFault))
    }

    pub(crate) fn msg_error(&self, rcvid: i64, errno: Errno) -> Result<()> {
        let mut argument = sys::qipc_msg_error {
            rcvid,
            error: errno.raw_os_error(),
            ..Default::default()
        };
        call_plain(self.as_fd(), sys::QIPC_MSG_ERROR, &mut argument).map(drop)
    }

    pub(crate) fn msg_read(&self, rcvid: i64, into: Lent<&mut [u8]>, offset: u64) -> Result<usize> {
        let mut argument = transfer_argument(rcvid, &into, offset);
        // SAFETY: `into` is lent for writing until this function returns.
        let result = unsafe { call(self.as_fd(), sys::QIPC_MSG_READ, &mut argument) };
        transferred(result, &argument)
    }

    pub(crate) fn msg_write(&self, rcvid: i64, from: Lent<&[u8]>, offset: u64) -> Result<usize> {
        let mut argument = transfer_argument(rcvid, &from, offset);
        // SAFETY: `from` is lent for reading until this function returns.
        let result = unsafe { call(self.as_fd(), sys::QIPC_MSG_WRITE, &mut argument) };
        transferred(result, &argument)
    }

    pub(crate) fn msg_info(&self, rcvid: i64) -> Result<sys::qipc_msg_info> {
        let mut argument = sys::qipc_msg_info_get {
            rcvid,
            ..Default::default()
        };
        call_plain(self.as_fd(), sys::QIPC_MSG_INFO, &mut argument)?;
        Ok(argument.info)
    }

    pub(crate) fn msg_reply_receive(
        &self,
        rcvid: i64,
        status: i64,
        reply: Lent<&[u8]>,
        chid: i32,
        into: Lent<&mut [u8]>,
    ) -> ReplyReceived {
        // The kernel writes 0 or an errno there as soon as the reply is made.
        const NOT_REPLIED: i32 = i32::MIN;
        let mut argument = sys::qipc_msg_reply_receive {
            reply: reply_argument(rcvid, status, &reply),
            reply_error: NOT_REPLIED,
            reserved: 0,
            receive: receive_argument(chid, &into),
        };
        // SAFETY: `reply` is lent for reading and `into` for writing until this function returns.
        let result = unsafe { call(self.as_fd(), sys::QIPC_MSG_REPLY_RECEIVE, &mut argument) };
        let replied = match argument.reply_error {
            NOT_REPLIED => None,
            value => Some(match errno_field(value) {
                Some(errno) => Err(transfer_error(
                    errno,
                    argument.reply.side,
                    Error::ServerFault,
                )),
                None => Ok(()),
            }),
        };
        ReplyReceived {
            replied,
            received: received(result, &argument.receive),
        }
    }
}

fn receive_argument(chid: i32, into: &Lent<&mut [u8]>) -> sys::qipc_msg_receive {
    sys::qipc_msg_receive {
        chid,
        flags: into.flag(sys::QIPC_BUF),
        vec: into.vec(),
        ..Default::default()
    }
}

fn reply_argument(rcvid: i64, status: i64, reply: &Lent<&[u8]>) -> sys::qipc_msg_reply {
    sys::qipc_msg_reply {
        rcvid,
        status,
        vec: reply.vec(),
        flags: reply.flag(sys::QIPC_BUF),
        ..Default::default()
    }
}

fn transfer_argument<T>(rcvid: i64, memory: &Lent<T>, offset: u64) -> sys::qipc_msg_transfer {
    sys::qipc_msg_transfer {
        rcvid,
        offset,
        vec: memory.vec(),
        flags: memory.flag(sys::QIPC_BUF),
        ..Default::default()
    }
}

/// A fault of a receive is always in the receiver's memory: one in the client's ends that client's send.
fn received(result: Result<c_int, Errno>, argument: &sys::qipc_msg_receive) -> Result<Received> {
    match result {
        Ok(_) => Ok(Received {
            rcvid: argument.rcvid,
            info: argument.info,
        }),
        Err(errno) => Err(transfer_error(
            errno,
            sys::QIPC_SIDE_NONE,
            Error::ServerFault,
        )),
    }
}

fn transferred(result: Result<c_int, Errno>, argument: &sys::qipc_msg_transfer) -> Result<usize> {
    match result {
        // At most the length of the caller's memory.
        Ok(_) => Ok(usize::try_from(argument.bytes).unwrap_or(0)),
        Err(errno) => Err(transfer_error(errno, argument.side, Error::ServerFault)),
    }
}

/// The caller's name for a connection descriptor: its number.
pub(crate) fn name_of(fd: BorrowedFd<'_>) -> i32 {
    fd.as_raw_fd()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_of_the_side_the_kernel_names() {
        for own in [Error::ClientFault, Error::ServerFault] {
            assert_eq!(
                transfer_error(Errno::FAULT, sys::QIPC_SIDE_CLIENT, own),
                Error::ClientFault
            );
            assert_eq!(
                transfer_error(Errno::FAULT, sys::QIPC_SIDE_SERVER, own),
                Error::ServerFault
            );
            assert_eq!(transfer_error(Errno::FAULT, sys::QIPC_SIDE_NONE, own), own);
            assert_eq!(
                transfer_error(Errno::STALE, sys::QIPC_SIDE_CLIENT, own),
                Error::Stale
            );
        }
    }

    #[test]
    fn an_errno_field_outside_the_range_is_no_error() {
        assert_eq!(errno_field(0), None);
        assert_eq!(errno_field(-1), None);
        assert_eq!(errno_field(4096), None);
        assert_eq!(errno_field(2), Some(Errno::NOENT));
    }

    #[test]
    fn a_descriptor_of_something_else_is_refused_by_its_own_driver() {
        let Ok(null) = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
        else {
            return;
        };
        let session = Session { fd: null };
        assert_eq!(
            session.get_features().map(drop),
            Err(Error::Os(Errno::NOTTY))
        );
        assert_eq!(session.channel_create(0), Err(Error::Os(Errno::NOTTY)));
    }

    #[test]
    fn a_number_is_called_with_its_own_structure_only() {
        let mut argument = sys::qipc_channel_create::default();
        let stdin = std::io::stdin();
        let result = call_plain(stdin.as_fd(), sys::QIPC_CHANNEL_DESTROY, &mut argument);
        assert_eq!(result, Err(Error::Os(Errno::NOTTY)));
    }
}
