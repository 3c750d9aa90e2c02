//! What a change touched: exploration of a pull request looks at nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::check::coverage::ValuePath;
use crate::engine::chart::Chart;
use crate::engine::render::compile_chart;
use crate::engine::template::{DefinitionRuns, SourceRuns};
use crate::text::ordered::CollectOrdered as _;
use crate::text::yaml;

/// Deepest nesting of values that is compared.
const MAX_DEPTH: usize = 40;

/// A chart as it was: what is compared of it.
#[derive(Debug, Clone, Default)]
pub struct EarlierChart {
    /// Templates by their names in the chart.
    templates: BTreeMap<String, Vec<u8>>,
    values: Json,
    /// What else renderings depend on.
    others: BTreeMap<String, Vec<u8>>,
    /// What Chart.yaml says that they depend on.
    metadata: String,
}

impl EarlierChart {
    /// What is compared of a chart.
    pub fn of(chart: &Chart) -> Self {
        let templates = chart.templates.iter();
        Self {
            templates: templates
                .map(|file| (file.name.clone(), file.data.to_vec()))
                .collect_map(),
            values: own_values(chart),
            others: other_files(chart).collect_map(),
            metadata: metadata(chart),
        }
    }
}

/// The files of a chart that its renderings depend on besides templates and values: subcharts, the schema of values, files that templates read.
fn other_files(chart: &Chart) -> impl Iterator<Item = (String, Vec<u8>)> {
    const LEFT_OUT: [&str; 5] = ["Chart.yaml", "Chart.lock", "values.yaml", ".helmignore", "LICENSE"];
    let is_left_out = |name: &str| {
        let is_values = name.starts_with("ci/") || name.starts_with("values-");
        let is_prose = name.rsplit_once('.').is_some_and(|(_, ending)| ending == "md");
        LEFT_OUT.contains(&name) || name.starts_with("templates/") || is_prose || is_values
    };
    let files = chart.raw.iter().filter(move |file| !is_left_out(&file.name));
    files.map(|file| (file.name.clone(), file.data.to_vec()))
}

/// What Chart.yaml says that renderings depend on: a new version alone changes nothing that can break.
fn metadata(chart: &Chart) -> String {
    let dependencies: Vec<_> = chart.metadata.declared_dependencies().collect();
    format!("{} {:?} {dependencies:?}", chart.name(), chart.metadata.kube_version)
}

/// The values of a chart's values.yaml.
fn own_values(chart: &Chart) -> Json {
    let file = chart.raw.iter().find(|file| file.name == "values.yaml");
    file.and_then(|file| yaml::json_from_bytes(&file.data).ok())
        .unwrap_or_default()
}

/// What a change touched.
#[derive(Debug, Default)]
pub(super) struct Focus {
    /// Names of templates in the set.
    templates: BTreeSet<String>,
    values: BTreeSet<ValuePath>,
    /// Whether something changed that any template may depend on.
    is_everything: bool,
}

impl Focus {
    /// What differs between a chart and an earlier state of it: templates, those that include a definition of one that differs, and values.
    pub(super) fn new(chart: &Chart, earlier: &EarlierChart) -> Self {
        let others: BTreeMap<String, Vec<u8>> = other_files(chart).collect_map();
        let mut focus = Self {
            is_everything: others != earlier.others || metadata(chart) != earlier.metadata,
            ..Self::default()
        };
        let differs = |name: &str, data: &[u8]| earlier.templates.get(name).is_none_or(|before| before != data);
        for file in chart.templates.iter().filter(|file| differs(&file.name, &file.data)) {
            focus.templates.insert(format!("{}/{}", chart.name(), file.name));
        }
        if let Ok(compiled) = compile_chart(chart) {
            let sources: Vec<(String, Vec<DefinitionRuns>)> = SourceRuns::without_runs(&compiled.set)
                .iter()
                .map(|source| (source.name().to_str_lossy().into_owned(), source.definitions()))
                .collect();
            focus.add_includers(&sources);
        }
        add_differing(&earlier.values, &own_values(chart), &mut Vec::new(), &mut focus.values);
        focus
    }

