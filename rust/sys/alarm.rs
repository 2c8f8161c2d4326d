// SPDX-License-Identifier: GPL-2.0-only

//! A deadline for one sleep of the calling thread, and what time it is.

use crate::base::clock::Clock;
use core::marker::PhantomPinned;
use kernel::{
    bindings,
    prelude::*,
    types::Opaque, //
};

/// Expires at a definite time, and then wakes the thread that made it.
///
/// For the stack of that thread. The timer is a hard one, so that it also fires on time on a
/// kernel with threaded soft interrupts; all that it does is to wake one thread.
#[pin_data(PinnedDrop)]
pub(crate) struct Alarm {
    #[pin]
    sleeper: Opaque<bindings::hrtimer_sleeper>,
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
        pin_init!(Self {
            sleeper <- Opaque::ffi_init(move |slot: *mut bindings::hrtimer_sleeper| {
                // SAFETY: `slot` is valid memory that stays where it is, and the timer is
                // cancelled before it goes. The caller is the thread to be woken.
                unsafe {
                    bindings::hrtimer_setup_sleeper_on_stack(slot, clock.number(), mode);
                    bindings::hrtimer_start_range_ns(&raw mut (*slot).timer, time, 0, mode);
                }
            }),
            _pinned: PhantomPinned,
        })
    }

    /// Whether it has gone off.
    pub(crate) fn is_over(&self) -> bool {
        // SAFETY: The structure was initialised; the timer clears this one word when it expires.
        unsafe { core::ptr::read_volatile(&raw const (*self.sleeper.get()).task) }.is_null()
    }
}

#[pinned_drop]
impl PinnedDrop for Alarm {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: The timer was set up; this waits for its function if that runs now.
        unsafe { bindings::hrtimer_cancel(&raw mut (*self.sleeper.get()).timer) };
    }
}

/// What a clock shows, in nanoseconds.
pub(crate) fn now(clock: Clock) -> i64 {
    // SAFETY: Reading the time has no conditions outside of timekeeping itself.
    unsafe {
        match clock {
            Clock::Monotonic => bindings::ktime_get(),
            Clock::Realtime => bindings::ktime_get_with_offset(bindings::tk_offsets_TK_OFFS_REAL),
            Clock::Boottime => bindings::ktime_get_with_offset(bindings::tk_offsets_TK_OFFS_BOOT),
        }
    }
}
