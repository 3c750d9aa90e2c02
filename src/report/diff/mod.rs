//! What changes in charts, as bytes: text for a terminal, JSON, and Markdown for a pull request.

mod summary;
mod text;
mod json;
mod markdown;

pub use json::diff_as_json;
pub use markdown::diff_as_markdown;
pub use text::{DiffTextOptions, diff_as_text};
