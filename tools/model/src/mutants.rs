// SPDX-License-Identifier: GPL-2.0-only

//! Faults planted in the transition table, one at a time: each has to break a rule.
//!
//! Every cell that is ever asked for gets every other answer that there is: each other state, and each refusal. Every
//! state that a message is ever in is taken for the opposite in each of the ways that the module asks about. The
//! exploration starts where the cell was asked for first: on the way there, which is the shortest, it was not asked
//! for, so that the bent table leads there too.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::base::state::Refusal;
use crate::explore::{explore, Visit, Way};
use crate::rules::{Care, Rule};
use crate::table::{Cell, Table, EVENTS, LOOKS};
use crate::world::{Scope, World};

/// One answer of the table, changed.
#[derive(Clone, Copy, Debug)]
enum Mutant {
    Cell(u8, usize, Cell),
    Look(u8, usize),
}

impl Mutant {
    fn apply(self, table: &Table) -> Table {
        let mut table = table.clone();
        match self {
            Mutant::Cell(state, column, cell) => table.cells[usize::from(state)][column] = cell,
            Mutant::Look(state, look) => table.looks[usize::from(state)].flags[look] ^= true,
        }
        table
    }

    fn describe(self, table: &Table) -> String {
        match self {
            Mutant::Cell(state, column, cell) => {
                let to = match cell {
                    Cell::To(to) => format!("{:?}", table.states[usize::from(to)]),
                    other => format!("{other:?}"),
                };
                format!(
                    "{:?} + {:?} -> {to}",
                    table.states[usize::from(state)],
                    EVENTS[column]
                )
            }
            Mutant::Look(state, look) => {
                format!(
                    "{} of {:?}, the other way round",
                    LOOKS[look],
                    table.states[usize::from(state)]
                )
            }
        }
    }

    /// The world from which it is looked for in a finished exploration, if it matters there.
    fn start(self, visit: &Visit) -> Option<World> {
        let at = match self {
            Mutant::Cell(state, column, _) => visit.first_asked.get(&(state, column)),
            Mutant::Look(state, _) => visit.first_made.get(&state),
        };
        at.map(|at| visit.worlds[*at as usize])
    }
}

/// An exploration, and what it was of.
pub struct Known<'a> {
    pub scope: Scope,
    pub visit: &'a Visit,
}

pub struct Score {
    pub mutants: usize,
    pub cells: usize,
    pub caught_by: BTreeMap<usize, usize>,
    pub survivors: Vec<String>,
}

/// All mutants, and how many cells they are of.
fn all(table: &Table, known: &[Known<'_>]) -> (Vec<Mutant>, usize) {
    let mut mutants = Vec::new();
    let mut cells = 0;
    let asked = |cell: (u8, usize)| {
        known
            .iter()
            .any(|known| known.visit.first_asked.contains_key(&cell))
    };
    let made = |state: u8| {
        known
            .iter()
            .any(|known| known.visit.first_made.contains_key(&state))
    };
    for state in 0..table.states.len() as u8 {
        for column in 0..EVENTS.len() {
            if !asked((state, column)) {
                continue;
            }
            cells += 1;
            let right = table.cells[usize::from(state)][column];
            let others = (0..table.states.len() as u8).map(Cell::To);
            let refusals =
                [Refusal::NotBlocked, Refusal::TooMany, Refusal::Illegal].map(Cell::Refused);
            let wrong = others.chain(refusals).filter(|cell| *cell != right);
            mutants.extend(wrong.map(|cell| Mutant::Cell(state, column, cell)));
        }
        if made(state) {
            mutants.extend((0..LOOKS.len()).map(|look| Mutant::Look(state, look)));
        }
    }
    (mutants, cells)
}

/// Which rule a mutant breaks, if the exploration finds one. It is looked for in what calls return first.
fn judge(mutant: Mutant, table: &Table, known: &[Known<'_>]) -> Option<Rule> {
    let bent = mutant.apply(table);
    let ways = match mutant {
        // A wrong transition has to be seen by what comes of it.
        Mutant::Cell(..) => &[
            (300, Care::Calls),
            (10_000, Care::Calls),
            (10_000, Care::Steps),
            (usize::MAX, Care::Steps),
        ][..],
        Mutant::Look(..) => &[
            (1_000, Care::Calls),
            (10_000, Care::Steps),
            (usize::MAX, Care::Looks),
        ],
    };
    for (limit, care) in ways.iter().copied() {
        for known in known {
            let Some(start) = mutant.start(known.visit) else {
                continue;
            };
            let way = Way {
                limit,
                whole: limit == usize::MAX,
                care,
            };
            if let Some((broken, _)) = explore(&bent, known.scope, start, way).broken {
                return Some(broken.0);
            }
        }
    }
    None
}

/// Plants them all.
pub fn plant(table: &Table, known: &[Known<'_>]) -> Score {
    let (mutants, cells) = all(table, known);
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let judged: Vec<(Mutant, Option<Rule>)> = thread::scope(|scope| {
        let work = || {
            let mut judged = Vec::new();
            while let Some(mutant) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
                judged.push((*mutant, judge(*mutant, table, known)));
            }
            judged
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let joined = workers
            .into_iter()
            .map(|worker| worker.join().expect("a worker"));
        joined.flatten().collect()
    });
    let mut score = Score {
        mutants: mutants.len(),
        cells,
        caught_by: BTreeMap::new(),
        survivors: Vec::new(),
    };
    for (mutant, rule) in judged {
        match rule {
            Some(rule) => *score.caught_by.entry(rule as usize).or_insert(0) += 1,
            None => score.survivors.push(mutant.describe(table)),
        }
    }
    score.survivors.sort();
    score
}
