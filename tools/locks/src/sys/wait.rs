// SPDX-License-Identifier: GPL-2.0-only

//! `rust/sys/wait.rs`, step by step: the flag, the state of the thread, and the barriers between them.

use kernel::sync::aref::ARef;
use kernel::sync::atomic::{Acquire, Atomic, Relaxed, Release};
use kernel::task::{Task, INTERRUPTIBLE, KILLABLE, RUNNING};
use loom::sync::atomic::{fence, Ordering};

use super::alarm::Alarm;
use super::{sched, task};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Until {
    Signal,
    FatalSignal,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Woke {
    Called,
    Signalled,
    TimedOut,
}

pub struct Parker {
    called: Atomic<i32>,
    thread: Option<ARef<Task>>,
}

impl Parker {
    pub fn new() -> Self {
        Self {
            called: Atomic::new(0),
            thread: None,
        }
    }

    pub fn adopt(&mut self) -> bool {
        let is_new = !self.is_current();
        if is_new {
            self.thread = Some(task::current_thread());
        }
        self.called = Atomic::new(0);
        is_new
    }

    pub fn is_abandoned(&self) -> bool {
        self.thread().is_none_or(task::is_exiting)
    }

    pub fn priority_or(&self, otherwise: u8) -> u8 {
        self.thread().map_or(otherwise, sched::effective_priority)
    }

    pub fn has_priority(&self, level: u8) -> bool {
        self.priority_or(level) == level
    }

    pub fn release(&mut self) {
        self.thread = None;
    }

    pub fn is_current(&self) -> bool {
        self.thread()
            .is_some_and(|thread| thread.key == task::current_thread_key())
    }

    pub fn thread(&self) -> Option<&Task> {
        self.thread.as_deref()
    }

    pub fn sleeper(&self) -> Option<ARef<Task>> {
        self.thread.clone()
    }

    pub fn rearm(&self) {
        self.called.store(0, Relaxed);
    }

    pub fn call(&self) {
        self.called.store(1, Release);
    }

    pub fn wake(&self) {
        if let Some(thread) = self.thread() {
            wake(thread);
        }
    }

    pub fn hand_over(&self, _placement: Placement) {
        self.wake();
    }

    pub fn unpark(&self) -> Option<ARef<Task>> {
        let thread = self.thread.clone();
        self.called.store(1, Release);
        thread
    }

    pub fn is_called(&self) -> bool {
        self.called.load(Acquire) != 0
    }

    pub fn park(&self, until: Until, alarm: Option<&Alarm>) -> Woke {
        let (state, signals) = match until {
            Until::Signal => (INTERRUPTIBLE, true),
            Until::FatalSignal => (KILLABLE, false),
        };
        let current = task::current_thread();
        loop {
            set_current_state(&current, state);
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
                current.state.store(RUNNING, Ordering::Relaxed);
                return woke;
            }
            current.schedule();
        }
    }
}

fn set_current_state(current: &Task, state: u8) {
    current.state.store(state, Ordering::Relaxed);
    fence(Ordering::SeqCst);
}

/// Of no matter to those who take turns in any order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    Free,
    WithWaker,
}

pub fn wake(thread: &Task) {
    thread.wake_up();
}
