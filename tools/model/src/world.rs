// SPDX-License-Identifier: GPL-2.0-only

//! Two clients, two threads of a server, one channel: what each of them can do next, lock section by lock section.
//!
//! A step here is what the module does in one go of the channel's lock, or between two of them. What becomes of a
//! message is asked of the [`Table`] alone; what is in this file is who asks when, after `rust/rendezvous/`: the
//! functions are named in the comments. Copying takes time: between two steps of a token's holder everything else can
//! happen, and memory that is not there is waited for.
//!
//! Beside the message each client has a record of what has really happened to it (the *story*), from which the rules
//! in [`crate::rules`] judge.

use std::hash::{Hash, Hasher};

use crate::base::fault::Side;
use crate::base::state::{Cause, Event, Outcome, State};
use crate::rules::{self, Broken, Care, Rule};
use crate::table::{self, column, Cell, Table, THREADS};

pub const CLIENTS: usize = 2;

/// Where a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// In no call.
    Out,
    /// In a send that is counted, but not in the queue (yet, or again).
    Begun,
    /// It sleeps in `Rendezvous::wait`.
    Asleep,
    /// A server thread has called it to get memory of its own, which it waits for.
    Faulting,
    /// It was killed.
    Dead,
}

/// Memory of the sender that a server thread waits for (`rust/rendezvous/absent.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    Idle,
    Asked(u8),
    Busy(u8),
    /// Nobody waits for it any more.
    Orphan,
}

/// What has really become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// With its client.
    Own,
    Queued,
    Claimed,
    Delivered,
    Over,
}

/// What has really happened to a message since it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Story {
    pub stage: Stage,
    /// Whether a server thread has received it to the end.
    pub delivered: bool,
    /// Why it has to come back, whatever the server thinks: the first reason.
    pub reason: Option<Cause>,
    /// Why the server was to be asked first.
    pub asked: Option<Cause>,
    /// The server has been told that.
    pub told: bool,
    /// An answer has begun.
    pub answering: bool,
    /// An answer is complete, or the receive has failed: this is what comes of it.
    pub verdict: Option<Outcome>,
    pub killed: bool,
    /// What came of it.
    pub over: Option<Outcome>,
}

/// The types of the module have no hash, and need none.
impl Hash for Story {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let cause = |cause: Option<Cause>| cause.map_or(0, |cause| 1 + cause as u64);
        let outcome = |outcome: Option<Outcome>| match outcome {
            None => 0,
            Some(Outcome::Answered) => 1,
            Some(Outcome::Restart) => 2,
            Some(Outcome::Fault(side)) => 3 + side as u64,
            Some(Outcome::Withdrawn(why)) => 8 + why as u64,
            Some(Outcome::Abandoned(why)) => 16 + why as u64,
        };
        let flags = [self.delivered, self.told, self.answering, self.killed];
        let flags = flags
            .iter()
            .fold(0, |bits, flag| (bits << 1) | u64::from(*flag));
        let causes = (cause(self.reason) << 8) | (cause(self.asked) << 16);
        let outcomes = (outcome(self.verdict) << 24) | (outcome(self.over) << 32);
        hasher.write_u64(flags | causes | outcomes | ((self.stage as u64) << 40));
    }
}

impl Story {
    const START: Self = Self {
        stage: Stage::Own,
        delivered: false,
        reason: None,
        asked: None,
        told: false,
        answering: false,
        verdict: None,
        killed: false,
        over: None,
    };
}

/// A client and its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    pub state: u8,
    pub phase: Phase,
    /// The flag of its parker.
    pub called: bool,
    /// `Late::Ends`.
    pub late: bool,
    pub slot: Slot,
    /// It was told to give up its own fault.
    pub nudged: bool,
    pub in_queue: bool,
    pub in_named: bool,
    /// Order of arrival in the queue.
    pub arrival: u8,
    /// `Origin::closed`.
    pub closed: bool,
    pub detach: Walk,
    /// Memory for the unblock pulse: with the message, or in the queue of pulses.
    pub node: bool,
    pub pulse: bool,
    pub story: Story,
}

