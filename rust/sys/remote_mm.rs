// SPDX-License-Identifier: GPL-2.0-only

//! Copies between the memory of the calling process and that of a sleeping one.
//!
//! The pages of the sleeping side are held, a bounded batch at a time, and copied from or to
//! with ordinary, faultable accesses to the caller's memory. A page that is held stays what it is while
//! the copy runs, whatever its owner unmaps meanwhile. If both sides are one address space nothing
//! is held, and the bytes go through a small buffer on the stack.
//!
//! What is
//! not there is left to whoever asked for the copy ([`OnAbsent`]): nobody waits here in a page fault
//! of another process. Pages that are neighbours in memory are copied in one go. A window over the pages is kept from one part to
//! the next, so that many small parts in one page cost one hold.

use super::{
    calls,
    filled::Filled,
    foreign::field,
    held_pages::{
        HeldPages,
        Unpinned,
        BATCH, //
    },
    running::of_current,
    task,
    user_copy, //
};
use kernel::{
    bindings,
    current,
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
    uaccess::UserPtr, //
};

// Pages are addressed through the kernel's linear map.
#[cfg(any(CONFIG_HIGHMEM, CONFIG_KMAP_LOCAL, not(CONFIG_64BIT)))]
compile_error!("qipc needs a 64-bit kernel whose memory is all mapped");

/// Bytes that are copied at once: bounds the time without a break.
const STRETCH: usize = BATCH * PAGE_SIZE;

/// Bytes of the caller that are looked at as one.
const MAX_SOURCE: usize = 1 << 30;

/// Bytes that are faulted in at once.
const MOST: usize = 16 << 20;

/// Size of the buffer between two parts of one address space.
const BOUNCE: usize = 1024;

/// Up to so many bytes are copied without calling anybody, if the window is there; none on kernels that
/// look into copies.
pub(crate) const SHORT: usize = user_copy::SHORT;

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
        let current = current!();
        let mm: &Mm = current.mm().ok_or(EINVAL)?;
        Ok(Self(mm.into()))
    }

    /// Whether it is the memory of the calling process.
    #[inline]
    pub(crate) fn is_current(&self) -> bool {
        let current = of_current(field!(bindings::task_struct, mm));
        current == self.0.as_raw()
    }

    /// Opens it for copies out of it, or into it.
    ///
    /// With `interruptible` any signal ends the wait for a page that does not come, else only one
    /// that ends the caller. What is not there is left to `on_absent`. Copies fail with
    /// [`CopyFault::Remote`] once the process is gone.
    pub(crate) fn open<'a, const WRITE: bool>(
        &'a self,
        interruptible: bool,
        on_absent: &'a dyn OnAbsent,
    ) -> Window<'a, WRITE> {
        Window {
            memory: (!self.is_current()).then_some(self),
            interruptible,
            on_absent,
            start: 0,
            pages: HeldPages::new(WRITE),
            run: Run::EMPTY,
        }
    }

    /// Its address space as it is used by its threads; none if they are all gone.
    ///
    /// The caller may turn out to be its last user, and tearing it down is not for a server to do.
    fn in_use(&self) -> Option<ARef<MmWithUserAsync>> {
        self.0.mmget_not_zero().map(MmWithUser::into_mmput_async)
    }

    /// Waits until memory of the calling process, which this is, is there, as long as that takes.
    ///
    /// Stops after [`MOST`] bytes. With `interruptible` any signal ends the wait, else only one that
    /// ends the caller.
    pub(crate) fn fault_in(&self, absent: &Absent, interruptible: bool) -> Fetched {
        let current = current!();
        let Some(mm) = current.mm().filter(|_| self.is_current()) else {
            return Fetched::Unreachable;
        };
        // They are not written to here.
        let mut pages = HeldPages::new(false);
        let mut addr = absent.addr - absent.addr % PAGE_SIZE;
        let end = absent.addr.saturating_add(absent.len.min(MOST));
        let mut some = false;
        while addr < end {
            task::breathe();
            let want = (end - addr).div_ceil(PAGE_SIZE);
            match pages.pin(mm, addr, want, absent.write, interruptible) {
                Ok(()) => (),
                _ if some => break,
                _ if task::is_signalled() => return Fetched::Interrupted,
                _ => return Fetched::Unreachable,
            }
            some = true;
            addr += pages.count() * PAGE_SIZE;
            pages.let_go();
        }
        Fetched::Present
    }
}

