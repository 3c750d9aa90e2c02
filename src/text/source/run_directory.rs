//! A directory that one run of this program has for itself. In: where it is to be. Out: the directory, and whether others left theirs.
//!
//! Its run holds the operating system's lock of the directory (`flock`), which ends with its process however that ends. So a directory that
//! can be locked has lost its run, and a later run of the same user removes it. Where directories cannot be locked (NFS, Windows), what a
//! killed run left stays.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::file_identity::is_file_at;

/// Names that are tried.
const ATTEMPTS: u32 = 100;

/// A directory, locked for as long as this is kept.
#[derive(Debug)]
pub struct RunDirectory {
    path: PathBuf,
    is_removed: bool,
    /// Locked until it is closed.
    _handle: Option<File>,
}

/// What an attempt to lock a directory came to.
enum Lock {
    Ours(File),
    Others,
    /// It cannot be locked at all.
    Impossible,
}

impl RunDirectory {
    /// Makes a directory that only the user can read, below another: `STEM-NUMBER`. It is removed when this is dropped.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(above: &Path, stem: &str) -> io::Result<Self> {
        let mut number = 0;
        loop {
            let path = above.join(format!("{stem}-{number}"));
            match make_private(&path).and_then(|()| lock_new(&path)) {
                Ok(handle) => {
                    return Ok(Self {
                        path,
                        is_removed: true,
                        _handle: handle,
                    });
                }
                // Of another run, or somebody else's.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < ATTEMPTS => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes a directory that the user named, made where it is missing; `None` where another run has it. It stays when this is dropped.
    ///
    /// # Errors
    /// When it cannot be made or read.
    pub fn take(path: &Path) -> io::Result<Option<Self>> {
        fs::create_dir_all(path)?;
        let handle = match lock(path)? {
            Lock::Ours(handle) => Some(handle),
            Lock::Others => return Ok(None),
            Lock::Impossible => None,
        };
        Ok(Some(Self {
            path: path.to_owned(),
            is_removed: false,
            _handle: handle,
        }))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        if self.is_removed {
            // What stays is removed by a later run.
            let _removed = fs::remove_dir_all(&self.path);
        }
    }
}

/// Removes the directories below another that killed runs of the user made. `is_left` is whether one of a name may be removed. What cannot be
/// removed stays without an error: it does no harm.
#[expect(
    clippy::disallowed_methods,
    reason = "lists one directory, which temporary files are in, and follows no links"
)]
pub fn remove_left_directories(above: &Path, is_left: &dyn Fn(&str) -> bool) {
    let Ok(entries) = fs::read_dir(above) else {
        return;
    };
    for entry in entries.flatten() {
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_directory && entry.file_name().to_str().is_some_and(is_left) {
            let path = entry.path();
            if let Ok(Lock::Ours(handle)) = lock(&path)
                && is_own(&handle)
                && is_file_at(&handle, &path)
            {
                let _removed = fs::remove_dir_all(&path);
            }
        }
    }
}

/// Makes a directory for the user alone. One that is there already is another's.
fn make_private(path: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "directories have modes on Unix alone"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Locks a directory that was made just now: a run that looks for what others left may have been faster.
fn lock_new(path: &Path) -> io::Result<Option<File>> {
    let gone = || io::Error::from(io::ErrorKind::AlreadyExists);
    match lock(path) {
        Ok(Lock::Ours(handle)) if is_file_at(&handle, path) => Ok(Some(handle)),
        Ok(Lock::Ours(_) | Lock::Others) => Err(gone()),
        Ok(Lock::Impossible) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(gone()),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "locks a directory, and reads nothing of it")]
fn lock(path: &Path) -> io::Result<Lock> {
    let handle = File::open(path)?;
    Ok(match handle.try_lock() {
        Ok(()) => Lock::Ours(handle),
        Err(TryLockError::WouldBlock) => Lock::Others,
        Err(TryLockError::Error(_)) => Lock::Impossible,
    })
}

#[cfg(not(unix))]
fn lock(_path: &Path) -> io::Result<Lock> {
    Ok(Lock::Impossible)
}

/// Whether it is this user's: the directory for temporary files is everybody's.
#[cfg(unix)]
fn is_own(handle: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let user = rustix::process::geteuid().as_raw();
    handle.metadata().is_ok_and(|found| found.uid() == user)
}

#[cfg(not(unix))]
fn is_own(_handle: &File) -> bool {
    false
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn names(above: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(above)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_run_left_is_removed_and_what_a_run_has_is_not() {
        let above = tempfile::tempdir().unwrap();
        let own = RunDirectory::make(above.path(), "run-a").unwrap();
        let other = RunDirectory::make(above.path(), "run-a").unwrap();
        assert_ne!(own.path(), other.path());
        // A process that is killed closes its files and removes nothing.
        for name in ["run-left", "other-left"] {
            fs::create_dir_all(above.path().join(name).join("below")).unwrap();
        }
        fs::write(above.path().join("run-file"), "").unwrap();
        std::os::unix::fs::symlink(above.path().join("other-left"), above.path().join("run-link")).unwrap();
        remove_left_directories(above.path(), &|name| name.starts_with("run-"));
        assert_eq!(
            names(above.path()),
            ["other-left", "run-a-0", "run-a-1", "run-file", "run-link"]
        );
        assert!(above.path().join("other-left/below").exists());
        drop((own, other));
        assert_eq!(names(above.path()), ["other-left", "run-file", "run-link"]);
    }

    #[test]
    fn a_directory_that_the_user_named_is_of_one_run_and_stays() {
        let above = tempfile::tempdir().unwrap();
        let path = above.path().join("a/b");
        let taken = RunDirectory::take(&path).unwrap();
        assert!(taken.is_some());
        assert!(RunDirectory::take(&path).unwrap().is_none());
        drop(taken);
        assert!(RunDirectory::take(&path).unwrap().is_some());
        assert!(path.exists());
    }

    #[test]
    fn runs_that_begin_together_do_not_take_each_others_directories() {
        let above = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        remove_left_directories(above.path(), &|name| name.starts_with("run-"));
                        let own = RunDirectory::make(above.path(), "run-a").unwrap();
                        let file = own.path().join("file");
                        fs::write(&file, "text").unwrap();
                        std::thread::yield_now();
                        assert_eq!(fs::read(&file).unwrap(), b"text");
                    }
                });
            }
        });
        assert_eq!(names(above.path()), [""; 0]);
    }
}
