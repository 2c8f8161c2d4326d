// SPDX-License-Identifier: GPL-2.0-only

//! A short message: one number.

pub const INLINE_BYTES: usize = 256;

#[derive(Default)]
pub struct SmallBuf(pub Option<u8>);

impl SmallBuf {
    pub const fn new() -> Self {
        Self(None)
    }

    pub fn clear(&mut self) {
        self.0 = None;
    }

    pub fn assign(&mut self, other: &SmallBuf) {
        self.0 = other.0;
    }

    pub fn assign_up_to(&mut self, other: &SmallBuf, _: usize) {
        self.0 = other.0;
    }

    pub fn as_slice(&self) -> &[u8] {
        self.0.as_slice()
    }
}
