// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the scenarios share: processes, waiting, and data that can be checked.

use std::panic::PanicHookInfo;
use std::thread;
use std::time::{Duration, Instant};

use fork::Fork;
use qipc::{
    Address, Channel, ChannelFlags, ConnectFlags, Connection, Errno, Error, Part, PartMut, Qipc,
    Received, Request, Sink,
};
use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::process::{kill_process, waitpid, Pid, Signal, WaitOptions, WaitStatus};

/// Message of a panic that is part of a scenario.
pub const EXPECTED_PANIC: &str = "this panic is expected";

/// True for [`EXPECTED_PANIC`].
pub fn is_expected_panic(info: &PanicHookInfo<'_>) -> bool {
    info.payload().downcast_ref::<&str>() == Some(&EXPECTED_PANIC)
}

/// How much slower than a stock one the kernel may be, which a debug kernel is: what waits, waits longer, and what only repeats
/// does it less often.
pub fn slow() -> u32 {
    let told = std::env::var("QIPC_SLOW").ok();
    told.and_then(|text| text.parse().ok())
        .filter(|times| *times > 0)
        .unwrap_or(1)
}

/// The kernel's refusal.
pub fn os<T>(errno: Errno) -> Result<T, Error> {
    Err(Error::Os(errno))
}

/// A session of this process.
pub fn open() -> Qipc {
    Qipc::open().expect("open /dev/qipc")
}

/// A channel of a new session of this process.
pub fn channel() -> Channel {
    open()
        .channel_create(ChannelFlags::empty())
        .expect("create a channel")
}

/// A connection in a new session of this process.
pub fn connect(address: Address) -> Connection {
    open()
        .connect_attach(address, ConnectFlags::empty())
        .expect("attach")
}

/// Receives messages where nobody sends pulses.
pub trait Requests {
    fn request(&self, into: impl Sink) -> Result<Request, Error>;
    fn try_request(&self, into: impl Sink) -> Result<Option<Request>, Error>;
    fn request_uninterrupted(&self, into: impl Sink) -> Result<Request, Error>;
}

impl Requests for Channel {
    fn request(&self, into: impl Sink) -> Result<Request, Error> {
        self.receive(into).map(to_request)
    }

    fn try_request(&self, into: impl Sink) -> Result<Option<Request>, Error> {
        self.try_receive(into)
            .map(|received| received.map(to_request))
    }

    fn request_uninterrupted(&self, into: impl Sink) -> Result<Request, Error> {
        self.receive_uninterrupted(into).map(to_request)
    }
}

/// What must be a message.
pub fn to_request(received: Received) -> Request {
    match received {
        Received::Request(request) => request,
        Received::Pulse(pulse) => panic!("a pulse came: {pulse:?}"),
    }
}

/// A forked process that runs one function and ends.
pub struct Child(Pid);

impl Child {
    /// Forks. This process must have no second thread.
    pub fn run(work: impl FnOnce()) -> Self {
        match fork::fork().expect("fork") {
            Fork::Parent(pid) => Self(Pid::from_raw(pid).expect("a pid")),
            Fork::Child => {
                // A panic ends the process by the hook.
                work();
                std::process::exit(0);
            }
        }
    }

    /// As the crate has process ids.
    pub fn pid(&self) -> u32 {
        self.0.as_raw_nonzero().get().unsigned_abs()
    }

    /// Waits for the end of what it has to do.
    pub fn join(self) {
        let status = self.wait();
        assert_eq!(status.exit_status(), Some(0), "a child failed: {status:?}");
    }

    /// Ends it, wherever it is.
    pub fn kill(self) {
        kill_process(self.0, Signal::KILL).expect("kill");
        assert_eq!(
            self.wait().terminating_signal(),
            Some(Signal::KILL.as_raw())
        );
    }

    fn wait(&self) -> WaitStatus {
        loop {
            match waitpid(Some(self.0), WaitOptions::empty()) {
                Ok(Some((_, status))) => return status,
                Err(Errno::INTR) | Ok(None) => {}
                Err(error) => panic!("waitpid: {error}"),
            }
        }
    }
}

/// Runs a client and a server against each other twice: as two threads, and as two processes.
pub fn pair(client: impl Fn(&Connection) + Sync, server: impl Fn(&Channel)) {
    {
        let channel = channel();
        let address = channel.address();
        thread::scope(|scope| {
            scope.spawn(|| client(&connect(address)));
            server(&channel);
        });
    }
    let channel = channel();
    let address = channel.address();
    let child = Child::run(|| client(&connect(address)));
    server(&channel);
    child.join();
}

