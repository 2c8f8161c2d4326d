// SPDX-License-Identifier: GPL-2.0-only

//! Every sequence of events of one message, and the rules it must keep.
//!
//! One sender and three server threads are simulated around [`State::step`]. The sender offers its
//! message, may get signals, may be detached or lose its channel, and leaves when the message is
//! done. A server thread does what a holder of a token may do: receive and deliver, put back or
//! report a fault; read and write; answer. All interleavings are visited; the state space is
//! finite because each party is in one of a few places.

use crate::base::{
    fault::Side,
    state::{Cause, Event, Outcome, Refusal, Stage, State},
};
use std::collections::{HashMap, VecDeque};

const SERVERS: usize = 3;
const CAUSES: [Cause; 5] = [
    Cause::Interrupted,
    Cause::TimedOut,
    Cause::Detached,
    Cause::ChannelGone,
    Cause::Killed,
];
const ANSWERS: [Outcome; 4] = [
    Outcome::Answered,
    Outcome::Restart,
    Outcome::Fault(Side::Client),
    Outcome::Fault(Side::Server),
];

/// What a server thread holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    Nothing,
    Claim,
    Transfer,
    Reply,
}

/// What is true of the whole arrangement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct World {
    state: State,
    /// The sender has left its call.
    gone: bool,
    servers: [Token; SERVERS],
    /// The message was received to the end.
    delivered: bool,
    /// A fatal signal reached the sender.
    killed: bool,
    /// Somebody wanted the sender to stop waiting, and nobody else has a say in it.
    wished: bool,
    /// The channel has the unblock flag.
    unblock: bool,
    /// The sender asked the server to be let go.
    asked: bool,
}

impl World {
    fn start(unblock: bool) -> Self {
        World {
            state: State::Idle,
            gone: false,
            servers: [Token::Nothing; SERVERS],
            delivered: false,
            killed: false,
            wished: false,
            unblock,
            asked: false,
        }
    }

    fn holders(&self, token: Token) -> usize {
        self.servers.iter().filter(|held| **held == token).count()
    }

    /// The events that can happen here, with what they make of the world.
    fn successors(&self) -> Vec<(Event, World)> {
        let mut next = Vec::new();
        let mut push = |event, change: &dyn Fn(&mut World)| match self.state.step(event) {
            Ok(state) => {
                let mut world = World { state, ..*self };
                change(&mut world);
                next.push((event, world));
            }
            Err(refusal) => assert!(
                allowed_refusal(self, event, refusal),
                "{event:?} refused with {refusal:?} in {self:?}"
            ),
        };
        if self.state == State::Idle {
            push(Event::Offer, &|_| ());
        }
        if !self.gone && self.state != State::Idle {
            for cause in CAUSES {
                let event = Event::ending(cause, self.unblock);
                let asks = matches!(event, Event::Ask(_));
                push(event, &|world| {
                    world.wished |= !asks || self.state.is_send_blocked();
                    world.asked |= asks && !self.state.is_send_blocked();
                    world.killed |= cause == Cause::Killed;
                });
            }
        }
        for server in 0..SERVERS {
            let mut hold = |event, token| {
                push(event, &move |world: &mut World| {
                    world.delivered |= event == Event::Deliver && world.state.is_named();
                    world.servers[server] = token;
                });
            };
            match self.servers[server] {
                Token::Nothing => {
                    if self.state.is_queued() {
                        hold(Event::Take, Token::Claim);
                    }
                    // A receive id finds a message only while it is named.
                    if self.state.is_named() {
                        hold(Event::BeginCopy, Token::Transfer);
                        hold(Event::BeginReply, Token::Reply);
                    }
                }
                Token::Claim => {
                    hold(Event::Deliver, Token::Nothing);
                    hold(Event::PutBack, Token::Nothing);
                    hold(Event::SenderFault, Token::Nothing);
                }
                Token::Transfer => hold(Event::EndCopy, Token::Nothing),
                Token::Reply => {
                    for outcome in ANSWERS {
                        hold(Event::Finish(outcome), Token::Nothing);
                    }
                }
            }
        }
        if self.state.outcome().is_some() && !self.gone {
            next.push((
                Event::Offer,
                World {
                    gone: true,
                    ..*self
                },
            ));
        }
        next
    }

