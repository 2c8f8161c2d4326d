// SPDX-License-Identifier: MIT OR Apache-2.0

//! The results, as they are stored.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::stats::Figure;
use crate::trouble::{Doing, Outcome, Trouble};

/// Version of the format: raised when a reader of the old one would misunderstand the new one.
pub const SCHEMA: u32 = 1;

/// All that one run found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What was measured: the commit, with "+" if the tree had changes.
    pub commit: String,
    /// Seconds since 1970.
    pub time: u64,
    /// Whether the short version of the benchmark was run.
    pub quick: bool,
    /// Seconds the whole benchmark took, as far as the driver says so.
    pub seconds: Option<f64>,
    /// The machines it ran on, by mode: "icount", "wall".
    pub machines: BTreeMap<String, Machine>,
    /// The figures.
    pub rows: Vec<Row>,
    /// What has no figure, and why.
    pub lacks: Vec<Lack>,
    /// What should have been measured and was not, because the run ended before.
    #[serde(default)]
    pub missing: Vec<String>,
}

/// Where it ran.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Machine {
    /// Kernel release and version.
    pub kernel: String,
    /// Processor.
    pub processor: String,
    /// How many.
    pub processors: usize,
    /// Megabytes of memory.
    pub memory_mb: u64,
    /// "hypervisor" if the processor says that it is a virtual one.
    pub virtual_machine: bool,
    /// What the meter counts.
    pub unit: String,
    /// What copying a page with one string instruction costs in that unit.
    pub page_copy: f64,
}

/// One figure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// Mode, group, what, size, variant, separated by slashes.
    pub name: String,
    /// What the figure counts.
    pub unit: String,
    /// The figure.
    pub figure: Figure,
}

/// A row without a figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lack {
    /// As in [`Row`].
    pub name: String,
    /// Why.
    pub reason: String,
    /// Something went wrong, as opposed to missing.
    pub failed: bool,
}

impl Report {
    /// Reads one, of a version that this program understands.
    pub fn read(path: &Path) -> Outcome<Self> {
        let text = std::fs::read_to_string(path).doing(&path.display().to_string())?;
        let report: Self = serde_json::from_str(&text).doing(&path.display().to_string())?;
        if report.schema != SCHEMA {
            return Err(Trouble::Failed(format!(
                "{}: schema {}, not {SCHEMA}",
                path.display(),
                report.schema
            )));
        }
        Ok(report)
    }

    /// Writes it: all of it or nothing, as a machine may die meanwhile.
    pub fn write(&self, path: &Path) -> Outcome<()> {
        let name = path.display().to_string();
        let text = serde_json::to_string_pretty(self).doing("JSON")?;
        let new = path.with_extension("new");
        std::fs::write(&new, text + "\n").doing(&name)?;
        std::fs::rename(&new, path).doing(&name)
    }

    /// Takes over what another part of the same run found.
    pub fn merge(&mut self, other: Self) {
        self.schema = other.schema;
        self.time = self.time.max(other.time);
        self.quick |= other.quick;
        self.machines.extend(other.machines);
        self.rows.extend(other.rows);
        self.lacks.extend(other.lacks);
        self.missing.extend(other.missing);
    }

    /// The figure of a row.
    pub fn figure(&self, name: &str) -> Option<&Figure> {
        self.rows.iter().find(|r| r.name == name).map(|r| &r.figure)
    }

    /// The middle of a row.
    pub fn median(&self, name: &str) -> Option<f64> {
        self.figure(name).map(|f| f.median)
    }

    /// Rows whose names begin so, with the rest of the name.
    pub fn below<'a>(&'a self, start: &'a str) -> impl Iterator<Item = (&'a str, &'a Row)> {
        self.rows
            .iter()
            .filter_map(move |r| Some((r.name.strip_prefix(start)?, r)))
    }

    /// The runs alone are not kept in the history.
    #[must_use]
    pub fn without_runs(&self) -> Self {
        let mut report = self.clone();
        for row in &mut report.rows {
            row.figure.runs.clear();
        }
        report
    }
}

/// A report of nothing but these rows.
#[cfg(test)]
pub fn of_medians(rows: &[(&str, f64)]) -> Report {
    let row = |&(name, value): &(&str, f64)| Row {
        name: name.into(),
        unit: String::new(),
        figure: Figure::of(&[value]).unwrap(),
    };
    Report {
        rows: rows.iter().map(row).collect(),
        ..Report::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_was_written() {
        let mut report = Report {
            schema: SCHEMA,
            commit: "abc".into(),
            ..Report::default()
        };
        let figure = Figure::of(&[1.0, 2.0]).unwrap().with_rounds(&[3, 4]);
        report.rows.push(Row {
            name: "icount/short/x".into(),
            unit: "instructions".into(),
            figure,
        });
        let text = serde_json::to_string(&report).unwrap();
        let back: Report = serde_json::from_str(&text).unwrap();
        assert_eq!(back.median("icount/short/x"), Some(1.5));
        assert_eq!(
            back.figure("icount/short/x"),
            report.figure("icount/short/x")
        );
        assert_eq!(back.below("icount/").count(), 1);
        assert_eq!(back.median("wall/short/x"), None);
    }

    #[test]
    fn merging_keeps_both_parts() {
        let part = |mode: &str| {
            let mut r = Report {
                schema: SCHEMA,
                ..Report::default()
            };
            r.machines.insert(mode.into(), Machine::default());
            r.lacks.push(Lack {
                name: mode.into(),
                reason: "x".into(),
                failed: false,
            });
            r.missing.push(mode.into());
            r
        };
        let mut whole = part("icount");
        whole.merge(part("wall"));
        let counts = (whole.machines.len(), whole.lacks.len(), whole.missing.len());
        assert_eq!(counts, (2, 2, 2));
    }
}
