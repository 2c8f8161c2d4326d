// SPDX-License-Identifier: GPL-2.0-only

//! Part lists, read from user memory once.

use crate::base::{
    abi,
    part_math::{
        self,
        Audit,
        Refused, //
    }, //
};
use crate::sys::{
    remote_mm::SHORT,
    task,
    user_args::{
        LongUserList,
        UserList, //
    }, //
};
use kernel::prelude::*;

/// Lists up to this length lie in the structure itself.
const FEW: usize = 8;
/// Short parts that are copied one after the other without a break.
const FLIGHT: usize = 512;
/// Parts that are looked at without a break.
const STRETCH: usize = 16_384;

enum List {
    /// There is one part at most.
    None,
    Few(UserList<abi::Iov, FEW>),
    Many(LongUserList<abi::Iov>),
}

/// A checked part list.
///
/// The list is a copy: what user space does to its own afterwards changes nothing. It is filled in
/// where it lies, since it is too large to be moved about for one part.
pub(crate) struct Parts {
    count: usize,
    total: usize,
    /// The first part, if there are any; of a list of one nothing else is looked at.
    first: abi::Iov,
    list: List,
}

impl Parts {
    /// A list without bytes.
    #[inline]
    pub(crate) const fn empty() -> Self {
        Self {
            count: 0,
            total: 0,
            first: abi::Iov { base: 0, len: 0 },
            list: List::None,
        }
    }

    /// The one part that `vector` is. Fails as [`Parts::fill`].
    #[inline(always)]
    pub(crate) fn one(vector: abi::Vector) -> Result<Self> {
        let mut parts = Self::empty();
        parts.fill_one(abi::Iov {
            base: vector.base,
            len: vector.count,
        })?;
        Ok(parts)
    }

    /// As [`Parts::fill`], for a new list.
    #[inline]
    pub(crate) fn from_user(vector: abi::Vector, buffer: bool) -> Result<Self> {
        let mut parts = Self::empty();
        parts.fill(vector, buffer)?;
        Ok(parts)
    }

    /// Takes over the list that `vector` names, or with `buffer` the one part that it is.
    ///
    /// Fails with `EOVERFLOW` if there is more than the limits allow, with `EFAULT` if the list
    /// cannot be read or a part lies outside of user space, and with `ENOMEM`; then there are no parts.
    #[inline(always)]
    pub(crate) fn fill(&mut self, vector: abi::Vector, buffer: bool) -> Result {
        if !matches!(self.list, List::None) {
            self.clear();
        }
        if buffer {
            let filled = self.fill_one(abi::Iov {
                base: vector.base,
                len: vector.count,
            });
            if filled.is_err() {
                self.clear();
            }
            filled
        } else {
            self.fill_list(vector)
        }
    }

    /// Whether the list lies in memory of its own.
    #[inline]
    pub(crate) fn is_large(&self) -> bool {
        matches!(self.list, List::Many(_))
    }

    /// Forgets all parts.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.count = 0;
        self.total = 0;
        if !matches!(self.list, List::None) {
            self.list = List::None;
        }
    }

    #[inline(always)]
    fn fill_one(&mut self, part: abi::Iov) -> Result {
        // What nobody could object to need not be added up.
        self.total = if part_math::is_plain(part.base, part.len) {
            part.len as usize
        } else {
            audit_one(part)?
        };
        self.first = part;
        self.count = 1;
        Ok(())
    }

    #[inline(never)]
    fn fill_list(&mut self, vector: abi::Vector) -> Result {
        self.clear();
        if vector.count > abi::MAX_PARTS {
            return Err(EOVERFLOW);
        }
        let addr = vector.base as usize;
        match vector.count as usize {
            0 => Ok(()),
            count if count <= FEW => {
                self.list = List::Few(UserList::new());
                let List::Few(few) = &mut self.list else {
                    return Err(EINVAL);
                };
                few.fill(addr, count)?;
                self.check(count)
            }
            count => {
                self.list = List::Many(LongUserList::new(addr, count)?);
                self.check(count)
            }
        }
    }

    /// Looks at the list that was taken over, of `count` parts.
    fn check(&mut self, count: usize) -> Result {
        let mut audit = Audit::default();
        let list = match &self.list {
            List::None => &[],
            List::Few(few) => few.as_slice(),
            List::Many(many) => many.as_slice(),
        };
        for stretch in list.chunks(STRETCH) {
            stretch
                .iter()
                .for_each(|part| audit.add(part.base, part.len));
            if stretch.len() == STRETCH {
                task::breathe();
            }
        }
        let first = list.first().copied().unwrap_or_default();
        self.total = audit.finish().map_err(refusal)?;
        self.first = first;
        self.count = count;
        Ok(())
    }

    /// Number of bytes in all parts.
    pub(crate) fn total(&self) -> usize {
        self.total
    }

    /// Address and length of the first part, even if it has no bytes; `None` if there are no parts.
    pub(crate) fn first(&self) -> Option<abi::Iov> {
        (self.count > 0).then_some(self.first)
    }

    /// The only part, if there is one and no other.
    #[inline]
    pub(crate) fn only(&self) -> Option<abi::Iov> {
        (self.count == 1).then_some(self.first)
    }

    /// A position `offset` bytes into the parts.
    pub(crate) fn at(&self, offset: usize) -> Cursor<'_> {
        let mut cursor = Cursor {
            addr: 0,
            len: 0,
            rest: self.as_slice().iter(),
        };
        cursor.skip(offset);
        cursor
    }

    fn as_slice(&self) -> &[abi::Iov] {
        match &self.list {
            // What was refused is no list.
            _ if self.count == 0 => &[],
            List::None => core::slice::from_ref(&self.first),
            List::Few(few) => few.as_slice(),
            List::Many(many) => many.as_slice(),
        }
    }
}

