// SPDX-License-Identifier: MIT OR Apache-2.0

//! The sending end, in both spaces of connection ids.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;

use bitflags::bitflags;
use qipc_sys as sys;

use crate::calls;
use crate::error::{Error, Result};
use crate::info::unsigned;
use crate::parts::{Sink, Source};
use crate::raw::{self, Session};
use crate::timeout::Timeout;

bitflags! {
    /// How to connect. QNX `_NTO_COF_*`, with its values.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct ConnectFlags: u32 {
        /// The connection ends on `exec`. Connections that are no descriptor always do. QNX `_NTO_COF_CLOEXEC`.
        const CLOEXEC = sys::QIPC_COF_CLOEXEC;
        /// The server sees a scoid of its own for this connection. QNX `_NTO_COF_NOSHARE`.
        const NOSHARE = sys::QIPC_COF_NOSHARE;
        /// Only reported: the channel is gone. QNX `_NTO_COF_DEAD`.
        const DEAD = sys::QIPC_COF_DEAD;
        /// A descriptor that is of no use to other processes: neither to a forked child nor to whom it is passed on.
        /// QNX `_NTO_COF_NOINHERIT`.
        const NOINHERIT = sys::QIPC_COF_NOINHERIT;
        /// The server may deliver no events to this process. QNX `_NTO_COF_NOEVENT`.
        const NOEVENT = sys::QIPC_COF_NOEVENT;
        /// The server may deliver only events that this process has registered. QNX `_NTO_COF_REG_EVENTS`.
        const REG_EVENTS = sys::QIPC_COF_REG_EVENTS;

        // What a newer module may accept; the module refuses what it does not know with EINVAL.
        const _ = !0;
    }
}

/// Where a connection leads. QNX `struct _server_info`, with its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerInfo {
    /// The server's process, in this process's pid namespace; 0 if it has no number there.
    pub pid: u32,
    /// Its channel.
    pub chid: i32,
    /// What the server calls the client.
    pub scoid: i32,
    /// The connection.
    pub coid: i32,
    /// Flags of the connection, among them [`DEAD`](ConnectFlags::DEAD).
    pub flags: ConnectFlags,
}

impl ServerInfo {
    pub(crate) fn new(info: &sys::qipc_server_info) -> Self {
        Self {
            pid: unsigned(info.pid),
            chid: info.chid,
            scoid: info.scoid,
            coid: info.coid,
            flags: ConnectFlags::from_bits_retain(info.flags),
        }
    }

    /// True when the channel is gone.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.flags.contains(ConnectFlags::DEAD)
    }
}

/// A connection of this session to a channel. QNX `coid` of `_NTO_SIDE_CHANNEL`.
///
/// It can be used by several threads at once, each of which sends its own message. It is detached when dropped, and is
/// of no use to a forked child, whose sends fail with [`Error::Stale`]; see [`FdConnection`] for a connection that is
/// inherited.
#[derive(Debug)]
pub struct Connection {
    session: Arc<Session>,
    coid: i32,
}

impl Connection {
    pub(crate) fn attach(
        session: &Arc<Session>,
        pid: i32,
        chid: i32,
        flags: ConnectFlags,
    ) -> Result<Self> {
        let coid = session.connect_attach_side(pid, chid, flags.bits())?;
        Ok(Self::new(session, coid))
    }

    pub(crate) fn open(session: &Arc<Session>, name: &[u8], flags: ConnectFlags) -> Result<Self> {
        let coid = session.name_open(name, flags.bits())?;
        Ok(Self::new(session, coid))
    }

    fn new(session: &Arc<Session>, coid: i32) -> Self {
        Self {
            session: Arc::clone(session),
            coid,
        }
    }

    /// The number of this connection, which the server sees in [`MessageInfo::coid`](crate::MessageInfo::coid).
    #[must_use]
    pub fn coid(&self) -> i32 {
        self.coid
    }

    /// Sends `message`, waits until the server has answered, and returns the status of the answer; the data of the
    /// answer is in `reply`. QNX `MsgSend`, `MsgSendv`, `MsgSendsv`, `MsgSendvs`.
    ///
    /// The server sees one message, whatever parts it is made of on either side. Nothing is staged: it copies straight
    /// out of `message` and into `reply`.
    ///
    /// # Errors
    ///
    /// - [`Answered`](Error::Answered): the server answered with an error, or dropped the request (`EIO`).
    /// - [`ClientFault`](Error::ClientFault), [`ServerFault`](Error::ServerFault): bad memory here or there.
    /// - [`Stale`](Error::Stale): this session is the parent's.
    /// - `EBADF`: the channel was gone before the send, or the connection was detached meanwhile.
    /// - `ESRCH`: the server died or destroyed the channel before it answered.
    /// - `EINTR`: a signal handler ran. As in QNX nothing is restarted; the server may have acted on the message or
    ///   not, and will find the client gone when it replies.
    /// - `EOVERFLOW`: a list beyond the limits of [`Source`]; nothing was sent.
    /// - `ENOMEM`: no memory for the message or for a long list.
    pub fn send(&self, message: impl Source, mut reply: impl Sink) -> Result<i64> {
        let (message, reply) = (message.lend(), reply.lend_mut());
        raw::msg_send(self.session.as_fd(), self.coid, message, reply, None)
    }

