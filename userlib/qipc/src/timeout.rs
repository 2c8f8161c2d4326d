// SPDX-License-Identifier: MIT OR Apache-2.0

//! Clocks, and how long a call may block.

use std::time::Duration;

use bitflags::bitflags;
use qipc_sys as sys;

use crate::event::Event;

/// A clock that timeouts and timers go by. Each has a resolution of nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Clock {
    /// `CLOCK_MONOTONIC`: the time since the start of the system, without the time that it slept.
    #[default]
    Monotonic,
    /// `CLOCK_REALTIME`: the time of day, which can be set.
    Realtime,
    /// `CLOCK_BOOTTIME`: the time since the start of the system.
    Boottime,
}

impl Clock {
    /// Linux's number of the clock.
    pub(crate) fn number(self) -> i32 {
        match self {
            Self::Realtime => 0,
            Self::Monotonic => 1,
            Self::Boottime => 7,
        }
    }
}

bitflags! {
    /// States of a blocked thread. QNX `_NTO_TIMEOUT_SEND` and so on, with its values.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct States: u32 {
        /// A message that no server has received yet.
        const SEND = sys::QIPC_TIMEOUT_SEND;
        /// A server that waits for a message.
        const RECEIVE = sys::QIPC_TIMEOUT_RECEIVE;
        /// A message that a server has received and not answered.
        const REPLY = sys::QIPC_TIMEOUT_REPLY;
    }
}

/// How long a call may block, and in which states. QNX `TimerTimeout`, without its trap: it belongs to the one call
/// that it is given to.
///
/// A call that runs out of time fails with [`TimedOut`](crate::Error::TimedOut). One deadline holds for the whole call: a
/// send that waits for a receiver first has what is left of it to wait for the answer.
///
/// ```
/// use std::time::Duration;
/// use qipc::{States, Timeout};
///
/// // Give up if no server takes the message within 10 ms, but let the server work on it as long as it likes.
/// let timeout = Timeout::after(Duration::from_millis(10)).only(States::SEND);
/// # let _ = timeout;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Timeout<'a> {
    time: u64,
    absolute: bool,
    clock: Clock,
    states: States,
    event: Option<Event<'a>>,
}

impl<'a> Timeout<'a> {
    /// The call does not block at all. QNX: `ntime` of `NULL`.
    pub const NOW: Self = Self {
        time: 0,
        absolute: false,
        clock: Clock::Monotonic,
        states: States::all(),
        event: None,
    };

    /// A time from the beginning of the call, of the monotonic clock.
    #[must_use]
    pub fn after(time: Duration) -> Self {
        Self {
            time: nanoseconds(time),
            ..Self::NOW
        }
    }

    /// A point in time, counted from the zero of the clock; one that has passed is [`NOW`](Self::NOW). QNX
    /// `TIMER_ABSTIME`.
    #[must_use]
    pub fn at(clock: Clock, time: Duration) -> Self {
        Self {
            time: nanoseconds(time),
            absolute: true,
            clock,
            ..Self::NOW
        }
    }

    /// Goes by another clock.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Holds in these states only; in others the call waits on.
    #[must_use]
    pub fn only(self, states: States) -> Self {
        Self { states, ..self }
    }

    /// Has `event` happen at that time. The call goes on waiting, unless it is [`Event::Unblock`].
    #[must_use]
    pub fn event(self, event: Event<'a>) -> Self {
        Self {
            event: Some(event),
            ..self
        }
    }

    /// The states out of `possible` that the timeout holds in; without one it has no effect.
    pub(crate) fn states_of(&self, possible: States) -> States {
        self.states & possible
    }

    /// The event, if there is one beside the default.
    pub(crate) fn event_raw(&self) -> Option<sys::qipc_event> {
        self.event.map(Event::to_raw)
    }

