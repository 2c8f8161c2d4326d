// SPDX-License-Identifier: GPL-2.0-only

//! Being told of threads that end, through the tracepoint `sched_process_exit`.
//!
//! It is reached in `do_exit()`, by the thread itself, which can still sleep:
//! tracepoints protect their probes with SRCU, and leave preemption alone.

use super::{
    compat,
    errno, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    error::to_result,
    ffi,
    prelude::*,
    sync::Arc,
    task::Task, //
};

/// Somebody who is told.
pub(crate) trait OnThreadExit: Send + Sync + Sized + 'static {
    /// The calling thread ends; `last` says whether its process does. May sleep, though others
    /// wait for it who change tracepoints.
    fn thread_exits(&self, last: bool);
}

/// A probe; when this is dropped, no thread is in it any more.
pub(crate) struct ExitProbe<T: OnThreadExit> {
    tracepoint: NonNull<bindings::tracepoint>,
    object: Arc<T>,
}

// SAFETY: Probes may be registered and unregistered by any thread; the tracepoint is static.
unsafe impl<T: OnThreadExit> Send for ExitProbe<T> {}
// SAFETY: There are no methods.
unsafe impl<T: OnThreadExit> Sync for ExitProbe<T> {}

impl<T: OnThreadExit> ExitProbe<T> {
    /// Has `object` told of every thread that ends from now on.
    ///
    /// Fails with `EOPNOTSUPP` if the kernel has no such tracepoint, and with `ENOMEM`.
    pub(crate) fn register(object: Arc<T>) -> Result<Self> {
        let mut found: *mut bindings::tracepoint = core::ptr::null_mut();
        // SAFETY: The function takes what it is given here, and keeps nothing of it.
        unsafe {
            bindings::for_each_kernel_tracepoint(Some(find), (&raw mut found).cast());
        }
        let tracepoint = NonNull::new(found).ok_or_else(errno::not_supported)?;
        // SAFETY: The function has the arguments of this tracepoint. The object lives as long as
        // the probe, which is unregistered, and waited for, before it goes.
        to_result(unsafe {
            bindings::tracepoint_probe_register(
                tracepoint.as_ptr(),
                Self::probe as *mut ffi::c_void,
                Arc::as_ptr(&object).cast_mut().cast(),
            )
        })?;
        Ok(Self { tracepoint, object })
    }

    /// # Safety
    ///
    /// For the tracepoint to call, with the object that was registered.
    unsafe extern "C" fn probe(
        object: *mut ffi::c_void,
        task: *mut bindings::task_struct,
        last: bool,
    ) {
        // Nobody else's end is traced; this is what the name of the trait's function promises.
        if core::ptr::eq(task, Task::current_raw()) {
            // SAFETY: By the contract of this function.
            unsafe { &*object.cast::<T>() }.thread_exits(last);
        }
    }
}

impl<T: OnThreadExit> Drop for ExitProbe<T> {
    fn drop(&mut self) {
        // SAFETY: Registered with the same three. After the grace period nobody is in the probe;
        // the caller is not either, because threads in it drop nothing that owns one.
        unsafe {
            bindings::tracepoint_probe_unregister(
                self.tracepoint.as_ptr(),
                Self::probe as *mut ffi::c_void,
                Arc::as_ptr(&self.object).cast_mut().cast(),
            );
            compat::tracepoint_synchronize_unregister();
        }
    }
}

/// # Safety
///
/// For the kernel to call, with a pointer to a pointer to a tracepoint.
unsafe extern "C" fn find(tracepoint: *mut bindings::tracepoint, found: *mut ffi::c_void) {
    // SAFETY: The kernel's tracepoints have names that are strings, and `found` is what
    // `ExitProbe::register` passed.
    unsafe {
        if CStr::from_char_ptr((*tracepoint).name) == c"sched_process_exit" {
            *found.cast::<*mut bindings::tracepoint>() = tracepoint;
        }
    }
}
