//! Which settings are tried, in which order: one change at a time first, then changes on top of those that reached something new, then pairs
//! of switches that stand close together.
//!
//! The order depends on nothing but the chart: results of a batch are looked at in the order in which the batch was made.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use foldhash::fast::RandomState;
use serde_json::Value as Json;

use crate::check::coverage::{Counted, SeenDecision, SeenLook, SeenRun, ValuePath};
use crate::engine::chart::Chart;
use crate::engine::template::{Constant, DecisionKind, NodeCounts, SourceRuns};
use crate::kubernetes::names::is_own_group;
use crate::text::compact_sort::sort_by_key;

use super::candidates::{Hints, Question, missing_sample};
use super::focus::Focus;
use super::setting::{Chosen, Setting, Settings, differences, setting_at, value_at};
use super::tests_to_write::Way;
use super::trial::Trial;
use super::waiting::{Kind, MAX_CHANGES, Place, Waiting};

/// Most values of a chart that are looked at for switches.
const MAX_SWITCHES: usize = 5_000;
/// Most values that are given to a chart that refuses others.
const MAX_ASKED: usize = 60;
/// Most switches of one template that are tried in pairs.
const MAX_PAIRED: usize = 200;
/// Most pairs of one template.
const MAX_PAIRS: usize = 1_000;

/// What a decision is, by the source and node.
struct Point {
    kind: DecisionKind,
    constants: Vec<Constant>,
}

/// The state of a search.
pub(super) struct Search<'h> {
    hints: &'h Hints,
    /// Minor versions of Kubernetes that may be tried.
    minors: Vec<u8>,
    waiting: Waiting,
    covered: BTreeMap<String, NodeCounts>,
    /// The same, of renderings that a values file can make and in which nothing breaks.
    testable: BTreeMap<String, NodeCounts>,
    /// The same, of renderings that a values file can make, whatever breaks in them.
    by_values: BTreeMap<String, NodeCounts>,
    /// Ways that renderings for other clusters reached first, by what the clusters are.
    elsewhere: BTreeMap<Settings, BTreeSet<Way>>,
    points: HashMap<String, HashMap<u32, Point, RandomState>, RandomState>,
    /// The ways that the decisions of each source may go.
    ways: BTreeMap<String, Vec<(u32, bool)>>,
    /// The switches that decisions of a template look at, with the first node that does: nodes are numbered as they stand in the template.
    switches: BTreeMap<String, BTreeMap<ValuePath, u32>>,
    base: Json,
    /// Decisions that versions were tried for, and that nothing else has a part in.
    by_version: HashSet<(String, u32), RandomState>,
    /// The switches that were tried in pairs.
    paired: BTreeMap<String, BTreeMap<ValuePath, u32>>,
    /// What is looked at, where that is not everything.
    focus: Option<Focus>,
}

impl<'h> Search<'h> {
    pub(super) fn new(hints: &'h Hints, minors: Vec<u8>, focus: Option<Focus>) -> Self {
        Self {
            hints,
            minors,
            waiting: Waiting::default(),
            covered: BTreeMap::new(),
            testable: BTreeMap::new(),
            by_values: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            points: HashMap::default(),
            ways: BTreeMap::new(),
            switches: BTreeMap::new(),
            base: Json::Null,
            by_version: HashSet::default(),
            paired: BTreeMap::new(),
            focus,
        }
    }

    /// The values that nothing was changed in.
    pub(super) const fn base_values(&self) -> &Json {
        &self.base
    }

    /// Begins with a rendering that nothing was changed for.
    pub(super) fn begin(&mut self, trial: &Trial, is_testable: bool) {
        if let Some(seen) = &trial.seen {
            self.base = serde_json::from_slice(&seen.values).unwrap_or_default();
            let mut switches = Vec::new();
            add_switches(&self.base, &mut Vec::new(), &mut switches);
            switches.retain(|(path, _)| self.focus.as_ref().is_none_or(|focus| focus.has_value(path)));
            for (path, is_on) in switches {
                let setting = setting_at(&self.base, &path, Json::Bool(!is_on), Chosen::OfChart);
                if let Some(setting) = setting {
                    self.waiting.push(Settings::one(setting), Kind::Switch);
                }
            }
        }
        self.learn(trial, is_testable);
    }

    /// Learns from what else the chart is rendered with: decisions that only another values file leads to are followed from there, where it
    /// sets few values, else from the first values.
    pub(super) fn learn_base(&mut self, trial: &Trial, is_testable: bool) {
        let other: Json = match &trial.seen {
            Some(seen) => serde_json::from_slice(&seen.values).unwrap_or_default(),
            None => return,
        };
        let settings = differences(&self.base, &other, MAX_CHANGES - 1).unwrap_or_default();
        self.learn_with(&settings, trial, is_testable);
    }

