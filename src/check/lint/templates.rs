//! Rules over templates and what they render to. Follows `pkg/chart/v2/lint/rules/template.go`.

use crate::engine::chart::{Chart, ChartFile};
use crate::engine::functions::yaml_value::value_from_yaml;
use crate::engine::manifest::trim;
use crate::engine::render::{
    Capabilities, Operation, Release, RenderError, RenderedFile, SchemaCheck, render_chart, render_values,
};
use crate::engine::template::{Map, Options, Value, World};
use crate::engine::values::{coalesce_values, process_dependencies};
use crate::kubernetes::lifecycle::lifecycle;
use crate::kubernetes::version::KubeVersion;
use crate::text::go::quote::quote;
use crate::text::source::Span;

use super::chart_source::ChartSource;
use super::documents::{LintDocument, read_documents};
use super::message::{LintSeverity, Messages, Place};
use super::object_name::name_problems;
use super::run::LintOptions;

use LintSeverity::{Error, Warning};

const DIRECTORY: &str = "templates/";

pub(super) fn check(
    source: &ChartSource,
    values: &Map,
    options: &LintOptions,
    world: &mut dyn World,
    messages: &mut Messages,
) {
    if !source.exists("templates") {
        messages.add(
            Warning,
            "templates-directory",
            DIRECTORY,
            "directory does not exist",
            None,
        );
        return;
    }
    if !source.is_directory("templates") {
        messages.add(Error, "templates-directory", DIRECTORY, "not a directory", None);
        return;
    }
    let mut chart = match source.load() {
        Ok(chart) => chart,
        Err(error) => {
            messages.add(Error, "chart-load", DIRECTORY, error.to_string(), None);
            return;
        }
    };
    let mut warnings = Vec::new();
    if process_dependencies(&mut chart, values, &mut warnings).is_err() {
        return;
    }
    let Ok(coalesced) = coalesce_values(&chart, values, &mut warnings) else {
        return;
    };
    let release = Release {
        name: "test-release".to_owned(),
        namespace: options.namespace.clone(),
        operation: Operation::Lint,
    };
    let capabilities = Capabilities::new(options.kube_version.clone(), &[]);
    let check = if options.skip_schema_validation {
        SchemaCheck::Skipped
    } else {
        SchemaCheck::Enforced
    };
    let top = match render_values(&chart, &coalesced, &release, &capabilities, check, &mut warnings) {
        Ok(top) => top,
        Err(error) => {
            let place = Some(Place {
                file: "values.yaml".to_owned(),
                span: Span::new(0, 0),
            });
            messages.add(Error, "values-schema", DIRECTORY, error.to_string(), place);
            return;
        }
    };
    let engine = Options {
        lint: true,
        source_map: true,
        ..Options::default()
    };
    let rendering = match render_chart(&chart, &top, engine, world) {
        Ok(rendering) => rendering,
        Err(error) => {
            let place = place_of_render_error(&chart, &error);
            messages.add(Error, "template-render", DIRECTORY, error.to_string(), place);
            return;
        }
    };
    for template in chart.templates.iter() {
        let rendered = rendering.file(&format!("{}/{}", chart.name(), template.name));
        if !check_template(template, rendered, &chart, &capabilities.kube_version, messages) {
            return;
        }
    }
}

/// Where a template failed, when it is a file of the chart.
fn place_of_render_error(chart: &Chart, error: &RenderError) -> Option<Place> {
    let (name, span) = match error {
        RenderError::Parse(error) => (error.template.as_str(), Span::new(error.offset, error.offset)),
        RenderError::Execution(error) => {
            let frame = error.frames.iter().find(|frame| frame.template != "gotpl")?;
            (frame.template.as_str(), frame.span)
        }
    };
    Some(Place {
        file: inside_chart(chart, name),
        span,
    })
}

/// The name of a template inside the chart's directory.
fn inside_chart(chart: &Chart, name: &str) -> String {
    name.strip_prefix(chart.name())
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(name)
        .to_owned()
}

