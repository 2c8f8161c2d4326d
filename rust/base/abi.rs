// SPDX-License-Identifier: GPL-2.0-only

//! Mirror of `uapi/linux/qipc.h`; the header is the original and documents every field.
//!
//! `tools/check-abi` and the host tests compare both with `uapi/check/layout.golden`.

/// `QIPC_ABI_VERSION`.
pub(crate) const ABI_VERSION: u32 = 2;
/// `QIPC_MAX_PARTS`.
pub(crate) const MAX_PARTS: u64 = 524_288;
/// `QIPC_MAX_BYTES`.
pub(crate) const MAX_BYTES: u64 = 2_147_483_647;
/// `QIPC_SIDE_CHANNEL`.
pub(crate) const SIDE_CHANNEL: u32 = 0x4000_0000;
/// `QIPC_CONNECTION_SCOID`.
pub(crate) const CONNECTION_SCOID: u32 = 0x0001_0000;

/// `QIPC_SIDE_NONE`.
pub(crate) const SIDE_NONE: u32 = 0;
/// `QIPC_SIDE_CLIENT`.
pub(crate) const SIDE_CLIENT: u32 = 1;
/// `QIPC_SIDE_SERVER`.
pub(crate) const SIDE_SERVER: u32 = 2;

/// `QIPC_FEATURE_MSG`.
pub(crate) const FEATURE_MSG: u64 = 1 << 0;
/// `QIPC_FEATURE_TRANSFER`.
pub(crate) const FEATURE_TRANSFER: u64 = 1 << 1;
/// `QIPC_FEATURE_REPLY_RECEIVE`.
pub(crate) const FEATURE_REPLY_RECEIVE: u64 = 1 << 2;
/// `QIPC_FEATURE_POLL`.
pub(crate) const FEATURE_POLL: u64 = 1 << 3;
/// `QIPC_FEATURE_FD_CONNECTION`.
pub(crate) const FEATURE_FD_CONNECTION: u64 = 1 << 4;
/// `QIPC_FEATURE_PULSE`.
pub(crate) const FEATURE_PULSE: u64 = 1 << 5;
/// `QIPC_FEATURE_TIMEOUT`.
pub(crate) const FEATURE_TIMEOUT: u64 = 1 << 6;
/// `QIPC_FEATURE_EVENT`.
pub(crate) const FEATURE_EVENT: u64 = 1 << 7;
/// `QIPC_FEATURE_TIMER`.
pub(crate) const FEATURE_TIMER: u64 = 1 << 8;
/// `QIPC_FEATURE_PRIORITY`.
pub(crate) const FEATURE_PRIORITY: u64 = 1 << 9;
/// `QIPC_FEATURE_NAME`.
pub(crate) const FEATURE_NAME: u64 = 1 << 10;
/// `QIPC_FEATURE_ACCESS`.
pub(crate) const FEATURE_ACCESS: u64 = 1 << 11;
/// `QIPC_FEATURE_CONNECT_INFO`.
pub(crate) const FEATURE_CONNECT_INFO: u64 = 1 << 12;

/// `QIPC_CHF_FIXED_PRIORITY`.
pub(crate) const CHF_FIXED_PRIORITY: u32 = 0x0001;
/// `QIPC_CHF_UNBLOCK`.
pub(crate) const CHF_UNBLOCK: u32 = 0x0002;
/// `QIPC_CHF_THREAD_DEATH`.
pub(crate) const CHF_THREAD_DEATH: u32 = 0x0004;
/// `QIPC_CHF_DISCONNECT`.
pub(crate) const CHF_DISCONNECT: u32 = 0x0008;
/// `QIPC_CHF_SENDER_LEN`.
pub(crate) const CHF_SENDER_LEN: u32 = 0x0020;
/// `QIPC_CHF_COID_DISCONNECT`.
pub(crate) const CHF_COID_DISCONNECT: u32 = 0x0040;
/// `QIPC_CHF_REPLY_LEN`.
pub(crate) const CHF_REPLY_LEN: u32 = 0x0080;
/// `QIPC_CHF_PULSE_POOL`.
pub(crate) const CHF_PULSE_POOL: u32 = 0x0100;
/// `QIPC_CHF_PRIVATE`.
pub(crate) const CHF_PRIVATE: u32 = 0x1000;
/// `QIPC_CHF_INHERIT_RUNMASK`.
pub(crate) const CHF_INHERIT_RUNMASK: u32 = 0x4000;
/// `QIPC_CHF_FREE_PLACEMENT`.
pub(crate) const CHF_FREE_PLACEMENT: u32 = 0x0100_0000;

