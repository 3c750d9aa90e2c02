//! What ran in a rendering, and what its decisions looked at, by the paths of values.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::RandomState;

use crate::engine::chart::Chart;
use crate::engine::template::{CompiledSet, Looked, Map, SourceRuns, Trace, Value};

/// Most maps of the values that are known by their paths.
const MAX_MAPS: usize = 20_000;
/// Deepest nesting of values that is looked at.
const MAX_DEPTH: usize = 40;

/// The path of a value: keys, and indexes of lists.
pub type ValuePath = Vec<String>;

/// Something that the way of a decision may depend on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SeenLook {
    /// A value.
    Value(ValuePath),
    /// The version of Kubernetes.
    KubeVersion,
    /// Whether the cluster has an API version, or a kind of one.
    ApiVersion(String),
}

/// A way that a decision went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenDecision {
    /// The source that it is in.
    pub template: String,
    /// The node, and whether its first way.
    pub way: (u32, bool),
    /// What it looked at.
    pub looked: Vec<SeenLook>,
    /// Whether it looked at something else than these.
    pub is_partial: bool,
}

/// What ran in a rendering.
#[derive(Debug, Clone, Default)]
pub struct SeenRun {
    /// The sources, with how often their nodes ran.
    pub sources: Vec<SourceRuns>,
    /// Ways that decisions went.
    pub decisions: Vec<SeenDecision>,
    /// Values that were read and are not there.
    pub missing: BTreeSet<ValuePath>,
    /// Values that were read.
    pub read: BTreeSet<ValuePath>,
    /// Values that were used as a whole, with all that is in them.
    pub whole: BTreeSet<ValuePath>,
    /// All values that templates were given, as JSON; empty unless they are wanted.
    pub values: Vec<u8>,
}

/// The paths of the maps among values, by their identity.
pub(in crate::check) struct ValuePaths(HashMap<usize, ValuePath, RandomState>);

impl ValuePaths {
    /// Of the values of a chart. The globals of a subchart are those of its parents.
    pub(in crate::check) fn new(chart: &Chart, values: &Map) -> Self {
        let mut paths = Self(HashMap::default());
        paths.add(values, &mut Vec::new());
        let globals = paths.0.values_mut().filter_map(|path| {
            let at = path.iter().position(|key| key == "global").filter(|&at| at > 0)?;
            is_subchart(chart, path.get(..at)?).then_some((path, at))
        });
        for (path, at) in globals {
            path.drain(..at);
        }
        paths
    }

    fn add(&mut self, map: &Map, path: &mut ValuePath) {
        if self.0.len() >= MAX_MAPS || path.len() > MAX_DEPTH || self.0.contains_key(&map.id()) {
            return;
        }
        self.0.insert(map.id(), path.clone());
        for (key, value) in map.snapshot() {
            path.push(key.to_str_lossy().into_owned());
            self.add_value(&value, path);
            path.pop();
        }
    }

    fn add_value(&mut self, value: &Value, path: &mut ValuePath) {
        match value {
            Value::Map(map) => self.add(map, path),
            Value::List(list) if path.len() <= MAX_DEPTH => {
                for (index, item) in list.items().iter().enumerate() {
                    if matches!(item, Value::Map(_) | Value::List(_)) {
                        path.push(index.to_string());
                        self.add_value(item, path);
                        path.pop();
                    }
                }
            }
            _ => {}
        }
    }

    /// The path of a key of a map.
    fn of(&self, map: usize, key: &str) -> Option<ValuePath> {
        let mut path = self.0.get(&map)?.clone();
        path.push(key.to_owned());
        Some(path)
    }
}

impl SeenRun {
    /// What a watched rendering did; nothing if it was not watched.
    pub(in crate::check) fn new(
        set: &CompiledSet,
        trace: &mut Trace,
        paths: &ValuePaths,
        values: Vec<u8>,
    ) -> Option<Self> {
        let mut watched = trace.take_watched()?;
        let sources = SourceRuns::of(set, &mut watched);
        let mut seen = Self {
            values,
            ..Self::default()
        };
        for decision in watched.decisions {
            let Some(source) = sources.get(decision.source) else {
                continue;
            };
            let mut is_partial = false;
            let mut looked = Vec::new();
            for one in decision.looked {
                is_partial |= is_elsewhere(&one, paths);
                looked.extend(seen_look(one, paths));
            }
            seen.decisions.push(SeenDecision {
                template: source.name().to_str_lossy().into_owned(),
                way: (decision.node, decision.is_first),
                is_partial,
                looked,
            });
        }
        for read in &trace.reads {
            let path = paths.of(read.map, &read.key.to_str_lossy());
            let set = if read.is_found {
                &mut seen.read
            } else {
                &mut seen.missing
            };
            set.extend(path);
        }
        seen.whole = trace
            .consumed
            .iter()
            .filter_map(|map| paths.0.get(map).cloned())
            .collect();
        seen.sources = sources;
        Some(seen)
    }
}

/// Whether a path is that of the values of a subchart.
fn is_subchart(chart: &Chart, path: &[String]) -> bool {
    let Some((name, rest)) = path.split_first() else {
        return true;
    };
    let mut subcharts = chart.dependencies.iter();
    subcharts.any(|subchart| subchart.name() == name && is_subchart(subchart, rest))
}

/// Whether something is not among the values, nor on the way to what is looked at there.
fn is_elsewhere(looked: &Looked, paths: &ValuePaths) -> bool {
    match looked {
        Looked::Key { map, key } => {
            !paths.0.contains_key(map) && !matches!(key.as_bytes(), b"Values" | b"Capabilities")
        }
        Looked::KubeVersion | Looked::ApiVersion(_) => false,
    }
}

fn seen_look(looked: Looked, paths: &ValuePaths) -> Option<SeenLook> {
    Some(match looked {
        Looked::Key { map, key } => SeenLook::Value(paths.of(map, &key.to_str_lossy())?),
        Looked::KubeVersion => SeenLook::KubeVersion,
        Looked::ApiVersion(version) => SeenLook::ApiVersion(version.to_str_lossy().into_owned()),
    })
}
