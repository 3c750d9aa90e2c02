//! Patterns of a values.schema.json in the dialect of `boon`: it reads a class as the `regex` crate does, where `[` begins
//! another class and `&&` and `~~` are operations on classes. To Go, and so to Helm, they are plain characters. In: a schema. Out:
//! the same schema with those characters escaped; messages get the author's patterns back.

use serde_json::{Map, Value as Json};

use crate::kubernetes::json_schema::quote;
use crate::text::go;

/// Keywords whose value is a map of schemas by names that mean nothing.
const SCHEMAS_BY_NAME: [&str; 5] = ["properties", "definitions", "$defs", "dependentSchemas", "dependencies"];
/// Keywords whose value is data.
const DATA: [&str; 4] = ["const", "enum", "default", "examples"];

/// The patterns that were rewritten.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rewritten(Vec<(String, String)>);

impl Rewritten {
    /// A message with the patterns as their author wrote them.
    pub(super) fn restore(&self, message: String) -> String {
        self.0.iter().fold(message, |message, (written, original)| {
            let in_go = |text: &str| go::quote::quote(text.as_bytes());
            message
                .replace(&quote(written), &quote(original))
                .replace(&in_go(written), &in_go(original))
        })
    }

    fn add(&mut self, original: &str) -> Option<String> {
        let written = escaped(original)?;
        self.0.push((written.clone(), original.to_owned()));
        Some(written)
    }
}

/// Rewrites the patterns of a schema and of all schemas in it.
pub(super) fn rewrite_patterns(schema: &mut Json) -> Rewritten {
    let mut rewritten = Rewritten::default();
    visit(schema, &mut rewritten);
    rewritten
}

fn visit(schema: &mut Json, rewritten: &mut Rewritten) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(|item| visit(item, rewritten)),
        Json::Object(keywords) => {
            for (name, value) in keywords.iter_mut() {
                match (name.as_str(), value) {
                    ("pattern", Json::String(pattern)) => {
                        if let Some(written) = rewritten.add(pattern) {
                            *pattern = written;
                        }
                    }
                    ("patternProperties", Json::Object(schemas)) => {
                        let renamed: Map<String, Json> = std::mem::take(schemas)
                            .into_iter()
                            .map(|(pattern, schema)| (rewritten.add(&pattern).unwrap_or(pattern), schema))
                            .collect();
                        *schemas = renamed;
                        schemas.values_mut().for_each(|schema| visit(schema, rewritten));
                    }
                    (name, Json::Object(schemas)) if SCHEMAS_BY_NAME.contains(&name) => {
                        schemas.values_mut().for_each(|schema| visit(schema, rewritten));
                    }
                    (name, value) if !DATA.contains(&name) => visit(value, rewritten),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// The pattern with the characters escaped that mean something in classes to the `regex` crate alone; `None` if there are none.
pub(super) fn escaped(pattern: &str) -> Option<String> {
    let mut written = String::with_capacity(pattern.len() + 4);
    let mut rest = pattern.chars();
    let mut is_in_class = false;
    while let Some(character) = rest.next() {
        let mut after = rest.clone();
        match character {
            '\\' => {
                written.push(character);
                written.extend(rest.next());
                continue;
            }
            '[' if !is_in_class => {
                is_in_class = true;
                written.push(character);
                // A bracket that comes first does not close the class.
                for first in ['^', ']'] {
                    if rest.as_str().starts_with(first) {
                        written.extend(rest.next());
                    }
                }
                continue;
            }
            '[' if rest.as_str().starts_with(':') => {
                // `[:alpha:]` is a class to both.
                if let Some(end) = rest.as_str().find(":]") {
                    let name = rest.as_str().get(..end + 2).unwrap_or_default();
                    written.push(character);
                    written.push_str(name);
                    rest = rest.as_str().get(end + 2..).unwrap_or_default().chars();
                    continue;
                }
                written.push('\\');
            }
            '[' => written.push('\\'),
            ']' => is_in_class = false,
            '&' | '~' if is_in_class && after.next() == Some(character) => written.push('\\'),
            _ => {}
        }
        written.push(character);
    }
    (written != pattern).then_some(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chart::read_values;
    use crate::engine::values::validate_single_schema;

    #[test]
    fn what_go_takes_literally_is_escaped() {
        for (pattern, want) in [
            ("^[^[]+$", Some(r"^[^\[]+$")),
            ("[a&&b]", Some(r"[a\&&b]")),
            ("[~~]", Some(r"[\~~]")),
            ("[][a]", Some(r"[]\[a]")),
            ("[[:alpha:][]", Some(r"[[:alpha:]\[]")),
            ("[[:a]", Some(r"[\[:a]")),
            (r"\[[^\]]*\]", None),
            ("a&&b[c]&&", None),
            (r"[\[]", None),
            ("[a-z]+", None),
        ] {
            assert_eq!(escaped(pattern).as_deref(), want, "{pattern}");
        }
    }

    #[test]
    fn patterns_are_rewritten_where_they_are_patterns() {
        let mut schema = serde_json::json!({
            "default": {"pattern": "[[]"},
            "properties": {"default": {"pattern": "[[]"}, "pattern": {"const": "[[]"}},
            "patternProperties": {"[[]": {"items": [{"pattern": "[[]"}]}},
        });
        let rewritten = rewrite_patterns(&mut schema);
        let want = serde_json::json!({
            "default": {"pattern": "[[]"},
            "properties": {"default": {"pattern": r"[\[]"}, "pattern": {"const": "[[]"}},
            "patternProperties": {r"[\[]": {"items": [{"pattern": r"[\[]"}]}},
        });
        assert_eq!(schema, want);
        let message = format!("'x' does not match pattern {}", quote(r"[\[]"));
        assert_eq!(rewritten.restore(message), "'x' does not match pattern '[[]'");
    }

    #[test]
    fn values_are_judged_as_helm_does() {
        let schema = br#"{"properties": {"a": {"pattern": "^[^[]+$"}, "b": {"pattern": "^[a&&b]$"}}}"#;
        for (values, want) in [
            ("a: x", Ok(())),
            ("b: '&'", Ok(())),
            ("a: '['", Err("- at '/a': '[' does not match pattern '^[^[]+$'\n")),
            ("b: c", Err("- at '/b': 'c' does not match pattern '^[a&&b]$'\n")),
        ] {
            let values = read_values(values.as_bytes()).unwrap();
            let verdict = validate_single_schema(&values, schema, &|_| None).map(drop);
            assert_eq!(
                verdict.map_err(|refused| refused.0),
                want.map_err(str::to_owned),
                "{values:?}"
            );
        }
    }
}
