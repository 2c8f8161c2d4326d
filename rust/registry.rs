// SPDX-License-Identifier: GPL-2.0-only

//! What is found by process: its channels by number, for those who connect, and its homes.
//!
//! Locks: `Registry::channels`, a mutex; the locks of channels may be taken inside of it, it is
//! taken inside of none. `Registry::deaths` and `Registry::homes`, spinlocks and leaves; the first is
//! changed inside of `Registry::channels` only.

use crate::base::{
    abi,
    pulse::Pulse, //
};
use crate::channel::Channel;
use crate::connection::Connection;
use crate::events::Place;
use crate::floor::Floor;
use crate::home::Home;
use crate::limits::Limits;
use crate::names::Names;
use crate::notices::Notice;
use crate::priority::Threads;
use crate::sys::task::{
    self,
    Process, //
};
use crate::timer::TimerPosts;
use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNode,
        RBTreeNodeReservation, //
    },
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        new_mutex,
        new_spinlock,
        Arc,
        Mutex,
        SpinLock, //
    }, //
};

/// Channels that a process can have.
const MAX_CHANNELS: u32 = 32_767;

/// Flags of channels that are told of deaths.
const DEATHS: u32 = abi::CHF_THREAD_DEATH | abi::CHF_COID_DISCONNECT;

/// Process, as [`Process::key`], and channel number. The channel holds the process, so that the
/// key stays its own.
type Name = (usize, u32);

/// Process, as [`Process::key`], and address of the home, which holds the process.
type HomeKey = (usize, usize);

/// What the module was loaded with.
pub(crate) struct Settings {
    /// Pulses that can be queued in a channel that has no number of its own.
    pub(crate) max_pulses: u32,
    /// How long a server thread waits for memory of a client, in nanoseconds; 0 is without end.
    pub(crate) fault_wait: u64,
    /// Whether there are the calls for benchmarks.
    pub(crate) bench: bool,
    /// How much each user may have.
    pub(crate) limits: Arc<Limits>,
}

/// All channels that can be connected to, and the homes of all sessions.
#[pin_data]
pub(crate) struct Registry {
    /// Pulses that can be queued in a channel that has no number of its own.
    pub(crate) max_pulses: u32,
    /// How long a server thread waits for memory of a client, in nanoseconds; 0 is without end.
    pub(crate) fault_wait: u64,
    /// How much each user may have.
    pub(crate) limits: Arc<Limits>,
    /// The threads that deliver the events of timers.
    pub(crate) timers: TimerPosts,
    /// Threads that serve clients.
    pub(crate) threads: Arc<Threads>,
    /// The names of channels.
    #[pin]
    pub(crate) names: Names,
    /// What benchmarks measure against, if that is wanted.
    #[pin]
    pub(crate) floor: Floor,
    #[pin]
    channels: Mutex<RBTree<Name, Arc<Channel>>>,
    /// By process, as [`Process::key`]: the channel that is told of deaths.
    #[pin]
    deaths: SpinLock<RBTree<usize, Arc<Channel>>>,
    /// How many they are, for every thread that ends to look at.
    death_count: Atomic<i32>,
    #[pin]
    homes: SpinLock<RBTree<HomeKey, Arc<Home>>>,
}

impl Registry {
    /// No channels, and no homes.
    pub(crate) fn new(
        settings: Settings,
        timers: TimerPosts,
        threads: Arc<Threads>,
    ) -> impl PinInit<Self> {
        pin_init!(Self {
            max_pulses: settings.max_pulses,
            fault_wait: settings.fault_wait,
            limits: settings.limits,
            timers,
            threads,
            death_count: Atomic::new(0),
            names <- Names::new(),
            floor <- Floor::new(settings.bench),
            deaths <- new_spinlock!(RBTree::new(), "Registry::deaths"),
            channels <- new_mutex!(RBTree::new(), "Registry::channels"),
            homes <- new_spinlock!(RBTree::new(), "Registry::homes"),
        })
    }

