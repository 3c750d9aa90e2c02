//! One rendering of a chart: rendered, validated, and its objects held against each other.

use std::collections::HashMap;
use std::sync::Arc;

use crate::check::explain::{Given, ValueOrigins};
use crate::check::finding::Severity;
use crate::check::lint::{LintSeverity, RenderedText, check_objects, check_text_artifacts};
use crate::engine::chart::Chart;
use crate::engine::manifest::{SortError, sort_manifests};
use crate::engine::render::{
    Capabilities, ChartTemplates, Operation, Release, RenderError, RenderValues, RenderedFile, SchemaCheck,
    compile_chart, render_templates, render_values,
};
use crate::engine::template::{Map, Options, ParseError, World};
use crate::engine::values::process_dependencies;
use crate::kubernetes::validate::{
    CustomSchemas, Options as Validation, Resource, Status, Target, Violation, check_text, is_warning,
};
use crate::kubernetes::version::KubeVersion;
use crate::text::source::Position;

use super::chart_files::may_be_random;
use super::check_chart::CheckedChart;
use super::place::{find_template, place_in_template, position, rendered_line, values_of_line};
use super::plain_secrets::{plain_secrets, secret_values};
use super::run::Settings;

/// One way a chart is deployed.
pub(super) struct Rendering<'r> {
    /// `values-staging.yaml, Kubernetes 1.31`
    pub(super) label: String,
    pub(super) values: &'r Map,
    pub(super) kube_version: &'r KubeVersion,
    pub(super) target: &'r [Target],
    /// Where the values come from.
    pub(super) given: &'r Given,
    /// Definitions that the chart brings.
    pub(super) custom: &'r Arc<CustomSchemas>,
}

