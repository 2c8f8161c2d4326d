// SPDX-License-Identifier: MIT OR Apache-2.0

//! The boundary to C: what `entry.c` and `points.c` call, and all unsafe code of the library.
//!
//! Each function returns what the call of QNX returns, or minus an errno. Pointers are those of the program, which
//! answers for them as it does to the calls of QNX; those that the library itself reads and writes are looked at
//! first, since QNX answers a bad one with `EFAULT` and not with a signal.
//!
//! Nothing here takes a lock or allocates: all of it may be called from signal handlers, and after `fork` in a process
//! that had threads.

use std::cell::Cell;
use std::ffi::{c_int, c_long, c_void};
use std::mem::size_of;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::path::Path;
use std::ptr;
use std::sync::atomic::{
    AtomicI32, AtomicU32, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use qipc::raw::{call, call_plain, Argument, NoAddresses};
use qipc::shared;
use qipc_sys as sys;
use rustix::io::{fcntl_dupfd_cloexec, Errno};

use crate::connections::{self, SIDE_CHANNEL};
use crate::event::{self, SigEvent};
use crate::timeout;
use crate::timers::{self, Timer};

/// `ESRVRFAULT` of `errno.h`.
const ESRVRFAULT: i32 = 312;
/// Bytes that a page has at least.
const PAGE: usize = 4096;

fn answer<T: Into<i64>>(result: Result<T, Errno>) -> c_long {
    match result {
        Ok(value) => value.into(),
        Err(errno) => -c_long::from(errno.raw_os_error()),
    }
}

// ---- the session ----

/// Descriptor of the session of this process, -1 before the first call.
static SESSION: AtomicI32 = AtomicI32::new(-1);
/// How many sessions there were before this one: it is another one in a child.
static EPOCH: AtomicU32 = AtomicU32::new(0);

/// A descriptor by its number, which may be of anything.
fn borrowed(fd: RawFd) -> BorrowedFd<'static> {
    // SAFETY: The number is not -1, see the callers. It is only handed to ioctls of qipc and to fcntl, which do
    // nothing to files of other kinds and answer EBADF for no file.
    unsafe { BorrowedFd::borrow_raw(fd.max(0)) }
}

/// The session, which is opened by the first call.
fn session() -> Result<RawFd, Errno> {
    match SESSION.load(Acquire) {
        fd if fd >= 0 => Ok(fd),
        _ => open_session(),
    }
}

#[cold]
fn open_session() -> Result<RawFd, Errno> {
    let session = shared::descriptor(Path::new("/dev/qipc")).map_err(qipc::Error::errno)?;
    // Out of the way of programs that count on getting low numbers, or that close them all.
    let session = [1000, 200, 50]
        .iter()
        .find_map(|lowest| fcntl_dupfd_cloexec(&session, *lowest).ok())
        .unwrap_or(session);
    let fd = session.as_raw_fd();
    match SESSION.compare_exchange(-1, fd, AcqRel, Acquire) {
        Ok(_) => Ok(session.into_raw_fd()),
        // Another thread was faster.
        Err(other) => Ok(other),
    }
}

/// Whether the call on `fd` failed with `errno` because it is not the session of this process (any more): that of
/// the parent in a child, or something else after the program has closed the descriptor. The next call opens another.
#[cold]
fn is_over(fd: RawFd, errno: Errno) -> bool {
    let is_stale = errno == Errno::STALE;
    if !is_stale {
        let suspect = matches!(errno, Errno::BADF | Errno::NOTTY | Errno::INVAL);
        if !suspect || shared::check(borrowed(fd)).is_ok() {
            return false;
        }
    }
    if SESSION.compare_exchange(fd, -1, AcqRel, Acquire).is_ok() {
        EPOCH.fetch_add(1, AcqRel);
        if is_stale {
            // SAFETY: Only sessions answer ESTALE, this one is nobody's in this process, and nobody else closes it.
            drop(unsafe { OwnedFd::from_raw_fd(fd) });
        }
    }
    true
}

