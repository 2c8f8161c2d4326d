// SPDX-License-Identifier: MIT OR Apache-2.0

//! Two processes, one of which is measured.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::thread::{sched_setaffinity, CpuSet};
use serde::{Deserialize, Serialize};

use crate::meter::{Meter, Unit};
use crate::os;
use crate::peers::peer::{Hello, Link, Peer, Shape};
use crate::raw::{self, Counter, Event, Forked};
use crate::stats::difference;
use crate::trouble::{Doing, Outcome, Trouble};

/// Which processors client and server run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// Both on the first one.
    Same,
    /// One each.
    Two,
    /// Wherever the scheduler puts them.
    Free,
}

impl Placement {
    /// What it is called in the results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "1cpu",
            Self::Two => "2cpu",
            Self::Free => "free",
        }
    }

    /// Puts this process where it belongs.
    pub fn apply(self, server: bool) -> Outcome<()> {
        let cpu = match self {
            Self::Free => return Ok(()),
            Self::Same => 0,
            Self::Two => usize::from(server),
        };
        let mut set = CpuSet::new();
        set.set(cpu);
        sched_setaffinity(None, &set).or_lacks(&format!("processor {cpu}"))
    }
}

/// How much is measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Plan {
    /// N: a run takes N operations, and then 2N.
    pub rounds: u64,
    /// How many runs.
    pub runs: u64,
    /// Operations before the first run.
    pub warm_up: u64,
    /// Operations that are timed one by one, for percentiles.
    pub singles: u64,
    /// Where times are taken: what a run may take at most, in nanoseconds; there are fewer operations then. 0: as many as said.
    pub span: u64,
}

impl Plan {
    /// As many operations as fit into the span, if one takes so long.
    fn fitted(mut self, each: u64) -> Self {
        if self.span > 0 {
            let fit = (self.span / each.max(1)).max(1);
            self.rounds = self.rounds.min(fit);
            self.singles = self.singles.min(fit);
        }
        self
    }
}

/// What is done with the operations.
#[derive(Debug, Clone, Default)]
pub enum Watch {
    /// They are timed.
    #[default]
    Time,
    /// Events in both processes are counted.
    Count(Vec<Event>),
    /// They are bracketed by two calls of getppid, for a trace; the folder is where the tracer and the client meet, the
    /// other the name of the trace.
    Trace(PathBuf, String),
}

/// What a client found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Series {
    /// Cost of one operation, once a run.
    pub runs: Vec<f64>,
    /// Single operations.
    pub singles: Vec<u64>,
    /// For each event how often it happened in an operation, once a run.
    pub counts: Vec<Vec<f64>>,
}

/// What the client's process tells the one that started it.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Found {
    Fine(Series),
    Lacks(String),
    Failed(String),
}

/// What to run, and how.
pub struct Setting<'a> {
    /// The way to talk.
    pub peer: &'a dyn Peer,
    /// What is moved.
    pub shape: Shape,
    /// Where the processes run.
    pub placement: Placement,
    /// How much is measured.
    pub plan: Plan,
    /// What is counted.
    pub meter: Meter,
    /// What is done with the operations.
    pub watch: Watch,
}

/// Runs client and server of a peer and measures the client.
pub fn measure(setting: &Setting) -> Outcome<Series> {
    let mut link = setting.peer.prepare(&setting.shape)?;
    let pipes = Pipes::new()?;
    let mut server = None;
    if !setting.peer.alone() {
        match raw::fork().doing("fork")? {
            Forked::Child => server_main(link.as_mut(), &pipes, setting.placement),
            Forked::Parent(pid) => server = Some(pid),
        }
    }
    let client = match raw::fork().doing("fork")? {
        Forked::Child => client_main(link.as_mut(), &pipes, setting, server),
        Forked::Parent(pid) => pid,
    };
    let result = pipes.result();
    os::reap(client);
    if let Some(server) = server {
        os::reap(server);
    }
    match result? {
        Found::Fine(series) => Ok(series),
        Found::Lacks(text) => Err(Trouble::Lacks(text)),
        Found::Failed(text) => Err(Trouble::Failed(text)),
    }
}

