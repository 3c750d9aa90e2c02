//! Writing a file whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// Distinguishes the temporary files of one process.
static COUNTER: AtomicU32 = AtomicU32::new(0);

/// Replaces `path` by way of a temporary file beside it and a rename, keeping the permissions of what was there. A link
/// is followed, so that it stays a link.
///
/// # Errors
/// When the directory cannot be written; the old content is then untouched.
pub fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = target
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a file name"))?;
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut temporary_name = std::ffi::OsString::from(".");
    temporary_name.push(name);
    temporary_name.push(format!(".{}-{number}.tmp", std::process::id()));
    let temporary = target.with_file_name(temporary_name);
    let written = write_and_rename(&temporary, &target, content);
    if written.is_err() {
        // The error of the write is the one to report; a temporary file that cannot be removed is only litter.
        let _litter = fs::remove_file(&temporary);
    }
    written
}

fn write_and_rename(temporary: &Path, target: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    if let Ok(information) = fs::metadata(target) {
        fs::set_permissions(temporary, information.permissions())?;
    }
    fs::rename(temporary, target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_replaced_and_nothing_is_left_behind() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.yaml");
        replace_file(&path, b"one").unwrap();
        replace_file(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(replace_file(&directory.path().join("no/such/x"), b"").is_err());
    }
}
