// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_MSG_REPLY` and `QIPC_MSG_ERROR`: MsgReply and MsgError. Pushes the reply into the client's
//! memory and lets it go.

use crate::base::{
    abi,
    fault::Side,
    id::Rcvid,
    state::{
        Cause,
        Outcome, //
    }, //
};
use crate::copy::{
    self,
    failure::Failure,
    parts::Parts, //
};
use crate::rendezvous::{
    Place,
    Plainly,
    Rendezvous,
    Reply, //
};
use crate::session::Session;
use crate::sys::{
    remote_mm::CopyFault,
    small_buf::{
        SmallBuf,
        INLINE_BYTES, //
    },
    task,
    user_args::{
        Room,
        UserArg, //
    }, //
};
use core::mem::offset_of;
use kernel::prelude::*;

/// Highest errno that a client can be answered.
const MAX_ERROR: i32 = 4095;

/// `ERESTART` of user space, which asks the client to send again.
const ERESTART_USER: i32 = 85;

/// Stands for the reason that the client has to stop waiting.
const RECORDED: i32 = -1;

/// The errno of the reason why a client has asked to be let go; `EINVAL` if it has not.
fn recorded(asked: Option<Cause>) -> Result<i32> {
    let error = match asked.ok_or(EINVAL)? {
        Cause::TimedOut => ETIMEDOUT,
        Cause::Detached => EBADF,
        Cause::Interrupted | Cause::Killed | Cause::ChannelGone => EINTR,
    };
    Ok(-error.to_errno())
}

/// A reply whose arguments are right.
pub(super) struct Answer<'a> {
    /// The message that it is for, 0 if it is none.
    pub(super) rcvid: i64,
    status: i64,
    from: &'a Parts,
}

impl<'a> Answer<'a> {
    /// Of parts that were looked at by now, with the flags of [`abi::BUF`].
    #[inline(always)]
    pub(super) fn plain(args: &abi::MsgReply, from: &'a Parts) -> Self {
        Self {
            rcvid: args.rcvid,
            status: args.status,
            from,
        }
    }

    /// Checks the arguments; the parts stay in `from`.
    #[inline(always)]
    pub(super) fn parse(args: &abi::MsgReply, from: &'a mut Parts) -> Result<Self> {
        if args.flags & !abi::BUF != 0 {
            return Err(EINVAL);
        }
        from.fill(args.vec, args.flags & abi::BUF != 0)?;
        Ok(Self {
            rcvid: args.rcvid,
            status: args.status,
            from,
        })
    }

    /// Whether it travels inline.
    #[inline]
    pub(super) fn is_short(&self) -> bool {
        self.from.total() <= INLINE_BYTES
    }
}

/// `QIPC_MSG_REPLY`.
pub(super) fn msg_reply(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::MsgReply>::new(arg);
    let (mut args, mut from) = (Room::new(), Parts::empty());
    let args = user.read_in(&mut args, size)?;
    let result = match Answer::parse(args, &mut from) {
        Ok(answer) => reply(session, &answer),
        Err(error) if error == EFAULT => Err(unreadable(session, args.rcvid)),
        Err(error) => Err(error.into()),
    };
    user.field(offset_of!(abi::MsgReply, side))
        .write(&report(&result).side)?;
    result.map(|()| 0).map_err(|failure| failure.error)
}

/// A reply whose parts cannot be read lets the client go all the same, like any that lies in bad
/// memory (B59).
#[cold]
fn unreadable(session: &Session, rcvid: i64) -> Failure {
    // Who is being killed does not wait for its own memory, which says nothing about that.
    if task::is_dying() {
        // As for a long reply: the channels go first (B104).
        session.end();
        return EINTR.into();
    }
    let answered = session.by_rcvid(rcvid).and_then(|(channel, rcvid)| {
        channel
            .rendezvous
            .answer(rcvid, Outcome::Fault(Side::Server), 0, 0, None)
    });
    match answered {
        Ok(()) => Failure::fault(Side::Server),
        Err(error) => error.into(),
    }
}

