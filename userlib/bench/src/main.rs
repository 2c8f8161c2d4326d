// SPDX-License-Identifier: MIT OR Apache-2.0

//! Measures qipc beside the other ways of talking between processes on Linux: see docs/performance.md.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

mod bars;
mod blocked;
mod bulk;
mod hygiene;
mod meter;
mod os;
mod pair;
mod peers;
mod plot;
#[allow(unsafe_code)]
mod raw;
mod report;
mod rows;
mod run;
mod scale;
mod short;
mod stats;
mod table;
mod threads;
mod trouble;

use meter::Meter;
use pair::{measure, Placement, Plan, Setting, Watch};
use peers::peer::{Parts, Shape};
use report::Report;
use rows::{Context, Row};
use trouble::{Doing, Outcome, Trouble};

/// Measures qipc beside the other ways of talking between processes on Linux.
///
/// Runs anywhere: what a machine lacks is skipped, with the reason. Instructions are counted in a virtual machine only (make
/// bench); on this one, times are taken. Rows of qipc itself need the module, those of the floor its parameter bench=1, counts of
/// events and real-time priorities need root.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure, and write the results
    Run(RunOptions),
    /// Name the rows that `run` would measure
    List(RunOptions),
    /// Put results together: tables, plots, and one line for each bar
    Report(ReportOptions),
    /// Name what got worse since older results
    Compare(CompareOptions),
    /// Run one row of the short path for a trace of the virtual machine
    Trace(TraceOptions),
}

#[derive(Debug, Args)]
struct RunOptions {
    /// Only rows whose name contains one of these words
    words: Vec<String>,
    /// Count instructions, on a machine whose time stamp counter does (qemu -icount shift=0); otherwise nanoseconds
    #[arg(long)]
    icount: bool,
    /// Fewer rows and fewer runs
    #[arg(long)]
    quick: bool,
    /// As little of everything as gives a figure: shows that it works
    #[arg(long)]
    tiny: bool,
    /// Take times again and again for so long; without it, and at least, three times
    #[arg(long)]
    seconds: Option<u64>,
    /// Where to write the results, also while they come
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// What is measured, for the results
    #[arg(long, default_value = "unknown")]
    commit: String,
}

#[derive(Debug, Args)]
struct ReportOptions {
    /// Results of `run`, the parts of one benchmark
    #[arg(required = true)]
    parts: Vec<PathBuf>,
    /// Folder for results.json, tables.md and the plots
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// How long the whole benchmark took
    #[arg(long)]
    seconds: Option<f64>,
    /// A copy of the results without single runs, for the history
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// A Markdown file that gets the tables, between its marks
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
    /// Fail unless each bar of instructions and events holds
    #[arg(long)]
    strict: bool,
}

#[derive(Debug, Args)]
struct CompareOptions {
    /// Older results
    old: PathBuf,
    /// Newer results
    new: PathBuf,
    /// Percent of instructions that count as a change
    #[arg(long, default_value_t = 3.0)]
    limit: f64,
}

#[derive(Debug, Args)]
struct TraceOptions {
    /// Bytes each way, and in how many parts on each side: 8, 512:1, 512:8
    shapes: Vec<String>,
    /// A peer of the short path
    #[arg(long, default_value = "qipc")]
    peer: String,
    /// Folder where this program and the tracer meet
    #[arg(long)]
    folder: PathBuf,
    /// Round trips
    #[arg(long, default_value_t = 10)]
    rounds: u64,
}

fn main() -> ExitCode {
    let outcome = match Options::parse().command {
        Command::Run(options) => run_command(&options),
        Command::List(options) => list(&options),
        Command::Report(options) => report_command(&options),
        Command::Compare(options) => compare(&options),
        Command::Trace(options) => trace(&options),
    };
    match outcome {
        Ok(code) => code,
        Err(trouble) => {
            eprintln!("qipc-bench: {trouble}");
            ExitCode::FAILURE
        }
    }
}

fn context(options: &RunOptions) -> Outcome<Context> {
    let meter = if options.icount {
        Meter::instructions()?
    } else {
        Meter::wall()
    };
    Ok(Context {
        meter,
        quick: options.quick,
        tiny: options.tiny,
    })
}

fn chosen(context: &Context, words: &[String]) -> Vec<Row> {
    let mut rows = short::short(context);
    rows.extend(hygiene::hygiene(context));
    rows.extend(bulk::bulk(context));
    rows.extend(threads::threads(context));
    rows.extend(scale::scale(context));
    // What asks most of the machine comes last.
    rows.extend(blocked::blocked(context));
    rows.retain(|row| run::wanted(&format!("{}/{}", context.mode(), row.name), words));
    rows
}

