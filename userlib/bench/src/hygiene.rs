// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a round trip does besides taking time: events in client and server, as the kernel counts them.

use std::ffi::CString;
use std::fs;
use std::path::Path;

use crate::pair::{measure, Placement, Plan, Series, Setting, Watch};
use crate::peers::peer::{Peer, Shape};
use crate::raw::Event;
use crate::rows::{short_peers, Context, Found, Row};
use crate::trouble::{Doing, Outcome};

/// What is counted: the suffix of the row, and where the count comes from.
const WHAT: [(&str, &str); 9] = [
    ("switches", "software:3"),
    ("migrations", "software:4"),
    ("page-faults", "software:2"),
    ("allocations-kmalloc", "kmem/kmalloc"),
    ("allocations-cache", "kmem/kmem_cache_alloc"),
    ("allocations-pages", "kmem/mm_page_alloc"),
    ("contention", "lock/contention_begin"),
    ("copies-from-user", "function:_copy_from_user"),
    ("copies-to-user", "function:_copy_to_user"),
];

/// Where tracefs may be.
const TRACEFS: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

fn event(source: &str) -> Outcome<Event> {
    if let Some(number) = source.strip_prefix("software:") {
        return Ok(Event::Software(number.parse().doing("number")?));
    }
    if let Some(name) = source.strip_prefix("function:") {
        let kind = fs::read_to_string("/sys/bus/event_source/devices/kprobe/type")
            .or_lacks("kprobes for perf")?;
        return Ok(Event::Function(
            kind.trim().parse().doing("number")?,
            CString::new(name).doing("name")?,
        ));
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
    for index in 0..short_peers().len() {
        let name = short_peers()[index].name();
        let few = context.quick || context.tiny;
        if !COUNTED.contains(&name) || few && !["qipc", "pipe"].contains(&name) {
            continue;
        }
        for size in [8, 1024] {
            if few && size != 8 {
                continue;
            }
            rows.push(Row {
                name: format!("hygiene/{name}/{size}/"),
                unit: "events",
                once: true,
                job: Box::new(move |c| count(c, short_peers()[index].as_ref(), size)),
            });
        }
    }
    rows
}

fn count(context: &Context, peer: &dyn Peer, size: usize) -> Outcome<Found> {
    let mut found = Found::new();
    let rounds = if context.tiny { 10 } else { 200 };
    for (suffix, source) in WHAT {
        // What this kernel does not count does not keep the rest from being counted.
        let series = event(source).and_then(|event| {
            let mut series = measure(&Setting {
                peer,
                shape: Shape::both(size),
                placement: Placement::Same,
                plan: Plan {
                    rounds,
                    runs: 5,
                    warm_up: 50,
                    singles: 0,
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