/// Checks one template; false ends the linting of templates, as in Helm.
fn check_template(
    template: &ChartFile,
    rendered: Option<&RenderedFile>,
    chart: &Chart,
    kube_version: &KubeVersion,
    messages: &mut Messages,
) -> bool {
    let name = &template.name;
    let extension = name
        .rsplit('/')
        .next()
        .and_then(|base| base.rfind('.').and_then(|at| base.get(at..)))
        .unwrap_or("");
    if ![".yaml", ".yml", ".tpl", ".txt"].contains(&extension) {
        let text = format!("file extension '{extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt");
        messages.add(
            Error,
            "template-extension",
            name,
            text,
            Some(Place {
                file: name.clone(),
                span: Span::new(0, 0),
            }),
        );
    }
    if !matches!(extension.to_lowercase().as_str(), ".yaml" | ".yml") {
        return true;
    }
    let Some(rendered) = rendered.filter(|rendered| !trim(&rendered.text).is_empty()) else {
        return true;
    };
    let place = |offset: usize| Some(place_in_template(chart, rendered, name, offset));
    if let Some((line, offset)) = illegal_indent(&rendered.text) {
        let line = quote(&line);
        let text = format!("document starts with an illegal indent: {line}, which may cause parsing problems");
        messages.add(Warning, "template-indent", name, text, place(offset));
    }
    for document in read_documents(&rendered.text) {
        match document {
            Err(error) => {
                let text = format!("unable to parse YAML: {}", error.text);
                messages.add(Error, "template-yaml", name, text, place(error.offset));
                return false;
            }
            Ok(document) => check_document(
                &document,
                name,
                &rendered.text,
                kube_version,
                place(document.offset).as_ref(),
                messages,
            ),
        }
    }
    true
}

/// The place in a template that wrote the byte at `offset` of what it rendered to.
fn place_in_template(chart: &Chart, rendered: &RenderedFile, name: &str, offset: usize) -> Place {
    let found = rendered.map.as_ref().and_then(|map| {
        let segment = map.find(u32::try_from(offset).ok()?)?;
        let source = map.sources.get(segment.source as usize)?;
        let file = inside_chart(chart, &source.name.to_str_lossy());
        Some(Place {
            file,
            span: Span::new(segment.position, segment.position),
        })
    });
    found.unwrap_or_else(|| Place {
        file: name.to_owned(),
        span: Span::new(0, 0),
    })
}

/// The first line that is not blank, when it is indented.
fn illegal_indent(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut offset = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        if !trim(content).is_empty() {
            return content
                .starts_with(b" ")
                .then(|| (content.to_vec(), offset))
                .or_else(|| content.starts_with(b"\t").then(|| (content.to_vec(), offset)));
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
    place: Option<&Place>,
    messages: &mut Messages,
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
        messages.add(Warning, "object-name", file, text, place.cloned());
    }
    let (api_version, kind) = (&document.api_version, &document.kind);
    let warning = lifecycle(api_version, kind).and_then(|end| end.client_warning(kube_version, api_version, kind));
    if let Some(message) = warning {
        messages.add(Warning, "deprecated-api", file, message, place.cloned());
    }
    let contains = |needle: &[u8]| memchr::memmem::find(text, needle).is_some();
    let is_workload = matches!(
        document.kind.as_str(),
        "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet"
    );
    if is_workload && !contains(b"matchLabels") && !contains(b"matchExpressions") {
        let kind = &document.kind;
        let text = format!("a {kind} must contain matchLabels or matchExpressions, and {quoted} does not");
        messages.add(Error, "match-selector", file, text, place.cloned());
    }
    if document.kind == "List" && list_keeps_resources(text) {
        let text = "annotation 'helm.sh/resource-policy' within List objects are ignored";
        messages.add(Error, "list-annotations", file, text, place.cloned());
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
