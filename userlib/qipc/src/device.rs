// SPDX-License-Identifier: MIT OR Apache-2.0

//! The way in: a session of this process.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;

use bitflags::bitflags;
use qipc_sys as sys;
use rustix::io::Errno;

use crate::channel::{Address, Channel, ChannelFlags};
use crate::connection::{ConnectFlags, Connection, FdConnection};
use crate::error::{Error, Result};
use crate::raw::Session;

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

    /// What the module can do.
    #[must_use]
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Makes a channel to receive on. QNX `ChannelCreate`.
    ///
    /// # Errors
    ///
    /// `EINVAL` for a flag that is not in [`Features::channel_flags`], `EAGAIN` when the process has too many channels,
    /// `ENOMEM`, [`Stale`](Error::Stale).
    pub fn channel_create(&self, flags: ChannelFlags) -> Result<Channel> {
        Channel::create(&self.session, flags)
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
}

/// For what this crate does not cover. The descriptor only works in this process.
impl AsFd for Qipc {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.session.as_fd()
    }
}

/// A process id as the kernel takes it; no process has one that does not fit.
fn pid(address: Address) -> Result<i32> {
    i32::try_from(address.pid).map_err(|_| Error::Os(Errno::SRCH))
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
