// SPDX-License-Identifier: GPL-2.0-only

//! Life cycle of one message, as data.
//!
//! [`State::step`] is the only place where a message changes state. The module calls it with the
//! channel's lock held; the host tests explore it exhaustively. Nothing else decides who may copy,
//! who may answer, or when the sender may go.
//!
//! ```text
//!        Offer           Take             Deliver              BeginReply
//!   Idle ----> SendBlocked --> Receiving ---------> ReplyBlocked --------> Replying
//!                  ^  |         |  |  |               |  (copies)           |  (copies)
//!                  |  |         |  |  |               |                     |
//!                  +--|-PutBack-+  |  | SenderFault   | End                 | Finish
//!                     | End        |  |               |                     |
//!                     v         End v  v              v                     v
//!                   ------------------- Done(outcome) -------------------------
//! ```
//!
//! The rules behind the table:
//!
//! - While somebody copies (`Receiving`, `copies` above 0, `Replying`), a wish to end the message
//!   is noted, and whoever copies last carries it out. So nobody copies into or out of the memory
//!   of a call that has returned.
//! - A fatal signal does not wait: the process is going, its buffers are of no use to it, and the
//!   copier holds the memory by itself. The copier then finds the message done.
//! - On a channel with the unblock flag a sender that was received does not leave by its own wish.
//!   It asks ([`Event::Ask`]), the server is told, and it stays until the server answers. A fatal
//!   signal and the end of the channel do not ask.
//! - A reply that has begun wins over any other wish to end ("delivered beats interrupted"). A
//!   receive that has begun does not: the sender leaves, and the server never learns of it.

use super::fault::Side;

/// Why a blocked sender has to stop waiting without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A signal that its process handles.
    Interrupted,
    /// Its deadline has passed.
    TimedOut,
    /// Its connection was detached.
    Detached,
    /// The channel is gone.
    ChannelGone,
    /// A signal that ends its process.
    Killed,
}

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The server answered; what, is kept beside the state.
    Answered,
    /// The server asked for the message to be sent again.
    Restart,
    /// Memory of the given side could not be reached while the message was received or answered.
    Fault(Side),
    /// The sender left, and the server never saw the message.
    Withdrawn(Cause),
    /// The sender left after the server had seen the message.
    Abandoned(Cause),
}

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// With its sender alone; not in any queue.
    Idle,
    /// In the channel's queue.
    SendBlocked,
    /// A server thread copies it out of the sender's memory, to receive it.
    Receiving {
        /// Why the sender wants to leave, if it does.
        wish: Option<Cause>,
    },
    /// Received and not answered.
    ReplyBlocked {
        /// Server threads that copy from or to the sender's memory.
        copies: u16,
        /// Why the sender wants to leave, if it does; then no new copy or answer may begin.
        wish: Option<Cause>,
        /// Why it has asked to be let go, if it has.
        asked: Option<Cause>,
    },
    /// A server thread copies the answer into the sender's memory.
    Replying {
        /// Other server threads that still copy.
        copies: u16,
        /// How the message will have ended as soon as they are through.
        outcome: Option<Outcome>,
    },
    /// Over; the sender takes the outcome with it.
    Done(Outcome),
}

/// What can happen to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The sender puts it in the queue.
    Offer,
    /// A server thread takes it out of the queue.
    Take,
    /// The receive is complete.
    Deliver,
    /// The receive failed for reasons of the server's own.
    PutBack,
    /// The receive failed because of the sender's memory.
    SenderFault,
    /// A server thread starts to read or write the sender's memory.
    BeginCopy,
    /// It is through.
    EndCopy,
    /// A server thread starts to answer.
    BeginReply,
    /// The answer is complete.
    Finish(Outcome),
    /// The sender has to stop waiting.
    End(Cause),
    /// The sender has to stop waiting, but once it was received the server decides.
    Ask(Cause),
}

impl Event {
    /// What it is that a sender has to stop waiting for this reason.
    ///
    /// With the unblock flag the server is asked, but not if the sender is being killed, or there
    /// is nobody left to ask.
    pub(crate) fn ending(cause: Cause, unblock: bool) -> Self {
        match cause {
            Cause::Interrupted | Cause::TimedOut | Cause::Detached if unblock => Event::Ask(cause),
            _ => Event::End(cause),
        }
    }
}

