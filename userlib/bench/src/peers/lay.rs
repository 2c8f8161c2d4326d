// SPDX-License-Identifier: MIT OR Apache-2.0

//! How the bytes of one side's message or answer lie in its memory: in one piece, or in parts that do not touch.

use std::sync::Arc;

use super::buffers::right;
use super::peer::Shape;
use crate::raw::{Mapping, Memory, Vector};
use crate::trouble::Outcome;

/// Where buffers lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the start of a page.
    Aligned,
    /// 13 bytes behind it in the client, 7 in the server.
    Unaligned,
    /// In huge pages.
    Huge,
}

/// What of a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The message, in the client.
    Send,
    /// The message, in the server.
    Receive,
    /// The answer, in the server.
    Reply,
    /// The answer, in the client.
    Answer,
}

/// Bytes between two parts.
const GAP: usize = 8;
/// The same between parts of whole pages, which stay aligned.
const PAGE: usize = 4096;

/// The bytes of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lay {
    place: Place,
    start: usize,
    len: usize,
    /// Parts; 0 is one buffer.
    count: usize,
    gap: usize,
}

impl Lay {
    /// Those of a side of this shape.
    pub fn new(place: Place, side: Side, shape: &Shape) -> Self {
        let (len, count, shift) = match side {
            Side::Send => (shape.request, shape.parts.send, 13),
            Side::Receive => (shape.request, shape.parts.receive, 7),
            Side::Reply => (shape.answer, shape.parts.reply, 7),
            Side::Answer => (shape.answer, shape.parts.answer, 13),
        };
        let whole_pages = count > 0 && len % (count * PAGE) == 0;
        Self {
            place,
            start: if place == Place::Unaligned { shift } else { 0 },
            len,
            count,
            gap: match (shape.parts.adjacent, whole_pages) {
                (true, _) => 0,
                (_, true) => PAGE,
                _ => GAP,
            },
        }
    }

    /// Where each part begins, which byte of the whole it begins with, and how long it is.
    fn ranges(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        let count = self.count.max(1);
        (0..count).map(move |n| {
            let (from, to) = (self.len * n / count, self.len * (n + 1) / count);
            (self.start + from + n * self.gap, from, to - from)
        })
    }

    /// Memory for them that holds what a side with this seed sends.
    pub fn memory(&self, seed: u8) -> Outcome<Arc<Memory>> {
        let mapping = if self.place == Place::Huge {
            Mapping::Huge
        } else {
            Mapping::Private
        };
        let len = self.start + self.len + self.count * self.gap;
        let memory = Arc::new(Memory::new(len.max(8), mapping)?);
        if self.count == 0 {
            memory.fill_from(self.start, seed);
        } else {
            let whole = Memory::new(self.len.max(8), Mapping::Private)?;
            whole.fill(seed);
            self.ranges()
                .for_each(|(at, from, len)| memory.copy_from(at, &whole, from, len));
        }
        Ok(memory)
    }

    /// What a call is told of them.
    pub fn vector(&self, memory: &Arc<Memory>) -> Vector {
        if self.count == 0 {
            return Vector::buffer(memory, self.start, self.len);
        }
        let parts: Vec<_> = self.ranges().map(|(at, _, len)| (at, len)).collect();
        Vector::parts(memory, &parts)
    }

    /// Whether they are what a side with this seed sends.
    pub fn check(&self, memory: &Memory, seed: u8) -> Outcome<()> {
        if self.count == 0 {
            return right(memory, self.start, self.len, seed);
        }
        let whole = Memory::new(self.len.max(8), Mapping::Private)?;
        self.ranges()
            .for_each(|(at, from, len)| whole.copy_from(from, memory, at, len));
        right(&whole, 0, self.len, seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::peer::Parts;

    fn lay(bytes: usize, count: usize, adjacent: bool) -> Lay {
        let shape = Shape {
            parts: Parts {
                adjacent,
                ..Parts::all(count)
            },
            ..Shape::both(bytes)
        };
        Lay::new(Place::Aligned, Side::Send, &shape)
    }

    #[test]
    fn parts_do_not_touch() {
        for (bytes, count) in [(512, 8), (512, 64), (513, 64), (65_536, 16), (8, 1)] {
            let ranges: Vec<_> = lay(bytes, count, false).ranges().collect();
            assert_eq!(ranges.len(), count);
            assert_eq!(ranges.iter().map(|r| r.2).sum::<usize>(), bytes);
            for two in ranges.windows(2) {
                assert!(two[0].0 + two[0].2 < two[1].0, "{two:?}");
                assert_eq!(two[0].1 + two[0].2, two[1].1);
            }
        }
        assert!(lay(65_536, 16, false).ranges().all(|r| r.0 % PAGE == 0));
    }

    #[test]
    fn adjacent_ones_do() {
        let ranges: Vec<_> = lay(512, 8, true).ranges().collect();
        assert!(ranges.windows(2).all(|two| two[0].0 + two[0].2 == two[1].0));
    }

    #[test]
    fn what_is_put_in_is_found_again() {
        for lay in [
            lay(513, 64, false),
            lay(65_536, 16, false),
            lay(512, 8, true),
            lay(100, 0, false),
        ] {
            let memory = lay.memory(3).unwrap();
            assert!(lay.check(&memory, 3).is_ok());
            assert!(lay.check(&memory, 4).is_err());
            let (at, _, len) = lay.ranges().last().unwrap();
            memory.poke(at + len - 1, memory.peek(at + len - 1).wrapping_add(1));
            assert!(lay.check(&memory, 3).is_err());
        }
    }
}
