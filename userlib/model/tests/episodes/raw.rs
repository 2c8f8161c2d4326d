// SPDX-License-Identifier: MIT OR Apache-2.0

//! System calls, and the memory that the processes share. The only file with unsafe code.

#![allow(unsafe_code)]
// An operation and the addresses it takes belong together, and have one reason.
#![allow(clippy::multiple_unsafe_ops_per_block)]

use std::cell::UnsafeCell;
use std::io::{Error, Result};
use std::mem::{size_of, zeroed};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, Ordering};

use qipc_sys as sys;

/// Bytes that an order or a report can carry.
pub const MOST: usize = 8192;
/// Content of memory that nothing was written to.
pub const UNTOUCHED: u8 = 0xa5;

// --- mailboxes ---

/// What a thread is to do; numbers are those of the module.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    Create {
        flags: u32,
    },
    Destroy {
        chid: i32,
    },
    Attach {
        pid: i32,
        chid: i32,
    },
    Detach {
        coid: i32,
    },
    Send {
        coid: i32,
        length: usize,
        room: usize,
        priority: i32,
        timeout: Option<sys::qipc_timeout>,
        layout: u32,
    },
    Pulse {
        coid: i32,
        priority: i32,
        code: i32,
        value: u64,
    },
    Receive {
        chid: i32,
        room: usize,
        flags: u32,
        timeout: Option<sys::qipc_timeout>,
        layout: u32,
        reply: Option<(i64, i64, usize)>,
    },
    Reply {
        rcvid: i64,
        status: i64,
        length: usize,
        layout: u32,
    },
    Error {
        rcvid: i64,
        error: i32,
    },
    Read {
        rcvid: i64,
        offset: u64,
        length: usize,
        layout: u32,
    },
    Write {
        rcvid: i64,
        offset: u64,
        length: usize,
        layout: u32,
    },
    Info {
        rcvid: i64,
    },
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    pub errno: i32,
    /// Chid, coid, rcvid, status or number of bytes.
    pub value: i64,
    /// Error of a send, or of the reply before a receive.
    pub error: i32,
    pub scoid: i32,
    pub info: sys::qipc_msg_info,
    /// Something was written beside the parts.
    pub stray: bool,
    /// Bytes that come with it.
    pub length: usize,
}

/// One thread and the controller; a turn is the number of an order.
#[repr(C)]
pub struct Mailbox {
    ordered: AtomicU32,
    reported: AtomicU32,
    pub signals: AtomicU32,
    pub tid: AtomicI32,
    order: UnsafeCell<Order>,
    report: UnsafeCell<Report>,
    data: UnsafeCell<[u8; MOST]>,
}

// SAFETY: The cells belong to the controller while both counters are equal, and to the thread while they differ. Each
// side only gives them away, by a store that the other side's load synchronizes with.
unsafe impl Sync for Mailbox {}

impl Mailbox {
    /// True while an order is being carried out.
    pub fn is_busy(&self) -> bool {
        self.ordered.load(Ordering::Acquire) != self.reported.load(Ordering::Acquire)
    }

    /// Gives an order; the thread runs at once if it is more urgent.
    pub fn post(&self, order: Order, data: &[u8]) {
        assert!(!self.is_busy() && data.len() <= MOST, "the thread is busy");
        // SAFETY: The thread is not busy, so the cells are ours; the length was checked.
        unsafe {
            *self.order.get() = order;
            ptr::copy_nonoverlapping(data.as_ptr(), self.data.get().cast(), data.len());
        }
        self.ordered.fetch_add(1, Ordering::Release);
        futex(&self.ordered, libc::FUTEX_WAKE, 1);
    }

    /// Report on the last order, once it is there.
    pub fn report(&self) -> Option<(Report, &[u8])> {
        if self.is_busy() {
            return None;
        }
        // SAFETY: The thread is not busy, so the cells are ours, until the next order; it needs `&self` to be written to
        // by `post`, which the controller does not do while it looks at a report.
        let (report, data) = unsafe { (*self.report.get(), &*self.data.get()) };
        Some((report, &data[..report.length.min(MOST)]))
    }

