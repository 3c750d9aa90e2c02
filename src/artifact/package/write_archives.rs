//! Archives to disk: all of them or none.

use std::path::PathBuf;

use crate::text::source::{ReplaceError, Replacement, replace_files};

/// Why no archive is written.
#[derive(Debug, thiserror::Error)]
pub enum WriteArchivesError {
    /// A link stands where an archive is to be: whoever may change the directory would have any file overwritten.
    #[error("{} is a symbolic link, and what it leads to would be overwritten", .0.display())]
    Link(PathBuf),
    /// A file cannot be written.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
}

/// Writes archives to their paths, all or none.
///
/// # Errors
/// When one cannot be written, or its path is a symbolic link.
pub fn write_archives(archives: &[(PathBuf, &[u8])]) -> Result<(), WriteArchivesError> {
    if let Some((link, _)) = archives.iter().find(|(path, _)| path.is_symlink()) {
        return Err(WriteArchivesError::Link(link.clone()));
    }
    let files = archives.iter().map(|(path, content)| Replacement {
        path,
        expected: None,
        content,
    });
    Ok(replace_files(&files.collect::<Vec<_>>())?)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_a_link_leads_to_is_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let [key, link, other] = ["key", "web-1.0.0.tgz", "api-1.0.0.tgz"].map(|name| directory.path().join(name));
        fs::write(&key, "old").unwrap();
        symlink("key", &link).unwrap();
        let both: [(PathBuf, &[u8]); 2] = [(other.clone(), b"b"), (link, b"a")];
        assert!(matches!(write_archives(&both), Err(WriteArchivesError::Link(_))));
        assert_eq!(fs::read(&key).unwrap(), b"old");
        assert!(!other.exists());
        write_archives(&both[..1]).unwrap();
        assert_eq!(fs::read(&other).unwrap(), b"b");
    }
}
