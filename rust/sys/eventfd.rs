// SPDX-License-Identifier: GPL-2.0-only

//! Eventfds: counters that user space waits for with `read()` or `poll()`.

use core::ptr::NonNull;
use kernel::{
    bindings,
    error::from_err_ptr,
    prelude::*, //
};

/// A counted reference to the counter of an eventfd; it needs no descriptor any more.
pub(crate) struct EventFd(NonNull<bindings::eventfd_ctx>);

// SAFETY: The context is reference counted and has a lock of its own.
unsafe impl Send for EventFd {}
// SAFETY: As above.
unsafe impl Sync for EventFd {}

impl EventFd {
    /// Looks up a descriptor of the calling process.
    ///
    /// Fails with `EBADF` if there is none of this number, and with `EINVAL` if it is no eventfd.
    pub(crate) fn of_descriptor(number: i32) -> Result<Self> {
        // SAFETY: Takes any number; returns a counted reference or an error.
        let context = from_err_ptr(unsafe { bindings::eventfd_ctx_fdget(number) })?;
        NonNull::new(context).map(Self).ok_or(EBADF)
    }

    /// Adds 1; a counter that is full stays as it is.
    pub(crate) fn post(&self) {
        // SAFETY: The context is valid by its reference count. May be called in any context.
        unsafe { bindings::eventfd_signal_mask(self.0.as_ptr(), 0) };
    }
}

impl Drop for EventFd {
    fn drop(&mut self) {
        // SAFETY: The reference is ours to give up.
        unsafe { bindings::eventfd_ctx_put(self.0.as_ptr()) };
    }
}
