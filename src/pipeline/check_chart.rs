//! One chart: linted, rendered with every values file for every Kubernetes version, and validated.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::check::explain::Given;
use crate::check::finding::{Finding, Severity, join};
use crate::check::lint::{ChartSource, LintOptions, LintSeverity, lint_chart, unused_values};
use crate::engine::chart::{Chart, ChartFile, files_with_local_dependencies, load_files, read_archive, read_values};
use crate::engine::template::{Dict, Map, World};
use crate::engine::values::ValueSource;
use crate::kubernetes::validate::{CustomSchemas, Status, Target, check_text};
use crate::kubernetes::version::KubeVersion;
use crate::text::semver::is_compatible_range;
use crate::text::source::{LineIndex, Position};

use super::chart_files::{junk, lacks_maintainers};
use super::check_rendering::{Rendering, message, severity_of};
use super::find_charts::values_files;
use super::place::position;
use super::run::Settings;

/// Ending of files that hold definitions of templates alone.
const HELPERS: &str = ".tpl";

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
    let files = match read_files(directory) {
        Ok(files) => files,
        Err(error) => {
            // What keeps it from being loaded is mostly something that a rule knows of.
            if let Ok(source) = ChartSource::open(directory) {
                checked.lint(&source, settings, world);
            }
            if checked
                .findings
                .iter()
                .all(|finding| finding.severity < Severity::Error)
            {
                let start = Position { line: 1, column: 1 };
                checked.report("Chart.yaml", start, Severity::Error, "chart-load", error);
            }
            checked.findings = join(checked.findings);
            return checked;
        }
    };
    let source = ChartSource::from_files(directory, files.clone());
    checked.lint(&source, settings, world);
    let start = Position { line: 1, column: 1 };
    for (file, message) in junk(&files) {
        checked.report(&file, start, Severity::Warning, "package-junk", message);
    }
    let Ok(chart) = load_files(files) else {
        checked.findings = join(checked.findings);
        return checked;
    };
    chart.name().clone_into(&mut checked.name);
    checked.version.clone_from(&chart.metadata.version);
    if lacks_maintainers(&chart) {
        let message = "no maintainers: name who looks after the chart".to_owned();
        checked.report("Chart.yaml", start, Severity::Info, "chart-maintainers", message);
    }
    if !chart.metadata.is_library() {
        checked.render_all(directory, &chart, settings, targets, world);
        checked.unused(&source, settings, world);
    }
    checked.findings = join(checked.findings);
    checked
}

/// The files of a directory, with what `file://` dependencies give, or of an archive.
fn read_files(path: &Path) -> Result<Vec<ChartFile>, String> {
    if path.extension().is_some_and(|extension| extension == "tgz") || path.to_string_lossy().ends_with(".tar.gz") {
        let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
        return read_archive(&bytes).map_err(|error| error.to_string());
    }
    files_with_local_dependencies(path).map_err(|error| error.to_string())
}

impl CheckedChart {
    pub(super) fn report(&mut self, file: &str, at: Position, severity: Severity, rule: &'static str, message: String) {
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
            // Every rendering is judged in full below, for all versions that are asked for.
            if matches!(message.rule, "object-name" | "deprecated-api" | "match-selector") {
                continue;
            }
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

    /// The definitions in `crds/`, which Helm installs as they are.
    fn definitions(&mut self, chart: &Chart, settings: &Settings, targets: &[(KubeVersion, [Target; 1])]) {
        let Some((_, target)) = targets.last() else { return };
        let files = chart
            .raw
            .iter()
            .filter(|file| file.name.starts_with("crds/") && !file.name.ends_with(HELPERS));
        for file in files {
            for resource in check_text(&file.data, target, &settings.validation) {
                self.rendered.documents += 1;
                for violation in resource
                    .violations
                    .iter()
                    .filter(|_| resource.status != Status::Skipped)
                {
                    let at = position(&file.data, u32::try_from(violation.offset).unwrap_or(u32::MAX));
                    let severity = severity_of(violation.rule);
                    self.report(&file.name, at, severity, violation.rule, message(&resource, violation));
                }
            }
        }
    }

    /// Values that no template reads, over the first of the renderings.
    fn unused(&mut self, source: &ChartSource, settings: &Settings, world: &mut dyn World) {
        let options = LintOptions {
            namespace: settings.namespace.clone(),
            kube_version: None,
            skip_schema_validation: true,
        };
        let (_, values, given) = settings.first_values();
        let path = self.path.clone();
        for unused in unused_values(source, &path, &values, &given, &options, world) {
            let (rule, message) = match &unused.meant {
                Some(meant) => (
                    "misspelt-value",
                    format!("no template reads `{}`; did you mean `{meant}`?", unused.path),
                ),
                None => ("unused-value", format!("no template reads `{}`", unused.path)),
            };
            let place = unused.origin.position();
            self.findings.push(Finding::new(
                &unused.origin.file,
                place,
                Severity::Warning,
                rule,
                message,
            ));
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
        let mut custom = CustomSchemas::default();
        for definition in chart.crds(chart.name()) {
            custom.add_text(&definition.file.data);
        }
        self.definitions(chart, settings, targets);
        let custom = Arc::new(custom);
        let mut sources = vec![settings.first_values()];
        for name in values_files(directory, &settings.values) {
            let text = std::fs::read(directory.join(&name)).map_err(|error| error.to_string());
            match text.and_then(|text| Ok((read_values(&text)?, text))) {
                Ok((values, text)) => {
                    let file = ValueSource {
                        name: format!("{}/{name}", self.path.trim_end_matches('/')),
                        text,
                    };
                    let given = Given {
                        files: vec![file],
                        flags: Vec::new(),
                    };
                    sources.push((name, values, given));
                }
                Err(error) => {
                    let start = Position { line: 1, column: 1 };
                    self.report(&name, start, Severity::Error, "values-format", error);
                }
            }
        }
        for (name, values, given) in &sources {
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
                    custom: &custom,
                    given,
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
}
