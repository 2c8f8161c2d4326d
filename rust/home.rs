// SPDX-License-Identifier: GPL-2.0-only

//! What others may reach of a session: its process, its connections by number, its events.
//!
//! A session belongs to its process, and only that one uses it. Its home is the part that other
//! processes look at, say a server that delivers an event: they find it in the registry.
//!
//! Lock: `Home::tables`, a leaf.

use crate::base::id;
use crate::channel::Channel;
use crate::connection::{
    Connection,
    Sending, //
};
use crate::events::{
    EventTable,
    Place, //
};
use crate::limits::Limits;
use crate::numbers::lowest_free;
use crate::rendezvous::tables::Origin;
use crate::sys::{
    errno,
    pockets::{
        Kept,
        Pockets, //
    },
    task::{
        self,
        Process, //
    }, //
};
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

/// Side-channel connections that a session can have.
const MAX_CONNECTIONS: u32 = 1 << 20;

/// Connections that are looked at in one go of the lock.
const STRETCH: usize = 128;

struct Tables {
    open: bool,
    connections: RBTree<u32, Arc<Connection>>,
    coids: IdPool,
    /// Connections that are descriptors, by the number that they were made with.
    descriptors: RBTree<i32, Arc<Connection>>,
}

/// The connections of one session.
#[pin_data]
pub(crate) struct Home {
    process: Process,
    /// The events that the process has registered.
    #[pin]
    pub(crate) events: EventTable,
    /// What threads keep from their last sends. Whoever ends a connection takes it out of here after
    /// that, and nobody puts one back that has ended.
    sendings: Pockets<Sending>,
    #[pin]
    tables: SpinLock<Tables>,
}

