//! Templates that do not compile or fail while running.

use super::Subject;
use super::secrets::{hidden, secrets_of};
use super::value_origins::ValueOrigins;
use crate::check::finding::{Finding, Location, Place, may_name_secret};
use crate::engine::chart::Chart;
use crate::engine::functions;
use crate::engine::render::{
    ChartTemplates, RenderError, SchemaCheck, compile_chart, parse_failures, render_traced, render_values,
    template_source,
};
use crate::engine::template::{
    ErrorFrame, ExecutionError, Map, Options, ParseError, Read, Trace, WARNING_END, WARNING_START, World,
};
use crate::text::compact_sort::sort_by_key;
use crate::text::limits::REPEATED_STEPS;
use crate::text::near::nearest;
use crate::text::rule::Rule;
use crate::text::source::{SourceFile, Span};

/// Callers shown of a long chain of includes.
const MAX_CALLERS: usize = 4;
/// Values shown that a failing line read.
const MAX_VALUES: usize = 4;

/// A finding for each template that fails as `first` did: those that do not compile, or those that fail while running. For these
/// the chart is rendered once more, unless that takes too long: then only `first` is explained.
pub fn explain_templates(subject: &Subject<'_>, first: &RenderError, world: &mut dyn World) -> Vec<Finding> {
    let first = match first {
        RenderError::Parse(_) => {
            let secrets = secrets_of(subject.chart, subject.given, subject.values);
            let failures = parse_failures(subject.chart);
            return hidden(failures.iter().map(|error| unparsed(subject, error)).collect(), secrets);
        }
        RenderError::Execution(first) => first,
    };
    let (chart, release, capabilities) = (subject.chart, subject.release, subject.capabilities);
    let skipped = SchemaCheck::Skipped;
    let values = render_values(chart, subject.values, release, capabilities, skipped, &mut Vec::new());
    let (Ok(values), Ok(templates)) = (values, compile_chart(chart)) else {
        return Vec::new();
    };
    let options = Options {
        max_steps: REPEATED_STEPS,
        ..subject.options
    };
    let traced = render_traced(chart, &templates, &values, options, world);
    if traced.failures.iter().any(ExecutionError::is_exhaustion) {
        let (failures, trace) = (std::slice::from_ref(&**first), Trace::default());
        return explain_failures(subject, &templates, values.values(), failures, &trace);
    }
    explain_failures(subject, &templates, values.values(), &traced.failures, &traced.trace)
}

/// A finding for each failure of a rendering: of templates that were executed with `values`, and read what the trace says.
pub fn explain_failures(
    subject: &Subject<'_>,
    templates: &ChartTemplates,
    values: &Map,
    failures: &[ExecutionError],
    trace: &Trace,
) -> Vec<Finding> {
    let secrets = secrets_of(subject.chart, subject.given, subject.values);
    let origins = ValueOrigins::new(subject.chart, values, subject.given);
    let definitions: Vec<String> = templates
        .set
        .definitions()
        .iter()
        .map(|origin| origin.name.to_string())
        .collect();
    let explain = |error: &ExecutionError| failed(subject, &origins, trace, &definitions, error);
    hidden(failures.iter().map(explain).collect(), secrets)
}

fn unparsed(subject: &Subject<'_>, error: &ParseError) -> Finding {
    let Some(source) = subject.file(&error.template) else {
        return Finding::new(Rule::TemplateRender, chart_location(subject.chart), &error.cause);
    };
    let text = source.text();
    let start = (error.offset as usize).min(text.len().saturating_sub(1));
    let word = text.get(start..).unwrap_or_default();
    let length = word
        .iter()
        .position(|&byte| byte.is_ascii_whitespace() || byte == b'}')
        .unwrap_or(word.len());
    let span = Span::between(start, start + length.max(1));
    let finding = Finding::new(Rule::TemplateRender, Location::new(source, span), &error.cause);
    match parse_advice(&error.cause) {
        Some(advice) => finding.with_help(advice),
        None => finding,
    }
}

/// For what has no place in a file of the chart.
fn chart_location(chart: &Chart) -> Location {
    Location::whole(chart.source_file("Chart.yaml"))
}

