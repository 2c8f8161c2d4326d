// SPDX-License-Identifier: GPL-2.0-only

//! Bytes between the running thread and a blocked one.
//!
//! The server's thread does every copy: it pulls in MsgReceive and MsgRead, and pushes in MsgReply
//! and MsgWrite. The client sleeps and is always the remote side. This layer knows memory and
//! nothing else: no channel, no queue, no state.

pub(crate) mod failure;
pub(crate) mod parts;

use crate::sys::{
    remote_mm::{
        CopyFault,
        OnAbsent,
        RemoteMemory, //
    },
    small_buf::SmallBuf,
    task,
    user_copy, //
};
use kernel::prelude::*;
use parts::{
    Cursor,
    Parts, //
};

/// Stretches of parts that are copied without a break.
const STRETCH: usize = 1024;

/// Copies `len` bytes at `offset` of the blocked process's parts to the caller's parts.
///
/// Neither list has to be as long as `len`; the caller has seen to it that both are.
pub(crate) fn pull(
    peer: &RemoteMemory,
    from: &Parts,
    offset: usize,
    to: &Parts,
    len: usize,
    on_absent: &dyn OnAbsent,
) -> Result<(), CopyFault> {
    let mut window = peer.open(false, true, on_absent)?;
    walk(from.at(offset), to.at(0), len, |remote, local, step| {
        window.pull(remote, local, step)
    })
}

/// Copies `len` bytes of the caller's parts to `offset` of the blocked process's parts.
///
/// With `interruptible` any signal may stop it, else only a fatal one.
pub(crate) fn push(
    peer: &RemoteMemory,
    to: &Parts,
    offset: usize,
    from: &Parts,
    len: usize,
    interruptible: bool,
    on_absent: &dyn OnAbsent,
) -> Result<(), CopyFault> {
    let mut window = peer.open(true, interruptible, on_absent)?;
    walk(from.at(0), to.at(offset), len, |local, remote, step| {
        window.push(remote, local, step)
    })
}

/// Copies the first `len` bytes of the caller's parts into `buffer`; `EFAULT` if that fails.
#[inline]
pub(crate) fn gather(from: &Parts, len: usize, buffer: &mut SmallBuf) -> Result {
    buffer.clear();
    match from.only() {
        Some(part) => buffer.append_from_user(part.base, len.min(part.len as usize)),
        None => gather_parts(from, len, buffer),
    }
}

fn gather_parts(from: &Parts, len: usize, buffer: &mut SmallBuf) -> Result {
    let mut cursor = from.at(0);
    let mut left = len;
    while left > 0 {
        let Some((addr, piece)) = cursor.piece() else {
            break;
        };
        let step = piece.min(left);
        buffer.append_from_user(addr, step)?;
        cursor.advance(step);
        left -= step;
    }
    Ok(())
}

/// Copies `bytes` to the caller's parts; `EFAULT` if that fails.
#[inline]
pub(crate) fn scatter(bytes: &[u8], to: &Parts) -> Result {
    match to.only() {
        Some(part) => {
            let len = bytes.len().min(part.len as usize);
            user_copy::write(part.base as usize, &bytes[..len])
        }
        None => scatter_parts(bytes, to),
    }
}

fn scatter_parts(bytes: &[u8], to: &Parts) -> Result {
    let mut cursor = to.at(0);
    let mut rest = bytes;
    while !rest.is_empty() {
        let Some((addr, piece)) = cursor.piece() else {
            break;
        };
        let step = piece.min(rest.len());
        let (now, later) = rest.split_at(step);
        user_copy::write(addr as usize, now)?;
        cursor.advance(step);
        rest = later;
    }
    Ok(())
}

/// Calls `copy` for each stretch of `len` bytes that lies in one part on both sides.
fn walk(
    mut from: Cursor<'_>,
    mut to: Cursor<'_>,
    len: usize,
    mut copy: impl FnMut(u64, u64, usize) -> Result<(), CopyFault>,
) -> Result<(), CopyFault> {
    let mut left = len;
    let mut steps = 0usize;
    while left > 0 {
        steps += 1;
        if steps % STRETCH == 0 {
            task::breathe();
            if task::is_dying() {
                return Err(CopyFault::Signalled);
            }
        }
        let (Some((source, have)), Some((target, room))) = (from.piece(), to.piece()) else {
            break;
        };
        let step = have.min(room).min(left);
        copy(source, target, step)?;
        from.advance(step);
        to.advance(step);
        left -= step;
    }
    Ok(())
}