    /// Adds what includes a definition of a template that is touched, whatever is between them.
    fn add_includers(&mut self, sources: &[(String, Vec<DefinitionRuns>)]) {
        loop {
            let is_touched = |source: &&(String, Vec<DefinitionRuns>)| self.templates.contains(&source.0);
            let touched = sources.iter().filter(is_touched);
            let defined: BTreeSet<&[u8]> = touched
                .flat_map(|(_, definitions)| definitions.iter().map(|definition| definition.name.as_bytes()))
                .collect_set();
            let includes = |definition: &DefinitionRuns| {
                let mut names = definition.includes.iter();
                names.any(|name| defined.contains(name.as_bytes()))
            };
            let more: Vec<String> = sources
                .iter()
                .filter(|(name, definitions)| !self.templates.contains(name) && definitions.iter().any(includes))
                .map(|(name, _)| name.clone())
                .collect();
            if more.is_empty() {
                return;
            }
            self.templates.extend(more);
        }
    }

    /// Whether nothing was touched.
    pub(super) fn is_empty(&self) -> bool {
        self.templates.is_empty() && self.values.is_empty() && !self.is_everything
    }

    pub(super) fn has_template(&self, name: &str) -> bool {
        self.is_everything || self.templates.contains(name)
    }

    /// Whether a value, or one in it or around it, was touched.
    pub(super) fn has_value(&self, path: &[String]) -> bool {
        let mut values = self.values.iter();
        self.is_everything || values.any(|touched| touched.starts_with(path) || path.starts_with(touched))
    }
}

/// The paths of values that differ, or are in one of the two alone.
fn add_differing(before: &Json, after: &Json, path: &mut ValuePath, found: &mut BTreeSet<ValuePath>) {
    if before == after {
        return;
    }
    let empty = serde_json::Map::new();
    let (earlier, later) = match (before, after) {
        (Json::Object(earlier), Json::Object(later)) if path.len() < MAX_DEPTH => (earlier, later),
        (Json::Null, Json::Object(later)) if path.is_empty() => (&empty, later),
        _ => {
            found.insert(path.clone());
            return;
        }
    };
    let keys: BTreeSet<&String> = earlier.keys().chain(later.keys()).collect_set();
    for key in keys {
        path.push(key.clone());
        let (before, after) = (earlier.get(key), later.get(key));
        add_differing(before.unwrap_or(&Json::Null), after.unwrap_or(&Json::Null), path, found);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chart::{ChartFile, load_files};

    fn chart(files: &[(&str, &str)]) -> Chart {
        let metadata = [("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n")];
        let files = metadata.iter().chain(files);
        let files = files.map(|(name, text)| ChartFile::new((*name).to_owned(), text.as_bytes()));
        load_files(files.collect()).unwrap()
    }

    #[test]
    fn templates_and_values_that_differ_are_touched_and_what_includes_them() {
        let files = |helper: &'static str, values: &'static str| {
            [
                ("templates/_a.tpl", helper),
                ("templates/_b.tpl", "{{ define \"b\" }}{{ include \"a\" . }}{{ end }}"),
                ("templates/c.yaml", "{{ template \"b\" . }}"),
                ("templates/d.yaml", "d: e"),
                ("values.yaml", values),
            ]
        };
        let before = chart(&files("{{ define \"a\" }}1{{ end }}", "x: {y: 1, z: 2}\nw: 1\n"));
        let after = chart(&files("{{ define \"a\" }}2{{ end }}", "x: {y: 1, z: 3}\nv: 1\n"));
        let focus = Focus::new(&after, &EarlierChart::of(&before));
        let names: Vec<&str> = focus.templates.iter().map(String::as_str).collect();
        assert_eq!(
            names,
            ["a/templates/_a.tpl", "a/templates/_b.tpl", "a/templates/c.yaml"]
        );
        let paths: Vec<String> = focus.values.iter().map(|path| path.join(".")).collect();
        assert_eq!(paths, ["v", "w", "x.z"]);
        for (path, expected) in [("x", true), ("x.z.more", true), ("x.y", false), ("other", false)] {
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            assert_eq!(focus.has_value(&path), expected, "{path:?}");
        }
        assert!(Focus::new(&after, &EarlierChart::of(&after)).is_empty());
    }
}
