// SPDX-License-Identifier: GPL-2.0-only

//! Part lists, read from user memory once.

use crate::base::{
    abi,
    part_math::{
        Audit,
        Refused, //
    }, //
};
use crate::sys::task;
use kernel::{
    alloc::allocator::KVmalloc,
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

/// Lists up to this length lie in the structure itself.
const FEW: usize = 8;
/// Size of one element in user memory.
const IOV_SIZE: usize = size_of::<abi::Iov>();
/// Parts that are looked at without a break.
const STRETCH: usize = 16_384;

enum List {
    One(abi::Iov),
    Few([u8; FEW * IOV_SIZE]),
    // As it came from user space: element after element. Charged to the caller.
    Many(Vec<u8, KVmalloc>),
}

/// A checked part list.
///
/// The list is a copy: what user space does to its own afterwards changes nothing.
pub(crate) struct Parts {
    count: usize,
    total: usize,
    list: List,
}

impl Parts {
    /// A list without bytes.
    pub(crate) const fn empty() -> Self {
        Self {
            count: 0,
            total: 0,
            list: List::One(abi::Iov { base: 0, len: 0 }),
        }
    }

    /// Takes over the list that `vector` names, or with `buffer` the one part that it is.
    ///
    /// Fails with `EOVERFLOW` if there is more than the limits allow, with `EFAULT` if the list
    /// cannot be read or a part lies outside of user space, and with `ENOMEM`.
    pub(crate) fn from_user(vector: abi::Vector, buffer: bool) -> Result<Self> {
        if buffer {
            return Self::check(
                1,
                List::One(abi::Iov {
                    base: vector.base,
                    len: vector.count,
                }),
            );
        }
        if vector.count > abi::MAX_PARTS {
            return Err(EOVERFLOW);
        }
        let count = vector.count as usize;
        if count == 0 {
            return Ok(Self::empty());
        }
        let bytes = count * IOV_SIZE;
        let mut user = UserSlice::new(UserPtr::from_addr(vector.base as usize), bytes).reader();
        let list = if count <= FEW {
            let mut few = [0; FEW * IOV_SIZE];
            user.read_slice(&mut few[..bytes])?;
            if count == 1 {
                List::One(parse(&few, 0))
            } else {
                List::Few(few)
            }
        } else {
            let mut many = Vec::new();
            user.read_all(&mut many, GFP_KERNEL_ACCOUNT)?;
            List::Many(many)
        };
        Self::check(count, list)
    }

    fn check(count: usize, list: List) -> Result<Self> {
        let mut parts = Self {
            count,
            total: 0,
            list,
        };
        let mut audit = Audit::default();
        for index in 0..count {
            let part = parts.part(index);
            audit.add(part.base, part.len);
            if index % STRETCH == STRETCH - 1 {
                task::breathe();
            }
        }
        parts.total = audit.finish().map_err(|refused| match refused {
            Refused::TooLarge => EOVERFLOW,
            Refused::OutOfRange => EFAULT,
        })?;
        Ok(parts)
    }

    /// Number of bytes in all parts.
    pub(crate) fn total(&self) -> usize {
        self.total
    }

    /// Address and length of the first part, even if it has no bytes; `None` if there are no parts.
    pub(crate) fn first(&self) -> Option<abi::Iov> {
        (self.count > 0).then(|| self.part(0))
    }

    /// A position `offset` bytes into the parts.
    pub(crate) fn at(&self, offset: usize) -> Cursor<'_> {
        let mut cursor = Cursor {
            parts: self,
            index: 0,
            offset: 0,
        };
        cursor.skip(offset);
        cursor
    }

    fn part(&self, index: usize) -> abi::Iov {
        match &self.list {
            List::One(part) => *part,
            List::Few(bytes) => parse(bytes, index),
            List::Many(bytes) => parse(bytes, index),
        }
    }
}

/// Element `index` of a list; nothing if the list is shorter.
fn parse(bytes: &[u8], index: usize) -> abi::Iov {
    let word = |at: usize| match bytes.get(at..at + 8).map(<[u8; 8]>::try_from) {
        Some(Ok(word)) => u64::from_ne_bytes(word),
        _ => 0,
    };
    abi::Iov {
        base: word(index * IOV_SIZE),
        len: word(index * IOV_SIZE + 8),
    }
}

/// A position in a part list.
pub(crate) struct Cursor<'a> {
    parts: &'a Parts,
    index: usize,
    offset: usize,
}

impl Cursor<'_> {
    /// Address and length of what is left of the current part; `None` at the end.
    pub(crate) fn piece(&mut self) -> Option<(u64, usize)> {
        while self.index < self.parts.count {
            let part = self.parts.part(self.index);
            // The total fits, so each length does.
            let len = part.len as usize;
            if self.offset < len {
                return Some((part.base + self.offset as u64, len - self.offset));
            }
            self.index += 1;
            self.offset = 0;
        }
        None
    }

    /// Goes on by `len` bytes, no more than [`Cursor::piece`] said.
    pub(crate) fn advance(&mut self, len: usize) {
        self.offset += len;
    }

    fn skip(&mut self, len: usize) {
        let mut left = len;
        while left > 0 {
            let Some((_, piece)) = self.piece() else {
                return;
            };
            let step = piece.min(left);
            self.advance(step);
            left -= step;
        }
    }
}
