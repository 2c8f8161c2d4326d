// SPDX-License-Identifier: GPL-2.0-only

//! Telling an object that the address space it was made in has come to its end.
//!
//! An address space ends in `exec`, and when the last thread of a process exits. The descriptors
//! of a process do not tell: one may survive `exec`, or be held by a child. So the address space
//! itself is watched, by a subscription that asks for nothing but its release.

use super::errno;
use kernel::{
    bindings,
    current,
    error::to_result,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
    types::Opaque, //
};

#[cfg(not(CONFIG_MMU_NOTIFIER))]
compile_error!("qipc needs a kernel with CONFIG_MMU_NOTIFIER, which KVM selects");

/// Something that has to act when an address space ends.
pub(crate) trait OnEnd: Send + Sync + 'static {
    /// The address space has ended. Called in process context, at most once per [`Watch`], maybe
    /// by another process that had the last reference.
    fn address_space_ended(&self);
}

/// A watch over the address space of the process that made it.
#[repr(C)]
#[pin_data(PinnedDrop)]
pub(crate) struct Watch<T: OnEnd> {
    // First, so that the callback finds the rest from its address.
    #[pin]
    notifier: Opaque<bindings::mmu_notifier>,
    target: Arc<T>,
    mm: *mut bindings::mm_struct,
    // Cleared when the watch is given up, which makes the kernel call back as well.
    armed: Atomic<i32>,
}

// SAFETY: A subscription may be given up by another thread; the pointer is not followed here.
unsafe impl<T: OnEnd> Send for Watch<T> {}
// SAFETY: There are no methods that change anything through a shared reference.
unsafe impl<T: OnEnd> Sync for Watch<T> {}

impl<T: OnEnd> Watch<T> {
    const OPS: bindings::mmu_notifier_ops = bindings::mmu_notifier_ops {
        release: Some(Self::ended),
        ..pin_init::zeroed()
    };

    /// Watches the caller's address space for `target`.
    ///
    /// Takes all locks of the address space. Fails with `ENOMEM`, with an error that restarts the
    /// system call if a signal comes, and with `EINVAL` for a thread of the kernel.
    pub(crate) fn current(target: Arc<T>) -> Result<Pin<KBox<Self>>> {
        let current = current!();
        let current = current.mm().ok_or(EINVAL)?.as_raw();
        let watch = KBox::try_pin_init(
            try_pin_init!(Self {
                target,
                mm: current,
                armed: Atomic::new(1),
                // The last one to be initialised: from here on the callback may come.
                notifier <- Opaque::try_ffi_init(move |slot: *mut bindings::mmu_notifier| {
                    // SAFETY: `slot` is valid for writes, stays where it is, and is unregistered
                    // before it goes; the caller's address space is in use.
                    unsafe {
                        slot.write(bindings::mmu_notifier {
                            ops: const { &Self::OPS },
                            ..pin_init::zeroed()
                        });
                        to_result(bindings::mmu_notifier_register(slot, current))
                    }
                }),
            }? Error),
            GFP_KERNEL_ACCOUNT,
        );
        watch.map_err(|error| {
            if error == EINTR {
                errno::restart_always()
            } else {
                error
            }
        })
    }

    /// # Safety
    ///
    /// For the kernel to call, with the `notifier` of a registered `Self`.
    unsafe extern "C" fn ended(
        notifier: *mut bindings::mmu_notifier,
        _mm: *mut bindings::mm_struct,
    ) {
        // SAFETY: The notifier is the first field of a `Self`, which unregisters, and so waits
        // for this call, before it goes.
        let this = unsafe { &*notifier.cast::<Self>() };
        if this.armed.load(Relaxed) != 0 {
            this.target.address_space_ended();
        }
    }
}

#[pinned_drop]
impl<T: OnEnd> PinnedDrop for Watch<T> {
    fn drop(self: Pin<&mut Self>) {
        self.armed.store(0, Relaxed);
        // SAFETY: Was registered with this address space, whose structure the subscription keeps.
        unsafe { bindings::mmu_notifier_unregister(self.notifier.get(), self.mm) };
    }
}
