// SPDX-License-Identifier: GPL-2.0-only

//! Signals to processes and threads, and the right to send them.
//!
//! Nothing here checks a right unless it says so: an event is something that a process has asked
//! for itself, or the caller has looked at [`may_signal`] before.

use super::task::{
    self,
    Process, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    sync::{
        aref::ARef,
        rcu, //
    },
    task::Task, //
};

/// Threads of a process that are looked at for one that takes a signal.
const MAX_WALK: usize = 4096;

/// A program, as a process runs it from one `exec` to the next.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Program(u64);

impl Program {
    /// The one that a thread runs.
    fn of(thread: &Task) -> Self {
        // SAFETY: The thread is valid; the number is one word that may change at any time.
        Self(unsafe { core::ptr::read_volatile(&raw const (*thread.as_ptr()).self_exec_id) })
    }
}

/// A process that gets signals.
pub(crate) struct Recipient {
    process: Process,
    /// What it ran when it asked for them, if it has. Another program, which may be anybody's, has
    /// not.
    asked: Option<Program>,
}

impl Recipient {
    /// The calling process, which asks for signals.
    pub(crate) fn asking() -> Self {
        Self {
            process: Process::current(),
            asked: Some(Program::of(&task::current_thread())),
        }
    }

    /// A process that has not asked: the caller needs the right to send it signals.
    pub(crate) fn unasked(process: Process) -> Self {
        Self {
            process,
            asked: None,
        }
    }

    /// Whether the process has not been reaped yet.
    pub(crate) fn is_alive(&self) -> bool {
        self.process.is_alive()
    }

    /// The first thread; `ESRCH` if the process is gone, or runs another program than the one that
    /// asked.
    fn leader(&self) -> Result<ARef<Task>> {
        // SAFETY: The object is valid by its reference count.
        let leader = unsafe { task_of(self.process.as_ptr(), bindings::pid_type_PIDTYPE_TGID) };
        let leader = leader.ok_or(ESRCH)?;
        match self.asked {
            Some(program) if program != Program::of(&leader) => Err(ESRCH),
            _ => Ok(leader),
        }
    }
}

/// Identity of a thread that asks for signals, for as long as somebody holds it; does not keep the
/// thread's memory.
pub(crate) struct Thread(NonNull<bindings::pid>, Program);

// SAFETY: `struct pid` is reference counted and its counter may be changed from any thread.
unsafe impl Send for Thread {}
// SAFETY: Nothing of a `struct pid` is changed through a shared reference.
unsafe impl Sync for Thread {}

impl Thread {
    /// The calling thread.
    pub(crate) fn current() -> Self {
        // SAFETY: `current` is valid, and a running task has a number.
        let pid =
            unsafe { bindings::get_task_pid(Task::current_raw(), bindings::pid_type_PIDTYPE_PID) };
        // SAFETY: `get_task_pid` returns a counted reference, not null for a running task.
        let pid = unsafe { NonNull::new_unchecked(pid) };
        Self(pid, Program::of(&task::current_thread()))
    }

    /// The thread itself, unless it has ended, or runs another program by now.
    pub(crate) fn task(&self) -> Option<ARef<Task>> {
        // SAFETY: The object is valid by its reference count.
        let task = unsafe { task_of(self.0.as_ptr(), bindings::pid_type_PIDTYPE_PID) };
        task.filter(|task| Program::of(task) == self.1)
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // SAFETY: The reference is ours to give up.
        unsafe { bindings::put_pid(self.0.as_ptr()) };
    }
}

/// # Safety
///
/// `pid` must be valid.
unsafe fn task_of(pid: *mut bindings::pid, kind: bindings::pid_type) -> Option<ARef<Task>> {
    // SAFETY: The caller vouches for `pid`; the result is null or a counted reference.
    let task = NonNull::new(unsafe { bindings::get_pid_task(pid, kind) })?;
    // SAFETY: `Task` is a transparent wrapper, and the reference is ours.
    Some(unsafe { ARef::from_raw(task.cast()) })
}

/// A signal that comes with a code and a value.
#[derive(Clone, Copy)]
pub(crate) struct Queued {
    /// Its number, from 1 to 64.
    pub(crate) number: i32,
    /// `si_code`, not above 0: the codes above are the kernel's own.
    pub(crate) code: i32,
    /// `si_value`.
    pub(crate) value: u64,
}

/// The signal that ends a process.
pub(crate) const KILL: i32 = bindings::SIGKILL as i32;

/// Whether a number is that of a signal.
pub(crate) fn is_signal(number: i32) -> bool {
    (1..=bindings::_NSIG as i32).contains(&number)
}

/// Sends a signal to a process as `kill()` does; from a thread of the kernel it comes from the
/// kernel.
///
/// If the caller has no right to, but the process has asked for it, it also comes from the kernel.
/// Fails with `EPERM`, and with `ESRCH` if the process is gone or runs another program.
pub(crate) fn to_process(recipient: &Recipient, number: i32) -> Result {
    if !is_signal(number) {
        return Err(EINVAL);
    }
    drop(recipient.leader()?);
    match kill(&recipient.process, number, is_kernel_thread()) {
        Err(error) if (error == EPERM || error == EACCES) && recipient.asked.is_some() => {
            kill(&recipient.process, number, true)
        }
        other => other,
    }
}

