//! Where a value comes from: which flag, values file or chart, and where in it.

use std::collections::HashMap;

use crate::engine::chart::Chart;
use crate::engine::template::{Map, Value};
use crate::engine::values::ValueSource;
use crate::text::diagnostic::Excerpt;
use crate::text::source::{LineIndex, Span};
use crate::text::yaml;

/// What the user gave on the command line.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// `-f` files, in order.
    pub files: Vec<ValueSource>,
    /// The `--set` family: flag and argument.
    pub flags: Vec<(&'static str, String)>,
}

/// A file that gives values.
struct Source {
    /// As the user knows it.
    path: String,
    text: Vec<u8>,
    /// Where its values stand among those of the top chart.
    prefix: Vec<String>,
}

/// Where one value stands.
pub struct Origin {
    /// The file as the user knows it, or the flag.
    pub file: String,
    /// Text of the file; none for a flag.
    text: Option<Vec<u8>>,
    span: Span,
}

impl Origin {
    /// Line and column in the file; the first for a flag.
    pub fn position(&self) -> (u32, u32) {
        self.text.as_ref().map_or((1, 1), |text| {
            let position = LineIndex::new(text).position(text, self.span.start);
            (position.line, position.column)
        })
    }

    /// `values.yaml:3:5`, or the flag.
    pub fn place(&self) -> String {
        let Some(text) = &self.text else {
            return self.file.clone();
        };
        let position = LineIndex::new(text).position(text, self.span.start);
        format!("{}:{}:{}", self.file, position.line, position.column)
    }

    /// The place in its file; none for a flag.
    pub fn excerpt(&self, words: impl Into<String>) -> Option<Excerpt> {
        Some(Excerpt::new(self.file.as_str(), self.text.as_ref()?, self.span, words))
    }
}

/// All values of a rendering and all files they may come from.
pub struct ValueOrigins {
    paths: HashMap<usize, Vec<String>>,
    sources: Vec<Source>,
    flags: Vec<(&'static str, String)>,
}

impl ValueOrigins {
    /// `values` are the coalesced values of the chart at `chart_path`.
    pub fn new(chart: &Chart, chart_path: &str, values: &Map, given: &Given) -> Self {
        let mut paths = HashMap::new();
        index(values, &mut Vec::new(), &mut paths);
        let files = given.files.iter().rev().map(|file| Source {
            path: file.name.clone(),
            text: file.text.clone(),
            prefix: Vec::new(),
        });
        let mut sources: Vec<Source> = files.collect();
        add_charts(chart, chart_path.trim_end_matches('/'), &[], &mut sources);
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

    /// Names of the files, those that win first.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| source.path.as_str())
    }

    /// Where the value at a path is set, by the one that wins.
    pub fn find(&self, path: &[String]) -> Option<Origin> {
        let dotted = path.join(".");
        for (flag, argument) in &self.flags {
            let mut keys = argument.split(',').filter_map(|part| part.split_once('='));
            if let Some((key, _)) = keys.find(|(key, _)| *key == dotted || dotted.starts_with(&format!("{key}."))) {
                return Some(Origin {
                    file: format!("{flag} {key}=…"),
                    text: None,
                    span: Span::default(),
                });
            }
        }
        if let Some(origin) = self.find_in_files(path) {
            return Some(origin);
        }
        // A subchart's globals are those of its parents.
        let global = path.iter().rposition(|key| key == "global").filter(|&at| at > 0)?;
        self.find_in_files(path.get(global..)?)
    }

    fn find_in_files(&self, path: &[String]) -> Option<Origin> {
        self.sources.iter().find_map(|source| {
            let rest = path.strip_prefix(source.prefix.as_slice())?;
            let tree = yaml::parse_first(&source.text).ok()?;
            let keys: Vec<&str> = rest.iter().map(String::as_str).collect();
            let (last, parents) = keys.split_last()?;
            let parent = tree.find(tree.root()?, parents)?;
            let (key, _) = tree.pairs(parent).filter(|(key, _)| tree.text(*key) == *last).last()?;
            Some(Origin {
                file: source.path.clone(),
                span: tree.span(key),
                text: Some(source.text.clone()),
            })
        })
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

fn add_charts(chart: &Chart, path: &str, prefix: &[String], sources: &mut Vec<Source>) {
    if let Some(file) = chart.raw.iter().find(|file| file.name == "values.yaml") {
        sources.push(Source {
            path: format!("{path}/values.yaml"),
            text: file.data.to_vec(),
            prefix: prefix.to_vec(),
        });
    }
    for subchart in &chart.dependencies {
        let mut inner = prefix.to_vec();
        inner.push(subchart.name().to_owned());
        add_charts(subchart, &format!("{path}/charts/{}", subchart.name()), &inner, sources);
    }
}
