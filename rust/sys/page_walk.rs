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

use super::{
    calls,
    compat,
    filled::Filled,
    foreign::{
        field,
        held,
        Foreign,
        Holds, //
    }, //
};
use core::ptr::addr_of_mut;
use kernel::{
    bindings,
    mm::{
        virt::{
            flags,
            VmaRef, //
        },
        MmWithUser,
        VmaReadGuard, //
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
    /// So many pages of normal size, which are all in the list.
    Pages(usize),
    /// So many pages, part of one huge page that is held once; the first is in the list.
    Huge(usize),
}

/// The descriptor of a page, `struct page`.
///
/// # Invariants
///
/// There is one at the address.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(super) struct Page(*mut bindings::page);

/// A list of pages.
pub(super) type Pages<const N: usize> = Filled<Page, N>;

/// Takes hold of pages from the page-aligned address `start` on: no more than `want`, nor than
/// `pages`, which is empty, has room for, unless they are part of one huge page.
///
/// What is returned has to be given to [`release`], with the same `write`.
pub(super) fn hold<const N: usize>(
    mm: &MmWithUser,
    start: usize,
    want: usize,
    write: bool,
    pages: &mut Pages<N>,
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
    let rcu = rcu::read_lock();
    let want = want.min((area.end() - start) / PAGE_SIZE);
    // INVARIANT: The area is one of `mm`.
    let walk = Walk {
        mm,
        layout: Layout::get(),
        _locked: (&area, &rcu),
    };
    let Some(entry) = walk.find(start) else {
        return Hold::Nothing;
    };
    if entry.value & LEAF != 0 {
        walk.hold_huge(entry, start, want, write, pages)
    } else {
        walk.hold_pages(entry, start, want, write, pages)
    }
}

/// Whether the kernel knows that pages of this process may be pinned, and so looks at their counts
/// when it forks. The first pin that the kernel makes itself tells it.
fn has_pinned(mm: &MmWithUser) -> bool {
    held(mm)
        .part(field!(
            bindings::mm_struct,
            __bindgen_anon_1.flags.__mm_flags
        ))
        .at(0)
        .is_some_and(|word| word.read() & (1 << bindings::MMF_HAS_PINNED) != 0)
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
    // The area is locked, so that the pointer does not change.
    let functions = held(area).part(field!(bindings::vm_area_struct, vm_ops));
    functions.read().is_null() && area.flags() & (odd | right) == right
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
        Self {
            memory: calls::page_offset_base,
            pages: calls::vmemmap_base,
            mask: compat::physical_page_mask(),
        }
    }

    /// The table that an entry points to.
    #[inline]
    fn table(self, value: u64) -> *const [u64; ENTRIES] {
        self.memory.wrapping_add((value & self.mask) as usize) as *const [u64; ENTRIES]
    }

    /// The page that an entry names which [`permits`] something, or the first of a huge one.
    #[inline]
    fn page(self, value: u64, size: usize) -> Page {
        let number = ((value & self.mask) as usize & !(size - 1)) >> PAGE_BITS;
        // INVARIANT: Whatever an entry names that is not special has a descriptor.
        Page((self.pages as *mut bindings::page).wrapping_add(number))
    }

    /// The number of a page.
    #[inline]
    fn number(self, page: Page) -> usize {
        (page.0 as usize).wrapping_sub(self.pages) / size_of::<bindings::page>()
    }
}

/// Whether an entry gives the right to read or write a page, with no strings attached.
#[inline]
fn permits(value: u64, write: bool) -> bool {
    let right = PRESENT | USER | if write { WRITABLE } else { 0 };
    value & (right | SPECIAL | TRACKED) == right
}

/// A table, which lasts as long as its walk.
#[derive(Clone, Copy)]
struct Table<'w> {
    entries: &'w Foreign<[u64; ENTRIES]>,
    /// Which bits of an address choose the entry.
    shift: usize,
}

impl<'w> Table<'w> {
    /// The entry of an address, as it is now.
    #[inline]
    fn entry(self, addr: usize) -> Option<Entry<'w>> {
        let at = self.entries.at((addr >> self.shift) % ENTRIES)?;
        Some(Entry {
            at,
            value: at.read(),
            shift: self.shift,
        })
    }
}

