// SPDX-License-Identifier: GPL-2.0-only

//! The calling thread.

use core::cell::RefCell;
use kernel::sync::aref::ARef;
use kernel::task::Task;
use loom::sync::atomic::Ordering;

loom::thread_local! {
    static CURRENT: RefCell<Option<ARef<Task>>> = RefCell::new(None);
}

/// The calling thread is this one from now on.
pub fn enter(task: &ARef<Task>) {
    CURRENT.with(|current| *current.borrow_mut() = Some(task.clone()));
}

pub fn current_thread() -> ARef<Task> {
    CURRENT.with(|current| current.borrow().clone().expect("a thread that has entered"))
}

pub fn thread_key(task: &Task) -> usize {
    task.key
}

pub fn current_thread_key() -> usize {
    current_thread().key
}

pub fn current_priority() -> u8 {
    crate::sys::sched::effective_priority(&current_thread())
}

pub fn is_dying() -> bool {
    current_thread().dying.load(Ordering::Relaxed)
}

pub fn is_signalled() -> bool {
    let current = current_thread();
    current.signalled.load(Ordering::Relaxed) || current.nudged.load(Ordering::Relaxed)
}

pub fn is_exiting(task: &Task) -> bool {
    task.dying.load(Ordering::Relaxed)
}

pub fn nudge(thread: &Task) {
    thread.nudged.store(true, Ordering::Release);
}

pub fn calm() {
    current_thread().nudged.store(false, Ordering::Relaxed);
}

/// A process, by number.
#[derive(Clone)]
pub struct Process;