    /// The kernel's structure for these states; `event` is the address of [`event_raw`](Self::event_raw), or 0.
    pub(crate) fn to_raw(self, states: States, event: u64) -> sys::qipc_timeout {
        sys::qipc_timeout {
            states: states.bits(),
            flags: if self.absolute {
                sys::QIPC_TIME_ABSOLUTE
            } else {
                0
            },
            clock: self.clock.number(),
            reserved: 0,
            time: self.time,
            event,
        }
    }
}

impl From<Duration> for Timeout<'_> {
    fn from(time: Duration) -> Self {
        Self::after(time)
    }
}

/// As the kernel counts time. What is longer than 292 years is as good as for ever.
pub(crate) fn nanoseconds(time: Duration) -> u64 {
    const LONGEST: u64 = i64::MAX as u64;
    u64::try_from(time.as_nanos()).map_or(LONGEST, |ns| ns.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn clocks_have_the_numbers_of_linux() {
        assert_eq!(Clock::Realtime.number(), 0);
        assert_eq!(Clock::Monotonic.number(), 1);
        assert_eq!(Clock::Boottime.number(), 7);
    }

    #[test]
    fn a_timeout_says_what_it_was_made_of() {
        let raw = Timeout::after(Duration::from_micros(3)).to_raw(States::SEND, 0);
        assert_eq!((raw.states, raw.flags, raw.clock), (0x10, 0, 1));
        assert_eq!((raw.time, raw.event), (3000, 0));
        let raw = Timeout::at(Clock::Realtime, Duration::from_secs(1)).to_raw(States::REPLY, 5);
        assert_eq!((raw.states, raw.flags, raw.clock), (0x40, 1, 0));
        assert_eq!((raw.time, raw.event), (1_000_000_000, 5));
        let raw = Timeout::NOW
            .clock(Clock::Boottime)
            .to_raw(States::empty(), 0);
        assert_eq!((raw.time, raw.clock), (0, 7));
    }

    proptest! {
        #[test]
        fn a_timeout_is_read_as_it_was_written(
            seconds in any::<u64>(),
            part in 0..1_000_000_000u32,
            clock in prop::sample::select(vec![Clock::Realtime, Clock::Monotonic, Clock::Boottime]),
            absolute in any::<bool>(),
            states in 0..8u32,
            event in any::<u64>(),
        ) {
            let states = States::from_bits_truncate(states << 4);
            let time = Duration::new(seconds, part);
            let timeout = match absolute {
                true => Timeout::at(clock, time),
                false => Timeout::after(time).clock(clock),
            };
            let raw = timeout.to_raw(states, event);
            let wide = u128::from(seconds) * 1_000_000_000 + u128::from(part);
            prop_assert_eq!(u128::from(raw.time), wide.min(i64::MAX as u128));
            prop_assert_eq!((raw.flags, raw.clock), (u32::from(absolute), clock.number()));
            prop_assert_eq!((raw.states, raw.event, raw.reserved), (states.bits(), event, 0));
        }
    }

    #[test]
    fn a_timeout_keeps_to_the_states_of_the_call() {
        let timeout = Timeout::NOW.only(States::SEND | States::RECEIVE);
        assert_eq!(timeout.states_of(States::RECEIVE), States::RECEIVE);
        assert_eq!(timeout.states_of(States::REPLY), States::empty());
    }

    #[test]
    fn only_an_event_that_was_given_is_passed_on() {
        assert!(Timeout::NOW.event_raw().is_none());
        let raw = Timeout::NOW.event(Event::pulse(1, 2, 3)).event_raw();
        assert_eq!(raw.map(|event| event.code), Some(2));
    }

    #[test]
    fn a_time_that_is_too_long_is_the_longest() {
        assert_eq!(nanoseconds(Duration::MAX), i64::MAX as u64);
        assert_eq!(nanoseconds(Duration::from_nanos(u64::MAX)), i64::MAX as u64);
        assert_eq!(nanoseconds(Duration::ZERO), 0);
    }
}
