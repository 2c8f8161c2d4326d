// SPDX-License-Identifier: GPL-2.0-only

//! Signals to processes and threads, and the right to send them.
//!
//! Nothing here checks a right unless it says so: an event is something that a process has asked
//! for itself, or the caller has looked at [`may_signal`] before.

use super::{
    calls::{
        self,
        Kind, //
    },
    foreign::{
        field,
        held,
        structure,
        Foreign,
        Own,
        Pid, //
    },
    task::{
        self,
        Process, //
    }, //
};
use kernel::{
    bindings,
    current,
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
        let number = structure(thread).part(field!(bindings::task_struct, self_exec_id));
        Self(number.read())
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
    fn leader(&self) -> Result<Own<Task>> {
        let leader = self.process.first_thread().ok_or(ESRCH)?;
        match self.asked {
            Some(program) if program != Program::of(&leader) => Err(ESRCH),
            _ => Ok(leader),
        }
    }
}

/// Identity of a thread that asks for signals, for as long as somebody holds it; does not keep the
/// thread's memory.
pub(crate) struct Thread(Own<Pid>, Program);

impl Thread {
    /// The calling thread.
    pub(crate) fn current() -> Self {
        let current = current!();
        Self(
            calls::get_task_pid(current, Kind::Thread),
            Program::of(current),
        )
    }

    /// The thread itself, unless it has ended, or runs another program by now.
    pub(crate) fn task(&self) -> Option<ARef<Task>> {
        let task = calls::get_pid_task(&self.0, Kind::Thread)?;
        (Program::of(&task) == self.1).then(|| ARef::from(&*task))
    }
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
    to_result(calls::kill_pid(
        process.pid(),
        number,
        i32::from(privileged),
    ))
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
    to_result(calls::send_sig_info(signal.number, &mut info, thread))
}

/// Process and user of the caller as a thread sees them; 0 and 0 for a thread of the kernel.
fn sender_for(thread: &Task) -> (i32, u32) {
    if is_kernel_thread() {
        return (0, 0);
    }
    let current = current!();
    let pid = thread
        .get_pid_ns()
        .map_or(0, |namespace| current.tgid_nr_ns(Some(&namespace)));
    let (theirs, ours) = (calls::get_task_cred(thread), calls::get_task_cred(current));
    let user = held(&*ours).part(field!(bindings::cred, uid)).read();
    let namespace = held(held::<bindings::cred>(&*theirs));
    (pid, calls::from_kuid_munged(namespace, user))
}

fn is_kernel_thread() -> bool {
    task::flags(current!()) & bindings::PF_KTHREAD != 0
}

/// A thread of the leader's process that does not block a signal. One in `sigwait()` for it counts.
fn choose_thread(leader: &Task, number: i32) -> Option<ARef<Task>> {
    let bit = 1u64.checked_shl((number - 1) as u32)?;
    let _rcu = rcu::read_lock();
    let head = task::shared(leader).part(field!(bindings::signal_struct, thread_head));
    let mut link = head;
    for _ in 0..MAX_WALK {
        // Links may change at any time, and are read as single words.
        let next = link.part(field!(bindings::list_head, next)).read();
        if core::ptr::eq(next, head.as_ptr()) {
            break;
        }
        // SAFETY: What is linked here is the `thread_node` of a task, and a task stays valid for
        // the length of the RCU section in which it was found.
        let task: &Task =
            unsafe { &*kernel::container_of!(next, bindings::task_struct, thread_node).cast() };
        let structure = structure(task);
        let blocked = structure
            .part(field!(bindings::task_struct, blocked.sig))
            .at(0)
            .map_or(usize::MAX, Foreign::read);
        if blocked as u64 & bit == 0 && !task::is_exiting(task) {
            return Some(task.into());
        }
        link = structure.part(field!(bindings::task_struct, thread_node));
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
