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
use core::ptr::{
    self,
    NonNull, //
};
use kernel::{
    bindings,
    ffi,
    mm::{
        virt::VmaRef,
        MmWithUser, //
    },
    page::PAGE_SIZE, //
};

/// Pages that are held at once: bounds the stack.
pub(super) const BATCH: usize = 64;

/// `TMPFS_MAGIC`, `include/uapi/linux/magic.h`; not in the bindings.
const TMPFS_MAGIC: ffi::c_ulong = 0x0102_1994;

/// Whether there is only memory behind an area: private memory, or that of tmpfs, which shared memory
/// without a file is, too.
fn is_memory(area: &VmaRef) -> bool {
    let functions = held(area).part(field!(bindings::vm_area_struct, vm_ops));
    if functions.read().is_null() {
        return true;
    }
    let file = held(area).part(field!(bindings::vm_area_struct, vm_file));
    let Some(file) = NonNull::new(file.read()) else {
        return false;
    };
    // SAFETY: The area, which is locked, holds its file; that holds its inode, which holds its file
    // system. These two do not change, nor does the number.
    unsafe { (*(*file.as_ref().f_inode).i_sb).s_magic == TMPFS_MAGIC }
}

/// Why no page was pinned.
pub(super) enum Unpinned {
    /// The address space is being changed at the moment.
    Busy,
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
    /// those it has, that are there or can be without waiting for anybody.
    pub(super) fn pin_now(
        &mut self,
        mm: &MmWithUser,
        start: usize,
        want: usize,
    ) -> Result<(), Unpinned> {
        self.let_go();
        let lock = mm.mmap_read_trylock().ok_or(Unpinned::Busy)?;
        let area = lock.vma_lookup(start).ok_or(Unpinned::Never)?;
        // That a fault should not wait is heard by memory without a file system behind it. One that has to
        // read a page, or to note that it is written to, waits all the same, and if it is one of the
        // client's own programs, as long as that likes.
        let is_memory = is_memory(area);
        let mut flags = if is_memory {
            bindings::FOLL_NOWAIT
        } else {
            bindings::FOLL_NOFAULT
        };
        if self.write {
            flags |= bindings::FOLL_WRITE;
        }
        // What follows may be of the other kind.
        let want = want.min((area.end() - start) / PAGE_SIZE);
        // SAFETY: The lock is held, and is not given up if there is nobody to be told of that.
        match unsafe { self.pin_locked(mm, start, want, flags, ptr::null_mut()) } {
            Err(Unpinned::Never) if !is_memory => Err(Unpinned::NotYet),
            pinned => pinned,
        }
    }

    /// The same, waiting for them; with `interruptible` any signal ends that, else only one that ends
    /// the caller. With `write` they can be written, which is then not
    /// noted when they are let go.
    pub(super) fn pin(
        &mut self,
        mm: &MmWithUser,
        start: usize,
        want: usize,
        write: bool,
        interruptible: bool,
    ) -> Result<(), Unpinned> {
        self.let_go();
        let lock = held(mm).part(field!(bindings::mm_struct, __bindgen_anon_1.mmap_lock));
        if calls::down_read_killable(lock) != 0 {
            return Err(Unpinned::NotYet);
        }
        let mut flags = 0;
        if write {
            flags |= bindings::FOLL_WRITE;
        }
        if interruptible {
            flags |= bindings::FOLL_INTERRUPTIBLE;
        }
        let mut locked: ffi::c_int = 1;
        // SAFETY: The lock was taken above, and is given up here if the call has not done so.
        unsafe {
            let pinned = self.pin_locked(mm, start, want, flags, &mut locked);
            if locked != 0 {
                bindings::mmap_read_unlock(mm.as_raw());
            }
            pinned
        }
    }

    /// Pins pages in place of none.
    ///
    /// # Safety
    ///
    /// The lock of `mm` must be held for reading. If `locked` is not null, it must be valid; it is set
    /// to 0 if the lock was given up.
    unsafe fn pin_locked(
        &mut self,
        mm: &MmWithUser,
        start: usize,
        want: usize,
        flags: u32,
        locked: *mut ffi::c_int,
    ) -> Result<(), Unpinned> {
        let room = self.pages.spare();
        let want = want.min(room.len());
        // SAFETY: The lock is held, and there is room for as many pages; as many as are returned were
        // written.
        let pinned = unsafe {
            let pinned = bindings::pin_user_pages_remote(
                mm.as_raw(),
                start,
                want,
                flags,
                room.as_mut_ptr().cast(),
                locked,
            );
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
