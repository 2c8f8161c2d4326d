// SPDX-License-Identifier: GPL-2.0-only

//! References to what the kernel counts.

use core::ops::Deref;

pub struct ARef<T>(pub std::sync::Arc<T>);

impl<T> Clone for ARef<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Deref for ARef<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
