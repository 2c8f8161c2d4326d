// SPDX-License-Identifier: GPL-2.0-only

//! A small buffer for messages that travel inline.

use super::filled::Filled;
use kernel::prelude::*;

/// Messages and replies up to this many bytes travel inline.
///
/// The limit of QNX 6.4; see docs/decisions/0007-inline-bytes.md.
pub(crate) const INLINE_BYTES: usize = 256;

/// Up to [`INLINE_BYTES`] bytes.
pub(crate) struct SmallBuf(Filled<u8, INLINE_BYTES>);

impl SmallBuf {
    /// An empty buffer; its memory is not touched.
    pub(crate) const fn new() -> Self {
        Self(Filled::new())
    }

    /// Forgets the contents.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Appends `len` bytes of the caller's memory at `addr`.
    ///
    /// Fails with `EFAULT` if they cannot be read, and with `EOVERFLOW` if there is no room.
    #[inline(always)]
    pub(crate) fn append_from_user(&mut self, addr: u64, len: usize) -> Result {
        self.0.append_from_user(addr as usize, len)
    }

    /// Takes over the contents of another buffer, copying no more than there is.
    #[inline]
    pub(crate) fn assign(&mut self, other: &SmallBuf) {
        self.assign_up_to(other, INLINE_BYTES);
    }

    /// The same with no more than `limit` bytes.
    #[inline]
    pub(crate) fn assign_up_to(&mut self, other: &SmallBuf, limit: usize) {
        self.0.assign_up_to(&other.0, limit);
    }

    /// The contents.
    pub(crate) fn as_slice(&self) -> &[u8] {
        self.0.as_slice()
    }
}
