//! Changes of several files whose process was killed: directories in, each change completed or discarded, locks out.
//!
//! A change with a record ([`super::journal`]) has all its temporary files on disk, so it can always be completed. It is
//! not if anything else has touched the files since: a checkout that restored some of them must not be mixed with the
//! rest of the change.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::directory_lock::DirectoryLock;
use super::journal::{Entry, JOURNAL, Record, Way, decode, digest};
use super::read_file::{Named, read_file};
use super::replace_error::ReplaceError;
use super::stale_files::remove_stale_files;
use super::temporary_file::{Kind, TemporaryFile, follow_links, is_temporary_name};
use super::write_in_place::write_in_place;
use crate::text::compact_sort::sort;
use crate::text::limits::MANIFEST_BYTES;

/// The largest record that is read.
const RECORD_BYTES: u64 = 16 << 20;
/// How often directories are locked again because a record names more of them.
const ROUNDS: u32 = 8;

/// A change whose process was killed, and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interrupted {
    /// The files of the change.
    pub files: Vec<PathBuf>,
    /// Whether it was completed. Otherwise its files had been changed since, and were left as they are.
    pub is_completed: bool,
}

/// Completes the changes of several files that involve a directory of one of `paths` and whose process was killed; see
/// [`super::replace_files`]. Without such a change nothing is locked or written.
///
/// # Errors
/// When such a change cannot be completed, or is still under way and cannot be waited for.
pub fn finish_interrupted(paths: &[&Path]) -> Result<Vec<Interrupted>, ReplaceError> {
    let mut directories: Vec<PathBuf> = paths.iter().filter_map(|path| directory_of(path).ok()).collect();
    sort(&mut directories);
    directories.dedup();
    let is_recorded = |directory: &PathBuf| is_regular(&directory.join(JOURNAL));
    if !directories.iter().any(is_recorded) {
        return Ok(Vec::new());
    }
    let settled = lock_and_settle(&directories)?;
    Ok(settled.interrupted)
}

/// The directory of the file behind a path, without links.
pub(super) fn directory_of(path: &Path) -> io::Result<PathBuf> {
    let target = follow_links(path);
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    fs::canonicalize(parent.unwrap_or(Path::new(".")))
}

/// Directories that this process alone writes to, without traces of processes that were killed.
pub(super) struct Settled {
    pub(super) locks: Vec<DirectoryLock>,
    interrupted: Vec<Interrupted>,
}

/// Locks directories, completes or discards interrupted changes that involve them, and removes temporary files of dead
/// processes.
pub(super) fn lock_and_settle(directories: &[PathBuf]) -> Result<Settled, ReplaceError> {
    let mut involved = directories.to_vec();
    for _ in 0..ROUNDS {
        let locks =
            DirectoryLock::acquire_all(&involved).map_err(|(path, source)| ReplaceError::Lock { path, source })?;
        let mut records = Vec::new();
        for directory in &involved {
            records.extend(read_record(directory)?);
        }
        let known = involved.len();
        for record in &records {
            let named = record.entries.iter().map(|entry| &entry.directory);
            for directory in named.chain([&record.primary]) {
                // One that is gone has no files that could be completed.
                if let Ok(directory) = fs::canonicalize(directory)
                    && !involved.contains(&directory)
                {
                    involved.push(directory);
                }
            }
        }
        if involved.len() > known {
            continue;
        }
        let mut interrupted = Vec::new();
        for record in records.iter().filter(|record| !record.entries.is_empty()) {
            interrupted.push(settle(record)?);
        }
        for directory in &involved {
            remove_journal(directory)?;
            remove_stale_files(directory);
        }
        return Ok(Settled { locks, interrupted });
    }
    Err(ReplaceError::Interrupted {
        path: directories.first().cloned().unwrap_or_default(),
        source: io::Error::other("it involves too many directories"),
    })
}

fn is_regular(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}

