// SPDX-License-Identifier: MIT OR Apache-2.0

//! Measures rows, several times over where time is what is measured, and says how far it is.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::bars::number;
use crate::pair::Series;
use crate::report::{Lack, Machine, Report, Row as Written, SCHEMA};
use crate::rows::{Context, Found, Row};
use crate::stats::Figure;
use crate::trouble::{Outcome, Trouble};

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

/// Where results go, and how much time there is for them.
#[derive(Debug, Default)]
pub struct Orders<'a> {
    /// What is measured, for the results.
    pub commit: &'a str,
    /// The file of the results. It is written after each row, or every few seconds: a machine that dies takes little with it.
    pub json: Option<&'a Path>,
    /// Passes go on until this has passed; there are [`FEWEST`] at least.
    pub span: Option<Duration>,
}

/// Passes of a measurement of times: with fewer there is no spread, more say nothing new.
const FEWEST: u32 = 3;
const MOST: u32 = 9;
/// Results of times are written that often: writing takes time, too.
const WRITE: Duration = Duration::from_secs(5);

struct Run<'a> {
    rows: &'a [Row],
    context: &'a Context,
    orders: &'a Orders<'a>,
    known: Vec<Known>,
    written: Option<Instant>,
}

/// Measures. Times drift while a machine is busy with other things, so all rows get their turn before any gets its next.
pub fn run(rows: &[Row], context: &Context, orders: &Orders) -> Outcome<Report> {
    let mut run = Run {
        rows,
        context,
        orders,
        known: rows.iter().map(|_| Known::default()).collect(),
        written: None,
    };
    let single = context.counts_instructions() || context.tiny;
    let start = Instant::now();
    // Also before the first row, so that it is known which ones were to come.
    run.write(true)?;
    let mut pass = 0;
    loop {
        pass += 1;
        run.pass(pass, single)?;
        let taken = start.elapsed();
        let span = orders.span.unwrap_or(Duration::ZERO);
        // The next one takes as long as the others did.
        let enough = pass >= FEWEST && taken + taken / pass > span;
        if single || enough || pass >= MOST {
            break;
        }
    }
    println!(
        "measured in {:.0} s by this machine's clock",
        start.elapsed().as_secs_f64()
    );
    run.write(true)?;
    Ok(run.assemble())
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

impl Run<'_> {
    fn pass(&mut self, pass: u32, single: bool) -> Outcome<()> {
        let of_pass = if single {
            String::new()
        } else {
            format!(", pass {pass}")
        };
        for n in 0..self.rows.len() {
            // What was in trouble once is so again.
            if !self.known[n].troubles.is_empty() || self.rows[n].once && pass > 1 {
                continue;
            }
            self.measure(n, &format!("[{}/{}{of_pass}]", n + 1, self.rows.len()));
            self.write(false)?;
        }
        Ok(())
    }

    fn measure(&mut self, n: usize, place: &str) {
        let row = &self.rows[n];
        let start = Instant::now();
        let found = (row.job)(self.context)
            .unwrap_or_else(|trouble| Found::from([(String::new(), Err(trouble))]));
        let taken = start.elapsed().as_secs_f64();
        for (suffix, outcome) in found {
            let name = self.name(row, &suffix);
            match outcome {
                Ok(series) => {
                    let text = brief(&series, row.unit);
                    println!("{place} {name:<46} {text}  {taken:.2} s");
                    let before = self.known[n].series.entry(suffix).or_default();
                    before.runs.extend(series.runs);
                    before.singles.extend(series.singles);
                }
                Err(trouble) => {
                    println!("{place} {name} {trouble}");
                    self.known[n].troubles.insert(suffix, trouble);
                }
            }
        }
    }

    fn name(&self, row: &Row, suffix: &str) -> String {
        format!("{}/{}{suffix}", self.context.mode(), row.name)
    }

    /// Writes what is known, if it is time to.
    fn write(&mut self, now: bool) -> Outcome<()> {
        let Some(path) = self.orders.json else {
            return Ok(());
        };
        let fresh = self.written.is_some_and(|at| at.elapsed() < WRITE);
        if !now && fresh && !self.context.counts_instructions() {
            return Ok(());
        }
        self.written = Some(Instant::now());
        self.assemble().write(path)
    }

    fn assemble(&self) -> Report {
        let context = self.context;
        let mut report = Report {
            schema: SCHEMA,
            commit: self.orders.commit.into(),
            time: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |d| d.as_secs()),
            quick: context.quick,
            ..Report::default()
        };
        report
            .machines
            .insert(context.mode().into(), machine(context));
        for (row, known) in self.rows.iter().zip(&self.known) {
            if known.series.is_empty() && known.troubles.is_empty() {
                report.missing.push(self.name(row, ""));
            }
            for (suffix, trouble) in &known.troubles {
                report.lacks.push(Lack {
                    name: self.name(row, suffix),
                    reason: trouble.text().into(),
                    failed: matches!(trouble, Trouble::Failed(_)),
                });
            }
            for (suffix, series) in &known.series {
                if let Some(figure) = Figure::of(&series.runs) {
                    report.rows.push(Written {
                        name: self.name(row, suffix),
                        unit: row.unit.into(),
                        figure: figure.with_rounds(&series.singles),
                    });
                }
            }
        }
        report
    }
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
