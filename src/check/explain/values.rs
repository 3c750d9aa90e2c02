//! Values that do not match their values.schema.json, and schemas that are broken themselves.

use super::value_origins::{Given, ValueOrigins};
use super::{is_secret, yaml_fault};
use crate::check::finding::{Finding, Location, Place};
use crate::engine::chart::Chart;
use crate::engine::template::Map;
use crate::engine::values::{UserValuesError, coalesce_values};
use crate::text::json_pointer;
use crate::text::rule::Rule;
use crate::text::source::SourceFile;

const SCHEMA: &str = "values.schema.json";

/// A finding for each value that a schema refuses, at the line that sets the value; and one for each schema that is broken, at
/// its own line. `message` is Helm's text: for each chart its name, then what is wrong.
pub fn explain_schema(chart: &Chart, values: &Map, given: &Given, message: &str) -> Vec<Finding> {
    let Ok(values) = coalesce_values(chart, values, &mut Vec::new()) else {
        return Vec::new();
    };
    let origins = ValueOrigins::new(chart, &values, given);
    let mut at = (chart, Vec::new());
    let mut findings: Vec<Finding> = Vec::new();
    // Indentation of the alternatives that a finding is about: what is deeper belongs to it.
    let mut group: Option<usize> = None;
    for line in message.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(found) = line.strip_suffix(':').and_then(|name| find_chart(chart, name)) {
            at = found;
            group = None;
            continue;
        }
        let (owner, prefix) = &at;
        let indentation = line.len() - line.trim_start().len();
        if group.is_some_and(|outer| indentation > outer) {
            if let Some(finding) = findings.last_mut() {
                finding
                    .notes
                    .push(line.trim_start().trim_start_matches("- ").to_owned());
            }
            continue;
        }
        group = None;
        let refused = line
            .trim_start()
            .strip_prefix("- at '")
            .and_then(|rest| rest.split_once("': "));
        match refused {
            // What fails follows, each part on its own.
            Some((_, "validation failed" | "'allOf' failed")) => {}
            Some((pointer, words)) => {
                let keys = pointer
                    .split('/')
                    .skip(1)
                    .map(|step| json_pointer::unescape(step).into_owned());
                let path: Vec<String> = prefix.iter().cloned().chain(keys).collect();
                findings.push(refused_value(chart, &origins, &path, words));
                group = Some(indentation);
            }
            None if line.starts_with("values don't meet the specifications") => {}
            None if line.starts_with("invalid type for values") => {
                findings.push(refused_value(chart, &origins, prefix, line));
            }
            None => findings.push(broken_schema(owner, line)),
        }
    }
    findings
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
    let message = if dotted.is_empty() {
        format!("the values do not match {SCHEMA}: {words}")
    } else {
        format!("`{dotted}` does not match {SCHEMA}: {words}")
    };
    let is_secret = path.iter().any(|key| is_secret(key));
    let own_values = || Location::whole(chart.source_file("values.yaml"));
    let finding = match origins.find_nearest(path) {
        Some(Place::Named(location)) => Finding::new(Rule::ValuesSchema, location, message),
        Some(place) => Finding::new(Rule::ValuesSchema, own_values(), message).with_related("set by", place),
        None => Finding::new(Rule::ValuesSchema, own_values(), message)
            .with_help("no values file sets it: set it, or remove it from `required` in the schema"),
    };
    finding.hidden_if(is_secret)
}

/// A schema that is not JSON, or not a schema.
fn broken_schema(chart: &Chart, words: &str) -> Finding {
    let file = chart.source_file(SCHEMA);
    let location = match serde_json::from_slice::<serde_json::Value>(file.text()) {
        Ok(_) => Location::whole(file),
        Err(error) => {
            // The library counts columns in bytes, from 1.
            let line = file.line_start(u32::try_from(error.line()).unwrap_or(1));
            let column = error.column().saturating_sub(1);
            Location::at(file, line as usize + column)
        }
    };
    Finding::new(
        Rule::ValuesSchema,
        location,
        format!("{SCHEMA} cannot be used: {}", words.trim()),
    )
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
