// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the benchmark needs of the kernel and the standard library does not have. The only file of the crate with unsafe
//! code.
//!
//! Memory that system calls read and write is a [`Memory`]: a mapping of its own, of which no Rust reference ever exists,
//! so that nothing another process or the kernel does to its bytes can break a rule of the language. A [`Vector`] names
//! ranges of it, and keeps it alive for as long as a prepared call needs it.

use std::ffi::{c_int, c_void, CStr};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::Arc;

use qipc_sys as sys;

/// The result of a system call that returns -1 and sets errno.
fn check(result: libc::c_long) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// How a [`Memory`] is mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapping {
    /// Of this process alone, in pages of the smallest size.
    Private,
    /// Shared with children that are forked later.
    Shared,
    /// Of this process alone, in huge pages as far as the kernel has some; aligned to them.
    Huge,
}

/// Size of a huge page.
pub const HUGE: usize = 2 << 20;

/// A mapping that is there, zeroed and touched, until it is dropped.
#[derive(Debug)]
pub struct Memory {
    base: *mut u8,
    mapped: *mut c_void,
    mapped_len: usize,
    len: usize,
}

// SAFETY: The pointer is only given to the kernel, or used for atomic and volatile accesses.
unsafe impl Send for Memory {}
// SAFETY: As above.
unsafe impl Sync for Memory {}

