//! One way a chart is deployed, its values and a Kubernetes version: rendered, validated, its objects checked against each other.
//! A template that fails does not keep the others from being judged.

use std::cell::LazyCell;
use std::collections::{BTreeSet, HashMap};

use crate::check::coverage::{SeenRun, ValuePaths};
use crate::check::explain::{
    Subject, ValueOrigins, broken_manifest, explain_failures, explain_schema, explain_templates, explain_unchecked,
    secrets_of_values, template_place, values_of_line,
};
use crate::check::finding::{Finding, FindingList, Location, Related, SecretValues};
use crate::check::lint::chart::{TracedRendering, unused_values};
use crate::check::lint::objects::{
    RenderedChart, check_objects, check_plain_secrets, check_random, check_texts, may_be_random,
};
use crate::engine::chart::Chart;
use crate::engine::functions::json::to_go_json;
use crate::engine::render::{
    Capabilities, ChartTemplates, Operation, Release, RenderError, RenderValues, RenderValuesError, RenderedFile,
    SchemaCheck, WholeRendering, compile_chart, render_templates, render_traced, render_values, render_watched,
    render_whole,
};
use crate::engine::template::{ExecutionError, Options, ParseError, Value, World};
use crate::engine::values::process_dependencies;
use crate::kubernetes::validate::{Resource, Status, count_documents};
use crate::kubernetes::version::KubeVersion;
use crate::text::limits::{BYTES_OF_A_STEP, RENDERED_DOCUMENTS, REPEATED_STEPS};
use crate::text::rule::Rule;

use super::judged::{Judged, is_about};
use super::request::CheckRequest;
use super::values::ChartValues;

/// One way a chart is deployed.
pub(in crate::check) struct Variant<'v> {
    pub(in crate::check) values: &'v ChartValues,
    pub(in crate::check) kube_version: &'v KubeVersion,
    /// The minor version of Kubernetes, as schemas have it.
    pub(in crate::check) minor: u8,
    /// The chart as it was loaded, to look for values that no template reads.
    pub(in crate::check) loaded: Option<&'v Chart>,
    /// API versions that the cluster has besides its own.
    pub(in crate::check) api_versions: &'v [String],
    /// Whether to watch what runs.
    pub(in crate::check) watching: Watching,
}

/// What is watched while a chart is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum Watching {
    /// Nothing.
    Off,
    /// What runs, and the values that are read.
    Runs,
    /// The same to explore a chart: with all values, and refusals apart from failures.
    Decisions,
}

impl Variant<'_> {
    fn release_name<'r>(&'r self, request: &'r CheckRequest) -> &'r str {
        self.values.release.0.as_deref().unwrap_or(&request.release_name)
    }
}

/// Compiled templates, by which subcharts take part: the same ones compile to the same templates.
#[derive(Default)]
pub(in crate::check) struct Compiled(HashMap<String, Result<ChartTemplates, ParseError>>);

impl Compiled {
    pub(in crate::check) fn of(&mut self, chart: &Chart) -> &Result<ChartTemplates, ParseError> {
        self.0.entry(tree_key(chart)).or_insert_with(|| compile_chart(chart))
    }
}

/// What the variants of a chart have in common.
pub(in crate::check) struct VariantState<'r> {
    pub(super) compiled: Compiled,
    pub(super) judged: Judged<'r>,
}

fn tree_key(chart: &Chart) -> String {
    let inner: Vec<String> = chart.dependencies.iter().map(tree_key).collect();
    format!("{}({})", chart.name(), inner.join(","))
}

/// A chart and all that its templates see.
struct Prepared {
    /// The chart, its dependencies processed.
    chart: Chart,
    release: Release,
    capabilities: Capabilities,
    top: RenderValues,
    /// What was not checked.
    unchecked: Vec<Finding>,
}

