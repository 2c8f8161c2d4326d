// SPDX-License-Identifier: GPL-2.0-only

//! Memory of a sender that is not there when a server thread wants to copy.
//!
//! Who owns the memory waits for it. The server thread takes what is there at once; for the rest it
//! calls the sender, which sleeps in its own call, to fault it in, and waits for that no longer than
//! a bound. So nobody but the sender's own thread depends on a swap device, a network, or a program
//! that never answers a fault, and no thread of the kernel has to be kept for it.
//!
//! ```text
//!   server thread                     sender, asleep in its call
//!   pages are not there
//!   slot = Asked, calls the sender    is called: slot = Busy
//!   sleeps, with an alarm             faults the pages in, as any access of its own would
//!                                     slot = Idle, answers, calls the server; sleeps on
//!   tries again
//! ```
//!
//! If the alarm is first, the copy fails with the sender at fault, and the sender is nudged out of its
//! own fault, to find that its message is done. A sender that is hit by a signal while it waits for the
//! memory notes its wish before it answers; the server thread then lets go of the message, as it
//! does after any copy.

use super::absent::{
    Request,
    Slot, //
};
use super::tables::Transaction;
use crate::base::clock::Clock;
use crate::perturb;
use crate::sys::{
    alarm::{
        self,
        Alarm, //
    },
    remote_mm::{
        Absent,
        CopyFault,
        Fetched,
        OnAbsent, //
    },
    wait::{
        self,
        Until,
        Woke, //
    }, //
};
use core::cell::Cell;
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// Bytes of a copy that may take one bound; longer copies may take as many as it has of these.
const STRIDE: usize = 16 << 20;

/// How long a thread waits for another one that has asked before it, in nanoseconds.
const TURN: i64 = 1_000_000;

/// Fetches memory of the sender of one message for one copy.
pub(crate) struct Fetcher<'a> {
    transaction: &'a Arc<Transaction>,
    /// How long it may take, in nanoseconds; 0 is without end.
    patience: i64,
    /// When that is over, from the first wait on.
    end: Cell<i64>,
}

impl<'a> Fetcher<'a> {
    /// For a copy of `len` bytes; `bound` in nanoseconds is that of one stride, 0 is none.
    pub(super) fn new(transaction: &'a Arc<Transaction>, bound: u64, len: usize) -> Self {
        let strides = len.div_ceil(STRIDE).max(1) as u64;
        Self {
            transaction,
            patience: i64::try_from(bound.saturating_mul(strides)).unwrap_or(i64::MAX / 2),
            end: Cell::new(0),
        }
    }

    /// When to give up, if ever.
    fn end(&self) -> Option<i64> {
        if self.patience == 0 {
            return None;
        }
        if self.end.get() == 0 {
            let now = alarm::now(Clock::Monotonic);
            self.end.set(now.saturating_add(self.patience));
        }
        Some(self.end.get())
    }

    /// Calls the sender for a request, unless it sees to another one; says whether it did.
    ///
    /// Fails if the sender has left, or is about to.
    fn ask(&self, request: &Arc<Request>) -> Result<bool, CopyFault> {
        perturb::pause("ask for memory");
        let mut tables = self.transaction.tables.lock();
        let cell = self.transaction.cell.access_mut(&mut tables);
        if cell.state.outcome().is_some() {
            return Err(CopyFault::Remote);
        }
        if cell.state.wants_out() {
            return Err(CopyFault::Left);
        }
        if !matches!(cell.absent, Slot::Idle) {
            return Ok(false);
        }
        cell.absent = Slot::Asked(request.clone());
        let sender = self.transaction.sender.unpark();
        drop(tables);
        if let Some(sender) = sender {
            wait::wake(&sender);
        }
        Ok(true)
    }

    /// The caller does not wait for its request any more. The sender need not do so either.
    fn withdraw(&self, request: &Arc<Request>) {
        perturb::pause("withdraw a request");
        let mut sender = None;
        let mut tables = self.transaction.tables.lock();
        let cell = self.transaction.cell.access_mut(&mut tables);
        let gone = cell.absent.withdraw(request);
        if gone.is_some() {
            self.transaction.nudge(&mut tables);
            sender = self.transaction.sender.thread();
        }
        drop(tables);
        drop(gone);
        if let Some(sender) = sender {
            wait::wake(sender);
        }
    }
}

impl OnAbsent for Fetcher<'_> {
    fn fetch(&self, absent: Absent, interruptible: bool) -> Result<(), CopyFault> {
        let until = if interruptible {
            Until::Signal
        } else {
            Until::FatalSignal
        };
        loop {
            let request = Request::new(absent).map_err(|_| CopyFault::NoMemory)?;
            let end = self.end();
            let woke = if self.ask(&request)? {
                sleep(&request, until, end)
            } else {
                let turn = alarm::now(Clock::Monotonic).saturating_add(TURN);
                let woke = sleep(&request, until, Some(end.map_or(turn, |end| turn.min(end))));
                if woke == Woke::TimedOut && end.is_none_or(|end| turn < end) {
                    continue;
                }
                woke
            };
            self.withdraw(&request);
            match (woke, request.answered()) {
                (_, Some(Fetched::Present)) => return Ok(()),
                (Woke::TimedOut, _) | (_, Some(Fetched::Unreachable)) => {
                    return Err(CopyFault::Remote)
                }
                (Woke::Signalled, _) => return Err(CopyFault::Signalled),
                // The sender's state has changed.
                (Woke::Called, _) => (),
            }
        }
    }
}

fn sleep(request: &Request, until: Until, end: Option<i64>) -> Woke {
    let Some(end) = end else {
        return request.server.park(until, None);
    };
    pin_init::stack_pin_init!(let alarm = Alarm::new(Clock::Monotonic, end, true));
    request.server.park(until, Some(&alarm))
}
