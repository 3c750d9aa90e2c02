//! What will change, before anything is written.

use crate::text::edit::{Applied, Change, EditError, apply_changes, unified_diff};

/// The edits of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlan {
    /// Path of the file.
    pub path: String,
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

/// An edit that cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {source}")]
pub struct PlanError {
    /// The file.
    pub path: String,
    /// Why.
    pub source: EditError,
}

impl FilePlan {
    /// Plans the edits of one file.
    pub fn new(path: &str, old: Vec<u8>, changes: &[Change]) -> Result<Self, PlanError> {
        let (new, applied) = apply_changes(&old, changes).map_err(|source| PlanError {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
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
    /// Whether a byte of any file changes.
    pub fn is_change(&self) -> bool {
        self.files.iter().any(FilePlan::is_change)
    }
}
