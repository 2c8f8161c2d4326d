// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the figures have to reach.

use serde::{Deserialize, Serialize};

use crate::report::Report;
use crate::rows::size_value;

/// One bar and the figure for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// What is compared.
    pub name: String,
    /// The figure; None if it could not be measured.
    pub figure: Option<f64>,
    /// What it may be at most, or has to be at least.
    pub limit: f64,
    /// Whether the limit is the least.
    pub least: bool,
    /// Whether it is made of instructions or events, which repeat, and not of times.
    pub exact: bool,
    /// What the figure comes from.
    pub detail: String,
}

impl Bar {
    /// Whether it holds; None without a figure.
    pub fn holds(&self) -> Option<bool> {
        let figure = self.figure?;
        Some(if self.least {
            figure >= self.limit
        } else {
            figure <= self.limit
        })
    }

    /// The line of the summary.
    pub fn line(&self) -> String {
        let sign = if self.least { ">=" } else { "<=" };
        let figure = self.figure.map_or_else(|| "-".into(), number);
        let verdict = match self.holds() {
            Some(true) => "holds",
            Some(false) => "DOES NOT HOLD",
            None => "NOT MEASURED",
        };
        format!(
            "{:<58} {figure:>9}  {sign} {:<7} {verdict:<13} {}",
            self.name,
            number(self.limit),
            self.detail
        )
    }
}

