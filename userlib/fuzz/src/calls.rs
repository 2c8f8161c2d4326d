// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the ioctls take: one table, from which programs are drawn, carried out and written as C.

use qipc_sys as sys;
use serde::{Deserialize, Serialize};

/// What the registers of programs hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A channel.
    Chid,
    /// A connection, be it a number of a session or a descriptor.
    Coid,
    /// A received message.
    Rcvid,
    /// A client, as its server knows it.
    Scoid,
    /// A registered event.
    Handle,
    /// A timer.
    Timer,
    /// Any other descriptor.
    Fd,
}

/// How many kinds there are.
pub const KINDS: usize = 7;

/// Of what kind a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Something that an earlier call returned.
    Register(Kind),
    /// A process.
    Pid,
    /// Any of these bits.
    Bits(&'static [u32]),
    /// One of these.
    Choice(&'static [i64]),
    /// A count or length that is small more often than not.
    Small,
    /// Nanoseconds.
    Time,
    /// A priority.
    Priority,
    /// A user or group.
    User,
    /// Anything.
    Any,
    /// What must be 0.
    Zero,
    /// Memory: address and count.
    Memory,
    /// Address of a `struct qipc_timeout`.
    Timeout,
    /// Address of a `struct qipc_event`.
    Event,
    /// Address of a name.
    Name,
    /// Length of the name in the same structure.
    NameLength,
    /// What an event is for: its meaning depends on the kind of the event.
    Target,
    /// Written by the module; kept in a register.
    Out(Kind),
}

/// A field of an argument.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in C.
    pub name: &'static str,
    /// Its offset.
    pub at: usize,
    /// Its size in bytes.
    pub width: usize,
    /// What it holds.
    pub holds: Holds,
}

/// A call, or a structure that calls point to.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Name of the request in C.
    pub name: &'static str,
    /// The request.
    pub request: u32,
    /// Name of the structure in C.
    pub structure: &'static str,
    /// Its size.
    pub size: usize,
    /// What is in it and not always 0.
    pub fields: &'static [Field],
    /// Whether a connection descriptor takes it, too.
    pub by_descriptor: bool,
    /// How often it is drawn.
    pub weight: u32,
}

macro_rules! fields {
    ($structure:ident: $( $($path:ident).+ $width:literal $holds:expr ),* $(,)?) => {
        &[ $( Field {
            name: fields!(@name $($path).+),
            at: core::mem::offset_of!(sys::$structure, $($path).+),
            width: $width,
            holds: $holds,
        } ),* ]
    };
    (@name $first:ident $(. $rest:ident)*) => { concat!(stringify!($first) $(, ".", stringify!($rest))*) };
}

macro_rules! call {
    ($request:ident $structure:ident $weight:literal $by_descriptor:literal: $($rest:tt)*) => {
        Call {
            name: stringify!($request),
            request: sys::$request,
            structure: stringify!($structure),
            size: size_of::<sys::$structure>(),
            fields: fields!($structure: $($rest)*),
            by_descriptor: $by_descriptor,
            weight: $weight,
        }
    };
}

use Holds::{
    Any, Bits, Choice, Event, Memory, Name, NameLength, Out, Pid, Priority, Register, Small,
    Target, Time, Timeout, User, Zero,
};

const CHANNEL_FLAGS: Holds = Bits(&[
    0x1, 0x2, 0x2, 0x4, 0x8, 0x8, 0x20, 0x40, 0x80, 0x100, 0x1000, 0x4000,
]);
const CONNECTION_FLAGS: Holds = Bits(&[0x1, 0x4, 0x40, 0x800, 0x2000]);
const SEND_FLAGS: Holds = Bits(&[0x1, 0x2]);
const RECEIVE_FLAGS: Holds = Bits(&[0x1, 0x1, 0x4, 0x8]);
const EVENT_KIND: Holds = Choice(&[
    0, 1, 2, 3, 4, 4, 4, 4, 5, 9, 0x404, 0x402, 0x2000, 0x2004, 0x2400,
]);
const CLOCK: Holds = Choice(&[0, 1, 1, 1, 1, 1, 1, 7, 7, 2]);
const CODE: Holds = Choice(&[0, 1, 17, 127, -1, -128, -32, -6]);

