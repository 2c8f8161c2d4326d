// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a series of measurements says.

use serde::{Deserialize, Serialize};

/// A figure with its spread.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The middle of the runs; the mean of the two in the middle if their number is even.
    pub median: f64,
    /// The smallest run.
    pub min: f64,
    /// The largest run.
    pub max: f64,
    /// How far the middle half of the runs is apart, in percent of the median.
    pub spread_percent: f64,
    /// The runs, in the order in which they were made.
    pub runs: Vec<f64>,
    /// Percentiles of single operations, if they were timed one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percentiles: Option<Percentiles>,
}

/// Percentiles of single operations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// How many operations there were.
    pub count: u64,
    /// Half of the operations took at most this.
    pub p50: f64,
    /// Nine tenths.
    pub p90: f64,
    /// 99 of 100.
    pub p99: f64,
    /// 999 of 1,000.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

impl Figure {
    /// Of runs; None if there are none.
    pub fn of(runs: &[f64]) -> Option<Self> {
        let mut sorted = runs.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let median = quantile(&sorted, 0.5);
        let width = quantile(&sorted, 0.75) - quantile(&sorted, 0.25);
        let spread_percent = if median == 0.0 {
            0.0
        } else {
            100.0 * width / median.abs()
        };
        Some(Self {
            median,
            min,
            max,
            spread_percent,
            runs: runs.to_vec(),
            percentiles: None,
        })
    }

    /// The same with percentiles of single operations.
    #[must_use]
    pub fn with_rounds(mut self, rounds: &[u64]) -> Self {
        let mut sorted: Vec<f64> = rounds.iter().map(|&r| r as f64).collect();
        sorted.sort_by(f64::total_cmp);
        if let Some(&max) = sorted.last() {
            self.percentiles = Some(Percentiles {
                count: sorted.len() as u64,
                p50: nearest_rank(&sorted, 0.5),
                p90: nearest_rank(&sorted, 0.9),
                p99: nearest_rank(&sorted, 0.99),
                p999: nearest_rank(&sorted, 0.999),
                max,
            });
        }
        self
    }

    /// The figure times a number; the spread, which is relative, stays.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self {
            median: self.median * factor,
            min: self.min * factor,
            max: self.max * factor,
            spread_percent: self.spread_percent,
            runs: self.runs.iter().map(|r| r * factor).collect(),
            percentiles: None,
        }
    }
}

/// The value at a fraction of a sorted series, between neighbours where it falls between them.
fn quantile(sorted: &[f64], fraction: f64) -> f64 {
    let place = fraction * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = place.ceil() as usize;
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

/// The smallest value of a sorted series that at least this fraction does not exceed.
fn nearest_rank(sorted: &[f64], fraction: f64) -> f64 {
    let rank = (fraction * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// Cost of one operation out of what N and 2N of them took together with all that does not depend on their number.
pub fn difference(n: u64, took_n: u64, took_2n: u64) -> f64 {
    (took_2n as f64 - took_n as f64) / n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_odd_and_even() {
        assert_eq!(Figure::of(&[3.0, 1.0, 2.0]).unwrap().median, 2.0);
        assert_eq!(Figure::of(&[4.0, 1.0, 2.0, 3.0]).unwrap().median, 2.5);
        assert_eq!(Figure::of(&[]), None);
    }

    #[test]
    fn spread_is_the_middle_half() {
        let f = Figure::of(&[100.0, 100.0, 100.0, 100.0, 900.0]).unwrap();
        assert_eq!((f.spread_percent, f.min, f.max), (0.0, 100.0, 900.0));
        let f = Figure::of(&[90.0, 95.0, 100.0, 105.0, 110.0]).unwrap();
        assert_eq!(f.spread_percent, 10.0);
    }

    #[test]
    fn spread_of_zeros_is_no_division() {
        assert_eq!(Figure::of(&[0.0, 0.0]).unwrap().spread_percent, 0.0);
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        let rounds: Vec<u64> = (1..=1000).rev().collect();
        let p = Figure::of(&[1.0])
            .unwrap()
            .with_rounds(&rounds)
            .percentiles
            .unwrap();
        assert_eq!(
            (p.p50, p.p90, p.p99, p.p999, p.max),
            (500.0, 900.0, 990.0, 999.0, 1000.0)
        );
        let one = Figure::of(&[1.0])
            .unwrap()
            .with_rounds(&[7])
            .percentiles
            .unwrap();
        assert_eq!((one.p50, one.p999, one.count), (7.0, 7.0, 1));
    }

    #[test]
    fn what_does_not_depend_on_the_number_cancels_out() {
        let fixed = 12_345;
        assert_eq!(difference(10, fixed + 10 * 70, fixed + 20 * 70), 70.0);
        assert_eq!(difference(10, 100, 90), -1.0);
    }

    #[test]
    fn scaling_keeps_the_spread() {
        let f = Figure::of(&[90.0, 95.0, 100.0, 105.0, 110.0]).unwrap();
        let g = f.scaled(0.5);
        assert_eq!((g.median, g.spread_percent), (50.0, 10.0));
    }
}
