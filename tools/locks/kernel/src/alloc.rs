// SPDX-License-Identifier: GPL-2.0-only

//! Memory, which is never short.

use crate::error::{code::ENOMEM, Error, Result};

#[derive(Clone, Copy)]
pub struct Flags;

pub const GFP_KERNEL_ACCOUNT: Flags = Flags;

pub type KBox<T> = Box<T>;

/// A vector that does not grow.
pub struct KVec<T> {
    inner: Vec<T>,
    capacity: usize,
}

impl<T> KVec<T> {
    pub fn with_capacity(capacity: usize, _: Flags) -> Result<Self, Error> {
        Ok(Self {
            inner: Vec::new(),
            capacity,
        })
    }

    pub fn pop(&mut self) -> Option<T> {
        self.inner.pop()
    }

    pub fn push_within_capacity(&mut self, value: T) -> core::result::Result<(), (T, Error)> {
        if self.inner.len() == self.capacity {
            return Err((value, ENOMEM));
        }
        self.inner.push(value);
        Ok(())
    }
}
