//! What reads charts of repositories needs to know of one: a trait between those who choose versions and those who fetch them.

use std::fmt;
use std::sync::Arc;

use crate::artifact::oci::OciError;
use crate::text::redact::redact_url;

/// A version of a chart that a repository offers.
#[derive(Clone, PartialEq, Eq)]
pub struct ListedVersion {
    /// The version as the repository spells it (an OCI tag's `_` is `+` here).
    pub version: String,
    /// Hex SHA-256 of the archive, where the repository says it.
    pub digest: Option<String>,
    /// Where the archive is, resolved against the repository's address; empty for OCI.
    pub urls: Vec<String>,
}

impl fmt::Debug for ListedVersion {
    /// Addresses may be signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let urls: Vec<String> = self.urls.iter().map(|url| redact_url(url)).collect();
        f.debug_struct("ListedVersion")
            .field("version", &self.version)
            .field("digest", &self.digest)
            .field("urls", &urls)
            .finish()
    }
}

/// An archive that was fetched.
#[derive(Clone, PartialEq, Eq)]
pub struct FetchedChart {
    /// Its bytes.
    pub archive: Vec<u8>,
    /// Hex SHA-256 of the bytes.
    pub digest: String,
    /// Hex SHA-256 of its manifest, from a registry.
    pub manifest: Option<String>,
    /// Where it came from, without credentials.
    pub url: String,
    /// Its provenance file, where one was requested and exists.
    pub provenance: Option<Vec<u8>>,
}

impl fmt::Debug for FetchedChart {
    /// Without the bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchedChart")
            .field("url", &self.url)
            .field("digest", &self.digest)
            .field("manifest", &self.manifest)
            .field("bytes", &self.archive.len())
            .field("has_provenance", &self.provenance.is_some())
            .finish()
    }
}

/// Why versions or an archive cannot be had. The message shows no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    /// What went wrong, and where.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether the repository answered that it does not have the chart or the version.
    pub is_missing: bool,
    /// Whether the user named something that cannot be, whatever repositories have.
    pub is_usage: bool,
}

impl SourceError {
    /// An error without advice.
    pub fn new(message: impl fmt::Display) -> Self {
        Self {
            message: message.to_string(),
            hint: None,
            is_missing: false,
            is_usage: false,
        }
    }

    /// The repository does not have the chart or the version.
    pub fn missing(message: impl fmt::Display) -> Self {
        Self {
            is_missing: true,
            ..Self::new(message)
        }
    }

    /// The user named something that cannot be, whatever repositories have.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self {
            is_usage: true,
            ..Self::new(message)
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

impl From<OciError> for SourceError {
    fn from(error: OciError) -> Self {
        Self {
            message: error.to_string(),
            hint: error.hint().map(str::to_owned),
            is_missing: error.is_missing(),
            is_usage: false,
        }
    }
}

/// Repositories by their URL: `https://`, `http://`, `oci://`, `s3://`, `gs://` and `file://` of a directory with an index.
/// Aliases (`@name`) are resolved before. Used by several threads at once; each index is fetched and parsed once.
pub trait ChartSource: fmt::Debug + Sync {
    /// The versions of a chart, in the order that the repository has them.
    ///
    /// # Errors
    /// When the repository cannot be read, or does not have the chart.
    fn versions(&self, repository: &str, chart: &str) -> Result<Vec<ListedVersion>, SourceError>;

    /// The archive of an exact version.
    ///
    /// # Errors
    /// When the repository cannot be read, does not have the version, or what it sends has another digest than it lists.
    fn fetch(&self, repository: &str, chart: &str, version: &str) -> Result<FetchedChart, SourceError>;
}

/// A source that is shared, for example with what resolves names of repositories.
impl<S: ChartSource + Send + ?Sized> ChartSource for Arc<S> {
    fn versions(&self, repository: &str, chart: &str) -> Result<Vec<ListedVersion>, SourceError> {
        (**self).versions(repository, chart)
    }

    fn fetch(&self, repository: &str, chart: &str, version: &str) -> Result<FetchedChart, SourceError> {
        (**self).fetch(repository, chart, version)
    }
}