/// `QIPC_COF_CLOEXEC`.
pub(crate) const COF_CLOEXEC: u32 = 0x0001;
/// `QIPC_COF_DEAD`.
pub(crate) const COF_DEAD: u32 = 0x0002;
/// `QIPC_COF_NOINHERIT`.
pub(crate) const COF_NOINHERIT: u32 = 0x0004;
/// `QIPC_COF_NOSHARE`.
pub(crate) const COF_NOSHARE: u32 = 0x0040;
/// `QIPC_COF_NOEVENT`.
pub(crate) const COF_NOEVENT: u32 = 0x0800;
/// `QIPC_COF_REG_EVENTS`.
pub(crate) const COF_REG_EVENTS: u32 = 0x2000;

/// `QIPC_EVENT_NONE`.
pub(crate) const EVENT_NONE: u32 = 0;
/// `QIPC_EVENT_SIGNAL`.
pub(crate) const EVENT_SIGNAL: u32 = 1;
/// `QIPC_EVENT_SIGNAL_CODE`.
pub(crate) const EVENT_SIGNAL_CODE: u32 = 2;
/// `QIPC_EVENT_SIGNAL_THREAD`.
pub(crate) const EVENT_SIGNAL_THREAD: u32 = 3;
/// `QIPC_EVENT_PULSE`.
pub(crate) const EVENT_PULSE: u32 = 4;
/// `QIPC_EVENT_UNBLOCK`.
pub(crate) const EVENT_UNBLOCK: u32 = 5;
/// `QIPC_EVENT_SEM`.
pub(crate) const EVENT_SEM: u32 = 9;
/// `QIPC_EVENT_KIND`.
pub(crate) const EVENT_KIND: u32 = 0x00ff;
/// `QIPC_EVENT_UPDATEABLE`.
pub(crate) const EVENT_UPDATEABLE: u32 = 0x0400;
/// `QIPC_EVENT_HANDLE`.
pub(crate) const EVENT_HANDLE: u32 = 0x2000;

/// `QIPC_TIMEOUT_SEND`.
pub(crate) const TIMEOUT_SEND: u32 = 0x0010;
/// `QIPC_TIMEOUT_RECEIVE`.
pub(crate) const TIMEOUT_RECEIVE: u32 = 0x0020;
/// `QIPC_TIMEOUT_REPLY`.
pub(crate) const TIMEOUT_REPLY: u32 = 0x0040;
/// `QIPC_TIME_ABSOLUTE`.
pub(crate) const TIME_ABSOLUTE: u32 = 0x0001;

/// `QIPC_ACCESS_MODE`.
pub(crate) const ACCESS_MODE: u32 = 0x0001;
/// `QIPC_ACCESS_UID`.
pub(crate) const ACCESS_UID: u32 = 0x0002;
/// `QIPC_ACCESS_GID`.
pub(crate) const ACCESS_GID: u32 = 0x0004;
/// `QIPC_ACCESS_CEILING`.
pub(crate) const ACCESS_CEILING: u32 = 0x0008;
/// `QIPC_SERVER_INFO_LIVE`.
pub(crate) const SERVER_INFO_LIVE: u32 = 0x0001;
/// `QIPC_NAME_ACCESS`.
pub(crate) const NAME_ACCESS: u32 = 0x0001;
/// `QIPC_NAME_MAX`.
pub(crate) const NAME_MAX: usize = 1023;
/// `QIPC_NAME_COMPONENT_MAX`.
pub(crate) const NAME_COMPONENT_MAX: usize = 255;

/// `QIPC_FD_CLOEXEC`.
pub(crate) const FD_CLOEXEC: u32 = 0x0001;

