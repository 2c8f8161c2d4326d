// SPDX-License-Identifier: GPL-2.0-only

//! Files whose private data is an [`Arc`] of a Rust object.
//!
//! `kernel::miscdevice` has neither `poll` nor `flush`, and there is no abstraction for anonymous
//! inodes yet; both kinds of file are made here from one table of functions.

use super::{
    calls,
    compat,
    poll::Poller, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::{
        from_err_ptr,
        VTABLE_DEFAULT_ERROR, //
    },
    ffi,
    fs::File,
    prelude::*,
    sync::{
        aref::ARef,
        Arc,
        ArcBorrow, //
    },
    task::Task,
    types::ForeignOwnable, //
};

/// What a file can do.
#[vtable]
pub(crate) trait FileObject: Send + Sync + Sized + 'static {
    /// Handles an ioctl; the argument is the same for callers of 32 and of 64 bits.
    fn ioctl(_this: ArcBorrow<'_, Self>, _cmd: u32, _arg: usize) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Says what to wait for, then what is true now.
    fn poll<'a>(_this: &'a Self, _poller: Poller<'a>) -> u32 {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// A descriptor for the file was closed by the calling process, or its last thread exits.
    fn flush(_this: ArcBorrow<'_, Self>, _closing: Closing<'_>) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// The last descriptor and the last user of the file are gone.
    fn release(this: Arc<Self>) {
        drop(this);
    }
}

/// A file of which a descriptor was closed.
pub(crate) struct Closing<'a>(*mut bindings::file, PhantomData<&'a ()>);

impl Closing<'_> {
    /// Whether the calling process has no other descriptor for the file.
    ///
    /// Looks at all descriptors of the process.
    pub(crate) fn was_last_of_caller(&self) -> bool {
        // SAFETY: `current` is valid, and its own table of descriptors until it changes that.
        unsafe {
            let files = (*Task::current_raw()).files;
            // The callback only compares addresses.
            files.is_null()
                || bindings::iterate_fd(files, 0, Some(Self::is_same), self.0.cast()) == 0
        }
    }

    /// # Safety
    ///
    /// None needed; for the kernel to call.
    unsafe extern "C" fn is_same(
        wanted: *const ffi::c_void,
        file: *mut bindings::file,
        _descriptor: ffi::c_uint,
    ) -> ffi::c_int {
        ffi::c_int::from(wanted == file.cast_const().cast())
    }
}

pub(super) struct Table<T>(PhantomData<T>);

impl<T: FileObject> Table<T> {
    /// The functions of a file made with [`anonymous_file`].
    pub(super) const OPS: bindings::file_operations = Self::ops(None);

    /// The functions of a file, with or without one that opens it.
    pub(super) const fn ops(
        open: Option<unsafe extern "C" fn(*mut bindings::inode, *mut bindings::file) -> ffi::c_int>,
    ) -> bindings::file_operations {
        bindings::file_operations {
            owner: compat::THIS_MODULE,
            open,
            llseek: Some(bindings::noop_llseek),
            unlocked_ioctl: if T::HAS_IOCTL {
                Some(Self::ioctl)
            } else {
                None
            },
            // The same function, with an argument that is 32 bits long.
            compat_ioctl: if T::HAS_IOCTL {
                bindings::compat_ptr_ioctl
            } else {
                None
            },
            poll: if T::HAS_POLL { Some(Self::poll) } else { None },
            flush: if T::HAS_FLUSH {
                Some(Self::flush)
            } else {
                None
            },
            release: Some(Self::release),
            ..pin_init::zeroed()
        }
    }

    /// # Safety
    ///
    /// For the kernel to call, on a file of [`Table<T>`] between open and release.
    unsafe extern "C" fn ioctl(
        file: *mut bindings::file,
        cmd: ffi::c_uint,
        arg: ffi::c_ulong,
    ) -> ffi::c_long {
        // SAFETY: The private data of such a file is an `Arc<T>` in foreign form.
        let this = unsafe { <Arc<T> as ForeignOwnable>::borrow((*file).private_data) };
        match T::ioctl(this, cmd, arg) {
            Ok(value) => value as ffi::c_long,
            Err(error) => error.to_errno() as ffi::c_long,
        }
    }

    /// # Safety
    ///
    /// For the kernel to call, on a file of [`Table<T>`] between open and release.
    unsafe extern "C" fn poll(
        file: *mut bindings::file,
        table: *mut bindings::poll_table,
    ) -> bindings::__poll_t {
        // SAFETY: The private data of such a file is an `Arc<T>` in foreign form, which it holds;
        // these are the arguments of this call.
        let (this, poller) = unsafe {
            (
                <Arc<T> as ForeignOwnable>::borrow((*file).private_data),
                Poller::from_raw(file, table),
            )
        };
        T::poll(&this, poller)
    }

    /// # Safety
    ///
    /// For the kernel to call, on a file of [`Table<T>`] between open and release.
    unsafe extern "C" fn flush(file: *mut bindings::file, _id: bindings::fl_owner_t) -> ffi::c_int {
        // SAFETY: The private data of such a file is an `Arc<T>` in foreign form.
        let this = unsafe { <Arc<T> as ForeignOwnable>::borrow((*file).private_data) };
        T::flush(this, Closing(file, PhantomData));
        0
    }

    /// # Safety
    ///
    /// For the kernel to call, on a file of [`Table<T>`].
    unsafe extern "C" fn release(
        _inode: *mut bindings::inode,
        file: *mut bindings::file,
    ) -> ffi::c_int {
        // SAFETY: Called once, as the last function, so that the reference is ours.
        T::release(unsafe { <Arc<T> as ForeignOwnable>::from_foreign((*file).private_data) });
        0
    }
}

/// Makes a file that no path leads to.
pub(crate) fn anonymous_file<T: FileObject>(
    name: &'static CStr,
    object: Arc<T>,
) -> Result<ARef<File>> {
    let private = object.into_foreign();
    // SAFETY: The name and the table are static. A file that is made takes over the reference, comes
    // with one to itself, and nobody uses its position; else the reference is still ours.
    unsafe {
        let file = from_err_ptr(calls::anon_inode_getfile(
            name.as_char_ptr(),
            const { &Table::<T>::OPS },
            private,
            bindings::O_RDWR as ffi::c_int,
        ));
        file.map(|file| ARef::from_raw(NonNull::new_unchecked(file.cast())))
            .inspect_err(|_| drop(<Arc<T> as ForeignOwnable>::from_foreign(private)))
    }
}