/// How far somebody is who ends all messages of a connection or channel (`end_where`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Walk {
    No,
    /// The flag is set; `Origin::close` has not looked yet whether something is under way.
    Flagged,
    /// It goes on in the queue with the message that came then.
    Queue(u8),
    /// It goes on with this client's among the received ones.
    Named(u8),
    /// `close` lets the waiting threads go.
    Receivers,
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Token {
    Claim,
    Transfer,
    Reply,
}

/// Where a server thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thread {
    /// In no call.
    Out,
    /// In a receive, about to look at the queue. `last` is for the last time: a signal came, or its time is up.
    Looks { last: bool },
    /// Asleep in a receive.
    Waits,
    /// It holds a token, and copies.
    Copies { token: Token, client: u8 },
    /// It waits for memory of the client: `Fetcher::fetch`.
    Fetches {
        token: Token,
        client: u8,
        called: bool,
        answer: Option<bool>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub clients: [Client; CLIENTS],
    pub threads: [Thread; THREADS],
    pub unblock: bool,
    pub open: bool,
    pub close: Walk,
}

/// What is left out, for an exploration that goes deeper elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    pub clients: usize,
    pub threads: usize,
    /// Whether memory of clients may not be there.
    pub absent: bool,
    /// Whether several ends of a connection or of the channel can come together.
    pub several_ends: bool,
    /// Reasons to stop waiting that there are.
    pub causes: [bool; 5],
}

/// What the steps look at while they are made.
pub struct Context<'a> {
    pub table: &'a Table,
    pub scope: Scope,
    /// How closely they are watched.
    pub care: Care,
    /// Called with each state and event that the table is asked for, and each state that comes of it.
    pub asked: &'a mut dyn FnMut(u8, usize, u8),
}

/// A step and what comes of it.
pub struct Next {
    pub name: &'static str,
    pub world: World,
    /// It needs nobody outside: whoever is to do it does it sooner or later.
    pub certain: bool,
}

/// Whether the step was made, or a rule is broken.
type Made = Result<bool, Broken>;

impl World {
    pub fn start(unblock: bool) -> Self {
        let client = Client {
            state: 0,
            phase: Phase::Out,
            called: false,
            late: false,
            slot: Slot::Idle,
            nudged: false,
            in_queue: false,
            in_named: false,
            arrival: 0,
            closed: false,
            detach: Walk::No,
            node: false,
            pulse: false,
            story: Story::START,
        };
        Self {
            clients: [client; CLIENTS],
            threads: [Thread::Out; THREADS],
            unblock,
            open: true,
            close: Walk::No,
        }
    }

    /// How many threads hold a token of a client's message.
    pub fn holders(&self, client: usize) -> usize {
        let of = |thread: &&Thread| {
            matches!(thread, Thread::Copies { client: c, .. } | Thread::Fetches { client: c, .. }
                if usize::from(*c) == client)
        };
        self.threads.iter().filter(of).count()
    }

    fn look<'t>(&self, cx: &'t Context<'_>, client: usize) -> &'t table::Look {
        cx.table.look(self.clients[client].state)
    }

    /// `Tables::step`: the one place where a message changes state.
    fn step(&mut self, cx: &mut Context<'_>, c: usize, event: Event) -> Made {
        let from = self.clients[c].state;
        let column = column(event);
        let to = match cx.table.cells[usize::from(from)][column] {
            Cell::To(to) => to,
            Cell::Refused(refusal) => {
                (cx.asked)(from, column, from);
                rules::refused(self, c, event, refusal)?;
                return Ok(false);
            }
            Cell::Beyond => return Err(Broken(Rule::Bounded, "more copies than threads")),
        };
        (cx.asked)(from, column, to);
        let (before, after) = (*cx.table.look(from), *cx.table.look(to));
        let client = &mut self.clients[c];
        client.state = to;
        let mut announce = false;
        if before.flags[table::QUEUED] != after.flags[table::QUEUED] {
            client.in_queue = after.flags[table::QUEUED];
            announce = client.in_queue;
        }
        if before.flags[table::NAMED] != after.flags[table::NAMED] {
            client.in_named = after.flags[table::NAMED];
        }
        if before.outcome.is_none() && after.outcome.is_some() {
            client.nudged |= matches!(client.slot, Slot::Busy(_));
            client.called = true;
        }
        if self.unblock {
            let waited = matches!(
                cx.table.states[usize::from(from)],
                State::ReplyBlocked { .. }
            );
            self.tell_server(c, &before, &after, waited);
        }
        if announce {
            self.call_receiver();
        }
        if after.flags[table::WANTS_OUT] && !before.flags[table::WANTS_OUT] {
            self.call_fetcher(c);
        }
        let client = &mut self.clients[c];
        if event == Event::Deliver && after.flags[table::REPLY_BLOCKED] && client.late {
            client.called = true;
        }
        rules::stepped(self, c, event, &after, cx.care)?;
        Ok(true)
    }

