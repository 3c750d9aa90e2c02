//! Values that break their values.schema.json.

use super::value_origins::ValueOrigins;
use super::{Subject, is_secret};
use crate::engine::values::coalesce_values;
use crate::text::diagnostic::Diagnostic;
use crate::text::json_pointer;

/// A diagnostic for each place that the schema refuses; `message` is Helm's text, several lines.
pub fn explain_schema(subject: &Subject<'_>, message: &str) -> Vec<Diagnostic> {
    let Ok(values) = coalesce_values(subject.chart, subject.values, &mut Vec::new()) else {
        return Vec::new();
    };
    let origins = ValueOrigins::new(subject.chart, subject.path, &values, subject.given);
    let mut prefix: Vec<String> = Vec::new();
    let mut diagnostics = Vec::new();
    for line in message.lines() {
        if let Some(name) = line.strip_suffix(':').filter(|name| !name.contains(' ')) {
            prefix = chart_path(subject, name);
            continue;
        }
        let Some((pointer, words)) = line
            .trim_start()
            .strip_prefix("- at '")
            .and_then(|rest| rest.split_once("': "))
        else {
            continue;
        };
        let keys = pointer
            .split('/')
            .skip(1)
            .map(|step| json_pointer::unescape(step).into_owned());
        let path: Vec<String> = prefix.iter().cloned().chain(keys).collect();
        diagnostics.push(refused(&origins, &path, words));
    }
    diagnostics
}

/// Where a chart's values stand, by its name.
fn chart_path(subject: &Subject<'_>, name: &str) -> Vec<String> {
    fn find(chart: &crate::engine::chart::Chart, name: &str, path: &mut Vec<String>) -> bool {
        chart.dependencies.iter().any(|subchart| {
            path.push(subchart.name().to_owned());
            let is_found = subchart.name() == name || find(subchart, name, path);
            if !is_found {
                path.pop();
            }
            is_found
        })
    }
    let mut path = Vec::new();
    if name != subject.chart.name() {
        find(subject.chart, name, &mut path);
    }
    path
}

fn refused(origins: &ValueOrigins, path: &[String], words: &str) -> Diagnostic {
    let dotted = path.join(".");
    let title = if dotted.is_empty() {
        format!("the values break values.schema.json: {words}")
    } else {
        format!("`{dotted}` breaks values.schema.json: {words}")
    };
    let mut diagnostic = Diagnostic::new(title);
    // Elements of lists have no place of their own here: the nearest key has.
    let nearest = (1..=path.len())
        .rev()
        .find_map(|length| origins.find(path.get(..length)?));
    match nearest {
        Some(origin) => {
            let is_shown = !path.iter().any(|key| is_secret(key));
            if let Some(excerpt) = origin.excerpt("").filter(|_| is_shown) {
                return diagnostic.at(excerpt);
            }
            diagnostic.notes.push(format!("set at {}", origin.place()));
            diagnostic
        }
        None => diagnostic.with_help("no values file sets it: set it, or take it out of `required`"),
    }
}
