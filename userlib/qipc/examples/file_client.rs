// SPDX-License-Identifier: MIT OR Apache-2.0

//! A client of `file_server`: `file_client PID:CHID FILE` moves a real file there and back, and reports what moved, in
//! how many parts and how fast. It fails when a byte is not what it was.
//!
//! Two patterns of message passing in parts are shown here; the other two are in `file_server`.
//!
//! - **Header and data** ([`RemoteFile::write`]). The header is made on the stack, the data lies where the caller has
//!   it. Two parts make one message of them; there is no buffer in which they would have to be put together.
//! - **A ring buffer** ([`Ring`]). What is in a ring that has wrapped lies at its end and at its start. Header, end and
//!   start are one message of three parts, so the server gets all of it or nothing: no other message can come between.
//!
//! The small ones, `lseek` and `tell` ([`RemoteFile::seek`]), need no memory but the stack.

mod file_protocol;

use std::error::Error;
use std::io::{Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use file_protocol::{Header, Op, ReadReply, Statistics, FILE, HEADER, LOG, READ_REPLY, STATISTICS};
use qipc::{total_len, ConnectFlags, Connection, Part, PartMut, Qipc};
use sha2::{Digest, Sha256};

/// Bytes of data in one message.
const CHUNK: usize = 256 * 1024;
/// Bytes that a pipe can hold.
const PIPE: usize = 1024 * 1024;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("file_client: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let address = args.next().ok_or("which server?")?.parse()?;
    let path = args.next().ok_or("which file?")?;
    let data = std::fs::read(&path)?;
    let hash = Sha256::digest(&data);
    println!("file: {path}, {} bytes", data.len());
    if data.len() < 10_000_000 {
        println!("      (a file of at least 10 MB gives better figures)");
    }
    println!("      SHA-256 {hash:x}\n");

    let server = Qipc::open()?.connect_attach(address, ConnectFlags::empty())?;
    let [file, log] = [FILE, LOG].map(|object| RemoteFile {
        server: &server,
        object,
    });

    let wrote = write_file(&file, &data)?;
    seek_and_tell(&file, data.len())?;
    odd_read(&file, &data)?;
    ring_buffer(&log)?;
    let (copy, read) = read_file(&file, data.len())?;
    let (piped, pipe_in, pipe_out) = through_pipes(&data)?;

    println!("speed, one process to another and back, MB/s:");
    println!("                      to the server   back from it");
    report("qipc", data.len(), [wrote, read]);
    report("two pipes of 1 MiB", data.len(), [pipe_in, pipe_out]);
    println!();

    file.shutdown()?;
    require(
        Sha256::digest(&piped) == hash,
        "the file came back from the pipes with another SHA-256",
    )?;
    require(
        Sha256::digest(&copy) == hash,
        "the file came back from the server with another SHA-256",
    )?;
    println!("SHA-256 matches: {:x}", Sha256::digest(&copy));
    Ok(())
}

/// A file of the server, used like a file descriptor.
struct RemoteFile<'c> {
    server: &'c Connection,
    object: u32,
}

impl RemoteFile<'_> {
    fn header(&self, op: Op, bytes: usize, offset: i64) -> [u8; HEADER] {
        Header {
            op,
            object: self.object,
            bytes: bytes as u64,
            offset,
        }
        .to_wire()
    }

    /// Header and data go as one message of two parts, from where they are.
    fn write(&self, data: &[u8]) -> qipc::Result<usize> {
        let header = self.header(Op::Write, data.len(), 0);
        let written = self
            .server
            .send(&[Part::new(&header), Part::new(data)], ())?;
        Ok(written as usize)
    }

    /// One small message from the stack; the answer is in the status.
    fn seek(&self, op: Op, offset: i64) -> qipc::Result<u64> {
        let position = self.server.send(&self.header(op, 0, offset), ())?;
        Ok(position as u64)
    }

    fn tell(&self) -> qipc::Result<u64> {
        self.seek(Op::SeekCur, 0)
    }

    /// The header of the reply comes onto the stack, the data to where the caller wants it. How many parts the server
    /// made its reply of is not to be seen here, so it says so itself.
    fn read(&self, into: &mut [u8]) -> qipc::Result<ReadReply> {
        let header = self.header(Op::Read, into.len(), 0);
        let mut reply = [0; READ_REPLY];
        let parts = &mut [PartMut::new(&mut reply), PartMut::new(into)];
        self.server.send(&header, parts)?;
        Ok(ReadReply::from_wire(&reply))
    }

    fn shutdown(&self) -> qipc::Result<i64> {
        self.server.send(&self.header(Op::Shutdown, 0, 0), ())
    }

    fn statistics(&self) -> qipc::Result<Statistics> {
        let mut reply = [0; STATISTICS];
        self.server
            .send(&self.header(Op::Statistics, 0, 0), &mut reply)?;
        Ok(Statistics::from_wire(&reply))
    }
}

