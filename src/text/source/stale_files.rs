//! What killed processes left behind: a directory in, temporary files without a writer removed.
//!
//! A temporary file is locked by its writer, so one that can be locked has lost its writer. Only regular files with the
//! names of temporary files are looked at, never what a link leads to.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

use super::file_identity::is_file_at;
use super::journal::JOURNAL;
use super::temporary_file::is_temporary_name;

/// The directories that this process has looked at: once is enough, and a repository may have thousands of files.
static SEEN: LazyLock<Mutex<HashSet<PathBuf>>> = LazyLock::new(Mutex::default);

/// Removes the temporary files of dead processes from a directory, the first time that this process asks for it. What
/// cannot be removed stays without an error: it does no harm.
pub fn remove_stale_files(directory: &Path) {
    let is_first = SEEN.lock().is_ok_and(|mut seen| seen.insert(directory.to_owned()));
    if is_first {
        remove_in(directory);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "lists one directory, which is being written to"
)]
fn remove_in(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && is_temporary_name(&entry.file_name()) {
            let _removed_or_alive = remove_if_dead(&entry.path(), directory);
        }
    }
}

fn remove_if_dead(path: &Path, directory: &Path) -> io::Result<()> {
    let file = open(path)?;
    file.try_lock()?;
    // A change that was interrupted after its record was written will be completed from its temporary files. Whoever
    // wrote the record held the lock until then.
    let is_recorded = fs::symlink_metadata(directory.join(JOURNAL)).is_ok_and(|found| found.is_file());
    if is_file_at(&file, path) && !is_recorded {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// For writing if possible: some file systems lock no others.
#[expect(clippy::disallowed_methods, reason = "locks a regular file, and reads nothing of it")]
fn open(path: &Path) -> io::Result<File> {
    let for_writing = OpenOptions::new().read(true).write(true).open(path);
    for_writing.or_else(|_| File::open(path))
}

#[cfg(test)]
mod tests {
    use super::super::temporary_file::{Kind, TemporaryFile};
    use super::*;

    const STALE: &str = ".chartwright-0123456789abcdef.tmp";

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn only_temporary_files_without_a_writer_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        let alive = TemporaryFile::write(&directory.path().join("x"), b"1", Kind::Content).unwrap();
        fs::write(directory.path().join(STALE), "2").unwrap();
        let mut want = vec![alive.name().to_str().unwrap().to_owned()];
        for name in [
            ".chartwright-0123456789ABCDEF.tmp",
            ".chartwright-0123456789abcdef0.tmp",
            ".chartwright-.tmp",
            ".x.yaml.1-0.tmp",
            "values.yaml",
        ] {
            fs::write(directory.path().join(name), "3").unwrap();
            want.push(name.to_owned());
        }
        remove_in(directory.path());
        want.sort();
        assert_eq!(names(directory.path()), want);
        drop(alive);
        assert_eq!(names(directory.path()).len(), want.len() - 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_neither_followed_nor_removed() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("precious"), "1").unwrap();
        std::os::unix::fs::symlink("precious", directory.path().join(STALE)).unwrap();
        fs::create_dir(directory.path().join(STALE.replace('0', "1"))).unwrap();
        remove_in(directory.path());
        assert_eq!(names(directory.path()).len(), 3);
    }

    #[test]
    fn files_of_an_interrupted_change_stay() {
        let directory = tempfile::tempdir().unwrap();
        for name in [STALE, JOURNAL] {
            fs::write(directory.path().join(name), "1").unwrap();
        }
        remove_in(directory.path());
        assert_eq!(names(directory.path()), [STALE, JOURNAL]);
    }

    #[test]
    fn a_directory_is_looked_at_once() {
        let directory = tempfile::tempdir().unwrap();
        for left in [0, 1] {
            fs::write(directory.path().join(STALE), "1").unwrap();
            remove_stale_files(directory.path());
            assert_eq!(names(directory.path()).len(), left);
        }
    }
}
