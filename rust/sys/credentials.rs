// SPDX-License-Identifier: GPL-2.0-only

//! Users and groups, and what they may do.
//!
//! Ids are kept as the kernel's own, which mean the same everywhere, and turned into those of the
//! caller's user namespace when it asks.

use super::{
    calls::{
        self,
        Capability,
        UserNamespace, //
    },
    foreign::{
        field,
        held,
        Foreign, //
    },
    task::{
        self,
        Process,
        ProcessSession, //
    }, //
};
use kernel::{
    bindings,
    cred::Credential,
    current,
    prelude::*,
    sync::aref::ARef,
    task::CurrentTask,
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

/// What the caller may do at the moment.
fn own(current: &CurrentTask) -> &Foreign<bindings::cred> {
    held(current)
}

/// The user namespace that the caller is in.
fn namespace(current: &CurrentTask) -> &UserNamespace {
    held(own(current))
}

/// A user.
#[derive(Clone, Copy)]
pub(crate) struct User(bindings::kuid_t);

impl User {
    /// Effective user of the caller.
    pub(crate) fn current() -> Self {
        let current = current!();
        Self(own(current).part(field!(bindings::cred, euid)).read())
    }

    /// The user that the caller calls `id`, if there is one.
    pub(crate) fn from_here(id: u32) -> Option<Self> {
        let user = calls::make_kuid(namespace(current!()), id);
        (user.val != u32::MAX).then_some(Self(user))
    }

    /// A number that no other user has.
    pub(crate) fn key(self) -> u32 {
        self.0.val
    }

    /// What the caller calls the user; the overflow id if it has no name for it.
    pub(crate) fn id_here(self) -> u32 {
        calls::from_kuid_munged(namespace(current!()), self.0)
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
        let current = current!();
        Self(own(current).part(field!(bindings::cred, egid)).read())
    }

    /// The group that the caller calls `id`, if there is one.
    pub(crate) fn from_here(id: u32) -> Option<Self> {
        let group = calls::make_kgid(namespace(current!()), id);
        (group.val != u32::MAX).then_some(Self(group))
    }

    /// What the caller calls the group; the overflow id if it has no name for it.
    pub(crate) fn id_here(self) -> u32 {
        calls::from_kgid_munged(namespace(current!()), self.0)
    }

    /// Whether the caller is in it.
    pub(crate) fn has_caller(self) -> bool {
        calls::in_egroup_p(self.0) != 0
    }
}

/// The credentials that somebody had at some time.
#[derive(Clone)]
pub(crate) struct Credentials(ARef<Credential>);

impl Credentials {
    /// Those of the caller.
    pub(crate) fn current() -> Self {
        let credentials = own(current!()).as_ptr();
        // SAFETY: Nobody but the caller changes its credentials, and they stay valid until it does.
        Self(unsafe { Credential::from_ptr(credentials) }.into())
    }

    /// Those of the first thread of a process, if it has not been reaped.
    pub(crate) fn of(process: &Process) -> Option<Self> {
        let task = process.first_thread()?;
        Some(Self(ARef::from(&*calls::get_task_cred(&task))))
    }

    fn fields(&self) -> &Foreign<bindings::cred> {
        held(&*self.0)
    }

    /// Effective user.
    pub(crate) fn user(&self) -> User {
        User(self.fields().part(field!(bindings::cred, euid)).read())
    }

    /// Whether the caller has `CAP_IPC_OWNER` over objects that were made with these credentials.
    pub(crate) fn owned_by_caller(&self) -> bool {
        calls::ns_capable(held(self.fields()), Capability::IpcOwner)
    }
}

/// Whether the caller may have more than users may: `CAP_SYS_RESOURCE`, in the first user namespace,
/// since anybody can be root of another one.
pub(crate) fn may_exceed_limits() -> bool {
    calls::capable(Capability::SysResource)
}

/// The same, to be noted for later: nothing is refused now, so it is not a matter for the audit log.
pub(crate) fn is_exempt_from_limits() -> bool {
    calls::ns_capable_noaudit(&calls::init_user_ns, Capability::SysResource)
}

/// Whether the caller has `CAP_IPC_OWNER` in its own user namespace.
pub(crate) fn is_ipc_owner() -> bool {
    calls::ns_capable(namespace(current!()), Capability::IpcOwner)
}

/// Highest real-time priority that the caller may give itself; 0 is none.
pub(crate) fn highest_priority() -> u8 {
    let limit = task::shared(current!())
        .part(field!(bindings::signal_struct, rlim))
        .at(bindings::RLIMIT_RTPRIO as usize)
        .map_or(0, |limit| {
            limit.part(field!(bindings::rlimit, rlim_cur)).read()
        });
    // Nothing is refused if the answer is no, so it is not a matter for the audit log.
    let unlimited = calls::ns_capable_noaudit(&calls::init_user_ns, Capability::SysNice);
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
        let credentials = self.credentials.fields();
        let users = [
            field!(bindings::cred, uid),
            field!(bindings::cred, euid),
            field!(bindings::cred, suid),
        ];
        let groups = [
            field!(bindings::cred, gid),
            field!(bindings::cred, egid),
            field!(bindings::cred, sgid),
        ];
        Ids {
            users: users.map(|user| User(credentials.part(user).read()).id_here()),
            groups: groups.map(|group| Group(credentials.part(group).read()).id_here()),
        }
    }

    /// How many supplementary groups it has.
    pub(crate) fn group_count(&self) -> u32 {
        self.supplementary().len() as u32
    }

    fn supplementary(&self) -> &[bindings::kgid_t] {
        let list = self.credentials.fields();
        let list = list.part(field!(bindings::cred, group_info)).read();
        // SAFETY: The credentials hold their list of groups, which does not change, and whose
        // length is `ngroups`.
        unsafe {
            let count = usize::try_from((*list).ngroups).unwrap_or(0);
            core::slice::from_raw_parts((&raw const (*list).gid).cast(), count)
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
