//! The schema that a resource is validated against: the first that has its kind.

use std::sync::Arc;

use super::catalog::Definition;
use super::custom::CustomKind;
use super::options::Target;
use super::schema_location::{FileSchema, Found};

/// The schema that a resource is validated against.
pub(super) enum SchemaChoice<'c> {
    Embedded(Definition<'c>),
    File(Arc<FileSchema>),
    Custom(Arc<CustomKind>),
    Broken(String),
    Missing,
}

impl Target {
    /// The first location that has a schema of a kind; `custom` finds the definition of a custom resource.
    pub(super) fn choose_schema(
        &self,
        api_version: &str,
        kind: &str,
        custom: &dyn Fn() -> Option<Arc<CustomKind>>,
    ) -> SchemaChoice<'_> {
        let embedded = || {
            self.catalog
                .root(api_version, kind)
                .map(SchemaChoice::Embedded)
                .or_else(|| custom().map(SchemaChoice::Custom))
        };
        let Some(locations) = &self.locations else {
            return embedded().unwrap_or(SchemaChoice::Missing);
        };
        let mut from = 0;
        loop {
            match locations.find(api_version, kind, from) {
                Found::File(schema) => return SchemaChoice::File(schema),
                Found::Broken(message) => return SchemaChoice::Broken(message),
                Found::Missing => return SchemaChoice::Missing,
                Found::Embedded(next) => match embedded() {
                    Some(choice) => return choice,
                    None => from = next,
                },
            }
        }
    }
}
