// SPDX-License-Identifier: MIT OR Apache-2.0

//! The system calls of the fuzzer, and the memory that it hands to the kernel: the only unsafe code.
//!
//! What programs do to memory concerns the regions and the scratch below alone. They lie at fixed addresses
//! that nothing else uses, and the fuzzer makes no references into the regions; so whatever the kernel writes there, or
//! an unmapping in the middle of it all, is safe.

#![allow(unsafe_code)]

use crate::calls::KINDS;
use crate::program::{Part, PROCESSES, REGISTERS, THREADS};
use std::ffi::CString;
use std::io;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, AtomicU64};

const PAGE: u64 = 4096;

/// What a region is like to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backing {
    /// Private memory.
    Private,
    /// Private memory that can be read only.
    ReadOnly,
    /// Private memory that cannot be reached.
    Barred,
    /// A file of all processes of all programs.
    Shared,
    /// Private memory of one huge page, if there is one.
    Huge,
    /// Private memory, counted from its end, behind which there is nothing.
    Edge,
    /// Nothing is ever mapped there.
    Nothing,
}

/// Memory that parts of messages lie in; the same addresses in every process, all of them for 32-bit callers, too.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    /// Where it begins.
    pub base: u64,
    /// Its size.
    pub size: u64,
    /// What it is like.
    pub backing: Backing,
}

const fn region(base: u64, size: u64, backing: Backing) -> Region {
    Region {
        base,
        size,
        backing,
    }
}

/// All regions, by number.
pub const REGIONS: &[Region] = &[
    region(0x1000_0000, 0x4_0000, Backing::Private),
    region(0x1100_0000, 0x1_0000, Backing::ReadOnly),
    region(0x1200_0000, 0x1_0000, Backing::Barred),
    region(0x1300_0000, 0x4_0000, Backing::Shared),
    region(0x1400_0000, 0x20_0000, Backing::Huge),
    region(0x1600_0000, 0x1_0000, Backing::Nothing),
    region(0x1700_0000, 0x1_0000, Backing::Edge),
    region(0, 0x1000, Backing::Nothing),
    region(0xffff_8880_0000_0000, 0x1000, Backing::Nothing),
    region(0xffff_ffff_ff60_0000, 0x1000, Backing::Nothing),
    region(0x7fff_ffff_e000, 0x1000, Backing::Nothing),
];

/// Address of a part.
#[must_use]
pub fn address(part: Part) -> u64 {
    let Some(region) = REGIONS.get(usize::from(part.region)) else {
        return 0;
    };
    let at = u64::from(part.at);
    match region.backing {
        Backing::Edge => region.base + region.size - at.min(region.size),
        _ => region.base.wrapping_add(at),
    }
}

/// Where threads write the arguments of their calls: one stretch for each, which ends at a page that is never mapped.
const SCRATCH: u64 = 0x2000_0000;
/// The same memory, to be read only.
const SCRATCH_READ: u64 = 0x2800_0000;
const STRETCH: u64 = 0x1_0000;
/// Bytes of it that are there.
pub const STRETCH_LEN: u64 = STRETCH - PAGE;
/// Stretches.
pub const STRETCHES: usize = 24;
/// Threads whose coverage is recorded.
pub const COVERS: usize = STRETCHES;
/// Places of a coverage record.
const COVER_LEN: usize = 32 << 10;

/// What all processes of a program share.
#[derive(Debug)]
#[repr(C)]
pub struct Control {
    /// By process, kind, index.
    pub registers: [AtomicI64; PROCESSES * KINDS * REGISTERS],
    /// Of each process.
    pub pids: [AtomicI32; PROCESSES],
    /// Of each thread.
    pub tids: [AtomicI32; PROCESSES * THREADS],
    /// Things that each thread has begun.
    pub steps: [AtomicU32; PROCESSES * THREADS],
    /// Whether a thread has come to its end.
    pub done: [AtomicU32; PROCESSES * THREADS],
    /// Processes that are ready to begin.
    pub ready: AtomicU32,
    /// Stretches and coverage records that were taken.
    pub taken: AtomicU32,
    /// Calls that have returned.
    pub returned: AtomicU32,
    /// What they were and what came of them.
    pub results: [AtomicU32; 1024],
}

