// SPDX-License-Identifier: MIT OR Apache-2.0

//! Measures qipc beside the other ways of talking between processes on Linux.

use std::process::ExitCode;

use clap::Parser;

mod meter;
mod pair;
mod peers;
#[allow(unsafe_code)]
mod raw;
#[allow(dead_code)]
mod stats;
mod trouble;

use meter::Meter;
use pair::{measure, Placement, Plan};
use peers::qipc::{Place, Qipc, Style};
use peers::{Peer, Shape};
use raw::Mapping;

/// Measures qipc beside the other ways of talking between processes on Linux.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Only rows whose name contains one of these words
    words: Vec<String>,
    /// Count instructions: on a machine whose time stamp counter does (qemu -icount shift=0)
    #[arg(long)]
    icount: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let meter = if options.icount {
        match Meter::instructions() {
            Ok(meter) => meter,
            Err(trouble) => {
                eprintln!("qipc-bench: {trouble}");
                return ExitCode::FAILURE;
            }
        }
    } else {
        Meter::wall()
    };
    println!(
        "unit: {:?}; copying a page: {}",
        meter.unit(),
        meter.page_copy
    );
    let short: Vec<Box<dyn Peer>> = vec![
        Box::new(peers::null::Null::Syscall),
        Box::new(peers::null::Null::Ioctl),
        Box::new(peers::null::Null::Yield),
        Box::new(peers::floor::Floor),
        Box::new(peers::eventfd::Eventfd),
        Box::new(peers::pipe::Pipe),
        Box::new(peers::futex::Futex),
        Box::new(peers::sysv::Sysv),
        Box::new(peers::mq::Mq),
        Box::new(peers::unix::Unix { packets: true }),
        Box::new(peers::unix::Unix { packets: false }),
        Box::new(Qipc::USUAL),
        Box::new(Qipc {
            style: Style::Separate,
            ..Qipc::USUAL
        }),
    ];
    let wanted = |name: &str| {
        options.words.is_empty() || options.words.iter().any(|w| name.contains(w.as_str()))
    };
    let plan = Plan {
        rounds: 200,
        runs: 5,
        warm_up: 100,
        singles: 200,
    };
    for peer in &short {
        for size in [0, 8, 64, 256, 1024, 4096] {
            let bare = peer.alone() || ["yield", "floor"].contains(&peer.name());
            if size < peer.least() || bare && size > 0 {
                continue;
            }
            let name = format!("short/{}/{size}", peer.name());
            if wanted(&name) {
                match measure(
                    peer.as_ref(),
                    &Shape::both(size),
                    Placement::Same,
                    &plan,
                    &meter,
                ) {
                    Ok(f) => println!(
                        "{name:<32} {:>9.0}  (spread {:.2} %)",
                        f.median, f.spread_percent
                    ),
                    Err(t) => println!("{name:<32} {t}"),
                }
            }
        }
    }
    let there = |size| Shape {
        request: size,
        answer: 0,
        ..Shape::default()
    };
    let back = |size| Shape {
        request: 0,
        answer: size,
        ..Shape::default()
    };
    let styles = [
        ("qipc-send", Style::Combined, true),
        ("qipc-reply", Style::Combined, false),
        ("qipc-read", Style::Read, true),
        ("qipc-write", Style::Write, false),
    ];
    for place in [Place::Aligned, Place::Huge, Place::Unaligned] {
        let plan = Plan {
            rounds: 4,
            runs: 5,
            warm_up: 2,
            singles: 0,
        };
        let mut bulk: Vec<(&str, Box<dyn Peer>, bool)> = Vec::new();
        for (name, style, send) in styles {
            bulk.push((
                name,
                Box::new(Qipc {
                    style,
                    place,
                    descriptor: true,
                }),
                send,
            ));
        }
        if place != Place::Unaligned {
            let mapping = if place == Place::Huge {
                Mapping::Huge
            } else {
                Mapping::Private
            };
            bulk.push(("vm-readv", Box::new(peers::page::VmRead { mapping }), false));
        }
        if place == Place::Aligned {
            bulk.push(("pread", Box::new(peers::page::Pread), false));
        }
        for (way, peer, send) in &bulk {
            for pages in [1_usize, 16, 256] {
                let kind = match place {
                    Place::Aligned => "contiguous",
                    Place::Huge => "huge",
                    Place::Unaligned => "unaligned",
                };
                let name = format!("bulk/{way}/{}K/{kind}", pages * 4);
                if !wanted(&name) {
                    continue;
                }
                let of = |size| {
                    let shape = if *send { there(size) } else { back(size) };
                    measure(peer.as_ref(), &shape, Placement::Same, &plan, &meter)
                };
                match of(0).and_then(|none| of(pages * 4096).map(|f| (none, f))) {
                    Ok((none, f)) => println!(
                        "{name:<32} {:>9.0} per page above the copy (spread {:.2} %)",
                        (f.median - none.median) / pages as f64 - meter.page_copy,
                        f.spread_percent
                    ),
                    Err(t) => println!("{name:<32} {t}"),
                }
            }
        }
    }
    ExitCode::SUCCESS
}
