//! `.Chart`: Chart.yaml under Go's field names, as Helm 4 shows it to templates (a map, not a struct).

use crate::chart::{Dependency, ImportValue, Metadata};
use crate::template::{Dict, List, Map, MapType, Text, Value};

/// The map for `.Chart`. `is_root` is whether the chart is no subchart.
pub(super) fn chart_object(metadata: &Metadata, is_root: bool) -> Value {
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
            let entries = entries.iter().map(|(key, value)| (Text::from(key.as_str()), text(value)));
            Map::typed(MapType::Strings, entries.collect())
        },
    );
    Value::map_of([
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
        ("Dependencies", Value::list(metadata.declared_dependencies().map(dependency_object).collect())),
        ("Type", text(&metadata.chart_type)),
        ("IsRoot", Value::Bool(is_root)),
    ])
}

fn dependency_object(dependency: &Dependency) -> Value {
    let import_values = dependency.import_values.iter().map(|entry| match entry {
        ImportValue::Table { child, parent } => {
            let entries = Dict::from([(Text::from("child"), text(child)), (Text::from("parent"), text(parent))]);
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
