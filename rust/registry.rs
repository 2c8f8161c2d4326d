// SPDX-License-Identifier: GPL-2.0-only

//! Which channel a process id and a channel number mean, for those who connect.
//!
//! Lock: `Registry::channels`, a mutex; the locks of channels may be taken inside of it, it is
//! taken inside of none.

use crate::channel::Channel;
use crate::sys::task::Process;
use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNodeReservation, //
    },
    sync::{
        new_mutex,
        Arc,
        Mutex, //
    }, //
};

/// Channels that a process can have.
const MAX_CHANNELS: u32 = 32_767;

/// Process, as [`Process::key`], and channel number. The channel holds the process, so that the
/// key stays its own.
type Name = (usize, u32);

/// All channels that can be connected to.
#[pin_data]
pub(crate) struct Registry {
    #[pin]
    channels: Mutex<RBTree<Name, Arc<Channel>>>,
}

impl Registry {
    /// No channels.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            channels <- new_mutex!(RBTree::new(), "Registry::channels"),
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
}