    /// As [`send`](Self::send), with a limit to the time that it blocks. QNX `TimerTimeout` before a `MsgSend`.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send), and [`TimedOut`](Error::TimedOut). A message that a server has received on a channel
    /// with [`UNBLOCK`](crate::ChannelFlags::UNBLOCK) stays with it: the server is told that the time is up, and decides.
    pub fn send_timeout(
        &self,
        message: impl Source,
        mut reply: impl Sink,
        timeout: &Timeout<'_>,
    ) -> Result<i64> {
        let (message, reply) = (message.lend(), reply.lend_mut());
        let fd = self.session.as_fd();
        raw::msg_send(fd, self.coid, message, reply, Some(timeout))
    }

    /// Sends a pulse with this thread's priority, without waiting for anybody. QNX `MsgSendPulse`, `MsgSendPulsePtr`.
    ///
    /// Codes from 0 on are the program's, negative ones are understood to be the system's.
    ///
    /// # Errors
    ///
    /// - `EBADF`: the channel is gone.
    /// - `EAGAIN`: too many pulses are queued there. `ENOMEM`.
    /// - [`Stale`](Error::Stale): this session is the parent's.
    pub fn send_pulse(&self, code: i8, value: u64) -> Result<()> {
        calls::pulse_send(self.session.as_fd(), self.coid, None, code, value)
    }

    /// As [`send_pulse`](Self::send_pulse), with a priority: 1 to 99, or 0 for that of no real-time policy.
    ///
    /// It decides the place in the queue, and lifts the server as far as the server allows; no right is needed for it.
    ///
    /// # Errors
    ///
    /// As for [`send_pulse`](Self::send_pulse), and `EINVAL` for a priority above 99.
    pub fn send_pulse_at(&self, priority: u8, code: i8, value: u64) -> Result<()> {
        let fd = self.session.as_fd();
        calls::pulse_send(fd, self.coid, Some(priority), code, value)
    }

    /// Where the connection leads. QNX `ConnectServerInfo`.
    ///
    /// # Errors
    ///
    /// [`Stale`](Error::Stale) in a forked child.
    pub fn server_info(&self) -> Result<ServerInfo> {
        calls::connect_server_info(self.session.as_fd(), 0, self.coid, 0)
            .map(|info| ServerInfo::new(&info))
    }

    /// Sets those flags of `mask` that are in `flags`, clears the others of `mask`, and returns what was set before. Only
    /// [`CLOEXEC`](ConnectFlags::CLOEXEC) can be changed; an empty mask only asks. QNX `ConnectFlags`.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP` for another flag in the mask, [`Stale`](Error::Stale).
    pub fn change_flags(&self, mask: ConnectFlags, flags: ConnectFlags) -> Result<ConnectFlags> {
        self.session
            .connect_flags(self.coid, mask.bits(), flags.bits())
            .map(ConnectFlags::from_bits_retain)
    }

    /// Ends the connection and reports how that went. QNX `ConnectDetach`. Dropping does the same, silently.
    ///
    /// # Errors
    ///
    /// [`Stale`](Error::Stale) in a forked child, where the connection is the parent's.
    pub fn detach(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.coid, 0) {
            0 => Ok(()),
            coid => calls::connect_detach(self.session.as_fd(), coid),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // What can fail: this is a fork, and the connection is the parent's, which keeps it.
        let _ = self.end();
    }
}

/// A connection that is a file descriptor. QNX `coid` without `_NTO_SIDE_CHANNEL`.
///
/// It needs no session to send: it is inherited by `fork` and, unless made with
/// [`CLOEXEC`](ConnectFlags::CLOEXEC), by `exec`; it can be passed over a socket with `SCM_RIGHTS`, and ends when the
/// last descriptor is closed. To the server each process that sends on it is a client of its own.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use qipc::{ConnectFlags, FdConnection, Qipc};
/// use std::os::fd::OwnedFd;
///
/// let connection = Qipc::open()?.connect_attach_fd("1234:1".parse()?, ConnectFlags::CLOEXEC)?;
/// let fd = OwnedFd::from(connection); // can be passed on, and
/// let connection = FdConnection::from(fd); // is a connection again wherever it arrives
/// connection.send("hello", ())?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FdConnection {
    fd: OwnedFd,
}

