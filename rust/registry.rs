// SPDX-License-Identifier: GPL-2.0-only

//! What is found by process: its channels by number, for those who connect, and its homes.
//!
//! Locks: `Registry::channels`, a mutex; the locks of channels may be taken inside of it, it is
//! taken inside of none. `Registry::homes`, a spinlock and a leaf.

use crate::channel::Channel;
use crate::home::Home;
use crate::sys::task::Process;
use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNode,
        RBTreeNodeReservation, //
    },
    sync::{
        new_mutex,
        new_spinlock,
        Arc,
        Mutex,
        SpinLock, //
    }, //
};

/// Channels that a process can have.
const MAX_CHANNELS: u32 = 32_767;

/// Process, as [`Process::key`], and channel number. The channel holds the process, so that the
/// key stays its own.
type Name = (usize, u32);

/// Process, as [`Process::key`], and address of the home, which holds the process.
type HomeKey = (usize, usize);

/// All channels that can be connected to, and the homes of all sessions.
#[pin_data]
pub(crate) struct Registry {
    #[pin]
    channels: Mutex<RBTree<Name, Arc<Channel>>>,
    #[pin]
    homes: SpinLock<RBTree<HomeKey, Arc<Home>>>,
}

impl Registry {
    /// No channels, and no homes.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            channels <- new_mutex!(RBTree::new(), "Registry::channels"),
            homes <- new_spinlock!(RBTree::new(), "Registry::homes"),
        })
    }

    /// Adds a new channel under the lowest free number of its process.
    ///
    /// Numbers start at 1, whichever session of the process asks. Fails with `EAGAIN` if all are
    /// taken, and with `ENOMEM`.
    pub(crate) fn add(&self, channel: &Arc<Channel>) -> Result {
        let key = channel.owner.key();
        let node = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        let mut channels = self.channels.lock();
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
        Ok(())
    }

    /// Channel `chid` of a process.
    pub(crate) fn find(&self, owner: &Process, chid: u32) -> Option<Arc<Channel>> {
        self.channels.lock().get(&(owner.key(), chid)).cloned()
    }

    /// Takes a channel out; its number is free again.
    pub(crate) fn remove(&self, channel: &Channel) {
        let node = self
            .channels
            .lock()
            .remove_node(&(channel.owner.key(), channel.number()));
        drop(node);
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
