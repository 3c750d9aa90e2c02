//! Writing several files, all or none: contents in, files on disk out.
//!
//! Every temporary file is written and on disk before the first rename, so the usual failures (permissions, space, a
//! file that another program has changed meanwhile) change nothing. No file system renames several files at once: a
//! record of what is to be done ([`super::journal`]) is written before the first rename, from which the next run
//! completes a change whose process was killed. When a rename fails after others, those are undone.
//!
//! The directories are locked ([`super::directory_lock`]) while files are compared and renamed, so of two processes that
//! start from the same content only one succeeds.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::interrupted::{directory_of, lock_and_settle};
use super::journal::{Entry, Journal, Way, digest};
use super::read_file::{Named, read_file};
use super::replace_error::ReplaceError;
use super::replace_file::is_special;
use super::temporary_file::{Kind, TemporaryFile, follow_links};
use super::write_in_place::{check_writable, has_other_names, write_in_place};
use crate::text::compact_sort::sort;
use crate::text::limits::MANIFEST_BYTES;

/// Temporary files that stay open until they are renamed. More could be more than a process may open; the lock on their
/// directory is enough, unless another process that replaces a single file there looks for files that were left behind.
const OPEN_FILES: usize = 64;

/// New content for one file.
#[derive(Debug, Clone, Copy)]
pub struct Replacement<'r> {
    /// The file. It may not exist yet, its directory must.
    pub path: &'r Path,
    /// The content that the new one was made from, which the file must still have when it is replaced; `None` to
    /// replace the file whatever is in it. A file with several names (hard links) keeps them if this is given: it is
    /// written in place, so that a reader may see a part of it.
    pub expected: Option<&'r [u8]>,
    /// The new content.
    pub content: &'r [u8],
}

/// A file to replace, its links followed.
struct Target<'r> {
    file: Replacement<'r>,
    directory: PathBuf,
    path: PathBuf,
}

/// A file that is ready to be replaced.
struct Prepared<'r> {
    temporary: TemporaryFile,
    way: Way,
    content: &'r [u8],
    /// `None` if the file does not exist yet.
    before: Option<Vec<u8>>,
}

/// Replaces all files or none, each through a temporary file beside it, keeping permissions and, where the process may
/// set them, owner and group. Symbolic links are followed, so that they stay links.
///
/// If the process is killed before all files have their new content, either none has it, or some have it and the next
/// call for a file in one of their directories completes the change, as does [`super::finish_interrupted`].
///
/// # Errors
/// When a file cannot be written or does not have the expected content. Nothing is changed then; only where a rename
/// fails after another one and cannot be undone ([`ReplaceError::NotRestored`]) some files are.
pub fn replace_files(files: &[Replacement<'_>]) -> Result<(), ReplaceError> {
    replace_by(files, &|| {}, &|file| file.put())
}

/// The same with the last step passed in, since a test cannot make it fail on a working disk, and with what happens
/// after the temporary files are written.
fn replace_by(
    files: &[Replacement<'_>],
    meanwhile: &dyn Fn(),
    put: &dyn Fn(&Prepared<'_>) -> io::Result<()>,
) -> Result<(), ReplaceError> {
    let targets = targets(files)?;
    let mut directories: Vec<PathBuf> = targets.iter().map(|target| target.directory.clone()).collect();
    sort(&mut directories);
    directories.dedup();
    let settled = lock_and_settle(&directories)?;
    for target in &targets {
        target.read()?;
    }
    let mut prepared = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        let mut file = target.prepare()?;
        if index >= OPEN_FILES {
            file.temporary.close();
        }
        prepared.push(file);
    }
    meanwhile();
    // Read once more: other programs do not know the lock, and writing temporary files takes time.
    for (target, prepared) in targets.iter().zip(&mut prepared) {
        prepared.before = target.read()?;
    }
    let is_one_step = prepared.len() < 2 && prepared.iter().all(|file| file.way == Way::Rename);
    let journal = if is_one_step {
        None
    } else {
        let entries: Vec<Entry> = targets
            .iter()
            .zip(&prepared)
            .map(|(target, file)| target.entry(file))
            .collect();
        let journal = Journal::write(&entries).map_err(|(path, source)| ReplaceError::Write { path, source })?;
        Some(journal)
    };
    let outcome = put_all(&prepared, put);
    for directory in &directories {
        // The names are on disk before the record of them is gone. Not all file systems can do this.
        let _on_disk = sync(directory);
    }
    if let Some(journal) = journal {
        journal.remove();
    }
    drop(settled.locks);
    outcome
}

#[expect(clippy::disallowed_methods, reason = "opens a directory, and reads nothing of it")]
fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

fn put_all(prepared: &[Prepared<'_>], put: &dyn Fn(&Prepared<'_>) -> io::Result<()>) -> Result<(), ReplaceError> {
    for (index, file) in prepared.iter().enumerate() {
        if let Err(source) = put(file) {
            let path = file.temporary.target().to_owned();
            // What is written in place may be written in part.
            let started = index + usize::from(file.way == Way::InPlace);
            let done = prepared.get(..started).unwrap_or_default();
            return Err(if done.is_empty() {
                ReplaceError::Write { path, source }
            } else {
                undo(done, path, source)
            });
        }
    }
    Ok(())
}

/// The files behind the paths, each once.
fn targets<'r>(files: &[Replacement<'r>]) -> Result<Vec<Target<'r>>, ReplaceError> {
    let mut targets: Vec<Target<'r>> = Vec::new();
    for file in files {
        let cannot = |source| ReplaceError::Write {
            path: file.path.to_owned(),
            source,
        };
        if is_special(file.path) {
            return Err(cannot(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a regular file",
            )));
        }
        let directory = directory_of(file.path).map_err(cannot)?;
        let target = follow_links(file.path);
        let name = target.file_name();
        let name = name.ok_or_else(|| cannot(io::Error::new(io::ErrorKind::InvalidInput, "not a file name")))?;
        let path = directory.join(name);
        match targets.iter().find(|earlier| earlier.path == path) {
            Some(earlier) if earlier.file.content != file.content => {
                return Err(ReplaceError::SameFile {
                    first: earlier.file.path.to_owned(),
                    second: file.path.to_owned(),
                });
            }
            Some(_) => {}
            None => targets.push(Target {
                file: *file,
                directory,
                path,
            }),
        }
    }
    Ok(targets)
}

