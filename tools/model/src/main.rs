// SPDX-License-Identifier: GPL-2.0-only

//! The life of messages, explored exhaustively: two clients, two threads of a server, and everything that can happen
//! to them, under the transition table of the module itself.
//!
//! `qipc-life` explores what can be explored in some minutes; `qipc-life --brief` a smaller part of it in some
//! seconds. Either plants every fault in the table that there is, and prints TAP.

use std::process::ExitCode;
use std::time::Instant;

// The very file of the module; what is not used here is used there.
#[allow(dead_code)]
#[path = "../../../rust/base/mod.rs"]
mod base;
mod explore;
mod mutants;
mod rules;
mod table;
mod world;

use base::state::Cause;
use explore::{explore, Visit, Way};
use mutants::Known;
use table::{Table, EVENTS};
use world::{Scope, World};

/// One exploration: its name, and what is in it.
type Plan = (&'static str, Scope);

const EVERYTHING: [bool; 5] = [true; 5];

fn only(causes: &[Cause]) -> [bool; 5] {
    let mut only = [false; 5];
    for cause in causes {
        only[*cause as usize] = true;
    }
    only
}

fn scope(
    clients: usize,
    threads: usize,
    absent: bool,
    several_ends: bool,
    causes: [bool; 5],
) -> Scope {
    Scope {
        clients,
        threads,
        absent,
        several_ends,
        causes,
    }
}

/// The faults are looked for in the first of them, where all cells are asked for.
fn plans(brief: bool) -> Vec<Plan> {
    let signals = only(&[Cause::Interrupted, Cause::Killed]);
    let ends = only(&[Cause::Interrupted, Cause::Detached, Cause::ChannelGone]);
    let mut plans = vec![
        (
            "1 client, 2 threads, every event, memory that is absent",
            scope(1, 2, true, true, EVERYTHING),
        ),
        (
            "2 clients, 2 threads, signals and deaths, memory that is absent",
            scope(2, 2, true, false, signals),
        ),
    ];
    if !brief {
        plans.extend([
            (
                "2 clients, 2 threads, every event, one end of a connection or the channel",
                scope(2, 2, false, false, EVERYTHING),
            ),
            (
                "2 clients, 1 thread, signals, several ends of connections and the channel",
                scope(2, 1, false, true, ends),
            ),
        ]);
    }
    plans
}

/// TAP, and whether all went well.
#[derive(Default)]
struct Report {
    cases: usize,
    failed: usize,
}

impl Report {
    fn case(&mut self, well: bool, name: &str) {
        self.cases += 1;
        self.failed += usize::from(!well);
        println!("{}ok {} {name}", if well { "" } else { "not " }, self.cases);
    }
}

fn main() -> ExitCode {
    let brief = std::env::args().any(|argument| argument == "--brief");
    let clock = Instant::now();
    let mut report = Report::default();
    let table = Table::of_the_module();
    println!(
        "# the table of rust/base/state.rs: {} states, {} events",
        table.states.len(),
        EVENTS.len()
    );
    report.case(
        table.short_ways() >= 4,
        "short_ways_lead_where_the_long_ones_do",
    );
    let mut total = (0, 0);
    let mut known = Vec::new();
    for (n, (name, scope)) in plans(brief).into_iter().enumerate() {
        let (visits, well) = explore_both(&table, name, scope);
        for visit in &visits {
            total.0 += visit.worlds.len();
            total.1 += visit.transitions;
        }
        report.case(well, &format!("exploration_{}", n + 1));
        // The others are too big to be kept.
        if n == 0 {
            known.extend(visits.into_iter().map(|visit| (scope, visit)));
        }
    }
    println!("# {} states, {} transitions in all", total.0, total.1);
    for (_, name) in rules::RULES {
        let holds = if report.failed == 0 {
            "holds"
        } else {
            "see above"
        };
        println!("#     {holds}: {name}");
    }
    let known: Vec<Known<'_>> = known
        .iter()
        .map(|(scope, visit)| Known {
            scope: *scope,
            visit,
        })
        .collect();
    report.case(planted(&table, &known), "every_planted_fault_is_found");
    println!("# {:.1} s", clock.elapsed().as_secs_f64());
    println!("1..{}", report.cases);
    ExitCode::from(u8::from(report.failed > 0))
}

/// With and without the unblock flag, at the same time; says whether no rule broke.
fn explore_both(table: &Table, name: &str, scope: Scope) -> (Vec<Visit>, bool) {
    let clock = Instant::now();
    let run = |unblock| move || explore(table, scope, World::start(unblock), Way::WHOLE);
    let visits: Vec<Visit> = std::thread::scope(|threads| {
        let both = [threads.spawn(run(false)), threads.spawn(run(true))];
        let joined = both
            .into_iter()
            .map(|thread| thread.join().expect("an exploration"));
        joined.collect()
    });
    let mut well = true;
    for visit in &visits {
        if let Some((broken, steps)) = &visit.broken {
            println!("# does not hold: {}: {}", broken.0.name(), broken.1);
            println!("#   after: {}", steps.join("; "));
            well = false;
        }
    }
    println!(
        "# {name}: {} states, {} transitions, {} at rest, {:.1} s",
        visits.iter().map(|visit| visit.worlds.len()).sum::<usize>(),
        visits.iter().map(|visit| visit.transitions).sum::<usize>(),
        visits.iter().map(|visit| visit.at_rest).sum::<usize>(),
        clock.elapsed().as_secs_f64()
    );
    (visits, well)
}

/// Plants every fault; says whether each was found.
fn planted(table: &Table, known: &[Known<'_>]) -> bool {
    let clock = Instant::now();
    let score = mutants::plant(table, known);
    println!(
        "# faults planted in {} transitions and in what states are taken for: {} of {} found, {:.1} s",
        score.cells,
        score.mutants - score.survivors.len(),
        score.mutants,
        clock.elapsed().as_secs_f64()
    );
    let mut each = true;
    for (rule, name) in rules::RULES {
        let found = score.caught_by.get(&(rule as usize)).copied().unwrap_or(0);
        println!("#     {found:6} by: {name}");
        each &= found > 0;
    }
    for survivor in &score.survivors {
        println!("# not found: {survivor}");
    }
    // A rule that no fault breaks would say nothing.
    score.survivors.is_empty() && each
}
