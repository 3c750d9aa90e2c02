//! Whether a path still leads to a file that is open, and an order of directories that is the same in all processes.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Whether `path` itself, not a link there, is the open file. A file that was removed or replaced meanwhile is not.
#[cfg(unix)]
pub(super) fn is_file_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(found)) => (open.dev(), open.ino()) == (found.dev(), found.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
pub(super) fn is_file_at(_file: &File, path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}

/// The place of a directory in the order in which directories are locked; the same for all paths to it.
#[cfg(unix)]
pub(super) fn order(directory: &Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;

    let found = fs::metadata(directory)?;
    Ok((found.dev(), found.ino()))
}

#[cfg(not(unix))]
pub(super) fn order(directory: &Path) -> io::Result<std::path::PathBuf> {
    fs::canonicalize(directory)
}
