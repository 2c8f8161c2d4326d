// SPDX-License-Identifier: MIT OR Apache-2.0

//! Running program after program, and keeping those that show something new.

use crate::calls;
use crate::generate::Generator;
use crate::machine::{to_line, Machine, Shown, PLACES};
use crate::program::Program;
use crate::watch::Trouble;
use crate::{emit, minimise};
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often progress is told.
const TELL: Duration = Duration::from_secs(15);
/// After how many programs the limits of users are looked at.
const BALANCE: u64 = 1000;

/// The programs of a file; lines that are none, say after the format has changed, are left out.
///
/// # Errors
///
/// What the system says if it cannot be read.
pub fn read(path: &Path) -> io::Result<Vec<Program>> {
    let mut programs = Vec::new();
    for line in io::BufReader::new(fs::File::open(path)?).lines() {
        if let Ok(program) = serde_json::from_str::<Program>(&line?) {
            if program.is_sound() {
                programs.push(program);
            }
        }
    }
    Ok(programs)
}

/// How a campaign is run.
#[derive(Debug)]
pub struct Settings {
    /// How long.
    pub time: Duration,
    /// Where the generator begins.
    pub seed: u64,
    /// Programs to begin with.
    pub corpus: Option<PathBuf>,
    /// Folder for what is found.
    pub out: PathBuf,
    /// Programs that are kept at most.
    pub keep: usize,
}

struct Kept {
    program: Program,
    shown: Shown,
}

struct Campaign {
    machine: Machine,
    generator: Generator,
    seen: Vec<bool>,
    visited: HashSet<u64>,
    count: usize,
    corpus: Vec<Kept>,
    /// How often a call came to a result.
    results: BTreeMap<u32, u64>,
}

impl Campaign {
    /// Runs a program, and keeps it if it has shown something new.
    fn try_out(&mut self, program: Program) -> io::Result<Option<(Program, Trouble)>> {
        if let Some(trouble) = self.machine.run(&program)? {
            return Ok(Some((program, trouble)));
        }
        for result in self.machine.returned() {
            *self.results.entry(result).or_default() += 1;
        }
        let shown = self.machine.shown();
        let fresh = shown
            .iter()
            .filter(|&&place| !std::mem::replace(&mut self.seen[place as usize], true))
            .count();
        if fresh > 0 {
            self.count += fresh;
            self.visited.extend(self.machine.visited());
            self.corpus.push(Kept { program, shown });
        }
        Ok(None)
    }

    fn draw(&mut self) -> Program {
        if self.corpus.is_empty() || self.generator.below(8) == 0 {
            return self.generator.program();
        }
        // What was found last has been tried least.
        let len = self.corpus.len();
        let recent = len.min(32);
        let one = if self.generator.below(2) == 0 {
            len - 1 - self.generator.below(recent)
        } else {
            self.generator.below(len)
        };
        let other = self.generator.below(len);
        self.generator
            .mutate(&self.corpus[one].program, &self.corpus[other].program)
    }

    fn tell(&self, start: Instant) {
        println!(
            "# {} s: {} programs of {} ms, {} calls, {} places of the module, {} shown, {} kept",
            start.elapsed().as_secs(),
            self.machine.runs,
            self.machine.busy.as_millis() / u128::from(self.machine.runs.max(1)),
            self.machine.calls,
            self.visited.len(),
            self.count,
            self.corpus.len(),
        );
    }

    /// The fewest programs that show all that was shown, by and large.
    fn distil(&self, most: usize) -> Vec<&Program> {
        let mut order: Vec<&Kept> = self.corpus.iter().collect();
        order.sort_by_key(|kept| (std::cmp::Reverse(kept.shown.len()), kept.program.len()));
        let mut covered = vec![false; PLACES];
        let mut chosen = Vec::new();
        for kept in order {
            let fresh = kept.shown.iter().filter(|&&place| !covered[place as usize]);
            if fresh.count() > 0 {
                for &place in &kept.shown {
                    covered[place as usize] = true;
                }
                chosen.push(&kept.program);
            }
        }
        chosen.truncate(most);
        chosen
    }
}

/// Runs a campaign; what was found, if anything was.
///
/// # Errors
///
/// What the system says if it cannot go on.
pub fn run(settings: &Settings) -> io::Result<Option<Trouble>> {
    fs::create_dir_all(&settings.out)?;
    let start = Instant::now();
    let mut campaign = Campaign {
        machine: Machine::new(Some(settings.out.join("journal")))?,
        generator: Generator::new(settings.seed),
        seen: vec![false; PLACES],
        visited: HashSet::new(),
        count: 0,
        corpus: Vec::new(),
        results: BTreeMap::new(),
    };
    println!(
        "# seed {}, {}",
        settings.seed,
        if campaign.machine.has_cover() {
            "guided by coverage"
        } else {
            "without coverage"
        }
    );
    let mut waiting = match &settings.corpus {
        Some(path) => read(path)?,
        None => Vec::new(),
    };
    waiting.reverse();
    let mut told = start;
    let mut found = None;
    while start.elapsed() < settings.time {
        let program = match waiting.pop() {
            Some(program) => program,
            None => campaign.draw(),
        };
        if let Some(trouble) = campaign.try_out(program)? {
            found = Some(trouble);
            break;
        }
        if campaign.machine.runs % BALANCE == 0 {
            if let Some(title) = crate::balance::look() {
                let log = String::new();
                found = Some((campaign.generator.program(), Trouble { title, log }));
                break;
            }
        }
        if told.elapsed() >= TELL {
            told = Instant::now();
            campaign.tell(start);
        }
    }
    campaign.tell(start);
    let mut lines = String::new();
    for program in campaign.distil(settings.keep) {
        lines.push_str(&to_line(program));
        lines.push('\n');
    }
    fs::write(settings.out.join("corpus.jsonl"), lines)?;
    let mut places: Vec<_> = campaign.visited.iter().copied().collect();
    places.sort_unstable();
    let places: Vec<String> = places.iter().map(|place| format!("{place:#x}")).collect();
    fs::write(settings.out.join("visited"), places.join("\n"))?;
    let mut results = String::new();
    for (result, times) in &campaign.results {
        let name = calls::CALLS
            .get((result >> 16) as usize)
            .map_or("other", |call| call.name);
        results.push_str(&format!("{name} {} {times}\n", result & 0xffff));
    }
    fs::write(settings.out.join("results"), results)?;
    let Some((program, trouble)) = found else {
        return Ok(None);
    };
    println!("# FOUND: {}", trouble.title);
    report(&settings.out, "found", &program, &trouble)?;
    let smallest = minimise::minimise(&mut campaign.machine, &program, &trouble);
    report(&settings.out, "least", &smallest, &trouble)?;
    Ok(Some(trouble))
}

/// Writes a program down, for people and for this one.
fn report(out: &Path, name: &str, program: &Program, trouble: &Trouble) -> io::Result<()> {
    fs::write(out.join(format!("{name}.json")), to_line(program))?;
    fs::write(out.join(format!("{name}.c")), emit::emit(program))?;
    fs::write(
        out.join(format!("{name}.txt")),
        format!("{}\n\n{}", trouble.title, trouble.log),
    )
}