    fn check(&self) {
        let busy = SERVERS - self.holders(Token::Nothing);
        let (claims, transfers, replies) = (
            self.holders(Token::Claim),
            self.holders(Token::Transfer),
            self.holders(Token::Reply),
        );
        assert!(claims <= 1, "a message is received twice: {self:?}");
        assert!(replies <= 1, "a message is answered twice: {self:?}");
        // No copy into or out of the memory of a call that has returned, except of a process that
        // is being killed, whose memory the copier holds by itself.
        if self.state.outcome().is_some() && !self.killed {
            assert_eq!(busy, 0, "a sender may leave under a copier: {self:?}");
        }
        match self.state {
            State::Idle | State::SendBlocked => {
                assert_eq!(busy, 0, "somebody copies a queued message: {self:?}");
            }
            State::Receiving { wish } => {
                assert_eq!(
                    (claims, busy),
                    (1, 1),
                    "a receive without a receiver: {self:?}"
                );
                assert!(wish.is_none() || self.wished, "a wish of nobody: {self:?}");
                assert!(!self.delivered, "a message is received again: {self:?}");
            }
            State::ReplyBlocked {
                copies,
                wish,
                asked,
            } => {
                assert!(asked.is_none() || self.asked, "asked by nobody: {self:?}");
                assert!(
                    self.delivered,
                    "not received, but waiting for an answer: {self:?}"
                );
                assert_eq!(
                    usize::from(copies),
                    transfers,
                    "copiers miscounted: {self:?}"
                );
                assert_eq!(busy, transfers, "a token too many: {self:?}");
                assert!(
                    wish.is_none() || copies > 0,
                    "a sender is kept from leaving by nobody: {self:?}"
                );
            }
            State::Replying { copies, outcome } => {
                assert!(self.delivered, "answered before it was received: {self:?}");
                assert_eq!(
                    usize::from(copies),
                    transfers,
                    "copiers miscounted: {self:?}"
                );
                assert_eq!(
                    replies,
                    usize::from(outcome.is_none()),
                    "an answer without an answerer: {self:?}"
                );
                assert!(
                    outcome.is_none() || copies > 0,
                    "a sender is kept from leaving by nobody: {self:?}"
                );
            }
            State::Done(outcome) => self.check_outcome(outcome),
        }
    }

    fn check_outcome(&self, outcome: Outcome) {
        match outcome {
            Outcome::Answered | Outcome::Restart | Outcome::Fault(Side::Server) => {
                assert!(self.delivered, "answered before it was received: {self:?}");
            }
            Outcome::Fault(Side::Client) => (),
            Outcome::Withdrawn(_) => {
                assert!(
                    self.wished && !self.delivered,
                    "withdrawn, yet received: {self:?}"
                );
            }
            Outcome::Abandoned(_) => {
                assert!(self.wished && self.delivered, "abandoned unseen: {self:?}");
            }
        }
    }
}

/// Events that the table may refuse, and how.
fn allowed_refusal(world: &World, event: Event, refusal: Refusal) -> bool {
    matches!(event, Event::BeginCopy | Event::BeginReply)
        && refusal == Refusal::NotBlocked
        && !world.state.is_reply_blocked()
}

/// A world as the key of a table.
fn key(world: &World) -> String {
    // Server threads are alike: their order does not matter.
    let mut world = *world;
    world.servers.sort();
    format!("{world:?}")
}

/// All worlds that can come about, with and without the unblock flag, and which follow which.
fn explore() -> (Vec<World>, Vec<Vec<usize>>) {
    let mut worlds = vec![World::start(false), World::start(true)];
    let mut index = HashMap::from([(key(&worlds[0]), 0), (key(&worlds[1]), 1)]);
    let mut edges = vec![];
    let mut todo = VecDeque::from([0, 1]);
    while let Some(at) = todo.pop_front() {
        let mut out = vec![];
        for (_, world) in worlds[at].successors() {
            world.check();
            let next = *index.entry(key(&world)).or_insert_with(|| {
                worlds.push(world);
                todo.push_back(worlds.len() - 1);
                worlds.len() - 1
            });
            out.push(next);
        }
        edges.push(out);
    }
    (worlds, edges)
}

/// No sequence of events breaks a rule; the rules are in [`World::check`].
#[test]
fn every_reachable_state_keeps_the_rules() {
    let (worlds, edges) = explore();
    println!(
        "{} states, {} transitions",
        worlds.len(),
        edges.iter().map(Vec::len).sum::<usize>()
    );
    assert!(worlds.len() > 100, "the exploration must not be empty");
}

/// The short way of a plain message leads to where the long one leads, or nowhere; and each part of it
/// can be gone.
#[test]
fn the_short_way_leads_where_the_long_one_does() {
    let (worlds, _) = explore();
    for stage in [Stage::Offer, Stage::Take, Stage::Deliver, Stage::Answer] {
        let mut gone = 0;
        for state in worlds.iter().map(|world| world.state) {
            let Some(short) = state.plainly(stage) else {
                continue;
            };
            let long = stage
                .events()
                .iter()
                .try_fold(state, |state, event| state.step(*event));
            assert_eq!(long, Ok(short), "{stage:?} of {state:?}");
            gone += 1;
        }
        assert!(gone > 0, "nothing is plain enough for {stage:?}");
    }
}

