// SPDX-License-Identifier: MIT OR Apache-2.0

//! The bulk path: copies of much.

use crate::pair::Series;
use crate::peers;
use crate::peers::lay::Place;
use crate::peers::peer::{Parts, Peer, Shape};
use crate::peers::qipc::Qipc;
use crate::peers::transfer::Transfer;
use crate::raw::Mapping;
use crate::rows::{size_name, Context, Found, Row};
use crate::stats::Figure;
use crate::trouble::{Outcome, Trouble};

/// One way to move a lot: name, what makes it, whether the request is what is long.
type Way = (&'static str, fn(Place) -> Box<dyn Peer>, bool);

fn message(place: Place) -> Box<dyn Peer> {
    Box::new(Qipc {
        place,
        ..Qipc::USUAL
    })
}

const WAYS: [Way; 8] = [
    ("qipc-send", message, true),
    ("qipc-reply", message, false),
    (
        "qipc-read",
        |place| {
            Box::new(Transfer {
                write: false,
                place,
            })
        },
        true,
    ),
    (
        "qipc-write",
        |place| Box::new(Transfer { write: true, place }),
        false,
    ),
    ("pread", |_| Box::new(peers::page::Pread), false),
    (
        "vm-readv",
        |place| {
            Box::new(peers::page::VmRead {
                mapping: if place == Place::Huge {
                    Mapping::Huge
                } else {
                    Mapping::Private
                },
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

/// How the memory of a message lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Contiguous,
    /// Parts of a page each, with a page between them.
    Pages,
    /// Parts of a page each, without.
    AdjacentPages,
    Unaligned,
    Huge,
}

impl Layout {
    const ALL: [Self; 5] = [
        Self::Contiguous,
        Self::Pages,
        Self::AdjacentPages,
        Self::Unaligned,
        Self::Huge,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Contiguous => "contiguous",
            Self::Pages => "pages",
            Self::AdjacentPages => "adjacent-pages",
            Self::Unaligned => "unaligned",
            Self::Huge => "huge",
        }
    }

    fn place(self) -> Place {
        match self {
            Self::Contiguous | Self::Pages | Self::AdjacentPages => Place::Aligned,
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

/// The sizes of one way and layout.
fn sizes(context: &Context, way: &str, layout: Layout) -> Vec<usize> {
    let plain = layout == Layout::Contiguous;
    // Pipes and sockets wake and sleep as they go: their instructions a page mean little.
    if context.counts_instructions() && ["pipe", "unix-stream"].contains(&way) {
        return context.some(&[64 * K, M, 16 * M], &[M], &[64 * K]);
    }
    let quick: &[usize] = match layout {
        Layout::Contiguous => &[64 * K, M],
        Layout::Huge if context.counts_instructions() => &[64 * K, M],
        _ if context.counts_instructions() && way == "qipc-send" => &[64 * K],
        _ => &[],
    };
    let all: &[usize] = if layout == Layout::AdjacentPages {
        // Beside the others, to see what is made of parts that touch.
        if context.counts_instructions() {
            &[64 * K, M]
        } else {
            &[]
        }
    } else if plain {
        &[4 * K, 16 * K, 64 * K, 256 * K, M, 4 * M, 16 * M, 64 * M]
    } else {
        &[4 * K, 64 * K, M, 4 * M]
    };
    let tiny: &[usize] = if plain || layout == Layout::Huge {
        &[64 * K]
    } else {
        &[]
    };
    context.some(all, quick, tiny)
}

/// Copies of much.
pub fn bulk(context: &Context) -> Vec<Row> {
    let unit = if context.counts_instructions() {
        "instructions/page above the copy"
    } else {
        "bytes/s"
    };
    let mut rows = Vec::new();
    // By size, so that those that are compared follow each other.
    for layout in Layout::ALL {
        let ways = WAYS.iter().filter(|way| layout.suits(way.0));
        let mut some: Vec<(usize, Way)> = ways
            .flat_map(|&way| {
                sizes(context, way.0, layout)
                    .into_iter()
                    .map(move |s| (s, way))
            })
            .collect();
        some.sort_by_key(|(size, _)| *size);
        for (size, way) in some {
            rows.push(Row {
                name: format!("bulk/{}/{}/{}", way.0, size_name(size), layout.name()),
                unit,
                once: false,
                job: Box::new(move |c| bulk_row(c, way, size, layout)),
            });
        }
    }
    rows
}

fn shape(peer: &dyn Peer, request: bool, layout: Layout, bytes: usize) -> Shape {
    let count = match layout {
        Layout::Pages | Layout::AdjacentPages => bytes / 4096,
        _ => 0,
    };
    let adjacent = layout == Layout::AdjacentPages;
    // A stream needs a byte to answer with.
    let least = peer.least();
    let none = Parts::default();
    if request {
        Shape {
            request: bytes.max(least),
            answer: least,
            parts: Parts {
                send: count,
                receive: count,
                adjacent,
                ..none
            },
        }
    } else {
        Shape {
            request: least,
            answer: bytes.max(least),
            parts: Parts {
                reply: count,
                answer: count,
                adjacent,
                ..none
            },
        }
    }
}

/// From this size on it is said, too, how fast the copy alone is: below, it is lost in what an operation takes without it.
const ALONE: usize = 64 * K;

fn bulk_row(context: &Context, way: Way, size: usize, layout: Layout) -> Outcome<Found> {
    let (_, make, request) = way;
    let peer = make(layout.place());
    let of = |bytes: usize| {
        let shape = shape(peer.as_ref(), request, layout, bytes);
        context.measure(peer.as_ref(), shape, context.bulk_plan(bytes.max(4096)))
    };
    let mut series = of(size)?;
    let middle = |series: &Series| {
        Figure::of(&series.runs)
            .map(|f| f.median)
            .ok_or_else(|| Trouble::Failed("no runs".into()))
    };
    let mut found = Found::new();
    if context.counts_instructions() {
        let fixed = middle(&of(0)?)?;
        for run in &mut series.runs {
            *run = (*run - fixed) / (size / 4096) as f64 - context.meter.page_copy;
        }
    } else {
        let speed = |ns: f64| size as f64 * 1e9 / ns;
        if size >= ALONE && layout == Layout::Contiguous {
            let fixed = middle(&of(0)?)?;
            // On a machine that does other things the empty one may have taken longer; that says nothing.
            let times = series.runs.iter().map(|t| t - fixed);
            let alone = Series {
                runs: times.filter(|&t| t > 0.0).map(speed).collect(),
                ..Series::default()
            };
            if !alone.runs.is_empty() {
                found.insert("/alone".into(), Ok(alone));
            }
        }
        series.runs.iter_mut().for_each(|t| *t = speed(*t));
    }
    found.insert(String::new(), Ok(series));
    Ok(found)
}
