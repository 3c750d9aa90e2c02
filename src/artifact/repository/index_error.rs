//! Why an index cannot be read, or an entry not be added to it.

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

pub(super) fn broken(message: impl Into<String>) -> IndexError {
    IndexError::Broken(message.into())
}
