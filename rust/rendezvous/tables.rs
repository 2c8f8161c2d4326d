// SPDX-License-Identifier: GPL-2.0-only

//! The messages of one channel, the threads that wait for them, and the tables both hang in.
//!
//! A [`Transaction`] has two halves. The message proper ([`Message`]) is filled in by its sender
//! before anybody else can see it and does not change until the sender has it back, so that server
//! threads may look at it without a lock. What changes while it is under way ([`Cell`]) is
//! protected by the lock of the channel, which is the lock around [`Tables`].
//!
//! A transaction belongs to the blocked call of its sender, and is used again for the next one.
//! It brings its nodes of the tables with it, so that moving it from table to table allocates
//! nothing.

use super::{
    absent::Slot,
    pulses::{
        PulseNode,
        PulseQueue, //
    },
    row::Row, //
};
use crate::base::{
    abi,
    id::{
        Rcvid,
        RcvidSource, //
    },
    order::Key,
    priority::Wish,
    pulse::Pulse,
    state::{
        Cause,
        Event,
        Outcome,
        Refusal,
        State, //
    }, //
};
use crate::copy::{
    self,
    parts::Parts, //
};
use crate::priority::{
    Ceiling,
    Next as NextServer,
    Onward,
    Passed,
    Server,
    Servers,
    Station, //
};
use crate::sys::{
    once::Once,
    remote_mm::{
        CopyFault,
        OnAbsent,
        RemoteMemory, //
    },
    small_buf::{
        SmallBuf,
        INLINE_BYTES, //
    },
    task::{
        self,
        Process, //
    },
    wait::Parker, //
};
use crate::wake::WakeSet;
use kernel::{
    prelude::*,
    rbtree::RBTreeNodeReservation,
    sync::{
        atomic::{
            Atomic,
            Full, //
        },
        Arc,
        LockedBy,
        SpinLock,
        UniqueArc, //
    }, //
};

/// Messages whose senders are looked at for a changed priority.
const REORDERED: usize = 64;

/// A client as the server knows it, by one scoid: what its connections to the channel have in
/// common.
pub(crate) struct Client {
    /// The client.
    pub(crate) process: Process,
    /// The server's name for it.
    pub(crate) scoid: i32,
    /// Where the receive ids of its messages come from.
    rcvids: LockedBy<RcvidSource, Tables>,
}

impl Client {
    pub(super) fn new(
        tables: &SpinLock<Tables>,
        process: Process,
        scoid: i32,
    ) -> Result<Arc<Self>> {
        Ok(Arc::new(
            Self {
                process,
                scoid,
                rcvids: LockedBy::new(tables, RcvidSource::empty()),
            },
            GFP_KERNEL_ACCOUNT,
        )?)
    }
}

/// Where messages come from: one connection of one client.
///
/// A snapshot that outlives the connection, never a reference to it.
pub(crate) struct Origin {
    /// The client.
    pub(crate) client: Arc<Client>,
    closed: Atomic<i32>,
    outstanding: Atomic<i32>,
}

impl Origin {
    /// An origin of which nothing is under way.
    pub(crate) fn new(client: Arc<Client>) -> Self {
        Self {
            client,
            closed: Atomic::new(0),
            outstanding: Atomic::new(0),
        }
    }

    /// Refuses all further messages; says whether some may be under way.
    ///
    /// ```text
    ///   close                           offer
    ///   closed = 1      (full)          outstanding += 1   (full)
    ///   outstanding?                    closed?            (in the channel's lock)
    /// ```
    ///
    /// Either `close` sees the message, and it will be looked for, or the message sees `close`.
    pub(super) fn close(&self) -> bool {
        self.closed.xchg(1, Full);
        self.outstanding.fetch_add(0, Full) != 0
    }

    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.get() != 0
    }

    pub(super) fn begin(&self) {
        self.outstanding.fetch_add(1, Full);
    }

    pub(super) fn end(&self) {
        self.outstanding.fetch_sub(1, Full);
    }
}