/// Everything that is mapped once, before the first program.
#[derive(Debug)]
pub struct World {
    /// Shared by all processes.
    pub control: &'static Control,
    covers: Vec<Cover>,
    shared: i32,
}

#[derive(Debug)]
struct Cover {
    fd: i32,
    area: &'static [AtomicU64],
}

fn check(ret: i64) -> io::Result<i64> {
    if ret < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(ret)
    }
}

/// Maps memory at one of the addresses above, in place of what is there.
fn map(base: u64, size: u64, protection: i32, flags: i32, fd: i32) -> io::Result<()> {
    let own = base >= REGIONS[0].base && base + size <= SCRATCH_READ + STRETCH * STRETCHES as u64;
    assert!(own, "only the fuzzer's own addresses");
    // SAFETY: Nothing but regions and scratch lies between these addresses, and no reference leads there.
    let mapped = unsafe {
        libc::mmap(
            base as *mut libc::c_void,
            size as usize,
            protection,
            flags | libc::MAP_FIXED,
            fd,
            0,
        )
    };
    if mapped == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn memory_file(size: u64) -> io::Result<i32> {
    // SAFETY: The name is a string; nothing else is passed.
    let fd = unsafe { libc::memfd_create(c"fuzz".as_ptr(), libc::MFD_CLOEXEC) };
    check(i64::from(fd))?;
    // SAFETY: A descriptor and a number.
    check(i64::from(unsafe { libc::ftruncate(fd, size as i64) }))?;
    Ok(fd)
}

impl World {
    /// Maps everything; with `cover` also the records of coverage.
    ///
    /// # Errors
    ///
    /// What the system says if it cannot.
    pub fn new(cover: bool) -> io::Result<Self> {
        let size = REGIONS[3].size;
        let shared = memory_file(size)?;
        for number in 0..REGIONS.len() {
            map_region(number, shared)?;
        }
        let scratch = memory_file(STRETCH * STRETCHES as u64)?;
        let whole = STRETCH * STRETCHES as u64;
        map(
            SCRATCH,
            whole,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED,
            scratch,
        )?;
        map(
            SCRATCH_READ,
            whole,
            libc::PROT_READ,
            libc::MAP_SHARED,
            scratch,
        )?;
        for stretch in 0..STRETCHES as u64 {
            for base in [SCRATCH, SCRATCH_READ] {
                let barrier = base + stretch * STRETCH + STRETCH_LEN;
                map(
                    barrier,
                    PAGE,
                    libc::PROT_NONE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                    -1,
                )?;
            }
        }
        let mut covers = Vec::new();
        if cover {
            for _ in 0..COVERS {
                covers.push(Cover::new()?);
            }
        }
        Ok(Self {
            control: control()?,
            covers,
            shared,
        })
    }

    /// Whether there is coverage to be recorded.
    #[must_use]
    pub fn has_cover(&self) -> bool {
        !self.covers.is_empty()
    }

    /// Before a program: nothing is recorded, and the shared file is whole. Not for forked processes.
    pub fn reset(&self) {
        for cover in &self.covers {
            cover.area[0].store(0, std::sync::atomic::Ordering::Relaxed);
        }
        self.truncate(REGIONS[3].size / PAGE);
    }

    /// Cuts the shared file to so many pages.
    pub fn truncate(&self, pages: u64) {
        // SAFETY: A descriptor and a number.
        unsafe { libc::ftruncate(self.shared, (pages * PAGE) as i64) };
    }

    /// Maps a region as it was to begin with.
    pub fn map_region(&self, number: usize) {
        let _ = map_region(number % REGIONS.len(), self.shared);
    }

    /// Records from now on what the calling thread runs through in the kernel.
    pub fn record(&self, index: usize) {
        const ENABLE: libc::c_ulong = 0x6364;
        if let Some(cover) = self.covers.get(index) {
            // SAFETY: The kernel takes no address with this request.
            unsafe { libc::ioctl(cover.fd, ENABLE, 0) };
        }
    }

    /// What was recorded by each thread. Not for forked processes.
    pub fn recorded(&self) -> impl Iterator<Item = impl Iterator<Item = u64> + '_> {
        use std::sync::atomic::Ordering::Relaxed;
        self.covers.iter().map(|cover| {
            let count = cover.area[0].load(Relaxed) as usize;
            cover.area[1..]
                .iter()
                .take(count)
                .map(|place| place.load(Relaxed))
        })
    }
}

