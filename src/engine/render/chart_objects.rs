//! `.Chart`: Chart.yaml under Go's field names, as Helm 4 shows it to templates (a map), or Helm 3 (the struct).

use std::rc::Rc;

use super::struct_object::{Field, StructObject};
use crate::engine::chart::{Compat, Dependency, ImportValue, Metadata};
use crate::engine::template::{List, ListType, Map, MapType, StructField, Text, Value};
use crate::text::ordered::CollectOrdered as _;

/// The map for `.Chart`. `is_root` says whether the chart is not a subchart.
pub(super) fn chart_object(metadata: &Metadata, is_root: bool, compat: Compat) -> Value {
    let fields = chart_fields(metadata, is_root);
    match compat {
        Compat::Helm4 => Value::Map(fields),
        Compat::Helm3 => Value::Object(Rc::new(helm3_chart(&fields, is_root))),
    }
}

const METADATA: [Field; 17] = [
    Field::new("Name", "name"),
    Field::new("Home", "home"),
    Field::new("Sources", "sources"),
    Field::new("Version", "version"),
    Field::new("Description", "description"),
    Field::new("Keywords", "keywords"),
    Field::new("Maintainers", "maintainers"),
    Field::new("Icon", "icon"),
    Field::new("APIVersion", "apiVersion"),
    Field::new("Condition", "condition"),
    Field::new("Tags", "tags"),
    Field::new("AppVersion", "appVersion"),
    Field::new("Deprecated", "deprecated"),
    Field::new("Annotations", "annotations"),
    Field::new("KubeVersion", "kubeVersion"),
    Field::new("Dependencies", "dependencies"),
    Field::new("Type", "type"),
];
const MAINTAINER: [Field; 3] = [
    Field::new("Name", "name"),
    Field::new("Email", "email"),
    Field::new("URL", "url"),
];
const DEPENDENCY: [Field; 8] = [
    Field::always("Name", "name"),
    Field::new("Version", "version"),
    Field::always("Repository", "repository"),
    Field::new("Condition", "condition"),
    Field::new("Tags", "tags"),
    Field::new("Enabled", "enabled"),
    Field::new("ImportValues", "import-values"),
    Field::new("Alias", "alias"),
];

/// Helm 3 shows the struct of Chart.yaml itself, in one with `IsRoot`.
fn helm3_chart(fields: &Map, is_root: bool) -> StructObject {
    let lists = [
        (
            "Maintainers",
            "[]*chart.Maintainer",
            "*chart.Maintainer",
            &MAINTAINER[..],
        ),
        (
            "Dependencies",
            "[]*chart.Dependency",
            "*chart.Dependency",
            &DEPENDENCY[..],
        ),
    ];
    fields.insert(Text::from("Keywords"), strings(fields.get(b"Keywords")));
    fields.insert(Text::from("Sources"), strings(fields.get(b"Sources")));
    if let Some(Value::List(dependencies)) = fields.get(b"Dependencies") {
        for dependency in dependencies.items() {
            if let Value::Map(dependency) = dependency {
                dependency.insert(Text::from("Tags"), strings(dependency.get(b"Tags")));
            }
        }
    }
    for (name, list_type, type_name, names) in lists {
        let maps = fields.get(name.as_bytes()).unwrap_or_default();
        fields.insert(Text::from(name), StructObject::list(list_type, type_name, names, &maps));
    }
    StructObject::new("chart.Metadata", &METADATA, fields).embedded_with(
        "struct { chart.Metadata; IsRoot bool }",
        StructField::new("IsRoot", Value::Bool(is_root)),
    )
}

/// A `[]string`, nil where Chart.yaml has none.
fn strings(list: Option<Value>) -> Value {
    Value::List(match list {
        Some(Value::List(list)) if !list.items().is_empty() => List::typed(ListType::Strings, list.items().to_vec()),
        _ => List::nil(ListType::Strings),
    })
}

fn chart_fields(metadata: &Metadata, is_root: bool) -> Map {
    let maintainers = metadata.maintainers.iter().flatten().map(|maintainer| {
        Value::map_of([
            ("Name", text(&maintainer.name)),
            ("Email", text(&maintainer.email)),
            ("URL", text(&maintainer.url)),
        ])
    });
    let annotations = metadata.annotations.as_ref().map_or_else(
        || Map::nil(MapType::Strings),
        |entries| {
            let entries = entries
                .iter()
                .map(|(key, value)| (Text::from(key.as_str()), text(value)));
            Map::typed(MapType::Strings, entries.collect_map())
        },
    );
    let fields = [
        ("Name", text(&metadata.name)),
        ("Home", text(&metadata.home)),
        ("Sources", texts(&metadata.sources)),
        ("Version", text(&metadata.version)),
        ("Description", text(&metadata.description)),
        ("Keywords", texts(&metadata.keywords)),
        ("Maintainers", Value::list(maintainers.collect())),
        ("Icon", text(&metadata.icon)),
        ("APIVersion", text(&metadata.api_version)),
        ("Condition", text(&metadata.condition)),
        ("Tags", text(&metadata.tags)),
        ("AppVersion", text(&metadata.app_version)),
        ("Deprecated", Value::Bool(metadata.deprecated)),
        ("Annotations", Value::Map(annotations)),
        ("KubeVersion", text(&metadata.kube_version)),
        (
            "Dependencies",
            Value::list(metadata.declared_dependencies().map(dependency_object).collect()),
        ),
        ("Type", text(&metadata.chart_type)),
        ("IsRoot", Value::Bool(is_root)),
    ];
    Map::new(
        fields
            .into_iter()
            .map(|(name, value)| (Text::from(name), value))
            .collect_map(),
    )
}

fn dependency_object(dependency: &Dependency) -> Value {
    let import_values = dependency.import_values.iter().map(|entry| match entry {
        ImportValue::Table { child, parent } => {
            let entries = [(Text::from("child"), text(child)), (Text::from("parent"), text(parent))]
                .into_iter()
                .collect_map();
            Value::Map(Map::typed(MapType::Strings, entries))
        }
        ImportValue::Export(name) | ImportValue::Other(name) => text(name),
    });
    Value::map_of([
        ("Name", text(&dependency.name)),
        ("Version", text(&dependency.version)),
        ("Repository", text(&dependency.repository)),
        ("Condition", text(&dependency.condition)),
        ("Tags", texts(&dependency.tags)),
        ("Enabled", Value::Bool(dependency.enabled)),
        ("ImportValues", Value::List(List::new(import_values.collect()))),
        ("Alias", text(&dependency.alias)),
    ])
}

fn text(text: &str) -> Value {
    Value::str(text)
}

fn texts(texts: &[String]) -> Value {
    Value::list(texts.iter().map(|item| text(item)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::functions::json::to_go_json;

    #[test]
    fn helm_3_always_writes_name_and_repository_of_a_dependency() {
        let metadata = Metadata {
            name: "c".to_owned(),
            dependencies: vec![Some(Dependency {
                enabled: true,
                ..Dependency::default()
            })],
            ..Metadata::default()
        };
        let json = to_go_json(&chart_object(&metadata, true, Compat::Helm3)).unwrap();
        assert_eq!(
            String::from_utf8(json).unwrap(),
            r#"{"name":"c","dependencies":[{"name":"","repository":"","enabled":true}],"IsRoot":true}"#
        );
    }
}