/// The part of a transaction that only its sender writes, while nobody else can see it.
pub(crate) struct Message {
    /// The sender's connection.
    pub(crate) origin: Arc<Origin>,
    /// The sender's name for it.
    pub(crate) coid: i32,
    /// The sender's priority when it sent.
    pub(crate) priority: u8,
    /// Where the message lies.
    pub(crate) send: Parts,
    /// Where the reply goes.
    pub(crate) reply: Parts,
    /// The message itself, if it is short; then `send` is not looked at again.
    pub(crate) inline: SmallBuf,
    /// The memory that the parts lie in.
    pub(crate) memory: RemoteMemory,
    /// What the server calls the sender's process and thread, one in each half, 0 if that was not
    /// looked up yet. Written by its threads, which all find the same.
    pub(crate) names: Atomic<u64>,
}

impl Message {
    /// A message without contents, of the calling process.
    pub(crate) fn new(origin: Arc<Origin>) -> Result<Self> {
        Ok(Self {
            origin,
            coid: 0,
            priority: 0,
            send: Parts::empty(),
            reply: Parts::empty(),
            inline: SmallBuf::new(),
            memory: RemoteMemory::current()?,
            names: Atomic::new(0),
        })
    }

    /// Fills in what the calling thread sends. A short message is copied now (reference 5.2).
    ///
    /// Fails with `EOVERFLOW` if there are more parts or bytes than the limits allow, with
    /// `EFAULT` if the lists or a short message cannot be read, and with `ENOMEM`.
    #[inline(always)]
    pub(crate) fn fill(&mut self, args: &abi::MsgSend) -> Result {
        self.send.fill(args.send, args.flags & abi::SEND_BUF != 0)?;
        self.reply
            .fill(args.reply, args.flags & abi::REPLY_BUF != 0)?;
        self.coid = args.coid;
        self.priority = task::current_priority();
        // A process keeps its descriptors over exec, but not its memory.
        if !self.memory.is_current() {
            self.memory = RemoteMemory::current()?;
            // Nor its thread, the number.
            self.names.set(0);
        }
        self.inline.clear();
        let total = self.send.total();
        if total <= INLINE_BYTES {
            copy::gather(&self.send, total, &mut self.inline)?;
        }
        Ok(())
    }

    /// Whether it holds memory for its part lists.
    #[inline]
    pub(crate) fn is_large(&self) -> bool {
        self.send.is_large() || self.reply.is_large()
    }

    /// Frees what a message of more than a few parts holds.
    pub(crate) fn empty(&mut self) {
        self.send.clear();
        self.reply.clear();
    }

    /// What was sent, if it is short.
    #[inline]
    pub(crate) fn short(&self) -> Option<&[u8]> {
        (self.send.total() <= INLINE_BYTES).then(|| self.inline.as_slice())
    }

    /// Copies `len` bytes at `offset` of what was sent to the caller's parts. For holders of a
    /// token.
    pub(crate) fn read(
        &self,
        offset: usize,
        to: &Parts,
        len: usize,
        on_absent: &dyn OnAbsent,
    ) -> Result<(), CopyFault> {
        if self.send.total() > INLINE_BYTES {
            return copy::pull(&self.memory, &self.send, offset, to, len, on_absent);
        }
        match self.inline.as_slice().get(offset..offset + len) {
            Some(bytes) => copy::scatter(bytes, to).map_err(|_| CopyFault::Local),
            None => Ok(()),
        }
    }

    /// Puts a short reply into the memory for it. For the sender, when it has the message back.
    #[inline]
    pub(crate) fn take_reply(&self, inline: &SmallBuf) -> Result {
        copy::scatter(inline.as_slice(), &self.reply)
    }

    /// Copies `len` bytes of the caller's parts to `offset` of the memory for the reply. For
    /// holders of a token.
    pub(crate) fn write(
        &self,
        offset: usize,
        from: &Parts,
        len: usize,
        on_absent: &dyn OnAbsent,
    ) -> Result<(), CopyFault> {
        copy::push(
            &self.memory,
            &self.reply,
            offset,
            from,
            len,
            true,
            on_absent,
        )
    }

    /// The same for the reply itself, which a signal that does not end the caller must not stop:
    /// there is no second try.
    pub(crate) fn write_reply(
        &self,
        from: &Parts,
        len: usize,
        on_absent: &dyn OnAbsent,
    ) -> Result<(), CopyFault> {
        copy::push(&self.memory, &self.reply, 0, from, len, false, on_absent)
    }
}

