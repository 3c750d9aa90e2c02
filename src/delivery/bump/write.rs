//! Writing a plan to disk.

use std::io;

use crate::text::source::replace_file;

use super::plan::BumpPlan;

/// Writes the files of which a byte changes.
///
/// # Errors
/// When a file cannot be written; the first of the pair is its path.
pub fn write_plan(plan: &BumpPlan) -> Result<(), (String, io::Error)> {
    for file in plan.changed_files() {
        replace_file(&file.location, &file.new).map_err(|error| (file.path.clone(), error))?;
    }
    Ok(())
}
