// SPDX-License-Identifier: GPL-2.0-only

//! The kernel facilities that the `kernel` crate does not offer yet, wrapped once.
//!
//! The only folder of the module where the word `unsafe` may stand. Everything that leaves it is
//! safe to call in any order and with any argument; each file states how it sees to that.
//!
//! Few places have to argue, since most that the files share is argued once: [`calls`] declares the
//! functions of the kernel with types that leave nothing to do wrong, [`foreign`] reads the fields of
//! its structures and gives back what it counts, and [`filled`] is an array that is filled bit by bit.

pub(crate) mod address_space;
pub(crate) mod alarm;
mod calls;
pub(crate) mod charge;
pub(crate) mod compat;
pub(crate) mod credentials;
pub(crate) mod errno;
pub(crate) mod eventfd;
mod filled;
pub(crate) mod fops;
mod foreign;
mod held_pages;
pub(crate) mod hrtimer;
pub(crate) mod kthread;
pub(crate) mod misc;
pub(crate) mod namespace;
pub(crate) mod once;
mod page_walk;
pub(crate) mod pockets;
pub(crate) mod poll;
pub(crate) mod remote_mm;
mod running;
pub(crate) mod sched;
pub(crate) mod signal;
pub(crate) mod small_buf;
pub(crate) mod task;
pub(crate) mod tracepoint;
pub(crate) mod user_args;
pub(crate) mod user_copy;
pub(crate) mod wait;