impl Memory {
    /// Maps and touches `len` bytes.
    pub fn new(len: usize, mapping: Mapping) -> io::Result<Self> {
        let huge = mapping == Mapping::Huge;
        let mapped_len = if huge {
            len.next_multiple_of(HUGE) + HUGE
        } else {
            len.max(1)
        };
        let flags = if mapping == Mapping::Shared {
            libc::MAP_SHARED
        } else {
            libc::MAP_PRIVATE
        };
        // SAFETY: A new mapping wherever the kernel likes, which touches nothing that exists.
        let mapped = unsafe {
            libc::mmap(
                ptr::null_mut(),
                mapped_len,
                libc::PROT_READ | libc::PROT_WRITE,
                flags | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if mapped == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let base: *mut u8 = mapped.cast();
        let skip = if huge { base.align_offset(HUGE) } else { 0 };
        let memory = Self {
            base: base.wrapping_add(skip),
            mapped,
            mapped_len,
            len,
        };
        if mapping != Mapping::Shared {
            let advice = if huge {
                libc::MADV_HUGEPAGE
            } else {
                libc::MADV_NOHUGEPAGE
            };
            // SAFETY: Advice about pages of this mapping; it changes no contents.
            unsafe { libc::madvise(mapped, mapped_len, advice) };
        }
        for at in (0..len).step_by(4096) {
            memory.poke(at, 0);
        }
        Ok(memory)
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Where it lies.
    pub fn address(&self) -> u64 {
        self.base as u64
    }

    /// Sets one byte.
    pub fn poke(&self, at: usize, value: u8) {
        assert!(at < self.len);
        // SAFETY: Inside the mapping, checked above.
        unsafe { ptr::write_volatile(self.base.wrapping_add(at), value) }
    }

    /// Reads one byte.
    pub fn peek(&self, at: usize) -> u8 {
        assert!(at < self.len);
        // SAFETY: Inside the mapping, checked above.
        unsafe { ptr::read_volatile(self.base.wrapping_add(at)) }
    }

    /// Sets each byte to something that depends on its place and on `seed`.
    pub fn fill(&self, seed: u8) {
        self.fill_from(0, seed);
    }

    /// The same from a place on, which is place 0 of the pattern.
    pub fn fill_from(&self, start: usize, seed: u8) {
        let len = self.len.saturating_sub(start);
        let first = len.min(PATTERN);
        for at in 0..first {
            self.poke(start + at, pattern(at, seed));
        }
        for at in (first..len).step_by(PATTERN) {
            let count = PATTERN.min(len - at);
            // SAFETY: Both ranges are inside the mapping and do not overlap: `at` is at least PATTERN behind the start.
            unsafe {
                ptr::copy_nonoverlapping(
                    self.base.wrapping_add(start),
                    self.base.wrapping_add(start + at),
                    count,
                )
            }
        }
    }

    /// The first place where the pattern is wrong. Of a long range samples are looked at.
    pub fn first_wrong(&self, start: usize, len: usize, seed: u8) -> Option<usize> {
        let step = if len > 65536 { 257 } else { 1 };
        let wrong = |at: &usize| self.peek(start + at) != pattern(*at, seed);
        (0..len)
            .step_by(step)
            .chain(len.saturating_sub(64)..len)
            .find(wrong)
    }

    /// Copies bytes from another mapping, as a program that talks through shared memory does.
    pub fn copy_from(&self, at: usize, from: &Memory, from_at: usize, len: usize) {
        assert!(at + len <= self.len && from_at + len <= from.len);
        // SAFETY: Both ranges are inside their mappings, checked above, and different mappings do not overlap.
        unsafe {
            ptr::copy_nonoverlapping(
                from.base.wrapping_add(from_at),
                self.base.wrapping_add(at),
                len,
            )
        }
    }

    /// A word of it, for threads and processes to share.
    pub fn word(&self, index: usize) -> &AtomicU32 {
        assert!(index * 4 + 4 <= self.len);
        // SAFETY: Inside the mapping, aligned, and accessed atomically by everybody.
        unsafe { AtomicU32::from_ptr(self.base.wrapping_add(index * 4).cast()) }
    }

    /// A long word of it, for threads and processes to share.
    pub fn long(&self, index: usize) -> &AtomicU64 {
        assert!(index * 8 + 8 <= self.len);
        // SAFETY: Inside the mapping, aligned, and accessed atomically by everybody.
        unsafe { AtomicU64::from_ptr(self.base.wrapping_add(index * 8).cast()) }
    }

    /// `read` into a range of it.
    pub fn read(&self, fd: &impl AsRawFd, at: usize, len: usize) -> io::Result<usize> {
        assert!(at + len <= self.len);
        // SAFETY: The range is inside the mapping, checked above.
        let moved = unsafe { libc::read(fd.as_raw_fd(), self.base.wrapping_add(at).cast(), len) };
        check(moved as libc::c_long)
    }

    /// `write` from a range of it.
    pub fn write(&self, fd: &impl AsRawFd, at: usize, len: usize) -> io::Result<usize> {
        assert!(at + len <= self.len);
        // SAFETY: The range is inside the mapping, checked above.
        let moved = unsafe { libc::write(fd.as_raw_fd(), self.base.wrapping_add(at).cast(), len) };
        check(moved as libc::c_long)
    }

    /// `pread` into a range of it.
    pub fn pread(
        &self,
        fd: &impl AsRawFd,
        at: usize,
        len: usize,
        offset: u64,
    ) -> io::Result<usize> {
        assert!(at + len <= self.len);
        // SAFETY: The range is inside the mapping, checked above.
        check(unsafe {
            libc::pread(
                fd.as_raw_fd(),
                self.base.wrapping_add(at).cast(),
                len,
                offset as libc::off_t,
            )
        } as libc::c_long)
    }

    /// `process_vm_readv` of one range of another process into a range of it.
    pub fn read_process(&self, pid: i32, remote: u64, at: usize, len: usize) -> io::Result<usize> {
        assert!(at + len <= self.len);
        let local = libc::iovec {
            iov_base: self.base.wrapping_add(at).cast(),
            iov_len: len,
        };
        let remote = libc::iovec {
            iov_base: remote as *mut c_void,
            iov_len: len,
        };
        // SAFETY: The local range is inside the mapping, checked above; the remote one is only read.
        check(unsafe { libc::process_vm_readv(pid, &local, 1, &remote, 1, 0) } as libc::c_long)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: The mapping is this value's own, and nothing that was borrowed of it is left.
        unsafe { libc::munmap(self.mapped, self.mapped_len) };
    }
}

/// Bytes after which the pattern begins again.
const PATTERN: usize = 1 << 20;

/// The byte that [`Memory::fill`] puts at a place.
pub fn pattern(at: usize, seed: u8) -> u8 {
    (at as u8)
        .wrapping_mul(31)
        .wrapping_add((at >> 12) as u8)
        .wrapping_add(seed)
}

/// Ranges of one memory: what a message is made of.
#[derive(Debug, Clone)]
pub struct Vector {
    memory: Arc<Memory>,
    /// None: one buffer, `start` and `len`.
    parts: Option<Arc<[sys::qipc_iov]>>,
    start: usize,
    len: usize,
}

impl Vector {
    /// One buffer.
    pub fn buffer(memory: &Arc<Memory>, start: usize, len: usize) -> Self {
        assert!(start + len <= memory.len());
        Self {
            memory: memory.clone(),
            parts: None,
            start,
            len,
        }
    }

    /// Parts: start and length of each.
    pub fn parts(memory: &Arc<Memory>, parts: &[(usize, usize)]) -> Self {
        let iov = parts.iter().map(|&(start, len)| {
            assert!(start + len <= memory.len());
            sys::qipc_iov {
                base: memory.address() + start as u64,
                len: len as u64,
            }
        });
        Self {
            memory: memory.clone(),
            parts: Some(iov.collect()),
            start: 0,
            len: parts.iter().map(|p| p.1).sum(),
        }
    }

    fn vec(&self) -> sys::qipc_vec {
        match &self.parts {
            None => sys::qipc_vec {
                base: self.memory.address() + self.start as u64,
                count: self.len as u64,
            },
            Some(parts) => sys::qipc_vec {
                base: parts.as_ptr() as u64,
                count: parts.len() as u64,
            },
        }
    }

    /// `flag` if this is one buffer.
    fn flag(&self, flag: u32) -> u32 {
        if self.parts.is_none() {
            flag
        } else {
            0
        }
    }
}

/// An ioctl whose argument is a structure without pointers, or with pointers to memory that the caller keeps.
fn ioctl<T>(fd: &impl AsRawFd, number: u32, argument: &mut T) -> io::Result<usize> {
    assert_eq!(((number >> 16) & 0x3fff) as usize, size_of::<T>());
    // SAFETY: The number says how long the argument is, checked above, and that it is read and written. What the
    // argument points to is memory of a `Vector` that its owner keeps, see the types below.
    check(unsafe {
        libc::ioctl(
            fd.as_raw_fd(),
            number as libc::c_ulong,
            ptr::from_mut(argument),
        )
    } as libc::c_long)
}

/// An ioctl that takes no pointer, whatever its number.
pub fn ioctl_plain(fd: &impl AsRawFd, number: u32) -> io::Result<usize> {
    assert_eq!((number >> 16) & 0x3fff, 0, "this ioctl takes a pointer");
    // SAFETY: The number says that there is no argument.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), number as libc::c_ulong, 0) } as libc::c_long)
}

/// `QIPC_CHANNEL_CREATE`.
pub fn channel_create(fd: &impl AsRawFd, flags: u32) -> io::Result<i32> {
    let mut args = sys::qipc_channel_create {
        flags,
        ..Default::default()
    };
    ioctl(fd, sys::QIPC_CHANNEL_CREATE, &mut args)?;
    Ok(args.chid)
}

/// `QIPC_CONNECT_ATTACH`; `index` 0 makes a descriptor.
pub fn connect_attach(fd: &impl AsRawFd, pid: i32, chid: i32, index: u32) -> io::Result<i32> {
    let mut args = sys::qipc_connect_attach {
        pid,
        chid,
        index,
        ..Default::default()
    };
    ioctl(fd, sys::QIPC_CONNECT_ATTACH, &mut args)?;
    Ok(args.coid)
}

/// The descriptor that `connect_attach` has made.
pub fn connection_fd(coid: i32) -> OwnedFd {
    // SAFETY: Called once with the number that the kernel has just given out.
    unsafe { OwnedFd::from_raw_fd(coid) }
}

/// `QIPC_BENCH_SWITCH`: wake the other seat.
pub const BENCH_WAKE: u32 = 1;
/// `QIPC_BENCH_SWITCH`: sleep until the other seat wakes this one.
pub const BENCH_SLEEP: u32 = 2;

/// `QIPC_BENCH_PAIR`: takes a seat.
pub fn bench_pair(fd: &impl AsRawFd, seat: u32) -> io::Result<()> {
    let mut args = [seat, 0];
    ioctl(fd, 0x4008_717e, &mut args).map(|_| ())
}

/// `QIPC_BENCH_SWITCH`, whose argument is a number.
pub fn bench_switch(fd: &impl AsRawFd, how: u32) -> io::Result<()> {
    // SAFETY: The number says that there is no structure, and the kernel takes the argument as a number.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), 0x717f, libc::c_ulong::from(how)) }.into())
        .map(|_| ())
}

/// A prepared `QIPC_MSG_SEND`.
#[derive(Debug)]
pub struct SendCall {
    args: sys::qipc_msg_send,
    _send: Vector,
    _reply: Vector,
}

impl SendCall {
    /// To send `send` and get the answer into `reply`.
    pub fn new(coid: i32, send: Vector, reply: Vector) -> Self {
        let args = sys::qipc_msg_send {
            coid,
            flags: send.flag(sys::QIPC_SEND_BUF) | reply.flag(sys::QIPC_REPLY_BUF),
            send: send.vec(),
            reply: reply.vec(),
            ..Default::default()
        };
        Self {
            args,
            _send: send,
            _reply: reply,
        }
    }

    /// Sends and waits; the status of the reply.
    pub fn call(&mut self, fd: &impl AsRawFd) -> io::Result<i64> {
        ioctl(fd, sys::QIPC_MSG_SEND, &mut self.args)?;
        Ok(self.args.status)
    }
}

/// A prepared `QIPC_MSG_RECEIVE`.
#[derive(Debug)]
pub struct ReceiveCall {
    args: sys::qipc_msg_receive,
    _into: Vector,
}

impl ReceiveCall {
    /// To receive from `chid` into `into`.
    pub fn new(chid: i32, into: Vector) -> Self {
        let args = sys::qipc_msg_receive {
            chid,
            flags: into.flag(sys::QIPC_BUF),
            vec: into.vec(),
            ..Default::default()
        };
        Self { args, _into: into }
    }

    /// Waits for a message; its receive id, 0 for a pulse.
    pub fn call(&mut self, fd: &impl AsRawFd) -> io::Result<i64> {
        ioctl(fd, sys::QIPC_MSG_RECEIVE, &mut self.args)?;
        Ok(self.args.rcvid)
    }
}

/// A prepared `QIPC_MSG_REPLY`.
#[derive(Debug)]
pub struct ReplyCall {
    args: sys::qipc_msg_reply,
    _from: Vector,
}

impl ReplyCall {
    /// To reply with `from`.
    pub fn new(from: Vector) -> Self {
        let args = sys::qipc_msg_reply {
            vec: from.vec(),
            flags: from.flag(sys::QIPC_BUF),
            ..Default::default()
        };
        Self { args, _from: from }
    }

    /// Answers one message.
    pub fn call(&mut self, fd: &impl AsRawFd, rcvid: i64, status: i64) -> io::Result<()> {
        self.args.rcvid = rcvid;
        self.args.status = status;
        ioctl(fd, sys::QIPC_MSG_REPLY, &mut self.args)?;
        Ok(())
    }
}

/// A prepared `QIPC_MSG_REPLY_RECEIVE`.
#[derive(Debug)]
pub struct ReplyReceiveCall {
    args: sys::qipc_msg_reply_receive,
    _from: Vector,
    _into: Vector,
}

impl ReplyReceiveCall {
    /// To reply with `from`, and receive the next message from `chid` into `into`.
    pub fn new(chid: i32, from: Vector, into: Vector) -> Self {
        let args = sys::qipc_msg_reply_receive {
            reply: sys::qipc_msg_reply {
                vec: from.vec(),
                flags: from.flag(sys::QIPC_BUF),
                ..Default::default()
            },
            receive: sys::qipc_msg_receive {
                chid,
                flags: into.flag(sys::QIPC_BUF),
                vec: into.vec(),
                ..Default::default()
            },
            ..Default::default()
        };
        Self {
            args,
            _from: from,
            _into: into,
        }
    }

    /// Answers `rcvid`, or nothing if it is 0, and waits for the next message.
    pub fn call(&mut self, fd: &impl AsRawFd, rcvid: i64, status: i64) -> io::Result<i64> {
        self.args.reply.rcvid = rcvid;
        self.args.reply.status = status;
        ioctl(fd, sys::QIPC_MSG_REPLY_RECEIVE, &mut self.args)?;
        match self.args.reply_error {
            0 => Ok(self.args.receive.rcvid),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }
}

/// A prepared `QIPC_MSG_READ` or `QIPC_MSG_WRITE`.
#[derive(Debug)]
pub struct TransferCall {
    args: sys::qipc_msg_transfer,
    number: u32,
    _with: Vector,
}

impl TransferCall {
    /// To read from the client's message into `into`.
    pub fn read(into: Vector) -> Self {
        Self::new(sys::QIPC_MSG_READ, into)
    }

    /// To write `from` to the client's reply memory.
    pub fn write(from: Vector) -> Self {
        Self::new(sys::QIPC_MSG_WRITE, from)
    }

    fn new(number: u32, with: Vector) -> Self {
        let args = sys::qipc_msg_transfer {
            vec: with.vec(),
            flags: with.flag(sys::QIPC_BUF),
            ..Default::default()
        };
        Self {
            args,
            number,
            _with: with,
        }
    }

    /// Copies; how many bytes.
    pub fn call(&mut self, fd: &impl AsRawFd, rcvid: i64, offset: u64) -> io::Result<i64> {
        self.args.rcvid = rcvid;
        self.args.offset = offset;
        ioctl(fd, self.number, &mut self.args)?;
        Ok(self.args.bytes)
    }
}

/// What became of a fork.
#[derive(Debug)]
pub enum Forked {
    /// This is the child.
    Child,
    /// This is the parent, and that the child.
    Parent(i32),
}

/// Forks. The benchmark has one thread wherever it does this.
pub fn fork() -> io::Result<Forked> {
    // SAFETY: The process has one thread, so the child finds no lock held.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Forked::Child),
        pid => Ok(Forked::Parent(pid)),
    }
}

/// Ends a child without what a normal exit does for its parent's sake.
pub fn exit_now(status: i32) -> ! {
    // SAFETY: Ends the process.
    unsafe { libc::_exit(status) }
}

/// Makes the calling thread real-time (SCHED_FIFO) at a priority, or ordinary at 0.
pub fn set_priority(priority: i32) -> io::Result<()> {
    let policy = if priority > 0 {
        libc::SCHED_FIFO
    } else {
        libc::SCHED_OTHER
    };
    let param = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: The structure is valid for the call.
    check(unsafe { libc::sched_setscheduler(0, policy, &param) }.into()).map(|_| ())
}

/// A private System V message queue, removed when dropped.
#[derive(Debug)]
pub struct SysvQueue {
    id: c_int,
    owner: u32,
}

impl SysvQueue {
    /// Makes one.
    pub fn new() -> io::Result<Self> {
        // SAFETY: Takes numbers only.
        let id = check(unsafe { libc::msgget(libc::IPC_PRIVATE, 0o600) }.into())?;
        Ok(Self {
            id: id as c_int,
            owner: std::process::id(),
        })
    }

    /// Sends a message that lies in `memory`: a long word for the type, then `len` bytes.
    pub fn send(&self, memory: &Memory, len: usize) -> io::Result<()> {
        assert!(8 + len <= memory.len);
        // SAFETY: Type and text are inside the mapping, checked above.
        check(unsafe { libc::msgsnd(self.id, memory.base.cast(), len, 0) }.into()).map(|_| ())
    }

    /// Receives a message of any type into `memory`.
    pub fn receive(&self, memory: &Memory, len: usize) -> io::Result<usize> {
        assert!(8 + len <= memory.len);
        // SAFETY: Type and text are inside the mapping, checked above.
        check(unsafe { libc::msgrcv(self.id, memory.base.cast(), len, 0, 0) } as libc::c_long)
    }
}

impl Drop for SysvQueue {
    fn drop(&mut self) {
        if self.owner == std::process::id() {
            // SAFETY: Removes the queue, which nobody but us knows.
            unsafe { libc::msgctl(self.id, libc::IPC_RMID, ptr::null_mut()) };
        }
    }
}

/// A POSIX message queue without a name: it is unlinked at once.
#[derive(Debug)]
pub struct PosixQueue(OwnedFd);

impl PosixQueue {
    /// Makes one for messages of up to `size` bytes.
    pub fn new(name: &CStr, size: usize) -> io::Result<Self> {
        // SAFETY: A structure of integers, for which zero is fine.
        let mut attr: libc::mq_attr = unsafe { std::mem::zeroed() };
        attr.mq_maxmsg = 4;
        attr.mq_msgsize = size.max(1) as libc::c_long;
        let flags = libc::O_RDWR | libc::O_CREAT | libc::O_EXCL;
        // SAFETY: Name and attributes are valid for the call.
        let fd = unsafe { libc::mq_open(name.as_ptr(), flags, 0o600 as libc::mode_t, &attr) };
        check(fd.into())?;
        // SAFETY: As above.
        unsafe { libc::mq_unlink(name.as_ptr()) };
        // SAFETY: A descriptor that is nobody else's; on Linux a queue is one.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Sends `len` bytes of `memory`.
    pub fn send(&self, memory: &Memory, len: usize) -> io::Result<()> {
        assert!(len <= memory.len);
        // SAFETY: The range is inside the mapping, checked above.
        check(unsafe { libc::mq_send(self.0.as_raw_fd(), memory.base.cast(), len, 0) }.into())
            .map(|_| ())
    }

    /// Receives into `memory`, which has room for the longest message.
    pub fn receive(&self, memory: &Memory, size: usize) -> io::Result<usize> {
        assert!(size <= memory.len);
        // SAFETY: The range is inside the mapping, checked above.
        check(unsafe {
            libc::mq_receive(
                self.0.as_raw_fd(),
                memory.base.cast(),
                size,
                ptr::null_mut(),
            )
        } as libc::c_long)
    }
}

/// The processor's time stamp counter. Under `-icount shift=0` it counts instructions.
#[cfg(target_arch = "x86_64")]
pub fn time_stamp() -> u64 {
    // SAFETY: Every x86-64 processor has the instruction; Linux lets user programs use it.
    unsafe { std::arch::x86_64::_rdtsc() }
}

/// The time stamp counter of a processor that has none.
#[cfg(not(target_arch = "x86_64"))]
pub fn time_stamp() -> u64 {
    0
}

/// Executes two instructions `count` times.
#[cfg(target_arch = "x86_64")]
pub fn spin(count: u64) {
    // SAFETY: Counts a register down to zero; touches nothing else.
    unsafe {
        std::arch::asm!("2: dec {n}", "jnz 2b", n = inout(reg) count.max(1) => _, options(nomem, nostack));
    }
}

/// Executes some instructions `count` times.
#[cfg(not(target_arch = "x86_64"))]
pub fn spin(count: u64) {
    for n in 0..count {
        std::hint::black_box(n);
    }
}

/// Copies a page within the memory with one string instruction.
#[cfg(target_arch = "x86_64")]
pub fn copy_page(memory: &Memory) {
    assert!(memory.len >= 8192);
    // SAFETY: Copies the first page of the mapping, which has two, to the second; the direction flag is clear in Rust code.
    unsafe {
        std::arch::asm!("rep movsb", inout("rcx") 4096_u64 => _, inout("rsi") memory.base => _,
            inout("rdi") memory.base.wrapping_add(4096) => _, options(nostack));
    }
}

/// Copies nothing where there is no such instruction.
#[cfg(not(target_arch = "x86_64"))]
pub fn copy_page(_: &Memory) {}

/// A counter of the kernel's for one process.
#[derive(Debug)]
pub struct Counter(OwnedFd);

/// What a [`Counter`] counts.
#[derive(Debug, Clone)]
pub enum Event {
    /// One of the kernel's own counters: PERF_COUNT_SW_*.
    Software(u64),
    /// A tracepoint, by its number in tracefs.
    Tracepoint(u64),
}

/// Start of struct perf_event_attr: its first version.
#[repr(C)]
#[derive(Default)]
struct PerfAttr {
    kind: u32,
    size: u32,
    config: u64,
    period: u64,
    sample: u64,
    read_format: u64,
    flags: u64,
    wakeup: u32,
    bp_type: u32,
    config1: u64,
}

impl Counter {
    /// Counts from now on what happens in a process of one thread.
    pub fn new(event: &Event, pid: i32) -> io::Result<Self> {
        let mut attr = PerfAttr {
            size: size_of::<PerfAttr>() as u32,
            ..Default::default()
        };
        match event {
            Event::Software(which) => (attr.kind, attr.config) = (1, *which),
            Event::Tracepoint(id) => (attr.kind, attr.config) = (2, *id),
        }
        let on_any_cpu: c_int = -1;
        let no_group: c_int = -1;
        // SAFETY: The structure says how long it is and is valid for the call.
        let fd = check(unsafe {
            libc::syscall(
                libc::SYS_perf_event_open,
                ptr::from_mut(&mut attr),
                pid,
                on_any_cpu,
                no_group,
                8_u64,
            )
        })?;
        // SAFETY: A new descriptor that is nobody else's.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd as c_int) }))
    }

    /// How often it has happened.
    pub fn read(&self) -> io::Result<u64> {
        let mut value = [0; 8];
        rustix::io::read(&self.0, &mut value)?;
        Ok(u64::from_ne_bytes(value))
    }
}

/// Installs a filter in this process, for good, that lets another one answer getppid; that one's descriptor.
pub fn seccomp_listener() -> io::Result<OwnedFd> {
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let mut code = [
        libc::sock_filter {
            code: LOAD,
            jt: 0,
            jf: 0,
            k: 0,
        },
        libc::sock_filter {
            code: EQUAL,
            jt: 0,
            jf: 1,
            k: libc::SYS_getppid as u32,
        },
        libc::sock_filter {
            code: RETURN,
            jt: 0,
            jf: 0,
            k: libc::SECCOMP_RET_USER_NOTIF,
        },
        libc::sock_filter {
            code: RETURN,
            jt: 0,
            jf: 0,
            k: libc::SECCOMP_RET_ALLOW,
        },
    ];
    let program = libc::sock_fprog {
        len: code.len() as u16,
        filter: code.as_mut_ptr(),
    };
    // SAFETY: A setting of this process, which filters without privileges need.
    check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }.into())?;
    // SAFETY: The program is valid for the call; the kernel copies it.
    let fd = check(unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
            ptr::from_ref(&program),
        )
    })?;
    // SAFETY: A new descriptor that is nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as c_int) })
}