    /// In the thread: waits for an order.
    pub fn wait(&self) -> (Order, &[u8; MOST]) {
        loop {
            let ordered = self.ordered.load(Ordering::Acquire);
            if ordered != self.reported.load(Ordering::Acquire) {
                break;
            }
            futex(&self.ordered, libc::FUTEX_WAIT, ordered);
        }
        // SAFETY: There is an order, so the cells are ours until `done`.
        unsafe { (*self.order.get(), &*self.data.get()) }
    }

    /// In the thread: reports.
    pub fn done(&self, mut report: Report, data: &[u8]) {
        report.length = data.len().min(MOST);
        // SAFETY: There is an order, so the cells are ours.
        unsafe {
            *self.report.get() = report;
            ptr::copy_nonoverlapping(data.as_ptr(), self.data.get().cast(), report.length);
        }
        self.reported
            .store(self.ordered.load(Ordering::Acquire), Ordering::Release);
    }

    /// The thread is gone, whatever it was doing.
    pub fn clear(&self) {
        self.tid.store(0, Ordering::Relaxed);
        self.signals.store(0, Ordering::Relaxed);
        self.reported
            .store(self.ordered.load(Ordering::Relaxed), Ordering::Release);
    }
}

fn futex(word: &AtomicU32, operation: i32, value: u32) {
    // SAFETY: The word outlives the call; a wait without a timeout has no other address.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            operation,
            value,
            ptr::null::<u8>(),
        );
    }
}

/// Threads of a process.
pub const THREADS: usize = 3;
/// Processes.
pub const PROCESSES: usize = 6;

/// All mailboxes.
#[repr(C)]
pub struct Board(pub [[Mailbox; THREADS]; PROCESSES]);

/// For the signal handler.
static BOARD: AtomicPtr<Board> = AtomicPtr::new(ptr::null_mut());

