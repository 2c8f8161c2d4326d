// SPDX-License-Identifier: MIT OR Apache-2.0

//! The receiving end.

use std::fmt;
use std::num::ParseIntError;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::str::FromStr;
use std::sync::Arc;

use bitflags::bitflags;
use qipc_sys as sys;
use rustix::io::Errno;

use crate::error::{Error, Result};
use crate::parts::{Sink, Source};
use crate::raw::Session;
use crate::request::Request;

bitflags! {
    /// What a channel is like. QNX `_NTO_CHF_*`, with its values.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct ChannelFlags: u32 {
        /// No effect: lengths are always reported. QNX `_NTO_CHF_SENDER_LEN`.
        const SENDER_LEN = sys::QIPC_CHF_SENDER_LEN;
        /// No effect: lengths are always reported. QNX `_NTO_CHF_REPLY_LEN`.
        const REPLY_LEN = sys::QIPC_CHF_REPLY_LEN;
        /// Only the process itself may connect. QNX `_NTO_CHF_PRIVATE`.
        const PRIVATE = sys::QIPC_CHF_PRIVATE;

        // What a newer module may accept; the module refuses what it does not know with EINVAL.
        const _ = !0;
    }
}

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

/// The receiving end of messages. QNX `chid`.
///
/// Any number of threads may receive on one channel. It is destroyed when dropped: clients that are blocked on it get
/// `ESRCH`, and later sends get `EBADF`. A forked child cannot receive on it ([`Error::Stale`]), and does the parent no
/// harm by dropping it.
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
    /// The next request: as [`Channel::receive`].
    pub next: Result<Request>,
}

impl Channel {
    pub(crate) fn create(session: &Arc<Session>, flags: ChannelFlags) -> Result<Self> {
        let chid = session.channel_create(flags.bits())?;
        Ok(Self {
            session: Arc::clone(session),
            chid,
        })
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

    /// Waits for a message and copies as much of it into `into` as fits. QNX `MsgReceive`, `MsgReceivev`.
    ///
    /// [`Request::len`] says how much arrived, [`Request::info`] how much there is; the rest can be read with
    /// [`Request::read_at`]. A server that wants to see a header before it chooses where the data goes receives the
    /// header alone.
    ///
    /// # Errors
    ///
    /// No message is lost, whatever the error.
    /// - `EINTR`: a signal handler ran. Nothing is restarted, as in QNX; see
    ///   [`receive_uninterrupted`](Self::receive_uninterrupted).
    /// - [`ServerFault`](Error::ServerFault): `into` cannot be written to.
    /// - `ESRCH`: the channel was destroyed.
    /// - [`Stale`](Error::Stale): this is a fork of the server.
    /// - `EOVERFLOW`: a list beyond the limits of [`Source`]; `ENOMEM`: no memory for a long one.
    /// - `EAGAIN`: this process has received more messages than it can have names for, and not answered them.
    pub fn receive(&self, mut into: impl Sink) -> Result<Request> {
        let received = self
            .session
            .msg_receive(self.chid, &into.lend_mut(), false)?;
        Ok(self.request(&received))
    }

    /// As [`receive`](Self::receive), and starts again when a signal handler ran.
    ///
    /// # Errors
    ///
    /// As for [`receive`](Self::receive), without `EINTR`.
    pub fn receive_uninterrupted(&self, mut into: impl Sink) -> Result<Request> {
        let into = into.lend_mut();
        loop {
            match self.session.msg_receive(self.chid, &into, false) {
                Err(e) if e.is_interrupted() => {}
                result => return result.map(|received| self.request(&received)),
            }
        }
    }

    /// As [`receive`](Self::receive), but returns `None` at once when no message is waiting. QNX `MsgReceive` with an
    /// immediate timeout.
    ///
    /// # Errors
    ///
    /// As for [`receive`](Self::receive).
    pub fn try_receive(&self, mut into: impl Sink) -> Result<Option<Request>> {
        match self.session.msg_receive(self.chid, &into.lend_mut(), true) {
            Ok(received) => Ok(Some(self.request(&received))),
            Err(Error::Os(Errno::AGAIN)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Answers `request` and waits for the next message, in one call of the kernel: the fast way to serve. QNX
    /// `MsgReply` followed by `MsgReceive`.
    ///
    /// The receive follows whatever becomes of the reply, so a client that has gone does not stop the server:
    ///
    /// ```no_run
    /// # fn main() -> Result<(), qipc::Error> {
    /// # let channel = qipc::Qipc::open()?.channel_create(qipc::ChannelFlags::empty())?;
    /// let mut message = [0; 64];
    /// let mut answer: Vec<u8> = Vec::new();
    /// let mut request = channel.receive(&mut message)?;
    /// loop {
    ///     answer.clear();
    ///     answer.extend(message[..request.len()].iter().rev());
    ///     request = channel.reply_receive(request, 0, &answer, &mut message).next?;
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Request::reply`] and [`receive`](Self::receive), apart. `EINTR` is of the receive: the reply was made. When the kernel refuses the call as such,
    /// both are that error, and the request has been answered with [`Request::DROPPED`].
    pub fn reply_receive(
        &self,
        request: Request,
        status: i64,
        reply: impl Source,
        mut into: impl Sink,
    ) -> ReplyReceive {
        if !Arc::ptr_eq(&self.session, request.session()) {
            // The request has no meaning in this session: there it is a number of something else, or of nothing.
            return ReplyReceive {
                replied: request.reply(status, reply),
                next: self.receive(into),
            };
        }
        let result = self.session.msg_reply_receive(
            request.rcvid(),
            status,
            reply.lend(),
            self.chid,
            into.lend_mut(),
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
            next: result.received.map(|received| self.request(&received)),
        }
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

    fn request(&self, received: &crate::raw::Received) -> Request {
        Request::new(Arc::clone(&self.session), received)
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
