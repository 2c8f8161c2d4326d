// SPDX-License-Identifier: GPL-2.0-only

//! The module's mirror of the ABI against the golden file, which a C program made of the header.

use crate::base::abi;
use core::mem::{offset_of, size_of};
use std::collections::HashMap;

const GOLDEN: &str = include_str!("../../../uapi/check/layout.golden");

fn golden() -> HashMap<String, u64> {
    let mut facts = HashMap::new();
    for line in GOLDEN.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, value)) = line.rsplit_once(' ') else {
            continue;
        };
        let value = match value.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16),
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
    ] {
        assert_eq!(
            golden.get(&format!("ioctl {name}")),
            Some(&u64::from(call.number())),
            "{name}"
        );
    }
    assert_eq!(
        golden
            .keys()
            .filter(|name| name.starts_with("ioctl "))
            .count(),
        30,
        "every ioctl of the header is compared"
    );
}

macro_rules! compare {
    ($golden:ident, $($rust:ident = $c:literal { $($field:ident),* $(,)? })*) => {
        $(
            assert_eq!(
                $golden.get(concat!("sizeof struct ", $c)),
                Some(&(size_of::<abi::$rust>() as u64)),
                concat!("size of ", $c)
            );
            $(
                assert_eq!(
                    $golden.get(concat!("offsetof struct ", $c, ".", stringify!($field))),
                    Some(&(offset_of!(abi::$rust, $field) as u64)),
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
        Features = "qipc_features" {
            abi_version, inline_bytes, features, channel_flags, connect_flags, max_parts,
            reserved, max_bytes,
        }
        ChannelCreate = "qipc_channel_create" { flags, chid }
        ChannelDestroy = "qipc_channel_destroy" { chid, reserved }
        ChannelFd = "qipc_channel_fd" { chid, flags }
        ConnectAttach = "qipc_connect_attach" { nd, pid, chid, index, flags, coid }
        ConnectDetach = "qipc_connect_detach" { coid, reserved }
        MsgSend = "qipc_msg_send" { coid, flags, send, reply }
        MsgInfo = "qipc_msg_info" {
            nd, srcnd, pid, tid, chid, scoid, coid, priority, flags, msglen, srcmsglen, dstmsglen,
            type_id, reserved,
        }
        MsgReceive = "qipc_msg_receive" { chid, flags, vec }
        MsgReply = "qipc_msg_reply" { rcvid, status, vec, flags, side }
        MsgError = "qipc_msg_error" { rcvid, error, reserved }
        MsgTransfer = "qipc_msg_transfer" { rcvid, offset, vec, bytes, flags, side }
        MsgInfoGet = "qipc_msg_info_get" { rcvid, info }
        MsgReplyReceive = "qipc_msg_reply_receive" { reply, reply_error, reserved, receive }
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
        assert_eq!(offset(name), Some((result + inner) as u64), "{name}");
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
        assert_eq!(offset(name), Some((result + inner) as u64), "{name}");
    }
}

#[test]
fn constants() {
    let golden = golden();
    for (name, value) in [
        ("QIPC_ABI_VERSION", u64::from(abi::ABI_VERSION)),
        ("QIPC_MAX_PARTS", abi::MAX_PARTS),
        ("QIPC_MAX_BYTES", abi::MAX_BYTES),
        ("QIPC_SIDE_CHANNEL", u64::from(abi::SIDE_CHANNEL)),
        ("QIPC_CONNECTION_SCOID", u64::from(abi::CONNECTION_SCOID)),
        ("QIPC_SIDE_NONE", u64::from(abi::SIDE_NONE)),
        ("QIPC_SIDE_CLIENT", u64::from(abi::SIDE_CLIENT)),
        ("QIPC_SIDE_SERVER", u64::from(abi::SIDE_SERVER)),
        ("QIPC_CHF_SENDER_LEN", u64::from(abi::CHF_SENDER_LEN)),
        ("QIPC_CHF_REPLY_LEN", u64::from(abi::CHF_REPLY_LEN)),
        ("QIPC_CHF_PRIVATE", u64::from(abi::CHF_PRIVATE)),
        ("QIPC_COF_CLOEXEC", u64::from(abi::COF_CLOEXEC)),
        ("QIPC_COF_NOSHARE", u64::from(abi::COF_NOSHARE)),
        ("QIPC_FD_CLOEXEC", u64::from(abi::FD_CLOEXEC)),
        ("QIPC_SEND_BUF", u64::from(abi::SEND_BUF)),
        ("QIPC_REPLY_BUF", u64::from(abi::REPLY_BUF)),
        ("QIPC_BUF", u64::from(abi::BUF)),
        ("QIPC_NONBLOCK", u64::from(abi::NONBLOCK)),
    ] {
        assert_eq!(golden.get(&format!("const {name}")), Some(&value), "{name}");
    }
}
