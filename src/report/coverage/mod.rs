//! What the renderings of charts reach, as text, JSON, Markdown, and in the formats that GitLab, Codecov and editors read.

mod charts;
mod cobertura;
mod json;
mod lcov;
mod markdown;
mod text;

pub use charts::{CoverageFormat, CoveredChart, share_of};