/// Makes a call on the session. Like every call of QNX's kernel it disarms the timeout.
fn on_session<T>(mut make: impl FnMut(BorrowedFd<'_>) -> Result<T, Errno>) -> Result<T, Errno> {
    timeout::take();
    let mut tries = 3;
    loop {
        let fd = session()?;
        match make(borrowed(fd)) {
            Err(errno) if tries > 0 && is_over(fd, errno) => tries -= 1,
            result => return result,
        }
    }
}

/// Makes a call at a connection, which is on the session or a descriptor of its own.
fn at<T>(
    coid: c_int,
    mut make: impl FnMut(BorrowedFd<'_>) -> Result<T, Errno>,
) -> Result<T, Errno> {
    if is_side(coid) {
        return on_session(make);
    }
    timeout::take();
    if coid < 0 {
        return Err(Errno::BADF);
    }
    make(borrowed(coid)).map_err(no_connection)
}

fn is_side(coid: c_int) -> bool {
    coid >= 0 && coid & SIDE_CHANNEL != 0
}

/// What another file than a connection answers.
fn no_connection(errno: Errno) -> Errno {
    if errno == Errno::NOTTY {
        Errno::BADF
    } else {
        errno
    }
}

/// A call whose structure has no addresses.
fn plain<T: Argument + NoAddresses>(number: u32, argument: &mut T) -> Result<c_int, Errno> {
    on_session(|fd| call_plain(fd, number, argument).map_err(qipc::Error::errno))
}

/// A call whose structure has addresses.
///
/// # Safety
///
/// As for [`call`].
unsafe fn addressed<T: Argument>(number: u32, argument: &mut T) -> Result<c_int, Errno> {
    on_session(|fd| {
        // SAFETY: The caller's promise.
        unsafe { call(fd, number, argument) }
    })
}

/// Descriptor of the session, for calls that C makes; minus an errno.
#[no_mangle]
extern "C" fn __qipc_session() -> c_int {
    answer(session()) as c_int
}

/// Whether a call that C made on the session failed because it is over, and is to be made again.
#[no_mangle]
extern "C" fn __qipc_over(fd: c_int, errno: c_int) -> c_int {
    is_over(fd, Errno::from_raw_os_error(errno)).into()
}

// ---- memory ----

thread_local! {
    /// Pages that were found writable and readable last: mostly the same ones again.
    static WRITABLE: Cell<usize> = const { Cell::new(0) };
    static READABLE: Cell<usize> = const { Cell::new(0) };
}

/// Whether memory can be written to (or read), which costs a system call, unless it was the same page the last time.
fn is_there(address: *const c_void, bytes: usize, writable: bool) -> bool {
    let (cell, advice) = if writable {
        (&WRITABLE, libc::MADV_POPULATE_WRITE)
    } else {
        (&READABLE, libc::MADV_POPULATE_READ)
    };
    let start = address as usize & !(PAGE - 1);
    let Some(end) = (address as usize).checked_add(bytes) else {
        return false;
    };
    if address.is_null() {
        return false;
    }
    let one_page = end <= start + PAGE;
    if one_page && cell.try_with(Cell::get) == Ok(start) {
        return true;
    }
    // SAFETY: Populating changes no contents, and fails where nothing is mapped.
    if unsafe { libc::madvise(start as *mut c_void, end - start, advice) } != 0 {
        return false;
    }
    if one_page {
        let _ = cell.try_with(|cell| cell.set(start));
    }
    true
}

/// Reads a structure of the program.
///
/// # Safety
///
/// `address` may be anything that QNX's call may be given. Any bytes are a valid `T`.
unsafe fn read<T: Copy>(address: *const T) -> Result<T, Errno> {
    if !is_there(address.cast(), size_of::<T>(), false) {
        return Err(Errno::FAULT);
    }
    // SAFETY: It is mapped, and any bytes will do.
    Ok(unsafe { address.read_unaligned() })
}

/// Writes a structure of the program.
///
/// # Safety
///
/// As for [`read`].
unsafe fn write<T>(address: *mut T, value: T) -> Result<(), Errno> {
    if !is_there(address.cast(), size_of::<T>(), true) {
        return Err(Errno::FAULT);
    }
    // SAFETY: It is mapped for writing, and the program's.
    unsafe { address.write_unaligned(value) };
    Ok(())
}

/// Whether a structure can be written to: asked before a message is taken (B64).
#[no_mangle]
extern "C" fn __qipc_writable(address: *mut c_void, bytes: usize) -> c_int {
    is_there(address, bytes, true).into()
}

/// Whether a structure can be read.
#[no_mangle]
extern "C" fn __qipc_readable(address: *const c_void, bytes: usize) -> c_int {
    is_there(address, bytes, false).into()
}

// ---- timeouts ----

/// A timeout as the kernel takes it, filled in for C's calls.
#[repr(C)]
struct Deadline {
    timeout: sys::qipc_timeout,
    event: sys::qipc_event,
}

/// Disarms; fills in what was armed for `possible` states, and returns its address, or 0 if nothing was.
///
/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_deadline(possible: u32, deadline: *mut Deadline) -> u64 {
    let Some(armed) = timeout::take() else {
        return 0;
    };
    if armed.states & possible == 0 {
        return 0;
    }
    // SAFETY: points.c passes the address of a structure on its stack.
    let deadline = unsafe { &mut *deadline };
    deadline.event = armed.event.unwrap_or_default();
    deadline.timeout = sys::qipc_timeout {
        states: armed.states & possible,
        flags: sys::QIPC_TIME_ABSOLUTE,
        clock: armed.clock,
        time: armed.deadline,
        event: armed
            .event
            .map_or(0, |_| ptr::from_ref(&deadline.event) as u64),
        ..Default::default()
    };
    ptr::from_ref(&deadline.timeout) as u64
}

/// Disarms; whether a timeout was armed for a state that the library waits in by other means, and until when.
///
/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_timeout_of(
    state: u32,
    clock: *mut c_int,
    nanoseconds: *mut u64,
) -> c_int {
    // Another event than the end of the call would need a timer of its own.
    let holds = |armed: &timeout::Armed| armed.states & state != 0 && armed.event.is_none();
    let Some(armed) = timeout::take().filter(holds) else {
        return 0;
    };
    // SAFETY: The C sources of the library pass addresses of their variables.
    unsafe { clock.write(armed.clock) };
    // SAFETY: As above.
    unsafe { nanoseconds.write(armed.deadline) };
    1
}

#[no_mangle]
extern "C" fn __qipc_disarm() {
    timeout::take();
}

/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_timer_timeout(
    clock: c_int,
    flags: c_int,
    notify: *const SigEvent,
    time: *const u64,
    left: *mut u64,
) -> c_long {
    let arm = || {
        let time = if time.is_null() {
            None
        } else {
            // SAFETY: A pointer of the program.
            Some(unsafe { read(time) }?)
        };
        let mut armed = timeout::deadline(clock, flags as u32, time)?;
        if !notify.is_null() {
            // SAFETY: A pointer of the program.
            let event = own(unsafe { read(notify) }?)?;
            if event.notify != sys::QIPC_EVENT_UNBLOCK {
                armed.event = Some(event);
            }
        }
        if !left.is_null() {
            // SAFETY: A pointer of the program.
            unsafe { write(left, 0) }?;
        }
        if armed.states & timeout::NANOSLEEP == 0 {
            return Ok(timeout::arm(armed));
        }
        // The one state that is entered at once.
        timeout::take();
        sleep(armed.clock, armed.deadline, left)
    };
    answer(arm())
}

fn sleep(clock: c_int, deadline: u64, left: *mut u64) -> Result<u32, Errno> {
    let time = libc::timespec {
        tv_sec: (deadline / 1_000_000_000) as i64,
        tv_nsec: (deadline % 1_000_000_000) as i64,
    };
    // SAFETY: The structure is on the stack; with an absolute time nothing is written.
    match unsafe { libc::clock_nanosleep(clock, libc::TIMER_ABSTIME, &time, ptr::null_mut()) } {
        0 => Ok(0),
        errno => {
            if !left.is_null() {
                // SAFETY: A pointer of the program, which could be written to before the sleep.
                unsafe { write(left, deadline.saturating_sub(timeout::now())) }?;
            }
            Err(Errno::from_raw_os_error(errno))
        }
    }
}

// ---- channels ----

#[no_mangle]
extern "C" fn __qipc_channel_create(flags: u32) -> c_long {
    let mut argument = sys::qipc_channel_create {
        flags,
        ..Default::default()
    };
    // SAFETY: There is no address in it: `event` is 0.
    let result = unsafe { addressed(sys::QIPC_CHANNEL_CREATE, &mut argument) };
    answer(result.map(|_| argument.chid))
}

/// `event` is null for none; `eventfd` takes its place if that is not -1.
///
/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_channel_create_pool(
    flags: u32,
    num_pulses: u32,
    rearm: u32,
    event: *const SigEvent,
    eventfd: c_int,
) -> c_long {
    // SAFETY: A pointer of the program, or null.
    let event = match unsafe { own_event(event, eventfd) } {
        Ok(event) => event,
        Err(errno) => return answer::<i32>(Err(errno)),
    };
    let mut argument = sys::qipc_channel_create {
        flags: flags | sys::QIPC_CHF_PULSE_POOL,
        num_pulses,
        rearm,
        event: event.as_ref().map_or(0, |e| ptr::from_ref(e) as u64),
        ..Default::default()
    };
    // SAFETY: `event` lives until the call returns.
    let result = unsafe { addressed(sys::QIPC_CHANNEL_CREATE, &mut argument) };
    answer(result.map(|_| argument.chid))
}

/// An event of the caller: that of the program, or one more on an eventfd.
///
/// # Safety
///
/// As for [`read`].
unsafe fn own_event(
    event: *const SigEvent,
    eventfd: c_int,
) -> Result<Option<sys::qipc_event>, Errno> {
    if event.is_null() {
        return Ok(None);
    }
    // SAFETY: The caller's promise.
    let event = unsafe { read(event) }?;
    if eventfd < 0 {
        return own(event).map(Some);
    }
    Ok(Some(sys::qipc_event {
        notify: sys::QIPC_EVENT_SEM,
        target: eventfd,
        ..Default::default()
    }))
}

#[no_mangle]
extern "C" fn __qipc_channel_destroy(chid: c_int) -> c_long {
    let mut argument = sys::qipc_channel_destroy { chid, reserved: 0 };
    answer(plain(sys::QIPC_CHANNEL_DESTROY, &mut argument))
}

// ---- connections ----

#[no_mangle]
extern "C" fn __qipc_connect_attach(
    nd: u32,
    pid: c_int,
    chid: c_int,
    index: u32,
    flags: c_int,
) -> c_long {
    let side = index & SIDE_CHANNEL as u32 != 0;
    let Ok(lowest) = RawFd::try_from(index & !(SIDE_CHANNEL as u32)) else {
        return answer::<i32>(Err(Errno::INVAL));
    };
    let coid = match on_session(|fd| connections::attach(fd, nd, pid, chid, side, flags)) {
        Ok(coid) if !side && coid < lowest => coid,
        result => return answer(result),
    };
    // SAFETY: The call made this descriptor, and nobody else knows it.
    let made = unsafe { OwnedFd::from_raw_fd(coid) };
    let moved = if flags as u32 & sys::QIPC_COF_CLOEXEC != 0 {
        fcntl_dupfd_cloexec(&made, lowest)
    } else {
        // SAFETY: The descriptor is open.
        match unsafe { libc::fcntl(coid, libc::F_DUPFD, lowest) } {
            // SAFETY: As above, for the duplicate.
            fd if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
            _ => Err(last_errno()),
        }
    };
    answer(moved.map(IntoRawFd::into_raw_fd))
}

/// The errno of a function of the C library that has just failed.
fn last_errno() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::INVAL)
}

