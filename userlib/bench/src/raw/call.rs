// SPDX-License-Identifier: MIT OR Apache-2.0

//! System calls, and the errors that they return.

use std::io;
use std::os::fd::AsRawFd;
use std::ptr;

/// The result of a system call that returns -1 and sets errno.
pub(super) fn check(result: libc::c_long) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// An ioctl whose argument is a structure without pointers, or with pointers to memory that the caller keeps.
pub(super) fn ioctl<T>(fd: &impl AsRawFd, number: u32, argument: &mut T) -> io::Result<usize> {
    assert_eq!(((number >> 16) & 0x3fff) as usize, size_of::<T>());
    // SAFETY: The number says how long the argument is, checked above, and that it is read and written. What the
    // argument points to is memory of a `Vector` that its owner keeps, see the types below.
    check(unsafe {
        libc::ioctl(
            fd.as_raw_fd(),
            number as libc::c_ulong,
            ptr::from_mut(argument),
        )
    } as libc::c_long)
}

/// An ioctl that takes no pointer, whatever its number.
pub fn ioctl_plain(fd: &impl AsRawFd, number: u32) -> io::Result<usize> {
    assert_eq!((number >> 16) & 0x3fff, 0, "this ioctl takes a pointer");
    // SAFETY: The number says that there is no argument.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), number as libc::c_ulong, 0) } as libc::c_long)
}
