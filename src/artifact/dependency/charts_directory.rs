//! The files in the `charts/` of a chart.

use std::io;
use std::path::{Path, PathBuf};

use crate::text::limits::CHART_FILES;
use crate::text::source::{Links, Visit, WalkError, WalkLimits, walk};

use super::error::DependencyError;

/// Whether Helm loads a file of `charts/` by its name.
pub fn is_loaded(file_name: &str) -> bool {
    file_name.strip_suffix(".tgz").is_some() && !file_name.starts_with(['_', '.'])
}

/// The entries of `charts/` that are not directories, by name, with their paths. None where it does not exist.
///
/// # Errors
/// When it cannot be read.
pub fn files_in(charts: &Path) -> Result<Vec<(String, PathBuf)>, DependencyError> {
    if !charts.exists() {
        return Ok(Vec::new());
    }
    let limits = WalkLimits {
        depth: 1,
        entries: CHART_FILES,
        links: Links::Followed,
    };
    let mut files = Vec::new();
    walk(charts, limits, &mut |entry| match entry {
        Ok(entry) => {
            if !entry.file_type.is_dir() {
                files.push((entry.name, entry.path));
            }
            Ok(Visit::PassOver)
        }
        // A link that leads nowhere is not an archive.
        Err(WalkError::Link { .. } | WalkError::Loop(_)) => Ok(Visit::PassOver),
        Err(WalkError::Read { path, source }) => Err(DependencyError::File { path, source }),
        Err(error) => Err(DependencyError::File {
            path: charts.to_owned(),
            source: io::Error::other(error.to_string()),
        }),
    })?;
    Ok(files)
}
