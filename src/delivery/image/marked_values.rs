//! What a rendered reference may be made of: the values of a chart and the versions in its Chart.yaml. Out: those that occur in one of
//! the references, and the values and the chart with some of them marked.

use std::collections::HashMap;

use crate::engine::chart::Chart;
use crate::engine::template::{Dict, List, Map, Value};
use crate::text::compact_sort::sort_by_key;
use crate::text::edit::{Step, YamlPath};
use crate::text::limits::SEARCHED_LEVELS;

use super::mark::{MOST_MARKS, Mark};

/// Longest text that is taken for a part of a reference; a longer one may contain whole references.
const MOST_BYTES: usize = 512;
/// Bytes of references that all values together are looked for in: a second's work. Five thousand values and a hundred images take a
/// hundredth of it.
const SEARCHED_BYTES: u64 = 1 << 31;
/// Shortest reference that is looked for inside a longer text.
const FEWEST_BYTES: usize = 6;

/// What a part of a reference is made from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A value, by its path among those of the top chart.
    Value(YamlPath),
    /// `appVersion` of a chart's Chart.yaml, by the names of the subcharts that lead to it.
    AppVersion(Vec<String>),
    /// `version` of it.
    Version(Vec<String>),
}

/// How likely it is that a reference has a text from a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likelihood {
    /// It is in one, between other letters than those that separate parts; or only its template says.
    Low,
    /// It is the beginning of a part, or all of it.
    High,
}

/// Something that may be in a reference.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) source: Source,
    pub(super) likelihood: Likelihood,
    /// Its text as Go prints it.
    pub(super) text: String,
    pub(super) mark: Mark,
    /// What takes its place.
    replacement: Value,
}

impl Candidate {
    /// The text that takes its place.
    pub(super) fn marked_text(&self) -> String {
        printed(&self.replacement).unwrap_or_default()
    }
}

/// All values and versions that occur in one of the references.
pub(super) fn candidates(chart: &Chart, values: &Map, references: &[&str]) -> Vec<Candidate> {
    let mut found = Found {
        references,
        bytes: references.iter().map(|reference| reference.len() as u64).sum(),
        bytes_left: SEARCHED_BYTES,
        candidates: Vec::new(),
    };
    found.map(values, &mut YamlPath::default());
    found.versions(chart, &mut Vec::new());
    found.candidates
}

struct Found<'r> {
    references: &'r [&'r str],
    /// Of all references.
    bytes: u64,
    /// Bytes that may still be searched.
    bytes_left: u64,
    candidates: Vec<Candidate>,
}

impl Found<'_> {
    fn map(&mut self, map: &Map, path: &mut YamlPath) {
        for (key, value) in map.snapshot() {
            path.0.push(Step::Key(key.to_str_lossy().into_owned()));
            self.value(&value, path);
            path.0.pop();
        }
    }

    fn value(&mut self, value: &Value, path: &mut YamlPath) {
        if path.0.len() > SEARCHED_LEVELS || self.candidates.len() >= MOST_MARKS {
            return;
        }
        match value {
            Value::Map(inner) => self.map(inner, path),
            Value::List(list) => {
                for (index, item) in list.items().iter().enumerate() {
                    path.0.push(Step::Index(index));
                    self.value(item, path);
                    path.0.pop();
                }
            }
            _ => self.leaf(value, Source::Value(path.clone())),
        }
    }

    fn versions(&mut self, chart: &Chart, scope: &mut Vec<String>) {
        let metadata = &chart.metadata;
        self.leaf(
            &Value::str(metadata.app_version.as_str()),
            Source::AppVersion(scope.clone()),
        );
        self.leaf(&Value::str(metadata.version.as_str()), Source::Version(scope.clone()));
        for subchart in &chart.dependencies {
            scope.push(subchart.name().to_owned());
            self.versions(subchart, scope);
            scope.pop();
        }
    }

    fn leaf(&mut self, value: &Value, source: Source) {
        let Some(left) = self.bytes_left.checked_sub(self.bytes) else {
            return;
        };
        self.bytes_left = left;
        let Some(text) = printed(value).filter(|text| !text.trim().is_empty()) else {
            return;
        };
        let mark = Mark::numbered(self.candidates.len());
        let is_number = !matches!(value, Value::Str(_));
        let (likelihood, replacement) = if is_number {
            let likelihood = self.highest(&text, |_, before| matches!(before, None | Some(':')));
            (likelihood, Value::Float(mark.number()))
        } else if text.len() <= MOST_BYTES && !text.trim_end().contains('\n') {
            let likelihood = if text.contains("{{") {
                may_be_part(&source).then_some(Likelihood::Low)
            } else {
                self.highest(text_core(&text), |_, _| true)
            };
            let likelihood = likelihood.or_else(|| self.holds_reference(&text));
            (likelihood, Value::str(mark.on(&text)))
        } else {
            (self.holds_reference(&text), Value::str(self.marked_inside(&text, mark)))
        };
        if let Some(likelihood) = likelihood {
            self.candidates.push(Candidate {
                source,
                likelihood,
                text,
                mark,
                replacement,
            });
        }
    }

    /// How likely a text is part of one of the references, where `fits` says so of what is before it.
    fn highest(&self, core: &str, fits: impl Fn(&str, Option<char>) -> bool) -> Option<Likelihood> {
        if core.is_empty() {
            return None;
        }
        let all = self.references.iter().flat_map(|reference| {
            let found = reference.match_indices(core);
            found.filter_map(|(at, _)| {
                let before = reference.get(..at)?.chars().next_back();
                let after = reference.get(at + core.len()..)?.chars().next();
                fits(reference, before).then(|| likelihood(before, after)).flatten()
            })
        });
        all.max()
    }

    /// A text with one of the references in it, such as a list of containers that `tpl` renders.
    fn holds_reference(&self, text: &str) -> Option<Likelihood> {
        let mut long = self
            .references
            .iter()
            .filter(|reference| reference.len() >= FEWEST_BYTES);
        long.any(|reference| text.contains(*reference))
            .then_some(Likelihood::Low)
    }

    fn marked_inside(&self, text: &str, mark: Mark) -> String {
        let mut long: Vec<&&str> = self.references.iter().collect();
        long.retain(|reference| reference.len() >= FEWEST_BYTES && text.contains(**reference));
        // The longest first, since one may begin with another.
        sort_by_key(&mut long, |reference| std::cmp::Reverse(reference.len()));
        long.first()
            .map_or_else(String::new, |reference| text.replace(**reference, &mark.on(reference)))
    }
}

