// SPDX-License-Identifier: MIT OR Apache-2.0

//! Random episodes against the reference model. Needs `/dev/qipc` and root: run in the VM (`make test`, or
//! `make quick T=model-episodes`).
//!
//! Four client and two server processes do what a controller draws, one step at a time. After each step exactly those
//! calls have to have returned that the model says, with the same results, errnos, bytes and infos.
//!
//! All processes share one processor. The controller has the lowest of the real-time priorities there, so it goes on
//! only when nobody else can: what a step causes has then happened, and what is blocked stays blocked. For clients that
//! have no real-time priority it waits. Deadlines are times of the real-time clock, which passes one only when the
//! controller sets it.
//!
//! A difference is printed with the steps that lead to it, after as many as possible have been taken out of them.
//!
//! `QIPC_MODEL_SEED`, `QIPC_MODEL_EPISODES` and `QIPC_MODEL_STEPS` (per episode) choose another run.

// timeout 600

mod draw;
mod raw;
mod real;
mod worker;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use draw::{dismantle, draw, Move};
use fastrand::Rng;
use qipc_model::{Flaw, State};
use real::{Real, Verdict, CLIENTS, RECEIVERS, SERVERS};

/// Tests that the episodes are divided into, to see how far it is.
const BATCHES: u64 = 8;
/// Longer than anything takes in an emulated machine.
const PATIENCE: Duration = Duration::from_secs(5);
/// Priority of the controller, below all others that are real-time.
const CONTROLLER: i32 = 1;
/// How long a difference is looked into.
const SHRINKING: Duration = Duration::from_secs(30);

struct Settings {
    seed: u64,
    episodes: u64,
    steps: usize,
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

fn empty(flaw: Option<Flaw>) -> State {
    let state = State::new(CLIENTS, SERVERS, RECEIVERS);
    match flaw {
        Some(flaw) => state.with_flaw(flaw),
        None => state,
    }
}

/// A step in both.
fn both(real: &mut Real, state: &mut State, step: &Move) -> Verdict {
    let expected = state.apply(&step.step);
    real.step(&step.step, step.layout, state, &expected)
}

/// Random steps, and then those that leave nothing behind. What was done is in `done`.
fn episode(
    real: &mut Real,
    seed: u64,
    steps: usize,
    flaw: Option<Flaw>,
    done: &mut Vec<Move>,
) -> Verdict {
    let (mut rng, mut state) = (Rng::with_seed(seed), empty(flaw));
    real.begin()?;
    for _ in 0..steps {
        done.push(draw(&mut rng, &state));
        both(real, &mut state, &done[done.len() - 1])?;
    }
    finish(real, &mut state, done)
}

fn finish(real: &mut Real, state: &mut State, done: &mut Vec<Move>) -> Verdict {
    while let Some(step) = dismantle(state) {
        done.push(Move { step, layout: 0 });
        both(real, state, &done[done.len() - 1])?;
    }
    if state.is_empty() {
        Ok(())
    } else {
        Err("the model is not empty at the end".to_owned())
    }
}

/// Does again what was done, as far as it can be; steps that were done, and the difference, if it is there again.
fn again(board: &'static raw::Board, steps: &[Move]) -> Verdict<Option<(Vec<Move>, String)>> {
    let (mut real, mut state) = (Real::new(board, PATIENCE)?, empty(None));
    real.begin()?;
    let mut done = Vec::new();
    let mut difference = None;
    for step in steps {
        if !state.is_enabled(&step.step) {
            continue;
        }
        done.push(step.clone());
        if let Err(error) = both(&mut real, &mut state, step) {
            difference = Some(error);
            break;
        }
    }
    real.end()?;
    Ok(difference.map(|difference| (done, difference)))
}

/// What is the same of a difference in every episode.
fn kind(difference: &str) -> &str {
    let line = difference.lines().next().unwrap_or_default();
    let what = line.split_once(": ").map_or(line, |(_, what)| what);
    what.split_once(';').map_or(what, |(what, _)| what)
}

/// Without the contents of long lists.
fn brief(text: &str) -> String {
    let mut all = String::new();
    let mut rest = text;
    while let Some((before, list)) = rest.split_once('[') {
        let (list, behind) = list.split_once(']').unwrap_or((list, ""));
        let items: Vec<_> = list.split(", ").collect();
        all += before;
        if items.len() > 6 && items.iter().all(|item| item.parse::<u8>().is_ok()) {
            all += &format!("[{}, ... {} bytes]", items[..3].join(", "), items.len());
        } else {
            all += &format!("[{list}]");
        }
        rest = behind;
    }
    all + rest
}

/// Takes out what is not needed for a difference.
fn shrink(
    board: &'static raw::Board,
    mut steps: Vec<Move>,
    mut difference: String,
) -> (Vec<Move>, String) {
    let start = Instant::now();
    let mut size = steps.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < steps.len() && start.elapsed() < SHRINKING {
            let end = (at + size).min(steps.len());
            let less = [&steps[..at], &steps[end..]].concat();
            match again(board, &less) {
                Ok(Some((done, text))) if kind(&text) == kind(&difference) => {
                    (steps, difference) = (done, text);
                }
                _ => at = end,
            }
        }
        size /= 2;
    }
    (steps, difference)
}