/// What user space is told of a reply.
#[inline]
pub(super) fn report(result: &Result<(), Failure>) -> abi::ReplyResult {
    match result {
        Ok(()) => abi::ReplyResult::default(),
        Err(failure) => abi::ReplyResult {
            side: failure.side(),
            error: -failure.error.to_errno(),
        },
    }
}

/// Answers a message of this channel if that is quickly done; with a `place` the calling thread then
/// waits there for the next, if it can.
///
/// A short reply is gathered before anything is known of the client, maybe more of it than that
/// takes. Should that fail the long way finds out whether it matters.
#[inline(always)]
pub(super) fn reply_plainly(
    rendezvous: &Rendezvous,
    answer: &Answer<'_>,
    place: Option<&Place>,
) -> Plainly {
    let Some(rcvid) = Rcvid::from_user(answer.rcvid).filter(|_| answer.is_short()) else {
        return Plainly::No;
    };
    let mut inline = SmallBuf::new();
    match copy::gather(answer.from, answer.from.total(), &mut inline) {
        Ok(()) => rendezvous.answer_plainly(rcvid, answer.status, &inline, place),
        Err(_) => Plainly::No,
    }
}

/// Answers a message. Whatever happens to the reply, the client goes on, unless nobody waits any
/// more (B59, B60).
#[inline(never)]
pub(super) fn reply(session: &Session, answer: &Answer<'_>) -> Result<(), Failure> {
    let (channel, rcvid) = session.by_rcvid(answer.rcvid)?;
    let rendezvous = &channel.rendezvous;
    let len = match answer.from.total() {
        0 => 0,
        total => total.min(rendezvous.find(rcvid)?.0.message.reply.total()),
    };
    if len <= INLINE_BYTES {
        let mut inline = SmallBuf::new();
        if copy::gather(answer.from, len, &mut inline).is_err() {
            return Err(unreadable(session, answer.rcvid));
        }
        rendezvous.answer(rcvid, Outcome::Answered, answer.status, 0, Some(&inline))?;
        return Ok(());
    }
    let begun = rendezvous.reply(rcvid)?;
    write(session, begun, answer)
}

/// The same for a server that receives from this channel next, of which the message mostly is.
#[inline(never)]
pub(super) fn reply_here(
    session: &Session,
    rendezvous: &Rendezvous,
    answer: &Answer<'_>,
) -> Result<(), Failure> {
    if let Some(rcvid) = Rcvid::from_user(answer.rcvid).filter(|_| !answer.is_short()) {
        if let Ok(Some(begun)) = rendezvous.reply_above(rcvid, INLINE_BYTES) {
            return write(session, begun, answer);
        }
    }
    reply(session, answer)
}

/// Writes a reply that was begun, and lets the client go.
fn write(session: &Session, reply: Reply<'_>, answer: &Answer<'_>) -> Result<(), Failure> {
    let message = reply.message();
    let len = answer.from.total().min(message.reply.total());
    let written = message.write_reply(answer.from, len, &reply.fetcher(len));
    let outcome = match written {
        Ok(()) => Outcome::Answered,
        Err(CopyFault::Local | CopyFault::NoMemory) => Outcome::Fault(Side::Server),
        Err(CopyFault::Remote | CopyFault::Left) => Outcome::Fault(Side::Client),
        Err(CopyFault::Signalled) => {
            // The process is going. Its channels go first, so that a client that sends again is
            // told so (B104).
            session.end();
            Outcome::Abandoned(Cause::ChannelGone)
        }
    };
    reply.finish(outcome, answer.status)?;
    Ok(written?)
}

/// `QIPC_MSG_ERROR`.
pub(super) fn msg_error(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let args = UserArg::<abi::MsgError>::new(arg).read(size)?;
    if args.reserved != 0 || !(RECORDED..=MAX_ERROR).contains(&args.error) {
        return Err(EINVAL);
    }
    let (channel, rcvid) = session.by_rcvid(args.rcvid)?;
    let error = match args.error {
        RECORDED => recorded(channel.rendezvous.find(rcvid)?.1)?,
        error => error,
    };
    let outcome = match error {
        ERESTART_USER => Outcome::Restart,
        _ => Outcome::Answered,
    };
    channel.rendezvous.answer(rcvid, outcome, 0, error, None)?;
    Ok(0)
}