fn map_region(number: usize, shared: i32) -> io::Result<()> {
    let Region {
        base,
        size,
        backing,
    } = REGIONS[number];
    let private = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let both = libc::PROT_READ | libc::PROT_WRITE;
    match backing {
        Backing::Private | Backing::Edge => map(base, size, both, private, -1),
        Backing::ReadOnly => map(base, size, libc::PROT_READ, private, -1),
        Backing::Barred => map(base, size, libc::PROT_NONE, private, -1),
        Backing::Shared => map(base, size, both, libc::MAP_SHARED, shared),
        Backing::Huge => {
            map(base, size, both, private, -1)?;
            // SAFETY: The region was mapped a line above; the advice changes nothing that is seen of it.
            unsafe {
                libc::madvise(
                    base as *mut libc::c_void,
                    size as usize,
                    libc::MADV_HUGEPAGE,
                )
            };
            Ok(())
        }
        Backing::Nothing => Ok(()),
    }
}

/// Does something to a region: `unmap`, `protect` (readable or not), `discard`.
pub fn change(number: usize, how: Change) {
    let region = REGIONS[number % REGIONS.len()];
    if region.backing == Backing::Nothing {
        return;
    }
    let (base, size) = (region.base as *mut libc::c_void, region.size as usize);
    match how {
        // SAFETY: Regions are for the kernel to look at; there are no references into them.
        Change::Unmap => unsafe { libc::munmap(base, size) },
        // SAFETY: Likewise.
        Change::Read => unsafe { libc::mprotect(base, size, libc::PROT_READ) },
        // SAFETY: Likewise.
        Change::Bar => unsafe { libc::mprotect(base, size, libc::PROT_NONE) },
        // SAFETY: Likewise.
        Change::Discard => unsafe { libc::madvise(base, size, libc::MADV_DONTNEED) },
    };
}

/// What can be done to a region.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    /// It is gone.
    Unmap,
    /// It can be read only.
    Read,
    /// It cannot be reached.
    Bar,
    /// Its pages are dropped.
    Discard,
}

fn control() -> io::Result<&'static Control> {
    // SAFETY: New memory, wherever there is room.
    let mapped = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            size_of::<Control>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if mapped == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: Zeroed memory, aligned to a page and never unmapped, which is a valid structure of atomics.
    Ok(unsafe { &*mapped.cast::<Control>() })
}

impl Cover {
    fn new() -> io::Result<Self> {
        const INIT_TRACE: libc::c_ulong = 0x8008_6301;
        // SAFETY: The path is a string.
        let fd = unsafe {
            libc::open(
                c"/sys/kernel/debug/kcov".as_ptr(),
                libc::O_RDWR | libc::O_CLOEXEC,
            )
        };
        check(i64::from(fd))?;
        // SAFETY: The argument is a number.
        check(i64::from(unsafe { libc::ioctl(fd, INIT_TRACE, COVER_LEN) }))?;
        // SAFETY: New memory, wherever there is room.
        let mapped = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                COVER_LEN * 8,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                fd,
                0,
            )
        };
        if mapped == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // Those that are forked have no use for it, and should be quick to make.
        // SAFETY: The memory was mapped a line above; what is seen of it does not change.
        unsafe { libc::madvise(mapped, COVER_LEN * 8, libc::MADV_DONTFORK) };
        // SAFETY: As many words as were mapped, which the kernel and others change as atomics do; never unmapped.
        let area = unsafe { std::slice::from_raw_parts(mapped.cast::<AtomicU64>(), COVER_LEN) };
        Ok(Self { fd, area })
    }
}

