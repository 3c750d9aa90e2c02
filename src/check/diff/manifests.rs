//! Manifests that are compared as they are, such as those that Helm stored and those that are rendered now: documents in, the objects that
//! differ out.

use serde_json::Value as Json;

use super::masked::Mask;
use super::object_diff::{FoundObjects, ObjectDiff};
use super::objects::Objects;
use crate::check::finding::SecretValues;
use crate::engine::manifest::HookEvent;
use crate::text::yaml;

/// Objects of one namespace that can be compared.
#[derive(Debug, Default)]
pub struct ManifestObjects {
    objects: Objects,
}

impl ManifestObjects {
    /// Adds a document of a namespace; `events` are those of a hook.
    ///
    /// # Errors
    /// When it is not YAML.
    pub fn add(&mut self, document: &[u8], events: &[HookEvent], namespace: &str) -> Result<(), String> {
        let value = yaml::json_from_bytes(document).map_err(|error| error.to_string())?;
        self.add_value(value, events, namespace);
        Ok(())
    }

    /// Adds an object.
    pub fn add_value(&mut self, value: Json, events: &[HookEvent], namespace: &str) {
        self.objects.add(value, events, false, namespace);
    }
}

/// What differs between two lists of objects that are called `label`, without secrets.
pub fn compare_manifests(
    old: &ManifestObjects,
    new: &ManifestObjects,
    label: &str,
    secrets: impl FnOnce() -> SecretValues,
) -> Vec<ObjectDiff> {
    let mut found = FoundObjects::default();
    found.add(&old.objects, &new.objects, label);
    if found.is_empty() {
        return Vec::new();
    }
    found.finish(&Mask::new(secrets()))
}
