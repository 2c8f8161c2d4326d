// SPDX-License-Identifier: MIT OR Apache-2.0

//! Who the two ends of a connection are, and who may connect.

use bitflags::bitflags;
use qipc_sys as sys;

/// Numbers of the kernel that are never negative.
pub(crate) fn unsigned<T: TryInto<U>, U: Default>(value: T) -> U {
    value.try_into().unwrap_or_default()
}

bitflags! {
    /// Which connections [`Qipc::connect_server_info`](crate::Qipc::connect_server_info) looks at.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct ServerInfoFlags: u32 {
        /// Those whose channel is gone do not count.
        const LIVE = sys::QIPC_SERVER_INFO_LIVE;

        // What a newer module may accept.
        const _ = !0;
    }
}

/// A client as it was when it connected. QNX `struct _client_info`, with its names.
///
/// All ids are as this process sees them: process ids in its pid namespace, user and group ids in its user namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientInfo {
    /// Its process; 0 if it has no number here.
    pub pid: u32,
    /// Its session (`getsid`), likewise; 0 once that has ended.
    pub sid: u32,
    /// Real user.
    pub ruid: u32,
    /// Effective user.
    pub euid: u32,
    /// Saved user.
    pub suid: u32,
    /// Real group.
    pub rgid: u32,
    /// Effective group.
    pub egid: u32,
    /// Saved group.
    pub sgid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
}

impl ClientInfo {
    pub(crate) fn new(info: &sys::qipc_client_info, groups: Vec<u32>) -> Self {
        Self {
            pid: unsigned(info.pid),
            sid: unsigned(info.sid),
            ruid: info.ruid,
            euid: info.euid,
            suid: info.suid,
            rgid: info.rgid,
            egid: info.egid,
            sgid: info.sgid,
            groups,
        }
    }
}

/// Who may connect to a channel, and how far its clients can lift its threads: what of it to set. What is not named
/// stays as it is.
///
/// ```
/// // Everybody of group 100, and no further than priority 20.
/// let access = qipc::Access::new().mode(0o660).group(100).ceiling(20);
/// # let _ = access;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    mode: Option<u32>,
    owner: Option<u32>,
    group: Option<u32>,
    ceiling: Option<u8>,
}

impl Access {
    /// Sets nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            mode: None,
            owner: None,
            group: None,
            ceiling: None,
        }
    }

    /// Who may connect: the write bits of `0o777`, for owner, group and others.
    #[must_use]
    pub const fn mode(self, mode: u32) -> Self {
        Self {
            mode: Some(mode),
            ..self
        }
    }

    /// The user who is the owner.
    #[must_use]
    pub const fn owner(self, uid: u32) -> Self {
        Self {
            owner: Some(uid),
            ..self
        }
    }

    /// The group.
    #[must_use]
    pub const fn group(self, gid: u32) -> Self {
        Self {
            group: Some(gid),
            ..self
        }
    }

    /// The highest priority, 0 to 99, that clients can lift the channel's threads to.
    #[must_use]
    pub const fn ceiling(self, priority: u8) -> Self {
        Self {
            ceiling: Some(priority),
            ..self
        }
    }

    /// True when there is nothing to set.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::new()
    }

    /// What a name carries with it: mode, owner and group.
    pub(crate) fn of_name(&self) -> (Option<u32>, Option<u32>, Option<u32>) {
        (self.mode, self.owner, self.group)
    }

    /// Only the ceiling, if there is one.
    pub(crate) fn only_ceiling(&self) -> Self {
        Self {
            ceiling: self.ceiling,
            ..Self::new()
        }
    }

    /// The kernel's structure for a channel.
    pub(crate) fn to_raw(self, chid: i32) -> sys::qipc_channel_access {
        let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
        sys::qipc_channel_access {
            chid,
            set: flag(self.mode.is_some(), sys::QIPC_ACCESS_MODE)
                | flag(self.owner.is_some(), sys::QIPC_ACCESS_UID)
                | flag(self.group.is_some(), sys::QIPC_ACCESS_GID)
                | flag(self.ceiling.is_some(), sys::QIPC_ACCESS_CEILING),
            mode: self.mode.unwrap_or(0),
            uid: self.owner.unwrap_or(0),
            gid: self.group.unwrap_or(0),
            ceiling: self.ceiling.map_or(0, i32::from),
        }
    }
}

/// Who may connect to a channel, and how far its clients can lift its threads: as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelAccess {
    /// The write bits of `0o777`, for owner, group and others.
    pub mode: u32,
    /// Owner, in this process's user namespace.
    pub uid: u32,
    /// Group, likewise.
    pub gid: u32,
    /// The highest priority, 0 to 99, that clients can lift the channel's threads to.
    pub ceiling: u8,
}

impl ChannelAccess {
    pub(crate) fn new(raw: &sys::qipc_channel_access) -> Self {
        Self {
            mode: raw.mode,
            uid: raw.uid,
            gid: raw.gid,
            ceiling: unsigned(raw.ceiling),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_not_set() {
        let raw = Access::new().to_raw(3);
        assert_eq!((raw.chid, raw.set), (3, 0));
        assert!(Access::new().is_empty());
        let raw = Access::new().mode(0o620).ceiling(7).to_raw(3);
        assert_eq!(raw.set, sys::QIPC_ACCESS_MODE | sys::QIPC_ACCESS_CEILING);
        assert_eq!((raw.mode, raw.ceiling), (0o620, 7));
        let raw = Access::new().owner(1).group(2).to_raw(3);
        assert_eq!(raw.set, sys::QIPC_ACCESS_UID | sys::QIPC_ACCESS_GID);
        assert_eq!((raw.uid, raw.gid), (1, 2));
        assert!(!Access::new().owner(0).is_empty());
    }

    #[test]
    fn a_name_takes_everything_but_the_ceiling() {
        let access = Access::new().mode(0o666).owner(4).ceiling(50);
        assert_eq!(access.of_name(), (Some(0o666), Some(4), None));
        assert_eq!(access.only_ceiling(), Access::new().ceiling(50));
    }

    #[test]
    fn numbers_no_kernel_would_give_are_0() {
        let info = sys::qipc_client_info {
            pid: -1,
            sid: -1,
            ..Default::default()
        };
        let info = ClientInfo::new(&info, Vec::new());
        assert_eq!((info.pid, info.sid), (0, 0));
        let raw = sys::qipc_channel_access {
            ceiling: -1,
            ..Default::default()
        };
        assert_eq!(ChannelAccess::new(&raw).ceiling, 0);
    }
}
