// SPDX-License-Identifier: GPL-2.0-only

//! A few places where callers leave something for their next call, and take it out again, without a
//! lock: each place is one pointer that is exchanged.
//!
//! What has ended meanwhile does not stay:
//!
//! ```text
//!   who ends it                      who leaves it here
//!   it has ended          (full)     purges: how many?
//!   purges += 1           (full)     has it ended?  no: into a place      (full)
//!   looks through all places         purges: more now?  looks through all places
//! ```
//!
//! Either the one finds it, or the other sees that somebody has looked before it was there. Who takes something
//! out to look at it and puts it back does so in the same way.

use core::marker::PhantomData;
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Full, //
    },
    types::ForeignOwnable, //
};

use super::{
    once::Once,
    task, //
};

/// How many places there are.
const COUNT: usize = 16;
/// How many of them a thread looks at.
const PROBES: usize = 3;

/// What can be left there.
pub(crate) trait Kept: Send + 'static {
    /// Whether it is of no use any more, and must not stay. Whoever ends it purges after that.
    fn has_ended(&self) -> bool;
}

/// Places for boxes of `T`.
///
/// # Invariants
///
/// Each place is 0 or a `KBox<T>` in foreign form, which it owns.
pub(crate) struct Pockets<T: Kept> {
    places: [Atomic<usize>; COUNT],
    /// How often they were looked through.
    purges: Atomic<usize>,
    _content: PhantomData<KBox<T>>,
}

// SAFETY: A box is handed from thread to thread, never shared, and its contents may be sent.
unsafe impl<T: Kept> Sync for Pockets<T> {}

impl<T: Kept> Pockets<T> {
    /// Empty places.
    pub(crate) fn new() -> Self {
        // INVARIANT: All places are 0.
        Self {
            places: [const { Atomic::new(0) }; COUNT],
            purges: Atomic::new(0),
            _content: PhantomData,
        }
    }

    /// Where to look for what the calling thread does with number `number`. Others may use the same
    /// places.
    #[inline(always)]
    fn places(&self, number: i32) -> impl Iterator<Item = &Atomic<usize>> {
        // Threads are some kilobytes apart.
        let thread = task::current_thread_key();
        let first = (thread >> 10) ^ (thread >> 16) ^ number as usize;
        (first..first.wrapping_add(PROBES)).filter_map(|at| self.places.get(at % COUNT))
    }

    /// Takes out what the caller has left, if `is_own` says that it is that.
    #[inline(always)]
    pub(crate) fn take(&self, number: i32, is_own: impl Fn(&T) -> bool) -> Option<KBox<T>> {
        for place in self.places(number) {
            match Self::empty(place) {
                Some(content) if is_own(&content) => return Some(content),
                Some(content) => self.put_back(place, content),
                None => (),
            }
        }
        None
    }

    #[inline(always)]
    fn empty(place: &Atomic<usize>) -> Option<KBox<T>> {
        if place.get() == 0 {
            return None;
        }
        Self::own(place.xchg(0, Full))
    }

    #[inline(always)]
    fn fill(place: &Atomic<usize>, content: KBox<T>) -> Option<KBox<T>> {
        if place.get() != 0 {
            return Some(content);
        }
        // INVARIANT: The place owns the box from here on.
        let before = place.xchg(content.into_foreign() as usize, Full);
        Self::own(before)
    }

    /// What was in a place, whose invariant held for it.
    #[inline(always)]
    fn own(content: usize) -> Option<KBox<T>> {
        // SAFETY: By the invariant it is null or a box, which was the place's and is ours now.
        unsafe {
            <KBox<T> as ForeignOwnable>::try_from_foreign(content as *mut kernel::ffi::c_void)
        }
    }

    /// Puts back what was looked at. Should somebody have filled the place meanwhile that is lost, which
    /// costs its owner an allocation.
    #[cold]
    fn put_back(&self, place: &Atomic<usize>, content: KBox<T>) {
        let purges = self.purges.get_first();
        if content.has_ended() {
            return;
        }
        drop(Self::fill(place, content));
        if self.purges.get() != purges {
            self.sweep(T::has_ended);
        }
    }

    /// Leaves something for the caller's next call, unless it has ended; returns it if there is no room.
    #[inline(always)]
    pub(crate) fn put(&self, number: i32, content: KBox<T>) -> Option<KBox<T>> {
        let purges = self.purges.get_first();
        if content.has_ended() {
            return None;
        }
        let mut left = content;
        for place in self.places(number) {
            match Self::fill(place, left) {
                Some(refused) => left = refused,
                None => {
                    if self.purges.get() != purges {
                        self.sweep(T::has_ended);
                    }
                    return None;
                }
            }
        }
        Some(left)
    }

    /// The same in place of something that `is_idle` says nobody comes for.
    #[inline(never)]
    pub(crate) fn put_over(
        &self,
        number: i32,
        content: KBox<T>,
        is_idle: impl Fn(&T) -> bool,
    ) -> Option<KBox<T>> {
        for place in self.places(number) {
            match Self::empty(place) {
                Some(found) if !is_idle(&found) => self.put_back(place, found),
                _ => return self.put(number, content),
            }
        }
        Some(content)
    }

    /// Takes everything out that `which` chooses, or that has ended. What callers have in hand at the
    /// moment is theirs to look after.
    pub(crate) fn purge(&self, which: impl Fn(&T) -> bool) {
        self.purges.fetch_add(1, Full);
        self.sweep(which);
    }

    /// Does that. Those who have something in hand meanwhile have been told of it.
    #[inline(never)]
    fn sweep(&self, which: impl Fn(&T) -> bool) {
        // Once more only if somebody else began to purge meanwhile, and may have missed what was in hand
        // here.
        loop {
            let purges = self.purges.get_first();
            for place in &self.places {
                let Some(content) = Self::empty(place) else {
                    continue;
                };
                if content.has_ended() || which(&content) {
                    continue;
                }
                // As in `put_back`.
                drop(Self::fill(place, content));
            }
            if self.purges.get() == purges {
                break;
            }
        }
    }
}

impl<T: Kept> Drop for Pockets<T> {
    fn drop(&mut self) {
        self.purge(|_| true);
    }
}