/// Address of a place in a stretch, to be written or to be read only.
#[must_use]
pub fn scratch(stretch: usize, at: u64, writable: bool) -> u64 {
    let base = if writable { SCRATCH } else { SCRATCH_READ };
    base + (stretch % STRETCHES) as u64 * STRETCH + at
}

/// Writes into a stretch as much as there is room for; returns the address.
pub fn write_scratch(stretch: usize, at: u64, bytes: &[u8]) -> u64 {
    let room = STRETCH_LEN.saturating_sub(at) as usize;
    let len = bytes.len().min(room);
    let address = scratch(stretch, at, true);
    // SAFETY: The stretch is mapped for as long as the process lives; nobody has references into it.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), address as *mut u8, len) };
    address
}

/// Reads a number of up to eight bytes, with its sign, from a stretch.
#[must_use]
pub fn read_scratch(stretch: usize, at: u64, width: usize) -> i64 {
    let width = width.min(8);
    if at + width as u64 > STRETCH_LEN {
        return 0;
    }
    let mut bytes = [0; 8];
    // SAFETY: As in `write_scratch`; the bytes were just seen to be in it.
    unsafe {
        std::ptr::copy_nonoverlapping(
            scratch(stretch, at, true) as *const u8,
            bytes.as_mut_ptr(),
            width,
        );
    }
    let unused = 64 - 8 * width as u32;
    i64::from_le_bytes(bytes)
        .checked_shl(unused)
        .map_or(0, |shifted| shifted >> unused)
}

/// An ioctl of the module; returns the result or minus errno.
///
/// The address should be one of a region or of scratch, or none at all.
#[must_use]
pub fn ioctl(fd: i32, request: u32, address: u64) -> i64 {
    // SAFETY: The requests are those of the module, which writes to memory that its arguments name: regions
    // and scratch. Other descriptors refuse the requests of its letter.
    let ret = unsafe { libc::ioctl(fd, libc::c_ulong::from(request), address) };
    if ret < 0 {
        -i64::from(errno())
    } else {
        i64::from(ret)
    }
}

/// The same in the way of a 32-bit program.
#[cfg(target_arch = "x86_64")]
#[must_use]
pub fn narrow_ioctl(fd: i32, request: u32, address: u64) -> i64 {
    let ret: i64;
    // SAFETY: As for `ioctl`. The register that the compiler keeps for itself is put back.
    unsafe {
        std::arch::asm!(
            "push rbx",
            "mov ebx, {fd:e}",
            "int 0x80",
            "pop rbx",
            fd = in(reg) fd,
            inlateout("rax") 54_i64 => ret,
            in("rcx") u64::from(request),
            in("rdx") address,
            lateout("r8") _, lateout("r9") _, lateout("r10") _, lateout("r11") _,
        );
    }
    i64::from(ret as i32)
}

/// The same in the way of a 32-bit program: there are none.
#[cfg(not(target_arch = "x86_64"))]
#[must_use]
pub fn narrow_ioctl(fd: i32, request: u32, address: u64) -> i64 {
    ioctl(fd, request, address)
}

fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Forks the first process of a new pid namespace; 0 in that one.
///
/// # Errors
///
/// What the system says if it cannot.
pub fn fork_namespace() -> io::Result<i32> {
    let flags = libc::CLONE_NEWPID | libc::SIGCHLD;
    // SAFETY: Like fork, for a process with one thread. The new one forks the others with the library's function.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags as libc::c_ulong, 0, 0, 0, 0) };
    Ok(check(pid)? as i32)
}

