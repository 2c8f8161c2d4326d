// SPDX-License-Identifier: GPL-2.0-only

//! Copies between the memory of the calling process and that of a sleeping one.
//!
//! The pages of the sleeping side are held, a bounded batch at a time, and copied from or to
//! with ordinary, faultable accesses to the caller's memory. A page that is held stays what it is while
//! the copy runs, whatever its owner unmaps meanwhile. If both sides are one address space nothing
//! is held, and the bytes go through a small buffer on the stack.
//!
//! Pages that are there are taken hold of by [`page_walk`], all others are pinned by the kernel. What is
//! not there is left to whoever asked for the copy ([`OnAbsent`]): nobody waits here in a page fault
//! of another process. Pages that are neighbours in memory are copied in one go. A window over the pages is kept from one part to
//! the next, so that many small parts in one page cost one hold.

use super::{
    page_walk::{
        self,
        Hold, //
    },
    task, //
};
use core::mem::MaybeUninit;
use kernel::{
    bindings,
    error::to_result,
    ffi,
    mm::{
        Mm,
        MmWithUser,
        MmWithUserAsync, //
    },
    page::PAGE_SIZE,
    prelude::*,
    sync::aref::ARef,
    task::Task, //
};

// Pages are addressed through the kernel's linear map.
#[cfg(any(CONFIG_HIGHMEM, CONFIG_KMAP_LOCAL, not(CONFIG_64BIT)))]
compile_error!("qipc needs a 64-bit kernel whose memory is all mapped");

/// Pages that are held at once: bounds the stack.
const BATCH: usize = 64;

/// Bytes that are copied at once: bounds the time without a break.
const STRETCH: usize = BATCH * PAGE_SIZE;

/// Bytes of the caller that are looked at as one.
const MAX_SOURCE: usize = 1 << 30;

/// Bytes that are faulted in at once.
const MOST: usize = 16 << 20;

/// Size of the buffer between two parts of one address space.
const BOUNCE: usize = 1024;

/// Why a copy stopped. What had been copied before stays copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyFault {
    /// Memory of the calling process cannot be reached.
    Local,
    /// Memory of the sleeping process cannot be reached.
    Remote,
    /// A signal came: one that ends the caller or, if it asked for that, any.
    Signalled,
    /// The sleeping process wants its call to end, and memory was still to come.
    Left,
    /// There is no memory to wait with.
    NoMemory,
}

/// Memory of the sleeping process that is not there.
#[derive(Clone, Copy)]
pub(crate) struct Absent {
    addr: usize,
    len: usize,
    write: bool,
}

/// Sees to it that memory of the sleeping process is there.
pub(crate) trait OnAbsent {
    /// Returns when the memory, or the first of it, was there.
    ///
    /// With `interruptible` any signal ends the wait, else only one that ends the caller.
    fn fetch(&self, absent: Absent, interruptible: bool) -> Result<(), CopyFault>;
}

/// How [`RemoteMemory::fault_in`] ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// The memory is there.
    Present,
    /// A signal came first.
    Interrupted,
    /// It cannot be.
    Unreachable,
}

/// The memory of a process, whether it still lives or not.
pub(crate) struct RemoteMemory(ARef<Mm>);

impl RemoteMemory {
    /// The memory of the calling process; `EINVAL` for a thread of the kernel.
    pub(crate) fn current() -> Result<Self> {
        // SAFETY: The reference does not outlive this function.
        let task = unsafe { Task::current() };
        let mm: &Mm = task.mm().ok_or(EINVAL)?;
        Ok(Self(mm.into()))
    }

    /// Whether it is the memory of the calling process.
    pub(crate) fn is_current(&self) -> bool {
        // SAFETY: `current` is valid.
        unsafe { (*Task::current_raw()).mm == self.0.as_raw() }
    }

