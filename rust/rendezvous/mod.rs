// SPDX-License-Identifier: GPL-2.0-only

//! Who meets whom: the one short lock of a channel, and everything that is decided in it.
//!
//! # Locks
//!
//! `Rendezvous::tables` is the only lock here that matters. It is taken inside of a session's
//! tables, and only leaves are taken inside of it. No user memory is touched and nothing is
//! allocated or freed while it is held; threads are woken and raised after it (see [`WakeSet`]).
//! `Rendezvous::idle` protects a pool, and is a leaf.
//!
//! # Tokens
//!
//! Who may copy holds a token: [`Claim`] while a message is received, [`Transfer`] while it is
//! read or written, [`Reply`] while it is answered. A token that is dropped half way leaves the
//! message in a defined state, whatever the reason.
//!
//! # How a sender waits
//!
//! 1. Until it is called or any signal comes.
//! 2. A signal that does not end the process is a wish to leave. If a server thread copies at that
//!    moment, the sender waits for it to finish, and now only a fatal signal wakes it.
//! 3. A fatal signal ends the message at once, in any state.
//!
//! 4. A deadline is a wish to leave like a handled signal, if it limits the state that the message
//!    is in.
//!
//! On a channel with the unblock flag the wish of a sender that was received is not carried out but
//! told to the server by a pulse.
//!
//! The waiting ends with [`State::Done`] and in no other way.

mod absent;
pub(crate) mod deadline;
pub(crate) mod fetch;
pub(crate) mod pulses;
mod quick;
mod row;
pub(crate) mod tables;

use crate::base::{
    fault::Side,
    id::Rcvid,
    order::Key,
    pulse::Pulse,
    state::{
        Cause,
        Event,
        Outcome,
        Refusal,
        State, //
    }, //
};
use crate::perturb;
use crate::priority::{
    self,
    Ceiling,
    Server,
    Threads, //
};
use crate::sys::{
    poll::{
        PollQueue,
        Poller, //
    },
    remote_mm::Fetched,
    sched,
    small_buf::SmallBuf,
    task::{
        self,
        Process, //
    },
    wait::{
        self,
        Placement,
        Until,
        Woke, //
    }, //
};
use crate::wake::WakeSet;
use absent::{
    Request,
    Slot, //
};
use deadline::Deadline;
use fetch::Fetcher;
use kernel::{
    prelude::*,
    sync::{
        new_spinlock,
        Arc,
        SpinLock,
        UniqueArc, //
    }, //
};
use pulses::{
    PulseNode,
    PulseQueue, //
};
use tables::{
    Client,
    Late,
    Message,
    Next,
    Origin,
    Receiver,
    Sent,
    Tables,
    Transaction,
    Want, //
};

/// Receivers that are kept for the next call.
const IDLE_RECEIVERS: usize = 16;
/// Messages that are looked at in one go of the lock when some of many have to end.
const STRETCH: usize = 128;
/// Threads that are called at once for equal pulses.
const MAX_CALLS: u32 = 8;
/// How often the tables are walked for messages that a server puts back again and again.
const WALKS: usize = 16;

/// What a rendezvous is like from its beginning to its end.
pub(crate) struct Config {
    /// Whether clients that were received stay until they are answered (the unblock flag).
    pub(crate) unblock: bool,
    /// How long a thread waits for memory of a sender, in nanoseconds; 0 is without end.
    pub(crate) fault_wait: u64,
    /// How many pulses of users can be queued.
    pub(crate) max_pulses: u32,
    /// Below how many queued pulses an overflow is news again.
    pub(crate) rearm: u32,
    /// Whether threads keep their priority, whoever they serve.
    pub(crate) fixed_priority: bool,
    /// Whether threads run on the processors of whom they serve.
    pub(crate) run_mask: bool,
    /// Where a thread goes on when another one hands its turn to it.
    pub(crate) placement: Placement,
    /// Highest priority that clients can lift threads to.
    pub(crate) ceiling: Arc<Ceiling>,
    /// Where server threads are known.
    pub(crate) threads: Arc<Threads>,
}

/// Where the clients and the server threads of one channel meet.
#[pin_data]
pub(crate) struct Rendezvous {
    unblock: bool,
    fixed_priority: bool,
    run_mask: bool,
    placement: Placement,
    fault_wait: u64,
    ceiling: Arc<Ceiling>,
    threads: Arc<Threads>,
    tables: Arc<SpinLock<Tables>>,
    #[pin]
    idle: SpinLock<KVec<UniqueArc<Receiver>>>,
    #[pin]
    pollers: PollQueue,
}

/// What came of waiting for something to receive.
pub(crate) enum Accepted<'a> {
    /// A message, for the caller to copy.
    Message(Claim<'a>),
    /// A pulse, and memory that is freed with it.
    Pulse(Pulse, Option<PulseNode>),
    /// Nothing yet: first the client of the first message needs a block of receive ids. Without one
    /// the caller passes on that there is a message, see [`Rendezvous::pass_on`].
    OutOfIds(Arc<Client>),
}

/// What a thread keeps from one receive to the next: where it sleeps, and what it is as a server.
pub(crate) struct Place {
    receiver: Arc<Receiver>,
    /// [`tables::address`] of the channel that it is for.
    station: usize,
}

impl Place {
    /// Whether the calling thread is the one that sleeps here.
    #[inline]
    pub(crate) fn is_callers(&self) -> bool {
        self.receiver.thread.is_current()
    }

    /// Whether its thread has ended.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.receiver.thread.is_abandoned()
    }
}

/// Why a waiting server thread looks at the queue for the last time.
#[derive(Clone, Copy)]
enum Last {
    Signalled,
    TimedOut,
}

/// Why a sender was called.
enum Called {
    /// Its message is done.
    Done,
    /// It was received after its deadline.
    Late,
    /// A server thread waits for memory of its process.
    Absent(Arc<Request>),
    /// Whoever called it does not wait any more.
    Nothing,
}

/// What [`Rendezvous::answer_plainly`] has come to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plainly {
    /// It is not as plain as that: nothing was done.
    No,
    /// The message is answered.
    Answered,
    /// The message is answered, and the calling thread waits. It has to go on with
    /// [`Rendezvous::accept_waiting`], whatever happens.
    Waits,
}

