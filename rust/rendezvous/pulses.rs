// SPDX-License-Identifier: GPL-2.0-only

//! The pulses that wait on one channel.
//!
//! They share the order of the messages (see [`Key`]) but hang in a tree of their own, so that
//! MsgReceivePulse finds them without walking past messages.

use crate::base::{
    order::Key,
    pulse::Pulse, //
};
use crate::limits::Charge;
use crate::sys::{
    charge,
    task::Process, //
};
use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNodeReservation, //
    }, //
};

/// Pulses of the system that concern no client and wait on one channel: deaths of threads and
/// connections of an owner that does not receive them.
const MAX_SYSTEM: u32 = 65_536;

/// Pulses ahead of every priority that are received in a row while something else waits: a client
/// that connects and disconnects all the time must not keep a server from the others.
const MAX_RUN: u32 = 64;

/// Memory for one entry of a pulse queue.
///
/// Pulses of the system must not be lost for lack of memory, so whatever can cause one brings the
/// memory along from the beginning.
pub(crate) struct PulseNode {
    memory: RBTreeNodeReservation<Key, Waiting>,
    /// For a pulse of a user, which is counted for that user.
    charge: Option<Charge>,
}

impl PulseNode {
    /// Allocates it; `ENOMEM`.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            memory: RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?,
            charge: None,
        })
    }

    /// The same from a thread of the kernel, at the expense of a process and without waiting.
    pub(crate) fn new_for(process: &Process) -> Result<Self> {
        let node = charge::to_process(process, RBTreeNodeReservation::new);
        Ok(Self {
            memory: node.ok_or(ESRCH)??,
            charge: None,
        })
    }

    /// Has it counted for a user for as long as it is there.
    pub(crate) fn charged(self, charge: Charge) -> Self {
        Self {
            charge: Some(charge),
            ..self
        }
    }
}

/// One pulse, or several equal ones of one timer.
struct Waiting {
    pulse: Pulse,
    count: u32,
    /// Whether it takes room of the pool.
    counted: bool,
    charge: Option<Charge>,
}

/// The queue, and its pool: the number of pulses of users that it takes.
pub(super) struct PulseQueue {
    tree: RBTree<Key, Waiting>,
    /// Pulses of users.
    counted: u32,
    /// Pulses of the system.
    system: u32,
    limit: u32,
    rearm: u32,
    /// Whether the next overflow is news.
    armed: bool,
    /// How many pulses ahead of every priority were received in a row. 0 if there are none.
    run: u32,
}

impl PulseQueue {
    pub(super) fn new(limit: u32, rearm: u32) -> Self {
        Self {
            tree: RBTree::new(),
            counted: 0,
            system: 0,
            limit,
            rearm,
            armed: true,
            run: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// The place of the first one, or of the first that has a priority if it is its turn.
    pub(super) fn first(&self) -> Option<Key> {
        let first = *self.tree.cursor_front()?.current().0;
        if !first.is_ahead() || !self.yields() {
            return Some(first);
        }
        let ordinary = self.tree.cursor_lower_bound(&Key::FIRST_ORDINARY);
        Some(ordinary.map_or(first, |cursor| *cursor.current().0))
    }

    /// Whether those ahead of every priority let something else pass now.
    pub(super) fn yields(&self) -> bool {
        self.run >= MAX_RUN
    }

    /// Something with a priority was received.
    pub(super) fn passed(&mut self) {
        self.run = 0;
    }

    /// How many pulses of users still fit.
    pub(super) fn room(&self) -> u32 {
        self.limit.saturating_sub(self.counted)
    }

    /// Whether one more pulse of the system fits that the owner can cause as often as it likes.
    pub(super) fn has_system_room(&self) -> bool {
        self.system < MAX_SYSTEM
    }

    /// Notes that a pulse did not fit; says whether that is news.
    pub(super) fn overflow(&mut self) -> bool {
        let news = self.armed;
        self.armed = self.rearm > self.limit;
        news
    }

    /// Queues a pulse of the system, which always fits.
    pub(super) fn insert(&mut self, key: Key, pulse: Pulse, node: PulseNode) {
        self.system += 1;
        self.put(key, node, pulse, 1, false);
    }

    /// Queues `count` pulses of a user; there has to be room.
    pub(super) fn insert_counted(&mut self, key: Key, pulse: Pulse, count: u32, node: PulseNode) {
        self.counted += count;
        self.put(key, node, pulse, count, true);
    }

    fn put(&mut self, key: Key, node: PulseNode, pulse: Pulse, count: u32, counted: bool) {
        let waiting = Waiting {
            pulse,
            count,
            counted,
            charge: node.charge,
        };
        self.tree.insert(node.memory.into_node(key, waiting));
    }

    /// Takes the first pulse out, with the memory of its entry if that is empty now.
    pub(super) fn take(&mut self) -> Option<(Pulse, Option<PulseNode>)> {
        let key = self.first()?;
        let mut front = if self.run == 0 {
            self.tree.cursor_front_mut()?
        } else {
            self.tree.cursor_lower_bound_mut(&key)?
        };
        self.run = if key.is_ahead() { self.run + 1 } else { 0 };
        let (_, waiting) = front.current_mut();
        let pulse = waiting.pulse;
        if waiting.counted {
            self.counted -= 1;
            self.armed |= self.counted < self.rearm;
        } else {
            self.system -= 1;
        }
        if waiting.count > 1 {
            waiting.count -= 1;
            return Some((pulse, None));
        }
        // Not dropped here, in the channel's lock, but with the memory.
        let charge = waiting.charge.take();
        let (_, node) = front.remove_current();
        let memory = node.into_reservation();
        if self.tree.is_empty() {
            self.run = 0;
        }
        Some((pulse, Some(PulseNode { memory, charge })))
    }

    /// Takes a pulse of the system out, if nobody has received it yet.
    pub(super) fn remove(&mut self, key: Key) -> Option<PulseNode> {
        let node = self.tree.remove_node(&key)?;
        self.system -= 1;
        Some(PulseNode {
            memory: node.into_reservation(),
            charge: None,
        })
    }

    /// Takes everything out, to be freed after the lock.
    pub(super) fn clear(&mut self) -> impl Drop {
        self.counted = 0;
        self.system = 0;
        core::mem::replace(&mut self.tree, RBTree::new())
    }
}
