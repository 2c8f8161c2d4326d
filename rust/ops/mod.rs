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
use crate::session::Session;
use crate::sys::user_args::UserArg;
use core::mem::offset_of;
use kernel::{
    error::code::EINTR,
    prelude::*, //
};

/// Handles one ioctl of a session: takes the address of the argument and its announced size.
type Handler = fn(&Session, usize, usize) -> Result<isize>;

/// The ioctls that need nothing but a session, the frequent ones first.
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

// No two of them may have the same number.
const _: () = {
    let mut seen = 0u128;
    let mut index = 0;
    while index < TABLE.len() {
        let bit = 1 << (TABLE[index].0.nr - 0x20);
        assert!(seen & bit == 0);
        seen |= bit;
        index += 1;
    }
};

/// Handles an ioctl of a session; `ENOTTY` if there is none of this number.
pub(crate) fn call(session: &Session, cmd: u32, arg: usize) -> Result<isize> {
    for (call, handler) in TABLE {
        if call.matches(cmd) {
            return handler(session, arg, abi::arg_size(cmd));
        }
    }
    Err(ENOTTY)
}

/// `QIPC_MSG_REPLY_RECEIVE`: answers one message and waits for the next.
///
/// Arguments that are wrong in themselves fail the call before anything is done.
fn reply_receive(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::MsgReplyReceive>::new(arg);
    let args = user.read(size)?;
    if args.reserved != 0 {
        return Err(EINVAL);
    }
    let answer = reply::Answer::parse(&args.reply)?;
    let reception = receive::Reception::parse(session, &args.receive)?;
    let answered = args.reply.rcvid != 0;
    let result = if answered {
        reply::reply(session, &answer)
    } else {
        Ok(())
    };
    // Both of them: `reply_error` follows the `side` of the reply.
    user.field(offset_of!(abi::MsgReply, side))
        .write(&reply::report(&result))?;
    let out = user
        .field::<abi::MsgReceive>(offset_of!(abi::MsgReplyReceive, receive))
        .field(offset_of!(abi::MsgReceive, result));
    receive::receive(session, &reception, &out).map_err(|error| {
        if answered && error == receive::restart() {
            // The reply must not be made a second time.
            EINTR
        } else {
            error
        }
    })
}
