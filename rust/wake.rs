// SPDX-License-Identifier: GPL-2.0-only

//! Wake-ups that are decided under a lock and made after it, and what goes with them: a thread that
//! is called at a higher priority than its own has to have it before it runs.

use crate::perturb;
use crate::priority::{
    self,
    Server,
    Station, //
};
use crate::sys::{
    poll::PollQueue,
    wait, //
};
use kernel::{
    sync::{
        aref::ARef,
        Arc, //
    },
    task::Task, //
};

/// Those that one step of one message may wake or raise: a client, a receiver, the pollers, and the
/// server threads.
///
/// Wakes them when dropped, so it has to be declared before the guard of the lock, and then dies
/// after it.
#[must_use = "declare before the lock is taken"]
pub(crate) struct WakeSet<'a> {
    threads: [Option<ARef<Task>>; 2],
    servers: [Option<Arc<Server>>; 2],
    pollers: &'a PollQueue,
    notify: bool,
    station: &'a dyn Station,
    level: u8,
}

impl<'a> WakeSet<'a> {
    /// Nobody yet; `pollers` and `station` are the ones that [`WakeSet::notify_pollers`] and
    /// [`WakeSet::raise_all`] mean.
    pub(crate) fn new(pollers: &'a PollQueue, station: &'a dyn Station) -> Self {
        Self {
            threads: [None, None],
            servers: [None, None],
            pollers,
            notify: false,
            station,
            level: 0,
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

    /// Adds a server thread with a new wish. It is given to the scheduler at once if there is no
    /// room for it.
    pub(crate) fn apply(&mut self, server: &Arc<Server>) {
        match self.servers.iter_mut().find(|slot| slot.is_none()) {
            Some(slot) => *slot = Some(server.clone()),
            None => server.apply(),
        }
    }

    /// Has all threads of the station raised to a priority.
    pub(crate) fn raise_all(&mut self, level: u8) {
        self.level = self.level.max(level);
    }

    /// Adds the pollers.
    pub(crate) fn notify_pollers(&mut self) {
        self.notify = true;
    }
}

impl Drop for WakeSet<'_> {
    fn drop(&mut self) {
        // Not always without a lock.
        perturb::spin("wake");
        for server in self.servers.iter().flatten() {
            server.apply();
        }
        if self.level > 0 {
            priority::raise(self.station, self.level);
        }
        for thread in self.threads.iter().flatten() {
            wait::wake(thread);
        }
        if self.notify {
            self.pollers.notify();
        }
    }
}