impl Prepared {
    /// Processes dependencies and values, or gives the findings that keep the chart from being rendered.
    fn new(chart: &Chart, variant: &Variant<'_>, request: &CheckRequest) -> Result<Self, Vec<Finding>> {
        let mut chart = chart.clone();
        let mut warnings = Vec::new();
        let (values, given) = (&variant.values.values, &variant.values.given);
        if let Err(error) = process_dependencies(&mut chart, values, &mut warnings) {
            let place = values_location(&chart, variant);
            return Err(vec![Finding::new(Rule::ChartDependencies, place, error.to_string())]);
        }
        let release = Release {
            name: variant.release_name(request).to_owned(),
            namespace: variant
                .values
                .release
                .1
                .clone()
                .unwrap_or_else(|| request.namespace.clone()),
            operation: Operation::Install,
        };
        let capabilities = Capabilities::new(Some(variant.kube_version.clone()), variant.api_versions);
        let check = SchemaCheck::new(request.skip_schema_validation, request.documents.as_deref());
        match render_values(&chart, values, &release, &capabilities, check, &mut warnings) {
            Ok(top) => Ok(Self {
                unchecked: explain_unchecked(&chart, &warnings),
                chart,
                release,
                capabilities,
                top,
            }),
            Err(RenderValuesError::Schema(violation)) => {
                Err(explain_schema(&chart, values, given, &violation.to_string()))
            }
            Err(error) => {
                let place = values_location(&chart, variant);
                Err(vec![Finding::new(Rule::ValuesFormat, place, error.to_string())])
            }
        }
    }
}

/// What a variant showed.
#[derive(Default)]
pub(in crate::check) struct VariantFindings {
    pub(in crate::check) findings: Vec<Finding>,
    /// Why templates refuse the chart's default values, with `fail` or `required` and for no other reason.
    pub(in crate::check) refusals: Vec<Finding>,
    /// Whether all templates rendered, as Helm needs it.
    pub(in crate::check) is_complete: bool,
    pub(super) documents: usize,
    pub(super) skipped: usize,
    /// Rules of definitions and policies that could not be evaluated.
    pub(in crate::check) unevaluated: usize,
    /// Steps that it took, of those of all renderings of the chart.
    pub(super) steps: u64,
    /// What the findings must not show, apart from the secrets in the chart's own files.
    pub(in crate::check) secrets: SecretValues,
    /// The images that rendered objects name, if they are wanted.
    pub(super) images: BTreeSet<String>,
    /// Values that no template reads, if they were asked for and all templates rendered.
    pub(super) unused: Option<Vec<Finding>>,
    /// What ran, if that was watched and the templates compile.
    pub(in crate::check) seen: Option<SeenRun>,
}

/// Renders and judges a chart in one way. Each finding says which rendering shows it.
pub(in crate::check) fn check_variant(
    chart: &Chart,
    variant: &Variant<'_>,
    request: &CheckRequest,
    state: &mut VariantState<'_>,
    world: &mut dyn World,
) -> VariantFindings {
    let mut found = VariantFindings::default();
    found.check(chart, variant, request, state, world);
    let kube_version = variant.kube_version;
    let label = format!(
        "{}, Kubernetes {}.{}",
        variant.values.label, kube_version.major, kube_version.minor
    );
    for finding in found.findings.iter_mut().chain(&mut found.refusals) {
        finding.renderings.push(label.clone());
    }
    if !found.findings.is_empty() || !found.refusals.is_empty() {
        let secrets = secrets_of_values(&variant.values.given, &variant.values.values);
        found.secrets.extend(&secrets);
    }
    found
}

/// What runs when a chart is rendered in one way, which is not judged.
pub(super) fn see_variant(
    chart: &Chart,
    variant: &Variant<'_>,
    request: &CheckRequest,
    state: &mut VariantState<'_>,
    world: &mut dyn World,
) -> Option<SeenRun> {
    let prepared = Prepared::new(chart, variant, request).ok()?;
    let templates = state.compiled.of(&prepared.chart).as_ref().ok()?;
    let paths = ValuePaths::new(&prepared.chart, prepared.top.values());
    let mut rendering = render_watched(&prepared.chart, templates, &prepared.top, Options::default(), world);
    SeenRun::new(&templates.set, &mut rendering.trace, &paths, Vec::new())
}

impl VariantFindings {
    fn check(
        &mut self,
        chart: &Chart,
        variant: &Variant<'_>,
        request: &CheckRequest,
        state: &mut VariantState<'_>,
        world: &mut dyn World,
    ) {
        match Prepared::new(chart, variant, request) {
            Ok(prepared) => self.render(&prepared, variant, request, state, world),
            Err(findings) => self.findings.extend(findings),
        }
    }

