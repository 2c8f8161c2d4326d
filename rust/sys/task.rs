// SPDX-License-Identifier: GPL-2.0-only

//! Who is calling: processes, threads, priorities, rights.

use core::ptr::NonNull;
use kernel::{
    bindings,
    sync::{
        aref::ARef,
        rcu, //
    },
    task::Task, //
};

/// The flag of a thread that makes it look as if a signal were pending.
const NOTIFY_SIGNAL: usize = bindings::TIF_NOTIFY_SIGNAL as usize;

/// Identity of a process for as long as somebody holds it.
///
/// Wraps a counted `struct pid` of a thread group. The number may be used again after the process
/// is gone, the object is not, so comparing objects never mistakes one process for another.
pub(crate) struct Process(NonNull<bindings::pid>);

// SAFETY: `struct pid` is reference counted and its counter may be changed from any thread.
unsafe impl Send for Process {}
// SAFETY: Nothing of a `struct pid` is changed through a shared reference.
unsafe impl Sync for Process {}

impl Process {
    /// The calling process.
    pub(crate) fn current() -> Self {
        // SAFETY: `current` is valid, and a running task has a thread group id.
        let pid =
            unsafe { bindings::get_task_pid(Task::current_raw(), bindings::pid_type_PIDTYPE_TGID) };
        // SAFETY: `get_task_pid` returns a counted reference, not null for a running task.
        Self(unsafe { NonNull::new_unchecked(pid) })
    }

    /// Looks a process up by its number in the caller's pid namespace.
    pub(crate) fn find(number: i32) -> Option<Self> {
        // SAFETY: Takes any number; returns null or a counted reference.
        NonNull::new(unsafe { bindings::find_get_pid(number) }).map(Self)
    }

    pub(super) fn as_ptr(&self) -> *mut bindings::pid {
        self.0.as_ptr()
    }

    /// A number that no other process has while this object lives.
    pub(crate) fn key(&self) -> usize {
        self.0.as_ptr() as usize
    }

    /// Whether the calling thread belongs to this process.
    pub(crate) fn is_current(&self) -> bool {
        self.key() == current_key()
    }

    /// Whether it has not been reaped yet.
    pub(crate) fn is_alive(&self) -> bool {
        !self.first_thread(&rcu::read_lock()).is_null()
    }

    /// Its first thread, null if it has been reaped; valid as long as the RCU section.
    pub(super) fn first_thread(&self, _section: &rcu::Guard) -> *mut bindings::task_struct {
        // SAFETY: The object is valid; the caller is in an RCU section.
        unsafe { bindings::pid_task(self.0.as_ptr(), bindings::pid_type_PIDTYPE_TGID) }
    }

    /// Number in the caller's pid namespace, 0 if it has none there.
    pub(crate) fn number_here(&self) -> i32 {
        // SAFETY: The object is valid by its reference count.
        unsafe { bindings::pid_vnr(self.0.as_ptr()) }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SAFETY: The reference is ours to give up.
        unsafe { bindings::put_pid(self.0.as_ptr()) };
    }
}

impl Clone for Process {
    fn clone(&self) -> Self {
        // SAFETY: The object is valid; its `count` is a `refcount_t` that `get_pid()` increments.
        unsafe { bindings::refcount_inc(&raw mut (*self.0.as_ptr()).count) };
        Self(self.0)
    }
}

/// A session of processes, in the sense of `setsid()`, which is named after its first process.
pub(crate) struct ProcessSession(Process);

impl ProcessSession {
    /// That of the caller.
    pub(crate) fn current() -> Self {
        // SAFETY: `current` is valid, and a running task has a session.
        let pid =
            unsafe { bindings::get_task_pid(Task::current_raw(), bindings::pid_type_PIDTYPE_SID) };
        // SAFETY: `get_task_pid` returns a counted reference, not null for a running task.
        Self(Process(unsafe { NonNull::new_unchecked(pid) }))
    }

    /// Number in the caller's pid namespace, 0 if it has none there or has ended.
    pub(crate) fn number_here(&self) -> i32 {
        let _rcu = rcu::read_lock();
        // SAFETY: The object is valid; the task is only looked for, in the RCU section.
        let member =
            unsafe { bindings::pid_task(self.0 .0.as_ptr(), bindings::pid_type_PIDTYPE_SID) };
        if member.is_null() {
            0
        } else {
            self.0.number_here()
        }
    }
}

/// [`Process::key`] of the calling process, without counting a reference.
pub(crate) fn current_key() -> usize {
    let task = Task::current_raw();
    // SAFETY: `current` and its signal structure are valid while the task runs, and its thread
    // group id changes only under it in exec, which ends other threads first.
    unsafe { (*(*task).signal).pids[bindings::pid_type_PIDTYPE_TGID as usize] as usize }
}