/// Forks; 0 in the child, which has only the calling thread.
#[must_use]
pub fn fork() -> i32 {
    // SAFETY: Children of processes with several threads do system calls and what the fuzzer has in place, and end.
    unsafe { libc::fork() }
}

/// Ends the process at once.
pub fn exit(status: i32) -> ! {
    // SAFETY: Nothing has to be put in order.
    unsafe { libc::_exit(status) }
}

/// Ends the calling thread at once.
pub fn exit_thread() -> ! {
    // SAFETY: The thread's memory is not given back; the process is short-lived.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
    exit(0)
}

/// Starts the fuzzer again as another program; returns if that fails.
pub fn exec(path: &CString) {
    let arguments = [path.as_ptr(), c"reborn".as_ptr(), std::ptr::null()];
    // SAFETY: The path, an array of strings that ends with nothing, no environment.
    unsafe {
        libc::execve(
            path.as_ptr(),
            arguments.as_ptr(),
            [std::ptr::null()].as_ptr(),
        )
    };
}

/// Number of the calling process, and of the calling thread.
#[must_use]
pub fn own_numbers() -> (i32, i32) {
    // SAFETY: No arguments.
    let pid = unsafe { libc::getpid() };
    // SAFETY: Likewise.
    (pid, unsafe { libc::gettid() })
}

/// Sends a signal to a process.
pub fn kill(pid: i32, signal: i32) {
    if pid > 0 {
        // SAFETY: Numbers only.
        unsafe { libc::kill(pid, signal) };
    }
}

/// Sends a signal to a thread.
pub fn kill_thread(pid: i32, tid: i32, signal: i32) {
    if pid > 0 && tid > 0 {
        // SAFETY: Numbers only.
        unsafe { libc::syscall(libc::SYS_tgkill, pid, tid, signal) };
    }
}

/// Whether a child has ended, or all have with -1.
#[must_use]
pub fn has_ended(pid: i32) -> bool {
    // SAFETY: The status is not asked for.
    let ret = unsafe { libc::waitpid(pid, std::ptr::null_mut(), libc::WNOHANG | libc::__WALL) };
    ret == pid || (ret < 0 && errno() == libc::ECHILD)
}

extern "C" fn ignore(_signal: i32) {}

/// Lets SIGUSR1 interrupt calls, which are restarted or not.
pub fn handle_signal(restart: bool) {
    // SAFETY: All zeroes is a valid structure.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = ignore as extern "C" fn(i32) as usize;
    action.sa_flags = if restart { libc::SA_RESTART } else { 0 };
    // SAFETY: The handler does nothing.
    unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()) };
}

/// Becomes user and group of a number, with none beside them.
pub fn become_user(user: u32) {
    // SAFETY: No groups, no address.
    unsafe { libc::setgroups(0, std::ptr::null()) };
    // SAFETY: Numbers only.
    unsafe { libc::setresgid(user, user, user) };
    // SAFETY: Numbers only.
    unsafe { libc::setresuid(user, user, user) };
}

/// Scheduling of the calling thread.
pub fn schedule(policy: i32, priority: i32) {
    let parameter = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: The structure lives on this stack.
    unsafe { libc::sched_setscheduler(0, policy, &raw const parameter) };
}

/// Lets the calling thread run on one processor only.
pub fn pin(processor: usize) {
    let set: u64 = 1 << (processor % 64);
    // SAFETY: A set of 64 processors, on this stack.
    unsafe {
        libc::syscall(
            libc::SYS_sched_setaffinity,
            0,
            size_of::<u64>(),
            &raw const set,
        )
    };
}

/// New namespaces for the calling process or thread.
pub fn unshare(flags: i32) {
    // SAFETY: Numbers only.
    unsafe { libc::unshare(flags) };
}

