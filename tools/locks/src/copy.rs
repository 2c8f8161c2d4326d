// SPDX-License-Identifier: GPL-2.0-only

//! What `rust/copy` is to the rendezvous: nothing is copied here.

use crate::sys::remote_mm::{CopyFault, OnAbsent, RemoteMemory};
use crate::sys::small_buf::SmallBuf;
use kernel::prelude::*;

use parts::Parts;

pub fn pull(
    _: &RemoteMemory,
    _: &Parts,
    _: usize,
    _: &Parts,
    _: usize,
    _: &dyn OnAbsent,
) -> Result<(), CopyFault> {
    Ok(())
}

pub fn push(
    _: &RemoteMemory,
    _: &Parts,
    _: usize,
    _: &Parts,
    _: usize,
    _: bool,
    _: &dyn OnAbsent,
) -> Result<(), CopyFault> {
    Ok(())
}

pub fn gather(_: &Parts, _: usize, _: &mut SmallBuf) -> Result {
    Ok(())
}

pub fn scatter(_: &[u8], _: &Parts) -> Result {
    Ok(())
}

pub mod parts {
    use crate::base::abi;
    use kernel::prelude::*;

    pub struct Parts;

    impl Parts {
        pub const fn empty() -> Self {
            Self
        }

        pub fn fill(&mut self, _: abi::Vector, _: bool) -> Result {
            Ok(())
        }

        pub fn is_large(&self) -> bool {
            false
        }

        pub fn clear(&mut self) {}

        pub fn total(&self) -> usize {
            1
        }
    }
}
