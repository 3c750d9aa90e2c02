//! `unused-value` and `misspelt-value`: values that no template reads, and keys that look like a misspelling of one that is read.
//!
//! What is read is known from a rendering with a trace of every key. Branches that did not run are looked at as text: a
//! key whose name stands anywhere in a template is never reported. Globals are left alone, and so are library charts and charts that do not
//! render: nothing can be known of them.

use std::cell::{LazyCell, OnceCell};
use std::collections::HashSet;

use foldhash::fast::RandomState;

use crate::check::explain::{Given, ValueOrigins};
use crate::check::finding::{Finding, FindingList, Location, Place};
use crate::engine::chart::Chart;
use crate::engine::render::{
    Capabilities, Operation, Release, SchemaCheck, compile_chart, render_traced, render_values,
};
use crate::engine::template::{Map, Options, Trace, Value, World};
use crate::engine::values::process_dependencies;
use crate::text::limits::REPEATED_STEPS;
use crate::text::near::nearest;
use crate::text::rule::Rule;
use crate::text::source::SourceFile;

/// Names that are compared in a chart to find out what was meant by those that nothing reads.
const COMPARISONS: usize = 5_000_000;

/// A rendering in which no template failed, and what it read.
#[derive(Debug, Clone, Copy)]
pub struct TracedRendering<'r> {
    /// The chart, its dependencies processed.
    pub chart: &'r Chart,
    /// All values that the templates had.
    pub values: &'r Map,
    /// What they read.
    pub trace: &'r Trace,
}

/// Values set by the user or by the chart's values.yaml that no template reads, from a rendering of the chart as `lint`
/// renders it: for charts that fail otherwise. `chart` is as it was loaded, its dependencies not yet processed.
pub fn check_unused_values(
    chart: &Chart,
    values: &Map,
    given: &Given,
    namespace: &str,
    world: &mut dyn World,
) -> Vec<Finding> {
    let loaded = chart;
    let mut chart = chart.clone();
    if process_dependencies(&mut chart, values, &mut Vec::new()).is_err() {
        return Vec::new();
    }
    let release = Release {
        name: "test-release".to_owned(),
        namespace: namespace.to_owned(),
        operation: Operation::Lint,
    };
    let capabilities = Capabilities::new(None, &[]);
    let skipped = SchemaCheck::Skipped;
    let top = render_values(&chart, values, &release, &capabilities, skipped, &mut Vec::new());
    let (Ok(top), Ok(templates)) = (top, compile_chart(&chart)) else {
        return Vec::new();
    };
    let engine = Options {
        lint: true,
        max_steps: REPEATED_STEPS,
        ..Options::default()
    };
    let traced = render_traced(&chart, &templates, &top, engine, world);
    if !traced.failures.is_empty() {
        return Vec::new();
    }
    let rendering = TracedRendering {
        chart: &chart,
        values: top.values(),
        trace: &traced.trace,
    };
    unused_values(loaded, rendering, given)
}

/// Values set by the user or by the chart's values.yaml that no template of a rendering reads. `loaded` is the chart before
/// its dependencies were processed.
pub fn unused_values(loaded: &Chart, rendering: TracedRendering<'_>, given: &Given) -> Vec<Finding> {
    if loaded.metadata.is_library() {
        return Vec::new();
    }
    let TracedRendering { chart, values, trace } = rendering;
    let words = Words::new(loaded);
    let subcharts: HashSet<String> = subchart_names(loaded);
    let origins = ValueOrigins::new(chart, values, given);
    let reads = trace.reads.iter().map(|read| (read.map, read.key.as_bytes()));
    let mut search = Search {
        reads: reads.collect(),
        trace,
        words: &words,
        comparisons: COMPARISONS,
        subcharts: &subcharts,
        enabled: chart
            .dependencies
            .iter()
            .map(|subchart| subchart.name().to_owned())
            .collect(),
        origins: &origins,
        own_file: chart.source_file("values.yaml"),
        given,
        found: FindingList::default(),
    };
    search.map(values, &mut Vec::new());
    search.found.into_findings()
}