fn parse_advice(cause: &str) -> Option<String> {
    if let Some(name) = quoted_after(cause, "function ") {
        let near = nearest(&name, functions::names());
        return Some(match near {
            Some(near) => format!("there is a function `{near}`"),
            None => "Helm has no function of that name; a definition is called with `include \"NAME\" .`".to_owned(),
        });
    }
    let advice = [
        (
            "unexpected EOF",
            "an `if`, `range`, `with`, `block` or `define` has no `{{ end }}`",
        ),
        (
            "unexpected {{end}}",
            "there is one `{{ end }}` more than there are blocks",
        ),
        (
            "unexpected {{else}}",
            "an `else` belongs between `if`, `range` or `with` and its `end`",
        ),
        (
            "unclosed action",
            "close the action with `}}` on the line on which it begins, or use a trimmed comment",
        ),
        ("unterminated", "the closing quote is missing"),
        ("unclosed left paren", "a `)` is missing before `}}`"),
        ("unexpected right paren", "there is a `)` without a `(`"),
        (
            "undefined variable",
            "declare it with `:=` in this block or an outer one; `define` and `range` do not see variables declared elsewhere",
        ),
        ("missing value for", "the condition or pipeline is empty"),
        (
            "bad character",
            "operators such as `+` and `==` are functions in templates: `add 1 2`, `eq .a .b`",
        ),
        ("unexpected \"=\"", "comparison is a function: `eq .a .b`"),
    ];
    let found = advice.iter().find(|(words, _)| cause.contains(words));
    found.map(|(_, advice)| (*advice).to_owned())
}

/// A subchart that lacks a dependency. Helm asks only the top chart for its own, and a library that is not there is noticed
/// where a template of it is missed.
fn missing_below(chart: &Chart) -> Option<String> {
    chart.dependencies.iter().find_map(|subchart| {
        let missing = subchart.missing_dependencies();
        match missing.first() {
            Some(name) => Some(format!(
                "the subchart `{}` depends on `{name}`, which is not in {}",
                subchart.name(),
                subchart.file_path("charts/")
            )),
            None => missing_below(subchart),
        }
    })
}

/// `name` in `before "name"…`.
fn quoted_after(text: &str, before: &str) -> Option<String> {
    let rest = text.split_once(before)?.1.strip_prefix('"')?;
    Some(rest.split_once('"')?.0.to_owned())
}

fn failed(
    subject: &Subject<'_>,
    origins: &ValueOrigins,
    trace: &Trace,
    definitions: &[String],
    error: &ExecutionError,
) -> Finding {
    let cause = error.cause.replace(WARNING_START, "").replace(WARNING_END, "");
    let message = if cause.trim().is_empty() {
        "the template fails"
    } else {
        cause.as_str()
    };
    // Texts that `tpl` runs are in no file: their callers are.
    let mut places: Vec<Location> = error
        .frames
        .iter()
        .filter_map(|frame| Some(Location::new(subject.file(&frame.template)?, frame.span)))
        .collect();
    places.dedup();
    let mut places = places.into_iter();
    let primary = places.next().unwrap_or_else(|| chart_location(subject.chart));
    let mut finding = Finding::new(Rule::TemplateRender, primary, message);
    let Some(innermost) = error.frames.first() else {
        return finding;
    };
    if subject.file(&innermost.template).is_none() {
        finding = finding.with_note(format!("in a text that `tpl` runs, at `{}`", innermost.node));
    }
    let callers: Vec<Location> = places.collect();
    for caller in callers.iter().take(MAX_CALLERS) {
        finding = finding.with_related("called from here", Place::Shown(caller.clone()));
    }
    if let Some(more) = callers.len().checked_sub(MAX_CALLERS).filter(|&more| more > 0) {
        finding = finding.with_note(format!("and {more} more callers"));
    }
    let reads = values_read(subject, origins, trace, innermost);
    for read in reads.iter().take(MAX_VALUES) {
        finding = show_value(origins, read, finding);
    }
    finding
        .help
        .extend(advice(&cause, innermost, origins, &reads, definitions, subject));
    finding
}

/// A value that the failing line read.
struct ReadValue {
    /// From the top chart's values.
    path: Vec<String>,
    is_found: bool,
    siblings: Vec<String>,
}

impl ReadValue {
    fn dotted(&self) -> String {
        self.path.join(".")
    }
}

fn values_read(subject: &Subject<'_>, origins: &ValueOrigins, trace: &Trace, frame: &ErrorFrame) -> Vec<ReadValue> {
    let source = template_source(subject.chart, &frame.template).unwrap_or_default();
    let source = SourceFile::new(frame.template.as_str(), source.as_bytes());
    let is_on_line = |read: &&Read| {
        read.template.as_bytes() == frame.template.as_bytes() && source.position(read.position).line == frame.line
    };
    let mut values: Vec<ReadValue> = Vec::new();
    for read in trace.reads.iter().filter(is_on_line) {
        let Some(parent) = origins.path_of(read.map) else {
            continue;
        };
        let mut path = parent.to_vec();
        path.push(read.key.to_string());
        let siblings = subject_keys(subject, parent);
        values.retain(|value| value.path != path && !path.starts_with(&value.path));
        values.push(ReadValue {
            path,
            is_found: read.is_found,
            siblings,
        });
    }
    // What is not there is looked at first.
    sort_by_key(&mut values, |value| value.is_found);
    values
}

