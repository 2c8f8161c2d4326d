// SPDX-License-Identifier: MIT OR Apache-2.0

//! Memory that is lent to a call: one buffer, or a list of parts.
//!
//! QNX has four calls for `MsgSend` and two for every other verb, one for each combination of a plain buffer and a
//! vector. Here the argument decides: whatever implements [`Source`] can be sent, whatever implements [`Sink`] can be
//! filled.
//!
//! No copy is made, and no list is converted: [`Part`] has the layout of the kernel's own structure on every
//! architecture. The lifetimes make the borrow checker prove that the memory outlives the call, and that nobody else
//! touches memory that is being filled.

use std::fmt;
use std::io::{IoSlice, IoSliceMut};
use std::marker::PhantomData;

use qipc_sys::{qipc_iov, qipc_vec};

/// Bytes lent for reading: one part of a message or of a reply. QNX `iov_t` of a send vector.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Part<'a> {
    iov: qipc_iov,
    lent: PhantomData<&'a [u8]>,
}

impl<'a> Part<'a> {
    /// Lends `bytes` for reading. QNX `SETIOV`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            iov: qipc_iov {
                base: address(bytes.as_ptr()),
                len: bytes.len() as u64,
            },
            lent: PhantomData,
        }
    }

    /// Length in bytes. QNX `GETIOVLEN`.
    #[must_use]
    pub fn len(&self) -> usize {
        length(&self.iov)
    }

    /// True when there are no bytes in this part.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iov.len == 0
    }

    /// A part that faults, for tests of what a server does about bad memory of a client: it lies in the first page,
    /// which no process can have. At most 4,096 bytes.
    #[doc(hidden)]
    #[must_use]
    pub fn faulty(len: usize) -> Self {
        Self {
            iov: null_page(len),
            lent: PhantomData,
        }
    }
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("Part", &self.iov, f)
    }
}

impl<'a> From<&'a [u8]> for Part<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::new(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Part<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::new(bytes)
    }
}

impl<'a> From<&'a IoSlice<'_>> for Part<'a> {
    fn from(slice: &'a IoSlice<'_>) -> Self {
        Self::new(slice)
    }
}

/// Bytes lent for writing: one part of a receive buffer or of the room for a reply. QNX `iov_t` of a receive vector.
#[repr(transparent)]
pub struct PartMut<'a> {
    iov: qipc_iov,
    lent: PhantomData<&'a mut [u8]>,
}

impl<'a> PartMut<'a> {
    /// Lends `bytes` for writing. QNX `SETIOV`.
    #[must_use]
    pub fn new(bytes: &'a mut [u8]) -> Self {
        let len = bytes.len() as u64;
        Self {
            iov: qipc_iov {
                base: address(bytes.as_mut_ptr()),
                len,
            },
            lent: PhantomData,
        }
    }

    /// Length in bytes. QNX `GETIOVLEN`.
    #[must_use]
    pub fn len(&self) -> usize {
        length(&self.iov)
    }

    /// True when there is no room in this part.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iov.len == 0
    }

    /// As [`Part::faulty`].
    #[doc(hidden)]
    #[must_use]
    pub fn faulty(len: usize) -> Self {
        Self {
            iov: null_page(len),
            lent: PhantomData,
        }
    }
}

impl fmt::Debug for PartMut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("PartMut", &self.iov, f)
    }
}

impl<'a> From<&'a mut [u8]> for PartMut<'a> {
    fn from(bytes: &'a mut [u8]) -> Self {
        Self::new(bytes)
    }
}

impl<'a, const N: usize> From<&'a mut [u8; N]> for PartMut<'a> {
    fn from(bytes: &'a mut [u8; N]) -> Self {
        Self::new(bytes)
    }
}

impl<'a> From<&'a mut IoSliceMut<'_>> for PartMut<'a> {
    fn from(slice: &'a mut IoSliceMut<'_>) -> Self {
        Self::new(slice)
    }
}

/// One side of a call as the kernel takes it, and the loan that keeps it valid: `T` is `&[u8]` for memory that is read
/// and `&mut [u8]` for memory that is written. Made in this file only.
#[derive(Debug)]
pub struct Lent<T> {
    vec: qipc_vec,
    first: qipc_iov,
    is_buffer: bool,
    lent: PhantomData<T>,
}

impl<T> Lent<T> {
    fn nothing() -> Self {
        Self {
            vec: qipc_vec::default(),
            first: qipc_iov::default(),
            is_buffer: true,
            lent: PhantomData,
        }
    }

    fn buffer(base: u64, bytes: usize) -> Self {
        let count = bytes as u64;
        Self {
            vec: qipc_vec { base, count },
            first: qipc_iov { base, len: count },
            is_buffer: true,
            lent: PhantomData,
        }
    }

    fn list(base: u64, parts: usize, first: qipc_iov) -> Self {
        Self {
            vec: qipc_vec {
                base,
                count: parts as u64,
            },
            first,
            is_buffer: false,
            lent: PhantomData,
        }
    }

