// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_CHANNEL_CREATE`, `QIPC_CHANNEL_ACCESS`, `QIPC_CHANNEL_DESTROY` and `QIPC_CHANNEL_FD`.

use crate::access::Change;
use crate::base::abi;
use crate::channel::{
    Channel,
    OnOverflow,
    Settings,
    FLAGS, //
};
use crate::events::Event;
use crate::session::Session;
use crate::sys::user_args::UserArg;
use core::mem::offset_of;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// Pulses that the pool of a channel can have.
const MAX_POOL: u32 = 65_536;

/// `QIPC_CHANNEL_CREATE`.
pub(super) fn create(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::ChannelCreate>::new(arg);
    let args = user.read(size)?;
    let settings = parse(session, &args)?;
    let chid = session.create_channel(&settings)?.number();
    let out = user.field(offset_of!(abi::ChannelCreate, chid));
    if let Err(error) = out.write(&(chid as i32)) {
        // A channel that the caller does not know the number of is of no use.
        let _ = session.destroy_channel(chid);
        return Err(error);
    }
    Ok(0)
}

fn parse(session: &Session, args: &abi::ChannelCreate) -> Result<Settings> {
    if args.flags & !FLAGS != 0 {
        return Err(EINVAL);
    }
    let pulses = if args.flags & abi::CHF_PULSE_POOL == 0 {
        if args.num_pulses != 0 || args.rearm != 0 || args.event != 0 {
            return Err(EINVAL);
        }
        session.registry.max_pulses
    } else if (1..=MAX_POOL).contains(&args.num_pulses) {
        args.num_pulses
    } else {
        return Err(EINVAL);
    };
    Ok(Settings {
        flags: args.flags,
        fault_wait: session.registry.fault_wait,
        pulses,
        rearm: args.rearm,
        on_overflow: overflow_event(session, args)?,
    })
}

/// What happens to the caller when a pulse finds the pool full.
fn overflow_event(
    session: &Session,
    args: &abi::ChannelCreate,
) -> Result<Option<Arc<dyn OnOverflow>>> {
    if args.flags & abi::CHF_PULSE_POOL == 0 {
        return Ok(None);
    }
    let event = if args.event == 0 {
        Event::kill()
    } else {
        Event::from_user(session.home.clone(), args.event)?.with_own_priority()
    };
    if event.is_unblock() {
        return Err(EINVAL);
    }
    Ok(Some(Arc::new(event, GFP_KERNEL_ACCOUNT)?))
}

/// `QIPC_CHANNEL_ACCESS`: changes who may connect, if anything is to be changed, and reports it.
pub(super) fn access(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::ChannelAccess>::new(arg);
    let mut args = user.read(size)?;
    let change = Change::parse(&args)?;
    let channel = session.channel(args.chid).map_err(|_| EINVAL)?;
    if args.set != 0 {
        channel.access.change(&change)?;
    }
    channel.access.describe(&mut args);
    user.write(&args)?;
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
