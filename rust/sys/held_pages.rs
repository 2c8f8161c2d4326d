// SPDX-License-Identifier: GPL-2.0-only

//! A batch of pages of an address space that are held, so that they stay what they are.
//!
//! Pages that are there are taken hold of by [`page_walk`]; all others are pinned by the kernel.

use super::{
    calls,
    filled::Filled,
    foreign::{
        field,
        held, //
    },
    page_walk::{
        self,
        Hold,
        Page,
        Pages, //
    }, //
};
use kernel::{
    bindings,
    ffi,
    mm::MmWithUser, //
};

/// Pages that are held at once: bounds the stack.
pub(super) const BATCH: usize = 64;

/// Whether to wait for pages that are not there.
#[derive(Clone, Copy)]
pub(super) enum Wait {
    /// No: not for them, and not for the lock either.
    No,
    /// Yes; and whether any signal ends it, or only one that ends the caller.
    For { interruptible: bool },
}

/// Why no page was pinned.
pub(super) enum Unpinned {
    /// It would take a wait, or a signal came during that.
    NotYet,
    /// There are none.
    Never,
}

/// How pages are held.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    /// By [`page_walk`], which says how many they are.
    Walked(Hold),
    /// Pinned by the kernel.
    Pinned,
}

/// Neighbouring pages of an address space, let go when this is dropped.
///
/// # Invariants
///
/// `pages` are held as `held` says, with `write` if they were walked to.
pub(super) struct HeldPages {
    /// Whether they will be written to.
    write: bool,
    held: Held,
    pages: Pages<BATCH>,
}

impl HeldPages {
    /// None yet.
    pub(super) const fn new(write: bool) -> Self {
        // INVARIANT: There are no pages.
        Self {
            write,
            held: Held::Walked(Hold::Nothing),
            pages: Filled::new(),
        }
    }

    /// How many they are.
    #[inline]
    pub(super) fn count(&self) -> usize {
        match self.held {
            Held::Walked(Hold::Huge(count)) => count,
            _ => self.pages.as_slice().len(),
        }
    }

    /// Takes hold of pages from the page-aligned address `start` on, of up to `want` in place of those
    /// it has; returns whether any are there.
    pub(super) fn hold(&mut self, mm: &MmWithUser, start: usize, want: usize) -> bool {
        self.let_go();
        let hold = page_walk::hold(mm, start, want, self.write, &mut self.pages);
        // INVARIANT: That is what was found.
        self.held = Held::Walked(hold);
        hold != Hold::Nothing
    }

    /// Has the kernel pin pages from the page-aligned address `start` on, up to `want` in place of
    /// those it has; with `write` such as can be written.
    pub(super) fn pin(
        &mut self,
        mm: &MmWithUser,
        start: usize,
        want: usize,
        write: bool,
        wait: Wait,
    ) -> Result<(), Unpinned> {
        self.let_go();
        let lock = held(mm).part(field!(bindings::mm_struct, __bindgen_anon_1.mmap_lock));
        let taken = match wait {
            Wait::No => calls::down_read_trylock(lock) != 0,
            Wait::For { .. } => calls::down_read_killable(lock) == 0,
        };
        if !taken {
            return Err(Unpinned::NotYet);
        }
        let mut locked: ffi::c_int = 1;
        let mut flags = match wait {
            Wait::No => bindings::FOLL_NOWAIT,
            Wait::For { interruptible } if interruptible => bindings::FOLL_INTERRUPTIBLE,
            Wait::For { .. } => 0,
        };
        if write {
            flags |= bindings::FOLL_WRITE;
        }
        let room = self.pages.spare();
        let want = want.min(room.len());
        // SAFETY: The lock is held, and there is room for as many pages; as many as are returned were
        // written. The lock was taken above, and is given up here if the call has not done so.
        let pinned = unsafe {
            let pinned = bindings::pin_user_pages_remote(
                mm.as_raw(),
                start,
                want,
                flags,
                room.as_mut_ptr().cast(),
                &mut locked,
            );
            if locked != 0 {
                bindings::mmap_read_unlock(mm.as_raw());
            }
            self.pages.add(usize::try_from(pinned).unwrap_or(0));
            pinned
        };
        // INVARIANT: These are the pages.
        self.held = Held::Pinned;
        match pinned {
            0 => Err(Unpinned::NotYet),
            1.. => Ok(()),
            _ => Err(Unpinned::Never),
        }
    }

    /// Page number `index`, and how many there are from it on that are neighbours in memory.
    #[inline]
    pub(super) fn run(&self, index: usize) -> Option<(Page, usize)> {
        let pages = self.pages.as_slice();
        if let Held::Walked(Hold::Huge(count)) = self.held {
            return Some((pages.first()?.behind(index), count.checked_sub(index)?));
        }
        let mut pages = pages.iter();
        let first = *pages.nth(index)?;
        let (mut last, mut run) = (first, 1);
        // Descriptors of pages are in the order of the pages.
        for next in pages {
            if !last.is_followed_by(*next) {
                break;
            }
            last = *next;
            run += 1;
        }
        Some((first, run))
    }

    /// Lets all pages go. Those that were taken to be written are dirty from then on.
    pub(super) fn let_go(&mut self) {
        let pages = self.pages.as_slice();
        // SAFETY: By the invariant these are held in this way, once. They are forgotten here.
        unsafe {
            match self.held {
                Held::Walked(hold) => page_walk::release(hold, self.write, pages),
                Held::Pinned => bindings::unpin_user_pages_dirty_lock(
                    pages.as_ptr().cast_mut().cast(),
                    pages.len(),
                    self.write,
                ),
            }
        }
        // INVARIANT: There are no pages.
        self.held = Held::Walked(Hold::Nothing);
        self.pages.clear();
    }
}

impl Drop for HeldPages {
    fn drop(&mut self) {
        self.let_go();
    }
}
