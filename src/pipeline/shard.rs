//! A part of a plan, for one of several machines.
//!
//! In: a plan and what each chart costs. Out: the charts of one shard, in their order. The same plan is always split in the same way: the
//! costliest chart first, each to the shard that has the least so far.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::convert::Infallible;
use std::path::Path;
use std::str::FromStr;

use crate::text::compact_sort::sort;
use crate::text::ordered::CollectOrdered as _;
use crate::text::source::{Links, Visit, WalkLimits, walk};

use super::plan::{Plan, PlannedChart};

/// Most shards.
const MOST: usize = 1000;

/// Work for a chart beside its files.
const FIXED_COST: u64 = 4096;

/// Bounds of the search for a chart's files.
const LIMITS: WalkLimits = WalkLimits {
    depth: 32,
    entries: 100_000,
    links: Links::PassedOver,
};

/// One of several parts, written as `2/5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub number: usize,
    /// How many there are.
    pub count: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/');
        let numbers = numbers.and_then(|(number, count)| Some((number.parse().ok()?, count.parse().ok()?)));
        match numbers {
            Some((number, count)) if number >= 1 && number <= count && count <= MOST => Ok(Self { number, count }),
            _ => Err(format!(
                "a shard is written as 2/5: a number from 1, and how many there are, {MOST} at most"
            )),
        }
    }
}

impl Plan {
    /// The charts of one shard.
    #[must_use]
    pub fn shard(self, shard: Shard) -> Self {
        let costs: Vec<u64> = self
            .charts
            .iter()
            .map(|planned| cost(&planned.chart.directory))
            .collect();
        let chosen = split(&costs, shard);
        let place_of: HashMap<usize, usize> = chosen.iter().copied().zip(0..).collect();
        let charts = self.charts.into_iter().enumerate();
        let charts = charts.filter(|(place, _)| place_of.contains_key(place));
        let charts = charts.map(|(_, planned)| PlannedChart {
            needs: planned
                .needs
                .iter()
                .filter_map(|needed| place_of.get(needed).copied())
                .collect_set(),
            ..planned
        });
        Self {
            charts: charts.collect(),
            has_removed: self.has_removed && shard.number == 1,
            ..self
        }
    }
}

/// About how much work a chart is: the bytes of its files.
pub(super) fn cost(chart: &Path) -> u64 {
    let mut bytes = FIXED_COST;
    let walked: Result<(), Infallible> = walk(chart, LIMITS, &mut |entry| {
        let Ok(entry) = entry else { return Ok(Visit::PassOver) };
        if entry.file_type.is_file() {
            bytes = bytes.saturating_add(entry.path.metadata().map_or(0, |metadata| metadata.len()));
        }
        Ok(Visit::Enter)
    });
    match walked {
        Ok(()) => bytes,
    }
}

/// The places of one shard, in order.
fn split(costs: &[u64], shard: Shard) -> Vec<usize> {
    let mut order: Vec<(Reverse<u64>, usize)> = costs.iter().map(|&cost| Reverse(cost)).zip(0..).collect();
    sort(&mut order);
    let mut loads = vec![0_u64; shard.count];
    let mut chosen = Vec::new();
    for (Reverse(cost), place) in order {
        let least = loads
            .iter_mut()
            .enumerate()
            .min_by_key(|(number, load)| (**load, *number));
        if let Some((number, load)) = least {
            *load = load.saturating_add(cost);
            if number + 1 == shard.number {
                chosen.push(place);
            }
        }
    }
    sort(&mut chosen);
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_numbers_from_one() {
        assert_eq!("2/5".parse(), Ok(Shard { number: 2, count: 5 }));
        for text in ["", "2", "0/5", "6/5", "1/0", "-1/5", "1/2/3", "a/b", "1/1001"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn each_chart_is_in_one_shard_and_shards_cost_about_the_same() {
        for (costs, want) in [
            (&[][..], vec![vec![], vec![], vec![]]),
            (&[5, 1, 1, 3, 9], vec![vec![4], vec![0], vec![1, 2, 3]]),
            (&[1, 1, 1, 1], vec![vec![0, 3], vec![1], vec![2]]),
        ] {
            let shards: Vec<Vec<usize>> = (1..=3).map(|number| split(costs, Shard { number, count: 3 })).collect();
            assert_eq!(shards, want, "{costs:?}");
        }
    }
}
