// SPDX-License-Identifier: MIT OR Apache-2.0

//! A test harness that looks like the usual one and differs in three ways:
//!
//! - each scenario has a process of its own, which is single-threaded when the scenario starts, so that it may fork and
//!   knows which thread a signal goes to;
//! - a scenario that hangs, which is what bugs in message passing look like, is killed and reported as a failure;
//! - without `/dev/qipc` the scenarios are reported as ignored. `--include-ignored` makes them run, and fail.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{kill_process_group, Pid, Signal};

use crate::support::slow;

/// A name and what to do.
pub type Scenario = (&'static str, fn());

/// The table of scenarios, named like the functions and their modules.
macro_rules! scenarios {
    ($($module:ident: $($name:ident),* $(,)?;)*) => {
        &[$($((
            concat!(stringify!($module), "::", stringify!($name)),
            crate::$module::$name as fn(),
        )),*),*]
    };
}
pub(crate) use scenarios;

/// Longer than anything takes in an emulated machine, with a stock kernel.
const LIMIT: Duration = Duration::from_secs(30);
/// Argument in front of the name of a scenario that this process is to run itself.
const ONE: &str = "--scenario";

struct Arguments {
    names: Vec<String>,
    skip: Vec<String>,
    exact: bool,
    list: bool,
    only_ignored: bool,
    with_ignored: bool,
    nocapture: bool,
}

impl Arguments {
    fn parse() -> Self {
        let mut all = Self {
            names: Vec::new(),
            skip: Vec::new(),
            exact: false,
            list: false,
            only_ignored: false,
            with_ignored: false,
            nocapture: false,
        };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--exact" => all.exact = true,
                "--list" => all.list = true,
                "--ignored" => all.only_ignored = true,
                "--include-ignored" => all.with_ignored = true,
                "--nocapture" | "--no-capture" => all.nocapture = true,
                "--skip" => all.skip.extend(args.next()),
                "--test-threads" | "--format" | "--color" | "--logfile" | "-Z" => {
                    args.next();
                }
                other if other.starts_with('-') => {}
                _ => all.names.push(arg),
            }
        }
        all
    }

    fn wants(&self, name: &str) -> bool {
        let fits = |text: &String| {
            if self.exact {
                name == text
            } else {
                name.contains(text.as_str())
            }
        };
        (self.names.is_empty() || self.names.iter().any(fits)) && !self.skip.iter().any(fits)
    }
}

/// Runs what the command line asks for.
pub fn main(scenarios: &[Scenario]) -> ExitCode {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some(ONE) {
        return one(scenarios, &args.next().unwrap_or_default());
    }

    let args = Arguments::parse();
    let wanted: Vec<_> = scenarios
        .iter()
        .filter(|(name, _)| args.wants(name))
        .collect();
    if args.list {
        wanted.iter().for_each(|(name, _)| println!("{name}: test"));
        println!("\n{} tests, 0 benchmarks", wanted.len());
        return ExitCode::SUCCESS;
    }

    let start = Instant::now();
    let device = Path::new("/dev/qipc").exists();
    let run = device && !args.only_ignored || !device && (args.only_ignored || args.with_ignored);
    println!("\nrunning {} tests", wanted.len());
    let (mut passed, mut ignored, mut failures) = (0, 0, Vec::new());
    for (name, _) in &wanted {
        if !run {
            println!("test {name} ... ignored, needs /dev/qipc: run in the VM");
            ignored += 1;
            continue;
        }
        match in_a_process(name, args.nocapture) {
            Ok(()) => {
                println!("test {name} ... ok");
                passed += 1;
            }
            Err(output) => {
                println!("test {name} ... FAILED");
                failures.push((name, output));
            }
        }
    }

    if !failures.is_empty() {
        println!("\nfailures:\n");
        failures
            .iter()
            .for_each(|(name, output)| println!("---- {name} stdout ----\n{output}\n"));
        println!("\nfailures:");
        failures.iter().for_each(|(name, _)| println!("    {name}"));
    }
    println!(
        "\ntest result: {}. {passed} passed; {} failed; {ignored} ignored; 0 measured; {} filtered out; finished in {:.2}s\n",
        if failures.is_empty() { "ok" } else { "FAILED" },
        failures.len(),
        scenarios.len() - wanted.len(),
        start.elapsed().as_secs_f64(),
    );
    ExitCode::from(if failures.is_empty() { 0 } else { 101 })
}

/// Runs one scenario here.
fn one(scenarios: &[Scenario], name: &str) -> ExitCode {
    let Some((_, run)) = scenarios.iter().find(|(n, _)| *n == name) else {
        eprintln!("there is no scenario {name}");
        return ExitCode::FAILURE;
    };
    // A panic of any thread ends the process: the others may be blocked for ever.
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        report(info);
        if !crate::support::is_expected_panic(info) {
            std::process::exit(101);
        }
    }));
    run();
    ExitCode::SUCCESS
}

/// Runs one scenario in a process group of its own; what it wrote, if it fails.
fn in_a_process(name: &str, nocapture: bool) -> Result<(), String> {
    let output = || {
        if nocapture {
            Stdio::inherit()
        } else {
            Stdio::piped()
        }
    };
    let mut command = Command::new("/proc/self/exe");
    command
        .args([ONE, name])
        .stdin(Stdio::null())
        .stdout(output())
        .stderr(output());
    let mut child = command
        .process_group(0)
        .spawn()
        .map_err(|e| format!("cannot start: {e}"))?;

    let readers = [
        child.stdout.take().map(|pipe| thread::spawn(|| read(pipe))),
        child.stderr.take().map(|pipe| thread::spawn(|| read(pipe))),
    ];
    let limit = slow() * LIMIT;
    let start = Instant::now();
    let status: Option<ExitStatus> = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Err(_) => break None,
            Ok(None) if start.elapsed() > limit => break None,
            Ok(None) => thread::sleep(Duration::from_millis(5)),
        }
    };
    // Also what the scenario has left behind.
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
    if status.is_some_and(|status| status.success()) {
        return Ok(());
    }
    let mut text: String = readers
        .into_iter()
        .flatten()
        .filter_map(|r| r.join().ok())
        .collect();
    text += &match status {
        Some(status) => format!("ended with {status}"),
        None => format!("hangs: killed after {} s", limit.as_secs()),
    };
    Err(text)
}

fn read(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = pipe.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
