// SPDX-License-Identifier: GPL-2.0-only

//! Takes hold of pages of another process that are there, without a lock per page.
//!
//! What `pin_user_pages_fast()` does for the caller's own memory, for the memory of another process.
//! The kernel's own way to pages of another process takes a lock and walks the tables from their
//! root for each page, which costs more than copying it twice; docs/decisions/0012 has the figures.
//!
//! It is a short cut and nothing else: it takes ordinary pages of ordinary private memory that are
//! mapped with the right that is asked for, and stops at everything that is not. For that, and for all
//! that needs a page fault, there is `pin_user_pages_remote()`, which the caller falls back on.
//!
//! # How a page is taken
//!
//! 1. The area of memory is locked for reading, which keeps out `munmap`, `mprotect`, `mremap`, `exec`
//!    and `fork`, and with them whoever frees tables. Where tables may go in spite of that they
//!    go by RCU, and this is an RCU section.
//! 2. The entry is read; it names the page.
//! 3. The page's count is raised, unless it is 0.
//! 4. The entry, and the one above it, are read again. If they are what they were, the page
//!    was mapped there while it was held, so it was held in time; else it is let go.
//!
//! To write, the count is raised by as much as the kernel does for a pin. Whoever wants to share or replace
//! a page (`fork`, page merging, migration, reclaim) changes the entry first and looks at the count
//! afterwards, and leaves a page alone that is held.

use super::compat;
use core::mem::MaybeUninit;
use core::ptr::{
    addr_of,
    addr_of_mut, //
};
use kernel::{
    bindings,
    mm::{
        virt::{
            flags,
            VmaRef, //
        },
        MmWithUser, //
    },
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        rcu, //
    }, //
};

#[cfg(not(all(CONFIG_X86_64, CONFIG_SPARSEMEM_VMEMMAP)))]
compile_error!("qipc knows the page tables of x86-64 only");

/// Bits of an entry, given by the processor but for the last two.
const PRESENT: u64 = 1 << bindings::_PAGE_BIT_PRESENT;
const WRITABLE: u64 = 1 << bindings::_PAGE_BIT_RW;
const USER: u64 = 1 << bindings::_PAGE_BIT_USER;
const LEAF: u64 = 1 << bindings::_PAGE_BIT_PSE;
/// Memory that has no page, or one that is not counted.
const SPECIAL: u64 = 1 << bindings::_PAGE_BIT_SPECIAL;
/// Tracked by userfaultfd, which has to be asked first.
const TRACKED: u64 = 1 << bindings::_PAGE_BIT_SOFTW2;

/// Each table has so many entries, of eight bytes.
const ENTRY_BITS: usize = 9;
const ENTRIES: usize = 1 << ENTRY_BITS;
/// Part of an address below the last table, and below the last but one.
const PAGE_BITS: usize = 12;
const HUGE_BITS: usize = PAGE_BITS + ENTRY_BITS;
const HUGE_SIZE: usize = 1 << HUGE_BITS;

/// By how much the count of a page is raised: by what tells the kernel that it is pinned, or by one.
const PIN: i32 = 1 << 10;
const HOLD: i32 = 1;
/// Above this nobody gets any more, so that the count does not overflow.
const TOO_MANY: i32 = i32::MAX / 2;

/// What was taken hold of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// Nothing; the long way may find more.
    Nothing,
    /// So many pages of normal size, at the beginning of the array.
    Pages(usize),
    /// So many pages, part of one huge page that is held once; the first is in the array.
    Huge(usize),
}