/// A counted reference to the calling thread.
pub(crate) fn current_thread() -> ARef<Task> {
    // SAFETY: The reference does not outlive this function.
    let task = unsafe { Task::current() };
    let task: &Task = &task;
    task.into()
}

/// A number that no other thread has while somebody holds this one.
pub(crate) fn thread_key(task: &Task) -> usize {
    task.as_ptr() as usize
}

/// [`thread_key`] of the calling thread.
pub(crate) fn current_thread_key() -> usize {
    Task::current_raw() as usize
}

/// Whether a thread has begun to end.
pub(super) fn is_exiting(task: &Task) -> bool {
    // SAFETY: The task is valid; one word is read that may change at any time.
    let flags = unsafe { core::ptr::read_volatile(&raw const (*task.as_ptr()).flags) };
    flags & bindings::PF_EXITING != 0
}

/// Number of a thread in the caller's pid namespace, 0 if it has none there.
pub(crate) fn thread_number_here(task: &Task) -> i32 {
    // SAFETY: Both tasks are valid; a null namespace stands for the caller's.
    unsafe {
        bindings::__task_pid_nr_ns(
            task.as_ptr(),
            bindings::pid_type_PIDTYPE_PID,
            core::ptr::null_mut(),
        )
    }
}

/// Effective priority of the caller: 1 to 99 for real-time policies, 0 for the others.
///
/// Includes what the caller has inherited through a mutex (B88).
pub(crate) fn current_priority() -> u8 {
    // SAFETY: `current` is valid; `prio` is one word that may change at any time.
    let prio = unsafe { core::ptr::read_volatile(&raw const (*Task::current_raw()).prio) };
    // Real-time priorities are kept as 98 (lowest) down to 0; a deadline task has -1.
    u8::try_from((99 - prio).clamp(0, 99)).unwrap_or(0)
}

/// Whether a signal is pending that ends the caller.
pub(crate) fn is_dying() -> bool {
    let task = Task::current_raw();
    // SAFETY: `current` is valid; one word is read that may change at any time.
    let pending = unsafe { core::ptr::read_volatile(&raw const (*task).pending.signal.sig[0]) };
    pending & (1 << (bindings::SIGKILL - 1)) != 0
}

/// Whether any signal is pending that the caller does not ignore.
pub(crate) fn is_signalled() -> bool {
    // SAFETY: `current` is valid.
    unsafe { bindings::signal_pending(Task::current_raw()) != 0 }
}

/// Has a thread that waits interruptibly for its own memory give up, as a signal would; whoever calls
/// this wakes it afterwards.
///
/// The thread takes it back by [`calm`]. If it does not, no harm is done: the kernel does so before
/// the thread returns to user space, where nothing of it is seen.
pub(crate) fn nudge(thread: &Task) {
    // SAFETY: The thread is valid; the bit is one that other threads may set at any time.
    unsafe {
        bindings::set_bit(
            NOTIFY_SIGNAL,
            (&raw mut (*thread.as_ptr()).thread_info.flags).cast(),
        )
    };
}

/// Takes back what [`nudge`] did to the calling thread.
pub(crate) fn calm() {
    let task = Task::current_raw();
    // SAFETY: `current` is valid. Work that others have left for it sets the bit after it was queued,
    // so either it is seen here, or the bit is set again.
    unsafe {
        let flags = (&raw mut (*task).thread_info.flags).cast();
        bindings::clear_bit(NOTIFY_SIGNAL, flags);
        bindings::smp_mb();
        if !core::ptr::read_volatile(&raw const (*task).task_works).is_null() {
            bindings::set_bit(NOTIFY_SIGNAL, flags);
        }
    }
}

/// Whether the calling process ends now: its last thread is in `exit()`.
pub(crate) fn is_last_thread_exiting() -> bool {
    let task = Task::current_raw();
    // SAFETY: `current` and its signal structure are valid; single words are read.
    unsafe {
        (*task).flags & bindings::PF_EXITING != 0
            && core::ptr::read_volatile(&raw const (*(*task).signal).live.counter) == 0
    }
}

/// Gives other tasks a chance to run during long work.
///
/// Kernels that can be preempted everywhere, and cannot be told otherwise at boot, need not be
/// asked, and lack the function.
pub(crate) fn breathe() {
    #[cfg(any(not(CONFIG_PREEMPTION), CONFIG_PREEMPT_DYNAMIC))]
    // SAFETY: Called from process context without locks; the module holds none over long work.
    unsafe {
        bindings::__cond_resched()
    };
}

/// Number of the calling thread in its own pid namespace, as `gettid()` returns it.
pub(crate) fn current_number() -> i32 {
    let current = current_thread();
    thread_number_here(&current)
}