/// `QIPC_SEND_BUF`.
pub(crate) const SEND_BUF: u32 = 0x0001;
/// `QIPC_REPLY_BUF`.
pub(crate) const REPLY_BUF: u32 = 0x0002;
/// `QIPC_BUF`.
pub(crate) const BUF: u32 = 0x0001;
/// `QIPC_NONBLOCK`.
pub(crate) const NONBLOCK: u32 = 0x0004;
/// `QIPC_PULSE_ONLY`.
pub(crate) const PULSE_ONLY: u32 = 0x0008;

/// `QIPC_MI_UNBLOCK_REQ`.
pub(crate) const MI_UNBLOCK_REQ: u16 = 0x0100;
/// `QIPC_PULSE_UNBLOCK`.
pub(crate) const PULSE_UNBLOCK: i8 = -32;
/// `QIPC_PULSE_DISCONNECT`.
pub(crate) const PULSE_DISCONNECT: i8 = -33;
/// `QIPC_PULSE_THREADDEATH`.
pub(crate) const PULSE_THREADDEATH: i8 = -34;
/// `QIPC_PULSE_COIDDEATH`.
pub(crate) const PULSE_COIDDEATH: i8 = -35;
/// `QIPC_EVENT_VERIFY`.
pub(crate) const EVENT_VERIFY: u32 = 0x0001;
/// `QIPC_EVENT_ANY_SERVER`.
pub(crate) const EVENT_ANY_SERVER: i32 = -1;
/// `QIPC_EVENT_SELF`.
pub(crate) const EVENT_SELF: i32 = -2;

/// `struct qipc_iov`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Iov {
    pub(crate) base: u64,
    pub(crate) len: u64,
}

/// `struct qipc_vec`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Vector {
    pub(crate) base: u64,
    pub(crate) count: u64,
}

/// `struct qipc_features`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Features {
    pub(crate) abi_version: u32,
    pub(crate) inline_bytes: u32,
    pub(crate) features: u64,
    pub(crate) channel_flags: u64,
    pub(crate) connect_flags: u64,
    pub(crate) max_parts: u32,
    pub(crate) reserved: u32,
    pub(crate) max_bytes: u64,
}

/// `struct qipc_channel_create`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ChannelCreate {
    pub(crate) flags: u32,
    pub(crate) chid: i32,
    pub(crate) num_pulses: u32,
    pub(crate) rearm: u32,
    pub(crate) event: u64,
}

/// `struct qipc_channel_destroy`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ChannelDestroy {
    pub(crate) chid: i32,
    pub(crate) reserved: u32,
}

/// `struct qipc_channel_fd`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ChannelFd {
    pub(crate) chid: i32,
    pub(crate) flags: u32,
}

/// `struct qipc_connect_attach`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ConnectAttach {
    pub(crate) nd: u32,
    pub(crate) pid: i32,
    pub(crate) chid: i32,
    pub(crate) index: u32,
    pub(crate) flags: u32,
    pub(crate) coid: i32,
}

/// `struct qipc_connect_detach`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ConnectDetach {
    pub(crate) coid: i32,
    pub(crate) reserved: u32,
}

/// `struct qipc_msg_send`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MsgSend {
    pub(crate) coid: i32,
    pub(crate) flags: u32,
    pub(crate) send: Vector,
    pub(crate) reply: Vector,
    pub(crate) result: SendResult,
    pub(crate) timeout: u64,
}

/// The out fields of `struct qipc_msg_send`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SendResult {
    pub(crate) status: i64,
    pub(crate) error: i32,
    pub(crate) side: u32,
}

/// `struct qipc_msg_info`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MsgInfo {
    pub(crate) nd: u32,
    pub(crate) srcnd: u32,
    pub(crate) pid: i32,
    pub(crate) tid: i32,
    pub(crate) chid: i32,
    pub(crate) scoid: i32,
    pub(crate) coid: i32,
    pub(crate) priority: i16,
    pub(crate) flags: u16,
    pub(crate) msglen: i64,
    pub(crate) srcmsglen: i64,
    pub(crate) dstmsglen: i64,
    pub(crate) type_id: u32,
    pub(crate) reserved: u32,
}

