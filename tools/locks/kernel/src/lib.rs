// SPDX-License-Identifier: GPL-2.0-only

//! As much of the kernel crate as the rendezvous uses: locks and atomics are those of loom, which explores what two
//! processors can see of each other; memory is never short, and trees are those of the standard library.

#![feature(coerce_unsized, unsize, dispatch_from_dyn, arbitrary_self_types)]

pub mod alloc;
pub mod error;
pub mod init;
pub mod rbtree;
pub mod sync;
pub mod task;

pub use init::pin_init_array_from_fn;

pub mod prelude {
    pub use crate::alloc::{Flags, KBox, KVec, GFP_KERNEL_ACCOUNT};
    pub use crate::error::{code::*, Error, Result};
    pub use crate::init::PinInit;
    pub use crate::{pin_init, try_pin_init};
    pub use core::pin::Pin;
    pub use kernel_stand_in_macros::pin_data;
}

/// A class of locks is nothing here.
#[macro_export]
macro_rules! static_lock_class {
    () => {
        ()
    };
}
