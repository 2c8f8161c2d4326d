// SPDX-License-Identifier: MIT OR Apache-2.0

//! QNX-style message passing on Linux: a client thread blocks in *send* until a server thread has *received* its
//! message and *replied*. The kernel copies once, straight between the two address spaces, gathering from the sender's
//! parts and scattering into the receiver's.
//!
//! The kernel side is the module behind `/dev/qipc`. There is one type for each role:
//!
//! | type | what it is | made by |
//! |---|---|---|
//! | [`Qipc`] | a session of this process | [`Qipc::open`] |
//! | [`Channel`] | the receiving end | [`Qipc::channel_create`] |
//! | [`Request`] | a received message, until it is answered | [`Channel::receive`] |
//! | [`Pulse`] | a small message that nobody waits for | [`Connection::send_pulse`], timers, the system |
//! | [`Client`] | a client to tell things to later | [`Request::client`] |
//! | [`Connection`] | the sending end, a number of the session | [`Qipc::connect_attach`] |
//! | [`FdConnection`] | the sending end, a descriptor | [`Qipc::connect_attach_fd`] |
//! | [`ChannelFd`] | a descriptor to `poll` for messages | [`Channel::pollable`] |
//! | [`Name`] | a name that a channel is found by | [`Channel::name_attach`] |
//! | [`Timer`] | has an [`Event`] happen after a time | [`Qipc::timer_create`] |
//! | [`RegisteredEvent`] | an [`Event`] that a server may have happen | [`Qipc::event_register`] |
//! | [`EventThread`] | runs a function for each event | [`EventThread::start`] |
//!
//! # A server
//!
//! ```no_run
#![doc = include_str!("../examples/echo_server.rs")]
//! ```
//!
//! # A client
//!
//! ```no_run
#![doc = include_str!("../examples/echo_client.rs")]
//! ```
//!
//! # Messages in parts
//!
//! Every call takes either one buffer or a list of [`Part`]s or [`PartMut`]s, each of any size: see [`Source`] and
//! [`Sink`]. The parts of the two sides are independent; to the other side a message is a row of bytes. So a client can
//! send a header and its data without putting them together, and a server can receive the header alone, decide, and
//! then pull the data to where it belongs:
//!
//! ```no_run
//! # use qipc::{Channel, Connection, Part, PartMut, Received, Result};
//! fn write(server: &Connection, data: &[u8]) -> Result<i64> {
//!     let header = (data.len() as u64).to_ne_bytes();
//!     server.send(&[Part::new(&header), Part::new(data)], ())
//! }
//!
//! fn serve_write(channel: &Channel, blocks: &mut [[u8; 512]]) -> Result<()> {
//!     let mut header = [0; 8];
//!     let Received::Request(request) = channel.receive(&mut header)? else {
//!         return Ok(()); // a pulse
//!     };
//!     let mut parts: Vec<_> = blocks.iter_mut().map(PartMut::from).collect();
//!     let bytes = request.read_at(&mut parts, 8)?;
//!     request.reply(bytes as i64, ())
//! }
//! ```
//!
//! Memory that is lent to a call is borrowed for the call, and the call lasts until the kernel is done with it.
//!
//! # Pulses and timeouts
//!
//! A channel also receives [`Pulse`]s: from processes that do not wait, from timers, and from the system, which tells of
//! clients that have gone or that want to stop waiting. They come in the same queue, by priority.
//!
//! ```no_run
#![doc = include_str!("../examples/timer_server.rs")]
//! ```
//!
//! Each call that blocks has a form that takes a [`Timeout`].
//!
//! # Names
//!
//! ```no_run
#![doc = include_str!("../examples/name_server.rs")]
//! ```
//!
//! # Errors
//!
//! [`Error`] says what QNX says with `errno` and a bit more: whose memory was bad, and whether the server or the kernel
//! decided. Blocking calls return `EINTR` when a signal handler has run, as in QNX; nothing is restarted behind the
//! program's back. No call panics.
//!
//! # Processes
//!
//! A session belongs to the process that opened it: see [`Qipc`] about `fork`. Connections that have to be inherited or
//! passed on are [`FdConnection`]s.

#![warn(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]

// Lowest layer first.
mod error;
mod parts;

mod event;
mod info;
mod pulse;

mod options;
/// The ioctls themselves, for libqipc.
#[doc(hidden)]
#[allow(unsafe_code, reason = "the one file that talks to the kernel")]
pub mod raw;
mod timeout;

mod calls;

/// The session that a process shares, for libqipc.
#[doc(hidden)]
pub mod shared;

mod client;
mod name;
mod timer;

mod request;
// The two ends do not know each other.
mod channel;
mod connection;

mod registered;

mod device;

mod event_thread;

pub use channel::{Address, Channel, ChannelFd, ParseAddressError, Received, ReplyReceive};
pub use client::Client;
pub use connection::{ConnectFlags, Connection, FdConnection, ServerInfo};
pub use device::{FeatureFlags, Features, Qipc};
pub use error::{Error, Result};
pub use event::{Event, EventHandle};
pub use event_thread::EventThread;
pub use info::{Access, ChannelAccess, ClientInfo, ServerInfoFlags};
pub use name::Name;
pub use options::{ChannelFlags, ChannelOptions};
pub use parts::{total_len, Part, PartMut, Sink, Source};
pub use pulse::{Pulse, PulseKind, PULSE_LEN};
pub use registered::{Deliverer, RegisteredEvent};
pub use request::{MessageFlags, MessageInfo, Request};
pub use timeout::{Clock, States, Timeout};
pub use timer::{Timer, TimerSetting};

/// An error number of Linux, with a constant for each. Re-exported from `rustix`.
pub use rustix::io::Errno;