    /// The trials to make next; none when there is nothing left to try.
    pub(super) fn next_batch(&mut self) -> Vec<Settings> {
        if self.waiting.has_none_of_chart() && self.paired != self.switches {
            self.pair_switches();
        }
        let testable = &self.testable;
        // Both ways were taken where nothing breaks.
        let is_settled = |(template, node): &Place| {
            let (first, second) = testable
                .get(template)
                .map(|counts| counts.ways(*node))
                .unwrap_or_default();
            first > 0 && second > 0
        };
        self.waiting.next_batch(&is_settled)
    }

    /// Learns from a trial, and whether it is testable: nothing breaks, and a values file can make it.
    pub(super) fn learn(&mut self, trial: &Trial, is_testable: bool) {
        self.learn_with(&trial.settings, trial, is_testable);
    }

    /// The same, as if the trial had been made with these settings.
    fn learn_with(&mut self, settings: &Settings, trial: &Trial, is_testable: bool) {
        let Some(seen) = &trial.seen else { return };
        for source in &seen.sources {
            self.add_points(source);
        }
        if settings.are_values() {
            add_runs(&mut self.by_values, &seen.sources);
        } else {
            let reached = self.elsewhere.entry(settings.of_cluster()).or_default();
            let is_new = |decision: &&SeenDecision| !is_taken(&self.covered, &decision.template, decision.way);
            let new = seen.decisions.iter().filter(is_new);
            reached.extend(new.map(|decision| (decision.template.clone(), decision.way.0, decision.way.1)));
        }
        // What only trials reached that broke goes no further there.
        let is_new_here = add_runs(&mut self.covered, &seen.sources);
        let is_new_in_tests = is_testable && add_runs(&mut self.testable, &seen.sources);
        if !(is_new_here || is_new_in_tests) || settings.len() >= MAX_CHANGES {
            return;
        }
        let values: Json = serde_json::from_slice(&seen.values).unwrap_or_default();
        self.fill_items(settings, &values, &seen.missing);
        if !trial.refusals.is_empty() {
            self.satisfy(settings, &values, seen);
        }
        for decision in &seen.decisions {
            self.follow(settings, &values, decision);
        }
    }

    /// Counts what a trial reached that is made after all others, and in which nothing breaks.
    pub(super) fn count_testable(&mut self, trial: &Trial) {
        if let Some(seen) = &trial.seen {
            add_runs(&mut self.covered, &seen.sources);
            add_runs(&mut self.testable, &seen.sources);
        }
    }

    /// The ways of decisions of a chart's own templates, and those of them that were taken: by any rendering, and by those that tests can
    /// make. `tested` are ways that the tests take, which may be more: they join settings.
    pub(super) fn own_ways(&self, chart: &Chart, tested: &BTreeSet<Way>) -> (Counted, Counted) {
        let counted = |runs: &BTreeMap<String, NodeCounts>| {
            self.own_ways_that(chart, &|way| {
                is_taken(runs, &way.0, (way.1, way.2)) || tested.contains(way)
            })
        };
        (counted(&self.covered), counted(&self.testable))
    }

    /// What other clusters are that reach ways of a chart's own templates which no values alone reach, and how many ways: most first.
    pub(super) fn elsewhere(&self, chart: &Chart) -> Vec<(Settings, usize)> {
        let mut found = Vec::new();
        for (cluster, reached) in &self.elsewhere {
            let is_only_there = |way: &Way| reached.contains(way) && !is_taken(&self.by_values, &way.0, (way.1, way.2));
            let only_there = self.own_ways_that(chart, &is_only_there).covered;
            if only_there > 0 {
                found.push((cluster.clone(), only_there));
            }
        }
        sort_by_key(&mut found, |(_, count)| std::cmp::Reverse(*count));
        found
    }

    /// The ways of decisions of a chart's own templates, and those of them that were taken as `is_taken` says.
    pub(super) fn own_ways_that(&self, chart: &Chart, is_taken: &dyn Fn(&Way) -> bool) -> Counted {
        let mut counted = Counted::default();
        let templates = chart
            .templates
            .iter()
            .map(|file| format!("{}/{}", chart.name(), file.name));
        for template in templates {
            let ways = self.ways.get(&template).into_iter().flatten();
            for (node, is_first) in ways {
                counted.total += 1;
                counted.covered += usize::from(is_taken(&(template.clone(), *node, *is_first)));
            }
        }
        counted
    }

