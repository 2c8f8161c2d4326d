// SPDX-License-Identifier: GPL-2.0-only

//! High-resolution timers whose expiries are counted in the interrupt and handled in a thread.
//!
//! The interrupt does nothing but count, and hand the timer to its worker. The worker collects
//! what was counted, and arms a periodic timer for the period that is next; periods that passed
//! meanwhile are counted as expired. So a period that is shorter than the work it causes keeps a
//! worker busy, and no processor in interrupts.
//!
//! `Body::setting` is a leaf; the interrupt does not take it. A timer is armed under it only, and
//! only as long as its [`OwnedTimer`] lives, which cancels it when it goes. The owner holds a reference
//! to the body, so that the interrupt finds one that it can count up.

use super::{
    alarm::now,
    calls,
    compat,
    foreign::Foreign,
    kthread::{
        Link,
        Mailbox,
        Work, //
    }, //
};
use crate::base::clock::Clock;
use kernel::{
    bindings,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        new_spinlock,
        Arc,
        ArcBorrow,
        SpinLock, //
    }, //
};

/// Shorter periods are taken for this one, in nanoseconds.
pub(crate) const MIN_INTERVAL: u64 = 10_000;

/// Absolute times, and hard interrupts also where others are threads.
const MODE: bindings::hrtimer_mode = bindings::hrtimer_mode_HRTIMER_MODE_ABS_HARD;

/// What a timer does when it expires.
pub(crate) trait OnExpiry: Send + Sync + Sized + 'static {
    /// The timer has expired `count` times since this was called last. Called in a thread of the
    /// kernel, where it may sleep.
    fn expired(&self, count: u64);
}

/// How a timer is set.
struct Setting {
    /// The clock that `expiry` is a time of.
    clock: Clock,
    /// Nanoseconds; `None` if the timer is stopped, or has expired for the last time.
    expiry: Option<i64>,
    /// As it was given; see [`Setting::period`].
    interval: u64,
    /// Expiries of former settings that have not been collected.
    earlier: u64,
    /// Nothing happens any more.
    ended: bool,
}

impl Setting {
    /// Nanoseconds between expiries.
    fn period(&self) -> Option<u64> {
        match self.interval {
            0 => None,
            interval => Some(interval.clamp(MIN_INTERVAL, i64::MAX as u64)),
        }
    }
}

/// A timer, and what it does.
#[pin_data]
pub(crate) struct Body<T: OnExpiry> {
    #[pin]
    timer: Foreign<bindings::hrtimer>,
    #[pin]
    setting: SpinLock<Setting>,
    /// Whether the timer has expired since it was armed.
    fired: Atomic<i32>,
    link: Link,
    mailbox: Arc<Mailbox<Body<T>>>,
    /// What it does.
    on_expiry: T,
}

// SAFETY: The timer may be armed and cancelled by any thread.
unsafe impl<T: OnExpiry> Send for Body<T> {}
// SAFETY: The kernel's timers have a lock of their own; the rest is `Sync`.
unsafe impl<T: OnExpiry> Sync for Body<T> {}

impl<T: OnExpiry> Body<T> {
    /// # Safety
    ///
    /// For the kernel to call in an interrupt, on the timer of a body whose owner lives.
    unsafe extern "C" fn interrupt(timer: *mut bindings::hrtimer) -> bindings::hrtimer_restart {
        // SAFETY: By the contract of this function: its owner holds a counted reference, and is
        // not gone before this function has returned.
        let this = unsafe {
            let field = timer.cast::<Foreign<bindings::hrtimer>>();
            let body = kernel::container_of!(field, Self, timer);
            ArcBorrow::from_raw(body)
        };
        this.fired.xchg(1, Full);
        this.mailbox.post(this);
        compat::HRTIMER_NORESTART
    }

    /// Arms the timer, which is not armed, for its clock or with `anew` for that of the setting; for the
    /// holder of the lock.
    fn arm(&self, setting: &mut Setting, expiry: i64, anew: bool) {
        setting.expiry = Some(expiry);
        let timer = self.timer.as_ptr();
        // SAFETY: The timer was set up, is not armed, and by the lock nobody else uses it. It is armed
        // while its owner lives only: `ended` was looked at in the lock that the owner takes to cancel
        // it.
        unsafe {
            if anew {
                bindings::hrtimer_setup(timer, Some(Self::interrupt), setting.clock.number(), MODE);
            }
            bindings::hrtimer_start_range_ns(timer, expiry, 0, MODE);
        }
    }

    /// Cancels the timer, and waits for its interrupt, which takes no lock that the caller can hold; for
    /// the holder of the lock.
    fn cancel(&self) {
        calls::hrtimer_cancel(&self.timer);
    }