    /// The first part that is not empty, or the buffer: where a pulse is received.
    pub(crate) fn first(&self) -> qipc_iov {
        self.first
    }

    /// The kernel's structure.
    pub(crate) fn vec(&self) -> qipc_vec {
        self.vec
    }

    /// `flag` if this is one buffer, nothing if it is a list of parts.
    pub(crate) fn flag(&self, flag: u32) -> u32 {
        if self.is_buffer {
            flag
        } else {
            0
        }
    }
}

mod sealed {
    pub trait Sealed {}
}

/// Memory that can be read from: what is sent, replied, or written with
/// [`write_at`](crate::Request::write_at).
///
/// Implemented for byte slices, arrays, vectors and strings (one buffer), for slices, arrays and vectors of [`Part`]
/// (a list), and for `()` (nothing). At most 524,288 parts, and at most `i32::MAX` bytes in total; one more of either
/// is `EOVERFLOW`, and nothing is sent. Parts of length zero are allowed and ignored.
///
/// The memory cannot go away while the call uses it:
///
/// ```compile_fail,E0597
/// use qipc::Part;
/// fn sent(_: impl qipc::Source) {}
///
/// let parts = {
///     let header = [0_u8; 16];
///     [Part::new(&header)] // `header` does not live long enough
/// };
/// sent(&parts);
/// ```
pub trait Source: sealed::Sealed {
    #[doc(hidden)]
    fn lend(&self) -> Lent<&[u8]>;
}

/// Memory that can be written to: where a message is received, a reply lands, or
/// [`read_at`](crate::Request::read_at) puts the bytes.
///
/// Implemented for mutable byte slices, arrays and vectors (one buffer; the length of a vector counts, not its
/// capacity), for slices, arrays and vectors of [`PartMut`] (a list), and for `()` (nothing). The limits are those of
/// [`Source`]. Bytes behind the end of what arrived keep their value.
///
/// Memory that is being filled cannot be used for anything else:
///
/// ```compile_fail,E0499
/// use qipc::PartMut;
///
/// let mut block = [0_u8; 512];
/// let parts = [PartMut::new(&mut block), PartMut::new(&mut block)];
/// # drop(parts);
/// ```
pub trait Sink: sealed::Sealed {
    #[doc(hidden)]
    fn lend_mut(&mut self) -> Lent<&mut [u8]>;
}

macro_rules! lend {
    (buffer, $memory:expr, $base:expr) => {
        Lent::buffer($base, $memory.len())
    };
    (list, $memory:expr, $base:expr) => {{
        let mut lengthy = $memory.iter().filter(|part| !part.is_empty());
        let first = lengthy.next().map_or(qipc_iov::default(), |part| part.iov);
        Lent::list($base, $memory.len(), first)
    }};
}

macro_rules! sources {
    ($([$($generics:tt)*] $type:ty, $kind:ident;)*) => {$(
        impl<$($generics)*> sealed::Sealed for $type {}
        impl<$($generics)*> Source for $type {
            fn lend(&self) -> Lent<&[u8]> {
                lend!($kind, self, address(self.as_ptr()))
            }
        }
    )*};
}