/// `struct qipc_msg_receive`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MsgReceive {
    pub(crate) chid: i32,
    pub(crate) flags: u32,
    pub(crate) vec: Vector,
    pub(crate) result: ReceiveResult,
    pub(crate) timeout: u64,
}

/// The out fields of `struct qipc_msg_receive`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReceiveResult {
    pub(crate) rcvid: i64,
    pub(crate) info: MsgInfo,
}

/// `struct qipc_msg_reply`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MsgReply {
    pub(crate) rcvid: i64,
    pub(crate) status: i64,
    pub(crate) vec: Vector,
    pub(crate) flags: u32,
    pub(crate) side: u32,
}

/// The out fields of the reply in `struct qipc_msg_reply_receive`: `side` and `reply_error`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReplyResult {
    pub(crate) side: u32,
    pub(crate) error: i32,
}

/// `struct qipc_msg_error`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MsgError {
    pub(crate) rcvid: i64,
    pub(crate) error: i32,
    pub(crate) reserved: u32,
}

/// `struct qipc_msg_transfer`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MsgTransfer {
    pub(crate) rcvid: i64,
    pub(crate) offset: u64,
    pub(crate) vec: Vector,
    pub(crate) bytes: i64,
    pub(crate) flags: u32,
    pub(crate) side: u32,
}

/// `struct qipc_msg_info_get`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MsgInfoGet {
    pub(crate) rcvid: i64,
    pub(crate) info: MsgInfo,
}

/// `struct qipc_msg_reply_receive`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MsgReplyReceive {
    pub(crate) reply: MsgReply,
    pub(crate) reply_error: i32,
    pub(crate) reserved: u32,
    pub(crate) receive: MsgReceive,
}

/// `struct qipc_event`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Event {
    pub(crate) notify: u32,
    pub(crate) target: i32,
    pub(crate) value: u64,
    pub(crate) code: i16,
    pub(crate) priority: i16,
    pub(crate) reserved: u32,
}

/// `struct qipc_timeout`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timeout {
    pub(crate) states: u32,
    pub(crate) flags: u32,
    pub(crate) clock: i32,
    pub(crate) reserved: u32,
    pub(crate) time: u64,
    pub(crate) event: u64,
}

/// `struct qipc_channel_access`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ChannelAccess {
    pub(crate) chid: i32,
    pub(crate) set: u32,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) ceiling: i32,
}

/// `struct qipc_connect_flags`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ConnectFlags {
    pub(crate) pid: i32,
    pub(crate) coid: i32,
    pub(crate) mask: u32,
    pub(crate) bits: u32,
    pub(crate) old: u32,
    pub(crate) reserved: u32,
}

/// `struct qipc_server_info`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ServerInfo {
    pub(crate) nd: u32,
    pub(crate) pid: i32,
    pub(crate) chid: i32,
    pub(crate) scoid: i32,
    pub(crate) coid: i32,
    pub(crate) flags: u32,
}

/// `struct qipc_connect_server_info`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ConnectServerInfo {
    pub(crate) pid: i32,
    pub(crate) coid: i32,
    pub(crate) flags: u32,
    pub(crate) reserved: u32,
    pub(crate) info: ServerInfo,
}

/// `struct qipc_client_info`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ClientInfo {
    pub(crate) nd: u32,
    pub(crate) pid: i32,
    pub(crate) sid: i32,
    pub(crate) flags: u32,
    pub(crate) ruid: u32,
    pub(crate) euid: u32,
    pub(crate) suid: u32,
    pub(crate) rgid: u32,
    pub(crate) egid: u32,
    pub(crate) sgid: u32,
    pub(crate) ngroups: u32,
    pub(crate) reserved: u32,
}

/// `struct qipc_connect_client_info`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ConnectClientInfo {
    pub(crate) scoid: i32,
    pub(crate) max_groups: u32,
    pub(crate) groups: u64,
    pub(crate) info: ClientInfo,
}

/// `struct qipc_name_attach`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NameAttach {
    pub(crate) chid: i32,
    pub(crate) flags: u32,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) length: u32,
    pub(crate) name: u64,
}

