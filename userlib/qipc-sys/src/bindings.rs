// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Generated from uapi/linux/qipc.h by tools/gen-bindings; do not edit.

pub const QIPC_ABI_VERSION: u32 = 1;
pub const QIPC_MAX_PARTS: u32 = 524288;
pub const QIPC_MAX_BYTES: u32 = 2147483647;
pub const QIPC_SIDE_CHANNEL: u32 = 1073741824;
pub const QIPC_CONNECTION_SCOID: u32 = 65536;
pub const QIPC_SIDE_NONE: u32 = 0;
pub const QIPC_SIDE_CLIENT: u32 = 1;
pub const QIPC_SIDE_SERVER: u32 = 2;
pub const QIPC_FEATURE_MSG: u32 = 1;
pub const QIPC_FEATURE_TRANSFER: u32 = 2;
pub const QIPC_FEATURE_REPLY_RECEIVE: u32 = 4;
pub const QIPC_FEATURE_POLL: u32 = 8;
pub const QIPC_FEATURE_FD_CONNECTION: u32 = 16;
pub const QIPC_CHF_SENDER_LEN: u32 = 32;
pub const QIPC_CHF_REPLY_LEN: u32 = 128;
pub const QIPC_CHF_PRIVATE: u32 = 4096;
pub const QIPC_COF_CLOEXEC: u32 = 1;
pub const QIPC_COF_NOSHARE: u32 = 64;
pub const QIPC_FD_CLOEXEC: u32 = 1;
pub const QIPC_SEND_BUF: u32 = 1;
pub const QIPC_REPLY_BUF: u32 = 2;
pub const QIPC_BUF: u32 = 1;
pub const QIPC_NONBLOCK: u32 = 4;
pub const QIPC_IOC_TYPE: u8 = 113u8;
pub const QIPC_GET_FEATURES: u32 = 3224400160;
pub const QIPC_CHANNEL_CREATE: u32 = 3221778721;
pub const QIPC_CHANNEL_DESTROY: u32 = 1074295074;
pub const QIPC_CHANNEL_FD: u32 = 1074295075;
pub const QIPC_CONNECT_ATTACH: u32 = 3222827300;
pub const QIPC_CONNECT_DETACH: u32 = 1074295077;
pub const QIPC_MSG_SEND: u32 = 3224924456;
pub const QIPC_MSG_RECEIVE: u32 = 3227545897;
pub const QIPC_MSG_REPLY: u32 = 3223875882;
pub const QIPC_MSG_ERROR: u32 = 1074819371;
pub const QIPC_MSG_READ: u32 = 3224400172;
pub const QIPC_MSG_WRITE: u32 = 3224400173;
pub const QIPC_MSG_INFO: u32 = 3225973038;
pub const QIPC_MSG_REPLY_RECEIVE: u32 = 3230691631;
pub type __s16 = ::core::ffi::c_short;
pub type __u16 = ::core::ffi::c_ushort;
pub type __s32 = ::core::ffi::c_int;
pub type __u32 = ::core::ffi::c_uint;
pub type __s64 = ::core::ffi::c_longlong;
pub type __u64 = ::core::ffi::c_ulonglong;
#[doc = " struct qipc_iov - one part of a message\n @base: user address of the part; anything when @len is 0\n @len: length in bytes\n\n Layout of struct iovec on 64-bit machines."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_iov {
    pub base: __u64,
    pub len: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_iov"][::core::mem::size_of::<qipc_iov>() - 16usize];
    ["Alignment of qipc_iov"][::core::mem::align_of::<qipc_iov>() - 8usize];
    ["Offset of field: qipc_iov::base"][::core::mem::offset_of!(qipc_iov, base) - 0usize];
    ["Offset of field: qipc_iov::len"][::core::mem::offset_of!(qipc_iov, len) - 8usize];
};
#[doc = " struct qipc_vec - the memory that one side of a message lies in\n @base: user address of an array of struct qipc_iov, or, with the BUF flag of\n        the call, of the bytes themselves\n @count: number of parts, or, with the BUF flag, number of bytes"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_vec {
    pub base: __u64,
    pub count: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_vec"][::core::mem::size_of::<qipc_vec>() - 16usize];
    ["Alignment of qipc_vec"][::core::mem::align_of::<qipc_vec>() - 8usize];
    ["Offset of field: qipc_vec::base"][::core::mem::offset_of!(qipc_vec, base) - 0usize];
    ["Offset of field: qipc_vec::count"][::core::mem::offset_of!(qipc_vec, count) - 8usize];
};
#[doc = " struct qipc_features - what this module can do\n @abi_version: out, QIPC_ABI_VERSION of the module\n @inline_bytes: out, messages and replies up to this size travel inline\n @features: out, QIPC_FEATURE_* bits\n @channel_flags: out, QIPC_CHF_* bits that QIPC_CHANNEL_CREATE accepts\n @connect_flags: out, QIPC_COF_* bits that QIPC_CONNECT_ATTACH accepts\n @max_parts: out, parts a vector may have\n @reserved: must be 0\n @max_bytes: out, bytes a vector may have in total"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_features {
    pub abi_version: __u32,
    pub inline_bytes: __u32,
    pub features: __u64,
    pub channel_flags: __u64,
    pub connect_flags: __u64,
    pub max_parts: __u32,
    pub reserved: __u32,
    pub max_bytes: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_features"][::core::mem::size_of::<qipc_features>() - 48usize];
    ["Alignment of qipc_features"][::core::mem::align_of::<qipc_features>() - 8usize];
    ["Offset of field: qipc_features::abi_version"]
        [::core::mem::offset_of!(qipc_features, abi_version) - 0usize];
    ["Offset of field: qipc_features::inline_bytes"]
        [::core::mem::offset_of!(qipc_features, inline_bytes) - 4usize];
    ["Offset of field: qipc_features::features"]
        [::core::mem::offset_of!(qipc_features, features) - 8usize];
    ["Offset of field: qipc_features::channel_flags"]
        [::core::mem::offset_of!(qipc_features, channel_flags) - 16usize];
    ["Offset of field: qipc_features::connect_flags"]
        [::core::mem::offset_of!(qipc_features, connect_flags) - 24usize];
    ["Offset of field: qipc_features::max_parts"]
        [::core::mem::offset_of!(qipc_features, max_parts) - 32usize];
    ["Offset of field: qipc_features::reserved"]
        [::core::mem::offset_of!(qipc_features, reserved) - 36usize];
    ["Offset of field: qipc_features::max_bytes"]
        [::core::mem::offset_of!(qipc_features, max_bytes) - 40usize];
};
#[doc = " struct qipc_channel_create - QIPC_CHANNEL_CREATE\n @flags: QIPC_CHF_*\n @chid: out, the new channel, the lowest free number of the process from 1"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_channel_create {
    pub flags: __u32,
    pub chid: __s32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_channel_create"][::core::mem::size_of::<qipc_channel_create>() - 8usize];
    ["Alignment of qipc_channel_create"][::core::mem::align_of::<qipc_channel_create>() - 4usize];
    ["Offset of field: qipc_channel_create::flags"]
        [::core::mem::offset_of!(qipc_channel_create, flags) - 0usize];
    ["Offset of field: qipc_channel_create::chid"]
        [::core::mem::offset_of!(qipc_channel_create, chid) - 4usize];
};
#[doc = " struct qipc_channel_destroy - QIPC_CHANNEL_DESTROY\n @chid: channel of the calling process\n @reserved: must be 0"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_channel_destroy {
    pub chid: __s32,
    pub reserved: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_channel_destroy"][::core::mem::size_of::<qipc_channel_destroy>() - 8usize];
    ["Alignment of qipc_channel_destroy"][::core::mem::align_of::<qipc_channel_destroy>() - 4usize];
    ["Offset of field: qipc_channel_destroy::chid"]
        [::core::mem::offset_of!(qipc_channel_destroy, chid) - 0usize];
    ["Offset of field: qipc_channel_destroy::reserved"]
        [::core::mem::offset_of!(qipc_channel_destroy, reserved) - 4usize];
};
#[doc = " struct qipc_channel_fd - QIPC_CHANNEL_FD\n @chid: channel of the calling process\n @flags: QIPC_FD_CLOEXEC or 0\n\n The ioctl returns the descriptor: EPOLLIN while a message is waiting,\n EPOLLHUP once the channel is gone."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_channel_fd {
    pub chid: __s32,
    pub flags: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_channel_fd"][::core::mem::size_of::<qipc_channel_fd>() - 8usize];
    ["Alignment of qipc_channel_fd"][::core::mem::align_of::<qipc_channel_fd>() - 4usize];
    ["Offset of field: qipc_channel_fd::chid"]
        [::core::mem::offset_of!(qipc_channel_fd, chid) - 0usize];
    ["Offset of field: qipc_channel_fd::flags"]
        [::core::mem::offset_of!(qipc_channel_fd, flags) - 4usize];
};
#[doc = " struct qipc_connect_attach - QIPC_CONNECT_ATTACH\n @nd: node; 0, the local one, is the only node\n @pid: process that owns the channel, in the caller's pid namespace; 0 is the caller\n @chid: channel of that process\n @index: with QIPC_SIDE_CHANNEL a number of the session is returned, other\n         bits have no effect; 0 returns the lowest free file descriptor\n         (fcntl(F_DUPFD) moves it to a higher one)\n @flags: QIPC_COF_*\n @coid: out, the connection"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_connect_attach {
    pub nd: __u32,
    pub pid: __s32,
    pub chid: __s32,
    pub index: __u32,
    pub flags: __u32,
    pub coid: __s32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_connect_attach"][::core::mem::size_of::<qipc_connect_attach>() - 24usize];
    ["Alignment of qipc_connect_attach"][::core::mem::align_of::<qipc_connect_attach>() - 4usize];
    ["Offset of field: qipc_connect_attach::nd"]
        [::core::mem::offset_of!(qipc_connect_attach, nd) - 0usize];
    ["Offset of field: qipc_connect_attach::pid"]
        [::core::mem::offset_of!(qipc_connect_attach, pid) - 4usize];
    ["Offset of field: qipc_connect_attach::chid"]
        [::core::mem::offset_of!(qipc_connect_attach, chid) - 8usize];
    ["Offset of field: qipc_connect_attach::index"]
        [::core::mem::offset_of!(qipc_connect_attach, index) - 12usize];
    ["Offset of field: qipc_connect_attach::flags"]
        [::core::mem::offset_of!(qipc_connect_attach, flags) - 16usize];
    ["Offset of field: qipc_connect_attach::coid"]
        [::core::mem::offset_of!(qipc_connect_attach, coid) - 20usize];
};
#[doc = " struct qipc_connect_detach - QIPC_CONNECT_DETACH\n @coid: on a session: a side-channel connection, which ends.  On a connection\n        descriptor: the caller's name for it; sends of this process that are\n        blocked under this name end, and close() does the rest.\n @reserved: must be 0"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_connect_detach {
    pub coid: __s32,
    pub reserved: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_connect_detach"][::core::mem::size_of::<qipc_connect_detach>() - 8usize];
    ["Alignment of qipc_connect_detach"][::core::mem::align_of::<qipc_connect_detach>() - 4usize];
    ["Offset of field: qipc_connect_detach::coid"]
        [::core::mem::offset_of!(qipc_connect_detach, coid) - 0usize];
    ["Offset of field: qipc_connect_detach::reserved"]
        [::core::mem::offset_of!(qipc_connect_detach, reserved) - 4usize];
};
#[doc = " struct qipc_msg_send - QIPC_MSG_SEND\n @coid: on a session: the side-channel connection.  On a connection\n        descriptor: the caller's name for it (its number), which the server\n        sees in struct qipc_msg_info\n @flags: QIPC_SEND_BUF, QIPC_REPLY_BUF\n @send: memory the message is read from\n @reply: memory the reply is written to\n @status: out, status of the server's reply\n @error: out, 0, or the errno with which the server answered (MsgError)\n @side: out, QIPC_SIDE_*, whose memory was at fault when the call fails with EFAULT\n\n The ioctl returns 0 when the server answered, be it with a reply or with an\n error; it fails only for reasons of the kernel's own."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_msg_send {
    pub coid: __s32,
    pub flags: __u32,
    pub send: qipc_vec,
    pub reply: qipc_vec,
    pub status: __s64,
    pub error: __s32,
    pub side: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_msg_send"][::core::mem::size_of::<qipc_msg_send>() - 56usize];
    ["Alignment of qipc_msg_send"][::core::mem::align_of::<qipc_msg_send>() - 8usize];
    ["Offset of field: qipc_msg_send::coid"][::core::mem::offset_of!(qipc_msg_send, coid) - 0usize];
    ["Offset of field: qipc_msg_send::flags"]
        [::core::mem::offset_of!(qipc_msg_send, flags) - 4usize];
    ["Offset of field: qipc_msg_send::send"][::core::mem::offset_of!(qipc_msg_send, send) - 8usize];
    ["Offset of field: qipc_msg_send::reply"]
        [::core::mem::offset_of!(qipc_msg_send, reply) - 24usize];
    ["Offset of field: qipc_msg_send::status"]
        [::core::mem::offset_of!(qipc_msg_send, status) - 40usize];
    ["Offset of field: qipc_msg_send::error"]
        [::core::mem::offset_of!(qipc_msg_send, error) - 48usize];
    ["Offset of field: qipc_msg_send::side"]
        [::core::mem::offset_of!(qipc_msg_send, side) - 52usize];
};
#[doc = " struct qipc_msg_info - who sent a message, and how much\n @nd: node of the client: 0\n @srcnd: node of the server as the client sees it: 0\n @pid: process of the client, in the reader's pid namespace; 0 if it has none there\n @tid: thread of the client, likewise\n @chid: channel the message came in on\n @scoid: the server's name for the client's connection to this channel\n @coid: the client's own name for the connection\n @priority: priority of the client at the time of the send: 1 to 99 for the\n            real-time policies, 0 for the others\n @flags: 0\n @msglen: bytes that were copied when the message was received\n @srcmsglen: bytes the client offers\n @dstmsglen: bytes the client has room for in the reply\n @type_id: 0\n @reserved: 0"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_msg_info {
    pub nd: __u32,
    pub srcnd: __u32,
    pub pid: __s32,
    pub tid: __s32,
    pub chid: __s32,
    pub scoid: __s32,
    pub coid: __s32,
    pub priority: __s16,
    pub flags: __u16,
    pub msglen: __s64,
    pub srcmsglen: __s64,
    pub dstmsglen: __s64,
    pub type_id: __u32,
    pub reserved: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_msg_info"][::core::mem::size_of::<qipc_msg_info>() - 64usize];
    ["Alignment of qipc_msg_info"][::core::mem::align_of::<qipc_msg_info>() - 8usize];
    ["Offset of field: qipc_msg_info::nd"][::core::mem::offset_of!(qipc_msg_info, nd) - 0usize];
    ["Offset of field: qipc_msg_info::srcnd"]
        [::core::mem::offset_of!(qipc_msg_info, srcnd) - 4usize];
    ["Offset of field: qipc_msg_info::pid"][::core::mem::offset_of!(qipc_msg_info, pid) - 8usize];
    ["Offset of field: qipc_msg_info::tid"][::core::mem::offset_of!(qipc_msg_info, tid) - 12usize];
    ["Offset of field: qipc_msg_info::chid"]
        [::core::mem::offset_of!(qipc_msg_info, chid) - 16usize];
    ["Offset of field: qipc_msg_info::scoid"]
        [::core::mem::offset_of!(qipc_msg_info, scoid) - 20usize];
    ["Offset of field: qipc_msg_info::coid"]
        [::core::mem::offset_of!(qipc_msg_info, coid) - 24usize];
    ["Offset of field: qipc_msg_info::priority"]
        [::core::mem::offset_of!(qipc_msg_info, priority) - 28usize];
    ["Offset of field: qipc_msg_info::flags"]
        [::core::mem::offset_of!(qipc_msg_info, flags) - 30usize];
    ["Offset of field: qipc_msg_info::msglen"]
        [::core::mem::offset_of!(qipc_msg_info, msglen) - 32usize];
    ["Offset of field: qipc_msg_info::srcmsglen"]
        [::core::mem::offset_of!(qipc_msg_info, srcmsglen) - 40usize];
    ["Offset of field: qipc_msg_info::dstmsglen"]
        [::core::mem::offset_of!(qipc_msg_info, dstmsglen) - 48usize];
    ["Offset of field: qipc_msg_info::type_id"]
        [::core::mem::offset_of!(qipc_msg_info, type_id) - 56usize];
    ["Offset of field: qipc_msg_info::reserved"]
        [::core::mem::offset_of!(qipc_msg_info, reserved) - 60usize];
};
#[doc = " struct qipc_msg_receive - QIPC_MSG_RECEIVE\n @chid: channel of the calling process\n @flags: QIPC_BUF, QIPC_NONBLOCK\n @vec: memory the message is written to\n @rcvid: out, positive name of the received message, for the calls below\n @info: out"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_msg_receive {
    pub chid: __s32,
    pub flags: __u32,
    pub vec: qipc_vec,
    pub rcvid: __s64,
    pub info: qipc_msg_info,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_msg_receive"][::core::mem::size_of::<qipc_msg_receive>() - 96usize];
    ["Alignment of qipc_msg_receive"][::core::mem::align_of::<qipc_msg_receive>() - 8usize];
    ["Offset of field: qipc_msg_receive::chid"]
        [::core::mem::offset_of!(qipc_msg_receive, chid) - 0usize];
    ["Offset of field: qipc_msg_receive::flags"]
        [::core::mem::offset_of!(qipc_msg_receive, flags) - 4usize];
    ["Offset of field: qipc_msg_receive::vec"]
        [::core::mem::offset_of!(qipc_msg_receive, vec) - 8usize];
    ["Offset of field: qipc_msg_receive::rcvid"]
        [::core::mem::offset_of!(qipc_msg_receive, rcvid) - 24usize];
    ["Offset of field: qipc_msg_receive::info"]
        [::core::mem::offset_of!(qipc_msg_receive, info) - 32usize];
};
#[doc = " struct qipc_msg_reply - QIPC_MSG_REPLY\n @rcvid: message to answer\n @status: what the client's send returns, any value\n @vec: memory the reply is read from\n @flags: QIPC_BUF\n @side: out, QIPC_SIDE_*; after a fault of either side the client was\n        unblocked all the same.  Any other error leaves it blocked."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_msg_reply {
    pub rcvid: __s64,
    pub status: __s64,
    pub vec: qipc_vec,
    pub flags: __u32,
    pub side: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_msg_reply"][::core::mem::size_of::<qipc_msg_reply>() - 40usize];
    ["Alignment of qipc_msg_reply"][::core::mem::align_of::<qipc_msg_reply>() - 8usize];
    ["Offset of field: qipc_msg_reply::rcvid"]
        [::core::mem::offset_of!(qipc_msg_reply, rcvid) - 0usize];
    ["Offset of field: qipc_msg_reply::status"]
        [::core::mem::offset_of!(qipc_msg_reply, status) - 8usize];
    ["Offset of field: qipc_msg_reply::vec"]
        [::core::mem::offset_of!(qipc_msg_reply, vec) - 16usize];
    ["Offset of field: qipc_msg_reply::flags"]
        [::core::mem::offset_of!(qipc_msg_reply, flags) - 32usize];
    ["Offset of field: qipc_msg_reply::side"]
        [::core::mem::offset_of!(qipc_msg_reply, side) - 36usize];
};
#[doc = " struct qipc_msg_error - QIPC_MSG_ERROR\n @rcvid: message to answer\n @error: errno for the client, 0 to 4095; 0 is a reply with status 0, and\n         ERESTART makes the client send its message again\n @reserved: must be 0"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_msg_error {
    pub rcvid: __s64,
    pub error: __s32,
    pub reserved: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_msg_error"][::core::mem::size_of::<qipc_msg_error>() - 16usize];
    ["Alignment of qipc_msg_error"][::core::mem::align_of::<qipc_msg_error>() - 8usize];
    ["Offset of field: qipc_msg_error::rcvid"]
        [::core::mem::offset_of!(qipc_msg_error, rcvid) - 0usize];
    ["Offset of field: qipc_msg_error::error"]
        [::core::mem::offset_of!(qipc_msg_error, error) - 8usize];
    ["Offset of field: qipc_msg_error::reserved"]
        [::core::mem::offset_of!(qipc_msg_error, reserved) - 12usize];
};
#[doc = " struct qipc_msg_transfer - QIPC_MSG_READ and QIPC_MSG_WRITE\n @rcvid: message, not answered yet\n @offset: offset into the client's message (read) or reply memory (write)\n @vec: memory of the caller\n @bytes: out, bytes copied; 0 when @offset lies at or behind the end\n @flags: QIPC_BUF\n @side: out, QIPC_SIDE_*"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_msg_transfer {
    pub rcvid: __s64,
    pub offset: __u64,
    pub vec: qipc_vec,
    pub bytes: __s64,
    pub flags: __u32,
    pub side: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_msg_transfer"][::core::mem::size_of::<qipc_msg_transfer>() - 48usize];
    ["Alignment of qipc_msg_transfer"][::core::mem::align_of::<qipc_msg_transfer>() - 8usize];
    ["Offset of field: qipc_msg_transfer::rcvid"]
        [::core::mem::offset_of!(qipc_msg_transfer, rcvid) - 0usize];
    ["Offset of field: qipc_msg_transfer::offset"]
        [::core::mem::offset_of!(qipc_msg_transfer, offset) - 8usize];
    ["Offset of field: qipc_msg_transfer::vec"]
        [::core::mem::offset_of!(qipc_msg_transfer, vec) - 16usize];
    ["Offset of field: qipc_msg_transfer::bytes"]
        [::core::mem::offset_of!(qipc_msg_transfer, bytes) - 32usize];
    ["Offset of field: qipc_msg_transfer::flags"]
        [::core::mem::offset_of!(qipc_msg_transfer, flags) - 40usize];
    ["Offset of field: qipc_msg_transfer::side"]
        [::core::mem::offset_of!(qipc_msg_transfer, side) - 44usize];
};
#[doc = " struct qipc_msg_info_get - QIPC_MSG_INFO\n @rcvid: message, not answered yet\n @info: out"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_msg_info_get {
    pub rcvid: __s64,
    pub info: qipc_msg_info,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_msg_info_get"][::core::mem::size_of::<qipc_msg_info_get>() - 72usize];
    ["Alignment of qipc_msg_info_get"][::core::mem::align_of::<qipc_msg_info_get>() - 8usize];
    ["Offset of field: qipc_msg_info_get::rcvid"]
        [::core::mem::offset_of!(qipc_msg_info_get, rcvid) - 0usize];
    ["Offset of field: qipc_msg_info_get::info"]
        [::core::mem::offset_of!(qipc_msg_info_get, info) - 8usize];
};
#[doc = " struct qipc_msg_reply_receive - QIPC_MSG_REPLY_RECEIVE\n @reply: as in QIPC_MSG_REPLY; with rcvid 0 nothing is answered\n @reply_error: out, errno of the reply, 0 when it was fine\n @reserved: must be 0\n @receive: as in QIPC_MSG_RECEIVE\n\n Answers one message and waits for the next.  Arguments that are wrong in\n themselves fail the call before anything is done.  After that the reply is\n made, its result is in @reply_error and reply.side, and the receive follows\n whatever that result is; the result of the ioctl is the receive's."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_msg_reply_receive {
    pub reply: qipc_msg_reply,
    pub reply_error: __s32,
    pub reserved: __u32,
    pub receive: qipc_msg_receive,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_msg_reply_receive"][::core::mem::size_of::<qipc_msg_reply_receive>() - 144usize];
    ["Alignment of qipc_msg_reply_receive"]
        [::core::mem::align_of::<qipc_msg_reply_receive>() - 8usize];
    ["Offset of field: qipc_msg_reply_receive::reply"]
        [::core::mem::offset_of!(qipc_msg_reply_receive, reply) - 0usize];
    ["Offset of field: qipc_msg_reply_receive::reply_error"]
        [::core::mem::offset_of!(qipc_msg_reply_receive, reply_error) - 40usize];
    ["Offset of field: qipc_msg_reply_receive::reserved"]
        [::core::mem::offset_of!(qipc_msg_reply_receive, reserved) - 44usize];
    ["Offset of field: qipc_msg_reply_receive::receive"]
        [::core::mem::offset_of!(qipc_msg_reply_receive, receive) - 48usize];
};