/// What the server answered.
pub(crate) struct Answer {
    /// Status of a reply.
    pub(crate) status: i64,
    /// Error of an answer that is none.
    pub(crate) error: i32,
    /// The reply, if it is short: the sender puts it into its own memory.
    pub(crate) inline: SmallBuf,
}

/// The part of a transaction that the channel's lock protects.
pub(super) struct Cell {
    pub(super) state: State,
    pub(super) answer: Answer,
    /// What has to happen when it is received, because the deadline for the time after that has
    /// passed before.
    pub(super) late: Late,
    /// Memory of the sender that a server thread waits for.
    pub(super) absent: Slot,
    pub(super) key: Key,
    pub(super) rcvid: Option<Rcvid>,
    /// [`Server::key`] of the thread that has received it, 0 if that is not known.
    pub(super) served_by: usize,
    /// Memory for the pulse that asks the server to let the sender go.
    unblock_node: Option<PulseNode>,
    /// Place of that pulse in the queue, if it was queued.
    pub(super) unblock_key: Option<Key>,
    queue_node: Option<RBTreeNodeReservation<Key, Arc<Transaction>>>,
    named_node: Option<RBTreeNodeReservation<Rcvid, Arc<Transaction>>>,
}

/// Whether a deadline for the time after the receive has passed before that.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Late {
    /// No.
    No,
    /// Yes: the sender leaves instead of being received, or as soon as it was.
    Ends,
    /// Yes: the sender is called when it was received, to see to the rest itself.
    Calls,
}

/// How a send ended.
pub(crate) struct Sent {
    /// How.
    pub(crate) outcome: Outcome,
    /// Status of the reply, if that is how.
    pub(crate) status: i64,
    /// Error of the answer, 0 if there was a reply.
    pub(crate) error: i32,
}

impl Sent {
    /// Its sender has left before anybody saw it.
    pub(super) fn withdrawn(cause: Cause) -> Self {
        Self {
            outcome: Outcome::Withdrawn(cause),
            status: 0,
            error: 0,
        }
    }
}

/// One send: a message, its sender, and how far it has come.
pub(crate) struct Transaction {
    /// What is sent.
    pub(crate) message: Message,
    /// Where the sender sleeps.
    pub(crate) sender: Parker,
    /// How much of it the server took when it received it. Written by the holder of the claim.
    pub(crate) received: Atomic<i64>,
    /// The sender's priority when it was received. Written in the channel's lock.
    pub(super) priority: Atomic<i32>,
    pub(super) tables: Arc<SpinLock<Tables>>,
    /// Whether the memory for the unblock pulse was used up.
    lacks_node: Atomic<i32>,
    pub(super) cell: LockedBy<Cell, Tables>,
}

impl Transaction {
    pub(super) fn new(
        tables: &Arc<SpinLock<Tables>>,
        message: Message,
        unblock: bool,
    ) -> Result<UniqueArc<Self>> {
        let cell = Cell {
            state: State::Idle,
            answer: Answer {
                status: 0,
                error: 0,
                inline: SmallBuf::new(),
            },
            late: Late::No,
            absent: Slot::Idle,
            key: Key::new(0, 0),
            rcvid: None,
            served_by: 0,
            unblock_node: None,
            unblock_key: None,
            queue_node: Some(RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?),
            named_node: Some(RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?),
        };
        Ok(UniqueArc::new(
            Self {
                message,
                sender: Parker::new(),
                received: Atomic::new(0),
                priority: Atomic::new(0),
                tables: tables.clone(),
                lacks_node: Atomic::new(i32::from(unblock)),
                cell: LockedBy::new(tables, cell),
            },
            GFP_KERNEL_ACCOUNT,
        )?)
    }

    /// The sender's priority when it was received.
    pub(crate) fn priority(&self) -> i16 {
        self.priority.get() as i16
    }

    /// Makes the calling thread the sender.
    #[inline]
    pub(crate) fn adopt(&mut self) {
        if self.sender.adopt() {
            self.message.names.set(0);
        }
    }

    /// Has the sender give up its wait for memory of its own, if it waits; it is to be woken after
    /// that.
    pub(super) fn nudge(&self, tables: &mut Tables) {
        if let (Slot::Busy(_), Some(sender)) =
            (&self.cell.access_mut(tables).absent, self.sender.thread())
        {
            task::nudge(sender);
        }
    }

