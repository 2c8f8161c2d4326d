// SPDX-License-Identifier: GPL-2.0-only

//! Whose memory was at fault.

/// The process whose memory could not be read or written.
///
/// QNX tells the two apart by errno (`EFAULT`, `ESRVRFAULT`); here the errno is always `EFAULT`
/// and the side is reported beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The process that sent the message.
    Client,
    /// The process that received it.
    Server,
}

impl Side {
    /// The value of the `side` fields of the ABI.
    pub(crate) const fn code(self) -> u32 {
        match self {
            Side::Client => super::abi::SIDE_CLIENT,
            Side::Server => super::abi::SIDE_SERVER,
        }
    }
}
