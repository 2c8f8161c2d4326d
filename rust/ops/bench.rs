// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_BENCH_PAIR` and `QIPC_BENCH_SWITCH`: what benchmarks measure against. Unknown calls unless
//! the module's parameter `bench` says otherwise.

use crate::base::abi;
use crate::session::Session;
use crate::sys::user_args::UserArg;
use kernel::prelude::*;

/// `QIPC_BENCH_PAIR`.
pub(super) fn pair(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let floor = &session.registry.floor;
    if !floor.is_enabled() {
        return Err(ENOTTY);
    }
    let args = UserArg::<abi::BenchPair>::new(arg).read(size)?;
    if args.reserved != 0 {
        return Err(EINVAL);
    }
    if session.seat.as_ref().is_some() || !session.seat.populate(floor.sit(args.seat)?) {
        return Err(EBUSY);
    }
    Ok(0)
}

/// `QIPC_BENCH_SWITCH`; its argument is no address.
pub(super) fn switch(session: &Session, how: usize, size: usize) -> Result<isize> {
    const KNOWN: usize = (abi::BENCH_WAKE | abi::BENCH_SLEEP) as usize;
    let Some(seat) = session.seat.as_ref() else {
        let enabled = session.registry.floor.is_enabled();
        return Err(if enabled { ESRCH } else { ENOTTY });
    };
    if size != 0 || how == 0 || how & !KNOWN != 0 {
        return Err(EINVAL);
    }
    seat.switch(
        how & abi::BENCH_WAKE as usize != 0,
        how & abi::BENCH_SLEEP as usize != 0,
    )?;
    Ok(0)
}