/// The text of a value without what joins it to others, and without the `v` that charts add and remove.
pub(super) fn text_core(text: &str) -> &str {
    let core = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '/' | ':' | '@' | '-'));
    match core.strip_prefix('v') {
        Some(version) if version.starts_with(|c: char| c.is_ascii_digit()) => version,
        _ => core,
    }
}

fn likelihood(before: Option<char>, after: Option<char>) -> Option<Likelihood> {
    let is_apart = |side: Option<char>| side.is_none_or(|c| !c.is_ascii_alphanumeric());
    let begins = matches!(before, None | Some('/' | ':' | '@' | 'v'));
    if begins && is_apart(after) {
        Some(Likelihood::High)
    } else {
        (is_apart(before) && is_apart(after)).then_some(Likelihood::Low)
    }
}

/// Whether the key of a value with a template in it may be that of an image.
fn may_be_part(source: &Source) -> bool {
    let Source::Value(path) = source else { return false };
    let key = path.0.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key.to_ascii_lowercase()),
        Step::Index(_) | Step::Item { .. } => None,
    });
    let words = ["image", "tag", "repo", "regist", "version", "digest", "hub"];
    key.is_some_and(|key| words.iter().any(|word| key.contains(word)))
}

/// A scalar as Go prints it; nothing for what no reference is made of.
fn printed(value: &Value) -> Option<String> {
    match value {
        Value::Str(text) => text.as_str().map(str::to_owned),
        Value::Int(number) | Value::Int64(number) => Some(number.to_string()),
        Value::Float(number) if number.abs() < 1e6 && number.abs() > 1e-3 => Some(number.to_string()),
        _ => None,
    }
}

/// A copy of the values, which templates may change, with some of them replaced.
pub(super) fn marked_values(values: &Map, marks: &HashMap<&YamlPath, &Candidate>) -> Map {
    copy_map(values, marks, &mut YamlPath::default())
}

fn copy_map(map: &Map, marks: &HashMap<&YamlPath, &Candidate>, path: &mut YamlPath) -> Map {
    if map.is_nil() {
        return map.clone();
    }
    let mut entries = Dict::new();
    for (key, value) in map.snapshot() {
        path.0.push(Step::Key(key.to_str_lossy().into_owned()));
        let copied = copy(&value, marks, path);
        path.0.pop();
        entries.insert(key, copied);
    }
    Map::typed(map.map_type, entries)
}

fn copy(value: &Value, marks: &HashMap<&YamlPath, &Candidate>, path: &mut YamlPath) -> Value {
    match value {
        Value::Map(inner) => Value::Map(copy_map(inner, marks, path)),
        Value::List(list) if !list.is_nil() => {
            let mut items = Vec::with_capacity(list.items().len());
            for (index, item) in list.items().iter().enumerate() {
                path.0.push(Step::Index(index));
                items.push(copy(item, marks, path));
                path.0.pop();
            }
            Value::List(List::typed(list.element, items))
        }
        leaf => marks
            .get(&*path)
            .map_or_else(|| leaf.clone(), |candidate| candidate.replacement.clone()),
    }
}

/// The chart with the versions that are among the marked.
pub(super) fn marked_chart(chart: &Chart, marks: &[&Candidate]) -> Chart {
    let mut chart = chart.clone();
    for candidate in marks {
        let (scope, is_app) = match &candidate.source {
            Source::Value(_) => continue,
            Source::AppVersion(scope) => (scope, true),
            Source::Version(scope) => (scope, false),
        };
        if let Some(owner) = chart_at(&mut chart, scope) {
            let text = candidate.marked_text();
            if is_app {
                owner.metadata.app_version = text;
            } else {
                owner.metadata.version = text;
            }
        }
    }
    chart
}

fn chart_at<'c>(chart: &'c mut Chart, scope: &[String]) -> Option<&'c mut Chart> {
    let mut at = chart;
    for name in scope {
        at = at.dependencies.iter_mut().find(|subchart| subchart.name() == name)?;
    }
    Some(at)
}