impl<'r> Target<'r> {
    fn cannot(&self, source: io::Error) -> ReplaceError {
        ReplaceError::Write {
            path: self.file.path.to_owned(),
            source,
        }
    }

    /// The content of the file, which is the expected one; `None` if it does not exist yet.
    fn read(&self) -> Result<Option<Vec<u8>>, ReplaceError> {
        let content = match read_file(&self.path, Named::ByUser, MANIFEST_BYTES) {
            Ok(content) => Some(content),
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.file.expected.is_none() => None,
            Err(error) => return Err(self.cannot(error)),
        };
        let is_expected = self
            .file
            .expected
            .is_none_or(|expected| content.as_deref() == Some(expected));
        if is_expected {
            Ok(content)
        } else {
            Err(ReplaceError::ChangedMeanwhile {
                path: self.file.path.to_owned(),
            })
        }
    }

    fn prepare(&self) -> Result<Prepared<'r>, ReplaceError> {
        let way = if self.file.expected.is_some() && has_other_names(&self.path) {
            check_writable(&self.path).map_err(|error| self.cannot(error))?;
            Way::InPlace
        } else {
            Way::Rename
        };
        let temporary = TemporaryFile::write(&self.path, self.file.content, Kind::Content);
        Ok(Prepared {
            temporary: temporary.map_err(|error| self.cannot(error))?,
            way,
            content: self.file.content,
            before: None,
        })
    }

    fn entry(&self, file: &Prepared<'_>) -> Entry {
        Entry {
            way: file.way,
            directory: self.directory.clone(),
            temporary: file.temporary.name().to_owned(),
            target: self.path.file_name().unwrap_or_default().to_owned(),
            old: file.before.as_deref().map(digest),
            new: digest(file.content),
        }
    }
}

impl Prepared<'_> {
    fn put(&self) -> io::Result<()> {
        match self.way {
            Way::Rename => self.temporary.replace_target(),
            Way::InPlace => write_in_place(self.temporary.target(), self.content),
        }
    }

    fn restore(&self) -> io::Result<()> {
        let target = self.temporary.target();
        match (&self.before, self.way) {
            (Some(before), Way::Rename) => TemporaryFile::write(target, before, Kind::Content)?.replace_target(),
            (Some(before), Way::InPlace) => write_in_place(target, before),
            (None, _) => fs::remove_file(target),
        }
    }
}

