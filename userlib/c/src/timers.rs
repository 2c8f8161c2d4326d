// SPDX-License-Identifier: MIT OR Apache-2.0

//! The timers of the process, by the small numbers that QNX gives them: those of the kernel module, which deliver
//! pulses, and those of the system, which do the ordinary kinds.
//!
//! A table of atomics, since timers may be set from signal handlers.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{
    AtomicI32, AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use qipc::raw::call_plain;
use qipc_sys as sys;
use rustix::io::Errno;

use crate::event::SigEvent;

/// Timers that a process can have.
const SLOTS: usize = 1024;

const FREE: u32 = 0;
const TAKEN: u32 = 1;
/// One of the system; the number is a `timer_t` of the C library.
const SYSTEM: u32 = 2;
/// One of the module, of the session in which it was made.
const MODULE: u32 = 3;

/// Where a timer's number leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Timer {
    System(usize),
    Module(i32),
}

struct Slot {
    state: AtomicU32,
    number: AtomicUsize,
    /// Which session of the process it was made in: those of a parent mean nothing to its child.
    epoch: AtomicU32,
    clock: AtomicI32,
    event: [AtomicU64; 4],
    /// What it was set to last.
    set: [AtomicU64; 2],
    flags: AtomicU32,
}

impl Slot {
    const fn empty() -> Self {
        Self {
            state: AtomicU32::new(FREE),
            number: AtomicUsize::new(0),
            epoch: AtomicU32::new(0),
            clock: AtomicI32::new(0),
            event: [const { AtomicU64::new(0) }; 4],
            set: [const { AtomicU64::new(0) }; 2],
            flags: AtomicU32::new(0),
        }
    }
}

static TABLE: [Slot; SLOTS] = [const { Slot::empty() }; SLOTS];

/// A number that is not a timer yet; given back unless it becomes one.
pub(crate) struct Reserved(usize);

/// Takes the lowest free number; `EAGAIN` if there are too many timers.
pub(crate) fn reserve() -> Result<Reserved, Errno> {
    TABLE
        .iter()
        .position(|slot| {
            slot.state
                .compare_exchange(FREE, TAKEN, AcqRel, Relaxed)
                .is_ok()
        })
        .map(Reserved)
        .ok_or(Errno::AGAIN)
}

impl Reserved {
    /// Makes the number that of `timer`; numbers start at 1.
    pub(crate) fn fill(self, timer: Timer, epoch: u32, clock: i32, event: &SigEvent) -> i32 {
        let index = self.0;
        std::mem::forget(self);
        let slot = &TABLE[index];
        let (state, number) = match timer {
            Timer::System(number) => (SYSTEM, number),
            Timer::Module(number) => (MODULE, number as usize),
        };
        slot.number.store(number, Relaxed);
        slot.epoch.store(epoch, Relaxed);
        slot.clock.store(clock, Relaxed);
        for (word, value) in slot.event.iter().zip(event.words()) {
            word.store(value, Relaxed);
        }
        slot.set.iter().for_each(|word| word.store(0, Relaxed));
        slot.flags.store(0, Relaxed);
        slot.state.store(state, Release);
        index as i32 + 1
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        TABLE[self.0].state.store(FREE, Release);
    }
}

fn slot(id: i32) -> Result<&'static Slot, Errno> {
    let index = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
    index.and_then(|i| TABLE.get(i)).ok_or(Errno::INVAL)
}

/// The timer of this number in this session; `EINVAL`.
pub(crate) fn find(id: i32, epoch: u32) -> Result<Timer, Errno> {
    let slot = slot(id)?;
    let state = slot.state.load(Acquire);
    let number = slot.number.load(Relaxed);
    match state {
        SYSTEM => Ok(Timer::System(number)),
        MODULE if slot.epoch.load(Relaxed) == epoch => Ok(Timer::Module(number as i32)),
        _ => Err(Errno::INVAL),
    }
}

/// Takes the timer of this number out of the table; whoever does deletes it.
pub(crate) fn remove(id: i32, epoch: u32) -> Result<Timer, Errno> {
    let timer = find(id, epoch)?;
    let state = match timer {
        Timer::System(_) => SYSTEM,
        Timer::Module(_) => MODULE,
    };
    slot(id)?
        .state
        .compare_exchange(state, FREE, AcqRel, Relaxed)
        .map(|_| timer)
        .map_err(|_| Errno::INVAL)
}

/// The lowest number from `id` on that is a timer's.
pub(crate) fn next(id: i32, epoch: u32) -> Result<i32, Errno> {
    (id.max(1)..=SLOTS as i32)
        .find(|id| find(*id, epoch).is_ok())
        .ok_or(Errno::INVAL)
}