    /// `Tables::tell_server`.
    fn tell_server(&mut self, c: usize, before: &table::Look, after: &table::Look, waited: bool) {
        let killed = after.outcome == Some(Outcome::Abandoned(Cause::Killed)) && waited;
        let client = &mut self.clients[c];
        if before.asked.is_none() && (after.asked.is_some() || killed) {
            if self.open && client.node {
                client.node = false;
                client.pulse = true;
                client.story.told = true;
                self.call_receiver();
            }
        } else if before.asked.is_some() && after.asked.is_none() && !killed && client.pulse {
            client.pulse = false;
            client.node = true;
        }
    }

    /// `Tables::call_receiver`. The threads are alike: it does not matter which of them began to wait last.
    fn call_receiver(&mut self) -> bool {
        let waits = self.threads.iter_mut().find(|t| **t == Thread::Waits);
        let found = waits.is_some();
        if let Some(thread) = waits {
            *thread = Thread::Looks { last: false };
        }
        found
    }

    /// `Slot::call_server`.
    fn call_fetcher(&mut self, c: usize) {
        if let Slot::Asked(t) | Slot::Busy(t) = self.clients[c].slot {
            if let Thread::Fetches { called, .. } = &mut self.threads[usize::from(t)] {
                *called = true;
            }
        }
    }

    /// `Rendezvous::end`: the sender has to stop waiting.
    fn end(&mut self, cx: &mut Context<'_>, c: usize, cause: Cause) -> Made {
        self.step(cx, c, Event::ending(cause, self.unblock))
    }

    /// Whether one more connection, or the channel, may end.
    fn may_end(&self, scope: Scope) -> bool {
        let none = self.close == Walk::No && self.clients.iter().all(|c| c.detach == Walk::No);
        scope.several_ends || none
    }

    // --- a client ---

    /// `Rendezvous::offer`; `now`: a deadline for the time after the receive has passed already.
    fn offer(&mut self, cx: &mut Context<'_>, c: usize, now: bool) -> Made {
        let arrival = self.arrivals();
        let waits = self.threads.contains(&Thread::Waits);
        let client = &mut self.clients[c];
        // `Transaction::provide`.
        client.node = self.unblock;
        if !self.open || client.closed {
            return self.leave(c);
        }
        let client = &mut self.clients[c];
        client.phase = Phase::Asleep;
        client.called = false;
        client.late = now && !waits;
        client.arrival = arrival;
        client.pulse = false;
        client.state = 0;
        client.story = Story::START;
        self.step(cx, c, Event::Offer)?;
        if now && waits {
            self.expire(cx, c, false, true)?;
        }
        Ok(true)
    }

    fn arrivals(&self) -> u8 {
        let known = self.clients.iter().filter(|c| c.in_queue || c.in_named);
        known.map(|c| c.arrival + 1).max().unwrap_or(0)
    }

    /// `Rendezvous::expire`: a deadline that limits the time before the receive, the time after it, or both.
    fn expire(&mut self, cx: &mut Context<'_>, c: usize, send: bool, reply: bool) -> Made {
        let look = self.look(cx, c);
        let (limited, later) = if look.flags[table::SEND_BLOCKED] {
            (send, reply)
        } else {
            (reply, false)
        };
        if look.outcome.is_some() {
            return Ok(true);
        }
        if limited {
            self.end(cx, c, Cause::TimedOut)?;
        } else if later {
            self.clients[c].late = true;
        }
        rules::expired(self, c, send, reply)?;
        Ok(true)
    }

