// SPDX-License-Identifier: MIT OR Apache-2.0

//! Costs that should not grow: with blocked clients, connections, parts, server threads.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::meter::Unit;
use crate::pair::{measure, Placement, Plan, Series, Setting, Watch};
use crate::peers::peer::{Hello, Link, Parts, Peer, Shape};
use crate::peers::qipc::{self, Qipc};
use crate::raw::{self, Forked, Mapping, Memory, ReplyReceiveCall, SendCall, Vector};
use crate::rows::{Context, Row};
use crate::trouble::{Doing, Outcome, Trouble};

/// All rows.
pub fn scale(context: &Context) -> Vec<Row> {
    match context.meter.unit() {
        Unit::Instructions => {
            let mut rows = blocked_rows(context);
            rows.extend(connection_rows(context));
            rows.extend(part_rows(context));
            rows
        }
        Unit::Nanoseconds => thread_rows(context),
    }
}

/// Picks what a shorter benchmark measures too.
fn some(context: &Context, all: &[usize], quick: &[usize], tiny: &[usize]) -> Vec<usize> {
    let chosen = match (context.tiny, context.quick) {
        (true, _) => tiny,
        (_, true) => quick,
        _ => all,
    };
    chosen.to_vec()
}

/// A priority above that of all who are blocked.
const FIRST: i32 = 60;
/// Threads of one process of blocked clients.
const CROWD: usize = 1000;

fn blocked_rows(context: &Context) -> Vec<Row> {
    let counts = some(
        context,
        &[0, 1, 10, 100, 1000, 10_000],
        &[1, 10_000],
        &[1, 4],
    );
    let row = |blocked: usize| {
        Row::single(
            format!("scale/blocked/{blocked}"),
            "instructions",
            move |c| {
                let plan = Plan {
                    singles: 0,
                    ..c.short_plan()
                };
                measure(&setting(c, &Blocked { blocked }, Shape::both(8), plan))
            },
        )
    };
    counts.into_iter().map(row).collect()
}

fn setting<'a>(context: &Context, peer: &'a dyn Peer, shape: Shape, plan: Plan) -> Setting<'a> {
    Setting {
        peer,
        shape,
        placement: Placement::Same,
        plan,
        meter: context.meter,
        watch: Watch::Time,
    }
}

/// qipc while other clients wait for the same server, at lower priorities.
#[derive(Debug)]
struct Blocked {
    blocked: usize,
}

struct BlockedPair {
    blocked: usize,
    inner: Box<dyn Link>,
    crowds: Vec<i32>,
}

impl Peer for Blocked {
    fn name(&self) -> &'static str {
        "qipc-blocked"
    }

    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>> {
        Ok(Box::new(BlockedPair {
            blocked: self.blocked,
            inner: Qipc::USUAL.prepare(shape)?,
            crowds: Vec::new(),
        }))
    }
}

impl Link for BlockedPair {
    fn server_open(&mut self) -> Outcome<Hello> {
        self.inner.server_open()
    }

