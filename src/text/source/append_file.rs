//! Adding to a file that other programs add to as well, such as those that a CI runner reads.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

/// Adds bytes at the end of a file, which is made if it is missing, in one write.
///
/// # Errors
/// When it cannot be written.
pub fn append_file(path: &Path, content: &[u8]) -> io::Result<()> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)?
        .write_all(content)
}
