// SPDX-License-Identifier: MIT OR Apache-2.0

//! Timers that have events happen to their process.

use std::sync::Arc;
use std::time::Duration;

use qipc_sys as sys;

use crate::error::Result;
use crate::event::Event;
use crate::raw::Session;
use crate::timeout::{nanoseconds, Clock};

/// A timer of this process that has an event happen each time it expires, most often a pulse. QNX `timer_create`.
///
/// It is deleted when dropped, and is of no use to a forked child.
///
/// ```no_run
/// # fn main() -> qipc::Result<()> {
/// use std::time::Duration;
/// use qipc::{ChannelFlags, Clock, ConnectFlags, Event, Qipc};
///
/// let qipc = Qipc::open()?;
/// let channel = qipc.channel_create(ChannelFlags::PRIVATE)?;
/// let own = qipc.connect_attach(channel.address(), ConnectFlags::empty())?;
/// let timer = qipc.timer_create(Clock::Monotonic, Event::pulse(own.coid(), 1, 0))?;
/// timer.start_periodic(Duration::from_millis(10), Duration::from_millis(10))?;
/// loop {
///     let pulse = channel.receive_pulse()?; // every 10 ms
/// #   drop(pulse);
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Timer {
    session: Arc<Session>,
    timer: Option<i32>,
}

/// What a timer has still to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimerSetting {
    /// Time to the next expiry; `None` for a timer that is stopped.
    pub left: Option<Duration>,
    /// Time between expiries; `None` for a timer that expires once.
    pub interval: Option<Duration>,
}

impl TimerSetting {
    fn new(value: u64, interval: u64) -> Self {
        let time = |ns: u64| (ns != 0).then(|| Duration::from_nanos(ns));
        Self {
            left: time(value),
            interval: time(interval),
        }
    }
}

impl Timer {
    pub(crate) fn create(session: &Arc<Session>, clock: Clock, event: Event<'_>) -> Result<Self> {
        let timer = session.timer_create(clock.number(), event.to_raw())?;
        Ok(Self {
            session: Arc::clone(session),
            timer: Some(timer),
        })
    }

    fn number(&self) -> i32 {
        // It is there until the timer is deleted, which takes it.
        self.timer.unwrap_or(-1)
    }

    /// Has the timer expire once, after that time. What it was set to before is returned, and does not hold any more. QNX
    /// `timer_settime`.
    ///
    /// # Errors
    ///
    /// [`Stale`](crate::Error::Stale) in a fork.
    pub fn start(&self, after: Duration) -> Result<TimerSetting> {
        self.set(0, after, Duration::ZERO)
    }

    /// Has the timer expire after `first`, and every `interval` from then on; an interval of 0 is as
    /// [`start`](Self::start).
    ///
    /// The event happens once for each expiry, however late the receiver is; those for which there is no room are
    /// counted, see [`overrun`](Self::overrun).
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn start_periodic(&self, first: Duration, interval: Duration) -> Result<TimerSetting> {
        self.set(0, first, interval)
    }

    /// Has the timer expire when its clock shows `time`, counted from the clock's zero, and every `interval` from then on if that is
    /// not 0. QNX `TIMER_ABSTIME`.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn start_at(&self, time: Duration, interval: Duration) -> Result<TimerSetting> {
        self.set(sys::QIPC_TIME_ABSOLUTE, time, interval)
    }

    /// A time of 0 would stop the timer; nobody who starts one wants that.
    fn set(&self, flags: u32, value: Duration, interval: Duration) -> Result<TimerSetting> {
        let value = nanoseconds(value).max(1);
        self.session
            .timer_settime(self.number(), flags, value, nanoseconds(interval))
            .map(|(value, interval)| TimerSetting::new(value, interval))
    }

    /// Stops the timer. What it was set to is returned.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn stop(&self) -> Result<TimerSetting> {
        self.session
            .timer_settime(self.number(), 0, 0, 0)
            .map(|(value, interval)| TimerSetting::new(value, interval))
    }

    /// What the timer has still to do. QNX `timer_gettime`.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn setting(&self) -> Result<TimerSetting> {
        self.session
            .timer_gettime(self.number())
            .map(|timer| TimerSetting::new(timer.value, timer.interval))
    }

    /// Expiries since the timer was set whose event could not happen, say because too many pulses are queued. QNX
    /// `timer_getoverrun`.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn overrun(&self) -> Result<u64> {
        self.session
            .timer_gettime(self.number())
            .map(|timer| timer.overrun)
    }

    /// Ends the timer and reports how that went. QNX `timer_delete`. Dropping does the same, silently.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn delete(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        match self.timer.take() {
            None => Ok(()),
            Some(timer) => self.session.timer_delete(timer),
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // What can fail: this is a fork, and the timer is the parent's, which keeps it.
        let _ = self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_left_is_a_timer_that_is_stopped() {
        assert_eq!(TimerSetting::new(0, 0), TimerSetting::default());
        let setting = TimerSetting::new(1, 2_000_000_000);
        assert_eq!(setting.left, Some(Duration::from_nanos(1)));
        assert_eq!(setting.interval, Some(Duration::from_secs(2)));
    }
}
