//! A repository in a directory, shared by processes of one machine (or a network file system with locks).
//!
//! Writers hold the operating system's lock on the directory, which belongs to no user and ends with its process: after a
//! crash nothing has to be unlocked. Files are replaced by renaming, so a reader never sees half of one; a temporary file
//! that a crash has left is removed by the next writer.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::BuildHasher as _;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use crate::text::compact_sort::sort_by;
use crate::text::limits::{MANIFEST_BYTES, REPOSITORY_OBJECTS};
use crate::text::source::{
    DirectoryLock, Links, Named, Visit, WalkError, WalkLimits, read_file, replace_file, walk, would_be_inside,
};

use super::store_error::{StoreError, StoreFailure};
use super::{ListedObject, PutOutcome, Store, Versioned, is_hidden};

/// Most levels of directories that are listed.
const MAX_DEPTH: usize = 16;
/// A file that is written and removed to find out whether that is possible.
const PROBE: &str = ".chartwright-probe";

/// A directory.
#[derive(Debug)]
pub struct DiskStore {
    directory: PathBuf,
}

impl DiskStore {
    /// A directory, which is created when something is written if it does not exist.
    pub fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
        }
    }

    /// The path of an object, which no link leads out of the directory: whoever may write in it could otherwise have any
    /// file overwritten.
    fn path(&self, name: &str) -> Result<PathBuf, StoreError> {
        if Path::new(name)
            .components()
            .any(|part| !matches!(part, Component::Normal(_)))
        {
            let error = io::Error::other(format!("`{name}` is not the name of an object"));
            return Err(failure("OPEN", &self.directory, error));
        }
        let path = self.directory.join(name);
        let may_be_linked = name.contains('/') || path.is_symlink();
        if may_be_linked && self.directory.exists() && !would_be_inside(&self.directory, &path).unwrap_or(false) {
            let error = io::Error::other("the symbolic link leads out of the repository");
            return Err(failure("OPEN", &path, error));
        }
        Ok(path)
    }

    fn read(&self, name: &str) -> Result<Option<Versioned>, StoreError> {
        let path = self.path(name)?;
        match read_file(&path, Named::ByInput, MANIFEST_BYTES) {
            Ok(bytes) => {
                let version = version_of(&bytes);
                Ok(Some(Versioned { bytes, version }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failure("GET", &path, error)),
        }
    }

    /// Writes under the lock if the object is at `expected` (`None`: absent).
    fn put(&self, name: &str, bytes: &[u8], expected: Option<&str>) -> Result<PutOutcome, StoreError> {
        let _lock = self.lock()?;
        let found = self.read(name)?;
        if found.as_ref().map(|found| found.version.as_str()) != expected {
            return Ok(PutOutcome::Conflict);
        }
        let path = self.path(name)?;
        if name.contains('/')
            && let Some(directory) = path.parent()
        {
            fs::create_dir_all(directory).map_err(|error| failure("PUT", directory, error))?;
        }
        replace_file(&path, bytes).map_err(|error| failure("PUT", &path, error))?;
        Ok(PutOutcome::Written)
    }

    fn lock(&self) -> Result<DirectoryLock, StoreError> {
        fs::create_dir_all(&self.directory).map_err(|error| failure("OPEN", &self.directory, error))?;
        DirectoryLock::acquire(&self.directory).map_err(|error| {
            let error = io::Error::new(error.kind(), format!("cannot be locked: {error}"));
            failure("LOCK", &self.directory, error)
        })
    }
}

/// What tells contents apart for as long as this process runs. A keyed hash, since an index of 30 MB is hashed three times
/// by a push; contents with the same hash can be chosen only by who knows the key.
fn version_of(bytes: &[u8]) -> String {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    format!("{:x}-{:016x}", bytes.len(), KEY.hash_one(bytes))
}

fn failure(method: &'static str, path: &Path, error: io::Error) -> StoreError {
    StoreError {
        method,
        place: path.display().to_string(),
        attempts: 1,
        failure: StoreFailure::Disk(error),
    }
}

impl Store for DiskStore {
    fn get(&mut self, name: &str) -> Result<Option<Versioned>, StoreError> {
        self.read(name)
    }

    fn put_if_absent(&mut self, name: &str, bytes: &[u8]) -> Result<PutOutcome, StoreError> {
        self.put(name, bytes, None)
    }

    fn put_if_version(&mut self, name: &str, bytes: &[u8], version: &str) -> Result<PutOutcome, StoreError> {
        self.put(name, bytes, Some(version))
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<ListedObject>, StoreError> {
        let limits = WalkLimits {
            depth: MAX_DEPTH,
            entries: REPOSITORY_OBJECTS,
            links: Links::Inside,
        };
        let mut found = Vec::new();
        if !self.directory.exists() {
            return Ok(found);
        }
        walk(&self.directory, limits, &mut |entry| {
            let entry = match entry {
                Ok(entry) => entry,
                // It could not be read as an object either.
                Err(WalkError::Outside { .. } | WalkError::Link { .. }) => return Ok(Visit::PassOver),
                Err(error) => return Err(error),
            };
            if is_hidden(&entry.name) {
                return Ok(Visit::PassOver);
            }
            if entry.file_type.is_file() && entry.name.starts_with(prefix) {
                found.push(ListedObject {
                    size: fs::metadata(&entry.path).map_or(0, |information| information.len()),
                    name: entry.name,
                });
            }
            Ok(Visit::Enter)
        })
        .map_err(|error: WalkError| failure("LIST", &self.directory, io::Error::other(error.to_string())))?;
        sort_by(&mut found, |a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    fn delete(&mut self, name: &str, version: &str) -> Result<PutOutcome, StoreError> {
        let _lock = self.lock()?;
        let found = self.read(name)?;
        if found.is_none_or(|found| found.version != version) {
            return Ok(PutOutcome::Conflict);
        }
        let path = self.path(name)?;
        fs::remove_file(&path).map_err(|error| failure("DELETE", &path, error))?;
        Ok(PutOutcome::Written)
    }

    fn check_writable(&mut self) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let path = self.path(PROBE)?;
        replace_file(&path, b"")
            .and_then(|()| fs::remove_file(&path))
            .map_err(|error| failure("PUT", &path, error))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_outside_of_the_directory_is_read_or_written_through_a_link() {
        let all = tempfile::tempdir().unwrap();
        let directory = all.path().join("repository");
        fs::create_dir(&directory).unwrap();
        let mut store = DiskStore::new(&directory);
        fs::write(all.path().join("there"), "a").unwrap();
        symlink("../there", directory.join("index.yaml")).unwrap();
        symlink("../new", directory.join("a.tgz")).unwrap();
        for name in ["index.yaml", "a.tgz"] {
            assert!(
                store.get(name).is_err() && store.put_if_absent(name, b"b").is_err(),
                "{name}"
            );
        }
        assert_eq!(fs::read(all.path().join("there")).unwrap(), b"a");
        assert!(!all.path().join("new").exists());
        fs::write(directory.join("real"), "a").unwrap();
        symlink("real", directory.join("inside")).unwrap();
        assert_eq!(store.get("inside").unwrap().unwrap().bytes, b"a");
    }
}
