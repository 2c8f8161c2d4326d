// SPDX-License-Identifier: GPL-2.0-only

//! Putting the calling thread to sleep until one definite other thread wakes it.
//!
//! A [`Parker`] is a flag and a thread. The waker sets the flag, then wakes the thread; the thread
//! announces that it will sleep, then looks at the flag:
//!
//! ```text
//!   sleeper                          waker
//!   state = INTERRUPTIBLE            woken = 1       (release)
//!   smp_mb()                         wake_up_process (full barrier when it finds a sleeper)
//!   woken?  yes: go on               state sleeping? make it run
//!           no:  schedule()
//! ```
//!
//! In every order of the four lines either the sleeper sees the flag or the waker sees the state,
//! so no wake-up is lost. There is no wait queue and no lock, and nothing is allocated.

use kernel::{
    bindings,
    current,
    sync::{
        aref::ARef,
        atomic::Atomic, //
    },
    task::{
        CurrentTask,
        Task, //
    }, //
};

use crate::perturb;

use super::{
    alarm::Alarm,
    calls::{
        self,
        WaitEntry, //
    },
    once::Once,
    running,
    sched,
    task, //
};

/// What may end a sleep early.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// Any signal that the process does not ignore.
    Signal,
    /// Only a signal that ends the process.
    FatalSignal,
}

/// Why a sleep ended.
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Woke {
    /// Somebody called [`Parker::unpark`].
    Called,
    /// A signal is pending; see [`Until`].
    Signalled,
    /// The alarm has gone off.
    TimedOut,
}

/// A place for one thread to sleep.
pub(crate) struct Parker {
    called: Atomic<i32>,
    thread: Option<ARef<Task>>,
}

impl Parker {
    /// A place where nobody sleeps.
    pub(crate) fn new() -> Self {
        Self {
            called: Atomic::new(0),
            thread: None,
        }
    }

    /// A place for the calling thread.
    pub(crate) fn current() -> Self {
        let mut parker = Self::new();
        parker.adopt();
        parker
    }

    /// Makes the calling thread the one that sleeps here; says whether it was not.
    #[inline]
    pub(crate) fn adopt(&mut self) -> bool {
        let is_new = !self.is_current();
        if is_new {
            self.thread = Some(task::current_thread());
        }
        *self.called.get_mut() = 0;
        is_new
    }