struct Search<'s> {
    reads: HashSet<(usize, &'s [u8]), RandomState>,
    trace: &'s Trace,
    words: &'s Words<'s>,
    /// Names that may still be compared to find what was meant.
    comparisons: usize,
    subcharts: &'s HashSet<String>,
    enabled: HashSet<String>,
    origins: &'s ValueOrigins,
    own_file: SourceFile,
    given: &'s Given,
    found: FindingList,
}

impl Search<'_> {
    fn map(&mut self, map: &Map, path: &mut Vec<String>) {
        if self.trace.consumed.contains(&map.id()) {
            return;
        }
        let entries = map.snapshot();
        let words = self.words;
        let mentioned = LazyCell::new(|| {
            let keys = entries.iter().map(|(key, _)| key.to_string());
            keys.filter(|key| words.mention(key)).collect::<Vec<String>>()
        });
        for (key, value) in &entries {
            let name = key.to_string();
            // Globals and exports are for other charts, tags for Helm; subcharts that take no part read nothing now.
            let is_elsewhere = self.subcharts.contains(&name) && !self.enabled.contains(&name);
            let is_left_alone =
                name == "global" || (path.is_empty() && (is_elsewhere || matches!(name.as_str(), "tags" | "exports")));
            if is_left_alone {
                continue;
            }
            path.push(name.clone());
            let is_subchart = path.len() == 1 && self.subcharts.contains(&name);
            let is_known = is_subchart || self.reads.contains(&(map.id(), key.as_bytes())) || words.mention(&name);
            if !is_known {
                self.report(path, &|| mentioned.as_slice());
            } else if let Value::Map(inner) = value
                && (is_subchart || !words.sets().whole.contains(&name))
            {
                self.map(inner, path);
            }
            path.pop();
        }
    }

    /// Reports a value that is the user's to mend: defaults of subcharts are not. `mentioned` are the keys beside it that templates
    /// name.
    fn report<'m>(&mut self, path: &[String], mentioned: &dyn Fn() -> &'m [String]) {
        if self.found.is_full() {
            return;
        }
        let Some(origin) = self.origins.find(path) else { return };
        let location = match origin {
            Place::Named(location) | Place::Shown(location) | Place::Rendered(location) => Some(location),
            Place::Flag(_) => None,
        };
        let is_given = location
            .as_ref()
            .is_none_or(|location| self.given.files.contains(&location.file));
        if !is_given && location.as_ref().is_none_or(|location| location.file != self.own_file) {
            return;
        }
        let name = path.last().map(String::as_str).unwrap_or_default();
        let mentioned = mentioned();
        let mut meant = self.nearest(name, mentioned.len(), mentioned.iter().map(String::as_str));
        if is_given && meant.is_none() {
            let all = &self.words.sets().all;
            meant = self.nearest(name, all.len(), all.iter().map(String::as_str));
        }
        let dotted = path.join(".");
        let rule = if meant.is_some() {
            Rule::MisspeltValue
        } else {
            Rule::UnusedValue
        };
        let place = location.unwrap_or_else(|| Location::whole(self.own_file.clone()));
        let mut finding = Finding::new(rule, place, format!("no template reads `{dotted}`"));
        if let Some(meant) = meant {
            finding.message.push_str(&format!("; did you mean `{meant}`?"));
        }
        if let Some(Place::Flag(flag)) = self.origins.find(path) {
            finding = finding.with_related("set by", Place::Flag(flag));
        }
        self.found.push(finding);
    }

    /// The name that was probably meant, while there is time to look for it.
    fn nearest<'k>(&mut self, name: &str, count: usize, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
        self.comparisons = self.comparisons.checked_sub(count)?;
        nearest(name, known)
    }
}

const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Names under which subcharts' values may stand, whether they are enabled or not.
fn subchart_names(chart: &Chart) -> HashSet<String> {
    let declared = chart.metadata.declared_dependencies();
    let named = declared.flat_map(|dependency| [dependency.name.clone(), dependency.alias.clone()]);
    let loaded = chart.dependencies.iter().map(|subchart| subchart.name().to_owned());
    named.chain(loaded).collect()
}

