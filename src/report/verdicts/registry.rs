//! The formats of verdicts. A new one has a file of its own and a line here.

use super::checked_file::{CheckedFile, ResourceOptions};
use super::{json, junit, pretty, tap, text};

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
    match format {
        ResourceFormat::Text => text::text(files, options),
        ResourceFormat::Json => json::text(files, options),
        ResourceFormat::Junit => junit::text(files),
        ResourceFormat::Tap => tap::text(files),
        ResourceFormat::Pretty => pretty::text(files, options),
    }
}
