// SPDX-License-Identifier: MIT OR Apache-2.0

//! The short path: round trips of little, in few and in many parts.

use crate::pair::{measure, Placement, Plan, Setting, Watch};
use crate::peers;
use crate::peers::peer::{Parts, Peer, Shape};
use crate::peers::qipc::{Qipc, Style};
use crate::rows::{size_name, Context, Row};

/// All peers of the short path.
pub fn peers() -> Vec<Box<dyn Peer>> {
    vec![
        Box::new(peers::null::Null::Syscall),
        Box::new(peers::null::Null::Ioctl),
        Box::new(peers::null::Null::Device),
        Box::new(peers::null::Null::Yield),
        Box::new(peers::floor::Floor),
        Box::new(Qipc::USUAL),
        Box::new(SEPARATE),
        Box::new(FREE),
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

const SEPARATE: Qipc = Qipc {
    style: Style::Separate,
    ..Qipc::USUAL
};

const FREE: Qipc = Qipc {
    style: Style::Free,
    ..Qipc::USUAL
};

/// Peers that move no bytes, or always the same few.
fn is_bare(peer: &dyn Peer) -> bool {
    peer.alone() || ["yield", "floor", "seccomp-notify"].contains(&peer.name())
}

const SIZES: [usize; 6] = [0, 8, 64, 256, 1024, 4096];

/// Whether this benchmark measures a round trip of this size.
fn is_measured(context: &Context, placement: Placement, peer: &dyn Peer, size: usize) -> bool {
    if is_bare(peer) || size < peer.least() {
        return is_bare(peer) && size == 0 && (!context.quick || placement == Placement::Same);
    }
    if peer.name() == FREE.name() && placement != Placement::Free {
        return false;
    }
    // What bars are about is always measured.
    if size == 8 || context.tiny {
        let bar = ["qipc", "qipc-free", "pipe", "eventfd"].contains(&peer.name());
        return size == 8 && (bar || !context.quick || context.counts_instructions());
    }
    if context.quick {
        return peer.name() == "qipc" && context.counts_instructions();
    }
    placement != Placement::Free || size == 4096
}

/// Round trips of little.
pub fn short(context: &Context) -> Vec<Row> {
    let mut rows = Vec::new();
    let placements: &[Placement] = match (context.counts_instructions(), context.tiny) {
        (true, _) => &[Placement::Same],
        (_, true) => &[Placement::Same, Placement::Free],
        _ => &[Placement::Same, Placement::Two, Placement::Free],
    };
    for &placement in placements {
        for (index, peer) in peers().iter().enumerate() {
            for size in SIZES {
                if !is_measured(context, placement, peer.as_ref(), size) {
                    continue;
                }
                let name = format!(
                    "short/{}/{}/{}",
                    peer.name(),
                    size_name(size),
                    placement.name()
                );
                rows.push(row(context, name, placement, Shape::both(size), index));
            }
        }
    }
    rows.extend(parts(context));
    rows
}

/// A round trip of the peer with this index.
fn row(context: &Context, name: String, placement: Placement, shape: Shape, index: usize) -> Row {
    Row::single(name, context.unit(), move |c| {
        let plan = c.short_plan();
        // Percentiles are of plain messages.
        let singles = if shape.parts == Parts::default() {
            plan.singles
        } else {
            0
        };
        measure(&Setting {
            peer: peers()[index].as_ref(),
            shape,
            placement,
            plan: Plan { singles, ..plan },
            meter: c.meter,
            watch: Watch::Time,
        })
    })
}

/// Bytes that the rows about parts move each way.
const PARTS_BYTES: usize = 512;

const SIDES: [&str; 4] = ["send", "receive", "reply", "answer"];

/// Lists of `n` parts on one side, or on all of them.
fn lists(side: &str, n: usize) -> Parts {
    let none = Parts::default();
    match side {
        "send" => Parts { send: n, ..none },
        "receive" => Parts { receive: n, ..none },
        "reply" => Parts { reply: n, ..none },
        "answer" => Parts { answer: n, ..none },
        _ => Parts::all(n),
    }
}

/// Round trips of lists of parts.
fn parts(context: &Context) -> Vec<Row> {
    let all = peers();
    let index = |name: &str| all.iter().position(|p| p.name() == name).unwrap_or(0);
    let (usual, separate) = (index("qipc"), index("qipc-separate"));
    let mut rows = Vec::new();
    let mut add = |name: String, placement, parts, peer| {
        let shape = Shape {
            parts,
            ..Shape::both(PARTS_BYTES)
        };
        rows.push(row(context, name, placement, shape, peer));
    };
    if context.counts_instructions() {
        add(
            "parts/buffer/1".into(),
            Placement::Same,
            Parts::default(),
            usual,
        );
        for side in SIDES {
            for count in context.some(&[1, 2, 8, 64], &[1, 2, 8, 64], &[1, 8]) {
                add(
                    format!("parts/{side}/{count}"),
                    Placement::Same,
                    lists(side, count),
                    usual,
                );
            }
        }
    }
    if context.counts_instructions() {
        // Beside the others, to see what is made of parts that touch.
        for side in SIDES {
            for count in context.some(&[1, 2, 8, 64], &[], &[]) {
                let parts = Parts {
                    adjacent: true,
                    ..lists(side, count)
                };
                let name = format!("parts/{side}-adjacent/{count}");
                add(name, Placement::Same, parts, usual);
            }
        }
    }
    // On all sides at once, also as time.
    for count in context.some(&[1, 8, 64], &[], &[1]) {
        add(
            format!("parts/all/{count}"),
            Placement::Same,
            lists("all", count),
            usual,
        );
        add(
            format!("parts/all-separate/{count}"),
            Placement::Same,
            lists("all", count),
            separate,
        );
        if !context.counts_instructions() {
            add(
                format!("parts/all-2cpu/{count}"),
                Placement::Two,
                lists("all", count),
                usual,
            );
        }
    }
    rows
}