sources! {
    [] &[u8], buffer;
    [const N: usize] &[u8; N], buffer;
    [] &Vec<u8>, buffer;
    [] &str, buffer;
    [] &String, buffer;
    [] &[Part<'_>], list;
    [const N: usize] &[Part<'_>; N], list;
    [] &Vec<Part<'_>>, list;
}

macro_rules! sinks {
    ($([$($generics:tt)*] $type:ty, $kind:ident;)*) => {$(
        impl<$($generics)*> sealed::Sealed for $type {}
        impl<$($generics)*> Sink for $type {
            fn lend_mut(&mut self) -> Lent<&mut [u8]> {
                lend!($kind, self, address(self.as_mut_ptr()))
            }
        }
    )*};
}

sinks! {
    [] &mut [u8], buffer;
    [const N: usize] &mut [u8; N], buffer;
    [] &mut Vec<u8>, buffer;
    [] &mut [PartMut<'_>], list;
    [const N: usize] &mut [PartMut<'_>; N], list;
    [] &mut Vec<PartMut<'_>>, list;
}

impl sealed::Sealed for () {}

impl Source for () {
    fn lend(&self) -> Lent<&[u8]> {
        Lent::nothing()
    }
}

impl Sink for () {
    fn lend_mut(&mut self) -> Lent<&mut [u8]> {
        Lent::nothing()
    }
}

/// Total length of a list of parts, as the kernel counts it.
///
/// ```
/// use qipc::{total_len, Part};
///
/// assert_eq!(total_len(&[Part::new(b"header"), Part::new(b""), Part::new(b"data")]), 10);
/// ```
#[must_use]
pub fn total_len(parts: &[Part<'_>]) -> usize {
    parts
        .iter()
        .fold(0, |sum: usize, part| sum.saturating_add(part.len()))
}

/// The address as the kernel takes it: 64 bits on every architecture.
fn address<T>(pointer: *const T) -> u64 {
    pointer as usize as u64
}

fn length(iov: &qipc_iov) -> usize {
    // It came from a usize.
    usize::try_from(iov.len).unwrap_or(usize::MAX)
}

fn null_page(len: usize) -> qipc_iov {
    qipc_iov {
        base: 0,
        len: len.min(4096) as u64,
    }
}

fn debug(name: &str, iov: &qipc_iov, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_struct(name)
        .field("base", &format_args!("{:#x}", iov.base))
        .field("len", &iov.len)
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    fn seen<T>(lent: Lent<T>) -> (u64, u64, bool) {
        (lent.vec().base, lent.vec().count, lent.flag(1) == 1)
    }

    #[test]
    fn a_part_has_the_layout_of_the_kernels_structure() {
        assert_eq!(size_of::<Part<'_>>(), size_of::<qipc_iov>());
        assert_eq!(align_of::<Part<'_>>(), align_of::<qipc_iov>());
        assert_eq!(size_of::<PartMut<'_>>(), size_of::<qipc_iov>());
        assert_eq!(align_of::<PartMut<'_>>(), align_of::<qipc_iov>());
    }

    #[test]
    fn every_kind_of_plain_memory_is_one_buffer() {
        let bytes = [1_u8, 2, 3];
        let at = bytes.as_ptr() as u64;
        assert_eq!(seen((&bytes).lend()), (at, 3, true));
        assert_eq!(seen((&bytes[1..]).lend()), (at + 1, 2, true));

        let mut vec = Vec::with_capacity(64);
        vec.extend([7_u8; 5]);
        let at = vec.as_ptr() as u64;
        assert_eq!(seen((&vec).lend()), (at, 5, true));
        assert_eq!(
            seen((&mut vec).lend_mut()),
            (at, 5, true),
            "the length counts, not the capacity"
        );

        let text = String::from("text");
        assert_eq!(seen((&text).lend()), (text.as_ptr() as u64, 4, true));
        assert_eq!(seen(text.as_str().lend()), (text.as_ptr() as u64, 4, true));
    }

    #[test]
    fn nothing_is_an_empty_buffer() {
        assert_eq!(seen(().lend()), (0, 0, true));
        assert_eq!(seen(().lend_mut()), (0, 0, true));
    }

    #[test]
    fn a_list_is_passed_as_it_is() {
        let (mut a, mut b) = ([0_u8; 4], [0_u8; 6]);
        let (at_a, at_b) = (a.as_ptr() as u64, b.as_ptr() as u64);
        let mut parts = [PartMut::new(&mut a), PartMut::new(&mut b)];
        assert_eq!(parts[0].iov, qipc_iov { base: at_a, len: 4 });
        assert_eq!(parts[1].iov, qipc_iov { base: at_b, len: 6 });
        let at = parts.as_ptr() as u64;
        assert_eq!(seen((&mut parts).lend_mut()), (at, 2, false));
        assert_eq!(seen((&mut parts[1..]).lend_mut()), (at + 16, 1, false));
    }

    #[test]
    fn io_slices_are_parts() {
        let bytes = *b"abc";
        let slice = IoSlice::new(&bytes);
        assert_eq!(Part::from(&slice).iov, Part::new(&bytes).iov);
        let mut bytes = *b"abcd";
        let expected = Part::new(&bytes).iov;
        let mut slice = IoSliceMut::new(&mut bytes);
        assert_eq!(PartMut::from(&mut slice).iov, expected);
    }

    #[test]
    fn a_faulty_part_stays_in_the_first_page() {
        assert_eq!(
            Part::faulty(usize::MAX).iov,
            qipc_iov { base: 0, len: 4096 }
        );
        assert_eq!(PartMut::faulty(9).iov, qipc_iov { base: 0, len: 9 });
    }

    #[test]
    fn a_total_that_overflows_saturates() {
        let huge = Part {
            iov: qipc_iov {
                base: 0,
                len: usize::MAX as u64,
            },
            lent: PhantomData,
        };
        assert_eq!(total_len(&[huge, huge]), usize::MAX);
    }

    proptest! {
        #[test]
        fn parts_describe_exactly_the_bytes_they_were_made_of(
            data in proptest::collection::vec(any::<u8>(), 0..4096),
            cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..64),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(data.len() + 1)).collect();
            cuts.extend([0, data.len()]);
            cuts.sort_unstable();
            let parts: Vec<Part<'_>> = cuts.windows(2).map(|w| Part::new(&data[w[0]..w[1]])).collect();

            prop_assert_eq!(total_len(&parts), data.len());
            let mut at = data.as_ptr() as u64;
            for part in &parts {
                prop_assert_eq!(part.iov.base, at);
                prop_assert_eq!(part.is_empty(), part.iov.len == 0);
                at += part.iov.len;
            }
            prop_assert_eq!(seen((&parts).lend()), (parts.as_ptr() as u64, parts.len() as u64, false));
        }
    }
}
