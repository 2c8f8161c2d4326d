// SPDX-License-Identifier: MIT OR Apache-2.0

//! Message queues of System V and of POSIX.

use std::ffi::{c_int, CStr};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;

use super::call::check;
use super::memory::Memory;

/// A private System V message queue, removed when dropped.
#[derive(Debug)]
pub struct SysvQueue {
    id: c_int,
    owner: u32,
}

impl SysvQueue {
    /// Makes one.
    pub fn new() -> io::Result<Self> {
        // SAFETY: Takes numbers only.
        let id = check(unsafe { libc::msgget(libc::IPC_PRIVATE, 0o600) }.into())?;
        Ok(Self {
            id: id as c_int,
            owner: std::process::id(),
        })
    }

    /// Sends a message that lies in `memory`: a long word for the type, then `len` bytes.
    pub fn send(&self, memory: &Memory, len: usize) -> io::Result<()> {
        assert!(8 + len <= memory.len());
        // SAFETY: Type and text are inside the mapping, checked above.
        check(unsafe { libc::msgsnd(self.id, memory.base().cast(), len, 0) }.into()).map(|_| ())
    }

    /// Receives a message of any type into `memory`.
    pub fn receive(&self, memory: &Memory, len: usize) -> io::Result<usize> {
        assert!(8 + len <= memory.len());
        // SAFETY: Type and text are inside the mapping, checked above.
        check(unsafe { libc::msgrcv(self.id, memory.base().cast(), len, 0, 0) } as libc::c_long)
    }
}

impl Drop for SysvQueue {
    fn drop(&mut self) {
        if self.owner == std::process::id() {
            // SAFETY: Removes the queue, which nobody but us knows.
            unsafe { libc::msgctl(self.id, libc::IPC_RMID, ptr::null_mut()) };
        }
    }
}

/// A POSIX message queue without a name: it is unlinked at once.
#[derive(Debug)]
pub struct PosixQueue(OwnedFd);

impl PosixQueue {
    /// Makes one for messages of up to `size` bytes.
    pub fn new(name: &CStr, size: usize) -> io::Result<Self> {
        // SAFETY: A structure of integers, for which zero is fine.
        let mut attr: libc::mq_attr = unsafe { std::mem::zeroed() };
        attr.mq_maxmsg = 4;
        attr.mq_msgsize = size.max(1) as libc::c_long;
        let flags = libc::O_RDWR | libc::O_CREAT | libc::O_EXCL;
        // SAFETY: Name and attributes are valid for the call.
        let fd = unsafe { libc::mq_open(name.as_ptr(), flags, 0o600 as libc::mode_t, &attr) };
        check(fd.into())?;
        // SAFETY: As above.
        unsafe { libc::mq_unlink(name.as_ptr()) };
        // SAFETY: A descriptor that is nobody else's; on Linux a queue is one.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Sends `len` bytes of `memory`.
    pub fn send(&self, memory: &Memory, len: usize) -> io::Result<()> {
        assert!(len <= memory.len());
        // SAFETY: The range is inside the mapping, checked above.
        check(unsafe { libc::mq_send(self.0.as_raw_fd(), memory.base().cast(), len, 0) }.into())
            .map(|_| ())
    }

    /// Receives into `memory`, which has room for the longest message.
    pub fn receive(&self, memory: &Memory, size: usize) -> io::Result<usize> {
        assert!(size <= memory.len());
        // SAFETY: The range is inside the mapping, checked above.
        check(unsafe {
            libc::mq_receive(
                self.0.as_raw_fd(),
                memory.base().cast(),
                size,
                ptr::null_mut(),
            )
        } as libc::c_long)
    }
}
