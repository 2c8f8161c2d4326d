// SPDX-License-Identifier: MIT OR Apache-2.0

//! The receiving end.

use std::fmt;
use std::num::ParseIntError;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::str::FromStr;
use std::sync::Arc;

use qipc_sys as sys;
use rustix::io::Errno;

use crate::calls::connect_detach;
use crate::client::client_info;
use crate::error::{Error, Result};
use crate::info::{Access, ChannelAccess, ClientInfo};
use crate::name::Name;
use crate::options::ChannelOptions;
use crate::parts::{Sink, Source};
use crate::pulse::{Pulse, PULSE_LEN};
use crate::raw::{RawReceived, ReceiveOptions, Session};
use crate::request::Request;
use crate::timeout::Timeout;

/// Where a channel can be found: process and channel number. What a client needs to know of a server.
///
/// Written as `pid:chid`, for command lines and files:
///
/// ```
/// let address: qipc::Address = "1234:1".parse()?;
/// assert_eq!((address.pid, address.chid), (1234, 1));
/// assert_eq!(address.to_string(), "1234:1");
/// # Ok::<(), qipc::ParseAddressError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Process that owns the channel, in the pid namespace of whoever uses the address; 0 is the user itself.
    pub pid: u32,
    /// Channel of that process.
    pub chid: i32,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.pid, self.chid)
    }
}

impl FromStr for Address {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> std::result::Result<Self, ParseAddressError> {
        let (pid, chid) = text
            .split_once(':')
            .ok_or(ParseAddressError { number: None })?;
        let number = |e: ParseIntError| ParseAddressError { number: Some(e) };
        Ok(Self {
            pid: pid.parse().map_err(number)?,
            chid: chid.parse().map_err(number)?,
        })
    }
}

/// A text is not of the form `pid:chid`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address of a channel has the form pid:chid")]
pub struct ParseAddressError {
    #[source]
    number: Option<ParseIntError>,
}

/// What a channel has received.
#[derive(Debug)]
#[must_use = "a request is in here, and is refused when dropped"]
pub enum Received {
    /// A message; its bytes are in the receive memory, and its client waits for an answer.
    Request(Request),
    /// A pulse. The receive memory has been used for it and holds nothing that matters.
    Pulse(Pulse),
}

impl Received {
    /// The message; a pulse is dropped.
    #[must_use]
    pub fn request(self) -> Option<Request> {
        match self {
            Self::Request(request) => Some(request),
            Self::Pulse(_) => None,
        }
    }

    /// The pulse; a message is refused.
    #[must_use]
    pub fn pulse(self) -> Option<Pulse> {
        match self {
            Self::Request(_) => None,
            Self::Pulse(pulse) => Some(pulse),
        }
    }
}

/// The receiving end of messages. QNX `chid`.
///
/// Any number of threads may receive on one channel. It is destroyed when dropped: clients that are blocked on it get
/// `ESRCH`, and later sends get `EBADF`. A forked child cannot receive on it ([`Error::Stale`]), and does the parent no
/// harm by dropping it.
///
/// A thread that receives takes on the priority of what it has received, until it receives again, unless the channel has
/// [`FIXED_PRIORITY`](crate::ChannelFlags::FIXED_PRIORITY); and it is lifted while a client of a higher priority waits
/// for a receiver. [`Qipc::leave_channel`](crate::Qipc::leave_channel) ends that.
#[derive(Debug)]
pub struct Channel {
    session: Arc<Session>,
    chid: i32,
}

/// What [`Channel::reply_receive`] did: two calls have two results.
#[derive(Debug)]
#[must_use = "the next request is in here, and is refused when dropped"]
pub struct ReplyReceive {
    /// Result of the reply: as [`Request::reply`]. A server that only wants to know of the next request may ignore it,
    /// since all it says is that a client has gone or has lent bad memory.
    pub replied: Result<()>,
    /// The next request or pulse: as [`Channel::receive`].
    pub next: Result<Received>,
}

impl Channel {
    pub(crate) fn create(session: &Arc<Session>, options: &ChannelOptions<'_>) -> Result<Self> {
        let (num_pulses, rearm, event) = match options.pool {
            Some(pool) => (pool.num_pulses, pool.rearm, pool.event),
            None => (0, 0, None),
        };
        let chid = session.channel_create(options.bits(), num_pulses, rearm, event)?;
        let channel = Self {
            session: Arc::clone(session),
            chid,
        };
        if !options.access.is_empty() {
            channel.set_access(&options.access)?;
        }
        Ok(channel)
    }

    /// The number of this channel in this process.
    #[must_use]
    pub fn chid(&self) -> i32 {
        self.chid
    }

