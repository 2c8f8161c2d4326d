// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_MSG_RECEIVE`: MsgReceive and MsgReceivePulse. Blocks; pulls the message out of the client's memory.

use crate::base::{
    abi,
    pulse::Pulse, //
};
use crate::channel::Channel;
use crate::copy::parts::Parts;
use crate::rendezvous::{
    deadline::Deadline,
    tables::Want,
    Accepted,
    Claim, //
};
use crate::session::Session;
use crate::sys::{
    errno,
    remote_mm::CopyFault,
    task,
    user_args::UserArg, //
};
use crate::timeout::Timeout;
use core::mem::offset_of;
use kernel::{
    prelude::*,
    sync::{
        atomic::Relaxed,
        Arc, //
    }, //
};

/// Messages that may get lost in one call that does not want to wait.
const PATIENCE: usize = 64;

/// The number of no channel: the thread leaves the one that it received from last.
const NO_CHANNEL: i32 = -1;

/// A receive whose arguments are right.
pub(super) struct Reception {
    channel: Arc<Channel>,
    into: Parts,
    want: Want,
    wait: bool,
    timeout: Option<Timeout>,
}

impl Reception {
    /// Checks the arguments.
    pub(super) fn parse(session: &Session, args: &abi::MsgReceive) -> Result<Self> {
        if args.flags & !(abi::BUF | abi::NONBLOCK | abi::PULSE_ONLY) != 0 {
            return Err(EINVAL);
        }
        if args.chid == NO_CHANNEL {
            session.registry.threads.leave();
            return Err(ESRCH);
        }
        Ok(Self {
            into: Parts::from_user(args.vec, args.flags & abi::BUF != 0)?,
            channel: session.channel(args.chid)?,
            want: if args.flags & abi::PULSE_ONLY != 0 {
                Want::Pulse
            } else {
                Want::Anything
            },
            wait: args.flags & abi::NONBLOCK == 0,
            timeout: Timeout::from_user(|| Ok(session.home.clone()), args.timeout)?,
        })
    }
}

/// What became of one message.
enum Received {
    /// It is the caller's to answer.
    Delivered,
    /// Its sender failed or left.
    Lost,
}

/// `QIPC_MSG_RECEIVE`.
pub(super) fn msg_receive(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::MsgReceive>::new(arg);
    let args = user.read(size)?;
    let reception = Reception::parse(session, &args)?;
    let out = user.field(offset_of!(abi::MsgReceive, result));
    receive(session, &reception, &out)
}

/// The error that makes the call start again after a signal without a handler.
pub(super) fn restart() -> Error {
    errno::restart_unless_handled()
}

/// Waits for a message or a pulse, copies it, and describes it in `out`.
///
/// A client whose message cannot be read fails, and the next one is taken (B56).
pub(super) fn receive(
    session: &Session,
    reception: &Reception,
    out: &UserArg<abi::ReceiveResult>,
) -> Result<isize> {
    let Some(timeout) = &reception.timeout else {
        return receive_until(session, reception, out, &Deadline::NEVER);
    };
    timeout
        .with(|deadline| receive_until(session, reception, out, deadline))
        .map_err(|error| timeout.no_restart(error))
}

fn receive_until(
    session: &Session,
    reception: &Reception,
    out: &UserArg<abi::ReceiveResult>,
    deadline: &Deadline<'_>,
) -> Result<isize> {
    let result = receive_one(session, reception, out, deadline);
    if result.is_err() {
        // Of a client that is served no more nothing must stay, its priority least of all.
        reception.channel.rendezvous.gave_up();
    }
    result
}

fn receive_one(
    session: &Session,
    reception: &Reception,
    out: &UserArg<abi::ReceiveResult>,
    deadline: &Deadline<'_>,
) -> Result<isize> {
    let channel = &reception.channel;
    let mut lost = 0;
    loop {
        // Clients that cannot be read must not keep the caller here.
        if lost > 0 && task::is_signalled() {
            return Err(restart());
        }
        if lost >= PATIENCE && !reception.wait {
            return Err(EAGAIN);
        }
        let accepted = channel
            .rendezvous
            .accept(reception.want, reception.wait, deadline);
        match accepted {
            Ok(Accepted::OutOfIds(client)) => {
                if let Err(error) = session.add_block(channel, &client) {
                    channel.rendezvous.pass_on();
                    return Err(error);
                }
            }
            Ok(Accepted::Message(claim)) => match deliver(claim, reception, out)? {
                Received::Delivered => return Ok(0),
                Received::Lost => lost += 1,
            },
            Ok(Accepted::Pulse(pulse, _memory)) => return deliver_pulse(pulse, reception, out),
            Err(error) if error == EINTR => return Err(restart()),
            Err(error) => return Err(error),
        }
    }
}

/// Copies a pulse, which is gone if it does not fit into the first part (B68, B75). The info is
/// left alone (B74).
fn deliver_pulse(
    pulse: Pulse,
    reception: &Reception,
    out: &UserArg<abi::ReceiveResult>,
) -> Result<isize> {
    let first = reception.into.first().unwrap_or_default();
    if first.len < size_of::<abi::Pulse>() as u64 {
        return Err(EFAULT);
    }
    UserArg::new(first.base as usize).write(&pulse.as_user())?;
    out.field::<i64>(offset_of!(abi::ReceiveResult, rcvid))
        .write(&0)?;
    Ok(0)
}

/// Copies a message. On failures of the caller's own it goes back to its place (B57, B58, B64).
fn deliver(
    claim: Claim<'_>,
    reception: &Reception,
    out: &UserArg<abi::ReceiveResult>,
) -> Result<Received> {
    let transaction = claim.transaction();
    let message = &transaction.message;
    let len = message.send.total().min(reception.into.total());
    match message.read(0, &reception.into, len, &claim.fetcher(len)) {
        Ok(()) => (),
        Err(CopyFault::Remote) => {
            claim.fail_sender();
            return Ok(Received::Lost);
        }
        Err(CopyFault::Local) => return Err(EFAULT),
        Err(CopyFault::Signalled) => return Err(restart()),
        Err(CopyFault::NoMemory) => return Err(ENOMEM),
        // It leaves with the claim.
        Err(CopyFault::Left) => return Ok(Received::Lost),
    }
    transaction.received.store(len as i64, Relaxed);
    out.write(&abi::ReceiveResult {
        rcvid: claim.rcvid().as_user(),
        info: reception.channel.describe(transaction, None),
    })?;
    Ok(if claim.deliver() {
        Received::Delivered
    } else {
        Received::Lost
    })
}
