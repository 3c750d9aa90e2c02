//! Rendered text that is no YAML: the text around the broken line, and the template line that wrote it.

use super::{Subject, line_span, yaml_line};
use crate::engine::manifest::{SortError, sort_manifests};
use crate::engine::render::{Rendering, SchemaCheck, render_templates, render_values};
use crate::engine::template::{Options, World};
use crate::text::diagnostic::{Diagnostic, Excerpt};
use crate::text::source::Span;

/// A diagnostic for every rendered file that is no YAML, or not what a manifest must be.
pub fn explain_manifests(subject: &Subject<'_>, rendering: &Rendering, world: &mut dyn World) -> Vec<Diagnostic> {
    let failures = rendering
        .manifest_files()
        .filter_map(|file| sort_manifests([file]).err());
    let failures: Vec<SortError> = failures.collect();
    let mapped = mapped(subject, rendering, world);
    failures
        .iter()
        .map(|error| broken(subject, rendering, mapped.as_ref(), error))
        .collect()
}

/// The same rendering again, with a source map.
fn mapped(subject: &Subject<'_>, rendering: &Rendering, world: &mut dyn World) -> Option<Rendering> {
    let (chart, release, capabilities) = (subject.chart, subject.release, subject.capabilities);
    let skipped = SchemaCheck::Skipped;
    let values = render_values(chart, subject.values, release, capabilities, skipped, &mut Vec::new()).ok()?;
    let options = Options {
        source_map: true,
        ..subject.options
    };
    render_templates(chart, &rendering.templates, &values, options, world).ok()
}

fn broken(subject: &Subject<'_>, rendering: &Rendering, mapped: Option<&Rendering>, error: &SortError) -> Diagnostic {
    let message = error.source.to_string();
    let mut diagnostic = Diagnostic::new(format!("what {} renders to is no manifest: {message}", error.path));
    let Some(file) = rendering.file(&error.path) else {
        return diagnostic;
    };
    let document = file.text.get(error.offset..).unwrap_or_default();
    let inside = line_span(document, yaml_line(&message).unwrap_or(1));
    let start = u32::try_from(error.offset).unwrap_or(u32::MAX);
    let span = Span::new(inside.start.saturating_add(start), inside.end.saturating_add(start));
    if let Some(excerpt) = mapped.and_then(|mapped| template_excerpt(subject, mapped, &error.path, span)) {
        diagnostic = diagnostic.at(excerpt);
    }
    let rendered = format!("{} (rendered)", subject.file(&error.path));
    let mut excerpt = Excerpt::new(rendered, &file.text, span, "reading stopped here");
    excerpt.context = lines_around(&file.text, span);
    diagnostic = diagnostic.at(excerpt);
    diagnostic.with_help(advice(&message))
}

/// The lines before and after, so that the indentation is seen.
fn lines_around(text: &[u8], span: Span) -> Vec<crate::text::diagnostic::Label> {
    let before = text.get(..span.start as usize).unwrap_or_default();
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    let numbers = [line.saturating_sub(2), line.saturating_sub(1), line + 1];
    let spans = numbers
        .into_iter()
        .filter(|&number| number > 0)
        .map(|number| line_span(text, number));
    spans
        .filter(|span| !span.is_empty())
        .map(|span| crate::text::diagnostic::Label {
            span: Span::new(span.start, span.start),
            words: String::new(),
        })
        .collect()
}

fn template_excerpt(subject: &Subject<'_>, mapped: &Rendering, path: &str, span: Span) -> Option<Excerpt> {
    let map = mapped.file(path)?.map.as_ref()?;
    let segment = map.find(span.start)?;
    let source = map.sources.get(segment.source as usize)?;
    let text = source.text.as_bytes();
    let before = text.get(..segment.position as usize).unwrap_or_default();
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    let name = source.name.to_str_lossy();
    Some(Excerpt::new(
        subject.file(&name),
        text,
        line_span(text, line),
        "this template line wrote it, or the last before it",
    ))
}

fn advice(message: &str) -> String {
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
            "a line is no `key: value`: check `{{-` that joins two lines, and `indent` without `n`",
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
    found
        .map_or("render with `--debug` to see the whole text", |(_, hint)| *hint)
        .to_owned()
}