/// Takes hold of pages from the page-aligned address `start` on: no more than `want`, nor than
/// `pages` has room for, unless they are part of one huge page.
///
/// What is returned has to be given to [`release`], with the same `write`.
pub(super) fn hold(
    mm: &MmWithUser,
    start: usize,
    want: usize,
    write: bool,
    pages: &mut [MaybeUninit<*mut bindings::page>],
) -> Hold {
    if write && !has_pinned(mm) || compat::is_xen_paravirtual() {
        return Hold::Nothing;
    }
    let Some(area) = mm.lock_vma_under_rcu(start) else {
        return Hold::Nothing;
    };
    if !is_ordinary(&area, write) {
        return Hold::Nothing;
    }
    let _rcu = rcu::read_lock();
    let want = want.min((area.end() - start) / PAGE_SIZE);
    let layout = Layout::get();
    let Some(entry) = find(mm, start, layout) else {
        return Hold::Nothing;
    };
    // SAFETY: `find` returned an entry of a table that lives as long as the RCU section.
    let value = unsafe { entry.read_volatile() };
    let entry = Entry { at: entry, value };
    if value & LEAF != 0 {
        hold_huge(entry, layout, start, want, write, pages)
    } else if value & PRESENT != 0 {
        hold_pages(entry, layout, start, want, write, pages)
    } else {
        Hold::Nothing
    }
}

/// Whether the kernel knows that pages of this process may be pinned, and so looks at their counts
/// when it forks. The first pin that the kernel makes itself tells it.
fn has_pinned(mm: &MmWithUser) -> bool {
    // SAFETY: The address space is in use; one word is read that may change at any time.
    let word =
        unsafe { addr_of!((*mm.as_raw()).__bindgen_anon_1.flags.__mm_flags[0]).read_volatile() };
    word & (1 << bindings::MMF_HAS_PINNED) != 0
}

/// Whether it is private memory without any file or driver behind it. That excludes memory that even
/// the kernel must not see (`memfd_secret`), and pages that are not counted.
fn is_ordinary(area: &VmaRef, write: bool) -> bool {
    let odd = flags::IO | flags::PFNMAP | flags::MIXEDMAP | flags::HUGETLB;
    let right = if write {
        flags::READ | flags::WRITE
    } else {
        flags::READ
    };
    // SAFETY: The area is locked, so that the pointer does not change.
    let plain = unsafe { (*area.as_ptr()).vm_ops.is_null() };
    plain && area.flags() & (odd | right) == right
}

/// Where memory and the descriptors of its pages lie in the kernel's address space.
#[derive(Clone, Copy)]
struct Layout {
    /// Memory, in the order of its physical addresses.
    memory: usize,
    /// `struct page` of each page, in the same order.
    pages: usize,
    /// Which bits of an entry are a physical address.
    mask: u64,
}

impl Layout {
    #[inline]
    fn get() -> Self {
        // SAFETY: Set while the machine starts, and constant since then.
        let (memory, pages) = unsafe {
            (
                addr_of!(bindings::page_offset_base).read(),
                addr_of!(bindings::vmemmap_base).read(),
            )
        };
        Self {
            memory,
            pages,
            mask: compat::physical_page_mask(),
        }
    }

    /// The table that an entry points to.
    #[inline]
    fn table(self, value: u64) -> *const u64 {
        self.memory.wrapping_add((value & self.mask) as usize) as *const u64
    }

    /// The page that an entry names, or the first of a huge one.
    #[inline]
    fn page(self, value: u64, size: usize) -> *mut bindings::page {
        let number = ((value & self.mask) as usize & !(size - 1)) >> PAGE_BITS;
        (self.pages as *mut bindings::page).wrapping_add(number)
    }

    /// The number of a page.
    #[inline]
    fn number(self, page: *mut bindings::page) -> usize {
        (page as usize).wrapping_sub(self.pages) / size_of::<bindings::page>()
    }
}

/// Where the contents of a page lie in the kernel's address space.
#[inline]
pub(super) fn contents(page: *mut bindings::page) -> *mut u8 {
    let layout = Layout::get();
    (layout.memory as *mut u8).wrapping_add(layout.number(page) << PAGE_BITS)
}

