// SPDX-License-Identifier: GPL-2.0-only

//! What the scoids of one session mean: by which numbers a server knows its clients, and who they
//! are.
//!
//! A number is taken when a client makes its first connection to a channel, and shared by those
//! that follow, unless they want one of their own (B10 to B12). When the last one has gone, the
//! number is free again, or, on a channel that is told about it, reserved until the server gives
//! it back (B109). It vanishes with its channel in any case.
//!
//! Lock: `Scoids::directory`, a leaf. Nothing is freed while it is held.

use crate::base::{
    abi,
    id, //
};
use crate::limits::Charge;
use crate::numbers::lowest_free;
use crate::rendezvous::{
    pulses::PulseNode,
    tables::Client,
    Rendezvous, //
};
use crate::sys::credentials::Identity;
use kernel::{
    id_pool::IdPool,
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNode,
        RBTreeNodeReservation, //
    },
    sync::{
        new_spinlock,
        Arc,
        SpinLock, //
    }, //
};

/// Clients that the channels of one session can tell apart, like QNX's 16-bit numbers.
const MAX_SCOIDS: u32 = 65_535;

/// A channel, by address; the process that shares a number, by key, or 0; the number, or 0 if it
/// is shared. All numbers of one channel lie side by side.
type Key = (usize, usize, u32);

/// How many connections a client has: in all, and with the flags that keep events away from it.
#[derive(Clone, Copy, Default)]
struct Links {
    all: usize,
    no_event: usize,
    reg_events: usize,
}

impl Links {
    fn of(flags: u32) -> Self {
        Self {
            all: 1,
            no_event: usize::from(flags & abi::COF_NOEVENT != 0),
            reg_events: usize::from(flags & abi::COF_REG_EVENTS != 0),
        }
    }

    fn add(&mut self, other: Self) {
        self.all += other.all;
        self.no_event += other.no_event;
        self.reg_events += other.reg_events;
    }

    fn subtract(&mut self, other: Self) {
        self.all = self.all.saturating_sub(other.all);
        self.no_event = self.no_event.saturating_sub(other.no_event);
        self.reg_events = self.reg_events.saturating_sub(other.reg_events);
    }
}

/// A number in use, or reserved.
struct Entry {
    key: Key,
    // Its process keeps the key from being used again.
    client: Arc<Client>,
    identity: Arc<Identity>,
    links: Links,
    /// Memory of the pulse that tells the server that the last connection has gone.
    disconnect: Option<PulseNode>,
    /// For a reserved number: it is counted like the connection that it is left of, so that nobody
    /// uses up the numbers of a server that does not receive.
    charge: Option<Charge>,
}

struct Directory {
    numbers: IdPool,
    entries: RBTree<u32, Entry>,
    members: RBTree<Key, u32>,
}

/// An entry that was taken out, to be freed after the lock.
type Gone = (Option<RBTreeNode<u32, Entry>>, Option<RBTreeNode<Key, u32>>);

/// The scoids of one session.
#[pin_data]
pub(crate) struct Scoids {
    #[pin]
    directory: SpinLock<Directory>,
}

/// What became of a number when a connection went.
pub(crate) enum Left {
    /// Other connections have it, or it was gone already.
    Kept,
    /// It is free again.
    Freed,
    /// It stays until the server gives it back, who is to be told.
    Reserved(PulseNode),
}

impl Scoids {
    /// All of them free.
    pub(crate) fn new() -> impl PinInit<Self> {
        let directory = Directory {
            numbers: IdPool::new(),
            entries: RBTree::new(),
            members: RBTree::new(),
        };
        pin_init!(Self {
            directory <- new_spinlock!(directory, "Scoids::directory"),
        })
    }

    /// Counts a connection of the calling process to a channel, and gives it a number, its own if
    /// it is not to be shared; with `reserve` one that can be reserved later.
    ///
    /// Fails with `EBADF` if the channel is not open any more, with `EAGAIN` if there is no number
    /// left, and with `ENOMEM`.
    pub(crate) fn enter(
        &self,
        rendezvous: &Rendezvous,
        channel: usize,
        flags: u32,
        reserve: bool,
        open: impl Fn() -> bool,
    ) -> Result<Arc<Client>> {
        let mut identity = Arc::new(Identity::current(), GFP_KERNEL_ACCOUNT)?;
        let share = flags & abi::COF_NOSHARE == 0;
        let shared = (channel, identity.process.key(), 0);
        if share {
            // What was noted before is freed after the lock.
            let known = self.directory.lock().join(&shared, flags, &mut identity);
            if let Some(client) = known {
                return Ok(client);
            }
        }
        let entry = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        let member = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        let disconnect = if reserve {
            Some(PulseNode::new()?)
        } else {
            None
        };
        let process = identity.process.clone();
        let number = lowest_free(&self.directory, MAX_SCOIDS, |directory| {
            &mut directory.numbers
        })?;
        let client = match rendezvous.client(process, id::scoid(number)) {
            Ok(client) => client,
            Err(error) => {
                self.directory.lock().numbers.release_id(number as usize);
                return Err(error);
            }
        };
        let key = if share { shared } else { (channel, 0, number) };
        let member = member.into_node(key, number);
        let mut same = identity.clone();
        let entry = entry.into_node(
            number,
            Entry {
                key,
                client: client.clone(),
                identity,
                links: Links::of(flags),
                disconnect,
                charge: None,
            },
        );
        let mut directory = self.directory.lock();
        // Another thread of the client may have been faster; or the channel went, and its numbers
        // with it. What was made here goes after the lock.
        let known = if !open() {
            Some(Err(EBADF))
        } else if share {
            directory.join(&shared, flags, &mut same).map(Ok)
        } else {
            None
        };
        if let Some(known) = known {
            directory.numbers.release_id(number as usize);
            drop(directory);
            drop((entry, member));
            return known;
        }
        directory.entries.insert(entry);
        directory.members.insert(member);
        Ok(client)
    }

