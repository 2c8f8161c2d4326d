// SPDX-License-Identifier: GPL-2.0-only

//! Copies between the memory of the calling process and that of a sleeping one.
//!
//! The pages of the sleeping side are pinned, a bounded batch at a time, and copied from or to
//! with ordinary, faultable accesses to the caller's memory. A pinned page stays what it is while
//! the copy runs, whatever its owner unmaps meanwhile. If both sides are one address space nothing
//! is pinned, and the bytes go through a small buffer on the stack.
//!
//! A window over the pinned pages is kept from one part to the next, so that many small parts in
//! one page cost one pin.

use super::task;
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

/// Pages that are pinned at once: bounds both the stack and the time without a break.
const BATCH: usize = 64;

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
    pub(crate) fn open(&self, write: bool, interruptible: bool) -> Result<Window, CopyFault> {
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
            start: 0,
            count: 0,
            pages: [core::ptr::null_mut(); BATCH],
        })
    }
}

/// A window into the memory of a process.
///
/// # Invariants
///
/// The first `count` elements of `pages` are pinned pages of `mm`, of the range that starts at the
/// page-aligned address `start`, pinned for writing if `write` is set.
pub(crate) struct Window {
    /// `None` is the caller's own address space.
    mm: Option<ARef<MmWithUserAsync>>,
    write: bool,
    interruptible: bool,
    start: usize,
    count: usize,
    pages: [*mut bindings::page; BATCH],
}

impl Window {
    /// Copies `len` bytes of the window's process at `remote` to the caller's at `local`.
    pub(crate) fn pull(&mut self, remote: u64, local: u64, len: usize) -> Result<(), CopyFault> {
        let (mut from, mut to, mut left) = (remote as usize, local as usize, len);
        while left > 0 {
            let step = if self.mm.is_none() {
                bounce(from, to, left, CopyFault::Remote, CopyFault::Local)?
            } else {
                let (run, step) = self.locate(from, left)?;
                // SAFETY: `run` points to `step` bytes of pinned pages. Their owner may change
                // them at any time, which a copy by the kernel's routine is made for.
                if unsafe { bindings::_copy_to_user(to as *mut ffi::c_void, run.cast(), step) } != 0
                {
                    return Err(CopyFault::Local);
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
        while left > 0 {
            let step = if self.mm.is_none() {
                bounce(from, to, left, CopyFault::Local, CopyFault::Remote)?
            } else {
                let (run, step) = self.locate(to, left)?;
                // SAFETY: `run` points to `step` bytes of pages that are pinned for writing.
                if unsafe { copy_without_zeroing(run, from, step) }.is_err() {
                    return Err(CopyFault::Local);
                }
                step
            };
            from += step;
            to += step;
            left -= step;
        }
        Ok(())
    }

    /// Finds `addr` in the window, which is moved there if need be.
    ///
    /// Returns its address in the kernel and how many of the `len` bytes follow it without a gap;
    /// pages that are neighbours in memory are one run.
    fn locate(&mut self, addr: usize, len: usize) -> Result<(*mut u8, usize), CopyFault> {
        if addr < self.start || addr >= self.start + self.count * PAGE_SIZE {
            self.unpin();
            self.pin(addr, len)?;
        }
        let offset = addr % PAGE_SIZE;
        let pages = &self.pages[(addr - self.start) / PAGE_SIZE..self.count];
        let first = page_address(pages[0]);
        let mut run = PAGE_SIZE - offset;
        for page in &pages[1..] {
            if run >= len || page_address(*page) != first.wrapping_add(offset + run) {
                break;
            }
            run += PAGE_SIZE;
        }
        Ok((first.wrapping_add(offset), run.min(len)))
    }

    /// Pins what of `len` bytes at `addr` fits in a batch.
    fn pin(&mut self, addr: usize, len: usize) -> Result<(), CopyFault> {
        task::breathe();
        if task::is_dying() {
            return Err(CopyFault::Signalled);
        }
        let Some(mm) = &self.mm else {
            return Err(CopyFault::Remote);
        };
        let start = addr - addr % PAGE_SIZE;
        // `len` is a length inside of user space, so the sum does not wrap.
        let want = (addr - start + len).div_ceil(PAGE_SIZE).min(BATCH);
        let raw = mm.as_raw();
        // SAFETY: The address space is in use, so its lock is valid.
        let lock = unsafe { &raw mut (*raw).__bindgen_anon_1.mmap_lock };
        // SAFETY: As above; no lock is held.
        if unsafe { bindings::down_read_killable(lock) } != 0 {
            return Err(CopyFault::Signalled);
        }
        let mut locked: ffi::c_int = 1;
        let mut flags = 0;
        if self.write {
            flags |= bindings::FOLL_WRITE;
        }
        if self.interruptible {
            flags |= bindings::FOLL_INTERRUPTIBLE;
        }
        // SAFETY: The lock is held, and there is room for `want` pages.
        let pinned = unsafe {
            bindings::pin_user_pages_remote(
                raw,
                start,
                want,
                flags,
                self.pages.as_mut_ptr(),
                &mut locked,
            )
        };
        if locked != 0 {
            // SAFETY: Taken above, and not given up by the call.
            unsafe { bindings::mmap_read_unlock(raw) };
        }
        match usize::try_from(pinned) {
            // INVARIANT: The call pinned that many pages from `start` on.
            Ok(pinned) if pinned > 0 => {
                self.start = start;
                self.count = pinned;
                Ok(())
            }
            _ if task::is_dying() => Err(CopyFault::Signalled),
            _ if self.interruptible && task::is_signalled() => Err(CopyFault::Signalled),
            _ => Err(CopyFault::Remote),
        }
    }

    fn unpin(&mut self) {
        // SAFETY: By the invariant these pages are pinned, once.
        unsafe {
            bindings::unpin_user_pages_dirty_lock(self.pages.as_mut_ptr(), self.count, self.write)
        };
        // INVARIANT: No page is claimed to be pinned.
        self.count = 0;
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.unpin();
    }
}

/// Where a pinned page lies in the kernel's linear map.
fn page_address(page: *mut bindings::page) -> *mut u8 {
    // SAFETY: The page is pinned. Without highmem this maps nothing, see the check above, so that
    // there is nothing to undo.
    unsafe { bindings::kmap_local_page(page).cast() }
}

/// `copy_from_user()` that leaves the rest of the target alone if the source ends half way.
///
/// # Safety
///
/// `to` must be valid for writes of `len` bytes.
unsafe fn copy_without_zeroing(to: *mut u8, from: usize, len: usize) -> Result {
    let mut source = bindings::iov_iter::default();
    // SAFETY: Any range is fine; the iterator is written before it is used. By the contract of this
    // function the target has room.
    let copied = unsafe {
        to_result(bindings::import_ubuf(
            bindings::WRITE as ffi::c_int,
            from as *mut ffi::c_void,
            len,
            &mut source,
        ))?;
        bindings::_copy_from_iter(to.cast(), len, &mut source)
    };
    if copied == len {
        Ok(())
    } else {
        Err(EFAULT)
    }
}

/// Copies up to [`BOUNCE`] bytes inside of the caller's address space; returns how many.
fn bounce(
    from: usize,
    to: usize,
    len: usize,
    source: CopyFault,
    target: CopyFault,
) -> Result<usize, CopyFault> {
    let mut buffer = [const { core::mem::MaybeUninit::<u8>::uninit() }; BOUNCE];
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
