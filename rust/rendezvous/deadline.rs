// SPDX-License-Identifier: GPL-2.0-only

//! When, and in which states, a blocked call has to stop waiting.

use crate::sys::alarm::Alarm;

/// The deadline of one call. It holds for all the states that it names together.
#[derive(Clone, Copy)]
pub(crate) struct Deadline<'a> {
    /// Whether it limits the time until the message is received.
    pub(crate) send: bool,
    /// Whether it limits the time from then until the answer.
    pub(crate) reply: bool,
    /// Whether it limits the time until there is something to receive.
    pub(crate) receive: bool,
    /// When it is; `None` is now: the call does not block in these states.
    pub(crate) alarm: Option<&'a Alarm>,
    /// With a deadline that is now: how long a message that a waiting thread was called for may
    /// still be SEND-blocked, if that thread takes something else or fails.
    pub(crate) grace: Option<&'a Alarm>,
    /// What happens then to the caller, if the call goes on; `None` ends the call.
    pub(crate) notify: Option<&'a dyn Fn()>,
}

impl Deadline<'_> {
    /// No deadline.
    pub(crate) const NEVER: Deadline<'static> = Deadline {
        send: false,
        reply: false,
        receive: false,
        alarm: None,
        grace: None,
        notify: None,
    };

    /// Whether it is now, for a call that blocks in a state that `limited` says it limits.
    pub(super) fn is_now(&self, limited: bool) -> bool {
        limited && self.alarm.is_none()
    }

    /// Whether there is one for a sender.
    #[inline]
    pub(super) fn limits_sender(&self) -> bool {
        self.send || self.reply
    }

    /// Whether it ends the call.
    pub(super) fn ends(&self) -> bool {
        self.notify.is_none()
    }
}