    fn add_points(&mut self, source: &SourceRuns) {
        let name = source.name().to_str_lossy().into_owned();
        if self.points.contains_key(&name) {
            return;
        }
        let mut points = HashMap::default();
        let mut ways = Vec::new();
        for decision in source
            .definitions()
            .into_iter()
            .flat_map(|definition| definition.decisions)
        {
            for way in &decision.ways {
                ways.push(way.node);
                points.entry(way.node.0).or_insert_with(|| Point {
                    kind: decision.kind,
                    constants: decision.constants.clone(),
                });
            }
        }
        self.ways.insert(name.clone(), ways);
        self.points.insert(name, points);
    }

    /// Tries to make a decision go the other way, if it never did.
    fn follow(&mut self, settings: &Settings, values: &Json, decision: &SeenDecision) {
        if self.focus.as_ref().is_some_and(|focus| !is_touched(focus, decision)) {
            return;
        }
        let (node, _) = decision.way;
        let ways = self.covered.get(&decision.template).map(|counts| counts.ways(node));
        let is_open = ways.is_some_and(|(first, second)| first == 0 || second == 0);
        let empty = HashMap::default();
        let points = self.points.get(&decision.template).unwrap_or(&empty);
        let point = points.get(&node);
        let is_range = point.is_some_and(|point| point.kind == DecisionKind::Range);
        let constants: Vec<Constant> = point.map(|point| point.constants.clone()).unwrap_or_default();
        let mut found = Vec::new();
        // On the way to a value, those around it are looked at too.
        let is_on_the_way = |path: &ValuePath| {
            decision.looked.iter().any(
                |other| matches!(other, SeenLook::Value(other) if other.len() > path.len() && other.starts_with(path)),
            )
        };
        for look in &decision.looked {
            match look {
                SeenLook::Value(path) if is_on_the_way(path) => {}
                SeenLook::Value(path) => {
                    let value = value_at(values, path);
                    if value.is_some_and(Json::is_boolean) {
                        let switches = self.switches.entry(decision.template.clone()).or_default();
                        let first = switches.entry(path.clone()).or_insert(node);
                        *first = node.min(*first);
                    }
                    if !is_open {
                        // Without a focus, all switches are flipped anyway.
                        if let (Some(_), Some(Json::Bool(is_on))) = (&self.focus, value) {
                            let flipped = setting_at(values, path, Json::Bool(!is_on), Chosen::OfChart);
                            found.extend(flipped.map(|setting| (setting, Kind::Switch)));
                        }
                        continue;
                    }
                    let question = Question {
                        path,
                        value,
                        constants: &constants,
                        is_range,
                    };
                    for candidate in self.hints.candidates(question) {
                        let kind = if candidate.chosen == Chosen::MadeUp {
                            Kind::Guess
                        } else {
                            Kind::Decision
                        };
                        let setting = setting_at(values, path, candidate.value, candidate.chosen);
                        found.extend(setting.map(|setting| (setting, kind)));
                    }
                }
                SeenLook::KubeVersion if is_open => {
                    // Where the version alone decides, other values change nothing.
                    let is_by_version = decision.looked.len() == 1 && !decision.is_partial;
                    let is_known = is_by_version && !self.by_version.insert((decision.template.clone(), node));
                    let minors = self.minors.iter().filter(|_| !is_known);
                    found.extend(minors.map(|minor| (Setting::KubeVersion(*minor), Kind::Decision)));
                }
                // A cluster of this version has all of Kubernetes' own that there are.
                SeenLook::ApiVersion(version) if is_open && !is_built_in(version) => {
                    found.push((Setting::ApiVersion(version.clone()), Kind::Decision));
                }
                SeenLook::KubeVersion | SeenLook::ApiVersion(_) => {}
            }
        }
        for (setting, kind) in found {
            let place = (decision.template.as_str(), node);
            self.waiting.attempt(place, settings, setting, kind);
        }
    }

    /// Fills items that were made up with the keys that templates read of them.
    fn fill_items(&mut self, settings: &Settings, values: &Json, missing: &BTreeSet<ValuePath>) {
        let is_item = |path: &&ValuePath| path.iter().any(|key| key.parse::<usize>().is_ok());
        let made_up: Vec<&ValuePath> = missing.iter().filter(is_item).collect();
        if made_up.is_empty() || settings.is_empty() {
            return;
        }
        let mut filled = settings.clone();
        let mut at = values.clone();
        for path in made_up {
            let Some(setting) = setting_at(&at, path, missing_sample(path), Chosen::MadeUp) else {
                continue;
            };
            if let Setting::Value { path, json, .. } = &setting {
                put(&mut at, path, serde_json::from_str(json).unwrap_or_default());
            }
            filled = filled.with(setting);
        }
        self.waiting.push(filled, Kind::Guess);
    }

