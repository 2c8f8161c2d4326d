// SPDX-License-Identifier: MIT OR Apache-2.0

//! The way in: a session of this process.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;

use bitflags::bitflags;
use qipc_sys as sys;
use rustix::io::Errno;

use crate::calls::{bench_pair, connect_server_info};
use crate::channel::{Address, Channel};
use crate::client::client_info;
use crate::connection::{ConnectFlags, Connection, FdConnection, ServerInfo};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::info::{ClientInfo, ServerInfoFlags};
use crate::options::{ChannelFlags, ChannelOptions};
use crate::parts::Sink;
use crate::raw::{bench_switch, ReceiveOptions, Session};
use crate::registered::{Deliverer, RegisteredEvent};
use crate::shared;
use crate::timeout::Clock;
use crate::timer::Timer;

bitflags! {
    /// Groups of calls that a module has.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct FeatureFlags: u64 {
        /// Send, receive, reply, error, info.
        const MSG = sys::QIPC_FEATURE_MSG as u64;
        /// [`Request::read_at`](crate::Request::read_at) and [`Request::write_at`](crate::Request::write_at).
        const TRANSFER = sys::QIPC_FEATURE_TRANSFER as u64;
        /// [`Channel::reply_receive`].
        const REPLY_RECEIVE = sys::QIPC_FEATURE_REPLY_RECEIVE as u64;
        /// [`Channel::pollable`].
        const POLL = sys::QIPC_FEATURE_POLL as u64;
        /// [`Qipc::connect_attach_fd`].
        const FD_CONNECTION = sys::QIPC_FEATURE_FD_CONNECTION as u64;
        /// Pulses, also those of the system.
        const PULSE = sys::QIPC_FEATURE_PULSE as u64;
        /// [`Timeout`](crate::Timeout).
        const TIMEOUT = sys::QIPC_FEATURE_TIMEOUT as u64;
        /// [`Client::deliver`](crate::Client::deliver), [`Qipc::event_register`].
        const EVENT = sys::QIPC_FEATURE_EVENT as u64;
        /// [`Qipc::timer_create`].
        const TIMER = sys::QIPC_FEATURE_TIMER as u64;
        /// Servers run at the priority of their clients.
        const PRIORITY = sys::QIPC_FEATURE_PRIORITY as u64;
        /// [`Channel::name_attach`], [`Qipc::name_open`].
        const NAME = sys::QIPC_FEATURE_NAME as u64;
        /// [`Channel::set_access`].
        const ACCESS = sys::QIPC_FEATURE_ACCESS as u64;
        /// [`Connection::server_info`], [`Channel::client_info`].
        const CONNECT_INFO = sys::QIPC_FEATURE_CONNECT_INFO as u64;

        // What a newer module may have.
        const _ = !0;
    }
}

/// What the module can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Features {
    /// Version of the interface that the module speaks.
    pub abi_version: u32,
    /// Messages and replies of up to so many bytes travel inline.
    pub inline_bytes: usize,
    /// Groups of calls.
    pub calls: FeatureFlags,
    /// Flags that [`Qipc::channel_create`] takes.
    pub channel_flags: ChannelFlags,
    /// Flags that [`Qipc::connect_attach`] takes.
    pub connect_flags: ConnectFlags,
    /// Parts a list may have.
    pub max_parts: usize,
    /// Bytes a list may have in total.
    pub max_bytes: u64,
}

impl Features {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "flags of these types are 32 bits wide in the calls"
    )]
    fn new(features: &sys::qipc_features) -> Self {
        Self {
            abi_version: features.abi_version,
            inline_bytes: features.inline_bytes as usize,
            calls: FeatureFlags::from_bits_retain(features.features),
            channel_flags: ChannelFlags::from_bits_retain(features.channel_flags as u32),
            connect_flags: ConnectFlags::from_bits_retain(features.connect_flags as u32),
            max_parts: features.max_parts as usize,
            max_bytes: features.max_bytes,
        }
    }
}

