// SPDX-License-Identifier: MIT OR Apache-2.0

//! `TimerTimeout`: what is armed for the next call of the calling thread.
//!
//! The state is a cell of the thread, without a destructor: any call may come from a signal handler.

use std::cell::Cell;

use qipc_sys as sys;
use rustix::io::Errno;
use rustix::time::{clock_gettime, ClockId};

/// One bit for each state, `1 << STATE_*`.
pub(crate) const STATES: u32 = (1 << 24) - 16;
/// `_NTO_TIMEOUT_NANOSLEEP`.
pub(crate) const NANOSLEEP: u32 = 1 << 12;
/// `TIMER_ABSTIME` of Linux, and QNX's.
pub(crate) const ABSOLUTE: u32 = 1 | (1 << 31);
/// `_NTO_TIMEOUT_ACTIVE`, `_NTO_TIMEOUT_IMMEDIATE`: only reported by QNX.
const REPORTED: u32 = 3 << 24;

/// A timeout, from `TimerTimeout` to the next call.
#[derive(Clone, Copy, Default)]
pub(crate) struct Armed {
    /// Which states it holds in.
    pub(crate) states: u32,
    pub(crate) clock: i32,
    /// Time of the clock at which it ends the call; 0 is at once.
    pub(crate) deadline: u64,
    /// What happens then, if it is something else than the end of the call.
    pub(crate) event: Option<sys::qipc_event>,
}

thread_local! {
    static ARMED: Cell<Option<Armed>> = const { Cell::new(None) };
}

/// Disarms, and returns what was armed.
pub(crate) fn take() -> Option<Armed> {
    ARMED.try_with(Cell::take).ok().flatten()
}

/// Arms for the next call; returns the states of what was armed before.
pub(crate) fn arm(armed: Armed) -> u32 {
    let before = take().map_or(0, |before| before.states);
    if armed.states != 0 {
        let _ = ARMED.try_with(|cell| cell.set(Some(armed)));
    }
    before
}

/// Checks flags, clock and time of a `TimerTimeout` call; a time from now becomes one of the monotonic clock, which
/// runs on however somebody sets the others. `None` is at once.
pub(crate) fn deadline(clock: i32, flags: u32, time: Option<u64>) -> Result<Armed, Errno> {
    const REALTIME: i32 = ClockId::Realtime as i32;
    const MONOTONIC: i32 = ClockId::Monotonic as i32;
    const BOOTTIME: i32 = ClockId::Boottime as i32;
    if flags & !(STATES | ABSOLUTE | REPORTED) != 0
        || !matches!(clock, REALTIME | MONOTONIC | BOOTTIME)
    {
        return Err(Errno::INVAL);
    }
    let mut armed = Armed {
        states: flags & STATES,
        clock,
        ..Armed::default()
    };
    match time {
        None => {}
        Some(time) if flags & ABSOLUTE != 0 => armed.deadline = time,
        Some(time) => {
            armed.clock = MONOTONIC;
            // A time of nothing is at once, and no time is longer than the kernel's.
            if time > 0 {
                armed.deadline = now().saturating_add(time).min(i64::MAX as u64);
            }
        }
    }
    Ok(armed)
}

/// Nanoseconds of the monotonic clock.
pub(crate) fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    (time.tv_sec as u64) * 1_000_000_000 + time.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_armed_is_for_one_call() {
        let armed = Armed {
            states: 0x20,
            ..Armed::default()
        };
        assert_eq!(arm(armed), 0);
        assert_eq!(arm(armed), 0x20);
        assert_eq!(take().map(|armed| armed.states), Some(0x20));
        assert!(take().is_none());
    }

    #[test]
    fn no_states_disarm() {
        arm(Armed {
            states: 0x10,
            ..Armed::default()
        });
        assert_eq!(arm(Armed::default()), 0x10);
        assert!(take().is_none());
    }

    #[test]
    fn times_from_now_are_of_the_monotonic_clock() {
        let before = now();
        let armed = deadline(0, 0x20, Some(1_000)).unwrap_or_default();
        assert_eq!((armed.clock, armed.states), (1, 0x20));
        assert!(armed.deadline >= before + 1_000);
        let armed = deadline(0, 0x20 | 1, Some(1_000)).unwrap_or_default();
        assert_eq!((armed.clock, armed.deadline), (0, 1_000));
        let armed = deadline(7, 0x20 | (1 << 31), Some(5)).unwrap_or_default();
        assert_eq!((armed.clock, armed.deadline), (7, 5));
        let armed = deadline(0, 0x20, None).unwrap_or_default();
        assert_eq!(armed.deadline, 0);
        let armed = deadline(0, 0x20, Some(u64::MAX)).unwrap_or_default();
        assert_eq!(armed.deadline, i64::MAX as u64);
    }

    #[test]
    fn other_flags_and_clocks_are_refused() {
        assert_eq!(deadline(2, 0, None).err(), Some(Errno::INVAL));
        assert_eq!(deadline(0, 2, None).err(), Some(Errno::INVAL));
        assert_eq!(deadline(0, 1 << 30, None).err(), Some(Errno::INVAL));
    }
}
