// SPDX-License-Identifier: MIT OR Apache-2.0

//! What can happen to a process: the one description that timers, timeouts, pulse pools and servers share.

use std::os::fd::{AsRawFd, BorrowedFd};

use qipc_sys as sys;

/// Something that happens to a process, without anybody waiting for it. QNX `struct sigevent`.
///
/// A process describes what it wants to happen: when a timer expires, when a timeout runs out, when a server has news
/// for it. To let a server do it, register the event and send the server the handle, see
/// [`Qipc::event_register`](crate::Qipc::event_register); or send the numbers of a pulse in a message of your own, and
/// let the server make the event up.
///
/// QNX's `SIGEV_THREAD` is [`EventThread`](crate::EventThread).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Nothing. QNX `SIGEV_NONE`.
    None,
    /// A pulse over a connection of the process that it happens to, normally to a channel of its own. QNX
    /// `SIGEV_PULSE`.
    Pulse {
        /// The connection: [`Connection::coid`](crate::Connection::coid), of the same session where the process itself
        /// sets the event up.
        coid: i32,
        /// 1 to 99, 0 for that of no real-time policy, `None` for that of whoever delivers the event.
        priority: Option<u8>,
        /// What the program likes; 0 to 127 by convention, the codes of the system are negative. A server that makes
        /// the event up may use no others.
        code: i8,
        /// What the program likes.
        value: u64,
    },
    /// A signal to the process. QNX `SIGEV_SIGNAL`.
    Signal {
        /// Number of the signal.
        signal: i32,
    },
    /// A signal to the process, with a code and a value. QNX `SIGEV_SIGNAL_CODE`.
    SignalCode {
        /// Number of the signal.
        signal: i32,
        /// `si_code`, not above 0.
        code: i16,
        /// `si_value`.
        value: u64,
    },
    /// A signal to the thread that described the event. QNX `SIGEV_SIGNAL_THREAD`.
    SignalThread {
        /// Number of the signal.
        signal: i32,
        /// `si_code`, not above 0.
        code: i16,
        /// `si_value`.
        value: u64,
    },
    /// Ends the blocking call, which fails with [`TimedOut`](crate::Error::TimedOut). For a
    /// [`Timeout`](crate::Timeout), where it is the default; and a server can deliver it to a client whose message it
    /// has not answered, which then wants to stop waiting. QNX `SIGEV_UNBLOCK`.
    Unblock,
    /// Adds 1 to an `eventfd`, which stands in for QNX's semaphore; with `EFD_SEMAPHORE` it is one. Not for a server to
    /// make up. QNX `SIGEV_SEM`.
    Semaphore(BorrowedFd<'a>),
    /// An event that the client has registered: only to be delivered. QNX `SIGEV_FLAG_HANDLE`.
    Registered {
        /// What the client got for it.
        handle: EventHandle,
        /// The value, if the client has registered the event as updateable; otherwise it has no effect.
        value: u64,
    },
}

impl Event<'_> {
    /// A pulse at the priority of whoever delivers it.
    #[must_use]
    pub fn pulse(coid: i32, code: i8, value: u64) -> Self {
        Self::Pulse {
            coid,
            priority: None,
            code,
            value,
        }
    }

    /// The kernel's structure. It names an `eventfd` by its number, so the loan of that has to outlive the call.
    pub(crate) fn to_raw(self) -> sys::qipc_event {
        let raw = sys::qipc_event::default();
        match self {
            Self::None => raw,
            Self::Pulse {
                coid,
                priority,
                code,
                value,
            } => sys::qipc_event {
                notify: sys::QIPC_EVENT_PULSE,
                target: coid,
                value,
                code: i16::from(code),
                priority: priority.map_or(-1, i16::from),
                ..raw
            },
            Self::Signal { signal } => signal_event(sys::QIPC_EVENT_SIGNAL, signal, 0, 0),
            Self::SignalCode {
                signal,
                code,
                value,
            } => signal_event(sys::QIPC_EVENT_SIGNAL_CODE, signal, code, value),
            Self::SignalThread {
                signal,
                code,
                value,
            } => signal_event(sys::QIPC_EVENT_SIGNAL_THREAD, signal, code, value),
            Self::Unblock => sys::qipc_event {
                notify: sys::QIPC_EVENT_UNBLOCK,
                ..raw
            },
            Self::Semaphore(fd) => sys::qipc_event {
                notify: sys::QIPC_EVENT_SEM,
                target: fd.as_raw_fd(),
                ..raw
            },
            Self::Registered { handle, value } => sys::qipc_event {
                notify: sys::QIPC_EVENT_HANDLE,
                target: handle.0,
                value,
                ..raw
            },
        }
    }
}

