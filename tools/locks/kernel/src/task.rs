// SPDX-License-Identifier: GPL-2.0-only

//! Threads: how they sleep, are woken, signalled and scheduled.

use loom::sync::atomic::{fence, AtomicBool, AtomicU32, AtomicU8, Ordering};
use loom::sync::{Condvar, Mutex};

/// What the scheduler and others know of a thread.
pub struct Task {
    pub key: usize,
    /// `__state`: whether it sleeps, or is about to.
    pub state: AtomicU8,
    run_queue: Mutex<()>,
    runs: Condvar,
    pub signalled: AtomicBool,
    pub dying: AtomicBool,
    pub nudged: AtomicBool,
    /// Its policy and priority, in the scheduler's own way of writing it.
    pub scheduling: AtomicU32,
}

pub const RUNNING: u8 = 0;
pub const INTERRUPTIBLE: u8 = 1;
pub const KILLABLE: u8 = 2;

impl Task {
    pub fn new(key: usize) -> Self {
        Self {
            key,
            state: AtomicU8::new(RUNNING),
            run_queue: Mutex::new(()),
            runs: Condvar::new(),
            signalled: AtomicBool::new(false),
            dying: AtomicBool::new(false),
            nudged: AtomicBool::new(false),
            scheduling: AtomicU32::new(0),
        }
    }

    /// `wake_up_process()`: a full barrier, then a look at the state.
    pub fn wake_up(&self) {
        fence(Ordering::SeqCst);
        let _queue = self.run_queue.lock().expect("nobody panics in a lock");
        if self.state.load(Ordering::Relaxed) != RUNNING {
            self.state.store(RUNNING, Ordering::Relaxed);
            self.runs.notify_one();
        }
    }

    /// `schedule()`, by the thread itself: returns when its state says that it runs.
    pub fn schedule(&self) {
        let mut queue = self.run_queue.lock().expect("nobody panics in a lock");
        while self.state.load(Ordering::Relaxed) != RUNNING {
            queue = self.runs.wait(queue).expect("nobody panics in a lock");
        }
    }

    /// `signal_wake_up()`: the flag, then the thread, if it sleeps that lightly.
    pub fn signal(&self, fatal: bool) {
        self.dying.store(fatal, Ordering::Relaxed);
        self.signalled.store(true, Ordering::Release);
        fence(Ordering::SeqCst);
        let _queue = self.run_queue.lock().expect("nobody panics in a lock");
        let state = self.state.load(Ordering::Relaxed);
        if state == INTERRUPTIBLE || fatal && state == KILLABLE {
            self.state.store(RUNNING, Ordering::Relaxed);
            self.runs.notify_one();
        }
    }
}