    fn client_open(&mut self, server: Hello) -> Outcome<Hello> {
        raw::set_priority(FIRST).or_lacks("real-time priority")?;
        let ready = Arc::new(Memory::new(64, Mapping::Shared)?);
        let mut left = self.blocked;
        while left > 0 {
            let now = left.min(CROWD);
            match raw::fork().doing("fork")? {
                Forked::Child => crowd(server, now, &ready),
                Forked::Parent(pid) => self.crowds.push(pid),
            }
            left -= now;
        }
        let there = || ready.word(0).load(Ordering::SeqCst) as usize;
        let start = Instant::now();
        while there() < self.blocked {
            if ready.word(1).load(Ordering::SeqCst) != 0
                || start.elapsed() > Duration::from_secs(600)
            {
                return Err(Trouble::Lacks(format!(
                    "only {} of {} clients could be started",
                    there(),
                    self.blocked
                )));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // Counted just before they send: the last ones need a moment.
        std::thread::sleep(Duration::from_secs(1));
        self.inner.client_open(server)
    }

    fn serve(&mut self) -> Outcome<()> {
        self.inner.serve()
    }

    fn call(&mut self) -> Outcome<()> {
        self.inner.call()
    }

    fn check(&self) -> Outcome<()> {
        for &pid in &self.crowds {
            raw::reap(pid);
        }
        self.inner.check()
    }
}

/// A process of many clients that send again and again, at priorities from 0 to below [`FIRST`].
fn crowd(server: Hello, count: usize, ready: &Arc<Memory>) -> ! {
    raw::die_with_parent();
    // Not above the clients' own, or starting them would wait for them.
    let _ = raw::set_priority(FIRST - 1);
    let session = match qipc::open() {
        Ok(session) => Arc::new(session),
        Err(_) => raw::exit_now(1),
    };
    let memory = match Memory::new(64, Mapping::Private) {
        Ok(memory) => Arc::new(memory),
        Err(_) => raw::exit_now(1),
    };
    for n in 0..count {
        let (session, shared, memory) = (session.clone(), ready.clone(), memory.clone());
        let client = move || -> Outcome<()> {
            let coid = raw::connect_attach(
                &*session,
                server[0] as i32,
                server[1] as i32,
                qipc_sys::QIPC_SIDE_CHANNEL,
            )?;
            let mut send = SendCall::new(
                coid,
                Vector::buffer(&memory, 0, 8),
                Vector::buffer(&memory, 8, 8),
            );
            raw::set_priority((n * 7 % 50) as i32)?;
            shared.word(0).fetch_add(1, Ordering::SeqCst);
            loop {
                send.call(&*session)?;
            }
        };
        let failed = ready.clone();
        let body = move || {
            if client().is_err() {
                failed.word(1).store(1, Ordering::SeqCst);
            }
        };
        if std::thread::Builder::new()
            .stack_size(16 << 10)
            .spawn(body)
            .is_err()
        {
            ready.word(1).store(1, Ordering::SeqCst);
        }
    }
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

fn connection_rows(context: &Context) -> Vec<Row> {
    let counts = some(context, &[1, 100, 10_000, 100_000], &[1, 100_000], &[1, 10]);
    let row = |connections: usize| {
        Row::single(
            format!("scale/connections/{connections}"),
            "instructions",
            move |c| {
                let plan = Plan {
                    singles: 0,
                    ..c.short_plan()
                };
                measure(&setting(
                    c,
                    &Connected { connections },
                    Shape::both(8),
                    plan,
                ))
            },
        )
    };
    counts.into_iter().map(row).collect()
}

/// qipc while the client has many connections, of which it uses a different one each time.
#[derive(Debug)]
struct Connected {
    connections: usize,
}

struct ConnectedPair {
    inner: Box<dyn Link>,
    connections: usize,
    session: Option<File>,
    sends: Vec<SendCall>,
    next: usize,
}

impl Peer for Connected {
    fn name(&self) -> &'static str {
        "qipc-connections"
    }

    fn prepare(&self, shape: &Shape) -> Outcome<Box<dyn Link>> {
        let inner = Qipc::USUAL.prepare(shape)?;
        Ok(Box::new(ConnectedPair {
            inner,
            connections: self.connections,
            session: None,
            sends: Vec::new(),
            next: 0,
        }))
    }
}

/// How many of the connections are used by turns.
const USED: usize = 16;

impl Link for ConnectedPair {
    fn server_open(&mut self) -> Outcome<Hello> {
        self.inner.server_open()
    }

    fn client_open(&mut self, server: Hello) -> Outcome<Hello> {
        let session = qipc::open()?;
        let memory = Arc::new(Memory::new(64, Mapping::Private)?);
        // A power of two, so that with one connection as with many the next one costs the same to find.
        let every = (self.connections / USED).max(1);
        for n in 0..self.connections {
            let coid = raw::connect_attach(
                &session,
                server[0] as i32,
                server[1] as i32,
                qipc_sys::QIPC_SIDE_CHANNEL,
            )
            .or_lacks(&format!("connection {n}"))?;
            if n % every == every - 1 && self.sends.len() < USED {
                self.sends.push(SendCall::new(
                    coid,
                    Vector::buffer(&memory, 0, 8),
                    Vector::buffer(&memory, 8, 8),
                ));
            }
        }
        self.session = Some(session);
        Ok([0; 4])
    }

    fn serve(&mut self) -> Outcome<()> {
        self.inner.serve()
    }

    fn call(&mut self) -> Outcome<()> {
        let Some(session) = &self.session else {
            return Err(Trouble::Failed("no session".into()));
        };
        self.next += 1;
        let index = self.next % self.sends.len();
        self.sends[index].call(session)?;
        Ok(())
    }
}

fn part_rows(context: &Context) -> Vec<Row> {
    let counts = some(
        context,
        &[1024, 16_384, 131_072, 524_288],
        &[1024, 524_288],
        &[1024],
    );
    let mut rows = Vec::new();
    for (side, at) in [
        (
            "send",
            (|n| Parts {
                send: n,
                ..Parts::default()
            }) as fn(usize) -> Parts,
        ),
        ("receive", |n| Parts {
            receive: n,
            ..Parts::default()
        }),
    ] {
        for &count in &counts {
            rows.push(Row::single(
                format!("scale/parts-{side}/{count}"),
                "instructions/part",
                move |c| {
                    let shape = Shape {
                        request: count * PART,
                        answer: 0,
                        parts: at(count),
                    };
                    let rounds = (65_536 / count as u64).clamp(1, 16);
                    let runs = if c.quick { 2 } else { 3 };
                    let plan = Plan {
                        rounds,
                        runs,
                        warm_up: 1,
                        singles: 0,
                    };
                    let mut series = measure(&setting(c, &Qipc::USUAL, shape, plan))?;
                    series.runs.iter_mut().for_each(|run| *run /= count as f64);
                    Ok(series)
                },
            ));
        }
    }
    rows
}

/// Bytes of each of many parts.
const PART: usize = 8;

/// Clients of the server with many threads.
const CLIENTS: usize = 16;

fn thread_rows(context: &Context) -> Vec<Row> {
    let counts = some(context, &[1, 2, 4, 8, 16, 32, 64], &[2, 8], &[2]);
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
    std::thread::sleep(span / 4);
    let mut series = Series::default();
    for _ in 0..2 {
        let (start, before) = (Instant::now(), shared.long(0).load(Ordering::SeqCst));
        std::thread::sleep(span);
        let done = shared.long(0).load(Ordering::SeqCst) - before;
        series
            .runs
            .push(done as f64 / start.elapsed().as_secs_f64());
    }
    children.into_iter().rev().for_each(raw::reap);
    if series.runs.iter().any(|&r| r == 0.0) {
        return Err(Trouble::Failed("no round trip in all that time".into()));
    }
    Ok(series)
}

fn many_threads(threads: usize, write: &OwnedFd) -> ! {
    raw::die_with_parent();
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
    raw::die_with_parent();
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
