//! One entry of `dependencies` in Chart.yaml or requirements.yaml.

use serde_json::Value as Json;

use super::go_decode::{DecodeError, Object, StructContext};
use crate::text::go::float_format::format_shortest;

/// What a chart declares about one of its dependencies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dependency {
    /// Name of the chart; the alias takes its place once dependencies have been processed.
    pub name: String,
    /// Version constraint.
    pub version: String,
    /// Repository URL: `https://…`, `oci://…`, `file://../sibling`, or `@name`.
    pub repository: String,
    /// Comma-separated value paths; the first one that is a boolean decides.
    pub condition: String,
    /// Tags to enable or disable by.
    pub tags: Vec<String>,
    /// Whether the dependency is enabled, once conditions and tags have been evaluated.
    pub enabled: bool,
    /// Values of the child to take over into the parent.
    pub import_values: Vec<ImportValue>,
    /// Another name for the chart.
    pub alias: String,
}

/// One entry of `import-values`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportValue {
    /// `- data`: the child's `exports.data` goes to the parent's top level.
    Export(String),
    /// `{child, parent}`: the child's table goes below the parent's path.
    Table {
        /// Path in the child's values.
        child: String,
        /// Path in the parent's values, `.` for the top.
        parent: String,
    },
    /// Anything else, which Helm ignores.
    Other(String),
}

impl Dependency {
    /// The key of the parent's values that has this dependency's values.
    pub fn effective_name(&self) -> &str {
        if self.alias.is_empty() { &self.name } else { &self.alias }
    }

    pub(super) fn decode(context: &StructContext, object: Object<'_>) -> Result<Self, DecodeError> {
        // By name: the first field that does not fit is the error.
        Ok(Self {
            alias: context.string(object, "alias")?,
            condition: context.string(object, "condition")?,
            enabled: context.boolean(object, "enabled")?,
            import_values: context
                .array(object, "import-values", "[]interface {}")?
                .iter()
                .map(ImportValue::decode)
                .collect(),
            name: context.string(object, "name")?,
            repository: context.string(object, "repository")?,
            tags: context.strings(object, "tags")?,
            version: context.string(object, "version")?,
        })
    }
}

impl ImportValue {
    fn decode(value: &Json) -> Self {
        match value {
            Json::String(name) => Self::Export(name.clone()),
            Json::Object(entries) => {
                let text = |key: &str| match entries.get(key) {
                    Some(Json::String(text)) => text.clone(),
                    Some(other) => shown(other),
                    None => "<nil>".to_owned(),
                };
                Self::Table {
                    child: text("child"),
                    parent: text("parent"),
                }
            }
            other => Self::Other(shown(other)),
        }
    }
}

/// A value as `%v` shows it; every number is a float by then.
fn shown(value: &Json) -> String {
    match value {
        Json::Number(number) => format_shortest(number.as_f64().unwrap_or_default()),
        other => other.to_string(),
    }
}
