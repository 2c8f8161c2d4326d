// SPDX-License-Identifier: MIT OR Apache-2.0

//! The bindings against `uapi/check/layout.golden`, which a C program writes from the header: every size, offset, ioctl
//! number and constant, in both directions.

use std::collections::BTreeSet;
use std::mem::{offset_of, size_of};

use qipc_sys as sys;

/// Lines of the golden file for the named structures.
macro_rules! structs {
    ($($name:ident { $($field:ident),* $(,)? })*) => {{
        let mut lines = Vec::new();
        $(
            // The pattern has no `..`: a field that is missing in the list does not compile.
            let sys::$name { $($field: _),* } = sys::$name::default();
            lines.push(format!("sizeof struct {} {}", stringify!($name), size_of::<sys::$name>()));
            $(lines.push(format!(
                "offsetof struct {}.{} {}",
                stringify!($name),
                stringify!($field),
                offset_of!(sys::$name, $field)
            ));)*
        )*
        lines
    }};
}

/// Lines of the golden file for the named ioctls; each number must also carry the size of the argument.
macro_rules! ioctls {
    ($($name:ident: $argument:ident),* $(,)?) => {
        vec![$({
            assert_eq!((sys::$name >> 16 & 0x3fff) as usize, size_of::<sys::$argument>(), stringify!($name));
            format!("ioctl {} {:#010x}", stringify!($name), sys::$name)
        }),*]
    };
}

/// Lines of the golden file for the named constants.
macro_rules! constants {
    ($($name:ident),* $(,)?) => {
        vec![$(format!("const {} {}", stringify!($name), sys::$name)),*]
    };
}

fn structs() -> Vec<String> {
    structs! {
        qipc_iov { base, len }
        qipc_vec { base, count }
        qipc_features {
            abi_version, inline_bytes, features, channel_flags, connect_flags, max_parts, reserved, max_bytes,
        }
        qipc_event { notify, target, value, code, priority, reserved }
        qipc_timeout { states, flags, clock, reserved, time, event }
        qipc_channel_create { flags, chid, num_pulses, rearm, event }
        qipc_channel_access { chid, set, mode, uid, gid, ceiling }
        qipc_channel_destroy { chid, reserved }
        qipc_channel_fd { chid, flags }
        qipc_connect_attach { nd, pid, chid, index, flags, coid }
        qipc_connect_detach { coid, reserved }
        qipc_connect_flags { pid, coid, mask, bits, old, reserved }
        qipc_server_info { nd, pid, chid, scoid, coid, flags }
        qipc_connect_server_info { pid, coid, flags, reserved, info }
        qipc_client_info { nd, pid, sid, flags, ruid, euid, suid, rgid, egid, sgid, ngroups, reserved }
        qipc_connect_client_info { scoid, max_groups, groups, info }
        qipc_name_attach { chid, flags, mode, uid, gid, length, name }
        qipc_name_detach { length, reserved, name }
        qipc_name_open { length, flags, name, coid, reserved }
        qipc_msg_send { coid, flags, send, reply, status, error, side, timeout }
        qipc_msg_info {
            nd, srcnd, pid, tid, chid, scoid, coid, priority, flags, msglen, srcmsglen, dstmsglen, type_id, reserved,
        }
        qipc_msg_receive { chid, flags, vec, rcvid, info, timeout }
        qipc_pulse { kind, subtype, code, zero, value, scoid, reserved }
        qipc_pulse_send { coid, priority, code, reserved, value }
        qipc_msg_current { rcvid }
        qipc_event_deliver { rcvid, event, flags, reserved }
        qipc_event_register { event, coid, handle }
        qipc_event_unregister { handle, reserved }
        qipc_timer_create { clock, timer, event }
        qipc_timer_settime { timer, flags, value, interval, old_value, old_interval }
        qipc_timer_gettime { timer, reserved, value, interval, overrun }
        qipc_timer_delete { timer, reserved }
        qipc_bench_pair { seat, reserved }
        qipc_msg_reply { rcvid, status, vec, flags, side }
        qipc_msg_error { rcvid, error, reserved }
        qipc_msg_transfer { rcvid, offset, vec, bytes, flags, side }
        qipc_msg_info_get { rcvid, info }
        qipc_msg_reply_receive { reply, reply_error, reserved, receive }
    }
}

fn ioctls() -> Vec<String> {
    let mut lines = ioctls![
        QIPC_GET_FEATURES: qipc_features,
        QIPC_CHANNEL_CREATE: qipc_channel_create,
        QIPC_CHANNEL_DESTROY: qipc_channel_destroy,
        QIPC_CHANNEL_FD: qipc_channel_fd,
        QIPC_CONNECT_ATTACH: qipc_connect_attach,
        QIPC_CONNECT_DETACH: qipc_connect_detach,
        QIPC_MSG_SEND: qipc_msg_send,
        QIPC_MSG_RECEIVE: qipc_msg_receive,
        QIPC_MSG_REPLY: qipc_msg_reply,
        QIPC_MSG_ERROR: qipc_msg_error,
        QIPC_MSG_READ: qipc_msg_transfer,
        QIPC_MSG_WRITE: qipc_msg_transfer,
        QIPC_MSG_INFO: qipc_msg_info_get,
        QIPC_MSG_REPLY_RECEIVE: qipc_msg_reply_receive,
        QIPC_PULSE_SEND: qipc_pulse_send,
        QIPC_MSG_CURRENT: qipc_msg_current,
        QIPC_EVENT_DELIVER: qipc_event_deliver,
        QIPC_EVENT_REGISTER: qipc_event_register,
        QIPC_EVENT_UNREGISTER: qipc_event_unregister,
        QIPC_TIMER_CREATE: qipc_timer_create,
        QIPC_TIMER_SETTIME: qipc_timer_settime,
        QIPC_TIMER_GETTIME: qipc_timer_gettime,
        QIPC_TIMER_DELETE: qipc_timer_delete,
        QIPC_NAME_ATTACH: qipc_name_attach,
        QIPC_NAME_DETACH: qipc_name_detach,
        QIPC_NAME_OPEN: qipc_name_open,
        QIPC_CONNECT_FLAGS: qipc_connect_flags,
        QIPC_CONNECT_SERVER_INFO: qipc_connect_server_info,
        QIPC_CONNECT_CLIENT_INFO: qipc_connect_client_info,
        QIPC_CHANNEL_ACCESS: qipc_channel_access,
        QIPC_BENCH_PAIR: qipc_bench_pair,
    ];
    // Its argument is a number.
    assert_eq!((sys::QIPC_BENCH_SWITCH >> 16) & 0x3fff, 0);
    lines.push(format!(
        "ioctl QIPC_BENCH_SWITCH {:#010x}",
        sys::QIPC_BENCH_SWITCH
    ));
    lines
}

