// SPDX-License-Identifier: GPL-2.0-only

//! The client's end: connections, inside of a session and as descriptors.
//!
//! Locks: `Connection::spare` and `Descriptor::processes` are leaves.

use crate::base::pulse::Pulse;
use crate::channel::{
    Channel,
    Link, //
};
use crate::rendezvous::{
    tables::{
        Message,
        Transaction, //
    },
    Rendezvous, //
};
use crate::sys::task;
use kernel::{
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNode, //
    },
    sync::{
        new_spinlock,
        Arc,
        SpinLock,
        UniqueArc, //
    }, //
};

/// Processes of a descriptor that are looked at in one go of the lock.
const STRETCH: usize = 128;

/// Transactions that a connection keeps for the next send.
const SPARE: usize = 8;

/// A connection of one process to one channel.
///
/// Dropped, it ends: sends that are blocked on it fail with `EBADF`.
#[pin_data(PinnedDrop)]
pub(crate) struct Connection {
    link: Link,
    #[pin]
    spare: SpinLock<KVec<UniqueArc<Transaction>>>,
}

impl Connection {
    /// Connects the calling process; fails like [`Link::new`].
    pub(crate) fn new(channel: &Arc<Channel>, share: bool) -> Result<Arc<Self>> {
        Arc::pin_init(
            try_pin_init!(Self {
                link: Link::new(channel, share)?,
                spare <- new_spinlock!(
                    KVec::with_capacity(SPARE, GFP_KERNEL_ACCOUNT)?,
                    "Connection::spare"
                ),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// The meeting place of its channel.
    pub(crate) fn rendezvous(&self) -> &Rendezvous {
        &self.link.channel.rendezvous
    }

    /// A transaction for one send: one that was used before, or a new one.
    pub(crate) fn checkout(&self) -> Result<UniqueArc<Transaction>> {
        let spare = self.spare.lock().pop();
        match spare {
            Some(transaction) => Ok(transaction),
            None => self
                .rendezvous()
                .transaction(Message::new(self.link.origin.clone())?),
        }
    }

    /// Keeps a transaction for the next send, unless somebody still looks at it.
    pub(crate) fn checkin(&self, transaction: Arc<Transaction>) {
        let Some(transaction) = Arc::into_unique_or_drop(transaction) else {
            return;
        };
        let mut transaction = Pin::into_inner(transaction);
        transaction.message.empty();
        transaction.sender.release();
        // Refused if there are enough; then it is freed after the lock.
        let refused = self.spare.lock().push_within_capacity(transaction);
        drop(refused);
    }

    /// Sends a pulse; fails like [`Rendezvous::pulse`].
    pub(crate) fn pulse(&self, code: i8, value: u64, priority: u8) -> Result {
        self.rendezvous().pulse(Pulse {
            code,
            value,
            scoid: self.link.origin.client.scoid,
            priority,
        })
    }

    /// Ends the connection: what is blocked on it fails with `EBADF`, and so does what comes.
    pub(crate) fn detach(&self) {
        self.rendezvous().detach(&self.link.origin);
    }

    /// Ends the sends that were made under one name of the connection.
    pub(crate) fn detach_name(&self, coid: i32) {
        self.rendezvous().detach_name(&self.link.origin, coid);
    }
}

#[pinned_drop]
impl PinnedDrop for Connection {
    fn drop(self: Pin<&mut Self>) {
        self.detach();
    }
}

/// A connection that is a file: whoever has a descriptor for it may send.
///
/// Each process that does is a client of its own, with its own scoid (B114).
#[pin_data]
pub(crate) struct Descriptor {
    channel: Arc<Channel>,
    share: bool,
    // By the key of the process, which the connection's origin holds.
    #[pin]
    processes: SpinLock<RBTree<usize, Arc<Connection>>>,
}

impl Descriptor {
    /// Connects the calling process, and later those that get the file.
    pub(crate) fn new(channel: Arc<Channel>, share: bool) -> Result<Arc<Self>> {
        let descriptor = Arc::pin_init(
            pin_init!(Self {
                channel,
                share,
                processes <- new_spinlock!(RBTree::new(), "Descriptor::processes"),
            }),
            GFP_KERNEL_ACCOUNT,
        )?;
        descriptor.connection()?;
        Ok(descriptor)
    }

    /// The connection of the calling process.
    pub(crate) fn connection(&self) -> Result<Arc<Connection>> {
        let key = task::current_key();
        let known = self.processes.lock().get(&key).cloned();
        if let Some(connection) = known {
            return Ok(connection);
        }
        self.forget_dead();
        let connection = Connection::new(&self.channel, self.share)?;
        let node = RBTreeNode::new(key, connection.clone(), GFP_KERNEL_ACCOUNT)?;
        let mut processes = self.processes.lock();
        if let Some(other) = processes.get(&key).cloned() {
            // Another thread was faster; ours and its node go after the lock.
            drop(processes);
            drop(node);
            return Ok(other);
        }
        processes.insert(node);
        Ok(connection)
    }

    /// The calling process has exited, or will not use the file again.
    pub(crate) fn leave(&self) {
        let node = self.processes.lock().remove_node(&task::current_key());
        if let Some(node) = node {
            node.to_key_value().1.detach();
        }
    }

    /// Ends the blocked sends of the calling process under one of its names.
    pub(crate) fn detach_name(&self, coid: i32) {
        let known = self.processes.lock().get(&task::current_key()).cloned();
        if let Some(connection) = known {
            connection.detach_name(coid);
        }
    }

    /// Drops the connections of processes that closed the file before they ended.
    fn forget_dead(&self) {
        let mut from = Some(0);
        while let Some(key) = from {
            // Declared before the lock is taken, so that it is freed after it.
            let _dead;
            let mut processes = self.processes.lock();
            (from, _dead) = Self::take_dead(&mut processes, key);
        }
    }

    /// Looks through a stretch of the processes from `from` on, and takes the first dead one out.
    ///
    /// Also returns where to go on, if there are more.
    fn take_dead(
        processes: &mut RBTree<usize, Arc<Connection>>,
        from: usize,
    ) -> (Option<usize>, Option<RBTreeNode<usize, Arc<Connection>>>) {
        let mut from = from;
        for _ in 0..STRETCH {
            let Some(cursor) = processes.cursor_lower_bound(&from) else {
                return (None, None);
            };
            let (key, connection) = cursor.current();
            let (key, alive) = (*key, connection.link.origin.client.process.is_alive());
            from = key.wrapping_add(1);
            if !alive {
                return (Some(from), processes.remove_node(&key));
            }
        }
        (Some(from), None)
    }
}
