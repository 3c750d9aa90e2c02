//! Which charts there are, and which values files they are deployed with.

use std::path::{Path, PathBuf};

use crate::text::go::path_match::path_match;

/// Deepest directory that is searched.
const MAX_DEPTH: usize = 32;

/// A directory that cannot be searched.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {source}", path.display())]
pub struct FindError {
    /// The directory.
    pub path: PathBuf,
    /// Why.
    pub source: std::io::Error,
}

/// The directories below `root` that hold a Chart.yaml, sorted. Hidden directories, those named in `exclude`, and what
/// lies inside a chart are not searched.
pub fn find_charts(root: &Path, exclude: &[String]) -> Result<Vec<PathBuf>, FindError> {
    let mut charts = Vec::new();
    search(root, exclude, 0, &mut charts)?;
    charts.sort();
    charts.dedup();
    Ok(charts)
}

fn search(directory: &Path, exclude: &[String], depth: usize, charts: &mut Vec<PathBuf>) -> Result<(), FindError> {
    if directory.join("Chart.yaml").is_file() {
        charts.push(directory.to_owned());
        return Ok(());
    }
    if depth >= MAX_DEPTH {
        return Ok(());
    }
    let error = |source| FindError {
        path: directory.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(directory).map_err(error)? {
        let entry = entry.map_err(error)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_directory = entry.file_type().map_err(error)?.is_dir();
        if is_directory && !name.starts_with('.') && !exclude.contains(&name) {
            search(&entry.path(), exclude, depth + 1, charts)?;
        }
    }
    Ok(())
}

/// The values files of a chart that match one of the globs, relative to it and sorted.
pub fn values_files(chart: &Path, globs: &[String]) -> Vec<String> {
    let mut files = Vec::new();
    for glob in globs {
        let (directory, pattern) = glob.rsplit_once('/').unwrap_or(("", glob));
        let Ok(entries) = std::fs::read_dir(chart.join(directory)) else {
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if path_match(pattern, &name).unwrap_or(false) && entry.path().is_file() {
                files.push(if directory.is_empty() {
                    name
                } else {
                    format!("{directory}/{name}")
                });
            }
        }
    }
    files.sort();
    files.dedup();
    files
}
