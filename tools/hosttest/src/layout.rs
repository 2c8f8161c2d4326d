// SPDX-License-Identifier: GPL-2.0-only

//! The module's mirror of the ABI against the golden file, which a C program made of the header.

use crate::base::abi;
use core::mem::{offset_of, size_of};
use std::collections::HashMap;

const GOLDEN: &str = include_str!("../../../uapi/check/layout.golden");

fn golden() -> HashMap<String, i64> {
    let mut facts = HashMap::new();
    for line in GOLDEN.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, value)) = line.rsplit_once(' ') else {
            continue;
        };
        let value = match value.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16),
            None => value.parse(),
        };
        if let Ok(value) = value {
            facts.insert(name.to_string(), value);
        }
    }
    assert!(facts.len() > 50, "the golden file must not be empty");
    facts
}

#[test]
fn ioctl_numbers() {
    let golden = golden();
    for (name, call) in [
        ("QIPC_GET_FEATURES", abi::GET_FEATURES),
        ("QIPC_CHANNEL_CREATE", abi::CHANNEL_CREATE),
        ("QIPC_CHANNEL_DESTROY", abi::CHANNEL_DESTROY),
        ("QIPC_CHANNEL_FD", abi::CHANNEL_FD),
        ("QIPC_CONNECT_ATTACH", abi::CONNECT_ATTACH),
        ("QIPC_CONNECT_DETACH", abi::CONNECT_DETACH),
        ("QIPC_MSG_SEND", abi::MSG_SEND),
        ("QIPC_MSG_RECEIVE", abi::MSG_RECEIVE),
        ("QIPC_MSG_REPLY", abi::MSG_REPLY),
        ("QIPC_MSG_ERROR", abi::MSG_ERROR),
        ("QIPC_MSG_READ", abi::MSG_READ),
        ("QIPC_MSG_WRITE", abi::MSG_WRITE),
        ("QIPC_MSG_INFO", abi::MSG_INFO),
        ("QIPC_MSG_REPLY_RECEIVE", abi::MSG_REPLY_RECEIVE),
        ("QIPC_PULSE_SEND", abi::PULSE_SEND),
        ("QIPC_MSG_CURRENT", abi::MSG_CURRENT),
        ("QIPC_EVENT_DELIVER", abi::EVENT_DELIVER),
        ("QIPC_EVENT_REGISTER", abi::EVENT_REGISTER),
        ("QIPC_EVENT_UNREGISTER", abi::EVENT_UNREGISTER),
        ("QIPC_TIMER_CREATE", abi::TIMER_CREATE),
        ("QIPC_TIMER_SETTIME", abi::TIMER_SETTIME),
        ("QIPC_TIMER_GETTIME", abi::TIMER_GETTIME),
        ("QIPC_TIMER_DELETE", abi::TIMER_DELETE),
        ("QIPC_NAME_ATTACH", abi::NAME_ATTACH),
        ("QIPC_NAME_DETACH", abi::NAME_DETACH),
        ("QIPC_NAME_OPEN", abi::NAME_OPEN),
        ("QIPC_CONNECT_FLAGS", abi::CONNECT_FLAGS),
        ("QIPC_CONNECT_SERVER_INFO", abi::CONNECT_SERVER_INFO),
        ("QIPC_CONNECT_CLIENT_INFO", abi::CONNECT_CLIENT_INFO),
        ("QIPC_CHANNEL_ACCESS", abi::CHANNEL_ACCESS),
        ("QIPC_BENCH_PAIR", abi::BENCH_PAIR),
        ("QIPC_BENCH_SWITCH", abi::BENCH_SWITCH),
    ] {
        assert_eq!(
            golden.get(&format!("ioctl {name}")),
            Some(&i64::from(call.number())),
            "{name}"
        );
    }
    assert_eq!(
        golden
            .keys()
            .filter(|name| name.starts_with("ioctl "))
            .count(),
        32,
        "every ioctl of the header is compared"
    );
}

macro_rules! compare {
    ($golden:ident, $($rust:ident = $c:literal { $($field:ident),* $(,)? })*) => {
        let all = $golden.keys().filter(|name| name.starts_with("sizeof struct "));
        assert_eq!(all.count(), [$($c),*].len(), "every structure of the header is compared");
        $(
            assert_eq!(
                $golden.get(concat!("sizeof struct ", $c)),
                Some(&(size_of::<abi::$rust>() as i64)),
                concat!("size of ", $c)
            );
            $(
                assert_eq!(
                    $golden.get(concat!("offsetof struct ", $c, ".", stringify!($field))),
                    Some(&(offset_of!(abi::$rust, $field) as i64)),
                    concat!("offset of ", $c, ".", stringify!($field))
                );
            )*
        )*
    };
}

