// SPDX-License-Identifier: GPL-2.0-only

//! The crate of this name, which the kernel has beside its own.

pub use kernel::{pin_init_array_from_fn, stack_pin_init};
