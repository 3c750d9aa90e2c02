//! Trials that wait to be made. What the chart itself speaks of comes first, since only that makes errors; values that are made up are tried
//! beside it, since what they reach may lead to more, and only as long as the decision that they are for needs them.

use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::fast::RandomState;

use super::setting::{Chosen, Setting, Settings};

/// Trials of a batch.
const BATCH: usize = 32;
/// Those of a batch that are about what the chart speaks of, if there are enough.
const OF_CHART: usize = 24;
/// Most trials that a batch may leave to the next, because it has another for the same decision.
const MAX_POSTPONED: usize = 512;
/// Most trials that wait.
const MAX_WAITING: usize = 200_000;
/// Most changes of one trial.
pub(super) const MAX_CHANGES: usize = 6;

/// Why a trial is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A switch of values.yaml is flipped.
    Switch,
    /// A decision may go another way.
    Decision,
    /// A decision may go another way, with a value that nothing in the chart speaks of.
    Guess,
    /// Two switches that stand close together.
    Pair,
}

/// In which order trials are made: those with few changes first, and what was not tried for the same decision before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    cost: usize,
    kind: Kind,
    number: usize,
}

/// A decision: source and node.
pub(super) type Place = (String, u32);

/// A decision, and what may make it go another way.
type Attempt = (String, u32, Setting);

/// Trials that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    of_chart: BTreeMap<Rank, Settings>,
    others: BTreeMap<Rank, Settings>,
    known: HashSet<Settings, RandomState>,
    /// Of trials with values that are made up: the decisions that they are for.
    guesses: HashMap<Settings, Vec<Place>, RandomState>,
    attempts: HashMap<Attempt, usize, RandomState>,
    number: usize,
}

impl Waiting {
    /// Adds a trial, unless it was added before or is too far from the chart's own values.
    pub(super) fn push(&mut self, settings: Settings, kind: Kind) {
        self.push_later(settings, kind, 0);
    }

    /// Adds a trial that may make a decision go another way. What did not do so with other settings is less likely to do it with these.
    pub(super) fn attempt(&mut self, (template, node): (&str, u32), before: &Settings, setting: Setting, kind: Kind) {
        let settings = before.with(setting.clone());
        if self.known.contains(&settings) {
            // One that was added without a decision is made in any case.
            if let Some(places) = self.guesses.get_mut(&settings) {
                places.push((template.to_owned(), node));
            }
            return;
        }
        let attempts = self.attempts.entry((template.to_owned(), node, setting)).or_default();
        let earlier = *attempts;
        *attempts += 1;
        if self.push_later(settings.clone(), kind, earlier) && kind == Kind::Guess {
            self.guesses.insert(settings, vec![(template.to_owned(), node)]);
        }
    }

    /// Whether it is added.
    fn push_later(&mut self, settings: Settings, kind: Kind, earlier: usize) -> bool {
        let waiting = self.of_chart.len() + self.others.len();
        if waiting >= MAX_WAITING || settings.len() > MAX_CHANGES || !self.known.insert(settings.clone()) {
            return false;
        }
        self.number += 1;
        let rank = Rank {
            cost: settings.len() + earlier,
            kind,
            number: self.number,
        };
        let list = match settings.chosen() {
            Chosen::OfChart => &mut self.of_chart,
            Chosen::Example | Chosen::MadeUp => &mut self.others,
        };
        list.insert(rank, settings);
        true
    }

    /// Whether nothing that the chart speaks of waits.
    pub(super) fn has_none_of_chart(&self) -> bool {
        self.of_chart.is_empty()
    }

    /// The trials to make next; none when there is nothing left to try. Guesses are left out once each decision that they are for is settled,
    /// and a batch has one of them for a decision.
    pub(super) fn next_batch(&mut self, is_settled: &dyn Fn(&Place) -> bool) -> Vec<Settings> {
        let mut batch: Vec<Settings> = Vec::new();
        take(&mut self.of_chart, &mut batch, OF_CHART);
        let mut asked: HashSet<Place, RandomState> = HashSet::default();
        let mut postponed = Vec::new();
        while batch.len() < BATCH
            && postponed.len() < MAX_POSTPONED
            && let Some((rank, settings)) = self.others.pop_first()
        {
            if let Some(places) = self.guesses.get(&settings) {
                if places.iter().all(is_settled) {
                    self.guesses.remove(&settings);
                    self.known.remove(&settings);
                    continue;
                }
                if places.iter().any(|place| asked.contains(place)) {
                    postponed.push((rank, settings));
                    continue;
                }
                asked.extend(places.iter().cloned());
                self.guesses.remove(&settings);
            }
            batch.push(settings);
        }
        self.others.extend(postponed);
        take(&mut self.of_chart, &mut batch, BATCH);
        batch
    }
}

