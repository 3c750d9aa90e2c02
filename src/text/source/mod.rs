//! Text and where it came from: byte spans, lines and columns computed from them only when something is reported,
//! directories that are walked, and files that are replaced whole.

mod span;
mod line_index;
mod file;
mod report_root;
mod file_identity;
mod directory_lock;
mod temporary_file;
mod journal;
mod stale_files;
mod run_directory;
mod read_file;
mod inside;
mod replace_error;
mod append_file;
mod write_in_place;
mod replace_file;
mod interrupted;
mod replace_files;
mod walk;

pub use append_file::append_file;
pub use directory_lock::DirectoryLock;
pub use file::SourceFile;
pub use inside::{is_inside, place_of, read_inside, would_be_inside};
pub use interrupted::{Interrupted, finish_interrupted};
pub use line_index::{LineIndex, Position};
pub use read_file::{Named, open_file, read_file, read_file_into};
pub use replace_error::ReplaceError;
pub use replace_file::replace_file;
pub use replace_files::{Replacement, replace_files};
pub use report_root::{ReportRoot, join_shown, work_tree_around};
pub use run_directory::{RunDirectory, remove_left_directories};
pub use span::{Span, offset};
pub use walk::{Links, Visit, WalkEntry, WalkError, WalkLimits, walk};
