// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the benchmark needs of the kernel and the standard library does not have. The only folder of the crate with unsafe
//! code.
//!
//! Memory that system calls read and write is a [`Memory`]: a mapping of its own, of which no Rust reference ever exists,
//! so that nothing another process or the kernel does to its bytes can break a rule of the language. A [`Vector`] names
//! ranges of it, and keeps it alive for as long as a prepared call needs it.

mod binder;
mod call;
mod count;
mod memory;
mod process;
mod qipc;
mod queues;
mod seccomp;

pub use binder::{binder_add, Arrival, Binder};
pub use call::ioctl_plain;
pub use count::{copy_page, spin, time_stamp, Counter, Event};
pub use memory::{pattern, Mapping, Memory, Vector};
pub use process::{exit_now, fork, set_priority, Forked};
pub use qipc::{
    bench_pair, bench_switch, channel_create, connect_attach, connection_fd, ReceiveCall,
    ReplyCall, ReplyReceiveCall, SendCall, TransferCall, BENCH_SLEEP, BENCH_WAKE,
};
pub use queues::{PosixQueue, SysvQueue};
pub use seccomp::{seccomp_listener, seccomp_same_cpu, seccomp_serve};
