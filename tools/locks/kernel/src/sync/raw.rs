// SPDX-License-Identifier: GPL-2.0-only

//! What a lock elsewhere protects.

use core::cell::UnsafeCell;
use core::marker::PhantomData;

use super::SpinLock;

/// A value that may be reached by whoever holds the lock around the `U` that it was made for.
pub struct LockedBy<T, U> {
    value: UnsafeCell<T>,
    owner: PhantomData<fn(&mut U)>,
}

// SAFETY: It is reached through an exclusive reference to what a lock protects.
unsafe impl<T: Send, U> Sync for LockedBy<T, U> {}

impl<T, U> LockedBy<T, U> {
    pub fn new(_: &SpinLock<U>, value: T) -> Self {
        Self {
            value: UnsafeCell::new(value),
            owner: PhantomData,
        }
    }

    #[allow(clippy::mut_from_ref)]
    pub fn access_mut<'a>(&'a self, _: &'a mut U) -> &'a mut T {
        // SAFETY: Nobody else has `U`, which its lock protects; each exploration has one.
        unsafe { &mut *self.value.get() }
    }

    pub fn access<'a>(&'a self, _: &'a U) -> &'a T {
        // SAFETY: Nobody changes it who has not all of `U`.
        unsafe { &*self.value.get() }
    }
}