    /// A connection of a client has gone.
    ///
    /// If it was the last one, the number is free again, unless it can be reserved and the channel
    /// is still open; `charge`, that of the connection, goes with the number.
    pub(crate) fn leave(
        &self,
        client: &Arc<Client>,
        flags: u32,
        charge: Option<Charge>,
        open: impl Fn() -> bool,
    ) -> Left {
        // Declared before the lock is taken, so that it is freed after it.
        let _gone;
        let mut directory = self.directory.lock();
        let number = number_of(client.scoid);
        let Some(entry) = directory
            .entries
            .get_mut(&number)
            .filter(|entry| Arc::ptr_eq(&entry.client, client))
        else {
            return Left::Kept;
        };
        entry.links.subtract(Links::of(flags));
        if entry.links.all > 0 {
            return Left::Kept;
        }
        if open() {
            if let Some(node) = entry.disconnect.take() {
                entry.charge = charge;
                directory.reserve(number);
                return Left::Reserved(node);
            }
        }
        _gone = directory.remove(number);
        Left::Freed
    }

    /// The server gives a number back; `EINVAL` if there is none, or its client still uses it.
    pub(crate) fn release(&self, scoid: i32) -> Result {
        let number = id::scoid_number(scoid).ok_or(EINVAL)?;
        // Declared before the lock is taken, so that it is freed after it.
        let _gone;
        let mut directory = self.directory.lock();
        let entry = directory.entries.get(&number).ok_or(EINVAL)?;
        if entry.links.all > 0 {
            return Err(EINVAL);
        }
        _gone = directory.remove(number);
        Ok(())
    }

    /// Who a client was when it connected; `EINVAL` if there is none of this number.
    pub(crate) fn identity(&self, scoid: i32) -> Result<Arc<Identity>> {
        let number = id::scoid_number(scoid).ok_or(EINVAL)?;
        let directory = self.directory.lock();
        match directory.entries.get(&number) {
            Some(entry) if entry.links.all > 0 => Ok(entry.identity.clone()),
            _ => Err(EINVAL),
        }
    }

    /// Which of `COF_NOEVENT` and `COF_REG_EVENTS` any connection of a client has; `ESRCH` if it
    /// has no connection left.
    pub(crate) fn restrictions(&self, client: &Arc<Client>) -> Result<u32> {
        let directory = self.directory.lock();
        let entry = directory
            .entries
            .get(&number_of(client.scoid))
            .filter(|entry| Arc::ptr_eq(&entry.client, client) && entry.links.all > 0)
            .ok_or(ESRCH)?;
        let mut flags = 0;
        if entry.links.no_event > 0 {
            flags |= abi::COF_NOEVENT;
        }
        if entry.links.reg_events > 0 {
            flags |= abi::COF_REG_EVENTS;
        }
        Ok(flags)
    }

    /// Takes one number away from a channel that is not open any more; says whether there was one.
    pub(crate) fn take_from(&self, channel: usize) -> bool {
        // Declared before the lock is taken, so that it is freed after it.
        let _gone;
        let mut directory = self.directory.lock();
        let number = directory
            .members
            .cursor_lower_bound(&(channel, 0, 0))
            .and_then(|cursor| {
                let (key, number) = cursor.current();
                (key.0 == channel).then_some(*number)
            });
        match number {
            Some(number) => {
                _gone = directory.remove(number);
                true
            }
            None => false,
        }
    }
}

/// The number in a scoid of ours.
fn number_of(scoid: i32) -> u32 {
    id::scoid_number(scoid).unwrap_or(0)
}

impl Directory {
    /// One more connection of a client that shares a number.
    ///
    /// The server is told who the client was when it connected last, and so never of rights that it
    /// has given up before; what was noted is swapped for it.
    fn join(&mut self, key: &Key, flags: u32, identity: &mut Arc<Identity>) -> Option<Arc<Client>> {
        let number = self.members.get(key)?;
        let entry = self.entries.get_mut(number)?;
        entry.links.add(Links::of(flags));
        core::mem::swap(&mut entry.identity, identity);
        Some(entry.client.clone())
    }

    /// Makes a number one that nobody shares, so that its client gets another if it comes back.
    fn reserve(&mut self, number: u32) {
        let Some(entry) = self.entries.get_mut(&number) else {
            return;
        };
        let reserved = (entry.key.0, 0, number);
        let shared = core::mem::replace(&mut entry.key, reserved);
        if let Some(node) = self.members.remove_node(&shared) {
            self.members
                .insert(node.into_reservation().into_node(reserved, number));
        }
    }

    fn remove(&mut self, number: u32) -> Gone {
        let key = self.entries.get(&number).map(|entry| entry.key);
        let member = key.and_then(|key| self.members.remove_node(&key));
        let entry = self.entries.remove_node(&number);
        if entry.is_some() {
            self.numbers.release_id(number as usize);
        }
        (entry, member)
    }
}
