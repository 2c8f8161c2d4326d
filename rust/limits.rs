// SPDX-License-Identifier: GPL-2.0-only

//! How much of the module one user may have, whatever processes and sessions it is spread over.
//!
//! Memory is charged to the cgroup of whoever makes an object, but not everybody lives in a cgroup
//! with a limit, and numbers run out before memory does. So objects that last are counted for the
//! effective user of the process that makes them; the count goes with the object.
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
    /// Connections: those of sessions, and one of each descriptor and process that has used it.
    Connection,
    /// Names of channels.
    Name,
    /// Registered events.
    Event,
    /// Timers.
    Timer,
}

/// Number of kinds.
const KINDS: usize = 5;

/// The most that a user may have of each kind, in their order.
pub(crate) type Most = [u32; KINDS];

/// What each user has.
#[pin_data]
pub(crate) struct Limits {
    most: Most,
    /// Users that have something.
    #[pin]
    users: SpinLock<RBTree<u32, Most>>,
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
        let charge = || Charge {
            limits: self.clone(),
            user,
            kind,
        };
        let mut unlimited = false;
        // Declared before the lock is taken, so that it is freed after it.
        let mut node = None;
        loop {
            let mut users = self.users.lock();
            if users.get(&user).is_none() {
                match node.take() {
                    Some(node) => drop(users.insert(node)),
                    None => {
                        drop(users);
                        node = Some(RBTreeNode::new(user, [0; KINDS], GFP_KERNEL_ACCOUNT)?);
                        continue;
                    }
                }
            }
            let Some(count) = users
                .get_mut(&user)
                .map(|counts| &mut counts[kind as usize])
            else {
                // Not reached: it was inserted.
                return Err(EAGAIN);
            };
            if *count >= self.most[kind as usize] && !unlimited {
                drop(users);
                if !credentials::may_exceed_limits() {
                    return Err(EAGAIN);
                }
                unlimited = true;
                continue;
            }
            *count = count.saturating_add(1);
            return Ok(charge());
        }
    }

    fn give_back(&self, user: u32, kind: Kind) {
        // Declared before the lock is taken, so that it is freed after it.
        let _unused;
        let mut users = self.users.lock();
        if let Some(counts) = users.get_mut(&user) {
            counts[kind as usize] = counts[kind as usize].saturating_sub(1);
            if counts.iter().all(|count| *count == 0) {
                _unused = users.remove_node(&user);
            }
        }
    }
}

/// One object that is counted, for as long as this lives.
pub(crate) struct Charge {
    limits: Arc<Limits>,
    user: u32,
    kind: Kind,
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.limits.give_back(self.user, self.kind);
    }
}
