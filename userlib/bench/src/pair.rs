// SPDX-License-Identifier: MIT OR Apache-2.0

//! Two processes, one of which is measured.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use rustix::thread::{sched_setaffinity, CpuSet};
use serde::{Deserialize, Serialize};

use crate::meter::{Meter, Unit};
use crate::peers::{Hello, Link, Peer, Shape};
use crate::raw::{self, Forked};
use crate::stats::{difference, Figure};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// N: a run takes N operations, and then 2N.
    pub rounds: u64,
    /// How many runs.
    pub runs: u64,
    /// Operations before the first run.
    pub warm_up: u64,
    /// Operations that are timed one by one, for percentiles.
    pub singles: u64,
}

/// What a client found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Found {
    error: Option<(bool, String)>,
    runs: Vec<f64>,
    singles: Vec<u64>,
}

/// Runs client and server of a peer and measures the client.
pub fn measure(
    peer: &dyn Peer,
    shape: &Shape,
    placement: Placement,
    plan: &Plan,
    meter: &Meter,
) -> Outcome<Figure> {
    let mut link = peer.prepare(shape)?;
    let pipes = Pipes::new()?;
    let server = if peer.alone() {
        None
    } else {
        match raw::fork().doing("fork")? {
            Forked::Child => server_main(link.as_mut(), &pipes, placement),
            Forked::Parent(pid) => Some(pid),
        }
    };
    let client = match raw::fork().doing("fork")? {
        Forked::Child => client_main(link.as_mut(), pipes, placement, plan, meter, peer.alone()),
        Forked::Parent(pid) => pid,
    };
    let result = pipes.result();
    raw::reap(client);
    if let Some(server) = server {
        raw::reap(server);
    }
    let found = result?;
    match found.error {
        Some((true, text)) => Err(Trouble::Lacks(text)),
        Some((false, text)) => Err(Trouble::Failed(text)),
        None => {
            let figure =
                Figure::of(&found.runs).ok_or_else(|| Trouble::Failed("no runs".into()))?;
            Ok(figure.with_rounds(&found.singles))
        }
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
    raw::die_with_parent();
    let mut body = || -> Outcome<()> {
        placement.apply(true)?;
        let hello = link.server_open();
        let bad = hello.is_err();
        tell(&pipes.to_client.1, hello)?;
        if bad {
            return Ok(());
        }
        link.server_accept(hear(&pipes.to_server.0)?)?;
        // Told again, so that the client begins when the server is ready.
        tell(&pipes.to_client.1, Ok([0; 4]))?;
        loop {
            link.serve()?;
        }
    };
    if let Err(trouble) = body() {
        // The client hangs now, and this is why.
        let found = Found {
            error: Some((false, format!("server: {}", trouble.text()))),
            ..Found::default()
        };
        report(&pipes.found.1, &found);
    }
    raw::exit_now(1)
}

fn report(fd: &OwnedFd, found: &Found) {
    if let (Ok(text), Ok(fd)) = (serde_json::to_string(found), fd.try_clone()) {
        let _ = File::from(fd).write_all((text + "\n").as_bytes());
    }
}

fn client_main(
    link: &mut dyn Link,
    pipes: Pipes,
    placement: Placement,
    plan: &Plan,
    meter: &Meter,
    alone: bool,
) -> ! {
    raw::die_with_parent();
    let mut body = || -> Outcome<Found> {
        placement.apply(false)?;
        if alone {
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
        let found = client_loop(link, plan, meter)?;
        link.check()?;
        Ok(found)
    };
    let found = body().unwrap_or_else(|trouble| Found {
        error: Some((
            matches!(trouble, Trouble::Lacks(_)),
            trouble.text().to_string(),
        )),
        ..Found::default()
    });
    report(&pipes.found.1, &found);
    raw::exit_now(0)
}

fn client_loop(link: &mut dyn Link, plan: &Plan, meter: &Meter) -> Outcome<Found> {
    let mut found = Found::default();
    // Grown here, so that nothing is allocated between two readings.
    found.singles.reserve_exact(plan.singles as usize);
    for _ in 0..plan.warm_up {
        link.call()?;
    }
    for _ in 0..plan.runs {
        let start = meter.now();
        for _ in 0..plan.rounds {
            link.call()?;
        }
        let middle = meter.now();
        for _ in 0..2 * plan.rounds {
            link.call()?;
        }
        let end = meter.now();
        found.runs.push(match meter.unit() {
            Unit::Instructions => difference(plan.rounds, middle - start, end - middle),
            // Nothing to subtract, and every operation counts.
            Unit::Nanoseconds => (end - start) as f64 / (3 * plan.rounds) as f64,
        });
    }
    let mut before = meter.now();
    for _ in 0..plan.singles {
        link.call()?;
        let after = meter.now();
        found.singles.push(after - before);
        before = after;
    }
    Ok(found)
}