#[no_mangle]
extern "C" fn __qipc_connect_detach(coid: c_int) -> c_long {
    let mut argument = sys::qipc_connect_detach { coid, reserved: 0 };
    let detach = |fd: BorrowedFd<'_>| {
        call_plain(fd, sys::QIPC_CONNECT_DETACH, &mut argument).map_err(qipc::Error::errno)
    };
    // What is no connection is EINVAL here (B14).
    let result = at(coid, detach).map_err(|errno| match errno {
        Errno::BADF => Errno::INVAL,
        errno => errno,
    });
    if result.is_ok() && !is_side(coid) {
        // SAFETY: It is a connection, and the program wants it closed.
        drop(unsafe { OwnedFd::from_raw_fd(coid) });
    }
    answer(result)
}

/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_connect_server_info(
    pid: c_int,
    coid: c_int,
    only_live: c_int,
    out: *mut sys::qipc_server_info,
) -> c_long {
    let only_live = only_live != 0;
    let own = pid == 0 || pid == std::process::id() as c_int;
    let look = || {
        timeout::take();
        if own && coid >= 0 && !is_side(coid) {
            let found = connections::lowest_descriptor(coid, |number| {
                connections::descriptor_info(borrowed(number), number, only_live)
            });
            if let Some(info) = found {
                return Ok(info);
            }
        }
        let coid = if is_side(coid) { coid } else { SIDE_CHANNEL };
        on_session(|fd| connections::server_info(fd, pid, coid, only_live))
    };
    let tell = |info: sys::qipc_server_info| {
        // SAFETY: entry.c passes the address of a variable.
        unsafe { out.write(info) };
        info.coid
    };
    answer(look().map(tell))
}

