// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_MSG_CURRENT`: MsgCurrent. The calling thread works for another client from now on.

use crate::base::abi;
use crate::session::Session;
use crate::sys::user_args::UserArg;
use kernel::prelude::*;

/// `QIPC_MSG_CURRENT`.
pub(super) fn msg_current(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let args = UserArg::<abi::MsgCurrent>::new(arg).read(size)?;
    if args.rcvid == 0 {
        session.registry.threads.leave();
        return Ok(0);
    }
    let (channel, rcvid) = session.by_rcvid(args.rcvid)?;
    channel.rendezvous.adopt(rcvid)?;
    Ok(0)
}
