// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_TIMER_CREATE`, `QIPC_TIMER_SETTIME`, `QIPC_TIMER_GETTIME` and `QIPC_TIMER_DELETE`.

use crate::base::{
    abi,
    clock::Clock, //
};
use crate::events::Event;
use crate::session::Session;
use crate::sys::{
    hrtimer::Times,
    user_args::UserArg, //
};
use core::mem::offset_of;
use kernel::prelude::*;

fn number(timer: i32) -> Result<u32> {
    u32::try_from(timer).map_err(|_| EINVAL)
}

/// `QIPC_TIMER_CREATE`.
pub(super) fn create(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::TimerCreate>::new(arg);
    let args = user.read(size)?;
    let clock = Clock::from_user(args.clock).ok_or(EINVAL)?;
    let event = Event::new(session.home.clone(), &args.event)?;
    if event.is_unblock() {
        return Err(EINVAL);
    }
    let registry = &session.registry;
    let timer = session
        .timers
        .create(&registry.timers, &registry.limits, clock, event)?;
    let out = user.field(offset_of!(abi::TimerCreate, timer));
    if let Err(error) = out.write(&(timer as i32)) {
        // A timer that the caller does not know the number of is of no use.
        let _ = session.timers.delete(timer);
        return Err(error);
    }
    Ok(0)
}

/// `QIPC_TIMER_SETTIME`.
pub(super) fn settime(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::TimerSettime>::new(arg);
    let args = user.read(size)?;
    if args.flags & !abi::TIME_ABSOLUTE != 0 {
        return Err(EINVAL);
    }
    let timer = session.timers.find(number(args.timer)?)?;
    let to = Times {
        value: args.value,
        interval: args.interval,
    };
    let old = timer.set(to, args.flags & abi::TIME_ABSOLUTE != 0);
    user.field(offset_of!(abi::TimerSettime, old_value))
        .write(&old.value)?;
    user.field(offset_of!(abi::TimerSettime, old_interval))
        .write(&old.interval)?;
    Ok(0)
}

/// `QIPC_TIMER_GETTIME`.
pub(super) fn gettime(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::TimerGettime>::new(arg);
    let args = user.read(size)?;
    if args.reserved != 0 {
        return Err(EINVAL);
    }
    let (times, overrun) = session.timers.find(number(args.timer)?)?.get();
    user.field(offset_of!(abi::TimerGettime, value))
        .write(&times.value)?;
    user.field(offset_of!(abi::TimerGettime, interval))
        .write(&times.interval)?;
    user.field(offset_of!(abi::TimerGettime, overrun))
        .write(&overrun)?;
    Ok(0)
}

/// `QIPC_TIMER_DELETE`.
pub(super) fn delete(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let args = UserArg::<abi::TimerDelete>::new(arg).read(size)?;
    if args.reserved != 0 {
        return Err(EINVAL);
    }
    session.timers.delete(number(args.timer)?)?;
    Ok(0)
}