/// `struct qipc_name_detach`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NameDetach {
    pub(crate) length: u32,
    pub(crate) reserved: u32,
    pub(crate) name: u64,
}

/// `struct qipc_name_open`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NameOpen {
    pub(crate) length: u32,
    pub(crate) flags: u32,
    pub(crate) name: u64,
    pub(crate) coid: i32,
    pub(crate) reserved: u32,
}

/// `struct qipc_pulse`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pulse {
    pub(crate) kind: u16,
    pub(crate) subtype: u16,
    pub(crate) code: i8,
    pub(crate) zero: [u8; 3],
    pub(crate) value: u64,
    pub(crate) scoid: i32,
    pub(crate) reserved: u32,
}

/// `struct qipc_pulse_send`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PulseSend {
    pub(crate) coid: i32,
    pub(crate) priority: i32,
    pub(crate) code: i32,
    pub(crate) reserved: u32,
    pub(crate) value: u64,
}

/// `struct qipc_msg_current`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MsgCurrent {
    pub(crate) rcvid: i64,
}

/// `struct qipc_event_deliver`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EventDeliver {
    pub(crate) rcvid: i64,
    pub(crate) event: Event,
    pub(crate) flags: u32,
    pub(crate) reserved: u32,
}

/// `struct qipc_event_register`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EventRegister {
    pub(crate) event: Event,
    pub(crate) coid: i32,
    pub(crate) handle: i32,
}

/// `struct qipc_event_unregister`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EventUnregister {
    pub(crate) handle: i32,
    pub(crate) reserved: u32,
}

/// `struct qipc_timer_create`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TimerCreate {
    pub(crate) clock: i32,
    pub(crate) timer: i32,
    pub(crate) event: Event,
}

/// `struct qipc_timer_settime`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TimerSettime {
    pub(crate) timer: i32,
    pub(crate) flags: u32,
    pub(crate) value: u64,
    pub(crate) interval: u64,
    pub(crate) old_value: u64,
    pub(crate) old_interval: u64,
}

/// `struct qipc_timer_gettime`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TimerGettime {
    pub(crate) timer: i32,
    pub(crate) reserved: u32,
    pub(crate) value: u64,
    pub(crate) interval: u64,
    pub(crate) overrun: u64,
}

/// `struct qipc_timer_delete`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TimerDelete {
    pub(crate) timer: i32,
    pub(crate) reserved: u32,
}

/// `struct qipc_bench_pair`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BenchPair {
    pub(crate) seat: u32,
    pub(crate) reserved: u32,
}

/// `QIPC_BENCH_WAKE`.
pub(crate) const BENCH_WAKE: u32 = 0x0001;
/// `QIPC_BENCH_SLEEP`.
pub(crate) const BENCH_SLEEP: u32 = 0x0002;

/// One ioctl: its number, and the size of its argument.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) nr: u8,
    pub(crate) direction: u8,
    pub(crate) size: u16,
}

const READ: u8 = 2;
const WRITE: u8 = 1;
const NONE: u8 = 0;

/// `QIPC_IOC_TYPE`.
pub(crate) const IOC_TYPE: u8 = b'q';

impl Call {
    const fn of<T>(nr: u8, direction: u8) -> Self {
        let size = core::mem::size_of::<T>();
        assert!(size < 1 << 14);
        Self {
            nr,
            direction,
            size: size as u16,
        }
    }

    /// The number that `ioctl` is called with, of the argument's present version.
    pub(crate) const fn number(self) -> u32 {
        ((self.direction as u32) << 30)
            | ((self.size as u32) << 16)
            | ((IOC_TYPE as u32) << 8)
            | self.nr as u32
    }

    /// Whether `cmd` is this call, with an argument of any size.
    pub(crate) const fn matches(self, cmd: u32) -> bool {
        cmd & !(0x3fff << 16) == self.number() & !(0x3fff << 16)
    }
}

/// Number of the ioctl `cmd`.
pub(crate) const fn number(cmd: u32) -> u8 {
    cmd as u8
}