    /// Where clients of the same pid namespace find this channel.
    #[must_use]
    pub fn address(&self) -> Address {
        Address {
            pid: std::process::id(),
            chid: self.chid,
        }
    }

    /// Waits for a message or a pulse, and copies as much of a message into `into` as fits. QNX `MsgReceive`,
    /// `MsgReceivev`.
    ///
    /// [`Request::len`] says how much arrived, [`Request::info`] how much there is; the rest can be read with
    /// [`Request::read_at`]. A server that wants to see a header before it chooses where the data goes receives the
    /// header alone.
    ///
    /// **Lists**: when `into` is a list of parts, its first part that is not empty must have at least 24 bytes
    /// ([`PULSE_LEN`](crate::PULSE_LEN)). Otherwise a pulse that comes is lost, and the receive fails with
    /// [`ServerFault`](Error::ServerFault), as in QNX. A single buffer can have any length.
    ///
    /// # Errors
    ///
    /// No message is lost, whatever the error.
    /// - `EINTR`: a signal handler ran. Nothing is restarted, as in QNX; see
    ///   [`receive_uninterrupted`](Self::receive_uninterrupted).
    /// - [`ServerFault`](Error::ServerFault): `into` cannot be written to, or is a list with too short a first part.
    /// - `ESRCH`: the channel was destroyed.
    /// - [`Stale`](Error::Stale): this is a fork of the server.
    /// - `EOVERFLOW`: a list beyond the limits of [`Source`]; `ENOMEM`: no memory for a long one.
    /// - `EAGAIN`: more clients are connected than there can be names for their messages.
    pub fn receive(&self, mut into: impl Sink) -> Result<Received> {
        self.receive_with(&mut into, ReceiveOptions::default())
    }

    /// As [`receive`](Self::receive), and starts again when a signal handler ran.
    ///
    /// # Errors
    ///
    /// As for [`receive`](Self::receive), without `EINTR`.
    pub fn receive_uninterrupted(&self, mut into: impl Sink) -> Result<Received> {
        loop {
            match self.receive_with(&mut into, ReceiveOptions::default()) {
                Err(e) if e.is_interrupted() => {}
                result => return result,
            }
        }
    }

    /// As [`receive`](Self::receive), but returns `None` at once when nothing is waiting. QNX `MsgReceive` with an
    /// immediate timeout.
    ///
    /// # Errors
    ///
    /// As for [`receive`](Self::receive).
    pub fn try_receive(&self, mut into: impl Sink) -> Result<Option<Received>> {
        let options = ReceiveOptions {
            flags: sys::QIPC_NONBLOCK,
            timeout: None,
        };
        optional(self.receive_with(&mut into, options))
    }

    /// As [`receive`](Self::receive), with a limit to the time that it blocks. QNX `TimerTimeout` before a `MsgReceive`.
    ///
    /// # Errors
    ///
    /// As for [`receive`](Self::receive), and [`TimedOut`](Error::TimedOut).
    pub fn receive_timeout(&self, mut into: impl Sink, timeout: &Timeout<'_>) -> Result<Received> {
        let options = ReceiveOptions {
            flags: 0,
            timeout: Some(timeout),
        };
        self.receive_with(&mut into, options)
    }

    fn receive_with(&self, into: &mut impl Sink, options: ReceiveOptions<'_>) -> Result<Received> {
        self.session
            .msg_receive(self.chid, into.lend_mut(), options)
            .map(|received| self.received(received))
    }

    /// Waits for a pulse; messages stay where they are. QNX `MsgReceivePulse`.
    ///
    /// # Errors
    ///
    /// `EINTR`, `ESRCH` and [`Stale`](Error::Stale) as for [`receive`](Self::receive).
    pub fn receive_pulse(&self) -> Result<Pulse> {
        receive_pulse(&self.session, self.chid, ReceiveOptions::default())
    }

    /// As [`receive_pulse`](Self::receive_pulse), but returns `None` at once when no pulse is waiting.
    ///
    /// # Errors
    ///
    /// As for [`receive_pulse`](Self::receive_pulse).
    pub fn try_receive_pulse(&self) -> Result<Option<Pulse>> {
        let options = ReceiveOptions {
            flags: sys::QIPC_NONBLOCK,
            timeout: None,
        };
        optional(receive_pulse(&self.session, self.chid, options))
    }

    /// As [`receive_pulse`](Self::receive_pulse), with a limit to the time that it blocks.
    ///
    /// # Errors
    ///
    /// As for [`receive_pulse`](Self::receive_pulse), and [`TimedOut`](Error::TimedOut).
    pub fn receive_pulse_timeout(&self, timeout: &Timeout<'_>) -> Result<Pulse> {
        let options = ReceiveOptions {
            flags: 0,
            timeout: Some(timeout),
        };
        receive_pulse(&self.session, self.chid, options)
    }

