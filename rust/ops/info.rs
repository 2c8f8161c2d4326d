// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_GET_FEATURES` and `QIPC_MSG_INFO`.

use crate::base::abi;
use crate::channel;
use crate::connection;
use crate::session::Session;
use crate::sys::{
    small_buf::INLINE_BYTES,
    user_args::UserArg, //
};
use core::mem::offset_of;
use kernel::prelude::*;

/// `QIPC_GET_FEATURES`.
pub(super) fn features(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::Features>::new(arg);
    if user.read(size)?.reserved != 0 {
        return Err(EINVAL);
    }
    let names = if session.registry.names.are_possible() {
        abi::FEATURE_NAME
    } else {
        0
    };
    user.write(&abi::Features {
        abi_version: abi::ABI_VERSION,
        inline_bytes: INLINE_BYTES as u32,
        features: abi::FEATURE_MSG
            | abi::FEATURE_TRANSFER
            | abi::FEATURE_REPLY_RECEIVE
            | abi::FEATURE_POLL
            | abi::FEATURE_FD_CONNECTION
            | abi::FEATURE_PULSE
            | abi::FEATURE_TIMEOUT
            | names
            | abi::FEATURE_EVENT
            | abi::FEATURE_TIMER
            | abi::FEATURE_PRIORITY
            | abi::FEATURE_ACCESS
            | abi::FEATURE_CONNECT_INFO,
        channel_flags: u64::from(channel::FLAGS),
        connect_flags: u64::from(connection::FLAGS),
        max_parts: abi::MAX_PARTS as u32,
        reserved: 0,
        max_bytes: abi::MAX_BYTES,
    })?;
    Ok(0)
}

/// `QIPC_MSG_INFO`.
pub(super) fn msg_info(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::MsgInfoGet>::new(arg);
    let args = user.read(size)?;
    let (channel, rcvid) = session.by_rcvid(args.rcvid)?;
    let (transaction, asked) = channel.rendezvous.find(rcvid)?;
    let info = channel.describe(&transaction, asked);
    drop(transaction);
    user.field(offset_of!(abi::MsgInfoGet, info)).write(&info)?;
    Ok(0)
}
