// SPDX-License-Identifier: GPL-2.0-only

//! Shared objects, locks, and what locks protect.

pub mod aref;
pub mod atomic;
pub(crate) mod raw;

use core::marker::Unsize;
use core::ops::{CoerceUnsized, Deref, DerefMut, DispatchFromDyn};
use core::pin::Pin;

use crate::alloc::Flags;
use crate::error::{Error, Result};
use crate::init::{field, Anyhow, Make, PinInit};

pub use raw::LockedBy;

/// A counted reference. The count needs no exploring: the kernel's own is as good as this.
pub struct Arc<T: ?Sized>(std::sync::Arc<T>);

impl<T: ?Sized> Clone for Arc<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized + Unsize<U>, U: ?Sized> CoerceUnsized<Arc<U>> for Arc<T> {}
impl<T: ?Sized + Unsize<U>, U: ?Sized> DispatchFromDyn<Arc<U>> for Arc<T> {}

impl<T: ?Sized> Arc<T> {
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        std::sync::Arc::ptr_eq(&this.0, &other.0)
    }

    pub fn as_ptr(this: &Self) -> *const T {
        std::sync::Arc::as_ptr(&this.0)
    }
}

impl<T> Arc<T> {
    pub fn new(value: T, _: Flags) -> Result<Self, Error> {
        Ok(Self(std::sync::Arc::new(value)))
    }

    pub fn pin_init<E: Into<Anyhow>>(init: impl PinInit<T, E>, _: Flags) -> Result<Self, Error> {
        Ok(Self(std::sync::Arc::new(field(init)?)))
    }

    pub fn into_unique_or_drop(this: Self) -> Option<Pin<UniqueArc<T>>>
    where
        T: Unpin,
    {
        std::sync::Arc::into_inner(this.0).map(|value| Pin::new(UniqueArc(Box::new(value))))
    }
}

impl<T> From<UniqueArc<T>> for Arc<T> {
    fn from(unique: UniqueArc<T>) -> Self {
        Self(std::sync::Arc::new(*unique.0))
    }
}

/// A reference that is the only one.
pub struct UniqueArc<T>(Box<T>);

impl<T> UniqueArc<T> {
    pub fn new(value: T, _: Flags) -> Result<Self, Error> {
        Ok(Self(Box::new(value)))
    }
}

impl<T> Deref for UniqueArc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for UniqueArc<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// A spinlock: to those who explore, a lock like any other.
pub struct SpinLock<T>(loom::sync::Mutex<T>);

pub type Guard<'a, T> = loom::sync::MutexGuard<'a, T>;

impl<T> SpinLock<T> {
    pub fn init(value: T) -> impl PinInit<Self, Error> {
        Make(move || Ok(Self(loom::sync::Mutex::new(value))))
    }

    pub fn lock(&self) -> Guard<'_, T> {
        self.0.lock().expect("nobody panics in a lock")
    }
}

#[macro_export]
macro_rules! new_spinlock {
    ($value:expr, $name:literal) => {
        $crate::sync::SpinLock::init($value)
    };
}

pub use crate::new_spinlock;
