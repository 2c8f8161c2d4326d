// SPDX-License-Identifier: MIT OR Apache-2.0

//! Connections of both kinds: numbers of the session, and descriptors.

use std::os::fd::{BorrowedFd, RawFd};

use qipc::raw::call_plain;
use qipc_sys as sys;
use rustix::fs::{Mode, OFlags, RawDir};
use rustix::io::{fcntl_getfd, fcntl_setfd, Errno, FdFlags};
use std::mem::MaybeUninit;

/// `_NTO_SIDE_CHANNEL`.
pub(crate) const SIDE_CHANNEL: i32 = sys::QIPC_SIDE_CHANNEL as i32;
/// `_NTO_COF_UNREG_EVENTS`: what is the case anyway.
const UNREG_EVENTS: u32 = 0x4000;
/// QNX's `ENOREMOTE`.
pub(crate) const ENOREMOTE: i32 = 300;

/// A connection as a number of the session, or the lowest free descriptor.
pub(crate) fn attach(
    session: BorrowedFd<'_>,
    nd: u32,
    pid: i32,
    chid: i32,
    is_side: bool,
    flags: i32,
) -> Result<i32, Errno> {
    let mut argument = sys::qipc_connect_attach {
        nd,
        pid,
        chid,
        index: if is_side { sys::QIPC_SIDE_CHANNEL } else { 0 },
        flags: flags as u32 & !UNREG_EVENTS,
        ..Default::default()
    };
    match call_plain(session, sys::QIPC_CONNECT_ATTACH, &mut argument).map_err(qipc::Error::errno) {
        Ok(_) => Ok(argument.coid),
        Err(Errno::NONET) => Err(Errno::from_raw_os_error(ENOREMOTE)),
        Err(errno) => Err(errno),
    }
}

/// What `coid` on the session leads to, or the next higher number does.
pub(crate) fn server_info(
    session: BorrowedFd<'_>,
    pid: i32,
    coid: i32,
    only_live: bool,
) -> Result<sys::qipc_server_info, Errno> {
    let mut argument = sys::qipc_connect_server_info {
        pid,
        coid,
        flags: if only_live {
            sys::QIPC_SERVER_INFO_LIVE
        } else {
            0
        },
        ..Default::default()
    };
    call_plain(session, sys::QIPC_CONNECT_SERVER_INFO, &mut argument)
        .map_err(qipc::Error::errno)?;
    Ok(argument.info)
}

/// What a descriptor leads to, if it is a connection.
pub(crate) fn descriptor_info(
    fd: BorrowedFd<'_>,
    number: RawFd,
    only_live: bool,
) -> Option<sys::qipc_server_info> {
    // The flag is for walks over a session; of a descriptor the answer says it.
    let info = server_info(fd, 0, number, false).ok()?;
    let is_dead = info.flags & sys::QIPC_COF_DEAD != 0;
    (!(only_live && is_dead)).then_some(info)
}

/// The lowest open descriptor from `from` on that `accept` has an answer for.
pub(crate) fn lowest_descriptor<T>(
    from: RawFd,
    mut accept: impl FnMut(RawFd) -> Option<T>,
) -> Option<T> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::open("/proc/self/fd", flags, Mode::empty()).ok()?;
    let mut bytes = [MaybeUninit::uninit(); 2048];
    let mut entries = RawDir::new(&folder, &mut bytes);
    let mut best: Option<(RawFd, T)> = None;
    while let Some(Ok(entry)) = entries.next() {
        let name = entry.file_name().to_str().ok();
        let Some(number) = name.and_then(|name| name.parse::<RawFd>().ok()) else {
            continue;
        };
        if number < from || best.as_ref().is_some_and(|(lowest, _)| number > *lowest) {
            continue;
        }
        if let Some(found) = accept(number) {
            best = Some((number, found));
        }
    }
    best.map(|(_, found)| found)
}

/// `ConnectFlags` of a number of the session.
pub(crate) fn flags(
    session: BorrowedFd<'_>,
    pid: i32,
    coid: i32,
    mask: u32,
    bits: u32,
) -> Result<u32, Errno> {
    let mut argument = sys::qipc_connect_flags {
        pid,
        coid,
        mask,
        bits,
        ..Default::default()
    };
    call_plain(session, sys::QIPC_CONNECT_FLAGS, &mut argument).map_err(qipc::Error::errno)?;
    Ok(argument.old)
}

/// `ConnectFlags` of a descriptor of the calling process.
pub(crate) fn descriptor_flags(
    fd: BorrowedFd<'_>,
    number: RawFd,
    mask: u32,
    bits: u32,
) -> Result<u32, Errno> {
    let info = descriptor_info(fd, number, false).ok_or(Errno::BADF)?;
    if mask & !sys::QIPC_COF_CLOEXEC != 0 {
        return Err(Errno::NOTSUP);
    }
    let old = fcntl_getfd(fd)?;
    if mask != 0 {
        let mut new = old;
        new.set(FdFlags::CLOEXEC, bits & sys::QIPC_COF_CLOEXEC != 0);
        fcntl_setfd(fd, new)?;
    }
    let kept = info.flags & !(sys::QIPC_COF_CLOEXEC | sys::QIPC_COF_DEAD);
    Ok(kept | old.contains(FdFlags::CLOEXEC) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_descriptor_is_found() {
        // 0 to 2 are open in every test program.
        assert_eq!(lowest_descriptor(0, Some), Some(0));
        assert_eq!(lowest_descriptor(1, Some), Some(1));
        assert_eq!(lowest_descriptor(0, |fd| (fd == 2).then_some(7)), Some(7));
        assert_eq!(lowest_descriptor(0, |_| None::<()>), None);
        assert_eq!(lowest_descriptor(RawFd::MAX, Some), None);
    }
}
