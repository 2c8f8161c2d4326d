// SPDX-License-Identifier: GPL-2.0-only

//! Arithmetic over part lists: totals, limits, and walking two lists of different shape.

use super::abi;

/// Why a part list was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// More parts or bytes than the limits allow.
    TooLarge,
    /// A part that reaches outside of user space.
    OutOfRange,
}

/// Adds up a part list and checks the shape of each part.
///
/// Only shape is checked, not access. Parts without bytes may have any base (B39). That a list is
/// too large is reported before what any single part is.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    total: u64,
    /// All addresses at which a part begins or ends.
    addresses: u64,
}

impl Audit {
    /// Takes the next part into account.
    #[inline]
    pub(crate) fn add(&mut self, base: u64, len: u64) {
        // Once it is too large it stays that.
        self.total = self.total.saturating_add(len);
        // Should the end wrap, the length was too large, or the base out of range.
        if len != 0 {
            self.addresses |= base | base.wrapping_add(len);
        }
    }

    /// Total number of bytes, or why the list is refused.
    #[inline]
    pub(crate) fn finish(self) -> Result<usize, Refused> {
        // Addresses of user space are those that are positive as signed numbers; whether they are
        // mapped is found out when the bytes move.
        if self.total > abi::MAX_BYTES {
            Err(Refused::TooLarge)
        } else if self.addresses > i64::MAX as u64 {
            Err(Refused::OutOfRange)
        } else {
            // `MAX_BYTES` fits a `usize` of 32 bits.
            Ok(self.total as usize)
        }
    }
}

/// Whether a part of a few bytes lies in the lower half of all addresses: [`Audit`] does not refuse a
/// list of nothing else.
#[inline]
pub(crate) const fn is_plain(base: u64, len: u64) -> bool {
    (base >> 62) | (len >> 31) == 0
}

const _: () = assert!(!is_plain(0, abi::MAX_BYTES + 1));

/// Number of bytes that a transfer at `offset` of a memory of `total` bytes can move (B48, B49).
pub(crate) fn window(total: usize, offset: u64, want: usize) -> usize {
    match usize::try_from(offset) {
        Ok(offset) if offset < total => want.min(total - offset),
        _ => 0,
    }
}
