//! An entry of an index as Helm reads it.
//!
//! In: the decoded value of an entry. Out: a [`ListedEntry`], or why Helm refuses the whole index. Follows
//! `ChartVersion` in Helm's `pkg/repo/v1/index.go`: a field of another type makes Helm refuse the whole index, an entry that is
//! not valid is skipped. Unknown fields, which Helm refuses, are left alone.

use serde_json::Value as Json;

use crate::engine::chart::{DecodeError, Metadata, Object, StructContext};

use super::index_error::{IndexError, broken};

/// The fields of Chart.yaml that have texts in an entry, alone or in lists and maps. Helm reads them without turning numbers
/// into text.
const TEXTS: [&str; 15] = [
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "annotations",
    "kubeVersion",
    "type",
];

/// A version of a chart that an index lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedEntry {
    /// The version as it is written.
    pub version: String,
    /// Hex SHA-256 of the archive, without the name of the algorithm; `None` where the index has none.
    pub digest: Option<String>,
    /// Hex SHA-256 of the manifest, in a registry.
    pub manifest: Option<String>,
    /// Where the archive is, as written: absolute, or relative to the index.
    pub urls: Vec<String>,
    /// When the entry was made, as written; empty where the index does not say.
    pub created: String,
    /// The name in Chart.yaml.
    pub name: String,
    /// Of the fields of Chart.yaml, those that are shown: an index may have a hundred thousand entries.
    pub app_version: String,
    /// The same.
    pub description: String,
    /// The same.
    pub deprecated: bool,
}

/// What Helm does not turn into a text.
const NO_TEXT: &str = "a number or a boolean where Helm reads a text";

/// Reads an entry; `None` for one that Helm skips.
///
/// # Errors
/// When a field has another type than Helm reads.
pub(super) fn read_entry(chart: &str, value: &Json) -> Result<Option<ListedEntry>, IndexError> {
    let refuse = |message: String| broken(format!("an entry of {chart}: {message}"));
    let Json::Object(fields) = value else {
        return match value {
            Json::Null => Ok(None),
            _ => Err(refuse("it is not a mapping".to_owned())),
        };
    };
    for field in TEXTS {
        if fields.get(field).is_some_and(|value| !has_only_texts(value)) {
            return Err(refuse(format!("`{field}` has {NO_TEXT}")));
        }
    }
    if fields.get("dependencies").is_some_and(|value| !are_dependencies(value)) {
        return Err(refuse(format!("`dependencies` has {NO_TEXT}")));
    }
    let decoded = decode(value).map_err(|error| refuse(error.to_string()))?;
    let mut metadata = decoded.metadata;
    if metadata.api_version.is_empty() {
        "v1".clone_into(&mut metadata.api_version);
    }
    // Helm tolerates dependencies of the same name, since some servers drop their aliases.
    let is_tolerated = |error: String| error.starts_with("validation: more than one dependency with name or alias");
    if !metadata.validate().map_or_else(is_tolerated, |()| true) {
        return Ok(None);
    }
    Ok(Some(ListedEntry {
        version: metadata.version,
        digest: Some(decoded.digest.trim_start_matches("sha256:").to_owned()).filter(|digest| !digest.is_empty()),
        manifest: None,
        urls: decoded.urls,
        created: decoded.created,
        name: metadata.name,
        app_version: metadata.app_version,
        description: metadata.description,
        deprecated: metadata.deprecated,
    }))
}

struct Decoded {
    metadata: Metadata,
    digest: String,
    urls: Vec<String>,
    created: String,
}

fn decode(value: &Json) -> Result<Decoded, DecodeError> {
    let object = Object::root(value, "repo.ChartVersion")?;
    let context = StructContext::root("ChartVersion");
    let created = StructContext::time(object, "created")?;
    context.boolean(object, "removed")?;
    for deprecated in ["checksum", "engine", "tillerVersion", "url"] {
        context.string(object, deprecated)?;
    }
    Ok(Decoded {
        metadata: Metadata::from_json(value)?,
        digest: context.string(object, "digest")?,
        urls: context.strings(object, "urls")?,
        created,
    })
}

fn has_only_texts(value: &Json) -> bool {
    match value {
        Json::Null | Json::String(_) => true,
        Json::Bool(_) | Json::Number(_) => false,
        Json::Array(items) => items.iter().all(has_only_texts),
        Json::Object(fields) => fields.values().all(has_only_texts),
    }
}

/// The same for dependencies, some of whose fields are not texts.
fn are_dependencies(value: &Json) -> bool {
    let mut fields = value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_object)
        .flatten();
    fields.all(|(field, value)| matches!(field.as_str(), "import-values" | "enabled") || has_only_texts(value))
}

/// Checks the fields of an index that are not charts.
///
/// # Errors
/// When Helm refuses the index for them.
pub(super) fn check_root(root: &Json) -> Result<(), IndexError> {
    let check = || {
        let object = Object::root(root, "repo.IndexFile")?;
        let context = StructContext::root("IndexFile");
        StructContext::time(object, "generated")?;
        context.strings(object, "publicKeys")?;
        context.string_map(object, "annotations")?;
        context.string(object, "apiVersion")
    };
    match check() {
        Ok(api_version) if api_version.is_empty() => {
            Err(broken("it has no `apiVersion`; Helm writes `apiVersion: v1`"))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(broken(error.to_string())),
    }
}