/// From every state in which somebody wants the sender to stop waiting, it stops as soon as those
/// who copy put their tokens down: no other event is needed.
#[test]
fn every_blocked_call_ends() {
    let (worlds, _) = explore();
    for world in worlds.iter().filter(|world| world.wished && !world.gone) {
        let mut now = *world;
        // A put-back message may be wanted again: the wish was for the receive that failed.
        for server in 0..SERVERS {
            let event = match now.servers[server] {
                Token::Nothing => continue,
                Token::Claim => Event::Deliver,
                Token::Transfer => Event::EndCopy,
                Token::Reply => Event::Finish(Outcome::Answered),
            };
            now.state = now
                .state
                .step(event)
                .expect("a holder may put its token down");
            now.servers[server] = Token::Nothing;
        }
        assert!(
            now.state.outcome().is_some(),
            "nobody copies, yet the sender waits on: {world:?} became {now:?}"
        );
    }
}

/// A fatal signal ends the message at once, whatever happens.
#[test]
fn a_fatal_signal_does_not_wait() {
    let (worlds, _) = explore();
    for world in worlds.iter().filter(|world| world.state != State::Idle) {
        let state = world.state.step(Event::End(Cause::Killed));
        assert!(
            matches!(state, Ok(State::Done(_))),
            "kill -9 does nothing in {world:?}"
        );
    }
}

/// A sender that wants to leave is not kept by copies or answers that begin after that.
#[test]
fn nothing_new_begins_once_the_sender_wants_to_leave() {
    let (worlds, _) = explore();
    let mut seen = 0;
    for world in worlds {
        if !matches!(world.state, State::ReplyBlocked { wish: Some(_), .. }) {
            continue;
        }
        seen += 1;
        for event in [Event::BeginCopy, Event::BeginReply] {
            assert_eq!(
                world.state.step(event),
                Err(Refusal::NotBlocked),
                "{world:?}"
            );
        }
    }
    assert!(seen > 0, "the state must be reachable");
}

/// A reply that has begun reaches the sender, whatever else it is told, unless it is killed.
#[test]
fn a_reply_that_has_begun_wins() {
    let (worlds, _) = explore();
    for world in worlds {
        if !matches!(
            world.state,
            State::Replying {
                outcome: None,
                copies: 0
            }
        ) {
            continue;
        }
        for cause in CAUSES.into_iter().filter(|cause| *cause != Cause::Killed) {
            let state = world
                .state
                .step(Event::ending(cause, world.unblock))
                .and_then(|state| state.step(Event::Finish(Outcome::Answered)));
            assert_eq!(state, Ok(State::Done(Outcome::Answered)), "after {cause:?}");
        }
    }
}

/// A message whose receive failed for the server's own reasons is queued again, as it was.
#[test]
fn a_failed_receive_loses_nothing() {
    let taken = State::SendBlocked
        .step(Event::Take)
        .expect("a queued message can be taken");
    assert_eq!(taken.step(Event::PutBack), Ok(State::SendBlocked));
}

/// The counter of copiers refuses instead of wrapping.
#[test]
fn too_many_copiers_are_refused() {
    let state = State::ReplyBlocked {
        copies: u16::MAX,
        wish: None,
        asked: None,
    };
    assert_eq!(state.step(Event::BeginCopy), Err(Refusal::TooMany));
}

/// On a channel with the unblock flag a received message stays until it is answered: the first
/// reason for asking is kept, and later ones change nothing.
#[test]
fn a_sender_that_asks_stays() {
    let received = State::SendBlocked
        .step(Event::Take)
        .and_then(|state| state.step(Event::Deliver))
        .expect("a queued message can be received");
    let asked = received
        .step(Event::Ask(Cause::TimedOut))
        .expect("a sender may ask");
    assert_eq!(asked.asked(), Some(Cause::TimedOut));
    assert!(asked.is_reply_blocked(), "it can be copied and answered");
    assert_eq!(asked.step(Event::Ask(Cause::Interrupted)), Ok(asked));
    let answered = asked
        .step(Event::BeginReply)
        .and_then(|state| state.step(Event::Finish(Outcome::Answered)));
    assert_eq!(answered, Ok(State::Done(Outcome::Answered)));
    let (worlds, _) = explore();
    let asking = |world: &&World| world.state.asked().is_some();
    assert!(worlds.iter().filter(asking).all(|world| world.unblock));
    assert!(worlds.iter().any(|world| asking(&world)));
}

/// A sender that the server has not seen yet leaves without asking.
#[test]
fn nobody_asks_before_the_message_is_received() {
    let cause = Cause::Interrupted;
    let withdrawn = Ok(State::Done(Outcome::Withdrawn(cause)));
    assert_eq!(State::SendBlocked.step(Event::Ask(cause)), withdrawn);
    let taken = State::SendBlocked
        .step(Event::Take)
        .and_then(|state| state.step(Event::Ask(cause)))
        .expect("a sender may ask");
    assert_eq!(taken.step(Event::Deliver), withdrawn);
}
