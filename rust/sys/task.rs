// SPDX-License-Identifier: GPL-2.0-only

//! Who is calling: processes, threads, priorities, rights.

use kernel::{
    bindings,
    current,
    sync::{
        aref::ARef,
        rcu, //
    },
    task::Task, //
};

use super::{
    calls::{
        self,
        Kind,
        ThreadFlag, //
    },
    foreign::{
        field,
        held,
        structure,
        Foreign,
        Own,
        Pid, //
    },
    running::{
        self,
        of_current, //
    },
    sched, //
};

/// Identity of a process for as long as somebody holds it.
///
/// The number may be used again after the process is gone, the object is not, so comparing objects
/// never mistakes one process for another.
#[derive(Clone)]
pub(crate) struct Process(Own<Pid>);

impl Process {
    /// The calling process.
    pub(crate) fn current() -> Self {
        Self(calls::get_task_pid(current!(), Kind::Process))
    }

    /// Looks a process up by its number in the caller's pid namespace.
    pub(crate) fn find(number: i32) -> Option<Self> {
        calls::find_get_pid(number).map(Self)
    }

    pub(super) fn pid(&self) -> &Pid {
        &self.0
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
        let _rcu = rcu::read_lock();
        calls::pid_task(&self.0, Kind::Process).is_some()
    }

    /// Its first thread, unless it has been reaped.
    pub(super) fn first_thread(&self) -> Option<Own<Task>> {
        calls::get_pid_task(&self.0, Kind::Process)
    }

    /// Number in the caller's pid namespace, 0 if it has none there.
    pub(crate) fn number_here(&self) -> i32 {
        calls::pid_vnr(&self.0)
    }
}

/// A session of processes, in the sense of `setsid()`, which is named after its first process.
pub(crate) struct ProcessSession(Own<Pid>);

impl ProcessSession {
    /// That of the caller.
    pub(crate) fn current() -> Self {
        Self(calls::get_task_pid(current!(), Kind::Session))
    }

    /// Number in the caller's pid namespace, 0 if it has none there or has ended.
    pub(crate) fn number_here(&self) -> i32 {
        let _rcu = rcu::read_lock();
        match calls::pid_task(&self.0, Kind::Session) {
            Some(_) => calls::pid_vnr(&self.0),
            None => 0,
        }
    }
}

/// What the threads of a process have in common.
#[inline]
pub(super) fn shared(task: &Task) -> &Foreign<bindings::signal_struct> {
    held(task)
}

/// [`Process::key`] of the calling process, without counting a reference.
///
/// The thread group id of a running task changes only under it in exec, which ends other threads
/// first.
pub(crate) fn current_key() -> usize {
    shared(current!())
        .part(field!(bindings::signal_struct, pids))
        .at(Kind::Process as usize)
        .map_or(0, |pid| pid.read() as usize)
}

/// A counted reference to the calling thread.
pub(crate) fn current_thread() -> ARef<Task> {
    let task: &Task = current!();
    task.into()
}

/// A number that no other thread has while somebody holds this one.
#[inline]
pub(crate) fn thread_key(task: &Task) -> usize {
    task.as_ptr() as usize
}

/// [`thread_key`] of the calling thread.
#[inline]
pub(crate) fn current_thread_key() -> usize {
    running::current() as usize
}

/// The flags of a task, `PF_...`.
pub(super) fn flags(task: &Task) -> u32 {
    structure(task)
        .part(field!(bindings::task_struct, flags))
        .read()
}

/// Whether a thread has begun to end.
pub(super) fn is_exiting(task: &Task) -> bool {
    flags(task) & bindings::PF_EXITING != 0
}

/// Number of a thread in the caller's pid namespace, 0 if it has none there.
pub(crate) fn thread_number_here(task: &Task) -> i32 {
    calls::__task_pid_nr_ns(task, Kind::Thread, None)
}

/// Effective priority of the caller: 1 to 99 for real-time policies, 0 for the others.
///
/// Includes what the caller has inherited through a mutex (B88).
#[inline]
pub(crate) fn current_priority() -> u8 {
    sched::level_of(of_current(field!(bindings::task_struct, prio)))
}

/// Whether a signal is pending that ends the caller.
pub(crate) fn is_dying() -> bool {
    structure(current!())
        .part(field!(bindings::task_struct, pending.signal.sig))
        .at(0)
        .is_some_and(|pending| pending.read() & (1 << (bindings::SIGKILL - 1)) != 0)
}

/// Whether any signal is pending that the caller does not ignore.
pub(crate) fn is_signalled() -> bool {
    current!().signal_pending()
}

/// Has a thread that waits interruptibly for its own memory give up, as a signal would; whoever calls
/// this wakes it afterwards.
///
/// The thread takes it back by [`calm`]. If it does not, no harm is done: the kernel does so before
/// the thread returns to user space, where nothing of it is seen.
pub(crate) fn nudge(thread: &Task) {
    let info = structure(thread).part(field!(bindings::task_struct, thread_info));
    calls::set_flag(ThreadFlag::NotifySignal, info);
}

/// Takes back what [`nudge`] did to the calling thread.
///
/// Work that others have left for it sets the flag after it was queued, so either it is seen here, or
/// the flag is set again.
pub(crate) fn calm() {
    let current = current!();
    let task = structure(current);
    let info = task.part(field!(bindings::task_struct, thread_info));
    calls::clear_flag(ThreadFlag::NotifySignal, info);
    calls::smp_mb();
    let works = task.part(field!(bindings::task_struct, task_works)).read();
    if !works.is_null() {
        calls::set_flag(ThreadFlag::NotifySignal, info);
    }
}

/// Whether the calling process ends now: its last thread is in `exit()`.
pub(crate) fn is_last_thread_exiting() -> bool {
    let task: &Task = current!();
    let live = shared(task).part(field!(bindings::signal_struct, live.counter));
    is_exiting(task) && live.read() == 0
}

/// Gives other tasks a chance to run during long work.
///
/// Kernels that can be preempted everywhere, and cannot be told otherwise at boot, need not be
/// asked, and lack the function.
pub(crate) fn breathe() {
    #[cfg(any(not(CONFIG_PREEMPTION), CONFIG_PREEMPT_DYNAMIC))]
    calls::__cond_resched();
}

/// Number of the calling thread in its own pid namespace, as `gettid()` returns it.
pub(crate) fn current_number() -> i32 {
    let current = current_thread();
    thread_number_here(&current)
}
