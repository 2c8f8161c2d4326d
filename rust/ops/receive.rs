// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_MSG_RECEIVE`: MsgReceive and MsgReceivePulse. Blocks; pulls the message out of the client's memory.

use crate::base::{
    abi,
    pulse::Pulse, //
};
use crate::channel::Channel;
use crate::copy::{
    self,
    parts::Parts, //
};
use crate::events::Place as Home;
use crate::rendezvous::{
    deadline::Deadline,
    tables::Want,
    Accepted,
    Claim,
    Place,
    Rendezvous, //
};
use crate::session::{
    Serving,
    Session, //
};
use crate::sys::{
    errno,
    once::Once,
    remote_mm::CopyFault,
    task,
    user_args::{
        Room,
        UserArg, //
    },
    wait::Woke, //
};
use crate::timeout::Timeout;
use core::mem::offset_of;
use kernel::{
    prelude::*,
    sync::Arc, //
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
    how: How<'a>,
}

/// What the caller wants.
struct How<'a> {
    into: &'a Parts,
    want: Want,
    wait: bool,
    timeout: Option<&'a Timeout>,
}

/// Whether it is a receive of anything into one buffer, which may take as long as it takes.
#[inline(always)]
pub(super) fn is_plain(args: &abi::MsgReceive) -> bool {
    args.flags == abi::BUF && args.timeout == 0 && args.chid != NO_CHANNEL
}

impl<'a> Reception<'a> {
    /// Of arguments that [are plain](is_plain), into a buffer that was looked at by now.
    #[inline(always)]
    pub(super) fn plain(session: &Session, chid: i32, into: &'a Parts) -> Result<Self> {
        let how = How {
            into,
            want: Want::Anything,
            wait: true,
            timeout: None,
        };
        Ok(Self {
            serving: session.serving(chid)?,
            how,
        })
    }

    /// Checks the arguments.
    #[inline(always)]
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
            let home = || -> Result<Arc<dyn Home>> { Ok(session.home.clone()) };
            room.timeout = Timeout::from_user(home, args.timeout)?;
        }
        let how = How {
            into: &room.into,
            want: if args.flags & abi::PULSE_ONLY != 0 {
                Want::Pulse
            } else {
                Want::Anything
            },
            wait: args.flags & abi::NONBLOCK == 0,
            timeout: room.timeout.as_ref(),
        };
        Ok(Self { serving, how })
    }
}

impl Reception<'_> {
    /// The meeting place of the channel.
    #[inline]
    pub(super) fn rendezvous(&self) -> &Rendezvous {
        &self.serving.channel.rendezvous
    }

    /// The caller's place there, if it waits for whatever comes without a deadline, and has waited
    /// there before.
    #[inline]
    pub(super) fn place(&self) -> Option<&Place> {
        let how = &self.how;
        let plain = how.wait && how.want == Want::Anything && how.timeout.is_none();
        self.serving.place.as_ref().filter(|_| plain)
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
    receive(session, reception, &out, false)
}

/// The error that makes the call start again after a signal without a handler.
pub(super) fn restart() -> Error {
    errno::restart_unless_handled()
}

/// Waits for a message or a pulse, copies it, and describes it in `out`.
///
/// A client whose message cannot be read fails, and the next one is taken (B56). With `waits` the
/// caller waits already, see [`Plainly::Waits`](crate::rendezvous::Plainly::Waits).
#[inline(always)]
pub(super) fn receive(
    session: &Session,
    reception: Reception<'_>,
    out: &UserArg<abi::ReceiveResult>,
    waits: bool,
) -> Result<isize> {
    let Reception { mut serving, how } = reception;
    let Serving { channel, place, .. } = &mut *serving;
    let result = match (waits, &place) {
        (true, Some(waiting)) => {
            let mut accepted = channel.rendezvous.accept_waiting(waiting);
            let delivered = match &mut accepted {
                Ok(claim) => Ok(deliver(claim, channel, how.into, out)),
                Err(woke) => Err(*woke),
            };
            // Whatever comes now, the message is not in the caller's hands any more.
            drop(accepted);
            match delivered {
                Ok(Ok(Received::Delivered)) => Ok(0),
                Ok(Ok(Received::Lost)) => receive_any(session, channel, place, &how, out, None),
                Ok(Err(error)) => failed(channel, error),
                Err(woke) => receive_any(session, channel, place, &how, out, Some(woke)),
            }
        }
        _ => receive_any(session, channel, place, &how, out, None),
    };
    session.keep(serving);
    result
}