/// What [`Rendezvous::accept_plainly`] has come to.
enum Plain<'a> {
    /// A message was taken.
    Taken(Claim<'a>),
    /// There is nothing, and the thread waits.
    Waits,
    /// It is not as plain as that.
    No,
}

impl Rendezvous {
    /// Makes an open rendezvous without anybody in it.
    pub(crate) fn new(config: Config) -> impl PinInit<Self, Error> {
        let pulses = PulseQueue::new(config.max_pulses, config.rearm);
        let tables = Tables::new(
            config.unblock,
            config.fixed_priority,
            config.ceiling.clone(),
            pulses,
        );
        try_pin_init!(Self {
            unblock: config.unblock,
            fixed_priority: config.fixed_priority,
            run_mask: config.run_mask,
            placement: config.placement,
            fault_wait: config.fault_wait,
            ceiling: config.ceiling,
            threads: config.threads,
            tables: Arc::pin_init(
                new_spinlock!(tables, "Rendezvous::tables"),
                GFP_KERNEL_ACCOUNT,
            )?,
            idle <- new_spinlock!(
                KVec::with_capacity(IDLE_RECEIVERS, GFP_KERNEL_ACCOUNT)?,
                "Rendezvous::idle"
            ),
            pollers <- PollQueue::new(kernel::static_lock_class!()),
        })
    }