#[test]
fn structures() {
    let golden = golden();
    compare! { golden,
        Iov = "qipc_iov" { base, len }
        Vector = "qipc_vec" { base, count }
        Features = "qipc_features" { abi_version, inline_bytes, features, channel_flags, connect_flags, max_parts, reserved, max_bytes }
        ChannelCreate = "qipc_channel_create" { flags, chid, num_pulses, rearm, event }
        ChannelDestroy = "qipc_channel_destroy" { chid, reserved }
        ChannelFd = "qipc_channel_fd" { chid, flags }
        ConnectAttach = "qipc_connect_attach" { nd, pid, chid, index, flags, coid }
        ConnectDetach = "qipc_connect_detach" { coid, reserved }
        MsgSend = "qipc_msg_send" { coid, flags, send, reply, timeout }
        MsgInfo = "qipc_msg_info" { nd, srcnd, pid, tid, chid, scoid, coid, priority, flags, msglen, srcmsglen, dstmsglen, type_id, reserved }
        MsgReceive = "qipc_msg_receive" { chid, flags, vec, timeout }
        MsgReply = "qipc_msg_reply" { rcvid, status, vec, flags, side }
        MsgError = "qipc_msg_error" { rcvid, error, reserved }
        MsgTransfer = "qipc_msg_transfer" { rcvid, offset, vec, bytes, flags, side }
        MsgInfoGet = "qipc_msg_info_get" { rcvid, info }
        MsgReplyReceive = "qipc_msg_reply_receive" { reply, reply_error, reserved, receive }
        Event = "qipc_event" { notify, target, value, code, priority, reserved }
        Timeout = "qipc_timeout" { states, flags, clock, reserved, time, event }
        ChannelAccess = "qipc_channel_access" { chid, set, mode, uid, gid, ceiling }
        ConnectFlags = "qipc_connect_flags" { pid, coid, mask, bits, old, reserved }
        ServerInfo = "qipc_server_info" { nd, pid, chid, scoid, coid, flags }
        ConnectServerInfo = "qipc_connect_server_info" { pid, coid, flags, reserved, info }
        ClientInfo = "qipc_client_info" { nd, pid, sid, flags, ruid, euid, suid, rgid, egid, sgid, ngroups, reserved }
        ConnectClientInfo = "qipc_connect_client_info" { scoid, max_groups, groups, info }
        NameAttach = "qipc_name_attach" { chid, flags, mode, uid, gid, length, name }
        NameDetach = "qipc_name_detach" { length, reserved, name }
        NameOpen = "qipc_name_open" { length, flags, name, coid, reserved }
        Pulse = "qipc_pulse" { kind, subtype, code, zero, value, scoid, reserved }
        PulseSend = "qipc_pulse_send" { coid, priority, code, reserved, value }
        MsgCurrent = "qipc_msg_current" { rcvid }
        EventDeliver = "qipc_event_deliver" { rcvid, event, flags, reserved }
        EventRegister = "qipc_event_register" { event, coid, handle }
        EventUnregister = "qipc_event_unregister" { handle, reserved }
        TimerCreate = "qipc_timer_create" { clock, timer, event }
        TimerSettime = "qipc_timer_settime" { timer, flags, value, interval, old_value, old_interval }
        TimerGettime = "qipc_timer_gettime" { timer, reserved, value, interval, overrun }
        TimerDelete = "qipc_timer_delete" { timer, reserved }
        BenchPair = "qipc_bench_pair" { seat, reserved }
    }
}

/// Out fields that the mirror groups into a structure of their own.
#[test]
fn out_fields() {
    let golden = golden();
    let offset = |name: &str| golden.get(&format!("offsetof struct {name}")).copied();
    let result = offset_of!(abi::MsgSend, result);
    for (name, inner) in [
        ("qipc_msg_send.status", offset_of!(abi::SendResult, status)),
        ("qipc_msg_send.error", offset_of!(abi::SendResult, error)),
        ("qipc_msg_send.side", offset_of!(abi::SendResult, side)),
    ] {
        assert_eq!(offset(name), Some((result + inner) as i64), "{name}");
    }
    let result = offset_of!(abi::MsgReceive, result);
    for (name, inner) in [
        (
            "qipc_msg_receive.rcvid",
            offset_of!(abi::ReceiveResult, rcvid),
        ),
        (
            "qipc_msg_receive.info",
            offset_of!(abi::ReceiveResult, info),
        ),
    ] {
        assert_eq!(offset(name), Some((result + inner) as i64), "{name}");
    }
}

