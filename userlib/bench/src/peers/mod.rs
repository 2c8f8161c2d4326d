// SPDX-License-Identifier: MIT OR Apache-2.0

//! Ways for two processes to talk.

pub mod binder;
pub mod buffers;
pub mod duplex;
pub mod eventfd;
pub mod floor;
pub mod futex;
pub mod lay;
pub mod mq;
pub mod null;
pub mod page;
pub mod peer;
pub mod pipe;
pub mod qipc;
pub mod seccomp;
pub mod sysv;
pub mod transfer;
pub mod unix;
