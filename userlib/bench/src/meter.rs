// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is counted: instructions where the machine can say how many, nanoseconds otherwise.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::raw;
use crate::trouble::{Outcome, Trouble};

/// The unit of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Instructions, those of kernel and user programs together.
    Instructions,
    /// Nanoseconds.
    Nanoseconds,
}

/// Counts what has passed.
#[derive(Debug, Clone, Copy)]
pub struct Meter {
    unit: Unit,
    zero: Instant,
    /// What copying a page with one string instruction costs in this unit.
    pub page_copy: f64,
}

/// Instructions of the loop that [`Meter::instructions`] checks the counter with.
const CHECK: u64 = 4_000_000;

impl Meter {
    /// Counts nanoseconds.
    pub fn wall() -> Self {
        Self {
            unit: Unit::Nanoseconds,
            zero: Instant::now(),
            page_copy: 0.0,
        }
    }

    /// Says that it counts instructions, for those who only want to know the names of rows.
    pub fn pretended() -> Self {
        Self {
            unit: Unit::Instructions,
            ..Self::wall()
        }
    }

    /// Counts instructions, on a machine whose time stamp counter does that: a virtual one with `-icount shift=0`. Whether
    /// it does is tried with a loop of known length.
    pub fn instructions() -> Outcome<Self> {
        let ticks = || {
            let start = raw::time_stamp();
            raw::spin(CHECK / 2);
            raw::time_stamp() - start
        };
        let least = (0..9).map(|_| ticks()).min().unwrap_or(0);
        if !(CHECK..CHECK + CHECK / 100).contains(&least) {
            return Err(Trouble::Lacks(format!(
                "a loop of {CHECK} instructions takes {least} ticks: this machine does not count instructions \
                 (it takes qemu -icount shift=0, see docs/performance.md)"
            )));
        }
        let memory = raw::Memory::new(8192, raw::Mapping::Private)?;
        let copies = |pages: u64| {
            let start = raw::time_stamp();
            for _ in 0..pages {
                raw::copy_page(&memory);
            }
            raw::time_stamp() - start
        };
        let page = (0..9).map(|_| copies(64)).min().unwrap_or(0);
        Ok(Self {
            unit: Unit::Instructions,
            zero: Instant::now(),
            page_copy: (page / 64) as f64,
        })
    }

    /// The unit.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// What has passed since some time.
    pub fn now(&self) -> u64 {
        match self.unit {
            Unit::Instructions => raw::time_stamp(),
            Unit::Nanoseconds => self.zero.elapsed().as_nanos() as u64,
        }
    }
}