/// The journal of a directory, if it has one. One that cannot be understood was cut by a crash before it counted.
fn read_record(directory: &Path) -> Result<Option<Record>, ReplaceError> {
    let path = directory.join(JOURNAL);
    if !is_regular(&path) || !is_trusted(&path, directory) {
        return Ok(None);
    }
    match read_file(&path, Named::ByInput, RECORD_BYTES) {
        Ok(text) => Ok(decode(directory, &text)),
        Err(source) => Err(ReplaceError::Interrupted { path, source }),
    }
}

fn remove_journal(directory: &Path) -> Result<(), ReplaceError> {
    let path = directory.join(JOURNAL);
    if !is_regular(&path) || !is_trusted(&path, directory) {
        return Ok(());
    }
    fs::remove_file(&path).map_err(|source| ReplaceError::Interrupted { path, source })
}

/// In a directory where everybody may create files but not replace those of others (`/tmp`), only records of this
/// process's user count: root would replace others' files for whoever writes one.
#[cfg(unix)]
fn is_trusted(path: &Path, directory: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    const STICKY: u32 = 0o1000;
    let is_sticky = fs::metadata(directory).is_ok_and(|found| found.mode() & STICKY != 0);
    if !is_sticky {
        return true;
    }
    let owner = |path: &Path| fs::symlink_metadata(path).ok().map(|found| found.uid());
    let Ok(own) = TemporaryFile::write(path, b"", Kind::Pointer) else {
        return false;
    };
    let own = directory.join(own.name());
    owner(&own).is_some() && owner(&own) == owner(path)
}

#[cfg(not(unix))]
fn is_trusted(_path: &Path, _directory: &Path) -> bool {
    true
}

/// How far a change has come with one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// The file has its old content, the temporary file the new.
    Pending,
    /// The file has its new content.
    Done,
    /// Something else has changed the file or removed the temporary file.
    Touched,
}

/// Completes a change, or discards it if its files were touched meanwhile.
fn settle(record: &Record) -> Result<Interrupted, ReplaceError> {
    let progress: Vec<Progress> = record.entries.iter().map(progress).collect();
    let is_completed = !progress.contains(&Progress::Touched);
    for (entry, progress) in record.entries.iter().zip(&progress) {
        let temporary = entry.directory.join(&entry.temporary);
        if is_completed && *progress == Progress::Pending {
            let path = entry.directory.join(&entry.target);
            complete(entry, &temporary, &path).map_err(|source| ReplaceError::Interrupted { path, source })?;
        }
        if is_temporary_name(&entry.temporary) && is_regular(&temporary) {
            // One that stays is removed like any other that was left behind.
            let _removed = fs::remove_file(&temporary);
        }
    }
    let files = record.entries.iter().map(|entry| {
        let path = entry.directory.join(&entry.target);
        fs::canonicalize(&path).unwrap_or(path)
    });
    Ok(Interrupted {
        files: files.collect(),
        is_completed,
    })
}

fn progress(entry: &Entry) -> Progress {
    let target = entry.directory.join(&entry.target);
    let content = match fs::symlink_metadata(&target) {
        Ok(found) if found.is_file() => read_file(&target, Named::ByInput, MANIFEST_BYTES).ok(),
        Ok(_) => return Progress::Touched,
        Err(_) => None,
    };
    let found = content.as_deref().map(digest);
    if found.as_ref() == Some(&entry.new) {
        return Progress::Done;
    }
    let temporary = entry.directory.join(&entry.temporary);
    if !is_temporary_name(&entry.temporary) || !is_regular(&temporary) {
        return Progress::Touched;
    }
    let new = match read_file(&temporary, Named::ByInput, MANIFEST_BYTES) {
        Ok(new) if digest(&new) == entry.new => new,
        _ => return Progress::Touched,
    };
    let is_old = found == entry.old;
    // What is written in place is a part of the new content until it is complete.
    let is_partly_new = entry.way == Way::InPlace && content.is_some_and(|content| new.starts_with(&content));
    if is_old || is_partly_new {
        Progress::Pending
    } else {
        Progress::Touched
    }
}

