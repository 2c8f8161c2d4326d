// SPDX-License-Identifier: MIT OR Apache-2.0

//! A file server with a block cache, as file systems have it: the blocks of a file lie all over memory.
//!
//! Two patterns of message passing in parts are shown here; the other two are in `file_client`.
//!
//! - **Header first** ([`Server::write`]). A message of unknown length is received with room for its header only. When
//!   the server knows what it is and where it belongs, it pulls the data straight into its blocks. No buffer of
//!   "maximum message size", and no copy from one.
//! - **Reply in parts** ([`Server::read`]). The answer to a read is gathered from wherever the blocks are, behind a
//!   header that the server has on its stack.
//!
//! `file_server` prints its address and serves until it is told to end. `file_server --pipe` does the same work with a
//! pair of pipes instead, for comparison: it stores what comes on standard input and then writes it to standard output.

mod file_protocol;

use std::collections::HashMap;
use std::error::Error;
use std::io::{IoSlice, IoSliceMut};
use std::process::ExitCode;

use file_protocol::{Header, Op, ReadReply, Statistics, FILE, HEADER, LOG};
use qipc::{ChannelFlags, Errno, Part, PartMut, Qipc, Received, Request};

/// The start of a file is kept in blocks of this size,
const SMALL: usize = 512;
/// so many of them,
const SMALL_BLOCKS: usize = 128;
/// and the rest in blocks of this size.
const LARGE: usize = 4096;
/// No file may be larger.
const MAX_FILE: u64 = 1 << 30;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("file_server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1).as_deref() {
        None => serve(),
        Some("--pipe") => serve_pipe(),
        Some(other) => Err(format!("unknown argument {other}").into()),
    }
}

fn serve() -> Result<(), Box<dyn Error>> {
    let channel = Qipc::open()?.channel_create(ChannelFlags::empty())?;
    println!("{}", channel.address());

    let mut server = Server::default();
    while !server.ended {
        // Whatever is sent, only the header comes in now.
        let mut header = [0; HEADER];
        if let Received::Request(request) = channel.receive_uninterrupted(&mut header)? {
            // A client that has gone, or has lent bad memory, is its own problem.
            let _ = server.handle(request, &header);
        }
    }
    Ok(())
}

#[derive(Default)]
struct Server {
    cache: Cache,
    files: [CachedFile; 2],
    /// Where each client is in each file; the scoid names the client.
    positions: HashMap<(i32, u32), u64>,
    statistics: Statistics,
    ended: bool,
}

impl Server {
    fn handle(&mut self, request: Request, wire: &[u8; HEADER]) -> qipc::Result<()> {
        self.statistics.messages += 1;
        let Some(header) = Header::from_wire(&wire[..request.len()]) else {
            return request.error(Errno::BADMSG);
        };
        if header.object != FILE && header.object != LOG {
            return request.error(Errno::NOENT);
        }
        match header.op {
            Op::Write => self.write(request, header),
            Op::Read => self.read(request, header),
            Op::SeekSet | Op::SeekCur | Op::SeekEnd => self.seek(request, header),
            Op::Statistics => {
                let file = &self.files[FILE as usize];
                let statistics = Statistics {
                    small_blocks: file.blocks.len().min(SMALL_BLOCKS) as u64,
                    large_blocks: file.blocks.len().saturating_sub(SMALL_BLOCKS) as u64,
                    contiguous: file.contiguous(),
                    ..self.statistics
                };
                request.reply(0, &statistics.to_wire())
            }
            Op::Shutdown => {
                self.ended = true;
                request.reply(0, ())
            }
        }
    }

    /// The header is here, the data still lies in the client's memory: find the blocks that it belongs into, and have
    /// it copied from the one to the other.
    fn write(&mut self, request: Request, header: Header) -> qipc::Result<()> {
        // A length that a client claims is not to be believed.
        let offered = request.info().srcmsglen.saturating_sub(HEADER) as u64;
        if header.bytes > offered {
            return request.error(Errno::BADMSG);
        }
        let position = self.position(&request, header.object);
        let end = match position.checked_add(header.bytes) {
            Some(end) if end <= MAX_FILE => end,
            _ => return request.error(Errno::FBIG),
        };

        let file = &mut self.files[header.object as usize];
        file.grow(end, &mut self.cache);
        let mut parts = file.parts_mut(position, header.bytes);
        let pulled = match request.read_at(&mut parts, HEADER as u64) {
            Ok(pulled) => pulled as u64,
            Err(error) => return request.error(error.errno()),
        };

        self.statistics.pulls += 1;
        self.statistics.most_parts = self.statistics.most_parts.max(parts.len() as u64);
        file.len = file.len.max(position + pulled);
        self.set_position(&request, header.object, position + pulled);
        request.reply(pulled as i64, ())
    }

    /// The reply is a header that is made here and now, and the blocks that hold the bytes, or pieces of them.
    fn read(&mut self, request: Request, header: Header) -> qipc::Result<()> {
        let position = self.position(&request, header.object);
        let file = &self.files[header.object as usize];
        let bytes = header.bytes.min(file.len.saturating_sub(position));

        let mut parts = file.parts(position, bytes);
        let reply = ReadReply {
            bytes,
            parts: parts.len() as u64 + 1,
        }
        .to_wire();
        parts.insert(0, Part::new(&reply));

        let client = request.info().scoid;
        request.reply(bytes as i64, &parts)?;
        self.positions
            .insert((client, header.object), position + bytes);
        Ok(())
    }

