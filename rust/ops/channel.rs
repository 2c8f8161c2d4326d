// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_CHANNEL_CREATE`, `QIPC_CHANNEL_DESTROY` and `QIPC_CHANNEL_FD`.

use crate::base::abi;
use crate::channel::{
    Channel,
    FLAGS, //
};
use crate::session::Session;
use crate::sys::user_args::UserArg;
use core::mem::offset_of;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// `QIPC_CHANNEL_CREATE`.
pub(super) fn create(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::ChannelCreate>::new(arg);
    let args = user.read(size)?;
    if args.flags & !FLAGS != 0 {
        return Err(EINVAL);
    }
    let chid = session.create_channel(args.flags)?.number();
    let out = user.field(offset_of!(abi::ChannelCreate, chid));
    if let Err(error) = out.write(&(chid as i32)) {
        // A channel that the caller does not know the number of is of no use.
        let _ = session.destroy_channel(chid);
        return Err(error);
    }
    Ok(0)
}

/// `QIPC_CHANNEL_DESTROY`.
pub(super) fn destroy(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let args = UserArg::<abi::ChannelDestroy>::new(arg).read(size)?;
    if args.reserved != 0 {
        return Err(EINVAL);
    }
    let chid = u32::try_from(args.chid).map_err(|_| EINVAL)?;
    session.destroy_channel(chid)?;
    Ok(0)
}

/// `QIPC_CHANNEL_FD`: the channel to make a descriptor for, and whether it closes on exec.
pub(crate) fn pollable(session: &Session, arg: usize, size: usize) -> Result<(Arc<Channel>, bool)> {
    let args = UserArg::<abi::ChannelFd>::new(arg).read(size)?;
    if args.flags & !abi::FD_CLOEXEC != 0 {
        return Err(EINVAL);
    }
    let channel = session.channel(args.chid)?;
    channel.rendezvous.make_pollable();
    Ok((channel, args.flags & abi::FD_CLOEXEC != 0))
}
