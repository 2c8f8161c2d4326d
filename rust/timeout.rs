// SPDX-License-Identifier: GPL-2.0-only

//! The timeout of a blocking call, as the caller gave it (TimerTimeout).

use crate::base::{
    abi,
    clock::{
        nanoseconds,
        Clock, //
    }, //
};
use crate::events::{
    Event,
    Place, //
};
use crate::rendezvous::deadline::Deadline;
use crate::sys::{
    alarm::{
        self,
        Alarm, //
    },
    errno,
    user_args::UserArg, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// How long a message may be SEND-blocked although its deadline is now, because the thread that
/// waited for it has received something else; in nanoseconds.
const GRACE: i64 = 1_000_000_000;

/// A checked timeout.
pub(crate) struct Timeout {
    states: u32,
    clock: Clock,
    time: i64,
    absolute: bool,
    /// What happens to the caller then; `None` ends the call.
    event: Option<Event>,
}

impl Timeout {
    /// Reads the timeout at `addr`; none if that is 0.
    ///
    /// Its event is one of `place`, the caller's.
    ///
    /// Fails with `EINVAL` if it makes no sense, with `EFAULT`, and like [`Event::from_user`].
    pub(crate) fn from_user(
        place: impl FnOnce() -> Result<Arc<dyn Place>>,
        addr: u64,
    ) -> Result<Option<Self>> {
        const STATES: u32 = abi::TIMEOUT_SEND | abi::TIMEOUT_RECEIVE | abi::TIMEOUT_REPLY;
        if addr == 0 {
            return Ok(None);
        }
        let args = UserArg::<abi::Timeout>::new(addr as usize).read(size_of::<abi::Timeout>())?;
        if args.states == 0
            || args.states & !STATES != 0
            || args.flags & !abi::TIME_ABSOLUTE != 0
            || args.reserved != 0
        {
            return Err(EINVAL);
        }
        let clock = Clock::from_user(args.clock).ok_or(EINVAL)?;
        let event = match args.event {
            0 => Event::Unblock,
            address => Event::from_user(place()?, address)?,
        };
        Ok(Some(Self {
            states: args.states,
            clock,
            time: nanoseconds(args.time),
            absolute: args.flags & abi::TIME_ABSOLUTE != 0,
            event: (!event.is_unblock()).then_some(event),
        }))
    }

    fn is_now(&self) -> bool {
        self.time == 0 || (self.absolute && self.time <= alarm::now(self.clock))
    }

    /// Makes a call under the deadline; it runs from here on.
    pub(crate) fn with<R>(&self, call: impl FnOnce(&Deadline<'_>) -> R) -> R {
        let deliver = || {
            if let Some(event) = &self.event {
                // There is nobody to tell that it was not possible.
                let _ = event.deliver(None);
            }
        };
        let deadline = |alarm, grace| Deadline {
            send: self.states & abi::TIMEOUT_SEND != 0,
            reply: self.states & abi::TIMEOUT_REPLY != 0,
            receive: self.states & abi::TIMEOUT_RECEIVE != 0,
            alarm,
            grace,
            notify: self.event.as_ref().map(|_| &deliver as &dyn Fn()),
        };
        if self.is_now() {
            if self.event.is_some() || self.states & abi::TIMEOUT_SEND == 0 {
                return call(&deadline(None, None));
            }
            pin_init::stack_pin_init!(let grace = Alarm::new(Clock::Monotonic, GRACE, false));
            return call(&deadline(None, Some(&grace)));
        }
        pin_init::stack_pin_init!(let alarm = Alarm::new(self.clock, self.time, self.absolute));
        call(&deadline(Some(&alarm), None))
    }

    /// A call that starts again after a signal would wait for the whole time again, unless that is
    /// absolute.
    pub(crate) fn no_restart(&self, error: Error) -> Error {
        if !self.absolute && error == errno::restart_unless_handled() {
            EINTR
        } else {
            error
        }
    }
}
