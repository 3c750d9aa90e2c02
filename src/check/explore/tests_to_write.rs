//! The fewest values files that reach most of what trials reached: settings are joined as long as the chart still renders with all of
//! them. Also the text and the path of every values file that is written.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::engine::functions::yaml_value::{map_from_yaml, to_yaml};
use crate::engine::template::Value;
use crate::text::sha256::sha256_hex;

use super::setting::{Setting, Settings};
use super::trial::Trial;

/// Most files.
pub(super) const MAX_FILES: usize = 12;
/// Most words of a file's name.
const MAX_WORDS: usize = 3;
/// Most renderings that are made to choose files.
const MAX_TRIALS: usize = 3_000;
/// Most bytes of the first part of a file's name.
const MAX_STEM: usize = 80;
/// Directory of files with which the chart breaks: what looks for values files in `ci` does not look into it.
const FAILING: &str = "failing";
/// How the names of files end, as chart-testing wants them to.
pub const TESTS_END: &str = "-values.yaml";
/// How files begin that may be written again.
const HEADER: &str = "# Written by `chartwright explore --write-tests`";
/// How many digits of a digest mark a text.
const MARK_LENGTH: usize = 12;
/// Most settings of one file.
const MAX_SETTINGS: usize = 200;

/// A way that a decision went: source, node, and whether its first way.
pub(super) type Way = (String, u32, bool);

/// Settings, and the ways that they reach.
#[derive(Debug)]
struct Useful {
    settings: Settings,
    ways: BTreeSet<Way>,
}

/// Trials that reach something that those before them did not.
#[derive(Debug, Default)]
pub(super) struct UsefulTrials {
    /// How sources of the chart's own templates begin: what these reach counts first.
    own: String,
    /// Those without a fault.
    trials: Vec<Useful>,
    reached: BTreeSet<Way>,
    /// Those that broke.
    broken: Vec<Useful>,
    /// How many of them reach a way.
    by_broken: BTreeMap<Way, usize>,
}

/// A values file for tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestValues {
    /// How its name begins: what it switches on.
    pub stem: String,
    /// Its text.
    pub text: String,
    /// Whether the chart breaks with it.
    pub is_failing: bool,
}

impl UsefulTrials {
    /// Of a chart with this name.
    pub(super) fn new(chart: &str) -> Self {
        Self {
            own: format!("{chart}/templates/"),
            ..Self::default()
        }
    }

    /// Adds a trial without a fault that a values file can make, if it is of use.
    pub(super) fn add(&mut self, trial: &Trial) {
        let ways = ways_of(trial);
        if ways.is_subset(&self.reached) {
            return;
        }
        self.reached.extend(ways.iter().cloned());
        self.trials.push(Useful {
            settings: trial.settings.clone(),
            ways,
        });
    }

    /// Adds a trial that broke, and that a values file can make, unless `most` of those before reach the same: with other settings, a test
    /// may reach it.
    pub(super) fn add_broken(&mut self, trial: &Trial, most: usize) {
        let mut ways = ways_of(trial);
        let is_wanted = |way: &Way| way.0.starts_with(&self.own) && !self.reached.contains(way);
        ways.retain(|way| is_wanted(way) && self.by_broken.get(way).is_none_or(|&count| count < most));
        if ways.is_empty() {
            return;
        }
        for way in &ways {
            *self.by_broken.entry(way.clone()).or_default() += 1;
        }
        self.broken.push(Useful {
            settings: trial.settings.clone(),
            ways,
        });
    }

    /// Settings of trials that broke.
    pub(super) fn broken(&self) -> impl Iterator<Item = &Settings> {
        self.broken.iter().map(|one| &one.settings)
    }

    /// Takes the settings of a trial that broke, and reaches most of what no other trial reaches.
    pub(super) fn next_broken(&mut self) -> Option<Settings> {
        let reached = &self.reached;
        self.broken.retain(|one| !one.ways.is_subset(reached));
        let gain = |one: &Useful| one.ways.difference(reached).count();
        let mut best: Option<(usize, usize)> = None;
        for (index, one) in self.broken.iter().enumerate() {
            let gain = gain(one);
            if best.is_none_or(|(_, known)| gain > known) {
                best = Some((index, gain));
            }
        }
        best.map(|(index, _)| self.broken.remove(index).settings)
    }
}

