//! The formats of verdicts. A new one has a file of its own and a line here.

use std::borrow::Cow;

use super::checked_file::{CheckedFile, ResourceOptions};
use super::{json, junit, pretty, tap, text};
use crate::text::visible::without_commands;

/// One of kubeconform's formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceFormat {
    /// A line a violation, with its place.
    Text,
    /// kubeconform's JSON, with line and column added.
    Json,
    /// `JUnit`'s XML, a suite a file.
    Junit,
    /// The Test Anything Protocol.
    Tap,
    /// A line a resource, with a mark.
    Pretty,
}

/// The verdicts in a format.
pub fn resources_as(format: ResourceFormat, files: &[CheckedFile], options: ResourceOptions) -> String {
    let text = match format {
        ResourceFormat::Text => text::text(files, options),
        ResourceFormat::Json => return json::text(files, options),
        ResourceFormat::Junit => return junit::text(files),
        ResourceFormat::Tap => tap::text(files),
        ResourceFormat::Pretty => pretty::text(files, options),
    };
    match without_commands(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(text) => text,
    }
}
