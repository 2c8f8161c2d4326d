// SPDX-License-Identifier: GPL-2.0-only

//! The short way of a message about which nothing is special: one thread waits for messages, nothing
//! else is queued, nobody wants to leave.
//!
//! Each function does in the channel's lock what the functions of [`super::tables`] do in several
//! steps, or nothing at all: then its caller takes the long way. Nobody but the two threads concerned
//! is told of anything here, so that there is nothing to collect and to do later but one wake-up.

use super::tables::{
    Late,
    Receiver,
    Tables,
    Transaction,
    Want, //
};
use crate::base::{
    id::Rcvid,
    order::Key,
    state::{
        Stage,
        State, //
    }, //
};
use crate::priority::Server;
use crate::sys::small_buf::SmallBuf;
use kernel::sync::{
    atomic::Relaxed,
    Arc, //
};

/// A thread that was called out of a receive.
pub(super) struct Called {
    receiver: Arc<Receiver>,
    /// Whether it has a new priority to get before it is woken.
    raised: bool,
}

impl Called {
    /// Wakes it. Without the lock.
    #[inline]
    pub(super) fn wake(self) {
        if self.raised {
            if let Some(server) = &self.receiver.server {
                server.apply();
            }
        }
        self.receiver.thread.wake();
    }
}

impl Tables {
    /// [`Tables::offer`] to the only thread that waits, on an open channel.
    #[inline]
    pub(super) fn offer_plainly(&mut self, transaction: &Arc<Transaction>) -> Option<Called> {
        let (turn, receiver) = self.receivers.only()?;
        if turn.0 != Want::Anything || self.polled || !self.queue.is_empty() {
            return None;
        }
        let level = transaction.message.priority;
        let raised = match &receiver.server {
            Some(server) if !self.fixed => server.raise(level, self.ceiling.level()),
            _ => false,
        };
        let key = Key::new(level, self.stamp());
        transaction.sender.rearm();
        let cell = transaction.cell.access_mut(self);
        cell.key = key;
        cell.rcvid = None;
        cell.served_by = 0;
        cell.late = Late::No;
        cell.unblock_key = None;
        cell.state = State::Idle.plainly(Stage::Offer)?;
        cell.answer.inline.clear();
        self.queue.insert(key, transaction.clone(), &mut None);
        let (_, receiver) = self.receivers.take_only()?;
        receiver.thread.call();
        Some(Called { receiver, raised })
    }

    /// [`Tables::take`] of the only message there is, for `server` if that is known.
    #[inline]
    pub(super) fn take_plainly(
        &mut self,
        server: Option<&Arc<Server>>,
    ) -> Option<(Arc<Transaction>, Rcvid)> {
        if !self.pulses.is_empty() {
            return None;
        }
        let (key, own) = self.queue.take_only()?;
        let level = key.priority();
        let unchanged = own.sender.priority_or(level) == level;
        let has_ids = !self.rcvids(&own.message.origin.client).is_empty();
        let cell = own.cell.access_mut(self);
        let state = cell.state.plainly(Stage::Take);
        let (Some(state), Late::No, true, true) = (state, cell.late, unchanged, has_ids) else {
            self.queue.insert(key, own, &mut None);
            return None;
        };
        let rcvid = self.rcvids(&own.message.origin.client).take()?;
        let cell = own.cell.access_mut(self);
        cell.state = state;
        cell.rcvid = Some(rcvid);
        cell.served_by = server.map_or(0, |server| server.key());
        own.priority.store(level.into(), Relaxed);
        let transaction = own.clone();
        if self.named.is_empty() {
            self.named.insert(rcvid, own, &mut None);
        } else {
            self.name(&own);
        }
        if let Some(server) = server {
            self.serve(Some(server), level);
        }
        Some((transaction, rcvid))
    }

    /// [`super::tables::Tables::step`] with the delivery of a message, on an open channel; says whether
    /// it was made.
    #[inline]
    pub(super) fn deliver_plainly(&mut self, transaction: &Transaction) -> bool {
        let cell = transaction.cell.access_mut(self);
        match cell.state.plainly(Stage::Deliver) {
            Some(state) if cell.late == Late::No => {
                cell.state = state;
                true
            }
            _ => false,
        }
    }

    /// Answers the message that `rcvid` names with as much of `reply` as its sender wants; returns it,
    /// for its sender to be woken.
    #[inline]
    pub(super) fn answer_plainly(
        &mut self,
        rcvid: Rcvid,
        status: i64,
        reply: &SmallBuf,
    ) -> Option<Arc<Transaction>> {
        let (only, transaction) = self.named.take_only()?;
        let room = transaction.message.reply.total();
        let cell = transaction.cell.access_mut(self);
        match cell.state.plainly(Stage::Answer) {
            Some(state) if only == rcvid => cell.state = state,
            _ => {
                self.named.insert(only, transaction, &mut None);
                return None;
            }
        }
        cell.answer.status = status;
        cell.answer.error = 0;
        cell.answer.inline.assign_up_to(reply, room);
        transaction.sender.call();
        Some(transaction)
    }
}