fn signal_event(notify: u32, signal: i32, code: i16, value: u64) -> sys::qipc_event {
    sys::qipc_event {
        notify,
        target: signal,
        value,
        code,
        ..Default::default()
    }
}

/// The name of a registered event, which a client sends to a server in a message of their own protocol.
///
/// It is a number, and knowing it gives no right: the kernel lets only those deliver the event that the client has
/// named when it registered it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventHandle(pub i32);

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;
    use std::os::fd::AsFd;

    #[test]
    fn a_pulse_without_a_priority_takes_the_deliverers() {
        let raw = Event::pulse(7, -128, u64::MAX).to_raw();
        assert_eq!(raw.notify, sys::QIPC_EVENT_PULSE);
        assert_eq!((raw.target, raw.value), (7, u64::MAX));
        assert_eq!((raw.code, raw.priority), (-128, -1));
    }

    /// Reads the kernel's structure as the header describes it, with nothing in fields that a kind does not have.
    fn read(raw: &sys::qipc_event) -> Option<Event<'static>> {
        let (signal, code, value) = (raw.target, raw.code, raw.value);
        let bare = raw.priority == 0 && raw.reserved == 0;
        let rest = bare && raw.code == 0 && raw.value == 0;
        match raw.notify {
            sys::QIPC_EVENT_NONE if rest && raw.target == 0 => Some(Event::None),
            sys::QIPC_EVENT_UNBLOCK if rest && raw.target == 0 => Some(Event::Unblock),
            sys::QIPC_EVENT_SIGNAL if rest => Some(Event::Signal { signal }),
            sys::QIPC_EVENT_SIGNAL_CODE if bare => Some(Event::SignalCode {
                signal,
                code,
                value,
            }),
            sys::QIPC_EVENT_SIGNAL_THREAD if bare => Some(Event::SignalThread {
                signal,
                code,
                value,
            }),
            sys::QIPC_EVENT_HANDLE if bare && raw.code == 0 => Some(Event::Registered {
                handle: EventHandle(raw.target),
                value,
            }),
            sys::QIPC_EVENT_PULSE if raw.reserved == 0 => Some(Event::Pulse {
                coid: raw.target,
                priority: match raw.priority {
                    -1 => None,
                    priority => Some(u8::try_from(priority).ok()?),
                },
                code: i8::try_from(raw.code).ok()?,
                value,
            }),
            _ => None,
        }
    }

    proptest! {
        #[test]
        fn an_event_is_read_as_it_was_written(
            kind in 0..7,
            target in any::<i32>(),
            priority in prop::option::of(any::<u8>()),
            code in any::<i16>(),
            pulse_code in any::<i8>(),
            value in any::<u64>(),
        ) {
            let event = match kind {
                0 => Event::None,
                1 => Event::Unblock,
                2 => Event::Signal { signal: target },
                3 => Event::SignalCode { signal: target, code, value },
                4 => Event::SignalThread { signal: target, code, value },
                5 => Event::Registered { handle: EventHandle(target), value },
                _ => Event::Pulse { coid: target, priority, code: pulse_code, value },
            };
            let back = read(&event.to_raw());
            prop_assert_eq!(format!("{:?}", back), format!("{:?}", Some(event)));
        }
    }

    #[test]
    fn a_pulse_keeps_the_priority_it_is_given() {
        let event = Event::Pulse {
            coid: 1,
            priority: Some(99),
            code: 0,
            value: 0,
        };
        assert_eq!(event.to_raw().priority, 99);
    }

    #[test]
    fn each_kind_has_its_number() {
        let stdin = std::io::stdin();
        let (signal, code, value) = (10, -6, 5);
        for (event, notify, target) in [
            (Event::None, 0, 0),
            (Event::Signal { signal }, 1, 10),
            (
                Event::SignalCode {
                    signal,
                    code,
                    value,
                },
                2,
                10,
            ),
            (
                Event::SignalThread {
                    signal,
                    code,
                    value,
                },
                3,
                10,
            ),
            (Event::pulse(3, 0, 0), 4, 3),
            (Event::Unblock, 5, 0),
            (
                Event::Semaphore(stdin.as_fd()),
                9,
                stdin.as_fd().as_raw_fd(),
            ),
            (
                Event::Registered {
                    handle: EventHandle(8),
                    value: 9,
                },
                0x2000,
                8,
            ),
        ] {
            let raw = event.to_raw();
            assert_eq!((raw.notify, raw.target), (notify, target), "{event:?}");
            assert_eq!(raw.reserved, 0);
        }
    }
}
