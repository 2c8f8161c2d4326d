// SPDX-License-Identifier: GPL-2.0-only

//! The least that a round trip can cost: two threads that wake each other and sleep, by the means
//! that messages use, and nothing else. For benchmarks; off unless the module's parameter `bench`
//! says otherwise.
//!
//! Lock: `Floor::offered`, a leaf.

use crate::sys::wait::{
    Parker,
    Until,
    Woke, //
};
use kernel::{
    prelude::*,
    sync::{
        new_spinlock,
        Arc,
        SetOnce,
        SpinLock, //
    }, //
};

/// Two threads.
struct Pair {
    seats: [SetOnce<Parker>; 2],
}

/// One of the two, for the session of the thread.
pub(crate) struct Seat {
    pair: Arc<Pair>,
    number: usize,
}

/// Where the two threads of a pair find each other.
#[pin_data]
pub(crate) struct Floor {
    enabled: bool,
    #[pin]
    offered: SpinLock<Option<Arc<Pair>>>,
}

impl Floor {
    /// No pair; with `enabled` there can be some.
    pub(crate) fn new(enabled: bool) -> impl PinInit<Self> {
        pin_init!(Self {
            enabled,
            offered <- new_spinlock!(None, "Floor::offered"),
        })
    }

    /// Whether there can be pairs.
    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Gives the calling thread seat 0 of a new pair, or seat 1 of the pair that was offered last.
    ///
    /// Fails with `EINVAL` for another seat, with `ESRCH` if none was offered, and with `ENOMEM`.
    pub(crate) fn sit(&self, number: u32) -> Result<Seat> {
        let pair = match number {
            0 => {
                let pair = Arc::new(
                    Pair {
                        seats: [SetOnce::new(), SetOnce::new()],
                    },
                    GFP_KERNEL_ACCOUNT,
                )?;
                let before = self.offered.lock().replace(pair.clone());
                drop(before);
                pair
            }
            1 => self.offered.lock().take().ok_or(ESRCH)?,
            _ => return Err(EINVAL),
        };
        let number = number as usize;
        if let Some(seat) = pair.seats.get(number) {
            seat.populate(Parker::current());
        }
        Ok(Seat { pair, number })
    }
}

impl Seat {
    /// Wakes the other thread, then sleeps until that one wakes this one; either half can be left
    /// out.
    ///
    /// Fails with `EPERM` for a thread that does not sit here, with `ESRCH` if nobody sits on the
    /// other seat, and with `EINTR` if a signal comes first.
    pub(crate) fn switch(&self, wake: bool, sleep: bool) -> Result {
        let seat = |number: usize| self.pair.seats.get(number)?.as_ref();
        let own = seat(self.number).ok_or(ESRCH)?;
        if !own.is_current() {
            return Err(EPERM);
        }
        if wake {
            let other = seat(self.number ^ 1).ok_or(ESRCH)?;
            other.call();
            other.wake();
        }
        if sleep {
            match own.park(Until::Signal, None) {
                // Nobody calls again before this thread has called the other one.
                Woke::Called => own.rearm(),
                Woke::Signalled | Woke::TimedOut => return Err(EINTR),
            }
        }
        Ok(())
    }
}