    /// `Rendezvous::why_called`, and what the sender does then.
    fn called(&mut self, cx: &mut Context<'_>, c: usize) -> Made {
        let look = *self.look(cx, c);
        if let Some(outcome) = look.outcome {
            self.call_fetcher(c);
            self.clients[c].slot = Slot::Idle;
            rules::returned(self, c, outcome)?;
            let killed = self.clients[c].story.killed;
            if killed {
                self.clients[c].phase = Phase::Dead;
                return Ok(true);
            }
            if outcome == Outcome::Restart {
                let client = &mut self.clients[c];
                client.phase = Phase::Begun;
                self.forget(c);
                return Ok(true);
            }
            return self.leave(c);
        }
        let client = &mut self.clients[c];
        let late = client.late && look.flags[table::RECEIVED];
        if late {
            client.late = false;
        }
        if !(late && matches!(client.slot, Slot::Asked(_))) {
            client.called = false;
        }
        if late {
            return self.expire(cx, c, false, true);
        }
        if let Slot::Asked(t) = client.slot {
            client.slot = Slot::Busy(t);
            client.phase = Phase::Faulting;
        }
        Ok(true)
    }

    /// `Rendezvous::fetched`: the fault is over, with memory, without, or interrupted.
    fn fetched(
        &mut self,
        cx: &mut Context<'_>,
        c: usize,
        there: Option<bool>,
        by: Option<Cause>,
    ) -> Made {
        let client = &mut self.clients[c];
        let slot = client.slot;
        client.slot = Slot::Idle;
        client.nudged = false;
        client.phase = Phase::Asleep;
        if let (None, Some(cause)) = (there, by) {
            self.end(cx, c, cause)?;
        }
        if let Slot::Asked(t) | Slot::Busy(t) = slot {
            if let Thread::Fetches { called, answer, .. } = &mut self.threads[usize::from(t)] {
                *called = true;
                *answer = there;
            }
        }
        Ok(true)
    }

    /// The call returns.
    fn leave(&mut self, c: usize) -> Made {
        self.clients[c].phase = Phase::Out;
        self.forget(c);
        Ok(true)
    }

    /// What is set anew by the next send need not tell worlds apart.
    fn forget(&mut self, c: usize) {
        let client = &mut self.clients[c];
        client.state = 0;
        client.called = false;
        client.late = false;
        client.node = false;
        client.arrival = 0;
        client.story = Story::START;
    }

    // --- a server thread ---

    /// `Rendezvous::try_accept`; `message`: it takes one, if there is a pulse too.
    fn accept(&mut self, cx: &mut Context<'_>, t: usize, message: bool, wait: bool) -> Made {
        let last = matches!(self.threads[t], Thread::Looks { last: true });
        self.threads[t] = Thread::Out;
        if !self.open {
            return Ok(true);
        }
        let pulse = self.clients.iter().position(|client| client.pulse);
        let pulse = pulse.filter(|_| !message);
        if let Some(c) = pulse {
            self.clients[c].pulse = false;
            self.pass_on();
            return Ok(true);
        }
        let queued = |world: &Self| {
            let queued = (0..CLIENTS).filter(|c| world.clients[*c].in_queue);
            queued.min_by_key(|c| world.clients[*c].arrival)
        };
        while let Some(c) = queued(self) {
            if self.clients[c].late {
                self.step(cx, c, Event::End(Cause::TimedOut))?;
                if self.clients[c].in_queue {
                    return Err(Broken(Rule::Ends, "a late message is not given up"));
                }
                continue;
            }
            rules::taken(self, c)?;
            if self.step(cx, c, Event::Take)? {
                self.hold(t, Token::Claim, c);
            }
            self.pass_on();
            return Ok(true);
        }
        if self.clients.iter().any(|client| client.pulse) {
            // There is a pulse after all: that is another step.
            return Ok(false);
        }
        if wait && !last {
            self.threads[t] = Thread::Waits;
        }
        Ok(true)
    }

    /// `Rendezvous::pass_on`, `Tables::pass_pulse_on`.
    fn pass_on(&mut self) {
        if self
            .clients
            .iter()
            .any(|client| client.in_queue || client.pulse)
        {
            self.call_receiver();
        }
    }

    fn hold(&mut self, t: usize, token: Token, c: usize) {
        let client = u8::try_from(c).expect("a client");
        self.threads[t] = Thread::Copies { token, client };
    }

