// SPDX-License-Identifier: GPL-2.0-only

//! Who may connect to a channel, and how far its clients may lift its threads.
//!
//! Lock: `Access::rights`, a leaf.

use crate::base::abi;
use crate::priority::Ceiling;
use crate::sys::credentials::{
    self,
    Credentials,
    Group,
    User, //
};
use kernel::{
    prelude::*,
    sync::{
        new_spinlock,
        Arc,
        SpinLock, //
    }, //
};

/// Permission bits.
const MODE_MASK: u32 = 0o777;
/// Mode of a new channel.
const MODE: u32 = 0o600;
/// Bits of the owner, the group and the others that let them connect.
const OWNER: u32 = 0o200;
const GROUP: u32 = 0o020;
const OTHERS: u32 = 0o002;
/// Highest real-time priority.
const HIGHEST: u8 = 99;
/// Id that means nobody.
const NOBODY: u32 = u32::MAX;

/// Owner, group and permission bits.
#[derive(Clone, Copy)]
struct Rights {
    owner: User,
    group: Group,
    mode: u32,
}

/// What is known of the access to one channel.
#[pin_data]
pub(crate) struct Access {
    #[pin]
    rights: SpinLock<Rights>,
    ceiling: Arc<Ceiling>,
    /// Those of the process that made the channel.
    maker: Credentials,
}

/// What is to be changed; checked.
pub(crate) struct Change {
    owner: Option<User>,
    group: Option<Group>,
    mode: Option<u32>,
    ceiling: Option<u8>,
}

impl Access {
    /// For the caller's user only.
    pub(crate) fn new(ceiling: Arc<Ceiling>) -> impl PinInit<Self> {
        let rights = Rights {
            owner: User::current(),
            group: Group::current(),
            mode: MODE,
        };
        pin_init!(Self {
            rights <- new_spinlock!(rights, "Access::rights"),
            ceiling,
            maker: Credentials::current(),
        })
    }

    /// Whether the caller may connect; `EACCES` if not.
    ///
    /// As for files, one class of bits counts: that of the owner, of the group, or of the others.
    /// `CAP_IPC_OWNER` in the user namespace that the channel was made in overrides them.
    pub(crate) fn check(&self) -> Result {
        let rights = *self.rights.lock();
        let bit = if rights.owner == User::current() {
            OWNER
        } else if rights.group.has_caller() {
            GROUP
        } else {
            OTHERS
        };
        if rights.mode & bit != 0 || self.maker.owned_by_caller() {
            Ok(())
        } else {
            Err(EACCES)
        }
    }

    /// Highest priority that clients can lift the threads of the channel to.
    fn ceiling(&self) -> u8 {
        self.ceiling.level()
    }

    /// Changes it, all at once; `EPERM` if the caller may not lift the ceiling that far.
    pub(crate) fn change(&self, change: &Change) -> Result {
        if let Some(ceiling) = change.ceiling {
            if ceiling > self.ceiling() && ceiling > credentials::highest_priority() {
                return Err(EPERM);
            }
            self.ceiling.set(ceiling);
        }
        let mut rights = self.rights.lock();
        rights.owner = change.owner.unwrap_or(rights.owner);
        rights.group = change.group.unwrap_or(rights.group);
        rights.mode = change.mode.unwrap_or(rights.mode);
        Ok(())
    }

    /// Fills in what it is, with the ids of the caller's user namespace.
    pub(crate) fn describe(&self, into: &mut abi::ChannelAccess) {
        let rights = *self.rights.lock();
        into.mode = rights.mode;
        into.uid = rights.owner.id_here();
        into.gid = rights.group.id_here();
        into.ceiling = i32::from(self.ceiling());
    }
}

impl Change {
    /// Checks what the caller asks for.
    ///
    /// Without `CAP_IPC_OWNER` the owner can be the caller's user, and the group one of its groups
    /// (`EPERM`). Fails with `EINVAL` if there is no such mode, user, group or priority.
    pub(crate) fn parse(args: &abi::ChannelAccess) -> Result<Self> {
        const ALL: u32 = abi::ACCESS_MODE | abi::ACCESS_UID | abi::ACCESS_GID | abi::ACCESS_CEILING;
        if args.set & !ALL != 0 {
            return Err(EINVAL);
        }
        let wanted = |bit: u32| args.set & bit != 0;
        Ok(Self {
            mode: wanted(abi::ACCESS_MODE)
                .then(|| mode(args.mode))
                .transpose()?,
            owner: wanted(abi::ACCESS_UID)
                .then(|| owner(args.uid))
                .transpose()?,
            group: wanted(abi::ACCESS_GID)
                .then(|| group(args.gid))
                .transpose()?,
            ceiling: wanted(abi::ACCESS_CEILING)
                .then(|| priority(args.ceiling))
                .transpose()?,
        })
    }

    /// The same for a new name: the mode, and an owner and a group unless they are left as they
    /// are.
    pub(crate) fn for_name(mode: u32, uid: u32, gid: u32) -> Result<Self> {
        let set_uid = if uid == NOBODY { 0 } else { abi::ACCESS_UID };
        let set_gid = if gid == NOBODY { 0 } else { abi::ACCESS_GID };
        Self::parse(&abi::ChannelAccess {
            set: abi::ACCESS_MODE | set_uid | set_gid,
            mode,
            uid,
            gid,
            ..Default::default()
        })
    }
}

fn mode(mode: u32) -> Result<u32> {
    if mode & !MODE_MASK == 0 {
        Ok(mode)
    } else {
        Err(EINVAL)
    }
}

fn owner(id: u32) -> Result<User> {
    let user = User::from_here(id).ok_or(EINVAL)?;
    if user == User::current() || credentials::is_ipc_owner() {
        Ok(user)
    } else {
        Err(EPERM)
    }
}

fn group(id: u32) -> Result<Group> {
    let group = Group::from_here(id).ok_or(EINVAL)?;
    if group.has_caller() || credentials::is_ipc_owner() {
        Ok(group)
    } else {
        Err(EPERM)
    }
}

fn priority(value: i32) -> Result<u8> {
    match u8::try_from(value) {
        Ok(priority) if priority <= HIGHEST => Ok(priority),
        _ => Err(EINVAL),
    }
}
