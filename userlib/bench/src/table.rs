// SPDX-License-Identifier: MIT OR Apache-2.0

//! The figures as tables of text, which are Markdown too.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::bars::{bars, number};
use crate::report::{Report, Row};
use crate::stats::Figure;

/// Rows by two words of their names: one is the line, one the column.
struct Grid<'a> {
    columns: Vec<String>,
    lines: Vec<(String, BTreeMap<String, &'a Figure>)>,
}

impl<'a> Grid<'a> {
    /// `split` takes the rest of a name apart into line and column.
    fn new(
        rows: impl Iterator<Item = (&'a str, &'a Row)>,
        split: impl Fn(&str) -> Option<(String, String)>,
    ) -> Self {
        let mut grid = Self {
            columns: Vec::new(),
            lines: Vec::new(),
        };
        for (rest, row) in rows {
            let Some((line, column)) = split(rest) else {
                continue;
            };
            if !grid.columns.contains(&column) {
                grid.columns.push(column.clone());
            }
            match grid.lines.iter_mut().find(|l| l.0 == line) {
                Some(known) => known.1.insert(column, &row.figure),
                None => {
                    grid.lines
                        .push((line, BTreeMap::from([(column, &row.figure)])));
                    None
                }
            };
        }
        grid
    }

    fn write(&self, out: &mut String, corner: &str, cell: impl Fn(&Figure) -> String) {
        if self.lines.is_empty() {
            return;
        }
        let _ = writeln!(out, "| {corner} | {} |", self.columns.join(" | "));
        let _ = writeln!(out, "|---|{}", "---:|".repeat(self.columns.len()));
        for (name, figures) in &self.lines {
            let cells: Vec<String> = self
                .columns
                .iter()
                .map(|c| figures.get(c).map_or_else(String::new, |f| cell(f)))
                .collect();
            let _ = writeln!(out, "| {name} | {} |", cells.join(" | "));
        }
        out.push('\n');
    }
}

fn with_spread(figure: &Figure) -> String {
    format!("{} +-{:.1} %", number(figure.median), figure.spread_percent)
}

/// "a/b/c" to a and b, if c, with all behind it, is as wanted.
fn words(rest: &str, last: &str) -> Option<(String, String)> {
    let mut words = rest.splitn(3, '/');
    let (a, b) = (words.next()?, words.next()?);
    (words.next() == Some(last)).then(|| (a.to_string(), b.to_string()))
}

