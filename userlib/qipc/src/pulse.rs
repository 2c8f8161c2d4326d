// SPDX-License-Identifier: MIT OR Apache-2.0

//! Small messages that nobody waits for.

use qipc_sys as sys;

/// Bytes of a pulse in receive memory.
pub const PULSE_LEN: usize = size_of::<sys::qipc_pulse>();

/// A small message that its sender did not wait for: from another process, from a timer, or from the system. QNX
/// `struct _pulse`.
///
/// It needs no answer and has no sender to give one to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Pulse {
    /// Chosen by the sender; those of the system are negative. QNX `code`.
    pub code: i8,
    /// Likewise. QNX `value`.
    pub value: u64,
    /// The server's name for the client that it came from, or that it concerns; -1 for those of the system that concern
    /// no client.
    pub scoid: i32,
}

/// What a pulse says, by the conventions of the system's codes.
///
/// Whoever may connect to a channel may send any code, also one of these. What they say is therefore a hint to look at
/// something, as it is in QNX: [`Request::unblock_requested`](crate::Request::unblock_requested) or
/// [`Channel::client_info`](crate::Channel::client_info) know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PulseKind {
    /// A code of the program's own.
    User(i8),
    /// A client wants to stop waiting for its answer; only on channels with
    /// [`UNBLOCK`](crate::ChannelFlags::UNBLOCK). QNX `_PULSE_CODE_UNBLOCK`.
    Unblock {
        /// Its message: [`Request::rcvid`](crate::Request::rcvid).
        rcvid: i64,
    },
    /// A client process has no connection left; only on channels with
    /// [`DISCONNECT`](crate::ChannelFlags::DISCONNECT). Its scoid is kept until
    /// [`Channel::client_detach`](crate::Channel::client_detach). QNX `_PULSE_CODE_DISCONNECT`.
    Disconnect {
        /// The client.
        scoid: i32,
    },
    /// A thread of this process has ended; only on a channel with
    /// [`THREAD_DEATH`](crate::ChannelFlags::THREAD_DEATH). QNX `_PULSE_CODE_THREADDEATH`.
    ThreadDeath {
        /// The thread, in this process's pid namespace.
        tid: u32,
    },
    /// The channel of a connection of this process is gone; only on a channel with
    /// [`COID_DISCONNECT`](crate::ChannelFlags::COID_DISCONNECT). QNX `_PULSE_CODE_COIDDEATH`.
    CoidDeath {
        /// The connection.
        coid: i32,
    },
}

impl Pulse {
    pub(crate) fn new(raw: &sys::qipc_pulse) -> Self {
        Self {
            code: raw.code,
            value: raw.value,
            scoid: raw.scoid,
        }
    }

    /// What the pulse says.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "the kernel's own values fit; those that somebody made up mean nothing anyway"
    )]
    pub fn kind(&self) -> PulseKind {
        match i32::from(self.code) {
            sys::QIPC_PULSE_UNBLOCK => PulseKind::Unblock {
                rcvid: self.value as i64,
            },
            sys::QIPC_PULSE_DISCONNECT => PulseKind::Disconnect { scoid: self.scoid },
            sys::QIPC_PULSE_THREADDEATH => PulseKind::ThreadDeath {
                tid: self.value as u32,
            },
            sys::QIPC_PULSE_COIDDEATH => PulseKind::CoidDeath {
                coid: self.value as i32,
            },
            _ => PulseKind::User(self.code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(code: i8, value: u64, scoid: i32) -> PulseKind {
        let raw = sys::qipc_pulse {
            code,
            value,
            scoid,
            ..Default::default()
        };
        Pulse::new(&raw).kind()
    }

    #[test]
    fn the_codes_of_the_system_are_understood() {
        assert_eq!(
            kind(-32, 0x7_1234, 5),
            PulseKind::Unblock { rcvid: 0x7_1234 }
        );
        assert_eq!(kind(-33, 0, 5), PulseKind::Disconnect { scoid: 5 });
        assert_eq!(kind(-34, 99, -1), PulseKind::ThreadDeath { tid: 99 });
        assert_eq!(
            kind(-35, 0x4000_0001, -1),
            PulseKind::CoidDeath { coid: 0x4000_0001 }
        );
    }

    #[test]
    fn every_other_code_is_the_programs_own() {
        for code in (i8::MIN..=i8::MAX).filter(|code| !(-35..=-32).contains(code)) {
            assert_eq!(kind(code, u64::MAX, 0), PulseKind::User(code));
        }
    }

    #[test]
    fn a_pulse_has_24_bytes() {
        assert_eq!(PULSE_LEN, 24);
    }
}