fn constants() -> Vec<String> {
    constants![
        QIPC_ABI_VERSION,
        QIPC_MAX_PARTS,
        QIPC_MAX_BYTES,
        QIPC_SIDE_CHANNEL,
        QIPC_CONNECTION_SCOID,
        QIPC_SIDE_NONE,
        QIPC_SIDE_CLIENT,
        QIPC_SIDE_SERVER,
        QIPC_FEATURE_MSG,
        QIPC_FEATURE_TRANSFER,
        QIPC_FEATURE_REPLY_RECEIVE,
        QIPC_FEATURE_POLL,
        QIPC_FEATURE_FD_CONNECTION,
        QIPC_FEATURE_PULSE,
        QIPC_FEATURE_TIMEOUT,
        QIPC_FEATURE_EVENT,
        QIPC_FEATURE_TIMER,
        QIPC_FEATURE_PRIORITY,
        QIPC_FEATURE_NAME,
        QIPC_FEATURE_ACCESS,
        QIPC_FEATURE_CONNECT_INFO,
        QIPC_CHF_FIXED_PRIORITY,
        QIPC_CHF_UNBLOCK,
        QIPC_CHF_THREAD_DEATH,
        QIPC_CHF_DISCONNECT,
        QIPC_CHF_SENDER_LEN,
        QIPC_CHF_COID_DISCONNECT,
        QIPC_CHF_REPLY_LEN,
        QIPC_CHF_PULSE_POOL,
        QIPC_CHF_PRIVATE,
        QIPC_CHF_INHERIT_RUNMASK,
        QIPC_CHF_FREE_PLACEMENT,
        QIPC_COF_CLOEXEC,
        QIPC_COF_DEAD,
        QIPC_COF_NOINHERIT,
        QIPC_COF_NOSHARE,
        QIPC_COF_NOEVENT,
        QIPC_COF_REG_EVENTS,
        QIPC_EVENT_NONE,
        QIPC_EVENT_SIGNAL,
        QIPC_EVENT_SIGNAL_CODE,
        QIPC_EVENT_SIGNAL_THREAD,
        QIPC_EVENT_PULSE,
        QIPC_EVENT_UNBLOCK,
        QIPC_EVENT_SEM,
        QIPC_EVENT_KIND,
        QIPC_EVENT_UPDATEABLE,
        QIPC_EVENT_HANDLE,
        QIPC_TIMEOUT_SEND,
        QIPC_TIMEOUT_RECEIVE,
        QIPC_TIMEOUT_REPLY,
        QIPC_TIME_ABSOLUTE,
        QIPC_ACCESS_MODE,
        QIPC_ACCESS_UID,
        QIPC_ACCESS_GID,
        QIPC_ACCESS_CEILING,
        QIPC_FD_CLOEXEC,
        QIPC_SERVER_INFO_LIVE,
        QIPC_NAME_ACCESS,
        QIPC_NAME_MAX,
        QIPC_NAME_COMPONENT_MAX,
        QIPC_BENCH_WAKE,
        QIPC_BENCH_SLEEP,
        QIPC_SEND_BUF,
        QIPC_REPLY_BUF,
        QIPC_BUF,
        QIPC_NONBLOCK,
        QIPC_PULSE_ONLY,
        QIPC_MI_UNBLOCK_REQ,
        QIPC_PULSE_UNBLOCK,
        QIPC_PULSE_DISCONNECT,
        QIPC_PULSE_THREADDEATH,
        QIPC_PULSE_COIDDEATH,
        QIPC_EVENT_VERIFY,
        QIPC_EVENT_ANY_SERVER,
        QIPC_EVENT_SELF,
        QIPC_IOC_TYPE,
    ]
}

fn bindings() -> BTreeSet<String> {
    [structs(), ioctls(), constants()]
        .into_iter()
        .flatten()
        .collect()
}

/// Compiled in, so that the test also runs where the sources are not.
fn golden() -> BTreeSet<String> {
    let text = include_str!("../../../uapi/check/layout.golden");
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(String::from)
        .collect()
}

#[test]
fn bindings_agree_with_the_c_compiler() {
    let (bindings, golden) = (bindings(), golden());
    assert!(!golden.is_empty(), "the golden file is empty");
    let missing: Vec<_> = golden.difference(&bindings).collect();
    let surplus: Vec<_> = bindings.difference(&golden).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "only in layout.golden: {missing:#?}\nonly in the bindings: {surplus:#?}"
    );
}