/// The way of a message about which nothing is special; see [`State::plainly`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// [`Event::Offer`].
    Offer,
    /// [`Event::Take`].
    Take,
    /// [`Event::Deliver`].
    Deliver,
    /// [`Event::BeginReply`] and [`Event::Finish`] with an answer.
    Answer,
}

impl Stage {
    /// The events that it stands for. For those who compare the two ways, on the host.
    #[allow(dead_code)]
    pub(crate) fn events(self) -> &'static [Event] {
        match self {
            Stage::Offer => &[Event::Offer],
            Stage::Take => &[Event::Take],
            Stage::Deliver => &[Event::Deliver],
            Stage::Answer => &[Event::BeginReply, Event::Finish(Outcome::Answered)],
        }
    }
}

/// Why an event was refused; the state stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The sender does not wait for an answer, or no longer.
    NotBlocked,
    /// More threads copy at once than can be counted.
    TooMany,
    /// The caller holds a token that it cannot hold in this state: a bug of the module.
    Illegal,
}

impl State {
    /// The state after `event`.
    pub(crate) fn step(self, event: Event) -> Result<State, Refusal> {
        match self {
            State::Idle => match event {
                Event::Offer => Ok(State::SendBlocked),
                _ => Err(Refusal::Illegal),
            },
            State::SendBlocked => match event {
                Event::Take => Ok(State::Receiving { wish: None }),
                Event::End(cause) | Event::Ask(cause) => Ok(State::Done(Outcome::Withdrawn(cause))),
                _ => Err(Refusal::NotBlocked),
            },
            State::Receiving { wish } => Self::receiving(wish, event),
            State::ReplyBlocked {
                copies,
                wish,
                asked,
            } => Self::reply_blocked(copies, wish, asked, event),
            State::Replying { copies, outcome } => Self::replying(copies, outcome, event),
            State::Done(_) => match event {
                // The sender was killed under the copier, who only now puts its token down.
                Event::Deliver
                | Event::PutBack
                | Event::SenderFault
                | Event::EndCopy
                | Event::Finish(_)
                | Event::End(_)
                | Event::Ask(_) => Ok(self),
                Event::BeginCopy | Event::BeginReply => Err(Refusal::NotBlocked),
                Event::Offer | Event::Take => Err(Refusal::Illegal),
            },
        }
    }

    /// What [`State::step`] gives for the events of `stage`, one after the other, if there is nothing
    /// special about the message: nobody copies, and nobody wants to leave. `None` otherwise, for the
    /// caller to take the long way.
    #[inline]
    pub(crate) fn plainly(self, stage: Stage) -> Option<State> {
        match (stage, self) {
            (Stage::Offer, State::Idle) => Some(State::SendBlocked),
            (Stage::Take, State::SendBlocked) => Some(State::Receiving { wish: None }),
            (Stage::Deliver, State::Receiving { wish: None }) => Some(State::ReplyBlocked {
                copies: 0,
                wish: None,
                asked: None,
            }),
            (
                Stage::Answer,
                State::ReplyBlocked {
                    copies: 0,
                    wish: None,
                    asked: None,
                },
            ) => Some(State::Done(Outcome::Answered)),
            _ => None,
        }
    }

    fn receiving(wish: Option<Cause>, event: Event) -> Result<State, Refusal> {
        match (event, wish) {
            (Event::Deliver, None) => Ok(State::ReplyBlocked {
                copies: 0,
                wish: None,
                asked: None,
            }),
            (Event::PutBack, None) => Ok(State::SendBlocked),
            (Event::Deliver | Event::PutBack, Some(cause)) => {
                Ok(State::Done(Outcome::Withdrawn(cause)))
            }
            (Event::SenderFault, _) => Ok(State::Done(Outcome::Fault(Side::Client))),
            (Event::End(Cause::Killed), _) => Ok(State::Done(Outcome::Withdrawn(Cause::Killed))),
            (Event::End(cause) | Event::Ask(cause), wish) => Ok(State::Receiving {
                wish: wish.or(Some(cause)),
            }),
            (Event::BeginCopy | Event::BeginReply, _) => Err(Refusal::NotBlocked),
            _ => Err(Refusal::Illegal),
        }
    }