/// An entry of a table, and what it was.
#[derive(Clone, Copy)]
struct Entry<'w> {
    at: &'w Foreign<u64>,
    value: u64,
    shift: usize,
}

impl Entry<'_> {
    /// Whether it still is that.
    #[inline]
    fn is_same(self) -> bool {
        self.at.read() == self.value
    }
}

/// A look at the tables of an area.
///
/// # Invariants
///
/// The area belongs to `mm`.
struct Walk<'w> {
    mm: &'w MmWithUser,
    layout: Layout,
    _locked: (&'w VmaReadGuard<'w>, &'w rcu::Guard),
}

impl<'w> Walk<'w> {
    /// The table that an entry points to, the first one without an entry; `None` if the entry points
    /// to none.
    #[inline]
    fn table(&self, above: Option<Entry<'w>>) -> Option<Table<'w>> {
        let (entries, shift) = match above {
            None => {
                let first = field!(bindings::mm_struct, __bindgen_anon_1.pgd);
                let first = held(self.mm).part(first).read();
                (first.cast_const().cast(), calls::pgdir_shift as usize)
            }
            Some(entry) if entry.value & (PRESENT | LEAF) == PRESENT && entry.shift > PAGE_BITS => {
                (self.layout.table(entry.value), entry.shift - ENTRY_BITS)
            }
            Some(_) => return None,
        };
        // SAFETY: The address space is in use, so it has a first table. The others are there by the lock
        // of the area and the RCU section, which last as long as the walk.
        let entries = unsafe { &*entries.cast() };
        Some(Table { entries, shift })
    }

    /// Walks down to the entry of `addr` in the last table but one.
    fn find(&self, addr: usize) -> Option<Entry<'w>> {
        let mut above = None;
        loop {
            let table = self.table(above)?;
            let entry = table.entry(addr)?;
            if table.shift <= HUGE_BITS {
                return Some(entry);
            }
            above = Some(entry);
        }
    }

    /// Takes hold of pages of normal size that are in the table which `above` points to.
    fn hold_pages<const N: usize>(
        &self,
        above: Entry<'w>,
        start: usize,
        want: usize,
        write: bool,
        pages: &mut Pages<N>,
    ) -> Hold {
        let Some(table) = self.table(Some(above)) else {
            return Hold::Nothing;
        };
        let want = want.min(ENTRIES - (start >> PAGE_BITS) % ENTRIES).min(N);
        let amount = if write { PIN } else { HOLD };
        let mut count = 0;
        while count < want {
            let Some(entry) = table.entry(start + count * PAGE_SIZE) else {
                break;
            };
            if !permits(entry.value, write) {
                break;
            }
            let page = self.layout.page(entry.value, PAGE_SIZE);
            if !page.raise(amount) {
                break;
            }
            let flags = page.flags();
            let same = entry.is_same() && above.is_same();
            if !same || flags & (1 << bindings::pageflags_PG_head) != 0 || !pages.push(page) {
                page.lower(amount);
                break;
            }
            if flags & (1 << bindings::pageflags_PG_referenced) == 0 {
                page.note(Use::Looked);
            }
            count += 1;
        }
        if count == 0 {
            Hold::Nothing
        } else {
            Hold::Pages(count)
        }
    }

    /// Takes hold of one huge page.
    fn hold_huge<const N: usize>(
        &self,
        entry: Entry<'w>,
        start: usize,
        want: usize,
        write: bool,
        pages: &mut Pages<N>,
    ) -> Hold {
        if !permits(entry.value, write) {
            return Hold::Nothing;
        }
        let head = self.layout.page(entry.value, HUGE_SIZE);
        if !head.raise(HOLD) {
            return Hold::Nothing;
        }
        let inside = (start % HUGE_SIZE) / PAGE_SIZE;
        let large = head.as_large();
        if let (Some(large), true) = (large, write) {
            large.pins().fetch_add(1, Full);
        }
        if large.is_none() || !entry.is_same() || !pages.push(head.behind(inside)) {
            if let (Some(large), true) = (large, write) {
                large.pins().fetch_sub(1, Full);
            }
            head.lower(HOLD);
            return Hold::Nothing;
        }
        if head.flags() & (1 << bindings::pageflags_PG_referenced) == 0 {
            head.note(Use::Looked);
        }
        Hold::Huge(want.min(ENTRIES - inside))
    }
}

