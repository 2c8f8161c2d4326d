// SPDX-License-Identifier: GPL-2.0-only

//! The client's end: connections, inside of a session and as descriptors.
//!
//! Locks: `Connection::spare` and `Descriptor::processes` are leaves.

use crate::base::{
    abi,
    pulse::Pulse, //
};
use crate::channel::{
    Channel,
    Link, //
};
use crate::rendezvous::{
    pulses::PulseNode,
    tables::{
        Client,
        Message,
        Origin,
        Transaction, //
    },
    Rendezvous, //
};
use crate::sys::{
    once::Once,
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
        SpinLock,
        UniqueArc, //
    }, //
};

/// Flags that a connection can be made with.
pub(crate) const FLAGS: u32 = abi::COF_CLOEXEC
    | abi::COF_NOINHERIT
    | abi::COF_NOSHARE
    | abi::COF_NOEVENT
    | abi::COF_REG_EVENTS;

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
    /// `COF_` flags.
    flags: Atomic<u32>,
    /// Whether its process has closed the file that it is.
    forgotten: Atomic<i32>,
    #[pin]
    spare: SpinLock<KVec<UniqueArc<Transaction>>>,
}

impl Connection {
    /// Connects the calling process.
    ///
    /// Fails with `EAGAIN` if the user has too many connections, and like [`Link::new`].
    pub(crate) fn new(channel: &Arc<Channel>, flags: u32) -> Result<Arc<Self>> {
        Arc::pin_init(
            try_pin_init!(Self {
                link: Link::new(channel, flags)?,
                flags: Atomic::new(flags),
                forgotten: Atomic::new(0),
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

    /// Its channel.
    pub(crate) fn channel(&self) -> &Arc<Channel> {
        &self.link.channel
    }

    /// What messages carry of it.
    pub(crate) fn origin(&self) -> &Arc<Origin> {
        &self.link.origin
    }

    /// What the connection's user is at the server.
    pub(crate) fn client(&self) -> &Arc<Client> {
        &self.link.origin.client
    }

    /// Whether its channel is gone.
    pub(crate) fn is_dead(&self) -> bool {
        self.link.channel.is_ended()
    }

    /// Sets those of the flags that are in `mask` to `bits`; returns what they were.
    pub(crate) fn change_flags(&self, mask: u32, bits: u32) -> u32 {
        let mut old = self.flags.get();
        loop {
            match self
                .flags
                .cmpxchg(old, (old & !mask) | (bits & mask), Relaxed)
            {
                Ok(old) => return old,
                Err(now) => old = now,
            }
        }
    }

    /// Says where it leads, to its user, who calls it `coid`.
    pub(crate) fn describe(&self, coid: i32) -> abi::ServerInfo {
        describe(
            &self.link.channel,
            self.client().scoid,
            coid,
            self.flags.get(),
        )
    }

    /// A transaction for one send: one that was used before, or a new one.
    #[inline(never)]
    pub(crate) fn checkout(&self) -> Result<UniqueArc<Transaction>> {
        let spare = self.spare.lock().pop();
        match spare {
            Some(transaction) => Ok(transaction),
            None => self
                .rendezvous()
                .transaction(Message::new(self.link.origin.clone())?),
        }
    }

    /// Whether it was detached.
    #[inline]
    pub(crate) fn is_detached(&self) -> bool {
        self.link.origin.is_closed()
    }

    /// Whether nobody begins to send over it any more: it was detached, or its process has closed
    /// the file that it is.
    #[inline]
    fn has_ended(&self) -> bool {
        self.is_detached() || self.forgotten.get() != 0
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

    /// Sends a pulse, which is counted for the user that has made the connection.
    ///
    /// Fails like [`Rendezvous::pulse`], and tells the owner of a pool that is full; also with
    /// `EAGAIN` if the user has as many queued pulses as it may have, and with `ENOMEM`.
    pub(crate) fn pulse(&self, pulse: Pulse) -> Result {
        let sent = self.pulse_quietly(pulse);
        if sent == Err(EAGAIN) {
            self.link.channel.overflowed();
        }
        sent
    }

    /// The same, but nobody is told that it does not fit.
    pub(crate) fn pulse_quietly(&self, pulse: Pulse) -> Result {
        let node = PulseNode::new()?.charged(self.link.charge_pulse()?);
        self.rendezvous().pulse(pulse, node)
    }

    /// Sends up to `count` equal pulses, which count as one; returns how many did not fit, which is
    /// told likewise. Does not sleep.
    pub(crate) fn pulses(&self, pulse: Pulse, count: u32, node: PulseNode) -> u32 {
        let Ok(charge) = self.link.charge_pulse() else {
            return count;
        };
        let node = node.charged(charge);
        let lost = self.rendezvous().pulses(pulse, count, node);
        if lost > 0 {
            self.link.channel.overflowed();
        }
        lost
    }

    /// Lets the calling process, which calls it `coid`, be told when the channel ends.
    ///
    /// Fails with `EBADF` if it has ended, and with `ENOMEM`.
    pub(crate) fn watch(&self, coid: i32) -> Result {
        let channel = &self.link.channel;
        channel
            .notices
            .add(self.key(), coid, || !channel.is_ended())
    }

    /// The connection has lost its number.
    fn unwatch(&self) {
        self.link.channel.notices.remove(self.key());
    }

    fn key(&self) -> usize {
        core::ptr::from_ref(&*self.link.origin) as usize
    }

    /// Ends the connection: what is blocked on it fails with `EBADF`, and so does what comes.
    pub(crate) fn detach(&self) {
        self.unwatch();
        self.rendezvous().detach(&self.link.origin);
    }

    /// Ends the sends that were made under one name of the connection.
    pub(crate) fn detach_name(&self, coid: i32) {
        self.rendezvous().detach_name(&self.link.origin, coid);
    }
}

fn describe(channel: &Channel, scoid: i32, coid: i32, flags: u32) -> abi::ServerInfo {
    let dead = if channel.is_ended() { abi::COF_DEAD } else { 0 };
    abi::ServerInfo {
        nd: 0,
        pid: channel.owner.number_here(),
        chid: channel.number() as i32,
        scoid,
        coid,
        flags: flags | dead,
    }
}

#[pinned_drop]
impl PinnedDrop for Connection {
    fn drop(self: Pin<&mut Self>) {
        self.detach();
    }
}

/// What a thread keeps from one send to the next, under the name that it has sent to.
pub(crate) struct Sending {
    /// The name.
    pub(crate) coid: i32,
    /// The connection that it means.
    pub(crate) connection: Arc<Connection>,
    /// For the next message, unless somebody still looks at the last one.
    transaction: Option<Arc<Transaction>>,
}

impl Sending {
    /// Over a connection that was looked up; fails with `ENOMEM`.
    pub(crate) fn new(coid: i32, connection: Arc<Connection>) -> Result<KBox<Self>> {
        Ok(KBox::new(
            Self {
                coid,
                connection,
                transaction: None,
            },
            GFP_KERNEL_ACCOUNT,
        )?)
    }

    /// A transaction for one send. Fails with `ENOMEM`.
    #[inline(always)]
    pub(crate) fn checkout(&mut self) -> Result<UniqueArc<Transaction>> {
        match self.transaction.take().and_then(Arc::into_unique_or_drop) {
            Some(transaction) => Ok(Pin::into_inner(transaction)),
            None => self.connection.checkout(),
        }
    }

    /// Keeps the transaction for the next send.
    #[inline(always)]
    pub(crate) fn checkin(&mut self, transaction: Arc<Transaction>) {
        if transaction.message.is_large() {
            self.checkin_large(transaction);
        } else {
            // There is none to be dropped in its place.
            core::mem::forget(self.transaction.replace(transaction));
        }
    }

    /// The same for one that holds more than a few parts, without these.
    #[inline(never)]
    fn checkin_large(&mut self, transaction: Arc<Transaction>) {
        self.transaction = Arc::into_unique_or_drop(transaction).map(|transaction| {
            let mut transaction = Pin::into_inner(transaction);
            transaction.message.empty();
            transaction.into()
        });
    }

    /// Whether the calling thread has sent with it, and nobody else; or any thread of its process, of
    /// which nothing is left in it.
    #[inline]
    fn is_callers(&self) -> bool {
        match &self.transaction {
            Some(transaction) => transaction.sender.is_current(),
            None => self.connection.client().process.is_current(),
        }
    }

    /// Keeps it for the next send.
    #[inline(always)]
    pub(crate) fn keep_in(pockets: &Pockets<Self>, sending: KBox<Self>) {
        if let Some(refused) = pockets.put(sending.coid, sending) {
            Self::make_room(pockets, refused);
        }
    }

    /// There was none to keep that.
    #[cold]
    fn make_room(pockets: &Pockets<Self>, refused: KBox<Self>) {
        // Threads that have ended need no room.
        let is_idle = |kept: &Self| {
            let transaction = kept.transaction.as_ref();
            transaction.is_none_or(|transaction| transaction.sender.is_abandoned())
        };
        if let Some(refused) = pockets.put_over(refused.coid, refused, is_idle) {
            KBox::into_inner(refused).give_up();
        }
    }

    /// Gives the transaction back to the connection.
    #[cold]
    fn give_up(mut self) {
        if let Some(transaction) = self.transaction.take() {
            self.connection.checkin(transaction);
        }
    }
}

impl Kept for Sending {
    #[inline]
    fn has_ended(&self) -> bool {
        self.connection.has_ended()
    }
}

/// A connection that is a file: whoever has a descriptor for it may send.
///
/// Each process that does is a client of its own, with its own scoid (B114).
#[pin_data]
pub(crate) struct Descriptor {
    channel: Arc<Channel>,
    /// `COF_` flags of all its connections.
    flags: u32,
    maker: Process,
    /// What threads keep from their last sends. Whoever ends a connection takes it out of here after
    /// that, and nobody puts one back that has ended.
    sendings: Pockets<Sending>,
    // By the key of the process, which the connection's origin holds.
    #[pin]
    processes: SpinLock<RBTree<usize, Arc<Connection>>>,
}

impl Descriptor {
    /// Connects the calling process, and later those that get the file.
    pub(crate) fn new(channel: Arc<Channel>, flags: u32) -> Result<Arc<Self>> {
        let descriptor = Arc::pin_init(
            pin_init!(Self {
                channel,
                flags,
                maker: Process::current(),
                sendings: Pockets::new(),
                processes <- new_spinlock!(RBTree::new(), "Descriptor::processes"),
            }),
            GFP_KERNEL_ACCOUNT,
        )?;
        descriptor.connection()?;
        Ok(descriptor)
    }

    /// What the calling thread needs to send. Fails like [`Descriptor::connection`].
    #[inline(always)]
    pub(crate) fn sending(&self) -> Result<KBox<Sending>> {
        // A thread stays in its process, so that what it has used before it may use again.
        let is_own = |kept: &Sending| kept.is_callers() && !kept.has_ended();
        match self.sendings.take(0, is_own) {
            Some(kept) => Ok(kept),
            None => self.sending_anew(),
        }
    }

    #[cold]
    fn sending_anew(&self) -> Result<KBox<Sending>> {
        Sending::new(0, self.connection()?)
    }

    /// Keeps that for the next time.
    #[inline(always)]
    pub(crate) fn keep(&self, sending: KBox<Sending>) {
        Sending::keep_in(&self.sendings, sending);
    }

    fn purge(&self) {
        self.sendings.purge(Sending::has_ended);
    }

    /// The connection of the calling process.
    ///
    /// Fails with `EBADF` if it may not be used by other processes than the one that made it, and
    /// like [`Link::new`].
    pub(crate) fn connection(&self) -> Result<Arc<Connection>> {
        if self.flags & abi::COF_NOINHERIT != 0 && !self.maker.is_current() {
            return Err(EBADF);
        }
        let key = task::current_key();
        let known = self.processes.lock().get(&key).cloned();
        if let Some(connection) = known {
            return Ok(connection);
        }
        self.forget_dead();
        let connection = Connection::new(&self.channel, self.flags)?;
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

    /// Says where it leads, to the caller, who calls it `coid`; without making it a client of a
    /// channel that is gone.
    pub(crate) fn describe(&self, coid: i32) -> Result<abi::ServerInfo> {
        match self.connection() {
            Ok(connection) => Ok(connection.describe(coid)),
            Err(_) if self.channel.is_ended() => Ok(describe(&self.channel, -1, coid, self.flags)),
            Err(error) => Err(error),
        }
    }

    /// The calling process has exited.
    pub(crate) fn leave(&self) {
        let node = self.processes.lock().remove_node(&task::current_key());
        if let Some(node) = node {
            node.to_key_value().1.detach();
            self.purge();
        }
    }

    /// The calling process has closed its last descriptor for the file. What is blocked on it goes
    /// on.
    pub(crate) fn forget(&self) {
        let node = self.processes.lock().remove_node(&task::current_key());
        if let Some(node) = node {
            let (_, connection) = node.to_key_value();
            connection.unwatch();
            connection.forgotten.xchg(1, Full);
            self.purge();
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
            let dead;
            let mut processes = self.processes.lock();
            (from, dead) = Self::take_dead(&mut processes, key);
            drop(processes);
            if let Some(node) = dead {
                node.to_key_value().1.forgotten.xchg(1, Full);
                self.purge();
            }
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
