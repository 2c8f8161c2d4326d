// SPDX-License-Identifier: MIT OR Apache-2.0

//! libqipc: QNX Neutrino's message passing calls for C programs.
//!
//! The exported functions are C: `entry.c` has a plain and an `_r` form for each, `points.c` those that are
//! cancellation points. They call the functions of [`raw`], which return a value or minus an errno, and which make the
//! ioctls through the crate `qipc`.

// Lowest layer first.
mod event;
mod timeout;

mod connections;
mod timers;

#[allow(
    unsafe_code,
    reason = "the boundary to C: pointers of the caller, symbols, descriptors by number"
)]
mod raw;