/// Lets pages go that [`hold`] took; those that were written are dirty from then on. May sleep.
///
/// # Safety
///
/// `taken` and `pages` must be what a call of [`hold`] with this `write` returned and filled in, and
/// must not be used afterwards.
pub(super) unsafe fn release(taken: Hold, write: bool, pages: &[Page]) {
    let amount = match taken {
        Hold::Pages(_) if write => PIN,
        _ => HOLD,
    };
    for page in pages {
        let (page, large) = match taken {
            Hold::Huge(_) => (page.head(), page.head().as_large()),
            _ => (*page, None),
        };
        if write {
            if page.flags() & (1 << bindings::pageflags_PG_dirty) == 0 {
                page.note(Use::Written);
            }
            if let Some(large) = large {
                large.pins().fetch_sub(1, Full);
            }
        }
        page.lower(amount);
    }
}

/// What was done with a page.
#[derive(Clone, Copy)]
enum Use {
    /// It is in use, for whoever looks for pages that are not.
    Looked,
    /// Its contents have changed.
    Written,
}

// SAFETY: By the invariant; descriptors stay where they are, whatever becomes of the page.
unsafe impl Holds<bindings::page> for Page {
    #[inline]
    fn address(&self) -> *const bindings::page {
        self.0
    }
}

impl Page {
    /// One that is behind it in memory, in the same huge page.
    #[inline]
    pub(super) fn behind(self, count: usize) -> Self {
        // INVARIANT: The descriptors of a huge page are in the order of its parts.
        Self(self.0.wrapping_add(count))
    }

    /// The first part of a huge page, which is as large as it is aligned.
    fn head(self) -> Self {
        // INVARIANT: As in `behind`.
        Self(self.0.wrapping_sub(Layout::get().number(self) % ENTRIES))
    }

    /// Whether `other` is the page behind this one in memory.
    #[inline]
    pub(super) fn is_followed_by(self, other: Self) -> bool {
        self.0.wrapping_add(1) == other.0
    }

    /// Where its contents lie in the kernel's address space.
    #[inline]
    pub(super) fn contents(self) -> *mut u8 {
        let layout = Layout::get();
        (layout.memory as *mut u8).wrapping_add(layout.number(self) << PAGE_BITS)
    }

    #[inline]
    fn flags(self) -> usize {
        held(&self).part(field!(bindings::page, flags.f)).read()
    }

    #[inline]
    fn count(&self) -> &Atomic<i32> {
        let counter = held(self).part(field!(bindings::page, _refcount.counter));
        // SAFETY: It is a counter, whoever has the page, and changed by atomic operations only.
        unsafe { Atomic::from_ptr(counter.as_ptr()) }
    }

    /// Raises its count, unless it is 0 because nobody has the page, or it is part of a larger one.
    fn raise(self, amount: i32) -> bool {
        let count = self.count();
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

    /// Lowers its count, for whoever has raised that by as much.
    fn lower(self, amount: i32) {
        if self.count().fetch_sub(amount, Full) == amount {
            // SAFETY: Nobody else has the page, which is all of its kind, or the first of a large one.
            unsafe { bindings::__folio_put(self.0.cast()) };
        }
    }

    /// Notes that it was used, for whoever has raised its count.
    fn note(self, what: Use) {
        // SAFETY: The page is held; the caller may sleep if it has written to it.
        unsafe {
            match what {
                Use::Looked => bindings::folio_mark_accessed(self.0.cast()),
                Use::Written => {
                    bindings::set_page_dirty_lock(self.0);
                }
            }
        }
    }

    /// The large page that this is the first part of, if it is that; for whoever has raised its count.
    fn as_large(self) -> Option<Large> {
        let head = self.flags() & (1 << bindings::pageflags_PG_head) != 0;
        // INVARIANT: A large page that is held stays one.
        head.then_some(Large(self))
    }
}

/// The first part of a large page.
///
/// # Invariants
///
/// It is that as long as the page is held, and this is not used for longer.
#[derive(Clone, Copy)]
struct Large(Page);

impl Large {
    /// The counter of its pins.
    fn pins(&self) -> &Atomic<i32> {
        let folio: *mut bindings::folio = self.0 .0.cast();
        // SAFETY: By the invariant the page is large enough to have this counter, and stays.
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
}