    /// Whether the thread has ended, or will not come back here before it does.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.thread().is_none_or(task::is_exiting)
    }

    /// The effective priority of the thread that sleeps here.
    #[inline]
    pub(crate) fn priority_or(&self, otherwise: u8) -> u8 {
        self.thread().map_or(otherwise, sched::effective_priority)
    }

    /// Whether that is `level`; also if nobody sleeps here.
    #[inline]
    pub(crate) fn has_priority(&self, level: u8) -> bool {
        self.thread()
            .is_none_or(|thread| sched::has_effective_priority(thread, level))
    }

    /// Forgets the thread, so that its memory is not held longer than it lives.
    pub(crate) fn release(&mut self) {
        self.thread = None;
    }

    /// Whether the calling thread is the one that sleeps here.
    #[inline]
    pub(crate) fn is_current(&self) -> bool {
        self.thread()
            .is_some_and(|thread| thread.as_ptr().cast_const() == running::current())
    }

    /// The thread that sleeps here.
    #[inline]
    pub(crate) fn thread(&self) -> Option<&Task> {
        self.thread.as_deref()
    }

    /// The same, for whoever wakes it when this is not there any more.
    pub(crate) fn sleeper(&self) -> Option<ARef<Task>> {
        self.thread.clone()
    }

    /// Makes the next [`Parker::park`] sleep again.
    ///
    /// For the sleeper, at a time when nobody can call it: in a queue's lock, or before it is in
    /// any queue.
    pub(crate) fn rearm(&self) {
        self.called.set(0);
    }

    /// Lets the sleeper go on. Whoever does that wakes it when all locks are dropped, see
    /// [`Parker::wake`].
    #[inline]
    pub(crate) fn call(&self) {
        self.called.set_last(1);
    }

    /// Wakes the thread that sleeps here, which has been called.
    #[inline]
    pub(crate) fn wake(&self) {
        if let Some(thread) = self.thread() {
            wake(thread);
        }
    }

    /// The same, for a waker that is about to sleep; see [`Placement`].
    #[inline]
    pub(crate) fn hand_over(&self, placement: Placement) {
        if let Some(thread) = self.thread() {
            hand_over(thread, placement);
        }
    }

    /// Lets the sleeper go on, and returns the thread to wake, which is best done after all locks
    /// are dropped.
    pub(crate) fn unpark(&self) -> Option<ARef<Task>> {
        let thread = self.sleeper();
        self.called.set_last(1);
        thread
    }

    /// Whether [`Parker::unpark`] was called.
    pub(crate) fn is_called(&self) -> bool {
        self.called.get_first() != 0
    }

    /// Sleeps until called or signalled, or until the alarm goes off.
    ///
    /// To be called by the thread that adopted the parker; by any other it is safe but may sleep
    /// until a signal comes.
    #[inline(never)]
    pub(crate) fn park(&self, until: Until, alarm: Option<&Alarm>) -> Woke {
        let (state, signals) = match until {
            Until::Signal => (bindings::TASK_INTERRUPTIBLE, true),
            Until::FatalSignal => (bindings::TASK_KILLABLE, false),
        };
        let current = current!();
        loop {
            perturb::spin("sleep");
            // The freezer may stop the sleeper where it is: no lock is held.
            set_current_state(current, state | bindings::TASK_FREEZABLE);
            let woke = if self.is_called() {
                Some(Woke::Called)
            } else if task::is_signalled() && (signals || task::is_dying()) {
                Some(Woke::Signalled)
            } else if alarm.is_some_and(Alarm::is_over) {
                Some(Woke::TimedOut)
            } else {
                None
            };
            if let Some(woke) = woke {
                // Nobody waits to see this, so that it needs no barrier.
                set_own_state(current, bindings::TASK_RUNNING);
                return woke;
            }
            // Process context, no lock held; the state was set above.
            calls::schedule();
        }
    }
}

/// `set_current_state()`: announces the state, with the full barrier that the drawing above needs.
pub(super) fn set_current_state(current: &CurrentTask, state: u32) {
    set_own_state(current, state);
    calls::smp_mb();
}

/// `__set_current_state()`: the same without a barrier.
fn set_own_state(current: &CurrentTask, state: u32) {
    // SAFETY: A task may write its own state; others read it as one word.
    unsafe { core::ptr::write_volatile(&raw mut (*current.as_ptr()).__state, state) };
}

/// Wakes a thread that [`Parker::unpark`] returned.
pub(crate) fn wake(thread: &Task) {
    thread.wake_up();
}

/// `TASK_NORMAL`: whoever sleeps, but for those that were stopped.
const TASK_NORMAL: u32 = bindings::TASK_INTERRUPTIBLE | bindings::TASK_UNINTERRUPTIBLE;

/// Where a thread goes on that is woken by one that sleeps next.
///
/// The numbers are those of `kernel/sched/sched.h`, which are not in the bindings; with any others
/// `default_wake_function()` warns.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Placement {
    /// Wherever the scheduler puts it.
    Free = 0,
    /// On the processor of its waker, unless its policy or its set of processors says otherwise,
    /// `WF_CURRENT_CPU`. Of two threads that take turns only one runs at a time: on one processor
    /// no other one has to be woken from its idling for that.
    WithWaker = 0x40,
}

/// [`wake`], for a waker that has nothing more to do than to sleep. One that goes on to run must not
/// use this: the thread would wait for it, beside idle processors.
#[inline]
fn hand_over(thread: &Task, placement: Placement) {
    calls::default_wake_function(&WaitEntry::new(thread), TASK_NORMAL, placement as i32, None);
}