impl FdConnection {
    pub(crate) fn attach(
        session: &Session,
        pid: i32,
        chid: i32,
        flags: ConnectFlags,
    ) -> Result<Self> {
        session
            .connect_attach_fd(pid, chid, flags.bits())
            .map(Self::from)
    }

    /// Sends `message` and waits for the answer, as [`Connection::send`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::send`], without [`Stale`](Error::Stale). `ENOTTY` when the descriptor is no connection.
    pub fn send(&self, message: impl Source, mut reply: impl Sink) -> Result<i64> {
        let (message, reply) = (message.lend(), reply.lend_mut());
        raw::msg_send(self.as_fd(), self.name(), message, reply, None)
    }

    /// As [`send`](Self::send), with a limit to the time that it blocks, as [`Connection::send_timeout`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::send_timeout`] and [`send`](Self::send).
    pub fn send_timeout(
        &self,
        message: impl Source,
        mut reply: impl Sink,
        timeout: &Timeout<'_>,
    ) -> Result<i64> {
        let (message, reply) = (message.lend(), reply.lend_mut());
        raw::msg_send(self.as_fd(), self.name(), message, reply, Some(timeout))
    }

    /// Sends a pulse, as [`Connection::send_pulse`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::send_pulse`], without [`Stale`](Error::Stale). `ENOTTY` when the descriptor is no connection.
    pub fn send_pulse(&self, code: i8, value: u64) -> Result<()> {
        calls::pulse_send(self.as_fd(), self.name(), None, code, value)
    }

    /// Sends a pulse with a priority, as [`Connection::send_pulse_at`].
    ///
    /// # Errors
    ///
    /// As for [`Connection::send_pulse_at`] and [`send_pulse`](Self::send_pulse).
    pub fn send_pulse_at(&self, priority: u8, code: i8, value: u64) -> Result<()> {
        calls::pulse_send(self.as_fd(), self.name(), Some(priority), code, value)
    }

    /// Where the connection leads. QNX `ConnectServerInfo`.
    ///
    /// # Errors
    ///
    /// `ENOTTY` when the descriptor is no connection.
    pub fn server_info(&self) -> Result<ServerInfo> {
        calls::connect_server_info(self.as_fd(), 0, self.name(), 0)
            .map(|info| ServerInfo::new(&info))
    }

    /// What the server sees as the connection's number.
    fn name(&self) -> i32 {
        calls::name_of(self.as_fd())
    }

    /// Ends the sends of this process that are blocked under this descriptor's number: they fail with `EBADF`. QNX
    /// `ConnectDetach` of a descriptor, up to the closing.
    ///
    /// # Errors
    ///
    /// `ENOTTY` when the descriptor is no connection.
    pub fn cancel(&self) -> Result<()> {
        calls::connect_detach(self.as_fd(), self.name())
    }

    /// Another descriptor for the same connection, closed on `exec`. QNX `dup`.
    ///
    /// # Errors
    ///
    /// `EMFILE` when the process has no descriptor left.
    pub fn try_clone(&self) -> Result<Self> {
        rustix::io::fcntl_dupfd_cloexec(&self.fd, 0)
            .map(Self::from)
            .map_err(Error::from_errno)
    }
}

/// Takes any descriptor; sends fail with `ENOTTY` if it is no connection.
impl From<OwnedFd> for FdConnection {
    fn from(fd: OwnedFd) -> Self {
        Self { fd }
    }
}

impl From<FdConnection> for OwnedFd {
    fn from(connection: FdConnection) -> Self {
        connection.fd
    }
}

impl AsFd for FdConnection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for FdConnection {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs::File;

    use rustix::io::Errno;

    #[test]
    fn a_descriptor_that_is_no_connection_is_refused() {
        let connection = FdConnection::from(OwnedFd::from(File::open("/dev/null").unwrap()));
        assert_eq!(connection.send("hello", ()), Err(Error::Os(Errno::NOTTY)));
        assert_eq!(connection.cancel(), Err(Error::Os(Errno::NOTTY)));
        assert_eq!(connection.send_pulse(0, 0), Err(Error::Os(Errno::NOTTY)));
        let info = connection.server_info().map(drop);
        assert_eq!(info, Err(Error::Os(Errno::NOTTY)));
        assert_ne!(
            connection.try_clone().unwrap().as_raw_fd(),
            connection.as_raw_fd()
        );
    }

    #[test]
    fn connections_can_be_shared_between_threads() {
        fn check<T: Send + Sync>() {}
        check::<Connection>();
        check::<FdConnection>();
    }
}