/// A number with as many digits as are of use.
pub fn number(value: f64) -> String {
    match value.abs() {
        v if v == v.trunc() && v < 1e6 => format!("{value:.0}"),
        v if v < 10.0 => format!("{value:.3}"),
        v if v < 1000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

struct Maker<'a> {
    report: &'a Report,
    bars: Vec<Bar>,
}

/// How much of which row, at worst.
type Worst = Option<(f64, String)>;

fn worst(candidates: impl Iterator<Item = (f64, String)>, least: bool) -> Worst {
    candidates.reduce(|a, b| if (b.0 < a.0) == least { b } else { a })
}

impl Maker<'_> {
    fn add(&mut self, name: &str, figure: Worst, limit: f64, least: bool, exact: bool) {
        let (figure, detail) = figure.map_or((None, String::new()), |(f, d)| (Some(f), d));
        self.bars.push(Bar {
            name: name.into(),
            figure,
            limit,
            least,
            exact,
            detail,
        });
    }

    fn ratio(&self, row: &str, to: &str) -> Worst {
        let (a, b) = (self.report.median(row)?, self.report.median(to)?);
        Some((a / b, format!("{} / {}", number(a), number(b))))
    }

    fn short(&mut self) {
        let peers = [
            ("floor/0", "the floor", 1.10),
            ("eventfd/8", "eventfd pair", 1.00),
            ("pipe/8", "pipe", 0.94),
            ("futex/8", "futex + shared memory", 0.88),
            ("unix-seqpacket/8", "AF_UNIX seqpacket", 0.70),
            ("binder/8", "C Binder", 0.60),
        ];
        for (row, name, limit) in peers {
            let figure = self.ratio(
                "icount/short/qipc/8/1cpu",
                &format!("icount/short/{row}/1cpu"),
            );
            self.add(
                &format!("8-byte round trip, instructions, x {name}"),
                figure,
                limit,
                false,
                true,
            );
        }
        // Events are the same whether instructions or times are taken.
        let count = |what: &str| {
            let of = |mode: &str| self.report.median(&format!("{mode}/hygiene/qipc/8/{what}"));
            Some((of("icount").or_else(|| of("wall"))?, String::new()))
        };
        let kinds = [
            "allocations-kmalloc",
            "allocations-cache",
            "allocations-pages",
        ];
        let allocations = kinds
            .iter()
            .map(|k| count(k))
            .collect::<Option<Vec<_>>>()
            .map(|c| (c.iter().map(|c| c.0).sum(), String::new()));
        let (switches, migrations) = (count("switches"), count("migrations"));
        self.add("allocations per round trip", allocations, 0.0, false, true);
        self.add(
            "context switches per round trip, away from 2",
            switches.map(|s| ((s.0 - 2.0).abs(), number(s.0))),
            0.0,
            false,
            true,
        );
        self.add(
            "migrations per round trip on one CPU",
            migrations,
            0.0,
            false,
            true,
        );
        // Wherever the scheduler puts them; a channel without the flag keeps them together.
        for (row, name) in [
            (
                "qipc-free",
                "8-byte round trip, two CPUs, free, wall time, x pipe",
            ),
            ("qipc", "... of a channel that keeps them together, x pipe"),
        ] {
            let wall = self.ratio(
                &format!("wall/short/{row}/8/free"),
                "wall/short/pipe/8/free",
            );
            self.add(name, wall, 0.8, false, false);
        }
    }

    fn parts(&mut self) {
        // One part, as a buffer and as a list, short and long. That the loop would have been seen is shown by eight parts.
        let loops = |shape: &str| {
            self.report
                .median(&format!("icount/profile/{shape}/loops-over-parts"))
        };
        let one = ["8", "8-1", "512-1"].map(loops).into_iter();
        let one = one.collect::<Option<Vec<_>>>();
        let eight = loops("64-8").zip(loops("512-8"));
        let seen = eight.filter(|(a, b)| a.min(*b) > 0.0);
        let figure = one.zip(seen).map(|(one, (a, b))| {
            let detail = format!("eight parts: {}, {}", number(a), number(b));
            (one.into_iter().fold(0.0, f64::max), detail)
        });
        self.add(
            "iterations over parts in a one-part round trip",
            figure,
            0.0,
            false,
            true,
        );
        let slope = |side: &str, from: usize, to: usize| {
            let of = |n: usize| self.report.median(&format!("icount/parts/{side}/{n}"));
            Some((
                (of(to)? - of(from)?) / (to - from) as f64,
                format!("{side}, {from} to {to}"),
            ))
        };
        let steps = [(1, 2), (1, 8), (1, 64)];
        let sides = ["send", "receive", "reply", "answer"];
        let all = sides
            .iter()
            .flat_map(|s| steps.iter().filter_map(move |&(a, b)| slope(s, a, b)));
        let figure = worst(all, false);
        self.add(
            "instructions of each further part, worst side",
            figure,
            100.0,
            false,
            true,
        );
    }

    /// The worst row of qipc with this layout and a size of at least 64 KiB, put in relation to another.
    fn bulk(&self, mode: &str, layout: &str, against: Option<&str>) -> Worst {
        let prefix = format!("{mode}/bulk/qipc-");
        let rows = self.report.below(&prefix).filter_map(|(rest, row)| {
            let mut words = rest.splitn(3, '/');
            let (way, size, kind) = (words.next()?, words.next()?, words.next()?);
            if kind != layout || size_value(size)? < 65_536.0 {
                return None;
            }
            let figure = match against {
                None => row.figure.median,
                Some(peer) => {
                    row.figure.median
                        / self
                            .report
                            .median(&format!("{mode}/bulk/{peer}/{size}/{layout}"))?
                }
            };
            Some((figure, format!("{way} {size}")))
        });
        worst(rows, against.is_some())
    }

    fn bulk_bars(&mut self) {
        let contiguous = self.bulk("icount", "contiguous", None);
        self.add(
            "64 KiB and above, instructions a page above the copy",
            contiguous,
            400.0,
            false,
            true,
        );
        let huge = self.bulk("icount", "huge", None);
        self.add("the same with huge pages", huge, 150.0, false, true);
        for (peer, name, limit) in [
            ("pread", "pread of a cached file", 0.95),
            ("vm-readv", "process_vm_readv", 1.1),
            ("unix-stream", "AF_UNIX stream", 1.8),
            ("pipe", "pipe", 1.8),
        ] {
            let figure = self.bulk("wall", "contiguous", Some(peer));
            self.add(
                &format!("64 KiB and above, bandwidth, x {name}"),
                figure,
                limit,
                true,
                false,
            );
            // A message waits for another process and these two wait for nobody: what the copy alone does, as in the counts above.
            if ["pread", "vm-readv"].contains(&peer) {
                let alone = self.bulk("wall", "contiguous/alone", Some(peer));
                self.add(
                    &format!("... of the copy, without the empty operation, x {peer}"),
                    alone,
                    limit,
                    true,
                    false,
                );
            }
        }
    }

    fn scale(&mut self) {
        let blocked = self.ratio("icount/scale/blocked/10000", "icount/scale/blocked/1");
        self.add(
            "round trip with 10,000 blocked clients, x with 1",
            blocked,
            1.3,
            false,
            true,
        );
        let sides = ["send", "receive"].iter().filter_map(|side| {
            let (ratio, detail) = self.ratio(
                &format!("icount/scale/parts-{side}/524288"),
                &format!("icount/scale/parts-{side}/1024"),
            )?;
            Some((ratio, format!("{side}: {detail}")))
        });
        let parts = worst(sides, false);
        self.add(
            "cost of a part of 524,288, x of 1,024",
            parts,
            1.5,
            false,
            true,
        );
        let connections = self.ratio(
            "icount/scale/connections/100000",
            "icount/scale/connections/1",
        );
        let change = connections.map(|(r, d)| (100.0 * (r - 1.0).abs(), d));
        self.add(
            "change with 100,000 connections, percent",
            change,
            1.0,
            false,
            true,
        );
        let threads = self.ratio("wall/scale/threads/8", "wall/scale/threads/2");
        self.add(
            "throughput of 8 server threads on 2 CPUs, x 2 threads",
            threads,
            0.9,
            true,
            false,
        );
    }
}

