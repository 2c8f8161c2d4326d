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
        RemoteMemory,
        Window, //
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
    let mut window = peer.open::<false>(true, on_absent);
    walk(&mut window, from.at(offset), to.at(0), len)
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
    let mut window = peer.open::<true>(interruptible, on_absent);
    walk(&mut window, to.at(offset), from.at(0), len)
}

/// Copies the first `len` bytes of the caller's parts into `buffer`; `EFAULT` if that fails.
#[inline(always)]
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
        let Some((addr, piece)) = cursor.piece(left) else {
            break;
        };
        let step = piece.min(left);
        buffer.append_from_user(addr as u64, step)?;
        cursor.advance(step);
        left -= step;
    }
    Ok(())
}

/// Copies `bytes` to the caller's parts; `EFAULT` if that fails.
#[inline(always)]
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
        let Some((addr, piece)) = cursor.piece(rest.len()) else {
            break;
        };
        let step = piece.min(rest.len());
        let (now, later) = rest.split_at(step);
        user_copy::write(addr, now)?;
        cursor.advance(step);
        rest = later;
    }
    Ok(())
}

/// Copies `len` bytes between what the window looks at and the caller's memory, one by one those stretches
/// that lie in one part on both sides.
fn walk<const WRITE: bool>(
    window: &mut Window<'_, WRITE>,
    mut remote: Cursor<'_>,
    mut local: Cursor<'_>,
    len: usize,
) -> Result<(), CopyFault> {
    let mut left = len;
    let mut steps = 0usize;
    while left > 0 {
        steps += 1;
        if steps >= STRETCH {
            steps = 0;
            task::breathe();
            if task::is_dying() {
                return Err(CopyFault::Signalled);
            }
        }
        let (Some((there, some)), Some((here, more))) = (remote.piece(left), local.piece(left))
        else {
            break;
        };
        let step = some.min(more).min(left);
        window.copy(there, here, step)?;
        remote.advance(step);
        local.advance(step);
        left -= step;

        // While one side goes on in one part, the other one may have many short ones.
        let (mut here, room) = local.current();
        let (bytes, parts) = remote.short_parts(room.min(left), |there, len| {
            let at = here;
            here = here.wrapping_add(len);
            window.copy_short(there, at, len)
        })?;
        local.advance(bytes);
        left -= bytes;
        steps += parts;
        let (mut there, room) = remote.current();
        let (bytes, parts) = local.short_parts(room.min(left), |here, len| {
            let at = there;
            there = there.wrapping_add(len);
            window.copy_short(at, here, len)
        })?;
        remote.advance(bytes);
        left -= bytes;
        steps += parts;
    }
    Ok(())
}