    /// A whole conversation without a byte of data: the status carries the answer.
    fn seek(&mut self, request: Request, header: Header) -> qipc::Result<()> {
        let base = match header.op {
            Op::SeekCur => self.position(&request, header.object),
            Op::SeekEnd => self.files[header.object as usize].len,
            _ => 0,
        };
        match base.checked_add_signed(header.offset) {
            Some(position) if position <= MAX_FILE => {
                self.set_position(&request, header.object, position);
                request.reply(position as i64, ())
            }
            _ => request.error(Errno::INVAL),
        }
    }

    fn position(&self, request: &Request, object: u32) -> u64 {
        self.positions
            .get(&(request.info().scoid, object))
            .copied()
            .unwrap_or(0)
    }

    fn set_position(&mut self, request: &Request, object: u32, position: u64) {
        self.positions
            .insert((request.info().scoid, object), position);
    }
}

/// Free blocks, in no order: two blocks that are taken one after the other are not neighbours in memory, as in any
/// cache that has been in use for a while.
#[derive(Default)]
struct Cache {
    small: Vec<Box<[u8]>>,
    large: Vec<Box<[u8]>>,
    random: u64,
}

impl Cache {
    fn take(&mut self, size: usize) -> Box<[u8]> {
        let free = if size == SMALL {
            &mut self.small
        } else {
            &mut self.large
        };
        if free.len() < 64 {
            free.extend((0..256).map(|_| vec![0; size].into_boxed_slice()));
        }
        // Knuth's linear congruential generator; its upper half is random enough.
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let chosen = (self.random >> 33) as usize % free.len();
        free.swap_remove(chosen)
    }
}

/// A file as the cache holds it.
#[derive(Default)]
struct CachedFile {
    blocks: Vec<Box<[u8]>>,
    len: u64,
}

impl CachedFile {
    /// Makes room for `end` bytes.
    fn grow(&mut self, end: u64, cache: &mut Cache) {
        while block_start(self.blocks.len()) < end {
            let size = if self.blocks.len() < SMALL_BLOCKS {
                SMALL
            } else {
                LARGE
            };
            self.blocks.push(cache.take(size));
        }
    }

    /// The memory of `bytes` bytes from `position`, in order, to be read. All of it must be there.
    fn parts(&self, position: u64, bytes: u64) -> Vec<Part<'_>> {
        let (first, mut inside) = locate(position);
        let mut left = bytes as usize;
        let mut parts = Vec::new();
        for block in self.blocks.iter().skip(first) {
            if left == 0 {
                break;
            }
            let end = block.len().min(inside + left);
            parts.push(Part::new(&block[inside..end]));
            left -= end - inside;
            inside = 0;
        }
        parts
    }

    /// As [`parts`](Self::parts), to be written.
    fn parts_mut(&mut self, position: u64, bytes: u64) -> Vec<PartMut<'_>> {
        let (first, mut inside) = locate(position);
        let mut left = bytes as usize;
        let mut parts = Vec::new();
        for block in self.blocks.iter_mut().skip(first) {
            if left == 0 {
                break;
            }
            let end = block.len().min(inside + left);
            parts.push(PartMut::new(&mut block[inside..end]));
            left -= end - inside;
            inside = 0;
        }
        parts
    }

    /// Pairs of blocks that are neighbours in the file and in memory.
    fn contiguous(&self) -> u64 {
        let pairs = self.blocks.windows(2);
        pairs
            .filter(|pair| pair[0].as_ptr_range().end == pair[1].as_ptr())
            .count() as u64
    }
}

/// Where in the file a block starts.
fn block_start(block: usize) -> u64 {
    let small = block.min(SMALL_BLOCKS);
    (small * SMALL + (block - small) * LARGE) as u64
}

/// The block that holds a position, and the place in it.
fn locate(position: u64) -> (usize, usize) {
    let position = position as usize;
    match position.checked_sub(SMALL * SMALL_BLOCKS) {
        None => (position / SMALL, position % SMALL),
        Some(behind) => (SMALL_BLOCKS + behind / LARGE, behind % LARGE),
    }
}

/// The same through pipes, into the same kind of blocks, with as few system calls as `readv` and `writev` allow.
fn serve_pipe() -> Result<(), Box<dyn Error>> {
    const STEP: usize = 256 * 1024;
    let (stdin, stdout) = (std::io::stdin(), std::io::stdout());
    let mut cache = Cache::default();
    let mut file = CachedFile::default();
    rustix::io::write(&stdout, b"!")?;
    loop {
        file.grow(file.len + STEP as u64, &mut cache);
        let (first, mut inside) = locate(file.len);
        let mut slices: Vec<_> = Vec::new();
        for block in file.blocks.iter_mut().skip(first) {
            slices.push(IoSliceMut::new(&mut block[inside..]));
            inside = 0;
        }
        match rustix::io::readv(&stdin, &mut slices)? {
            0 => break,
            read => file.len += read as u64,
        }
    }
    // Tells the other end that everything is stored.
    rustix::io::write(&stdout, &file.len.to_ne_bytes())?;

    let mut left = file.len as usize;
    let mut slices: Vec<_> = Vec::new();
    for block in &file.blocks {
        if left == 0 {
            break;
        }
        let end = block.len().min(left);
        slices.push(IoSlice::new(&block[..end]));
        left -= end;
    }
    let mut slices = &mut slices[..];
    while !slices.is_empty() {
        let some = slices.len().min(1024);
        let written = rustix::io::writev(&stdout, &slices[..some])?;
        IoSlice::advance_slices(&mut slices, written);
    }
    Ok(())
}