/// All tables.
pub fn tables(report: &Report) -> String {
    let mut out = format!(
        "Commit {}{}.\n\n",
        report.commit,
        if report.quick {
            ", the quick benchmark"
        } else {
            ""
        }
    );
    for (mode, machine) in &report.machines {
        let _ = writeln!(
            out,
            "- {mode}: {}; {}; {} processors, {} MB{}; counts {}",
            machine.kernel,
            machine.processor,
            machine.processors,
            machine.memory_mb,
            if machine.virtual_machine {
                ", virtual"
            } else {
                ""
            },
            machine.unit
        );
    }
    out.push_str("\nA figure is the median of its runs, with the width of the middle half of them in percent.\n\n");
    for (mode, unit) in [("icount", "instructions"), ("wall", "ns")] {
        for placement in ["1cpu", "2cpu", "free"] {
            let start = format!("{mode}/short/");
            let grid = Grid::new(report.below(&start), |rest| words(rest, placement));
            if !grid.lines.is_empty() {
                let _ = writeln!(
                    out,
                    "## Round trips, {placement}, {unit}, by bytes each way\n"
                );
                grid.write(&mut out, "peer", with_spread);
            }
        }
    }
    percentiles(report, &mut out);
    for (mode, unit) in [("icount", "instructions"), ("wall", "ns")] {
        let start = format!("{mode}/parts/");
        let grid = Grid::new(report.below(&start), |rest| {
            rest.split_once('/')
                .map(|(a, b)| (a.to_string(), b.to_string()))
        });
        section(
            &mut out,
            &format!(
                "Parts: 512 bytes each way, {unit}, by number of parts on one side, or on all"
            ),
            &grid,
            "side",
        );
    }
    for layout in ["contiguous", "pages", "adjacent-pages", "unaligned", "huge"] {
        let grid = Grid::new(report.below("icount/bulk/"), |rest| words(rest, layout));
        section(
            &mut out,
            &format!("Pages, {layout}: instructions a page above the copy"),
            &grid,
            "way",
        );
        let grid = Grid::new(report.below("wall/bulk/"), |rest| words(rest, layout));
        if !grid.lines.is_empty() {
            let _ = writeln!(out, "## Bandwidth, {layout}: MB/s\n");
            grid.write(&mut out, "way", |f| with_spread(&f.scaled(1e-6)));
        }
    }
    let grid = Grid::new(report.below("wall/bulk/"), |rest| {
        words(rest, "contiguous/alone")
    });
    if !grid.lines.is_empty() {
        out.push_str("## Bandwidth of the copy alone, contiguous: MB/s\n\nThe time of the same operation without bytes is subtracted.\n\n");
        grid.write(&mut out, "way", |f| with_spread(&f.scaled(1e-6)));
    }
    for mode in ["icount", "wall"] {
        let start = format!("{mode}/scale/");
        let grid = Grid::new(report.below(&start), |rest| {
            rest.split_once('/')
                .map(|(a, b)| (a.to_string(), b.to_string()))
        });
        section(
            &mut out,
            &format!("Scale, {mode}, by number"),
            &grid,
            "of what",
        );
    }
    for (start, title) in [
        ("icount/hygiene/", "Events per round trip, 1cpu"),
        ("wall/hygiene-free/", "Events per round trip, free"),
    ] {
        let grid = Grid::new(report.below(start), |rest| {
            let mut words = rest.split('/');
            Some((
                format!("{}, {} bytes", words.next()?, words.next()?),
                words.next()?.to_string(),
            ))
        });
        section(&mut out, title, &grid, "peer");
    }
    let grid = Grid::new(report.below("icount/profile/"), |rest| {
        rest.split_once('/')
            .map(|(a, b)| (a.to_string(), b.to_string()))
    });
    section(
        &mut out,
        "One round trip in the trace, by bytes and parts of each side",
        &grid,
        "message",
    );
    if !report.lacks.is_empty() {
        out.push_str("## Not measured\n\n");
        for lack in &report.lacks {
            let _ = writeln!(out, "- {}: {}", lack.name, lack.reason);
        }
        out.push('\n');
    }
    if !report.missing.is_empty() {
        out.push_str("## Missing, since the run ended before\n\n");
        for name in &report.missing {
            let _ = writeln!(out, "- {name}");
        }
        out.push('\n');
    }
    out
}

fn section(out: &mut String, title: &str, grid: &Grid, corner: &str) {
    if !grid.lines.is_empty() {
        let _ = writeln!(out, "## {title}\n");
        grid.write(out, corner, with_spread);
    }
}

fn percentiles(report: &Report, out: &mut String) {
    let mut lines = String::new();
    for (rest, row) in report.below("wall/short/") {
        if let (true, Some(p)) = (
            rest.contains("/8/") || rest.contains("/0/"),
            row.figure.percentiles,
        ) {
            let _ = writeln!(
                lines,
                "| {rest} | {} | {} | {} | {} | {} | {} |",
                p.count,
                number(p.p50),
                number(p.p90),
                number(p.p99),
                number(p.p999),
                number(p.max)
            );
        }
    }
    if !lines.is_empty() {
        out.push_str("## Percentiles of single round trips, ns\n\n| row | count | p50 | p90 | p99 | p99.9 | longest |\n|---|---:|---:|---:|---:|---:|---:|\n");
        out.push_str(&lines);
        out.push('\n');
    }
}

/// Where tables begin and end in a document.
const MARKS: [&str; 2] = ["<!-- tables: begin -->\n", "<!-- tables: end -->"];

/// The plots that stand above them: what they are, where they are, and below which rows.
const PLOTS: [(&str, &str, &str); 3] = [
    (
        "Round trips, instructions",
        "latency-instructions.svg",
        "icount/short/",
    ),
    ("Bandwidth", "bandwidth.svg", "wall/bulk/"),
    ("Scale", "scale.svg", "icount/scale/"),
];

