// SPDX-License-Identifier: MIT OR Apache-2.0

//! The ioctls of `linux/qipc.h`, one function each. The only file of the crate with unsafe code.
//!
//! Every function here is safe to call: what the kernel reads and writes is the argument structure, which lives in the
//! function, and memory that a [`Lent`] proves to be lent for the length of the call.
//!
//! Interrupted calls are not repeated: `EINTR` goes to the caller, as in QNX.

use std::ffi::{c_int, c_void};
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::path::Path;
use std::ptr;

use qipc_sys as sys;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::ioctl::{ioctl, Ioctl, IoctlOutput, Opcode};

use crate::error::{Error, Result};
use crate::event::Event;
use crate::parts::Lent;
use crate::pulse::{Pulse, PULSE_LEN};
use crate::timeout::{States, Timeout};

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
pub trait Argument {
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
    qipc_pulse_send: QIPC_PULSE_SEND;
    qipc_msg_current: QIPC_MSG_CURRENT;
    qipc_event_deliver: QIPC_EVENT_DELIVER;
    qipc_event_register: QIPC_EVENT_REGISTER;
    qipc_event_unregister: QIPC_EVENT_UNREGISTER;
    qipc_timer_create: QIPC_TIMER_CREATE;
    qipc_timer_settime: QIPC_TIMER_SETTIME;
    qipc_timer_gettime: QIPC_TIMER_GETTIME;
    qipc_timer_delete: QIPC_TIMER_DELETE;
    qipc_name_attach: QIPC_NAME_ATTACH;
    qipc_name_detach: QIPC_NAME_DETACH;
    qipc_name_open: QIPC_NAME_OPEN;
    qipc_connect_flags: QIPC_CONNECT_FLAGS;
    qipc_connect_server_info: QIPC_CONNECT_SERVER_INFO;
    qipc_connect_client_info: QIPC_CONNECT_CLIENT_INFO;
    qipc_channel_access: QIPC_CHANNEL_ACCESS;
    qipc_bench_pair: QIPC_BENCH_PAIR;
}

