//! The chart being linted, unloaded: a directory, or the files of an archive.

use std::path::{Path, PathBuf};

use crate::engine::chart::{Chart, ChartFile, LoadError, load_files, read_archive, read_directory};
use crate::text::go::path_error::path_error;

/// A chart that may be broken in any way.
#[derive(Debug)]
pub struct ChartSource {
    root: PathBuf,
    /// The files of an archive; a directory is read as rules ask for its files.
    archive: Option<Vec<ChartFile>>,
}

impl ChartSource {
    /// Opens `path`, whose Chart.yaml must be there. The error's text is Helm's.
    pub fn open(path: &Path) -> Result<Self, String> {
        let name = path.to_string_lossy();
        if name.ends_with(".tgz") || name.ends_with(".tar.gz") {
            let bytes = std::fs::read(path)
                .map_err(|error| format!("unable to open tarball: {}", path_error("open", path, &error)))?;
            let files = read_archive(&bytes).map_err(|error| format!("unable to extract tarball: {error}"))?;
            let source = Self {
                root: absolute(path),
                archive: Some(files),
            };
            return if source.exists("Chart.yaml") {
                Ok(source)
            } else {
                Err("unable to check Chart.yaml file in chart: no Chart.yaml in the archive".to_owned())
            };
        }
        let chart_yaml = path.join("Chart.yaml");
        match std::fs::metadata(&chart_yaml) {
            Ok(_) => Ok(Self {
                root: absolute(path),
                archive: None,
            }),
            Err(error) => Err(format!(
                "unable to check Chart.yaml file in chart: {}",
                path_error("stat", &chart_yaml, &error)
            )),
        }
    }

    /// A chart whose files are at hand.
    pub fn from_files(root: &Path, files: Vec<ChartFile>) -> Self {
        Self {
            root: absolute(root),
            archive: Some(files),
        }
    }

    /// Absolute path, as Helm prints it in some messages.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Content of a file of the chart, ignored or not.
    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        if let Some(files) = &self.archive {
            let file = files.iter().find(|file| file.name == name);
            return file
                .map(|file| file.data.to_vec())
                .ok_or_else(|| format!("open {name}: no such file or directory"));
        }
        let path = self.root.join(name);
        let operation = if path.is_dir() { "read" } else { "open" };
        std::fs::read(&path).map_err(|error| path_error(operation, &path, &error))
    }

    /// Content of a file of the chart, for showing a place in it.
    pub fn content(&self, name: &str) -> Option<Vec<u8>> {
        self.read(name).ok()
    }

    pub(super) fn exists(&self, name: &str) -> bool {
        match &self.archive {
            Some(files) => {
                let directory = format!("{name}/");
                files
                    .iter()
                    .any(|file| file.name == name || file.name.starts_with(&directory))
            }
            None => self.root.join(name).exists(),
        }
    }

    pub(super) fn is_directory(&self, name: &str) -> bool {
        match &self.archive {
            Some(files) => {
                let directory = format!("{name}/");
                files.iter().any(|file| file.name.starts_with(&directory))
            }
            None => self.root.join(name).is_dir(),
        }
    }

    /// The chart, loaded.
    pub(super) fn load(&self) -> Result<Chart, LoadError> {
        match &self.archive {
            Some(files) => load_files(files.clone()),
            None => load_files(read_directory(&self.root)?),
        }
    }
}

fn absolute(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.components().collect()
}
