// SPDX-License-Identifier: GPL-2.0-only

//! How threads are scheduled: a number that the scheduler keeps.

use crate::base::priority::Scheduling;
use kernel::prelude::*;
use kernel::task::Task;
use loom::sync::atomic::Ordering;

#[derive(Clone, Copy)]
pub struct Own {
    pub scheduling: Scheduling,
}

impl Own {
    pub fn of(_: &Task, scheduling: Scheduling) -> Self {
        Self { scheduling }
    }
}

pub fn scheduling(task: &Task) -> Scheduling {
    match task.scheduling.load(Ordering::Relaxed) {
        0 => Scheduling::Shared(0),
        level => Scheduling::RealTime {
            fifo: true,
            level: level as u8,
        },
    }
}

pub fn code(task: &Task) -> u32 {
    scheduling(task).code()
}

pub fn is_real_time() -> bool {
    scheduling(&crate::sys::task::current_thread()).level() > 0
}

pub fn change(task: &Task, _: Scheduling, wanted: Scheduling, _: &Own) -> Result {
    task.scheduling
        .store(wanted.level().into(), Ordering::Relaxed);
    Ok(())
}

pub fn effective_priority(task: &Task) -> u8 {
    scheduling(task).level()
}

#[derive(Clone, PartialEq, Eq)]
pub struct Processors;

impl Processors {
    pub fn of(_: &Task) -> Result<KBox<Self>> {
        Ok(KBox::new(Self))
    }

    pub fn assign(&mut self, _: &Task) {}

    pub fn confine(&self, _: &Task) -> Result {
        Ok(())
    }
}