    /// Answers `request` and waits for the next message or pulse, in one call of the kernel: the fast way to serve. QNX
    /// `MsgReply` followed by `MsgReceive`.
    ///
    /// The receive follows whatever becomes of the reply, so a client that has gone does not stop the server:
    ///
    /// ```no_run
    /// # fn main() -> Result<(), qipc::Error> {
    /// # let channel = qipc::Qipc::open()?.channel_create(qipc::ChannelFlags::empty())?;
    /// use qipc::Received;
    ///
    /// let mut message = [0; 64];
    /// let mut received = channel.receive(&mut message)?;
    /// loop {
    ///     received = match received {
    ///         Received::Pulse(_) => channel.receive(&mut message)?,
    ///         Received::Request(request) => {
    ///             let answer: Vec<u8> = message[..request.len()].iter().rev().copied().collect();
    ///             channel.reply_receive(request, 0, &answer, &mut message).next?
    ///         }
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Request::reply`] and [`receive`](Self::receive), apart. `EINTR` is of the receive: the reply was made.
    /// When the kernel refuses the call as such, both are that error, and the request has been answered with
    /// [`Request::DROPPED`].
    pub fn reply_receive(
        &self,
        request: Request,
        status: i64,
        reply: impl Source,
        mut into: impl Sink,
    ) -> ReplyReceive {
        self.reply_receive_with(request, status, &reply, &mut into, None)
    }

    /// As [`reply_receive`](Self::reply_receive), with a limit to the time that the receive blocks.
    ///
    /// # Errors
    ///
    /// As for [`reply_receive`](Self::reply_receive); [`TimedOut`](Error::TimedOut) is of the receive.
    pub fn reply_receive_timeout(
        &self,
        request: Request,
        status: i64,
        reply: impl Source,
        mut into: impl Sink,
        timeout: &Timeout<'_>,
    ) -> ReplyReceive {
        self.reply_receive_with(request, status, &reply, &mut into, Some(timeout))
    }

    fn reply_receive_with(
        &self,
        request: Request,
        status: i64,
        reply: &impl Source,
        into: &mut impl Sink,
        timeout: Option<&Timeout<'_>>,
    ) -> ReplyReceive {
        if !Arc::ptr_eq(&self.session, request.session()) {
            // The request has no meaning in this session: there it is a number of something else, or of nothing.
            let replied = request.reply_lent(status, reply.lend());
            let next = self.receive_with(into, ReceiveOptions { flags: 0, timeout });
            return ReplyReceive { replied, next };
        }
        let result = self.session.msg_reply_receive(
            request.rcvid(),
            status,
            reply.lend(),
            self.chid,
            into.lend_mut(),
            timeout,
        );
        let replied = match (result.replied, &result.received) {
            (Some(Ok(())), _) => {
                request.forget();
                Ok(())
            }
            // The client may still wait, and dropping the request releases it.
            (Some(Err(error)), _) => Err(error),
            (None, Err(error)) => Err(*error),
            // A kernel that received without replying first: not of this interface.
            (None, Ok(_)) => Err(Error::Os(Errno::IO)),
        };
        ReplyReceive {
            replied,
            next: result.received.map(|received| self.received(received)),
        }
    }

    /// Gives the channel a name that clients find it by: components separated by slashes, none of them `.` or `..`, and no
    /// slash at either end. QNX `name_attach`.
    ///
    /// # Errors
    ///
    /// - `EEXIST`: another channel has the name.
    /// - `EINVAL`: it is no name. `ENAMETOOLONG`: more than 1,023 bytes, or more than 255 in a component.
    /// - `EAGAIN`: the channel has 16 names. `ENOMEM`. [`Stale`](Error::Stale).
    pub fn name_attach(&self, name: impl AsRef<[u8]>) -> Result<Name> {
        self.name_attach_with(name, &Access::new())
    }

    /// As [`name_attach`](Self::name_attach), and says who may connect, before anybody can find the name.
    ///
    /// # Errors
    ///
    /// As for [`name_attach`](Self::name_attach) and [`set_access`](Self::set_access).
    pub fn name_attach_with(&self, name: impl AsRef<[u8]>, access: &Access) -> Result<Name> {
        Name::attach(&self.session, self.chid, name.as_ref(), access)
    }

    /// Who may connect, and how far clients can lift the channel's threads.
    ///
    /// # Errors
    ///
    /// [`Stale`](Error::Stale) in a fork of the server.
    pub fn access(&self) -> Result<ChannelAccess> {
        self.set_access(&Access::new())
    }

    /// Changes that, and says what it is now. Connections that exist are not affected.
    ///
    /// # Errors
    ///
    /// `EINVAL` for a mode, a user, a group or a priority that does not exist; `EPERM` for an owner or a group that this
    /// process may not give a file, or a ceiling above what it may give itself; [`Stale`](Error::Stale).
    pub fn set_access(&self, access: &Access) -> Result<ChannelAccess> {
        self.session
            .channel_access(access.to_raw(self.chid))
            .map(|raw| ChannelAccess::new(&raw))
    }

    /// Who a client was when it connected; `scoid` is in [`MessageInfo::scoid`](crate::MessageInfo::scoid) and
    /// [`Pulse::scoid`]. QNX `ConnectClientInfo`.
    ///
    /// # Errors
    ///
    /// `EINVAL` for a client that is not connected; [`Stale`](Error::Stale).
    pub fn client_info(&self, scoid: i32) -> Result<ClientInfo> {
        client_info(&self.session, scoid)
    }

    /// Gives the number of a client that has disconnected free, after the pulse that says so
    /// ([`PulseKind::Disconnect`](crate::PulseKind::Disconnect)). Until then no other client gets it. QNX
    /// `ConnectDetach` of a scoid.
    ///
    /// # Errors
    ///
    /// `EINVAL` for a client that is still connected, or unknown; [`Stale`](Error::Stale).
    pub fn client_detach(&self, scoid: i32) -> Result<()> {
        connect_detach(self.session.as_fd(), scoid)
    }

    /// A descriptor to wait for messages with `poll` or `epoll`, together with other things.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE` when there is no descriptor left; [`Stale`](Error::Stale) in a fork of the server.
    pub fn pollable(&self) -> Result<ChannelFd> {
        self.session
            .channel_fd(self.chid)
            .map(|fd| ChannelFd { fd })
    }

