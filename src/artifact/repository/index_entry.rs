//! The entry of a packaged chart, as `helm repo index` writes it.
//!
//! In: Chart.yaml's fields, the archive's name and digest, a time. Out: the fields of the entry, and their lines or JSON. Follows
//! `ChartVersion` in Helm's `pkg/repo/v1/index.go`: empty fields are left out.

use serde_json::{Map as JsonMap, Value as Json, json};

use crate::engine::chart::{Dependency, Metadata};
use crate::engine::functions::{json as go_json, yaml_value};

use super::index_error::{IndexError, broken};
use super::object_name::{object_url, without_plus};

/// A chart version to be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// Name of the chart.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Hex SHA-256 of the archive.
    pub digest: String,
    /// All fields of the entry.
    pub(super) fields: JsonMap<String, Json>,
}

impl IndexEntry {
    /// The entry of a packaged chart, whose archive is the object of a name. `created` is an RFC 3339 time.
    pub fn new(metadata: &Metadata, object: &str, digest: &str, created: &str) -> Self {
        let mut fields = JsonMap::new();
        let texts = [
            ("name", &metadata.name),
            ("home", &metadata.home),
            ("version", &metadata.version),
            ("description", &metadata.description),
            ("icon", &metadata.icon),
            ("apiVersion", &metadata.api_version),
            ("condition", &metadata.condition),
            ("tags", &metadata.tags),
            ("appVersion", &metadata.app_version),
            ("kubeVersion", &metadata.kube_version),
            ("type", &metadata.chart_type),
        ];
        for (field, text) in texts {
            if !text.is_empty() {
                fields.insert(field.to_owned(), json!(text));
            }
        }
        for (field, list) in [("sources", &metadata.sources), ("keywords", &metadata.keywords)] {
            if !list.is_empty() {
                fields.insert(field.to_owned(), json!(list));
            }
        }
        if metadata.deprecated {
            fields.insert("deprecated".to_owned(), json!(true));
        }
        let maintainers: Vec<Json> = metadata
            .maintainers
            .iter()
            .flatten()
            .map(|one| with_texts(&[("name", &one.name), ("email", &one.email), ("url", &one.url)]))
            .collect();
        if !maintainers.is_empty() {
            fields.insert("maintainers".to_owned(), json!(maintainers));
        }
        if let Some(annotations) = &metadata.annotations {
            let entries: JsonMap<String, Json> = annotations
                .iter()
                .map(|(key, value)| (key.clone(), json!(value)))
                .collect();
            fields.insert("annotations".to_owned(), Json::Object(entries));
        }
        let dependencies: Vec<Json> = metadata.declared_dependencies().map(dependency_fields).collect();
        if !dependencies.is_empty() {
            fields.insert("dependencies".to_owned(), json!(dependencies));
        }
        fields.insert("created".to_owned(), json!(created));
        fields.insert("digest".to_owned(), json!(digest));
        fields.insert("urls".to_owned(), json!([object_url(object)]));
        Self {
            name: metadata.name.clone(),
            version: metadata.version.clone(),
            digest: digest.to_owned(),
            fields,
        }
    }

    /// The entry for a server that takes `+` for a space.
    pub(super) fn without_plus(&self) -> Self {
        let mut entry = self.clone();
        if let Some(Json::Array(urls)) = entry.fields.get_mut("urls") {
            for url in urls {
                if let Json::String(url) = url {
                    *url = without_plus(url);
                }
            }
        }
        entry
    }
}

fn with_texts(fields: &[(&str, &String)]) -> Json {
    let entries = fields.iter().filter(|(_, text)| !text.is_empty());
    Json::Object(
        entries
            .map(|(field, text)| ((*field).to_owned(), json!(text)))
            .collect(),
    )
}

fn dependency_fields(dependency: &Dependency) -> Json {
    let mut fields = with_texts(&[
        ("name", &dependency.name),
        ("version", &dependency.version),
        ("condition", &dependency.condition),
        ("alias", &dependency.alias),
    ]);
    if let Some(entries) = fields.as_object_mut() {
        entries.insert("repository".to_owned(), json!(dependency.repository));
        if !dependency.tags.is_empty() {
            entries.insert("tags".to_owned(), json!(dependency.tags));
        }
    }
    fields
}

/// The lines of a YAML list or mapping, each with its line break.
///
/// # Errors
/// When a value cannot be printed as YAML.
pub(super) fn yaml_lines(value: &Json) -> Result<String, IndexError> {
    let value = go_json::from_go_json(value.to_string().as_bytes()).map_err(broken)?;
    let printed = yaml_value::to_yaml(&value).map_err(|error| broken(error.to_string()))?;
    Ok(String::from_utf8_lossy(printed.as_bytes()).into_owned() + "\n")
}

/// A value on one line, which is JSON and YAML.
///
/// # Errors
/// When a value cannot be printed.
pub(super) fn json_line(value: &Json) -> Result<String, IndexError> {
    let value = go_json::from_go_json(value.to_string().as_bytes()).map_err(broken)?;
    let printed = go_json::to_go_json(&value).map_err(broken)?;
    Ok(String::from_utf8_lossy(&printed).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-02T03:04:05Z";

    #[test]
    fn an_entry_has_what_chart_yaml_says_and_no_empty_fields() {
        let chart = "apiVersion: v2\nname: a\nversion: 1.0.0\nhome: h\ndescription: d\nicon: i\nappVersion: '2'\nkubeVersion: '>1'\ntype: application\nsources: [s]\nkeywords: [k]\ndeprecated: true\nmaintainers: [{name: me, url: u}]\nannotations: {x: z}\ndependencies:\n- {name: d, version: 1.x, repository: r, condition: c, alias: e, tags: [t]}\n- {name: f, version: 2.x}\n";
        let file = crate::engine::chart::ChartFile::new("Chart.yaml".to_owned(), chart.as_bytes());
        let metadata = crate::engine::chart::load_files(vec![file]).unwrap().metadata;
        let entry = IndexEntry::new(&metadata, "a-1.0.0.tgz", "aa", NOW);
        assert_eq!(
            Json::Object(entry.fields),
            json!({
                "name": "a", "home": "h", "version": "1.0.0", "description": "d", "icon": "i", "apiVersion": "v2",
                "appVersion": "2", "kubeVersion": ">1", "type": "application", "sources": ["s"], "keywords": ["k"],
                "deprecated": true, "maintainers": [{"name": "me", "url": "u"}], "annotations": {"x": "z"},
                "dependencies": [
                    {"name": "d", "version": "1.x", "condition": "c", "alias": "e", "repository": "r", "tags": ["t"]},
                    {"name": "f", "version": "2.x", "repository": ""},
                ],
                "created": NOW, "digest": "aa", "urls": ["a-1.0.0.tgz"],
            })
        );
    }
}