/// New memory that forked processes share.
pub fn board() -> Result<&'static Board> {
    // SAFETY: A new mapping of the right size.
    let memory = unsafe {
        libc::mmap(
            ptr::null_mut(),
            size_of::<Board>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if memory == libc::MAP_FAILED {
        return Err(Error::last_os_error());
    }
    let board: *mut Board = memory.cast();
    for mailbox in 0..PROCESSES * THREADS {
        // SAFETY: Inside the mapping, which nobody else knows yet, and whose zeroes are valid counters and bytes.
        unsafe {
            let mailbox = board.cast::<Mailbox>().add(mailbox);
            (&raw mut (*mailbox).order).write(UnsafeCell::new(Order::Destroy { chid: 0 }));
            (&raw mut (*mailbox).report).write(UnsafeCell::new(Report::default()));
        }
    }
    BOARD.store(board, Ordering::Release);
    // SAFETY: It is initialized, and never unmapped.
    Ok(unsafe { &*board })
}

extern "C" fn count_signal(_: i32) {
    let board = BOARD.load(Ordering::Acquire);
    // SAFETY: Null or valid for ever. Nothing here is unsafe in a signal handler.
    if let Some(board) = unsafe { board.as_ref() } {
        let own = gettid();
        for mailbox in board.0.iter().flatten() {
            if mailbox.tid.load(Ordering::Relaxed) == own {
                mailbox.signals.fetch_add(1, Ordering::Release);
            }
        }
    }
}

/// Counts SIGUSR1 in the mailbox of the thread that it comes to.
pub fn count_signals() -> Result<()> {
    // SAFETY: All-zero is a valid action; the handler lives as long as the program.
    check(unsafe {
        let mut action: libc::sigaction = zeroed();
        action.sa_sigaction = count_signal as extern "C" fn(i32) as usize;
        libc::sigaction(libc::SIGUSR1, &action, ptr::null_mut())
    })
    .map(drop)
}

// --- processes and time ---

fn check(result: i32) -> Result<i32> {
    if result < 0 {
        Err(Error::last_os_error())
    } else {
        Ok(result)
    }
}

pub fn gettid() -> i32 {
    // SAFETY: No arguments.
    unsafe { libc::gettid() }
}

/// A process that runs `work` and ends, if the one that made it does not end first.
pub fn fork(work: impl FnOnce()) -> Result<i32> {
    // SAFETY: The caller has one thread.
    let pid = check(unsafe { libc::fork() })?;
    if pid == 0 {
        // SAFETY: Plain numbers.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        work();
        std::process::abort();
    }
    Ok(pid)
}

/// Kills a process and waits until nothing is left of it.
pub fn kill(pid: i32) -> Result<()> {
    // SAFETY: Plain numbers, and no place for a status.
    unsafe {
        check(libc::kill(pid, libc::SIGKILL))?;
        check(libc::waitpid(pid, ptr::null_mut(), 0))?;
    }
    Ok(())
}

/// Sends SIGUSR1 to a thread.
pub fn signal(pid: i32, tid: i32) -> Result<()> {
    // SAFETY: Plain numbers.
    let result = unsafe { libc::syscall(libc::SYS_tgkill, pid, tid, libc::SIGUSR1) };
    check(result as i32).map(drop)
}

/// Runs the calling thread on one processor only.
pub fn pin(processor: usize) -> Result<()> {
    // SAFETY: All-zero is the empty set; the set outlives the call.
    check(unsafe {
        let mut set: libc::cpu_set_t = zeroed();
        libc::CPU_SET(processor, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set)
    })
    .map(drop)
}

/// Gives the calling thread a priority: SCHED_FIFO, or SCHED_OTHER with 0.
pub fn set_priority(priority: i32) -> Result<()> {
    let policy = if priority > 0 {
        libc::SCHED_FIFO
    } else {
        libc::SCHED_OTHER
    };
    let param = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: The parameter outlives the call.
    check(unsafe { libc::sched_setscheduler(0, policy, &param) }).map(drop)
}

/// The real-time clock, in nanoseconds.
pub fn clock() -> Result<u64> {
    // SAFETY: All-zero is a valid time, which outlives the call.
    let time = unsafe {
        let mut time: libc::timespec = zeroed();
        check(libc::clock_gettime(libc::CLOCK_REALTIME, &mut time))?;
        time
    };
    Ok(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// Sets the real-time clock.
pub fn set_clock(time: u64) -> Result<()> {
    let time = libc::timespec {
        tv_sec: (time / 1_000_000_000) as libc::time_t,
        tv_nsec: (time % 1_000_000_000) as libc::c_long,
    };
    // SAFETY: The time outlives the call.
    check(unsafe { libc::clock_settime(libc::CLOCK_REALTIME, &time) }).map(drop)
}

/// Sleeps until a time of the real-time clock.
pub fn sleep_until(time: u64) -> Result<()> {
    let time = libc::timespec {
        tv_sec: (time / 1_000_000_000) as libc::time_t,
        tv_nsec: (time % 1_000_000_000) as libc::c_long,
    };
    // SAFETY: The time outlives the call, and there is no place for what is left.
    match unsafe {
        libc::clock_nanosleep(
            libc::CLOCK_REALTIME,
            libc::TIMER_ABSTIME,
            &time,
            ptr::null_mut(),
        )
    } {
        0 => Ok(()),
        error => Err(Error::from_raw_os_error(error)),
    }
}

// --- the module ---

/// A session; it ends with the process.
pub fn open() -> Result<i32> {
    // SAFETY: A constant string.
    check(unsafe { libc::open(c"/dev/qipc".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC) })
}

/// Memory in parts, as a message call has it.
pub struct Memory {
    bytes: Vec<u8>,
    parts: Vec<sys::qipc_iov>,
    ranges: Vec<(usize, usize)>,
    single: bool,
}

impl Memory {
    /// So many untouched bytes. The layout says how they are cut up; the first part holds at least `whole` bytes.
    pub fn new(layout: u32, total: usize, whole: usize) -> Self {
        let single = layout % 4 == 0;
        let mut draw = layout;
        let mut next = |limit: usize| {
            draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (draw >> 16) as usize % limit.max(1)
        };
        let (mut ranges, mut at, mut left) = (Vec::new(), 8 + next(9), total);
        for part in 0..layout % 4 {
            let least = if part == 0 { whole.min(left) } else { 0 };
            let length = if part == layout % 4 - 1 {
                left
            } else {
                least + next(left - least + 1)
            };
            ranges.push((at, length));
            at += length + next(9);
            left -= length;
        }
        if single {
            ranges.push((at, total));
            at += total;
        }
        let mut bytes = vec![UNTOUCHED; at + 8];
        let parts = ranges
            .iter()
            .map(|&(start, length)| sys::qipc_iov {
                base: bytes[start..].as_mut_ptr() as u64,
                len: length as u64,
            })
            .collect();
        Self {
            bytes,
            parts,
            ranges,
            single,
        }
    }

    /// Memory that holds these bytes.
    pub fn holding(layout: u32, data: &[u8]) -> Self {
        let mut memory = Self::new(layout, data.len(), 0);
        let mut rest = data;
        for &(start, length) in &memory.ranges {
            let (here, behind) = rest.split_at(length);
            memory.bytes[start..start + length].copy_from_slice(here);
            rest = behind;
        }
        memory
    }

    /// The bytes of all parts, and whether anything beside them was touched.
    pub fn take(mut self) -> (Vec<u8>, bool) {
        let mut all = Vec::with_capacity(self.bytes.len());
        for &(start, length) in &self.ranges {
            let part = &mut self.bytes[start..start + length];
            all.extend_from_slice(part);
            part.fill(UNTOUCHED);
        }
        (all, self.bytes.iter().any(|byte| *byte != UNTOUCHED))
    }

    fn vec(&mut self) -> sys::qipc_vec {
        // Again, for the memory may have moved with this structure; the bytes of a Vec do not.
        if let (true, Some(part)) = (self.single, self.parts.first()) {
            return sys::qipc_vec {
                base: part.base,
                count: part.len,
            };
        }
        sys::qipc_vec {
            base: self.parts.as_ptr() as u64,
            count: self.parts.len() as u64,
        }
    }

    fn flag(&self, flag: u32) -> u32 {
        if self.single {
            flag
        } else {
            0
        }
    }
}

/// Errno of an ioctl, or 0.
///
/// # Safety
///
/// The structure is that of the number, and user addresses in it are valid for what the ioctl does with them.
unsafe fn ioctl<T>(fd: i32, number: u32, argument: &mut T) -> i32 {
    // SAFETY: By the caller.
    if unsafe { libc::ioctl(fd, number as libc::c_ulong, ptr::from_mut(argument)) } < 0 {
        Error::last_os_error().raw_os_error().unwrap_or(-1)
    } else {
        0
    }
}

/// Ties the ioctls without user addresses to their structures.
pub trait Plain {
    const NUMBER: u32;
}

macro_rules! plain {
    ($($argument:ident: $number:ident;)*) => {$(
        impl Plain for sys::$argument {
            const NUMBER: u32 = sys::$number;
        }
    )*};
}

plain! {
    qipc_channel_destroy: QIPC_CHANNEL_DESTROY;
    qipc_connect_attach: QIPC_CONNECT_ATTACH;
    qipc_connect_detach: QIPC_CONNECT_DETACH;
    qipc_connect_server_info: QIPC_CONNECT_SERVER_INFO;
    qipc_pulse_send: QIPC_PULSE_SEND;
    qipc_msg_error: QIPC_MSG_ERROR;
    qipc_msg_info_get: QIPC_MSG_INFO;
}

/// An ioctl without user addresses.
pub fn plain<T: Plain>(fd: i32, argument: &mut T) -> i32 {
    // SAFETY: The number is that of the structure, which has no user addresses.
    unsafe { ioctl(fd, T::NUMBER, argument) }
}

pub fn create(fd: i32, flags: u32) -> (i32, i32) {
    let mut argument = sys::qipc_channel_create {
        flags,
        ..Default::default()
    };
    // SAFETY: The address of the event is 0.
    let errno = unsafe { ioctl(fd, sys::QIPC_CHANNEL_CREATE, &mut argument) };
    (errno, argument.chid)
}

fn address(timeout: Option<&sys::qipc_timeout>) -> u64 {
    timeout.map_or(0, |timeout| ptr::from_ref(timeout) as u64)
}

pub fn send(
    fd: i32,
    coid: i32,
    send: &mut Memory,
    reply: &mut Memory,
    timeout: Option<&sys::qipc_timeout>,
) -> (i32, sys::qipc_msg_send) {
    let mut argument = sys::qipc_msg_send {
        coid,
        flags: send.flag(sys::QIPC_SEND_BUF) | reply.flag(sys::QIPC_REPLY_BUF),
        send: send.vec(),
        reply: reply.vec(),
        timeout: address(timeout),
        ..Default::default()
    };
    // SAFETY: The memories and the timeout are borrowed until this returns.
    let errno = unsafe { ioctl(fd, sys::QIPC_MSG_SEND, &mut argument) };
    (errno, argument)
}

/// A receive; in the same call with a reply if there is one to make.
pub fn receive(
    fd: i32,
    (chid, flags): (i32, u32),
    memory: &mut Memory,
    timeout: Option<&sys::qipc_timeout>,
    reply: Option<(i64, i64, &mut Memory)>,
) -> (i32, sys::qipc_msg_reply_receive) {
    let mut argument = sys::qipc_msg_reply_receive {
        receive: sys::qipc_msg_receive {
            chid,
            flags: flags | memory.flag(sys::QIPC_BUF),
            vec: memory.vec(),
            timeout: address(timeout),
            rcvid: -1,
            ..Default::default()
        },
        ..Default::default()
    };
    // SAFETY: The memories and the timeout are borrowed until this returns.
    let errno = unsafe {
        match reply {
            None => ioctl(fd, sys::QIPC_MSG_RECEIVE, &mut argument.receive),
            Some((rcvid, status, memory)) => {
                argument.reply = sys::qipc_msg_reply {
                    rcvid,
                    status,
                    flags: memory.flag(sys::QIPC_BUF),
                    vec: memory.vec(),
                    ..Default::default()
                };
                ioctl(fd, sys::QIPC_MSG_REPLY_RECEIVE, &mut argument)
            }
        }
    };
    (errno, argument)
}

pub fn reply(fd: i32, rcvid: i64, status: i64, memory: &mut Memory) -> i32 {
    let mut argument = sys::qipc_msg_reply {
        rcvid,
        status,
        flags: memory.flag(sys::QIPC_BUF),
        vec: memory.vec(),
        ..Default::default()
    };
    // SAFETY: The memory is borrowed until this returns.
    unsafe { ioctl(fd, sys::QIPC_MSG_REPLY, &mut argument) }
}

/// A read or write; errno and number of bytes.
pub fn transfer(fd: i32, read: bool, rcvid: i64, offset: u64, memory: &mut Memory) -> (i32, i64) {
    let number = if read {
        sys::QIPC_MSG_READ
    } else {
        sys::QIPC_MSG_WRITE
    };
    let mut argument = sys::qipc_msg_transfer {
        rcvid,
        offset,
        flags: memory.flag(sys::QIPC_BUF),
        vec: memory.vec(),
        bytes: -1,
        ..Default::default()
    };
    // SAFETY: The memory is borrowed until this returns.
    let errno = unsafe { ioctl(fd, number, &mut argument) };
    (errno, argument.bytes)
}