/// A window into the memory of a process, through which that is read, or with `WRITE` written.
///
/// # Invariants
///
/// It covers `pages` of `memory` from the page-aligned address `start` on, held for writing with `WRITE`.
/// `run` is made of them.
pub(crate) struct Window<'a, const WRITE: bool> {
    /// `None` is the caller's own. Its owner can be torn down between two batches: who keeps a server
    /// from going on with its own memory does not keep that of a client that has died.
    memory: Option<&'a RemoteMemory>,
    interruptible: bool,
    on_absent: &'a dyn OnAbsent,
    start: usize,
    pages: HeldPages,
    run: Run,
}

/// Pages of a window that are neighbours in memory.
///
/// # Invariants
///
/// What is at the address `start` of the window's process and up to `len` bytes behind it is at
/// `contents` in the kernel.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    len: usize,
    contents: *mut u8,
}

impl Run {
    // INVARIANT: There are no bytes.
    const EMPTY: Self = Self {
        start: 0,
        len: 0,
        contents: core::ptr::null_mut(),
    };

    /// Where `addr` is in the kernel, and how many bytes are from there on; nowhere and none if it is not.
    #[inline]
    fn find(&self, addr: usize) -> (*mut u8, usize) {
        let offset = addr.wrapping_sub(self.start);
        (
            self.contents.wrapping_add(offset),
            self.len.saturating_sub(offset),
        )
    }
}

impl<const WRITE: bool> Window<'_, WRITE> {
    /// Copies `len` bytes between the window's process at `remote` and the caller at `local`: to the
    /// former if the window is for writing.
    ///
    /// If the caller's memory ends half way, what lies behind that is left alone on the other side:
    /// it is not zeroed, as `copy_from_user()` would.
    #[inline(never)]
    pub(crate) fn copy(
        &mut self,
        remote: usize,
        local: usize,
        len: usize,
    ) -> Result<(), CopyFault> {
        let (mut remote, mut local, mut left) = (remote, local, len);
        while left > 0 {
            let step = if self.memory.is_none() {
                bounce::<WRITE>(remote, local, left)?
            } else if left <= SHORT {
                let (_, step) = self.locate(remote, left)?;
                self.copy_words(remote, local, step)
                    .ok_or(CopyFault::Remote)??;
                step
            } else if WRITE {
                self.push(remote, local, left)?
            } else {
                self.pull(remote, local, left)?
            };
            remote += step;
            local += step;
            left -= step;
        }
        Ok(())
    }

    /// The same, made for up to [`SHORT`] bytes.
    #[inline(always)]
    pub(crate) fn copy_short(
        &mut self,
        remote: usize,
        local: usize,
        len: usize,
    ) -> Result<(), CopyFault> {
        match self.copy_words(remote, local, len) {
            Some(copied) => copied,
            None => self.copy(remote, local, len),
        }
    }

    /// The same, for up to [`SHORT`] bytes that lie in the run; `None` for others.
    #[inline(always)]
    fn copy_words(&self, remote: usize, local: usize, len: usize) -> Option<Result<(), CopyFault>> {
        let (run, there) = self.run.find(remote);
        if len > there || len > SHORT {
            return None;
        }
        let (run, local) = (run as usize, user_copy::masked(local));
        let (to, from) = if WRITE { (run, local) } else { (local, run) };
        // SAFETY: There are `len` bytes of pages that are held, for writing if that is what is done.
        // Their owner may look at them and change them, which copies of user memory are made for.
        let done = unsafe { user_copy::copy_short(to, from, len) };
        Some(if done { Ok(()) } else { Err(local_fault()) })
    }

    /// Copies some of `len` bytes at `remote` to the caller's at `local`; returns how many.
    fn pull(&mut self, remote: usize, local: usize, len: usize) -> Result<usize, CopyFault> {
        let (run, step) = self.locate(remote, len)?;
        // SAFETY: `run` points to `step` bytes of pages that are held. Their owner may
        // change them at any time, which a copy by the kernel's routine is made for.
        let left = unsafe { bindings::_copy_to_user(local as *mut ffi::c_void, run.cast(), step) };
        if left != 0 {
            return Err(local_fault());
        }
        Ok(step)
    }

    /// Copies some of `len` bytes of the caller at `local` to `remote`; returns how many.
    fn push(&mut self, remote: usize, local: usize, len: usize) -> Result<usize, CopyFault> {
        // What the kernel puts into one iterator is a little less than what a message may have.
        let chunk = len.min(MAX_SOURCE);
        let mut source = source(local, chunk)?;
        let (mut to, end) = (remote, remote + chunk);
        while to < end {
            let (run, step) = self.locate(to, end - to)?;
            // SAFETY: `run` points to `step` bytes of pages that are held for writing.
            if unsafe { bindings::_copy_from_iter(run.cast(), step, &mut source) } != step {
                return Err(local_fault());
            }
            to += step;
        }
        Ok(chunk)
    }

    /// Finds `addr` in the window, which is moved there if need be.
    ///
    /// Returns its address in the kernel and how many of the `len` bytes follow it without a gap.
    #[inline]
    fn locate(&mut self, addr: usize, len: usize) -> Result<(*mut u8, usize), CopyFault> {
        let (mut at, mut there) = self.run.find(addr);
        if there == 0 {
            let mut index = addr.wrapping_sub(self.start) / PAGE_SIZE;
            if index >= self.pages.count() {
                self.advance(addr, len)?;
                index = 0;
            }
            // There is a run, as the index is below the count.
            let (page, count) = self.pages.run(index).ok_or(CopyFault::Remote)?;
            // INVARIANT: These are pages of the window, one behind the other.
            self.run = Run {
                start: addr - addr % PAGE_SIZE,
                len: count.wrapping_mul(PAGE_SIZE),
                contents: page.contents(),
            };
            (at, there) = self.run.find(addr);
        }
        Ok((at, there.min(len).min(STRETCH)))
    }

    /// Moves the window to `addr`, and holds there what of `len` bytes fits in a batch.
    ///
    /// It does not wait itself for what is not there.
    #[inline(never)]
    fn advance(&mut self, addr: usize, len: usize) -> Result<(), CopyFault> {
        // INVARIANT: There are no pages any more.
        self.run = Run::EMPTY;
        self.pages.let_go();
        let start = addr - addr % PAGE_SIZE;
        // `len` is a length inside of user space, so the sum does not wrap.
        let want = (addr - start + len).div_ceil(PAGE_SIZE);
        loop {
            task::breathe();
            if task::is_dying() {
                return Err(CopyFault::Signalled);
            }
            // How much to wait for. A lock that is taken at the moment says nothing about the pages.
            let len = match self.hold(start, want) {
                Ok(()) => {
                    // INVARIANT: That is where they were found.
                    self.start = start;
                    return Ok(());
                }
                Err(Unpinned::Never) if task::is_dying() => return Err(CopyFault::Signalled),
                Err(Unpinned::Never) => return Err(CopyFault::Remote),
                Err(Unpinned::Busy) => 1,
                Err(Unpinned::NotYet) => len,
            };
            let absent = Absent {
                addr,
                len,
                write: WRITE,
            };
            self.on_absent.fetch(absent, self.interruptible)?;
        }
    }

    /// Takes hold of pages from `start` on.
    fn hold(&mut self, start: usize, want: usize) -> Result<(), Unpinned> {
        let memory = self.memory.ok_or(Unpinned::Never)?;
        let mm = memory.in_use().ok_or(Unpinned::Never)?;
        if self.pages.hold(&mm, start, want) {
            return Ok(());
        }
        self.pages.pin_now(&mm, start, want)
    }
}

