// SPDX-License-Identifier: GPL-2.0-only

//! Which IPC namespace the caller is in.
//!
//! The bindings know what all namespaces have in common, `struct ns_common`, but not where in an
//! IPC namespace that lies. It is looked for in the first one, once, by what it must say there.

use super::compat;
use kernel::{
    bindings,
    task::Task, //
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
    /// Where `struct ns_common` lies in one.
    offset: usize,
}

impl IpcNamespaces {
    /// Finds out how; `None` if the kernel does not look like any that is known.
    pub(crate) fn find() -> Option<Self> {
        (0..REACH)
            .step_by(align_of::<bindings::ns_common>())
            .map(|offset| Self { offset })
            .find(|guess| {
                // SAFETY: Only the address is taken. The kernel's own data goes on for much longer than this behind any
                // object in it, and every bit pattern is a valid integer.
                unsafe {
                    let first = compat::init_ipc_ns.get().cast_const();
                    let common = first.byte_add(guess.offset).cast::<bindings::ns_common>();
                    (&raw const (*common).inum).read() == FIRST_INODE
                        && (&raw const (*common).ns_type).read() == bindings::CLONE_NEWIPC
                        && guess.id(first) == FIRST_ID
                }
            })
    }

    /// Number of the caller's IPC namespace, which no other one ever gets.
    pub(crate) fn current(self) -> u64 {
        // SAFETY: `current` is valid; a running task has a set of namespaces, which only itself
        // changes, and which holds them. All of one type look the same.
        unsafe { self.id((*(*Task::current_raw()).nsproxy).ipc_ns) }
    }

    /// # Safety
    ///
    /// There must be memory to read at the place in question.
    unsafe fn id(self, namespace: *const bindings::ipc_namespace) -> u64 {
        // SAFETY: As the caller promises; the number does not change.
        unsafe {
            namespace
                .byte_add(self.offset + compat::NAMESPACE_ID)
                .cast::<u64>()
                .read()
        }
    }
}
