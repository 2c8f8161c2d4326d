// SPDX-License-Identifier: GPL-2.0-only

//! What a pulse carries.

use super::{
    abi,
    id::Rcvid, //
};

/// A pulse: everything but its place in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pulse {
    /// Whoever sends it chooses; those of the system are negative.
    pub(crate) code: i8,
    /// Likewise.
    pub(crate) value: u64,
    /// The server's name for the sender; [`Pulse::NOBODY`] if it concerns no client.
    pub(crate) scoid: i32,
    /// 0 to 99; decides its place in the queue.
    pub(crate) priority: u8,
}

impl Pulse {
    /// The scoid of pulses that concern no client.
    pub(crate) const NOBODY: i32 = -1;

    /// Tells a server that a client wants to stop waiting for its answer.
    pub(crate) fn unblock(rcvid: Rcvid, scoid: i32, priority: u8) -> Self {
        Self {
            code: abi::PULSE_UNBLOCK,
            value: rcvid.as_user() as u64,
            scoid,
            priority,
        }
    }

    /// What the receiver gets.
    pub(crate) fn as_user(self) -> abi::Pulse {
        abi::Pulse {
            code: self.code,
            value: self.value,
            scoid: self.scoid,
            ..Default::default()
        }
    }
}
