// SPDX-License-Identifier: MIT OR Apache-2.0

//! Processes and their priorities.

use std::io;

use super::call::check;

/// What became of a fork.
#[derive(Debug)]
pub enum Forked {
    /// This is the child.
    Child,
    /// This is the parent, and that the child.
    Parent(i32),
}

/// Forks. The benchmark has one thread wherever it does this.
pub fn fork() -> io::Result<Forked> {
    // SAFETY: The process has one thread, so the child finds no lock held.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Forked::Child),
        pid => Ok(Forked::Parent(pid)),
    }
}

/// Ends a child without what a normal exit does for its parent's sake.
pub fn exit_now(status: i32) -> ! {
    // SAFETY: Ends the process.
    unsafe { libc::_exit(status) }
}

/// Makes the calling thread real-time (SCHED_FIFO) at a priority, or ordinary at 0.
pub fn set_priority(priority: i32) -> io::Result<()> {
    let policy = if priority > 0 {
        libc::SCHED_FIFO
    } else {
        libc::SCHED_OTHER
    };
    let param = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: The structure is valid for the call.
    check(unsafe { libc::sched_setscheduler(0, policy, &param) }.into()).map(|_| ())
}