/// Size of the argument that `cmd` announces.
pub(crate) const fn arg_size(cmd: u32) -> usize {
    (cmd as usize >> 16) & 0x3fff
}

/// `QIPC_GET_FEATURES`.
pub(crate) const GET_FEATURES: Call = Call::of::<Features>(0x20, READ | WRITE);
/// `QIPC_CHANNEL_CREATE`.
pub(crate) const CHANNEL_CREATE: Call = Call::of::<ChannelCreate>(0x21, READ | WRITE);
/// `QIPC_CHANNEL_DESTROY`.
pub(crate) const CHANNEL_DESTROY: Call = Call::of::<ChannelDestroy>(0x22, WRITE);
/// `QIPC_CHANNEL_FD`.
pub(crate) const CHANNEL_FD: Call = Call::of::<ChannelFd>(0x23, WRITE);
/// `QIPC_CONNECT_ATTACH`.
pub(crate) const CONNECT_ATTACH: Call = Call::of::<ConnectAttach>(0x24, READ | WRITE);
/// `QIPC_CONNECT_DETACH`.
pub(crate) const CONNECT_DETACH: Call = Call::of::<ConnectDetach>(0x25, WRITE);
/// `QIPC_MSG_SEND`.
pub(crate) const MSG_SEND: Call = Call::of::<MsgSend>(0x28, READ | WRITE);
/// `QIPC_MSG_RECEIVE`.
pub(crate) const MSG_RECEIVE: Call = Call::of::<MsgReceive>(0x29, READ | WRITE);
/// `QIPC_MSG_REPLY`.
pub(crate) const MSG_REPLY: Call = Call::of::<MsgReply>(0x2a, READ | WRITE);
/// `QIPC_MSG_ERROR`.
pub(crate) const MSG_ERROR: Call = Call::of::<MsgError>(0x2b, WRITE);
/// `QIPC_MSG_READ`.
pub(crate) const MSG_READ: Call = Call::of::<MsgTransfer>(0x2c, READ | WRITE);
/// `QIPC_MSG_WRITE`.
pub(crate) const MSG_WRITE: Call = Call::of::<MsgTransfer>(0x2d, READ | WRITE);
/// `QIPC_MSG_INFO`.
pub(crate) const MSG_INFO: Call = Call::of::<MsgInfoGet>(0x2e, READ | WRITE);
/// `QIPC_MSG_REPLY_RECEIVE`.
pub(crate) const MSG_REPLY_RECEIVE: Call = Call::of::<MsgReplyReceive>(0x2f, READ | WRITE);
/// `QIPC_PULSE_SEND`.
pub(crate) const PULSE_SEND: Call = Call::of::<PulseSend>(0x30, WRITE);
/// `QIPC_MSG_CURRENT`.
pub(crate) const MSG_CURRENT: Call = Call::of::<MsgCurrent>(0x31, WRITE);
/// `QIPC_EVENT_DELIVER`.
pub(crate) const EVENT_DELIVER: Call = Call::of::<EventDeliver>(0x32, WRITE);
/// `QIPC_EVENT_REGISTER`.
pub(crate) const EVENT_REGISTER: Call = Call::of::<EventRegister>(0x33, READ | WRITE);
/// `QIPC_EVENT_UNREGISTER`.
pub(crate) const EVENT_UNREGISTER: Call = Call::of::<EventUnregister>(0x34, WRITE);
/// `QIPC_TIMER_CREATE`.
pub(crate) const TIMER_CREATE: Call = Call::of::<TimerCreate>(0x35, READ | WRITE);
/// `QIPC_TIMER_SETTIME`.
pub(crate) const TIMER_SETTIME: Call = Call::of::<TimerSettime>(0x36, READ | WRITE);
/// `QIPC_TIMER_GETTIME`.
pub(crate) const TIMER_GETTIME: Call = Call::of::<TimerGettime>(0x37, READ | WRITE);
/// `QIPC_TIMER_DELETE`.
pub(crate) const TIMER_DELETE: Call = Call::of::<TimerDelete>(0x38, WRITE);
/// `QIPC_NAME_ATTACH`.
pub(crate) const NAME_ATTACH: Call = Call::of::<NameAttach>(0x39, WRITE);
/// `QIPC_NAME_DETACH`.
pub(crate) const NAME_DETACH: Call = Call::of::<NameDetach>(0x3a, WRITE);
/// `QIPC_NAME_OPEN`.
pub(crate) const NAME_OPEN: Call = Call::of::<NameOpen>(0x3b, READ | WRITE);
/// `QIPC_CONNECT_FLAGS`.
pub(crate) const CONNECT_FLAGS: Call = Call::of::<ConnectFlags>(0x3c, READ | WRITE);
/// `QIPC_CONNECT_SERVER_INFO`.
pub(crate) const CONNECT_SERVER_INFO: Call = Call::of::<ConnectServerInfo>(0x3d, READ | WRITE);
/// `QIPC_CONNECT_CLIENT_INFO`.
pub(crate) const CONNECT_CLIENT_INFO: Call = Call::of::<ConnectClientInfo>(0x3e, READ | WRITE);
/// `QIPC_CHANNEL_ACCESS`.
pub(crate) const CHANNEL_ACCESS: Call = Call::of::<ChannelAccess>(0x3f, READ | WRITE);
/// `QIPC_BENCH_PAIR`.
pub(crate) const BENCH_PAIR: Call = Call::of::<BenchPair>(0x7e, WRITE);
/// `QIPC_BENCH_SWITCH`.
pub(crate) const BENCH_SWITCH: Call = Call::of::<()>(0x7f, NONE);

