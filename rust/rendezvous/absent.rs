// SPDX-License-Identifier: GPL-2.0-only

//! Requests of server threads for memory of a sender that is not there.
//!
//! A [`Slot`] is part of what the channel's lock protects of a message, a [`Request`] is not: its
//! answer is written once, before the thread that waits for it is called.

use crate::sys::{
    remote_mm::{
        Absent,
        Fetched, //
    },
    wait::Parker, //
};
use kernel::{
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{
            Acquire,
            Atomic,
            Release, //
        },
        Arc, //
    },
    task::Task, //
};

/// What a server thread waits for.
pub(super) struct Request {
    /// The memory.
    pub(super) absent: Absent,
    /// Where the server thread sleeps.
    pub(super) server: Parker,
    answer: Atomic<i32>,
}

/// Values of `answer`.
const NONE: i32 = 0;
const PRESENT: i32 = 1;
const UNREACHABLE: i32 = 2;

impl Request {
    /// A request of the calling thread.
    pub(super) fn new(absent: Absent) -> Result<Arc<Self>> {
        let mut server = Parker::new();
        server.adopt();
        let request = Self {
            absent,
            server,
            answer: Atomic::new(NONE),
        };
        Ok(Arc::new(request, GFP_KERNEL_ACCOUNT)?)
    }

    /// Answers it; returns the thread to wake.
    pub(super) fn answer(&self, fetched: Fetched) -> Option<ARef<Task>> {
        let answer = match fetched {
            Fetched::Present => PRESENT,
            Fetched::Unreachable => UNREACHABLE,
            Fetched::Interrupted => NONE,
        };
        self.answer.store(answer, Release);
        self.server.unpark()
    }

    /// The answer; an interrupted sender has given none.
    pub(super) fn answered(&self) -> Option<Fetched> {
        match self.answer.load(Acquire) {
            PRESENT => Some(Fetched::Present),
            UNREACHABLE => Some(Fetched::Unreachable),
            _ => None,
        }
    }
}

/// The request that a sender sees to, one at a time.
pub(super) enum Slot {
    /// None.
    Idle,
    /// One that the sender was called for.
    Asked(Arc<Request>),
    /// One that the sender sees to now; `None` if nobody waits for it any more.
    Busy(Option<Arc<Request>>),
}

impl Slot {
    /// Hands the request out to the sender, which has to empty the slot when it is through.
    pub(super) fn begin(&mut self) -> Option<Arc<Request>> {
        match core::mem::replace(self, Slot::Idle) {
            Slot::Asked(request) => {
                *self = Slot::Busy(Some(request.clone()));
                Some(request)
            }
            other => {
                *self = other;
                None
            }
        }
    }

    /// Empties it; returns the request if somebody waits for it.
    pub(super) fn clear(&mut self) -> Option<Arc<Request>> {
        match core::mem::replace(self, Slot::Idle) {
            Slot::Asked(request) | Slot::Busy(Some(request)) => Some(request),
            Slot::Idle | Slot::Busy(None) => None,
        }
    }

    /// The server thread does not wait for its request any more. What is returned is to be dropped
    /// after the lock.
    pub(super) fn withdraw(&mut self, request: &Arc<Request>) -> Option<Arc<Request>> {
        let (mine, left) = match self {
            Slot::Asked(asked) => (Arc::ptr_eq(asked, request), Slot::Idle),
            Slot::Busy(Some(asked)) => (Arc::ptr_eq(asked, request), Slot::Busy(None)),
            Slot::Idle | Slot::Busy(None) => (false, Slot::Idle),
        };
        if !mine {
            return None;
        }
        match core::mem::replace(self, left) {
            Slot::Asked(request) | Slot::Busy(Some(request)) => Some(request),
            Slot::Idle | Slot::Busy(None) => None,
        }
    }

    /// Has the server thread look at the state of the message; returns the thread to wake.
    pub(super) fn call_server(&self) -> Option<ARef<Task>> {
        match self {
            Slot::Asked(request) | Slot::Busy(Some(request)) => request.server.unpark(),
            Slot::Idle | Slot::Busy(None) => None,
        }
    }
}