fn report(board: &'static raw::Board, seed: u64, steps: Vec<Move>, difference: &str) {
    println!(
        "---- the module differs from the model in the episode of seed {seed}, step {}",
        steps.len()
    );
    for step in &steps {
        println!(
            "  {} layout {:#x}",
            brief(&format!("{:?}", step.step)),
            step.layout
        );
    }
    println!("{}", brief(difference));
    let (steps, difference) = shrink(board, steps, difference.to_owned());
    println!("---- {} steps are enough", steps.len());
    for step in &steps {
        println!(
            "  {} layout {:#x}",
            brief(&format!("{:?}", step.step)),
            step.layout
        );
    }
    println!("{}", brief(&difference));
}

/// A share of the episodes; false if one of them differs.
fn batch(board: &'static raw::Board, settings: &Settings, number: u64) -> Verdict<bool> {
    let start = Instant::now();
    let mut real = Real::new(board, PATIENCE)?;
    let (mut episodes, mut steps) = (0, 0);
    for index in (number..settings.episodes).step_by(BATCHES as usize) {
        let seed = settings.seed.wrapping_add(index);
        let mut done = Vec::new();
        if let Err(difference) = episode(&mut real, seed, settings.steps, None, &mut done) {
            real.end()?;
            report(board, seed, done, &difference);
            return Ok(false);
        }
        episodes += 1;
        steps += done.len();
    }
    real.end()?;
    let seconds = start.elapsed().as_secs_f64();
    println!("batch {number}: {episodes} episodes, {steps} steps, {seconds:.1} s");
    Ok(true)
}

/// A model with a rule broken has to differ from the module in one of the first episodes.
fn is_noticed(board: &'static raw::Board, settings: &Settings, flaw: Flaw) -> Verdict<bool> {
    const EPISODES: u64 = 60;
    let mut real = Real::new(board, Duration::from_secs(1))?;
    for index in 0..EPISODES {
        let (seed, mut done) = (settings.seed.wrapping_add(index), Vec::new());
        if episode(&mut real, seed, settings.steps, Some(flaw), &mut done).is_err() {
            real.end()?;
            println!("{flaw:?}: noticed in episode {index}, step {}", done.len());
            return Ok(true);
        }
    }
    real.end()?;
    println!("{flaw:?}: not noticed");
    Ok(false)
}

/// Each of the rules.
fn broken_rules_are_noticed(board: &'static raw::Board, settings: &Settings) -> Verdict<bool> {
    let mut all = true;
    for flaw in [
        Flaw::UnblockEachTime,
        Flaw::UnblockKept,
        Flaw::KilledStaysQueued,
        Flaw::DisconnectEachTime,
        Flaw::DisconnectForgotten,
        Flaw::SameReceiveId,
        Flaw::DestroyForgets,
        Flaw::NoPriorities,
        Flaw::ReceivedTwice,
        Flaw::LateDelivery,
    ] {
        all &= is_noticed(board, settings, flaw)?;
    }
    Ok(all)
}

/// Prints the result of a test; 1 if it failed.
fn judge(name: &str, result: Verdict<bool>) -> u64 {
    if let Err(error) = &result {
        println!("{error}");
    }
    let word = if result == Ok(true) { "ok" } else { "FAILED" };
    println!("test {name} ... {word}");
    u64::from(word != "ok")
}

fn main() -> ExitCode {
    let settings = Settings {
        seed: setting("QIPC_MODEL_SEED", 20_261_123),
        episodes: setting("QIPC_MODEL_EPISODES", 1000),
        steps: setting("QIPC_MODEL_STEPS", 100) as usize,
    };
    println!("\nrunning {} tests", BATCHES + 1);
    if !Path::new("/dev/qipc").exists() {
        for number in 0..BATCHES {
            println!("test batch_{number} ... ignored, needs /dev/qipc: run in the VM");
        }
        println!("test broken_rules_are_noticed ... ignored, needs /dev/qipc: run in the VM");
        println!(
            "\ntest result: ok. 0 passed; 0 failed; {} ignored; 0 measured; 0 filtered out\n",
            BATCHES + 1
        );
        return ExitCode::SUCCESS;
    }
    println!(
        "seed {}, {} episodes of {} steps",
        settings.seed, settings.episodes, settings.steps
    );
    let board = raw::board().expect("shared memory");
    raw::pin(0).expect("one processor");
    raw::set_priority(CONTROLLER).expect("a real-time priority");
    let time = raw::clock().expect("the time");
    let start = Instant::now();
    let mut failed = 0;
    for number in 0..BATCHES {
        failed += judge(&format!("batch_{number}"), batch(board, &settings, number));
    }
    failed += judge(
        "broken_rules_are_noticed",
        broken_rules_are_noticed(board, &settings),
    );
    let _ = raw::set_clock(time + start.elapsed().as_nanos() as u64);
    println!(
        "\ntest result: {}. {} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out; finished in {:.2}s\n",
        if failed == 0 { "ok" } else { "FAILED" },
        BATCHES + 1 - failed,
        start.elapsed().as_secs_f64(),
    );
    ExitCode::from(if failed == 0 { 0 } else { 101 })
}
