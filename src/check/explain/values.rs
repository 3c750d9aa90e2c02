//! Values that do not match their values.schema.json, and schemas that are broken themselves.

use super::schema_place::{fault_place, reference_place};
use super::secrets::{hidden, secrets_of};
use super::value_origins::{Given, ValueOrigins, find_nearest_in};
use super::yaml_fault;
use crate::check::finding::{Finding, Location, Place, may_name_secret, without_value};
use crate::engine::chart::{Chart, Notice};
use crate::engine::template::Map;
use crate::engine::values::{UserValuesError, coalesce_values};
use crate::text::json_pointer;
use crate::text::rule::Rule;
use crate::text::source::SourceFile;

const SCHEMA: &str = "values.schema.json";

/// A finding for each value that a schema refuses, at the line that sets the value; and one for each schema that is broken, at
/// its own line. `message` is Helm's text: for each chart its name, then what is wrong.
pub fn explain_schema(chart: &Chart, values: &Map, given: &Given, message: &str) -> Vec<Finding> {
    let secrets = secrets_of(chart, given, values);
    let Ok(values) = coalesce_values(chart, values, &mut Vec::new()) else {
        return Vec::new();
    };
    let origins = ValueOrigins::new(chart, &values, given);
    let mut findings = Vec::new();
    for complaint in complaints(chart, message) {
        match complaint.lines.split_first() {
            Some((first, details)) if !is_about_values(first) => {
                findings.push(broken_schema(complaint.owner, first, details));
            }
            _ => findings.extend(refused_values(chart, &origins, &complaint)),
        }
    }
    hidden(findings, secrets)
}

/// What the schema of one chart has to say.
struct Complaint<'c, 'm> {
    owner: &'c Chart,
    /// Path of the chart's values among those of the top chart.
    prefix: Vec<String>,
    lines: Vec<&'m str>,
}

/// Helm's text, cut at the names of charts.
fn complaints<'c, 'm>(chart: &'c Chart, message: &'m str) -> Vec<Complaint<'c, 'm>> {
    let mut complaints = vec![Complaint {
        owner: chart,
        prefix: Vec::new(),
        lines: Vec::new(),
    }];
    for line in message.lines().filter(|line| !line.trim().is_empty()) {
        if line.starts_with("values don't meet the specifications") {
            continue;
        }
        match line.strip_suffix(':').and_then(|name| find_chart(chart, name)) {
            Some((owner, prefix)) => complaints.push(Complaint {
                owner,
                prefix,
                lines: Vec::new(),
            }),
            None => complaints.last_mut().into_iter().for_each(|last| last.lines.push(line)),
        }
    }
    complaints
}

/// Whether a line is about values, and not about the schema itself.
fn is_about_values(line: &str) -> bool {
    line.trim_start().starts_with("- at '") || line.starts_with("invalid type for values")
}

/// A line `- at '/a/b': what is wrong`, as the steps of the path and what is wrong.
fn place_and_words(line: &str) -> Option<(Vec<String>, &str)> {
    let (pointer, words) = line.trim_start().strip_prefix("- at '")?.split_once("': ")?;
    let steps = pointer.split('/').skip(1);
    Some((
        steps.map(|step| json_pointer::unescape(step).into_owned()).collect(),
        words,
    ))
}

fn refused_values(chart: &Chart, origins: &ValueOrigins, complaint: &Complaint<'_, '_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    // Indentation of the alternatives that a finding is about: what is deeper belongs to it.
    let mut group: Option<usize> = None;
    for line in &complaint.lines {
        let indentation = line.len() - line.trim_start().len();
        let refused = place_and_words(line);
        if group.is_some_and(|outer| indentation > outer) {
            if let Some(finding) = findings.last_mut() {
                finding.notes.push(note_of(line, refused.as_ref()));
            }
            continue;
        }
        group = None;
        match refused {
            // What fails follows, each part on its own.
            Some((_, "validation failed" | "'allOf' failed")) => {}
            Some((steps, words)) => {
                let path: Vec<String> = complaint.prefix.iter().cloned().chain(steps).collect();
                findings.push(refused_value(chart, origins, &path, words));
                group = Some(indentation);
            }
            None => findings.push(refused_value(chart, origins, &complaint.prefix, line)),
        }
    }
    findings
}

/// One of the alternatives of a refused value.
fn note_of(line: &str, refused: Option<&(Vec<String>, &str)>) -> String {
    match refused {
        Some((steps, words)) if may_be_secret(steps) => {
            let pointer = pointer(steps);
            format!("at '{pointer}': {}", without_value(words))
        }
        _ => line.trim_start().trim_start_matches("- ").to_owned(),
    }
}

fn pointer(steps: &[String]) -> String {
    let mut pointer = String::new();
    for step in steps {
        pointer.push('/');
        pointer.push_str(step);
    }
    pointer
}

fn may_be_secret(path: &[String]) -> bool {
    path.iter().any(|key| may_name_secret(key))
}

