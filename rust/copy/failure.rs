// SPDX-License-Identifier: GPL-2.0-only

//! Why a server's call failed, and whose fault it was.

use crate::base::{
    abi,
    fault::Side, //
};
use crate::sys::remote_mm::CopyFault;
use kernel::prelude::*;

/// An errno and, if memory was at fault, whose.
#[derive(Clone, Copy)]
pub(crate) struct Failure {
    /// The errno.
    pub(crate) error: Error,
    side: Option<Side>,
}

impl Failure {
    /// An error in the arguments of the server; if they cannot be read it is its own fault.
    pub(crate) fn of_server(error: Error) -> Self {
        Self {
            error,
            side: (error == EFAULT).then_some(Side::Server),
        }
    }

    /// Memory of one side cannot be reached.
    pub(crate) fn fault(side: Side) -> Self {
        Self {
            error: EFAULT,
            side: Some(side),
        }
    }

    /// The value of the `side` fields of the ABI.
    pub(crate) fn side(self) -> u32 {
        self.side.map_or(abi::SIDE_NONE, Side::code)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, side: None }
    }
}

impl From<CopyFault> for Failure {
    fn from(fault: CopyFault) -> Self {
        match fault {
            CopyFault::Signalled => EINTR.into(),
            // It waits for no answer any more.
            CopyFault::Left => ESRCH.into(),
            CopyFault::NoMemory => ENOMEM.into(),
            // The server's thread does every copy, so that it is the local side.
            CopyFault::Local => Self::fault(Side::Server),
            CopyFault::Remote => Self::fault(Side::Client),
        }
    }
}
