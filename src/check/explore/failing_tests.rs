//! Values files that show what breaks a chart: first those that reach most of what no file before them does, then the rest of the causes that
//! are shown, as long as there is room.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::check::finding::{Finding, SecretValues};
use crate::text::visible::shown_line;

use super::setting::Chosen;
use super::tests_to_write::{TestValues, Way, named, ways_of};
use super::trial::Trial;

/// Most faults that a file names.
const MAX_NAMED: usize = 3;
/// Most bytes of the line that names a fault.
const MAX_LINE: usize = 300;

/// A trial that breaks, and what of.
pub(super) struct Failing {
    trial: Trial,
    ways: BTreeSet<Way>,
    /// Whether it is wanted even where other files reach all that it does.
    is_wanted: bool,
}

impl Failing {
    /// Of a trial; nothing where nothing breaks in it.
    pub(super) fn new(trial: Trial, is_wanted: bool) -> Option<Self> {
        // What is refused on purpose no repair of the chart can let pass.
        let breaks = !trial.faults.is_empty() && trial.refusals.is_empty();
        breaks.then(|| Self {
            ways: ways_of(&trial),
            trial,
            is_wanted,
        })
    }

    /// What breaks in it.
    pub(super) fn faults(&self) -> impl Iterator<Item = &Finding> {
        self.trial.faults.iter()
    }

    /// The file, without secrets in what it says of the faults.
    fn file(&self, chart: &FailingChart<'_>) -> Option<TestValues> {
        let mut lines: Vec<String> = Vec::new();
        for fault in self.faults() {
            let line = line(fault, chart);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        let mut comment = String::new();
        for line in lines.iter().take(MAX_NAMED) {
            _ = writeln!(comment, "# {line}");
        }
        if lines.len() > MAX_NAMED {
            _ = writeln!(comment, "# and {} more", lines.len() - MAX_NAMED);
        }
        let made_up = if self.trial.settings.chosen() == Chosen::MadeUp {
            " (some are made up)"
        } else {
            ""
        };
        let about = format!("the chart breaks with these values{made_up}{}", chart.with);
        let mut file = named(&self.trial.settings, &about, &comment)?;
        file.is_failing = true;
        Some(file)
    }
}

/// The chart that breaks.
pub(super) struct FailingChart<'c> {
    /// Its path, as findings begin with it.
    pub(super) path: &'c str,
    /// How its own templates begin.
    pub(super) own: &'c str,
    /// Which cluster the files are for, where that is not the usual one.
    pub(super) with: &'c str,
    /// What files must not have in them.
    pub(super) secrets: &'c SecretValues,
}

/// What a fault is and where in the chart, on one line.
fn line(fault: &Finding, chart: &FailingChart<'_>) -> String {
    let place = fault.primary.to_string();
    let inside = place.strip_prefix(chart.path).and_then(|rest| rest.strip_prefix('/'));
    let text = format!("{}: {}", inside.unwrap_or(&place), fault.message);
    let mut line = shown_line(&chart.secrets.hide(&text));
    if line.len() > MAX_LINE {
        line.truncate(line.floor_char_boundary(MAX_LINE));
        line.push('…');
    }
    line
}

/// Chooses at most `room` files, and adds what they reach of the chart's own templates to what is reached. Says as well how many are left out because secrets would be in them.
pub(super) fn choose_failing(
    mut failing: Vec<Failing>,
    chart: &FailingChart<'_>,
    (reached, room): (&mut BTreeSet<Way>, usize),
) -> (Vec<TestValues>, usize) {
    let (mut files, mut withheld) = (Vec::new(), 0);
    while files.len() < room {
        let mut best: Option<(usize, usize)> = None;
        for (index, one) in failing.iter().enumerate() {
            let new = one
                .ways
                .iter()
                .filter(|way| way.0.starts_with(chart.own) && !reached.contains(*way));
            let new = new.count();
            if (new > 0 || one.is_wanted) && best.is_none_or(|(_, known)| new > known) {
                best = Some((index, new));
            }
        }
        let Some((index, _)) = best else { break };
        let chosen = failing.remove(index);
        let Some(file) = chosen.file(chart) else { continue };
        if matches!(chart.secrets.hide(&file.text), Cow::Owned(_)) {
            withheld += 1;
            continue;
        }
        reached.extend(chosen.ways);
        files.push(file);
    }
    (files, withheld)
}