    /// Sees to it that there is memory for the unblock pulse; for the sender, before each send.
    pub(super) fn provide(&self, tables: &SpinLock<Tables>) -> Result {
        if self.lacks_node.get() == 0 {
            return Ok(());
        }
        let node = PulseNode::new()?;
        let mut tables = tables.lock();
        let cell = self.cell.access_mut(&mut tables);
        let old = cell.unblock_node.replace(node);
        drop(tables);
        drop(old);
        self.lacks_node.set(0);
        Ok(())
    }
}

impl Onward for Transaction {
    fn raise(&self, level: u8) -> Passed {
        let mut tables = self.tables.lock();
        let cell = self.cell.access_mut(&mut tables);
        let (key, state, served_by) = (cell.key, cell.state, cell.served_by);
        if level <= key.priority() {
            return Passed::Nowhere;
        }
        if state.is_queued() {
            tables.requeue(key, level);
            return Passed::Channel(self.tables.clone());
        }
        if !state.is_named() {
            return Passed::Nowhere;
        }
        // Its place should it be put back into the queue.
        cell.key = Key::new(level, key.arrival());
        match tables.servers.get(served_by) {
            Some(server) if !tables.fixed && server.raise(level, tables.ceiling.level()) => {
                Passed::Thread(server.clone())
            }
            _ => Passed::Nowhere,
        }
    }
}

/// What a server thread waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Want {
    /// A pulse (MsgReceivePulse). Those who wait for it are called after all others.
    Pulse,
    /// A message or a pulse (MsgReceive).
    Anything,
}

/// Which table the next item is in.
pub(super) enum Next {
    Pulse,
    Message(Arc<Transaction>),
}

/// A server thread that waits for something to receive.
pub(super) struct Receiver {
    /// Where it sleeps.
    pub(super) thread: Parker,
    /// The thread as a server, if it is one.
    pub(super) server: Option<Arc<Server>>,
    cell: LockedBy<ReceiverCell, Tables>,
}

/// Place of a waiting server thread: the one behind all others is called first.
type Turn = (Want, u64);

struct ReceiverCell {
    turn: Turn,
    node: Option<RBTreeNodeReservation<Turn, Arc<Receiver>>>,
}

impl Receiver {
    pub(super) fn new(tables: &SpinLock<Tables>) -> Result<UniqueArc<Self>> {
        let cell = ReceiverCell {
            turn: (Want::Anything, 0),
            node: Some(RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?),
        };
        Ok(UniqueArc::new(
            Self {
                thread: Parker::new(),
                server: None,
                cell: LockedBy::new(tables, cell),
            },
            GFP_KERNEL_ACCOUNT,
        )?)
    }
}

impl Station for SpinLock<Tables> {
    fn leave(&self, server: &Arc<Server>) {
        self.lock().servers.remove(server);
        server.forget(address(self));
    }

    fn raise_next(&self, cursor: &mut usize, level: u8) -> NextServer {
        let tables = self.lock();
        if tables.fixed {
            return NextServer::End;
        }
        tables
            .servers
            .raise_next(cursor, level, tables.ceiling.level())
    }
}

/// What a station is known by to its threads.
pub(super) fn address(tables: &SpinLock<Tables>) -> usize {
    core::ptr::from_ref(tables).cast::<()>() as usize
}

/// What the lock of a channel protects.
pub(crate) struct Tables {
    /// Whether messages are accepted.
    pub(super) open: bool,
    /// Whether somebody may poll the channel.
    pub(super) polled: bool,
    /// How many messages were put back into the queue, or moved in it.
    pub(super) put_back: u64,
    /// Whether a client that was received stays until it is answered.
    unblock: bool,
    /// Whether threads keep their priority, whoever they serve.
    pub(super) fixed: bool,
    /// Highest priority that clients can lift the threads to.
    pub(super) ceiling: Arc<Ceiling>,
    pub(super) servers: Servers,
    arrivals: u64,
    pub(super) pulses: PulseQueue,
    /// SEND-blocked clients, in the order in which they are received.
    pub(super) queue: Row<Key, Arc<Transaction>>,
    /// Clients that are being received or REPLY-blocked.
    pub(super) named: Row<Rcvid, Arc<Transaction>>,
    /// RECEIVE-blocked server threads; the last one to come is the first one to go.
    pub(super) receivers: Row<Turn, Arc<Receiver>>,
}

