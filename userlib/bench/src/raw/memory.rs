// SPDX-License-Identifier: MIT OR Apache-2.0

//! Memory that system calls read and write, and the ranges of it that a message is made of.

use std::ffi::c_void;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::Arc;

use qipc_sys as sys;

use super::call::check;

/// How a [`Memory`] is mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapping {
    /// Of this process alone, in pages of the smallest size.
    Private,
    /// Shared with children that are forked later.
    Shared,
    /// Of this process alone, in huge pages as far as the kernel has some; aligned to them.
    Huge,
}

/// Size of a huge page.
pub const HUGE: usize = 2 << 20;

/// A mapping that is there, zeroed and touched, until it is dropped.
#[derive(Debug)]
pub struct Memory {
    base: *mut u8,
    mapped: *mut c_void,
    mapped_len: usize,
    len: usize,
}

// SAFETY: The pointer is only given to the kernel, or used for atomic and volatile accesses.
unsafe impl Send for Memory {}
// SAFETY: As above.
unsafe impl Sync for Memory {}

impl Memory {
    /// Maps and touches `len` bytes.
    pub fn new(len: usize, mapping: Mapping) -> io::Result<Self> {
        let huge = mapping == Mapping::Huge;
        let mapped_len = if huge {
            len.next_multiple_of(HUGE) + HUGE
        } else {
            len.max(1)
        };
        let flags = if mapping == Mapping::Shared {
            libc::MAP_SHARED
        } else {
            libc::MAP_PRIVATE
        };
        // SAFETY: A new mapping wherever the kernel likes, which touches nothing that exists.
        let mapped = unsafe {
            libc::mmap(
                ptr::null_mut(),
                mapped_len,
                libc::PROT_READ | libc::PROT_WRITE,
                flags | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if mapped == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let base: *mut u8 = mapped.cast();
        let skip = if huge { base.align_offset(HUGE) } else { 0 };
        let memory = Self {
            base: base.wrapping_add(skip),
            mapped,
            mapped_len,
            len,
        };
        if mapping != Mapping::Shared {
            let advice = if huge {
                libc::MADV_HUGEPAGE
            } else {
                libc::MADV_NOHUGEPAGE
            };
            // SAFETY: Advice about pages of this mapping; it changes no contents.
            unsafe { libc::madvise(mapped, mapped_len, advice) };
        }
        for at in (0..len).step_by(4096) {
            memory.poke(at, 0);
        }
        Ok(memory)
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The pointer that calls of this folder are given.
    pub(super) fn base(&self) -> *mut u8 {
        self.base
    }

    /// Where it lies.
    pub fn address(&self) -> u64 {
        self.base as u64
    }

    /// Sets one byte.
    pub fn poke(&self, at: usize, value: u8) {
        assert!(at < self.len);
        // SAFETY: Inside the mapping, checked above.
        unsafe { ptr::write_volatile(self.base.wrapping_add(at), value) }
    }

    /// Reads one byte.
    pub fn peek(&self, at: usize) -> u8 {
        assert!(at < self.len);
        // SAFETY: Inside the mapping, checked above.
        unsafe { ptr::read_volatile(self.base.wrapping_add(at)) }
    }

    /// Sets each byte to something that depends on its place and on `seed`.
    pub fn fill(&self, seed: u8) {
        self.fill_from(0, seed);
    }

    /// The same from a place on, which is place 0 of the pattern.
    pub fn fill_from(&self, start: usize, seed: u8) {
        let len = self.len.saturating_sub(start);
        let first = len.min(PATTERN);
        for at in 0..first {
            self.poke(start + at, pattern(at, seed));
        }
        for at in (first..len).step_by(PATTERN) {
            let count = PATTERN.min(len - at);
            // SAFETY: Both ranges are inside the mapping and do not overlap: `at` is at least PATTERN behind the start.
            unsafe {
                ptr::copy_nonoverlapping(
                    self.base.wrapping_add(start),
                    self.base.wrapping_add(start + at),
                    count,
                )
            }
        }
    }

    /// The first place where the pattern is wrong. Of a long range samples are looked at.
    pub fn first_wrong(&self, start: usize, len: usize, seed: u8) -> Option<usize> {
        let step = if len > 65536 { 257 } else { 1 };
        let wrong = |at: &usize| self.peek(start + at) != pattern(*at, seed);
        (0..len)
            .step_by(step)
            .chain(len.saturating_sub(64)..len)
            .find(wrong)
    }

    /// Copies bytes from another mapping, as a program that talks through shared memory does.
    pub fn copy_from(&self, at: usize, from: &Memory, from_at: usize, len: usize) {
        assert!(at + len <= self.len && from_at + len <= from.len);
        // SAFETY: Both ranges are inside their mappings, checked above, and different mappings do not overlap.
        unsafe {
            ptr::copy_nonoverlapping(
                from.base.wrapping_add(from_at),
                self.base.wrapping_add(at),
                len,
            )
        }
    }

    /// A word of it, for threads and processes to share.
    pub fn word(&self, index: usize) -> &AtomicU32 {
        assert!(index * 4 + 4 <= self.len);
        // SAFETY: Inside the mapping, aligned, and accessed atomically by everybody.
        unsafe { AtomicU32::from_ptr(self.base.wrapping_add(index * 4).cast()) }
    }

    /// A long word of it, for threads and processes to share.
    pub fn long(&self, index: usize) -> &AtomicU64 {
        assert!(index * 8 + 8 <= self.len);
        // SAFETY: Inside the mapping, aligned, and accessed atomically by everybody.
        unsafe { AtomicU64::from_ptr(self.base.wrapping_add(index * 8).cast()) }
    }

    /// `read` into a range of it.
    pub fn read(&self, fd: &impl AsRawFd, at: usize, len: usize) -> io::Result<usize> {
        assert!(at + len <= self.len);
        // SAFETY: The range is inside the mapping, checked above.
        let moved = unsafe { libc::read(fd.as_raw_fd(), self.base.wrapping_add(at).cast(), len) };
        check(moved as libc::c_long)
    }

    /// `write` from a range of it.
    pub fn write(&self, fd: &impl AsRawFd, at: usize, len: usize) -> io::Result<usize> {
        assert!(at + len <= self.len);
        // SAFETY: The range is inside the mapping, checked above.
        let moved = unsafe { libc::write(fd.as_raw_fd(), self.base.wrapping_add(at).cast(), len) };
        check(moved as libc::c_long)
    }

    /// `pread` into a range of it.
    pub fn pread(
        &self,
        fd: &impl AsRawFd,
        at: usize,
        len: usize,
        offset: u64,
    ) -> io::Result<usize> {
        assert!(at + len <= self.len);
        // SAFETY: The range is inside the mapping, checked above.
        check(unsafe {
            libc::pread(
                fd.as_raw_fd(),
                self.base.wrapping_add(at).cast(),
                len,
                offset as libc::off_t,
            )
        } as libc::c_long)
    }

    /// `process_vm_readv` of one range of another process into a range of it.
    pub fn read_process(&self, pid: i32, remote: u64, at: usize, len: usize) -> io::Result<usize> {
        assert!(at + len <= self.len);
        let local = libc::iovec {
            iov_base: self.base.wrapping_add(at).cast(),
            iov_len: len,
        };
        let remote = libc::iovec {
            iov_base: remote as *mut c_void,
            iov_len: len,
        };
        // SAFETY: The local range is inside the mapping, checked above; the remote one is only read.
        check(unsafe { libc::process_vm_readv(pid, &local, 1, &remote, 1, 0) } as libc::c_long)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: The mapping is this value's own, and nothing that was borrowed of it is left.
        unsafe { libc::munmap(self.mapped, self.mapped_len) };
    }
}

/// Bytes after which the pattern begins again.
const PATTERN: usize = 1 << 20;

/// The byte that [`Memory::fill`] puts at a place.
pub fn pattern(at: usize, seed: u8) -> u8 {
    (at as u8)
        .wrapping_mul(31)
        .wrapping_add((at >> 12) as u8)
        .wrapping_add(seed)
}

/// Ranges of one memory: what a message is made of.
#[derive(Debug, Clone)]
pub struct Vector {
    memory: Arc<Memory>,
    /// None: one buffer, `start` and `len`.
    parts: Option<Arc<[sys::qipc_iov]>>,
    start: usize,
    len: usize,
}

impl Vector {
    /// One buffer.
    pub fn buffer(memory: &Arc<Memory>, start: usize, len: usize) -> Self {
        assert!(start + len <= memory.len());
        Self {
            memory: memory.clone(),
            parts: None,
            start,
            len,
        }
    }

    /// Parts: start and length of each.
    pub fn parts(memory: &Arc<Memory>, parts: &[(usize, usize)]) -> Self {
        let iov = parts.iter().map(|&(start, len)| {
            assert!(start + len <= memory.len());
            sys::qipc_iov {
                base: memory.address() + start as u64,
                len: len as u64,
            }
        });
        Self {
            memory: memory.clone(),
            parts: Some(iov.collect()),
            start: 0,
            len: parts.iter().map(|p| p.1).sum(),
        }
    }

    pub(super) fn vec(&self) -> sys::qipc_vec {
        match &self.parts {
            None => sys::qipc_vec {
                base: self.memory.address() + self.start as u64,
                count: self.len as u64,
            },
            Some(parts) => sys::qipc_vec {
                base: parts.as_ptr() as u64,
                count: parts.len() as u64,
            },
        }
    }

    /// `flag` if this is one buffer.
    pub(super) fn flag(&self, flag: u32) -> u32 {
        if self.parts.is_none() {
            flag
        } else {
            0
        }
    }
}
