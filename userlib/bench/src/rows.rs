// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is measured: all rows by name.

use std::collections::BTreeMap;

use crate::meter::{Meter, Unit};
use crate::pair::{measure, Placement, Plan, Series, Setting, Watch};
use crate::peers;
use crate::peers::peer::{Parts, Peer, Shape};
use crate::peers::qipc::{Place, Qipc, Style};
use crate::raw::Mapping;
use crate::trouble::{Outcome, Trouble};

/// What all rows know.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// What is counted.
    pub meter: Meter,
    /// Fewer rows, fewer runs.
    pub quick: bool,
    /// As little of everything as gives a figure: for the test of the benchmark itself.
    pub tiny: bool,
}

/// What a job found: under each suffix of the row's name a series.
pub type Found = BTreeMap<String, Outcome<Series>>;

/// What measures a row.
pub type Job = Box<dyn Fn(&Context) -> Outcome<Found>>;

/// One row, or a few that are measured together.
pub struct Row {
    /// Its name, without the mode.
    pub name: String,
    /// What its figures count.
    pub unit: &'static str,
    /// It does not drift, and is measured in the first pass only.
    pub once: bool,
    /// How it is measured.
    pub job: Job,
}

impl Row {
    /// A row of one figure.
    pub fn single(
        name: String,
        unit: &'static str,
        job: impl Fn(&Context) -> Outcome<Series> + 'static,
    ) -> Self {
        let job = move |context: &Context| Ok(Found::from([(String::new(), Ok(job(context)?))]));
        Self {
            name,
            unit,
            once: false,
            job: Box::new(job),
        }
    }
}

impl Context {
    /// What operations are counted in.
    pub fn unit(&self) -> &'static str {
        match self.meter.unit() {
            Unit::Instructions => "instructions",
            Unit::Nanoseconds => "ns",
        }
    }

    /// The mode, with which names of rows begin.
    pub fn mode(&self) -> &'static str {
        match self.meter.unit() {
            Unit::Instructions => "icount",
            Unit::Nanoseconds => "wall",
        }
    }

    fn counts_instructions(&self) -> bool {
        self.meter.unit() == Unit::Instructions
    }

    /// Plan for operations that are short.
    pub fn short_plan(&self) -> Plan {
        let (rounds, runs, singles) = match (self.tiny, self.quick, self.counts_instructions()) {
            (true, ..) => (5, 2, 5),
            (_, true, true) => (150, 5, 100),
            (_, true, false) => (300, 1, 300),
            (_, false, true) => (400, 7, 500),
            (_, false, false) => (500, 2, 1000),
        };
        Plan {
            rounds,
            runs,
            warm_up: rounds / 4 + 1,
            singles,
        }
    }

    /// Plan for operations that move so many bytes.
    pub fn bulk_plan(&self, bytes: usize) -> Plan {
        let budget = match (self.tiny, self.quick) {
            (true, _) => 0,
            (_, true) => 2 << 20,
            _ => 4 << 20,
        } * if self.counts_instructions() { 1 } else { 16 };
        let rounds = (budget / bytes.max(1)).clamp(1, 64) as u64;
        let runs = match (self.tiny, self.counts_instructions()) {
            (true, _) => 2,
            (_, true) => 3,
            _ => 2,
        };
        Plan {
            rounds,
            runs,
            warm_up: rounds.min(4),
            singles: 0,
        }
    }
}

/// A size as it is written in the names of rows.
pub fn size_name(bytes: usize) -> String {
    match bytes {
        b if b >= 1 << 20 && b % (1 << 20) == 0 => format!("{}M", b >> 20),
        b if b >= 4096 && b % 1024 == 0 => format!("{}K", b >> 10),
        b => b.to_string(),
    }
}

/// All peers of the short path.
pub fn short_peers() -> Vec<Box<dyn Peer>> {
    vec![
        Box::new(peers::null::Null::Syscall),
        Box::new(peers::null::Null::Ioctl),
        Box::new(peers::null::Null::Yield),
        Box::new(peers::floor::Floor),
        Box::new(Qipc::USUAL),
        Box::new(Qipc {
            style: Style::Separate,
            ..Qipc::USUAL
        }),
        Box::new(peers::eventfd::Eventfd),
        Box::new(peers::pipe::Pipe),
        Box::new(peers::futex::Futex),
        Box::new(peers::sysv::Sysv),
        Box::new(peers::mq::Mq),
        Box::new(peers::unix::Unix { packets: true }),
        Box::new(peers::unix::Unix { packets: false }),
        Box::new(peers::seccomp::Seccomp),
        Box::new(peers::binder::Binder),
    ]
}

