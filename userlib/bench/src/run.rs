// SPDX-License-Identifier: MIT OR Apache-2.0

//! Measures rows, several times over where time is what is measured, and says how far it is.

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::bars::number;
use crate::meter::Unit;
use crate::pair::Series;
use crate::report::{Lack, Machine, Report, Row as Written, SCHEMA};
use crate::rows::{Context, Found, Row};
use crate::stats::Figure;
use crate::trouble::Trouble;

/// Whether a row is asked for.
pub fn wanted(name: &str, words: &[String]) -> bool {
    words.is_empty() || words.iter().any(|w| name.contains(w.as_str()))
}

/// What is known of one row, by suffix of its name.
#[derive(Default)]
struct Known {
    series: BTreeMap<String, Series>,
    troubles: BTreeMap<String, Trouble>,
}

/// Measures. Times drift while a machine is busy with other things, so all rows get their turn before any gets its next.
pub fn run(rows: &[Row], context: &Context, commit: &str) -> Report {
    let passes = match (context.meter.unit(), context.tiny, context.quick) {
        (Unit::Instructions, ..) | (_, true, _) => 1,
        (_, _, true) => 4,
        _ => 5,
    };
    let mut all: Vec<Known> = rows.iter().map(|_| Known::default()).collect();
    let start = Instant::now();
    for pass in 1..=passes {
        for (n, (row, known)) in rows.iter().zip(&mut all).enumerate() {
            // What was in trouble once is so again.
            if !known.troubles.is_empty() || row.once && pass > 1 {
                continue;
            }
            let of_passes = if passes > 1 {
                format!(", pass {pass}/{passes}")
            } else {
                String::new()
            };
            let place = format!("[{}/{}{of_passes}]", n + 1, rows.len());
            measure_row(row, context, &place, known);
        }
    }
    println!(
        "measured in {:.0} s by this machine's clock",
        start.elapsed().as_secs_f64()
    );
    assemble(rows, all, context, commit)
}

fn measure_row(row: &Row, context: &Context, place: &str, known: &mut Known) {
    let found =
        (row.job)(context).unwrap_or_else(|trouble| Found::from([(String::new(), Err(trouble))]));
    for (suffix, outcome) in found {
        let name = format!("{}/{}{suffix}", context.mode(), row.name);
        match outcome {
            Ok(series) => {
                println!("{place} {name:<48} {}", brief(&series, row.unit));
                let before = known.series.entry(suffix).or_default();
                before.runs.extend(series.runs);
                before.singles.extend(series.singles);
            }
            Err(trouble) => {
                println!("{place} {name} {trouble}");
                known.troubles.insert(suffix, trouble);
            }
        }
    }
}

fn brief(series: &Series, unit: &str) -> String {
    Figure::of(&series.runs).map_or_else(String::new, |f| {
        format!(
            "{:>10} {unit}  (spread {:.1} %)",
            number(f.median),
            f.spread_percent
        )
    })
}

fn assemble(rows: &[Row], all: Vec<Known>, context: &Context, commit: &str) -> Report {
    let mut report = Report {
        schema: SCHEMA,
        commit: commit.into(),
        time: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_secs()),
        quick: context.quick,
        ..Report::default()
    };
    report
        .machines
        .insert(context.mode().into(), machine(context));
    for (row, known) in rows.iter().zip(all) {
        let name = |suffix: &str| format!("{}/{}{suffix}", context.mode(), row.name);
        for (suffix, trouble) in known.troubles {
            let failed = matches!(trouble, Trouble::Failed(_));
            report.lacks.push(Lack {
                name: name(&suffix),
                reason: trouble.text().into(),
                failed,
            });
        }
        for (suffix, series) in known.series {
            if let Some(figure) = Figure::of(&series.runs) {
                let figure = figure.with_rounds(&series.singles);
                report.rows.push(Written {
                    name: name(&suffix),
                    unit: row.unit.into(),
                    figure,
                });
            }
        }
    }
    report
}

/// The value of a line "key : value" of a file of proc.
fn proc_line(file: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|l| l.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_string())
}

fn machine(context: &Context) -> Machine {
    let name = rustix::system::uname();
    let memory = proc_line("/proc/meminfo", "MemTotal").unwrap_or_default();
    Machine {
        kernel: format!(
            "{} {}",
            name.release().to_string_lossy(),
            name.version().to_string_lossy()
        ),
        processor: proc_line("/proc/cpuinfo", "model name").unwrap_or_default(),
        processors: std::thread::available_parallelism().map_or(0, usize::from),
        memory_mb: memory
            .split(' ')
            .next()
            .and_then(|kb| kb.parse::<u64>().ok())
            .unwrap_or(0)
            / 1024,
        virtual_machine: proc_line("/proc/cpuinfo", "flags")
            .is_some_and(|f| f.split(' ').any(|w| w == "hypervisor")),
        unit: context.unit().into(),
        page_copy: context.meter.page_copy,
    }
}
