// SPDX-License-Identifier: GPL-2.0-only

//! Timers that deliver events.
//!
//! The event happens in a thread of the kernel. There are two: one at the highest real-time
//! priority, for the timers of processes that may use such priorities themselves, and one like any
//! other thread, so that nobody gets more of the processor through his timers than he could without.
//!
//! Lock: `Timers::tables`, a leaf.

use crate::base::clock::Clock;
use crate::events::Event;
use crate::limits::{
    Charge,
    Kind,
    Limits, //
};
use crate::numbers::lowest_free;
use crate::sys::{
    credentials,
    errno,
    hrtimer::{
        Body,
        OnExpiry,
        OwnedTimer,
        Times, //
    },
    kthread::{
        Mailbox,
        Urgency,
        Worker, //
    }, //
};
use kernel::{
    id_pool::IdPool,
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNodeReservation, //
    },
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        new_spinlock,
        Arc,
        SpinLock, //
    }, //
};

/// Priority of the thread that serves the timers of those who may have it themselves.
const URGENT: u8 = 99;
/// Timers that one session can have.
const MAX_TIMERS: u32 = 1024;

/// What a timer does when it expires.
pub(crate) struct Delivery {
    event: Event,
    /// Expiries whose event could not be delivered.
    overrun: Atomic<i64>,
}

impl OnExpiry for Delivery {
    fn expired(&self, count: u64) {
        let lost = self.event.deliver_many(count);
        if lost > 0 {
            let lost = i64::try_from(lost).unwrap_or(i64::MAX);
            let before = self.overrun.load(Relaxed);
            // Nobody else adds to it at the same time.
            self.overrun.store(before.saturating_add(lost), Relaxed);
        }
    }
}

/// The threads that deliver the events of all timers.
pub(crate) struct TimerThreads {
    urgent: Worker<Body<Delivery>>,
    normal: Worker<Body<Delivery>>,
}

impl TimerThreads {
    /// Starts them; `ENOMEM`.
    pub(crate) fn start() -> Result<Self> {
        Ok(Self {
            urgent: Worker::start(c"qipc/timers_rt", Urgency::RealTime)?,
            normal: Worker::start(c"qipc/timers", Urgency::Normal)?,
        })
    }

    /// The ways to them.
    pub(crate) fn posts(&self) -> TimerPosts {
        TimerPosts {
            urgent: self.urgent.mailbox().clone(),
            normal: self.normal.mailbox().clone(),
        }
    }
}

/// The ways to the threads that deliver the events of timers.
pub(crate) struct TimerPosts {
    urgent: Arc<Mailbox<Body<Delivery>>>,
    normal: Arc<Mailbox<Body<Delivery>>>,
}

/// A timer of a session.
pub(crate) struct Timer {
    timer: OwnedTimer<Delivery>,
    _charge: Charge,
}

impl Timer {
    /// Sets it anew, or stops it if `to.value` is 0, and says how it was set.
    pub(crate) fn set(&self, to: Times, absolute: bool) -> Times {
        let old = self.timer.set(to, absolute);
        self.timer.on_expiry().overrun.store(0, Relaxed);
        old
    }

    /// How it is set, and how many of its events could not be delivered since.
    pub(crate) fn get(&self) -> (Times, u64) {
        let overrun = self.timer.on_expiry().overrun.load(Relaxed);
        (self.timer.get(), overrun.unsigned_abs())
    }
}

struct Tables {
    open: bool,
    timers: RBTree<u32, Arc<Timer>>,
    numbers: IdPool,
}

/// The timers of one session.
#[pin_data]
pub(crate) struct Timers {
    #[pin]
    tables: SpinLock<Tables>,
}

impl Timers {
    /// No timers.
    pub(crate) fn new() -> impl PinInit<Self> {
        let tables = Tables {
            open: true,
            timers: RBTree::new(),
            numbers: IdPool::new(),
        };
        pin_init!(Self {
            tables <- new_spinlock!(tables, "Timers::tables"),
        })
    }

    /// Makes a timer that is stopped, under the lowest free number.
    ///
    /// A pulse without a priority of its own gets that of the calling thread. Fails with `EAGAIN`
    /// if there are too many of the session or of its user, with `ESTALE` if the session has ended, and with `ENOMEM`.
    pub(crate) fn create(
        &self,
        posts: &TimerPosts,
        limits: &Arc<Limits>,
        clock: Clock,
        event: Event,
    ) -> Result<u32> {
        // Whoever may not run at the priority of that thread must not make it run either.
        let mailbox = if credentials::highest_priority() >= URGENT {
            &posts.urgent
        } else {
            &posts.normal
        };
        let delivery = Delivery {
            event: event.with_own_priority(),
            overrun: Atomic::new(0),
        };
        let timer = Timer {
            _charge: limits.charge(Kind::Timer)?,
            timer: OwnedTimer::new(clock, delivery, mailbox.clone())?,
        };
        let timer = Arc::new(timer, GFP_KERNEL_ACCOUNT)?;
        let node = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        let number = lowest_free(&self.tables, MAX_TIMERS, |tables| &mut tables.numbers)?;
        let node = node.into_node(number, timer);
        let mut tables = self.tables.lock();
        if !tables.open {
            // The number goes with the session.
            drop(tables);
            drop(node);
            return Err(errno::stale());
        }
        tables.timers.insert(node);
        // The pool has no 0.
        Ok(number - 1)
    }

    /// A timer by its number; `EINVAL` if there is none.
    pub(crate) fn find(&self, number: u32) -> Result<Arc<Timer>> {
        let key = number.checked_add(1).ok_or(EINVAL)?;
        let tables = self.tables.lock();
        tables.timers.get(&key).cloned().ok_or(EINVAL)
    }

    /// Deletes a timer; `EINVAL` if there is none of this number.
    ///
    /// Nothing happens because of it any more, but for what is happening right now.
    pub(crate) fn delete(&self, number: u32) -> Result {
        let key = number.checked_add(1).ok_or(EINVAL)?;
        let mut tables = self.tables.lock();
        let node = tables.timers.remove_node(&key);
        if node.is_some() {
            tables.numbers.release_id(key as usize);
        }
        drop(tables);
        let (_, timer) = node.ok_or(EINVAL)?.to_key_value();
        // Another thread may be setting it, and have a reference.
        timer.timer.end();
        Ok(())
    }

    /// Deletes all timers, and refuses new ones.
    pub(crate) fn end(&self) {
        let mut tables = self.tables.lock();
        tables.open = false;
        let timers = core::mem::take(&mut tables.timers);
        drop(tables);
        for timer in timers.values() {
            timer.timer.end();
        }
        drop(timers);
    }
}
