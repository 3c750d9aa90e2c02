//! What validation needs of a schema at a URL: that somebody fetches it. The network is a layer further down.

use std::fmt::Debug;

/// A schema that could not be fetched: what the server or the network answered, without the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FetchError(pub String);

/// Fetches schemas. Each address is asked for once a run.
pub trait FetchSchema: Debug + Send + Sync {
    /// The text at an address; nothing where the server says that there is none.
    ///
    /// # Errors
    /// When the server gives another answer, or none.
    fn fetch(&self, url: &str) -> Result<Option<Vec<u8>>, FetchError>;
}

/// Whether a location is fetched.
pub fn is_remote(location: &str) -> bool {
    location.starts_with("http://") || location.starts_with("https://")
}