/// The ways that a trial went.
pub(super) fn ways_of(trial: &Trial) -> BTreeSet<Way> {
    let seen = trial.seen.iter().flat_map(|seen| &seen.decisions);
    seen.map(|decision| (decision.template.clone(), decision.way.0, decision.way.1))
        .collect()
}

/// Chooses files, each with the ways that it reaches. `run` renders with settings; `is_faulty` says whether that shows a fault; `with` says which
/// cluster that is for.
pub(super) fn choose_tests(
    useful: UsefulTrials,
    mut run: impl FnMut(Settings) -> Option<Trial>,
    is_faulty: &dyn Fn(&Trial) -> bool,
    with: &str,
) -> Vec<(TestValues, BTreeSet<Way>)> {
    let UsefulTrials {
        trials: mut useful,
        reached: mut missing,
        own,
        ..
    } = useful;
    let mut files: Vec<(Settings, BTreeSet<Way>)> = Vec::new();
    let mut left = MAX_TRIALS;
    if let Some(trial) = run(Settings::default()) {
        for way in ways_of(&trial) {
            missing.remove(&way);
        }
    }
    while files.len() < MAX_FILES && !missing.is_empty() && left > 0 {
        let mut file: Option<(Settings, BTreeSet<Way>)> = None;
        let mut open = missing.clone();
        // All are tried again with the next file: what one takes may keep another from being reached.
        let mut tried = Vec::new();
        useful.retain(|one| one.ways.iter().any(|way| missing.contains(way)));
        while let Some(best) = best_of(&mut useful, &open, &own) {
            let before = file.as_ref().map(|(settings, _)| settings.clone()).unwrap_or_default();
            let settings = before.joined(&best.settings);
            tried.push(best);
            if settings.len() > MAX_SETTINGS || !settings.contains(&before) || left == 0 {
                continue;
            }
            left -= 1;
            let trial = run(settings.clone());
            let Some(trial) = trial.filter(|trial| trial.is_complete && !is_faulty(trial)) else {
                continue;
            };
            let ways = ways_of(&trial);
            let before = file
                .as_ref()
                .map(|(_, ways)| gain(ways, &missing, &own))
                .unwrap_or_default();
            if gain(&ways, &missing, &own) <= before {
                continue;
            }
            open = missing.difference(&ways).cloned().collect();
            file = Some((settings, ways));
        }
        useful.append(&mut tried);
        let Some((settings, ways)) = file else { break };
        missing = missing.difference(&ways).cloned().collect();
        files.push((settings, ways));
    }
    let reaching = format!("reaches parts of the templates that the defaults do not{with}");
    let named = files
        .into_iter()
        .filter_map(|(settings, ways)| Some((named(&settings, &reaching, "")?, ways)));
    named.collect()
}

/// How many of the missing ways are reached: those of the chart's own templates count first.
fn gain(ways: &BTreeSet<Way>, missing: &BTreeSet<Way>, own: &str) -> (usize, usize) {
    let gained = ways.iter().filter(|way| missing.contains(*way));
    let of_chart = gained.clone().filter(|way| way.0.starts_with(own));
    (of_chart.count(), gained.count())
}

/// Takes the settings that reach most of what is missing; the first of equals.
fn best_of(useful: &mut Vec<Useful>, missing: &BTreeSet<Way>, own: &str) -> Option<Useful> {
    let mut best: Option<(usize, (usize, usize))> = None;
    for (index, one) in useful.iter().enumerate() {
        let gain = gain(&one.ways, missing, own);
        if gain.1 > 0 && best.is_none_or(|(_, known)| gain > known) {
            best = Some((index, gain));
        }
    }
    best.map(|(index, _)| useful.remove(index))
}