/// Opens a path, close-on-exec; minus errno if it cannot.
#[must_use]
pub fn open(path: &std::ffi::CStr) -> i32 {
    // SAFETY: The path is a string.
    let fd = unsafe { libc::open(path.as_ptr(), libc::O_RDWR | libc::O_CLOEXEC) };
    if fd < 0 {
        -errno()
    } else {
        fd
    }
}

/// An eventfd.
#[must_use]
pub fn counter() -> i32 {
    // SAFETY: Numbers only.
    unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) }
}

/// Closes a descriptor that a program made.
pub fn close(fd: i32) {
    if fd > 2 {
        // SAFETY: The standard three are left alone; the others belong to nobody in a process of a program.
        unsafe { libc::close(fd) };
    }
}

/// Duplicates a descriptor.
#[must_use]
pub fn dup(fd: i32) -> i32 {
    // SAFETY: A number.
    unsafe { libc::dup(fd) }
}

/// Whether a descriptor becomes readable in time.
#[must_use]
pub fn poll(fd: i32, milliseconds: i32) -> i32 {
    let mut set = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: One structure, on this stack.
    unsafe { libc::poll(&raw mut set, 1, milliseconds) }
}

/// Writes at the beginning of a file.
#[must_use]
pub fn write_at_start(fd: i32, text: &[u8]) -> bool {
    // SAFETY: As many bytes as the slice has.
    let ret = unsafe { libc::pwrite(fd, text.as_ptr().cast(), text.len(), 0) };
    ret == text.len() as isize
}

/// A pair of sockets for descriptors, which do not block.
///
/// # Errors
///
/// What the system says if it cannot.
pub fn mailbox() -> io::Result<[i32; 2]> {
    let mut pair = [0; 2];
    let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: Two numbers are written.
    let ret = unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, pair.as_mut_ptr()) };
    check(i64::from(ret))?;
    Ok(pair)
}

/// Room for the control message of one descriptor.
const CONTROL_LEN: usize = 24;

fn message(part: &mut libc::iovec, control: &mut [u64; CONTROL_LEN / 8]) -> libc::msghdr {
    // SAFETY: All zeroes is a valid structure.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = part;
    header.msg_iovlen = 1;
    header.msg_control = control.as_mut_ptr().cast();
    header.msg_controllen = CONTROL_LEN;
    header
}

/// Gives a descriptor away.
pub fn pass(socket: i32, fd: i32) {
    let mut byte = 0u8;
    let mut part = libc::iovec {
        iov_base: (&raw mut byte).cast(),
        iov_len: 1,
    };
    // Length, level and type, then the descriptor.
    let kind = ((libc::SCM_RIGHTS as u64) << 32) | libc::SOL_SOCKET as u64;
    let mut control = [20, kind, u64::from(fd as u32)];
    let header = message(&mut part, &mut control);
    // SAFETY: All that the header points to lives on this stack.
    unsafe { libc::sendmsg(socket, &raw const header, libc::MSG_NOSIGNAL) };
}

/// Takes a descriptor, or -1.
#[must_use]
pub fn take(socket: i32) -> i32 {
    let mut byte = 0u8;
    let mut part = libc::iovec {
        iov_base: (&raw mut byte).cast(),
        iov_len: 1,
    };
    let mut control = [0; CONTROL_LEN / 8];
    let mut header = message(&mut part, &mut control);
    // SAFETY: All that the header points to lives on this stack.
    let ret = unsafe { libc::recvmsg(socket, &raw mut header, libc::MSG_CMSG_CLOEXEC) };
    if ret < 0 || control[0] < 20 {
        return -1;
    }
    control[2] as u32 as i32
}

/// Waits for a child; its exit status, or -1.
#[must_use]
pub fn status_of(pid: i32) -> i32 {
    let mut status = 0;
    // SAFETY: The status is a number on this stack.
    let ret = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    if ret == pid && libc::WIFEXITED(status) {
        libc::WEXITSTATUS(status)
    } else {
        -1
    }
}