fn complete(entry: &Entry, temporary: &Path, target: &Path) -> io::Result<()> {
    match entry.way {
        Way::Rename => fs::rename(temporary, target),
        Way::InPlace => write_in_place(target, &read_file(temporary, Named::ByInput, MANIFEST_BYTES)?),
    }
}

#[cfg(test)]
mod tests {
    use super::super::journal::Journal;
    use super::*;

    /// A change of files below a directory, from content to content, by a process that is then killed.
    struct Change {
        root: tempfile::TempDir,
        files: Vec<(&'static str, &'static str, &'static str)>,
        way: Way,
    }

    impl Change {
        fn new(way: Way) -> Self {
            let root = tempfile::tempdir().unwrap();
            let files = vec![("x/a", "1", "one"), ("x/b", "2", "two"), ("y/c", "3", "three")];
            for (path, old, _) in &files {
                let path = root.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, old).unwrap();
            }
            Self { root, files, way }
        }

        /// Does what is done before the kill: temporary files, the record, and the first `steps` files.
        fn kill_after(&self, steps: usize) {
            let root = fs::canonicalize(self.root.path()).unwrap();
            let mut entries = Vec::new();
            let mut temporaries = Vec::new();
            for (path, old, new) in &self.files {
                let target = root.join(path);
                let temporary = TemporaryFile::write(&target, new.as_bytes(), Kind::Content).unwrap();
                entries.push(Entry {
                    way: self.way,
                    directory: target.parent().unwrap().to_owned(),
                    temporary: temporary.name().to_owned(),
                    target: target.file_name().unwrap().to_owned(),
                    old: Some(digest(old.as_bytes())),
                    new: digest(new.as_bytes()),
                });
                temporaries.push(temporary);
            }
            Journal::write(&entries).unwrap();
            for (temporary, (_, _, new)) in temporaries.iter().zip(&self.files).take(steps) {
                match self.way {
                    Way::Rename => temporary.replace_target().unwrap(),
                    Way::InPlace => write_in_place(temporary.target(), new.as_bytes()).unwrap(),
                }
            }
            // Not dropped, as a killed process drops nothing.
            temporaries.into_iter().for_each(std::mem::forget);
        }

        fn finish(&self, path: &str) -> Vec<bool> {
            let path = self.root.path().join(path);
            let interrupted = finish_interrupted(&[&path]).unwrap();
            interrupted.into_iter().map(|change| change.is_completed).collect()
        }

        fn write(&self, path: &str, content: &str) {
            fs::write(self.root.path().join(path), content).unwrap();
        }

        fn contents(&self) -> Vec<String> {
            let paths = self.files.iter().map(|(path, _, _)| self.root.path().join(path));
            paths.map(|path| fs::read_to_string(path).unwrap()).collect()
        }

        /// Names in both directories, other than those of the three files.
        fn litter(&self) -> Vec<PathBuf> {
            let entries = ["x", "y"].map(|name| fs::read_dir(self.root.path().join(name)).unwrap());
            let names = entries.into_iter().flatten().map(|entry| entry.unwrap().path());
            names.filter(|path| path.file_name().unwrap().len() > 1).collect()
        }
    }

    #[test]
    fn a_change_with_a_record_is_completed_from_each_of_its_directories() {
        for way in [Way::Rename, Way::InPlace] {
            for steps in 0..=3 {
                for path in ["x/a", "x/other", "y/c"] {
                    let change = Change::new(way);
                    change.kill_after(steps);
                    assert_eq!(change.finish(path), [true]);
                    assert_eq!(change.contents(), ["one", "two", "three"], "{way:?} {steps} {path}");
                    assert_eq!(change.litter(), [""; 0].map(PathBuf::from));
                    assert_eq!(change.finish(path), [false; 0], "it is completed once");
                }
            }
        }
    }