/// What the three processes tell each other before and after.
struct Pipes {
    to_client: (OwnedFd, OwnedFd),
    to_server: (OwnedFd, OwnedFd),
    found: (OwnedFd, OwnedFd),
}

impl Pipes {
    fn new() -> Outcome<Self> {
        Ok(Self {
            to_client: rustix::pipe::pipe().doing("pipe")?,
            to_server: rustix::pipe::pipe().doing("pipe")?,
            found: rustix::pipe::pipe().doing("pipe")?,
        })
    }

    /// Reads what the client found; its end, whichever, is the end of the measurement.
    fn result(self) -> Outcome<Found> {
        // The server has a copy of the other end, and lives on: a line is the whole of it.
        drop(self.found.1);
        let text = line(&self.found.0).doing("result")?;
        serde_json::from_slice(&text).map_err(|_| Trouble::Failed("the client died".into()))
    }
}

/// A greeting, or why there is none.
type Greeting = Result<Hello, (bool, String)>;

fn tell(fd: &OwnedFd, hello: Outcome<Hello>) -> Outcome<()> {
    let greeting: Greeting =
        hello.map_err(|t| (matches!(t, Trouble::Lacks(_)), t.text().to_string()));
    let mut line = serde_json::to_string(&greeting).doing("greeting")?;
    line.push('\n');
    File::from(fd.try_clone()?)
        .write_all(line.as_bytes())
        .doing("greeting")
}

/// Reads a line, and nothing behind it.
fn line(fd: &OwnedFd) -> std::io::Result<Vec<u8>> {
    let mut file = File::from(fd.try_clone()?);
    let mut line = Vec::new();
    let mut byte = [0];
    while file.read(&mut byte)? == 1 && byte[0] != b'\n' {
        line.push(byte[0]);
    }
    Ok(line)
}

fn hear(fd: &OwnedFd) -> Outcome<Hello> {
    let line = line(fd).doing("greeting")?;
    let greeting: Greeting = serde_json::from_slice(&line).doing("greeting")?;
    greeting.map_err(|(lacks, text)| {
        if lacks {
            Trouble::Lacks(text)
        } else {
            Trouble::Failed(text)
        }
    })
}

fn server_main(link: &mut dyn Link, pipes: &Pipes, placement: Placement) -> ! {
    os::die_with_parent();
    let mut body = || -> Outcome<()> {
        placement.apply(true)?;
        let hello = link.server_open();
        let bad = hello.clone().err();
        tell(&pipes.to_client.1, hello)?;
        if let Some(trouble) = bad {
            return Err(trouble);
        }
        link.server_accept(hear(&pipes.to_server.0)?)?;
        // Told again, so that the client begins when the server is ready.
        tell(&pipes.to_client.1, Ok([0; 4]))?;
        loop {
            link.serve()?;
        }
    };
    if let Err(trouble) = body() {
        // The client may hang now, and this is why.
        report(&pipes.found.1, &Found::from(trouble));
    }
    raw::exit_now(1)
}

impl From<Trouble> for Found {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Lacks(text) => Self::Lacks(text),
            Trouble::Failed(text) => Self::Failed(text),
        }
    }
}

fn report(fd: &OwnedFd, found: &Found) {
    if let (Ok(text), Ok(fd)) = (serde_json::to_string(found), fd.try_clone()) {
        let _ = File::from(fd).write_all((text + "\n").as_bytes());
    }
}

fn client_main(link: &mut dyn Link, pipes: &Pipes, setting: &Setting, server: Option<i32>) -> ! {
    os::die_with_parent();
    let mut body = || -> Outcome<Series> {
        setting.placement.apply(false)?;
        if server.is_none() {
            link.client_open([0; 4])?;
        } else {
            let hello = link.client_open(hear(&pipes.to_client.0)?);
            let bad = hello.clone().err();
            tell(&pipes.to_server.1, hello)?;
            if let Some(trouble) = bad {
                return Err(trouble);
            }
            hear(&pipes.to_client.0)?;
        }
        let (mut plan, meter) = (setting.plan, &setting.meter);
        let start = meter.now();
        times(link, plan.warm_up)?;
        if meter.unit() == Unit::Nanoseconds {
            plan = plan.fitted((meter.now() - start) / plan.warm_up.max(1));
        }
        let series = match &setting.watch {
            Watch::Time => timed(link, &plan, meter),
            Watch::Count(events) => counted(link, &plan, events, server),
            Watch::Trace(folder, name) => traced(link, &plan, folder, name),
        }?;
        link.check()?;
        Ok(series)
    };
    let found = body().map_or_else(Found::from, Found::Fine);
    report(&pipes.found.1, &found);
    raw::exit_now(0)
}

