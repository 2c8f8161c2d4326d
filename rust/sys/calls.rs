// SPDX-License-Identifier: GPL-2.0-only

//! Functions and variables of the kernel, declared with the types of what they take and return.
//!
//! The generated bindings know pointers and numbers. With references, owners and enumerations in
//! their place most functions can do no harm, whatever they are called with: these are `safe`.

use core::{
    mem::{
        offset_of,
        MaybeUninit, //
    },
    ptr::NonNull, //
};
use kernel::{
    bindings,
    cred::Credential,
    ffi,
    pid_namespace::PidNamespace,
    task::{
        CurrentTask,
        Task, //
    },
    types::Opaque,
    uaccess::UserPtr, //
};

use super::foreign::{
    field,
    Counted,
    Foreign,
    GiveBack,
    Own,
    Pid, //
};

/// A user namespace.
pub(super) type UserNamespace = Foreign<bindings::user_namespace>;

/// What a [`Pid`] identifies, `enum pid_type`.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(super) enum Kind {
    /// A thread.
    Thread = bindings::pid_type_PIDTYPE_PID,
    /// A process.
    Process = bindings::pid_type_PIDTYPE_TGID,
    /// A session.
    Session = bindings::pid_type_PIDTYPE_SID,
}

/// What somebody may be capable of.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(super) enum Capability {
    /// `CAP_IPC_OWNER`.
    IpcOwner = bindings::CAP_IPC_OWNER,
    /// `CAP_SYS_NICE`.
    SysNice = bindings::CAP_SYS_NICE,
    /// `CAP_SYS_RESOURCE`.
    SysResource = bindings::CAP_SYS_RESOURCE,
}

/// By how much the clocks of the day are ahead of the monotonic one, `enum tk_offsets`.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(super) enum Ahead {
    /// `CLOCK_REALTIME`.
    Realtime = bindings::tk_offsets_TK_OFFS_REAL,
    /// `CLOCK_BOOTTIME`.
    Boottime = bindings::tk_offsets_TK_OFFS_BOOT,
}

/// The flags of a thread that others may set and clear.
#[derive(Clone, Copy)]
#[repr(u64)]
pub(super) enum ThreadFlag {
    /// Makes it look as if a signal were pending.
    NotifySignal = bindings::TIF_NOTIFY_SIGNAL as u64,
}

// The two functions that change them take the address of the word.
const _: () = assert!(core::mem::offset_of!(bindings::thread_info, flags) == 0);

/// `struct sched_attr`, which the bindings only know by name.
#[repr(C)]
#[derive(Default)]
pub(super) struct SchedAttr {
    pub(super) size: u32,
    pub(super) policy: u32,
    pub(super) flags: u64,
    pub(super) nice: i32,
    pub(super) priority: u32,
    pub(super) runtime: u64,
    pub(super) deadline: u64,
    pub(super) period: u64,
    pub(super) util_min: u32,
    pub(super) util_max: u32,
}

/// `struct wait_queue_entry` of a thread, of which `default_wake_function()` looks at nothing else.
#[repr(C)]
pub(super) struct WaitEntry<'a> {
    _flags: MaybeUninit<u32>,
    private: &'a Task,
    _rest: MaybeUninit<[usize; 3]>,
}