/// All bars.
pub fn bars(report: &Report) -> Vec<Bar> {
    let mut maker = Maker {
        report,
        bars: Vec::new(),
    };
    maker.short();
    maker.parts();
    maker.bulk_bars();
    maker.scale();
    let (name, limit) = if report.quick {
        ("make bench-quick, minutes", 3.0)
    } else {
        ("make bench, minutes", 15.0)
    };
    let minutes = report.seconds.map(|s| (s / 60.0, String::new()));
    maker.add(name, minutes, limit, false, false);
    maker.bars
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::of_medians as report;

    fn bar(report: &Report, name: &str) -> Bar {
        bars(report)
            .into_iter()
            .find(|b| b.name.contains(name))
            .unwrap()
    }

    #[test]
    fn without_rows_nothing_holds() {
        let all = bars(&Report::default());
        assert!(all.len() >= 23);
        assert!(all.iter().all(|b| b.holds().is_none()));
        assert!(all.iter().all(|b| b.line().contains("NOT MEASURED")));
    }

    #[test]
    fn the_limit_itself_holds() {
        let at = report(&[
            ("icount/short/qipc/8/1cpu", 110.0),
            ("icount/short/floor/0/1cpu", 100.0),
        ]);
        assert_eq!(bar(&at, "the floor").holds(), Some(true));
        let above = report(&[
            ("icount/short/qipc/8/1cpu", 111.0),
            ("icount/short/floor/0/1cpu", 100.0),
        ]);
        assert_eq!(bar(&above, "the floor").holds(), Some(false));
    }

    #[test]
    fn switches_are_exactly_two() {
        for (count, holds) in [(2.0, true), (1.0, false), (2.1, false)] {
            let r = report(&[("icount/hygiene/qipc/8/switches", count)]);
            assert_eq!(bar(&r, "context switches").holds(), Some(holds));
        }
    }

    #[test]
    fn the_worst_direction_and_size_counts() {
        let r = report(&[
            ("icount/bulk/qipc-send/4096/contiguous", 9000.0),
            ("icount/bulk/qipc-send/16K/contiguous", 9000.0),
            ("icount/bulk/qipc-send/64K/contiguous", 300.0),
            ("icount/bulk/qipc-read/1M/contiguous", 401.0),
            ("icount/bulk/qipc-read/1M/huge", 150.0),
            ("wall/bulk/qipc-send/1M/contiguous", 19.0),
            ("wall/bulk/qipc-reply/1M/contiguous", 17.0),
            ("wall/bulk/pipe/1M/contiguous", 10.0),
        ]);
        let pages = bar(&r, "a page above the copy");
        assert_eq!(
            (pages.figure, pages.detail.as_str()),
            (Some(401.0), "read 1M")
        );
        assert_eq!(bar(&r, "huge pages").holds(), Some(true));
        let pipe = bar(&r, "bandwidth, x pipe");
        assert_eq!((pipe.figure, pipe.holds()), (Some(1.7), Some(false)));
        assert_eq!(bar(&r, "x pread").figure, None);
    }

    #[test]
    fn the_copy_alone_has_a_line_of_its_own() {
        let r = report(&[
            ("wall/bulk/qipc-send/64K/contiguous", 5.0),
            ("wall/bulk/qipc-send/64K/contiguous/alone", 12.0),
            ("wall/bulk/pread/64K/contiguous", 10.0),
            ("wall/bulk/pread/64K/contiguous/alone", 11.0),
        ]);
        assert_eq!(bar(&r, "x pread of").figure, Some(0.5));
        assert_eq!(
            bar(&r, "empty operation, x pread").figure,
            Some(12.0 / 11.0)
        );
    }

    #[test]
    fn no_loop_is_found_only_by_who_finds_loops() {
        let shapes = |one: f64, eight: f64| {
            let of = |shape| format!("icount/profile/{shape}/loops-over-parts");
            let rows = [
                (of("8"), 0.0),
                (of("8-1"), one),
                (of("512-1"), 0.0),
                (of("64-8"), 14.0),
                (of("512-8"), eight),
            ];
            let rows: Vec<_> = rows.iter().map(|(n, v)| (n.as_str(), *v)).collect();
            bar(&report(&rows), "iterations over parts")
        };
        assert_eq!(shapes(0.0, 14.0).holds(), Some(true));
        assert_eq!(shapes(1.0, 14.0).holds(), Some(false));
        assert_eq!(shapes(0.0, 0.0).holds(), None);
    }

    #[test]
    fn one_missing_part_of_a_sum_is_no_sum() {
        let r = report(&[("icount/hygiene/qipc/8/allocations-kmalloc", 0.0)]);
        assert_eq!(bar(&r, "allocations").figure, None);
    }

    #[test]
    fn each_further_part_is_the_steepest_slope() {
        let r = report(&[
            ("icount/parts/send/1", 1000.0),
            ("icount/parts/send/8", 1070.0),
            ("icount/parts/reply/1", 1000.0),
            ("icount/parts/reply/64", 1000.0 + 63.0 * 120.0),
        ]);
        let parts = bar(&r, "further part");
        assert_eq!(
            (parts.figure, parts.detail.as_str()),
            (Some(120.0), "reply, 1 to 64")
        );
    }
}
