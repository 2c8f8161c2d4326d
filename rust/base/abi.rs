// SPDX-License-Identifier: GPL-2.0-only

//! Mirror of `uapi/linux/qipc.h`; the header is the original and documents every field.
//!
//! `tools/check-abi` and the host tests compare both with `uapi/check/layout.golden`.

/// `QIPC_ABI_VERSION`.
pub(crate) const ABI_VERSION: u32 = 1;
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

/// `QIPC_CHF_SENDER_LEN`.
pub(crate) const CHF_SENDER_LEN: u32 = 0x0020;
/// `QIPC_CHF_REPLY_LEN`.
pub(crate) const CHF_REPLY_LEN: u32 = 0x0080;
/// `QIPC_CHF_PRIVATE`.
pub(crate) const CHF_PRIVATE: u32 = 0x1000;

/// `QIPC_COF_CLOEXEC`.
pub(crate) const COF_CLOEXEC: u32 = 0x0001;
/// `QIPC_COF_NOSHARE`.
pub(crate) const COF_NOSHARE: u32 = 0x0040;

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

/// One ioctl: its number, and the size of the first version of its argument.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) nr: u8,
    pub(crate) direction: u8,
    pub(crate) size: u16,
}

const READ: u8 = 2;
const WRITE: u8 = 1;

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

    /// The number that `ioctl` is called with, of the argument's first version.
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

// The sizes are the ABI: a change here is a change of every ioctl number.
const _: () = assert!(core::mem::size_of::<Features>() == 48);
const _: () = assert!(core::mem::size_of::<ConnectAttach>() == 24);
const _: () = assert!(core::mem::size_of::<MsgSend>() == 56);
const _: () = assert!(core::mem::size_of::<MsgInfo>() == 64);
const _: () = assert!(core::mem::size_of::<MsgReceive>() == 96);
const _: () = assert!(core::mem::size_of::<MsgReply>() == 40);
const _: () = assert!(core::mem::size_of::<MsgTransfer>() == 48);
const _: () = assert!(core::mem::size_of::<MsgReplyReceive>() == 144);
// The two out fields lie side by side.
const _: () = assert!(
    core::mem::offset_of!(MsgReplyReceive, reply_error)
        == core::mem::offset_of!(MsgReply, side) + core::mem::offset_of!(ReplyResult, error)
);
