//! Secrets that are rendered from plain values of committed files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::engine::template::{Map, Value};
use crate::text::yaml;

/// Shorter texts are equal by chance.
const LEAST_BYTES: usize = 6;
/// Deepest nesting of values that is looked at.
const MAX_DEPTH: usize = 32;

/// Path and text of every value that is called a secret.
pub(super) fn secret_values(values: &Map) -> Vec<(Vec<String>, Vec<u8>)> {
    let mut found = Vec::new();
    collect(values, &mut Vec::new(), &mut found);
    found
}

fn collect(map: &Map, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, Vec<u8>)>) {
    for (key, value) in map.snapshot() {
        let name = key.to_str_lossy().into_owned();
        path.push(name.clone());
        match value {
            Value::Map(inner) if path.len() < MAX_DEPTH => collect(&inner, path, found),
            Value::Str(text) if is_secret(&name) && text.as_bytes().len() >= LEAST_BYTES => {
                found.push((path.clone(), text.as_bytes().to_vec()));
            }
            _ => {}
        }
        path.pop();
    }
}

/// Whether a key names a secret itself, and not where one is kept.
fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let names_place = ["name", "key", "ref", "path", "file", "existing", "mount"]
        .iter()
        .any(|word| key.contains(word));
    let is_key = key.ends_with("apikey")
        || key.ends_with("privatekey")
        || key.ends_with("secretkey")
        || key.ends_with("accesskey");
    is_key
        || (!names_place
            && ["password", "passwd", "token", "secret", "passphrase"]
                .iter()
                .any(|word| key.ends_with(word)))
}

/// Offset in a rendered file and path of the value, of everything a Secret holds that is one of the values.
pub(super) fn plain_secrets(text: &[u8], values: &[(Vec<String>, Vec<u8>)]) -> Vec<(usize, Vec<String>)> {
    if values.is_empty() || memchr::memmem::find(text, b"Secret").is_none() {
        return Vec::new();
    }
    let Ok(tree) = yaml::parse_all(text) else {
        return Vec::new();
    };
    let mut found = Vec::new();
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
                    found.push((tree.span(value).start as usize, path.clone()));
                }
            }
        }
    }
    found
}
