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
        qipc_channel_create { flags, chid }
        qipc_channel_destroy { chid, reserved }
        qipc_channel_fd { chid, flags }
        qipc_connect_attach { nd, pid, chid, index, flags, coid }
        qipc_connect_detach { coid, reserved }
        qipc_msg_send { coid, flags, send, reply, status, error, side }
        qipc_msg_info {
            nd, srcnd, pid, tid, chid, scoid, coid, priority, flags, msglen, srcmsglen, dstmsglen, type_id, reserved,
        }
        qipc_msg_receive { chid, flags, vec, rcvid, info }
        qipc_msg_reply { rcvid, status, vec, flags, side }
        qipc_msg_error { rcvid, error, reserved }
        qipc_msg_transfer { rcvid, offset, vec, bytes, flags, side }
        qipc_msg_info_get { rcvid, info }
        qipc_msg_reply_receive { reply, reply_error, reserved, receive }
    }
}

fn ioctls() -> Vec<String> {
    ioctls![
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
    ]
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
        QIPC_CHF_SENDER_LEN,
        QIPC_CHF_REPLY_LEN,
        QIPC_CHF_PRIVATE,
        QIPC_COF_CLOEXEC,
        QIPC_COF_NOSHARE,
        QIPC_FD_CLOEXEC,
        QIPC_SEND_BUF,
        QIPC_REPLY_BUF,
        QIPC_BUF,
        QIPC_NONBLOCK,
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
