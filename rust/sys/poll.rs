// SPDX-License-Identifier: GPL-2.0-only

//! A wait queue for `poll()` and `epoll`.
//!
//! `kernel::sync::poll::PollCondVar` may go while somebody still polls, and pays for that with an
//! RCU grace period whenever it goes. Here the queue belongs to the object of the polled file, and
//! `poll`, `select`, `epoll` and `io_uring` leave it before that file is released. So it is empty
//! when it goes, and nothing has to be waited for.

use core::marker::PhantomData;
use kernel::{
    bindings,
    prelude::*,
    sync::LockClassKey, //
};

use super::{
    calls,
    foreign::Foreign, //
};

/// Readiness bits as `poll()` knows them: something can be read.
pub(crate) const READABLE: u32 = bindings::POLLIN | bindings::POLLRDNORM;
/// Readiness bits as `poll()` knows them: the object is gone.
pub(crate) const HANGUP: u32 = bindings::POLLHUP;

/// Where those who poll an object wait.
#[pin_data]
pub(crate) struct PollQueue {
    #[pin]
    head: Foreign<bindings::wait_queue_head>,
}

// SAFETY: A wait queue head has a lock of its own.
unsafe impl Send for PollQueue {}
// SAFETY: As above.
unsafe impl Sync for PollQueue {}

impl PollQueue {
    /// Makes an empty queue.
    pub(crate) fn new(key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        // SAFETY: The memory stays where it is; name and key are static.
        let head = unsafe {
            Foreign::init(move |slot| {
                bindings::__init_waitqueue_head(slot, c"qipc_poll".as_char_ptr(), key.as_ptr());
            })
        };
        pin_init!(Self { head <- head })
    }

    /// Has all who poll look again.
    pub(crate) fn notify(&self) {
        calls::__wake_up(&self.head, bindings::TASK_NORMAL, 1, None);
    }
}

/// One call of `poll` on a file, whose object lives at least as long as `'a`.
pub(crate) struct Poller<'a> {
    file: *mut bindings::file,
    table: *mut bindings::poll_table,
    _object: PhantomData<&'a ()>,
}

impl<'a> Poller<'a> {
    /// # Safety
    ///
    /// The pointers must be those that `poll` was called with, and `'a` must be the lifetime of a
    /// borrow of the object that the file holds a reference to until it is released.
    pub(super) unsafe fn from_raw(
        file: *mut bindings::file,
        table: *mut bindings::poll_table,
    ) -> Self {
        Self {
            file,
            table,
            _object: PhantomData,
        }
    }

    /// Has the caller look again when the queue is notified.
    ///
    /// The queue is borrowed like the object of the file, so that it is a part of it, and goes no
    /// sooner than the file.
    pub(crate) fn wait_for(&self, queue: &'a PollQueue) {
        // SAFETY: By the contract of `from_raw` both pointers are valid; the queue outlives the
        // file, see above.
        unsafe { bindings::poll_wait(self.file, queue.head.as_ptr(), self.table) };
    }
}
