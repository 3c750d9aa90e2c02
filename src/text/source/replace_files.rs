//! Writing several files, all or none: contents in, files on disk out.
//!
//! Every temporary file is written and on disk before the first rename, so the usual failures (permissions, space, a
//! file that another program has changed meanwhile) change nothing. No file system renames several files at once; when
//! a rename fails after others, those are undone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::read_file::{Named, read_file};
use super::temporary_file::{TemporaryFile, follow_links};
use crate::text::limits::MANIFEST_BYTES;

/// New content for one file.
#[derive(Debug, Clone, Copy)]
pub struct Replacement<'r> {
    /// The file. It may not exist yet, its directory must.
    pub path: &'r Path,
    /// The content that the new one was made from, which the file must still have when it is replaced; `None` to
    /// replace the file whatever is in it.
    pub expected: Option<&'r [u8]>,
    /// The new content.
    pub content: &'r [u8],
}

/// Files that could not be replaced.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// A file cannot be written.
    #[error("cannot write {}: {source}; nothing was changed", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file has changed since its new content was made.
    #[error("{} was changed by another program meanwhile; nothing was changed here", path.display())]
    ChangedMeanwhile {
        /// The file.
        path: PathBuf,
    },
    /// Two paths lead to the same file and would give it different contents.
    #[error("one file would get two different contents, as {} and as {}; nothing was changed", first.display(), second.display())]
    SameFile {
        /// One path.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A rename failed after others; they were undone.
    #[error("cannot write {}: {source}; the files written before it were restored", path.display())]
    Restored {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A rename failed after others, and not all of them could be undone.
    #[error("cannot write {}: {source}; these files are changed and could not be restored: {}", path.display(), names(changed))]
    NotRestored {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
        /// The files that have their new content.
        changed: Vec<PathBuf>,
    },
}

fn names(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    names.join(", ")
}

/// A file that is ready to be replaced.
struct Prepared {
    temporary: TemporaryFile,
    /// `None` if the file does not exist yet.
    before: Option<Vec<u8>>,
}

/// Replaces all files or none, each through a temporary file beside it, keeping permissions and owners. Symbolic links
/// are followed, so that they stay links.
///
/// # Errors
/// When a file cannot be written or does not have the expected content. Nothing is changed then; only where a rename
/// fails after another one and cannot be undone ([`ReplaceError::NotRestored`]) some files are.
pub fn replace_files(files: &[Replacement<'_>]) -> Result<(), ReplaceError> {
    replace_by(files, &|temporary| temporary.replace_target())
}

/// The same with renaming passed in, since a test cannot make it fail on a working disk.
fn replace_by(
    files: &[Replacement<'_>],
    rename: &dyn Fn(&TemporaryFile) -> io::Result<()>,
) -> Result<(), ReplaceError> {
    let mut prepared: Vec<Prepared> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let target = follow_links(file.path);
        let mut earlier = files.iter().take(index);
        match earlier.find(|earlier| follow_links(earlier.path) == target) {
            Some(earlier) if earlier.content != file.content => {
                return Err(ReplaceError::SameFile {
                    first: earlier.path.to_owned(),
                    second: file.path.to_owned(),
                });
            }
            Some(_) => {}
            None => prepared.push(prepare(file, &target)?),
        }
    }
    for (index, file) in prepared.iter().enumerate() {
        if let Err(source) = rename(&file.temporary) {
            let path = file.temporary.target().to_owned();
            let done = prepared.get(..index).unwrap_or_default();
            return Err(if done.is_empty() {
                ReplaceError::Write { path, source }
            } else {
                undo(done, path, source)
            });
        }
    }
    Ok(())
}

fn prepare(file: &Replacement<'_>, target: &Path) -> Result<Prepared, ReplaceError> {
    let cannot = |source| ReplaceError::Write {
        path: file.path.to_owned(),
        source,
    };
    let before = match read_file(target, Named::ByUser, MANIFEST_BYTES) {
        Ok(before) => Some(before),
        Err(error) if error.kind() == io::ErrorKind::NotFound && file.expected.is_none() => None,
        Err(error) => return Err(cannot(error)),
    };
    if file
        .expected
        .is_some_and(|expected| before.as_deref() != Some(expected))
    {
        return Err(ReplaceError::ChangedMeanwhile {
            path: file.path.to_owned(),
        });
    }
    let temporary = TemporaryFile::write(target, file.content).map_err(cannot)?;
    Ok(Prepared { temporary, before })
}

/// Restores the old content of files that were replaced, after `path` could not be replaced because of `source`.
fn undo(done: &[Prepared], path: PathBuf, source: io::Error) -> ReplaceError {
    let restore = |file: &Prepared| match &file.before {
        Some(before) => TemporaryFile::write(file.temporary.target(), before)?.replace_target(),
        None => fs::remove_file(file.temporary.target()),
    };
    let changed = done.iter().filter(|file| restore(file).is_err());
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
    fn a_rename_that_fails_after_others_undoes_them() {
        let directory = Directory::with(&[("a", "1"), ("c", "3")]);
        let (a, b, c) = (directory.path("a"), directory.path("b"), directory.path("c"));
        let count = Cell::new(0);
        let fail_third = |temporary: &TemporaryFile| {
            count.set(count.get() + 1);
            if count.get() == 3 {
                return Err(io::Error::other("no more"));
            }
            temporary.replace_target()
        };
        let files = [new(&a, "one"), new(&b, "two"), new(&c, "three")];
        let error = replace_by(&files, &fail_third).unwrap_err();
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
        let vanish_then_fail = |temporary: &TemporaryFile| {
            if temporary.target().ends_with("b") {
                fs::remove_file(&a).unwrap();
                return Err(io::Error::other("no more"));
            }
            temporary.replace_target()
        };
        let error = replace_by(&[new(&a, "one"), new(&b, "two")], &vanish_then_fail).unwrap_err();
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
}