/// Walks down to the entry of `addr` in the last table but one. The caller has locked the area, and
/// uses the entry in its RCU section only.
fn find(mm: &MmWithUser, addr: usize, layout: Layout) -> Option<*const u64> {
    // SAFETY: The address space is in use, so it has a first table; the shift is constant.
    let (mut table, mut shift) = unsafe {
        (
            (*mm.as_raw()).__bindgen_anon_1.pgd as *const u64,
            addr_of!(bindings::pgdir_shift).read() as usize,
        )
    };
    loop {
        let entry = table.wrapping_add((addr >> shift) % ENTRIES);
        if shift <= HUGE_BITS {
            return Some(entry);
        }
        // SAFETY: By the lock of the area and the RCU section the table is there.
        let value = unsafe { entry.read_volatile() };
        if value & (PRESENT | LEAF) != PRESENT {
            return None;
        }
        table = layout.table(value);
        shift -= ENTRY_BITS;
    }
}

/// Whether an entry gives the right to read or write a page, with no strings attached.
#[inline]
fn permits(value: u64, write: bool) -> bool {
    let right = PRESENT | USER | if write { WRITABLE } else { 0 };
    value & (right | SPECIAL | TRACKED) == right
}

/// An entry of a table, and what it was.
#[derive(Clone, Copy)]
struct Entry {
    at: *const u64,
    value: u64,
}

impl Entry {
    /// Whether it still is that.
    ///
    /// # Safety
    ///
    /// The table must be there, see [`find`].
    #[inline]
    unsafe fn is_same(self) -> bool {
        // SAFETY: By the contract; one word is read that may change at any time.
        unsafe { self.at.read_volatile() == self.value }
    }
}

/// Takes hold of pages of normal size that are in the table which `above` points to.
fn hold_pages(
    above: Entry,
    layout: Layout,
    start: usize,
    want: usize,
    write: bool,
    pages: &mut [MaybeUninit<*mut bindings::page>],
) -> Hold {
    let first = (start >> PAGE_BITS) % ENTRIES;
    let want = want.min(ENTRIES - first);
    let amount = if write { PIN } else { HOLD };
    let room = pages.iter_mut().take(want);
    let mut at = layout.table(above.value).wrapping_add(first);
    let mut count = 0;
    for slot in room {
        // SAFETY: As for `find`; there are no more turns than entries of the table behind `first`.
        let value = unsafe { at.read_volatile() };
        if !permits(value, write) {
            break;
        }
        let page = layout.page(value, PAGE_SIZE);
        if !raise(page, amount) {
            break;
        }
        // SAFETY: The page is held, so that its flags can be read.
        let flags = unsafe { flags_of(page) };
        // SAFETY: As above, both.
        let same = unsafe { Entry { at, value }.is_same() && above.is_same() };
        if !same || flags & (1 << bindings::pageflags_PG_head) != 0 {
            lower(page, amount);
            break;
        }
        if flags & (1 << bindings::pageflags_PG_referenced) == 0 {
            touch(page);
        }
        slot.write(page);
        at = at.wrapping_add(1);
        count += 1;
    }
    if count == 0 {
        Hold::Nothing
    } else {
        Hold::Pages(count)
    }
}

/// Takes hold of one huge page.
fn hold_huge(
    entry: Entry,
    layout: Layout,
    start: usize,
    want: usize,
    write: bool,
    pages: &mut [MaybeUninit<*mut bindings::page>],
) -> Hold {
    let Some(slot) = pages.first_mut() else {
        return Hold::Nothing;
    };
    if !permits(entry.value, write) {
        return Hold::Nothing;
    }
    let head = layout.page(entry.value, HUGE_SIZE);
    if !raise(head, HOLD) {
        return Hold::Nothing;
    }
    // SAFETY: The page is held, so that its flags can be read.
    let is_head = unsafe { flags_of(head) } & (1 << bindings::pageflags_PG_head) != 0;
    if is_head && write {
        // SAFETY: A large page that is held stays one, and has this counter.
        unsafe { pins(head) }.fetch_add(1, Full);
    }
    // SAFETY: As for `find`.
    if !is_head || !unsafe { entry.is_same() } {
        if is_head && write {
            // SAFETY: As above.
            unsafe { pins(head) }.fetch_sub(1, Full);
        }
        lower(head, HOLD);
        return Hold::Nothing;
    }
    touch(head);
    let inside = (start % HUGE_SIZE) / PAGE_SIZE;
    slot.write(head.wrapping_add(inside));
    Hold::Huge(want.min(ENTRIES - inside))
}