/// Pattern 1: the whole file, in messages of two parts.
fn write_file(file: &RemoteFile<'_>, data: &[u8]) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    for chunk in data.chunks(CHUNK) {
        require(file.write(chunk)? == chunk.len(), "a write was cut short")?;
    }
    let time = start.elapsed();

    let s = file.statistics()?;
    let messages = data.len().div_ceil(CHUNK) as u64;
    require(s.pulls == messages, "the server did not pull every write")?;
    println!("1. write: {messages} messages of two parts (header of {HEADER} bytes + up to {} KiB of data)", CHUNK / 1024);
    println!(
        "      {} bytes moved in {} ms",
        data.len(),
        time.as_millis()
    );
    println!("      the server received each header alone and pulled the data with one MsgReadv,");
    println!(
        "      scattered into up to {} blocks at a time",
        s.most_parts
    );
    println!(
        "      cache now: {} blocks of 512 bytes, {} of 4 KiB; {} of {} neighbours are contiguous in memory\n",
        s.small_blocks,
        s.large_blocks,
        s.contiguous,
        (s.small_blocks + s.large_blocks).saturating_sub(1),
    );
    Ok(time)
}

/// Pattern 2: messages that fit on the stack.
fn seek_and_tell(file: &RemoteFile<'_>, len: usize) -> Result<(), Box<dyn Error>> {
    require(
        file.tell()? == len as u64,
        "tell is not behind what was written",
    )?;
    let middle = file.seek(Op::SeekSet, (len / 2) as i64)?;
    require(file.tell()? == middle, "tell is not where lseek went")?;
    require(
        file.seek(Op::SeekEnd, -1)? == len as u64 - 1,
        "lseek from the end",
    )?;
    let outside = file.seek(Op::SeekSet, -1);
    require(
        outside == Err(qipc::Error::Answered(qipc::Errno::INVAL)),
        "lseek in front of the file was not refused",
    )?;
    println!("2. lseek, tell: one message of one part ({HEADER} bytes on the stack) each, answered with a status alone");
    println!("      tell {len}; lseek to {middle}, tell {middle}; lseek to the last byte; lseek to -1: EINVAL\n");
    Ok(())
}

/// Pattern 3: a read that the server answers out of four blocks.
fn odd_read(file: &RemoteFile<'_>, data: &[u8]) -> Result<(), Box<dyn Error>> {
    const OFFSET: usize = 5 * 512 + 333;
    const BYTES: usize = 1454;
    let expected = data
        .get(OFFSET..OFFSET + BYTES)
        .ok_or("the file is too small for this read")?;
    file.seek(Op::SeekSet, OFFSET as i64)?;
    let mut into = [0; BYTES];
    let reply = file.read(&mut into)?;
    require(reply.bytes == BYTES as u64, "the read was cut short")?;
    require(into == expected, "the read brought other bytes")?;
    require(reply.parts == 5, "the reply was not made of five parts")?;
    let (first, last) = (512 - OFFSET % 512, (OFFSET + BYTES) % 512);
    println!("3. read of {BYTES} bytes at offset {OFFSET}: one reply of five parts");
    println!("      header of {READ_REPLY} + {first} + 512 + 512 + {last} bytes out of four blocks of 512,");
    println!("      received as two parts: header, data\n");
    Ok(())
}

/// Pattern 4: a ring buffer, and a producer that empties it now and then.
struct Ring {
    bytes: Box<[u8]>,
    start: usize,
    len: usize,
}

impl Ring {
    /// Adds as much of `data` as there is room for, and returns how much that is.
    fn push(&mut self, data: &[u8]) -> usize {
        let size = self.bytes.len();
        let pushed = data.len().min(size - self.len);
        for byte in &data[..pushed] {
            self.bytes[(self.start + self.len) % size] = *byte;
            self.len += 1;
        }
        pushed
    }

    /// The two ranges that hold what is in the ring, oldest first; the second is empty unless the ring has wrapped.
    fn ranges(&self) -> (&[u8], &[u8]) {
        let end = self.start + self.len;
        match end.checked_sub(self.bytes.len()) {
            None => (&self.bytes[self.start..end], &[]),
            Some(wrapped) => (&self.bytes[self.start..], &self.bytes[..wrapped]),
        }
    }

