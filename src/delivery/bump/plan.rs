//! The planned changes, before anything is written.

use std::path::{Component, Path, PathBuf};

use crate::text::edit::{Applied, Edit, apply_edits, unified_diff};
use crate::text::source::ReportRoot;

use super::error::BumpError;
use super::moved_image::MovedImage;

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
    /// The images that move, in the order of the files.
    pub moved: Vec<MovedImage>,
    /// Images that charts have and that stay, each a sentence with the reason.
    pub left: Vec<String>,
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
        unified_diff(&self.path_in_diff(), &self.old, &self.new)
    }

    /// The path after `a/` and `b/`, as git prints it: relative to the working directory as the user wrote it, else to the work tree that
    /// has the file, else absolute without its first slash.
    fn path_in_diff(&self) -> String {
        let path = Path::new(&self.path);
        if path
            .components()
            .all(|part| matches!(part, Component::CurDir | Component::Normal(_)))
        {
            return ReportRoot::default().shown(path);
        }
        let root = ReportRoot::default().prefer_repository_of(&self.location);
        root.shown(&self.location).trim_start_matches('/').to_owned()
    }
}

impl BumpPlan {
    /// The files that change.
    pub fn changed_files(&self) -> impl Iterator<Item = &FilePlan> {
        self.files.iter().filter(|file| file.is_change())
    }
}
