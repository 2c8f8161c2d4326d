// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_PULSE_SEND`: MsgSendPulse. Never blocks.

use crate::base::{
    abi,
    pulse::Pulse, //
};
use crate::connection::{
    Connection,
    Descriptor, //
};
use crate::session::Session;
use crate::sys::{
    task,
    user_args::UserArg, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// Highest priority of a pulse.
const MAX_PRIORITY: i32 = 99;
/// Stands for the priority of the caller.
const OWN_PRIORITY: i32 = -1;

/// Sends over a side-channel connection.
pub(super) fn by_session(session: &Session, arg: usize, size: usize) -> Result<isize> {
    send(arg, size, |coid| session.home.connection(coid))
}

/// Sends over a connection that is a descriptor.
pub(crate) fn by_descriptor(descriptor: &Descriptor, arg: usize, size: usize) -> Result<isize> {
    send(arg, size, |_| descriptor.connection())
}

fn send(
    arg: usize,
    size: usize,
    connection: impl FnOnce(i32) -> Result<Arc<Connection>>,
) -> Result<isize> {
    let args = UserArg::<abi::PulseSend>::new(arg).read(size)?;
    if args.reserved != 0 || !(OWN_PRIORITY..=MAX_PRIORITY).contains(&args.priority) {
        return Err(EINVAL);
    }
    let code = i8::try_from(args.code).map_err(|_| EINVAL)?;
    // What is negative is the caller's own.
    let priority = u8::try_from(args.priority).unwrap_or_else(|_| task::current_priority());
    let connection = connection(args.coid)?;
    connection.pulse(Pulse {
        code,
        value: args.value,
        scoid: connection.client().scoid,
        priority,
    })?;
    Ok(0)
}
