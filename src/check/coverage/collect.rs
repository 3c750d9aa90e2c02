//! From what ran in each rendering to what is reached of the chart.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use foldhash::fast::RandomState;

use crate::check::finding::SecretValues;
use crate::engine::chart::Chart;
use crate::engine::template::{DefinitionRuns, SourceRuns, Text, Value};
use crate::text::compact_sort::sort_by_key;
use crate::text::ordered::CollectOrdered as _;
use crate::text::source::SourceFile;

use super::chart_coverage::{
    BranchRuns, ChartCoverage, DefinitionCoverage, FileCoverage, LineRuns, Unreachable, ValueUse,
};
use super::seen::{SeenDecision, SeenLook, SeenRun, ValuePath};

/// What the renderings of a chart did so far.
#[derive(Debug, Default)]
pub struct Collected {
    renderings: Vec<String>,
    /// By the names of the sources: other subcharts make another set of them.
    sources: BTreeMap<String, SourceRuns>,
    read: BTreeSet<ValuePath>,
    whole: BTreeSet<ValuePath>,
    /// Decisions that the version of Kubernetes alone makes; those that something else has a part in are false.
    by_version: HashMap<(String, u32), bool, RandomState>,
    /// Ways of decisions that renderings for other versions went.
    other_versions: HashSet<(String, (u32, bool)), RandomState>,
}

impl Collected {
    /// Adds a rendering.
    pub fn add(&mut self, label: &str, is_complete: bool, seen: SeenRun) {
        let label = if is_complete {
            label.to_owned()
        } else {
            format!("{label} (incomplete)")
        };
        if self.renderings.last() != Some(&label) {
            self.renderings.push(label);
        }
        for decision in &seen.decisions {
            let key = (decision.template.clone(), decision.way.0);
            let is_version = is_by_version(decision);
            self.by_version
                .entry(key)
                .and_modify(|known| *known &= is_version)
                .or_insert(is_version);
        }
        self.read.extend(seen.read);
        self.whole.extend(seen.whole);
        for source in seen.sources {
            let name = source.name().to_str_lossy().into_owned();
            match self.sources.get_mut(&name) {
                Some(known) => known.counts.add(&source.counts),
                None => {
                    self.sources.insert(name, source);
                }
            }
        }
    }

    /// Adds what a rendering for another version of Kubernetes showed, which is not counted as reached.
    pub fn add_other_version(&mut self, seen: SeenRun) {
        // Where `and` goes on for another version, what follows has a part in the decision as well.
        for decision in &seen.decisions {
            let key = (decision.template.clone(), decision.way.0);
            if let Some(known) = self.by_version.get_mut(&key) {
                *known &= is_by_version(decision);
            }
        }
        let ways = seen
            .decisions
            .into_iter()
            .map(|decision| (decision.template, decision.way));
        self.other_versions.extend(ways);
    }

    /// Whether a decision that the version of Kubernetes alone makes went one way only.
    pub fn is_version_open(&self) -> bool {
        let mut open = self.by_version.iter().filter(|(_, is_version)| **is_version);
        open.any(|((template, node), _)| {
            let ways = self.sources.get(template).map(|source| source.counts.ways(*node));
            ways.is_some_and(|(first, second)| first == 0 || second == 0)
        })
    }

    /// What is reached of a chart's own templates and values.
    pub fn finish(self, chart: &Chart) -> ChartCoverage {
        let known: BTreeMap<&str, Vec<DefinitionRuns>> = self
            .sources
            .iter()
            .map(|(name, source)| (name.as_str(), source.definitions()))
            .collect_map();
        let included = Included::new(&known);
        let mut files = Vec::new();
        for file in chart.templates.iter() {
            let template = format!("{}/{}", chart.name(), file.name);
            let Some(definitions) = known.get(template.as_str()) else {
                continue;
            };
            let reach = Reach {
                template: &template,
                collected: &self,
                included: &included,
            };
            files.push(reach.file(chart.source_of(file), &file.name, definitions));
        }
        sort_by_key(&mut files, |file| file.inside.clone());
        ChartCoverage {
            values: self.values(chart),
            files,
            renderings: self.renderings,
            secrets: SecretValues::default(),
        }
    }

    /// The values of values.yaml at their deepest, and whether they were read. Those of subcharts are theirs.
    fn values(&self, chart: &Chart) -> Vec<ValueUse> {
        let subcharts: BTreeSet<String> = chart
            .metadata
            .declared_dependencies()
            .flat_map(|dependency| [dependency.name.clone(), dependency.alias.clone()])
            .chain(chart.dependencies.iter().map(|subchart| subchart.name().to_owned()))
            .collect_set();
        let mut leaves = Vec::new();
        for (key, value) in chart.values.snapshot() {
            let key = key.to_str_lossy().into_owned();
            if !subcharts.contains(&key) && key != "global" && key != "tags" {
                add_leaves(&value, &mut vec![key], &mut leaves);
            }
        }
        let is_read = |path: &ValuePath| {
            self.read.contains(path)
                || (0..path.len()).any(|length| self.whole.contains(path.get(..length).unwrap_or_default()))
        };
        leaves
            .into_iter()
            .map(|path| ValueUse {
                is_read: is_read(&path),
                path,
            })
            .collect()
    }
}

