// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Generated from uapi/linux/qipc.h by tools/gen-bindings; do not edit.

pub const QIPC_ABI_VERSION: u32 = 2;
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
pub const QIPC_FEATURE_PULSE: u32 = 32;
pub const QIPC_FEATURE_TIMEOUT: u32 = 64;
pub const QIPC_FEATURE_EVENT: u32 = 128;
pub const QIPC_FEATURE_TIMER: u32 = 256;
pub const QIPC_FEATURE_PRIORITY: u32 = 512;
pub const QIPC_FEATURE_NAME: u32 = 1024;
pub const QIPC_FEATURE_ACCESS: u32 = 2048;
pub const QIPC_FEATURE_CONNECT_INFO: u32 = 4096;
pub const QIPC_CHF_FIXED_PRIORITY: u32 = 1;
pub const QIPC_CHF_UNBLOCK: u32 = 2;
pub const QIPC_CHF_THREAD_DEATH: u32 = 4;
pub const QIPC_CHF_DISCONNECT: u32 = 8;
pub const QIPC_CHF_SENDER_LEN: u32 = 32;
pub const QIPC_CHF_COID_DISCONNECT: u32 = 64;
pub const QIPC_CHF_REPLY_LEN: u32 = 128;
pub const QIPC_CHF_PULSE_POOL: u32 = 256;
pub const QIPC_CHF_PRIVATE: u32 = 4096;
pub const QIPC_CHF_INHERIT_RUNMASK: u32 = 16384;
pub const QIPC_CHF_FREE_PLACEMENT: u32 = 16777216;
pub const QIPC_COF_CLOEXEC: u32 = 1;
pub const QIPC_COF_DEAD: u32 = 2;
pub const QIPC_COF_NOINHERIT: u32 = 4;
pub const QIPC_COF_NOSHARE: u32 = 64;
pub const QIPC_COF_NOEVENT: u32 = 2048;
pub const QIPC_COF_REG_EVENTS: u32 = 8192;
pub const QIPC_EVENT_NONE: u32 = 0;
pub const QIPC_EVENT_SIGNAL: u32 = 1;
pub const QIPC_EVENT_SIGNAL_CODE: u32 = 2;
pub const QIPC_EVENT_SIGNAL_THREAD: u32 = 3;
pub const QIPC_EVENT_PULSE: u32 = 4;
pub const QIPC_EVENT_UNBLOCK: u32 = 5;
pub const QIPC_EVENT_SEM: u32 = 9;
pub const QIPC_EVENT_KIND: u32 = 255;
pub const QIPC_EVENT_UPDATEABLE: u32 = 1024;
pub const QIPC_EVENT_HANDLE: u32 = 8192;
pub const QIPC_TIMEOUT_SEND: u32 = 16;
pub const QIPC_TIMEOUT_RECEIVE: u32 = 32;
pub const QIPC_TIMEOUT_REPLY: u32 = 64;
pub const QIPC_TIME_ABSOLUTE: u32 = 1;
pub const QIPC_ACCESS_MODE: u32 = 1;
pub const QIPC_ACCESS_UID: u32 = 2;
pub const QIPC_ACCESS_GID: u32 = 4;
pub const QIPC_ACCESS_CEILING: u32 = 8;
pub const QIPC_FD_CLOEXEC: u32 = 1;
pub const QIPC_SERVER_INFO_LIVE: u32 = 1;
pub const QIPC_NAME_ACCESS: u32 = 1;
pub const QIPC_NAME_MAX: u32 = 1023;
pub const QIPC_NAME_COMPONENT_MAX: u32 = 255;
pub const QIPC_SEND_BUF: u32 = 1;
pub const QIPC_REPLY_BUF: u32 = 2;
pub const QIPC_BUF: u32 = 1;
pub const QIPC_NONBLOCK: u32 = 4;
pub const QIPC_PULSE_ONLY: u32 = 8;
pub const QIPC_MI_UNBLOCK_REQ: u32 = 256;
pub const QIPC_PULSE_UNBLOCK: i32 = -32;
pub const QIPC_PULSE_DISCONNECT: i32 = -33;
pub const QIPC_PULSE_THREADDEATH: i32 = -34;
pub const QIPC_PULSE_COIDDEATH: i32 = -35;
pub const QIPC_EVENT_VERIFY: u32 = 1;
pub const QIPC_EVENT_ANY_SERVER: i32 = -1;
pub const QIPC_EVENT_SELF: i32 = -2;
pub const QIPC_BENCH_WAKE: u32 = 1;
pub const QIPC_BENCH_SLEEP: u32 = 2;
pub const QIPC_IOC_TYPE: u8 = 113u8;
pub const QIPC_GET_FEATURES: u32 = 3224400160;
pub const QIPC_CHANNEL_CREATE: u32 = 3222827297;
pub const QIPC_CHANNEL_DESTROY: u32 = 1074295074;
pub const QIPC_CHANNEL_FD: u32 = 1074295075;
pub const QIPC_CONNECT_ATTACH: u32 = 3222827300;
pub const QIPC_CONNECT_DETACH: u32 = 1074295077;
pub const QIPC_MSG_SEND: u32 = 3225448744;
pub const QIPC_MSG_RECEIVE: u32 = 3228070185;
pub const QIPC_MSG_REPLY: u32 = 3223875882;
pub const QIPC_MSG_ERROR: u32 = 1074819371;
pub const QIPC_MSG_READ: u32 = 3224400172;
pub const QIPC_MSG_WRITE: u32 = 3224400173;
pub const QIPC_MSG_INFO: u32 = 3225973038;
pub const QIPC_MSG_REPLY_RECEIVE: u32 = 3231215919;
pub const QIPC_PULSE_SEND: u32 = 1075343664;
pub const QIPC_MSG_CURRENT: u32 = 1074295089;
pub const QIPC_EVENT_DELIVER: u32 = 1076392242;
pub const QIPC_EVENT_REGISTER: u32 = 3223351603;
pub const QIPC_EVENT_UNREGISTER: u32 = 1074295092;
pub const QIPC_TIMER_CREATE: u32 = 3223351605;
pub const QIPC_TIMER_SETTIME: u32 = 3223875894;
pub const QIPC_TIMER_GETTIME: u32 = 3223351607;
pub const QIPC_TIMER_DELETE: u32 = 1074295096;
pub const QIPC_NAME_ATTACH: u32 = 1075867961;
pub const QIPC_NAME_DETACH: u32 = 1074819386;
pub const QIPC_NAME_OPEN: u32 = 3222827323;
pub const QIPC_CONNECT_FLAGS: u32 = 3222827324;
pub const QIPC_CONNECT_SERVER_INFO: u32 = 3223875901;
pub const QIPC_CONNECT_CLIENT_INFO: u32 = 3225448766;
pub const QIPC_CHANNEL_ACCESS: u32 = 3222827327;
pub const QIPC_BENCH_PAIR: u32 = 1074295166;
pub const QIPC_BENCH_SWITCH: u32 = 29055;
pub type __s8 = ::core::ffi::c_schar;
pub type __u8 = ::core::ffi::c_uchar;
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
#[doc = " struct qipc_event - something that happens to a process\n @notify: QIPC_EVENT_* and flags\n @target: PULSE: coid of the process it is delivered to; SIGNAL, SIGNAL_CODE,\n          SIGNAL_THREAD: number of the signal; SEM: eventfd of the caller;\n          with the flag HANDLE: the handle\n @value: PULSE, SIGNAL_CODE, SIGNAL_THREAD: the value that comes with it\n @code: PULSE: the code; SIGNAL_CODE, SIGNAL_THREAD: si_code, not above 0\n @priority: PULSE: 0 to 99, or -1 for that of whoever delivers it\n @reserved: must be 0"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_event {
    pub notify: __u32,
    pub target: __s32,
    pub value: __u64,
    pub code: __s16,
    pub priority: __s16,
    pub reserved: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_event"][::core::mem::size_of::<qipc_event>() - 24usize];
    ["Alignment of qipc_event"][::core::mem::align_of::<qipc_event>() - 8usize];
    ["Offset of field: qipc_event::notify"][::core::mem::offset_of!(qipc_event, notify) - 0usize];
    ["Offset of field: qipc_event::target"][::core::mem::offset_of!(qipc_event, target) - 4usize];
    ["Offset of field: qipc_event::value"][::core::mem::offset_of!(qipc_event, value) - 8usize];
    ["Offset of field: qipc_event::code"][::core::mem::offset_of!(qipc_event, code) - 16usize];
    ["Offset of field: qipc_event::priority"]
        [::core::mem::offset_of!(qipc_event, priority) - 18usize];
    ["Offset of field: qipc_event::reserved"]
        [::core::mem::offset_of!(qipc_event, reserved) - 20usize];
};
#[doc = " struct qipc_timeout - deadline of one blocking call\n @states: QIPC_TIMEOUT_*; in other states the call waits on\n @flags: QIPC_TIME_ABSOLUTE\n @clock: CLOCK_REALTIME, CLOCK_MONOTONIC or CLOCK_BOOTTIME\n @reserved: must be 0\n @time: nanoseconds; 0, or a time that has passed, is now: the call does not\n        block in these states\n @event: user address of the struct qipc_event that happens to the caller at\n         that time, or 0 for QIPC_EVENT_UNBLOCK, the only one that ends the\n         call (ETIMEDOUT)\n\n One deadline holds for all the states of a call."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_timeout {
    pub states: __u32,
    pub flags: __u32,
    pub clock: __s32,
    pub reserved: __u32,
    pub time: __u64,
    pub event: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_timeout"][::core::mem::size_of::<qipc_timeout>() - 32usize];
    ["Alignment of qipc_timeout"][::core::mem::align_of::<qipc_timeout>() - 8usize];
    ["Offset of field: qipc_timeout::states"]
        [::core::mem::offset_of!(qipc_timeout, states) - 0usize];
    ["Offset of field: qipc_timeout::flags"][::core::mem::offset_of!(qipc_timeout, flags) - 4usize];
    ["Offset of field: qipc_timeout::clock"][::core::mem::offset_of!(qipc_timeout, clock) - 8usize];
    ["Offset of field: qipc_timeout::reserved"]
        [::core::mem::offset_of!(qipc_timeout, reserved) - 12usize];
    ["Offset of field: qipc_timeout::time"][::core::mem::offset_of!(qipc_timeout, time) - 16usize];
    ["Offset of field: qipc_timeout::event"]
        [::core::mem::offset_of!(qipc_timeout, event) - 24usize];
};
#[doc = " struct qipc_channel_create - QIPC_CHANNEL_CREATE\n @flags: QIPC_CHF_*\n @chid: out, the new channel, the lowest free number of the process from 1\n @num_pulses: with PULSE_POOL: how many pulses can be queued; else 0\n @rearm: with PULSE_POOL: @event can come again once fewer pulses than this\n         are queued; above @num_pulses: it always can\n @event: with PULSE_POOL: user address of the struct qipc_event that happens\n         to the caller when a pulse finds the pool full, or 0 for SIGKILL\n\n First version: up to and with @chid."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_channel_create {
    pub flags: __u32,
    pub chid: __s32,
    pub num_pulses: __u32,
    pub rearm: __u32,
    pub event: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_channel_create"][::core::mem::size_of::<qipc_channel_create>() - 24usize];
    ["Alignment of qipc_channel_create"][::core::mem::align_of::<qipc_channel_create>() - 8usize];
    ["Offset of field: qipc_channel_create::flags"]
        [::core::mem::offset_of!(qipc_channel_create, flags) - 0usize];
    ["Offset of field: qipc_channel_create::chid"]
        [::core::mem::offset_of!(qipc_channel_create, chid) - 4usize];
    ["Offset of field: qipc_channel_create::num_pulses"]
        [::core::mem::offset_of!(qipc_channel_create, num_pulses) - 8usize];
    ["Offset of field: qipc_channel_create::rearm"]
        [::core::mem::offset_of!(qipc_channel_create, rearm) - 12usize];
    ["Offset of field: qipc_channel_create::event"]
        [::core::mem::offset_of!(qipc_channel_create, event) - 16usize];
};
#[doc = " struct qipc_channel_access - QIPC_CHANNEL_ACCESS\n @chid: channel of the calling process\n @set: QIPC_ACCESS_*: what to change; 0 only reads\n @mode: in and out, who may connect: the write bits of 0777 for owner, group\n        and others; 0600 for a new channel\n @uid: in and out, owner, in the caller's user namespace\n @gid: in and out, group, in the caller's user namespace\n @ceiling: in and out, highest priority, 0 to 99, that clients can lift the\n           threads of the channel to; for a new channel what its maker may\n           give itself: 99 with CAP_SYS_NICE, else RLIMIT_RTPRIO"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_channel_access {
    pub chid: __s32,
    pub set: __u32,
    pub mode: __u32,
    pub uid: __u32,
    pub gid: __u32,
    pub ceiling: __s32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_channel_access"][::core::mem::size_of::<qipc_channel_access>() - 24usize];
    ["Alignment of qipc_channel_access"][::core::mem::align_of::<qipc_channel_access>() - 4usize];
    ["Offset of field: qipc_channel_access::chid"]
        [::core::mem::offset_of!(qipc_channel_access, chid) - 0usize];
    ["Offset of field: qipc_channel_access::set"]
        [::core::mem::offset_of!(qipc_channel_access, set) - 4usize];
    ["Offset of field: qipc_channel_access::mode"]
        [::core::mem::offset_of!(qipc_channel_access, mode) - 8usize];
    ["Offset of field: qipc_channel_access::uid"]
        [::core::mem::offset_of!(qipc_channel_access, uid) - 12usize];
    ["Offset of field: qipc_channel_access::gid"]
        [::core::mem::offset_of!(qipc_channel_access, gid) - 16usize];
    ["Offset of field: qipc_channel_access::ceiling"]
        [::core::mem::offset_of!(qipc_channel_access, ceiling) - 20usize];
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
#[doc = " struct qipc_channel_fd - QIPC_CHANNEL_FD\n @chid: channel of the calling process\n @flags: QIPC_FD_CLOEXEC or 0\n\n The ioctl returns the descriptor: EPOLLIN while a message or pulse is waiting,\n EPOLLHUP once the channel is gone."]
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
#[doc = " struct qipc_connect_flags - QIPC_CONNECT_FLAGS\n @pid: 0, or the calling process\n @coid: side-channel connection\n @mask: which QIPC_COF_* to change; only CLOEXEC can be\n @bits: what to change them to\n @old: out, flags before the call\n @reserved: must be 0"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_connect_flags {
    pub pid: __s32,
    pub coid: __s32,
    pub mask: __u32,
    pub bits: __u32,
    pub old: __u32,
    pub reserved: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_connect_flags"][::core::mem::size_of::<qipc_connect_flags>() - 24usize];
    ["Alignment of qipc_connect_flags"][::core::mem::align_of::<qipc_connect_flags>() - 4usize];
    ["Offset of field: qipc_connect_flags::pid"]
        [::core::mem::offset_of!(qipc_connect_flags, pid) - 0usize];
    ["Offset of field: qipc_connect_flags::coid"]
        [::core::mem::offset_of!(qipc_connect_flags, coid) - 4usize];
    ["Offset of field: qipc_connect_flags::mask"]
        [::core::mem::offset_of!(qipc_connect_flags, mask) - 8usize];
    ["Offset of field: qipc_connect_flags::bits"]
        [::core::mem::offset_of!(qipc_connect_flags, bits) - 12usize];
    ["Offset of field: qipc_connect_flags::old"]
        [::core::mem::offset_of!(qipc_connect_flags, old) - 16usize];
    ["Offset of field: qipc_connect_flags::reserved"]
        [::core::mem::offset_of!(qipc_connect_flags, reserved) - 20usize];
};
#[doc = " struct qipc_server_info - where a connection leads\n @nd: 0\n @pid: process of the server, in the caller's pid namespace\n @chid: its channel\n @scoid: what the server calls the client\n @coid: the connection\n @flags: QIPC_COF_* of the connection; DEAD if the channel is gone"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_server_info {
    pub nd: __u32,
    pub pid: __s32,
    pub chid: __s32,
    pub scoid: __s32,
    pub coid: __s32,
    pub flags: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_server_info"][::core::mem::size_of::<qipc_server_info>() - 24usize];
    ["Alignment of qipc_server_info"][::core::mem::align_of::<qipc_server_info>() - 4usize];
    ["Offset of field: qipc_server_info::nd"]
        [::core::mem::offset_of!(qipc_server_info, nd) - 0usize];
    ["Offset of field: qipc_server_info::pid"]
        [::core::mem::offset_of!(qipc_server_info, pid) - 4usize];
    ["Offset of field: qipc_server_info::chid"]
        [::core::mem::offset_of!(qipc_server_info, chid) - 8usize];
    ["Offset of field: qipc_server_info::scoid"]
        [::core::mem::offset_of!(qipc_server_info, scoid) - 12usize];
    ["Offset of field: qipc_server_info::coid"]
        [::core::mem::offset_of!(qipc_server_info, coid) - 16usize];
    ["Offset of field: qipc_server_info::flags"]
        [::core::mem::offset_of!(qipc_server_info, flags) - 20usize];
};
#[doc = " struct qipc_connect_server_info - QIPC_CONNECT_SERVER_INFO\n @pid: process whose connections are looked at, 0 is the caller; that of\n       another user needs CAP_IPC_OWNER\n @coid: on a session: where to start; the side-channel connection of this\n        number, or the next one above it, is described.  On a connection\n        descriptor: the caller's name for it, which is reported back\n @flags: QIPC_SERVER_INFO_LIVE\n @reserved: must be 0\n @info: out"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_connect_server_info {
    pub pid: __s32,
    pub coid: __s32,
    pub flags: __u32,
    pub reserved: __u32,
    pub info: qipc_server_info,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_connect_server_info"]
        [::core::mem::size_of::<qipc_connect_server_info>() - 40usize];
    ["Alignment of qipc_connect_server_info"]
        [::core::mem::align_of::<qipc_connect_server_info>() - 4usize];
    ["Offset of field: qipc_connect_server_info::pid"]
        [::core::mem::offset_of!(qipc_connect_server_info, pid) - 0usize];
    ["Offset of field: qipc_connect_server_info::coid"]
        [::core::mem::offset_of!(qipc_connect_server_info, coid) - 4usize];
    ["Offset of field: qipc_connect_server_info::flags"]
        [::core::mem::offset_of!(qipc_connect_server_info, flags) - 8usize];
    ["Offset of field: qipc_connect_server_info::reserved"]
        [::core::mem::offset_of!(qipc_connect_server_info, reserved) - 12usize];
    ["Offset of field: qipc_connect_server_info::info"]
        [::core::mem::offset_of!(qipc_connect_server_info, info) - 16usize];
};
#[doc = " struct qipc_client_info - who a client is, since it connected\n @nd: 0\n @pid: its process, in the caller's pid namespace\n @sid: its session, likewise; 0 once it has ended\n @flags: 0\n @ruid: user and group ids, in the caller's user namespace\n @euid: likewise\n @suid: likewise\n @rgid: likewise\n @egid: likewise\n @sgid: likewise\n @ngroups: how many supplementary groups it has\n @reserved: 0"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_client_info {
    pub nd: __u32,
    pub pid: __s32,
    pub sid: __s32,
    pub flags: __u32,
    pub ruid: __u32,
    pub euid: __u32,
    pub suid: __u32,
    pub rgid: __u32,
    pub egid: __u32,
    pub sgid: __u32,
    pub ngroups: __u32,
    pub reserved: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_client_info"][::core::mem::size_of::<qipc_client_info>() - 48usize];
    ["Alignment of qipc_client_info"][::core::mem::align_of::<qipc_client_info>() - 4usize];
    ["Offset of field: qipc_client_info::nd"]
        [::core::mem::offset_of!(qipc_client_info, nd) - 0usize];
    ["Offset of field: qipc_client_info::pid"]
        [::core::mem::offset_of!(qipc_client_info, pid) - 4usize];
    ["Offset of field: qipc_client_info::sid"]
        [::core::mem::offset_of!(qipc_client_info, sid) - 8usize];
    ["Offset of field: qipc_client_info::flags"]
        [::core::mem::offset_of!(qipc_client_info, flags) - 12usize];
    ["Offset of field: qipc_client_info::ruid"]
        [::core::mem::offset_of!(qipc_client_info, ruid) - 16usize];
    ["Offset of field: qipc_client_info::euid"]
        [::core::mem::offset_of!(qipc_client_info, euid) - 20usize];
    ["Offset of field: qipc_client_info::suid"]
        [::core::mem::offset_of!(qipc_client_info, suid) - 24usize];
    ["Offset of field: qipc_client_info::rgid"]
        [::core::mem::offset_of!(qipc_client_info, rgid) - 28usize];
    ["Offset of field: qipc_client_info::egid"]
        [::core::mem::offset_of!(qipc_client_info, egid) - 32usize];
    ["Offset of field: qipc_client_info::sgid"]
        [::core::mem::offset_of!(qipc_client_info, sgid) - 36usize];
    ["Offset of field: qipc_client_info::ngroups"]
        [::core::mem::offset_of!(qipc_client_info, ngroups) - 40usize];
    ["Offset of field: qipc_client_info::reserved"]
        [::core::mem::offset_of!(qipc_client_info, reserved) - 44usize];
};
#[doc = " struct qipc_connect_client_info - QIPC_CONNECT_CLIENT_INFO\n @scoid: client of a channel of the calling process, -1 for the caller itself\n @max_groups: room at @groups\n @groups: user address of an array of __u32 that gets the supplementary\n          groups, as many as there is room for\n @info: out"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_connect_client_info {
    pub scoid: __s32,
    pub max_groups: __u32,
    pub groups: __u64,
    pub info: qipc_client_info,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_connect_client_info"]
        [::core::mem::size_of::<qipc_connect_client_info>() - 64usize];
    ["Alignment of qipc_connect_client_info"]
        [::core::mem::align_of::<qipc_connect_client_info>() - 8usize];
    ["Offset of field: qipc_connect_client_info::scoid"]
        [::core::mem::offset_of!(qipc_connect_client_info, scoid) - 0usize];
    ["Offset of field: qipc_connect_client_info::max_groups"]
        [::core::mem::offset_of!(qipc_connect_client_info, max_groups) - 4usize];
    ["Offset of field: qipc_connect_client_info::groups"]
        [::core::mem::offset_of!(qipc_connect_client_info, groups) - 8usize];
    ["Offset of field: qipc_connect_client_info::info"]
        [::core::mem::offset_of!(qipc_connect_client_info, info) - 16usize];
};
#[doc = " struct qipc_name_attach - QIPC_NAME_ATTACH\n @chid: channel of the calling process\n @flags: QIPC_NAME_ACCESS or 0\n @mode: with ACCESS: as in struct qipc_channel_access, set before the name is seen\n @uid: likewise; 0xffffffff leaves it\n @gid: likewise; 0xffffffff leaves it\n @length: bytes of the name\n @name: user address of the name: components of any bytes but 0, separated by\n        single slashes, none of them \".\" or \"..\"; no slash at either end\n\n A name belongs to the IPC namespace of the caller, and goes with its channel."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_name_attach {
    pub chid: __s32,
    pub flags: __u32,
    pub mode: __u32,
    pub uid: __u32,
    pub gid: __u32,
    pub length: __u32,
    pub name: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_name_attach"][::core::mem::size_of::<qipc_name_attach>() - 32usize];
    ["Alignment of qipc_name_attach"][::core::mem::align_of::<qipc_name_attach>() - 8usize];
    ["Offset of field: qipc_name_attach::chid"]
        [::core::mem::offset_of!(qipc_name_attach, chid) - 0usize];
    ["Offset of field: qipc_name_attach::flags"]
        [::core::mem::offset_of!(qipc_name_attach, flags) - 4usize];
    ["Offset of field: qipc_name_attach::mode"]
        [::core::mem::offset_of!(qipc_name_attach, mode) - 8usize];
    ["Offset of field: qipc_name_attach::uid"]
        [::core::mem::offset_of!(qipc_name_attach, uid) - 12usize];
    ["Offset of field: qipc_name_attach::gid"]
        [::core::mem::offset_of!(qipc_name_attach, gid) - 16usize];
    ["Offset of field: qipc_name_attach::length"]
        [::core::mem::offset_of!(qipc_name_attach, length) - 20usize];
    ["Offset of field: qipc_name_attach::name"]
        [::core::mem::offset_of!(qipc_name_attach, name) - 24usize];
};
#[doc = " struct qipc_name_detach - QIPC_NAME_DETACH\n @length: bytes of the name\n @reserved: must be 0\n @name: user address of the name, of a channel of the calling process"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_name_detach {
    pub length: __u32,
    pub reserved: __u32,
    pub name: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_name_detach"][::core::mem::size_of::<qipc_name_detach>() - 16usize];
    ["Alignment of qipc_name_detach"][::core::mem::align_of::<qipc_name_detach>() - 8usize];
    ["Offset of field: qipc_name_detach::length"]
        [::core::mem::offset_of!(qipc_name_detach, length) - 0usize];
    ["Offset of field: qipc_name_detach::reserved"]
        [::core::mem::offset_of!(qipc_name_detach, reserved) - 4usize];
    ["Offset of field: qipc_name_detach::name"]
        [::core::mem::offset_of!(qipc_name_detach, name) - 8usize];
};
#[doc = " struct qipc_name_open - QIPC_NAME_OPEN\n @length: bytes of the name\n @flags: QIPC_COF_*\n @name: user address of the name\n @coid: out, a side-channel connection to the channel of that name\n @reserved: must be 0"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_name_open {
    pub length: __u32,
    pub flags: __u32,
    pub name: __u64,
    pub coid: __s32,
    pub reserved: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_name_open"][::core::mem::size_of::<qipc_name_open>() - 24usize];
    ["Alignment of qipc_name_open"][::core::mem::align_of::<qipc_name_open>() - 8usize];
    ["Offset of field: qipc_name_open::length"]
        [::core::mem::offset_of!(qipc_name_open, length) - 0usize];
    ["Offset of field: qipc_name_open::flags"]
        [::core::mem::offset_of!(qipc_name_open, flags) - 4usize];
    ["Offset of field: qipc_name_open::name"]
        [::core::mem::offset_of!(qipc_name_open, name) - 8usize];
    ["Offset of field: qipc_name_open::coid"]
        [::core::mem::offset_of!(qipc_name_open, coid) - 16usize];
    ["Offset of field: qipc_name_open::reserved"]
        [::core::mem::offset_of!(qipc_name_open, reserved) - 20usize];
};
#[doc = " struct qipc_msg_send - QIPC_MSG_SEND\n @coid: on a session: the side-channel connection.  On a connection\n        descriptor: the caller's name for it (its number), which the server\n        sees in struct qipc_msg_info\n @flags: QIPC_SEND_BUF, QIPC_REPLY_BUF\n @send: memory the message is read from\n @reply: memory the reply is written to\n @status: out, status of the server's reply\n @error: out, 0, or the errno with which the server answered (MsgError)\n @side: out, QIPC_SIDE_*, whose memory was at fault when the call fails with EFAULT\n @timeout: user address of a struct qipc_timeout (SEND, REPLY), or 0\n\n The ioctl returns 0 when the server answered, be it with a reply or with an\n error; it fails only for reasons of the kernel's own.\n\n First version: without @timeout."]
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
    pub timeout: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_msg_send"][::core::mem::size_of::<qipc_msg_send>() - 64usize];
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
    ["Offset of field: qipc_msg_send::timeout"]
        [::core::mem::offset_of!(qipc_msg_send, timeout) - 56usize];
};
#[doc = " struct qipc_msg_info - who sent a message, and how much\n @nd: node of the client: 0\n @srcnd: node of the server as the client sees it: 0\n @pid: process of the client, in the reader's pid namespace; 0 if it has none there\n @tid: thread of the client, likewise\n @chid: channel the message came in on\n @scoid: the server's name for the client's connection to this channel\n @coid: the client's own name for the connection\n @priority: priority of the client when it was received: 1 to 99 for the\n            real-time policies, 0 for the others\n @flags: QIPC_MI_*\n @msglen: bytes that were copied when the message was received\n @srcmsglen: bytes the client offers\n @dstmsglen: bytes the client has room for in the reply\n @type_id: 0\n @reserved: 0"]
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
#[doc = " struct qipc_msg_receive - QIPC_MSG_RECEIVE\n @chid: channel of the calling process\n @flags: QIPC_BUF, QIPC_NONBLOCK, QIPC_PULSE_ONLY\n @vec: memory the message is written to; a pulse (struct qipc_pulse) has to\n       fit into its first part, else it is lost and the call fails with EFAULT\n @rcvid: out, positive name of the received message, for the calls below; 0 if\n         it was a pulse\n @info: out; untouched if it was a pulse\n @timeout: user address of a struct qipc_timeout (RECEIVE), or 0\n\n A chid of -1 receives nothing (ESRCH): the thread leaves the channel that it\n received from last, and gets its own priority back.\n\n First version: without @timeout."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_msg_receive {
    pub chid: __s32,
    pub flags: __u32,
    pub vec: qipc_vec,
    pub rcvid: __s64,
    pub info: qipc_msg_info,
    pub timeout: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_msg_receive"][::core::mem::size_of::<qipc_msg_receive>() - 104usize];
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
    ["Offset of field: qipc_msg_receive::timeout"]
        [::core::mem::offset_of!(qipc_msg_receive, timeout) - 96usize];
};
#[doc = " struct qipc_pulse - what a pulse looks like when it is received\n @kind: 0\n @subtype: 0\n @code: whoever sends it chooses; the codes of the system are negative\n @zero: 0\n @value: likewise\n @scoid: the server's name for the sender, -1 for those of the system that\n         concern no client\n @reserved: 0"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_pulse {
    pub kind: __u16,
    pub subtype: __u16,
    pub code: __s8,
    pub zero: [__u8; 3usize],
    pub value: __u64,
    pub scoid: __s32,
    pub reserved: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_pulse"][::core::mem::size_of::<qipc_pulse>() - 24usize];
    ["Alignment of qipc_pulse"][::core::mem::align_of::<qipc_pulse>() - 8usize];
    ["Offset of field: qipc_pulse::kind"][::core::mem::offset_of!(qipc_pulse, kind) - 0usize];
    ["Offset of field: qipc_pulse::subtype"][::core::mem::offset_of!(qipc_pulse, subtype) - 2usize];
    ["Offset of field: qipc_pulse::code"][::core::mem::offset_of!(qipc_pulse, code) - 4usize];
    ["Offset of field: qipc_pulse::zero"][::core::mem::offset_of!(qipc_pulse, zero) - 5usize];
    ["Offset of field: qipc_pulse::value"][::core::mem::offset_of!(qipc_pulse, value) - 8usize];
    ["Offset of field: qipc_pulse::scoid"][::core::mem::offset_of!(qipc_pulse, scoid) - 16usize];
    ["Offset of field: qipc_pulse::reserved"]
        [::core::mem::offset_of!(qipc_pulse, reserved) - 20usize];
};
#[doc = " struct qipc_pulse_send - QIPC_PULSE_SEND\n @coid: as in struct qipc_msg_send\n @priority: 1 to 99; 0 is that of no real-time policy; -1 is the caller's own\n @code: -128 to 127\n @reserved: must be 0\n @value: anything"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_pulse_send {
    pub coid: __s32,
    pub priority: __s32,
    pub code: __s32,
    pub reserved: __u32,
    pub value: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_pulse_send"][::core::mem::size_of::<qipc_pulse_send>() - 24usize];
    ["Alignment of qipc_pulse_send"][::core::mem::align_of::<qipc_pulse_send>() - 8usize];
    ["Offset of field: qipc_pulse_send::coid"]
        [::core::mem::offset_of!(qipc_pulse_send, coid) - 0usize];
    ["Offset of field: qipc_pulse_send::priority"]
        [::core::mem::offset_of!(qipc_pulse_send, priority) - 4usize];
    ["Offset of field: qipc_pulse_send::code"]
        [::core::mem::offset_of!(qipc_pulse_send, code) - 8usize];
    ["Offset of field: qipc_pulse_send::reserved"]
        [::core::mem::offset_of!(qipc_pulse_send, reserved) - 12usize];
    ["Offset of field: qipc_pulse_send::value"]
        [::core::mem::offset_of!(qipc_pulse_send, value) - 16usize];
};
#[doc = " struct qipc_msg_current - QIPC_MSG_CURRENT\n @rcvid: message, not answered yet, whose priority the calling thread gets; 0\n         gives it its own back"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_msg_current {
    pub rcvid: __s64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_msg_current"][::core::mem::size_of::<qipc_msg_current>() - 8usize];
    ["Alignment of qipc_msg_current"][::core::mem::align_of::<qipc_msg_current>() - 8usize];
    ["Offset of field: qipc_msg_current::rcvid"]
        [::core::mem::offset_of!(qipc_msg_current, rcvid) - 0usize];
};
#[doc = " struct qipc_event_deliver - QIPC_EVENT_DELIVER\n @rcvid: a message of the client that gets the event, answered or not, or 0\n         for the caller itself\n @event: registered by the client (HANDLE), or made up\n @flags: QIPC_EVENT_VERIFY or 0\n @reserved: must be 0\n\n A registered event is delivered by the server it was registered for.  One\n that is made up needs the caller's right to signal the client (same user, or\n CAP_KILL) and a connection without NOEVENT and REG_EVENTS; it can not be SEM."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_event_deliver {
    pub rcvid: __s64,
    pub event: qipc_event,
    pub flags: __u32,
    pub reserved: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_event_deliver"][::core::mem::size_of::<qipc_event_deliver>() - 40usize];
    ["Alignment of qipc_event_deliver"][::core::mem::align_of::<qipc_event_deliver>() - 8usize];
    ["Offset of field: qipc_event_deliver::rcvid"]
        [::core::mem::offset_of!(qipc_event_deliver, rcvid) - 0usize];
    ["Offset of field: qipc_event_deliver::event"]
        [::core::mem::offset_of!(qipc_event_deliver, event) - 8usize];
    ["Offset of field: qipc_event_deliver::flags"]
        [::core::mem::offset_of!(qipc_event_deliver, flags) - 32usize];
    ["Offset of field: qipc_event_deliver::reserved"]
        [::core::mem::offset_of!(qipc_event_deliver, reserved) - 36usize];
};
#[doc = " struct qipc_event_register - QIPC_EVENT_REGISTER\n @event: what may be delivered; SIGNAL_THREAD is the calling thread\n @coid: side-channel connection to the only server that may deliver it, or\n        QIPC_EVENT_ANY_SERVER or QIPC_EVENT_SELF\n @handle: out, positive; what to give to the server"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_event_register {
    pub event: qipc_event,
    pub coid: __s32,
    pub handle: __s32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_event_register"][::core::mem::size_of::<qipc_event_register>() - 32usize];
    ["Alignment of qipc_event_register"][::core::mem::align_of::<qipc_event_register>() - 8usize];
    ["Offset of field: qipc_event_register::event"]
        [::core::mem::offset_of!(qipc_event_register, event) - 0usize];
    ["Offset of field: qipc_event_register::coid"]
        [::core::mem::offset_of!(qipc_event_register, coid) - 24usize];
    ["Offset of field: qipc_event_register::handle"]
        [::core::mem::offset_of!(qipc_event_register, handle) - 28usize];
};
#[doc = " struct qipc_event_unregister - QIPC_EVENT_UNREGISTER\n @handle: of a registered event of the calling process\n @reserved: must be 0"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_event_unregister {
    pub handle: __s32,
    pub reserved: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_event_unregister"][::core::mem::size_of::<qipc_event_unregister>() - 8usize];
    ["Alignment of qipc_event_unregister"]
        [::core::mem::align_of::<qipc_event_unregister>() - 4usize];
    ["Offset of field: qipc_event_unregister::handle"]
        [::core::mem::offset_of!(qipc_event_unregister, handle) - 0usize];
    ["Offset of field: qipc_event_unregister::reserved"]
        [::core::mem::offset_of!(qipc_event_unregister, reserved) - 4usize];
};
#[doc = " struct qipc_timer_create - QIPC_TIMER_CREATE\n @clock: CLOCK_REALTIME, CLOCK_MONOTONIC or CLOCK_BOOTTIME\n @timer: out, the new timer, the lowest free number of the session from 0\n @event: what happens to the caller each time it expires; not UNBLOCK"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_timer_create {
    pub clock: __s32,
    pub timer: __s32,
    pub event: qipc_event,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_timer_create"][::core::mem::size_of::<qipc_timer_create>() - 32usize];
    ["Alignment of qipc_timer_create"][::core::mem::align_of::<qipc_timer_create>() - 8usize];
    ["Offset of field: qipc_timer_create::clock"]
        [::core::mem::offset_of!(qipc_timer_create, clock) - 0usize];
    ["Offset of field: qipc_timer_create::timer"]
        [::core::mem::offset_of!(qipc_timer_create, timer) - 4usize];
    ["Offset of field: qipc_timer_create::event"]
        [::core::mem::offset_of!(qipc_timer_create, event) - 8usize];
};
#[doc = " struct qipc_timer_settime - QIPC_TIMER_SETTIME\n @timer: timer of the session\n @flags: QIPC_TIME_ABSOLUTE\n @value: nanoseconds to the first expiry, or its time; 0 stops the timer\n @interval: nanoseconds between expiries, 0 for a single one\n @old_value: out, nanoseconds that were left, 0 if it was stopped\n @old_interval: out"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_timer_settime {
    pub timer: __s32,
    pub flags: __u32,
    pub value: __u64,
    pub interval: __u64,
    pub old_value: __u64,
    pub old_interval: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_timer_settime"][::core::mem::size_of::<qipc_timer_settime>() - 40usize];
    ["Alignment of qipc_timer_settime"][::core::mem::align_of::<qipc_timer_settime>() - 8usize];
    ["Offset of field: qipc_timer_settime::timer"]
        [::core::mem::offset_of!(qipc_timer_settime, timer) - 0usize];
    ["Offset of field: qipc_timer_settime::flags"]
        [::core::mem::offset_of!(qipc_timer_settime, flags) - 4usize];
    ["Offset of field: qipc_timer_settime::value"]
        [::core::mem::offset_of!(qipc_timer_settime, value) - 8usize];
    ["Offset of field: qipc_timer_settime::interval"]
        [::core::mem::offset_of!(qipc_timer_settime, interval) - 16usize];
    ["Offset of field: qipc_timer_settime::old_value"]
        [::core::mem::offset_of!(qipc_timer_settime, old_value) - 24usize];
    ["Offset of field: qipc_timer_settime::old_interval"]
        [::core::mem::offset_of!(qipc_timer_settime, old_interval) - 32usize];
};
#[doc = " struct qipc_timer_gettime - QIPC_TIMER_GETTIME\n @timer: timer of the session\n @reserved: must be 0\n @value: out, nanoseconds that are left, 0 if it is stopped\n @interval: out\n @overrun: out, expiries since it was set whose event could not be delivered,\n           say because too many pulses are queued"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_timer_gettime {
    pub timer: __s32,
    pub reserved: __u32,
    pub value: __u64,
    pub interval: __u64,
    pub overrun: __u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_timer_gettime"][::core::mem::size_of::<qipc_timer_gettime>() - 32usize];
    ["Alignment of qipc_timer_gettime"][::core::mem::align_of::<qipc_timer_gettime>() - 8usize];
    ["Offset of field: qipc_timer_gettime::timer"]
        [::core::mem::offset_of!(qipc_timer_gettime, timer) - 0usize];
    ["Offset of field: qipc_timer_gettime::reserved"]
        [::core::mem::offset_of!(qipc_timer_gettime, reserved) - 4usize];
    ["Offset of field: qipc_timer_gettime::value"]
        [::core::mem::offset_of!(qipc_timer_gettime, value) - 8usize];
    ["Offset of field: qipc_timer_gettime::interval"]
        [::core::mem::offset_of!(qipc_timer_gettime, interval) - 16usize];
    ["Offset of field: qipc_timer_gettime::overrun"]
        [::core::mem::offset_of!(qipc_timer_gettime, overrun) - 24usize];
};
#[doc = " struct qipc_timer_delete - QIPC_TIMER_DELETE\n @timer: timer of the session\n @reserved: must be 0"]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_timer_delete {
    pub timer: __s32,
    pub reserved: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_timer_delete"][::core::mem::size_of::<qipc_timer_delete>() - 8usize];
    ["Alignment of qipc_timer_delete"][::core::mem::align_of::<qipc_timer_delete>() - 4usize];
    ["Offset of field: qipc_timer_delete::timer"]
        [::core::mem::offset_of!(qipc_timer_delete, timer) - 0usize];
    ["Offset of field: qipc_timer_delete::reserved"]
        [::core::mem::offset_of!(qipc_timer_delete, reserved) - 4usize];
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
#[doc = " struct qipc_msg_error - QIPC_MSG_ERROR\n @rcvid: message to answer\n @error: errno for the client, 0 to 4095; 0 is a reply with status 0, and\n         ERESTART makes the client send its message again; -1 is the reason for\n         which the client wants to stop waiting (EINVAL if it does not)\n @reserved: must be 0"]
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
#[doc = " struct qipc_msg_reply_receive - QIPC_MSG_REPLY_RECEIVE\n @reply: as in QIPC_MSG_REPLY; with rcvid 0 nothing is answered\n @reply_error: out, errno of the reply, 0 when it was fine\n @reserved: must be 0\n @receive: as in QIPC_MSG_RECEIVE\n\n First version: without the timeout of @receive.\n\n Answers one message and waits for the next.  Arguments that are wrong in\n themselves fail the call before anything is done.  After that the reply is\n made, its result is in @reply_error and reply.side, and the receive follows\n whatever that result is; the result of the ioctl is the receive's."]
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
    ["Size of qipc_msg_reply_receive"][::core::mem::size_of::<qipc_msg_reply_receive>() - 152usize];
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
#[doc = " struct qipc_bench_pair - QIPC_BENCH_PAIR\n @seat: 0 offers a pair, 1 takes the one that was offered last\n @reserved: must be 0\n\n Benchmarks only: known if the module was loaded with bench=1.  The calling\n thread is the one that QIPC_BENCH_SWITCH on this session is for."]
#[repr(C)]
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct qipc_bench_pair {
    pub seat: __u32,
    pub reserved: __u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of qipc_bench_pair"][::core::mem::size_of::<qipc_bench_pair>() - 8usize];
    ["Alignment of qipc_bench_pair"][::core::mem::align_of::<qipc_bench_pair>() - 4usize];
    ["Offset of field: qipc_bench_pair::seat"]
        [::core::mem::offset_of!(qipc_bench_pair, seat) - 0usize];
    ["Offset of field: qipc_bench_pair::reserved"]
        [::core::mem::offset_of!(qipc_bench_pair, reserved) - 4usize];
};
