// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_CONNECT_ATTACH` and `QIPC_CONNECT_DETACH`.

use crate::base::abi;
use crate::connection::Descriptor;
use crate::session::Session;
use crate::sys::{
    errno,
    user_args::UserArg, //
};
use core::mem::offset_of;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// Flags that a connection can be made with.
pub(super) const FLAGS: u32 = abi::COF_CLOEXEC | abi::COF_NOSHARE;

/// What a new connection is.
pub(crate) enum Attached {
    /// A number of the session, which the caller knows by now.
    Side,
    /// An object that still needs a descriptor.
    Descriptor {
        /// The object.
        object: Arc<Descriptor>,
        /// Whether its descriptor closes on exec.
        close_on_exec: bool,
        /// Where the caller wants to read the number of the descriptor.
        coid: UserArg<i32>,
    },
}

/// `QIPC_CONNECT_ATTACH`.
pub(crate) fn attach(session: &Session, arg: usize, size: usize) -> Result<Attached> {
    let user = UserArg::<abi::ConnectAttach>::new(arg);
    let args = user.read(size)?;
    let coid = user.field(offset_of!(abi::ConnectAttach, coid));
    let side = args.index & abi::SIDE_CHANNEL != 0;
    if args.flags & !FLAGS != 0 || (!side && args.index != 0) {
        return Err(EINVAL);
    }
    if args.nd != 0 {
        return Err(errno::no_network());
    }
    let share = args.flags & abi::COF_NOSHARE == 0;
    let channel = session.find_target(args.pid, args.chid)?;
    if !side {
        return Ok(Attached::Descriptor {
            object: Descriptor::new(channel, share)?,
            close_on_exec: args.flags & abi::COF_CLOEXEC != 0,
            coid,
        });
    }
    let number = session.home.connect(&channel, share)?;
    if let Err(error) = coid.write(&number) {
        // A connection that the caller does not know the number of is of no use.
        let _ = session.home.disconnect(number);
        return Err(error);
    }
    Ok(Attached::Side)
}

fn parse_detach(arg: usize, size: usize) -> Result<i32> {
    let args = UserArg::<abi::ConnectDetach>::new(arg).read(size)?;
    if args.reserved != 0 {
        return Err(EINVAL);
    }
    Ok(args.coid)
}

/// `QIPC_CONNECT_DETACH` of a side-channel connection.
pub(super) fn detach(session: &Session, arg: usize, size: usize) -> Result<isize> {
    session.home.disconnect(parse_detach(arg, size)?)?;
    Ok(0)
}

/// `QIPC_CONNECT_DETACH` on a descriptor, which the caller closes next.
pub(crate) fn detach_name(descriptor: &Descriptor, arg: usize, size: usize) -> Result<isize> {
    descriptor.detach_name(parse_detach(arg, size)?);
    Ok(0)
}
