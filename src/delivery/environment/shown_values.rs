//! The values of a release as a person may see them: each with where it comes from and what it wins over, without secrets.

use std::path::Path;

use super::copy_versions::dotted;
use super::running::Running;
use super::values::Leaf;
use crate::check::finding::{SecretValues, may_name_secret};
use crate::delivery::bump::ReadFile;
use crate::text::visible::fitting;

/// Shown instead of a secret.
const MASK: &str = "***";

/// A value of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownValue {
    /// The path of its key.
    pub key: String,
    /// The value, and where it is written.
    pub source: ShownSource,
    /// What it wins over, the latest source first.
    pub overrides: Vec<ShownSource>,
}

/// A value that a source gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownSource {
    /// The value in one line: `***` for a secret.
    pub value: String,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// The values that win, by their keys.
pub fn shown_values(running: &Running<'_>, directory: &Path, read: ReadFile<'_>) -> Vec<ShownValue> {
    let mut secrets = SecretValues::default();
    for layer in &running.layers {
        if let Ok(text) = read(&directory.join(&layer.path)) {
            secrets.add_text(&text);
        }
        for (path, leaf) in &layer.leaves {
            secrets.add_assignment(&dotted(path), &leaf.text);
        }
    }
    let source = |path: &[String], leaf: &Leaf| ShownSource {
        value: shown(path, leaf, &secrets),
        file: leaf.place.file.path().to_owned(),
        line: leaf.place.position().line,
    };
    let values = running.values.iter().map(|(path, leaf)| {
        let earlier = running.layers.iter().rev().filter_map(|layer| layer.leaves.get(path));
        let earlier = earlier.filter(|earlier| earlier.place != leaf.place);
        ShownValue {
            key: dotted(path),
            source: source(path, leaf),
            overrides: earlier.map(|leaf| source(path, leaf)).collect(),
        }
    });
    values.collect()
}

/// A value that may be shown: `***` where a key on its way names a secret. Those that sops encrypted are shown as such.
fn shown(path: &[String], leaf: &Leaf, secrets: &SecretValues) -> String {
    if leaf.text.starts_with("ENC[") {
        return "(encrypted by sops)".to_owned();
    }
    if leaf.is_null {
        return "null".to_owned();
    }
    if !leaf.text.is_empty() && path.iter().any(|key| may_name_secret(key)) {
        return MASK.to_owned();
    }
    let text = secrets.hide(&leaf.text);
    let text = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\u{240a}");
    fitting(&text).into_owned()
}