/// Fills in up to `max_groups` groups, however many there are.
///
/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_connect_client_info(
    scoid: c_int,
    out: *mut sys::qipc_client_info,
    groups: *mut u32,
    max_groups: u32,
) -> c_long {
    let mut argument = sys::qipc_connect_client_info {
        scoid,
        max_groups,
        groups: groups as u64,
        ..Default::default()
    };
    // SAFETY: There is room for `max_groups` groups, as the program says; the kernel looks at the address.
    let result = unsafe { addressed(sys::QIPC_CONNECT_CLIENT_INFO, &mut argument) };
    if result.is_ok() {
        // SAFETY: entry.c passes the address of a variable.
        unsafe { out.write(argument.info) };
    }
    answer(result)
}

#[no_mangle]
extern "C" fn __qipc_connect_flags(pid: c_int, coid: c_int, mask: u32, bits: u32) -> c_long {
    let own = pid == 0 || pid == std::process::id() as c_int;
    answer(at(coid, |fd| {
        if is_side(coid) {
            connections::flags(fd, pid, coid, mask, bits)
        } else if own {
            connections::descriptor_flags(fd, coid, mask, bits)
        } else {
            Err(Errno::NOTSUP)
        }
    }))
}

// ---- messages ----

/// The errno of a server's call that moves bytes: QNX has a name for bad memory of the server (B59, B61).
fn server_fault(errno: Errno, side: u32) -> Errno {
    if errno == Errno::FAULT && side != sys::QIPC_SIDE_CLIENT {
        Errno::from_raw_os_error(ESRVRFAULT)
    } else {
        errno
    }
}

