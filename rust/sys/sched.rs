// SPDX-License-Identifier: GPL-2.0-only

//! How threads are scheduled, and where: policies, priorities, processors.
//!
//! Nothing here checks a right; who may change what is decided above. Priorities are changed
//! without sleeping and may be changed under a spinlock, with one exception that is checked for:
//! a thread with a deadline is left alone. (If somebody makes it one just between the check and
//! the change, the kernel takes a mutex. That is a matter of nanoseconds, it takes
//! `CAP_SYS_NICE`, and at worst the kernel complains about it.)

use crate::base::priority::Scheduling;
use kernel::{
    bindings,
    error::to_result,
    ffi,
    prelude::*,
    task::Task, //
};

use super::{
    calls::{
        self,
        SchedAttr,
        CPU_WORDS, //
    },
    foreign::{
        field,
        structure,
        Foreign, //
    }, //
};

/// `SETPARAM_POLICY` of kernel/sched/syscalls.c: the policy, and what children get of it, stay.
const SAME_POLICY: u32 = u32::MAX;
/// `SCHED_FLAG_RESET_ON_FORK`: children start with the default policy.
const RESET_ON_FORK: u64 = 1;
/// `NICE_TO_PRIO(0)`.
const NICE_0: i32 = 120;
/// How often a thread is looked at that is just being changed.
const TRIES: usize = 8;

/// What a thread that has been lifted gets back when it is not real time by itself.
#[derive(Clone, Copy)]
pub(crate) struct Own {
    /// Its policy and priority.
    pub(crate) scheduling: Scheduling,
    reset_on_fork: bool,
    /// The slice that it has asked for, 0 if it has not.
    slice: u64,
}

impl Own {
    /// What `task` is, if nobody has changed it.
    pub(crate) fn of(task: &Task, scheduling: Scheduling) -> Self {
        // SAFETY: The task is valid; a bit is read that may change at any time.
        let reset = unsafe { bindings::task_struct::sched_reset_on_fork_raw(task.as_ptr()) };
        let entity = structure(task).part(field!(bindings::task_struct, se));
        let custom = entity.part(field!(bindings::sched_entity, custom_slice));
        let slice = entity.part(field!(bindings::sched_entity, slice));
        Self {
            scheduling,
            reset_on_fork: reset != 0,
            slice: if custom.read() == 0 { 0 } else { slice.read() },
        }
    }
}

fn policy(task: &Task) -> u32 {
    structure(task)
        .part(field!(bindings::task_struct, policy))
        .read()
}

/// How a thread is scheduled, mutexes with priority inheritance left aside.
pub(crate) fn scheduling(task: &Task) -> Scheduling {
    let priority = structure(task).part(field!(bindings::task_struct, rt_priority));
    let mut found = Scheduling::Shared(bindings::SCHED_NORMAL);
    for _ in 0..TRIES {
        let policy = policy(task);
        let level = u8::try_from(priority.read()).unwrap_or(0);
        found = match policy {
            bindings::SCHED_DEADLINE => Scheduling::Deadline,
            bindings::SCHED_FIFO | bindings::SCHED_RR => Scheduling::RealTime {
                fifo: policy == bindings::SCHED_FIFO,
                level,
            },
            other => Scheduling::Shared(other),
        };
        // The two words are written one after the other. Real-time policies and no others have a
        // priority.
        if (level > 0) == matches!(found, Scheduling::RealTime { .. }) {
            break;
        }
    }
    found
}

/// [`Scheduling::code`] of that, at first sight: what is just being changed may look like something
/// else.
#[inline]
pub(crate) fn code(task: &Task) -> u32 {
    let task = structure(task);
    let policy = task.part(field!(bindings::task_struct, policy)).read();
    let level = task.part(field!(bindings::task_struct, rt_priority)).read();
    policy << 8 | level
}

/// Whether the caller has a real-time policy.
pub(crate) fn is_real_time() -> bool {
    let policy = policy(kernel::current!());
    matches!(policy, bindings::SCHED_FIFO | bindings::SCHED_RR)
}

