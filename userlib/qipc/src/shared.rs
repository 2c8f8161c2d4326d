// SPDX-License-Identifier: MIT OR Apache-2.0

//! One session for a whole process, whoever in it asks for one.
//!
//! libqipc and this crate may be in a process more than once: the library as a shared object and inside of a program,
//! the crate in a Rust program that loads the library. They know nothing of each other, but all of them can see the
//! descriptors of the process. So the session of a process is the one that a descriptor of it leads to; whoever comes
//! later makes a duplicate of that descriptor, and the session lives as long as one of them.
//!
//! Nothing here allocates or takes a lock, so that the first call of a program may be made in a signal handler, or in a
//! child after `fork`.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::path::Path;

use qipc_sys as sys;
use rustix::fs::{FileType, Mode, OFlags, RawDir};

use crate::error::{Error, Result};
use crate::raw::{call_plain, duplicate};

/// Bytes for entries of the folder of descriptors.
const ENTRIES: usize = 2048;

/// A descriptor for the session of this process, which is opened if there is none.
///
/// # Errors
///
/// As for opening `/dev/qipc`; `ENOTTY` when it is the node of another driver.
pub fn descriptor(device: &Path) -> Result<OwnedFd> {
    let node = rustix::fs::stat(device).map_err(Error::from_errno)?;
    if let Some(session) = find(node.st_rdev, RawFd::MAX) {
        return Ok(session);
    }
    let opened = rustix::fs::open(device, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
        .map_err(Error::from_errno)?;
    check(&opened)?;
    // Somebody else may have opened one meanwhile, and seen none either. Then the lower number counts for both.
    Ok(find(node.st_rdev, number(&opened)).unwrap_or(opened))
}

/// Whether the descriptor leads to a session of this process.
///
/// # Errors
///
/// `ESTALE` for one of another process; whatever another file answers.
pub fn check(session: impl AsFd) -> Result<()> {
    let mut features = sys::qipc_features::default();
    call_plain(session.as_fd(), sys::QIPC_GET_FEATURES, &mut features).map(drop)
}

/// The session of this process among the descriptors below `limit`, as a descriptor of its own. `device` is the device
/// number that sessions have.
///
/// Without `/proc` there is none.
fn find(device: u64, limit: RawFd) -> Option<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::open("/proc/self/fd", flags, Mode::empty()).ok()?;
    let mut bytes = [MaybeUninit::uninit(); ENTRIES];
    let mut entries = RawDir::new(&folder, &mut bytes);
    while let Some(Ok(entry)) = entries.next() {
        let name = entry.file_name().to_str().ok();
        let Some(number) = name.and_then(|name| name.parse::<RawFd>().ok()) else {
            continue;
        };
        if number >= limit {
            continue;
        }
        // What the number leads to can change at any time; what the duplicate leads to cannot.
        let Ok(session) = duplicate(number) else {
            continue;
        };
        if is_device(&session, device) && check(&session).is_ok() {
            return Some(session);
        }
    }
    None
}

fn is_device(fd: &OwnedFd, device: u64) -> bool {
    rustix::fs::fstat(fd).is_ok_and(|stat| {
        FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == device
    })
}

fn number(fd: &OwnedFd) -> RawFd {
    std::os::fd::AsRawFd::as_raw_fd(fd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_devices_are_no_sessions() {
        let null = Path::new("/dev/null");
        assert!(descriptor(null).is_err());
        assert!(descriptor(Path::new("/dev/qipc-is-not-here")).is_err());
    }

    #[test]
    fn a_descriptor_below_the_limit_is_looked_at_only() {
        let Ok(null) = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
        else {
            return;
        };
        let device = rustix::fs::fstat(&null).map_or(0, |stat| stat.st_rdev);
        assert!(is_device(&null, device));
        assert!(!is_device(&null, device + 1));
        // It is the right device, but answers like no session.
        assert!(find(device, RawFd::MAX).is_none());
    }
}
