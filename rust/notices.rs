// SPDX-License-Identifier: GPL-2.0-only

//! Whom to tell when a channel ends: the processes that are connected to it, once for each of
//! their connections (B110).
//!
//! Lock: `Notices::table`, a leaf. Nothing is freed while it is held.

use crate::rendezvous::pulses::PulseNode;
use crate::sys::task::Process;
use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNode, //
    },
    sync::{
        new_spinlock,
        SpinLock, //
    }, //
};

/// A connection that a process is told the end of.
pub(crate) struct Notice {
    /// The process.
    pub(crate) process: Process,
    /// What it calls the connection.
    pub(crate) coid: i32,
    /// Memory of the pulse.
    pub(crate) node: PulseNode,
}

/// The notices of one channel, by a number that the connection chooses.
#[pin_data]
pub(crate) struct Notices {
    #[pin]
    table: SpinLock<RBTree<usize, Notice>>,
}

impl Notices {
    /// None.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            table <- new_spinlock!(RBTree::new(), "Notices::table"),
        })
    }

    /// Adds the notice of a connection of the calling process, which calls it `coid`.
    ///
    /// Fails with `EBADF` if the channel is not open any more, and with `ENOMEM`.
    pub(crate) fn add(&self, key: usize, coid: i32, open: impl Fn() -> bool) -> Result {
        let notice = Notice {
            process: Process::current(),
            coid,
            node: PulseNode::new()?,
        };
        let node = RBTreeNode::new(key, notice, GFP_KERNEL_ACCOUNT)?;
        let mut table = self.table.lock();
        if !open() {
            drop(table);
            drop(node);
            return Err(EBADF);
        }
        table.insert(node);
        Ok(())
    }

    /// Takes a notice back.
    pub(crate) fn remove(&self, key: usize) {
        let node = self.table.lock().remove_node(&key);
        drop(node);
    }

    /// Takes any one notice out, of a channel that is not open any more.
    pub(crate) fn take(&self) -> Option<Notice> {
        let mut table = self.table.lock();
        let key = *table.cursor_front()?.current().0;
        let node = table.remove_node(&key);
        drop(table);
        Some(node?.to_key_value().1)
    }
}