/// Asks that a listener and those who wait for it wake each other on their own processor.
pub fn seccomp_same_cpu(listener: &OwnedFd) -> io::Result<()> {
    const SET_FLAGS: libc::c_ulong = 0x4008_2104;
    const SYNC_WAKE_UP: u64 = 1;
    // SAFETY: The argument is a number.
    check(unsafe { libc::ioctl(listener.as_raw_fd(), SET_FLAGS, SYNC_WAKE_UP) }.into()).map(|_| ())
}

/// Takes one system call and answers it.
pub fn seccomp_serve(listener: &OwnedFd) -> io::Result<()> {
    const RECEIVE: u32 = 0xc050_2100;
    const SEND: u32 = 0xc018_2101;
    let mut call = [0_u64; 10];
    ioctl(listener, RECEIVE, &mut call)?;
    let mut answer = [call[0], 0, 0];
    ioctl(listener, SEND, &mut answer).map(|_| ())
}

/// `BINDER_CTL_ADD`: makes a device in a binderfs.
pub fn binder_add(control: &impl AsRawFd, name: &str) -> io::Result<()> {
    let mut args = [0_u8; 264];
    args[..name.len()].copy_from_slice(name.as_bytes());
    ioctl(control, 0xc108_6201, &mut args).map(|_| ())
}

