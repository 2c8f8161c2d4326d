// SPDX-License-Identifier: MIT OR Apache-2.0

//! What it costs to enter the kernel and leave it again, and to give the processor away and get it back.

use std::fs::File;

use super::peer::{Link, Peer, Shape};
use super::qipc;
use crate::os;
use crate::raw;
use crate::trouble::{Doing, Outcome};

/// Which call does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Null {
    /// A system call.
    Syscall,
    /// An ioctl that the driver of /dev/null does not know.
    Ioctl,
    /// An ioctl that the module does not know.
    Device,
    /// sched_yield in two processes by turns.
    Yield,
}

struct Nothing {
    what: Null,
    file: File,
}

impl Peer for Null {
    fn name(&self) -> &'static str {
        match self {
            Self::Syscall => "null-syscall",
            Self::Ioctl => "null-ioctl",
            Self::Device => "null-ioctl-qipc",
            Self::Yield => "yield",
        }
    }

    fn alone(&self) -> bool {
        *self != Self::Yield
    }

    fn prepare(&self, _: &Shape) -> Outcome<Box<dyn Link>> {
        let file = match self {
            Self::Device => qipc::open()?,
            _ => File::open("/dev/null").or_lacks("/dev/null")?,
        };
        Ok(Box::new(Nothing { what: *self, file }))
    }
}

/// `_IO('q', 0)`: no driver has it.
const UNKNOWN: u32 = 0x7100;

impl Link for Nothing {
    fn serve(&mut self) -> Outcome<()> {
        rustix::thread::sched_yield();
        Ok(())
    }

    fn call(&mut self) -> Outcome<()> {
        match self.what {
            Null::Syscall => os::null_syscall(),
            Null::Ioctl | Null::Device => {
                // Refused, as it should be.
                let _ = raw::ioctl_plain(&self.file, UNKNOWN);
            }
            Null::Yield => rustix::thread::sched_yield(),
        }
        Ok(())
    }
}