/// Keys beside a value, in all that is given.
fn subject_keys(subject: &Subject<'_>, parent: &[String]) -> Vec<String> {
    let mut at = crate::engine::values::coalesce_values(subject.chart, subject.values, &mut Vec::new()).ok();
    for key in parent {
        at = match at.and_then(|map| map.get(key.as_bytes())) {
            Some(crate::engine::template::Value::Map(inner)) => Some(inner),
            _ => None,
        };
    }
    let keys = at.map(|map| map.snapshot()).unwrap_or_default();
    keys.iter().map(|(key, _)| key.to_string()).collect()
}

fn show_value(origins: &ValueOrigins, value: &ReadValue, finding: Finding) -> Finding {
    let dotted = value.dotted();
    let name = value.path.last().map(String::as_str).unwrap_or_default();
    let is = if value.is_found { "set" } else { "null" };
    match origins.find(&value.path) {
        Some(Place::Named(location)) if !may_name_secret(name) => {
            finding.with_related(format!("`{dotted}` is {is} here"), Place::Shown(location))
        }
        Some(Place::Flag(flag)) => finding.with_note(format!("`{dotted}` is {is} by {flag}")),
        Some(place) => finding.with_note(format!("`{dotted}` is {is} at {}", place.name())),
        None if value.is_found => finding.with_note(format!("`{dotted}` is set by the chart's templates or defaults")),
        None => {
            let files: Vec<&str> = origins.files().collect();
            let places = if files.is_empty() {
                "there are no values files".to_owned()
            } else {
                format!("looked in {}", files.join(", "))
            };
            finding.with_note(format!("`{dotted}` is not set: {places}"))
        }
    }
}

fn advice(
    cause: &str,
    frame: &ErrorFrame,
    origins: &ValueOrigins,
    reads: &[ReadValue],
    definitions: &[String],
    subject: &Subject<'_>,
) -> Option<String> {
    let missing = reads.iter().find(|read| !read.is_found);
    if let Some(missing) = missing {
        let name = missing.path.last()?;
        let parent = missing.path.get(..missing.path.len() - 1).unwrap_or_default();
        if let Some(near) = nearest(name, missing.siblings.iter().map(String::as_str)) {
            let mut path = parent.to_vec();
            path.push(near.to_owned());
            let place = origins
                .find(&path)
                .map(|place| format!(" ({})", place.name()))
                .unwrap_or_default();
            return Some(format!("did you mean `{}`?{place}", path.join(".")));
        }
        let dotted = missing.dotted();
        if cause.contains("nil pointer evaluating") {
            return Some(format!(
                "set `{dotted}` in a values file, or guard the access: `{{{{ with … }}}}`, `dig`, `default`"
            ));
        }
        return Some(format!("set it in a values file or with `--set {dotted}=…`"));
    }
    if let Some(name) = quoted_after(cause, "no template ") {
        return Some(match nearest(&name, definitions.iter().map(String::as_str)) {
            Some(near) => format!("there is a definition `{near}`"),
            None => missing_below(subject.chart).unwrap_or_else(|| {
                "no file of the chart or its subcharts defines it; is the library chart in charts/?".to_owned()
            }),
        });
    }
    if let Some(name) = quoted_after(cause, "function ") {
        return nearest(&name, functions::names()).map(|near| format!("there is a function `{near}`"));
    }
    let hints = [
        ("nested reference name", "a definition includes itself without an end"),
        (
            "nil pointer evaluating",
            "the value before the last dot is null: guard the access with `with` or `default`",
        ),
        (
            "wrong type for value; expected string",
            "convert the value: `toString`, `quote` or `toYaml`",
        ),
        (
            "wrong type for value",
            "the value has another type than the function takes: check it in the values file",
        ),
        (
            "wrong number of args",
            "count the arguments; a pipeline passes what is before the `|` as the last one",
        ),
        (
            "can't evaluate field",
            "what stands before the dot has no such field: a list or text instead of a map?",
        ),
        ("range can't iterate over", "`range` needs a list, a map or a number"),
        (
            "incompatible types for comparison",
            "compare values of one type: `eq (toString .a) \"1\"`",
        ),
        ("bytes of output", "a loop writes without an end"),
        (
            "the rendering exceeds the limit",
            "loop over fewer items, or make smaller texts and lists; docs/limits.md lists the limits",
        ),
    ];
    let found = hints.iter().find(|(words, _)| cause.contains(words));
    let known = found.map(|(_, hint)| (*hint).to_owned());
    known.or_else(|| {
        let is_asked =
            frame.node.starts_with("required") || frame.node.starts_with("fail") || frame.node.starts_with("include");
        let says_so = !subject.given.files.is_empty() || reads.is_empty();
        (is_asked && says_so).then(|| "the chart refuses these values in its own words".to_owned())
    })
}
