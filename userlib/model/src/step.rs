// SPDX-License-Identifier: MIT OR Apache-2.0

//! What can be done, and what can be seen.

use alloc::vec::Vec;
use core::fmt;

/// Bytes a received pulse takes.
pub const PULSE_BYTES: usize = 24;
/// Code of the pulse for a client that wants to stop waiting; its value is a receive id.
pub const UNBLOCK: i8 = -32;
/// Code of the pulse for a client that has no connection left.
pub const DISCONNECT: i8 = -33;

/// A number of `errno.h`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(pub i32);

macro_rules! errnos {
    ($($name:ident = $number:literal),* $(,)?) => {
        #[allow(missing_docs)]
        impl Errno {
            $(pub const $name: Self = Self($number);)*
        }

        impl fmt::Debug for Errno {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    $($number => f.write_str(stringify!($name)),)*
                    number => write!(f, "errno {number}"),
                }
            }
        }
    };
}

errnos! {
    ENOENT = 2, ESRCH = 3, EINTR = 4, EBADF = 9, EAGAIN = 11, EFAULT = 14, EINVAL = 22, ERESTART = 85, ETIMEDOUT = 110,
}

/// What a channel is created with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    /// A REPLY-blocked client that has to stop waiting stays, and the server gets a pulse.
    pub unblock: bool,
    /// A pulse when a client process has no connection left.
    pub disconnect: bool,
}

/// Deadline of a blocking call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timeout {
    /// It limits the time until the message is received.
    pub send: bool,
    /// It limits the time from then to the answer.
    pub reply: bool,
    /// It limits the time until something is received.
    pub receive: bool,
    /// When; a time of the model's clock, which stands still until [`Step::Advance`].
    pub deadline: u32,
}

/// What a receive is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reception {
    /// Channel.
    pub chid: i32,
    /// Bytes of memory.
    pub room: usize,
    /// Messages stay where they are.
    pub pulse_only: bool,
    /// `EAGAIN` instead of waiting.
    pub poll: bool,
    /// Deadline.
    pub timeout: Option<Timeout>,
}

/// How a server answers by `MsgError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// An errno, or 0.
    Error(i32),
    /// The message is to be sent again.
    Restart,
    /// The reason for which the client wants to stop waiting.
    Wish,
}

/// Something that one process does, or that happens to it. Numbers of clients and servers are places, which hold one
/// process after the other.
///
/// The calls of a client come from its second thread, except for the send, during which the first is busy. The calls of
/// a server come from another thread than those that wait in a receive.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Step {
    /// A new process takes the place of one that was killed.
    SpawnClient { client: usize },
    /// Likewise.
    SpawnServer { server: usize },
    /// A process is killed, wherever it is.
    KillClient { client: usize },
    /// Likewise.
    KillServer { server: usize },
    /// A signal with a handler goes to the sending thread.
    SignalClient { client: usize },
    /// A signal with a handler goes to a receiving thread.
    SignalServer { server: usize, thread: usize },
    /// Time passes up to the next deadline of a call that is blocked, or by 1 if there is none.
    Advance,

    /// `ConnectAttach`.
    Attach {
        client: usize,
        server: usize,
        chid: i32,
    },
    /// `ConnectDetach` of a client.
    Detach { client: usize, coid: i32 },
    /// `MsgSend`. The memory for the reply holds what is given, before.
    Send {
        client: usize,
        coid: i32,
        message: Vec<u8>,
        room: Vec<u8>,
        priority: u8,
        timeout: Option<Timeout>,
    },
    /// `MsgSendPulse`.
    Pulse {
        client: usize,
        coid: i32,
        priority: u8,
        code: i8,
        value: u64,
    },

    /// `ChannelCreate`.
    Create { server: usize, flags: Flags },
    /// `ChannelDestroy`.
    Destroy { server: usize, chid: i32 },
    /// `MsgReceive`, `MsgReceivePulse`.
    Receive {
        server: usize,
        thread: usize,
        reception: Reception,
    },
    /// `MsgReply`, then `MsgReceive`, in one call.
    ReplyReceive {
        server: usize,
        thread: usize,
        rcvid: i64,
        status: i64,
        bytes: Vec<u8>,
        reception: Reception,
    },
    /// `MsgReply`.
    Reply {
        server: usize,
        rcvid: i64,
        status: i64,
        bytes: Vec<u8>,
    },
    /// `MsgError`.
    Error {
        server: usize,
        rcvid: i64,
        answer: Answer,
    },
    /// `MsgRead`.
    Read {
        server: usize,
        rcvid: i64,
        offset: usize,
        length: usize,
    },
    /// `MsgWrite`.
    Write {
        server: usize,
        rcvid: i64,
        offset: usize,
        bytes: Vec<u8>,
    },
    /// `MsgInfo`.
    Info { server: usize, rcvid: i64 },
    /// `ConnectDetach` of a server: the scoid may be used again.
    Release { server: usize, scoid: i32 },
}

/// A call that returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Call {
    /// The one that the step makes, unless it is one of the others.
    Own,
    /// A `MsgSend`.
    Send { client: usize },
    /// A `MsgReceive`.
    Receive { server: usize, thread: usize },
}

/// A pulse as it is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Pulse {
    pub code: i8,
    pub value: u64,
    pub scoid: i32,
}

/// What a server is told of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct Info {
    pub client: usize,
    pub chid: i32,
    pub scoid: i32,
    pub coid: i32,
    pub priority: u8,
    pub unblock_request: bool,
    pub msglen: usize,
    pub srcmsglen: usize,
    pub dstmsglen: usize,
}

/// What a call returns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Outcome {
    /// It fails.
    Failed(Errno),
    /// It succeeds and has nothing to tell.
    Done,
    /// A new channel or connection, or the number of bytes written.
    Number(i64),
    /// Bytes read.
    Bytes(Vec<u8>),
    /// `MsgInfo`.
    Info(Info),
    /// A receive: a message.
    Message {
        rcvid: i64,
        info: Info,
        bytes: Vec<u8>,
    },
    /// A receive: a pulse.
    Pulse(Pulse),
    /// A send: the answer of the server, and the memory for it.
    Answered {
        status: i64,
        error: i32,
        room: Vec<u8>,
    },
    /// A send: the kernel's refusal, and the memory for the reply, which the server may have written to.
    Unanswered { errno: Errno, room: Vec<u8> },
    /// No call returns: the handler of a signal runs in a thread that makes none.
    Handled,
}

/// A call that returns because of a step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Observation {
    /// Which.
    pub call: Call,
    /// With what.
    pub outcome: Outcome,
    /// The handler of a signal runs in its thread then.
    pub signal: bool,
    /// Errno of the reply that came before, in one call with a receive.
    pub reply_error: Option<Errno>,
}