fn run_command(options: &RunOptions) -> Outcome<ExitCode> {
    os::raise_file_limit(65_536);
    let context = context(options)?;
    let rows = chosen(&context, &options.words);
    if rows.is_empty() {
        return Err(Trouble::Failed(
            "no row has such a name: see qipc-bench list".into(),
        ));
    }
    let orders = run::Orders {
        commit: &options.commit,
        json: options.json.as_deref(),
        span: options.seconds.map(Duration::from_secs),
    };
    let report = run::run(&rows, &context, &orders)?;
    let failed = report.lacks.iter().filter(|l| l.failed).count();
    if failed > 0 {
        eprintln!("qipc-bench: {failed} rows failed");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn list(options: &RunOptions) -> Outcome<ExitCode> {
    // Names do not depend on what the machine can count.
    let mut context = Context {
        meter: Meter::wall(),
        quick: options.quick,
        tiny: options.tiny,
    };
    if options.icount {
        context.meter = Meter::pretended();
    }
    for row in chosen(&context, &options.words) {
        println!("{}/{} ({})", context.mode(), row.name, row.unit);
    }
    Ok(ExitCode::SUCCESS)
}

fn report_command(options: &ReportOptions) -> Outcome<ExitCode> {
    let mut parts = options.parts.iter().map(|p| Report::read(p));
    let mut report = parts
        .next()
        .unwrap_or_else(|| Err(Trouble::Failed("no results".into())))?;
    for part in parts {
        report.merge(part?);
    }
    report.seconds = options.seconds.or(report.seconds);
    if let Some(out) = &options.out {
        std::fs::create_dir_all(out).doing(&out.display().to_string())?;
        report.write(&out.join("results.json"))?;
        let text = with_bars(&report);
        std::fs::write(out.join("tables.md"), text).doing("tables.md")?;
        let plots = plot::plots(&report, out)?;
        println!("{}: results.json, tables.md, {plots} plots", out.display());
    }
    if let Some(path) = &options.document {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).doing(&name)?;
        let text = table::embed(&text, &report, &with_bars(&report))
            .ok_or_else(|| Trouble::Failed(format!("{name} has no place for tables")))?;
        std::fs::write(path, text).doing(&name)?;
    }
    if let Some(path) = &options.history {
        report.without_runs().write(path)?;
    }
    for lack in report.lacks.iter().filter(|l| l.failed) {
        println!("FAILED {}: {}", lack.name, lack.reason);
    }
    for name in &report.missing {
        println!("MISSING {name}: the run ended before");
    }
    print!("{}", table::summary(&report));
    let broken = bars::bars(&report)
        .iter()
        .any(|b| b.exact && b.holds() != Some(true));
    Ok(if options.strict && broken || !report.missing.is_empty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn with_bars(report: &Report) -> String {
    table::tables(report) + "## Bars\n\n```\n" + &table::summary(report) + "```\n"
}

fn compare(options: &CompareOptions) -> Outcome<ExitCode> {
    let (old, new) = (Report::read(&options.old)?, Report::read(&options.new)?);
    let (text, worse) = table::compare(&old, &new, options.limit);
    print!("{text}");
    println!(
        "{worse} regressions of more than {} % since {}",
        options.limit, old.commit
    );
    Ok(if worse == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn trace(options: &TraceOptions) -> Outcome<ExitCode> {
    let peers = short::peers();
    let peer = peers
        .iter()
        .find(|p| p.name() == options.peer)
        .ok_or_else(|| Trouble::Failed(format!("there is no peer {}", options.peer)))?;
    for text in &options.shapes {
        let (size, parts) = text.split_once(':').unwrap_or((text, "0"));
        let number = |text: &str| {
            text.parse::<usize>()
                .doing("a shape is BYTES or BYTES:PARTS")
        };
        let shape = Shape {
            parts: Parts::all(number(parts)?),
            ..Shape::both(number(size)?)
        };
        measure(&Setting {
            peer: peer.as_ref(),
            shape,
            placement: Placement::Same,
            plan: Plan {
                rounds: options.rounds,
                runs: 1,
                warm_up: 100,
                ..Plan::default()
            },
            meter: Meter::wall(),
            watch: Watch::Trace(options.folder.clone(), text.replace(':', "-")),
        })?;
    }
    Ok(ExitCode::SUCCESS)
}