/// A session: one open of `/dev/qipc`, from which channels and connections are made.
///
/// Clones share the session, which ends with the last clone, channel, connection and request of it. A process needs
/// one; several do no harm, but each has its own connections and requests.
///
/// A session belongs to the process that opened it. In a forked child everything made from it fails with
/// [`Error::Stale`], except sends on an [`FdConnection`]; dropping it there is harmless. The child opens its own.
#[derive(Clone, Debug)]
pub struct Qipc {
    session: Arc<Session>,
    features: Features,
}

impl Qipc {
    /// Opens `/dev/qipc` and asks the module what it can do.
    ///
    /// # Errors
    ///
    /// `ENOENT` when the module is not loaded, `EACCES` when the device's mode forbids it.
    pub fn open() -> Result<Self> {
        Self::open_path("/dev/qipc")
    }

    /// As [`open`](Self::open), for a device node somewhere else.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open); `ENOTTY` when it is the node of another driver.
    pub fn open_path(path: impl AsRef<Path>) -> Result<Self> {
        let session = Session::open(path.as_ref())?;
        let features = Features::new(&session.get_features()?);
        Ok(Self {
            session: Arc::new(session),
            features,
        })
    }

    /// Joins the session that this process has already, be it of libqipc or of another copy of this crate, and opens one
    /// if there is none.
    ///
    /// For Rust programs that use C code written for QNX: its channels, connections and receive ids are those of this
    /// session, and libqipc, which does the same, uses those made here. The session ends when everybody has dropped it;
    /// libqipc never does.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub fn shared() -> Result<Self> {
        let session = Session::new(shared::descriptor(Path::new("/dev/qipc"))?);
        let features = Features::new(&session.get_features()?);
        Ok(Self {
            session: Arc::new(session),
            features,
        })
    }

    /// What the module can do.
    #[must_use]
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// For benchmarks: offers a pair of threads that only wake each other and sleep (`seat` 0), or takes the one that was
    /// offered last (`seat` 1). What a round trip costs at least, for the calling thread.
    ///
    /// # Errors
    ///
    /// - `ENOTTY`: the module was loaded without `bench=1`.
    /// - `EINVAL`: another seat. `ESRCH`: no pair was offered. `EBUSY`: the session has a seat.
    pub fn bench_pair(&self, seat: u32) -> Result<()> {
        bench_pair(&self.session, seat)
    }

    /// For benchmarks: wakes the other thread of the pair, then sleeps until that one wakes this one; either half can be
    /// left out.
    ///
    /// # Errors
    ///
    /// - `ENOTTY`: the module was loaded without `bench=1`.
    /// - `ESRCH`: no seat, or nobody on the other one. `EPERM`: the seat is another thread's.
    /// - `EINTR`: a signal.
    pub fn bench_switch(&self, wake: bool, sleep: bool) -> Result<()> {
        let how = [(wake, sys::QIPC_BENCH_WAKE), (sleep, sys::QIPC_BENCH_SLEEP)];
        let how = how.iter().filter(|(wanted, _)| *wanted);
        bench_switch(self.session.as_fd(), how.map(|(_, bit)| bit).sum())
    }

    /// Makes a channel to receive on. QNX `ChannelCreate`, `ChannelCreatePulsePool`.
    ///
    /// Takes [`ChannelFlags`], or [`ChannelOptions`] for all that can be said of a channel.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: a flag that is not in [`Features::channel_flags`].
    /// - `EBUSY`: another channel of this process has [`THREAD_DEATH`](ChannelFlags::THREAD_DEATH) or
    ///   [`COID_DISCONNECT`](ChannelFlags::COID_DISCONNECT).
    /// - `EAGAIN`: the process has too many channels. `ENOMEM`. [`Stale`](Error::Stale).
    /// - As for [`Channel::set_access`], when the options have an owner, a group, a mode or a ceiling.
    pub fn channel_create<'a>(&self, options: impl Into<ChannelOptions<'a>>) -> Result<Channel> {
        Channel::create(&self.session, &options.into())
    }

    /// Connects to a channel with a number of this session: nothing is inherited, no descriptor is used. QNX
    /// `ConnectAttach` with `_NTO_SIDE_CHANNEL`.
    ///
    /// The server is not asked and not told.
    ///
    /// # Errors
    ///
    /// - `ESRCH`: no such process, or it has no such channel.
    /// - `EACCES`: this process may not connect: other user, or a private channel.
    /// - `EINVAL`: a flag that is not in [`Features::connect_flags`].
    /// - `EAGAIN`: too many connections here or at the server. `ENOMEM`. [`Stale`](Error::Stale).
    pub fn connect_attach(&self, address: Address, flags: ConnectFlags) -> Result<Connection> {
        Connection::attach(&self.session, pid(address)?, address.chid, flags)
    }

    /// Connects to a channel with a descriptor, the lowest free one. QNX `ConnectAttach` without `_NTO_SIDE_CHANNEL`.
    ///
    /// The descriptor outlives the session, `fork`, and, without [`CLOEXEC`](ConnectFlags::CLOEXEC), `exec`.
    ///
    /// # Errors
    ///
    /// As for [`connect_attach`](Self::connect_attach); `EMFILE`, `ENFILE` when there is no descriptor left.
    pub fn connect_attach_fd(&self, address: Address, flags: ConnectFlags) -> Result<FdConnection> {
        FdConnection::attach(&self.session, pid(address)?, address.chid, flags)
    }

    /// Connects to the channel that has this name, with a number of this session. QNX `name_open`; ending the connection
    /// is `name_close`.
    ///
    /// Names are those of this process's IPC namespace. The server is not asked and not told.
    ///
    /// # Errors
    ///
    /// `ENOENT`: no channel has the name. `EINVAL`, `ENAMETOOLONG`: it is no name. Otherwise as for
    /// [`connect_attach`](Self::connect_attach).
    pub fn name_open(&self, name: impl AsRef<[u8]>, flags: ConnectFlags) -> Result<Connection> {
        Connection::open(&self.session, name.as_ref(), flags)
    }

    /// Describes the connection `coid` of a process, or the one with the next higher number: to walk through all
    /// connections, start with `0x4000_0000` and go on from what was found. QNX `ConnectServerInfo`.
    ///
    /// Only connections that are no descriptors are found. `pid` 0 is this session, the number of a process all sessions of
    /// that.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: no connection from there on.
    /// - `ESRCH`: no such process. `EPERM`: one of another user. [`Stale`](Error::Stale).
    pub fn connect_server_info(
        &self,
        pid: u32,
        coid: i32,
        flags: ServerInfoFlags,
    ) -> Result<ServerInfo> {
        let pid = process(pid)?;
        connect_server_info(self.as_fd(), pid, coid, flags.bits())
            .map(|info| ServerInfo::new(&info))
    }

    /// This process itself, as a server would see it. QNX `ConnectClientInfo` of -1.
    ///
    /// # Errors
    ///
    /// [`Stale`](Error::Stale).
    pub fn own_client_info(&self) -> Result<ClientInfo> {
        client_info(&self.session, -1)
    }

    /// Lets `by` deliver `event` to this process, with the value it has here. Send the handle to the server in a message.
    /// QNX `MsgRegisterEvent`.
    ///
    /// Unlike an event that a server makes up, this one can be nothing else than what was registered, whatever the server
    /// wants. With [`REG_EVENTS`](ConnectFlags::REG_EVENTS) a connection lets no others through.
    ///
    /// ```no_run
    /// # fn main() -> qipc::Result<()> {
    /// use qipc::{ChannelFlags, ConnectFlags, Deliverer, Event, Qipc};
    ///
    /// let qipc = Qipc::open()?;
    /// let server = qipc.name_open("clock", ConnectFlags::REG_EVENTS)?;
    /// let channel = qipc.channel_create(ChannelFlags::PRIVATE)?;
    /// let own = qipc.connect_attach(channel.address(), ConnectFlags::empty())?;
    /// let event = qipc.event_register(Event::pulse(own.coid(), 1, 7), Deliverer::Server(&server))?;
    /// server.send(&event.handle().0.to_ne_bytes(), ())?;
    /// assert_eq!(channel.receive_pulse()?.value, 7);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// `EINVAL` for an event that cannot be registered, `ESRCH` for a pulse over a connection that this session does not
    /// have, `EAGAIN` for too many of them (4,096), `ENOMEM`, [`Stale`](Error::Stale).
    pub fn event_register(&self, event: Event<'_>, by: Deliverer<'_>) -> Result<RegisteredEvent> {
        RegisteredEvent::new(&self.session, event, by, 0)
    }

    /// As [`event_register`](Self::event_register), and lets whoever delivers it choose the value. QNX
    /// `SIGEV_FLAG_UPDATEABLE`.
    ///
    /// # Errors
    ///
    /// As for [`event_register`](Self::event_register).
    pub fn event_register_updateable(
        &self,
        event: Event<'_>,
        by: Deliverer<'_>,
    ) -> Result<RegisteredEvent> {
        RegisteredEvent::new(&self.session, event, by, sys::QIPC_EVENT_UPDATEABLE)
    }

    /// Has `event` happen to this process itself. QNX `MsgDeliverEvent` with an `rcvid` of 0.
    ///
    /// # Errors
    ///
    /// As for [`Client::deliver`](crate::Client::deliver).
    pub fn event_deliver(&self, event: Event<'_>) -> Result<()> {
        self.session.event_deliver(0, event.to_raw(), 0)
    }

    /// Says whether `event` could happen to this process itself, and does nothing. QNX `MsgVerifyEvent` with an `rcvid` of
    /// 0.
    ///
    /// # Errors
    ///
    /// As for [`Client::deliver`](crate::Client::deliver).
    pub fn event_verify(&self, event: Event<'_>) -> Result<()> {
        let flags = sys::QIPC_EVENT_VERIFY;
        self.session.event_deliver(0, event.to_raw(), flags)
    }

    /// Makes a timer that has `event` happen to this process each time it expires. It is stopped at first. QNX
    /// `timer_create`.
    ///
    /// # Errors
    ///
    /// `EINVAL` for [`Event::Unblock`] and events that do not exist, `ESRCH` for a pulse over a connection that this
    /// session does not have, `EAGAIN` for too many timers (1,024), `ENOMEM`, [`Stale`](Error::Stale).
    pub fn timer_create(&self, clock: Clock, event: Event<'_>) -> Result<Timer> {
        Timer::create(&self.session, clock, event)
    }

    /// Gives the calling thread its own priority back, as [`leave_channel`](Self::leave_channel). QNX `MsgCurrent` of 0.
    ///
    /// # Errors
    ///
    /// [`Stale`](Error::Stale).
    pub fn restore_priority(&self) -> Result<()> {
        self.session.msg_current(0)
    }

    /// Ends what ties the calling thread to the channel that it received from last: it gets its own priority back, and
    /// clients that wait there do not lift it any more. The next receive ties it again. QNX `MsgReceive` of -1.
    ///
    /// # Errors
    ///
    /// [`Stale`](Error::Stale).
    pub fn leave_channel(&self) -> Result<()> {
        let nothing = ReceiveOptions::default();
        match self.session.msg_receive(-1, ().lend_mut(), nothing) {
            // That is how the kernel says so: there is no channel to receive from.
            Ok(_) | Err(Error::Os(Errno::SRCH)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// For what this crate does not cover. The descriptor only works in this process.
impl AsFd for Qipc {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.session.as_fd()
    }
}

/// A process id as the kernel takes it; no process has one that does not fit.
fn pid(address: Address) -> Result<i32> {
    process(address.pid)
}

fn process(pid: u32) -> Result<i32> {
    i32::try_from(pid).map_err(|_| Error::Os(Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_is_not_there_is_enoent() {
        assert_eq!(
            Qipc::open_path("/dev/qipc-is-not-here").map(drop),
            Err(Error::Os(Errno::NOENT))
        );
    }

    #[test]
    fn another_driver_is_enotty() {
        assert_eq!(
            Qipc::open_path("/dev/null").map(drop),
            Err(Error::Os(Errno::NOTTY))
        );
    }

    #[test]
    fn a_pid_that_does_not_fit_is_no_process() {
        assert_eq!(
            pid(Address {
                pid: u32::MAX,
                chid: 1
            }),
            Err(Error::Os(Errno::SRCH))
        );
        assert_eq!(pid(Address { pid: 0, chid: 1 }), Ok(0));
    }

    #[test]
    fn unknown_features_are_kept() {
        let features = Features::new(&sys::qipc_features {
            features: !0,
            ..Default::default()
        });
        assert!(features.calls.contains(FeatureFlags::MSG));
        assert_eq!(features.calls.bits(), !0);
    }
}
