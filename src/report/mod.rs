//! What was found, and verdicts, as bytes: one format a file.

mod findings;
#[cfg(test)]
mod hostile_tests;
pub mod json_text;
mod verdicts;
mod xml;

pub use findings::{FORMATS, Format, Group, Remarks, Report, Terminal, concise};
pub use verdicts::{CheckedFile, ResourceFormat, ResourceOptions, resources_as};
