//! Findings as people and programs read them: one format a file, `registry.rs` lists them.

mod concise;
#[cfg(test)]
mod format_tests;
mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod merge;
mod registry;
mod report;
mod sarif;
mod tap;
mod terminal;
mod text;

pub use concise::concise;
pub use merge::merge_reports;
pub use registry::{FORMATS, Format};
pub use report::{Group, Remarks, Report};
pub use terminal::Terminal;
