// SPDX-License-Identifier: MIT OR Apache-2.0

//! Small things of the kernel, for which there are safe functions.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::AtomicU32;

use rustix::io::Errno;
use rustix::process::{self, Pid, Resource, Rlimit, Signal, WaitOptions};
use rustix::thread::futex;

/// Raises the limit of open files to what the process may have.
pub fn raise_file_limit(wanted: u64) {
    let limit = Rlimit {
        current: Some(wanted),
        maximum: Some(wanted),
    };
    // Without the right it fails, and opening says so later.
    let _ = process::setrlimit(Resource::Nofile, limit);
}

/// Kills a child and waits for its end.
pub fn reap(pid: i32) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = process::kill_process(pid, Signal::KILL);
        let _ = process::waitpid(Some(pid), WaitOptions::empty());
    }
}

/// Asks for SIGKILL when the parent ends.
pub fn die_with_parent() {
    let _ = process::set_parent_process_death_signal(Some(Signal::KILL));
}

/// Sleeps while the word has this value.
pub fn futex_wait(word: &AtomicU32, value: u32) -> io::Result<()> {
    match futex::wait(word, futex::Flags::empty(), value, None) {
        Ok(()) | Err(Errno::AGAIN) => Ok(()),
        Err(e) => Err(e.into()),
    }
}

/// Wakes one who waits.
pub fn futex_wake(word: &AtomicU32) -> io::Result<()> {
    futex::wake(word, futex::Flags::empty(), 1)?;
    Ok(())
}

/// The cheapest system call there is.
pub fn null_syscall() {
    std::hint::black_box(process::getppid());
}

/// A copy of a descriptor of another process.
pub fn take_fd(pid: i32, fd: i32) -> io::Result<OwnedFd> {
    let pid = Pid::from_raw(pid).ok_or(Errno::SRCH)?;
    let process = process::pidfd_open(pid, process::PidfdFlags::empty())?;
    Ok(process::pidfd_getfd(
        process,
        fd,
        process::PidfdGetfdFlags::empty(),
    )?)
}
