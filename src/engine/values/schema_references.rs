//! References of values.schema.json to other documents, which rendering does not fetch.
//!
//! In: a schema and the files of its chart. Out: the schema with the documents it needs. A schema that has a URL as
//! `$id` is published as a whole: documents below the directory of that URL are taken from the chart. Other URLs are
//! left out of the schema, with a warning that this part of the values is not checked; Helm fetches them.

use serde_json::Value as Json;

/// Reads a file of the chart by its name.
pub type ChartFiles<'f> = dyn Fn(&str) -> Option<Vec<u8>> + 'f;

/// Where the library has documents of its own.
const BUILT_IN: [&str; 2] = ["http://json-schema.org/", "https://json-schema.org/"];

/// The documents that a schema needs to be compiled.
pub(super) struct References {
    /// Other documents by their URL.
    pub(super) documents: Vec<(String, Json)>,
    /// Warnings about parts that are not checked.
    pub(super) warnings: Vec<String>,
}

/// Finds the documents of a schema, and removes references that cannot be resolved.
pub(super) fn resolve(schema: &mut Json, files: &ChartFiles<'_>) -> References {
    let mut found = References {
        documents: Vec::new(),
        warnings: Vec::new(),
    };
    let id = schema.get("$id").and_then(Json::as_str).filter(|id| is_remote(id));
    let root = id.map(without_fragment).unwrap_or_default().to_owned();
    let mut search = Search {
        published: root.rsplit_once('/').map_or("", |(directory, _)| directory),
        files,
        found: &mut found,
    };
    search.visit(schema, &root);
    found
}

struct Search<'s> {
    /// The directory of the root's URL; empty when it has none.
    published: &'s str,
    files: &'s ChartFiles<'s>,
    found: &'s mut References,
}

impl Search<'_> {
    fn visit(&mut self, schema: &mut Json, base: &str) {
        match schema {
            Json::Array(items) => items.iter_mut().for_each(|item| self.visit(item, base)),
            Json::Object(keywords) => {
                let id = keywords.get("$id").and_then(Json::as_str);
                let base = id.map_or_else(|| base.to_owned(), |id| join(base, without_fragment(id)));
                let target = keywords.get("$ref").and_then(Json::as_str);
                let url = target.map(|target| join(&base, without_fragment(target)));
                if let Some(url) = url.filter(|url| is_remote(url) && *url != base)
                    && !self.provide(&url)
                {
                    keywords.remove("$ref");
                }
                keywords.values_mut().for_each(|value| self.visit(value, &base));
            }
            _ => {}
        }
    }

    /// Makes a document available to the library; returns whether that was possible.
    fn provide(&mut self, url: &str) -> bool {
        let is_known = self.found.documents.iter().any(|(known, _)| known == url);
        if is_known || BUILT_IN.iter().any(|prefix| url.starts_with(prefix)) {
            return true;
        }
        let name = url
            .strip_prefix(self.published)
            .and_then(|rest| rest.strip_prefix('/'))
            .filter(|_| !self.published.is_empty());
        let document = name
            .and_then(self.files)
            .and_then(|text| serde_json::from_slice::<Json>(&text).ok());
        if let Some(mut document) = document {
            // It counts as known before it is searched: documents may refer to each other.
            let place = self.found.documents.len();
            self.found.documents.push((url.to_owned(), Json::Null));
            self.visit(&mut document, url);
            if let Some((_, placed)) = self.found.documents.get_mut(place) {
                *placed = document;
            }
            return true;
        }
        let warning = format!("values.schema.json: {url} is not fetched, so the values it describes are not checked");
        if !self.found.warnings.contains(&warning) {
            self.found.warnings.push(warning);
        }
        false
    }
}

fn is_remote(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(url, _)| url)
}

/// A reference from the document at `base`, as far as schemas use it: absolute, from the root, or relative.
fn join(base: &str, reference: &str) -> String {
    if reference.is_empty() {
        return base.to_owned();
    }
    let has_scheme = reference.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    });
    if has_scheme {
        return reference.to_owned();
    }
    let Some((scheme, place)) = base.split_once("://") else {
        return reference.to_owned();
    };
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let mut steps: Vec<&str> = match reference.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => path
            .split('/')
            .rev()
            .skip(1)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect(),
    };
    for step in reference.trim_start_matches('/').split('/') {
        match step {
            "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    format!("{scheme}://{host}/{}", steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::values_schema::{SchemaVerdict, validate_single_schema};
    use super::join;
    use crate::engine::functions::yaml_value::map_from_yaml;

    #[test]
    fn references_are_joined_as_urls_are() {
        for (base, reference, expected) in [
            ("http://h/a/b.json", "c.json", "http://h/a/c.json"),
            ("http://h/a/b.json", "../c/./d.json", "http://h/c/d.json"),
            ("http://h/a/b.json", "/d.json", "http://h/d.json"),
            ("http://h/a/b.json", "https://x/y", "https://x/y"),
            ("http://h", "a.json", "http://h/a.json"),
            ("", "a.json", "a.json"),
            ("http://h/a", "", "http://h/a"),
        ] {
            assert_eq!(join(base, reference), expected, "{base} {reference}");
        }
    }

    fn verdict(schema: &str, values: &str) -> SchemaVerdict {
        let files = |name: &str| match name {
            "schemas/count.json" => Some(
                br#"{"definitions": {"count": {"$ref": "more.json"}, "any": {"$ref": "http://other/x#/y"}}}"#.to_vec(),
            ),
            "schemas/more.json" => {
                Some(br#"{"type": "integer", "$defs": {"x": {"$ref": "count.json#/definitions/count"}}}"#.to_vec())
            }
            _ => None,
        };
        let values = map_from_yaml(values.as_bytes()).unwrap();
        validate_single_schema(&values, schema.as_bytes(), &files)
    }

    #[test]
    fn documents_published_beside_the_schema_are_in_the_chart() {
        let schema = r#"{
            "$schema": "http://json-schema.org/draft-07/schema",
            "$id": "http://example.org/charts/values.schema.json",
            "properties": {
                "count": {"$ref": "schemas/count.json#/definitions/count"},
                "more": {"$ref": "http://example.org/charts/schemas/more.json"}
            }
        }"#;
        for (values, expected) in [
            ("count: 2\nmore: 3\n", None),
            ("count: x\n", Some("- at '/count': got string, want integer")),
            ("more: x\n", Some("- at '/more': got string, want integer")),
        ] {
            let found = verdict(schema, values).map_err(|violation| violation.0.trim_end().to_owned());
            assert_eq!(found.err().as_deref(), expected, "{values}");
        }
    }

    #[test]
    fn other_urls_are_not_checked_and_named_once() {
        let schema = r#"{"properties": {
            "a": {"$ref": "https://example.org/x.json#/definitions/a"},
            "b": {"$ref": "https://example.org/x.json#/definitions/b"},
            "c": {"type": "string"}
        }}"#;
        let warnings = verdict(schema, "a: 1\nb: 2\nc: x\n").unwrap();
        assert_eq!(
            warnings,
            [
                "values.schema.json: https://example.org/x.json is not fetched, so the values it describes are not checked"
            ]
        );
        assert!(verdict(schema, "c: 1\n").is_err());
    }
}
