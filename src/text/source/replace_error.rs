//! Why files were not replaced, and which of them were.

use std::io;
use std::path::PathBuf;

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
    /// A directory cannot be locked.
    #[error("cannot lock {}: {source}; nothing was changed", path.display())]
    Lock {
        /// The directory.
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
    /// An earlier change, whose process was killed, cannot be completed.
    #[error("an earlier change of several files was interrupted and cannot be completed: {}: {source}", path.display())]
    Interrupted {
        /// The file at which it fails.
        path: PathBuf,
        /// Why.
        source: io::Error,
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