impl Tables {
    pub(super) fn new(
        unblock: bool,
        fixed: bool,
        ceiling: Arc<Ceiling>,
        pulses: PulseQueue,
    ) -> Self {
        Self {
            open: true,
            polled: false,
            put_back: 0,
            unblock,
            fixed,
            ceiling,
            servers: Servers::new(),
            arrivals: 0,
            pulses,
            queue: Row::new(),
            named: Row::new(),
            receivers: Row::new(),
        }
    }

    pub(super) fn stamp(&mut self) -> u64 {
        self.arrivals += 1;
        self.arrivals
    }

    /// Whether something waits to be received.
    pub(super) fn has_any(&self) -> bool {
        !self.queue.is_empty() || !self.pulses.is_empty()
    }

    /// What is received next.
    pub(super) fn next(&self, want: Want) -> Option<Next> {
        let pulse = self.pulses.first();
        let message = match want {
            Want::Anything => self.queue.first(),
            Want::Pulse => None,
        };
        match (pulse, message) {
            (Some(pulse), Some((key, _)))
                if pulse < key && !(pulse.is_ahead() && self.pulses.yields()) =>
            {
                Some(Next::Pulse)
            }
            (_, Some((_, message))) => Some(Next::Message(message.clone())),
            (Some(_), None) => Some(Next::Pulse),
            (None, None) => None,
        }
    }

    /// Whether a thread waits for messages.
    pub(super) fn has_receiver(&self) -> bool {
        self.receivers
            .last()
            .is_some_and(|(turn, _)| turn.0 == Want::Anything)
    }

    /// Puts a message that is new, or to be sent again, at its place in the queue.
    pub(super) fn offer(
        &mut self,
        transaction: &Arc<Transaction>,
        late: Late,
        wakes: &mut WakeSet<'_>,
    ) {
        let key = Key::new(transaction.message.priority, self.stamp());
        transaction.sender.rearm();
        let cell = transaction.cell.access_mut(self);
        cell.key = key;
        cell.rcvid = None;
        cell.served_by = 0;
        cell.late = late;
        cell.unblock_key = None;
        cell.state = State::Idle;
        cell.answer.inline.clear();
        let _ = self.step(transaction, Event::Offer, wakes);
    }

    /// The receive ids that a client has left.
    #[inline(always)]
    pub(super) fn rcvids<'a>(&'a mut self, client: &'a Client) -> &'a mut RcvidSource {
        client.rcvids.access_mut(self)
    }

    /// Takes a message out of the queue, for `server` if that is known, and gives it a receive id;
    /// `None` if its client has none.
    pub(super) fn take(
        &mut self,
        transaction: &Arc<Transaction>,
        server: Option<&Arc<Server>>,
        wakes: &mut WakeSet<'_>,
    ) -> Option<Rcvid> {
        let rcvid = self.rcvids(&transaction.message.origin.client).take()?;
        let cell = transaction.cell.access_mut(self);
        let level = cell.key.priority();
        cell.rcvid = Some(rcvid);
        cell.served_by = server.map_or(0, |server| server.key());
        transaction.priority.set(level.into());
        self.step(transaction, Event::Take, wakes).ok()?;
        self.pulses.passed();
        self.serve(server, level);
        Some(rcvid)
    }

    /// The calling thread, which is `server`, has received something of this priority.
    ///
    /// It applies that after the lock.
    pub(super) fn serve(&self, server: Option<&Arc<Server>>, level: u8) {
        if let Some(server) = server {
            // A thread that takes pulses only passes messages by that wait for it none the less.
            let waiting = self.first_message().map_or(0, Key::priority);
            self.wish(server, Wish::Exactly(level.max(waiting)));
        }
    }

    /// The calling thread, which is `server`, has received nothing.
    ///
    /// It applies that after the lock.
    pub(super) fn serve_nobody(&self, server: &Arc<Server>) {
        let message = self.first_message().map_or(0, Key::priority);
        let pulse = self.pulses.first().map_or(0, Key::priority);
        match message.max(pulse) {
            0 => self.wish(server, Wish::Own),
            level => self.wish(server, Wish::AtLeast(level)),
        }
    }

