//! What changes in charts, as bytes: text for a terminal, JSON, Markdown for a pull request, and a page of HTML.

mod summary;
mod table;
mod text;
mod json;
mod read;
mod markdown;
mod html;

pub(super) use html::add_changes;
pub use html::diff_as_html;
pub use json::diff_as_json;
pub(super) use json::{diff_document, diff_summary};
pub use markdown::diff_as_markdown;
pub(super) use read::read_diff;
pub(super) use table::{CHANGE_COLUMNS, change_rows};
pub use text::{DiffTextOptions, diff_as_text};
