//! Faults that trials showed, by what causes them: the fewest settings that show a fault are its cause, and what one cause breaks belongs
//! together.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::finding::{Finding, Location};
use crate::text::rule::{Rule, RuleId};

use super::setting::{Chosen, Settings};
use super::trial::Trial;

/// Most other ways to a fault that are kept.
const MAX_OTHERS: usize = 20;

/// What makes two faults one, whatever shows them: the rule, and the place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FaultKey {
    path: String,
    start: u32,
    rule: RuleId,
}

/// A fault, and the settings that show it.
#[derive(Debug)]
struct Fault {
    settings: Settings,
    finding: Finding,
    others: Vec<Settings>,
}

/// What causes faults.
#[derive(Debug, Clone)]
pub struct Cause {
    /// The fewest settings that show them, of those that the chart speaks of if there are any.
    pub settings: Settings,
    /// The faults, the first one first.
    pub findings: Vec<Finding>,
    /// For each fault the settings that show it: values that are made up may be others for each.
    pub shown_by: Vec<Settings>,
    /// Other settings that show one of them.
    pub others: Vec<Settings>,
}

/// What a chart refuses on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// The fewest settings that it refuses.
    pub settings: Settings,
    /// Its words.
    pub message: String,
    /// Where it refuses them.
    pub place: Location,
}

/// What says more of a fault: settings that the chart speaks of, then fewer of them.
fn weight(settings: &Settings) -> (Chosen, usize) {
    (settings.chosen(), settings.len())
}

/// The faults and refusals of trials so far.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// Faults that are there without any setting.
    before: BTreeSet<FaultKey>,
    found: BTreeMap<FaultKey, Fault>,
    /// The same by their words, those without any setting too.
    by_words: BTreeMap<Words, FaultKey>,
    order: Vec<FaultKey>,
    /// By place and words.
    refusals: BTreeMap<(String, String), (Settings, Location)>,
}

/// Rule, file and message.
type Words = (RuleId, String, String);

fn words(finding: &Finding) -> Words {
    let path = finding.primary.file.path().to_owned();
    (finding.rule, path, finding.message.clone())
}

impl FaultKey {
    fn of(finding: &Finding) -> Self {
        Self {
            path: finding.primary.file.path().to_owned(),
            start: finding.primary.span.unwrap_or_default().start,
            rule: finding.rule,
        }
    }
}

impl Faults {
    /// Faults of a rendering without settings are not what is looked for.
    pub(super) fn add_before(&mut self, findings: &[Finding]) {
        for finding in findings {
            let key = self.key_of(finding);
            self.by_words.entry(words(finding)).or_insert_with(|| key.clone());
            self.before.insert(key);
        }
    }

    /// What a fault is known by. The place of what is missing may be any line around it, so equal words count as well; those of a template
    /// that fails do not say which value is meant.
    pub(super) fn key_of(&self, finding: &Finding) -> FaultKey {
        let has_place = finding.rule == Rule::TemplateRender.into() || finding.rule == Rule::TemplateYaml.into();
        let known = self.by_words.get(&words(finding)).filter(|_| !has_place);
        known.cloned().unwrap_or_else(|| FaultKey::of(finding))
    }

    /// Adds what a trial showed.
    pub(super) fn add(&mut self, trial: &mut Trial) {
        // That a schema refuses values which were made up says nothing that it does not say itself.
        let is_known =
            |refusal: &&Finding| refusal.rule == Rule::ValuesSchema.into() && trial.settings.chosen() == Chosen::MadeUp;
        for refusal in trial.refusals.iter().filter(|refusal| !is_known(refusal)) {
            let key = (refusal.primary.to_string(), refusal.message.clone());
            let found = || (trial.settings.clone(), refusal.primary.clone());
            let known = self.refusals.entry(key).or_insert_with(found);
            if weight(&trial.settings) < weight(&known.0) {
                *known = found();
            }
        }
        for finding in std::mem::take(&mut trial.faults) {
            let key = self.key_of(&finding);
            if self.before.contains(&key) {
                continue;
            }
            self.by_words.entry(words(&finding)).or_insert_with(|| key.clone());
            match self.found.get_mut(&key) {
                None => {
                    self.order.push(key.clone());
                    self.found.insert(
                        key,
                        Fault {
                            settings: trial.settings.clone(),
                            finding,
                            others: Vec::new(),
                        },
                    );
                }
                Some(known) if weight(&trial.settings) < weight(&known.settings) => {
                    known.settings = trial.settings.clone();
                    known.finding = finding;
                }
                Some(known) => {
                    let is_another = !trial.settings.contains(&known.settings)
                        && !known.others.iter().any(|other| trial.settings.contains(other));
                    if is_another && known.others.len() < MAX_OTHERS {
                        known.others.push(trial.settings.clone());
                    }
                }
            }
        }
    }

    /// Settings, where a part of them may do.
    pub(super) fn to_reduce(&self) -> BTreeSet<Settings> {
        let several = self.found.values().filter(|fault| fault.settings.len() > 1);
        several.map(|fault| fault.settings.clone()).collect()
    }

    /// Whether a fault is among these.
    pub(super) fn has_new(&self, trial: &Trial) -> bool {
        trial.faults.iter().any(|finding| self.is_new(finding))
    }

    /// Whether a fault is not there without any setting.
    pub(super) fn is_new(&self, finding: &Finding) -> bool {
        !self.before.contains(&self.key_of(finding))
    }

    /// Takes the causes in the order in which they were found, and what the chart refuses.
    pub(super) fn finish(&mut self) -> (Vec<Cause>, Vec<Constraint>) {
        let mut causes: Vec<Cause> = Vec::new();
        for key in std::mem::take(&mut self.order) {
            let Some(fault) = self.found.remove(&key) else { continue };
            let subjects = fault.settings.subjects();
            match causes.iter_mut().find(|cause| cause.settings.subjects() == subjects) {
                Some(cause) => {
                    cause.findings.push(fault.finding);
                    cause.shown_by.push(fault.settings);
                }
                None => causes.push(Cause {
                    shown_by: vec![fault.settings.clone()],
                    settings: fault.settings,
                    findings: vec![fault.finding],
                    others: fault.others,
                }),
            }
        }
        let refusals = std::mem::take(&mut self.refusals)
            .into_iter()
            .map(|((_, message), (settings, place))| Constraint {
                settings,
                message,
                place,
            });
        (causes, refusals.collect())
    }
}
