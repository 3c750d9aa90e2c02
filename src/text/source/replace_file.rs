//! Writing one file whole or not at all. For several files that belong together, see [`super::replace_files`].

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::stale_files::remove_stale_files;
use super::temporary_file::{Kind, TemporaryFile, follow_links};

/// Replaces `path` through a temporary file beside it and a rename, keeping the permissions and the owner of the old
/// file. A symbolic link is followed, so that it stays a link; other names of the file (hard links) keep the old content.
/// What killed processes left in the directory is removed.
///
/// # Errors
/// When the directory cannot be written, or `path` is a directory; the old content is then untouched. What is not a file on a disk
/// (`/dev/stdout`, a pipe) is written to.
pub fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    if is_special(path) {
        return OpenOptions::new().write(true).open(path)?.write_all(content);
    }
    let target = follow_links(path);
    if let Some(directory) = target.parent() {
        remove_stale_files(directory);
    }
    TemporaryFile::write(&target, content, Kind::Content)?.replace_target()
}

/// Whether a path leads to a device, a pipe or the like: a file in its place would break whatever else uses it.
pub(super) fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn devices_and_pipes_are_written_to_and_not_replaced() {
        use std::os::unix::fs::{FileTypeExt as _, symlink};

        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("null");
        symlink("/dev/null", &link).unwrap();
        replace_file(&link, b"x").unwrap();
        assert!(link.is_symlink());
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }

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
