// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a row is, and how much of everything is measured.

use std::collections::BTreeMap;

use crate::meter::{Meter, Unit};
use crate::pair::{measure, Placement, Plan, Series, Setting, Watch};
use crate::peers::peer::{Peer, Shape};
use crate::trouble::Outcome;

/// What all rows know.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// What is counted.
    pub meter: Meter,
    /// Fewer rows, fewer runs.
    pub quick: bool,
    /// As little of everything as gives a figure: for the test of the benchmark itself.
    pub tiny: bool,
}

/// What a job found: under each suffix of the row's name a series.
pub type Found = BTreeMap<String, Outcome<Series>>;

/// What measures a row.
pub type Job = Box<dyn Fn(&Context) -> Outcome<Found>>;

/// One row, or a few that are measured together.
pub struct Row {
    /// Its name, without the mode.
    pub name: String,
    /// What its figures count.
    pub unit: &'static str,
    /// It does not drift, and is measured in the first pass only.
    pub once: bool,
    /// How it is measured.
    pub job: Job,
}

impl Row {
    /// A row of one figure.
    pub fn single(
        name: String,
        unit: &'static str,
        job: impl Fn(&Context) -> Outcome<Series> + 'static,
    ) -> Self {
        let job = move |context: &Context| Ok(Found::from([(String::new(), Ok(job(context)?))]));
        Self {
            name,
            unit,
            once: false,
            job: Box::new(job),
        }
    }
}

/// Nanoseconds in a millisecond.
const MS: u64 = 1_000_000;

impl Context {
    /// What operations are counted in.
    pub fn unit(&self) -> &'static str {
        match self.meter.unit() {
            Unit::Instructions => "instructions",
            Unit::Nanoseconds => "ns",
        }
    }

    /// The mode, with which names of rows begin.
    pub fn mode(&self) -> &'static str {
        match self.meter.unit() {
            Unit::Instructions => "icount",
            Unit::Nanoseconds => "wall",
        }
    }

    /// Whether it counts instructions, and not time.
    pub fn counts_instructions(&self) -> bool {
        self.meter.unit() == Unit::Instructions
    }

    /// Picks what a shorter benchmark measures too.
    pub fn some<T: Clone>(&self, all: &[T], quick: &[T], tiny: &[T]) -> Vec<T> {
        let chosen = match (self.tiny, self.quick) {
            (true, _) => tiny,
            (_, true) => quick,
            _ => all,
        };
        chosen.to_vec()
    }

    /// Plan for operations that are short.
    pub fn short_plan(&self) -> Plan {
        let (rounds, runs, singles, span) =
            match (self.tiny, self.quick, self.counts_instructions()) {
                (true, ..) => (5, 2, 5, 0),
                (_, true, true) => (150, 3, 0, 0),
                (_, true, false) => (300, 1, 300, 40 * MS),
                (_, false, true) => (300, 3, 100, 0),
                (_, false, false) => (500, 1, 1000, 60 * MS),
            };
        Plan {
            rounds,
            runs,
            warm_up: rounds / 8 + 2,
            singles,
            span,
        }
    }

    /// The same without percentiles.
    pub fn plain_plan(&self) -> Plan {
        Plan {
            singles: 0,
            ..self.short_plan()
        }
    }

    /// Measures a peer with both processes on one processor.
    pub fn measure(&self, peer: &dyn Peer, shape: Shape, plan: Plan) -> Outcome<Series> {
        measure(&Setting {
            peer,
            shape,
            placement: Placement::Same,
            plan,
            meter: self.meter,
            watch: Watch::Time,
        })
    }

    /// Plan for operations that move so many bytes.
    pub fn bulk_plan(&self, bytes: usize) -> Plan {
        let fit = |budget: usize, most: usize| (budget / bytes.max(1)).clamp(1, most) as u64;
        let (rounds, runs, span) = match (self.tiny, self.quick, self.counts_instructions()) {
            (true, ..) => (1, 2, 0),
            (_, true, true) => (fit(2 << 20, 32), 3, 0),
            (_, false, true) => (fit(2 << 20, 64), if bytes > 4 << 20 { 2 } else { 3 }, 0),
            (_, _, false) => (fit(64 << 20, 2000), 2, 40 * MS),
        };
        Plan {
            rounds,
            runs,
            warm_up: rounds.clamp(1, 4),
            singles: 0,
            span,
        }
    }
}

/// A size as it is written in the names of rows.
pub fn size_name(bytes: usize) -> String {
    match bytes {
        b if b >= 1 << 20 && b % (1 << 20) == 0 => format!("{}M", b >> 20),
        b if b > 4096 && b % 1024 == 0 => format!("{}K", b >> 10),
        b => b.to_string(),
    }
}

/// "64K" to 65,536.
pub fn size_value(text: &str) -> Option<f64> {
    let (digits, factor) = match text.strip_suffix('K') {
        Some(digits) => (digits, 1024.0),
        None => match text.strip_suffix('M') {
            Some(digits) => (digits, 1024.0 * 1024.0),
            None => (text, 1.0),
        },
    };
    Some(digits.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_they_are_written() {
        for size in [0, 8, 4096, 65_536, 1 << 20, 64 << 20] {
            assert_eq!(size_value(&size_name(size)), Some(size as f64));
        }
        assert_eq!(size_value("contiguous"), None);
    }
}
