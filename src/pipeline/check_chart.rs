//! One chart: linted, rendered with every values file for every Kubernetes version, and validated.

use std::collections::HashMap;
use std::path::Path;

use crate::chart::{Chart, files_with_local_dependencies, load_files, read_values};
use crate::finding::{Finding, Severity, join};
use crate::lint::{ChartSource, LintOptions, LintSeverity, lint_chart};
use crate::manifest::{SortError, sort_manifests};
use crate::render::{
    Capabilities, ChartTemplates, KubeVersion, Operation, Release, RenderError, RenderedFile, SchemaCheck,
    compile_chart, render_templates, render_values,
};
use crate::semver::is_compatible_range;
use crate::source::{LineIndex, Position};
use crate::template::{Dict, Map, Options, ParseError, World};
use crate::validate::{Status, Target, check_text};
use crate::values::process_dependencies;

use super::find_charts::values_files;
use super::run::Settings;

/// Counts of a chart's renderings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Renderings made.
    pub renderings: usize,
    /// Documents validated.
    pub documents: usize,
    /// Documents without a schema.
    pub skipped: usize,
}

/// What became of one chart.
#[derive(Debug, Clone)]
pub struct CheckedChart {
    /// Directory, as found.
    pub path: String,
    /// Name, or the directory when the chart does not load.
    pub name: String,
    /// Version, empty when the chart does not load.
    pub version: String,
    /// How much was done.
    pub rendered: Rendered,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Checks a chart in all ways the settings ask for.
pub(super) fn check_chart(
    directory: &Path,
    settings: &Settings,
    targets: &[(KubeVersion, [Target; 1])],
    world: &mut dyn World,
) -> CheckedChart {
    let path = directory.strip_prefix(".").unwrap_or(directory).display().to_string();
    let mut checked = CheckedChart {
        name: path.clone(),
        path,
        version: String::new(),
        rendered: Rendered::default(),
        findings: Vec::new(),
    };
    let files = match files_with_local_dependencies(directory) {
        Ok(files) => files,
        Err(error) => {
            checked.report(
                "Chart.yaml",
                Position { line: 1, column: 1 },
                Severity::Error,
                "chart-load",
                error.to_string(),
            );
            return checked;
        }
    };
    checked.lint(&ChartSource::from_files(directory, files.clone()), settings, world);
    let Ok(chart) = load_files(files) else {
        checked.findings = join(checked.findings);
        return checked;
    };
    chart.name().clone_into(&mut checked.name);
    checked.version.clone_from(&chart.metadata.version);
    if !chart.metadata.is_library() {
        checked.render_all(directory, &chart, settings, targets, world);
    }
    checked.findings = join(checked.findings);
    checked
}

/// One way a chart is deployed.
struct Rendering<'r> {
    /// `values-staging.yaml, Kubernetes 1.31`
    label: String,
    values: &'r Map,
    kube_version: &'r KubeVersion,
    target: &'r [Target],
}

impl CheckedChart {
    fn report(&mut self, file: &str, at: Position, severity: Severity, rule: &'static str, message: String) {
        let file = format!("{}/{file}", self.path.trim_end_matches('/'));
        let place = (at.line, at.column);
        self.findings.push(Finding::new(file, place, severity, rule, message));
    }

    fn lint(&mut self, source: &ChartSource, settings: &Settings, world: &mut dyn World) {
        let options = LintOptions {
            namespace: settings.namespace.clone(),
            kube_version: None,
            skip_schema_validation: false,
        };
        for message in lint_chart(source, &Map::new(Dict::new()), &options, world) {
            let severity = match message.severity {
                LintSeverity::Info => Severity::Info,
                LintSeverity::Warning => Severity::Warning,
                LintSeverity::Error => Severity::Error,
            };
            let start = Position { line: 1, column: 1 };
            match message.place {
                Some(place) => {
                    let content = source.content(&place.file);
                    let at = content.map_or(start, |text| LineIndex::new(&text).position(&text, place.span.start));
                    self.report(&place.file, at, severity, message.rule, message.text);
                }
                None => self.report("Chart.yaml", start, severity, message.rule, message.text),
            }
        }
    }

