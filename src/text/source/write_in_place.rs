//! Writing into a file that stays the same file: for those with several names (hard links), which a rename would part.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Whether a file has other names.
#[cfg(unix)]
pub(super) fn has_other_names(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    fs::metadata(path).is_ok_and(|found| found.nlink() > 1)
}

#[cfg(not(unix))]
pub(super) fn has_other_names(path: &Path) -> bool {
    let _one_name_each = fs::metadata(path);
    false
}

/// Whether a file may be written to; nothing is.
pub(super) fn check_writable(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).open(path).map(drop)
}

/// Replaces the content of a file that exists. What a reader, or a later run after a kill, finds meanwhile is the
/// beginning of the new content.
pub(super) fn write_in_place(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).truncate(true).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
