//! Values that were made up, and that break a chart because they are of the wrong form: that is not a fault of the chart.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;
use serde_json::Value as Json;

use crate::check::coverage::ValuePath;
use crate::check::finding::Finding;
use crate::text::rule::Rule;

use super::causes::Cause;
use super::setting::{Chosen, Setting, Settings, value_at};

/// Rules whose verdict is about a value alone, whatever else the chart sets.
const ABOUT_VALUES: &[Rule] = &[
    Rule::Type,
    Rule::Enum,
    Rule::Range,
    Rule::IntegerSize,
    Rule::Quantity,
    Rule::DateTime,
    Rule::Name,
    Rule::Label,
    Rule::Cron,
    Rule::FieldPath,
];

/// Types of values that are neither maps nor lists, as messages name them.
const SCALARS: [&str; 4] = ["string", "integer", "number", "boolean"];

/// The forms of made-up values with which nothing broke, by the paths of the values.
#[derive(Debug, Default)]
pub(super) struct Fitting(HashMap<ValuePath, HashSet<String>, RandomState>);

impl Fitting {
    /// Adds the settings of a trial in which nothing broke.
    pub(super) fn add(&mut self, settings: &Settings) {
        for (path, value) in made_up(settings).filter(|(_, value)| !is_empty(value)) {
            self.0.entry(path.clone()).or_default().insert(form(&value));
        }
    }

    /// Whether a cause is that a value was made up in the wrong form: another form fits, or the API server refuses the value itself, which
    /// the template passes on as it is. `values` are those that the chart has: where one is a number, another number is of the right form.
    pub(super) fn is_misfit(&self, cause: &Cause, values: &Json) -> bool {
        cause.settings.chosen() == Chosen::MadeUp
            && made_up(&cause.settings).any(|(path, value)| {
                let has_other_form = self
                    .0
                    .get(path)
                    .is_some_and(|forms| !is_empty(&value) && !forms.contains(&form(&value)));
                let is_number = value.is_number() && value_at(values, path).is_some_and(Json::is_number);
                let is_about = |finding: &Finding| {
                    let is_of_form = is_number && finding.rule == Rule::Type.into();
                    !is_of_form && is_about(finding, &value)
                };
                has_other_form || cause.findings.iter().all(is_about)
            })
    }
}

/// The values that the chart does not speak of.
fn made_up(settings: &Settings) -> impl Iterator<Item = (&ValuePath, Json)> {
    settings.iter().filter_map(|setting| match setting {
        Setting::Value { path, json, chosen } if *chosen == Chosen::MadeUp => {
            Some((path, serde_json::from_str(json).ok()?))
        }
        _ => None,
    })
}

/// The type of a value, and of what is in a list.
fn form(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(_) => "boolean".to_owned(),
        Json::Number(_) => "number".to_owned(),
        Json::String(_) => "text".to_owned(),
        Json::Object(_) => "map".to_owned(),
        Json::Array(items) => {
            let inner = items.first().map(form);
            format!("list of {}", inner.unwrap_or_default())
        }
    }
}

/// Whether a value is none, which is not a form that another could stand for.
fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(entries) => entries.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

/// Whether a finding is about a field that has just this text.
fn is_about(finding: &Finding, value: &Json) -> bool {
    let text = match value {
        Json::String(text) if !text.is_empty() => text.clone(),
        Json::Bool(_) | Json::Number(_) => value.to_string(),
        _ => return false,
    };
    // Where a map or a list is wanted, no other text or number would do.
    let wants_scalar = finding.rule.rule != Rule::Type
        || finding
            .message
            .split_once("want ")
            .is_some_and(|(_, wanted)| SCALARS.iter().any(|scalar| wanted.contains(scalar)));
    let is_about_value = ABOUT_VALUES.contains(&finding.rule.rule) && wants_scalar;
    let rendered = finding.rendered.as_deref().unwrap_or_default();
    let field = rendered.split_once(": ").map_or(rendered, |(_, field)| field);
    let field = field.trim_start_matches("- ").trim_matches(['"', '\'', ' ']);
    is_about_value && field == text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::finding::Location;
    use crate::text::source::SourceFile;

    fn settings(path: &str, value: &Json, chosen: Chosen) -> Settings {
        Settings::one(Setting::Value {
            path: vec![path.to_owned()],
            json: value.to_string(),
            chosen,
        })
    }

    #[test]
    fn values_of_the_wrong_form_are_not_faults_of_the_chart() {
        let mut fitting = Fitting::default();
        for (path, value) in [
            ("name", json!("example")),
            ("list", json!([{}])),
            ("replicas", json!(3)),
            ("map", json!({"a": 1})),
            ("map", json!("")),
        ] {
            fitting.add(&settings(path, &value, Chosen::MadeUp));
        }
        let cause = |path: &str, value: &Json, chosen: Chosen, rule: Rule, rendered: &str| {
            let at = Location::whole(SourceFile::new("a.yaml", b"a".as_slice()));
            let wanted = if path == "text" {
                "want null or object"
            } else {
                "want null or integer"
            };
            let mut finding = Finding::new(rule, at, format!("got string, {wanted}"));
            finding.rendered = Some(rendered.to_owned());
            Cause {
                settings: settings(path, value, chosen),
                shown_by: vec![settings(path, value, chosen)],
                findings: vec![finding],
                others: Vec::new(),
            }
        };
        let render = Rule::TemplateRender;
        let values = json!({"size": 1, "count": "1"});
        for (path, value, rule, rendered, is_misfit) in [
            ("name", json!(true), render, "", true),
            ("name", json!("other"), render, "", false),
            ("name", json!(null), render, "", false),
            ("list", json!(["example"]), render, "", true),
            ("list", json!([{"a": 1}]), render, "", false),
            ("list", json!([]), render, "", false),
            ("replicas", json!(0), render, "", false),
            ("unknown", json!(true), render, "", false),
            ("map", json!("example"), render, "", true),
            ("type", json!("example"), Rule::Enum, "type: example", true),
            ("type", json!("example"), Rule::Enum, "- type: \"example\"", true),
            ("type", json!("example"), Rule::Enum, "type: example-1", false),
            ("number", json!("example"), Rule::Type, "number: example", true),
            ("text", json!("example"), Rule::Type, "text: example", false),
            // The chart has a number there, and with another it breaks: no number would do.
            ("size", json!(4), Rule::Type, "size: 4", false),
            ("count", json!(4), Rule::Type, "count: 4", true),
            ("port", json!(30_080), Rule::Range, "nodePort: 30080", true),
            ("port", json!(30_080), Rule::Forbidden, "nodePort: 30080", false),
        ] {
            let made = cause(path, &value, Chosen::MadeUp, rule, rendered);
            assert_eq!(
                fitting.is_misfit(&made, &values),
                is_misfit,
                "{path} {value} {rendered}"
            );
            let of_chart = cause(path, &value, Chosen::OfChart, rule, rendered);
            assert!(!fitting.is_misfit(&of_chart, &values));
        }
    }
}