#[test]
fn constants() {
    let golden = golden();
    let mut compared = 0;
    for (name, value) in [
        ("QIPC_ABI_VERSION", i64::from(abi::ABI_VERSION)),
        ("QIPC_MAX_PARTS", abi::MAX_PARTS as i64),
        ("QIPC_MAX_BYTES", abi::MAX_BYTES as i64),
        ("QIPC_SIDE_CHANNEL", i64::from(abi::SIDE_CHANNEL)),
        ("QIPC_CONNECTION_SCOID", i64::from(abi::CONNECTION_SCOID)),
        ("QIPC_SIDE_NONE", i64::from(abi::SIDE_NONE)),
        ("QIPC_SIDE_CLIENT", i64::from(abi::SIDE_CLIENT)),
        ("QIPC_SIDE_SERVER", i64::from(abi::SIDE_SERVER)),
        ("QIPC_FEATURE_MSG", abi::FEATURE_MSG as i64),
        ("QIPC_FEATURE_TRANSFER", abi::FEATURE_TRANSFER as i64),
        (
            "QIPC_FEATURE_REPLY_RECEIVE",
            abi::FEATURE_REPLY_RECEIVE as i64,
        ),
        ("QIPC_FEATURE_POLL", abi::FEATURE_POLL as i64),
        (
            "QIPC_FEATURE_FD_CONNECTION",
            abi::FEATURE_FD_CONNECTION as i64,
        ),
        ("QIPC_CHF_SENDER_LEN", i64::from(abi::CHF_SENDER_LEN)),
        ("QIPC_CHF_REPLY_LEN", i64::from(abi::CHF_REPLY_LEN)),
        ("QIPC_CHF_PRIVATE", i64::from(abi::CHF_PRIVATE)),
        ("QIPC_COF_CLOEXEC", i64::from(abi::COF_CLOEXEC)),
        ("QIPC_COF_NOSHARE", i64::from(abi::COF_NOSHARE)),
        ("QIPC_FD_CLOEXEC", i64::from(abi::FD_CLOEXEC)),
        ("QIPC_SEND_BUF", i64::from(abi::SEND_BUF)),
        ("QIPC_REPLY_BUF", i64::from(abi::REPLY_BUF)),
        ("QIPC_BUF", i64::from(abi::BUF)),
        ("QIPC_NONBLOCK", i64::from(abi::NONBLOCK)),
        ("QIPC_IOC_TYPE", i64::from(abi::IOC_TYPE)),
        ("QIPC_FEATURE_PULSE", abi::FEATURE_PULSE as i64),
        ("QIPC_FEATURE_TIMEOUT", abi::FEATURE_TIMEOUT as i64),
        ("QIPC_FEATURE_EVENT", abi::FEATURE_EVENT as i64),
        ("QIPC_FEATURE_TIMER", abi::FEATURE_TIMER as i64),
        ("QIPC_FEATURE_PRIORITY", abi::FEATURE_PRIORITY as i64),
        ("QIPC_FEATURE_NAME", abi::FEATURE_NAME as i64),
        ("QIPC_FEATURE_ACCESS", abi::FEATURE_ACCESS as i64),
        (
            "QIPC_FEATURE_CONNECT_INFO",
            abi::FEATURE_CONNECT_INFO as i64,
        ),
        (
            "QIPC_CHF_FIXED_PRIORITY",
            i64::from(abi::CHF_FIXED_PRIORITY),
        ),
        ("QIPC_CHF_UNBLOCK", i64::from(abi::CHF_UNBLOCK)),
        ("QIPC_CHF_THREAD_DEATH", i64::from(abi::CHF_THREAD_DEATH)),
        ("QIPC_CHF_DISCONNECT", i64::from(abi::CHF_DISCONNECT)),
        (
            "QIPC_CHF_COID_DISCONNECT",
            i64::from(abi::CHF_COID_DISCONNECT),
        ),
        ("QIPC_CHF_PULSE_POOL", i64::from(abi::CHF_PULSE_POOL)),
        (
            "QIPC_CHF_INHERIT_RUNMASK",
            i64::from(abi::CHF_INHERIT_RUNMASK),
        ),
        (
            "QIPC_CHF_FREE_PLACEMENT",
            i64::from(abi::CHF_FREE_PLACEMENT),
        ),
        ("QIPC_COF_DEAD", i64::from(abi::COF_DEAD)),
        ("QIPC_COF_NOINHERIT", i64::from(abi::COF_NOINHERIT)),
        ("QIPC_COF_NOEVENT", i64::from(abi::COF_NOEVENT)),
        ("QIPC_COF_REG_EVENTS", i64::from(abi::COF_REG_EVENTS)),
        ("QIPC_EVENT_NONE", i64::from(abi::EVENT_NONE)),
        ("QIPC_EVENT_SIGNAL", i64::from(abi::EVENT_SIGNAL)),
        ("QIPC_EVENT_SIGNAL_CODE", i64::from(abi::EVENT_SIGNAL_CODE)),
        (
            "QIPC_EVENT_SIGNAL_THREAD",
            i64::from(abi::EVENT_SIGNAL_THREAD),
        ),
        ("QIPC_EVENT_PULSE", i64::from(abi::EVENT_PULSE)),
        ("QIPC_EVENT_UNBLOCK", i64::from(abi::EVENT_UNBLOCK)),
        ("QIPC_EVENT_SEM", i64::from(abi::EVENT_SEM)),
        ("QIPC_EVENT_KIND", i64::from(abi::EVENT_KIND)),
        ("QIPC_EVENT_UPDATEABLE", i64::from(abi::EVENT_UPDATEABLE)),
        ("QIPC_EVENT_HANDLE", i64::from(abi::EVENT_HANDLE)),
        ("QIPC_TIMEOUT_SEND", i64::from(abi::TIMEOUT_SEND)),
        ("QIPC_TIMEOUT_RECEIVE", i64::from(abi::TIMEOUT_RECEIVE)),
        ("QIPC_TIMEOUT_REPLY", i64::from(abi::TIMEOUT_REPLY)),
        ("QIPC_TIME_ABSOLUTE", i64::from(abi::TIME_ABSOLUTE)),
        ("QIPC_ACCESS_MODE", i64::from(abi::ACCESS_MODE)),
        ("QIPC_ACCESS_UID", i64::from(abi::ACCESS_UID)),
        ("QIPC_ACCESS_GID", i64::from(abi::ACCESS_GID)),
        ("QIPC_ACCESS_CEILING", i64::from(abi::ACCESS_CEILING)),
        ("QIPC_SERVER_INFO_LIVE", i64::from(abi::SERVER_INFO_LIVE)),
        ("QIPC_NAME_ACCESS", i64::from(abi::NAME_ACCESS)),
        ("QIPC_NAME_MAX", abi::NAME_MAX as i64),
        ("QIPC_NAME_COMPONENT_MAX", abi::NAME_COMPONENT_MAX as i64),
        ("QIPC_BENCH_WAKE", i64::from(abi::BENCH_WAKE)),
        ("QIPC_BENCH_SLEEP", i64::from(abi::BENCH_SLEEP)),
        ("QIPC_PULSE_ONLY", i64::from(abi::PULSE_ONLY)),
        ("QIPC_MI_UNBLOCK_REQ", i64::from(abi::MI_UNBLOCK_REQ)),
        ("QIPC_PULSE_UNBLOCK", i64::from(abi::PULSE_UNBLOCK)),
        ("QIPC_PULSE_DISCONNECT", i64::from(abi::PULSE_DISCONNECT)),
        ("QIPC_PULSE_THREADDEATH", i64::from(abi::PULSE_THREADDEATH)),
        ("QIPC_PULSE_COIDDEATH", i64::from(abi::PULSE_COIDDEATH)),
        ("QIPC_EVENT_VERIFY", i64::from(abi::EVENT_VERIFY)),
        ("QIPC_EVENT_ANY_SERVER", i64::from(abi::EVENT_ANY_SERVER)),
        ("QIPC_EVENT_SELF", i64::from(abi::EVENT_SELF)),
    ] {
        assert_eq!(golden.get(&format!("const {name}")), Some(&value), "{name}");
        compared += 1;
    }
    let all = golden.keys().filter(|name| name.starts_with("const "));
    assert_eq!(
        all.count(),
        compared,
        "every constant of the header is compared"
    );
}

/// Arguments that have grown begin as their first versions did.
#[test]
fn first_versions() {
    let golden = golden();
    let offset = |name: &str| golden.get(&format!("offsetof struct {name}")).copied();
    let timeout = offset("qipc_msg_receive.timeout");
    let receive = offset("qipc_msg_reply_receive.receive");
    for (size, first_new) in [
        (
            abi::first::CHANNEL_CREATE,
            offset("qipc_channel_create.num_pulses"),
        ),
        (abi::first::MSG_SEND, offset("qipc_msg_send.timeout")),
        (abi::first::MSG_RECEIVE, timeout),
        (
            abi::first::MSG_REPLY_RECEIVE,
            receive.zip(timeout).map(|(a, b)| a + b),
        ),
    ] {
        assert_eq!(Some(size as i64), first_new);
    }
}
