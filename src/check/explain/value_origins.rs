//! Where a value comes from: which flag, values file or chart, and where in it.

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::check::finding::{Location, Place};
use crate::engine::chart::Chart;
use crate::engine::template::{Map, Value};
use crate::text::source::{SourceFile, Span};
use crate::text::yaml::{self, NodeId, NodeKind, Tree};

/// Deepest nesting of values that is indexed.
const MAX_DEPTH: usize = 64;
/// Most values of a file that are indexed; aliases can make few bytes into many values.
const MAX_ENTRIES: usize = 1 << 20;

/// What the user gave on the command line, and the files of this rendering.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Values files, in the order in which they are merged.
    pub files: Vec<SourceFile>,
    /// The `--set` family: flag and argument, those that win first.
    pub flags: Vec<(&'static str, String)>,
}

/// A file that gives values.
struct Source {
    file: SourceFile,
    /// Path of its values among those of the top chart.
    prefix: Vec<String>,
    /// Span of the key, or list item, of every value.
    spans: OnceCell<HashMap<Vec<String>, Span>>,
}

impl Source {
    const fn new(file: SourceFile, prefix: Vec<String>) -> Self {
        Self {
            file,
            prefix,
            spans: OnceCell::new(),
        }
    }

    fn find(&self, path: &[String]) -> Option<Location> {
        let rest = path
            .strip_prefix(self.prefix.as_slice())
            .filter(|rest| !rest.is_empty())?;
        let spans = self.spans.get_or_init(|| spans(self.file.text()));
        Some(Location::new(self.file.clone(), *spans.get(rest)?))
    }
}

/// Where a file has the value of a path, or the nearest one around it.
pub(super) fn find_nearest_in(file: &SourceFile, path: &[String]) -> Option<Location> {
    let source = Source::new(file.clone(), Vec::new());
    (1..=path.len())
        .rev()
        .find_map(|length| source.find(path.get(..length)?))
}

fn spans(text: &[u8]) -> HashMap<Vec<String>, Span> {
    let mut spans = HashMap::new();
    if let Ok(tree) = yaml::parse_all(text) {
        for document in tree.documents() {
            add_spans(&tree, document.root, &mut Vec::new(), &mut spans);
        }
    }
    spans
}

fn add_spans(tree: &Tree<'_>, node: NodeId, path: &mut Vec<String>, spans: &mut HashMap<Vec<String>, Span>) {
    if path.len() > MAX_DEPTH || spans.len() > MAX_ENTRIES {
        return;
    }
    let node = tree.target(node);
    match tree.kind(node) {
        NodeKind::Mapping => {
            for (key, value) in tree.pairs(node) {
                path.push(tree.text(tree.target(key)).to_owned());
                spans.insert(path.clone(), tree.span(key));
                add_spans(tree, value, path, spans);
                path.pop();
            }
        }
        NodeKind::Sequence => {
            for (index, item) in tree.children(node).enumerate() {
                path.push(index.to_string());
                spans.insert(path.clone(), tree.span(item));
                add_spans(tree, item, path, spans);
                path.pop();
            }
        }
        _ => {}
    }
}

/// All values of a rendering and all files they may come from.
pub struct ValueOrigins {
    paths: HashMap<usize, Vec<String>>,
    sources: Vec<Source>,
    flags: Vec<(&'static str, String)>,
}

impl ValueOrigins {
    /// `values` are the coalesced values of the chart.
    pub fn new(chart: &Chart, values: &Map, given: &Given) -> Self {
        let mut paths = HashMap::new();
        index(values, &mut Vec::new(), &mut paths);
        let files = given.files.iter().rev();
        let mut sources: Vec<Source> = files.map(|file| Source::new(file.clone(), Vec::new())).collect();
        add_charts(chart, &[], &mut sources);
        Self {
            paths,
            sources,
            flags: given.flags.clone(),
        }
    }

    /// The path of a map of the values, by [`Map::id`].
    pub fn path_of(&self, map: usize) -> Option<&[String]> {
        self.paths.get(&map).map(Vec::as_slice)
    }

    /// Paths of the files, those that win first.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| source.file.path())
    }

    /// Where the value at a path is set, by the source that wins.
    pub fn find(&self, path: &[String]) -> Option<Place> {
        let dotted = path.join(".");
        for (flag, argument) in &self.flags {
            let mut keys = argument.split(',').filter_map(|part| part.split_once('='));
            if let Some((key, _)) = keys.find(|(key, _)| *key == dotted || dotted.starts_with(&format!("{key}."))) {
                return Some(Place::Flag(format!("{flag} {key}=…")));
            }
        }
        let in_files = |path: &[String]| self.sources.iter().find_map(|source| source.find(path));
        let found = in_files(path).or_else(|| {
            // A subchart's globals are those of its parents.
            let global = path.iter().rposition(|key| key == "global").filter(|&at| at > 0)?;
            in_files(path.get(global..)?)
        });
        found.map(Place::Named)
    }

    /// Where the value at a path, or else the nearest value above it, is set.
    pub fn find_nearest(&self, path: &[String]) -> Option<Place> {
        (1..=path.len()).rev().find_map(|length| self.find(path.get(..length)?))
    }
}

fn index(map: &Map, path: &mut Vec<String>, paths: &mut HashMap<usize, Vec<String>>) {
    paths.entry(map.id()).or_insert_with(|| path.clone());
    for (key, value) in map.snapshot() {
        if let Value::Map(inner) = value {
            path.push(key.to_str_lossy().into_owned());
            index(&inner, path, paths);
            path.pop();
        }
    }
}

fn add_charts(chart: &Chart, prefix: &[String], sources: &mut Vec<Source>) {
    if let Some(file) = chart.raw.iter().find(|file| file.name == "values.yaml") {
        sources.push(Source::new(chart.source_of(file), prefix.to_vec()));
    }
    for subchart in &chart.dependencies {
        let mut inner = prefix.to_vec();
        inner.push(subchart.name().to_owned());
        add_charts(subchart, &inner, sources);
    }
}