/// Words of templates, of texts with actions in values and other files, and of Chart.yaml's conditions. They are collected when they
/// are asked for: in most charts every value is read.
struct Words<'c> {
    chart: &'c Chart,
    sets: OnceCell<WordSets>,
}

#[derive(Default)]
struct WordSets {
    all: HashSet<String, RandomState>,
    /// Those that stand somewhere without a field behind them: what they name may be used as a whole.
    whole: HashSet<String, RandomState>,
}

impl<'c> Words<'c> {
    const fn new(chart: &'c Chart) -> Self {
        Self {
            chart,
            sets: OnceCell::new(),
        }
    }

    fn sets(&self) -> &WordSets {
        self.sets.get_or_init(|| {
            let mut sets = WordSets::default();
            sets.add_chart(self.chart);
            sets
        })
    }

    /// Whether a key stands somewhere. Keys such as `my.dotted/key` are words of their own only in pieces.
    fn mention(&self, key: &str) -> bool {
        let all = &self.sets().all;
        let mut pieces = key.split(|c: char| !is_word(c)).filter(|piece| !piece.is_empty());
        all.contains(key) || pieces.all(|piece| all.contains(piece))
    }
}

impl WordSets {
    fn add_chart(&mut self, chart: &Chart) {
        let has_actions = |data: &[u8]| memchr::memmem::find(data, b"{{").is_some();
        for file in chart.raw.iter() {
            let is_searched = file.name.starts_with("templates/")
                || matches!(file.name.as_str(), "Chart.yaml" | "requirements.yaml")
                || (has_actions(&file.data) && !file.name.starts_with("charts/"));
            let is_values = file.name == "values.yaml";
            if !is_searched && !is_values {
                continue;
            }
            // Of values, only lines that hold actions: the keys themselves are what is asked about.
            let text = String::from_utf8_lossy(&file.data);
            for line in text.lines().filter(|line| !is_values || line.contains("{{")) {
                self.add_line(line);
            }
        }
        for subchart in &chart.dependencies {
            self.add_chart(subchart);
        }
    }