/// Whether nothing but the version of Kubernetes has a part in a decision. Which APIs there are is up to the cluster: it may have others.
fn is_by_version(decision: &SeenDecision) -> bool {
    let looked = &decision.looked;
    !decision.is_partial && !looked.is_empty() && looked.iter().all(|look| *look == SeenLook::KubeVersion)
}

/// The paths of the values that hold no other.
fn add_leaves(value: &Value, path: &mut ValuePath, leaves: &mut Vec<ValuePath>) {
    match value {
        Value::Map(map) if !map.is_empty() => {
            for (key, value) in map.snapshot() {
                path.push(key.to_str_lossy().into_owned());
                add_leaves(&value, path, leaves);
                path.pop();
            }
        }
        _ => leaves.push(path.clone()),
    }
}

/// Names that templates include.
struct Included {
    names: HashSet<Text, RandomState>,
    /// Whether one includes what it computes the name of, so that any may be included.
    any: bool,
}

impl Included {
    fn new(sources: &BTreeMap<&str, Vec<DefinitionRuns>>) -> Self {
        let mut included = Self {
            names: HashSet::default(),
            any: false,
        };
        for definition in sources.values().flatten() {
            included.names.extend(definition.includes.iter().cloned());
            included.any |= definition.includes_computed;
        }
        included
    }
}

/// What of a file is reached, and can be.
struct Reach<'r> {
    template: &'r str,
    collected: &'r Collected,
    included: &'r Included,
}

impl Reach<'_> {
    fn file(&self, file: SourceFile, inside: &str, definitions: &[DefinitionRuns]) -> FileCoverage {
        let is_partial = inside.rsplit('/').next().unwrap_or(inside).starts_with('_');
        let mut lines: BTreeMap<u32, LineRuns> = BTreeMap::new();
        let mut found = FileCoverage {
            template: self.template.to_owned(),
            inside: inside.to_owned(),
            lines: Vec::new(),
            branches: Vec::new(),
            definitions: Vec::new(),
            file,
        };
        for definition in definitions {
            self.definition(definition, is_partial, &mut found, &mut lines);
        }
        found.lines = lines.into_values().collect();
        sort_by_key(&mut found.branches, |branch| branch.position);
        sort_by_key(&mut found.definitions, |definition| definition.line);
        found
    }

    fn definition(
        &self,
        definition: &DefinitionRuns,
        is_partial: bool,
        found: &mut FileCoverage,
        lines: &mut BTreeMap<u32, LineRuns>,
    ) {
        // What a partial has outside of its definitions runs only where the file is included by its name, which is computed.
        let is_included = if definition.is_file {
            !is_partial || definition.runs > 0
        } else {
            self.included.any || self.included.names.contains(&definition.name)
        };
        let never = (!is_included).then_some(Unreachable::NeverIncluded);
        if !definition.is_file {
            found.definitions.push(DefinitionCoverage {
                name: definition.name.to_str_lossy().into_owned(),
                line: found.file.position(definition.position).line,
                runs: definition.runs,
                unreachable: never,
            });
        }
        let ways = self.unreachable_ways(definition);
        let unreachable = |inside: Option<usize>| {
            let mut at = inside;
            while let Some(place) = at.and_then(|at| definition.inside.get(at)) {
                if let Some(reason) = ways.get(&place.way) {
                    return Some(*reason);
                }
                at = place.outer;
            }
            never
        };
        for statement in &definition.statements {
            let line = found.file.position(statement.position).line;
            let unreachable = unreachable(statement.inside).filter(|_| statement.runs == 0);
            let entry = lines.entry(line).or_insert(LineRuns {
                line,
                runs: statement.runs,
                unreachable,
            });
            entry.runs = entry.runs.max(statement.runs);
            entry.unreachable = entry.unreachable.and(unreachable);
        }
        for decision in &definition.decisions {
            let around = unreachable(decision.inside);
            found.branches.extend(decision.ways.iter().map(|way| BranchRuns {
                position: found.file.position(decision.position),
                kind: decision.kind,
                outcome: way.outcome.clone(),
                runs: way.runs,
                unreachable: ways.get(&way.node).copied().or(around).filter(|_| way.runs == 0),
            }));
        }
    }

    /// The ways of decisions that are never taken.
    fn unreachable_ways(&self, definition: &DefinitionRuns) -> HashMap<(u32, bool), Unreachable, RandomState> {
        let mut ways = HashMap::default();
        for decision in &definition.decisions {
            let is_made = decision.ways.iter().any(|way| way.runs > 0);
            if !is_made {
                continue;
            }
            for way in decision.ways.iter().filter(|way| way.runs == 0) {
                let place = (self.template.to_owned(), way.node.0);
                let is_by_version = self.collected.by_version.get(&place).copied().unwrap_or_default();
                if decision.is_constant {
                    ways.insert(way.node, Unreachable::Constant);
                } else if is_by_version && !self.collected.other_versions.contains(&(place.0, way.node)) {
                    ways.insert(way.node, Unreachable::KubernetesVersion);
                }
            }
        }
        ways
    }
}
