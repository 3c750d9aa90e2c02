//! Findings as people and programs read them: one format a file, `registry.rs` lists them.

mod concise;
mod dotenv;
mod excerpt;
#[cfg(test)]
mod format_tests;
mod github;
mod gitlab;
mod images;
mod html;
mod json;
mod junit;
mod markdown;
mod merge;
mod merged_remarks;
mod registry;
mod report;
mod sarif;
mod tap;
mod terminal;
mod text;

pub use concise::concise;
pub use markdown::step_summary;
pub use merge::merge_reports;
pub use registry::{FORMATS, Format};
pub use report::{Changes, ChartImages, Group, Remarks, Report, Subject, verdict_line};
pub use terminal::Terminal;
