// SPDX-License-Identifier: GPL-2.0-only

//! Memory of another process: only whether it is there.

use kernel::prelude::*;

pub enum CopyFault {
    Local,
    Remote,
    Signalled,
    Left,
    NoMemory,
}

#[derive(Clone, Copy)]
pub struct Absent;

pub trait OnAbsent {
    fn fetch(&self, absent: Absent, interruptible: bool) -> Result<(), CopyFault>;
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    Present,
    Interrupted,
    Unreachable,
}

pub struct RemoteMemory;

impl RemoteMemory {
    pub fn current() -> Result<Self> {
        Ok(Self)
    }

    pub fn is_current(&self) -> bool {
        true
    }

    pub fn fault_in(&self, _: &Absent, interruptible: bool) -> Fetched {
        if crate::sys::task::is_dying() || interruptible && crate::sys::task::is_signalled() {
            return Fetched::Interrupted;
        }
        Fetched::Present
    }
}
