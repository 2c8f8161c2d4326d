// SPDX-License-Identifier: GPL-2.0-only

//! An array that is filled from its beginning, and whose memory is not touched before.

use super::user_copy;
use core::mem::MaybeUninit;
use kernel::{
    prelude::*,
    transmute::FromBytes, //
};

/// Elements that are copied at once.
const FEW: usize = 16;

/// Room for `N` elements, of which the first few are there.
///
/// # Invariants
///
/// The first `len` elements are initialised, and `len` is at most `N`.
pub(super) struct Filled<T, const N: usize> {
    len: usize,
    room: [MaybeUninit<T>; N],
}

impl<T: Copy, const N: usize> Filled<T, N> {
    /// With nothing in it; its memory is not touched.
    pub(super) const fn new() -> Self {
        // INVARIANT: No element has to be initialised.
        Self {
            len: 0,
            room: [const { MaybeUninit::uninit() }; N],
        }
    }

    /// Forgets the elements.
    #[inline]
    pub(super) fn clear(&mut self) {
        // INVARIANT: No element has to be initialised.
        self.len = 0;
    }

    /// Appends an element; returns whether there was room.
    #[inline]
    pub(super) fn push(&mut self, element: T) -> bool {
        match self.room.get_mut(self.len) {
            Some(slot) => {
                slot.write(element);
                // INVARIANT: Was written, inside of the array.
                self.len += 1;
                true
            }
            None => false,
        }
    }

    /// The room behind the elements.
    pub(super) fn spare(&mut self) -> &mut [MaybeUninit<T>] {
        self.room.get_mut(self.len..).unwrap_or_default()
    }

    /// Appends elements that were written to the spare room.
    ///
    /// # Safety
    ///
    /// The first `count` of [`Filled::spare`] must have been.
    pub(super) unsafe fn add(&mut self, count: usize) {
        // INVARIANT: As the caller promises.
        self.len += count;
    }

    /// Appends `count` elements from user memory at `addr`.
    ///
    /// Fails with `EFAULT` if they cannot be read, and with `EOVERFLOW` if there is no room.
    #[inline(always)]
    pub(super) fn append_from_user(&mut self, addr: usize, count: usize) -> Result
    where
        T: FromBytes,
    {
        let end = self.len.checked_add(count).ok_or(EOVERFLOW)?;
        let room = self.room.get_mut(self.len..end).ok_or(EOVERFLOW)?;
        user_copy::read(addr, room)?;
        // INVARIANT: The read wrote all elements up to `end`, which lies inside of the array.
        self.len = end;
        Ok(())
    }

    /// Takes over the first elements of another one, up to `limit`, copying no more than there are,
    /// or [`FEW`].
    #[inline(always)]
    pub(super) fn assign_up_to(&mut self, other: &Self, limit: usize) {
        let len = other.len.min(limit);
        let few = (
            self.room.first_chunk_mut::<FEW>(),
            other.room.first_chunk::<FEW>(),
        );
        if let ((Some(to), Some(from)), true) = (few, len <= FEW) {
            // The compiler knows how many, so that it takes whole words and calls nobody.
            *to = *from;
            // INVARIANT: `other` had no fewer initialised elements.
            self.len = len;
        } else if let (Some(to), Some(from)) = (self.room.get_mut(..len), other.room.get(..len)) {
            to.copy_from_slice(from);
            // INVARIANT: `other` had no fewer initialised elements.
            self.len = len;
        }
    }

    /// The elements.
    #[inline]
    pub(super) fn as_slice(&self) -> &[T] {
        // SAFETY: By the invariant the first `len` elements lie in the array and are initialised.
        unsafe { core::slice::from_raw_parts(self.room.as_ptr().cast(), self.len) }
    }
}