/// One buffer, or a list of parts if `flags` says so.
fn memory(base: *const c_void, count: usize) -> sys::qipc_vec {
    sys::qipc_vec {
        base: base as u64,
        count: count as u64,
    }
}

/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_msg_reply(
    rcvid: i64,
    status: c_long,
    base: *const c_void,
    count: usize,
    flags: u32,
) -> c_long {
    let mut argument = sys::qipc_msg_reply {
        rcvid,
        status,
        vec: memory(base, count),
        flags,
        ..Default::default()
    };
    // SAFETY: The program lends the memory for reading; the kernel looks at the addresses.
    let result = unsafe { addressed(sys::QIPC_MSG_REPLY, &mut argument) };
    answer(result.map_err(|errno| server_fault(errno, argument.side)))
}

#[no_mangle]
extern "C" fn __qipc_msg_error(rcvid: i64, error: c_int) -> c_long {
    let mut argument = sys::qipc_msg_error {
        rcvid,
        error,
        reserved: 0,
    };
    answer(plain(sys::QIPC_MSG_ERROR, &mut argument))
}

/// # Safety
///
/// The program lends the memory for what the call does with it.
unsafe fn transfer(number: u32, mut argument: sys::qipc_msg_transfer) -> c_long {
    // SAFETY: The caller's promise; the kernel looks at the addresses.
    match unsafe { addressed(number, &mut argument) } {
        Ok(_) => argument.bytes,
        Err(errno) => answer::<i32>(Err(server_fault(errno, argument.side))),
    }
}

/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_msg_read(
    rcvid: i64,
    base: *mut c_void,
    count: usize,
    offset: usize,
    flags: u32,
) -> c_long {
    let argument = sys::qipc_msg_transfer {
        rcvid,
        offset: offset as u64,
        vec: memory(base, count),
        flags,
        ..Default::default()
    };
    // SAFETY: The program lends the memory for writing.
    unsafe { transfer(sys::QIPC_MSG_READ, argument) }
}

/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_msg_write(
    rcvid: i64,
    base: *const c_void,
    count: usize,
    offset: usize,
    flags: u32,
) -> c_long {
    let argument = sys::qipc_msg_transfer {
        rcvid,
        offset: offset as u64,
        vec: memory(base, count),
        flags,
        ..Default::default()
    };
    // SAFETY: The program lends the memory for reading.
    unsafe { transfer(sys::QIPC_MSG_WRITE, argument) }
}

/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_msg_info(rcvid: i64, out: *mut sys::qipc_msg_info) -> c_long {
    let mut argument = sys::qipc_msg_info_get {
        rcvid,
        ..Default::default()
    };
    if let Err(error) = plain(sys::QIPC_MSG_INFO, &mut argument) {
        return answer(Err::<i64, _>(error));
    }
    // SAFETY: A pointer of the program.
    let told = unsafe { write(out, argument.info) };
    answer(told.map(|()| 0))
}

#[no_mangle]
extern "C" fn __qipc_msg_current(rcvid: i64) -> c_long {
    let mut argument = sys::qipc_msg_current { rcvid };
    answer(plain(sys::QIPC_MSG_CURRENT, &mut argument))
}

// ---- pulses and events ----

#[no_mangle]
extern "C" fn __qipc_pulse_send(coid: c_int, priority: c_int, code: c_int, value: u64) -> c_long {
    let send = |priority| {
        let mut argument = sys::qipc_pulse_send {
            coid,
            priority,
            // QNX's is a byte, whatever was given.
            code: (code as i8).into(),
            value,
            ..Default::default()
        };
        at(coid, |fd| {
            call_plain(fd, sys::QIPC_PULSE_SEND, &mut argument).map_err(qipc::Error::errno)
        })
    };
    answer(event::priority(priority).and_then(send))
}

/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_event_deliver(
    rcvid: i64,
    event: *const SigEvent,
    only_verify: c_int,
) -> c_long {
    // SAFETY: A pointer of the program.
    let to_kernel = |event: SigEvent| {
        if rcvid == 0 {
            own(event)
        } else {
            event.to_kernel()
        }
    };
    // SAFETY: A pointer of the program.
    let event = match unsafe { read(event) }.and_then(to_kernel) {
        Ok(event) => event,
        Err(errno) => return answer::<i32>(Err(errno)),
    };
    let mut argument = sys::qipc_event_deliver {
        rcvid,
        event,
        flags: if only_verify != 0 {
            sys::QIPC_EVENT_VERIFY
        } else {
            0
        },
        reserved: 0,
    };
    answer(plain(sys::QIPC_EVENT_DELIVER, &mut argument))
}

