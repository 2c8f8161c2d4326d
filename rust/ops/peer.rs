// SPDX-License-Identifier: GPL-2.0-only

//! `QIPC_CONNECT_FLAGS`, `QIPC_CONNECT_SERVER_INFO` and `QIPC_CONNECT_CLIENT_INFO`: what is known of
//! a connection, and of those at both of its ends.

use crate::base::abi;
use crate::connection::Descriptor;
use crate::session::Session;
use crate::sys::{
    credentials::{
        Credentials,
        Identity,
        User, //
    },
    errno,
    task::Process,
    user_args::UserArg, //
};
use core::mem::offset_of;
use kernel::prelude::*;

/// `QIPC_CONNECT_FLAGS`.
pub(super) fn flags(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::ConnectFlags>::new(arg);
    let args = user.read(size)?;
    if args.reserved != 0 {
        return Err(EINVAL);
    }
    if !is_caller(args.pid) || args.mask & !abi::COF_CLOEXEC != 0 {
        return Err(errno::not_supported());
    }
    let connection = session.home.connection(args.coid)?;
    let old = connection.change_flags(args.mask, args.bits);
    user.field(offset_of!(abi::ConnectFlags, old)).write(&old)?;
    Ok(0)
}

fn is_caller(pid: i32) -> bool {
    pid == 0 || Process::find(pid).is_some_and(|process| process.is_current())
}

fn parse_server_info(
    arg: usize,
    size: usize,
) -> Result<(abi::ConnectServerInfo, UserArg<abi::ServerInfo>)> {
    let user = UserArg::<abi::ConnectServerInfo>::new(arg);
    let args = user.read(size)?;
    if args.flags & !abi::SERVER_INFO_LIVE != 0 || args.reserved != 0 {
        return Err(EINVAL);
    }
    Ok((args, user.field(offset_of!(abi::ConnectServerInfo, info))))
}

/// `QIPC_CONNECT_SERVER_INFO` of a side-channel connection, or of the next one above (B16 to B18).
pub(super) fn server_info(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let (args, out) = parse_server_info(arg, size)?;
    if args.coid < 0 {
        return Err(EINVAL);
    }
    let live = args.flags & abi::SERVER_INFO_LIVE != 0;
    let found = if is_caller(args.pid) {
        session.home.connection_from(args.coid, live)
    } else {
        let process = Process::find(args.pid).ok_or(ESRCH)?;
        check_visible(&process)?;
        session
            .registry
            .homes_of(&process)
            .filter_map(|home| home.connection_from(args.coid, live))
            .min_by_key(|(coid, _)| *coid)
    };
    let (coid, connection) = found.ok_or(EINVAL)?;
    out.write(&connection.describe(coid))?;
    Ok(0)
}

/// Whether the caller may look at the connections of a process: one of its own user, unless it has
/// `CAP_IPC_OWNER` over it. Fails with `EPERM`, and with `ESRCH` if the process is gone.
fn check_visible(process: &Process) -> Result {
    let credentials = Credentials::of(process).ok_or(ESRCH)?;
    if credentials.user() == User::current() || credentials.owned_by_caller() {
        Ok(())
    } else {
        Err(EPERM)
    }
}

/// `QIPC_CONNECT_SERVER_INFO` on a descriptor, which the caller names.
pub(crate) fn server_info_of(descriptor: &Descriptor, arg: usize, size: usize) -> Result<isize> {
    let (args, out) = parse_server_info(arg, size)?;
    if !is_caller(args.pid) {
        return Err(EINVAL);
    }
    let info = descriptor.describe(args.coid)?;
    if args.flags & abi::SERVER_INFO_LIVE != 0 && info.flags & abi::COF_DEAD != 0 {
        return Err(EINVAL);
    }
    out.write(&info)?;
    Ok(0)
}

/// `QIPC_CONNECT_CLIENT_INFO`.
pub(super) fn client_info(session: &Session, arg: usize, size: usize) -> Result<isize> {
    let user = UserArg::<abi::ConnectClientInfo>::new(arg);
    let args = user.read(size)?;
    let out = user.field(offset_of!(abi::ConnectClientInfo, info));
    if args.scoid == CALLER {
        report(&Identity::current(), &args, &out)?;
    } else {
        report(&*session.scoids.identity(args.scoid)?, &args, &out)?;
    }
    Ok(0)
}

/// The scoid that means the caller itself.
const CALLER: i32 = -1;

fn report(
    identity: &Identity,
    args: &abi::ConnectClientInfo,
    out: &UserArg<abi::ClientInfo>,
) -> Result {
    let ids = identity.ids_here();
    let [ruid, euid, suid] = ids.users;
    let [rgid, egid, sgid] = ids.groups;
    identity.write_groups(args.groups, args.max_groups)?;
    out.write(&abi::ClientInfo {
        pid: identity.process.number_here(),
        sid: identity.session.number_here(),
        ruid,
        euid,
        suid,
        rgid,
        egid,
        sgid,
        ngroups: identity.group_count(),
        ..Default::default()
    })
}
