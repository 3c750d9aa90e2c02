//! Rules over templates and what they render to. Follows `pkg/chart/v2/lint/rules/template.go`.

use std::cell::LazyCell;

use crate::engine::chart::{Chart, ChartFile, Notice};
use crate::engine::functions::yaml_value::value_from_yaml;
use crate::engine::manifest::trim;
use crate::engine::render::{Capabilities, Operation, Release, RenderedFile, SchemaCheck, render_chart, render_values};
use crate::engine::template::{Map, Options, Tolerated, Value, World};
use crate::engine::values::{coalesce_values, process_dependencies};
use crate::kubernetes::lifecycle::lifecycle;
use crate::kubernetes::version::KubeVersion;
use crate::text::go::quote::quote;
use crate::text::rule::{Rule, Severity};
use crate::text::source::Span;

use super::chart_source::ChartSource;
use super::documents::{LintDocument, read_documents};
use super::message::{Messages, Place};
use super::object_name::name_problems;
use super::run::LintOptions;

use Severity::{Error, Warning};

const DIRECTORY: &str = "templates/";

/// The rules over the directory and the names of the files in it.
pub(super) fn check_directory(source: &ChartSource, chart: Option<&Chart>, messages: &mut Messages<'_>) {
    let Some(chart) = chart.filter(|_| has_directory(source, messages)) else {
        return;
    };
    for template in chart.templates.iter() {
        check_extension(&template.name, messages);
    }
}

/// Whether there are templates; reports where there are none.
fn has_directory(source: &ChartSource, messages: &mut Messages<'_>) -> bool {
    if !source.exists("templates") {
        let message = "directory does not exist";
        messages.add(Warning, Rule::TemplatesDirectory, DIRECTORY, message, None);
        return false;
    }
    let is_directory = source.is_directory("templates");
    if !is_directory {
        messages.add(Error, Rule::TemplatesDirectory, DIRECTORY, "not a directory", None);
    }
    is_directory
}

pub(super) fn check(
    source: &ChartSource,
    values: &Map,
    options: &LintOptions,
    world: &mut dyn World,
    messages: &mut Messages<'_>,
) {
    if !has_directory(source, messages) {
        return;
    }
    let mut chart = match source.load(&mut messages.notices) {
        Ok(chart) => chart,
        Err(error) => {
            messages.add(Error, Rule::ChartLoad, DIRECTORY, error.to_string(), None);
            return;
        }
    };
    let notices = &mut messages.notices;
    if process_dependencies(&mut chart, values, notices).is_err() {
        return;
    }
    let Ok(coalesced) = coalesce_values(&chart, values, notices) else {
        return;
    };
    let release = Release {
        name: "test-release".to_owned(),
        namespace: options.namespace.clone(),
        operation: Operation::Lint,
    };
    let capabilities = Capabilities::new(options.kube_version.clone(), &options.api_versions);
    let check = SchemaCheck::new(options.skip_schema_validation, options.documents.as_deref());
    let top = match render_values(
        &chart,
        &coalesced,
        &release,
        &capabilities,
        check,
        &mut messages.notices,
    ) {
        Ok(top) => top,
        Err(error) => {
            let place = Some(Place {
                file: "values.yaml".to_owned(),
                span: Span::new(0, 0),
            });
            messages.add(Error, Rule::ValuesSchema, DIRECTORY, error.to_string(), place);
            return;
        }
    };
    let engine = Options {
        lint: true,
        ..Options::default()
    };
    let mut world = Recording {
        world,
        notices: &mut messages.notices,
    };
    let rendering = match render_chart(&chart, &top, engine, &mut world) {
        Ok(rendering) => rendering,
        Err(error) => {
            messages.add(Error, Rule::TemplateRender, DIRECTORY, error.to_string(), None);
            return;
        }
    };
    for template in chart.templates.iter() {
        let rendered = rendering.file(&format!("{}/{}", chart.name(), template.name));
        if !check_template(template, rendered, &capabilities.kube_version, messages) {
            return;
        }
    }
}

/// A world that records what templates fail with.
struct Recording<'w> {
    world: &'w mut dyn World,
    notices: &'w mut Vec<Notice>,
}

impl World for Recording<'_> {
    fn now_unix_nanos(&self) -> i128 {
        self.world.now_unix_nanos()
    }

    fn fill_random(&mut self, bytes: &mut [u8]) {
        self.world.fill_random(bytes);
    }

    fn is_throwaway(&self) -> bool {
        self.world.is_throwaway()
    }

    fn record(&mut self, failure: Tolerated) {
        self.notices.push(Notice::Tolerated(failure));
    }

    fn local_zone(&self) -> &str {
        self.world.local_zone()
    }
}

/// Reports a name that does not end as templates do, and returns its extension.
fn check_extension<'n>(name: &'n str, messages: &mut Messages<'_>) -> &'n str {
    let extension = name
        .rsplit('/')
        .next()
        .and_then(|base| base.rfind('.').and_then(|at| base.get(at..)))
        .unwrap_or("");
    if ![".yaml", ".yml", ".tpl", ".txt"].contains(&extension) {
        let text = format!("file extension '{extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt");
        messages.add(Error, Rule::TemplateExtension, name, text, None);
    }
    extension
}