    /// Renders what is prepared, and judges what did render.
    fn render(
        &mut self,
        prepared: &Prepared,
        variant: &Variant<'_>,
        request: &CheckRequest,
        state: &mut VariantState<'_>,
        world: &mut dyn World,
    ) {
        let (values, given) = (&variant.values.values, &variant.values.given);
        let Prepared {
            chart,
            release,
            capabilities,
            top,
            unchecked,
        } = prepared;
        self.findings.extend(unchecked.iter().cloned());
        let subject = Subject {
            chart,
            given,
            values,
            release,
            capabilities,
            options: Options::default(),
        };
        let templates = match state.compiled.of(chart) {
            Ok(templates) => templates,
            Err(error) => {
                let error = RenderError::Parse(error.clone());
                self.findings.extend(explain_templates(&subject, &error, world));
                return;
            }
        };
        let mut rendering = self.rendered(prepared, templates, variant, world);
        rendering.files.retain(RenderedFile::is_manifest);
        let written: usize = rendering.files.iter().map(|file| file.text.len()).sum();
        self.steps += rendering.steps + written as u64 / BYTES_OF_A_STEP;
        let is_complete = rendering.failures.is_empty();
        self.is_complete = is_complete;
        if let Some(loaded) = variant.loaded.filter(|_| is_complete) {
            let traced = TracedRendering {
                chart,
                values: top.values(),
                trace: &rendering.trace,
            };
            self.unused = Some(unused_values(loaded, traced, given));
        }
        let is_traced = variant.watching != Watching::Off || variant.loaded.is_some();
        let failures = explained(&subject, templates, top, &rendering, is_traced, world);
        self.add_failures(failures, &rendering.failures, variant);
        if let Some(too_many) = too_many_documents(chart, &rendering.files) {
            self.findings.push(too_many);
            return;
        }
        let rendered = RenderedChart {
            chart,
            files: &rendering.files,
            release: variant.release_name(request),
        };
        let before = self.findings.len();
        state.judged.set_namespace(&release.namespace);
        let is_whole = self.documents(rendered, variant, &mut state.judged) && is_complete;
        // Most renderings have nothing to ask it.
        let origins = LazyCell::new(|| ValueOrigins::new(chart, top.values(), given));
        self.findings.extend(check_objects(rendered, is_whole));
        self.findings.extend(check_texts(rendered));
        if !variant.values.is_for_tests {
            self.findings
                .extend(check_plain_secrets(rendered, top.values(), &|path| origins.find(path)));
        }
        if is_whole {
            self.random(rendered, templates, top, world);
        }
        if !self.findings.is_empty() {
            for file in &rendering.files {
                self.secrets.add_text(&file.text);
            }
        }
        for finding in self.findings.iter_mut().skip(before) {
            add_values(
                finding,
                &values_of_line(chart, &finding.primary, &|path| origins.find(path)),
            );
        }
    }

    /// Renders, and keeps what was watched.
    fn rendered(
        &mut self,
        Prepared { chart, top, .. }: &Prepared,
        templates: &ChartTemplates,
        variant: &Variant<'_>,
        world: &mut dyn World,
    ) -> WholeRendering {
        let render = match variant {
            _ if variant.watching != Watching::Off => render_watched,
            Variant { loaded: Some(_), .. } => render_traced,
            _ => render_whole,
        };
        // Templates may change values, so what these are is known before.
        let paths = (variant.watching != Watching::Off).then(|| ValuePaths::new(chart, top.values()));
        let all_values = if variant.watching == Watching::Decisions {
            to_go_json(&Value::Map(top.values().clone())).unwrap_or_default()
        } else {
            Vec::new()
        };
        let mut rendering = render(chart, templates, top, mapped(), world);
        if let Some(paths) = paths {
            self.seen = SeenRun::new(&templates.set, &mut rendering.trace, &paths, all_values);
        }
        rendering
    }