    fn add_line(&mut self, line: &str) {
        let mut rest = line;
        while let Some(start) = rest.find(is_word) {
            rest = rest.get(start..).unwrap_or_default();
            let length = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
            let (word, behind) = rest.split_at_checked(length).unwrap_or_default();
            rest = behind;
            let has_field = behind.strip_prefix('.').is_some_and(|field| field.starts_with(is_word));
            // `a-b` may be one name, or two around a trim marker.
            for name in std::iter::once(word)
                .chain(word.split('-'))
                .filter(|name| !name.is_empty())
            {
                let sets = [Some(&mut self.all), (!has_field).then_some(&mut self.whole)];
                for set in sets.into_iter().flatten().filter(|set| !set.contains(name)) {
                    set.insert(name.to_owned());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chart::{ChartFile, load_files, read_values};
    use crate::engine::render::FixedClock;

    /// What is reported for a chart of these files with a values file.
    fn unused(files: &[(&str, &str)], values: &str) -> Vec<String> {
        let chart_yaml = ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
        let has_own = files.iter().any(|(name, _)| *name == "Chart.yaml");
        let all = files.iter().chain((!has_own).then_some(&chart_yaml));
        let files = all.map(|(name, text)| ChartFile::new((*name).to_owned(), text.as_bytes()));
        let mut chart = load_files(files.collect()).unwrap();
        chart.place_at("c", &[]);
        let given = Given {
            files: vec![SourceFile::new("prod.yaml", values.as_bytes())],
            flags: Vec::new(),
        };
        let merged = read_values(values.as_bytes()).unwrap();
        let mut world = FixedClock::new(0, |bytes: &mut [u8]| bytes.fill(9));
        let found = check_unused_values(&chart, &merged, &given, "default", &mut world);
        found
            .iter()
            .map(|found| {
                format!(
                    "{} {}",
                    found.primary,
                    found.message.trim_start_matches("no template reads ")
                )
            })
            .collect()
    }

    #[test]
    fn values_that_no_template_reads() {
        let template = (
            "templates/t.yaml",
            "a: {{ .Values.replicaCount }}\nb: {{ toYaml .Values.resources | nindent 2 }}\n{{ if .Values.ingress.enabled }}c: {{ .Values.ingress.host }}{{ end }}\n",
        );
        let values = (
            "values.yaml",
            "replicaCount: 1\nresources: {cpu: 1}\ningress: {enabled: false, host: x}\nleftover: 1\n",
        );
        assert_eq!(unused(&[template, values], ""), ["c/values.yaml:4:1 `leftover`"]);
        assert_eq!(
            unused(
                &[template, values],
                "replicaCuont: 3\nresources: {memory: 1}\ningress:\n  hots: y\nglobal: {x: 1}\n"
            ),
            [
                "prod.yaml:4:3 `ingress.hots`; did you mean `host`?",
                "c/values.yaml:4:1 `leftover`",
                "prod.yaml:1:1 `replicaCuont`; did you mean `replicaCount`?"
            ]
        );
    }

    #[test]
    fn what_cannot_be_known_is_left_alone() {
        let values = ("values.yaml", "a: 1\nb: {c: 1}\ntext: 'x {{ .Values.a }}'\n");
        for template in [
            "{{ range $k, $v := .Values }}{{ end }}",
            "{{ .Values | toYaml }}",
            "{{ tpl .Values.text . }}{{ $x := .Values }}{{ $x.b | toJson }}",
            "{{ $a := \"a\" }}{{ index .Values $a }}{{ pick .Values \"b\" }}{{ .Values.text }}",
            "{{ fail \"not with these\" }}{{ .Values.x.y }}",
        ] {
            assert_eq!(
                unused(&[("templates/t.yaml", template), values], ""),
                Vec::<String>::new(),
                "{template}"
            );
        }
        let library = ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\ntype: library\n");
        assert_eq!(unused(&[library, values], ""), Vec::<String>::new());
    }

    #[test]
    fn subcharts_have_values_of_their_own() {
        let files = [
            (
                "Chart.yaml",
                "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies:\n- {name: sub, version: 0.1.0, condition: sub.enabled}\n- {name: off, version: 0.1.0, condition: off.enabled}\n",
            ),
            ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n"),
            ("charts/sub/values.yaml", "port: 80\nforgotten: 1\n"),
            ("charts/sub/templates/t.yaml", "p: {{ .Values.port }}\n"),
            ("charts/off/Chart.yaml", "apiVersion: v2\nname: off\nversion: 0.1.0\n"),
            ("templates/t.yaml", "a: 1\n"),
            (
                "values.yaml",
                "sub: {enabled: true, prot: 81}\noff: {enabled: false, anything: 1}\n",
            ),
        ];
        assert_eq!(
            unused(&files, ""),
            ["c/values.yaml:1:22 `sub.prot`; did you mean `port`?"]
        );
    }

    #[test]
    fn names_in_texts_with_actions_count_and_in_other_texts_do_not() {
        let template = ("templates/t.yaml", "a: {{ .Values.a }}\n");
        let values = ("values.yaml", "a: 1\nleftover: 1\n");
        for (name, text, is_unused) in [
            ("README.md", "set `leftover`\n", true),
            ("files/x.tpl", "{{ .Values.leftover }}\n", false),
            ("templates/notes.txt", "leftover\n", false),
            (
                "Chart.yaml",
                "apiVersion: v2\nname: c\nversion: 0.1.0\ndescription: leftover\n",
                false,
            ),
        ] {
            let found = unused(&[template, values, (name, text)], "");
            let want: &[&str] = if is_unused {
                &["c/values.yaml:2:1 `leftover`"]
            } else {
                &[]
            };
            assert_eq!(found, want, "{name}");
        }
    }
}
