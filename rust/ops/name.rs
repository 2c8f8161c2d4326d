// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_NAME_ATTACH`, `QIPC_NAME_DETACH` and `QIPC_NAME_OPEN`.

use crate::access::Change;
use crate::base::abi;
use crate::connection;
use crate::names::Name;
use crate::session::Session;
use crate::sys::user_args::UserArg;
use core::mem::offset_of;
use kernel::prelude::*;

/// `QIPC_NAME_ATTACH`.
pub(super) fn attach(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let args = UserArg::<abi::NameAttach>::new(arg).read(size)?;
    if args.flags & !abi::NAME_ACCESS != 0 {
        return Err(EINVAL);
    }
    let name = Name::read(&session.registry.names, args.name, args.length)?;
    let change = if args.flags & abi::NAME_ACCESS != 0 {
        Some(Change::for_name(args.mode, args.uid, args.gid)?)
    } else {
        None
    };
    let channel = session.channel(args.chid).map_err(|_| EINVAL)?;
    session
        .registry
        .names
        .attach(name, &channel, change.as_ref())?;
    Ok(0)
}

/// `QIPC_NAME_DETACH`.
pub(super) fn detach(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let args = UserArg::<abi::NameDetach>::new(arg).read(size)?;
    if args.reserved != 0 {
        return Err(EINVAL);
    }
    let name = Name::read(&session.registry.names, args.name, args.length)?;
    session.registry.names.detach(&name)?;
    Ok(0)
}

/// `QIPC_NAME_OPEN`: connects to the channel that a name means, as if by its number. The server
/// does not notice.
pub(super) fn open(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::NameOpen>::new(arg);
    let args = user.read(size)?;
    if args.flags & !connection::FLAGS != 0 || args.reserved != 0 {
        return Err(EINVAL);
    }
    let name = Name::read(&session.registry.names, args.name, args.length)?;
    let channel = session.registry.names.find(&name)?;
    channel.check_access()?;
    let number = session
        .home
        .connect(&channel, args.flags)
        .map_err(|error| {
            if error == EBADF {
                // The channel has ended since, and its name with it.
                ENOENT
            } else {
                error
            }
        })?;
    let coid = user.field(offset_of!(abi::NameOpen, coid));
    if let Err(error) = coid.write(&number) {
        // A connection that the caller does not know the number of is of no use.
        let _ = session.home.disconnect(number);
        return Err(error);
    }
    Ok(0)
}
