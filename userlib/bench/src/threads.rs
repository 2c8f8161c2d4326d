// SPDX-License-Identifier: MIT OR Apache-2.0

//! Throughput of a server with many threads.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::os;
use crate::pair::Series;
use crate::peers::qipc;
use crate::raw::{self, Forked, Mapping, Memory, ReplyReceiveCall, SendCall, Vector};
use crate::rows::{Context, Row};
use crate::trouble::{Doing, Outcome, Trouble};

/// Clients of the server with many threads.
const CLIENTS: usize = 16;
/// How long nothing at all may happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// All rows.
pub fn threads(context: &Context) -> Vec<Row> {
    let counts = context.some(&[1, 2, 4, 8, 16, 32, 64], &[2, 8], &[2]);
    if context.counts_instructions() {
        return Vec::new();
    }
    let row = |threads: usize| {
        Row::single(
            format!("scale/threads/{threads}"),
            "round trips/s",
            move |c| throughput(c, threads),
        )
    };
    counts.into_iter().map(row).collect()
}

/// Round trips a second of 16 clients with a server of so many threads.
fn throughput(context: &Context, threads: usize) -> Outcome<Series> {
    qipc::open()?;
    let shared = Arc::new(Memory::new(4096, Mapping::Shared)?);
    let (read, write) = rustix::pipe::pipe().doing("pipe")?;
    let mut children = Vec::new();
    match raw::fork().doing("fork")? {
        Forked::Child => many_threads(threads, &write),
        Forked::Parent(pid) => children.push(pid),
    }
    let mut line = [0; 16];
    File::from(read).read_exact(&mut line).doing("the server")?;
    let number = |at: usize| {
        line[at..at + 8]
            .iter()
            .rev()
            .fold(0_u64, |n, &b| (n << 8) | u64::from(b))
    };
    for _ in 0..CLIENTS {
        match raw::fork().doing("fork")? {
            Forked::Child => one_client(number(0), number(8), &shared),
            Forked::Parent(pid) => children.push(pid),
        }
    }
    let span = Duration::from_millis(if context.tiny {
        20
    } else if context.quick {
        300
    } else {
        700
    });
    let done = || shared.long(0).load(Ordering::SeqCst);
    // A busy machine may take longer for the first one than a measurement is to take.
    let at_least = |count: u64| {
        let start = Instant::now();
        while done() < count && start.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    at_least(1);
    std::thread::sleep(span / 4);
    let mut series = Series::default();
    for _ in 0..2 {
        let (start, before) = (Instant::now(), done());
        std::thread::sleep(span);
        at_least(before + 1);
        let count = done() - before;
        series
            .runs
            .push(count as f64 / start.elapsed().as_secs_f64());
    }
    children.into_iter().rev().for_each(os::reap);
    if series.runs.iter().any(|&r| r == 0.0) {
        return Err(Trouble::Failed("no round trip in all that time".into()));
    }
    Ok(series)
}

fn many_threads(threads: usize, write: &OwnedFd) -> ! {
    os::die_with_parent();
    let body = || -> Outcome<()> {
        let session = Arc::new(qipc::open()?);
        let chid = raw::channel_create(&*session, 0).doing("channel")?;
        for _ in 0..threads {
            let session = session.clone();
            let memory = Arc::new(Memory::new(64, Mapping::Private)?);
            std::thread::Builder::new().spawn(move || {
                let (from, into) = (Vector::buffer(&memory, 0, 8), Vector::buffer(&memory, 8, 8));
                let mut call = ReplyReceiveCall::new(chid, from, into);
                let mut rcvid = 0;
                while let Ok(next) = call.call(&*session, rcvid, 0) {
                    rcvid = next;
                }
            })?;
        }
        let mut hello = u64::from(std::process::id()).to_le_bytes().to_vec();
        hello.extend_from_slice(&(chid as u64).to_le_bytes());
        File::from(write.try_clone()?).write_all(&hello)?;
        loop {
            std::thread::sleep(Duration::from_secs(3600));
        }
    };
    let _ = body();
    raw::exit_now(1)
}

fn one_client(pid: u64, chid: u64, shared: &Arc<Memory>) -> ! {
    os::die_with_parent();
    let body = || -> Outcome<()> {
        let session = qipc::open()?;
        let memory = Arc::new(Memory::new(64, Mapping::Private)?);
        let coid = raw::connect_attach(
            &session,
            pid as i32,
            chid as i32,
            qipc_sys::QIPC_SIDE_CHANNEL,
        )?;
        let mut send = SendCall::new(
            coid,
            Vector::buffer(&memory, 0, 8),
            Vector::buffer(&memory, 8, 8),
        );
        loop {
            send.call(&session)?;
            shared.long(0).fetch_add(1, Ordering::Relaxed);
        }
    };
    let _ = body();
    raw::exit_now(1)
}
