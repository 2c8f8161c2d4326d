// SPDX-License-Identifier: GPL-2.0-only

//! Part lists, read from user memory once.

use crate::base::{
    abi,
    part_math::{
        Audit,
        Refused, //
    }, //
};
use crate::sys::{
    task,
    user_args::UserList, //
};
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
    /// There is one part at most.
    None,
    Few(UserList<abi::Iov, FEW>),
    // As it came from user space: element after element. Charged to the caller.
    Many(Vec<u8, KVmalloc>),
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
    #[inline]
    pub(crate) fn fill(&mut self, vector: abi::Vector, buffer: bool) -> Result {
        self.clear();
        if buffer {
            self.fill_one(abi::Iov {
                base: vector.base,
                len: vector.count,
            })
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

    #[inline]
    fn fill_one(&mut self, part: abi::Iov) -> Result {
        let mut audit = Audit::default();
        audit.add(part.base, part.len);
        self.total = audit.finish().map_err(refusal)?;
        self.first = part;
        self.count = 1;
        Ok(())
    }

    fn fill_list(&mut self, vector: abi::Vector) -> Result {
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
                let mut many = Vec::new();
                UserSlice::new(UserPtr::from_addr(addr), count * IOV_SIZE)
                    .reader()
                    .read_all(&mut many, GFP_KERNEL_ACCOUNT)?;
                self.list = List::Many(many);
                self.check(count)
            }
        }
    }

    /// Looks at the list that was taken over, of `count` parts.
    fn check(&mut self, count: usize) -> Result {
        let mut audit = Audit::default();
        match &self.list {
            List::None => (),
            List::Few(few) => few
                .as_slice()
                .iter()
                .for_each(|part| audit.add(part.base, part.len)),
            List::Many(bytes) => {
                for index in 0..count {
                    let part = parse(bytes, index);
                    audit.add(part.base, part.len);
                    if index % STRETCH == STRETCH - 1 {
                        task::breathe();
                    }
                }
            }
        }
        self.total = audit.finish().map_err(refusal)?;
        self.first = self.part(0);
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
            parts: self,
            index: 0,
            offset: 0,
        };
        cursor.skip(offset);
        cursor
    }

    fn part(&self, index: usize) -> abi::Iov {
        match &self.list {
            List::None => self.first,
            List::Few(few) => few.as_slice().get(index).copied().unwrap_or_default(),
            List::Many(bytes) => parse(bytes, index),
        }
    }
}

fn refusal(refused: Refused) -> Error {
    match refused {
        Refused::TooLarge => EOVERFLOW,
        Refused::OutOfRange => EFAULT,
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
