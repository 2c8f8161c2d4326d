// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_CONNECT_ATTACH` and `QIPC_CONNECT_DETACH`.

use crate::base::{
    abi,
    id, //
};
use crate::connection::{
    Descriptor,
    FLAGS, //
};
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
    let channel = session.find_target(args.pid, args.chid)?;
    if !side {
        return Ok(Attached::Descriptor {
            object: Descriptor::new(channel, args.flags).map_err(gone)?,
            close_on_exec: args.flags & abi::COF_CLOEXEC != 0,
            coid,
        });
    }
    let number = session.home.connect(&channel, args.flags).map_err(gone)?;
    if let Err(error) = coid.write(&number) {
        // A connection that the caller does not know the number of is of no use.
        let _ = session.home.disconnect(number);
        return Err(error);
    }
    Ok(Attached::Side)
}

/// The channel ended after it was found (B8).
pub(crate) fn gone(error: Error) -> Error {
    if error == EBADF {
        ESRCH
    } else {
        error
    }
}

fn parse_detach(arg: usize, size: usize) -> Result<i32> {
    let args = UserArg::<abi::ConnectDetach>::new(arg).read(size)?;
    if args.reserved != 0 {
        return Err(EINVAL);
    }
    Ok(args.coid)
}

/// `QIPC_CONNECT_DETACH` of a side-channel connection, or by a server of a client that is gone
/// (B109).
pub(super) fn detach(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let coid = parse_detach(arg, size)?;
    if id::scoid_number(coid).is_some() {
        session.scoids.release(coid)?;
    } else {
        session.home.disconnect(coid)?;
    }
    Ok(0)
}

/// `QIPC_CONNECT_DETACH` on a descriptor, which the caller closes next.
pub(crate) fn detach_name(descriptor: &Descriptor, arg: usize, size: usize) -> Result<isize> {
    descriptor.detach_name(parse_detach(arg, size)?);
    Ok(0)
}
