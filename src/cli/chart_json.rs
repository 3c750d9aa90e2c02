//! A version of a chart in the JSON of every command: the same members under the same names.

use serde_json::{Map, Value as Json, json};

/// A version of a chart. What is not known is left out of the JSON.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ChartJson<'c> {
    pub(super) name: &'c str,
    pub(super) version: &'c str,
    /// Hex SHA-256 of the archive; empty if it is not known.
    pub(super) digest: &'c str,
    /// Hex SHA-256 of the manifest, in a registry.
    pub(super) manifest: Option<&'c str>,
}

impl ChartJson<'_> {
    /// The object, with more members behind those that all have; those that are null are left out.
    pub(super) fn with(&self, more: Json) -> Json {
        let mut members = Map::new();
        let known = [
            ("name", Some(self.name)),
            ("version", Some(self.version)),
            ("digest", Some(self.digest)),
            ("manifestDigest", self.manifest),
        ];
        for (member, text) in known {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                members.insert(member.to_owned(), json!(text));
            }
        }
        if let Json::Object(more) = more {
            members.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
        }
        Json::Object(members)
    }
}