    /// Ends the channel and reports how that went. QNX `ChannelDestroy`. Dropping does the same, silently.
    ///
    /// # Errors
    ///
    /// [`Stale`](Error::Stale) in a fork of the server, where the channel is the parent's.
    pub fn destroy(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.chid, 0) {
            0 => Ok(()),
            chid => self.session.channel_destroy(chid),
        }
    }

    fn received(&self, received: RawReceived) -> Received {
        match received {
            RawReceived::Message(message) => {
                Received::Request(Request::new(Arc::clone(&self.session), &message))
            }
            RawReceived::Pulse(pulse) => Received::Pulse(pulse),
        }
    }

    /// Receives pulses without keeping the channel alive.
    pub(crate) fn pulse_receiver(&self) -> impl Fn() -> Result<Pulse> + Send + 'static {
        let (session, chid) = (Arc::clone(&self.session), self.chid);
        move || receive_pulse(&session, chid, ReceiveOptions::default())
    }
}

fn receive_pulse(session: &Session, chid: i32, options: ReceiveOptions<'_>) -> Result<Pulse> {
    let options = ReceiveOptions {
        flags: options.flags | sys::QIPC_PULSE_ONLY,
        ..options
    };
    let mut room = [0; PULSE_LEN];
    match session.msg_receive(chid, (&mut room).lend_mut(), options)? {
        RawReceived::Pulse(pulse) => Ok(pulse),
        // Not of this interface.
        RawReceived::Message(_) => Err(Error::Os(Errno::IO)),
    }
}

/// Nothing there is no error for those that only look.
fn optional<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Os(Errno::AGAIN)) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        // What can fail: this is a fork, and the channel is the parent's, which keeps it.
        let _ = self.end();
    }
}

/// Tells with `poll`, `select` or `epoll` that a [`Channel`] has a message: readable while one is waiting, hung up once
/// the channel is gone.
///
/// Another thread may take the message first, so receive with [`Channel::try_receive`].
#[derive(Debug)]
pub struct ChannelFd {
    fd: OwnedFd,
}

impl AsFd for ChannelFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for ChannelFd {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl From<ChannelFd> for OwnedFd {
    fn from(fd: ChannelFd) -> Self {
        fd.fd
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_address_is_what_was_written(pid: u32, chid: i32) {
            let address = Address { pid, chid };
            prop_assert_eq!(address.to_string().parse(), Ok(address));
        }

        #[test]
        fn no_text_makes_parsing_panic(text: String) {
            let _ = text.parse::<Address>();
        }
    }

    #[test]
    fn a_text_that_is_no_address_is_refused() {
        for text in [
            "",
            ":",
            "1",
            "1:",
            ":1",
            "1:2:3",
            "-1:1",
            "1:99999999999",
            "1 :1",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_channel_can_be_shared_between_threads() {
        fn check<T: Send + Sync>() {}
        check::<Channel>();
        check::<ChannelFd>();
    }
}