/// The same for any receive; with `woke` for a thread that waits, and has woken for this reason.
#[inline(never)]
fn receive_any(
    session: &Session,
    channel: &Arc<Channel>,
    place: &mut Option<Place>,
    how: &How<'_>,
    out: &UserArg<abi::ReceiveResult>,
    woke: Option<Woke>,
) -> Result<isize> {
    let result = match how.timeout {
        None => receive_one(session, channel, place, how, out, &Deadline::NEVER, woke),
        Some(timeout) => timeout
            .with(|deadline| receive_one(session, channel, place, how, out, deadline, woke))
            .map_err(|error| timeout.no_restart(error)),
    };
    match result {
        Ok(value) => Ok(value),
        Err(error) => failed(channel, error),
    }
}

/// Of a client that is served no more nothing must stay, its priority least of all.
#[cold]
fn failed(channel: &Channel, error: Error) -> Result<isize> {
    channel.rendezvous.gave_up();
    Err(error)
}

fn receive_one(
    session: &Session,
    channel: &Arc<Channel>,
    place: &mut Option<Place>,
    how: &How<'_>,
    out: &UserArg<abi::ReceiveResult>,
    deadline: &Deadline<'_>,
    woke: Option<Woke>,
) -> Result<isize> {
    let mut lost = 0;
    let mut woke = woke;
    loop {
        // Clients that cannot be read must not keep the caller here.
        if lost > 0 && task::is_signalled() {
            return Err(restart());
        }
        if lost >= PATIENCE && !how.wait {
            return Err(EAGAIN);
        }
        let accepted = match (woke.take(), &place) {
            (Some(woke), Some(place)) => channel.rendezvous.accept_woken(place, woke),
            _ => channel
                .rendezvous
                .accept(how.want, how.wait, deadline, place),
        };
        match accepted {
            Ok(Accepted::Message(mut claim)) => {
                match deliver(&mut claim, channel, how.into, out)? {
                    Received::Delivered => return Ok(0),
                    Received::Lost => lost += 1,
                }
            }
            Ok(Accepted::OutOfIds(client)) => {
                if let Err(error) = session.add_block(channel, &client) {
                    channel.rendezvous.pass_on();
                    return Err(error);
                }
            }
            Ok(Accepted::Pulse(pulse, _memory)) => return deliver_pulse(pulse, how.into, out),
            Err(error) if error == EINTR => return Err(restart()),
            Err(error) => return Err(error),
        }
    }
}

/// Copies a pulse, which is gone if it does not fit into the first part (B68, B75). The info is
/// left alone (B74).
#[inline(never)]
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
#[inline(always)]
fn deliver(
    claim: &mut Claim<'_>,
    channel: &Channel,
    into: &Parts,
    out: &UserArg<abi::ReceiveResult>,
) -> Result<Received> {
    let transaction = claim.transaction();
    let message = &transaction.message;
    let len = message.send.total().min(into.total());
    let read = match message.short() {
        Some(bytes) => {
            copy::scatter(bytes.get(..len).unwrap_or(bytes), into).map_err(|_| CopyFault::Local)
        }
        None => message.read(0, into, len, &claim.fetcher(len)),
    };
    match read {
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
    transaction.received.set(len as i64);
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