fn take(list: &mut BTreeMap<Rank, Settings>, batch: &mut Vec<Settings>, most: usize) {
    while batch.len() < most
        && let Some((_, settings)) = list.pop_first()
    {
        batch.push(settings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(key: &str, chosen: Chosen) -> Setting {
        Setting::Value {
            path: vec![key.to_owned()],
            json: "true".to_owned(),
            chosen,
        }
    }

    #[test]
    fn what_the_chart_speaks_of_comes_first_and_what_failed_before_last() {
        let mut waiting = Waiting::default();
        let none = Settings::default();
        for number in 0..40 {
            let made_up = setting(&format!("guess{number}"), Chosen::MadeUp);
            waiting.attempt(("t", number), &none, made_up, Kind::Guess);
            let of_chart = setting(&format!("own{number}"), Chosen::OfChart);
            waiting.push(Settings::one(of_chart), Kind::Switch);
        }
        let batch = waiting.next_batch(&|_| false);
        let of_chart = |batch: &[Settings]| {
            let own = batch.iter().filter(|settings| settings.chosen() == Chosen::OfChart);
            own.count()
        };
        assert_eq!((batch.len(), of_chart(&batch)), (32, 24));
        let batch = waiting.next_batch(&|_| false);
        assert_eq!(
            (batch.len(), of_chart(&batch), waiting.has_none_of_chart()),
            (32, 16, true)
        );
        // With two changes, it still comes before what was tried for the same decision without success.
        let base = Settings::one(setting("base", Chosen::MadeUp));
        let other = Settings::one(setting("other", Chosen::MadeUp));
        for before in [&none, &base, &other] {
            waiting.attempt(("t", 7), before, setting("x", Chosen::MadeUp), Kind::Guess);
        }
        waiting.attempt(("t", 8), &base, setting("y", Chosen::MadeUp), Kind::Guess);
        // One for a decision in a batch.
        let shown = |batch: Vec<Settings>| batch.iter().map(Settings::command_line).collect::<Vec<_>>();
        let (with_base, with_other) = ("--set base=true --set x=true", "--set other=true --set x=true");
        let rest = shown(waiting.next_batch(&|_| false));
        assert_eq!(
            rest.iter().rev().take(2).rev().collect::<Vec<_>>(),
            ["--set x=true", "--set base=true --set y=true"]
        );
        assert_eq!(shown(waiting.next_batch(&|_| false)), [with_base]);
        assert_eq!(shown(waiting.next_batch(&|_| false)), [with_other]);
        assert!(waiting.next_batch(&|_| false).is_empty());
    }
    #[test]
    fn guesses_are_left_out_once_all_that_they_are_for_is_settled() {
        let mut waiting = Waiting::default();
        let none = Settings::default();
        let guess = |key: &str| setting(key, Chosen::MadeUp);
        for (node, key) in [(1, "a"), (1, "b"), (2, "b"), (1, "c"), (3, "d")] {
            waiting.attempt(("t", node), &none, guess(key), Kind::Guess);
        }
        waiting.push(Settings::one(guess("always")), Kind::Guess);
        let shown = |batch: Vec<Settings>| batch.iter().map(Settings::command_line).collect::<Vec<_>>();
        let first = waiting.next_batch(&|(_, node)| *node == 3);
        assert_eq!(shown(first), ["--set a=true", "--set always=true"]);
        let is_settled = |(_, node): &Place| *node != 2;
        assert_eq!(shown(waiting.next_batch(&is_settled)), ["--set b=true"]);
        assert!(waiting.next_batch(&is_settled).is_empty());
        // What was left out may be wanted for another decision.
        waiting.attempt(("t", 4), &none, guess("c"), Kind::Guess);
        assert_eq!(shown(waiting.next_batch(&|_| false)), ["--set c=true"]);
    }
}
