// SPDX-License-Identifier: GPL-2.0-only

//! `rust/base` of the module, by path: the very files that the kernel runs.
//!
//! That it compiles here at all shows that it needs nothing but `core`. The tests are:
//!
//! - [`explore`]: every sequence of events of one message, with the rules it must keep;
//! - [`arithmetic`]: properties of part lists, receive ids and queue order;
//! - [`priorities`]: every wish for the priority of a thread;
//! - [`layout`]: the mirror of the ABI against the golden file of the header;
//! - [`wire`]: any request word, and any size that it announces.

#![cfg_attr(not(test), no_std)]
#![warn(missing_docs)]

// What is not tested here is used by the module only.
#[allow(dead_code)]
#[path = "../../../rust/base/mod.rs"]
mod base;

#[cfg(test)]
mod arithmetic;
#[cfg(test)]
mod explore;
#[cfg(test)]
mod layout;
#[cfg(test)]
mod priorities;
#[cfg(test)]
mod wire;
