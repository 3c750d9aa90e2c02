//! Schemas at URLs. The caller fetches them through the trait here: this layer does not use the network.

use std::fmt::Debug;

/// A schema that could not be fetched: the server's answer or the network's error, without the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FetchError(pub String);

/// Fetches schemas. Each address is fetched once per run.
pub trait FetchSchema: Debug + Send + Sync {
    /// The text at an address; `None` if the server answers that it does not exist.
    ///
    /// # Errors
    /// When the server gives another answer, or none.
    fn fetch(&self, url: &str) -> Result<Option<Vec<u8>>, FetchError>;
}

/// Whether a location is fetched.
pub fn is_remote(location: &str) -> bool {
    location.starts_with("http://") || location.starts_with("https://")
}
