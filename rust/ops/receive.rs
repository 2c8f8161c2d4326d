// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_MSG_RECEIVE`: MsgReceive and MsgReceivePulse. Blocks; pulls the message out of the client's memory.

use crate::base::{
    abi,
    pulse::Pulse, //
};
use crate::channel::Channel;
use crate::copy::parts::Parts;
use crate::events::Place;
use crate::rendezvous::{
    deadline::Deadline,
    tables::Want,
    Accepted,
    Claim,
    Rendezvous, //
};
use crate::session::{
    Serving,
    Session, //
};
use crate::sys::{
    errno,
    remote_mm::CopyFault,
    task,
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
        atomic::Relaxed,
        Arc, //
    }, //
};

/// Messages that may get lost in one call that does not want to wait.
const PATIENCE: usize = 64;

/// The number of no channel: the thread leaves the one that it received from last.
const NO_CHANNEL: i32 = -1;

/// Where the larger parts of a [`Reception`] lie.
pub(super) struct ReceptionRoom {
    into: Parts,
    timeout: Option<Timeout>,
}

impl ReceptionRoom {
    /// With nothing in it.
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            into: Parts::empty(),
            timeout: None,
        }
    }
}

/// A receive whose arguments are right.
pub(super) struct Reception<'a> {
    serving: KBox<Serving>,
    into: &'a Parts,
    want: Want,
    wait: bool,
    timeout: Option<&'a Timeout>,
}

impl<'a> Reception<'a> {
    /// Checks the arguments.
    #[inline]
    pub(super) fn parse(
        session: &Session,
        args: &abi::MsgReceive,
        room: &'a mut ReceptionRoom,
    ) -> Result<Self> {
        if args.flags & !(abi::BUF | abi::NONBLOCK | abi::PULSE_ONLY) != 0 {
            return Err(EINVAL);
        }
        if args.chid == NO_CHANNEL {
            session.registry.threads.leave();
            return Err(ESRCH);
        }
        room.into.fill(args.vec, args.flags & abi::BUF != 0)?;
        let serving = session.serving(args.chid)?;
        if args.timeout != 0 {
            let home = || -> Result<Arc<dyn Place>> { Ok(session.home.clone()) };
            room.timeout = Timeout::from_user(home, args.timeout)?;
        }
        Ok(Self {
            into: &room.into,
            serving,
            want: if args.flags & abi::PULSE_ONLY != 0 {
                Want::Pulse
            } else {
                Want::Anything
            },
            wait: args.flags & abi::NONBLOCK == 0,
            timeout: room.timeout.as_ref(),
        })
    }
}

impl Reception<'_> {
    /// The meeting place of the channel.
    pub(super) fn rendezvous(&self) -> &Rendezvous {
        &self.serving.channel.rendezvous
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
    let (mut args, mut room) = (Room::new(), ReceptionRoom::new());
    let args = user.read_in(&mut args, size)?;
    let reception = Reception::parse(session, args, &mut room)?;
    let out = user.field(offset_of!(abi::MsgReceive, result));
    receive(session, reception, &out)
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
    reception: Reception<'_>,
    out: &UserArg<abi::ReceiveResult>,
) -> Result<isize> {
    let mut reception = reception;
    let result = match reception.timeout {
        None => receive_until(session, &mut reception, out, &Deadline::NEVER),
        Some(timeout) => timeout
            .with(|deadline| receive_until(session, &mut reception, out, deadline))
            .map_err(|error| timeout.no_restart(error)),
    };
    session.keep(reception.serving);
    result
}

fn receive_until(
    session: &Session,
    reception: &mut Reception<'_>,
    out: &UserArg<abi::ReceiveResult>,
    deadline: &Deadline<'_>,
) -> Result<isize> {
    let result = receive_one(session, reception, out, deadline);
    if result.is_err() {
        // Of a client that is served no more nothing must stay, its priority least of all.
        reception.serving.channel.rendezvous.gave_up();
    }
    result
}

fn receive_one(
    session: &Session,
    reception: &mut Reception<'_>,
    out: &UserArg<abi::ReceiveResult>,
    deadline: &Deadline<'_>,
) -> Result<isize> {
    let Reception {
        serving,
        into,
        want,
        wait,
        ..
    } = reception;
    let Serving { channel, place, .. } = &mut **serving;
    let mut lost = 0;
    loop {
        // Clients that cannot be read must not keep the caller here.
        if lost > 0 && task::is_signalled() {
            return Err(restart());
        }
        if lost >= PATIENCE && !*wait {
            return Err(EAGAIN);
        }
        match channel.rendezvous.accept(*want, *wait, deadline, place) {
            Ok(Accepted::Message(claim)) => match deliver(claim, channel, into, out)? {
                Received::Delivered => return Ok(0),
                Received::Lost => lost += 1,
            },
            Ok(Accepted::OutOfIds(client)) => {
                if let Err(error) = session.add_block(channel, &client) {
                    channel.rendezvous.pass_on();
                    return Err(error);
                }
            }
            Ok(Accepted::Pulse(pulse, _memory)) => return deliver_pulse(pulse, into, out),
            Err(error) if error == EINTR => return Err(restart()),
            Err(error) => return Err(error),
        }
    }
}

/// Copies a pulse, which is gone if it does not fit into the first part (B68, B75). The info is
/// left alone (B74).
fn deliver_pulse(pulse: Pulse, into: &Parts, out: &UserArg<abi::ReceiveResult>) -> Result<isize> {
    let first = into.first().unwrap_or_default();
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
    channel: &Channel,
    into: &Parts,
    out: &UserArg<abi::ReceiveResult>,
) -> Result<Received> {
    let transaction = claim.transaction();
    let message = &transaction.message;
    let len = message.send.total().min(into.total());
    match message.read(0, into, len, &claim.fetcher(len)) {
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
        info: channel.describe(transaction, None),
    })?;
    Ok(if claim.deliver() {
        Received::Delivered
    } else {
        Received::Lost
    })
}