    /// The calling thread, which is `server`, works for the sender of a message that waits for its
    /// answer; says whether it does.
    ///
    /// It applies that after the lock.
    pub(super) fn adopt(&mut self, server: &Arc<Server>, transaction: &Transaction) -> bool {
        let cell = transaction.cell.access_mut(self);
        if !cell.state.is_reply_blocked() {
            return false;
        }
        let level = cell.key.priority();
        cell.served_by = server.key();
        self.wish(server, Wish::Exactly(level));
        true
    }

    #[inline(always)]
    pub(super) fn wish(&self, server: &Arc<Server>, wish: Wish) {
        if !self.fixed {
            server.ask(wish, self.ceiling.level());
        }
    }

    fn first_message(&self) -> Option<Key> {
        self.queue.first_key()
    }

    /// Moves a message to the end of another priority's part of the queue (B81).
    fn requeue(&mut self, key: Key, level: u8) {
        let Some(transaction) = self.queue.get(&key).cloned() else {
            return;
        };
        if !self.open || transaction.message.origin.is_closed() {
            // Whoever ends messages walks the queue, and must not miss one that moves.
            return;
        }
        self.put_back += 1;
        let new = Key::new(level, self.stamp());
        self.dequeue(&transaction);
        let cell = transaction.cell.access_mut(self);
        cell.key = new;
        let mut node = cell.queue_node.take();
        self.queue.insert(new, transaction.clone(), &mut node);
        transaction.cell.access_mut(self).queue_node = node;
        // Whoever changes a message, or the queue, holds another reference, so that this one is
        // not the last.
    }

    /// Moves those of the first messages to their places whose senders have another priority now.
    ///
    /// Linux tells nobody of such a change, so it is looked for when the order matters.
    pub(super) fn reorder(&mut self) {
        // Most of the time nobody has changed.
        let changed = |key: Key, transaction: &Arc<Transaction>| {
            !transaction.sender.has_priority(key.priority())
        };
        if !self.queue.any_of_first(REORDERED, changed) {
            return;
        }
        let mut from = Key::FIRST;
        for _ in 0..REORDERED {
            let Some((key, transaction)) = self.queued_from(from) else {
                break;
            };
            from = key.successor();
            let level = transaction.sender.priority_or(key.priority());
            if level != key.priority() {
                self.requeue(key, level);
            }
        }
    }

    /// What it is on this channel that a sender has to stop waiting for this reason.
    pub(super) fn ending(&self, cause: Cause) -> Event {
        Event::ending(cause, self.unblock)
    }

    /// The message that a receive id names.
    pub(super) fn named(&self, rcvid: Rcvid) -> Option<Arc<Transaction>> {
        self.named.get(&rcvid).cloned()
    }

    /// The state of a message.
    pub(super) fn state(&mut self, transaction: &Transaction) -> State {
        transaction.cell.access_mut(self).state
    }

    /// Lets something happen to a message.
    ///
    /// The one place where a message changes state: which table it hangs in, and whether its
    /// sender may go on, follow from the state. The caller holds a reference of its own, so that
    /// dropping one here never frees anything in the lock.
    pub(super) fn step(
        &mut self,
        transaction: &Arc<Transaction>,
        event: Event,
        wakes: &mut WakeSet<'_>,
    ) -> Result<State, Refusal> {
        let cell = transaction.cell.access_mut(self);
        let before = cell.state;
        let after = before.step(event)?;
        cell.state = after;
        if before.is_queued() != after.is_queued() {
            if after.is_queued() {
                self.put_back += u64::from(event == Event::PutBack);
                self.enqueue(transaction, wakes);
            } else {
                self.dequeue(transaction);
            }
        }
        if before.is_named() != after.is_named() {
            if after.is_named() {
                self.name(transaction);
            } else {
                self.unname(transaction);
            }
        }
        if before.outcome().is_none() && after.outcome().is_some() {
            transaction.nudge(self);
            wakes.add(transaction.sender.unpark());
        }
        if self.unblock {
            self.tell_server(transaction, before, after, wakes);
        }
        if after.wants_out() && !before.wants_out() {
            // A thread that waits for its memory need not.
            wakes.add(transaction.cell.access_mut(self).absent.call_server());
        }
        if event == Event::Deliver && after.is_reply_blocked() {
            let cell = transaction.cell.access_mut(self);
            // `Ends` too, if the deadline has passed after the message was taken.
            if cell.late != Late::No {
                wakes.add(transaction.sender.unpark());
            }
        }
        Ok(after)
    }

