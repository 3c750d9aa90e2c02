//! The chart being linted, unloaded: a directory, or the files of an archive.

use std::path::{Path, PathBuf};

use crate::engine::chart::{Chart, ChartFile, LoadError, is_archive_name, load_files, read_archive, read_directory};
use crate::text::go::path_error::path_error;
use crate::text::source::{SourceFile, join_shown};

/// A chart that may be broken in any way.
#[derive(Debug)]
pub struct ChartSource {
    root: PathBuf,
    /// Path as reports show it; that of an archive ends with `!`.
    shown: String,
    /// The files of an archive; a directory is read as rules ask for its files.
    archive: Option<Vec<ChartFile>>,
    /// Charts in it that came from beside it: path inside the chart, and path as reports show it.
    neighbours: Vec<(String, String)>,
}

impl ChartSource {
    /// Opens `path`, whose Chart.yaml must be there; `shown` is the path as reports show it.
    ///
    /// # Errors
    /// When there is no Chart.yaml, or the archive cannot be read. The text is Helm's.
    pub fn open(path: &Path, shown: &str) -> Result<Self, String> {
        if is_archive_name(path) {
            let bytes = std::fs::read(path)
                .map_err(|error| format!("unable to open tarball: {}", path_error("open", path, &error)))?;
            let files = read_archive(&bytes).map_err(|error| format!("unable to extract tarball: {error}"))?;
            let source = Self {
                root: absolute(path),
                shown: format!("{shown}!"),
                archive: Some(files),
                neighbours: Vec::new(),
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
                shown: shown.to_owned(),
                archive: None,
                neighbours: Vec::new(),
            }),
            Err(error) => Err(format!(
                "unable to check Chart.yaml file in chart: {}",
                path_error("stat", &chart_yaml, &error)
            )),
        }
    }

    /// A chart whose files are at hand; `neighbours` are the charts among them that came from beside it, by their path inside
    /// the chart and their path as reports show it.
    pub fn from_files(root: &Path, shown: &str, files: Vec<ChartFile>, neighbours: Vec<(String, String)>) -> Self {
        Self {
            root: absolute(root),
            shown: shown.to_owned(),
            archive: Some(files),
            neighbours,
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

    /// A file of the chart as findings refer to it.
    pub(super) fn file(&self, name: &str) -> SourceFile {
        let path = join_shown(&self.shown, name);
        match self.read(name) {
            Ok(text) => SourceFile::new(path, text),
            Err(_) => SourceFile::without_text(path),
        }
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
    ///
    /// # Errors
    /// When it does not load, with Helm's text.
    pub fn load(&self) -> Result<Chart, LoadError> {
        let mut chart = match &self.archive {
            Some(files) => load_files(files.clone()),
            None => load_files(read_directory(&self.root)?),
        }?;
        chart.place_at(&self.shown, &self.neighbours);
        if self.root.is_dir() {
            chart.read_from(&self.root, &[]);
        }
        Ok(chart)
    }
}

fn absolute(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.components().collect()
}
