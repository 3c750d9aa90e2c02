//! Why a rendering failed, for a reader: the place in the template, who included it, the values it read and where they
//! come from, and what to do. Nothing here runs unless something failed.

mod chart_file;
mod manifest;
mod near;
mod template;
mod value_origins;
mod values;

use crate::engine::chart::Chart;
use crate::engine::render::{Capabilities, Release};
use crate::engine::template::{Map, Options};

pub use chart_file::{explain_kube_version, explain_load, explain_missing_dependencies, explain_values_file};
pub use manifest::explain_manifests;
pub use near::nearest;
pub use template::explain_templates;
pub use value_origins::{Given, Origin, ValueOrigins};
pub use values::explain_schema;

/// A rendering that failed, and all that went into it.
pub struct Subject<'a> {
    /// The chart, its dependencies processed.
    pub chart: &'a Chart,
    /// Its directory or archive as the user named it.
    pub path: &'a str,
    /// What the user gave.
    pub given: &'a Given,
    /// That, merged.
    pub values: &'a Map,
    /// The release.
    pub release: &'a Release,
    /// The cluster that is assumed.
    pub capabilities: &'a Capabilities,
    /// How it was rendered.
    pub options: Options,
}

impl Subject<'_> {
    /// A template's file as the user knows it: `chart/templates/x.yaml` is `PATH/templates/x.yaml`.
    fn file(&self, template: &str) -> String {
        let inside = template.split_once('/').map_or(template, |(_, inside)| inside);
        format!("{}/{inside}", self.path.trim_end_matches('/'))
    }
}

/// Whether a key's name says that its value is nobody's business.
fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    [
        "password",
        "passwd",
        "secret",
        "token",
        "credential",
        "apikey",
        "privatekey",
        "key",
    ]
    .iter()
    .any(|word| key.ends_with(word) || (word.len() > 5 && key.contains(word)))
}

/// The line number in a YAML error's text, `… line 3: …`, from 1.
fn yaml_line(message: &str) -> Option<usize> {
    let rest = message.rsplit_once("line ").map(|(_, rest)| rest)?;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    rest.get(..digits)?.parse().ok()
}

/// The bytes of a line without its indentation and end, by its number from 1.
fn line_span(text: &[u8], line: usize) -> crate::text::source::Span {
    let mut start = 0;
    for piece in text.split_inclusive(|&byte| byte == b'\n').take(line.saturating_sub(1)) {
        start += piece.len();
    }
    let rest = text.get(start..).unwrap_or_default();
    let end = start + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let content = text.get(start..end).unwrap_or_default();
    let start = start + (content.len() - content.trim_ascii_start().len());
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    crate::text::source::Span::new(offset(start), offset(end))
}
