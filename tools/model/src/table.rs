// SPDX-License-Identifier: GPL-2.0-only

//! The transition table of the module, read out of `State::step` cell by cell.
//!
//! Nothing is drawn here a second time: a cell is what `State::step` said when it was asked. What a state is
//! taken for (is it queued? does it want out?) is read from its predicates in the same way. A copy of the table
//! can be bent in one place, which is how faults are planted in it.

use crate::base::fault::Side;
use crate::base::state::{Cause, Event, Outcome, Refusal, Stage, State};

/// Server threads, and so the most that copy at once.
pub const THREADS: usize = 2;

const CLIENT: Outcome = Outcome::Fault(Side::Client);
const SERVER: Outcome = Outcome::Fault(Side::Server);

/// Everything that can happen to a message.
pub const EVENTS: [Event; 20] = [
    Event::Offer,
    Event::Take,
    Event::Deliver,
    Event::PutBack,
    Event::SenderFault,
    Event::BeginCopy,
    Event::EndCopy,
    Event::BeginReply,
    Event::Finish(Outcome::Answered),
    Event::Finish(Outcome::Restart),
    Event::Finish(CLIENT),
    Event::Finish(SERVER),
    Event::End(Cause::Interrupted),
    Event::End(Cause::TimedOut),
    Event::End(Cause::Detached),
    Event::End(Cause::ChannelGone),
    Event::End(Cause::Killed),
    // The others do not ask (`Event::ending`).
    Event::Ask(Cause::Interrupted),
    Event::Ask(Cause::TimedOut),
    Event::Ask(Cause::Detached),
];

/// What the table says of one state and one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    To(u8),
    Refused(Refusal),
    /// More copies than there are threads to make them.
    Beyond,
}

/// What a state is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub flags: [bool; LOOKS.len()],
    pub asked: Option<Cause>,
    pub outcome: Option<Outcome>,
}

/// The predicates that can be bent, by name.
pub const LOOKS: [&str; 6] = [
    "is_queued",
    "is_named",
    "is_reply_blocked",
    "wants_out",
    "is_received",
    "is_send_blocked",
];
pub const QUEUED: usize = 0;
pub const NAMED: usize = 1;
pub const REPLY_BLOCKED: usize = 2;
pub const WANTS_OUT: usize = 3;
pub const RECEIVED: usize = 4;
pub const SEND_BLOCKED: usize = 5;

#[derive(Clone)]
pub struct Table {
    pub states: Vec<State>,
    pub cells: Vec<[Cell; EVENTS.len()]>,
    pub looks: Vec<Look>,
}

fn copies(state: State) -> usize {
    match state {
        State::ReplyBlocked { copies, .. } | State::Replying { copies, .. } => copies.into(),
        _ => 0,
    }
}

impl Table {
    /// Asks for each state that some sequence of events leads to, with each event.
    pub fn of_the_module() -> Self {
        let mut table = Self {
            states: vec![State::Idle],
            cells: Vec::new(),
            looks: Vec::new(),
        };
        while let Some(&state) = table.states.get(table.cells.len()) {
            let row = EVENTS.map(|event| match state.step(event) {
                Err(refusal) => Cell::Refused(refusal),
                Ok(next) if copies(next) > THREADS => Cell::Beyond,
                Ok(next) => Cell::To(table.number(next)),
            });
            table.cells.push(row);
            table.looks.push(Look {
                flags: [
                    state.is_queued(),
                    state.is_named(),
                    state.is_reply_blocked(),
                    state.wants_out(),
                    state.is_received(),
                    state.is_send_blocked(),
                ],
                asked: state.asked(),
                outcome: state.outcome(),
            });
        }
        table
    }

    fn number(&mut self, state: State) -> u8 {
        let at = self.states.iter().position(|known| *known == state);
        let at = at.unwrap_or_else(|| {
            self.states.push(state);
            self.states.len() - 1
        });
        u8::try_from(at).expect("a table of a few dozen states")
    }

    pub fn look(&self, state: u8) -> &Look {
        &self.looks[usize::from(state)]
    }

    /// The short way of a plain message (`State::plainly`) leads where the long one does, from every state; says how
    /// often it is one.
    pub fn short_ways(&self) -> usize {
        let mut short_ways = 0;
        for stage in [Stage::Offer, Stage::Take, Stage::Deliver, Stage::Answer] {
            for state in &self.states {
                let Some(short) = state.plainly(stage) else {
                    continue;
                };
                let long = stage.events().iter();
                let long = long
                    .copied()
                    .try_fold(*state, |state, event| state.step(event));
                assert_eq!(long, Ok(short), "{stage:?} of {state:?}");
                short_ways += 1;
            }
        }
        short_ways
    }
}

/// Place of an event in [`EVENTS`].
pub fn column(event: Event) -> usize {
    EVENTS
        .iter()
        .position(|known| *known == event)
        .expect("every event is listed")
}
