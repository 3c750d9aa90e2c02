//! The planned changes, before anything is written.

use std::path::{Path, PathBuf};

use crate::text::edit::{Applied, Edit, apply_edits, unified_diff};

use super::error::BumpError;

/// The edits of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlan {
    /// The path as it is shown.
    pub path: String,
    /// The absolute path.
    pub location: PathBuf,
    /// Content before.
    pub old: Vec<u8>,
    /// Content after.
    pub new: Vec<u8>,
    /// The scalars that were set, changed or not.
    pub applied: Vec<Applied>,
}

/// All edits of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BumpPlan {
    /// One for each file.
    pub files: Vec<FilePlan>,
}

impl FilePlan {
    /// Plans the edits of one file, which is shown as `path`.
    ///
    /// # Errors
    /// When one of them cannot be made.
    pub fn new(path: &str, location: &Path, old: Vec<u8>, edits: &[Edit]) -> Result<Self, BumpError> {
        let (new, applied) = apply_edits(&old, edits).map_err(|source| BumpError::Edit {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            location: location.to_owned(),
            old,
            new,
            applied,
        })
    }

    /// Whether a byte changes.
    pub fn is_change(&self) -> bool {
        self.old != self.new
    }

    /// The change as a unified diff.
    pub fn diff(&self) -> String {
        unified_diff(&self.path, &self.old, &self.new)
    }
}

impl BumpPlan {
    /// The files that change.
    pub fn changed_files(&self) -> impl Iterator<Item = &FilePlan> {
        self.files.iter().filter(|file| file.is_change())
    }
}