#[cold]
fn audit_one(part: abi::Iov) -> Result<usize> {
    let mut audit = Audit::default();
    audit.add(part.base, part.len);
    audit.finish().map_err(refusal)
}

fn refusal(refused: Refused) -> Error {
    match refused {
        Refused::TooLarge => EOVERFLOW,
        Refused::OutOfRange => EFAULT,
    }
}

/// A position in a part list.
pub(crate) struct Cursor<'a> {
    /// What is left of the current part.
    addr: usize,
    len: usize,
    /// The parts behind that.
    rest: core::slice::Iter<'a, abi::Iov>,
}

impl Cursor<'_> {
    /// Address and length of what is left of the current part; `None` at the end.
    ///
    /// Parts that touch are one, as far as that helps whoever wants to have `want` bytes.
    #[inline]
    pub(crate) fn piece(&mut self, want: usize) -> Option<(usize, usize)> {
        while self.len == 0 {
            let part = self.rest.next()?;
            // The total fits, so each length does, and each sum of lengths.
            (self.addr, self.len) = (part.base as usize, part.len as usize);
            while self.len < want {
                let end = self.addr.wrapping_add(self.len);
                let mut rest = self.rest.clone();
                let Some(next) = rest.next().filter(|next| next.base as usize == end) else {
                    break;
                };
                self.len = self.len.wrapping_add(next.len as usize);
                self.rest = rest;
            }
        }
        Some((self.addr, self.len))
    }

    /// What is left of the current part, which may be nothing.
    #[inline]
    pub(crate) fn current(&self) -> (usize, usize) {
        (self.addr, self.len)
    }

    /// Goes on by `len` bytes, no more than is left of the current part.
    #[inline]
    pub(crate) fn advance(&mut self, len: usize) {
        self.addr = self.addr.wrapping_add(len);
        self.len = self.len.saturating_sub(len);
    }

    /// Calls `copy`, with address and length, for the parts that come next, as long as they are short and lie within
    /// the next `room` bytes. Returns how many bytes they have, and how many they are.
    #[inline]
    pub(crate) fn short_parts<E>(
        &mut self,
        room: usize,
        mut copy: impl FnMut(usize, usize) -> Result<(), E>,
    ) -> Result<(usize, usize), E> {
        let mut left = room;
        let mut count = 0;
        if self.len == 0 {
            let parts = self.rest.as_slice();
            for part in parts.iter().take(FLIGHT) {
                let len = part.len as usize;
                // One without bytes may have any address, and is left to others.
                if len.wrapping_sub(1) >= SHORT || len > left {
                    break;
                }
                copy(part.base as usize, len)?;
                left = left.wrapping_sub(len);
                count += 1;
            }
            self.rest = parts.get(count..).unwrap_or_default().iter();
        }
        Ok((room.wrapping_sub(left), count))
    }

    fn skip(&mut self, len: usize) {
        let mut left = len;
        while left > 0 {
            let Some((_, piece)) = self.piece(left) else {
                return;
            };
            let step = piece.min(left);
            self.advance(step);
            left -= step;
        }
    }
}
