// SPDX-License-Identifier: MIT OR Apache-2.0

//! One copy with nobody waiting: out of a cached file, out of another process.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::{memfd_create, MemfdFlags};

use super::buffers::{right, SERVER};
use super::peer::{Hello, Link, Peer, Shape};
use crate::raw::{Mapping, Memory};
use crate::trouble::{Doing, Outcome, Trouble};

/// `pread` from a file of tmpfs.
#[derive(Debug)]
pub struct Pread;

/// `process_vm_readv` out of a process that sleeps.
#[derive(Debug)]
pub struct VmRead {
    /// The memory of both.
    pub mapping: Mapping,
}

struct FromFile {
    file: OwnedFd,
    into: Memory,
    len: usize,
}

struct FromProcess {
    from: Arc<Memory>,
    into: Memory,
    len: usize,
    pid: i32,
    address: u64,
}

fn all(copied: usize, len: usize) -> Outcome<()> {
    if copied == len {
        Ok(())
    } else {
        Err(Trouble::Failed(format!("{copied} bytes of {len} copied")))
    }
}

impl Peer for Pread {
    fn name(&self) -> &'static str {
        "pread"
    }

    fn alone(&self) -> bool {
        true
    }

    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>> {
        let len = shape.answer;
        let file = memfd_create("qipc-bench", MemfdFlags::CLOEXEC).or_lacks("memfd_create")?;
        let source = Memory::new(len.max(1), Mapping::Private)?;
        source.fill(SERVER);
        let mut done = 0;
        while done < len {
            done += source.write(&file, done, len - done)?;
        }
        Ok(Box::new(FromFile {
            file,
            into: Memory::new(len.max(1), Mapping::Private)?,
            len,
        }))
    }
}

impl Link for FromFile {
    fn client_open(&mut self, _: Hello) -> Outcome<Hello> {
        self.into.fill(0);
        Ok([0; 4])
    }

    fn serve(&mut self) -> Outcome<()> {
        Ok(())
    }

    fn call(&mut self) -> Outcome<()> {
        all(self.into.pread(&self.file, 0, self.len, 0)?, self.len)
    }

    fn check(&self) -> Outcome<()> {
        right(&self.into, 0, self.len, SERVER)
    }
}

impl Peer for VmRead {
    fn name(&self) -> &'static str {
        "vm-readv"
    }

    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>> {
        let len = shape.answer;
        Ok(Box::new(FromProcess {
            from: Arc::new(Memory::new(len.max(1), self.mapping)?),
            into: Memory::new(len.max(1), self.mapping)?,
            len,
            pid: 0,
            address: 0,
        }))
    }
}

impl Link for FromProcess {
    fn server_open(&mut self) -> Outcome<Hello> {
        self.from.fill(SERVER);
        Ok([u64::from(std::process::id()), self.from.address(), 0, 0])
    }

    fn client_open(&mut self, server: Hello) -> Outcome<Hello> {
        self.into.fill(0);
        self.pid = server[0] as i32;
        self.address = server[1];
        Ok([0; 4])
    }

    fn serve(&mut self) -> Outcome<()> {
        std::thread::sleep(std::time::Duration::from_secs(3600));
        Ok(())
    }

    fn call(&mut self) -> Outcome<()> {
        all(
            self.into
                .read_process(self.pid, self.address, 0, self.len)?,
            self.len,
        )
    }

    fn check(&self) -> Outcome<()> {
        right(&self.into, 0, self.len, SERVER)
    }
}
