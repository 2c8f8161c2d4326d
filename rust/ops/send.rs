// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_MSG_SEND`: MsgSend and its relatives. Blocks; copies nothing but short messages.

use crate::base::{
    abi,
    fault::Side,
    state::{
        Cause,
        Outcome, //
    }, //
};
use crate::connection::{
    Descriptor,
    Sending, //
};
use crate::events::Place;
use crate::registry::{
    Caller,
    Registry, //
};
use crate::rendezvous::deadline::Deadline;
use crate::session::Session;
use crate::sys::{
    errno,
    small_buf::SmallBuf,
    user_args::{
        Room,
        UserArg, //
    }, //
};
use crate::timeout::Timeout;
use core::mem::offset_of;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// Sends over a side-channel connection.
pub(super) fn by_session(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::new(arg);
    let mut args = Room::new();
    let args = read(&user, &mut args, size)?;
    let home = &session.home;
    if args.timeout != 0 {
        let place = || -> Result<Arc<dyn Place>> { Ok(home.clone()) };
        return timed(args, place, |deadline| {
            let mut sending = home.sending(args.coid)?;
            let result = exchange_timed(&user, args, &mut sending, deadline);
            home.keep(sending);
            result
        });
    }
    let mut sending = home.sending(args.coid)?;
    let result = exchange(&user, args, &mut sending, &Deadline::NEVER);
    home.keep(sending);
    result
}

/// Sends over a connection that is a descriptor.
#[inline(never)]
pub(crate) fn by_descriptor(
    descriptor: &Descriptor,
    registry: &Arc<Registry>,
    arg: usize,
    size: usize,
) -> Result<isize> {
    let user = UserArg::new(arg);
    let mut args = Room::new();
    let args = read(&user, &mut args, size)?;
    if args.timeout != 0 {
        let place = || -> Result<Arc<dyn Place>> {
            Ok(Arc::new(Caller::new(registry), GFP_KERNEL_ACCOUNT)?)
        };
        return timed(args, place, |deadline| {
            let mut sending = descriptor.sending()?;
            let result = exchange_timed(&user, args, &mut sending, deadline);
            descriptor.keep(sending);
            result
        });
    }
    let mut sending = descriptor.sending()?;
    let result = exchange(&user, args, &mut sending, &Deadline::NEVER);
    descriptor.keep(sending);
    result
}

/// Reads the arguments, and looks at the flags.
#[inline(always)]
fn read<'a>(
    user: &UserArg<abi::MsgSend>,
    room: &'a mut Room<abi::MsgSend>,
    size: usize,
) -> Result<&'a abi::MsgSend> {
    let args = user.read_in(room, size)?;
    if args.flags & !(abi::SEND_BUF | abi::REPLY_BUF) != 0 {
        return Err(EINVAL);
    }
    Ok(args)
}

/// Makes a call with the timeout that the caller names.
#[inline(never)]
fn timed(
    args: &abi::MsgSend,
    place: impl FnOnce() -> Result<Arc<dyn Place>>,
    until: impl FnOnce(&Deadline<'_>) -> Result<isize>,
) -> Result<isize> {
    let Some(timeout) = Timeout::from_user(place, args.timeout)? else {
        return until(&Deadline::NEVER);
    };
    timeout
        .with(until)
        .map_err(|error| timeout.no_restart(error))
}

/// [`exchange`] once more, for sends with a timeout.
#[inline(never)]
fn exchange_timed(
    user: &UserArg<abi::MsgSend>,
    args: &abi::MsgSend,
    sending: &mut Sending,
    deadline: &Deadline<'_>,
) -> Result<isize> {
    exchange(user, args, sending, deadline)
}

/// Sends, and waits for the answer.
#[inline(always)]
fn exchange(
    user: &UserArg<abi::MsgSend>,
    args: &abi::MsgSend,
    sending: &mut Sending,
    deadline: &Deadline<'_>,
) -> Result<isize> {
    let out = user.field(offset_of!(abi::MsgSend, result));
    let mut transaction = sending.checkout()?;
    if let Err(error) = transaction.message.fill(args) {
        sending.checkin(transaction.into());
        return Err(fault(&out, error, Side::Client));
    }
    transaction.adopt();
    let transaction = Arc::from(transaction);
    let mut inline = SmallBuf::new();
    let sent = sending
        .connection
        .rendezvous()
        .send(&transaction, &mut inline, deadline);
    let result = match sent {
        Ok(sent) if sent.outcome == Outcome::Answered => {
            match transaction.message.take_reply(&inline) {
                Ok(()) => out
                    .write(&abi::SendResult {
                        status: sent.status,
                        error: sent.error,
                        side: abi::SIDE_NONE,
                    })
                    .map(|()| 0),
                Err(error) => Err(fault(&out, error, Side::Client)),
            }
        }
        Ok(sent) => Err(unanswered(&out, sent.outcome)),
        Err(error) => Err(error),
    };
    sending.checkin(transaction);
    result
}

/// What a sender is told that was not answered.
#[cold]
fn unanswered(out: &UserArg<abi::SendResult>, outcome: Outcome) -> Error {
    match outcome {
        Outcome::Fault(side) => fault(out, EFAULT, side),
        Outcome::Withdrawn(cause) => ended(cause, true),
        Outcome::Abandoned(cause) => ended(cause, false),
        // Not reached: sent again by the rendezvous, or none of these.
        Outcome::Restart | Outcome::Answered => EIO,
    }
}

/// Reports whose memory was at fault.
#[cold]
fn fault(out: &UserArg<abi::SendResult>, error: Error, side: Side) -> Error {
    let report = abi::SendResult {
        side: if error == EFAULT {
            side.code()
        } else {
            abi::SIDE_NONE
        },
        ..Default::default()
    };
    match out.write(&report) {
        Ok(()) => error,
        Err(error) => error,
    }
}

/// The errno of a send that ended without an answer.
///
/// A send that the server never saw may be made again after a signal without a handler, say a
/// stop: nobody can tell the difference. One that the server has seen may not.
fn ended(cause: Cause, unseen: bool) -> Error {
    match cause {
        Cause::Interrupted if unseen => errno::restart_unless_handled(),
        Cause::Interrupted | Cause::Killed => EINTR,
        Cause::TimedOut => ETIMEDOUT,
        Cause::Detached => EBADF,
        Cause::ChannelGone => ESRCH,
    }
}