/// A file with its name: what it switches on. It begins with what it is about, and a comment of whole lines.
pub(super) fn named(settings: &Settings, about: &str, comment: &str) -> Option<TestValues> {
    let json = settings.values().to_string();
    let values = map_from_yaml(json.as_bytes()).ok()?;
    let values = to_yaml(&Value::Map(values)).ok()?.to_str_lossy().into_owned();
    let rest = format!(": {about}.\n{comment}{}\n", values.trim_end());
    Some(TestValues {
        stem: stem(settings),
        text: format!("{HEADER} ({}){rest}", mark(rest.as_bytes())),
        is_failing: false,
    })
}

/// What tells a text from a changed one. Line ends count for nothing: git may have changed them.
fn mark(text: &[u8]) -> String {
    let text: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'\r').collect();
    let mut digest = sha256_hex(&text);
    digest.truncate(MARK_LENGTH);
    digest
}

/// Whether a values file is one that was written for tests, and has not been changed since.
pub fn is_written(text: &[u8]) -> bool {
    let rest = text
        .strip_prefix(HEADER.as_bytes())
        .and_then(|rest| rest.strip_prefix(b" ("));
    let marked = rest.and_then(|rest| rest.split_at_checked(MARK_LENGTH));
    marked.is_some_and(|(known, rest)| {
        let rest = rest.strip_prefix(b")");
        rest.is_some_and(|rest| mark(rest).as_bytes() == known)
    })
}

impl TestValues {
    /// The path that it is written to, in a directory or in that of failing files in it: of a file that is not there, or that an earlier run
    /// wrote and that has not been changed since. `taken` are the paths of this run; `read` gives the text of a file.
    pub fn place(
        &self,
        directory: &Path,
        taken: &mut BTreeSet<PathBuf>,
        read: &dyn Fn(&Path) -> Option<Vec<u8>>,
    ) -> PathBuf {
        let directory = if self.is_failing {
            Cow::Owned(directory.join(FAILING))
        } else {
            Cow::Borrowed(directory)
        };
        let mut number = 1;
        loop {
            let name = match number {
                1 => format!("{}{TESTS_END}", self.stem),
                more => format!("{}-{more}{TESTS_END}", self.stem),
            };
            let path = directory.join(&name);
            // Some disks do not tell upper from lower case.
            let key = directory.join(name.to_ascii_lowercase());
            // A link is a file of somebody else: what it leads to may be anywhere.
            let is_free = !path.is_symlink() && read(&path).is_none_or(|text| is_written(&text));
            if is_free && taken.insert(key) {
                return path;
            }
            number += 1;
        }
    }
}

/// The first words of what settings are about: those that switch something on before all others.
fn stem(settings: &Settings) -> String {
    let is_on = |setting: &&Setting| match setting {
        Setting::Value { json, .. } => serde_json::from_str::<Json>(json).is_ok_and(|value| value == Json::Bool(true)),
        _ => false,
    };
    let on = settings.iter().filter(is_on);
    let off = settings.iter().filter(|setting| !is_on(setting));
    let mut words: Vec<String> = Vec::new();
    for setting in on.chain(off) {
        let Setting::Value { path, .. } = setting else { continue };
        let keys = path.iter().filter(|key| !matches!(key.as_str(), "enabled" | "create"));
        let word = keys.map(|key| plain(key)).collect::<Vec<_>>().join("-");
        // A name that begins so would be read as a flag.
        let word = word.trim_matches('-').to_owned();
        if !word.is_empty() && !words.contains(&word) && words.len() < MAX_WORDS {
            words.push(word);
        }
    }
    if words.is_empty() {
        "explored".to_owned()
    } else {
        let mut stem = words.join("-and-");
        stem.truncate(MAX_STEM);
        stem
    }
}

/// A key as a part of a file's name.
fn plain(key: &str) -> String {
    let part = |character: char| {
        if character.is_ascii_alphanumeric() || character == '-' {
            character
        } else {
            '-'
        }
    };
    key.chars().take(40).map(part).collect()
}