    /// Adds a new channel under the lowest free number of its process.
    ///
    /// Numbers start at 1, whichever session of the process asks. Fails with `EAGAIN` if all are
    /// taken, with `EBUSY` if the channel wants to be told of deaths and there is one of the process
    /// that is already (B4), and with `ENOMEM`.
    pub(crate) fn add(&self, channel: &Arc<Channel>) -> Result {
        let key = channel.owner.key();
        let node = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        let death = if channel.flags() & DEATHS != 0 {
            Some(RBTreeNode::new(key, channel.clone(), GFP_KERNEL_ACCOUNT)?)
        } else {
            None
        };
        let mut channels = self.channels.lock();
        if death.is_some() && self.deaths.lock().get(&key).is_some() {
            return Err(EBUSY);
        }
        let mut chid = 1;
        let mut cursor = channels.cursor_lower_bound_mut(&(key, 1));
        while let Some(at) = cursor {
            if *at.current().0 != (key, chid) {
                break;
            }
            chid += 1;
            cursor = at.move_next();
        }
        if chid > MAX_CHANNELS {
            return Err(EAGAIN);
        }
        channel.set_number(chid);
        channels.insert(node.into_node((key, chid), channel.clone()));
        if let Some(death) = death {
            self.deaths.lock().insert(death);
            self.death_count.fetch_add(1, Relaxed);
        }
        Ok(())
    }

    /// Channel `chid` of a process.
    pub(crate) fn find(&self, owner: &Process, chid: u32) -> Option<Arc<Channel>> {
        self.channels.lock().get(&(owner.key(), chid)).cloned()
    }

    /// Whether any process has a channel that is told of deaths.
    pub(crate) fn has_death_channels(&self) -> bool {
        self.death_count.load(Relaxed) != 0
    }

    /// The channel of a process that is told of deaths, if it was made with `flag`:
    /// `CHF_THREAD_DEATH` or `CHF_COID_DISCONNECT`.
    pub(crate) fn death_channel(&self, process: &Process, flag: u32) -> Option<Arc<Channel>> {
        let deaths = self.deaths.lock();
        let channel = deaths.get(&process.key())?;
        (channel.flags() & flag != 0).then(|| channel.clone())
    }

    /// Tells a process that the channel of one of its connections has ended, if it wants to be told
    /// (B110).
    pub(crate) fn tell(&self, notice: Notice) {
        let Some(channel) = self.death_channel(&notice.process, abi::CHF_COID_DISCONNECT) else {
            return;
        };
        let pulse = Pulse {
            code: abi::PULSE_COIDDEATH,
            value: notice.coid as u64,
            scoid: Pulse::NOBODY,
            priority: task::current_priority(),
        };
        channel.rendezvous.system_pulse(pulse, notice.node, false);
    }

    /// Takes a channel out; its number is free again.
    pub(crate) fn remove(&self, channel: &Channel) {
        let key = channel.owner.key();
        let mut channels = self.channels.lock();
        let node = channels.remove_node(&(key, channel.number()));
        let death = if channel.flags() & DEATHS != 0 {
            self.deaths.lock().remove_node(&key)
        } else {
            None
        };
        drop(channels);
        if death.is_some() {
            self.death_count.fetch_sub(1, Relaxed);
        }
        drop((node, death));
    }

    /// Adds a home; `ENOMEM`.
    pub(crate) fn add_home(&self, home: &Arc<Home>) -> Result {
        let node = RBTreeNode::new(home_key(home), home.clone(), GFP_KERNEL_ACCOUNT)?;
        self.homes.lock().insert(node);
        Ok(())
    }

    /// Takes a home out.
    pub(crate) fn remove_home(&self, home: &Arc<Home>) {
        let node = self.homes.lock().remove_node(&home_key(home));
        drop(node);
    }

    /// The homes of a process, one after the other: one for each session that it has.
    ///
    /// No lock is held between two of them.
    pub(crate) fn homes_of<'a>(
        &'a self,
        process: &'a Process,
    ) -> impl Iterator<Item = Arc<Home>> + 'a {
        let mut from = 0;
        core::iter::from_fn(move || {
            let homes = self.homes.lock();
            let cursor = homes.cursor_lower_bound(&(process.key(), from))?;
            let ((key, address), home) = cursor.current();
            from = address.wrapping_add(1);
            (*key == process.key()).then(|| home.clone())
        })
    }
}

fn home_key(home: &Arc<Home>) -> HomeKey {
    (home.process().key(), core::ptr::from_ref(&**home) as usize)
}

/// The calling process as events see it, in a call that is none of its sessions'.
pub(crate) struct Caller {
    process: Process,
    registry: Arc<Registry>,
}

impl Caller {
    /// The calling process.
    pub(crate) fn new(registry: &Arc<Registry>) -> Self {
        Self {
            process: Process::current(),
            registry: registry.clone(),
        }
    }
}

impl Place for Caller {
    fn process(&self) -> &Process {
        &self.process
    }

    /// The first of this number, in whichever session.
    fn connection(&self, coid: i32) -> Result<Arc<Connection>> {
        self.registry
            .homes_of(&self.process)
            .find_map(|home| home.target(coid).ok())
            .ok_or(EBADF)
    }
}
