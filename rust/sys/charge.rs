// SPDX-License-Identifier: GPL-2.0-only

//! Memory that a thread of the kernel allocates at the expense of a process.
//!
//! A thread of the kernel belongs to no memory cgroup with a limit. What it allocates because of a
//! user has to be charged to the cgroup of that user, or there is no limit to it.

use super::task::Process;
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
        // SAFETY: `current` is valid, and only it looks at the field.
        unsafe { (*Task::current_raw()).active_memcg = self.0 };
    }
}

/// Calls `allocate`, and has the cgroup of a process pay for what it allocates with the flags that
/// it is called with. It must not sleep, and they do not.
///
/// Returns `None` if the process is gone.
pub(crate) fn to_process<R>(process: &Process, allocate: impl FnOnce(Flags) -> R) -> Option<R> {
    let _rcu = rcu::read_lock();
    // SAFETY: The process is valid by its reference count; its task is used in the RCU section.
    let task = unsafe { bindings::pid_task(process.as_ptr(), bindings::pid_type_PIDTYPE_TGID) };
    if task.is_null() {
        return None;
    }
    // SAFETY: The task is valid in the RCU section. The cgroup of a task is not freed before the
    // section ends, and not used after it. `current` is valid, and only it looks at the field.
    let _restore = unsafe {
        let current = Task::current_raw();
        let before = (*current).active_memcg;
        (*current).active_memcg = bindings::mem_cgroup_from_task(task);
        Restore(before)
    };
    let account = GFP_KERNEL_ACCOUNT & !GFP_KERNEL;
    Some(allocate(GFP_NOWAIT | account))
}