    /// Gives values that a chart which refuses them may ask for: those that it read, and that are empty or not there.
    fn satisfy(&mut self, settings: &Settings, values: &Json, seen: &SeenRun) {
        let is_empty = |path: &&ValuePath| {
            let value = value_at(values, path);
            value.is_none_or(|value| value.is_null() || value.as_str().is_some_and(str::is_empty))
        };
        let asked = seen.missing.iter().chain(&seen.read).filter(is_empty);
        for path in asked.take(MAX_ASKED) {
            if let Some(setting) = setting_at(values, path, missing_sample(path), Chosen::MadeUp) {
                self.waiting.push(settings.with(setting), Kind::Guess);
            }
        }
    }

    /// Two switches that decisions of one template look at, both flipped: first those that stand close together.
    fn pair_switches(&mut self) {
        let is_looked_at = |template: &str| self.focus.as_ref().is_none_or(|focus| focus.has_template(template));
        let flipped = |path: &ValuePath| {
            let is_on = value_at(&self.base, path)?.as_bool()?;
            setting_at(&self.base, path, Json::Bool(!is_on), Chosen::OfChart)
        };
        let mut all = Vec::new();
        for (_, switches) in self.switches.iter().filter(|(template, _)| is_looked_at(template)) {
            let switches: Vec<(u32, Setting)> = switches
                .iter()
                .take(MAX_PAIRED)
                .filter_map(|(path, node)| Some((*node, flipped(path)?)))
                .collect();
            let mut pairs = Vec::new();
            for (index, (node, first)) in switches.iter().enumerate() {
                let others = switches.get(index + 1..).unwrap_or_default();
                pairs.extend(
                    others
                        .iter()
                        .map(|(other, second)| (node.abs_diff(*other), first, second)),
                );
            }
            sort_by_key(&mut pairs, |(distance, _, _)| *distance);
            let pairs = pairs.into_iter().take(MAX_PAIRS);
            all.extend(
                pairs.map(|(distance, first, second)| (distance, Settings::one(first.clone()).with(second.clone()))),
            );
        }
        self.paired = self.switches.clone();
        sort_by_key(&mut all, |(distance, _)| *distance);
        for (_, pair) in all {
            self.waiting.push(pair, Kind::Pair);
        }
    }
}

/// Whether renderings took a way.
fn is_taken(runs: &BTreeMap<String, NodeCounts>, template: &str, (node, is_first): (u32, bool)) -> bool {
    let (first, second) = runs.get(template).map(|counts| counts.ways(node)).unwrap_or_default();
    if is_first { first > 0 } else { second > 0 }
}

/// Adds what ran; whether something is new.
fn add_runs(covered: &mut BTreeMap<String, NodeCounts>, sources: &[SourceRuns]) -> bool {
    let mut is_new = false;
    for source in sources {
        let known = covered.entry(source.name().to_str_lossy().into_owned()).or_default();
        // Whether something ran is all that is asked.
        if source.counts.has_more_than(known) {
            is_new = true;
            known.add(&source.counts);
        }
    }
    is_new
}

/// Whether an API version is one of Kubernetes' own.
fn is_built_in(version: &str) -> bool {
    is_own_group(version.split('/').next().unwrap_or(version).as_bytes())
}

/// Whether a change touched a decision: its template, or a value that it looks at.
fn is_touched(focus: &Focus, decision: &SeenDecision) -> bool {
    let has_value = |look: &SeenLook| matches!(look, SeenLook::Value(path) if focus.has_value(path));
    focus.has_template(&decision.template) || decision.looked.iter().any(has_value)
}

/// The switches among values, with what they are set to.
fn add_switches(values: &Json, path: &mut ValuePath, switches: &mut Vec<(ValuePath, bool)>) {
    if switches.len() >= MAX_SWITCHES {
        return;
    }
    match values {
        Json::Bool(is_on) => switches.push((path.clone(), *is_on)),
        Json::Object(entries) => {
            for (key, value) in entries {
                path.push(key.clone());
                add_switches(value, path, switches);
                path.pop();
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                add_switches(item, path, switches);
                path.pop();
            }
        }
        _ => {}
    }
}

fn put(values: &mut Json, path: &[String], value: Json) {
    let mut at = values;
    for key in path {
        if !at.is_object() {
            *at = Json::Object(serde_json::Map::new());
        }
        let Some(entries) = at.as_object_mut() else { return };
        at = entries.entry(key.clone()).or_insert(Json::Null);
    }
    *at = value;
}
