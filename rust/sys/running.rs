// SPDX-License-Identifier: GPL-2.0-only

//! The calling thread, as the processor knows it: `current` of C, one instruction where the kernel crate
//! has a function.

use core::{
    arch::asm,
    marker::PhantomData, //
};
use kernel::bindings;

use super::{
    calls,
    foreign::{
        held,
        Field,
        Holds,
        Word, //
    }, //
};

/// `get_current()`: the address of what the kernel knows about the calling thread.
#[cfg(CONFIG_SMP)]
#[inline(always)]
pub(super) fn current() -> *const bindings::task_struct {
    let task;
    // SAFETY: Each processor keeps it there, where its register leads to. It is the same as long as the
    // thread runs, whichever processor it comes to run on.
    unsafe {
        asm!(
            "mov {task}, gs:[rip + {of_processor}]",
            task = out(reg) task,
            of_processor = sym calls::current_task,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    task
}

/// The same where there is one processor.
#[cfg(not(CONFIG_SMP))]
pub(super) fn current() -> *const bindings::task_struct {
    kernel::task::Task::current_raw()
}

/// The calling thread. Stays with it.
struct Running(PhantomData<*mut ()>);

// SAFETY: A thread is there while it runs.
unsafe impl Holds<bindings::task_struct> for Running {
    #[inline(always)]
    fn address(&self) -> *const bindings::task_struct {
        current()
    }
}

/// A field of the calling thread.
#[inline(always)]
pub(super) fn of_current<T: Word>(field: Field<bindings::task_struct, T>) -> T {
    held(&Running(PhantomData)).part(field).read()
}