    fn wakes(&self) -> WakeSet<'_> {
        WakeSet::new(&self.pollers, &*self.tables)
    }

    /// Makes a transaction that can be used with this rendezvous, again and again.
    pub(crate) fn transaction(&self, message: Message) -> Result<UniqueArc<Transaction>> {
        Transaction::new(&self.tables, message, self.unblock)
    }

    /// Sends a message and waits for what becomes of it.
    ///
    /// The calling thread has been adopted by the transaction's parker. A short reply is left in
    /// `inline`. Fails with `EBADF` if the channel or the connection is closed, and with `ENOMEM`.
    #[inline(always)]
    pub(crate) fn send(
        &self,
        transaction: &Arc<Transaction>,
        inline: &mut SmallBuf,
        deadline: &Deadline<'_>,
    ) -> Result<Sent> {
        let origin = &transaction.message.origin;
        origin.begin();
        // A server that is raised while it waits for another one raises that one.
        let server = self.threads.current();
        if server.is_some() || self.unblock || deadline.limits_sender() {
            return self.send_on(transaction, inline, deadline, server, None);
        }
        // Most messages are taken by a thread that waits, and answered before anything else happens.
        perturb::pause("offer");
        if !self.offer_plainly(transaction) {
            return self.send_on(transaction, inline, deadline, server, None);
        }
        let woke = transaction.sender.park(Until::Signal, None);
        if woke == Woke::Called {
            perturb::pause("take the result");
            match self.tables.lock().result(transaction, inline) {
                Some(sent) if sent.outcome != Outcome::Restart => {
                    origin.end();
                    return Ok(sent);
                }
                _ => (),
            }
        }
        self.send_on(transaction, inline, deadline, server, Some(woke))
    }

    /// The same for any message; `woke` if it was offered by now, and its sender, which is `server`, has
    /// woken.
    #[cold]
    fn send_on(
        &self,
        transaction: &Arc<Transaction>,
        inline: &mut SmallBuf,
        deadline: &Deadline<'_>,
        server: Option<Arc<Server>>,
        woke: Option<Woke>,
    ) -> Result<Sent> {
        if let Some(server) = &server {
            server.set_onward(Some(transaction.clone()));
        }
        let mut woke = woke;
        let sent = loop {
            if woke.is_none() {
                match self.offer(transaction, deadline) {
                    Ok(true) => {
                        if server.is_some() {
                            // It may have been raised before it could be seen to wait.
                            priority::raise_onward(&**transaction, task::current_priority());
                        }
                    }
                    Ok(false) => break Ok(Sent::withdrawn(Cause::TimedOut)),
                    Err(error) => break Err(error),
                }
            }
            let sent = self.wait(transaction, deadline, woke.take(), inline);
            if sent.outcome != Outcome::Restart {
                break Ok(sent);
            }
            // A server that asks for the message again and again must not keep the sender here.
            if task::is_signalled() {
                break Ok(Sent::withdrawn(Cause::Interrupted));
            }
        };
        if let Some(server) = &server {
            server.set_onward(None);
        }
        transaction.message.origin.end();
        sent
    }

    /// Puts the message into the queue if there is nothing special about it, and calls the thread that
    /// waits for it; says whether it did.
    #[inline(always)]
    fn offer_plainly(&self, transaction: &Arc<Transaction>) -> bool {
        let mut tables = self.tables.lock();
        if !tables.open || transaction.message.origin.is_closed() {
            return false;
        }
        let Some(called) = tables.offer_plainly(transaction) else {
            return false;
        };
        drop(tables);
        perturb::pause("call the server");
        called.hand_over(self.placement);
        true
    }

    /// Puts the message into the queue, unless the deadline forbids to wait; says whether it did.
    fn offer(&self, transaction: &Arc<Transaction>, deadline: &Deadline<'_>) -> Result<bool> {
        perturb::pause("offer");
        if self.unblock {
            transaction.provide(&self.tables)?;
        }
        if !deadline.limits_sender() && self.offer_plainly(transaction) {
            return Ok(true);
        }
        let mut wakes = self.wakes();
        let mut tables = self.tables.lock();
        if !tables.open || transaction.message.origin.is_closed() {
            return Err(EBADF);
        }
        let mut late = Late::No;
        if deadline.ends() {
            // The states that the message would block in now (B100).
            let waits = tables.has_receiver();
            if deadline.is_now(if waits { deadline.reply } else { deadline.send }) {
                return Ok(false);
            }
            if !waits && deadline.is_now(deadline.reply) {
                late = Late::Ends;
            }
        }
        tables.offer(transaction, late, &mut wakes);
        Ok(true)
    }

    /// Sleeps until the message is done, and returns how; the stages are those at the head of this
    /// file. With `woke` the sender has slept, and woken for this reason.
    fn wait(
        &self,
        transaction: &Arc<Transaction>,
        deadline: &Deadline<'_>,
        woke: Option<Woke>,
        inline: &mut SmallBuf,
    ) -> Sent {
        let mut until = Until::Signal;
        let mut alarm = deadline.alarm.or(deadline.grace);
        // What is due at once does not wait for the sleep.
        let mut due = deadline.alarm.is_none() && !deadline.ends();
        let mut woke = woke;
        loop {
            if core::mem::take(&mut due) {
                self.expire(transaction, deadline);
            }
            let woke = match woke.take() {
                Some(woke) => woke,
                None => transaction.sender.park(until, alarm),
            };
            match woke {
                Woke::Called => match self.why_called(transaction) {
                    Called::Done => {
                        perturb::pause("take the result");
                        if let Some(sent) = self.tables.lock().result(transaction, inline) {
                            return sent;
                        }
                    }
                    Called::Late => due = true,
                    Called::Absent(request) => {
                        let interruptible = until == Until::Signal;
                        let memory = &transaction.message.memory;
                        let fetched = memory.fault_in(&request.absent, interruptible);
                        if self.fetched(transaction, fetched) {
                            until = Until::FatalSignal;
                        }
                    }
                    Called::Nothing => (),
                },
                Woke::Signalled => {
                    perturb::pause("leave for a signal");
                    self.end(transaction, signal_cause());
                    until = Until::FatalSignal;
                }
                Woke::TimedOut => {
                    alarm = None;
                    due = true;
                }
            }
        }
    }

    /// Why the sender was called. After anything but [`Called::Done`] it can sleep again, and is
    /// called again if there is more to see to.
    fn why_called(&self, transaction: &Arc<Transaction>) -> Called {
        let mut wakes = self.wakes();
        // Declared before the lock is taken, so that it is freed after it.
        let _gone;
        let mut tables = self.tables.lock();
        let cell = transaction.cell.access_mut(&mut tables);
        if cell.state.outcome().is_some() {
            wakes.add(cell.absent.call_server());
            _gone = cell.absent.clear();
            return Called::Done;
        }
        let late = cell.late != Late::No && cell.state.is_received();
        if late {
            cell.late = Late::No;
        }
        let asked = matches!(cell.absent, Slot::Asked(_));
        if !(late && asked) {
            transaction.sender.rearm();
        }
        if late {
            return Called::Late;
        }
        match cell.absent.begin() {
            Some(request) => Called::Absent(request),
            None => Called::Nothing,
        }
    }

    /// The sender has seen to the memory that a server thread waits for; says whether it has to stop
    /// waiting for a signal that came meanwhile.
    fn fetched(&self, transaction: &Arc<Transaction>, fetched: Fetched) -> bool {
        let mut wakes = self.wakes();
        // Declared before the lock is taken, so that it is freed after it.
        let request;
        let mut tables = self.tables.lock();
        request = transaction.cell.access_mut(&mut tables).absent.clear();
        // Nobody nudges it any more.
        task::calm();
        let signalled = fetched == Fetched::Interrupted && task::is_signalled();
        if signalled {
            // Before the answer, so that the server thread sees it.
            let event = tables.ending(signal_cause());
            let _ = tables.step(transaction, event, &mut wakes);
        }
        if let Some(request) = &request {
            wakes.add(request.answer(fetched));
        }
        drop(tables);
        signalled
    }

    /// The deadline has come.
    fn expire(&self, transaction: &Arc<Transaction>, deadline: &Deadline<'_>) {
        perturb::pause("expire");
        let mut notify = None;
        let mut wakes = self.wakes();
        let mut tables = self.tables.lock();
        let cell = transaction.cell.access_mut(&mut tables);
        let (limited, later) = if cell.state.is_send_blocked() {
            (deadline.send, deadline.reply)
        } else {
            (deadline.reply, false)
        };
        if cell.state.outcome().is_some() {
            return;
        }
        if limited {
            notify = deadline.notify;
            if deadline.ends() {
                let event = tables.ending(Cause::TimedOut);
                let _ = tables.step(transaction, event, &mut wakes);
            }
        } else if later {
            cell.late = if deadline.ends() {
                Late::Ends
            } else {
                Late::Calls
            };
        }
        drop(tables);
        drop(wakes);
        if let Some(notify) = notify {
            notify();
        }
    }

    /// The sender has to stop waiting.
    fn end(&self, transaction: &Arc<Transaction>, cause: Cause) {
        let mut wakes = self.wakes();
        let mut tables = self.tables.lock();
        let event = tables.ending(cause);
        // What cannot happen in this state any more need not happen.
        let _ = tables.step(transaction, event, &mut wakes);
    }

    fn step(&self, transaction: &Arc<Transaction>, event: Event) {
        let mut wakes = self.wakes();
        let mut tables = self.tables.lock();
        // What cannot happen in this state any more need not happen.
        let _ = tables.step(transaction, event, &mut wakes);
    }

    /// Makes the calling thread a server of this channel, and of no other, if it matters at which
    /// priority or where it runs.
    ///
    /// Fails with `ESRCH` if the channel is closed, and with `ENOMEM`.
    fn enter(&self) -> Result<Option<Arc<Server>>> {
        let station = tables::address(&self.tables);
        let known = self.threads.current();
        if let Some(server) = &known {
            if server.is_at(station) {
                return Ok(known);
            }
            priority::leave_station(server);
        }
        let inherits = !self.fixed_priority
            && (known.is_some() || self.ceiling.level() > 0 || sched::is_real_time());
        if !inherits && !self.run_mask {
            return Ok(None);
        }
        let server = match known {
            Some(server) => server,
            None => self.threads.add_current()?,
        };
        let mut tables = self.tables.lock();
        if !tables.open {
            return Err(ESRCH);
        }
        tables.servers.add(&server, self.tables.clone());
        drop(tables);
        Ok(Some(server))
    }

    /// Makes the calling thread run at the priority of a client that waits for its answer, while
    /// clients that come do not raise it (MsgCurrent).
    ///
    /// Fails with `ESRCH` if the client does not wait, and with `ENOMEM`.
    pub(crate) fn adopt(&self, rcvid: Rcvid) -> Result {
        let (transaction, _) = self.find(rcvid)?;
        let Some(server) = self.enter()? else {
            return Ok(());
        };
        server.set_aloof(true);
        let adopted = self.tables.lock().adopt(&server, &transaction);
        if !adopted {
            server.set_aloof(false);
        }
        server.apply();
        if !adopted {
            return Err(ESRCH);
        }
        if self.run_mask {
            // It stays where it is for lack of memory, or if the client's processors are gone.
            let _ = server.follow(transaction.sender.thread());
        }
        Ok(())
    }

    /// Waits for something to receive.
    ///
    /// Fails with `ESRCH` if the channel is closed, with `EINTR` if a signal comes first, with
    /// `ETIMEDOUT` after the deadline, with `EAGAIN` if the caller does not want to wait, and with
    /// `ENOMEM`. Delivered beats interrupted: what is there is returned even if a signal is
    /// pending.
    ///
    /// The caller runs at the priority of what it gets, and at its own if it gets nothing.
    ///
    /// `place` is what the thread has kept from its last receive, and keeps for the next.
    #[inline]
    pub(crate) fn accept(
        &self,
        want: Want,
        wait: bool,
        deadline: &Deadline<'_>,
        place: &mut Option<Place>,
    ) -> Result<Accepted<'_>> {
        if let Some(place) = place {
            let plain = wait && !self.run_mask && !deadline.receive;
            if plain && place.is_callers() && self.fits(place) {
                return self.accept_at(place, want, deadline, None);
            }
        }
        self.accept_anew(want, wait, deadline, place)
    }

    /// The same for a thread that waits already, for anything and without a deadline; see
    /// [`Plainly::Waits`]. Only takes a message about which nothing is special; else says why the
    /// thread has woken, for [`Rendezvous::accept_woken`].
    #[inline(always)]
    pub(crate) fn accept_waiting(&self, place: &Place) -> Result<Claim<'_>, Woke> {
        let receiver = &place.receiver;
        let woke = receiver.thread.park(Until::Signal, None);
        if woke == Woke::Called {
            perturb::pause("accept");
            if let Some(claim) = self.take_plainly(receiver) {
                if let Some(server) = &receiver.server {
                    server.apply();
                }
                return Ok(claim);
            }
        }
        Err(woke)
    }

    /// The same from there on, if the thread has woken for this reason and not taken a message.
    pub(crate) fn accept_woken(&self, place: &Place, woke: Woke) -> Result<Accepted<'_>> {
        self.accept_at(place, Want::Anything, &Deadline::NEVER, Some(woke))
    }

    /// Takes a message about which nothing is special, for a thread that was called.
    #[inline(always)]
    fn take_plainly(&self, receiver: &Arc<Receiver>) -> Option<Claim<'_>> {
        let mut tables = self.tables.lock();
        if !tables.open {
            return None;
        }
        if !tables.receivers.is_empty() {
            tables.delist(receiver);
        }
        let (transaction, rcvid) = tables.take_plainly(receiver.server.as_ref())?;
        drop(tables);
        Some(Claim {
            rendezvous: self,
            transaction,
            rcvid,
            put_back: true,
        })
    }

    /// [`Rendezvous::accept`] for a thread without a place, or that is not what it was.
    #[cold]
    fn accept_anew(
        &self,
        want: Want,
        wait: bool,
        deadline: &Deadline<'_>,
        place: &mut Option<Place>,
    ) -> Result<Accepted<'_>> {
        if let Some(place) = place.take() {
            self.vacate(place);
        }
        let Some(server) = self.enter()? else {
            return self.accept_as(None, want, wait, deadline, place);
        };
        server.set_aloof(false);
        let accepted = self.accept_as(Some(&server), want, wait, deadline, place);
        if accepted.is_err() {
            self.tables.lock().serve_nobody(&server);
        }
        server.apply();
        if self.run_mask {
            let client = match &accepted {
                Ok(Accepted::Message(claim)) => claim.transaction.sender.thread(),
                _ => None,
            };
            // It stays where it is for lack of memory, or if the client's processors are gone.
            let _ = server.follow(client);
        }
        accepted
    }

    /// Whether the calling thread, whose place it is, is still what it was when it got that.
    #[inline(always)]
    fn fits(&self, place: &Place) -> bool {
        let receiver = &place.receiver;
        if place.station != tables::address(&self.tables) {
            return false;
        }
        match &receiver.server {
            Some(server) => server.is_at(place.station),
            None if self.fixed_priority => {
                // It may serve at another channel since it was here, with that one's priority.
                let known = self.threads.current();
                known.is_none_or(|server| server.is_at(0))
            }
            None => {
                self.ceiling.level() == 0
                    && !sched::is_real_time()
                    && self.threads.current().is_none()
            }
        }
    }

    /// [`Rendezvous::accept`] for a thread that has received here before, or with `woke` waits now and has
    /// woken for this reason.
    #[inline(never)]
    fn accept_at(
        &self,
        place: &Place,
        want: Want,
        deadline: &Deadline<'_>,
        woke: Option<Woke>,
    ) -> Result<Accepted<'_>> {
        let server = place.receiver.server.as_ref();
        if let Some(server) = server {
            server.set_aloof(false);
        }
        let accepted = self.accept_sleeping(want, &place.receiver, deadline, woke);
        if let Some(server) = server {
            if accepted.is_err() {
                self.tables.lock().serve_nobody(server);
            }
            server.apply();
        }
        accepted
    }

    /// What the caller had accepted has come to nothing, and its receive ends.
    pub(crate) fn gave_up(&self) {
        let station = tables::address(&self.tables);
        let Some(server) = self
            .threads
            .current()
            .filter(|server| server.is_at(station))
        else {
            return;
        };
        self.tables.lock().serve_nobody(&server);
        server.apply();
    }

    #[cold]
    fn accept_as(
        &self,
        server: Option<&Arc<Server>>,
        want: Want,
        wait: bool,
        deadline: &Deadline<'_>,
        place: &mut Option<Place>,
    ) -> Result<Accepted<'_>> {
        if let Some(accepted) = self.try_accept(server, want, None, None)? {
            return Ok(accepted);
        }
        if deadline.is_now(deadline.receive) {
            match deadline.notify {
                Some(notify) => notify(),
                None => return Err(ETIMEDOUT),
            }
        }
        if !wait {
            return Err(EAGAIN);
        }
        let idle = self.idle.lock().pop();
        let mut receiver = match idle {
            Some(receiver) => receiver,
            None => Receiver::new(&self.tables)?,
        };
        receiver.thread.adopt();
        receiver.server = server.cloned();
        let receiver = Arc::from(receiver);
        let accepted = self.accept_sleeping(want, &receiver, deadline, None);
        *place = Some(Place {
            receiver,
            station: tables::address(&self.tables),
        });
        accepted
    }

    /// Takes back the place of a thread, which goes elsewhere.
    pub(crate) fn vacate(&self, place: Place) {
        if let Some(receiver) = Arc::into_unique_or_drop(place.receiver) {
            let mut receiver = Pin::into_inner(receiver);
            receiver.thread.release();
            receiver.server = None;
            // Refused if there are enough; then it is freed after the lock.
            let refused = self.idle.lock().push_within_capacity(receiver);
            drop(refused);
        }
    }

    fn accept_sleeping(
        &self,
        want: Want,
        receiver: &Arc<Receiver>,
        deadline: &Deadline<'_>,
        woke: Option<Woke>,
    ) -> Result<Accepted<'_>> {
        let mut alarm = deadline.alarm.filter(|_| deadline.receive);
        let mut woke = woke;
        let mut last = None;
        loop {
            let woke = match woke.take() {
                Some(woke) => woke,
                None => {
                    perturb::pause("accept");
                    let server = receiver.server.as_ref();
                    if let Some(accepted) = self.try_accept(server, want, Some(receiver), last)? {
                        return Ok(accepted);
                    }
                    receiver.thread.park(Until::Signal, alarm)
                }
            };
            last = match woke {
                Woke::Called => None,
                Woke::Signalled => Some(Last::Signalled),
                Woke::TimedOut => {
                    alarm = None;
                    match deadline.notify {
                        Some(notify) => {
                            notify();
                            None
                        }
                        None => Some(Last::TimedOut),
                    }
                }
            };
        }
    }

    /// Takes the first item, or lets `receiver` wait for the next one.
    ///
    /// Each item that comes calls one waiting thread. The called thread may find that another
    /// one, which did not wait, was faster; then it waits again.
    #[inline(never)]
    fn try_accept(
        &self,
        server: Option<&Arc<Server>>,
        want: Want,
        receiver: Option<&Arc<Receiver>>,
        last: Option<Last>,
    ) -> Result<Option<Accepted<'_>>> {
        if let Some(receiver) = receiver {
            if last.is_none() && want == Want::Anything {
                match self.accept_plainly(server, receiver) {
                    Plain::Taken(claim) => return Ok(Some(Accepted::Message(claim))),
                    Plain::Waits => return Ok(None),
                    Plain::No => (),
                }
            }
        }
        loop {
            // Declared before the lock is taken, so that they die after it.
            let mut wakes = self.wakes();
            let mut late = None;
            let mut tables = self.tables.lock();
            if let Some(receiver) = receiver {
                tables.delist(receiver);
            }
            if !tables.open {
                return Err(ESRCH);
            }
            if want == Want::Anything {
                tables.reorder();
            }
            let transaction = match tables.next(want) {
                Some(Next::Message(transaction)) => transaction,
                Some(Next::Pulse) => {
                    let taken = tables.pulses.take();
                    if let Some((pulse, memory)) = &taken {
                        tables.serve(server, pulse.priority);
                        if memory.is_none() {
                            // There are more of its kind than threads were called for.
                            tables.call_receiver(Want::Pulse, pulse.priority, &mut wakes);
                        }
                    }
                    tables.pass_pulse_on(&mut wakes);
                    drop(tables);
                    return Ok(taken.map(|(pulse, node)| Accepted::Pulse(pulse, node)));
                }
                None => {
                    return match (receiver, last) {
                        (None, _) => Ok(None),
                        (Some(_), Some(Last::Signalled)) => Err(EINTR),
                        (Some(_), Some(Last::TimedOut)) => Err(ETIMEDOUT),
                        (Some(receiver), None) => {
                            tables.enlist(receiver, want);
                            Ok(None)
                        }
                    }
                }
            };
            if transaction.cell.access_mut(&mut tables).late == Late::Ends {
                // One after the other, each with the lock to itself.
                let _ = tables.step(&transaction, Event::End(Cause::TimedOut), &mut wakes);
                late.replace(transaction);
                continue;
            }
            let client = &transaction.message.origin.client;
            if tables.rcvids(client).is_empty() {
                let client = client.clone();
                drop(tables);
                return Ok(Some(Accepted::OutOfIds(client)));
            }
            let taken = tables.take(&transaction, server, &mut wakes);
            tables.pass_pulse_on(&mut wakes);
            drop(tables);
            return Ok(taken.map(|rcvid| {
                Accepted::Message(Claim {
                    rendezvous: self,
                    transaction,
                    rcvid,
                    put_back: true,
                })
            }));
        }
    }

    /// The same if there is nothing special about it, for messages and pulses.
    #[inline(always)]
    fn accept_plainly(&self, server: Option<&Arc<Server>>, receiver: &Arc<Receiver>) -> Plain<'_> {
        let mut tables = self.tables.lock();
        if !tables.open {
            return Plain::No;
        }
        if !tables.receivers.is_empty() {
            tables.delist(receiver);
        }
        if let Some((transaction, rcvid)) = tables.take_plainly(server) {
            drop(tables);
            return Plain::Taken(Claim {
                rendezvous: self,
                transaction,
                rcvid,
                put_back: true,
            });
        }
        if tables.has_any() {
            return Plain::No;
        }
        tables.enlist(receiver, Want::Anything);
        Plain::Waits
    }

    /// A called thread leaves without the item that it was called for: calls another one, if
    /// something waits.
    pub(crate) fn pass_on(&self) {
        let mut wakes = self.wakes();
        let mut tables = self.tables.lock();
        if tables.has_any() {
            tables.call_receiver(Want::Anything, 0, &mut wakes);
            tables.pass_pulse_on(&mut wakes);
        }
    }

    /// Queues a pulse of a user (MsgSendPulse). Never blocks.
    ///
    /// Fails with `EBADF` if the channel is closed, and with `EAGAIN` if its pool is full.
    pub(crate) fn pulse(&self, pulse: Pulse, node: PulseNode) -> Result {
        if !self.is_open() {
            return Err(EBADF);
        }
        match self.pulses(pulse, 1, node) {
            0 => Ok(()),
            _ => Err(EAGAIN),
        }
    }

    /// Queues up to `count` equal pulses of a user, and returns how many did not fit. Does not
    /// sleep. Nothing happens if the channel is closed.
    pub(crate) fn pulses(&self, pulse: Pulse, count: u32, node: PulseNode) -> u32 {
        // Declared before the lock is taken, so that it is freed after it.
        let mut unused = Some(node);
        let mut wakes = self.wakes();
        let mut tables = self.tables.lock();
        if !tables.open {
            return 0;
        }
        let fit = count.min(tables.pulses.room());
        if fit > 0 {
            let key = Key::new(pulse.priority, tables.stamp());
            if let Some(node) = unused.take() {
                tables.pulses.insert_counted(key, pulse, fit, node);
            }
            for _ in 0..fit.min(MAX_CALLS) {
                if !tables.call_receiver(Want::Pulse, pulse.priority, &mut wakes) {
                    tables.raise_servers(pulse.priority, &mut wakes);
                    break;
                }
            }
            tables.notify_pollers(&mut wakes);
        }
        count - fit
    }

    /// Notes that a pulse did not fit into the pool; says whether the owner has to be told.
    pub(crate) fn overflow(&self) -> bool {
        self.tables.lock().pulses.overflow()
    }

    /// Queues a pulse of the system, for which there is always room; with `first` ahead of
    /// everything. Does not sleep. Nothing happens if the channel is closed, or if it concerns no
    /// client and tens of thousands of its kind wait already.
    pub(crate) fn system_pulse(&self, pulse: Pulse, node: PulseNode, first: bool) {
        // Declared before the lock is taken, so that it is freed after it.
        let mut unused = Some(node);
        let mut wakes = self.wakes();
        let mut tables = self.tables.lock();
        if !tables.open || (pulse.scoid == Pulse::NOBODY && !tables.pulses.has_system_room()) {
            return;
        }
        let stamp = tables.stamp();
        let key = if first {
            Key::ahead(stamp)
        } else {
            Key::new(pulse.priority, stamp)
        };
        if let Some(node) = unused.take() {
            tables.pulses.insert(key, pulse, node);
            tables.announce(Want::Pulse, pulse.priority, &mut wakes);
        }
    }

    /// Makes what the connections of a client have in common.
    pub(crate) fn client(&self, process: Process, scoid: i32) -> Result<Arc<Client>> {
        Client::new(&self.tables, process, scoid)
    }

    /// Gives a client a fresh block of receive ids, unless it has ids by now; says whether it did.
    pub(crate) fn refill(&self, client: &Client, block: u16, start: u32) -> bool {
        let mut tables = self.tables.lock();
        let rcvids = tables.rcvids(client);
        let empty = rcvids.is_empty();
        if empty {
            rcvids.refill(block, start);
        }
        empty
    }

    /// Whether a message of a client had this id, which is of one of the client's blocks.
    pub(crate) fn has_given(&self, client: &Client, rcvid: Rcvid) -> bool {
        self.tables.lock().rcvids(client).has_given(rcvid)
    }

    /// Whether messages have ids of a block.
    pub(crate) fn uses_block(&self, block: u16) -> bool {
        self.tables.lock().uses_block(block)
    }

    /// Whether it is open.
    pub(crate) fn is_open(&self) -> bool {
        self.tables.lock().open
    }

    /// The message that `rcvid` names, if its sender waits for an answer; `ESRCH` otherwise.
    ///
    /// Also says why the sender asked to be let go, if it did.
    pub(crate) fn find(&self, rcvid: Rcvid) -> Result<(Arc<Transaction>, Option<Cause>)> {
        let mut tables = self.tables.lock();
        let transaction = tables.named(rcvid).ok_or(ESRCH)?;
        let state = tables.state(&transaction);
        if state.is_reply_blocked() {
            return Ok((transaction, state.asked()));
        }
        // The last reference must not be dropped in the lock.
        drop(tables);
        Err(ESRCH)
    }

    /// Lets a sender that waits for an answer time out (a delivered event of kind UNBLOCK); `ESRCH`
    /// if it does not wait any more.
    pub(crate) fn unblock(&self, rcvid: Rcvid) -> Result {
        let (transaction, _) = self.find(rcvid)?;
        self.end(&transaction, Cause::TimedOut);
        Ok(())
    }

    /// Starts to read or write the memory of a sender; `ESRCH` if it does not wait any more.
    pub(crate) fn transfer(&self, rcvid: Rcvid) -> Result<Transfer<'_>> {
        let transaction = self.begin(rcvid, Event::BeginCopy)?;
        Ok(Transfer {
            rendezvous: self,
            transaction,
        })
    }

    /// Starts to answer a sender; `ESRCH` if it does not wait any more.
    pub(crate) fn reply(&self, rcvid: Rcvid) -> Result<Reply<'_>> {
        let transaction = self.begin(rcvid, Event::BeginReply)?;
        Ok(self.replying(transaction))
    }

    /// The same if the sender wants more than `short` bytes of a reply; else nothing is done.
    pub(crate) fn reply_above(&self, rcvid: Rcvid, short: usize) -> Result<Option<Reply<'_>>> {
        let is_wanted = |message: &Message| message.reply.total() > short;
        let transaction = self.begin_if(rcvid, Event::BeginReply, is_wanted)?;
        Ok(transaction.map(|transaction| self.replying(transaction)))
    }

    fn replying(&self, transaction: Arc<Transaction>) -> Reply<'_> {
        Reply {
            rendezvous: self,
            transaction,
            outcome: Some(Outcome::Fault(Side::Server)),
        }
    }

    fn begin(&self, rcvid: Rcvid, event: Event) -> Result<Arc<Transaction>> {
        self.begin_if(rcvid, event, |_| true)?.ok_or(ESRCH)
    }

    #[inline(always)]
    fn begin_if(
        &self,
        rcvid: Rcvid,
        event: Event,
        is_wanted: impl FnOnce(&Message) -> bool,
    ) -> Result<Option<Arc<Transaction>>> {
        let mut wakes = self.wakes();
        // Declared before the lock is taken, so that it is not freed in it.
        let transaction;
        let mut tables = self.tables.lock();
        transaction = tables.named(rcvid).ok_or(ESRCH)?;
        if !is_wanted(&transaction.message) {
            return Ok(None);
        }
        match tables.step(&transaction, event, &mut wakes) {
            Ok(_) => (),
            Err(Refusal::TooMany) => return Err(EAGAIN),
            Err(Refusal::NotBlocked | Refusal::Illegal) => return Err(ESRCH),
        }
        drop(tables);
        Ok(Some(transaction))
    }

    /// Answers a sender with as much of a short reply as it wants, if there is nothing special about
    /// its message. With a `place`, of the calling thread, that begins to wait for the next message or
    /// pulse in the same step, if there is none yet and nothing special about the thread.
    #[inline(always)]
    pub(crate) fn answer_plainly(
        &self,
        rcvid: Rcvid,
        status: i64,
        reply: &SmallBuf,
        place: Option<&Place>,
    ) -> Plainly {
        let place = match place {
            Some(place) if !self.run_mask && self.fits(place) => {
                if let Some(server) = &place.receiver.server {
                    server.set_aloof(false);
                }
                Some(place)
            }
            _ => None,
        };
        let mut tables = self.tables.lock();
        let Some(transaction) = tables.answer_plainly(rcvid, status, reply) else {
            return Plainly::No;
        };
        let plainly = match place {
            Some(place) if tables.open && !tables.has_any() => {
                tables.enlist(&place.receiver, Want::Anything);
                Plainly::Waits
            }
            _ => Plainly::Answered,
        };
        drop(tables);
        perturb::pause("call the client");
        match plainly {
            _ if transaction.message.priority != 0 => wake_urgent(transaction),
            Plainly::Waits => transaction.sender.hand_over(self.placement),
            _ => transaction.sender.wake(),
        }
        plainly
    }

    /// Answers a sender in one step, with a reply that is short, or with an error.
    ///
    /// Fails with `ESRCH` if it does not wait any more.
    pub(crate) fn answer(
        &self,
        rcvid: Rcvid,
        outcome: Outcome,
        status: i64,
        error: i32,
        inline: Option<&SmallBuf>,
    ) -> Result {
        let mut wakes = self.wakes();
        let transaction;
        let mut tables = self.tables.lock();
        transaction = tables.named(rcvid).ok_or(ESRCH)?;
        tables
            .step(&transaction, Event::BeginReply, &mut wakes)
            .map_err(|_| ESRCH)?;
        tables.set_answer(&transaction, status, error, inline);
        let _ = tables.step(&transaction, Event::Finish(outcome), &mut wakes);
        drop(tables);
        Ok(())
    }

    /// Ends every message of a connection, and refuses those that come after.
    pub(crate) fn detach(&self, origin: &Arc<Origin>) {
        if origin.close() {
            perturb::pause("detach");
            self.end_where(Cause::Detached, |message| {
                Arc::ptr_eq(&message.origin, origin)
            });
        }
    }

    /// Ends the messages that a client sent under one name of a connection.
    pub(crate) fn detach_name(&self, origin: &Arc<Origin>, coid: i32) {
        // There is no flag for a name. A message that is put back while the tables are walked may
        // be missed, so they are walked again if that happened.
        for _ in 0..WALKS {
            let before = self.tables.lock().put_back;
            self.end_where(Cause::Detached, |message| {
                message.coid == coid && Arc::ptr_eq(&message.origin, origin)
            });
            if self.tables.lock().put_back == before {
                break;
            }
        }
    }

    /// Ends every message, lets every waiting thread go, and refuses what comes after.
    pub(crate) fn close(&self) {
        let mut tables = self.tables.lock();
        tables.open = false;
        // Nobody is told that a pulse was lost (B76).
        let pulses = tables.pulses.clear();
        drop(tables);
        drop(pulses);
        perturb::pause("close");
        self.end_where(Cause::ChannelGone, |_| true);
        loop {
            let mut wakes = self.wakes();
            if !self.tables.lock().call_receiver(Want::Pulse, 0, &mut wakes) {
                wakes.notify_pollers();
                break;
            }
        }
        self.dismiss();
    }

    /// Gives every server thread its own priority back.
    fn dismiss(&self) {
        loop {
            let mut tables = self.tables.lock();
            let Some(server) = tables.servers.any() else {
                return;
            };
            tables.servers.remove(&server);
            drop(tables);
            priority::dismiss(&server, tables::address(&self.tables));
        }
    }

    /// Ends the messages that `which` chooses.
    ///
    /// The lock is dropped after each one, and after a stretch of others.
    fn end_where(&self, cause: Cause, which: impl Fn(&Message) -> bool) {
        let mut key = Some(Key::FIRST);
        while let Some(from) = key {
            key = self.end_next(from, Key::successor, Tables::queued_from, cause, &which);
        }
        let mut rcvid = Some(Rcvid::first_of(0));
        while let Some(from) = rcvid {
            rcvid = self.end_next(from, Rcvid::successor, Tables::named_from, cause, &which);
        }
    }

    /// Looks through a table from `from` on, and ends the first message that `which` chooses.
    ///
    /// Returns where to go on, or `None` at the end of the table.
    fn end_next<K: Copy>(
        &self,
        mut from: K,
        successor: impl Fn(K) -> K,
        next: impl for<'t> Fn(&'t Tables, K) -> Option<(K, &'t Arc<Transaction>)>,
        cause: Cause,
        which: &impl Fn(&Message) -> bool,
    ) -> Option<K> {
        perturb::pause("end one of many");
        let mut wakes = self.wakes();
        let chosen;
        let mut tables = self.tables.lock();
        for _ in 0..STRETCH {
            let (key, transaction) = next(&tables, from)?;
            from = successor(key);
            if which(&transaction.message) {
                chosen = transaction.clone();
                let event = tables.ending(cause);
                let _ = tables.step(&chosen, event, &mut wakes);
                drop(tables);
                return Some(from);
            }
        }
        Some(from)
    }

    /// Says whether something waits and whether the channel is open, to those who poll.
    ///
    /// They wait for what changes that before anything is looked at.
    pub(crate) fn poll<'a>(&'a self, poller: Poller<'a>) -> (bool, bool) {
        poller.wait_for(&self.pollers);
        let tables = self.tables.lock();
        (tables.has_any(), tables.open)
    }

    /// Prepares the channel for pollers; has to be called before the first one comes.
    pub(crate) fn make_pollable(&self) {
        self.tables.lock().polled = true;
    }
}

