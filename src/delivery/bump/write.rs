//! Writing a plan to disk: all of its files or none.

use crate::text::source::{ReplaceError, Replacement, replace_files};

use super::plan::BumpPlan;

/// Writes the files that change.
///
/// # Errors
/// When a file cannot be written, or has changed since the plan was made.
pub fn write_plan(plan: &BumpPlan) -> Result<(), ReplaceError> {
    let files: Vec<Replacement<'_>> = plan
        .changed_files()
        .map(|file| Replacement {
            path: &file.location,
            expected: Some(&file.old),
            content: &file.new,
        })
        .collect();
    replace_files(&files)
}
