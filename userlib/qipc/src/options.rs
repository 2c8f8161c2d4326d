// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a channel is to be like.

use bitflags::bitflags;
use qipc_sys as sys;

use crate::event::Event;
use crate::info::Access;

bitflags! {
    /// What a channel is like. QNX `_NTO_CHF_*`, with its values.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct ChannelFlags: u32 {
        /// Threads keep their own priority, whoever they serve. QNX `_NTO_CHF_FIXED_PRIORITY`.
        const FIXED_PRIORITY = sys::QIPC_CHF_FIXED_PRIORITY;
        /// A client whose message was received, and that has to stop waiting (a signal, a timeout, a detach), stays, and
        /// the server gets a pulse: [`PulseKind::Unblock`](crate::PulseKind::Unblock). QNX `_NTO_CHF_UNBLOCK`.
        const UNBLOCK = sys::QIPC_CHF_UNBLOCK;
        /// A pulse for each thread of this process that ends; one channel of a process can have this or
        /// [`COID_DISCONNECT`](Self::COID_DISCONNECT). QNX `_NTO_CHF_THREAD_DEATH`.
        const THREAD_DEATH = sys::QIPC_CHF_THREAD_DEATH;
        /// A pulse when a client process has no connection left: [`PulseKind::Disconnect`](crate::PulseKind::Disconnect).
        /// QNX `_NTO_CHF_DISCONNECT`.
        const DISCONNECT = sys::QIPC_CHF_DISCONNECT;
        /// No effect: lengths are always reported. QNX `_NTO_CHF_SENDER_LEN`.
        const SENDER_LEN = sys::QIPC_CHF_SENDER_LEN;
        /// A pulse for each connection of this process whose channel ends. QNX `_NTO_CHF_COID_DISCONNECT`.
        const COID_DISCONNECT = sys::QIPC_CHF_COID_DISCONNECT;
        /// No effect: lengths are always reported. QNX `_NTO_CHF_REPLY_LEN`.
        const REPLY_LEN = sys::QIPC_CHF_REPLY_LEN;
        /// A number of pulses of its own: see [`ChannelOptions::pulse_pool`], which sets it. QNX
        /// `_NTO_CHF_PULSE_POOL`.
        const PULSE_POOL = sys::QIPC_CHF_PULSE_POOL;
        /// Only the process itself may connect. A descriptor that it made can be passed on. QNX `_NTO_CHF_PRIVATE`.
        const PRIVATE = sys::QIPC_CHF_PRIVATE;
        /// Threads run on the processors of the client they serve. QNX `_NTO_CHF_INHERIT_RUNMASK`.
        const INHERIT_RUNMASK = sys::QIPC_CHF_INHERIT_RUNMASK;
        /// Who hands its turn to another thread does not keep that on its own processor. Not in QNX.
        const FREE_PLACEMENT = sys::QIPC_CHF_FREE_PLACEMENT;

        // What a newer module may accept; the module refuses what it does not know with EINVAL.
        const _ = !0;
    }
}

/// How many pulses a channel can hold, and what happens when there is one too many. QNX `struct nto_channel_config`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PulsePool<'a> {
    pub(crate) num_pulses: u32,
    pub(crate) rearm: u32,
    pub(crate) event: Option<Event<'a>>,
}

/// What a channel is to be like, for [`Qipc::channel_create`](crate::Qipc::channel_create). Plain [`ChannelFlags`] will do
/// where only those matter.
///
/// ```no_run
/// # fn main() -> qipc::Result<()> {
/// use qipc::{ChannelFlags, ChannelOptions, Qipc};
///
/// // Everybody may connect, but lift the server no higher than priority 10.
/// let options = ChannelOptions::new()
///     .flags(ChannelFlags::UNBLOCK | ChannelFlags::DISCONNECT)
///     .mode(0o666)
///     .ceiling(10);
/// let channel = Qipc::open()?.channel_create(options)?;
/// # drop(channel);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ChannelOptions<'a> {
    pub(crate) flags: ChannelFlags,
    pub(crate) pool: Option<PulsePool<'a>>,
    pub(crate) access: Access,
}

impl<'a> ChannelOptions<'a> {
    /// A channel without flags, for processes of the same user.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With these flags.
    #[must_use]
    pub fn flags(self, flags: ChannelFlags) -> Self {
        Self { flags, ..self }
    }

    /// With room for `num_pulses` pulses that nobody shares. A pulse that finds it full is refused; then `event` happens
    /// to this process, and can happen again once fewer than `rearm` pulses are queued (always, if `rearm` is above
    /// `num_pulses`). Without an event the process is killed, as in QNX. QNX `ChannelCreatePulsePool`.
    #[must_use]
    pub fn pulse_pool(self, num_pulses: u32, rearm: u32, event: Option<Event<'a>>) -> Self {
        let pool = PulsePool {
            num_pulses,
            rearm,
            event,
        };
        Self {
            pool: Some(pool),
            ..self
        }
    }

    /// Who may connect: the write bits of `0o777`, for owner, group and others. Without this it is `0o600`.
    #[must_use]
    pub fn mode(self, mode: u32) -> Self {
        self.access(self.access.mode(mode))
    }

    /// The user who is the owner; without this the effective user of this process.
    #[must_use]
    pub fn owner(self, uid: u32) -> Self {
        self.access(self.access.owner(uid))
    }

    /// The group; without this the effective group of this process.
    #[must_use]
    pub fn group(self, gid: u32) -> Self {
        self.access(self.access.group(gid))
    }

    /// The highest priority, 0 to 99, that clients can lift the channel's threads to; without this what this process may
    /// give itself.
    #[must_use]
    pub fn ceiling(self, priority: u8) -> Self {
        self.access(self.access.ceiling(priority))
    }

    /// All of the last four together.
    #[must_use]
    pub fn access(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// The flags of the call.
    pub(crate) fn bits(&self) -> u32 {
        match self.pool {
            Some(_) => (self.flags | ChannelFlags::PULSE_POOL).bits(),
            None => self.flags.bits(),
        }
    }
}

impl From<ChannelFlags> for ChannelOptions<'_> {
    fn from(flags: ChannelFlags) -> Self {
        Self::new().flags(flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_brings_its_flag() {
        let options = ChannelOptions::from(ChannelFlags::UNBLOCK);
        assert_eq!(options.bits(), 0x0002);
        assert_eq!(options.pulse_pool(5, 2, None).bits(), 0x0102);
    }

    #[test]
    fn the_parts_of_access_add_up() {
        let options = ChannelOptions::new().mode(0o660).group(7).ceiling(30);
        assert_eq!(
            options.access,
            Access::new().mode(0o660).group(7).ceiling(30)
        );
    }
}
