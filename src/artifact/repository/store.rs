//! What a repository needs of the place it is kept in: whole objects and conditional writes.

/// An object and the version it was read at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// Content.
    pub bytes: Vec<u8>,
    /// Opaque token of the version, to write against.
    pub version: String,
}

/// What became of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    /// Written.
    Written,
    /// Somebody else was there first; nothing was written.
    Conflict,
}

/// A store that could not do its work.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {message}")]
pub struct StoreError {
    /// The object, as a person would name it. No credentials are in it.
    pub place: String,
    /// What went wrong.
    pub message: String,
    /// Whether trying again may help.
    pub is_transient: bool,
}

/// A flat set of named objects.
pub trait Store {
    /// Reads an object; `None` when there is none.
    fn get(&mut self, name: &str) -> Result<Option<Versioned>, StoreError>;
    /// Writes an object that must not be there yet.
    fn put_if_absent(&mut self, name: &str, bytes: &[u8]) -> Result<PutOutcome, StoreError>;
    /// Writes an object that must still be at `version`.
    fn put_if_version(&mut self, name: &str, bytes: &[u8], version: &str) -> Result<PutOutcome, StoreError>;
}