impl Home {
    /// Makes an empty home of the calling process.
    pub(crate) fn new(limits: Arc<Limits>) -> Result<Arc<Self>> {
        let tables = Tables {
            open: true,
            connections: RBTree::new(),
            coids: IdPool::new(),
            descriptors: RBTree::new(),
        };
        Arc::pin_init(
            pin_init!(Self {
                process: Process::current(),
                events <- EventTable::new(limits),
                sendings: Pockets::new(),
                tables <- new_spinlock!(tables, "Home::tables"),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// The process whose it is.
    pub(crate) fn process(&self) -> &Process {
        &self.process
    }

    /// Connects the calling process, whose home this is, to a channel.
    ///
    /// Fails with `EBADF` if it is gone, with `EAGAIN` if there are too many connections, with
    /// `ESTALE` if the session has ended, and with `ENOMEM`.
    pub(crate) fn connect(&self, channel: &Arc<Channel>, flags: u32) -> Result<i32> {
        let connection = Connection::new(channel, flags)?;
        let node = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        let number = lowest_free(&self.tables, MAX_CONNECTIONS, |tables| &mut tables.coids)?;
        let coid = id::side_coid(number);
        if let Err(error) = connection.watch(coid) {
            self.tables.lock().coids.release_id(number as usize);
            return Err(error);
        }
        let node = node.into_node(number, connection);
        let mut tables = self.tables.lock();
        if !tables.open {
            // The number goes with the session.
            drop(tables);
            drop(node);
            return Err(errno::stale());
        }
        tables.connections.insert(node);
        Ok(coid)
    }

    /// A connection by its number; `EBADF` if there is none.
    pub(crate) fn connection(&self, coid: i32) -> Result<Arc<Connection>> {
        let number = id::side_number(coid).ok_or(EBADF)?;
        let tables = self.tables.lock();
        tables.connections.get(&number).cloned().ok_or(EBADF)
    }

    /// Lets events name the calling process's `connection` by its new descriptor `coid`, until that is
    /// [closed](Self::descriptor_closed).
    ///
    /// Fails with `ESTALE` if the session has ended, and with `ENOMEM`.
    pub(crate) fn descriptor_made(&self, coid: i32, connection: Arc<Connection>) -> Result {
        let node = RBTreeNode::new(coid, connection, GFP_KERNEL_ACCOUNT)?;
        let mut tables = self.tables.lock();
        if !tables.open {
            drop(tables);
            drop(node);
            return Err(errno::stale());
        }
        // A descriptor that was moved away has left its number behind.
        let _left = tables.descriptors.insert(node);
        drop(tables);
        Ok(())
    }

    /// The process has closed the file whose first descriptor was `coid`, and whose connection was
    /// `origin`. The number may be that of another file by now.
    pub(crate) fn descriptor_closed(&self, coid: i32, origin: &Arc<Origin>) {
        let mut tables = self.tables.lock();
        let node = match tables.descriptors.get(&coid) {
            Some(connection) if Arc::ptr_eq(connection.origin(), origin) => {
                tables.descriptors.remove_node(&coid)
            }
            _ => None,
        };
        drop(tables);
        drop(node);
    }

    /// The connection that an event means by `coid`, side channel or descriptor; `EBADF` if there is
    /// none.
    pub(crate) fn target(&self, coid: i32) -> Result<Arc<Connection>> {
        if id::side_number(coid).is_some() {
            return self.connection(coid);
        }
        let tables = self.tables.lock();
        tables.descriptors.get(&coid).cloned().ok_or(EBADF)
    }

    /// What the calling thread needs to send to a connection; `EBADF` if there is none of this number,
    /// and `ENOMEM`.
    #[inline(always)]
    pub(crate) fn sending(&self, coid: i32) -> Result<KBox<Sending>> {
        // A stale one may have been in somebody's hand while its connection was taken out of here, and
        // the number may be another's by now.
        let is_own = |kept: &Sending| kept.coid == coid && !kept.connection.is_detached();
        match self.sendings.take(coid, is_own) {
            Some(kept) => Ok(kept),
            None => self.sending_anew(coid),
        }
    }

    #[cold]
    fn sending_anew(&self, coid: i32) -> Result<KBox<Sending>> {
        Sending::new(coid, self.connection(coid)?)
    }

    /// Keeps that for the next time.
    #[inline(always)]
    pub(crate) fn keep(&self, sending: KBox<Sending>) {
        Sending::keep_in(&self.sendings, sending);
    }

    /// The connection of the lowest number that is not below `coid`, and its number; with `live`
    /// only of those whose channel is still there.
    pub(crate) fn connection_from(&self, coid: i32, live: bool) -> Option<(i32, Arc<Connection>)> {
        let mut from = id::side_number_from(coid);
        loop {
            let tables = self.tables.lock();
            for _ in 0..STRETCH {
                let cursor = tables.connections.cursor_lower_bound(&from)?;
                let (number, connection) = cursor.current();
                if !(live && connection.is_dead()) {
                    return Some((id::side_coid(*number), connection.clone()));
                }
                from = number + 1;
            }
            drop(tables);
            task::breathe();
        }
    }

    /// Ends a connection; `EINVAL` if there is none of this number (B14).
    pub(crate) fn disconnect(&self, coid: i32) -> Result {
        let number = id::side_number(coid).ok_or(EINVAL)?;
        let node = self.tables.lock().connections.remove_node(&number);
        node.ok_or(EINVAL)?.to_key_value().1.detach();
        self.sendings.purge(Sending::has_ended);
        // Only now: until here its channel may send a COIDDEATH pulse with this number.
        self.tables.lock().coids.release_id(number as usize);
        Ok(())
    }

    /// Ends all connections, forgets all events, and lets nobody make new ones.
    pub(crate) fn end(&self) {
        self.events.end();
        let mut tables = self.tables.lock();
        tables.open = false;
        let connections = core::mem::take(&mut tables.connections);
        let descriptors = core::mem::take(&mut tables.descriptors);
        drop(tables);
        // These end with their files.
        drop(descriptors);
        for connection in connections.values() {
            connection.detach();
            task::breathe();
        }
        self.sendings.purge(Sending::has_ended);
    }
}

impl Place for Home {
    fn process(&self) -> &Process {
        &self.process
    }

    fn connection(&self, coid: i32) -> Result<Arc<Connection>> {
        self.target(coid)
    }
}