const _: () = assert!(
    offset_of!(WaitEntry<'_>, private) == offset_of!(bindings::wait_queue_entry, private)
        && size_of::<WaitEntry<'_>>() == size_of::<bindings::wait_queue_entry>()
);

impl<'a> WaitEntry<'a> {
    #[inline(always)]
    pub(super) fn new(thread: &'a Task) -> Self {
        Self {
            _flags: MaybeUninit::uninit(),
            private: thread,
            _rest: MaybeUninit::uninit(),
        }
    }
}

/// Words of a set of processors.
pub(super) const CPU_WORDS: usize = size_of::<bindings::cpumask>() / size_of::<ffi::c_ulong>();

// Without lockdep the kernel's lock class keys are empty, and types that stand for pointers are
// known to be no larger; both is all that the one lint is about. The other one knows of no extern blocks
// that have something to explain.
#[allow(improper_ctypes, clippy::unnecessary_safety_comment)]
// SAFETY: These are the kernel's, with types of the same representation. A function is declared
// `safe` if it looks at nothing but numbers of which it takes any, and at structures that the types
// of its arguments show to be there while it runs, with locks that it takes itself; and a variable, if
// it is written while the machine starts, and never again. Where there is more to it, it says so.
unsafe extern "C" {
    // Owners: what these return was counted for the caller.

    // The running task has a number, and is in a process and a session.
    pub(super) safe fn get_task_pid(task: &CurrentTask, kind: Kind) -> Own<Pid>;
    pub(super) safe fn find_get_pid(number: i32) -> Option<Own<Pid>>;
    pub(super) safe fn get_pid_task(pid: &Pid, kind: Kind) -> Option<Own<Task>>;
    pub(super) safe fn get_task_cred(task: &Task) -> Own<Credential>;
    // What it returns is a pointer in an RCU section; nobody follows it.
    pub(super) safe fn pid_task(pid: &Pid, kind: Kind) -> Option<NonNull<bindings::task_struct>>;
    // A reference more than are given back is not used after it was freed: the count stays.
    #[link_name = "rust_helper_refcount_inc"]
    safe fn refcount_inc(count: &Foreign<bindings::refcount_t>);
    fn put_pid(pid: NonNull<Pid>);
    #[link_name = "rust_helper_put_task_struct"]
    fn put_task_struct(task: NonNull<Task>);
    #[link_name = "rust_helper_put_cred"]
    fn put_cred(credentials: NonNull<Credential>);
    fn eventfd_ctx_put(context: NonNull<Foreign<bindings::eventfd_ctx>>);

    // Tasks.

    // Of each processor, which only code that knows the register of its processor reads.
    pub(super) safe static current_task: *const bindings::task_struct;
    pub(super) safe fn pid_vnr(pid: &Pid) -> i32;
    // Without a namespace it is the caller's.
    pub(super) safe fn __task_pid_nr_ns(
        task: &Task,
        kind: Kind,
        namespace: Option<&PidNamespace>,
    ) -> i32;
    #[link_name = "rust_helper_set_bit"]
    pub(super) safe fn set_flag(flag: ThreadFlag, of: &Foreign<bindings::thread_info>);
    #[link_name = "rust_helper_clear_bit"]
    pub(super) safe fn clear_flag(flag: ThreadFlag, of: &Foreign<bindings::thread_info>);
    // The attributes are looked at, and refused if they make no sense.
    pub(super) safe fn sched_setattr_nocheck(task: &Task, attributes: &SchedAttr) -> ffi::c_int;
    pub(super) safe fn set_cpus_allowed_ptr(
        task: &Task,
        mask: &[ffi::c_ulong; CPU_WORDS],
    ) -> ffi::c_int;
    pub(super) safe fn mem_cgroup_from_task(task: &Task) -> *mut bindings::mem_cgroup;
    pub(super) safe fn schedule();
    #[cfg(any(not(CONFIG_PREEMPTION), CONFIG_PREEMPT_DYNAMIC))]
    pub(super) safe fn __cond_resched() -> ffi::c_int;
    #[link_name = "rust_helper_smp_mb"]
    pub(super) safe fn smp_mb();

    // Signals. Numbers that are none are refused; what comes along is adapted to who gets it, and copied.

    pub(super) safe fn kill_pid(
        process: &Pid,
        number: ffi::c_int,
        privileged: ffi::c_int,
    ) -> ffi::c_int;
    pub(super) safe fn send_sig_info(
        number: ffi::c_int,
        info: &mut bindings::kernel_siginfo,
        thread: &Task,
    ) -> ffi::c_int;

    // Users.

    pub(super) safe fn make_kuid(namespace: &UserNamespace, id: u32) -> bindings::kuid_t;
    pub(super) safe fn make_kgid(namespace: &UserNamespace, id: u32) -> bindings::kgid_t;
    pub(super) safe fn from_kuid_munged(namespace: &UserNamespace, user: bindings::kuid_t) -> u32;
    pub(super) safe fn from_kgid_munged(namespace: &UserNamespace, group: bindings::kgid_t) -> u32;
    pub(super) safe fn in_egroup_p(group: bindings::kgid_t) -> ffi::c_int;
    pub(super) safe fn capable(capability: Capability) -> bool;
    pub(super) safe fn ns_capable(namespace: &UserNamespace, capability: Capability) -> bool;
    pub(super) safe fn ns_capable_noaudit(
        namespace: &UserNamespace,
        capability: Capability,
    ) -> bool;
    // Has locks of its own; it is not the memory that is constant, but its address.
    pub(super) safe static init_user_ns: UserNamespace;

    // Time.

    pub(super) safe fn ktime_get() -> i64;
    pub(super) safe fn ktime_get_with_offset(ahead: Ahead) -> i64;
    // Waits for the function of the timer, if that runs.
    pub(super) safe fn hrtimer_cancel(timer: &Foreign<bindings::hrtimer>) -> ffi::c_int;

    // Waiting.

    // Without a key it stands for any event.
    pub(super) safe fn __wake_up(
        head: &Foreign<bindings::wait_queue_head>,
        mode: ffi::c_uint,
        most: ffi::c_int,
        key: Option<&Opaque<ffi::c_void>>,
    ) -> ffi::c_int;
    // Refuses no flags, but warns of all except for those that wakers outside of the scheduler use.
    pub(super) safe fn default_wake_function(
        entry: &WaitEntry<'_>,
        mode: ffi::c_uint,
        flags: ffi::c_int,
        key: Option<&Opaque<ffi::c_void>>,
    ) -> ffi::c_int;
    // Nobody is in a section that began before, when these return.
    pub(super) safe fn synchronize_srcu(section: &Foreign<bindings::srcu_struct>);
    // What protects the probes of tracepoints, `kernel/tracepoint.c`; not in the bindings.
    pub(super) safe static tracepoint_srcu: Foreign<bindings::srcu_struct>;

    // Files.

    // Returns an owner, or an error in its place.
    pub(super) safe fn eventfd_ctx_fdget(
        descriptor: ffi::c_int,
    ) -> *mut Foreign<bindings::eventfd_ctx>;
    pub(super) safe fn eventfd_signal_mask(
        context: &Foreign<bindings::eventfd_ctx>,
        mask: bindings::__poll_t,
    );
    // `anon_inode_getfile()`, `fs/anon_inodes.c`; not in the bindings.
    pub(super) fn anon_inode_getfile(
        name: *const ffi::c_char,
        fops: *const bindings::file_operations,
        private: *mut ffi::c_void,
        flags: ffi::c_int,
    ) -> *mut bindings::file;

    // Memory.

    // The highest address of user space.
    pub(super) safe static USER_PTR_MAX: usize;
    // Who takes the lock and does not give it back only stops others.
    pub(super) safe fn down_read_killable(lock: &Foreign<bindings::rw_semaphore>) -> ffi::c_int;
    // Nothing is looked at before the iterator is used, which checks addresses of user space.
    pub(super) safe fn import_ubuf(
        direction: ffi::c_int,
        addr: UserPtr,
        len: usize,
        iterator: &mut bindings::iov_iter,
    ) -> ffi::c_int;
    pub(super) safe static page_offset_base: usize;
    pub(super) safe static vmemmap_base: usize;
    pub(super) safe static pgdir_shift: ffi::c_uint;
    // Which bits of an entry of a page table are an address, `arch/x86/mm/pgtable.c`.
    #[cfg(CONFIG_DYNAMIC_PHYSICAL_MASK)]
    pub(super) safe static physical_mask: u64;
    // `enum xen_domain_type`, `arch/x86/xen/enlighten.c`.
    #[cfg(CONFIG_XEN_PV)]
    pub(super) safe static xen_domain_type: ffi::c_uint;

    // Namespaces and modules.

    // The first IPC namespace, `ipc/msgutil.c`, of a type that the bindings do not know; what is read
    // of it does not change.
    pub(super) safe static init_ipc_ns: Foreign<bindings::ipc_namespace>;
    // The module itself, of which only the address is taken, as the kernel's own `module!` macro names it.
    pub(super) safe static __this_module: Opaque<bindings::module>;
}

// SAFETY: Reference counted; it has a lock of its own.
unsafe impl GiveBack for Pid {
    const PUT: unsafe extern "C" fn(NonNull<Self>) = put_pid;
}

// SAFETY: The count is that of the references which `put_pid()` gives back.
unsafe impl Counted for Pid {
    fn get(&self) {
        refcount_inc(self.part(field!(bindings::pid, count)));
    }
}

// SAFETY: Reference counted, and made to be used by any thread.
unsafe impl GiveBack for Task {
    const PUT: unsafe extern "C" fn(NonNull<Self>) = put_task_struct;
}

// SAFETY: Reference counted, and does not change.
unsafe impl GiveBack for Credential {
    const PUT: unsafe extern "C" fn(NonNull<Self>) = put_cred;
}

// SAFETY: Reference counted; it has a lock of its own.
unsafe impl GiveBack for Foreign<bindings::eventfd_ctx> {
    const PUT: unsafe extern "C" fn(NonNull<Self>) = eventfd_ctx_put;
}