    fn reply_blocked(
        copies: u16,
        wish: Option<Cause>,
        asked: Option<Cause>,
        event: Event,
    ) -> Result<State, Refusal> {
        let stay = |copies, wish, asked| {
            Ok(State::ReplyBlocked {
                copies,
                wish,
                asked,
            })
        };
        match event {
            Event::BeginCopy | Event::BeginReply if wish.is_some() => Err(Refusal::NotBlocked),
            Event::BeginCopy => match copies.checked_add(1) {
                Some(copies) => stay(copies, wish, asked),
                None => Err(Refusal::TooMany),
            },
            Event::EndCopy => match (copies.checked_sub(1), wish) {
                (Some(0), Some(cause)) => Ok(State::Done(Outcome::Abandoned(cause))),
                (Some(copies), wish) => stay(copies, wish, asked),
                (None, _) => Err(Refusal::Illegal),
            },
            Event::BeginReply => Ok(State::Replying {
                copies,
                outcome: None,
            }),
            Event::End(cause) if copies == 0 || cause == Cause::Killed => {
                Ok(State::Done(Outcome::Abandoned(cause)))
            }
            Event::End(cause) => stay(copies, wish.or(Some(cause)), asked),
            Event::Ask(cause) => stay(copies, wish, asked.or(Some(cause))),
            _ => Err(Refusal::Illegal),
        }
    }

    fn replying(copies: u16, outcome: Option<Outcome>, event: Event) -> Result<State, Refusal> {
        match event {
            Event::Finish(outcome) if copies == 0 => Ok(State::Done(outcome)),
            Event::Finish(outcome) => Ok(State::Replying {
                copies,
                outcome: Some(outcome),
            }),
            Event::EndCopy => match (copies.checked_sub(1), outcome) {
                (Some(0), Some(outcome)) => Ok(State::Done(outcome)),
                (Some(copies), outcome) => Ok(State::Replying { copies, outcome }),
                (None, _) => Err(Refusal::Illegal),
            },
            Event::End(Cause::Killed) => Ok(State::Done(Outcome::Abandoned(Cause::Killed))),
            Event::End(_) | Event::Ask(_) => Ok(State::Replying { copies, outcome }),
            Event::BeginCopy | Event::BeginReply => Err(Refusal::NotBlocked),
            _ => Err(Refusal::Illegal),
        }
    }

    /// Whether the message waits in the channel's queue.
    pub(crate) fn is_queued(self) -> bool {
        self == State::SendBlocked
    }

    /// Whether a receive id was given to the message; it may not be known to anybody yet.
    pub(crate) fn is_named(self) -> bool {
        matches!(
            self,
            State::Receiving { .. } | State::ReplyBlocked { .. } | State::Replying { .. }
        )
    }

    /// Whether the sender waits for an answer, and may be copied from and answered.
    pub(crate) fn is_reply_blocked(self) -> bool {
        matches!(self, State::ReplyBlocked { wish: None, .. })
    }

    /// Whether the sender leaves as soon as nobody copies any more.
    pub(crate) fn wants_out(self) -> bool {
        matches!(
            self,
            State::Receiving { wish: Some(_) } | State::ReplyBlocked { wish: Some(_), .. }
        )
    }

    /// Why the sender has asked to be let go, if it has and nobody answers it yet.
    pub(crate) fn asked(self) -> Option<Cause> {
        match self {
            State::ReplyBlocked { asked, .. } => asked,
            _ => None,
        }
    }

    /// Whether it was received, and is not answered yet.
    pub(crate) fn is_received(self) -> bool {
        matches!(self, State::ReplyBlocked { .. } | State::Replying { .. })
    }

    /// Whether the sender is still SEND-blocked in the eyes of everybody: not received yet.
    pub(crate) fn is_send_blocked(self) -> bool {
        matches!(self, State::SendBlocked | State::Receiving { .. })
    }

    /// How the message ended, if it did.
    pub(crate) fn outcome(self) -> Option<Outcome> {
        match self {
            State::Done(outcome) => Some(outcome),
            _ => None,
        }
    }
}
