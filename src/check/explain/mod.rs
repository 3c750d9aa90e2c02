//! Why a chart cannot be loaded or rendered, as findings: the place, the callers, the values that were read and where they come
//! from, and what to do. Nothing here runs unless something failed.

mod chart_file;
#[cfg(test)]
mod explain_tests;
mod manifest;
mod place;
mod schema_place;
mod secrets;
mod template;
mod value_origins;
mod values;

use crate::check::finding::{Finding, Location};
use crate::engine::chart::Chart;
use crate::engine::render::{Capabilities, Release};
use crate::engine::template::{Map, Options};
use crate::text::rule::Rule;
use crate::text::source::{SourceFile, Span};
use crate::text::yaml::{self, YamlError};

pub use chart_file::{explain_kube_version, explain_load, explain_missing_dependencies, explain_neighbour};
pub use manifest::{broken_manifest, explain_manifests};
pub use place::{template_place, values_of_line};
pub use secrets::{hidden, notice_lines, secrets_of_chart, secrets_of_values};
pub use template::{explain_failures, explain_templates};
pub use value_origins::{Given, ValueOrigins};
pub use values::{explain_schema, explain_unchecked, explain_user_values, explain_values_file};

/// A rendering that failed, and all that went into it.
pub struct Subject<'a> {
    /// The chart, its dependencies processed.
    pub chart: &'a Chart,
    /// What the user gave.
    pub given: &'a Given,
    /// That, merged.
    pub values: &'a Map,
    /// The release.
    pub release: &'a Release,
    /// The cluster that is assumed.
    pub capabilities: &'a Capabilities,
    /// How it was rendered.
    pub options: Options,
}

impl Subject<'_> {
    /// A template's file, by its name in the set. None for texts that `tpl` runs: they are in no file.
    fn file(&self, template: &str) -> Option<SourceFile> {
        self.chart.template_file(template)
    }
}

/// The line number in a YAML error's text, `… line 3: …`, from 1.
fn yaml_line(message: &str) -> Option<u32> {
    let rest = message.rsplit_once("line ").map(|(_, rest)| rest)?;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    rest.get(..digits)?.parse().ok()
}

/// Where a text stops being YAML, or a value; Helm's text does not always say it.
fn yaml_fault_span(file: &SourceFile, message: &str) -> Option<Span> {
    let text = file.text();
    let error = yaml::parse_all(text).map(drop).and_then(|()| {
        // Duplicate keys and the like are found only on the way to a value.
        yaml::json_from_bytes_strict(text).map(drop)
    });
    let offset = error.err().as_ref().and_then(YamlError::offset);
    match (offset, yaml_line(message)) {
        (Some(offset), _) => Some(file.line_span(file.position(offset).line)),
        (None, Some(line)) => Some(file.line_span(line)),
        (None, None) => None,
    }
}

/// A finding for a YAML file that does not parse; `message` is Helm's text.
fn yaml_fault(rule: Rule, file: &SourceFile, message: &str) -> Finding {
    let cause = message.rsplit_once("yaml: ").map_or(message, |(_, cause)| cause);
    let location = match yaml_fault_span(file, message) {
        Some(span) => Location::new(file.clone(), span),
        None if file.text().is_empty() => Location::whole(file.clone()),
        None => Location::new(file.clone(), file.line_span(1)),
    };
    let finding = Finding::new(rule, location, cause);
    if message.contains("into Go value") {
        finding.with_help("the file must be a map of keys and values")
    } else {
        finding.with_help("check quotes, brackets and the indentation of this line and its neighbours")
    }
}