/// Peers that move no bytes, or always the same few.
fn is_bare(peer: &dyn Peer) -> bool {
    peer.alone() || ["yield", "floor", "seccomp-notify"].contains(&peer.name())
}

const SIZES: [usize; 6] = [0, 8, 64, 256, 1024, 4096];

/// Whether this benchmark measures a round trip of this size.
fn is_measured(context: &Context, placement: Placement, peer: &dyn Peer, size: usize) -> bool {
    if is_bare(peer) || size < peer.least() {
        return is_bare(peer) && size == 0;
    }
    // What bars are about is always measured.
    if size == 8 || context.tiny {
        return size == 8;
    }
    if context.quick {
        return peer.name() == "qipc" && context.counts_instructions();
    }
    placement == Placement::Same || size == 4096
}

/// Round trips of little.
pub fn short(context: &Context) -> Vec<Row> {
    let mut rows = Vec::new();
    let placements: &[Placement] = if context.counts_instructions() {
        &[Placement::Same]
    } else {
        &[Placement::Same, Placement::Two, Placement::Free]
    };
    for &placement in placements {
        for index in 0..short_peers().len() {
            for size in SIZES {
                let peer = &short_peers()[index];
                if !is_measured(context, placement, peer.as_ref(), size) {
                    continue;
                }
                let size_text = if size == 4096 {
                    "4096".into()
                } else {
                    size_name(size)
                };
                let name = format!("short/{}/{size_text}/{}", peer.name(), placement.name());
                rows.push(Row::single(name, context.unit(), move |c| {
                    let shape = Shape::both(size);
                    measure(&Setting {
                        peer: short_peers()[index].as_ref(),
                        shape,
                        placement,
                        plan: c.short_plan(),
                        meter: c.meter,
                        watch: Watch::Time,
                    })
                }));
            }
        }
    }
    if context.counts_instructions() {
        rows.extend(parts(context));
    }
    rows
}

/// Bytes that the rows about parts move each way.
const PARTS_BYTES: usize = 512;

/// Round trips of lists of parts.
fn parts(context: &Context) -> Vec<Row> {
    let none = Parts::default();
    type At = fn(usize) -> Parts;
    let sides: [(&str, At); 5] = [
        ("send", |n| Parts {
            send: n,
            ..Parts::default()
        }),
        ("receive", |n| Parts {
            receive: n,
            ..Parts::default()
        }),
        ("reply", |n| Parts {
            reply: n,
            ..Parts::default()
        }),
        ("answer", |n| Parts {
            answer: n,
            ..Parts::default()
        }),
        ("all", |n| Parts {
            send: n,
            receive: n,
            reply: n,
            answer: n,
        }),
    ];
    let mut rows = vec![parts_row(context, "parts/buffer/1".into(), none)];
    for (side, at) in sides {
        for count in [1, 2, 8, 64] {
            if context.tiny && count == 2 || context.quick && side == "all" {
                continue;
            }
            rows.push(parts_row(
                context,
                format!("parts/{side}/{count}"),
                at(count),
            ));
        }
    }
    rows
}

fn parts_row(context: &Context, name: String, parts: Parts) -> Row {
    Row::single(name, context.unit(), move |c| {
        let shape = Shape {
            parts,
            ..Shape::both(PARTS_BYTES)
        };
        measure(&Setting {
            peer: &Qipc::USUAL,
            shape,
            placement: Placement::Same,
            plan: Plan {
                singles: 0,
                ..c.short_plan()
            },
            meter: c.meter,
            watch: Watch::Time,
        })
    })
}

/// One way to move a lot: name, what makes it, whether the request is what is long.
type Way = (&'static str, fn(Place) -> Box<dyn Peer>, bool);

const WAYS: [Way; 8] = [
    (
        "qipc-send",
        |place| {
            Box::new(Qipc {
                style: Style::Combined,
                place,
                descriptor: true,
            })
        },
        true,
    ),
    (
        "qipc-reply",
        |place| {
            Box::new(Qipc {
                style: Style::Combined,
                place,
                descriptor: true,
            })
        },
        false,
    ),
    (
        "qipc-read",
        |place| {
            Box::new(Qipc {
                style: Style::Read,
                place,
                descriptor: true,
            })
        },
        true,
    ),
    (
        "qipc-write",
        |place| {
            Box::new(Qipc {
                style: Style::Write,
                place,
                descriptor: true,
            })
        },
        false,
    ),
    ("pread", |_| Box::new(peers::page::Pread), false),
    (
        "vm-readv",
        |place| {
            Box::new(peers::page::VmRead {
                mapping: mapping(place),
            })
        },
        false,
    ),
    ("pipe", |_| Box::new(peers::pipe::Pipe), true),
    (
        "unix-stream",
        |_| Box::new(peers::unix::Unix { packets: false }),
        true,
    ),
];

fn mapping(place: Place) -> Mapping {
    if place == Place::Huge {
        Mapping::Huge
    } else {
        Mapping::Private
    }
}

/// How the memory of a message lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Contiguous,
    Pages,
    Unaligned,
    Huge,
}