    /// Opens it for copies out of it, or, with `write`, into it.
    ///
    /// With `interruptible` any signal ends the wait for a page that does not come, else only one
    /// that ends the caller. Fails with [`CopyFault::Remote`] if the process is gone.
    ///
    /// What is not there is left to `on_absent`.
    pub(crate) fn open<'a>(
        &self,
        write: bool,
        interruptible: bool,
        on_absent: &'a dyn OnAbsent,
    ) -> Result<Window<'a>, CopyFault> {
        let mm = if self.is_current() {
            None
        } else {
            // This may turn out to be the last user, and tearing an address space down is not
            // for the server to do.
            let mm = self.0.mmget_not_zero().ok_or(CopyFault::Remote)?;
            Some(MmWithUser::into_mmput_async(mm))
        };
        Ok(Window {
            mm,
            write,
            interruptible,
            on_absent,
            start: 0,
            count: 0,
            held: Held::Walked(Hold::Nothing),
            pages: [const { MaybeUninit::uninit() }; BATCH],
        })
    }

    /// Waits until memory of the calling process, which this is, is there, as long as that takes.
    ///
    /// Stops after [`MOST`] bytes. With `interruptible` any signal ends the wait, else only one that
    /// ends the caller.
    pub(crate) fn fault_in(&self, absent: &Absent, interruptible: bool) -> Fetched {
        let mut pages = [const { MaybeUninit::uninit() }; BATCH];
        let mut addr = absent.addr - absent.addr % PAGE_SIZE;
        let end = absent.addr.saturating_add(absent.len.min(MOST));
        let mut some = false;
        while addr < end {
            task::breathe();
            let want = (end - addr).div_ceil(PAGE_SIZE).min(BATCH);
            let wait = Wait::For { interruptible };
            // SAFETY: The caller runs in this address space, so that it is in use.
            let pinned = unsafe {
                pin(
                    self.0.as_raw(),
                    addr,
                    absent.write,
                    wait,
                    &mut pages[..want],
                )
            };
            let count = match pinned {
                Ok(count) if count > 0 => count,
                _ if some => break,
                _ if task::is_signalled() => return Fetched::Interrupted,
                _ => return Fetched::Unreachable,
            };
            // SAFETY: These were pinned just now, and nothing was written to them.
            unsafe {
                bindings::unpin_user_pages_dirty_lock(pages.as_mut_ptr().cast(), count, false)
            };
            some = true;
            addr += count * PAGE_SIZE;
        }
        Fetched::Present
    }
}

/// Whether to wait for pages that are not there.
#[derive(Clone, Copy)]
enum Wait {
    /// No: not for them, and not for the lock either.
    No,
    /// Yes; and whether any signal ends it, or only one that ends the caller.
    For { interruptible: bool },
}

/// Why no page was pinned.
enum Unpinned {
    /// It would take a wait, or a signal came during that.
    NotYet,
    /// There are none.
    Never,
}

/// Pins pages of an address space from the page-aligned address `start` on, as many as `pages` has
/// room for; returns how many were.
///
/// # Safety
///
/// The address space must be in use.
unsafe fn pin(
    mm: *mut bindings::mm_struct,
    start: usize,
    write: bool,
    wait: Wait,
    pages: &mut [MaybeUninit<*mut bindings::page>],
) -> Result<usize, Unpinned> {
    // SAFETY: The address space is in use, so its lock is valid.
    let lock = unsafe { &raw mut (*mm).__bindgen_anon_1.mmap_lock };
    // SAFETY: As above; no lock is held.
    let taken = unsafe {
        match wait {
            Wait::No => bindings::down_read_trylock(lock) != 0,
            Wait::For { .. } => bindings::down_read_killable(lock) == 0,
        }
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
    // SAFETY: The lock is held, and there is room for as many pages.
    let pinned = unsafe {
        bindings::pin_user_pages_remote(
            mm,
            start,
            pages.len(),
            flags,
            pages.as_mut_ptr().cast(),
            &mut locked,
        )
    };
    if locked != 0 {
        // SAFETY: Taken above, and not given up by the call.
        unsafe { bindings::mmap_read_unlock(mm) };
    }
    match usize::try_from(pinned) {
        Ok(0) => Err(Unpinned::NotYet),
        Ok(count) => Ok(count),
        Err(_) => Err(Unpinned::Never),
    }
}

/// How the pages of a window are held.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    /// By [`page_walk`], which says how many they are.
    Walked(Hold),
    /// Pinned by the kernel.
    Pinned,
}

/// A window into the memory of a process.
///
/// # Invariants
///
/// It covers `count` pages of `mm` from the page-aligned address `start` on, held as `held` says, for
/// writing if `write` is set. If they are part of a huge page the first is in `pages`, and the
/// others follow it in memory; else all are in `pages`.
pub(crate) struct Window<'a> {
    /// `None` is the caller's own address space.
    mm: Option<ARef<MmWithUserAsync>>,
    write: bool,
    interruptible: bool,
    on_absent: &'a dyn OnAbsent,
    start: usize,
    count: usize,
    held: Held,
    pages: [MaybeUninit<*mut bindings::page>; BATCH],
}