fn times(link: &mut dyn Link, count: u64) -> Outcome<()> {
    for _ in 0..count {
        link.call()?;
    }
    Ok(())
}

fn timed(link: &mut dyn Link, plan: &Plan, meter: &Meter) -> Outcome<Series> {
    let mut series = Series::default();
    // Grown here, so that nothing is allocated between two readings.
    series.singles.reserve_exact(plan.singles as usize);
    for _ in 0..plan.runs {
        let start = meter.now();
        times(link, plan.rounds)?;
        let middle = meter.now();
        series.runs.push(match meter.unit() {
            Unit::Instructions => {
                times(link, 2 * plan.rounds)?;
                difference(plan.rounds, middle - start, meter.now() - middle)
            }
            Unit::Nanoseconds => (middle - start) as f64 / plan.rounds as f64,
        });
    }
    let mut before = meter.now();
    for _ in 0..plan.singles {
        link.call()?;
        let after = meter.now();
        series.singles.push(after - before);
        before = after;
    }
    Ok(series)
}

fn counted(
    link: &mut dyn Link,
    plan: &Plan,
    events: &[Event],
    server: Option<i32>,
) -> Outcome<Series> {
    const THIS_PROCESS: i32 = 0;
    let mut series = Series::default();
    for event in events {
        // One event at a time: one must not make another one happen.
        let counters = [Some(THIS_PROCESS), server]
            .into_iter()
            .flatten()
            .map(|pid| Counter::new(event, pid));
        let counters = counters
            .collect::<Result<Vec<_>, _>>()
            .or_lacks("perf_event_open")?;
        let total = || counters.iter().map(Counter::read).sum::<Result<u64, _>>();
        let mut counts = Vec::new();
        times(link, plan.warm_up)?;
        for _ in 0..plan.runs {
            let before = total()?;
            times(link, plan.rounds)?;
            counts.push((total()? - before) as f64 / plan.rounds as f64);
        }
        series.counts.push(counts);
    }
    Ok(series)
}

/// Whoever traces is told by files of a folder; it may look seldom.
fn wait_until(what: impl Fn() -> bool) {
    while !what() {
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn traced(link: &mut dyn Link, plan: &Plan, folder: &Path, name: &str) -> Outcome<Series> {
    let (ready, go, done) = (folder.join("ready"), folder.join("go"), folder.join("done"));
    let symbols = folder.join("kallsyms");
    if !symbols.exists() {
        std::fs::copy("/proc/kallsyms", symbols).doing("kallsyms")?;
    }
    // Appears with its contents.
    std::fs::write(folder.join("new"), name).doing("ready")?;
    std::fs::rename(folder.join("new"), ready).doing("ready")?;
    wait_until(|| go.exists());
    std::fs::remove_file(go).doing("go")?;
    // Warm again after the wait.
    times(link, plan.rounds)?;
    os::null_syscall();
    times(link, plan.rounds)?;
    os::null_syscall();
    std::fs::write(&done, "").doing("done")?;
    wait_until(|| !done.exists());
    Ok(Series {
        runs: vec![0.0],
        ..Series::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_operations_are_fewer() {
        let plan = Plan {
            rounds: 500,
            runs: 1,
            warm_up: 10,
            singles: 1000,
            span: 10_000,
        };
        let counts = |p: Plan| (p.rounds, p.singles);
        assert_eq!(counts(plan.fitted(1)), (500, 1000));
        assert_eq!(counts(plan.fitted(100)), (100, 100));
        // Never none.
        assert_eq!(counts(plan.fitted(1_000_000)), (1, 1));
        assert_eq!(counts(Plan { span: 0, ..plan }.fitted(100)), (500, 1000));
    }
}
