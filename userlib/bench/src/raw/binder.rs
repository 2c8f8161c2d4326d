// SPDX-License-Identifier: MIT OR Apache-2.0

//! Binder.

use std::ffi::c_void;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr;

use super::call::ioctl;
use super::memory::Memory;

/// `BINDER_CTL_ADD`: makes a device in a binderfs.
pub fn binder_add(control: &impl AsRawFd, name: &str) -> io::Result<()> {
    let mut args = [0_u8; 264];
    args[..name.len()].copy_from_slice(name.as_bytes());
    ioctl(control, 0xc108_6201, &mut args).map(|_| ())
}

/// One process's use of a binder device: its file, the memory that messages arrive in, and a list of commands.
#[derive(Debug)]
pub struct Binder {
    file: std::fs::File,
    arrivals: *mut c_void,
    commands: Vec<u8>,
    results: Vec<u8>,
    data: Memory,
}

/// Bytes of the mapping that messages arrive in.
const ARRIVALS: usize = 1 << 20;
/// `BC_FREE_BUFFER`.
const BC_FREE_BUFFER: u32 = 0x4008_6303;

/// What arrived: code of the return, address and length of the data.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// `BR_*`.
    pub kind: u32,
    address: u64,
    /// Bytes of data.
    pub len: usize,
}

impl Binder {
    /// `BR_TRANSACTION`.
    pub const TRANSACTION: u32 = 0x8040_7202;
    /// `BR_REPLY`.
    pub const REPLY: u32 = 0x8040_7203;

    /// On an open device; `data` is what it sends.
    pub fn new(file: std::fs::File, data: Memory) -> io::Result<Self> {
        // SAFETY: A new mapping wherever the kernel likes.
        let arrivals = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_NORESERVE;
            libc::mmap(
                ptr::null_mut(),
                ARRIVALS,
                libc::PROT_READ,
                flags,
                file.as_raw_fd(),
                0,
            )
        };
        if arrivals == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            file,
            arrivals,
            commands: Vec::with_capacity(256),
            results: vec![0; 256],
            data,
        })
    }

    /// Becomes the one that handle 0 leads to, and a thread that takes messages.
    pub fn become_manager(&mut self) -> io::Result<()> {
        let mut zero = 0_i32;
        ioctl(&self.file, 0x4004_6207, &mut zero)?;
        self.commands.extend_from_slice(&0x630c_u32.to_ne_bytes());
        Ok(())
    }

    /// Puts a message to handle 0, or the answer to the last one, on the list.
    pub fn put(&mut self, answer: bool, len: usize) {
        assert!(len <= self.data.len());
        let command: u32 = if answer { 0x4040_6301 } else { 0x4040_6300 };
        self.commands.extend_from_slice(&command.to_ne_bytes());
        // Handle, cookie, code and flags, sender, size of data and of offsets, data, offsets.
        for word in [0, 0, 1, 0, len as u64, 0, self.data.address(), 0_u64] {
            self.commands.extend_from_slice(&word.to_ne_bytes());
        }
    }

    /// Carries out the list and waits for a message or an answer.
    pub fn talk(&mut self) -> io::Result<Arrival> {
        loop {
            let mut args = [
                self.commands.len() as u64,
                0,
                self.commands.as_ptr() as u64,
                self.results.len() as u64,
                0,
                self.results.as_mut_ptr() as u64,
            ];
            ioctl(&self.file, 0xc030_6201, &mut args)?;
            self.commands.clear();
            if let Some(arrival) = self.arrived(args[4] as usize)? {
                return Ok(arrival);
            }
        }
    }

    /// What the first `len` bytes of the results say.
    fn arrived(&self, len: usize) -> io::Result<Option<Arrival>> {
        let mut rest = &self.results[..len.min(self.results.len())];
        while let Some((head, tail)) = rest.split_first_chunk::<4>() {
            let kind = u32::from_ne_bytes(*head);
            let size = ((kind >> 16) & 0x3fff) as usize;
            if tail.len() < size {
                break;
            }
            match kind {
                Self::TRANSACTION | Self::REPLY => {
                    let word = |n: usize| {
                        let mut bytes = [0; 8];
                        bytes.copy_from_slice(&tail[n * 8..n * 8 + 8]);
                        u64::from_ne_bytes(bytes)
                    };
                    return Ok(Some(Arrival {
                        kind,
                        address: word(6),
                        len: word(4) as usize,
                    }));
                }
                // An error, a dead or failed reply.
                0x8004_7200 | 0x7205 | 0x7211 => {
                    return Err(io::Error::other(format!("binder answers {kind:#x}")))
                }
                _ => rest = &tail[size..],
            }
        }
        Ok(None)
    }

    /// Reads a byte of what arrived.
    pub fn peek(&self, arrival: &Arrival, at: usize) -> u8 {
        let start = (arrival.address - self.arrivals as u64) as usize;
        assert!(at < arrival.len && start + at < ARRIVALS);
        // SAFETY: Inside the mapping, checked above.
        unsafe { ptr::read_volatile(self.arrivals.cast::<u8>().wrapping_add(start + at)) }
    }

    /// Puts the release of what arrived on the list.
    pub fn release(&mut self, arrival: &Arrival) {
        self.commands
            .extend_from_slice(&BC_FREE_BUFFER.to_ne_bytes());
        self.commands
            .extend_from_slice(&arrival.address.to_ne_bytes());
    }
}

impl Drop for Binder {
    fn drop(&mut self) {
        // SAFETY: The mapping is this value's own.
        unsafe { libc::munmap(self.arrivals, ARRIVALS) };
    }
}