    /// `Rendezvous::begin`.
    fn begin(&mut self, cx: &mut Context<'_>, t: usize, token: Token, c: usize) -> Made {
        let event = match token {
            Token::Reply => Event::BeginReply,
            _ => Event::BeginCopy,
        };
        if self.step(cx, c, event)? {
            self.hold(t, token, c);
        }
        Ok(true)
    }

    /// Puts a token down: `Claim::finish`, the end of a `Transfer`, of a `Reply`.
    fn put_down(&mut self, cx: &mut Context<'_>, t: usize, c: usize, event: Event) -> Made {
        if matches!(event, Event::Deliver | Event::PutBack | Event::SenderFault) {
            if !self.open {
                self.step(cx, c, Event::End(Cause::ChannelGone))?;
            } else if self.clients[c].closed {
                self.step(cx, c, Event::End(Cause::Detached))?;
            }
        }
        self.threads[t] = Thread::Out;
        self.step(cx, c, event)?;
        let told = self.look(cx, c).flags[table::REPLY_BLOCKED];
        if event == Event::Deliver {
            rules::told(self, c, told)?;
        }
        Ok(true)
    }

    /// What a token's holder does when the copy comes to nothing.
    fn give_up(token: Token, side: Side) -> Event {
        match (token, side) {
            (Token::Claim, Side::Client) => Event::SenderFault,
            (Token::Claim, Side::Server) => Event::PutBack,
            (Token::Transfer, _) => Event::EndCopy,
            (Token::Reply, side) => Event::Finish(Outcome::Fault(side)),
        }
    }

    /// `Fetcher::ask`: memory is not there.
    fn ask(&mut self, cx: &mut Context<'_>, t: usize, token: Token, c: usize) -> Made {
        let look = *self.look(cx, c);
        if look.outcome.is_some() {
            return self.put_down(cx, t, c, Self::give_up(token, Side::Client));
        }
        if look.flags[table::WANTS_OUT] {
            return self.put_down(cx, t, c, Self::give_up(token, Side::Server));
        }
        rules::asks(self, c)?;
        let client = &mut self.clients[c];
        if client.slot != Slot::Idle {
            // It waits for its turn, and asks again.
            return Ok(false);
        }
        let thread = u8::try_from(t).expect("a thread");
        client.slot = Slot::Asked(thread);
        client.called = true;
        self.threads[t] = Thread::Fetches {
            token,
            client: u8::try_from(c).expect("a client"),
            called: false,
            answer: None,
        };
        Ok(true)
    }

    /// `Fetcher::withdraw`, and what comes of the wait: called, its time is up, or a signal came.
    fn fetch_ends(&mut self, cx: &mut Context<'_>, t: usize, side: Option<Side>) -> Made {
        let Thread::Fetches {
            token,
            client,
            answer,
            ..
        } = self.threads[t]
        else {
            return Ok(false);
        };
        let c = usize::from(client);
        let me = u8::try_from(t).expect("a thread");
        let asleep = &mut self.clients[c];
        match asleep.slot {
            Slot::Asked(asked) if asked == me => asleep.slot = Slot::Idle,
            Slot::Busy(asked) if asked == me => {
                asleep.slot = Slot::Orphan;
                asleep.nudged = true;
            }
            _ => {}
        }
        self.hold(t, token, c);
        let side = match (answer, side) {
            (Some(true), _) => return Ok(true),
            (Some(false), _) => Side::Client,
            (None, Some(side)) => side,
            // The state has changed: it asks again.
            (None, None) => return self.ask(cx, t, token, c),
        };
        self.put_down(cx, t, c, Self::give_up(token, side))
    }

    // --- those who end all messages of a connection or channel ---

    /// One go of the lock in `end_where`; `only`: of this client.
    fn walk(
        &mut self,
        cx: &mut Context<'_>,
        at: Walk,
        only: Option<usize>,
        cause: Cause,
    ) -> Result<Walk, Broken> {
        let meant = |c: &usize| only.is_none_or(|only| only == *c);
        match at {
            Walk::Queue(from) => {
                let queued = (0..CLIENTS).filter(meant);
                let queued = queued
                    .filter(|c| self.clients[*c].in_queue && self.clients[*c].arrival >= from);
                let Some(c) = queued.min_by_key(|c| self.clients[*c].arrival) else {
                    return Ok(Walk::Named(0));
                };
                let arrival = self.clients[c].arrival;
                self.end(cx, c, cause)?;
                Ok(Walk::Queue(arrival + 1))
            }
            Walk::Named(from) => {
                let mut named = (usize::from(from)..CLIENTS).filter(meant);
                let Some(c) = named.find(|c| self.clients[*c].in_named) else {
                    return Ok(Walk::Receivers);
                };
                self.end(cx, c, cause)?;
                Ok(Walk::Named(u8::try_from(c + 1).expect("a client")))
            }
            at => Ok(at),
        }
    }
}

