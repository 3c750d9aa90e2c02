//! Text and where it came from: byte spans, lines and columns computed from them only when something is reported, and
//! files that are replaced whole.

mod line_index;
mod replace_file;
mod replace_files;
mod span;
mod temporary_file;

pub use line_index::{LineIndex, Position};
pub use replace_file::replace_file;
pub use replace_files::{ReplaceError, Replacement, replace_files};
pub use span::Span;