/// Why the caller's memory could not be reached: one that is being killed does not wait for its own.
#[cold]
fn local_fault() -> CopyFault {
    own_fault(CopyFault::Local)
}

/// The same, for the memory of either side if the caller can reach both.
#[cold]
fn own_fault(side: CopyFault) -> CopyFault {
    if task::is_dying() {
        CopyFault::Signalled
    } else {
        side
    }
}

/// Where the caller's bytes come from. Unlike `copy_from_user()` a copy out of it leaves the rest of the
/// target alone if the caller's memory ends half way.
fn source(from: usize, len: usize) -> Result<bindings::iov_iter, CopyFault> {
    let mut source = bindings::iov_iter::default();
    let imported = to_result(calls::import_ubuf(
        bindings::WRITE as ffi::c_int,
        UserPtr::from_addr(from),
        len,
        &mut source,
    ));
    imported.map(|()| source).map_err(|_| CopyFault::Local)
}

/// Copies up to [`BOUNCE`] bytes inside of the caller's address space, with `WRITE` from `local` to
/// `remote`, else the other way; returns how many.
fn bounce<const WRITE: bool>(remote: usize, local: usize, len: usize) -> Result<usize, CopyFault> {
    let mut buffer = Filled::<u8, BOUNCE>::new();
    let step = len.min(BOUNCE);
    task::breathe();
    if task::is_dying() {
        return Err(CopyFault::Signalled);
    }
    let remote = (remote, CopyFault::Remote);
    let local = (local, CopyFault::Local);
    let (from, to) = if WRITE {
        (local, remote)
    } else {
        (remote, local)
    };
    buffer
        .append_from_user(from.0, step)
        .map_err(|_| own_fault(from.1))?;
    user_copy::write(to.0, buffer.as_slice()).map_err(|_| own_fault(to.1))?;
    Ok(step)
}
