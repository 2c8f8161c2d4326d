// SPDX-License-Identifier: MIT OR Apache-2.0

//! What `file_server` and `file_client` say to each other: a small subset of the messages that QNX file systems speak
//! (`_IO_WRITE`, `_IO_READ`, `_IO_LSEEK`).
//!
//! A message is a [`Header`], followed by data for a write. It is answered with a status, and for a read with a
//! [`ReadReply`] followed by data. Both sides know the length of the headers, nothing else is agreed on: how a message
//! is cut into parts is each side's own business.

#![allow(dead_code, reason = "each program packs what the other unpacks")]

/// Length of a [`Header`] on the wire.
pub const HEADER: usize = 32;
/// Length of a [`ReadReply`] on the wire.
pub const READ_REPLY: usize = 16;
/// Length of [`Statistics`] on the wire.
pub const STATISTICS: usize = 6 * 8;

/// The file that is written and read back.
pub const FILE: u32 = 0;
/// The log that the ring buffer is emptied into.
pub const LOG: u32 = 1;

/// What a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `bytes` of data follow, for the current position; the status is the number of bytes written.
    Write,
    /// Up to `bytes` from the current position; the status is the number of bytes read.
    Read,
    /// Move the position to `offset`; the status is the new one.
    SeekSet,
    /// Move the position by `offset`; the status is the new one.
    SeekCur,
    /// Move the position to `offset` behind the end; the status is the new one.
    SeekEnd,
    /// Answered with [`Statistics`].
    Statistics,
    /// The server ends after its answer.
    Shutdown,
}

const OPS: [Op; 7] = [
    Op::Write,
    Op::Read,
    Op::SeekSet,
    Op::SeekCur,
    Op::SeekEnd,
    Op::Statistics,
    Op::Shutdown,
];

/// Start of every message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What is wanted.
    pub op: Op,
    /// [`FILE`] or [`LOG`].
    pub object: u32,
    /// Bytes that follow, or that are wanted.
    pub bytes: u64,
    /// Where to.
    pub offset: i64,
}

impl Header {
    /// As it travels.
    pub fn to_wire(self) -> [u8; HEADER] {
        let mut wire = [0; HEADER];
        wire[0] = OPS
            .iter()
            .position(|op| *op == self.op)
            .unwrap_or(OPS.len()) as u8;
        wire[4..8].copy_from_slice(&self.object.to_ne_bytes());
        wire[8..16].copy_from_slice(&self.bytes.to_ne_bytes());
        wire[16..24].copy_from_slice(&self.offset.to_ne_bytes());
        wire
    }

    /// `None` when it is not a header: a client may send anything.
    pub fn from_wire(wire: &[u8]) -> Option<Self> {
        let wire: &[u8; HEADER] = wire.try_into().ok()?;
        Some(Self {
            op: *OPS.get(usize::from(wire[0]))?,
            object: u32::from_ne_bytes(field(wire, 4)),
            bytes: u64::from_ne_bytes(field(wire, 8)),
            offset: i64::from_ne_bytes(field(wire, 16)),
        })
    }
}

/// Start of the answer to a read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadReply {
    /// Bytes that follow.
    pub bytes: u64,
    /// Parts that the server made its reply of. For the report: a client cannot see it and need not know.
    pub parts: u64,
}

impl ReadReply {
    /// As it travels.
    pub fn to_wire(self) -> [u8; READ_REPLY] {
        let mut wire = [0; READ_REPLY];
        wire[..8].copy_from_slice(&self.bytes.to_ne_bytes());
        wire[8..].copy_from_slice(&self.parts.to_ne_bytes());
        wire
    }

    /// As it arrives.
    pub fn from_wire(wire: &[u8; READ_REPLY]) -> Self {
        Self {
            bytes: u64::from_ne_bytes(field(wire, 0)),
            parts: u64::from_ne_bytes(field(wire, 8)),
        }
    }
}

/// What a server has done, for the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Writes of which the server received the header alone, and pulled the data later.
    pub pulls: u64,
    /// Most blocks that one pull was scattered into.
    pub most_parts: u64,
    /// Blocks of 512 bytes in use.
    pub small_blocks: u64,
    /// Blocks of 4 KiB in use.
    pub large_blocks: u64,
    /// Pairs of blocks that are neighbours in the file and in memory.
    pub contiguous: u64,
    /// Messages of any kind.
    pub messages: u64,
}

impl Statistics {
    /// As it travels.
    pub fn to_wire(self) -> [u8; STATISTICS] {
        let fields = [
            self.pulls,
            self.most_parts,
            self.small_blocks,
            self.large_blocks,
            self.contiguous,
            self.messages,
        ];
        let mut wire = [0; STATISTICS];
        for (place, field) in wire.chunks_exact_mut(8).zip(fields) {
            place.copy_from_slice(&field.to_ne_bytes());
        }
        wire
    }

    /// As it arrives.
    pub fn from_wire(wire: &[u8; STATISTICS]) -> Self {
        let number = |n: usize| u64::from_ne_bytes(field(wire, n * 8));
        Self {
            pulls: number(0),
            most_parts: number(1),
            small_blocks: number(2),
            large_blocks: number(3),
            contiguous: number(4),
            messages: number(5),
        }
    }
}

/// `N` bytes of a header, which has them.
fn field<const N: usize>(wire: &[u8], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&wire[at..at + N]);
    bytes
}