/// Lets pages go that [`hold`] took; those that were written are dirty from then on.
///
/// # Safety
///
/// `held` and `pages` must be what a call of [`hold`] with this `write` returned and filled in, and
/// must not be used afterwards.
pub(super) unsafe fn release(held: Hold, write: bool, pages: &[MaybeUninit<*mut bindings::page>]) {
    let (count, amount) = match held {
        Hold::Nothing => return,
        Hold::Pages(count) => (count, if write { PIN } else { HOLD }),
        Hold::Huge(_) => (1, HOLD),
    };
    for slot in &pages[..count] {
        // SAFETY: By the contract of this function the first `count` elements were filled in.
        let mut page = unsafe { slot.assume_init() };
        if let Hold::Huge(_) = held {
            page = head_of(page);
        }
        if write {
            // SAFETY: The page is still held; the caller may sleep.
            unsafe {
                if flags_of(page) & (1 << bindings::pageflags_PG_dirty) == 0 {
                    bindings::set_page_dirty_lock(page);
                }
                if let Hold::Huge(_) = held {
                    pins(page).fetch_sub(1, Full);
                }
            }
        }
        lower(page, amount);
    }
}

/// The first part of a huge page, which is as large as it is aligned.
fn head_of(page: *mut bindings::page) -> *mut bindings::page {
    page.wrapping_sub(Layout::get().number(page) % ENTRIES)
}

/// Raises the count of a page, unless it is 0 because nobody has the page, or it is part of a larger one.
fn raise(page: *mut bindings::page, amount: i32) -> bool {
    // SAFETY: Whatever an entry names has a `struct page`; its count may be looked at by anybody.
    let count = unsafe { Atomic::from_ptr(addr_of_mut!((*page)._refcount.counter)) };
    let mut old = count.load(Relaxed);
    loop {
        if !(1..TOO_MANY).contains(&old) {
            return false;
        }
        match count.cmpxchg(old, old.wrapping_add(amount), Full) {
            Ok(_) => return true,
            Err(now) => old = now,
        }
    }
}

/// Lowers the count of a page that [`raise`] raised by as much.
fn lower(page: *mut bindings::page, amount: i32) {
    // SAFETY: The page is held by the caller.
    let count = unsafe { Atomic::from_ptr(addr_of_mut!((*page)._refcount.counter)) };
    if count.fetch_sub(amount, Full) == amount {
        // SAFETY: Nobody else has the page, which is all of its kind, or the first of a large one.
        unsafe { bindings::__folio_put(page.cast()) };
    }
}

/// The counter of pins of a large page.
///
/// # Safety
///
/// `head` must be the first part of a large page that is held for as long as the result is used.
unsafe fn pins<'a>(head: *mut bindings::page) -> &'a Atomic<i32> {
    let folio: *mut bindings::folio = head.cast();
    // SAFETY: By the contract the page is large enough to have this counter, and stays.
    unsafe {
        Atomic::from_ptr(addr_of_mut!(
            (*folio)
                .__bindgen_anon_2
                .__bindgen_anon_1
                .__bindgen_anon_1
                .__bindgen_anon_1
                ._pincount
                .counter
        ))
    }
}

/// # Safety
///
/// `page` must be held.
unsafe fn flags_of(page: *mut bindings::page) -> usize {
    // SAFETY: By the contract; one word is read that may change at any time.
    unsafe { addr_of!((*page).flags.f).read_volatile() }
}

/// Notes that a page is in use, for whoever looks for pages that are not. The caller holds it.
fn touch(page: *mut bindings::page) {
    // SAFETY: The page is held.
    if unsafe { flags_of(page) } & (1 << bindings::pageflags_PG_referenced) == 0 {
        // SAFETY: As above.
        unsafe { bindings::folio_mark_accessed(page.cast()) };
    }
}