impl Window<'_> {
    /// Copies `len` bytes of the window's process at `remote` to the caller's at `local`.
    pub(crate) fn pull(&mut self, remote: u64, local: u64, len: usize) -> Result<(), CopyFault> {
        let (mut from, mut to, mut left) = (remote as usize, local as usize, len);
        while left > 0 {
            let step = if self.mm.is_none() {
                bounce(from, to, left, CopyFault::Remote, CopyFault::Local)?
            } else {
                let (run, step) = self.locate(from, left)?;
                // SAFETY: `run` points to `step` bytes of pages that are held. Their owner may
                // change them at any time, which a copy by the kernel's routine is made for.
                if unsafe { bindings::_copy_to_user(to as *mut ffi::c_void, run.cast(), step) } != 0
                {
                    return Err(local_fault());
                }
                step
            };
            from += step;
            to += step;
            left -= step;
        }
        Ok(())
    }

    /// Copies `len` bytes of the caller at `local` to the window's process at `remote`.
    ///
    /// If the caller's memory ends half way, what lies behind that is left alone on the other side:
    /// it is not zeroed, as `copy_from_user()` would.
    pub(crate) fn push(&mut self, remote: u64, local: u64, len: usize) -> Result<(), CopyFault> {
        let (mut from, mut to, mut left) = (local as usize, remote as usize, len);
        if self.mm.is_none() {
            while left > 0 {
                let step = bounce(from, to, left, CopyFault::Local, CopyFault::Remote)?;
                from += step;
                to += step;
                left -= step;
            }
            return Ok(());
        }
        while left > 0 {
            // What the kernel puts into one iterator is a little less than what a message may have.
            let chunk = left.min(MAX_SOURCE);
            let mut source = source(from, chunk)?;
            from += chunk;
            left -= chunk;
            let end = to + chunk;
            while to < end {
                let (run, step) = self.locate(to, end - to)?;
                // SAFETY: `run` points to `step` bytes of pages that are held for writing.
                if unsafe { bindings::_copy_from_iter(run.cast(), step, &mut source) } != step {
                    return Err(local_fault());
                }
                to += step;
            }
        }
        Ok(())
    }

    /// Finds `addr` in the window, which is moved there if need be.
    ///
    /// Returns its address in the kernel and how many of the `len` bytes follow it without a gap.
    #[inline]
    fn locate(&mut self, addr: usize, len: usize) -> Result<(*mut u8, usize), CopyFault> {
        let mut index = addr.wrapping_sub(self.start) / PAGE_SIZE;
        if index >= self.count {
            self.advance(addr, len)?;
            index = 0;
        }
        let offset = addr % PAGE_SIZE;
        let len = len.min(STRETCH);
        let (page, run) = if matches!(self.held, Held::Walked(Hold::Huge(_))) {
            // SAFETY: By the invariant the first page is there.
            let first = unsafe { self.pages[0].assume_init() };
            (first.wrapping_add(index), self.count.wrapping_sub(index))
        } else {
            // SAFETY: By the invariant `count` elements were written.
            let pages = unsafe { initialised(&self.pages[..BATCH.min(self.count)]) };
            let mut pages = pages.iter();
            let Some(&first) = pages.nth(index) else {
                // Not reached: the index is below `count`.
                return Err(CopyFault::Remote);
            };
            let (mut run, mut next) = (1, first.wrapping_add(1));
            // Descriptors of pages are in the order of the pages.
            while pages.next() == Some(&next) {
                next = next.wrapping_add(1);
                run += 1;
            }
            (first, run)
        };
        let run = run.wrapping_mul(PAGE_SIZE).wrapping_sub(offset);
        Ok((page_walk::contents(page).wrapping_add(offset), run.min(len)))
    }

    /// Moves the window to `addr`, and holds there what of `len` bytes fits in a batch.
    ///
    /// It does not wait itself for what is not there.
    #[inline(never)]
    fn advance(&mut self, addr: usize, len: usize) -> Result<(), CopyFault> {
        self.let_go();
        let start = addr - addr % PAGE_SIZE;
        // `len` is a length inside of user space, so the sum does not wrap.
        let want = (addr - start + len).div_ceil(PAGE_SIZE);
        loop {
            task::breathe();
            if task::is_dying() {
                return Err(CopyFault::Signalled);
            }
            let Some(mm) = &self.mm else {
                return Err(CopyFault::Remote);
            };
            let hold = page_walk::hold(mm, start, want, self.write, &mut self.pages);
            let (count, held) = match hold {
                Hold::Pages(count) | Hold::Huge(count) => (count, Held::Walked(hold)),
                Hold::Nothing => {
                    let pages = &mut self.pages[..want.min(BATCH)];
                    // SAFETY: The reference keeps the address space in use.
                    match unsafe { pin(mm.as_raw(), start, self.write, Wait::No, pages) } {
                        Ok(count) => (count, Held::Pinned),
                        Err(Unpinned::Never) if task::is_dying() => {
                            return Err(CopyFault::Signalled)
                        }
                        Err(Unpinned::Never) => return Err(CopyFault::Remote),
                        Err(Unpinned::NotYet) => {
                            let absent = Absent {
                                addr,
                                len,
                                write: self.write,
                            };
                            self.on_absent.fetch(absent, self.interruptible)?;
                            continue;
                        }
                    }
                }
            };
            // INVARIANT: That is what was found from `start` on.
            self.start = start;
            self.count = count;
            self.held = held;
            return Ok(());
        }
    }

    /// Lets all pages go.
    fn let_go(&mut self) {
        let held = core::mem::replace(&mut self.held, Held::Walked(Hold::Nothing));
        // INVARIANT: No page is claimed to be held.
        let count = core::mem::replace(&mut self.count, 0);
        match held {
            // SAFETY: By the invariant they are what `hold` took.
            Held::Walked(hold) => unsafe { page_walk::release(hold, self.write, &self.pages) },
            // SAFETY: By the invariant these pages are pinned, once.
            Held::Pinned => unsafe {
                bindings::unpin_user_pages_dirty_lock(
                    self.pages.as_mut_ptr().cast(),
                    count,
                    self.write,
                )
            },
        }
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// Why the caller's memory could not be reached: one that is being killed does not wait for its own.
fn local_fault() -> CopyFault {
    if task::is_dying() {
        CopyFault::Signalled
    } else {
        CopyFault::Local
    }
}

/// The elements of a slice.
///
/// # Safety
///
/// All of them must have been written.
unsafe fn initialised(pages: &[MaybeUninit<*mut bindings::page>]) -> &[*mut bindings::page] {
    // SAFETY: By the contract; `MaybeUninit` has the layout of what it may hold.
    unsafe { &*(core::ptr::from_ref(pages) as *const [*mut bindings::page]) }
}

/// Where the caller's bytes come from. Unlike `copy_from_user()` a copy out of it leaves the rest of the
/// target alone if the caller's memory ends half way.
fn source(from: usize, len: usize) -> Result<bindings::iov_iter, CopyFault> {
    let mut source = bindings::iov_iter::default();
    // SAFETY: Any range is fine; the iterator is written before it is used.
    let imported = to_result(unsafe {
        bindings::import_ubuf(
            bindings::WRITE as ffi::c_int,
            from as *mut ffi::c_void,
            len,
            &mut source,
        )
    });
    imported.map(|()| source).map_err(|_| CopyFault::Local)
}

/// Copies up to [`BOUNCE`] bytes inside of the caller's address space; returns how many.
fn bounce(
    from: usize,
    to: usize,
    len: usize,
    source: CopyFault,
    target: CopyFault,
) -> Result<usize, CopyFault> {
    let mut buffer = [const { MaybeUninit::<u8>::uninit() }; BOUNCE];
    let step = len.min(BOUNCE);
    task::breathe();
    if task::is_dying() {
        return Err(CopyFault::Signalled);
    }
    let from = from as *const ffi::c_void;
    // SAFETY: The buffer has room for `step` bytes.
    if unsafe { bindings::_copy_from_user(buffer.as_mut_ptr().cast(), from, step) } != 0 {
        return Err(source);
    }
    // SAFETY: `step` bytes of the buffer were written.
    if unsafe { bindings::_copy_to_user(to as *mut ffi::c_void, buffer.as_ptr().cast(), step) } != 0
    {
        return Err(target);
    }
    Ok(step)
}