    /// Queues the pulse that asks for an answer, once for each message, or takes it out again when
    /// the answer comes first (B92, B93).
    fn tell_server(
        &mut self,
        transaction: &Arc<Transaction>,
        before: State,
        after: State,
        wakes: &mut WakeSet<'_>,
    ) {
        let killed = after == State::Done(Outcome::Abandoned(Cause::Killed))
            && matches!(before, State::ReplyBlocked { .. });
        if before.asked().is_none() && (after.asked().is_some() || killed) {
            if self.open {
                self.ask(transaction, wakes);
            }
        } else if before.asked().is_some() && after.asked().is_none() && !killed {
            let key = transaction.cell.access_mut(self).unblock_key.take();
            let node = key.and_then(|key| self.pulses.remove(key));
            if node.is_some() {
                transaction.lacks_node.set(0);
                transaction.cell.access_mut(self).unblock_node = node;
            }
        }
    }

    fn ask(&mut self, transaction: &Arc<Transaction>, wakes: &mut WakeSet<'_>) {
        let stamp = self.stamp();
        let cell = transaction.cell.access_mut(self);
        let level = cell.key.priority();
        let key = Key::new(level, stamp);
        let (Some(node), Some(rcvid)) = (cell.unblock_node.take(), cell.rcvid) else {
            return;
        };
        cell.unblock_key = Some(key);
        transaction.lacks_node.set(1);
        let message = &transaction.message;
        let pulse = Pulse::unblock(rcvid, message.origin.client.scoid, level);
        self.pulses.insert(key, pulse, node);
        self.announce(Want::Pulse, level, wakes);
    }

    /// Something of priority `level` was queued: calls a thread that takes it, or raises all of
    /// them if they are busy (B87), and calls those who poll.
    pub(super) fn announce(&mut self, what: Want, level: u8, wakes: &mut WakeSet<'_>) {
        if !self.call_receiver(what, level, wakes) {
            self.raise_servers(level, wakes);
        }
        self.notify_pollers(wakes);
    }

    /// Something of priority `level` waits, and no thread waits for it.
    pub(super) fn raise_servers(&self, level: u8, wakes: &mut WakeSet<'_>) {
        if !self.fixed && !self.servers.is_empty() {
            wakes.raise_all(level);
        }
    }

    /// Has those who poll the channel look again.
    pub(super) fn notify_pollers(&self, wakes: &mut WakeSet<'_>) {
        if self.polled {
            wakes.notify_pollers();
        }
    }

    /// Notes the answer that goes with the next [`Event::Finish`].
    pub(super) fn set_answer(
        &mut self,
        transaction: &Transaction,
        status: i64,
        error: i32,
        inline: Option<&SmallBuf>,
    ) {
        let answer = &mut transaction.cell.access_mut(self).answer;
        answer.status = status;
        answer.error = error;
        match inline {
            Some(bytes) => answer.inline.assign(bytes),
            None => answer.inline.clear(),
        }
    }

    /// How a message ended, and with which answer, if it did; a short reply is copied to `inline`. Not
    /// as long as a server thread may still wait for memory of its sender.
    #[inline(always)]
    pub(super) fn result(
        &mut self,
        transaction: &Transaction,
        inline: &mut SmallBuf,
    ) -> Option<Sent> {
        let cell = transaction.cell.access_mut(self);
        let outcome = cell.state.outcome()?;
        if !matches!(cell.absent, Slot::Idle) {
            return None;
        }
        inline.assign(&cell.answer.inline);
        Some(Sent {
            outcome,
            status: cell.answer.status,
            error: cell.answer.error,
        })
    }