    /// Sends what is in the ring as one message: a header and the two ranges. Returns the lengths of the parts.
    fn flush(&mut self, log: &RemoteFile<'_>) -> qipc::Result<[usize; 3]> {
        let (older, newer) = self.ranges();
        let header = log.header(Op::Write, self.len, 0);
        let parts = [Part::new(&header), Part::new(older), Part::new(newer)];
        debug_assert_eq!(total_len(&parts), HEADER + self.len);
        log.server.send(&parts, ())?;
        let lengths = [HEADER, older.len(), newer.len()];
        self.start = (self.start + self.len) % self.bytes.len();
        self.len = 0;
        Ok(lengths)
    }
}

fn ring_buffer(log: &RemoteFile<'_>) -> Result<(), Box<dyn Error>> {
    let before = log.statistics()?.pulls;
    let mut ring = Ring {
        bytes: vec![0; 8192].into(),
        start: 0,
        len: 0,
    };
    let (mut produced, mut shown, mut wrapped) = (Vec::new(), None, 0);
    for round in 0_usize..12 {
        let line: Vec<u8> = (0..6000).map(|n| (n * 7 + round * 31) as u8).collect();
        require(ring.push(&line) == line.len(), "the ring is full")?;
        produced.extend(line);
        let parts = ring.flush(log)?;
        if parts[2] > 0 {
            wrapped += 1;
            shown.get_or_insert(parts);
        }
    }
    let [header, older, newer] = shown.ok_or("the ring never wrapped")?;
    require(
        log.statistics()?.pulls == before + 12,
        "the server saw another number of messages",
    )?;

    log.seek(Op::SeekSet, 0)?;
    let mut back = vec![0; produced.len()];
    let reply = log.read(&mut back)?;
    require(
        reply.bytes == produced.len() as u64 && back == produced,
        "the log is not what was produced",
    )?;
    println!("4. ring buffer: 12 messages of three parts (header + end of the ring + start of the ring), {wrapped} of them wrapped");
    println!("      the first of these: {header} + {older} + {newer} bytes, one message, one write of {}", older + newer);
    println!(
        "      the log of {} bytes is what was produced\n",
        produced.len()
    );
    Ok(())
}

/// Pattern 5: everything comes back.
fn read_file(file: &RemoteFile<'_>, len: usize) -> Result<(Vec<u8>, Duration), Box<dyn Error>> {
    let mut copy = vec![0; len];
    file.seek(Op::SeekSet, 0)?;
    let start = Instant::now();
    let (mut messages, mut most) = (0, 0);
    for chunk in copy.chunks_mut(CHUNK) {
        let reply = file.read(chunk)?;
        require(reply.bytes == chunk.len() as u64, "a read was cut short")?;
        messages += 1;
        most = most.max(reply.parts);
    }
    let time = start.elapsed();
    println!("5. read of the whole file: {messages} replies of up to {most} parts each (header + blocks)");
    println!("      {len} bytes moved in {} ms", time.as_millis());
    println!("      {} messages in all\n", file.statistics()?.messages);
    Ok((copy, time))
}

/// The same file to another process and back, through pipes.
fn through_pipes(data: &[u8]) -> Result<(Vec<u8>, Duration, Duration), Box<dyn Error>> {
    let server = std::env::current_exe()?.with_file_name("file_server");
    let mut child = Command::new(server)
        .arg("--pipe")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut to = child.stdin.take().ok_or("no pipe to the child")?;
    let mut from = child.stdout.take().ok_or("no pipe from the child")?;
    // As large as an unprivileged process may have them.
    rustix::pipe::fcntl_setpipe_size(&to, PIPE)?;
    rustix::pipe::fcntl_setpipe_size(&from, PIPE)?;
    // Starting the child is no part of the comparison.
    from.read_exact(&mut [0])?;

    let start = Instant::now();
    to.write_all(data)?;
    drop(to);
    let mut stored = [0; 8];
    from.read_exact(&mut stored)?;
    let there = start.elapsed();
    require(
        u64::from_ne_bytes(stored) == data.len() as u64,
        "the pipe lost something",
    )?;

    let mut copy = vec![0; data.len()];
    let start = Instant::now();
    from.read_exact(&mut copy)?;
    let back = start.elapsed();
    require(
        child.wait()?.success(),
        "the process behind the pipes failed",
    )?;
    Ok((copy, there, back))
}

/// One line of the table of speeds.
fn report(what: &str, bytes: usize, [there, back]: [Duration; 2]) {
    let rate = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64().max(1e-9);
    println!("   {what:<19}{:>13.1}   {:>12.1}", rate(there), rate(back));
}

fn require(truth: bool, otherwise: &str) -> Result<(), Box<dyn Error>> {
    if truth {
        Ok(())
    } else {
        Err(otherwise.into())
    }
}
