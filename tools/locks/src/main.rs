// SPDX-License-Identifier: GPL-2.0-only

//! The rendezvous of the module, explored interleaving by interleaving.
//!
//! `rust/rendezvous`, `rust/wake.rs`, `rust/priority.rs` and `rust/base` are compiled from where they lie. Below them is a
//! stand-in for the kernel on the locks and atomics of loom (`kernel/`, `src/sys/`), which lets threads come between
//! any two steps, and lets a processor see old values as long as the memory model allows it.

use std::process::ExitCode;

// The very files of the module; what is not used here is used there.
#[allow(dead_code)]
#[path = "../../../rust/base/mod.rs"]
mod base;
#[allow(dead_code)]
mod copy;
mod limits;
#[path = "../../../rust/perturb.rs"]
mod perturb;
#[allow(dead_code)]
#[path = "../../../rust/priority.rs"]
mod priority;
#[allow(dead_code)]
#[path = "../../../rust/rendezvous/mod.rs"]
mod rendezvous;
mod scene;
mod scenes;
#[allow(dead_code)]
mod sys;
#[allow(dead_code)]
#[path = "../../../rust/wake.rs"]
mod wake;

fn main() -> ExitCode {
    scenes::run()
}
