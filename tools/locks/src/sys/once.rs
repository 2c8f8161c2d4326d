// SPDX-License-Identifier: GPL-2.0-only

//! One access to an atomic word, in no order.

use kernel::sync::atomic::{Atomic, Kind, Relaxed};

pub trait Once<T> {
    fn get(&self) -> T;
    fn set(&self, value: T);
}

impl<T: Kind> Once<T> for Atomic<T> {
    fn get(&self) -> T {
        self.load(Relaxed)
    }

    fn set(&self, value: T) {
        self.store(value, Relaxed);
    }
}
