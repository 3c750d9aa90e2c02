//! The chart being linted, unloaded: a directory, or the files of an archive.

use std::path::{Path, PathBuf};

use crate::engine::chart::{
    Chart, ChartFile, DecodeError, LoadError, Metadata, Notice, is_archive_name, json_of_shape, load_files,
    read_archive, read_directory_and_links,
};
use crate::text::go::path_error::path_error;
use crate::text::go::quote::quote;
use crate::text::limits::FILE_BYTES;
use crate::text::source::{Named, SourceFile, join_shown, read_file};

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
            let bytes = read_file(path, Named::ByInput, FILE_BYTES)
                .map_err(|error| format!("unable to open tarball: {}", path_error("open", path, &error)))?;
            return Self::from_archive(path, shown, &bytes);
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

    /// A chart whose archive is at hand; `path` and `shown` are what messages and reports call it.
    ///
    /// # Errors
    /// When the archive cannot be read, or is not that of a chart. The text is Helm's.
    pub fn from_archive(path: &Path, shown: &str, bytes: &[u8]) -> Result<Self, String> {
        let files = read_archive(bytes).map_err(|error| format!("unable to extract tarball: {error}"))?;
        let source = Self::from_files(path, &format!("{shown}!"), files, Vec::new());
        check_name(&source).map_err(|error| format!("unable to extract tarball: {error}"))?;
        Ok(source)
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
        read_file(&path, Named::ByInput, FILE_BYTES).map_err(|error| path_error(operation, &path, &error))
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

    /// The chart, loaded; `notices` receives what Helm logs meanwhile.
    ///
    /// # Errors
    /// When it does not load, with Helm's text.
    pub(super) fn load(&self, notices: &mut Vec<Notice>) -> Result<Chart, LoadError> {
        let files = if let Some(files) = &self.archive {
            files.clone()
        } else {
            let (files, mut links) = read_directory_and_links(&self.root)?;
            notices.append(&mut links);
            files
        };
        let mut chart = load_files(files)?;
        notices.append(&mut chart.notices);
        chart.place_at(&self.shown, &self.neighbours);
        if self.root.is_dir() {
            chart.read_from(&self.root, &[]);
        }
        Ok(chart)
    }
}

/// The name in an archive's Chart.yaml, below which Helm unpacks it.
fn check_name(source: &ChartSource) -> Result<(), String> {
    let text = source.read("Chart.yaml").unwrap_or_default();
    let metadata = json_of_shape(&text, &Metadata::SHAPE)
        .map_err(|error| DecodeError::Yaml(error.to_string()))
        .and_then(|json| Metadata::from_json(&json))
        .map_err(|error| format!("cannot load Chart.yaml: {error}"))?;
    let quoted = quote(metadata.name.as_bytes());
    match metadata.name.as_str() {
        "" => Err("chart name not specified".to_owned()),
        "." | ".." => Err(format!("chart name {quoted} is not allowed")),
        name if name.contains('/') => Err(format!("chart name {quoted} must not contain path separators")),
        _ => Ok(()),
    }
}

fn absolute(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.components().collect()
}
