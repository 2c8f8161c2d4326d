// SPDX-License-Identifier: GPL-2.0-only

//! Eventfds: counters that user space waits for with `read()` or `poll()`.

use super::{
    calls,
    foreign::{
        Foreign,
        Own, //
    }, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    error::from_err_ptr,
    prelude::*, //
};

/// A counted reference to the counter of an eventfd; it needs no descriptor any more.
pub(crate) struct EventFd(Own<Foreign<bindings::eventfd_ctx>>);

impl EventFd {
    /// Looks up a descriptor of the calling process.
    ///
    /// Fails with `EBADF` if there is none of this number, and with `EINVAL` if it is no eventfd.
    pub(crate) fn of_descriptor(number: i32) -> Result<Self> {
        let context = from_err_ptr(calls::eventfd_ctx_fdget(number))?;
        let context = NonNull::new(context).ok_or(EBADF)?;
        // SAFETY: What was returned is no error, so it was counted for the caller.
        Ok(Self(unsafe { Own::from_raw(context) }))
    }

    /// Adds 1; a counter that is full stays as it is. For any context.
    pub(crate) fn post(&self) {
        calls::eventfd_signal_mask(&self.0, 0);
    }
}