    #[test]
    fn a_change_whose_files_were_touched_is_discarded() {
        for (way, steps, path, content, want) in [
            // A checkout has restored the first.
            (Way::Rename, 1, "x/a", "1", ["1", "2", "3"]),
            (Way::Rename, 1, "y/c", "mine", ["one", "2", "mine"]),
            (Way::Rename, 3, "x/b", "mine", ["one", "mine", "three"]),
            (Way::InPlace, 1, "x/b", "twi", ["one", "twi", "3"]),
        ] {
            let change = Change::new(way);
            change.kill_after(steps);
            change.write(path, content);
            assert_eq!(change.finish("x/a"), [false], "{way:?} {steps} {path}");
            assert_eq!(change.contents(), want, "{way:?} {steps} {path}");
            assert_eq!(change.litter(), [""; 0].map(PathBuf::from));
        }
    }

    #[test]
    fn a_file_that_is_written_in_part_is_completed() {
        for part in ["", "t", "tw"] {
            let change = Change::new(Way::InPlace);
            change.kill_after(1);
            change.write("x/b", part);
            assert_eq!(change.finish("y/c"), [true], "{part}");
            assert_eq!(change.contents(), ["one", "two", "three"]);
        }
    }

    #[test]
    fn directories_may_be_moved_before_a_change_is_completed() {
        let mut change = Change::new(Way::Rename);
        change.kill_after(1);
        let moved = tempfile::tempdir().unwrap();
        for name in ["x", "y"] {
            fs::rename(change.root.path().join(name), moved.path().join(name)).unwrap();
        }
        change.root = moved;
        assert_eq!(change.finish("y/c"), [true]);
        assert_eq!(change.contents(), ["one", "two", "three"]);
    }

    #[test]
    fn a_change_without_its_record_is_not_made() {
        for record in [None, Some("")] {
            let change = Change::new(Way::Rename);
            change.kill_after(0);
            // The process was killed, or the machine stopped, before the record was on disk.
            let path = change.root.path().join("x").join(JOURNAL);
            match record {
                Some(content) => fs::write(&path, content).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            assert_eq!(change.finish("y/c"), [false; 0]);
            assert_eq!(change.contents(), ["1", "2", "3"]);
            assert_eq!(change.finish("x/a"), [false; 0]);
            assert!(!change.litter().iter().any(|path| path.ends_with(JOURNAL)));
        }
    }

    /// A record may come with a cloned repository.
    #[cfg(unix)]
    #[test]
    fn a_record_moves_only_temporary_files_and_follows_no_link() {
        let forge = |change: &Change, temporary: &str, target: &str| {
            let directory = fs::canonicalize(change.root.path().join("x")).unwrap();
            let entry = Entry {
                way: Way::Rename,
                directory,
                temporary: temporary.into(),
                target: target.into(),
                old: None,
                new: digest(b"planted"),
            };
            Journal::write(&[entry]).unwrap();
        };
        let temporary = ".chartwright-0123456789abcdef.tmp";
        for (planted, named) in [("planted", "planted"), (temporary, temporary)] {
            let change = Change::new(Way::Rename);
            change.write(&format!("x/{planted}"), "planted");
            let is_link = planted == temporary;
            if is_link {
                fs::rename(change.root.path().join("x").join(planted), change.root.path().join("p")).unwrap();
                std::os::unix::fs::symlink("../p", change.root.path().join("x").join(planted)).unwrap();
            }
            forge(&change, named, "new");
            assert_eq!(change.finish("x/a"), [false], "{planted}");
            assert!(!change.root.path().join("x/new").exists());
            assert!(fs::symlink_metadata(change.root.path().join("x").join(planted)).is_ok());
        }
    }

    #[cfg(unix)]
    #[test]
    fn where_everybody_may_write_only_own_records_count() {
        use std::os::unix::fs::{PermissionsExt as _, chown};

        for (owner, want) in [(None, &[true][..]), (Some(4711), &[])] {
            let change = Change::new(Way::Rename);
            change.kill_after(1);
            let directory = change.root.path().join("x");
            fs::set_permissions(&directory, fs::Permissions::from_mode(0o1777)).unwrap();
            if chown(directory.join(JOURNAL), owner, None).is_err() {
                continue;
            }
            assert_eq!(change.finish("x/a"), want, "{owner:?}");
        }
    }
}
