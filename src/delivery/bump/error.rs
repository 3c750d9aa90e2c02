//! Why a bump cannot be planned. Each variant has the data a caller needs for a message, advice and an exit code.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::text::edit::EditError;
use crate::text::yaml::YamlError;

use super::find_target::TargetError;

/// A bump that cannot be planned. Nothing is written then.
#[derive(Debug, thiserror::Error)]
pub enum BumpError {
    /// There is neither an assignment nor an image.
    #[error("nothing to change: neither a value nor an image is given")]
    NothingAsked,
    /// A file in which an image is looked for is not YAML.
    #[error("{path}: {source}")]
    Yaml {
        /// The file.
        path: String,
        /// Why.
        source: YamlError,
    },
    /// A file cannot be edited as requested.
    #[error("{}", source.in_file(path))]
    Edit {
        /// The file.
        path: String,
        /// Why.
        source: EditError,
    },
    /// Versions cannot be copied between environments.
    #[error("{message}")]
    Environments {
        /// Why.
        message: String,
        /// What to do about it; empty where that is said already.
        hint: &'static str,
        /// Whether flags or names are wrong, and not the files.
        is_usage: bool,
    },
    /// The new image has neither tag nor digest.
    #[error("{0}")]
    ImageWithoutTag(TargetError),
    /// A file pins the image and the new one has no digest, or the other way round.
    #[error("{path}: {source}")]
    Digest {
        /// The file.
        path: String,
        /// Where.
        source: TargetError,
    },
    /// None of the files names an image.
    #[error("no value names the image `{repository}` in {files}{}", Reasons(left))]
    ImageNotFound {
        /// The image's repository.
        repository: String,
        /// The files, separated by commas.
        files: String,
        /// Where the chart of the files has the image all the same, and why it stays.
        left: Vec<String>,
    },
    /// The version of a chart is to be raised, and a file is in none.
    #[error("no Chart.yaml above {file}")]
    NoChart {
        /// The file.
        file: String,
    },
    /// A Chart.yaml cannot be read, or a file that has changed cannot be read again.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A Chart.yaml has no version, or one that cannot be raised.
    #[error("{path}: its version is missing or not a semantic version, so it cannot be raised")]
    NoVersion {
        /// The file.
        path: String,
    },
}

impl BumpError {
    /// The same with the images that charts have all the same, if it is that no file names one.
    #[must_use]
    pub fn with_left(mut self, sentences: &[String]) -> Self {
        if let Self::ImageNotFound { left, .. } = &mut self {
            left.extend(sentences.iter().cloned());
        }
        self
    }
}

/// Sentences at the end of another.
struct Reasons<'r>(&'r [String]);

impl fmt::Display for Reasons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|reason| write!(f, "; {reason}"))
    }
}
