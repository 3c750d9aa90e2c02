//! The lock that writers of a directory hold: directories in, the only writer among the processes of this program out.
//!
//! The lock is the operating system's (`flock`) on the directory itself, so it leaves no file behind, belongs to no
//! user, and ends with its process however that ends. A file cannot be locked instead: the rename that replaces it
//! replaces what is locked. Where directories cannot be locked (NFS, Windows), a file in the directory is locked, and
//! removed by its holder.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::file_identity::{is_file_at, order};
use crate::text::compact_sort::sort;

/// The file that is locked where the directory cannot be.
const LOCK_FILE: &str = ".chartwright.lock";
/// Attempts to open the lock file while others create and remove it.
const ATTEMPTS: u32 = 2000;
/// The pause between them where another process has created the file and not shared it yet.
const PAUSE: Duration = Duration::from_millis(5);

/// A lock on one directory, which ends when this is dropped.
#[derive(Debug)]
pub struct DirectoryLock {
    /// Locked until it is closed.
    _handle: File,
    /// The file that is removed in the end, if the directory could not be locked.
    lock_file: Option<PathBuf>,
}

impl DirectoryLock {
    /// Waits until no other process holds the lock of the directory. A process that acquires it twice waits for itself.
    ///
    /// # Errors
    /// When the directory does not exist, cannot be opened, or neither it nor a file in it can be locked.
    #[expect(clippy::disallowed_methods, reason = "locks a directory, and reads nothing of it")]
    pub fn acquire(directory: &Path) -> io::Result<Self> {
        if cfg!(unix) {
            let handle = File::open(directory)?;
            if wait_for(&handle).is_ok() {
                return Ok(Self {
                    _handle: handle,
                    lock_file: None,
                });
            }
        }
        Self::of_file(directory)
    }

    /// Locks several directories, in an order that is the same in all processes, so that none waits for another in a
    /// circle. Paths that lead to one directory count once.
    ///
    /// # Errors
    /// As [`Self::acquire`], with the directory.
    pub(super) fn acquire_all(directories: &[PathBuf]) -> Result<Vec<Self>, (PathBuf, io::Error)> {
        let mut ordered = Vec::new();
        for directory in directories {
            let key = order(directory).map_err(|error| (directory.clone(), error))?;
            ordered.push((key, directory));
        }
        sort(&mut ordered);
        ordered.dedup_by(|(a, _), (b, _)| a == b);
        let locks = ordered.iter().map(|(_, directory)| {
            let lock = Self::acquire(directory);
            lock.map_err(|error| ((*directory).clone(), error))
        });
        locks.collect()
    }

    /// Locks a file in the directory. Its content is never touched, and a link is never followed.
    fn of_file(directory: &Path) -> io::Result<Self> {
        let path = directory.join(LOCK_FILE);
        for _ in 0..ATTEMPTS {
            let Some(handle) = open_lock_file(&path, directory)? else {
                std::thread::sleep(PAUSE);
                continue;
            };
            wait_for(&handle)?;
            // The holder before may have removed the file that was waited for.
            if is_file_at(&handle, &path) {
                return Ok(Self {
                    _handle: handle,
                    lock_file: Some(path),
                });
            }
        }
        Err(io::Error::other(format!("{LOCK_FILE} cannot be opened")))
    }
}

impl Drop for DirectoryLock {
    fn drop(&mut self) {
        if let Some(path) = &self.lock_file {
            // Removed while it is locked: those who wait for it notice. One that stays does no harm.
            let _removed = fs::remove_file(path);
        }
    }
}

/// Opens or creates the lock file; `None` if it has to be tried again.
fn open_lock_file(path: &Path, directory: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.clone().create_new(true).open(path) {
        Ok(file) => {
            share(&file, directory);
            return Ok(Some(file));
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => return Err(io::Error::other(format!("{LOCK_FILE} is not a regular file"))),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    match options.open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Waits for the lock of a file or directory.
fn wait_for(handle: &File) -> io::Result<()> {
    loop {
        match handle.lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

/// Whoever may write in the directory may lock the file, whatever the umask of the user who happened to be first.
#[cfg(unix)]
fn share(file: &File, directory: &Path) {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};

    if let Ok(directory) = fs::metadata(directory) {
        // The group can be given by its members only; others keep their own.
        let _given = fchown(file, None, Some(directory.gid()));
        // Where this fails, other users wait for the lock until they give up.
        let _shared = file.set_permissions(fs::Permissions::from_mode(directory.mode() & 0o666));
    }
}

#[cfg(not(unix))]
fn share(_file: &File, _directory: &Path) {}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    type Acquire = fn(&Path) -> io::Result<DirectoryLock>;

    /// Both kinds of lock.
    const KINDS: [Acquire; 2] = [DirectoryLock::acquire, DirectoryLock::of_file];

    #[test]
    fn one_writer_at_a_time_and_no_file_is_left_behind() {
        for acquire in KINDS {
            let directory = tempfile::tempdir().unwrap();
            let total = directory.path().join("total");
            fs::write(&total, "0").unwrap();
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for _ in 0..10 {
                            let _lock = acquire(directory.path()).unwrap();
                            let number: u32 = fs::read_to_string(&total).unwrap().parse().unwrap();
                            fs::write(&total, (number + 1).to_string()).unwrap();
                        }
                    });
                }
            });
            assert_eq!(fs::read_to_string(&total).unwrap(), "40");
            assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_lock_file_is_shared_as_its_directory_is() {
        for (mode, want) in [(0o777, 0o666), (0o1777, 0o666), (0o775, 0o664), (0o700, 0o600)] {
            let directory = tempfile::tempdir().unwrap();
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).unwrap();
            let _lock = DirectoryLock::of_file(directory.path()).unwrap();
            let file = fs::metadata(directory.path().join(LOCK_FILE)).unwrap();
            assert_eq!(file.permissions().mode() & 0o7777, want, "{mode:o}");
        }
    }

    #[test]
    fn a_link_is_not_followed_and_a_file_keeps_its_content() {
        let directory = tempfile::tempdir().unwrap();
        let lock_file = directory.path().join(LOCK_FILE);
        let elsewhere = directory.path().join("elsewhere");
        symlink(&elsewhere, &lock_file).unwrap();
        assert!(DirectoryLock::of_file(directory.path()).is_err());
        assert!(!elsewhere.exists(), "the link was followed");
        fs::write(&elsewhere, "content").unwrap();
        assert!(DirectoryLock::of_file(directory.path()).is_err());
        // The directory itself is locked without looking at any file.
        drop(DirectoryLock::acquire(directory.path()).unwrap());
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "content");
        fs::remove_file(&lock_file).unwrap();
        fs::hard_link(&elsewhere, &lock_file).unwrap();
        drop(DirectoryLock::of_file(directory.path()).unwrap());
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "content");
    }

    #[test]
    fn two_paths_to_one_directory_are_locked_once() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link");
        symlink(directory.path(), &link).unwrap();
        let paths = [directory.path().to_owned(), link, directory.path().join(".")];
        assert_eq!(DirectoryLock::acquire_all(&paths).unwrap().len(), 1);
    }
}