/// Sizes of the first versions of arguments that have grown.
pub(crate) mod first {
    /// `struct qipc_channel_create`, up to and with `chid`.
    pub(crate) const CHANNEL_CREATE: usize = 8;
    /// `struct qipc_msg_send`, without `timeout`.
    pub(crate) const MSG_SEND: usize = 56;
    /// `struct qipc_msg_receive`, without `timeout`.
    pub(crate) const MSG_RECEIVE: usize = 96;
    /// `struct qipc_msg_reply_receive`, without the `timeout` of `receive`.
    pub(crate) const MSG_REPLY_RECEIVE: usize = 144;
}

// The sizes are the ABI: a change here is a change of every ioctl number.
const _: () = assert!(core::mem::size_of::<Features>() == 48);
const _: () = assert!(core::mem::size_of::<ConnectAttach>() == 24);
const _: () = assert!(core::mem::size_of::<MsgSend>() == 64);
const _: () = assert!(core::mem::size_of::<MsgInfo>() == 64);
const _: () = assert!(core::mem::size_of::<MsgReceive>() == 104);
const _: () = assert!(core::mem::size_of::<MsgReply>() == 40);
const _: () = assert!(core::mem::size_of::<MsgTransfer>() == 48);
const _: () = assert!(core::mem::size_of::<ChannelCreate>() == 24);
const _: () = assert!(core::mem::size_of::<Event>() == 24);
const _: () = assert!(core::mem::size_of::<Timeout>() == 32);
const _: () = assert!(core::mem::size_of::<ChannelAccess>() == 24);
const _: () = assert!(core::mem::size_of::<ConnectServerInfo>() == 40);
const _: () = assert!(core::mem::size_of::<ConnectClientInfo>() == 64);
const _: () = assert!(core::mem::size_of::<NameAttach>() == 32);
const _: () = assert!(core::mem::size_of::<NameOpen>() == 24);
const _: () = assert!(core::mem::size_of::<Pulse>() == 24);
const _: () = assert!(core::mem::size_of::<EventDeliver>() == 40);
const _: () = assert!(core::mem::size_of::<EventRegister>() == 32);
const _: () = assert!(core::mem::size_of::<TimerCreate>() == 32);
const _: () = assert!(core::mem::size_of::<TimerSettime>() == 40);
const _: () = assert!(core::mem::size_of::<TimerGettime>() == 32);
const _: () = assert!(core::mem::size_of::<MsgReplyReceive>() == 152);
// The two out fields lie side by side.
const _: () = assert!(
    core::mem::offset_of!(MsgReplyReceive, reply_error)
        == core::mem::offset_of!(MsgReply, side) + core::mem::offset_of!(ReplyResult, error)
);
