// SPDX-License-Identifier: MIT OR Apache-2.0

//! A received message, until it is answered.

use std::fmt;
use std::sync::Arc;

use bitflags::bitflags;
use qipc_sys as sys;
use rustix::io::Errno;

use crate::client::Client;
use crate::error::Result;
use crate::info::unsigned;
use crate::parts::{Lent, Sink, Source};
use crate::raw::{Received, Session};

bitflags! {
    /// What is special about a message. QNX `_NTO_MI_*`, with its values.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct MessageFlags: u32 {
        /// The client wants to stop waiting for its answer. QNX `_NTO_MI_UNBLOCK_REQ`.
        const UNBLOCK_REQ = sys::QIPC_MI_UNBLOCK_REQ;

        // What a newer module may say.
        const _ = !0;
    }
}

/// Who sent a message, and how much. QNX `struct _msg_info`, with its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageInfo {
    /// The client's process, in the server's pid namespace; 0 if it has no number there.
    pub pid: u32,
    /// The client's thread, likewise.
    pub tid: u32,
    /// The channel the message came in on.
    pub chid: i32,
    /// The server's name for the client's connection to this channel: the same for all messages of a client process,
    /// and no other client has it at the same time.
    pub scoid: i32,
    /// The client's own name for the connection.
    pub coid: i32,
    /// The client's priority when it was received: 1 to 99 for the real-time policies, 0 for the others.
    pub priority: i16,
    /// Nothing when the message is received; [`Request::current_info`] knows what has become of it.
    pub flags: MessageFlags,
    /// Bytes that were copied when the message was received.
    pub msglen: usize,
    /// Bytes the client offers. What was not received can be read with [`Request::read_at`].
    pub srcmsglen: usize,
    /// Bytes the client has room for in the reply.
    pub dstmsglen: usize,
}

impl MessageInfo {
    fn new(info: &sys::qipc_msg_info) -> Self {
        // Lengths are at most i32::MAX.
        Self {
            pid: unsigned(info.pid),
            tid: unsigned(info.tid),
            chid: info.chid,
            scoid: info.scoid,
            coid: info.coid,
            priority: info.priority,
            flags: MessageFlags::from_bits_retain(u32::from(info.flags)),
            msglen: unsigned(info.msglen),
            srcmsglen: unsigned(info.srcmsglen),
            dstmsglen: unsigned(info.dstmsglen),
        }
    }
}

/// A received message whose client is waiting for an answer. QNX `rcvid`.
///
/// Answer it with [`reply`](Self::reply) or [`error`](Self::error), from any thread, in any order with other requests,
/// now or later: it may be kept in a table, and it does not borrow from the [`Channel`](crate::Channel) it came from.
/// Until then the client stays blocked and its memory can be read and written.
///
/// A request that is dropped unanswered answers `EIO`, so that a server that forgets a client, or panics, does not
/// leave it blocked for ever.
pub struct Request {
    session: Arc<Session>,
    rcvid: i64,
    info: MessageInfo,
}

impl Request {
    /// Errno that the client gets when its message is dropped unanswered.
    pub const DROPPED: Errno = Errno::IO;

    pub(crate) fn new(session: Arc<Session>, received: &Received) -> Self {
        Self {
            session,
            rcvid: received.rcvid,
            info: MessageInfo::new(&received.info),
        }
    }

    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// Gives the message up without answering it: it has been answered.
    pub(crate) fn forget(mut self) {
        // The session must still be released, so this cannot be mem::forget.
        self.rcvid = 0;
    }

    /// The number of the message in this process, by which a pulse names it
    /// ([`PulseKind::Unblock`](crate::PulseKind::Unblock)). A server that keeps its requests in a table uses it as the
    /// key. QNX `rcvid`.
    #[must_use]
    pub fn rcvid(&self) -> i64 {
        self.rcvid
    }

