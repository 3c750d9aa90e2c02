//! Why an index cannot be read, or an entry not be added to it.

use crate::text::limits::INDEX_VERSIONS;

fn digests(found: &str, new: &str) -> String {
    if found.is_empty() {
        "its entry has no digest".to_owned()
    } else {
        format!("digest {found}, not {new}")
    }
}

/// An index that is not one, or to which an entry cannot be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// It is not an index that Helm reads.
    #[error("index.yaml is broken: {0}")]
    Broken(String),
    /// It lists more versions than are read at once.
    #[error("index.yaml lists more than {INDEX_VERSIONS} versions of {0}: no more are read")]
    TooMany(String),
    /// The index has the version with another archive.
    #[error(
        "{name} {version} is already in the repository, with different content ({})",
        digests(found, new)
    )]
    Exists {
        /// The chart.
        name: String,
        /// Its version.
        version: String,
        /// The digest in the index.
        found: String,
        /// The digest of the new archive.
        new: String,
    },
}

/// Refuses to read more versions than are read at once.
pub(super) fn check_count(count: usize, of: &str) -> Result<(), IndexError> {
    if count > INDEX_VERSIONS {
        return Err(IndexError::TooMany(of.to_owned()));
    }
    Ok(())
}

pub(super) fn broken(message: impl Into<String>) -> IndexError {
    IndexError::Broken(message.into())
}
