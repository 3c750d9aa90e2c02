//! Writing one file whole or not at all. For several files that belong together, see [`super::replace_files`].

use std::io;
use std::path::Path;

use super::stale_files::remove_stale_files;
use super::temporary_file::{Kind, TemporaryFile, follow_links};

/// Replaces `path` through a temporary file beside it and a rename, keeping the permissions and the owner of the old
/// file. A symbolic link is followed, so that it stays a link; other names of the file (hard links) keep the old content.
/// What killed processes left in the directory is removed.
///
/// # Errors
/// When the directory cannot be written, or `path` is a directory; the old content is then untouched.
pub fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let target = follow_links(path);
    if let Some(directory) = target.parent() {
        remove_stale_files(directory);
    }
    TemporaryFile::write(&target, content, Kind::Content)?.replace_target()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn content_is_replaced_and_nothing_is_left_behind() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.yaml");
        replace_file(&path, b"one").unwrap();
        replace_file(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        fs::create_dir(directory.path().join("d")).unwrap();
        assert!(replace_file(&directory.path().join("d"), b"").is_err());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
        assert!(replace_file(&directory.path().join("no/such/x"), b"").is_err());
    }
}