/// Makes one call.
///
/// # Safety
///
/// Each user address in `argument` must be valid for what the ioctl does with it (reads or writes of the length that
/// stands beside it) until this function returns.
///
/// # Errors
///
/// Those of the ioctl.
pub unsafe fn call<T: Argument>(
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
///
/// # Errors
///
/// Those of the ioctl.
pub fn call_plain<T: Argument + NoAddresses>(
    fd: BorrowedFd<'_>,
    number: u32,
    argument: &mut T,
) -> Result<c_int> {
    // SAFETY: There are no user addresses in `argument`.
    unsafe { call(fd, number, argument) }.map_err(Error::from_errno)
}

/// A structure without user addresses.
pub trait NoAddresses {}

impl NoAddresses for sys::qipc_features {}
impl NoAddresses for sys::qipc_channel_destroy {}
impl NoAddresses for sys::qipc_channel_fd {}
impl NoAddresses for sys::qipc_connect_attach {}
impl NoAddresses for sys::qipc_connect_detach {}
impl NoAddresses for sys::qipc_msg_error {}
impl NoAddresses for sys::qipc_msg_info_get {}
impl NoAddresses for sys::qipc_pulse_send {}
impl NoAddresses for sys::qipc_msg_current {}
impl NoAddresses for sys::qipc_event_deliver {}
impl NoAddresses for sys::qipc_event_register {}
impl NoAddresses for sys::qipc_event_unregister {}
impl NoAddresses for sys::qipc_timer_create {}
impl NoAddresses for sys::qipc_timer_settime {}
impl NoAddresses for sys::qipc_timer_gettime {}
impl NoAddresses for sys::qipc_timer_delete {}
impl NoAddresses for sys::qipc_connect_flags {}
impl NoAddresses for sys::qipc_connect_server_info {}
impl NoAddresses for sys::qipc_channel_access {}
impl NoAddresses for sys::qipc_bench_pair {}

/// An ioctl whose argument is a number.
struct NumberCall {
    opcode: Opcode,
    argument: usize,
}

// SAFETY: Nothing is read or written through the argument. That the ioctl takes a number is for those who make one to
// see to.
unsafe impl Ioctl for NumberCall {
    type Output = c_int;

    const IS_MUTATING: bool = false;

    fn opcode(&self) -> Opcode {
        self.opcode
    }

    fn as_ptr(&mut self) -> *mut c_void {
        ptr::without_provenance_mut(self.argument)
    }

    unsafe fn output_from_ptr(out: IoctlOutput, _: *mut c_void) -> rustix::io::Result<c_int> {
        Ok(out)
    }
}

/// Wakes the other thread of a benchmark's pair, sleeps, or both: `QIPC_BENCH_` bits.
pub(crate) fn bench_switch(fd: BorrowedFd<'_>, how: u32) -> Result<()> {
    let call = NumberCall {
        opcode: sys::QIPC_BENCH_SWITCH as Opcode,
        argument: how as usize,
    };
    // SAFETY: The argument of this ioctl is a number, and it carries the letter that qipc has registered.
    unsafe { ioctl(fd, call) }
        .map(drop)
        .map_err(Error::from_errno)
}

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

/// A timeout as the kernel takes it: a structure that names another one. Both have to stay where they are.
#[derive(Default)]
struct Deadline {
    event: sys::qipc_event,
    timeout: sys::qipc_timeout,
}

impl Deadline {
    /// Fills both in, for a call that can block in the states `possible`. The address to pass on, 0 for no timeout; it
    /// holds as long as this is borrowed.
    fn set(&mut self, timeout: Option<&Timeout<'_>>, possible: States) -> u64 {
        let Some(timeout) = timeout else {
            return 0;
        };
        let states = timeout.states_of(possible);
        if states.is_empty() {
            return 0;
        }
        let event = match timeout.event_raw() {
            Some(event) => {
                self.event = event;
                address_of(&self.event)
            }
            None => 0,
        };
        self.timeout = timeout.to_raw(states, event);
        address_of(&self.timeout)
    }
}

/// The address of a structure, as the kernel takes it.
fn address_of<T>(structure: &T) -> u64 {
    ptr::from_ref(structure) as usize as u64
}

/// The address that a [`Lent`] of this process was made of.
#[allow(
    clippy::cast_possible_truncation,
    reason = "it was a pointer before it had 64 bits"
)]
fn pointer(address: u64) -> *mut u8 {
    address as usize as *mut u8
}

/// Sends on a session or on a connection descriptor, and waits for the answer.
pub(crate) fn msg_send(
    fd: BorrowedFd<'_>,
    coid: i32,
    send: Lent<&[u8]>,
    reply: Lent<&mut [u8]>,
    timeout: Option<&Timeout<'_>>,
) -> Result<i64> {
    let mut deadline = Deadline::default();
    let mut argument = sys::qipc_msg_send {
        coid,
        flags: send.flag(sys::QIPC_SEND_BUF) | reply.flag(sys::QIPC_REPLY_BUF),
        send: send.vec(),
        reply: reply.vec(),
        timeout: deadline.set(timeout, States::SEND | States::REPLY),
        ..Default::default()
    };
    // SAFETY: `send` is lent for reading and `reply` for writing until this function returns, and `deadline` lives as
    // long.
    match unsafe { call(fd, sys::QIPC_MSG_SEND, &mut argument) } {
        Err(errno) => Err(transfer_error(errno, argument.side, Error::ClientFault)),
        Ok(_) => match errno_field(argument.error) {
            Some(errno) => Err(Error::Answered(errno)),
            None => Ok(argument.status),
        },
    }
}

/// What a receive is like, beside its memory.
#[derive(Clone, Copy, Default)]
pub(crate) struct ReceiveOptions<'a> {
    /// `QIPC_NONBLOCK`, `QIPC_PULSE_ONLY`.
    pub(crate) flags: u32,
    pub(crate) timeout: Option<&'a Timeout<'a>>,
}