/// Why a sender that is signalled has to stop waiting.
fn signal_cause() -> Cause {
    if task::is_dying() {
        Cause::Killed
    } else {
        Cause::Interrupted
    }
}

/// A message that the caller receives.
///
/// Dropped, it goes back to its place in the queue.
pub(crate) struct Claim<'a> {
    rendezvous: &'a Rendezvous,
    transaction: Arc<Transaction>,
    rcvid: Rcvid,
    put_back: bool,
}

impl Claim<'_> {
    /// The message.
    pub(crate) fn transaction(&self) -> &Arc<Transaction> {
        &self.transaction
    }

    /// Gets what of `len` bytes of it is not there.
    pub(crate) fn fetcher(&self, len: usize) -> Fetcher<'_> {
        Fetcher::new(&self.transaction, self.rendezvous.fault_wait, len)
    }

    /// The id that names it once it is delivered.
    pub(crate) fn rcvid(&self) -> Rcvid {
        self.rcvid
    }

    /// The sender's memory cannot be read: the send fails.
    pub(crate) fn fail_sender(&mut self) {
        self.put_back = false;
        let _ = self.finish(Event::SenderFault);
    }

    /// The message is received; says whether its sender waited for that.
    #[inline(always)]
    pub(crate) fn deliver(&mut self) -> bool {
        perturb::pause("deliver");
        self.put_back = false;
        let mut tables = self.rendezvous.tables.lock();
        if tables.open
            && !self.transaction.message.origin.is_closed()
            && tables.deliver_plainly(&self.transaction)
        {
            return true;
        }
        drop(tables);
        matches!(self.finish(Event::Deliver), Ok(state) if state.is_reply_blocked())
    }

    /// Ends the receive.
    ///
    /// A channel or connection that was closed meanwhile may not have found the message, which
    /// moves between the tables while they are walked. So the flags are looked at again, as when
    /// the message was offered.
    fn finish(&self, event: Event) -> Result<State, Refusal> {
        let mut wakes = self.rendezvous.wakes();
        let mut tables = self.rendezvous.tables.lock();
        let closed = if !tables.open {
            Some(Cause::ChannelGone)
        } else if self.transaction.message.origin.is_closed() {
            Some(Cause::Detached)
        } else {
            None
        };
        if let Some(cause) = closed {
            let _ = tables.step(&self.transaction, Event::End(cause), &mut wakes);
        }
        tables.step(&self.transaction, event, &mut wakes)
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if self.put_back {
            let _ = self.finish(Event::PutBack);
        }
    }
}

