// SPDX-License-Identifier: GPL-2.0-only

//! A thread of the kernel that does work handed to it from any context, hard interrupts included.
//!
//! Work is an [`Arc`] of something with a [`Link`] in it. Handing it over takes no lock and
//! allocates nothing: it is pushed onto a list without locks, at most once at a time, and the
//! thread takes the whole list at once. The order is kept.
//!
//! ```text
//!   post                              worker
//!   list = work        (full)         state = IDLE
//!   wake the thread                   full barrier
//!                                     list empty?  no: go on;  yes: schedule()
//! ```

use super::{
    calls,
    sched,
    wait::set_current_state, //
};
use core::marker::PhantomData;
use kernel::{
    bindings,
    current,
    error::from_err_ptr,
    ffi,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        Arc,
        ArcBorrow,
        SetOnce, //
    },
    task::Task, //
};

/// What makes it possible to hand an object over.
pub(crate) struct Link {
    queued: Atomic<i32>,
    /// Address of the next object in the list, 0 at its end. Belongs to whoever has set `queued`.
    next: Atomic<usize>,
}

impl Link {
    /// Of an object that is not handed over.
    pub(crate) fn new() -> Self {
        Self {
            queued: Atomic::new(0),
            next: Atomic::new(0),
        }
    }
}

/// Work for a thread.
pub(crate) trait Work: Send + Sync + Sized + 'static {
    /// The link of this object.
    fn link(&self) -> &Link;

    /// Does the work: in a thread of the kernel, where it may sleep.
    ///
    /// The object may be handed over again from now on.
    fn run(this: ArcBorrow<'_, Self>);
}

/// The way to a worker.
pub(crate) struct Mailbox<W: Work> {
    /// Address of the object that came last, in the form of `Arc::into_raw`, 0 if there is none.
    last: Atomic<usize>,
    thread: SetOnce<ARef<Task>>,
    /// Whether the thread is to end.
    ending: Atomic<i32>,
    _work: PhantomData<Arc<W>>,
}

impl<W: Work> Mailbox<W> {
    /// Hands an object over, unless it waits to be worked on already. For any context.
    pub(crate) fn post(&self, work: ArcBorrow<'_, W>) {
        if work.link().queued.xchg(1, Full) != 0 {
            return;
        }
        let address = Arc::into_raw(Arc::from(work)) as usize;
        let mut last = self.last.load(Relaxed);
        loop {
            work.link().next.store(last, Relaxed);
            match self.last.cmpxchg(last, address, Full) {
                Ok(_) => break,
                Err(other) => last = other,
            }
        }
        if let Some(thread) = self.thread.as_ref() {
            thread.wake_up();
        }
    }

    fn is_empty(&self) -> bool {
        self.last.load(Relaxed) == 0
    }

    /// Works on everything that is there, the oldest first.
    fn work(&self) {
        // INVARIANT: `post` has left a reference to each object in the list, which is ours alone now.
        let mut newest = Chain::<W>(self.last.xchg(0, Full), PhantomData);
        // INVARIANT: Nothing is in it.
        let mut oldest = Chain::<W>(0, PhantomData);
        while let Some(work) = newest.pop() {
            oldest.push(work);
        }
        while let Some(work) = oldest.pop() {
            work.link().queued.xchg(0, Full);
            W::run(work.as_arc_borrow());
            super::task::breathe();
        }
    }
}

/// Objects that were handed over, one behind the other.
///
/// # Invariants
///
/// It is 0, or the address of an object in the form of `Arc::into_raw`, whose reference belongs to
/// the chain; and so is the `next` of its link, and of all behind it.
struct Chain<W: Work>(usize, PhantomData<Arc<W>>);

impl<W: Work> Chain<W> {
    /// Takes out the first.
    fn pop(&mut self) -> Option<Arc<W>> {
        if self.0 == 0 {
            return None;
        }
        // SAFETY: By the invariant; it is not in the chain any more afterwards.
        let first = unsafe { Arc::from_raw(self.0 as *const W) };
        self.0 = first.link().next.load(Relaxed);
        Some(first)
    }

    /// Puts an object in front, which no other chain has.
    fn push(&mut self, first: Arc<W>) {
        first.link().next.store(self.0, Relaxed);
        self.0 = Arc::into_raw(first) as usize;
    }
}

/// How urgent the work of a thread is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// As that of any other thread.
    Normal,
    /// `SCHED_FIFO`, 99.
    RealTime,
}

/// A thread that works; it ends, after what was handed to it, when this is dropped.
pub(crate) struct Worker<W: Work> {
    mailbox: Arc<Mailbox<W>>,
    thread: ARef<Task>,
}

impl<W: Work> Worker<W> {
    /// Starts a thread; fails with `ENOMEM`.
    pub(crate) fn start(name: &'static CStr, urgency: Urgency) -> Result<Self> {
        let mailbox = Arc::new(
            Mailbox {
                last: Atomic::new(0),
                thread: SetOnce::new(),
                ending: Atomic::new(0),
                _work: PhantomData,
            },
            GFP_KERNEL,
        )?;
        // SAFETY: The function takes a mailbox, which outlives the thread: dropping the worker waits
        // for the thread first. Both strings are static. A thread that was made and not started yet is
        // valid; it is counted here.
        let thread: ARef<Task> = unsafe {
            let thread = from_err_ptr(bindings::kthread_create_on_node(
                Some(Self::main),
                Arc::as_ptr(&mailbox).cast_mut().cast(),
                bindings::NUMA_NO_NODE,
                c"%s".as_char_ptr(),
                name.as_char_ptr(),
            ))?;
            (&*thread.cast::<Task>()).into()
        };
        if urgency == Urgency::RealTime {
            // Refused at worst, and then the thread works less urgently.
            let _ = sched::make_fifo(&thread, 99);
        }
        mailbox.thread.populate(thread.clone());
        thread.wake_up();
        Ok(Self { mailbox, thread })
    }

    /// The way to it.
    pub(crate) fn mailbox(&self) -> &Arc<Mailbox<W>> {
        &self.mailbox
    }

    /// # Safety
    ///
    /// For the kernel to call, with a `Mailbox<W>` that lives until the thread is stopped.
    unsafe extern "C" fn main(data: *mut ffi::c_void) -> ffi::c_int {
        // SAFETY: By the contract of this function.
        let mailbox = unsafe { &*data.cast::<Mailbox<W>>() };
        let current = current!();
        loop {
            set_current_state(current, bindings::TASK_IDLE);
            let ending = mailbox.ending.load(Acquire) != 0;
            if !mailbox.is_empty() {
                set_current_state(current, bindings::TASK_RUNNING);
                mailbox.work();
            } else if ending {
                set_current_state(current, bindings::TASK_RUNNING);
                return 0;
            } else {
                // No lock is held; the state was set above.
                calls::schedule();
            }
        }
    }
}

impl<W: Work> Drop for Worker<W> {
    fn drop(&mut self) {
        self.mailbox.ending.store(1, Release);
        // SAFETY: It was made by `kthread_create_on_node`, its memory is counted, and nobody else
        // stops it. This wakes it, with a full barrier, and waits for its end.
        unsafe { bindings::kthread_stop(self.thread.as_ptr()) };
    }
}