/// Collects the steps that can be made in one world.
struct Menu<'a, 'c> {
    world: &'a World,
    cx: &'a mut Context<'c>,
    next: &'a mut Vec<Next>,
}

impl<'c> Menu<'_, 'c> {
    fn add(
        &mut self,
        name: &'static str,
        certain: bool,
        make: impl FnOnce(&mut World, &mut Context<'c>) -> Made,
    ) -> Result<(), (Broken, &'static str)> {
        let mut world = *self.world;
        match make(&mut world, self.cx) {
            Ok(false) => Ok(()),
            Ok(true) => {
                self.next.push(Next {
                    name,
                    world: world.plain(self.cx.scope),
                    certain,
                });
                Ok(())
            }
            Err(broken) => Err((broken, name)),
        }
    }
}

type Listed = Result<(), (Broken, &'static str)>;

impl World {
    /// Every step that can be made here; the rule that the first bad one breaks, with its name.
    pub fn successors(&self, cx: &mut Context<'_>, next: &mut Vec<Next>) -> Listed {
        next.clear();
        let scope = cx.scope;
        let mut menu = Menu {
            world: self,
            cx,
            next,
        };
        for c in 0..scope.clients {
            self.client_steps(c, scope, &mut menu)?;
        }
        for t in 0..scope.threads {
            self.thread_steps(t, scope, &mut menu)?;
        }
        self.closing_steps(scope, &mut menu)
    }

    fn client_steps(&self, c: usize, scope: Scope, menu: &mut Menu<'_, '_>) -> Listed {
        let client = &self.clients[c];
        let may = |cause: Cause| scope.causes[cause as usize];
        match client.phase {
            Phase::Out if !client.closed => menu.add("begins a send", false, |w, _| {
                w.clients[c].phase = Phase::Begun;
                Ok(true)
            })?,
            Phase::Begun => {
                menu.add("offers its message", true, |w, cx| w.offer(cx, c, false))?;
                if may(Cause::TimedOut) {
                    menu.add("offers its message late", false, |w, cx| {
                        w.offer(cx, c, true)
                    })?;
                }
            }
            Phase::Asleep => {
                if client.called {
                    menu.add("goes on", true, |w, cx| w.called(cx, c))?;
                }
                if may(Cause::Interrupted) {
                    menu.add("gets a signal", false, |w, cx| {
                        w.end(cx, c, Cause::Interrupted)?;
                        Ok(true)
                    })?;
                }
                if may(Cause::TimedOut) {
                    for (send, reply) in [(true, false), (false, true), (true, true)] {
                        menu.add("is out of time", false, |w, cx| {
                            w.expire(cx, c, send, reply)
                        })?;
                    }
                }
            }
            Phase::Faulting => {
                menu.add("has its memory", false, |w, cx| {
                    w.fetched(cx, c, Some(true), None)
                })?;
                menu.add("has no such memory", false, |w, cx| {
                    w.fetched(cx, c, Some(false), None)
                })?;
                if client.nudged {
                    menu.add("gives up its fault", true, |w, cx| {
                        w.fetched(cx, c, None, None)
                    })?;
                }
                if may(Cause::Interrupted) {
                    menu.add("gets a signal in its fault", false, |w, cx| {
                        w.fetched(cx, c, None, Some(Cause::Interrupted))
                    })?;
                }
                menu.add("is killed in its fault", false, |w, cx| {
                    w.fetched(cx, c, None, Some(Cause::Killed))
                })?;
            }
            _ => {}
        }
        if client.phase == Phase::Asleep && may(Cause::Killed) {
            menu.add("is killed", false, |w, cx| {
                w.end(cx, c, Cause::Killed)?;
                Ok(true)
            })?;
        }
        if may(Cause::Detached) {
            self.detach_steps(c, menu)?;
        }
        Ok(())
    }

    fn detach_steps(&self, c: usize, menu: &mut Menu<'_, '_>) -> Listed {
        let client = &self.clients[c];
        match client.detach {
            // One that is in no call cannot lose a message.
            Walk::No if client.phase != Phase::Dead && self.may_end(menu.cx.scope) => {
                menu.add("is detached", false, |w, _| {
                    w.clients[c].closed = true;
                    w.clients[c].detach = Walk::Flagged;
                    Ok(true)
                })
            }
            Walk::Flagged => menu.add("is there a message?", true, |w, _| {
                let client = &mut w.clients[c];
                let outstanding = client.phase != Phase::Out;
                client.detach = if outstanding {
                    Walk::Queue(0)
                } else {
                    Walk::Over
                };
                Ok(true)
            }),
            at @ (Walk::Queue(_) | Walk::Named(_)) => {
                menu.add("ends what it sent", true, |w, cx| {
                    w.clients[c].detach = match w.walk(cx, at, Some(c), Cause::Detached)? {
                        Walk::Receivers => Walk::Over,
                        at => at,
                    };
                    Ok(true)
                })
            }
            _ => Ok(()),
        }
    }

    fn thread_steps(&self, t: usize, scope: Scope, menu: &mut Menu<'_, '_>) -> Listed {
        let pulses = self.clients.iter().any(|client| client.pulse);
        let messages = self.clients.iter().any(|client| client.in_queue);
        match self.threads[t] {
            Thread::Out => {
                if self.open {
                    menu.add("receives", false, |w, _| {
                        w.threads[t] = Thread::Looks { last: false };
                        Ok(true)
                    })?;
                    menu.add("looks for a message", false, |w, cx| {
                        w.accept(cx, t, true, false)
                    })?;
                }
                for c in 0..scope.clients {
                    // An id that names no message leads to nothing: ids do not come back.
                    if self.clients[c].in_named {
                        menu.add("reads or writes", false, |w, cx| {
                            w.begin(cx, t, Token::Transfer, c)
                        })?;
                        menu.add("answers", false, |w, cx| w.begin(cx, t, Token::Reply, c))?;
                        for outcome in [Outcome::Answered, Outcome::Restart] {
                            menu.add("answers in one go", false, |w, cx| w.answer(cx, c, outcome))?;
                        }
                        menu.add("asks for its client", false, |w, cx| {
                            let found = w.look(cx, c).flags[table::REPLY_BLOCKED];
                            rules::told(w, c, found)?;
                            Ok(false)
                        })?;
                    }
                }
            }
            Thread::Looks { last } => {
                if pulses {
                    menu.add("receives a pulse", true, |w, cx| {
                        w.accept(cx, t, false, true)
                    })?;
                }
                if messages || !pulses {
                    menu.add("looks at the queue", true, |w, cx| {
                        w.accept(cx, t, true, true)
                    })?;
                }
                if messages && !last {
                    menu.add("leaves without a message", false, |w, _| {
                        w.threads[t] = Thread::Out;
                        w.pass_on();
                        Ok(true)
                    })?;
                }
            }
            Thread::Waits => menu.add("stops waiting", false, |w, _| {
                w.threads[t] = Thread::Looks { last: true };
                Ok(true)
            })?,
            Thread::Copies { token, client } => {
                let c = usize::from(client);
                let done = match token {
                    Token::Claim => Event::Deliver,
                    Token::Transfer => Event::EndCopy,
                    Token::Reply => Event::Finish(Outcome::Answered),
                };
                menu.add("is through", true, |w, cx| w.put_down(cx, t, c, done))?;
                for side in [Side::Client, Side::Server] {
                    menu.add("fails", false, |w, cx| {
                        w.put_down(cx, t, c, Self::give_up(token, side))
                    })?;
                }
                if scope.absent {
                    menu.add("finds memory absent", false, |w, cx| w.ask(cx, t, token, c))?;
                }
            }
            Thread::Fetches { token, called, .. } => {
                if called {
                    menu.add("goes on with its copy", true, |w, cx| {
                        w.fetch_ends(cx, t, None)
                    })?;
                }
                menu.add("waited for memory long enough", true, |w, cx| {
                    w.fetch_ends(cx, t, Some(Side::Client))
                })?;
                if token != Token::Reply {
                    menu.add("gets a signal in its copy", false, |w, cx| {
                        w.fetch_ends(cx, t, Some(Side::Server))
                    })?;
                }
            }
        }
        Ok(())
    }

    /// `Rendezvous::answer`.
    fn answer(&mut self, cx: &mut Context<'_>, c: usize, outcome: Outcome) -> Made {
        if self.step(cx, c, Event::BeginReply)? {
            self.step(cx, c, Event::Finish(outcome))?;
        }
        Ok(true)
    }

    fn closing_steps(&self, scope: Scope, menu: &mut Menu<'_, '_>) -> Listed {
        match self.close {
            Walk::No if scope.causes[Cause::ChannelGone as usize] && self.may_end(scope) => menu
                .add("the channel is closed", false, |w, _| {
                    w.open = false;
                    for client in &mut w.clients {
                        client.pulse = false;
                    }
                    w.close = Walk::Queue(0);
                    Ok(true)
                }),
            at @ (Walk::Queue(_) | Walk::Named(_)) => {
                menu.add("closing ends a message", true, |w, cx| {
                    w.close = w.walk(cx, at, None, Cause::ChannelGone)?;
                    Ok(true)
                })
            }
            Walk::Receivers => menu.add("closing calls a thread", true, |w, _| {
                if !w.call_receiver() {
                    w.close = Walk::Over;
                }
                Ok(true)
            }),
            _ => Ok(()),
        }
    }
}

impl World {
    /// The same world with numbers that do not depend on how it came about: threads and clients are alike, and only
    /// the order of arrival matters.
    fn plain(mut self, scope: Scope) -> Self {
        // Arrivals, with the places in the queue where somebody goes on.
        let mut marks = [u8::MAX; CLIENTS * 2 + 1];
        let mut n = 0;
        let mut mark = |value| {
            marks[n] = value;
            n += 1;
        };
        for client in &self.clients {
            if client.in_queue || client.in_named {
                mark(client.arrival);
            }
            if let Walk::Queue(from) = client.detach {
                mark(from);
            }
        }
        if let Walk::Queue(from) = self.close {
            mark(from);
        }
        marks.sort_unstable();
        let rank = |value: u8| {
            let mut rank = 0;
            for pair in marks.windows(2) {
                rank += u8::from(pair[0] < value && pair[0] != pair[1]);
            }
            rank
        };
        for client in &mut self.clients {
            client.arrival = if client.in_queue || client.in_named {
                rank(client.arrival)
            } else {
                0
            };
            if let Walk::Queue(from) = &mut client.detach {
                *from = rank(*from);
            }
        }
        if let Walk::Queue(from) = &mut self.close {
            *from = rank(*from);
        }
        let mut first = if scope.threads == THREADS {
            self.threads_sorted()
        } else {
            self
        };
        if scope.clients == CLIENTS && !matches!(self.close, Walk::Named(_)) {
            let mut second = first.clients_swapped();
            if scope.threads == THREADS {
                second = second.threads_sorted();
            }
            if second.order() < first.order() {
                first = second;
            }
        }
        first
    }

    fn threads_sorted(mut self) -> Self {
        if self.threads[0] > self.threads[1] {
            self.threads.swap(0, 1);
            for client in &mut self.clients {
                if let Slot::Asked(t) | Slot::Busy(t) = &mut client.slot {
                    *t = 1 - *t;
                }
            }
        }
        self
    }

    fn clients_swapped(mut self) -> Self {
        self.clients.swap(0, 1);
        for thread in &mut self.threads {
            if let Thread::Copies { client, .. } | Thread::Fetches { client, .. } = thread {
                *client = 1 - *client;
            }
        }
        self
    }

    /// Some order of worlds that differ in the order of their clients.
    fn order(&self) -> impl Ord {
        let of = |client: &Client| {
            let story = &client.story;
            (
                (
                    client.state,
                    client.phase,
                    client.arrival,
                    client.slot,
                    client.detach,
                ),
                (client.called, client.late, client.pulse, client.node),
                (
                    story.stage,
                    story.told,
                    story.delivered,
                    story.answering,
                    client.nudged,
                ),
            )
        };
        (of(&self.clients[0]), of(&self.clients[1]), self.threads)
    }
}