/// The plots that there are rows for.
fn plots(report: &Report) -> String {
    let mut out = String::new();
    for (title, file, rows) in PLOTS {
        if report.below(rows).next().is_some() {
            let _ = writeln!(out, "![{title}](performance/{file})");
        }
    }
    out
}

/// The document with the plots of a report and with `tables`, which are its, between the marks; None if it has no marks.
pub fn embed(document: &str, report: &Report, tables: &str) -> Option<String> {
    let begin = document.find(MARKS[0])? + MARKS[0].len();
    let end = begin + document[begin..].find(MARKS[1])?;
    // One level below the heading that the tables stand under.
    let tables = tables.replace("\n## ", "\n### ");
    Some(format!(
        "{}\n{}\n{tables}\n{}",
        &document[..begin],
        plots(report),
        &document[end..]
    ))
}

/// The lines of the summary.
pub fn summary(report: &Report) -> String {
    bars(report)
        .iter()
        .map(|bar| bar.line().trim_end().to_string() + "\n")
        .collect()
}

/// What differs from an older report: rows of instructions and events that grew by more than a limit, in percent.
pub fn compare(old: &Report, new: &Report, limit: f64) -> (String, usize) {
    let mut out = String::new();
    let mut worse = 0;
    for row in new.rows.iter().filter(|r| r.name.starts_with("icount/")) {
        let Some(before) = old.median(&row.name) else {
            continue;
        };
        let now = row.figure.median;
        // Figures around zero are compared by what they are, not by their ratio.
        let change = 100.0 * (now - before) / before.abs().max(1.0);
        let noise = limit.max(2.0 * row.figure.spread_percent);
        if change.abs() > noise && (now - before).abs() > 0.5 {
            let word = if change > 0.0 { "REGRESSION" } else { "better" };
            worse += usize::from(change > 0.0);
            let _ = writeln!(
                out,
                "{word:<10} {:<48} {:>10} -> {:>10}  {change:+.1} %",
                row.name,
                number(before),
                number(now)
            );
        }
    }
    (out, worse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::of_medians as report;

    #[test]
    fn a_table_has_a_line_for_each_peer() {
        let r = report(&[
            ("icount/short/qipc/8/1cpu", 15000.0),
            ("icount/short/qipc/64/1cpu", 16000.0),
            ("icount/short/pipe/8/1cpu", 15500.0),
        ]);
        let text = tables(&r);
        assert!(text.contains("| peer | 8 | 64 |"), "{text}");
        assert!(
            text.contains("| qipc | 15000 +-0.0 % | 16000 +-0.0 % |"),
            "{text}"
        );
        assert!(text.contains("| pipe | 15500 +-0.0 % |  |"), "{text}");
    }

    #[test]
    fn tables_replace_what_is_between_the_marks() {
        let document = format!("a\n{}old\n{}\nb\n", MARKS[0], MARKS[1]);
        let r = report(&[("icount/scale/blocked/1", 1.0)]);
        let new = embed(&document, &r, "x\n## y\n").unwrap();
        let scale = "![Scale](performance/scale.svg)\n";
        assert_eq!(
            new,
            format!("a\n{}\n{scale}\nx\n### y\n\n{}\nb\n", MARKS[0], MARKS[1])
        );
        assert_eq!(embed(&new, &r, "x\n## y\n").unwrap(), new);
        assert_eq!(embed("no marks", &r, "x"), None);
    }

    #[test]
    fn regressions_are_named_and_times_are_not_compared() {
        let old = report(&[
            ("icount/a", 1000.0),
            ("icount/b", 1000.0),
            ("wall/a", 1.0),
            ("icount/c", 0.0),
        ]);
        let new = report(&[
            ("icount/a", 1040.0),
            ("icount/b", 1020.0),
            ("wall/a", 9.0),
            ("icount/c", 1.0),
        ]);
        let (text, worse) = compare(&old, &new, 3.0);
        assert_eq!(worse, 2, "{text}");
        assert!(
            text.contains("icount/a") && text.contains("icount/c") && !text.contains("icount/b"),
            "{text}"
        );
        assert_eq!(compare(&old, &old, 3.0).1, 0);
        assert!(compare(&new, &old, 3.0).0.contains("better"));
    }
}