/// The right to read and write the memory of a blocked sender.
pub(crate) struct Transfer<'a> {
    rendezvous: &'a Rendezvous,
    transaction: Arc<Transaction>,
}

impl Transfer<'_> {
    /// What the sender sent.
    pub(crate) fn message(&self) -> &Message {
        &self.transaction.message
    }

    /// Gets what of `len` bytes of its memory is not there.
    pub(crate) fn fetcher(&self, len: usize) -> Fetcher<'_> {
        Fetcher::new(&self.transaction, self.rendezvous.fault_wait, len)
    }

    /// Whether the sender is still there; if not, it was killed meanwhile.
    pub(crate) fn is_awaited(&self) -> bool {
        let mut tables = self.rendezvous.tables.lock();
        tables.state(&self.transaction).outcome().is_none()
    }
}

impl Drop for Transfer<'_> {
    fn drop(&mut self) {
        perturb::pause("end a copy");
        self.rendezvous.step(&self.transaction, Event::EndCopy);
    }
}

/// The duty to answer a sender.
///
/// Dropped without an outcome, it tells the sender that the server's memory was at fault.
pub(crate) struct Reply<'a> {
    rendezvous: &'a Rendezvous,
    transaction: Arc<Transaction>,
    /// How the message ends if this is dropped.
    outcome: Option<Outcome>,
}

