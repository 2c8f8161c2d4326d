// SPDX-License-Identifier: GPL-2.0-only

//! `READ_ONCE()` and `WRITE_ONCE()`: one access to a word that others change, in no order with any
//! other.
//!
//! That is what the kernel crate's relaxed orders mean too, but there each of them is a call of a
//! function, several times as long as the access.

use core::sync::atomic::{
    compiler_fence,
    Ordering, //
};
use kernel::sync::atomic::{
    Atomic,
    AtomicType, //
};

#[cfg(not(target_arch = "x86_64"))]
compile_error!("get_first() and set_last() count on a processor that loads and stores in order");

/// An atomic word.
pub(crate) trait Once<T> {
    /// What it is at the moment: [`Relaxed`](kernel::sync::atomic::Relaxed).
    fn get(&self) -> T;

    /// What it is, before anything that is looked at later:
    /// [`Acquire`](kernel::sync::atomic::Acquire).
    fn get_first(&self) -> T;

    /// Makes it something else: in no order.
    fn set(&self, value: T);

    /// Makes it something else, after anything that was done earlier:
    /// [`Release`](kernel::sync::atomic::Release).
    fn set_last(&self, value: T);
}

impl<T: AtomicType> Once<T> for Atomic<T> {
    #[inline(always)]
    fn get(&self) -> T {
        // SAFETY: The pointer is valid, and of a type that is read as a whole; whoever writes it does so
        // as a whole.
        unsafe { self.as_ptr().read_volatile() }
    }

    #[inline(always)]
    fn get_first(&self) -> T {
        let value = self.get();
        // The processors of this architecture load in order, and the compiler does from here on.
        compiler_fence(Ordering::Acquire);
        value
    }

    #[inline(always)]
    fn set(&self, value: T) {
        // SAFETY: As above.
        unsafe { self.as_ptr().write_volatile(value) };
    }

    #[inline(always)]
    fn set_last(&self, value: T) {
        // The processors of this architecture store in order, and the compiler does up to here.
        compiler_fence(Ordering::Release);
        self.set(value);
    }
}
