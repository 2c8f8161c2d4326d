// SPDX-License-Identifier: GPL-2.0-only

//! Memory that a thread of the kernel allocates at the expense of a process.
//!
//! A thread of the kernel belongs to no memory cgroup with a limit. What it allocates because of a
//! user has to be charged to the cgroup of that user, or there is no limit to it.

use super::{
    calls,
    task::Process, //
};
use kernel::{
    alloc::Flags,
    bindings,
    prelude::*,
    sync::rcu,
    task::Task, //
};

/// Restores who pays.
struct Restore(*mut bindings::mem_cgroup);

impl Drop for Restore {
    fn drop(&mut self) {
        exchange(self.0);
    }
}

/// Has a cgroup pay for what the calling thread allocates, or none; returns the one that did before.
fn exchange(cgroup: *mut bindings::mem_cgroup) -> *mut bindings::mem_cgroup {
    // SAFETY: `current` is valid, and only it looks at the field. By the RCU section of
    // `to_process` the cgroup is there until it gets back what it had before.
    unsafe { core::mem::replace(&mut (*Task::current_raw()).active_memcg, cgroup) }
}

/// Calls `allocate`, and has the cgroup of a process pay for what it allocates with the flags that
/// it is called with. It must not sleep, and they do not.
///
/// Returns `None` if the process is gone.
pub(crate) fn to_process<R>(process: &Process, allocate: impl FnOnce(Flags) -> R) -> Option<R> {
    let task = process.first_thread()?;
    // The cgroup of a task is not freed before the section ends, and not used after it.
    let _rcu = rcu::read_lock();
    let _restore = Restore(exchange(calls::mem_cgroup_from_task(&task)));
    let account = GFP_KERNEL_ACCOUNT & !GFP_KERNEL;
    Some(allocate(GFP_NOWAIT | account))
}
