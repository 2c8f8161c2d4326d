// SPDX-License-Identifier: GPL-2.0-only

//! Registration of the character device, with a mode of its own and data for `open`.

use super::fops::{
    FileObject,
    Table, //
};
use core::{
    cell::Cell,
    marker::PhantomData, //
};
use kernel::{
    bindings,
    error::to_result,
    ffi,
    fs::File,
    prelude::*,
    sync::Arc,
    types::{
        ForeignOwnable,
        Opaque, //
    }, //
};

/// A file object that is made by opening a device.
pub(crate) trait Device: FileObject {
    /// What all open files of the device share.
    type Shared: Send + Sync;

    /// Opens the device.
    fn open(shared: &Self::Shared, file: &File) -> Result<Arc<Self>>;
}

/// A registered device; it goes when this is dropped.
// The order of the fields matters: `open` finds the rest from the address of the first.
#[repr(C)]
#[pin_data(PinnedDrop)]
pub(crate) struct MiscRegistration<T: Device> {
    #[pin]
    misc: Opaque<bindings::miscdevice>,
    shared: T::Shared,
    _type: PhantomData<T>,
}

// SAFETY: A device may be registered and deregistered by different threads.
unsafe impl<T: Device> Send for MiscRegistration<T> {}
// SAFETY: There are no methods that change anything through a shared reference.
unsafe impl<T: Device> Sync for MiscRegistration<T> {}

impl<T: Device> MiscRegistration<T> {
    const OPS: bindings::file_operations = Table::<T>::ops(Some(Self::open));

    /// Registers `/dev/<name>` with the given permission bits.
    pub(crate) fn register(
        name: &'static CStr,
        mode: u16,
        shared: T::Shared,
    ) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            shared,
            _type: PhantomData,
            // The last one to be initialised: from here on the device can be opened.
            misc <- Opaque::try_ffi_init(move |slot: *mut bindings::miscdevice| {
                let device = bindings::miscdevice {
                    minor: bindings::MISC_DYNAMIC_MINOR as ffi::c_int,
                    name: name.as_char_ptr(),
                    fops: const { &Self::OPS },
                    mode,
                    ..pin_init::zeroed()
                };
                // SAFETY: `slot` is valid for writes, stays where it is, and is deregistered
                // before it goes.
                unsafe {
                    slot.write(device);
                    to_result(bindings::misc_register(slot))
                }
            }),
        })
    }

    /// # Safety
    ///
    /// For the kernel to call, on a file of this device that is being opened.
    unsafe extern "C" fn open(
        _inode: *mut bindings::inode,
        raw_file: *mut bindings::file,
    ) -> ffi::c_int {
        // SAFETY: `misc_open()` left the address of `misc`, the first field, in the file, and the
        // registration outlives the call. The file is being opened by this call, and not shared yet.
        let (this, file, private) = unsafe {
            (
                &*(*raw_file).private_data.cast::<Self>(),
                File::from_raw_file(raw_file),
                Cell::from_mut(&mut (*raw_file).private_data),
            )
        };
        match T::open(&this.shared, file) {
            Ok(object) => {
                // `Table<T>` expects an `Arc<T>` here.
                private.set(object.into_foreign());
                0
            }
            Err(error) => error.to_errno(),
        }
    }
}

#[pinned_drop]
impl<T: Device> PinnedDrop for MiscRegistration<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: The device was registered when this was made.
        unsafe { bindings::misc_deregister(self.misc.get()) };
    }
}