/// `struct qipc_timeout`, which calls point to.
pub const TIMEOUT: Call = call!(QIPC_MSG_SEND qipc_timeout 0 false:
    states 4 Choice(&[0x70, 0x70, 0x50, 0x50, 0x10, 0x40, 0x20, 0x30, 0, 0x80]),
    flags 4 Bits(&[1]),
    clock 4 CLOCK,
    reserved 4 Zero,
    time 8 Time,
    event 8 Event,
);

/// `struct qipc_event`, which calls point to.
pub const EVENT: Call = call!(QIPC_MSG_SEND qipc_event 0 false:
    notify 4 EVENT_KIND,
    target 4 Target,
    value 8 Any,
    code 2 CODE,
    priority 2 Priority,
    reserved 4 Zero,
);

/// All calls.
pub const CALLS: &[Call] = &[
    call!(QIPC_GET_FEATURES qipc_features 1 false: reserved 4 Zero),
    call!(QIPC_CHANNEL_CREATE qipc_channel_create 8 false:
        flags 4 CHANNEL_FLAGS,
        chid 4 Out(Kind::Chid),
        num_pulses 4 Small,
        rearm 4 Small,
        event 8 Event,
    ),
    call!(QIPC_CHANNEL_ACCESS qipc_channel_access 3 false:
        chid 4 Register(Kind::Chid),
        set 4 Bits(&[1, 2, 4, 8]),
        mode 4 Choice(&[0o666, 0o600, 0o222, 0, 0o7777]),
        uid 4 User,
        gid 4 User,
        ceiling 4 Priority,
    ),
    call!(QIPC_CHANNEL_DESTROY qipc_channel_destroy 3 false: chid 4 Register(Kind::Chid), reserved 4 Zero),
    call!(QIPC_CHANNEL_FD qipc_channel_fd 3 false: chid 4 Register(Kind::Chid), flags 4 Bits(&[1])),
    call!(QIPC_CONNECT_ATTACH qipc_connect_attach 8 false:
        nd 4 Zero,
        pid 4 Pid,
        chid 4 Register(Kind::Chid),
        index 4 Choice(&[0, 0x4000_0000, 0x4000_0000]),
        flags 4 CONNECTION_FLAGS,
        coid 4 Out(Kind::Coid),
    ),
    call!(QIPC_CONNECT_DETACH qipc_connect_detach 3 true: coid 4 Register(Kind::Coid), reserved 4 Zero),
    call!(QIPC_CONNECT_FLAGS qipc_connect_flags 1 false:
        pid 4 Pid,
        coid 4 Register(Kind::Coid),
        mask 4 CONNECTION_FLAGS,
        bits 4 CONNECTION_FLAGS,
        reserved 4 Zero,
    ),
    call!(QIPC_CONNECT_SERVER_INFO qipc_connect_server_info 2 true:
        pid 4 Pid,
        coid 4 Register(Kind::Coid),
        flags 4 Bits(&[1]),
        reserved 4 Zero,
        info.scoid 4 Out(Kind::Scoid),
    ),
    call!(QIPC_CONNECT_CLIENT_INFO qipc_connect_client_info 2 false:
        scoid 4 Register(Kind::Scoid),
        max_groups 4 Small,
        groups 8 Event,
    ),
    call!(QIPC_MSG_SEND qipc_msg_send 14 true:
        coid 4 Register(Kind::Coid),
        flags 4 SEND_FLAGS,
        send 16 Memory,
        reply 16 Memory,
        timeout 8 Timeout,
    ),
    call!(QIPC_MSG_RECEIVE qipc_msg_receive 14 false:
        chid 4 Register(Kind::Chid),
        flags 4 RECEIVE_FLAGS,
        vec 16 Memory,
        timeout 8 Timeout,
        rcvid 8 Out(Kind::Rcvid),
        info.scoid 4 Out(Kind::Scoid),
    ),
    call!(QIPC_MSG_REPLY qipc_msg_reply 8 false:
        rcvid 8 Register(Kind::Rcvid),
        status 8 Any,
        vec 16 Memory,
        flags 4 Bits(&[1]),
    ),
    call!(QIPC_MSG_ERROR qipc_msg_error 4 false:
        rcvid 8 Register(Kind::Rcvid),
        error 4 Choice(&[0, 1, 4, 85, 85, -1, -1, 4095, 4096, -2]),
        reserved 4 Zero,
    ),
    call!(QIPC_MSG_READ qipc_msg_transfer 6 false:
        rcvid 8 Register(Kind::Rcvid),
        offset 8 Small,
        vec 16 Memory,
        flags 4 Bits(&[1]),
    ),
    call!(QIPC_MSG_WRITE qipc_msg_transfer 6 false:
        rcvid 8 Register(Kind::Rcvid),
        offset 8 Small,
        vec 16 Memory,
        flags 4 Bits(&[1]),
    ),
    call!(QIPC_MSG_INFO qipc_msg_info_get 2 false:
        rcvid 8 Register(Kind::Rcvid),
        info.scoid 4 Out(Kind::Scoid),
    ),
    call!(QIPC_MSG_REPLY_RECEIVE qipc_msg_reply_receive 8 false:
        reply.rcvid 8 Register(Kind::Rcvid),
        reply.status 8 Any,
        reply.vec 16 Memory,
        reply.flags 4 Bits(&[1]),
        reserved 4 Zero,
        receive.chid 4 Register(Kind::Chid),
        receive.flags 4 RECEIVE_FLAGS,
        receive.vec 16 Memory,
        receive.timeout 8 Timeout,
        receive.rcvid 8 Out(Kind::Rcvid),
        receive.info.scoid 4 Out(Kind::Scoid),
    ),
    call!(QIPC_PULSE_SEND qipc_pulse_send 6 true:
        coid 4 Register(Kind::Coid),
        priority 4 Priority,
        code 4 CODE,
        reserved 4 Zero,
        value 8 Any,
    ),
    call!(QIPC_MSG_CURRENT qipc_msg_current 2 false: rcvid 8 Register(Kind::Rcvid)),
    call!(QIPC_EVENT_DELIVER qipc_event_deliver 4 false:
        rcvid 8 Register(Kind::Rcvid),
        event.notify 4 EVENT_KIND,
        event.target 4 Target,
        event.value 8 Any,
        event.code 2 CODE,
        event.priority 2 Priority,
        event.reserved 4 Zero,
        flags 4 Bits(&[1]),
        reserved 4 Zero,
    ),
    call!(QIPC_EVENT_REGISTER qipc_event_register 4 false:
        event.notify 4 EVENT_KIND,
        event.target 4 Target,
        event.value 8 Any,
        event.code 2 CODE,
        event.priority 2 Priority,
        event.reserved 4 Zero,
        coid 4 Register(Kind::Coid),
        handle 4 Out(Kind::Handle),
    ),
    call!(QIPC_EVENT_UNREGISTER qipc_event_unregister 2 false:
        handle 4 Register(Kind::Handle),
        reserved 4 Zero,
    ),
    call!(QIPC_TIMER_CREATE qipc_timer_create 3 false:
        clock 4 CLOCK,
        timer 4 Out(Kind::Timer),
        event.notify 4 EVENT_KIND,
        event.target 4 Target,
        event.value 8 Any,
        event.code 2 CODE,
        event.priority 2 Priority,
        event.reserved 4 Zero,
    ),
    call!(QIPC_TIMER_SETTIME qipc_timer_settime 4 false:
        timer 4 Register(Kind::Timer),
        flags 4 Bits(&[1]),
        value 8 Time,
        interval 8 Time,
    ),
    call!(QIPC_TIMER_GETTIME qipc_timer_gettime 1 false: timer 4 Register(Kind::Timer), reserved 4 Zero),
    call!(QIPC_TIMER_DELETE qipc_timer_delete 2 false: timer 4 Register(Kind::Timer), reserved 4 Zero),
    call!(QIPC_NAME_ATTACH qipc_name_attach 2 false:
        chid 4 Register(Kind::Chid),
        flags 4 Bits(&[1]),
        mode 4 Choice(&[0o666, 0o600, 0]),
        uid 4 User,
        gid 4 User,
        length 4 NameLength,
        name 8 Name,
    ),
    call!(QIPC_NAME_DETACH qipc_name_detach 2 false: length 4 NameLength, reserved 4 Zero, name 8 Name),
    call!(QIPC_NAME_OPEN qipc_name_open 3 false:
        length 4 NameLength,
        flags 4 CONNECTION_FLAGS,
        name 8 Name,
        coid 4 Out(Kind::Coid),
        reserved 4 Zero,
    ),
    call!(QIPC_BENCH_PAIR qipc_bench_pair 1 false: seat 4 Choice(&[0, 1, 2]), reserved 4 Zero),
];

/// The names that programs use.
pub const NAMES: &[&str] = &["a", "a/b", "svc/one", "..", "/x", "x//y", ""];

/// The call of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Call> {
    CALLS.iter().find(|call| call.name == name)
}
