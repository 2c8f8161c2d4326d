// SPDX-License-Identifier: GPL-2.0-only

//! What `rust/sys` is to the rendezvous, for threads of loom. Sleeping and waking (`wait`) go step by step, barrier by
//! barrier, as they do there; memory, priorities and polling are as plain as can be.

pub mod alarm;
pub mod charge;
pub mod once;
pub mod poll;
pub mod remote_mm;
pub mod sched;
pub mod small_buf;
pub mod task;
pub mod wait;