impl CheckedChart {
    pub(super) fn render(
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
            self.report(
                "values.yaml",
                start,
                Severity::Error,
                "chart-dependencies",
                error.to_string(),
            );
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
                let files: Vec<&RenderedFile> = rendered.files.iter().filter(|file| file.is_manifest()).collect();
                if let Err(error) = sort_manifests(rendered.manifest_files()) {
                    self.report_broken_document(&chart, &files, &error);
                    return;
                }
                let before = self.findings.len();
                for file in &files {
                    self.validate(&chart, settings, rendering, file);
                }
                let is_test = rendering.label.starts_with("ci/");
                self.cross_check(&chart, settings, &files, (top.values(), is_test));
                self.random(&chart, settings, templates.as_ref().ok(), &top, &files, world);
                self.add_origins(&chart, rendering.given, top.values(), before);
            }
        }
    }

    /// Rules over all objects of the rendering, and over its text.
    fn cross_check(
        &mut self,
        chart: &Chart,
        settings: &Settings,
        files: &[&RenderedFile],
        (values, is_test): (&Map, bool),
    ) {
        let texts: Vec<RenderedText<'_>> = files.iter().map(|file| RenderedText { text: &file.text }).collect();
        for fault in check_objects(&texts, &settings.release_name) {
            if let Some(file) = files.get(fault.file) {
                let severity = match fault.severity {
                    LintSeverity::Info => Severity::Info,
                    LintSeverity::Warning => Severity::Warning,
                    LintSeverity::Error => Severity::Error,
                };
                self.report_rendered(chart, file, fault.offset, (severity, fault.rule), fault.message);
            }
        }
        // Values for tests are made up.
        let secrets = if is_test { Vec::new() } else { secret_values(values) };
        for file in files {
            for (offset, rule, message) in check_text_artifacts(&file.text) {
                self.report_rendered(chart, file, offset, (Severity::Warning, rule), message);
            }
            for (offset, path) in plain_secrets(&file.text, &secrets) {
                let message = format!(
                    "a Secret is rendered from the plain value `{}`: encrypt the values file, or keep the secret elsewhere",
                    path.join(".")
                );
                let kind = (Severity::Warning, "plain-secret");
                self.report_rendered(chart, file, offset, kind, message);
            }
        }
    }

    /// What differs when it is rendered once more.
    fn random(
        &mut self,
        chart: &Chart,
        settings: &Settings,
        templates: Option<&ChartTemplates>,
        top: &RenderValues,
        files: &[&RenderedFile],
        world: &mut dyn World,
    ) {
        let Some(templates) = templates.filter(|_| settings.finds_random && may_be_random(chart)) else {
            return;
        };
        let Ok(again) = render_templates(chart, templates, top, Options::default(), world) else {
            return;
        };
        for file in files {
            let Some(other) = again.files.iter().find(|other| other.name == file.name) else {
                continue;
            };
            let differs = file.text.iter().zip(other.text.iter()).position(|(a, b)| a != b);
            if let Some(offset) = differs {
                let message = "renders differently each time: every upgrade changes it".to_owned();
                self.report_rendered(chart, file, offset, (Severity::Info, "random-output"), message);
            }
        }
    }

    fn report_rendered(
        &mut self,
        chart: &Chart,
        file: &RenderedFile,
        offset: usize,
        (severity, rule): (Severity, &'static str),
        message: String,
    ) {
        let (path, at) = place_in_template(chart, file, offset);
        self.report(&path, at, severity, rule, message);
        if let Some(finding) = self.findings.last_mut() {
            // What differs each time is not worth showing, and what is secret must not be shown.
            let is_shown = rule != "random-output" && !finding.is_about_secret();
            finding.rendered = is_shown.then(|| rendered_line(&file.text, offset));
        }
    }

    /// Where the values come from that the lines with findings read.
    fn add_origins(&mut self, chart: &Chart, given: &Given, values: &Map, from: usize) {
        if self.findings.len() == from {
            return;
        }
        let origins = ValueOrigins::new(chart, &self.path, values, given);
        let prefix = format!("{}/", self.path.trim_end_matches('/'));
        for finding in self.findings.iter_mut().skip(from) {
            if let Some(file) = finding.file.strip_prefix(&prefix) {
                finding.related = values_of_line(chart, file, finding.line, &origins);
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

    fn validate(&mut self, chart: &Chart, settings: &Settings, rendering: &Rendering<'_>, file: &RenderedFile) {
        if file.name.rsplit('/').next().is_some_and(|base| base.starts_with('_')) {
            return;
        }
        let validation = Validation {
            custom: Some(Arc::clone(rendering.custom)),
            ..settings.validation.clone()
        };
        for resource in check_text(&file.text, rendering.target, &validation) {
            match resource.status {
                Status::Skipped => self.rendered.skipped += 1,
                _ => self.rendered.documents += 1,
            }
            for violation in &resource.violations {
                let kind = (severity_of(violation.rule), violation.rule);
                self.report_rendered(chart, file, violation.offset, kind, message(&resource, violation));
            }
        }
    }
}

/// How bad a violation of a rule is.
pub(super) fn severity_of(rule: &str) -> Severity {
    if is_warning(rule) {
        Severity::Warning
    } else {
        Severity::Error
    }
}

/// `Service web: /spec/ports/0/port: what is wrong`.
pub(super) fn message(resource: &Resource, violation: &Violation) -> String {
    let object = format!("{} {}", resource.kind, resource.name);
    // What is a number or a boolean to YAML and a string to Kubernetes lacks its quotes.
    let lacks_quotes = violation.rule == "type"
        && ["got number", "got boolean"]
            .iter()
            .any(|got| violation.message.starts_with(got))
        && violation.message.ends_with("string");
    let advice = if lacks_quotes { "; quote it" } else { "" };
    let message = format!("{}{advice}", violation.message);
    let parts = [object.trim(), violation.path.as_str(), message.as_str()];
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(": ")
}

/// Tells apart which subcharts take part: the same ones compile to the same templates.
fn tree_key(chart: &Chart) -> String {
    let inner: Vec<String> = chart.dependencies.iter().map(tree_key).collect();
    format!("{}({})", chart.name(), inner.join(","))
}
