//! Text and where it came from: byte spans, lines and columns computed from them only when something is reported,
//! directories that are walked, and files that are replaced whole.

mod span;
mod line_index;
mod file;
mod report_root;
mod temporary_file;
mod read_file;
mod inside;
mod replace_file;
mod replace_files;
mod walk;

pub use file::SourceFile;
pub use inside::{is_inside, read_inside, would_be_inside};
pub use line_index::{LineIndex, Position};
pub use read_file::{Named, open_file, read_file};
pub use replace_file::replace_file;
pub use replace_files::{ReplaceError, Replacement, replace_files};
pub use report_root::{ReportRoot, join_shown};
pub use span::{Span, offset};
pub use walk::{Links, Visit, WalkEntry, WalkError, WalkLimits, walk};
