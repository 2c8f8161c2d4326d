// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reference model of Send/Receive/Reply message passing: what the processes that use it see, call by call.
//!
//! A [`State`] is a number of client and server processes with their channels, connections, blocked calls and pulses. A
//! [`Step`] is something that one of them does, or that happens to it. [`State::apply`] carries a step out and says
//! which calls return because of it, and with what ([`Observation`]). It is deterministic, and knows nothing of locks,
//! copies, wake-ups or races: a step is over before the next begins.
//!
//! It is written from the behaviour of QNX and from `linux/qipc.h`, not from the module. Two programs use it: the
//! exploration in `tests/explore.rs` visits every state of small systems and checks what has to be true of all of them;
//! `tests/episodes` draws random steps and compares the module with the model after each.
//!
//! Numbers are the model's own: coids from 0, scoids and receive ids from 1; none comes back while the process lives.
//! Whoever compares keeps a table of what the real ones are. Channel ids are those of the module.
//!
//! Not part of the model: faulting memory, connections that are descriptors, fork and exec, events, timers, names,
//! rights, and the priority of server threads.

#![no_std]

extern crate alloc;

mod state;
mod step;

pub use state::{Flaw, Menu, State};
pub use step::{
    Answer, Call, Errno, Flags, Info, Observation, Outcome, Pulse, Reception, Step, Timeout,
    DISCONNECT, PULSE_BYTES, UNBLOCK,
};
