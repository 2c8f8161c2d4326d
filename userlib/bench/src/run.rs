// SPDX-License-Identifier: MIT OR Apache-2.0

//! Measures rows, several times over where time is what is measured, and says how far it is.

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::bars::number;
use crate::meter::Unit;
use crate::pair::Series;
use crate::report::{Lack, Machine, Report, Row as Written, SCHEMA};
use crate::rows::{Context, Row};
use crate::stats::Figure;
use crate::trouble::Trouble;

/// Whether a row is asked for.
pub fn wanted(name: &str, words: &[String]) -> bool {
    words.is_empty() || words.iter().any(|w| name.contains(w.as_str()))
}

/// Measures. Times drift while a machine is busy with other things, so all rows get their turn before any gets its next.
pub fn run(rows: &[Row], context: &Context, commit: &str) -> Report {
    let passes = match (context.meter.unit(), context.tiny, context.quick) {
        (Unit::Instructions, ..) | (_, true, _) => 1,
        (_, _, true) => 4,
        _ => 5,
    };
    let mut all: Vec<BTreeMap<String, Series>> = rows.iter().map(|_| BTreeMap::new()).collect();
    let mut troubles: Vec<Option<Trouble>> = vec![None; rows.len()];
    let start = Instant::now();
    for pass in 0..passes {
        for (n, row) in rows.iter().enumerate() {
            if troubles[n].is_some() || row.once && pass > 0 {
                continue;
            }
            let name = format!("{}/{}", context.mode(), row.name);
            let place = format!(
                "[{}/{}{}]",
                n + 1,
                rows.len(),
                if passes > 1 {
                    format!(", pass {}/{passes}", pass + 1)
                } else {
                    String::new()
                }
            );
            match (row.job)(context) {
                Ok(found) => {
                    for (suffix, series) in found {
                        println!(
                            "{place} {:<48} {}",
                            format!("{name}{suffix}"),
                            brief(&series, row.unit)
                        );
                        let known = all[n].entry(suffix).or_default();
                        known.runs.extend(series.runs);
                        known.singles.extend(series.singles);
                    }
                }
                Err(trouble) => {
                    println!("{place} {name} {trouble}");
                    troubles[n] = Some(trouble);
                }
            }
        }
    }
    println!(
        "measured in {:.0} s by this machine's clock",
        start.elapsed().as_secs_f64()
    );
    assemble(rows, all, troubles, context, commit)
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

fn assemble(
    rows: &[Row],
    all: Vec<BTreeMap<String, Series>>,
    troubles: Vec<Option<Trouble>>,
    context: &Context,
    commit: &str,
) -> Report {
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
    for ((row, series), trouble) in rows.iter().zip(all).zip(troubles) {
        let name = format!("{}/{}", context.mode(), row.name);
        if let Some(trouble) = trouble {
            let failed = matches!(trouble, Trouble::Failed(_));
            report.lacks.push(Lack {
                name,
                reason: trouble.text().into(),
                failed,
            });
            continue;
        }
        for (suffix, series) in series {
            if let Some(figure) = Figure::of(&series.runs) {
                let figure = figure.with_rounds(&series.singles);
                report.rows.push(Written {
                    name: format!("{name}{suffix}"),
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