    fn enqueue(&mut self, transaction: &Arc<Transaction>, wakes: &mut WakeSet<'_>) {
        let cell = transaction.cell.access_mut(self);
        let key = cell.key;
        let mut node = cell.queue_node.take();
        self.queue.insert(key, transaction.clone(), &mut node);
        transaction.cell.access_mut(self).queue_node = node;
        self.announce(Want::Anything, key.priority(), wakes);
    }

    fn dequeue(&mut self, transaction: &Arc<Transaction>) {
        let key = transaction.cell.access_mut(self).key;
        if let Some(Some(node)) = self.queue.remove(&key) {
            transaction.cell.access_mut(self).queue_node = Some(node);
        }
    }

    pub(super) fn name(&mut self, transaction: &Arc<Transaction>) {
        let cell = transaction.cell.access_mut(self);
        if let Some(rcvid) = cell.rcvid {
            let mut node = cell.named_node.take();
            self.named.insert(rcvid, transaction.clone(), &mut node);
            transaction.cell.access_mut(self).named_node = node;
        }
    }

    fn unname(&mut self, transaction: &Arc<Transaction>) {
        let Some(rcvid) = transaction.cell.access_mut(self).rcvid else {
            return;
        };
        if let Some(Some(node)) = self.named.remove(&rcvid) {
            transaction.cell.access_mut(self).named_node = Some(node);
        }
    }

    /// Lets a thread wait for what it wants; it must not wait already.
    #[inline(always)]
    pub(super) fn enlist(&mut self, receiver: &Arc<Receiver>, want: Want) {
        let turn = (want, self.stamp());
        receiver.thread.rearm();
        let cell = receiver.cell.access_mut(self);
        cell.turn = turn;
        if self.receivers.insert_only(turn, || receiver.clone()) {
            return;
        }
        let cell = receiver.cell.access_mut(self);
        let mut node = cell.node.take();
        self.receivers.insert(turn, receiver.clone(), &mut node);
        receiver.cell.access_mut(self).node = node;
    }

    /// Takes a thread out again, if nobody has called it yet.
    pub(super) fn delist(&mut self, receiver: &Arc<Receiver>) {
        let turn = receiver.cell.access_mut(self).turn;
        if let Some(Some(node)) = self.receivers.remove(&turn) {
            receiver.cell.access_mut(self).node = Some(node);
        }
    }

    /// Calls the thread that began to wait last, before all of those that wait for pulses only,
    /// which a message does not call at all; says whether there was one.
    ///
    /// `what` is `Anything` for a message. The thread is raised to `level`, the priority of what
    /// it is called for, before it is woken: others could keep it from running otherwise.
    pub(super) fn call_receiver(&mut self, what: Want, level: u8, wakes: &mut WakeSet<'_>) -> bool {
        let Some((turn, receiver)) = self.receivers.last() else {
            return false;
        };
        if turn.0 < what {
            return false;
        }
        let receiver = receiver.clone();
        self.delist(&receiver);
        if let Some(server) = &receiver.server {
            if !self.fixed && server.raise(level, self.ceiling.level()) {
                wakes.apply(server);
            }
        }
        wakes.add(receiver.thread.unpark());
        true
    }

    /// Calls a thread that waits for pulses only if there is one left to receive.
    ///
    /// The thread that was called for it may have taken something else.
    pub(super) fn pass_pulse_on(&mut self, wakes: &mut WakeSet<'_>) {
        let waits = self
            .receivers
            .first_key()
            .is_some_and(|turn| turn.0 == Want::Pulse);
        match self.pulses.first() {
            Some(pulse) if waits => {
                self.call_receiver(Want::Pulse, pulse.priority(), wakes);
            }
            _ => (),
        }
    }

    /// The first message in the queue whose key is at least `from`, and its key.
    pub(super) fn queued_from(&self, from: Key) -> Option<(Key, &Arc<Transaction>)> {
        self.queue.from(&from)
    }

    /// The first message with a receive id of at least `from`, and its id.
    pub(super) fn named_from(&self, from: Rcvid) -> Option<(Rcvid, &Arc<Transaction>)> {
        self.named.from(&from)
    }

    /// Whether a message has an id of this block.
    pub(super) fn uses_block(&self, block: u16) -> bool {
        self.named_from(Rcvid::first_of(block))
            .is_some_and(|(rcvid, _)| rcvid.block() == block)
    }
}
