// SPDX-License-Identifier: GPL-2.0-only

//! Which IPC namespace the caller is in.
//!
//! The bindings know what all namespaces have in common, `struct ns_common`, but not where in an
//! IPC namespace that lies. It is looked for in the first one, once, by what it must say there.

use super::{
    calls,
    compat,
    foreign::{
        held,
        Field,
        Foreign, //
    }, //
};
use core::mem::offset_of;
use kernel::{
    bindings,
    current, //
};

/// `IPC_NS_INIT_INO` and `IPC_NS_INIT_ID`, `include/uapi/linux/nsfs.h`: the inode number of the
/// first IPC namespace, and its number.
const FIRST_INODE: u32 = 0xefff_ffff;
const FIRST_ID: u64 = 1;
/// How far into a namespace is looked.
const REACH: usize = 4096;

/// How to read the number of an IPC namespace.
#[derive(Clone, Copy)]
pub(crate) struct IpcNamespaces {
    number: Field<bindings::ipc_namespace, u64>,
}

impl IpcNamespaces {
    /// Finds out how; `None` if the kernel does not look like any that is known.
    pub(crate) fn find() -> Option<Self> {
        (0..REACH)
            .step_by(align_of::<bindings::ns_common>())
            .find_map(Self::guess)
    }

    /// Whether all that namespaces have in common lies `offset` bytes into an IPC namespace.
    fn guess(offset: usize) -> Option<Self> {
        let first: &Foreign<_> = &calls::init_ipc_ns;
        // SAFETY: The kernel's own data goes on for much longer than `REACH` behind any object in it,
        // and every bit pattern is a valid integer. All namespaces of one type look the same; what
        // the first one says at these places shows where they are, before any other is read.
        let (inode, kind, number) = unsafe {
            (
                Field::<_, u32>::new(offset + offset_of!(bindings::ns_common, inum)),
                Field::<_, u32>::new(offset + offset_of!(bindings::ns_common, ns_type)),
                Field::<_, u64>::new(offset + compat::NAMESPACE_ID),
            )
        };
        let is_it = first.part(inode).read() == FIRST_INODE
            && first.part(kind).read() == bindings::CLONE_NEWIPC
            && first.part(number).read() == FIRST_ID;
        is_it.then_some(Self { number })
    }

    /// Number of the caller's IPC namespace, which no other one ever gets.
    pub(crate) fn current(self) -> u64 {
        let current = current!();
        let all: &Foreign<bindings::nsproxy> = held(current);
        held(all).part(self.number).read()
    }
}
