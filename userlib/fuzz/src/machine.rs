// SPDX-License-Identifier: MIT OR Apache-2.0

//! Running a program, and seeing what it has shown.

use crate::execute::{Executor, Failure, Returned};
use crate::program::Program;
use crate::watch::{self, Trouble, Watch};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io};

/// Programs that are written down before they run, the last ones of them.
const JOURNAL: usize = 8;
/// Places of the map of what was seen.
pub const PLACES: usize = 1 << 22;

/// What a program has shown.
pub type Shown = Vec<u32>;

/// A machine that runs programs, and is watched.
#[derive(Debug)]
pub struct Machine {
    executor: Executor,
    watch: Watch,
    base: u64,
    journal: Option<PathBuf>,
    /// Programs that were run.
    pub runs: u64,
    /// How long they took, from the first fork to the last exit.
    pub busy: Duration,
    /// Calls that they made.
    pub calls: u64,
}

impl Machine {
    /// Sets it up; `journal` is a folder for the programs that ran last.
    ///
    /// # Errors
    ///
    /// What the system says if it cannot.
    pub fn new(journal: Option<PathBuf>) -> io::Result<Self> {
        let cover = Path::new("/sys/kernel/debug/kcov").exists();
        watch::allow_faults();
        if let Some(folder) = &journal {
            fs::create_dir_all(folder)?;
        }
        Ok(Self {
            executor: Executor::new(cover)?,
            watch: Watch::new()?,
            base: watch::text_base(),
            journal,
            runs: 0,
            busy: Duration::ZERO,
            calls: 0,
        })
    }

    /// What the calls of the last program came to.
    pub fn returned(&self) -> impl Iterator<Item = Returned> + '_ {
        self.executor.returned()
    }

    /// Whether coverage is recorded.
    #[must_use]
    pub fn has_cover(&self) -> bool {
        self.executor.world().has_cover()
    }

    /// Runs a program, and says whether there was trouble.
    ///
    /// # Errors
    ///
    /// What the system says if it cannot run it.
    pub fn run(&mut self, program: &Program) -> io::Result<Option<Trouble>> {
        if let Some(folder) = &self.journal {
            let path = folder.join(format!("{}.json", self.runs % JOURNAL as u64));
            fs::write(path, to_line(program))?;
        }
        self.runs += 1;
        let start = Instant::now();
        let ran = self.executor.run(&to_line(program));
        self.busy += start.elapsed();
        match ran {
            Ok(()) => (),
            Err(Failure::Refused(error)) => return Err(error),
            Err(Failure::Unkillable) => {
                watch::tell_where_all_are();
                let log = self
                    .watch
                    .log()
                    .map_or(String::new(), |trouble| trouble.log);
                let title = "a process does not die".to_string();
                return Ok(Some(Trouble { title, log }));
            }
        }
        self.calls += self.executor.returned().count() as u64;
        Ok(self.watch.log().or_else(|| self.watch.held()))
    }

    /// What the last program has shown: pairs of places in the code that follow each other, and results of calls.
    #[must_use]
    pub fn shown(&self) -> Shown {
        let mut shown: Shown = self
            .executor
            .returned()
            .map(|result| place(0x5bd1_e995 ^ u64::from(result)))
            .collect();
        for thread in self.executor.world().recorded() {
            let mut before = 0;
            for address in thread {
                let address = address.wrapping_sub(self.base);
                shown.push(place((before << 32) ^ address));
                before = address & 0xffff_ffff;
            }
        }
        shown.sort_unstable();
        shown.dedup();
        shown
    }

    /// Places in the code that the last program came by.
    #[must_use]
    pub fn visited(&self) -> HashSet<u64> {
        let world = self.executor.world();
        world
            .recorded()
            .flatten()
            .map(|address| address.wrapping_sub(self.base))
            .collect()
    }
}

fn place(key: u64) -> u32 {
    let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 42) as u32 % PLACES as u32
}

/// A program as a line of a file.
#[must_use]
pub fn to_line(program: &Program) -> String {
    serde_json::to_string(program).unwrap_or_default()
}