/// Events that are pending on the descriptor of a channel.
pub fn events(channel: &Channel, timeout: Duration) -> PollFlags {
    let fd = channel.pollable().expect("a pollable descriptor");
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    let timeout = Timespec::try_from(timeout).expect("a short timeout");
    poll(&mut fds, Some(&timeout)).expect("poll");
    fds[0].revents()
}

/// Waits until a client is SEND-blocked on the channel.
pub fn wait_for_message(channel: &Channel) {
    assert_eq!(
        events(channel, slow() * Duration::from_secs(20)),
        PollFlags::IN,
        "no message came"
    );
}

/// The calling thread, as `/proc` knows it.
pub fn own_thread() -> u32 {
    rustix::thread::gettid()
        .as_raw_nonzero()
        .get()
        .unsigned_abs()
}

/// Waits until a thread of this process sleeps in an ioctl.
pub fn wait_until_blocked(thread: u32) {
    let ioctl = if cfg!(target_arch = "x86_64") {
        "16 "
    } else {
        "29 "
    };
    let path = format!("/proc/self/task/{thread}/syscall");
    wait_until("the thread is blocked", || {
        std::fs::read_to_string(&path).is_ok_and(|call| call.starts_with(ioctl))
    });
}

/// Waits until something is true.
pub fn wait_until(what: &str, truth: impl Fn() -> bool) {
    let start = Instant::now();
    while !truth() {
        assert!(
            start.elapsed() < slow() * Duration::from_secs(20),
            "it never happened: {what}"
        );
        thread::sleep(Duration::from_millis(2));
    }
}

/// Numbers that look random and are the same in every run and in every process.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit.max(1)
    }

    /// `len` bytes.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        for chunk in bytes.chunks_mut(8) {
            let random = (self.below(usize::MAX) as u64).wrapping_mul(0x0101_0101_0000_0001);
            chunk.copy_from_slice(&random.to_ne_bytes()[..chunk.len()]);
        }
        bytes
    }
}

/// What memory holds before anything arrives.
pub const UNTOUCHED: u8 = 0xa5;

/// Memory with parts in it: ranges that do not overlap, in order, with gaps, of any length including zero.
pub struct Memory {
    pub bytes: Vec<u8>,
    pub ranges: Vec<(usize, usize)>,
}

impl Memory {
    /// Parts of `total` bytes in all.
    pub fn new(random: &mut Random, parts: usize, total: usize) -> Self {
        let mut cuts: Vec<usize> = (1..parts).map(|_| random.below(total + 1)).collect();
        cuts.extend([0, total]);
        cuts.sort_unstable();
        let (mut ranges, mut at) = (Vec::new(), 0);
        if parts > 0 {
            for cut in cuts.windows(2) {
                at += random.below(40);
                ranges.push((at, at + cut[1] - cut[0]));
                at += cut[1] - cut[0];
            }
        }
        Self {
            bytes: vec![UNTOUCHED; at + 16],
            ranges,
        }
    }

    /// Bytes in all parts.
    pub fn total(&self) -> usize {
        self.ranges.iter().map(|(start, end)| end - start).sum()
    }

    /// Puts `data` into the parts, as much as there is room for: what a transfer does.
    pub fn fill(&mut self, mut data: &[u8]) {
        for &(start, end) in &self.ranges {
            let (here, rest) = data.split_at(data.len().min(end - start));
            self.bytes[start..start + here.len()].copy_from_slice(here);
            data = rest;
        }
    }

    /// True if nothing but a transfer of `data` into the parts has happened to untouched memory.
    pub fn holds(&self, data: &[u8]) -> bool {
        let (bytes, ranges) = (vec![UNTOUCHED; self.bytes.len()], self.ranges.clone());
        let mut expected = Self { bytes, ranges };
        expected.fill(data);
        self.bytes == expected.bytes
    }

    pub fn parts(&self) -> Vec<Part<'_>> {
        self.ranges
            .iter()
            .map(|&(start, end)| Part::new(&self.bytes[start..end]))
            .collect()
    }

    pub fn parts_mut(&mut self) -> Vec<PartMut<'_>> {
        let (mut parts, mut rest, mut at) = (Vec::new(), &mut self.bytes[..], 0);
        for &(start, end) in &self.ranges {
            let (_, behind) = std::mem::take(&mut rest).split_at_mut(start - at);
            let (part, behind) = behind.split_at_mut(end - start);
            parts.push(PartMut::new(part));
            (rest, at) = (behind, end);
        }
        parts
    }
}
