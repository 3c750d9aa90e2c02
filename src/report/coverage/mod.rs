//! What the renderings of charts reach, as text, JSON, Markdown, a page with the lines of the templates, and in the formats that GitLab, Codecov
//! and editors read.

mod charts;
mod cobertura;
mod html;
mod json;
mod lcov;
mod markdown;
mod source_lines;
mod source_view;
mod text;

pub use charts::{CoverageFormat, CoveredChart, share_of};
pub(super) use html::add_coverage;
