//! Rendered text that is not YAML: the template line that wrote it, and the text around the broken line.

use super::secrets::{hidden, secrets_of};
use super::{Subject, yaml_line};
use crate::check::finding::{Finding, Location, Place, seems_secret};
use crate::engine::chart::Chart;
use crate::engine::manifest::{SortError, sort_manifests};
use crate::engine::render::{RenderedFile, Rendering, SchemaCheck, render_templates, render_values};
use crate::engine::template::{Options, World};
use crate::text::limits::REPEATED_STEPS;
use crate::text::rule::Rule;
use crate::text::source::{SourceFile, Span, offset};
use crate::text::yaml;

/// A finding for each rendered file that is not YAML, or not what a manifest must be. The chart is rendered once more, since
/// the first time nothing noted which template wrote what.
pub fn explain_manifests(subject: &Subject<'_>, world: &mut dyn World, rendering: &Rendering) -> Vec<Finding> {
    let mapped = mapped(subject, rendering, world);
    let files = mapped.as_ref().unwrap_or(rendering);
    let mut secrets = secrets_of(subject.chart, subject.given, subject.values);
    for file in &files.files {
        secrets.add_text(&file.text);
    }
    let manifests = files.files.iter().filter(|file| file.is_manifest());
    let broken = manifests.filter_map(|file| broken_manifest(subject.chart, file));
    hidden(broken.collect(), secrets)
}

/// A finding for a rendered file that is not YAML, or not what a manifest must be; none where it is sound.
pub fn broken_manifest(chart: &Chart, file: &RenderedFile) -> Option<Finding> {
    let error = sort_manifests([(file.name.as_str(), &file.text)]).err()?;
    Some(broken(chart, file, &error))
}

/// The same rendering again, with a source map.
fn mapped(subject: &Subject<'_>, rendering: &Rendering, world: &mut dyn World) -> Option<Rendering> {
    let (chart, release, capabilities) = (subject.chart, subject.release, subject.capabilities);
    let skipped = SchemaCheck::Skipped;
    let values = render_values(chart, subject.values, release, capabilities, skipped, &mut Vec::new()).ok()?;
    let options = Options {
        source_map: true,
        max_steps: REPEATED_STEPS,
        ..subject.options
    };
    render_templates(chart, &rendering.templates, &values, options, world).ok()
}

fn broken(chart: &Chart, file: &RenderedFile, error: &SortError) -> Finding {
    let message = error.source.to_string();
    let cause = message
        .rsplit_once("yaml: ")
        .map_or(message.as_str(), |(_, cause)| cause);
    let cause = cause
        .strip_prefix("line ")
        .and_then(|rest| rest.split_once(": "))
        .map_or(cause, |(_, cause)| cause);
    let path = chart
        .template_file(&file.name)
        .map_or_else(|| file.name.clone(), |source| source.path().to_owned());
    let rendered = SourceFile::new(path.as_str(), file.text.as_slice());
    let span = fault_span(&rendered, error, &message);
    let primary = template_location(chart, file, span)
        .unwrap_or_else(|| Location::whole(chart.template_file(&file.name).unwrap_or_else(|| rendered.clone())));
    Finding::new(
        Rule::TemplateYaml,
        primary,
        format!("renders to text that is not a manifest: {cause}"),
    )
    .with_related("reading stopped here", Place::Rendered(Location::new(rendered, span)))
    .with_help(advice(&message))
    .hidden_if(seems_secret(&file.text, error.offset))
}

/// The line of the rendered text at fault: where the reader stopped, else the line that Helm's text names, else the first of
/// the document.
fn fault_span(rendered: &SourceFile, error: &SortError, message: &str) -> Span {
    let document = rendered.text().get(error.offset..).unwrap_or_default();
    let start = offset(error.offset);
    let first_line = rendered.position(start).line;
    let offset = yaml::parse_first(document)
        .err()
        .and_then(|error| error.offset())
        .map(|offset| start.saturating_add(offset));
    let line = match (offset, yaml_line(message)) {
        (Some(offset), _) => rendered.position(offset).line,
        (None, Some(line)) => first_line.saturating_add(line.saturating_sub(1)),
        (None, None) => first_line,
    };
    rendered.line_span(line)
}

/// The template line that wrote a place in the output.
fn template_location(chart: &Chart, file: &RenderedFile, span: Span) -> Option<Location> {
    let (name, offset) = file.written_by(span.start)?;
    let source = chart.template_file(&name)?;
    let line = source.position(offset).line;
    let span = source.line_span(line);
    Some(Location::new(source, span))
}

fn advice(message: &str) -> &'static str {
    let hints = [
        (
            "mapping values are not allowed",
            "quote values that hold `: `, and check that nested keys are indented by `nindent`",
        ),
        (
            "did not find expected key",
            "a line is indented less or more than its neighbours: check `indent` and `nindent`, and `-` in `{{-`",
        ),
        (
            "did not find expected",
            "check quotes, brackets and indentation of the line and the one before it",
        ),
        (
            "could not find expected ':'",
            "a line is not of the form `key: value`: check `{{-` that joins two lines, and `indent` without `n`",
        ),
        ("found a tab character", "YAML is indented with spaces only"),
        (
            "cannot start any token",
            "quote values that begin with `@`, `` ` ``, `%` or `{{`",
        ),
        (
            "cannot unmarshal",
            "a manifest is a map with `apiVersion`, `kind` and `metadata`; `metadata.name` and annotations are texts",
        ),
        ("unknown anchor", "quote values that begin with `*` or `&`"),
    ];
    let found = hints.iter().find(|(words, _)| message.contains(words));
    found.map_or("render with `--debug` to see the whole text", |(_, hint)| *hint)
}
