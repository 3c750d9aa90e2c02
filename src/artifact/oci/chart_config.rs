//! Chart.yaml as the configuration of a chart's manifest: the JSON that Go makes of Helm's `chart.Metadata`, byte for byte.

use serde_json::{Map as JsonMap, Value as Json, json};

use crate::engine::chart::{Dependency, ImportValue, Maintainer, Metadata};
use crate::text::compact_sort::sort;

/// The configuration of the manifest of a chart with this metadata.
pub fn config_json(metadata: &Metadata) -> Vec<u8> {
    let mut fields = JsonMap::new();
    put_text(&mut fields, "name", &metadata.name);
    put_text(&mut fields, "home", &metadata.home);
    put_list(
        &mut fields,
        "sources",
        metadata.sources.iter().map(|source| json!(source)),
    );
    put_text(&mut fields, "version", &metadata.version);
    put_text(&mut fields, "description", &metadata.description);
    put_list(
        &mut fields,
        "keywords",
        metadata.keywords.iter().map(|keyword| json!(keyword)),
    );
    let maintainers = metadata.maintainers.iter();
    put_list(
        &mut fields,
        "maintainers",
        maintainers.map(|one| one.as_ref().map_or(Json::Null, maintainer)),
    );
    put_text(&mut fields, "icon", &metadata.icon);
    put_text(&mut fields, "apiVersion", &metadata.api_version);
    put_text(&mut fields, "condition", &metadata.condition);
    put_text(&mut fields, "tags", &metadata.tags);
    put_text(&mut fields, "appVersion", &metadata.app_version);
    if metadata.deprecated {
        fields.insert("deprecated".to_owned(), json!(true));
    }
    let mut annotations = metadata.annotations.clone().unwrap_or_default();
    sort(&mut annotations);
    if !annotations.is_empty() {
        let annotations: JsonMap<String, Json> = annotations
            .into_iter()
            .map(|(key, value)| (key, json!(value)))
            .collect();
        fields.insert("annotations".to_owned(), Json::Object(annotations));
    }
    put_text(&mut fields, "kubeVersion", &metadata.kube_version);
    let dependencies = metadata.dependencies.iter();
    put_list(
        &mut fields,
        "dependencies",
        dependencies.map(|one| one.as_ref().map_or(Json::Null, dependency)),
    );
    put_text(&mut fields, "type", &metadata.chart_type);
    go_json(&Json::Object(fields))
}

/// JSON as Go writes it, which escapes what HTML would read.
pub(super) fn go_json(value: &Json) -> Vec<u8> {
    let mut escaped = String::new();
    for character in value.to_string().chars() {
        match character {
            // In JSON, these occur in texts only.
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => escaped.push_str(&format!("\\u{:04x}", u32::from(character))),
            character => escaped.push(character),
        }
    }
    escaped.into_bytes()
}

fn put_text(fields: &mut JsonMap<String, Json>, field: &str, text: &str) {
    if !text.is_empty() {
        fields.insert(field.to_owned(), json!(text));
    }
}

fn put_list(fields: &mut JsonMap<String, Json>, field: &str, items: impl Iterator<Item = Json>) {
    let items: Vec<Json> = items.collect();
    if !items.is_empty() {
        fields.insert(field.to_owned(), Json::Array(items));
    }
}

fn maintainer(one: &Maintainer) -> Json {
    let mut fields = JsonMap::new();
    put_text(&mut fields, "name", &one.name);
    put_text(&mut fields, "email", &one.email);
    put_text(&mut fields, "url", &one.url);
    Json::Object(fields)
}

fn dependency(one: &Dependency) -> Json {
    let mut fields = JsonMap::new();
    fields.insert("name".to_owned(), json!(one.name));
    put_text(&mut fields, "version", &one.version);
    fields.insert("repository".to_owned(), json!(one.repository));
    put_text(&mut fields, "condition", &one.condition);
    put_list(&mut fields, "tags", one.tags.iter().map(|tag| json!(tag)));
    if one.enabled {
        fields.insert("enabled".to_owned(), json!(true));
    }
    let imports = one.import_values.iter().map(|import| match import {
        ImportValue::Export(path) => json!(path),
        ImportValue::Table { child, parent } => json!({"child": child, "parent": parent}),
        ImportValue::Other(text) => json!(text),
    });
    put_list(&mut fields, "import-values", imports);
    put_text(&mut fields, "alias", &one.alias);
    Json::Object(fields)
}
