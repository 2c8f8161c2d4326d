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
    priority::Wish,
    state::{
        Stage,
        State, //
    }, //
};
use crate::priority::Server;
use crate::sys::{
    once::Once,
    small_buf::SmallBuf,
    wait::Placement, //
};
use kernel::sync::Arc;

/// A thread that was called out of a receive.
pub(super) struct Called {
    receiver: Arc<Receiver>,
    /// Whether it has a new priority to get before it is woken.
    raised: bool,
}

impl Called {
    /// Wakes it, for a caller that sleeps next. Without the lock.
    #[inline(always)]
    pub(super) fn hand_over(self, placement: Placement) {
        if self.raised {
            if let Some(server) = &self.receiver.server {
                server.apply();
            }
        }
        self.receiver.thread.hand_over(placement);
    }
}

impl Tables {
    /// [`Tables::offer`] to the only thread that waits, on an open channel.
    #[inline(always)]
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
        // Both tables are as they were when they were looked at.
        self.queue.insert_only(key, || transaction.clone());
        let (_, receiver) = self.receivers.take_only()?;
        receiver.thread.call();
        Some(Called { receiver, raised })
    }

    /// [`Tables::take`] of the only message there is, for `server` if that is known.
    #[inline(always)]
    pub(super) fn take_plainly(
        &mut self,
        server: Option<&Arc<Server>>,
    ) -> Option<(Arc<Transaction>, Rcvid)> {
        if !self.pulses.is_empty() {
            return None;
        }
        let (key, own) = self.queue.take_only()?;
        let level = key.priority();
        let Some(rcvid) = self.rcvids(&own.message.origin.client).take() else {
            self.queue.insert(key, own, &mut None);
            return None;
        };
        let unchanged = own.sender.has_priority(level);
        let cell = own.cell.access_mut(self);
        match cell.state.plainly(Stage::Take) {
            Some(state) if unchanged && cell.late == Late::No => cell.state = state,
            _ => {
                self.rcvids(&own.message.origin.client).give_back();
                self.queue.insert(key, own, &mut None);
                return None;
            }
        }
        cell.rcvid = Some(rcvid);
        cell.served_by = server.map_or(0, |server| server.key());
        own.priority.set(level.into());
        let transaction = own;
        if !self.named.insert_only(rcvid, || transaction.clone()) {
            self.name(&transaction);
        }
        if let Some(server) = server {
            // Nothing else waits.
            self.wish(server, Wish::Exactly(level));
        }
        Some((transaction, rcvid))
    }

    /// [`super::tables::Tables::step`] with the delivery of a message, on an open channel; says whether
    /// it was made.
    #[inline(always)]
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
    #[inline(always)]
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
