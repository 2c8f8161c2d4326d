// SPDX-License-Identifier: GPL-2.0-only

//! How much of the module one user may have, whatever processes and sessions it is spread over.
//!
//! Memory is charged to the cgroup of whoever makes an object, but not everybody lives in a cgroup
//! with a limit, and numbers run out before memory does. So objects that last are counted for the
//! effective user of the process that makes them; the count goes with the object.
//!
//! What users have is looked up once for each object. What is made often is counted by way of an
//! object that is there already, without a lock ([`Charge::more`]).
//!
//! Lock: `Limits::users`, a leaf.

use crate::sys::credentials::{
    self,
    User, //
};
use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNode, //
    },
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        new_spinlock,
        Arc,
        SpinLock, //
    }, //
};

/// What is counted.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Channels.
    Channel,
    /// Connections: those of sessions, one of each descriptor and process that has used it, and
    /// those of which the server has been told that they are gone, until it gives their number back.
    Connection,
    /// Names of channels.
    Name,
    /// Registered events.
    Event,
    /// Timers.
    Timer,
    /// Queued pulses.
    Pulse,
}

/// Number of kinds.
const KINDS: usize = 6;

/// The most that a user may have of each kind, in their order.
pub(crate) type Most = [u32; KINDS];

/// What each user has.
#[pin_data]
pub(crate) struct Limits {
    most: Most,
    /// Users that have something.
    #[pin]
    users: SpinLock<RBTree<u32, Arc<Account>>>,
}

/// What one user has.
struct Account {
    user: u32,
    counts: [Atomic<u32>; KINDS],
    /// All of them together.
    ///
    /// Raised from 0 in the lock only, so that the account is not forgotten meanwhile.
    total: Atomic<u32>,
}

impl Account {
    fn new(user: u32) -> Result<Arc<Self>> {
        let account = Self {
            user,
            counts: [const { Atomic::new(0) }; KINDS],
            total: Atomic::new(0),
        };
        Ok(Arc::new(account, GFP_KERNEL_ACCOUNT)?)
    }

    /// Counts one more, unless that is more than `most`; says whether it did.
    fn add(&self, kind: Kind, most: u32) -> bool {
        let count = &self.counts[kind as usize];
        let mut now = count.load(Relaxed);
        loop {
            if now >= most {
                return false;
            }
            match count.cmpxchg(now, now + 1, Relaxed) {
                Ok(_) => break,
                Err(other) => now = other,
            }
        }
        self.total.fetch_add(1, Relaxed);
        true
    }

    /// Counts one less; says whether the user has nothing any more.
    fn subtract(&self, kind: Kind) -> bool {
        self.counts[kind as usize].fetch_add(u32::MAX, Relaxed);
        self.total.fetch_add(u32::MAX, Full) == 1
    }
}

impl Limits {
    /// Nobody has anything yet.
    pub(crate) fn new(most: Most) -> impl PinInit<Self> {
        pin_init!(Self {
            most,
            users <- new_spinlock!(RBTree::new(), "Limits::users"),
        })
    }

    /// Counts one more of a kind for the calling user.
    ///
    /// Fails with `EAGAIN` if that is more than a user may have, unless the caller has
    /// `CAP_SYS_RESOURCE`, and with `ENOMEM`.
    pub(crate) fn charge(self: &Arc<Self>, kind: Kind) -> Result<Charge> {
        let user = User::current().key();
        let mut most = self.most[kind as usize];
        // Declared before the lock is taken, so that it is freed after it.
        let mut node = None;
        loop {
            let mut users = self.users.lock();
            let Some(account) = users.get(&user) else {
                match node.take() {
                    Some(node) => drop(users.insert(node)),
                    None => {
                        drop(users);
                        let account = Account::new(user)?;
                        node = Some(RBTreeNode::new(user, account, GFP_KERNEL_ACCOUNT)?);
                    }
                }
                continue;
            };
            if account.add(kind, most) {
                return Ok(Charge {
                    account: account.clone(),
                    limits: self.clone(),
                    kind,
                });
            }
            drop(users);
            if most == u32::MAX || !credentials::may_exceed_limits() {
                return Err(EAGAIN);
            }
            most = u32::MAX;
        }
    }

    /// The user has nothing any more, unless something has come meanwhile.
    fn forget(&self, user: u32) {
        // Declared before the lock is taken, so that it is freed after it.
        let _unused;
        let mut users = self.users.lock();
        if users
            .get(&user)
            .is_some_and(|account| account.total.load(Relaxed) == 0)
        {
            _unused = users.remove_node(&user);
        }
    }
}

/// One object that is counted, for as long as this lives.
pub(crate) struct Charge {
    limits: Arc<Limits>,
    account: Arc<Account>,
    kind: Kind,
}

impl Charge {
    /// Counts one more of another kind for the user that this is counted for.
    ///
    /// Does not sleep. Fails with `EAGAIN` if that is more than a user may have; `exempt` says
    /// whether it may have more.
    pub(crate) fn more(&self, kind: Kind, exempt: impl FnOnce() -> bool) -> Result<Self> {
        let fits = self.account.add(kind, self.limits.most[kind as usize])
            || (exempt() && self.account.add(kind, u32::MAX));
        if !fits {
            return Err(EAGAIN);
        }
        Ok(Self {
            limits: self.limits.clone(),
            account: self.account.clone(),
            kind,
        })
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if self.account.subtract(self.kind) {
            self.limits.forget(self.account.user);
        }
    }
}
