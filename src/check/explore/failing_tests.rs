//! Values files that show what breaks a chart: first those that reach most of what no file before them does, then the rest of the causes that
//! are shown, as long as there is room.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::check::finding::{Finding, SecretValues};
use crate::text::visible::shown_line;

use super::tests_to_write::{HEADER, TestValues, Way, named, ways_of};
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
        let breaks = !trial.faults.is_empty() || !trial.refusals.is_empty();
        breaks.then(|| Self {
            ways: ways_of(&trial),
            trial,
            is_wanted,
        })
    }

    /// What breaks in it.
    pub(super) fn faults(&self) -> impl Iterator<Item = &Finding> {
        self.trial.faults.iter().chain(&self.trial.refusals)
    }

    /// The file, without secrets in what it says of the faults.
    fn file(&self, secrets: &SecretValues) -> Option<TestValues> {
        let mut text = format!("{HEADER}: the chart breaks with these values.\n");
        for fault in self.faults().take(MAX_NAMED) {
            _ = writeln!(text, "# {}", line(fault, secrets));
        }
        let mut file = named(&self.trial.settings, &text)?;
        file.is_failing = true;
        Some(file)
    }
}

/// What a fault is and where, on one line.
fn line(fault: &Finding, secrets: &SecretValues) -> String {
    let mut line = shown_line(&secrets.hide(&format!("{}: {}", fault.primary, fault.message)));
    if line.len() > MAX_LINE {
        line.truncate(line.floor_char_boundary(MAX_LINE));
        line.push('…');
    }
    line
}

/// Chooses at most `room` files, and adds what they reach of the templates of the chart, whose names begin with `own`, to what is reached. Says as
/// well how many are left out because secrets would be in them.
pub(super) fn choose_failing(
    mut failing: Vec<Failing>,
    own: &str,
    (reached, room): (&mut BTreeSet<Way>, usize),
    secrets: &SecretValues,
) -> (Vec<TestValues>, usize) {
    let (mut files, mut withheld) = (Vec::new(), 0);
    while files.len() < room {
        let mut best: Option<(usize, usize)> = None;
        for (index, one) in failing.iter().enumerate() {
            let new = one
                .ways
                .iter()
                .filter(|way| way.0.starts_with(own) && !reached.contains(*way));
            let new = new.count();
            if (new > 0 || one.is_wanted) && best.is_none_or(|(_, known)| new > known) {
                best = Some((index, new));
            }
        }
        let Some((index, _)) = best else { break };
        let chosen = failing.remove(index);
        let Some(file) = chosen.file(secrets) else { continue };
        if matches!(secrets.hide(&file.text), Cow::Owned(_)) {
            withheld += 1;
            continue;
        }
        reached.extend(chosen.ways);
        files.push(file);
    }
    (files, withheld)
}
