//! `plain-secret`: Secrets that are rendered from plain values of committed files. Only values that a values file or a flag sets
//! count: charts also generate passwords. A placeholder is not a secret: whoever installs the chart sets another value.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::object::RenderedChart;
use crate::check::finding::{Finding, FindingList, Place, names_secret};
use crate::check::lint::chart::may_be_secret;
use crate::engine::template::{Map, Value};
use crate::text::rule::Rule;
use crate::text::yaml;

/// Deepest nesting of values that is looked at.
const MAX_DEPTH: usize = 32;

/// A value whose key says that it is a secret: its path and its text.
type SecretValue = (Vec<String>, Vec<u8>);

/// The findings of the rule. `values` are the coalesced values of the rendering; `origin_of` says where the value at a path is
/// set.
pub fn check_plain_secrets(
    rendered: RenderedChart<'_>,
    values: &Map,
    origin_of: &dyn Fn(&[String]) -> Option<Place>,
) -> Vec<Finding> {
    let mut findings = FindingList::default();
    let mut secrets: Option<Vec<SecretValue>> = None;
    for (index, file) in rendered.files.iter().enumerate() {
        if memchr::memmem::find(&file.text, b"Secret").is_none() {
            continue;
        }
        let secrets = secrets.get_or_insert_with(|| secret_values(values));
        for (offset, path) in plain_secrets(&file.text, secrets) {
            if findings.is_full() {
                break;
            }
            let Some(origin) = origin_of(path) else { continue };
            let message = format!(
                "a Secret is rendered from the plain value `{}`: encrypt the values file, or keep the secret elsewhere",
                path.join(".")
            );
            findings.push(
                rendered
                    .finding(index, offset, Rule::PlainSecret, &message)
                    .with_related("value from", as_named(origin)),
            );
        }
    }
    findings.into_findings()
}

/// The place named, never shown.
fn as_named(place: Place) -> Place {
    match place {
        Place::Shown(location) => Place::Named(location),
        place => place,
    }
}

fn secret_values(values: &Map) -> Vec<SecretValue> {
    let mut found = Vec::new();
    collect(values, &mut Vec::new(), &mut found);
    found
}

fn collect(map: &Map, path: &mut Vec<String>, found: &mut Vec<SecretValue>) {
    for (key, value) in map.snapshot() {
        let name = key.to_str_lossy().into_owned();
        path.push(name.clone());
        match value {
            Value::Map(inner) if path.len() < MAX_DEPTH => collect(&inner, path, found),
            Value::Str(text) if names_secret(&name) && may_be_secret(text.as_bytes()) => {
                found.push((path.clone(), text.as_bytes().to_vec()));
            }
            _ => {}
        }
        path.pop();
    }
}

/// Byte of a rendered file, and path of the value, of everything a Secret holds that is one of the values.
fn plain_secrets<'v>(text: &[u8], values: &'v [SecretValue]) -> Vec<(usize, &'v [String])> {
    let mut found = Vec::new();
    if values.is_empty() {
        return found;
    }
    let Ok(tree) = yaml::parse_all(text) else {
        return found;
    };
    for document in tree.documents() {
        let root = document.root;
        if tree
            .find(root, &["kind"])
            .is_none_or(|kind| tree.text(kind) != "Secret")
        {
            continue;
        }
        for field in ["data", "stringData"] {
            let Some(data) = tree.find(root, &[field]) else {
                continue;
            };
            for (_, value) in tree.pairs(tree.target(data)) {
                let text = tree.text(value);
                let content = if field == "data" {
                    STANDARD.decode(text).unwrap_or_default()
                } else {
                    text.as_bytes().to_vec()
                };
                if let Some((path, _)) = values.iter().find(|(_, secret)| *secret == content) {
                    found.push((tree.span(value).start as usize, path.as_slice()));
                }
            }
        }
    }
    found
}
