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
    Connection,
    Descriptor, //
};
use crate::events::Place;
use crate::registry::{
    Caller,
    Registry, //
};
use crate::rendezvous::{
    deadline::Deadline,
    tables::Transaction, //
};
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
    sync::{
        Arc,
        UniqueArc, //
    }, //
};

/// Sends over a side-channel connection.
pub(super) fn by_session(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::new(arg);
    let mut args = Room::new();
    let args = user.read_in(&mut args, size)?;
    let home = &session.home;
    send(
        args,
        || Ok(home.clone()),
        |deadline| {
            let mut sending = home.sending(args.coid)?;
            let transaction = sending.checkout()?;
            let (transaction, result) =
                exchange(&user, args, &sending.connection, transaction, deadline);
            sending.checkin(transaction);
            home.keep(sending);
            result
        },
    )
}

/// Sends over a connection that is a descriptor.
pub(crate) fn by_descriptor(
    descriptor: &Descriptor,
    registry: &Arc<Registry>,
    arg: usize,
    size: usize,
) -> Result<isize> {
    let user = UserArg::new(arg);
    let mut args = Room::new();
    let args = user.read_in(&mut args, size)?;
    send(
        args,
        || Ok(Arc::new(Caller::new(registry), GFP_KERNEL_ACCOUNT)?),
        |deadline| {
            let connection = descriptor.connection()?;
            let transaction = connection.checkout()?;
            let (transaction, result) = exchange(&user, args, &connection, transaction, deadline);
            connection.checkin(transaction);
            result
        },
    )
}

#[inline]
fn send(
    args: &abi::MsgSend,
    place: impl FnOnce() -> Result<Arc<dyn Place>>,
    until: impl FnOnce(&Deadline<'_>) -> Result<isize>,
) -> Result<isize> {
    if args.flags & !(abi::SEND_BUF | abi::REPLY_BUF) != 0 {
        return Err(EINVAL);
    }
    if args.timeout == 0 {
        return until(&Deadline::NEVER);
    }
    let Some(timeout) = Timeout::from_user(place, args.timeout)? else {
        return until(&Deadline::NEVER);
    };
    timeout
        .with(until)
        .map_err(|error| timeout.no_restart(error))
}

/// Sends, and waits for the answer; returns the transaction, too.
#[inline]
fn exchange(
    user: &UserArg<abi::MsgSend>,
    args: &abi::MsgSend,
    connection: &Connection,
    transaction: UniqueArc<Transaction>,
    deadline: &Deadline<'_>,
) -> (Arc<Transaction>, Result<isize>) {
    let out = user.field(offset_of!(abi::MsgSend, result));
    let mut transaction = transaction;
    if let Err(error) = transaction.message.fill(args) {
        return (transaction.into(), Err(fault(&out, error, Side::Client)));
    }
    transaction.sender.adopt();
    let transaction = Arc::from(transaction);
    let mut inline = SmallBuf::new();
    let sent = connection
        .rendezvous()
        .send(&transaction, &mut inline, deadline);
    let result = sent.and_then(|sent| match sent.outcome {
        Outcome::Answered => {
            if let Err(error) = transaction.message.take_reply(&inline) {
                return Err(fault(&out, error, Side::Client));
            }
            out.write(&abi::SendResult {
                status: sent.status,
                error: sent.error,
                side: abi::SIDE_NONE,
            })?;
            Ok(0)
        }
        Outcome::Fault(side) => Err(fault(&out, EFAULT, side)),
        Outcome::Withdrawn(cause) => Err(ended(cause, true)),
        Outcome::Abandoned(cause) => Err(ended(cause, false)),
        // Not reached: sent again by the rendezvous.
        Outcome::Restart => Err(EIO),
    });
    (transaction, result)
}

/// Reports whose memory was at fault.
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