/// Restores the old content of files that were replaced, after `path` could not be replaced because of `source`.
fn undo(done: &[Prepared<'_>], path: PathBuf, source: io::Error) -> ReplaceError {
    let changed = done.iter().filter(|file| file.restore().is_err());
    let changed: Vec<PathBuf> = changed.map(|file| file.temporary.target().to_owned()).collect();
    if changed.is_empty() {
        ReplaceError::Restored { path, source }
    } else {
        ReplaceError::NotRestored { path, source, changed }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::journal::JOURNAL;
    use super::*;

    struct Directory(tempfile::TempDir);

    impl Directory {
        fn with(files: &[(&str, &str)]) -> Self {
            let directory = Self(tempfile::tempdir().unwrap());
            for (name, text) in files {
                fs::write(directory.path(name), text).unwrap();
            }
            directory
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        /// Every file with its content; directories are left out.
        fn content(&self) -> Vec<(String, String)> {
            let entries = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().path());
            let mut content: Vec<(String, String)> = entries
                .filter(|path| path.is_file())
                .map(|path| {
                    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                    (name, fs::read_to_string(path).unwrap())
                })
                .collect();
            content.sort();
            content
        }
    }

    fn new<'r>(path: &'r Path, content: &'r str) -> Replacement<'r> {
        Replacement {
            path,
            expected: None,
            content: content.as_bytes(),
        }
    }

    fn pairs(content: &[(&str, &str)]) -> Vec<(String, String)> {
        let pairs = content.iter();
        pairs
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect()
    }

    #[test]
    fn all_files_are_replaced_and_nothing_is_left_behind() {
        let directory = Directory::with(&[("a", "1"), ("b", "2")]);
        let (a, b, c) = (directory.path("a"), directory.path("b"), directory.path("c"));
        replace_files(&[new(&a, "one"), new(&b, "two"), new(&c, "three")]).unwrap();
        assert_eq!(
            directory.content(),
            pairs(&[("a", "one"), ("b", "two"), ("c", "three")])
        );
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_the_others_untouched() {
        let directory = Directory::with(&[("a", "1"), ("b", "2")]);
        fs::create_dir(directory.path("d")).unwrap();
        let a = directory.path("a");
        for path in [directory.path("d"), directory.path("no/such"), directory.path("b/x")] {
            let error = replace_files(&[new(&a, "one"), new(&path, "x")]).unwrap_err();
            assert!(
                error.to_string().contains(&path.display().to_string())
                    && error.to_string().contains("nothing was changed"),
                "{error}"
            );
            assert_eq!(directory.content(), pairs(&[("a", "1"), ("b", "2")]));
        }
    }

    #[test]
    fn a_file_that_changed_since_it_was_read_stops_all() {
        let directory = Directory::with(&[("a", "1"), ("b", "2 and more")]);
        let (a, b, gone) = (directory.path("a"), directory.path("b"), directory.path("gone"));
        for path in [&b, &gone] {
            let second = Replacement {
                expected: Some(b"2"),
                ..new(path, "two")
            };
            let error = replace_files(&[new(&a, "one"), second]).unwrap_err();
            assert!(error.to_string().contains("nothing was changed"), "{error}");
            assert_eq!(directory.content(), pairs(&[("a", "1"), ("b", "2 and more")]));
        }
    }

    #[test]
    fn a_file_that_changes_while_temporary_files_are_written_stops_all() {
        let directory = Directory::with(&[("a", "1"), ("b", "2")]);
        let (a, b) = (directory.path("a"), directory.path("b"));
        let second = Replacement {
            expected: Some(b"2"),
            ..new(&b, "two")
        };
        let change = || fs::write(&b, "2 and more").unwrap();
        let error = replace_by(&[new(&a, "one"), second], &change, &|file| file.put()).unwrap_err();
        assert!(matches!(error, ReplaceError::ChangedMeanwhile { .. }), "{error}");
        assert_eq!(directory.content(), pairs(&[("a", "1"), ("b", "2 and more")]));
    }

    #[test]
    fn a_rename_that_fails_after_others_undoes_them() {
        let directory = Directory::with(&[("a", "1"), ("c", "3")]);
        let (a, b, c) = (directory.path("a"), directory.path("b"), directory.path("c"));
        let count = Cell::new(0);
        let fail_third = |file: &Prepared<'_>| {
            count.set(count.get() + 1);
            if count.get() == 3 {
                return Err(io::Error::other("no more"));
            }
            file.put()
        };
        let files = [new(&a, "one"), new(&b, "two"), new(&c, "three")];
        let error = replace_by(&files, &|| {}, &fail_third).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "cannot write {}: no more; the files written before it were restored",
                fs::canonicalize(&c).unwrap().display()
            )
        );
        assert_eq!(directory.content(), pairs(&[("a", "1"), ("c", "3")]));
    }

    #[test]
    fn a_file_that_cannot_be_restored_is_named() {
        let directory = Directory::with(&[("b", "2")]);
        let (a, b) = (directory.path("a"), directory.path("b"));
        let vanish_then_fail = |file: &Prepared<'_>| {
            if file.temporary.target().ends_with("b") {
                fs::remove_file(&a).unwrap();
                return Err(io::Error::other("no more"));
            }
            file.put()
        };
        let error = replace_by(&[new(&a, "one"), new(&b, "two")], &|| {}, &vanish_then_fail).unwrap_err();
        let ReplaceError::NotRestored { changed, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(changed, [a]);
    }

    #[test]
    fn two_paths_to_one_file_must_agree() {
        let directory = Directory::with(&[("a", "1")]);
        let (a, dotted) = (directory.path("a"), directory.path("./a"));
        replace_files(&[new(&a, "one"), new(&dotted, "one")]).unwrap();
        let error = replace_files(&[new(&a, "two"), new(&dotted, "three")]).unwrap_err();
        assert!(matches!(error, ReplaceError::SameFile { .. }));
        assert_eq!(directory.content(), pairs(&[("a", "one")]));
    }

    #[cfg(unix)]
    #[test]
    fn permissions_owner_and_links_stay() {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};

        let directory = Directory::with(&[("real", "1")]);
        let (real, link) = (directory.path("real"), directory.path("link"));
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        // Only root may give a file away; for other users the owner is the writer before and after.
        let _given = chown(&real, Some(4711), Some(4712));
        let before = fs::metadata(&real).unwrap();
        symlink("real", &link).unwrap();
        replace_files(&[new(&link, "one")]).unwrap();
        let after = fs::metadata(&real).unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"one");
        assert_eq!(after.mode() & 0o7777, 0o640);
        assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
        assert_ne!(after.ino(), before.ino(), "the file is replaced, not written to");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let (far, near) = (directory.path("far"), directory.path("near"));
        symlink("near", &far).unwrap();
        symlink("new", &near).unwrap();
        replace_files(&[new(&far, "two")]).unwrap();
        assert_eq!(fs::read(directory.path("new")).unwrap(), b"two");
        assert!(fs::symlink_metadata(&far).unwrap().is_symlink() && fs::symlink_metadata(&near).unwrap().is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn directories_are_locked_and_a_change_of_several_files_is_recorded_meanwhile() {
        let directory = Directory::with(&[("a", "1"), ("b", "2")]);
        fs::create_dir(directory.path("d")).unwrap();
        let (a, b, c) = (directory.path("a"), directory.path("b"), directory.path("d/c"));
        let all = [new(&a, "one"), new(&b, "two"), new(&c, "three")];
        for (files, is_recorded) in [(&all[..], true), (&all[..1], false)] {
            let put = |file: &Prepared<'_>| {
                let place = file.temporary.target().parent().unwrap();
                let lock = File::open(place).unwrap().try_lock();
                assert!(matches!(lock, Err(fs::TryLockError::WouldBlock)), "{}", place.display());
                assert_eq!(place.join(JOURNAL).exists(), is_recorded, "{}", place.display());
                file.put()
            };
            replace_by(files, &|| {}, &put).unwrap();
            assert!(!directory.path(JOURNAL).exists() && !directory.path("d").join(JOURNAL).exists());
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_edited_file_keeps_its_other_names_and_a_file_written_anew_is_a_new_one() {
        for (expected, want) in [(Some(&b"1"[..]), "one"), (None, "1")] {
            let directory = Directory::with(&[("a", "1"), ("b", "2")]);
            let (a, b, other) = (directory.path("a"), directory.path("b"), directory.path("other"));
            fs::hard_link(&a, &other).unwrap();
            let first = Replacement {
                expected,
                ..new(&a, "one")
            };
            replace_files(&[first, new(&b, "two")]).unwrap();
            assert_eq!(
                directory.content(),
                pairs(&[("a", "one"), ("b", "two"), ("other", want)]),
                "{expected:?}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn files_in_place_are_restored_when_a_later_one_fails() {
        let directory = Directory::with(&[("a", "1"), ("b", "2")]);
        let (a, b) = (directory.path("a"), directory.path("b"));
        fs::hard_link(&a, directory.path("other")).unwrap();
        let first = Replacement {
            expected: Some(b"1"),
            ..new(&a, "one")
        };
        let fail_second = |file: &Prepared<'_>| {
            if file.way == Way::Rename {
                return Err(io::Error::other("no more"));
            }
            file.put()
        };
        let error = replace_by(&[first, new(&b, "two")], &|| {}, &fail_second).unwrap_err();
        assert!(matches!(error, ReplaceError::Restored { .. }), "{error}");
        assert_eq!(directory.content(), pairs(&[("a", "1"), ("b", "2"), ("other", "1")]));
    }
}
