// SPDX-License-Identifier: MIT OR Apache-2.0

//! Programs: what a few processes with a few threads do.

use crate::calls::{self, Call, Kind};
use serde::{Deserialize, Serialize};

/// Processes that a program has at most.
pub const PROCESSES: usize = 4;
/// Threads that one of its processes has at most.
pub const THREADS: usize = 4;
/// Registers of a kind that a process has.
pub const REGISTERS: usize = 4;

/// A place for a result; those of another process can be read as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(Kind, u8, u8)", into = "(Kind, u8, u8)")]
pub struct Register {
    /// What it holds.
    pub kind: Kind,
    /// Of which process it is.
    pub process: u8,
    /// Which of them it is.
    pub index: u8,
}

impl From<(Kind, u8, u8)> for Register {
    fn from((kind, process, index): (Kind, u8, u8)) -> Self {
        Self {
            kind,
            process,
            index,
        }
    }
}

impl From<Register> for (Kind, u8, u8) {
    fn from(register: Register) -> Self {
        (register.kind, register.process, register.index)
    }
}

/// Memory that is laid out alike in all processes of a program; see `raw::REGIONS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u8, u32, u64)", into = "(u8, u32, u64)")]
pub struct Part {
    /// Which region.
    pub region: u8,
    /// Where in it.
    pub at: u32,
    /// How many bytes.
    pub len: u64,
}

impl From<(u8, u32, u64)> for Part {
    fn from((region, at, len): (u8, u32, u64)) -> Self {
        Self { region, at, len }
    }
}

impl From<Part> for (u8, u32, u64) {
    fn from(part: Part) -> Self {
        (part.region, part.at, part.len)
    }
}

/// What a field is set to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// What a register holds, plus something.
    Register(Register, i8),
    /// The number of a process.
    Pid(u8),
    /// One piece of memory.
    Buffer(Part),
    /// An array of parts, repeated.
    Parts(Vec<Part>, u16),
    /// Address of a structure with these fields.
    Pointer(Vec<Value>),
    /// Address of a name.
    Name(u8),
    /// A number.
    #[serde(untagged)]
    Number(i64),
}

/// Where the argument of a call lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Where it should.
    Good,
    /// Before a page that cannot be reached.
    Edge,
    /// Partly in a page that cannot be reached.
    Straddles,
    /// Where it can be read only.
    ReadOnly,
    /// Nowhere.
    Null,
}

/// What a call is made on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum On {
    /// The session of the process.
    #[default]
    Session,
    /// The descriptor in a register, or the session if it holds none.
    Register(Register),
}

/// An ioctl.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ioctl {
    /// Name of the request.
    pub call: String,
    /// What it is made on.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on: On,
    /// One value a field; none for those that are written.
    pub values: Vec<Value>,
    /// Register of each kind that takes results.
    #[serde(default, skip_serializing_if = "is_default")]
    pub out: u8,
    /// How much longer than it should be the argument is said to be.
    #[serde(default, skip_serializing_if = "is_default")]
    pub longer: i8,
    /// Where the argument lies.
    #[serde(default = "good", skip_serializing_if = "is_good")]
    pub place: Place,
    /// Whether the call is made as 32-bit programs do.
    #[serde(default, skip_serializing_if = "is_default")]
    pub narrow: bool,
    /// Which allocation or user copy of it fails, 0 is none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fail: u8,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn good() -> Place {
    Place::Good
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_good(place: &Place) -> bool {
    *place == Place::Good
}

/// Something that a thread does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// An ioctl with an argument from the table.
    Ioctl(Ioctl),
    /// An ioctl with any number and argument.
    Raw {
        /// What it is made on.
        on: On,
        /// The request.
        request: u32,
        /// The argument: bytes that are repeated.
        bytes: Vec<u8>,
    },
    /// Open `/dev/qipc` once more.
    Open(Register),
    /// Make an eventfd.
    Counter(Register),
    /// Close a descriptor.
    Close(Register),
    /// Close the session.
    CloseSession,
    /// Duplicate a descriptor.
    Dup(Register, Register),
    /// Give a descriptor to a process, which takes it some time.
    Pass(Register, u8),
    /// Take a descriptor that was given.
    Take(Register),
    /// Look whether a descriptor is readable, for so many milliseconds.
    Poll(Register, u8),
    /// Send a signal to a process, whichever it is.
    Kill(u8, u8),
    /// Send a signal to a thread of a process.
    Signal(u8, u8, u8),
    /// Fork; the child does this and ends.
    Fork(Vec<Op>),
    /// Become another program, which tries the descriptors that it has.
    Exec,
    /// End this thread.
    ExitThread,
    /// End this process.
    Exit,
    /// Wait for so many microseconds.
    Sleep(u16),
    /// Unmap a region.
    Unmap(u8),
    /// Map it again.
    Map(u8),
    /// Let it be read, or nothing.
    Protect(u8, bool),
    /// Drop its pages.
    Discard(u8),
    /// Cut the file below the shared region to so many pages.
    Truncate(u8),
    /// Scheduling policy and priority of the thread.
    Schedule(u8, u8),
    /// Run on one processor only.
    Pin(u8),
    /// New namespaces: the flags of unshare.
    Unshare(u32),
    /// Become another user.
    Become(u8),
    /// Sleep in QIPC_BENCH_SWITCH, or wake from it.
    Switch(u8),
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Whose it is: 0 is root.
    pub user: u8,
    /// What its threads do.
    pub threads: Vec<Vec<Op>>,
}

/// What is carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Whether calls that a handled signal interrupts are restarted.
    pub restart: bool,
    /// Who does what.
    pub processes: Vec<Process>,
}

impl Ioctl {
    /// Its line of the table.
    #[must_use]
    pub fn table(&self) -> Option<&'static Call> {
        calls::find(&self.call)
    }
}

impl Program {
    /// How many things it does.
    #[must_use]
    pub fn len(&self) -> usize {
        self.threads().map(Vec::len).sum()
    }

    /// Its threads.
    pub fn threads(&self) -> impl Iterator<Item = &Vec<Op>> {
        self.processes.iter().flat_map(|process| &process.threads)
    }

    /// Whether it keeps to the bounds of this file; one that was read from a file need not.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        (1..=PROCESSES).contains(&self.processes.len())
            && self
                .processes
                .iter()
                .all(|process| (1..=THREADS).contains(&process.threads.len()))
            && self.threads().flatten().all(is_known)
    }
}

fn is_known(op: &Op) -> bool {
    match op {
        Op::Ioctl(ioctl) => ioctl
            .table()
            .is_some_and(|call| call.fields.len() == ioctl.values.len()),
        Op::Fork(ops) => ops.iter().all(is_known),
        _ => true,
    }
}
