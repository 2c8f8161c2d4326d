// SPDX-License-Identifier: GPL-2.0-only

//! Pure types and rules: no kernel, no memory but its own, nothing but `core`.
//!
//! Everything here is also compiled and tested on the host by `tools/hosttest`.

pub(crate) mod abi;
pub(crate) mod clock;
pub(crate) mod fault;
pub(crate) mod id;
pub(crate) mod name;
pub(crate) mod order;
pub(crate) mod part_math;
pub(crate) mod priority;
pub(crate) mod pulse;
pub(crate) mod state;