/// Returns the handle. `eventfd` as for a channel's pool.
///
/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_event_register(
    event: *mut SigEvent,
    coid: c_int,
    eventfd: c_int,
) -> c_long {
    let register = || {
        // SAFETY: A pointer of the program.
        let mut own = unsafe { read(event) }?;
        if own.notify & event::HANDLE != 0 {
            return Err(Errno::INVAL);
        }
        // SAFETY: Likewise.
        let raw = unsafe { own_event(event, eventfd) }?.unwrap_or_default();
        let mut argument = sys::qipc_event_register {
            event: raw,
            coid,
            ..Default::default()
        };
        plain(sys::QIPC_EVENT_REGISTER, &mut argument)?;
        own.register(argument.handle);
        // SAFETY: Likewise.
        let told = unsafe { write(event, own) };
        if let Err(errno) = told {
            unregister(argument.handle)?;
            return Err(errno);
        }
        Ok(argument.handle)
    };
    answer(register())
}

fn unregister(handle: i32) -> Result<c_int, Errno> {
    let mut argument = sys::qipc_event_unregister {
        handle,
        reserved: 0,
    };
    plain(sys::QIPC_EVENT_UNREGISTER, &mut argument)
}

/// Returns the handle that is one no more.
///
/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_event_unregister(event: *const SigEvent) -> c_long {
    // SAFETY: A pointer of the program.
    let handle = unsafe { read(event) }.and_then(|event| {
        if event.notify & event::HANDLE == 0 {
            return Err(Errno::INVAL);
        }
        unregister(event.number()).map(|_| event.number())
    });
    answer(handle)
}

/// A connection of the session to a channel that a descriptor leads to as well.
///
/// The kernel sends the pulses of events over connections of the session only, while many programs connect to their own
/// channel with a descriptor. These connections stay until the process ends.
struct Shadow {
    /// Process and channel.
    channel: AtomicU64,
    coid: AtomicI32,
}

static SHADOWS: [Shadow; 64] = [const {
    Shadow {
        channel: AtomicU64::new(0),
        coid: AtomicI32::new(-1),
    }
}; 64];

/// The connection that pulses of events for `coid` go over: itself, unless it is a descriptor.
#[no_mangle]
extern "C" fn __qipc_event_coid(coid: c_int) -> c_int {
    if coid < 0 || is_side(coid) {
        return coid;
    }
    let Some(info) = connections::descriptor_info(borrowed(coid), coid, true) else {
        return coid;
    };
    let channel = (u64::from(info.pid as u32) << 32) | u64::from(info.chid as u32);
    let leads_there = |shadow: c_int| {
        let found = on_session(|fd| connections::server_info(fd, 0, shadow, true));
        found
            .is_ok_and(|found| (found.coid, found.pid, found.chid) == (shadow, info.pid, info.chid))
    };
    let mut known = SHADOWS
        .iter()
        .filter(|s| s.channel.load(Acquire) == channel);
    if let Some(found) = known.find(|s| leads_there(s.coid.load(Acquire))) {
        return found.coid.load(Acquire);
    }
    let Ok(made) = on_session(|fd| connections::attach(fd, 0, info.pid, info.chid, true, 0)) else {
        return coid;
    };
    // One that leads nowhere any more is replaced; if there is no room, this one is made again the next time.
    let is_room = |s: &&Shadow| {
        let old = s.channel.load(Acquire);
        (old == channel || old == 0)
            && s.channel
                .compare_exchange(old, channel, AcqRel, Acquire)
                .is_ok()
    };
    if let Some(room) = SHADOWS.iter().find(is_room) {
        room.coid.store(made, Release);
    }
    made
}

/// An event of the calling process for the kernel.
fn own(mut event: SigEvent) -> Result<sys::qipc_event, Errno> {
    if event.kind() == event::PULSE && event.notify & event::HANDLE == 0 {
        let coid = __qipc_event_coid(event.number());
        event.target = u64::from(coid.unsigned_abs());
        if coid < 0 {
            return Err(Errno::SRCH);
        }
    }
    event.to_kernel()
}

// ---- names ----

/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_name_attach(chid: c_int, name: *const u8, length: u32) -> c_long {
    let mut argument = sys::qipc_name_attach {
        chid,
        length,
        name: name as u64,
        ..Default::default()
    };
    // SAFETY: names.c passes a string of this length.
    answer(unsafe { addressed(sys::QIPC_NAME_ATTACH, &mut argument) })
}

