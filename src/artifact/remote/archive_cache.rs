//! Archives by their digest, in a directory that many processes may share. The layout is that of Helm's content cache
//! (`pkg/downloader/cache.go`): `ab/abcd….chart`, so each reads what the other has written.
//!
//! Nothing in it is trusted: an entry whose content does not have its digest is ignored, and replaced when the archive is fetched.
//! Files are written beside their place and renamed, so a reader never sees half of one.

use std::fs;
use std::path::{Path, PathBuf};

use crate::text::limits::ARCHIVE_BYTES;
use crate::text::sha256::sha256_hex;
use crate::text::source::{Named, read_file, replace_file};

/// A directory of archives by their digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveCache {
    directory: PathBuf,
}

impl ArchiveCache {
    /// The cache in a directory, which is created when something is kept.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }

    /// The archive with a digest (hex SHA-256), if it is there and intact.
    pub fn get(&self, digest: &str) -> Option<Vec<u8>> {
        let bytes = read_file(&self.path(digest)?, Named::ByInput, ARCHIVE_BYTES).ok()?;
        (sha256_hex(&bytes) == digest).then_some(bytes)
    }

    /// Keeps an archive. A directory that cannot be written makes the next run slower and is not an error of this one.
    pub fn put(&self, digest: &str, archive: &[u8]) {
        if let Some(path) = self.path(digest)
            && sha256_hex(archive) == digest
            && !is_link_out(&self.directory, &path)
        {
            let parent = path.parent().unwrap_or(&self.directory);
            let _kept = fs::create_dir_all(parent).and_then(|()| replace_file(&path, archive));
        }
    }

    /// Where an archive is kept; `None` for what is not a digest.
    fn path(&self, digest: &str) -> Option<PathBuf> {
        let is_digest = digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let start = digest.get(..2).filter(|_| is_digest)?;
        Some(self.directory.join(start).join(format!("{digest}.chart")))
    }
}

/// Whether a link stands where an entry is to be written: whoever shares the directory could have any file overwritten.
fn is_link_out(directory: &Path, path: &Path) -> bool {
    path.is_symlink()
        || path
            .parent()
            .is_some_and(|parent| parent != directory && parent.is_symlink())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_intact_entries_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let cache = ArchiveCache::new(directory.path().join("new"));
        let digest = sha256_hex(b"archive");
        assert_eq!(cache.get(&digest), None);
        cache.put(&digest, b"archive");
        assert_eq!(cache.get(&digest).as_deref(), Some(&b"archive"[..]));
        let path = cache.path(&digest).unwrap();
        assert!(path.ends_with(format!("{}/{digest}.chart", digest.get(..2).unwrap())));
        fs::write(&path, "changed").unwrap();
        assert_eq!(cache.get(&digest), None);
        cache.put(&digest, b"archive");
        assert_eq!(cache.get(&digest).as_deref(), Some(&b"archive"[..]));
    }

    #[test]
    fn what_is_not_a_digest_is_not_a_path() {
        let directory = tempfile::tempdir().unwrap();
        let cache = ArchiveCache::new(directory.path());
        for digest in [
            "",
            "../../etc/passwd",
            "éé",
            &"g".repeat(64),
            &"A".repeat(64),
            &"a".repeat(63),
        ] {
            assert_eq!(cache.path(digest), None, "{digest}");
        }
        cache.put(&sha256_hex(b"a"), b"b");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let key = directory.path().join("key");
        fs::write(&key, "old").unwrap();
        let cache = ArchiveCache::new(directory.path().join("cache"));
        let digest = sha256_hex(b"archive");
        let path = cache.path(&digest).unwrap();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&key, &path).unwrap();
        cache.put(&digest, b"archive");
        assert_eq!(fs::read(&key).unwrap(), b"old");
    }
}