/// Checks one template; false ends the linting of templates, as in Helm.
fn check_template(
    template: &ChartFile,
    rendered: Option<&RenderedFile>,
    kube_version: &KubeVersion,
    messages: &mut Messages<'_>,
) -> bool {
    let name = &template.name;
    let extension = check_extension(name, messages);
    if !matches!(extension.to_lowercase().as_str(), ".yaml" | ".yml") {
        return true;
    }
    let Some(rendered) = rendered.filter(|rendered| !trim(&rendered.text).is_empty()) else {
        return true;
    };
    if let Some(indent) = illegal_indent(&rendered.text) {
        messages.add(Warning, indent.rule, name, indent.message, None);
    }
    for document in read_documents(&rendered.text) {
        match document {
            Err(error) => {
                let text = format!("unable to parse YAML: {}", error.text);
                messages.add(Error, Rule::TemplateYaml, name, text, None);
                return false;
            }
            Ok(document) => check_document(&document, name, &rendered.text, kube_version, messages),
        }
    }
    true
}

/// What is wrong with the text of a rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFault {
    /// Byte of the text.
    pub offset: usize,
    /// The rule.
    pub rule: Rule,
    /// What is wrong.
    pub message: String,
}

/// Helm's rules over the text of a rendered file that are not also rules over its objects.
pub fn check_helm_text(text: &[u8]) -> Vec<TextFault> {
    let mut faults: Vec<TextFault> = illegal_indent(text).into_iter().collect();
    let keeps_resources = LazyCell::new(|| list_keeps_resources(text));
    let is_list = |document: &LintDocument| document.kind == "List" && *keeps_resources;
    for document in read_documents(text).into_iter().flatten().filter(is_list) {
        faults.push(TextFault {
            offset: document.offset,
            rule: Rule::ListAnnotations,
            message: LIST_ANNOTATION.to_owned(),
        });
    }
    faults
}

const LIST_ANNOTATION: &str = "annotation 'helm.sh/resource-policy' within List objects are ignored";

/// A first line that is indented, apart from blank ones.
fn illegal_indent(text: &[u8]) -> Option<TextFault> {
    let mut offset = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        if !trim(content).is_empty() {
            let line = quote(content);
            let message = format!("document starts with an illegal indent: {line}, which may cause parsing problems");
            return matches!(content.first(), Some(b' ' | b'\t')).then_some(TextFault {
                offset,
                rule: Rule::TemplateIndent,
                message,
            });
        }
        offset += line.len();
    }
    None
}

fn check_document(
    document: &LintDocument,
    file: &str,
    text: &[u8],
    kube_version: &KubeVersion,
    messages: &mut Messages<'_>,
) {
    let quoted = quote(document.name.as_bytes());
    let problems: Vec<String> = name_problems(&document.kind, &document.name)
        .into_iter()
        .map(|problem| format!("metadata.name: Invalid value: {quoted}: {problem}"))
        .collect();
    let problems = match problems.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        several => Some(format!("[{}]", several.join(", "))),
    };
    if let Some(problems) = problems {
        let text = format!("object name does not conform to Kubernetes naming requirements: {quoted}: {problems}");
        messages.add(Warning, Rule::Name, file, text, None);
    }
    let (api_version, kind) = (&document.api_version, &document.kind);
    let warning = lifecycle(api_version, kind).and_then(|end| end.client_warning(kube_version, api_version, kind));
    if let Some(message) = warning {
        messages.add(Warning, Rule::DeprecatedApi, file, message, None);
    }
    let contains = |needle: &[u8]| memchr::memmem::find(text, needle).is_some();
    let is_workload = matches!(
        document.kind.as_str(),
        "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet"
    );
    if is_workload && !contains(b"matchLabels") && !contains(b"matchExpressions") {
        let kind = &document.kind;
        let text = format!("a {kind} must contain matchLabels or matchExpressions, and {quoted} does not");
        messages.add(Error, Rule::Selector, file, text, None);
    }
    if document.kind == "List" && list_keeps_resources(text) {
        messages.add(Error, Rule::ListAnnotations, file, LIST_ANNOTATION, None);
    }
}

/// Whether an item of the List that the file holds has the annotation that keeps resources.
fn list_keeps_resources(text: &[u8]) -> bool {
    let get = |value: &Value, key: &str| value.as_map().and_then(|map| map.get(key.as_bytes()));
    let Ok(list) = value_from_yaml(text) else { return false };
    let Some(Value::List(items)) = get(&list, "items") else {
        return false;
    };
    items.items().iter().any(|item| {
        let annotations = get(item, "metadata").and_then(|metadata| get(&metadata, "annotations"));
        annotations.is_some_and(|annotations| get(&annotations, "helm.sh/resource-policy").is_some())
    })
}