    /// Adds failures. Where a chart is explored, each has a finding, and those that are meant are refusals; else they are if all failures
    /// are, and the values are the chart's own.
    fn add_failures(&mut self, findings: Vec<Finding>, errors: &[ExecutionError], variant: &Variant<'_>) {
        if variant.watching == Watching::Decisions {
            for (error, finding) in errors.iter().zip(findings) {
                let list = if error.is_refusal() {
                    &mut self.refusals
                } else {
                    &mut self.findings
                };
                list.push(finding);
            }
        } else if variant.values.are_defaults && errors.iter().all(ExecutionError::is_refusal) {
            self.refusals.extend(findings);
        } else {
            self.findings.extend(findings);
        }
    }

    /// Validates the documents of all files; whether all of them can be read.
    fn documents(&mut self, rendered: RenderedChart<'_>, variant: &Variant<'_>, judged: &mut Judged<'_>) -> bool {
        let mut are_readable = true;
        let mut findings = FindingList::default();
        for file in rendered.files {
            let broken = broken_manifest(rendered.chart, file);
            are_readable &= broken.is_none();
            let text = judged.text(&file.text);
            self.images.extend(text.images.iter().cloned());
            let about = text
                .resources
                .iter()
                .filter(|resource| is_about(resource, variant.minor));
            for resource in about {
                self.count(resource);
                // What keeps the file from being read is reported once.
                let violations = resource.violations.iter();
                let reported = violations.filter(|found| broken.is_none() || found.rule != Rule::Document.into());
                for violation in reported {
                    if findings.is_full() {
                        break;
                    }
                    let place = template_place(rendered.chart, file, violation.offset);
                    let finding = Finding::of_violation(resource, violation, place);
                    findings.push(finding.rendered_at(rendered.chart, file, violation.offset));
                }
            }
            findings.extend(broken);
        }
        self.findings.extend(findings.into_findings());
        are_readable
    }

    /// What differs when the chart is rendered once more.
    fn random(
        &mut self,
        rendered: RenderedChart<'_>,
        templates: &ChartTemplates,
        top: &RenderValues,
        world: &mut dyn World,
    ) {
        if !may_be_random(rendered.chart) {
            return;
        }
        let options = Options {
            max_steps: REPEATED_STEPS,
            ..Options::default()
        };
        if let Ok(again) = render_templates(rendered.chart, templates, top, options, world) {
            self.steps += again.steps;
            self.findings.extend(check_random(rendered, &again.files));
        }
    }

    fn count(&mut self, resource: &Resource) {
        match resource.status {
            Status::Skipped => self.skipped += 1,
            _ => self.documents += 1,
        }
        self.unevaluated += resource.unevaluated.len();
    }
}

/// Why templates failed.
fn explained(
    subject: &Subject<'_>,
    templates: &ChartTemplates,
    top: &RenderValues,
    rendering: &WholeRendering,
    is_traced: bool,
    world: &mut dyn World,
) -> Vec<Finding> {
    let failures = &rendering.failures;
    match failures.first() {
        None => Vec::new(),
        Some(_) if is_traced => explain_failures(subject, templates, top.values(), failures, &rendering.trace),
        Some(first) => explain_templates(subject, &RenderError::Execution(Box::new(first.clone())), world),
    }
}

/// A rendering that consists of more documents than are judged.
fn too_many_documents(chart: &Chart, files: &[RenderedFile]) -> Option<Finding> {
    let mut count = 0;
    for file in files {
        count += count_documents(&file.text);
        if count > RENDERED_DOCUMENTS {
            let message = format!("the rendering has more than {RENDERED_DOCUMENTS} documents, and is not judged");
            return Some(Finding::new(Rule::NotChecked, template_place(chart, file, 0), message));
        }
    }
    None
}

/// The values file of a variant, or the chart's own.
fn values_location(chart: &Chart, variant: &Variant<'_>) -> Location {
    let given = variant.values.given.files.last();
    Location::whole(given.cloned().unwrap_or_else(|| chart.source_file("values.yaml")))
}

/// Adds the places of values that a finding does not name already.
fn add_values(finding: &mut Finding, values: &[Related]) {
    for related in values {
        if !finding.related.contains(related) {
            finding.related.push(related.clone());
        }
    }
}

/// Options of renderings that note which template wrote what.
fn mapped() -> Options {
    Options {
        source_map: true,
        ..Options::default()
    }
}
