// SPDX-License-Identifier: GPL-2.0-only

//! Wake-ups that are decided under a lock and made after it.

use crate::sys::{
    poll::PollQueue,
    wait, //
};
use kernel::{
    sync::aref::ARef,
    task::Task, //
};

/// Those that one step of one message may wake: a client, a receiver, and the pollers.
///
/// Wakes them when dropped, so it has to be declared before the guard of the lock, and then dies
/// after it.
#[must_use = "declare before the lock is taken"]
pub(crate) struct WakeSet<'a> {
    threads: [Option<ARef<Task>>; 2],
    pollers: &'a PollQueue,
    notify: bool,
}

impl<'a> WakeSet<'a> {
    /// Nobody yet; `pollers` are the ones that [`WakeSet::notify_pollers`] means.
    pub(crate) fn new(pollers: &'a PollQueue) -> Self {
        Self {
            threads: [None, None],
            pollers,
            notify: false,
        }
    }

    /// Adds a thread, if there is one. It is woken at once if there is no room for it.
    pub(crate) fn add(&mut self, thread: Option<ARef<Task>>) {
        let Some(thread) = thread else {
            return;
        };
        match self.threads.iter_mut().find(|slot| slot.is_none()) {
            Some(slot) => *slot = Some(thread),
            None => wait::wake(&thread),
        }
    }

    /// Adds the pollers.
    pub(crate) fn notify_pollers(&mut self) {
        self.notify = true;
    }
}

impl Drop for WakeSet<'_> {
    fn drop(&mut self) {
        for thread in self.threads.iter().flatten() {
            wait::wake(thread);
        }
        if self.notify {
            self.pollers.notify();
        }
    }
}
