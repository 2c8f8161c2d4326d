// SPDX-License-Identifier: GPL-2.0-only

//! One function per ioctl: straight-line checks, then a call or two further down.
//!
//! The files of this folder do not know one another; what two of them need lies in a lower layer.

pub(crate) mod bench;
pub(crate) mod channel;
pub(crate) mod connect;
pub(crate) mod current;
pub(crate) mod event;
pub(crate) mod info;
pub(crate) mod name;
pub(crate) mod peer;
pub(crate) mod pulse;
pub(crate) mod receive;
pub(crate) mod reply;
pub(crate) mod send;
pub(crate) mod timer;
pub(crate) mod transfer;

use crate::base::abi;
use crate::copy::parts::Parts;
use crate::rendezvous::Plainly;
use crate::session::Session;
use crate::sys::user_args::{
    Room,
    UserArg, //
};
use core::mem::offset_of;
use kernel::{
    error::code::EINTR,
    prelude::*, //
};
use receive::ReceptionRoom;

/// Handles one ioctl of a session: takes the address of the argument and its announced size.
type Handler = fn(&Session, usize, usize) -> Result<isize>;

/// The ioctls that need nothing but a session.
const TABLE: &[(abi::Call, Handler)] = &[
    (abi::MSG_SEND, send::by_session),
    (abi::MSG_REPLY_RECEIVE, reply_receive),
    (abi::MSG_RECEIVE, receive::msg_receive),
    (abi::MSG_REPLY, reply::msg_reply),
    (abi::MSG_READ, transfer::msg_read),
    (abi::MSG_WRITE, transfer::msg_write),
    (abi::PULSE_SEND, pulse::by_session),
    (abi::MSG_ERROR, reply::msg_error),
    (abi::MSG_INFO, info::msg_info),
    (abi::MSG_CURRENT, current::msg_current),
    (abi::EVENT_DELIVER, event::deliver),
    (abi::EVENT_REGISTER, event::register),
    (abi::EVENT_UNREGISTER, event::unregister),
    (abi::TIMER_SETTIME, timer::settime),
    (abi::TIMER_GETTIME, timer::gettime),
    (abi::TIMER_CREATE, timer::create),
    (abi::TIMER_DELETE, timer::delete),
    (abi::CHANNEL_CREATE, channel::create),
    (abi::CHANNEL_DESTROY, channel::destroy),
    (abi::CHANNEL_ACCESS, channel::access),
    (abi::CONNECT_DETACH, connect::detach),
    (abi::NAME_ATTACH, name::attach),
    (abi::NAME_DETACH, name::detach),
    (abi::NAME_OPEN, name::open),
    (abi::CONNECT_FLAGS, peer::flags),
    (abi::CONNECT_SERVER_INFO, peer::server_info),
    (abi::CONNECT_CLIENT_INFO, peer::client_info),
    (abi::GET_FEATURES, info::features),
    (abi::BENCH_SWITCH, bench::switch),
    (abi::BENCH_PAIR, bench::pair),
];

/// Lowest number of an ioctl, and how many there are from there on.
const FIRST: usize = 0x20;
const COUNT: usize = 0x60;

/// Number to place in [`TABLE`]; one that nobody has is behind its end.
const INDEX: [u8; COUNT] = {
    let mut index = [u8::MAX; COUNT];
    let mut at = 0;
    while at < TABLE.len() {
        let nr = TABLE[at].0.nr as usize - FIRST;
        // No two of them may have the same number.
        assert!(index[nr] == u8::MAX);
        index[nr] = at as u8;
        at += 1;
    }
    index
};

/// Handles an ioctl of a session; `ENOTTY` if there is none of this number.
#[inline]
pub(crate) fn call(session: &Session, cmd: u32, arg: usize) -> Result<isize> {
    let nr = usize::from(abi::number(cmd)).wrapping_sub(FIRST);
    let found = INDEX.get(nr).and_then(|at| TABLE.get(usize::from(*at)));
    match found {
        Some((call, handler)) if call.matches(cmd) => handler(session, arg, abi::arg_size(cmd)),
        _ => Err(ENOTTY),
    }
}

/// `QIPC_MSG_REPLY_RECEIVE`: answers one message and waits for the next.
///
/// Arguments that are wrong in themselves fail the call before anything is done.
pub(crate) fn reply_receive(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::MsgReplyReceive>::new(arg);
    let mut args = Room::new();
    let args = user.read_in(&mut args, size)?;
    if args.reserved != 0 {
        return Err(EINVAL);
    }
    // The usual shape: one buffer each way, no hurry.
    if args.reply.flags == abi::BUF && receive::is_plain(&args.receive) {
        let from = Parts::one(args.reply.vec)?;
        let into = Parts::one(args.receive.vec)?;
        let answer = reply::Answer::plain(&args.reply, &from);
        let reception = receive::Reception::plain(session, args.receive.chid, &into)?;
        return answer_and_receive(session, &user, &answer, reception);
    }
    reply_receive_any(session, &user, args)
}

/// The same for any arguments.
#[inline(never)]
fn reply_receive_any(
    session: &Session,
    user: &UserArg<abi::MsgReplyReceive>,
    args: &abi::MsgReplyReceive,
) -> Result<isize> {
    let (mut from, mut room) = (Parts::empty(), ReceptionRoom::new());
    let answer = reply::Answer::parse(&args.reply, &mut from)?;
    let reception = receive::Reception::parse(session, &args.receive, &mut room)?;
    answer_and_receive(session, user, &answer, reception)
}

/// The same with arguments that are right.
#[inline(always)]
fn answer_and_receive(
    session: &Session,
    user: &UserArg<abi::MsgReplyReceive>,
    answer: &reply::Answer<'_>,
    reception: receive::Reception<'_>,
) -> Result<isize> {
    let answered = answer.rcvid != 0;
    // Both of them: `reply_error` follows the `side` of the reply.
    let report = user.field(offset_of!(abi::MsgReply, side));
    let mut waits = false;
    let result = if answered {
        // Once the thread waits nothing may fail, so that the report has to be there before.
        let place = reception.place();
        let place = place
            .filter(|_| answer.is_short() && report.write(&abi::ReplyResult::default()).is_ok());
        // Most answers are for a message of the channel that the next one is received from.
        match reply::reply_plainly(reception.rendezvous(), answer, place) {
            Plainly::Waits => {
                waits = true;
                Ok(())
            }
            Plainly::Answered => Ok(()),
            Plainly::No => reply::reply_here(session, reception.rendezvous(), answer),
        }
    } else {
        Ok(())
    };
    if !waits {
        report.write(&reply::report(&result))?;
    }
    let out = user
        .field::<abi::MsgReceive>(offset_of!(abi::MsgReplyReceive, receive))
        .field(offset_of!(abi::MsgReceive, result));
    receive::receive(session, reception, &out, waits).map_err(|error| {
        if answered && error == receive::restart() {
            // The reply must not be made a second time.
            EINTR
        } else {
            error
        }
    })
}