    /// The client, to be kept beyond the answer.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(Arc::clone(&self.session), self.rcvid, self.info.scoid)
    }

    /// Who sent the message and how much, as it was when it was received. Costs nothing.
    #[must_use]
    pub fn info(&self) -> &MessageInfo {
        &self.info
    }

    /// Number of bytes that were received: `&buf[..request.len()]` is what arrived.
    #[must_use]
    pub fn len(&self) -> usize {
        self.info.msglen
    }

    /// True when nothing was received, although the client may have offered something.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.info.msglen == 0
    }

    /// Asks the kernel about the message again. QNX `MsgInfo`.
    ///
    /// # Errors
    ///
    /// `ESRCH` when the client is not waiting any more: it was interrupted, it died, or the channel is gone.
    pub fn current_info(&self) -> Result<MessageInfo> {
        self.session.msg_info(self.rcvid).map(|info| MessageInfo {
            // Of what the kernel copied, this is what there was room for.
            msglen: self.info.msglen,
            ..MessageInfo::new(&info)
        })
    }

    /// True when the client wants to stop waiting: a signal has come, or its time was up. Only a channel with
    /// [`UNBLOCK`](crate::ChannelFlags::UNBLOCK) knows; on others such a client is gone at once. QNX `MsgInfo` and
    /// `_NTO_MI_UNBLOCK_REQ`.
    ///
    /// The server has to answer such a client some time: with the result as if nothing had happened, or with
    /// [`fail_with_recorded`](Self::fail_with_recorded).
    ///
    /// # Errors
    ///
    /// `ESRCH` when the client is not waiting any more.
    pub fn unblock_requested(&self) -> Result<bool> {
        let info = self.session.msg_info(self.rcvid)?;
        Ok(MessageFlags::from_bits_retain(u32::from(info.flags))
            .contains(MessageFlags::UNBLOCK_REQ))
    }

    /// Gives the calling thread the priority of this client, as receiving its message did. For a thread that turns from
    /// one client to another. Until its next receive, clients that come do not lift it. QNX `MsgCurrent`.
    ///
    /// # Errors
    ///
    /// `ESRCH` when the client is not waiting any more.
    pub fn current(&self) -> Result<()> {
        self.session.msg_current(self.rcvid)
    }

    /// Reads from the client's message, starting `offset` bytes into it, and returns the number of bytes read. QNX
    /// `MsgRead`, `MsgReadv`.
    ///
    /// Starts anywhere, also in what was received already, as often as wanted. Returns less than there is room for at
    /// the end of the message, and 0 at or behind it.
    ///
    /// # Errors
    ///
    /// [`ClientFault`](crate::Error::ClientFault) and [`ServerFault`](crate::Error::ServerFault) for bad memory; the
    /// client stays blocked and can be answered. `ESRCH` when the client is not waiting any more. `EOVERFLOW` for a
    /// list beyond the limits of [`Source`], `ENOMEM` when there is no memory for a long one.
    pub fn read_at(&self, mut into: impl Sink, offset: u64) -> Result<usize> {
        self.session.msg_read(self.rcvid, into.lend_mut(), offset)
    }

    /// Writes into the client's memory for the reply, starting `offset` bytes into it, and returns the number of bytes
    /// written. QNX `MsgWrite`, `MsgWritev`.
    ///
    /// The client is not released. Data of a later [`reply`](Self::reply) goes to the start of the same memory; after a
    /// reply of nothing, what was written here stays. Returns less than was given at the end of the client's memory,
    /// and 0 at or behind it.
    ///
    /// # Errors
    ///
    /// As for [`read_at`](Self::read_at).
    pub fn write_at(&self, from: impl Source, offset: u64) -> Result<usize> {
        self.session.msg_write(self.rcvid, from.lend(), offset)
    }

    /// Answers the message: the client's `send` returns `status`, and as much of `data` as it has room for is in its
    /// reply memory. QNX `MsgReply`, `MsgReplyv`.
    ///
    /// The kernel gives `status` no meaning. The client does not learn how many bytes arrived, so protocols often put
    /// that there.
    ///
    /// # Errors
    ///
    /// The client is released in every case.
    /// - [`ClientFault`](crate::Error::ClientFault): its reply memory is bad, and its send fails with the same error; or
    ///   it was killed at this very moment.
    /// - [`ServerFault`](crate::Error::ServerFault): `data` is bad; its send fails with the same error.
    /// - `ESRCH`: it was not waiting any more; it was interrupted, it died, or the channel is gone.
    /// - `EOVERFLOW`, `ENOMEM`: `data` is beyond the limits of [`Source`], or there is no memory for a long list; its send
    ///   fails with [`DROPPED`](Self::DROPPED).
    /// - [`Stale`](crate::Error::Stale): this is a fork of the server; the client still waits for the server itself.
    pub fn reply(self, status: i64, data: impl Source) -> Result<()> {
        self.reply_lent(status, data.lend())
    }

    pub(crate) fn reply_lent(self, status: i64, data: Lent<&[u8]>) -> Result<()> {
        self.session.msg_reply(self.rcvid, status, data)?;
        // After an error the client may still wait, and `drop` releases it.
        self.forget();
        Ok(())
    }

    /// Answers with an error: the client's `send` fails with [`Answered(errno)`](crate::Error::Answered). QNX
    /// `MsgError`.
    ///
    /// `ERESTART` makes the client send its message again, see [`restart`](Self::restart).
    ///
    /// # Errors
    ///
    /// `ESRCH` when the client was not waiting any more; [`Stale`](crate::Error::Stale) in a fork of the server.
    pub fn error(self, errno: Errno) -> Result<()> {
        self.session.msg_error(self.rcvid, errno)?;
        self.forget();
        Ok(())
    }

    /// Answers with the reason for which the client wants to stop waiting: its `send` fails with `EINTR` after a
    /// signal, with `ETIMEDOUT` after a timeout, as it would have without the server's say. QNX `MsgError` of -1.
    ///
    /// # Errors
    ///
    /// `EINVAL` when the client does not want to stop waiting; its send then fails with [`DROPPED`](Self::DROPPED). Ask
    /// [`unblock_requested`](Self::unblock_requested) first. Otherwise as for [`error`](Self::error).
    pub fn fail_with_recorded(self) -> Result<()> {
        self.session.msg_error_recorded(self.rcvid)?;
        self.forget();
        Ok(())
    }

    /// Makes the client send its message again, unseen by the program: it comes in once more, behind others that are
    /// waiting. QNX `MsgError` of `ERESTART`.
    ///
    /// # Errors
    ///
    /// As for [`error`](Self::error).
    pub fn restart(self) -> Result<()> {
        self.error(Errno::RESTART)
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if self.rcvid != 0 {
            // What can fail: the client is gone, or this is a fork of the server. Both are fine.
            let _ = self.session.msg_error(self.rcvid, Self::DROPPED);
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("rcvid", &self.rcvid)
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn info_survives_values_no_kernel_would_send() {
        let info = MessageInfo::new(&sys::qipc_msg_info {
            pid: -1,
            msglen: -5,
            srcmsglen: i64::MAX,
            ..Default::default()
        });
        assert_eq!((info.pid, info.msglen), (0, 0));
    }

    #[test]
    fn requests_can_move_between_threads() {
        fn check<T: Send + Sync + 'static>() {}
        check::<Request>();
    }
}
