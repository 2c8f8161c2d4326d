// SPDX-License-Identifier: GPL-2.0-only

//! A small buffer for messages that travel inline.

use super::user_copy;
use core::mem::MaybeUninit;
use kernel::prelude::*;

/// Messages and replies up to this many bytes travel inline.
///
/// The limit of QNX 6.4; see docs/decisions/0007-inline-bytes.md.
pub(crate) const INLINE_BYTES: usize = 256;

/// Up to [`INLINE_BYTES`] bytes.
///
/// # Invariants
///
/// The first `len` bytes are initialised, and `len` is at most [`INLINE_BYTES`].
pub(crate) struct SmallBuf {
    len: usize,
    bytes: [MaybeUninit<u8>; INLINE_BYTES],
}

impl SmallBuf {
    /// An empty buffer; its memory is not touched.
    pub(crate) const fn new() -> Self {
        // INVARIANT: No byte has to be initialised.
        Self {
            len: 0,
            bytes: [const { MaybeUninit::uninit() }; INLINE_BYTES],
        }
    }

    /// Forgets the contents.
    pub(crate) fn clear(&mut self) {
        // INVARIANT: No byte has to be initialised.
        self.len = 0;
    }

    /// Appends `len` bytes of the caller's memory at `addr`.
    ///
    /// Fails with `EFAULT` if they cannot be read, and with `EOVERFLOW` if there is no room.
    #[inline]
    pub(crate) fn append_from_user(&mut self, addr: u64, len: usize) -> Result {
        let end = self.len.checked_add(len).ok_or(EOVERFLOW)?;
        let room = self.bytes.get_mut(self.len..end).ok_or(EOVERFLOW)?;
        user_copy::read(addr as usize, room)?;
        // INVARIANT: The read wrote all bytes up to `end`, which lies inside of the array.
        self.len = end;
        Ok(())
    }

    /// Takes over the contents of another buffer, copying no more than there is.
    #[inline]
    pub(crate) fn assign(&mut self, other: &SmallBuf) {
        self.assign_up_to(other, INLINE_BYTES);
    }

    /// The same with no more than `limit` bytes.
    #[inline]
    pub(crate) fn assign_up_to(&mut self, other: &SmallBuf, limit: usize) {
        let len = other.len.min(limit);
        if let (Some(to), Some(from)) = (self.bytes.get_mut(..len), other.bytes.get(..len)) {
            to.copy_from_slice(from);
            // INVARIANT: `other` had no fewer initialised bytes.
            self.len = len;
        }
    }

    /// The contents.
    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: By the invariant the first `len` bytes lie in the array and are initialised.
        unsafe { core::slice::from_raw_parts(self.bytes.as_ptr().cast(), self.len) }
    }
}
