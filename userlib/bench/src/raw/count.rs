// SPDX-License-Identifier: MIT OR Apache-2.0

//! What counts: the processor, and the kernel.

use std::ffi::c_int;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::ptr;

use super::call::check;
use super::memory::Memory;

/// The processor's time stamp counter. Under `-icount shift=0` it counts instructions.
#[cfg(target_arch = "x86_64")]
pub fn time_stamp() -> u64 {
    // SAFETY: Every x86-64 processor has the instruction; Linux lets user programs use it.
    unsafe { std::arch::x86_64::_rdtsc() }
}

/// The time stamp counter of a processor that has none.
#[cfg(not(target_arch = "x86_64"))]
pub fn time_stamp() -> u64 {
    0
}

/// Executes two instructions `count` times.
#[cfg(target_arch = "x86_64")]
pub fn spin(count: u64) {
    // SAFETY: Counts a register down to zero; touches nothing else.
    unsafe {
        std::arch::asm!("2: dec {n}", "jnz 2b", n = inout(reg) count.max(1) => _, options(nomem, nostack));
    }
}

/// Executes some instructions `count` times.
#[cfg(not(target_arch = "x86_64"))]
pub fn spin(count: u64) {
    for n in 0..count {
        std::hint::black_box(n);
    }
}

/// Copies a page within the memory with one string instruction.
#[cfg(target_arch = "x86_64")]
pub fn copy_page(memory: &Memory) {
    assert!(memory.len() >= 8192);
    // SAFETY: Copies the first page of the mapping, which has two, to the second; the direction flag is clear in Rust code.
    unsafe {
        std::arch::asm!("rep movsb", inout("rcx") 4096_u64 => _, inout("rsi") memory.base() => _,
            inout("rdi") memory.base().wrapping_add(4096) => _, options(nostack));
    }
}

/// Copies nothing where there is no such instruction.
#[cfg(not(target_arch = "x86_64"))]
pub fn copy_page(_: &Memory) {}

/// A counter of the kernel's for one process.
#[derive(Debug)]
pub struct Counter(OwnedFd);

/// What a [`Counter`] counts.
#[derive(Debug, Clone)]
pub enum Event {
    /// One of the kernel's own counters: PERF_COUNT_SW_*.
    Software(u64),
    /// A tracepoint, by its number in tracefs.
    Tracepoint(u64),
}

/// Start of struct perf_event_attr: its first version.
#[repr(C)]
#[derive(Default)]
struct PerfAttr {
    kind: u32,
    size: u32,
    config: u64,
    period: u64,
    sample: u64,
    read_format: u64,
    flags: u64,
    wakeup: u32,
    bp_type: u32,
    config1: u64,
}

impl Counter {
    /// Counts from now on what happens in a process of one thread.
    pub fn new(event: &Event, pid: i32) -> io::Result<Self> {
        let mut attr = PerfAttr {
            size: size_of::<PerfAttr>() as u32,
            ..Default::default()
        };
        match event {
            Event::Software(which) => (attr.kind, attr.config) = (1, *which),
            Event::Tracepoint(id) => (attr.kind, attr.config) = (2, *id),
        }
        let on_any_cpu: c_int = -1;
        let no_group: c_int = -1;
        // SAFETY: The structure says how long it is and is valid for the call.
        let fd = check(unsafe {
            libc::syscall(
                libc::SYS_perf_event_open,
                ptr::from_mut(&mut attr),
                pid,
                on_any_cpu,
                no_group,
                8_u64,
            )
        })?;
        // SAFETY: A new descriptor that is nobody else's.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd as c_int) }))
    }

    /// How often it has happened.
    pub fn read(&self) -> io::Result<u64> {
        let mut value = [0; 8];
        rustix::io::read(&self.0, &mut value)?;
        Ok(u64::from_ne_bytes(value))
    }
}
