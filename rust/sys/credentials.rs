// SPDX-License-Identifier: GPL-2.0-only

//! Users and groups, and what they may do.
//!
//! Ids are kept as the kernel's own, which mean the same everywhere, and turned into those of the
//! caller's user namespace when it asks.

use super::task::{
    Process,
    ProcessSession, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    cred::Credential,
    ffi,
    prelude::*,
    sync::{
        aref::ARef,
        rcu, //
    },
    task::Task,
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

/// A user.
#[derive(Clone, Copy)]
pub(crate) struct User(bindings::kuid_t);

impl User {
    /// Effective user of the caller.
    pub(crate) fn current() -> Self {
        Credentials::current().user()
    }

    /// The user that the caller calls `id`, if there is one.
    pub(crate) fn from_here(id: u32) -> Option<Self> {
        // SAFETY: The namespace is that of the running task; any number may be asked for.
        let user = unsafe { bindings::make_kuid(bindings::current_user_ns(), id) };
        (user.val != u32::MAX).then_some(Self(user))
    }

    /// A number that no other user has.
    pub(crate) fn key(self) -> u32 {
        self.0.val
    }

    /// What the caller calls the user; the overflow id if it has no name for it.
    pub(crate) fn id_here(self) -> u32 {
        // SAFETY: The namespace is that of the running task.
        unsafe { bindings::from_kuid_munged(bindings::current_user_ns(), self.0) }
    }
}

impl PartialEq for User {
    fn eq(&self, other: &Self) -> bool {
        self.0.val == other.0.val
    }
}

/// A group.
#[derive(Clone, Copy)]
pub(crate) struct Group(bindings::kgid_t);

impl Group {
    /// Effective group of the caller.
    pub(crate) fn current() -> Self {
        let credentials = Credentials::current();
        // SAFETY: The credentials are valid, and do not change.
        Self(unsafe { (*credentials.0.as_ptr()).egid })
    }

    /// The group that the caller calls `id`, if there is one.
    pub(crate) fn from_here(id: u32) -> Option<Self> {
        // SAFETY: The namespace is that of the running task; any number may be asked for.
        let group = unsafe { bindings::make_kgid(bindings::current_user_ns(), id) };
        (group.val != u32::MAX).then_some(Self(group))
    }

    /// What the caller calls the group; the overflow id if it has no name for it.
    pub(crate) fn id_here(self) -> u32 {
        // SAFETY: The namespace is that of the running task.
        unsafe { bindings::from_kgid_munged(bindings::current_user_ns(), self.0) }
    }

    /// Whether the caller is in it.
    pub(crate) fn has_caller(self) -> bool {
        // SAFETY: Any group may be asked for.
        unsafe { bindings::in_egroup_p(self.0) != 0 }
    }
}

/// The credentials that somebody had at some time.
#[derive(Clone)]
pub(crate) struct Credentials(ARef<Credential>);

impl Credentials {
    /// Those of the caller.
    pub(crate) fn current() -> Self {
        // SAFETY: `current` is valid; nobody but itself changes its credentials, and they stay
        // valid until it does.
        let credentials = unsafe { Credential::from_ptr((*Task::current_raw()).cred) };
        Self(credentials.into())
    }

    /// Those of the first thread of a process, if it has not been reaped.
    pub(crate) fn of(process: &Process) -> Option<Self> {
        let _rcu = rcu::read_lock();
        let task = NonNull::new(process.first_thread(&_rcu))?;
        // SAFETY: The task is valid in the RCU section.
        let credentials = unsafe { bindings::get_task_cred(task.as_ptr()) };
        let credentials = NonNull::new(credentials.cast_mut())?;
        // SAFETY: The reference was counted for us, and `Credential` wraps the structure.
        Some(Self(unsafe { ARef::from_raw(credentials.cast()) }))
    }

    /// Effective user.
    pub(crate) fn user(&self) -> User {
        // SAFETY: The credentials are valid, and do not change.
        User(unsafe { (*self.0.as_ptr()).euid })
    }

    /// Whether the caller has `CAP_IPC_OWNER` over objects that were made with these credentials.
    pub(crate) fn owned_by_caller(&self) -> bool {
        // SAFETY: The credentials hold their namespace; the number is that of a capability.
        unsafe {
            bindings::ns_capable(
                (*self.0.as_ptr()).user_ns,
                bindings::CAP_IPC_OWNER as ffi::c_int,
            )
        }
    }
}

/// Whether the caller may have more than users may: `CAP_SYS_RESOURCE`, in the first user namespace,
/// since anybody can be root of another one.
pub(crate) fn may_exceed_limits() -> bool {
    // SAFETY: Asks for a capability of the running task.
    unsafe { bindings::capable(bindings::CAP_SYS_RESOURCE as ffi::c_int) }
}

/// The same, to be noted for later: nothing is refused now, so it is not a matter for the audit log.
pub(crate) fn is_exempt_from_limits() -> bool {
    // SAFETY: The first namespace is always there; the number is that of a capability.
    unsafe {
        bindings::ns_capable_noaudit(
            &raw mut bindings::init_user_ns,
            bindings::CAP_SYS_RESOURCE as ffi::c_int,
        )
    }
}

/// Whether the caller has `CAP_IPC_OWNER` in its own user namespace.
pub(crate) fn is_ipc_owner() -> bool {
    Credentials::current().owned_by_caller()
}

/// Highest real-time priority that the caller may give itself; 0 is none.
pub(crate) fn highest_priority() -> u8 {
    // SAFETY: `current` and its signal structure are valid; one word is read.
    let limit = unsafe {
        core::ptr::read_volatile(
            &raw const (*(*Task::current_raw()).signal).rlim[bindings::RLIMIT_RTPRIO as usize]
                .rlim_cur,
        )
    };
    // SAFETY: The first namespace is always there; the number is that of a capability. Nothing is
    // refused if the answer is no, so it is not a matter for the audit log.
    let unlimited = unsafe {
        bindings::ns_capable_noaudit(
            &raw mut bindings::init_user_ns,
            bindings::CAP_SYS_NICE as ffi::c_int,
        )
    };
    if unlimited {
        99
    } else {
        u8::try_from(limit.min(99)).unwrap_or(99)
    }
}

/// Ids of groups that are translated in one go.
const GROUPS: usize = 64;

/// Who somebody was at some time.
pub(crate) struct Identity {
    /// Its process.
    pub(crate) process: Process,
    /// Its session.
    pub(crate) session: ProcessSession,
    credentials: Credentials,
}

/// The ids of an [`Identity`], as the caller calls them.
pub(crate) struct Ids {
    /// Real, effective and saved user.
    pub(crate) users: [u32; 3],
    /// Real, effective and saved group.
    pub(crate) groups: [u32; 3],
}

impl Identity {
    /// The caller.
    pub(crate) fn current() -> Self {
        Self {
            process: Process::current(),
            session: ProcessSession::current(),
            credentials: Credentials::current(),
        }
    }

    /// Its ids in the caller's user namespace.
    pub(crate) fn ids_here(&self) -> Ids {
        // SAFETY: The credentials are valid, and do not change.
        let cred = unsafe { &*self.credentials.0.as_ptr() };
        Ids {
            users: [cred.uid, cred.euid, cred.suid].map(|user| User(user).id_here()),
            groups: [cred.gid, cred.egid, cred.sgid].map(|group| Group(group).id_here()),
        }
    }

    /// How many supplementary groups it has.
    pub(crate) fn group_count(&self) -> u32 {
        self.supplementary().len() as u32
    }

    fn supplementary(&self) -> &[bindings::kgid_t] {
        // SAFETY: The credentials hold their list of groups, which does not change, and whose
        // length is `ngroups`.
        unsafe {
            let list = (*self.credentials.0.as_ptr()).group_info;
            let count = (*list).ngroups;
            core::slice::from_raw_parts(
                (&raw const (*list).gid).cast(),
                usize::try_from(count).unwrap_or(0),
            )
        }
    }

    /// Writes its supplementary groups, as the caller calls them, to an array of the caller that
    /// has room for `max` of them. Fails with `EFAULT`.
    pub(crate) fn write_groups(&self, base: u64, max: u32) -> Result {
        let groups = self.supplementary();
        let count = groups.len().min(max as usize);
        let base = usize::try_from(base).map_err(|_| EFAULT)?;
        let mut writer =
            UserSlice::new(UserPtr::from_addr(base), count * size_of::<u32>()).writer();
        for chunk in groups.get(..count).unwrap_or(&[]).chunks(GROUPS) {
            let mut ids = [0u32; GROUPS];
            for (id, group) in ids.iter_mut().zip(chunk) {
                *id = Group(*group).id_here();
            }
            for id in ids.iter().take(chunk.len()) {
                writer.write(id)?;
            }
        }
        Ok(())
    }
}