/// Receive memory that is one buffer with less room than a pulse needs would lose pulses. In its place the kernel gets
/// this, and what fits is copied on.
///
/// A list keeps QNX's rule: the first part decides.
struct Room<'a> {
    into: Lent<&'a mut [u8]>,
    spare: [u8; PULSE_LEN],
}

impl<'a> Room<'a> {
    fn new(into: Lent<&'a mut [u8]>) -> Self {
        Self {
            into,
            spare: [0; PULSE_LEN],
        }
    }

    /// Bytes of a buffer that is too small for a pulse.
    fn small(&self) -> Option<usize> {
        let vec = self.into.vec();
        // It is a buffer if a flag is one.
        let is_buffer = self.into.flag(1) == 1;
        usize::try_from(vec.count)
            .ok()
            .filter(|len| is_buffer && *len < PULSE_LEN)
    }

    /// The receive argument. It names `self`, which has to stay where it is.
    fn argument(&mut self, chid: i32, flags: u32, timeout: u64) -> sys::qipc_msg_receive {
        let (vec, buffer) = if self.small().is_some() {
            let vec = sys::qipc_vec {
                base: self.spare.as_mut_ptr() as usize as u64,
                count: PULSE_LEN as u64,
            };
            (vec, sys::QIPC_BUF)
        } else {
            (self.into.vec(), self.into.flag(sys::QIPC_BUF))
        };
        sys::qipc_msg_receive {
            chid,
            flags: flags | buffer,
            vec,
            timeout,
            ..Default::default()
        }
    }

    /// What was received.
    fn received(
        self,
        result: Result<c_int, Errno>,
        argument: &sys::qipc_msg_receive,
    ) -> Result<RawReceived> {
        if let Err(errno) = result {
            // A fault of a receive is always in the receiver's memory: one in the client's ends that client's send.
            let side = sys::QIPC_SIDE_NONE;
            return Err(transfer_error(errno, side, Error::ServerFault));
        }
        if argument.rcvid == 0 {
            return self.pulse().map(RawReceived::Pulse);
        }
        let mut info = argument.info;
        if let Some(len) = self.small() {
            let copied = usize::try_from(info.msglen).unwrap_or(0).min(len);
            let target = pointer(self.into.vec().base);
            if copied > 0 {
                // SAFETY: `into` lends `len` bytes at `target` for writing, `spare` is longer, and is not lent to
                // anybody.
                unsafe { ptr::copy_nonoverlapping(self.spare.as_ptr(), target, copied) };
            }
            info.msglen = i64::try_from(copied).unwrap_or(0);
        }
        Ok(RawReceived::Message(Received {
            rcvid: argument.rcvid,
            info,
        }))
    }

    /// The pulse that the kernel has put into the first part of the memory.
    fn pulse(&self) -> Result<Pulse> {
        let mut raw = sys::qipc_pulse::default();
        let from = if self.small().is_some() {
            self.spare.as_ptr()
        } else {
            let first = self.into.first();
            if first.len < PULSE_LEN as u64 {
                // Not of this interface: there is no room where a pulse should be.
                return Err(Error::Os(Errno::IO));
            }
            pointer(first.base).cast_const()
        };
        // SAFETY: At `from` lie at least PULSE_LEN initialised bytes, which nobody else writes to: `spare`, or what is
        // lent by `into`. Any bytes are a valid `qipc_pulse`.
        unsafe { ptr::copy_nonoverlapping(from, ptr::from_mut(&mut raw).cast(), PULSE_LEN) };
        Ok(Pulse::new(&raw))
    }
}

/// A message as the kernel hands it over.
pub(crate) struct Received {
    pub(crate) rcvid: i64,
    pub(crate) info: sys::qipc_msg_info,
}

/// What a receive can bring.
pub(crate) enum RawReceived {
    Message(Received),
    Pulse(Pulse),
}

/// The two results of a combined call.
pub(crate) struct ReplyReceived {
    /// Of the reply. `None` when the kernel refused the call before it replied.
    pub(crate) replied: Option<Result<()>>,
    /// Of the receive.
    pub(crate) received: Result<RawReceived>,
}

