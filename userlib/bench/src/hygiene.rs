// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a round trip does besides taking time: events in client and server, as the kernel counts them.

use std::fs;
use std::path::Path;

use crate::pair::{measure, Placement, Plan, Series, Setting, Watch};
use crate::peers::peer::{Peer, Shape};
use crate::raw::Event;
use crate::rows::{Context, Found, Row};
use crate::short::peers;
use crate::trouble::{Doing, Outcome};

/// What is counted: the suffix of the row, and where the count comes from.
const WHAT: [(&str, &str); 7] = [
    ("switches", "software:3"),
    ("migrations", "software:4"),
    ("page-faults", "software:2"),
    ("allocations-kmalloc", "kmem/kmalloc"),
    ("allocations-cache", "kmem/kmem_cache_alloc"),
    ("allocations-pages", "kmem/mm_page_alloc"),
    ("contention", "lock/contention_begin"),
];

/// Where tracefs may be.
const TRACEFS: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

fn event(source: &str) -> Outcome<Event> {
    if let Some(number) = source.strip_prefix("software:") {
        return Ok(Event::Software(number.parse().doing("number")?));
    }
    let read =
        |root: &str| fs::read_to_string(Path::new(root).join("events").join(source).join("id"));
    let id = read(TRACEFS[0])
        .or_else(|_| read(TRACEFS[1]))
        .or_lacks(&format!("tracepoint {source}"))?;
    Ok(Event::Tracepoint(id.trim().parse().doing("number")?))
}

/// Peers whose events are counted.
const COUNTED: [&str; 7] = [
    "qipc",
    "qipc-separate",
    "eventfd",
    "pipe",
    "futex",
    "unix-seqpacket",
    "binder",
];

/// Events per round trip.
pub fn hygiene(context: &Context) -> Vec<Row> {
    let mut rows = Vec::new();
    let few = context.quick || context.tiny;
    // Where processes may migrate, and locks be contended.
    let placements: &[Placement] = if context.counts_instructions() || context.tiny {
        &[Placement::Same]
    } else {
        &[Placement::Same, Placement::Free]
    };
    for &placement in placements {
        for (index, peer) in peers().iter().enumerate() {
            let name = peer.name();
            if !COUNTED.contains(&name) || few && !["qipc", "pipe"].contains(&name) {
                continue;
            }
            for size in context.some(&[8, 1024], &[8], &[8]) {
                let group = match placement {
                    Placement::Same => "hygiene",
                    _ => "hygiene-free",
                };
                rows.push(Row {
                    name: format!("{group}/{name}/{size}/"),
                    unit: "events",
                    once: true,
                    job: Box::new(move |c| count(c, peers()[index].as_ref(), size, placement)),
                });
            }
        }
    }
    rows
}

fn count(context: &Context, peer: &dyn Peer, size: usize, placement: Placement) -> Outcome<Found> {
    let mut found = Found::new();
    // Where processes are on two processors, a round trip may take milliseconds.
    let (rounds, runs, warm_up) = match (context.tiny, placement) {
        (true, _) => (10, 2, 10),
        (_, Placement::Same) => (100, 3, 50),
        _ => (50, 3, 20),
    };
    for (suffix, source) in WHAT {
        // What this kernel does not count does not keep the rest from being counted.
        let series = event(source).and_then(|event| {
            let mut series = measure(&Setting {
                peer,
                shape: Shape::both(size),
                placement,
                plan: Plan {
                    rounds,
                    runs,
                    warm_up,
                    ..Plan::default()
                },
                meter: context.meter,
                watch: Watch::Count(vec![event]),
            })?;
            let runs = series.counts.pop().unwrap_or_default();
            Ok(Series {
                runs,
                ..Series::default()
            })
        });
        found.insert(suffix.to_string(), series);
    }
    Ok(found)
}