    /// How often the timer has expired since this was asked last, and when it does next if it is
    /// periodic. For the holder of the lock; leaves the timer stopped.
    fn take_expired(&self, setting: &mut Setting) -> (u64, Option<i64>) {
        let mut count = core::mem::take(&mut setting.earlier);
        if self.fired.xchg(0, Full) == 0 {
            return (count, None);
        }
        let Some(expiry) = setting.expiry.take() else {
            return (count, None);
        };
        count = count.saturating_add(1);
        let Some(period) = setting.period() else {
            return (count, None);
        };
        let late = now(setting.clock).saturating_sub(expiry).max(0) as u64;
        let missed = late / period;
        let next = (missed * period).saturating_add(period);
        (
            count.saturating_add(missed),
            Some(expiry.saturating_add_unsigned(next)),
        )
    }

    /// What the timer's thread does: counts the expiries, and arms the timer for the next one.
    fn collect(&self) -> u64 {
        let mut setting = self.setting.lock();
        if setting.ended {
            return 0;
        }
        let (count, next) = self.take_expired(&mut setting);
        if let Some(next) = next {
            self.arm(&mut setting, next, false);
        }
        count
    }

    /// Nanoseconds to the next expiry, 0 if there is none; for the holder of the lock.
    fn remaining(&self, setting: &Setting) -> u64 {
        let Some(expiry) = setting.expiry else {
            return 0;
        };
        let left = expiry.saturating_sub(now(setting.clock));
        match (u64::try_from(left), setting.period()) {
            (Ok(left), _) if left > 0 => left,
            // The thread has not come to it yet.
            (_, Some(period)) => period - left.unsigned_abs() % period,
            (_, None) => u64::from(self.fired.load(Relaxed) == 0),
        }
    }
}

impl<T: OnExpiry> Work for Body<T> {
    fn link(&self) -> &Link {
        &self.link
    }

    fn run(this: ArcBorrow<'_, Self>) {
        let count = this.collect();
        if count > 0 {
            this.on_expiry.expired(count);
        }
    }
}

/// Time to the next expiry and between expiries, in nanoseconds; 0 if there is none.
#[derive(Clone, Copy, Default)]
pub(crate) struct Times {
    /// To the next expiry.
    pub(crate) value: u64,
    /// Between expiries.
    pub(crate) interval: u64,
}

/// A timer of somebody's own; it is cancelled when this is dropped.
pub(crate) struct OwnedTimer<T: OnExpiry> {
    body: Arc<Body<T>>,
    clock: Clock,
}

impl<T: OnExpiry> OwnedTimer<T> {
    /// Makes a timer that is stopped; fails with `ENOMEM`.
    pub(crate) fn new(clock: Clock, on_expiry: T, mailbox: Arc<Mailbox<Body<T>>>) -> Result<Self> {
        let setting = Setting {
            clock,
            expiry: None,
            interval: 0,
            earlier: 0,
            ended: false,
        };
        // SAFETY: The memory stays where it is, and is the timer of a `Body<T>`.
        let timer = unsafe {
            Foreign::init(move |slot| {
                bindings::hrtimer_setup(slot, Some(Body::<T>::interrupt), clock.number(), MODE);
            })
        };
        let body = Arc::pin_init(
            pin_init!(Body {
                timer <- timer,
                setting <- new_spinlock!(setting, "Body::setting"),
                fired: Atomic::new(0),
                link: Link::new(),
                mailbox,
                on_expiry,
            }),
            GFP_KERNEL_ACCOUNT,
        )?;
        Ok(Self { body, clock })
    }

    /// Sets the timer anew, or stops it if `to.value` is 0, and says how it was set.
    ///
    /// With `absolute`, `to.value` is a time of the timer's clock, and changes of the clock count;
    /// otherwise they do not. Periods below [`MIN_INTERVAL`] are taken for that. What has expired
    /// before counts as expired.
    pub(crate) fn set(&self, to: Times, absolute: bool) -> Times {
        let body = &*self.body;
        let mut setting = body.setting.lock();
        let old = Times {
            value: body.remaining(&setting),
            interval: setting.period().unwrap_or(0),
        };
        body.cancel();
        let (earlier, _) = body.take_expired(&mut setting);
        setting.earlier = earlier;
        setting.expiry = None;
        setting.interval = 0;
        if to.value == 0 || setting.ended {
            return old;
        }
        setting.clock = match self.clock {
            Clock::Realtime if !absolute => Clock::Monotonic,
            clock => clock,
        };
        setting.interval = to.interval;
        let from = if absolute { 0 } else { now(setting.clock) };
        body.arm(&mut setting, from.saturating_add_unsigned(to.value), true);
        old
    }

    /// How the timer is set.
    pub(crate) fn get(&self) -> Times {
        let setting = self.body.setting.lock();
        Times {
            value: self.body.remaining(&setting),
            interval: setting.period().unwrap_or(0),
        }
    }

    /// Stops the timer for good; nothing happens because of it any more, but for what its thread
    /// is doing right now.
    pub(crate) fn end(&self) {
        let mut setting = self.body.setting.lock();
        setting.ended = true;
        setting.expiry = None;
        setting.interval = 0;
        self.body.cancel();
    }

    /// What it does.
    pub(crate) fn on_expiry(&self) -> &T {
        &self.body.on_expiry
    }
}

impl<T: OnExpiry> Drop for OwnedTimer<T> {
    fn drop(&mut self) {
        self.end();
    }
}