/// Another descriptor for the open file behind a number that may be of anything, or of nothing.
pub(crate) fn duplicate(number: RawFd) -> rustix::io::Result<OwnedFd> {
    if number < 0 {
        return Err(Errno::BADF);
    }
    // SAFETY: Of a number that is not open the kernel says so; nothing is done to the file of one that is.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    rustix::io::fcntl_dupfd_cloexec(borrowed, 0)
}

/// One open of `/dev/qipc`.
#[derive(Debug)]
pub(crate) struct Session {
    fd: OwnedFd,
}

impl Session {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        Self { fd }
    }

    pub(crate) fn open(path: &Path) -> Result<Self> {
        let fd = rustix::fs::open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
            .map_err(Error::from_errno)?;
        Ok(Self { fd })
    }

    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// `event` only counts with a pulse pool.
    pub(crate) fn channel_create(
        &self,
        flags: u32,
        num_pulses: u32,
        rearm: u32,
        event: Option<Event<'_>>,
    ) -> Result<i32> {
        let event = event.map(Event::to_raw);
        let mut argument = sys::qipc_channel_create {
            flags,
            num_pulses,
            rearm,
            event: event.as_ref().map_or(0, address_of),
            ..Default::default()
        };
        // SAFETY: `event` lives until this function returns.
        unsafe { call(self.as_fd(), sys::QIPC_CHANNEL_CREATE, &mut argument) }
            .map_err(Error::from_errno)?;
        Ok(argument.chid)
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
        into: Lent<&mut [u8]>,
        options: ReceiveOptions<'_>,
    ) -> Result<RawReceived> {
        let mut deadline = Deadline::default();
        let timeout = deadline.set(options.timeout, States::RECEIVE);
        let mut room = Room::new(into);
        let mut argument = room.argument(chid, options.flags, timeout);
        // SAFETY: `into` is lent for writing until this function returns; `room` and `deadline` live as long.
        let result = unsafe { call(self.as_fd(), sys::QIPC_MSG_RECEIVE, &mut argument) };
        room.received(result, &argument)
    }

    pub(crate) fn name_attach(
        &self,
        chid: i32,
        name: &[u8],
        access: Option<(u32, Option<u32>, Option<u32>)>,
    ) -> Result<()> {
        const UNCHANGED: u32 = u32::MAX;
        let (mode, uid, gid) = access.unwrap_or_default();
        let mut argument = sys::qipc_name_attach {
            chid,
            flags: access.map_or(0, |_| sys::QIPC_NAME_ACCESS),
            mode,
            uid: access.map_or(0, |_| uid.unwrap_or(UNCHANGED)),
            gid: access.map_or(0, |_| gid.unwrap_or(UNCHANGED)),
            length: name_length(name)?,
            name: name.as_ptr() as usize as u64,
        };
        // SAFETY: `name` is lent for reading until this function returns.
        unsafe { call(self.as_fd(), sys::QIPC_NAME_ATTACH, &mut argument) }
            .map(drop)
            .map_err(Error::from_errno)
    }

    pub(crate) fn name_detach(&self, name: &[u8]) -> Result<()> {
        let mut argument = sys::qipc_name_detach {
            length: name_length(name)?,
            name: name.as_ptr() as usize as u64,
            ..Default::default()
        };
        // SAFETY: `name` is lent for reading until this function returns.
        unsafe { call(self.as_fd(), sys::QIPC_NAME_DETACH, &mut argument) }
            .map(drop)
            .map_err(Error::from_errno)
    }

    pub(crate) fn name_open(&self, name: &[u8], flags: u32) -> Result<i32> {
        let mut argument = sys::qipc_name_open {
            length: name_length(name)?,
            flags,
            name: name.as_ptr() as usize as u64,
            ..Default::default()
        };
        // SAFETY: `name` is lent for reading until this function returns.
        unsafe { call(self.as_fd(), sys::QIPC_NAME_OPEN, &mut argument) }
            .map_err(Error::from_errno)?;
        Ok(argument.coid)
    }

    /// Fills as much of `groups` as there are.
    pub(crate) fn connect_client_info(
        &self,
        scoid: i32,
        groups: &mut [u32],
    ) -> Result<sys::qipc_client_info> {
        let mut argument = sys::qipc_connect_client_info {
            scoid,
            max_groups: u32::try_from(groups.len()).unwrap_or(u32::MAX),
            groups: groups.as_mut_ptr() as usize as u64,
            ..Default::default()
        };
        // SAFETY: `groups` is lent for writing until this function returns.
        unsafe { call(self.as_fd(), sys::QIPC_CONNECT_CLIENT_INFO, &mut argument) }
            .map_err(Error::from_errno)?;
        Ok(argument.info)
    }

    pub(crate) fn msg_reply(&self, rcvid: i64, status: i64, reply: Lent<&[u8]>) -> Result<()> {
        let mut argument = reply_argument(rcvid, status, &reply);
        // SAFETY: `reply` is lent for reading until this function returns.
        let result = unsafe { call(self.as_fd(), sys::QIPC_MSG_REPLY, &mut argument) };
        result
            .map(drop)
            .map_err(|errno| transfer_error(errno, argument.side, Error::ServerFault))
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

    pub(crate) fn msg_reply_receive(
        &self,
        rcvid: i64,
        status: i64,
        reply: Lent<&[u8]>,
        chid: i32,
        into: Lent<&mut [u8]>,
        timeout: Option<&Timeout<'_>>,
    ) -> ReplyReceived {
        // The kernel writes 0 or an errno there as soon as the reply is made.
        const NOT_REPLIED: i32 = i32::MIN;
        let mut deadline = Deadline::default();
        let timeout = deadline.set(timeout, States::RECEIVE);
        let mut room = Room::new(into);
        let mut argument = sys::qipc_msg_reply_receive {
            reply: reply_argument(rcvid, status, &reply),
            reply_error: NOT_REPLIED,
            reserved: 0,
            receive: room.argument(chid, 0, timeout),
        };
        // SAFETY: `reply` is lent for reading and `into` for writing until this function returns; `room` and `deadline`
        // live as long.
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
            received: room.received(result, &argument.receive),
        }
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

/// Length of a name; one that does not fit is too long by far.
fn name_length(name: &[u8]) -> Result<u32> {
    u32::try_from(name.len()).map_err(|_| Error::Os(Errno::NAMETOOLONG))
}

fn transferred(result: Result<c_int, Errno>, argument: &sys::qipc_msg_transfer) -> Result<usize> {
    match result {
        // At most the length of the caller's memory.
        Ok(_) => Ok(usize::try_from(argument.bytes).unwrap_or(0)),
        Err(errno) => Err(transfer_error(errno, argument.side, Error::ServerFault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::parts::{PartMut, Sink};

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
            session.channel_create(0, 0, 0, None),
            Err(Error::Os(Errno::NOTTY))
        );
        assert_eq!(session.name_open(b"a", 0), Err(Error::Os(Errno::NOTTY)));
    }

    #[test]
    fn a_number_is_called_with_its_own_structure_only() {
        let mut argument = sys::qipc_timer_delete::default();
        let stdin = std::io::stdin();
        let result = call_plain(stdin.as_fd(), sys::QIPC_CHANNEL_DESTROY, &mut argument);
        assert_eq!(result, Err(Error::Os(Errno::NOTTY)));
    }

    fn message(rcvid: i64, msglen: i64) -> sys::qipc_msg_receive {
        let info = sys::qipc_msg_info {
            msglen,
            ..Default::default()
        };
        sys::qipc_msg_receive {
            rcvid,
            info,
            ..Default::default()
        }
    }

    #[test]
    fn a_buffer_that_is_too_small_for_a_pulse_gets_more_room() {
        let mut bytes = [9; 5];
        let mut sink = &mut bytes;
        let mut room = Room::new(sink.lend_mut());
        let argument = room.argument(1, sys::QIPC_NONBLOCK, 0);
        assert_eq!(argument.vec.count, PULSE_LEN as u64);
        assert_eq!(argument.flags, sys::QIPC_NONBLOCK | sys::QIPC_BUF);
        assert_eq!(argument.vec.base, room.spare.as_ptr() as u64);
        // What comes in is cut as if there were none.
        room.spare = [7; PULSE_LEN];
        match room.received(Ok(0), &message(3, 20)) {
            Ok(RawReceived::Message(received)) => assert_eq!(received.info.msglen, 5),
            _ => panic!("no message"),
        }
        assert_eq!(bytes, [7; 5]);
    }

    #[test]
    fn a_message_shorter_than_the_buffer_leaves_the_rest_alone() {
        let mut bytes = [9; 5];
        let mut sink = &mut bytes;
        let mut room = Room::new(sink.lend_mut());
        room.spare = [7; PULSE_LEN];
        assert!(room.received(Ok(0), &message(3, 2)).is_ok());
        assert_eq!(bytes, [7, 7, 9, 9, 9]);
        let mut nothing = ();
        let room = Room::new(nothing.lend_mut());
        assert!(room.received(Ok(0), &message(3, 20)).is_ok());
    }

    #[test]
    fn other_memory_is_passed_as_it_is() {
        let mut bytes = [0; PULSE_LEN];
        let at = bytes.as_ptr() as u64;
        let mut sink = &mut bytes;
        let mut room = Room::new(sink.lend_mut());
        let argument = room.argument(1, 0, 0);
        assert_eq!((argument.vec.base, argument.vec.count), (at, 24));
        let mut bytes = [0; 3];
        let mut list = [PartMut::new(&mut bytes)];
        let mut sink = &mut list;
        let mut room = Room::new(sink.lend_mut());
        let argument = room.argument(1, 0, 0);
        assert_eq!((argument.vec.count, argument.flags), (1, 0));
    }

    #[test]
    fn a_pulse_is_found_in_the_first_part_that_is_not_empty() {
        let raw = sys::qipc_pulse {
            code: -5,
            value: 6,
            scoid: 7,
            ..Default::default()
        };
        let mut bytes = [0; 40];
        bytes[..2].copy_from_slice(&raw.kind.to_ne_bytes());
        bytes[4] = raw.code.to_ne_bytes()[0];
        bytes[8..16].copy_from_slice(&raw.value.to_ne_bytes());
        bytes[16..20].copy_from_slice(&raw.scoid.to_ne_bytes());
        let mut list = [PartMut::new(&mut []), PartMut::new(&mut bytes)];
        let mut sink = &mut list;
        let room = Room::new(sink.lend_mut());
        match room.received(Ok(0), &message(0, 0)) {
            Ok(RawReceived::Pulse(pulse)) => assert_eq!(pulse, Pulse::new(&raw)),
            _ => panic!("no pulse"),
        }
        // There is no such place, and nothing is read that nobody has lent.
        let mut short = [0; 8];
        let mut list = [PartMut::new(&mut short)];
        let mut sink = &mut list;
        let room = Room::new(sink.lend_mut());
        let result = room.received(Ok(0), &message(0, 0)).map(drop);
        assert_eq!(result, Err(Error::Os(Errno::IO)));
    }

    #[test]
    fn a_deadline_names_its_event_where_it_lies() {
        let mut deadline = Deadline::default();
        assert_eq!(deadline.set(None, States::SEND), 0);
        let timeout = Timeout::NOW.only(States::REPLY);
        assert_eq!(deadline.set(Some(&timeout), States::RECEIVE), 0);
        let timeout = timeout.event(Event::pulse(1, 2, 3));
        let address = deadline.set(Some(&timeout), States::SEND | States::REPLY);
        assert_eq!(address, address_of(&deadline.timeout));
        assert_eq!(deadline.timeout.event, address_of(&deadline.event));
        assert_eq!(deadline.timeout.states, States::REPLY.bits());
    }
}
