// SPDX-License-Identifier: GPL-2.0-only

//! A deadline for one sleep of the calling thread, and what time it is.

use crate::base::clock::Clock;
use core::marker::PhantomPinned;
use kernel::{
    bindings,
    prelude::*, //
};

use super::{
    calls::{
        self,
        Ahead, //
    },
    foreign::{
        field,
        Foreign, //
    }, //
};

/// Expires at a definite time, and then wakes the thread that made it.
///
/// For the stack of that thread. The timer is a hard one, so that it also fires on time on a
/// kernel with threaded soft interrupts; all that it does is to wake one thread.
#[pin_data(PinnedDrop)]
pub(crate) struct Alarm {
    #[pin]
    sleeper: Foreign<bindings::hrtimer_sleeper>,
    #[pin]
    _pinned: PhantomPinned,
}

impl Alarm {
    /// An alarm that goes off `time` nanoseconds from now, or with `absolute` at that time.
    pub(crate) fn new(clock: Clock, time: i64, absolute: bool) -> impl PinInit<Self> {
        let mode = if absolute {
            bindings::hrtimer_mode_HRTIMER_MODE_ABS_HARD
        } else {
            bindings::hrtimer_mode_HRTIMER_MODE_REL_HARD
        };
        // SAFETY: The memory stays where it is, and the timer is cancelled before it goes. The caller
        // is the thread to be woken.
        let sleeper = unsafe {
            Foreign::init(move |slot: *mut bindings::hrtimer_sleeper| {
                bindings::hrtimer_setup_sleeper_on_stack(slot, clock.number(), mode);
                bindings::hrtimer_start_range_ns(&raw mut (*slot).timer, time, 0, mode);
            })
        };
        pin_init!(Self {
            sleeper <- sleeper,
            _pinned: PhantomPinned,
        })
    }

    /// Whether it has gone off.
    pub(crate) fn is_over(&self) -> bool {
        // The timer clears this one word when it expires.
        let task = self.sleeper.part(field!(bindings::hrtimer_sleeper, task));
        task.read().is_null()
    }
}

#[pinned_drop]
impl PinnedDrop for Alarm {
    fn drop(self: Pin<&mut Self>) {
        calls::hrtimer_cancel(self.sleeper.part(field!(bindings::hrtimer_sleeper, timer)));
    }
}

/// What a clock shows, in nanoseconds.
pub(crate) fn now(clock: Clock) -> i64 {
    match clock {
        Clock::Monotonic => calls::ktime_get(),
        Clock::Realtime => calls::ktime_get_with_offset(Ahead::Realtime),
        Clock::Boottime => calls::ktime_get_with_offset(Ahead::Boottime),
    }
}