/// `kill()`, or with `privileged` a signal of the kernel, which needs no right.
fn kill(process: &Process, number: i32, privileged: bool) -> Result {
    // SAFETY: The object is valid by its reference count; every number is checked.
    to_result(unsafe { bindings::kill_pid(process.as_ptr(), number, i32::from(privileged)) })
}

/// Sends a signal with a value to a process: to a thread that does not block it, else to the first.
///
/// Fails with `ESRCH` if the process is gone, and with `EAGAIN` if too many signals are queued.
pub(crate) fn to_process_with(recipient: &Recipient, signal: Queued) -> Result {
    let leader = recipient.leader()?;
    let willing = choose_thread(&leader, signal.number);
    to_thread(willing.as_deref().unwrap_or(&leader), signal)
}

/// Sends a signal with a value to a thread; errors as for [`to_process_with`].
pub(crate) fn to_thread(thread: &Task, signal: Queued) -> Result {
    if !is_signal(signal.number) || signal.code > 0 {
        return Err(EINVAL);
    }
    let (pid, uid) = sender_for(thread);
    let mut info: bindings::kernel_siginfo = pin_init::zeroed();
    // The unions are all zero, so that any of their fields may be borrowed.
    let head = &mut info.__bindgen_anon_1;
    head.si_signo = signal.number;
    head.si_code = signal.code;
    head._sifields._rt = bindings::__sifields__bindgen_ty_3 {
        _pid: pid,
        _uid: uid,
        _sigval: bindings::sigval {
            sival_ptr: signal.value as usize as *mut kernel::ffi::c_void,
        },
    };
    // SAFETY: Both are valid; the function copies `info`, and takes the locks that it needs.
    to_result(unsafe { bindings::send_sig_info(signal.number, &raw mut info, thread.as_ptr()) })
}

/// Process and user of the caller as a thread sees them; 0 and 0 for a thread of the kernel.
fn sender_for(thread: &Task) -> (i32, u32) {
    if is_kernel_thread() {
        return (0, 0);
    }
    let _rcu = rcu::read_lock();
    // SAFETY: Both tasks are valid; credentials and namespaces are looked at in the RCU section.
    unsafe {
        let namespace = bindings::task_active_pid_ns(thread.as_ptr());
        let pid = if namespace.is_null() {
            0
        } else {
            bindings::__task_pid_nr_ns(
                Task::current_raw(),
                bindings::pid_type_PIDTYPE_TGID,
                namespace,
            )
        };
        let theirs = credentials(thread.as_ptr());
        let ours = credentials(Task::current_raw());
        (
            pid,
            bindings::from_kuid_munged((*theirs).user_ns, (*ours).uid),
        )
    }
}

/// The objective credentials of a task.
///
/// # Safety
///
/// The task must be valid, and the caller in an RCU section for as long as it uses the result.
unsafe fn credentials(task: *mut bindings::task_struct) -> *const bindings::cred {
    // SAFETY: The caller vouches for the task; the pointer is one word that may change at any time.
    unsafe { core::ptr::read_volatile(&raw const (*task).real_cred) }
}

fn is_kernel_thread() -> bool {
    // SAFETY: `current` is valid; the flag never changes.
    unsafe { (*Task::current_raw()).flags & bindings::PF_KTHREAD != 0 }
}

/// A thread of the leader's process that does not block a signal. One in `sigwait()` for it counts.
fn choose_thread(leader: &Task, number: i32) -> Option<ARef<Task>> {
    let bit = 1u64.checked_shl((number - 1) as u32)?;
    let _rcu = rcu::read_lock();
    // SAFETY: The leader is valid, and so is its signal structure for as long.
    let head = unsafe { &raw const (*(*leader.as_ptr()).signal).thread_head };
    // SAFETY: As above. The links may change at any time, and are read as single words.
    let mut link = unsafe { core::ptr::read_volatile(&raw const (*head).next) };
    for _ in 0..MAX_WALK {
        if core::ptr::eq(link, head) {
            break;
        }
        // SAFETY: What is linked here is the `thread_node` of a task, and a task stays valid for
        // the length of the RCU section in which it was found.
        unsafe {
            let task = kernel::container_of!(link, bindings::task_struct, thread_node);
            let blocked = core::ptr::read_volatile(&raw const (*task).blocked.sig[0]);
            let ends = core::ptr::read_volatile(&raw const (*task).flags) & bindings::PF_EXITING;
            if blocked as u64 & bit == 0 && ends == 0 {
                let task: &Task = &*task.cast();
                return Some(task.into());
            }
            link = core::ptr::read_volatile(&raw const (*link).next);
        }
    }
    None
}

/// Whether the caller may send signals to a process, in the eyes of `kill()` and of the security
/// modules.
///
/// Fails with `ESRCH` if the process is gone, and with `EPERM` or what a security module says.
pub(crate) fn may_signal(process: &Process) -> Result {
    // Signal 0 is not sent, but everything else is as if it were.
    kill(process, 0, false)
}
