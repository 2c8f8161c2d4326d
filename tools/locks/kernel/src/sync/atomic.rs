// SPDX-License-Identifier: GPL-2.0-only

//! Atomics of the kernel's memory model on those of loom, order for order.

use loom::sync::atomic::{fence, Ordering};

pub struct Relaxed;
pub struct Acquire;
pub struct Release;
/// Ordered against everything before and after.
pub struct Full;

pub trait LoadOrder {
    const ORDER: Ordering;
}
pub trait StoreOrder {
    const ORDER: Ordering;
}
pub trait AnyOrder {
    const FULL: bool;
}

impl LoadOrder for Relaxed {
    const ORDER: Ordering = Ordering::Relaxed;
}
impl LoadOrder for Acquire {
    const ORDER: Ordering = Ordering::Acquire;
}
impl StoreOrder for Relaxed {
    const ORDER: Ordering = Ordering::Relaxed;
}
impl StoreOrder for Release {
    const ORDER: Ordering = Ordering::Release;
}
impl AnyOrder for Relaxed {
    const FULL: bool = false;
}
impl AnyOrder for Full {
    const FULL: bool = true;
}

pub trait Kind: Copy {
    type Cell;
    fn cell(value: Self) -> Self::Cell;
    fn load(cell: &Self::Cell, order: Ordering) -> Self;
    fn store(cell: &Self::Cell, value: Self, order: Ordering);
    fn swap(cell: &Self::Cell, value: Self, order: Ordering) -> Self;
    fn add(cell: &Self::Cell, value: Self, order: Ordering) -> Self;
    fn sub(cell: &Self::Cell, value: Self, order: Ordering) -> Self;
}

macro_rules! kinds {
    ($($kind:ty, $cell:ident;)*) => {
        $(impl Kind for $kind {
            type Cell = loom::sync::atomic::$cell;
            fn cell(value: Self) -> Self::Cell {
                Self::Cell::new(value)
            }
            fn load(cell: &Self::Cell, order: Ordering) -> Self {
                cell.load(order)
            }
            fn store(cell: &Self::Cell, value: Self, order: Ordering) {
                cell.store(value, order);
            }
            fn swap(cell: &Self::Cell, value: Self, order: Ordering) -> Self {
                cell.swap(value, order)
            }
            fn add(cell: &Self::Cell, value: Self, order: Ordering) -> Self {
                cell.fetch_add(value, order)
            }
            fn sub(cell: &Self::Cell, value: Self, order: Ordering) -> Self {
                cell.fetch_sub(value, order)
            }
        })*
    };
}
kinds! {
    i32, AtomicI32;
    u32, AtomicU32;
    i64, AtomicI64;
    u64, AtomicU64;
    usize, AtomicUsize;
}

pub struct Atomic<T: Kind>(T::Cell);

/// A change that is ordered against everything has a full barrier on either side.
fn ordered<O: AnyOrder, R>(change: impl FnOnce(Ordering) -> R) -> R {
    if !O::FULL {
        return change(Ordering::Relaxed);
    }
    fence(Ordering::SeqCst);
    let result = change(Ordering::AcqRel);
    fence(Ordering::SeqCst);
    result
}

impl<T: Kind> Atomic<T> {
    pub fn new(value: T) -> Self {
        Self(T::cell(value))
    }

    pub fn load<O: LoadOrder>(&self, _: O) -> T {
        T::load(&self.0, O::ORDER)
    }

    pub fn store<O: StoreOrder>(&self, value: T, _: O) {
        T::store(&self.0, value, O::ORDER);
    }

    pub fn xchg<O: AnyOrder>(&self, value: T, _: O) -> T {
        ordered::<O, T>(|order| T::swap(&self.0, value, order))
    }

    pub fn fetch_add<O: AnyOrder>(&self, value: T, _: O) -> T {
        ordered::<O, T>(|order| T::add(&self.0, value, order))
    }

    pub fn fetch_sub<O: AnyOrder>(&self, value: T, _: O) -> T {
        ordered::<O, T>(|order| T::sub(&self.0, value, order))
    }
}