/// Schedules a thread that was `now` as `wanted` says; `own` is what it goes back to if that is no
/// real-time policy. Does not sleep, but takes locks of the scheduler.
///
/// Fails with `EINVAL` if the thread has changed meanwhile, and with `EACCES` if a loaded scheduler
/// does not want it.
pub(crate) fn change(task: &Task, now: Scheduling, wanted: Scheduling, own: &Own) -> Result {
    let mut attributes = SchedAttr {
        size: size_of::<SchedAttr>() as u32,
        ..Default::default()
    };
    match (now, wanted) {
        (Scheduling::Deadline, _) | (_, Scheduling::Deadline) => return Err(EINVAL),
        (
            Scheduling::RealTime { fifo: before, .. },
            Scheduling::RealTime { fifo: after, level },
        ) if before == after => {
            attributes.policy = SAME_POLICY;
            attributes.priority = level.into();
        }
        (_, Scheduling::RealTime { fifo, level }) => {
            attributes.policy = if fifo {
                bindings::SCHED_FIFO
            } else {
                bindings::SCHED_RR
            };
            attributes.priority = level.into();
            attributes.flags = RESET_ON_FORK;
        }
        (_, Scheduling::Shared(policy)) => {
            attributes.policy = policy;
            attributes.flags = if own.reset_on_fork { RESET_ON_FORK } else { 0 };
            let prio = structure(task).part(field!(bindings::task_struct, static_prio));
            // The real-time policies leave it as it was, or as somebody has set it meanwhile.
            attributes.nice = prio.read() - NICE_0;
            attributes.runtime = own.slice;
        }
    }
    set(task, &attributes)
}

/// Makes a thread of the kernel a real-time thread.
pub(super) fn make_fifo(task: &Task, level: u8) -> Result {
    let attributes = SchedAttr {
        size: size_of::<SchedAttr>() as u32,
        policy: bindings::SCHED_FIFO,
        priority: level.into(),
        ..Default::default()
    };
    set(task, &attributes)
}

fn set(task: &Task, attributes: &SchedAttr) -> Result {
    // Interrupts are on: the module does not turn them off. Without a deadline the function takes
    // raw spinlocks only.
    to_result(calls::sched_setattr_nocheck(task, attributes))
}

/// Effective priority of a thread: 1 to 99 for real-time policies, 0 for the others.
///
/// Includes what it has inherited through a mutex (B88).
#[inline]
pub(crate) fn effective_priority(task: &Task) -> u8 {
    level_of(
        structure(task)
            .part(field!(bindings::task_struct, prio))
            .read(),
    )
}

/// Whether that is `level`.
#[inline]
pub(super) fn has_effective_priority(task: &Task, level: u8) -> bool {
    let prio = structure(task)
        .part(field!(bindings::task_struct, prio))
        .read();
    if level == 0 {
        prio >= 99
    } else {
        prio == 99 - i32::from(level) || level_of(prio) == level
    }
}

/// The same for what the kernel calls it: real-time priorities are kept as 98 (lowest) down to 0; a
/// deadline task has -1.
#[inline]
pub(super) fn level_of(prio: i32) -> u8 {
    if prio >= 99 {
        return 0;
    }
    u8::try_from((99 - prio.max(0)).clamp(0, 99)).unwrap_or(0)
}

/// A set of processors.
#[derive(PartialEq, Eq)]
pub(crate) struct Processors([ffi::c_ulong; CPU_WORDS]);

impl Processors {
    /// Those that a thread may run on.
    pub(crate) fn of(task: &Task) -> Result<KBox<Self>> {
        let mut processors = KBox::new(Self([0; CPU_WORDS]), GFP_KERNEL_ACCOUNT)?;
        processors.assign(task);
        Ok(processors)
    }

    /// Takes over those that a thread may run on.
    pub(crate) fn assign(&mut self, task: &Task) {
        let from = structure(task).part(field!(bindings::task_struct, cpus_mask.bits));
        for (index, word) in self.0.iter_mut().enumerate() {
            *word = from.at(index).map_or(0, Foreign::read);
        }
    }

    /// Lets a thread run on these and no others; may sleep.
    ///
    /// Fails with `EINVAL` if none of them is in use.
    pub(crate) fn confine(&self, task: &Task) -> Result {
        to_result(calls::set_cpus_allowed_ptr(task, &self.0))
    }
}