/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_name_detach(name: *const u8, length: u32) -> c_long {
    let mut argument = sys::qipc_name_detach {
        length,
        name: name as u64,
        ..Default::default()
    };
    // SAFETY: names.c passes a string of this length.
    answer(unsafe { addressed(sys::QIPC_NAME_DETACH, &mut argument) })
}

/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_name_open(name: *const u8, length: u32) -> c_long {
    let mut argument = sys::qipc_name_open {
        length,
        name: name as u64,
        ..Default::default()
    };
    // SAFETY: names.c passes a string of this length.
    let result = unsafe { addressed(sys::QIPC_NAME_OPEN, &mut argument) };
    answer(result.map(|_| argument.coid))
}

// ---- timers ----

/// The C library's `struct sigevent`.
#[repr(C)]
struct SystemEvent {
    value: u64,
    signal: c_int,
    notify: c_int,
    function: u64,
    attributes: u64,
    rest: [u64; 4],
}

/// Its kinds.
const SYSTEM_SIGNAL: c_int = 0;
const SYSTEM_NONE: c_int = 1;
const SYSTEM_THREAD: c_int = 2;

extern "C" {
    /// Of events.c: posts the semaphore that the value points to.
    fn __qipc_post_semaphore(value: u64);
}

/// The event for a timer of the system, if it can do that kind.
fn system_event(event: &SigEvent) -> Option<SystemEvent> {
    let mut out = SystemEvent {
        value: event.value,
        signal: 0,
        notify: SYSTEM_NONE,
        function: 0,
        attributes: 0,
        rest: [0; 4],
    };
    match event.kind() {
        event::NONE => {}
        event::SIGNAL => {
            out.notify = SYSTEM_SIGNAL;
            out.signal = event.number();
        }
        event::THREAD => {
            out.notify = SYSTEM_THREAD;
            out.function = event.target;
            out.attributes = event.attributes();
        }
        event::SEM => {
            let post: unsafe extern "C" fn(u64) = __qipc_post_semaphore;
            out.notify = SYSTEM_THREAD;
            out.value = event.target;
            out.function = post as usize as u64;
        }
        _ => return None,
    }
    Some(out)
}

fn create_system_timer(clock: c_int, mut event: Option<SystemEvent>) -> Result<Timer, Errno> {
    let mut timer: libc::timer_t = ptr::null_mut();
    let event = event
        .as_mut()
        .map_or(ptr::null_mut(), |event| ptr::from_mut(event).cast());
    // SAFETY: Both structures are on the stack, the event has the C library's layout, or is null.
    if unsafe { libc::timer_create(clock, event, &mut timer) } == 0 {
        Ok(Timer::System(timer as usize))
    } else {
        Err(last_errno())
    }
}

/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_timer_make(clock: c_int, event: *const SigEvent) -> c_long {
    let make = || {
        let reserved = timers::reserve()?;
        if event.is_null() {
            let timer = on_clock(clock, None)?;
            return Ok(reserved.fill(timer, 0, clock, &SigEvent::default()));
        }
        // SAFETY: A pointer of the program.
        let event = unsafe { read(event) }?;
        if let Some(system) = system_event(&event) {
            let timer = on_clock(clock, Some(system))?;
            return Ok(reserved.fill(timer, 0, clock, &event));
        }
        let raw = own(event)?;
        let (number, epoch) =
            on_session(|fd| Ok((timers::create(fd, clock, raw)?, EPOCH.load(Relaxed))))?;
        Ok(reserved.fill(Timer::Module(number), epoch, clock, &event))
    };
    answer(make())
}

/// A timer of the system; like any kernel call it disarms the timeout.
fn on_clock(clock: c_int, event: Option<SystemEvent>) -> Result<Timer, Errno> {
    timeout::take();
    create_system_timer(clock, event)
}

#[no_mangle]
extern "C" fn __qipc_timer_remove(id: c_int) -> c_long {
    timeout::take();
    let epoch = EPOCH.load(Relaxed);
    answer(timers::remove(id, epoch).and_then(|timer| match timer {
        Timer::Module(number) => on_session(|fd| timers::delete(fd, number)).map(|()| 0),
        // SAFETY: It was in the table, so it was made and not deleted.
        Timer::System(timer) => match unsafe { libc::timer_delete(timer as libc::timer_t) } {
            0 => Ok(0),
            _ => Err(last_errno()),
        },
    }))
}

fn to_timespec(ns: u64) -> libc::timespec {
    libc::timespec {
        tv_sec: (ns / 1_000_000_000) as i64,
        tv_nsec: (ns % 1_000_000_000) as i64,
    }
}

fn from_timespec(time: libc::timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let rest = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}