/// One process's use of a binder device: its file, the memory that messages arrive in, and a list of commands.
#[derive(Debug)]
pub struct Binder {
    file: std::fs::File,
    arrivals: *mut c_void,
    commands: Vec<u8>,
    results: Vec<u8>,
    data: Memory,
}

/// Bytes of the mapping that messages arrive in.
const ARRIVALS: usize = 1 << 20;
/// `BC_FREE_BUFFER`.
const BC_FREE_BUFFER: u32 = 0x4008_6303;

/// What arrived: code of the return, address and length of the data.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// `BR_*`.
    pub kind: u32,
    address: u64,
    /// Bytes of data.
    pub len: usize,
}

impl Binder {
    /// `BR_TRANSACTION`.
    pub const TRANSACTION: u32 = 0x8040_7202;
    /// `BR_REPLY`.
    pub const REPLY: u32 = 0x8040_7203;

    /// On an open device; `data` is what it sends.
    pub fn new(file: std::fs::File, data: Memory) -> io::Result<Self> {
        // SAFETY: A new mapping wherever the kernel likes.
        let arrivals = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_NORESERVE;
            libc::mmap(
                ptr::null_mut(),
                ARRIVALS,
                libc::PROT_READ,
                flags,
                file.as_raw_fd(),
                0,
            )
        };
        if arrivals == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            file,
            arrivals,
            commands: Vec::with_capacity(256),
            results: vec![0; 256],
            data,
        })
    }

    /// Becomes the one that handle 0 leads to, and a thread that takes messages.
    pub fn become_manager(&mut self) -> io::Result<()> {
        let mut zero = 0_i32;
        ioctl(&self.file, 0x4004_6207, &mut zero)?;
        self.commands.extend_from_slice(&0x630c_u32.to_ne_bytes());
        Ok(())
    }

    /// Puts a message to handle 0, or the answer to the last one, on the list.
    pub fn put(&mut self, answer: bool, len: usize) {
        assert!(len <= self.data.len());
        let command: u32 = if answer { 0x4040_6301 } else { 0x4040_6300 };
        self.commands.extend_from_slice(&command.to_ne_bytes());
        // Handle, cookie, code and flags, sender, size of data and of offsets, data, offsets.
        for word in [0, 0, 1, 0, len as u64, 0, self.data.address(), 0_u64] {
            self.commands.extend_from_slice(&word.to_ne_bytes());
        }
    }

    /// Carries out the list and waits for a message or an answer.
    pub fn talk(&mut self) -> io::Result<Arrival> {
        loop {
            let mut args = [
                self.commands.len() as u64,
                0,
                self.commands.as_ptr() as u64,
                self.results.len() as u64,
                0,
                self.results.as_mut_ptr() as u64,
            ];
            ioctl(&self.file, 0xc030_6201, &mut args)?;
            self.commands.clear();
            if let Some(arrival) = self.arrived(args[4] as usize)? {
                return Ok(arrival);
            }
        }
    }

    /// What the first `len` bytes of the results say.
    fn arrived(&self, len: usize) -> io::Result<Option<Arrival>> {
        let mut rest = &self.results[..len.min(self.results.len())];
        while let Some((head, tail)) = rest.split_first_chunk::<4>() {
            let kind = u32::from_ne_bytes(*head);
            let size = ((kind >> 16) & 0x3fff) as usize;
            if tail.len() < size {
                break;
            }
            match kind {
                Self::TRANSACTION | Self::REPLY => {
                    let word = |n: usize| {
                        let mut bytes = [0; 8];
                        bytes.copy_from_slice(&tail[n * 8..n * 8 + 8]);
                        u64::from_ne_bytes(bytes)
                    };
                    return Ok(Some(Arrival {
                        kind,
                        address: word(6),
                        len: word(4) as usize,
                    }));
                }
                // An error, a dead or failed reply.
                0x8004_7200 | 0x7205 | 0x7211 => {
                    return Err(io::Error::other(format!("binder answers {kind:#x}")))
                }
                _ => rest = &tail[size..],
            }
        }
        Ok(None)
    }

    /// Reads a byte of what arrived.
    pub fn peek(&self, arrival: &Arrival, at: usize) -> u8 {
        let start = (arrival.address - self.arrivals as u64) as usize;
        assert!(at < arrival.len && start + at < ARRIVALS);
        // SAFETY: Inside the mapping, checked above.
        unsafe { ptr::read_volatile(self.arrivals.cast::<u8>().wrapping_add(start + at)) }
    }

    /// Puts the release of what arrived on the list.
    pub fn release(&mut self, arrival: &Arrival) {
        self.commands
            .extend_from_slice(&BC_FREE_BUFFER.to_ne_bytes());
        self.commands
            .extend_from_slice(&arrival.address.to_ne_bytes());
    }
}

impl Drop for Binder {
    fn drop(&mut self) {
        // SAFETY: The mapping is this value's own.
        unsafe { libc::munmap(self.arrivals, ARRIVALS) };
    }
}