    fn render_all(
        &mut self,
        directory: &Path,
        chart: &Chart,
        settings: &Settings,
        targets: &[(KubeVersion, [Target; 1])],
        world: &mut dyn World,
    ) {
        let mut compiled = HashMap::new();
        let mut sources = vec![("default values".to_owned(), Map::new(Dict::new()))];
        for name in values_files(directory, &settings.values) {
            let text = std::fs::read(directory.join(&name)).map_err(|error| error.to_string());
            match text.and_then(|text| read_values(&text)) {
                Ok(values) => sources.push((name, values)),
                Err(error) => {
                    let start = Position { line: 1, column: 1 };
                    self.report(&name, start, Severity::Error, "values-format", error);
                }
            }
        }
        for (name, values) in &sources {
            for (kube_version, target) in targets {
                let wanted = &chart.metadata.kube_version;
                if !wanted.is_empty() && !is_compatible_range(wanted, &kube_version.normalized) {
                    continue;
                }
                let label = format!("{name}, Kubernetes {}.{}", kube_version.major, kube_version.minor);
                let rendering = Rendering {
                    label,
                    values,
                    kube_version,
                    target,
                };
                let before = self.findings.len();
                self.render(chart, settings, &rendering, &mut compiled, world);
                for finding in self.findings.iter_mut().skip(before) {
                    finding.renderings.push(rendering.label.clone());
                }
                self.rendered.renderings += 1;
            }
        }
    }

    fn render(
        &mut self,
        chart: &Chart,
        settings: &Settings,
        rendering: &Rendering<'_>,
        compiled: &mut HashMap<String, Result<ChartTemplates, ParseError>>,
        world: &mut dyn World,
    ) {
        let start = Position { line: 1, column: 1 };
        let mut chart = chart.clone();
        let mut warnings = Vec::new();
        if let Err(error) = process_dependencies(&mut chart, rendering.values, &mut warnings) {
            self.report("values.yaml", start, Severity::Error, "dependencies", error.to_string());
            return;
        }
        let release = Release {
            name: settings.release_name.clone(),
            namespace: settings.namespace.clone(),
            operation: Operation::Install,
        };
        let capabilities = Capabilities::new(Some(rendering.kube_version.clone()), &[]);
        let top = match render_values(
            &chart,
            rendering.values,
            &release,
            &capabilities,
            SchemaCheck::Enforced,
            &mut warnings,
        ) {
            Ok(top) => top,
            Err(error) => {
                self.report(
                    "values.yaml",
                    start,
                    Severity::Error,
                    "values-schema",
                    error.to_string(),
                );
                return;
            }
        };
        let templates = compiled
            .entry(tree_key(&chart))
            .or_insert_with(|| compile_chart(&chart));
        let outcome = match templates {
            Err(error) => Err(RenderError::Parse(error.clone())),
            Ok(templates) => {
                let options = Options {
                    source_map: true,
                    ..Options::default()
                };
                render_templates(&chart, templates, &top, options, world)
            }
        };
        match outcome {
            Err(error) => self.report_render_error(&chart, &error),
            Ok(rendered) => {
                let files: Vec<&RenderedFile> = rendered
                    .files
                    .iter()
                    .filter(|file| !file.name.ends_with("NOTES.txt"))
                    .collect();
                if let Err(error) = sort_manifests(files.iter().map(|file| (file.name.as_str(), file.text.as_slice())))
                {
                    self.report_broken_document(&chart, &files, &error);
                    return;
                }
                for file in files {
                    self.validate(&chart, settings, rendering.target, file);
                }
            }
        }
    }

