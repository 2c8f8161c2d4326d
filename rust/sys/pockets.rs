// SPDX-License-Identifier: GPL-2.0-only

//! A few places where callers leave something for their next call, and take it out again, without a
//! lock: each place is one pointer that is exchanged.

use core::marker::PhantomData;
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Full,
        Relaxed, //
    },
    types::ForeignOwnable, //
};

use super::task;

/// How many places there are.
const COUNT: usize = 16;
/// How many of them a thread looks at.
const PROBES: usize = 3;

/// Places for boxes of `T`.
///
/// # Invariants
///
/// Each place is 0 or a `KBox<T>` in foreign form, which it owns.
pub(crate) struct Pockets<T: Send + 'static> {
    places: [Atomic<usize>; COUNT],
    _content: PhantomData<KBox<T>>,
}

// SAFETY: A box is handed from thread to thread, never shared, and its contents may be sent.
unsafe impl<T: Send> Sync for Pockets<T> {}

impl<T: Send> Pockets<T> {
    /// Empty places.
    pub(crate) fn new() -> Self {
        // INVARIANT: All places are 0.
        Self {
            places: [const { Atomic::new(0) }; COUNT],
            _content: PhantomData,
        }
    }

    /// Where to look for what the calling thread does with number `number`. Others may use the same
    /// places.
    #[inline]
    fn places(&self, number: i32) -> impl Iterator<Item = &Atomic<usize>> {
        // Threads are some kilobytes apart.
        let thread = task::current_thread_key();
        let first = (thread >> 10) ^ (thread >> 16) ^ number as usize;
        (first..first.wrapping_add(PROBES)).filter_map(|at| self.places.get(at % COUNT))
    }

    /// Takes out what the caller has left, if `is_own` says that it is that.
    #[inline]
    pub(crate) fn take(&self, number: i32, is_own: impl Fn(&T) -> bool) -> Option<KBox<T>> {
        for place in self.places(number) {
            match Self::empty(place) {
                Some(content) if is_own(&content) => return Some(content),
                // Nobody else fills a place that is just being looked at, or what is there is lost,
                // which costs its owner an allocation.
                Some(content) => drop(Self::fill(place, content)),
                None => (),
            }
        }
        None
    }

    #[inline]
    fn empty(place: &Atomic<usize>) -> Option<KBox<T>> {
        if place.load(Relaxed) == 0 {
            return None;
        }
        let content = place.xchg(0, Full) as *mut kernel::ffi::c_void;
        // SAFETY: By the invariant it is null or a box, which was the place's and is ours now.
        unsafe { <KBox<T> as ForeignOwnable>::try_from_foreign(content) }
    }

    #[inline]
    fn fill(place: &Atomic<usize>, content: KBox<T>) -> Option<KBox<T>> {
        let raw = content.into_foreign();
        // INVARIANT: The place owns the box from here on.
        match place.cmpxchg(0, raw as usize, Full) {
            Ok(_) => None,
            // SAFETY: The place did not take it.
            Err(_) => Some(unsafe { <KBox<T> as ForeignOwnable>::from_foreign(raw) }),
        }
    }

    /// Leaves something for the caller's next call; returns it if there is no room.
    #[inline]
    pub(crate) fn put(&self, number: i32, content: KBox<T>) -> Option<KBox<T>> {
        let mut left = content;
        for place in self.places(number) {
            left = Self::fill(place, left)?;
        }
        Some(left)
    }

    /// Takes everything out that `which` chooses. What callers have in hand at the moment is theirs
    /// to look after.
    pub(crate) fn purge(&self, which: impl Fn(&T) -> bool) {
        for place in &self.places {
            let Some(content) = Self::empty(place) else {
                continue;
            };
            if which(&content) {
                continue;
            }
            // As in `take`.
            drop(Self::fill(place, content));
        }
    }
}

impl<T: Send> Drop for Pockets<T> {
    fn drop(&mut self) {
        self.purge(|_| true);
    }
}
