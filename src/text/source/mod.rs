//! Text and where it came from: byte spans, and lines and columns computed from them only when something is reported.

mod line_index;
mod replace_file;
mod span;

pub use line_index::{LineIndex, Position};
pub use replace_file::replace_file;
pub use span::Span;