/// Wakes a sender that may run before the calling thread goes on, and send again: not with memory that it
/// finds in use then.
#[inline(never)]
fn wake_urgent(transaction: Arc<Transaction>) {
    let sender = transaction.sender.sleeper();
    drop(transaction);
    if let Some(sender) = sender {
        wait::wake(&sender);
    }
}

impl Reply<'_> {
    /// What the sender sent.
    pub(crate) fn message(&self) -> &Message {
        &self.transaction.message
    }

    /// Gets what of `len` bytes of its memory is not there.
    pub(crate) fn fetcher(&self, len: usize) -> Fetcher<'_> {
        Fetcher::new(&self.transaction, self.rendezvous.fault_wait, len)
    }

    /// Lets the sender go, with `status` if it is answered; the reply lies in its memory by now.
    ///
    /// Fails with `ESRCH` if the sender was killed meanwhile.
    pub(crate) fn finish(mut self, outcome: Outcome, status: i64) -> Result {
        self.outcome = None;
        perturb::pause("finish a reply");
        let rendezvous = self.rendezvous;
        let mut wakes = rendezvous.wakes();
        let mut tables = rendezvous.tables.lock();
        tables.set_answer(&self.transaction, status, 0, None);
        let done = tables.step(&self.transaction, Event::Finish(outcome), &mut wakes);
        drop(tables);
        // Before the sender runs, which may send again: not with memory that it finds in use then.
        drop(self);
        drop(wakes);
        match done {
            Ok(State::Done(Outcome::Abandoned(Cause::Killed))) => Err(ESRCH),
            _ => Ok(()),
        }
    }
}

impl Drop for Reply<'_> {
    fn drop(&mut self) {
        if let Some(outcome) = self.outcome {
            self.rendezvous
                .step(&self.transaction, Event::Finish(outcome));
        }
    }
}
