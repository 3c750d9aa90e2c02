//! Why charts could not be looked after.

use std::fmt::Display;

use crate::artifact::oci::{OciError, ReferenceError};
use crate::artifact::repository::maintain::MaintainError;

use super::super::chart_source::SourceError;
use super::super::publish_targets::PublishTargetError;

/// Something that could not be done with charts of a repository or a registry.
#[derive(Debug, thiserror::Error)]
pub enum MaintainRemoteError {
    /// A repository with an index.
    #[error(transparent)]
    Indexed(Box<MaintainError>),
    /// A registry refuses, or what it has is not what it should be.
    #[error(transparent)]
    Registry(Box<OciError>),
    /// A repository cannot be reached.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The other repository does not accept a version.
    #[error(transparent)]
    Target(Box<PublishTargetError>),
    /// A registry does not have a chart.
    #[error("{repository} does not have a chart `{chart}`")]
    NoChart {
        /// The registry, with its path.
        repository: String,
        /// The chart.
        chart: String,
    },
    /// A registry does not have a version.
    #[error("{repository} does not have {chart} {version}")]
    NoVersion {
        /// The registry, with its path.
        repository: String,
        /// The chart.
        chart: String,
        /// The version.
        version: String,
    },
    /// A registry, or a server that keeps its index itself.
    #[error("{0} is not a repository whose index we write: there is nothing to rebuild")]
    NoIndex(String),
    /// A server that keeps its index itself.
    #[error("{0} keeps its index itself, and has its own ways to check and remove charts")]
    Served(String),
    /// The charts below an address are not known.
    #[error("{address} is not a chart, and the registry does not list what is below it: {reason}")]
    NoList {
        /// The address.
        address: String,
        /// What the registry says.
        reason: String,
    },
    /// What a registry has is not a chart that can be copied.
    #[error("{reference}: {reason}")]
    Chart {
        /// The chart with its tag.
        reference: String,
        /// What is wrong.
        reason: String,
    },
}

impl MaintainRemoteError {
    /// A registry does not have a chart, named as the user named it.
    pub(super) fn no_chart(repository: impl Display, chart: &str) -> Self {
        Self::NoChart {
            repository: repository.to_string(),
            chart: chart.to_owned(),
        }
    }

    /// A repository does not have a version, named as the user named it.
    pub(super) fn no_version(repository: impl Display, chart: &str, version: &str) -> Self {
        Self::NoVersion {
            repository: repository.to_string(),
            chart: chart.to_owned(),
            version: version.to_owned(),
        }
    }
}

impl From<MaintainError> for MaintainRemoteError {
    fn from(error: MaintainError) -> Self {
        Self::Indexed(Box::new(error))
    }
}

impl From<OciError> for MaintainRemoteError {
    fn from(error: OciError) -> Self {
        Self::Registry(Box::new(error))
    }
}

impl From<ReferenceError> for MaintainRemoteError {
    fn from(error: ReferenceError) -> Self {
        OciError::from(error).into()
    }
}
