//! Which charts there are below a directory.

use std::path::{Path, PathBuf};

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

/// Charts below the `charts/` directories of charts, directories and archives, in the order of a walk.
pub fn find_subcharts(chart: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    search_subcharts(&chart.join("charts"), 0, &mut found);
    found
}

fn search_subcharts(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.to_string_lossy();
        if path.is_dir() && depth < MAX_DEPTH {
            search_subcharts(&path, depth + 1, found);
        } else if path.file_name().is_some_and(|name| name == "Chart.yaml") {
            found.push(directory.to_owned());
        } else if name.ends_with(".tgz") || name.ends_with(".tar.gz") {
            found.push(path.clone());
        }
    }
}