/// The chart of that name among a chart and those below it, with the path of its values.
fn find_chart<'c>(chart: &'c Chart, name: &str) -> Option<(&'c Chart, Vec<String>)> {
    if chart.name() == name {
        return Some((chart, Vec::new()));
    }
    chart.dependencies.iter().find_map(|subchart| {
        let (found, inner) = find_chart(subchart, name)?;
        let mut path = vec![subchart.name().to_owned()];
        path.extend(inner);
        Some((found, path))
    })
}

fn refused_value(chart: &Chart, origins: &ValueOrigins, path: &[String], words: &str) -> Finding {
    let dotted = path.join(".");
    let is_secret = may_be_secret(path);
    let words = if is_secret {
        without_value(words)
    } else {
        words.to_owned()
    };
    let message = if dotted.is_empty() {
        format!("the values do not match {SCHEMA}: {words}")
    } else {
        format!("`{dotted}` does not match {SCHEMA}: {words}")
    };
    let own_values = || Location::whole(chart.source_file("values.yaml"));
    let finding = match origins.find_nearest(path) {
        Some(Place::Named(location)) => Finding::new(Rule::ValuesSchema, location, message),
        Some(place) => Finding::new(Rule::ValuesSchema, own_values(), message).with_related("set by", place),
        None => {
            let finding = Finding::new(Rule::ValuesSchema, own_values(), message);
            if words.starts_with("missing propert") {
                finding.with_help("no values file sets it: set it, or remove it from `required` in the schema")
            } else {
                finding
            }
        }
    };
    finding.hidden_if(is_secret)
}

/// A schema that is not JSON, or not a schema; `details` are what the schema of schemas refuses.
fn broken_schema(chart: &Chart, words: &str, details: &[&str]) -> Finding {
    let file = chart.source_file(SCHEMA);
    let location = match serde_json::from_slice::<serde::de::IgnoredAny>(file.text()) {
        Ok(_) => Location::whole(file.clone()),
        Err(error) => {
            // The library counts columns in bytes, from 1.
            let line = file.line_start(u32::try_from(error.line()).unwrap_or(1));
            let column = error.column().saturating_sub(1);
            Location::at(file.clone(), line as usize + column)
        }
    };
    // The first that says what is wrong; those above it say that something below them is.
    let cause = details
        .iter()
        .filter_map(|line| place_and_words(line))
        .find(|(_, words)| !words.ends_with(" failed"));
    let Some((steps, cause)) = cause else {
        let message = format!("{SCHEMA} cannot be used: {}", words.trim());
        let place = fault_place(&file, words.trim()).unwrap_or(location);
        let finding = Finding::new(Rule::ValuesSchema, place, message);
        return if words.contains("HTTP request") {
            finding.with_help("where that host cannot be reached, leave out what it describes with `--offline`")
        } else {
            finding
        };
    };
    let pointer = pointer(&steps);
    let at = if pointer.is_empty() {
        pointer
    } else {
        format!("{pointer}: ")
    };
    let place = find_nearest_in(&file, &steps).unwrap_or(location);
    let message = format!("{SCHEMA} is not a JSON schema: {at}{cause}");
    let mut finding = Finding::new(Rule::ValuesSchema, place, message);
    finding.notes.push(words.trim().to_owned());
    let trimmed = details.iter().map(|line| line.trim_start().trim_start_matches("- "));
    finding.notes.extend(trimmed.map(str::to_owned));
    finding
}

/// A finding for each address that a schema refers to and that was not fetched, once for all charts; `notices` are those of
/// the rendering.
pub fn explain_unchecked(chart: &Chart, notices: &[Notice]) -> Vec<Finding> {
    let urls = notices.iter().filter_map(|notice| match notice {
        Notice::UncheckedSchema(url) => Some(url),
        _ => None,
    });
    urls.map(|url| {
        let location = unchecked_place(chart, url).unwrap_or_else(|| Location::whole(chart.source_file(SCHEMA)));
        let message = format!("{url} is not fetched, so the values it describes are not checked");
        Finding::new(Rule::ValuesSchemaUnchecked, location, message)
            .with_help("fetch it with `--fetch-schemas`, or put it into the chart beside the schema's `$id`")
    })
    .collect()
}

/// The reference to a URL in the schema of a chart or of one below it.
fn unchecked_place(chart: &Chart, url: &str) -> Option<Location> {
    let own = chart
        .schema
        .as_ref()
        .and_then(|_| reference_place(&chart.source_file(SCHEMA), url));
    own.or_else(|| {
        chart
            .dependencies
            .iter()
            .find_map(|subchart| unchecked_place(subchart, url))
    })
}

/// A values file that does not parse, at the place where it stops making sense.
pub fn explain_values_file(file: &SourceFile, message: &str) -> Finding {
    yaml_fault(Rule::ValuesFormat, file, message)
}

/// Values of the command line that cannot be read; `file` gives a values file by its name.
pub fn explain_user_values(error: &UserValuesError, file: impl FnOnce(&str) -> Option<SourceFile>) -> Option<Finding> {
    match error {
        UserValuesError::File { file: name, message } => Some(explain_values_file(&file(name)?, message)),
        _ => None,
    }
}
