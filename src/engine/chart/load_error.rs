//! Errors that keep a chart from being loaded.

use std::path::{Path, PathBuf};

use super::archive::ArchiveError;
use super::go_decode::DecodeError;
use super::ignore_file::IgnoreError;
use super::link::{BrokenLink, broken_link};
use super::load::has_extension;
use crate::text::source::WalkError;

/// Deepest nesting of subcharts.
pub(super) const MAX_SUBCHART_DEPTH: usize = 32;

/// Why a chart cannot be loaded. The texts are Helm's where Helm has one.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or directory cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// No Chart.yaml in the directory.
    #[error("unable to detect chart at {0}: open {0}: no such file or directory")]
    NoChart(String),
    /// No Chart.yaml among the files of an archive.
    #[error("unable to detect chart version, no Chart.yaml found")]
    NoChartInArchive,
    /// Not a chart archive.
    #[error("file '{path}' seems to be a YAML file, but expected a gzipped archive")]
    YamlFile {
        /// The file.
        path: String,
    },
    /// Not a chart archive.
    #[error("file '{path}' does not appear to be a gzipped archive; got '{content}'")]
    NotArchive {
        /// The file.
        path: String,
        /// The type that its content suggests.
        content: &'static str,
    },
    /// The archive is refused; Helm 4 does not say why.
    #[error("unable to load chart archive")]
    Unloadable(#[source] ArchiveError),
    /// The archive is refused.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A device, socket or the like.
    #[error("cannot load irregular file {} as it has file mode type bits set", .0.display())]
    Irregular(PathBuf),
    /// A link of the chart leads nowhere; in Helm's words.
    #[error("error evaluating symlink {}: {source}", path.display())]
    Link {
        /// The link, from the root of the file system.
        path: PathBuf,
        /// Where following it ends.
        source: BrokenLink,
    },
    /// The walk of the chart's directory ends early: a link to a parent, too many or too deep directories.
    #[error(transparent)]
    Walk(WalkError),
    /// Subcharts nested too deep.
    #[error("subcharts are nested more than {MAX_SUBCHART_DEPTH} deep")]
    SubchartsTooDeep,
    /// Over the limit.
    #[error(
        "chart exceeds maximum decompressed size of {} bytes",
        super::archive::MAX_ARCHIVE_SIZE
    )]
    TooLarge,
    /// `.helmignore` does not parse.
    #[error(transparent)]
    Ignore(#[from] IgnoreError),
    /// A YAML file of the chart does not fit.
    #[error("cannot load {file}: {source}")]
    Decode {
        /// Name inside the chart.
        file: &'static str,
        /// Why not.
        source: DecodeError,
    },
    /// Chart.yaml, requirements.yaml or a lock is larger than any needs to be.
    #[error("cannot load {file}: {problem}")]
    MetadataTooLarge {
        /// Name inside the chart.
        file: &'static str,
        /// Its size, and what it may be.
        problem: String,
    },
    /// values.yaml does not parse.
    #[error("cannot load values.yaml: {0}")]
    Values(String),
    /// values.yaml is too large, or with those of the charts above and beside it.
    #[error("cannot load values.yaml: {0}")]
    ValuesTooLarge(String),
    /// No Chart.yaml among the files.
    #[error("Chart.yaml file is missing")]
    ChartYamlMissing,
    /// An apiVersion Helm does not know.
    #[error("unsupported chart version")]
    UnsupportedVersion,
    /// apiVersion v3, which Helm 4.3 reads but does not render.
    #[error("invalid chart apiVersion")]
    VersionThree,
    /// apiVersion v3 with subcharts that Chart.yaml does not list, which Helm 4.3 reports first.
    #[error(
        "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch \
         missing dependencies: unsupported chart dependency type"
    )]
    VersionThreeSubcharts,
    /// Chart.yaml lacks something.
    #[error("{0}")]
    Invalid(String),
    /// A subchart fails to load.
    #[error("error unpacking subchart {name} in {parent}: {source}")]
    Subchart {
        /// Directory or archive in `charts/`.
        name: String,
        /// Chart that contains it.
        parent: String,
        /// Why.
        source: Box<Self>,
    },
}

impl LoadError {
    /// Why a file is not loaded as an archive.
    pub(super) fn not_an_archive(path: &Path, bytes: &[u8]) -> Self {
        let name = std::path::absolute(path)
            .unwrap_or_else(|_| path.to_owned())
            .display()
            .to_string();
        if has_extension(&name, "yml") || has_extension(&name, "yaml") {
            return Self::YamlFile { path: name };
        }
        // Helm looks at 512 bytes: those that a shorter file does not have are zeros, which no text contains.
        let is_text = bytes.get(..512).is_some_and(|start| {
            !start
                .iter()
                .any(|byte| matches!(byte, 0..=8 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F))
        });
        let content = if is_text {
            "text/plain; charset=utf-8"
        } else {
            "application/octet-stream"
        };
        Self::NotArchive { path: name, content }
    }
}

impl From<WalkError> for LoadError {
    fn from(error: WalkError) -> Self {
        match error {
            WalkError::Read { path, source } => Self::Read { path, source },
            WalkError::Link { path, source } => {
                let path = std::path::absolute(&path).unwrap_or(path);
                let source = broken_link(&path, source);
                Self::Link { path, source }
            }
            other => Self::Walk(other),
        }
    }
}
