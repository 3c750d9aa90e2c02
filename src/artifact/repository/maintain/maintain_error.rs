//! Why a repository could not be looked after.

use super::super::index_error::IndexError;
use super::super::index_update::UpdateError;
use super::super::open::OpenError;
use super::super::publish_packages::{ItemError, PublishPackagesError};
use super::super::store::StoreError;

/// Something that could not be done with a repository.
#[derive(Debug, thiserror::Error)]
pub enum MaintainError {
    /// The repository cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The index cannot be read or changed, or the store failed.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// The repository does not have the chart.
    #[error("{location} does not have the chart {chart}")]
    NoChart {
        /// The repository.
        location: String,
        /// The chart.
        chart: String,
    },
    /// The repository does not have the version.
    #[error("{location} does not have {chart} {version}")]
    NoVersion {
        /// The repository.
        location: String,
        /// The chart.
        chart: String,
        /// The version.
        version: String,
    },
    /// The archive is not in the repository.
    #[error("{location} lists {chart} {version}, but does not have its archive: {urls}")]
    NoArchive {
        /// The repository.
        location: String,
        /// The chart.
        chart: String,
        /// The version.
        version: String,
        /// Where the archive is listed.
        urls: String,
    },
    /// The archive is another one than the index lists.
    #[error("{object} has the digest {found}, but {listed} is listed")]
    Digest {
        /// The archive.
        object: String,
        /// Its digest.
        found: String,
        /// The digest in the index.
        listed: String,
    },
    /// The archive is not a chart.
    #[error("{object}: {source}")]
    Item {
        /// The archive.
        object: String,
        /// Why.
        source: Box<ItemError>,
    },
    /// The other repository does not accept the version.
    #[error("{0}")]
    Publish(Box<PublishPackagesError>),
}

impl From<StoreError> for MaintainError {
    fn from(error: StoreError) -> Self {
        Self::Update(error.into())
    }
}

impl From<IndexError> for MaintainError {
    fn from(error: IndexError) -> Self {
        Self::Update(error.into())
    }
}