/// Sets a timer; `old` gets the time that was left and the interval, unless it is null.
///
/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_timer_set(
    id: c_int,
    flags: c_int,
    value: u64,
    interval: u64,
    old: *mut [u64; 2],
) -> c_long {
    let is_absolute = flags as u32 & timeout::ABSOLUTE != 0;
    let result = on_session_of(id, |fd, timer| match timer {
        Timer::Module(number) => timers::set(fd, number, is_absolute, value, interval),
        Timer::System(timer) => set_system_timer(timer, is_absolute, value, interval),
    });
    answer(result.map(|before| {
        timers::note(id, value, interval, is_absolute);
        if !old.is_null() {
            // SAFETY: entry.c passes the address of a variable.
            unsafe { old.write(before) };
        }
        0
    }))
}

/// Makes a call for a timer: on the session, if it needs that.
fn on_session_of<T>(
    id: c_int,
    mut make: impl FnMut(BorrowedFd<'_>, Timer) -> Result<T, Errno>,
) -> Result<T, Errno> {
    match timers::find(id, EPOCH.load(Relaxed))? {
        timer @ Timer::System(_) => {
            timeout::take();
            // It does not use the descriptor.
            make(borrowed(0), timer)
        }
        // In a child the first try tells that the timer was the parent's.
        Timer::Module(_) => on_session(|fd| make(fd, timers::find(id, EPOCH.load(Relaxed))?)),
    }
}

fn set_system_timer(
    timer: usize,
    is_absolute: bool,
    value: u64,
    interval: u64,
) -> Result<[u64; 2], Errno> {
    let new = libc::itimerspec {
        it_interval: to_timespec(interval),
        it_value: to_timespec(value),
    };
    let mut old = libc::itimerspec {
        it_interval: to_timespec(0),
        it_value: to_timespec(0),
    };
    let flags = if is_absolute { libc::TIMER_ABSTIME } else { 0 };
    // SAFETY: It was in the table, so it was made; the structures are on the stack.
    match unsafe { libc::timer_settime(timer as libc::timer_t, flags, &new, &mut old) } {
        0 => Ok([from_timespec(old.it_value), from_timespec(old.it_interval)]),
        _ => Err(last_errno()),
    }
}

/// What a timer is at: time that is left, interval, overruns.
fn timer_state(id: c_int) -> Result<[u64; 3], Errno> {
    on_session_of(id, |fd, timer| match timer {
        Timer::Module(number) => {
            let got = timers::get(fd, number)?;
            Ok([got.value, got.interval, got.overrun])
        }
        Timer::System(timer) => {
            let mut now = libc::itimerspec {
                it_interval: to_timespec(0),
                it_value: to_timespec(0),
            };
            // SAFETY: It was in the table, so it was made; the structure is on the stack.
            if unsafe { libc::timer_gettime(timer as libc::timer_t, &mut now) } != 0 {
                return Err(last_errno());
            }
            // SAFETY: It was in the table, so it was made.
            let overrun = unsafe { libc::timer_getoverrun(timer as libc::timer_t) };
            let [value, interval] = [from_timespec(now.it_value), from_timespec(now.it_interval)];
            Ok([value, interval, overrun.max(0) as u64])
        }
    })
}

/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_timer_get(id: c_int, out: *mut [u64; 3]) -> c_long {
    answer(timer_state(id).map(|state| {
        // SAFETY: entry.c passes the address of a variable.
        unsafe { out.write(state) };
        0
    }))
}

/// `struct _timer_info`.
#[repr(C)]
struct TimerInfo {
    left: [u64; 2],
    set: [u64; 2],
    flags: u32,
    tid: i32,
    notify: i32,
    clock: i32,
    overruns: u32,
    pad: u32,
    event: SigEvent,
}

/// # Safety
///
/// The addresses are good for what the call does with them.
#[no_mangle]
unsafe extern "C" fn __qipc_timer_info(id: c_int, search: c_int, out: *mut TimerInfo) -> c_long {
    let look = || {
        let id = if search != 0 {
            timers::next(id, EPOCH.load(Relaxed))?
        } else {
            id
        };
        let [value, interval, overruns] = timer_state(id)?;
        let about = timers::about(id)?;
        let is_active = value != 0;
        let has_expired = !is_active && about.set[0] != 0;
        let info = TimerInfo {
            left: [value, interval],
            set: about.set,
            flags: u32::from(is_active)
                | (u32::from(about.is_absolute) << 1)
                | (u32::from(has_expired) << 2)
                | (u32::from(about.clock == libc::CLOCK_REALTIME) << 3),
            tid: 0,
            notify: about.event.kind(),
            clock: about.clock,
            overruns: u32::try_from(overruns).unwrap_or(u32::MAX),
            pad: 0,
            event: about.event,
        };
        // SAFETY: A pointer of the program.
        unsafe { write(out, info) }?;
        Ok(id)
    };
    answer(look())
}
