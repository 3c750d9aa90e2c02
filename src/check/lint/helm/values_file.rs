//! Rules over values.yaml. Follows `pkg/chart/v2/lint/rules/values.go`.

use std::cell::OnceCell;

use crate::engine::functions::yaml_value::map_from_yaml;
use crate::engine::template::{Dict, Map};
use crate::engine::values::{PublishedFiles, SchemaDocuments, coalesce_tables, validate_single_schema};
use crate::text::rule::{Rule, Severity};
use crate::text::source::Span;
use crate::text::yaml;

use super::chart_source::ChartSource;
use super::message::{Messages, Place};
use super::run::LintOptions;

use Severity::{Error, Info};

const FILE: &str = "values.yaml";

/// Checks values.yaml below `overrides`, whose nested tables receive what values.yaml has in them, nulls included: Helm
/// coalesces into the very tables it renders with later.
pub(super) fn check(source: &ChartSource, overrides: &Map, options: &LintOptions, messages: &mut Messages<'_>) {
    if !source.exists(FILE) {
        messages.add(Info, Rule::ValuesFile, FILE, "file does not exist", None);
        return;
    }
    let start = || {
        Some(Place {
            file: FILE.to_owned(),
            span: Span::new(0, 0),
        })
    };
    let text = match source.read(FILE) {
        Ok(text) => text,
        Err(error) => {
            messages.add(
                Error,
                Rule::ValuesFormat,
                FILE,
                format!("unable to parse YAML: {error}"),
                None,
            );
            return;
        }
    };
    let values = match map_from_yaml(&text) {
        Ok(values) => values,
        Err(error) => {
            let error = error.replace("type map[string]interface {}", "type common.Values");
            let offset = yaml::parse_first(&text).err().and_then(|error| error.offset());
            let place = offset
                .map(|at| Place {
                    file: FILE.to_owned(),
                    span: Span::new(at, at),
                })
                .or_else(start);
            messages.add(
                Error,
                Rule::ValuesFormat,
                FILE,
                format!("unable to parse YAML: {error}"),
                place,
            );
            return;
        }
    };
    let coalesced = Map::new(Dict::new());
    coalesce_tables(&coalesced, overrides, &mut messages.notices);
    coalesce_tables(&coalesced, &values, &mut messages.notices);
    let schema = source.read("values.schema.json").unwrap_or_default();
    if schema.is_empty() || options.skip_schema_validation {
        return;
    }
    let chart = OnceCell::new();
    let files = |url: &str| {
        let chart = chart.get_or_init(|| source.load(&mut Vec::new()).ok());
        PublishedFiles::of(chart.as_ref()?).read(url)
    };
    let documents = SchemaDocuments {
        files: &files,
        remote: options.documents.as_deref(),
    };
    if let Err(violation) = validate_single_schema(&coalesced, &schema, &documents) {
        messages.add(Error, Rule::ValuesSchema, FILE, violation.to_string(), start());
    }
}