    fn report_render_error(&mut self, chart: &Chart, error: &RenderError) {
        let message = error.to_string();
        let place = match error {
            RenderError::Parse(parse) => {
                find_template(chart, &parse.template).map(|(file, text)| (file, position(&text, parse.offset)))
            }
            RenderError::Execution(failed) => failed.frames.iter().find_map(|frame| {
                let (file, text) = find_template(chart, &frame.template)?;
                Some((file, position(&text, frame.span.start)))
            }),
        };
        let (file, at) = place.unwrap_or(("templates".to_owned(), Position { line: 1, column: 1 }));
        self.report(&file, at, Severity::Error, "template-render", message);
    }

    fn report_broken_document(&mut self, chart: &Chart, files: &[&RenderedFile], error: &SortError) {
        let file = files.iter().find(|file| file.name == error.path);
        let (path, at) = file.map_or_else(
            || (error.path.clone(), Position { line: 1, column: 1 }),
            |file| place_in_template(chart, file, error.offset),
        );
        self.report(&path, at, Severity::Error, "template-yaml", error.to_string());
    }

    fn validate(&mut self, chart: &Chart, settings: &Settings, target: &[Target], file: &RenderedFile) {
        if file.name.rsplit('/').next().is_some_and(|base| base.starts_with('_')) {
            return;
        }
        for resource in check_text(&file.text, target, &settings.validation) {
            match resource.status {
                Status::Skipped => self.rendered.skipped += 1,
                _ => self.rendered.documents += 1,
            }
            for violation in &resource.violations {
                let (path, at) = place_in_template(chart, file, violation.offset);
                let place = if violation.path.is_empty() {
                    String::new()
                } else {
                    format!("{}: ", violation.path)
                };
                let object = format!("{} {}", resource.kind, resource.name);
                let message = format!("{}: {place}{}", object.trim(), violation.message);
                self.report(&path, at, Severity::Error, violation.rule, message);
            }
        }
    }
}

/// Tells apart which subcharts take part: the same ones compile to the same templates.
fn tree_key(chart: &Chart) -> String {
    let inner: Vec<String> = chart.dependencies.iter().map(tree_key).collect();
    format!("{}({})", chart.name(), inner.join(","))
}

fn position(text: &[u8], offset: u32) -> Position {
    LineIndex::new(text).position(text, offset)
}

/// The name inside the chart and the text of a template, by its name in the set.
fn find_template(chart: &Chart, name: &str) -> Option<(String, Vec<u8>)> {
    let inside = name.strip_prefix(chart.name())?.strip_prefix('/')?;
    let text = template_text(chart, inside)?;
    Some((inside.to_owned(), text))
}

fn template_text(chart: &Chart, inside: &str) -> Option<Vec<u8>> {
    if let Some(file) = chart.templates.iter().find(|file| file.name == inside) {
        return Some(file.data.to_vec());
    }
    let rest = inside.strip_prefix("charts/")?;
    chart.dependencies.iter().find_map(|subchart| {
        let inner = rest.strip_prefix(subchart.name())?.strip_prefix('/')?;
        template_text(subchart, inner)
    })
}

/// The template, and the place in it, that wrote the byte at `offset` of a rendered file.
fn place_in_template(chart: &Chart, file: &RenderedFile, offset: usize) -> (String, Position) {
    let strip = |name: &str| {
        name.strip_prefix(chart.name())
            .and_then(|rest| rest.strip_prefix('/'))
            .unwrap_or(name)
            .to_owned()
    };
    let found = file.map.as_ref().and_then(|map| {
        let mut segment = *map.find(u32::try_from(offset).ok()?)?;
        let mut source = map.sources.get(segment.source as usize)?;
        if source.name.as_bytes() == b"gotpl" {
            // Text given to `tpl` is no file: the place that called it is.
            let caller = map.callers_of(&segment).find(|caller| {
                map.sources
                    .get(caller.source as usize)
                    .is_some_and(|source| source.name.as_bytes() != b"gotpl")
            })?;
            segment.position = caller.position;
            source = map.sources.get(caller.source as usize)?;
        }
        Some((
            strip(&source.name.to_str_lossy()),
            position(source.text.as_bytes(), segment.position),
        ))
    });
    found.unwrap_or_else(|| (strip(&file.name), Position { line: 1, column: 1 }))
}