impl Layout {
    const ALL: [Self; 4] = [Self::Contiguous, Self::Pages, Self::Unaligned, Self::Huge];

    fn name(self) -> &'static str {
        match self {
            Self::Contiguous => "contiguous",
            Self::Pages => "pages",
            Self::Unaligned => "unaligned",
            Self::Huge => "huge",
        }
    }

    fn place(self) -> Place {
        match self {
            Self::Contiguous | Self::Pages => Place::Aligned,
            Self::Unaligned => Place::Unaligned,
            Self::Huge => Place::Huge,
        }
    }

    /// Whether a way to move bytes can have this layout, and whether that is of interest.
    fn suits(self, way: &str) -> bool {
        self == Self::Contiguous
            || way.starts_with("qipc")
            || way == "vm-readv" && self == Self::Huge
    }
}

const K: usize = 1 << 10;
const M: usize = 1 << 20;

/// Copies of much.
pub fn bulk(context: &Context) -> Vec<Row> {
    let mut rows = Vec::new();
    let sizes: &[usize] = match (context.tiny, context.quick, context.counts_instructions()) {
        (true, ..) => &[64 * K],
        (_, true, true) => &[64 * K, M],
        (_, true, false) => &[64 * K, M],
        (_, false, true) => &[4 * K, 16 * K, 64 * K, 256 * K, M, 4 * M],
        (_, false, false) => &[4 * K, 16 * K, 64 * K, 256 * K, M, 4 * M, 16 * M, 64 * M],
    };
    for layout in Layout::ALL {
        for way in WAYS {
            for &size in sizes {
                let seldom = layout != Layout::Contiguous
                    && !context.counts_instructions()
                    && size != M
                    && size != 64 * K;
                let taken = layout == Layout::Huge || (way.0 == "qipc-send" && size == 64 * K);
                let odd = context.quick
                    && layout != Layout::Contiguous
                    && !(taken && context.counts_instructions());
                if !layout.suits(way.0) || seldom || odd {
                    continue;
                }
                // Pipes and sockets wake and sleep as they go: their instructions a page mean little.
                if context.counts_instructions()
                    && ["pipe", "unix-stream"].contains(&way.0)
                    && size != M
                {
                    continue;
                }
                let name = format!("bulk/{}/{}/{}", way.0, size_name(size), layout.name());
                let unit = if context.counts_instructions() {
                    "instructions/page above the copy"
                } else {
                    "bytes/s"
                };
                rows.push(Row::single(name, unit, move |c| {
                    bulk_row(c, way, size, layout)
                }));
            }
        }
    }
    rows
}

fn bulk_row(context: &Context, way: Way, size: usize, layout: Layout) -> Outcome<Series> {
    let (_, make, request) = way;
    let peer = make(layout.place());
    let of = |bytes: usize| {
        let count = if layout == Layout::Pages && bytes > 0 {
            bytes / 4096
        } else {
            0
        };
        // A stream needs a byte to answer with.
        let least = peer.least();
        let shape = if request {
            let parts = Parts {
                send: count,
                receive: count,
                ..Parts::default()
            };
            Shape {
                request: bytes.max(least),
                answer: least,
                parts,
            }
        } else {
            let parts = Parts {
                reply: count,
                answer: count,
                ..Parts::default()
            };
            Shape {
                request: least,
                answer: bytes.max(least),
                parts,
            }
        };
        measure(&Setting {
            peer: peer.as_ref(),
            shape,
            placement: Placement::Same,
            plan: context.bulk_plan(bytes.max(4096)),
            meter: context.meter,
            watch: Watch::Time,
        })
    };
    let mut series = of(size)?;
    if !context.counts_instructions() {
        for run in &mut series.runs {
            *run = size as f64 * 1e9 / *run;
        }
        return Ok(series);
    }
    let none = of(0)?;
    let fixed = crate::stats::Figure::of(&none.runs)
        .ok_or_else(|| Trouble::Failed("no runs".into()))?
        .median;
    for run in &mut series.runs {
        *run = (*run - fixed) / (size / 4096) as f64 - context.meter.page_copy;
    }
    Ok(series)
}