/// What `TimerInfo` tells beside the time that is left.
pub(crate) struct About {
    pub(crate) clock: i32,
    pub(crate) event: SigEvent,
    pub(crate) set: [u64; 2],
    pub(crate) is_absolute: bool,
}

/// What is known of a timer.
pub(crate) fn about(id: i32) -> Result<About, Errno> {
    let slot = slot(id)?;
    let word = |i: usize| slot.event[i].load(Relaxed);
    Ok(About {
        clock: slot.clock.load(Relaxed),
        event: SigEvent::from_words([word(0), word(1), word(2), word(3)]),
        set: [slot.set[0].load(Relaxed), slot.set[1].load(Relaxed)],
        is_absolute: slot.flags.load(Relaxed) != 0,
    })
}

/// Notes what a timer was set to.
pub(crate) fn note(id: i32, value: u64, interval: u64, is_absolute: bool) {
    if let Ok(slot) = slot(id) {
        slot.set[0].store(value, Relaxed);
        slot.set[1].store(interval, Relaxed);
        slot.flags.store(is_absolute.into(), Relaxed);
    }
}

/// Makes a timer of the module.
pub(crate) fn create(
    session: BorrowedFd<'_>,
    clock: i32,
    event: sys::qipc_event,
) -> Result<i32, Errno> {
    let mut argument = sys::qipc_timer_create {
        clock,
        event,
        ..Default::default()
    };
    call_plain(session, sys::QIPC_TIMER_CREATE, &mut argument).map_err(qipc::Error::errno)?;
    Ok(argument.timer)
}

/// Sets a timer of the module; returns the time that was left, and its interval.
pub(crate) fn set(
    session: BorrowedFd<'_>,
    timer: i32,
    is_absolute: bool,
    value: u64,
    interval: u64,
) -> Result<[u64; 2], Errno> {
    let mut argument = sys::qipc_timer_settime {
        timer,
        flags: if is_absolute {
            sys::QIPC_TIME_ABSOLUTE
        } else {
            0
        },
        value,
        interval,
        ..Default::default()
    };
    call_plain(session, sys::QIPC_TIMER_SETTIME, &mut argument).map_err(qipc::Error::errno)?;
    Ok([argument.old_value, argument.old_interval])
}

/// What a timer of the module is at.
pub(crate) fn get(session: BorrowedFd<'_>, timer: i32) -> Result<sys::qipc_timer_gettime, Errno> {
    let mut argument = sys::qipc_timer_gettime {
        timer,
        ..Default::default()
    };
    call_plain(session, sys::QIPC_TIMER_GETTIME, &mut argument).map_err(qipc::Error::errno)?;
    Ok(argument)
}

/// Deletes a timer of the module.
pub(crate) fn delete(session: BorrowedFd<'_>, timer: i32) -> Result<(), Errno> {
    let mut argument = sys::qipc_timer_delete {
        timer,
        ..Default::default()
    };
    call_plain(session, sys::QIPC_TIMER_DELETE, &mut argument)
        .map(drop)
        .map_err(qipc::Error::errno)
}

#[cfg(test)]
mod tests {
    use super::*;

    // One test, since all share the table.
    #[test]
    fn numbers_are_the_lowest_free_ones_from_1() {
        let event = SigEvent::default();
        let make = |timer| reserve().map(|r| r.fill(timer, 7, 1, &event));
        assert_eq!(make(Timer::Module(0)), Ok(1));
        assert_eq!(make(Timer::System(usize::MAX)), Ok(2));
        drop(reserve());
        assert_eq!(make(Timer::Module(3)), Ok(3));
        assert_eq!(find(1, 7), Ok(Timer::Module(0)));
        assert_eq!(find(2, 7), Ok(Timer::System(usize::MAX)));
        assert_eq!(find(1, 8), Err(Errno::INVAL));
        assert_eq!(find(2, 8), Ok(Timer::System(usize::MAX)));
        assert_eq!(next(1, 8), Ok(2));
        assert_eq!(next(3, 8), Err(Errno::INVAL));
        assert_eq!(find(0, 7), Err(Errno::INVAL));
        assert_eq!(find(-1, 7), Err(Errno::INVAL));
        assert_eq!(find(4, 7), Err(Errno::INVAL));
        assert_eq!(find(i32::MAX, 7), Err(Errno::INVAL));
        note(3, 5, 6, true);
        assert_eq!(about(3).map(|about| about.set), Ok([5, 6]));
        assert_eq!(remove(1, 7), Ok(Timer::Module(0)));
        assert_eq!(remove(1, 7), Err(Errno::INVAL));
        assert_eq!(make(Timer::Module(9)), Ok(1));
        let all: Vec<_> = std::iter::from_fn(|| reserve().ok()).collect();
        assert_eq!(all.len(), SLOTS - 3);
        assert_eq!(reserve().err(), Some(Errno::AGAIN));
    }
}
