// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_MSG_READ` and `QIPC_MSG_WRITE`: MsgRead and MsgWrite on a client that waits for its answer.

use crate::base::{
    abi,
    part_math::window, //
};
use crate::copy::{
    failure::Failure,
    parts::Parts, //
};
use crate::rendezvous::Transfer;
use crate::session::Session;
use crate::sys::{
    remote_mm::CopyFault,
    user_args::UserArg, //
};
use core::mem::offset_of;
use kernel::prelude::*;

/// `QIPC_MSG_READ`.
pub(super) fn msg_read(session: &Session, arg: usize, size: usize) -> Result<isize> {
    transfer(session, arg, size, |transfer, offset, parts| {
        let message = transfer.message();
        let len = window(message.send.total(), offset, parts.total());
        message
            .read(offset as usize, parts, len, &transfer.fetcher(len))
            .map(|()| len)
    })
}

/// `QIPC_MSG_WRITE`.
pub(super) fn msg_write(session: &Session, arg: usize, size: usize) -> Result<isize> {
    transfer(session, arg, size, |transfer, offset, parts| {
        let message = transfer.message();
        let len = window(message.reply.total(), offset, parts.total());
        message
            .write(offset as usize, parts, len, &transfer.fetcher(len))
            .map(|()| len)
    })
}

fn transfer(
    session: &Session,
    arg: usize,
    size: usize,
    copy: impl FnOnce(&Transfer<'_>, u64, &Parts) -> Result<usize, CopyFault>,
) -> Result<isize> {
    let user = UserArg::<abi::MsgTransfer>::new(arg);
    let args = user.read(size)?;
    if args.flags & !abi::BUF != 0 {
        return Err(EINVAL);
    }
    let copied = Parts::from_user(args.vec, args.flags & abi::BUF != 0)
        .map_err(Failure::of_server)
        .and_then(|parts| {
            let (channel, rcvid) = session.by_rcvid(args.rcvid)?;
            // The client may go on before the result is written.
            let transfer = channel.rendezvous.transfer(rcvid)?;
            match copy(&transfer, args.offset, &parts) {
                // Its memory went with it.
                Err(CopyFault::Remote) if !transfer.is_awaited() => Err(ESRCH.into()),
                copied => Ok(copied?),
            }
        });
    let side = match copied {
        Err(failure) => failure.side(),
        Ok(_) => abi::SIDE_NONE,
    };
    user.field(offset_of!(abi::MsgTransfer, side))
        .write(&side)?;
    let bytes = copied.map_err(|failure| failure.error)?;
    user.field(offset_of!(abi::MsgTransfer, bytes))
        .write(&(bytes as i64))?;
    Ok(0)
}
