// SPDX-License-Identifier: MIT OR Apache-2.0

//! Costs that should not grow with the number of connections and of parts.

use std::fs::File;
use std::sync::Arc;

use crate::pair::Plan;
use crate::peers::peer::{Hello, Link, Parts, Peer, Shape};
use crate::peers::qipc::{self, Qipc};
use crate::raw::{self, Mapping, Memory, SendCall, Vector};
use crate::rows::{Context, Row};
use crate::trouble::{Doing, Outcome, Trouble};

/// All rows.
pub fn scale(context: &Context) -> Vec<Row> {
    if !context.counts_instructions() {
        return Vec::new();
    }
    let mut rows = connection_rows(context);
    rows.extend(part_rows(context));
    rows
}

fn connection_rows(context: &Context) -> Vec<Row> {
    let counts = context.some(&[1, 100, 10_000, 100_000], &[1, 100_000], &[1, 10]);
    let row = |connections: usize| {
        Row::single(
            format!("scale/connections/{connections}"),
            "instructions",
            move |c| c.measure(&Connected { connections }, Shape::both(8), c.plain_plan()),
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
    let counts = context.some(&[1024, 16_384, 131_072, 524_288], &[1024, 524_288], &[1024]);
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
                        span: 0,
                    };
                    let mut series = c.measure(&Qipc::USUAL, shape, plan)?;
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
