//! Prepared dependencies to disk: archives into `charts/`, the lock and the digests beside Chart.yaml, old archives deleted.
//!
//! All files are replaced or none; only then is deleted what Helm deletes: every archive of a chart in `charts/` that is not one of
//! the new ones, but not those of dependencies without a repository. A process that is killed leaves the old files, or a change
//! that the next one completes, or old archives beside the new ones, which the next run deletes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::engine::chart::{load_files, read_archive};
use crate::text::limits::FILE_BYTES;
use crate::text::source::{Named, Replacement, finish_interrupted, read_file, replace_files};

use super::charts_directory::files_in;
use super::error::DependencyError;
use super::prepared::{PreparedChart, SavedState};

/// Completes what killed processes left in the directories of charts. To be done before their dependencies are read.
///
/// # Errors
/// When such a change cannot be completed.
pub fn settle(directories: &[PathBuf]) -> Result<(), DependencyError> {
    let paths = directories.iter().flat_map(|directory| {
        let archive = directory.join("charts").join("x");
        [directory.join("Chart.lock"), archive]
    });
    let paths: Vec<PathBuf> = paths.collect();
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    finish_interrupted(&paths)?;
    Ok(())
}

/// Names of the archives in `charts/` that are deleted when a chart is placed.
///
/// # Errors
/// When `charts/` cannot be read.
pub fn outdated(chart: &PreparedChart) -> Result<Vec<String>, DependencyError> {
    if !chart.has_dependencies {
        return Ok(Vec::new());
    }
    let is_new = |name: &str| {
        let fetched = chart.saved.iter().filter_map(|saved| saved.fetched.as_ref());
        fetched.into_iter().any(|fetched| fetched.file_name == name)
    };
    let stays = |name: &str| {
        let mut saved = chart.saved.iter();
        saved.any(|saved| saved.state == SavedState::Unpacked && saved.name == name)
    };
    let files = files_in(&chart.directory.join("charts"))?;
    let files = files
        .into_iter()
        .filter(|(name, path)| !is_new(name) && name_of_chart(path).is_some_and(|chart| !stays(&chart)));
    Ok(files.map(|(name, _)| name).collect())
}

/// Name of the chart in an archive; none for what is not one.
fn name_of_chart(path: &Path) -> Option<String> {
    let bytes = read_file(path, Named::ByInput, FILE_BYTES).ok()?;
    let chart = load_files(read_archive(&bytes).ok()?).ok()?;
    Some(chart.name().to_owned())
}

/// Places the dependencies of a chart. Gives the names of the archives that were deleted.
///
/// # Errors
/// When a file cannot be written, and then nothing has changed; or when an old archive cannot be deleted.
pub fn place(chart: &PreparedChart) -> Result<Vec<String>, DependencyError> {
    if !chart.has_dependencies {
        return Ok(Vec::new());
    }
    let charts = chart.directory.join("charts");
    make_directory(&charts)?;
    let outdated = outdated(chart)?;
    let mut files: Vec<(PathBuf, &[u8])> = Vec::new();
    for saved in chart.saved.iter().filter(|saved| saved.state == SavedState::Written) {
        if let Some(fetched) = &saved.fetched {
            files.push((charts.join(&fetched.file_name), &fetched.archive));
        }
    }
    for (name, text) in &chart.files {
        files.push((chart.directory.join(name), text.as_bytes()));
    }
    if let Some((link, _)) = files.iter().find(|(path, _)| path.is_symlink()) {
        return Err(DependencyError::Link(link.clone()));
    }
    let replacements = files.iter().map(|(path, content)| Replacement {
        path,
        expected: None,
        content,
    });
    replace_files(&replacements.collect::<Vec<_>>())?;
    for name in &outdated {
        let path = charts.join(name);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(DependencyError::File { path, source }),
        }
    }
    Ok(outdated)
}

fn make_directory(charts: &Path) -> Result<(), DependencyError> {
    match fs::metadata(charts) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(DependencyError::NotADirectory(charts.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir(charts).map_err(|source| DependencyError::File {
                path: charts.to_owned(),
                source,
            })
        }
        Err(source) => Err(DependencyError::File {
            path: charts.to_owned(),
            source,
        }),
    }
}
