//! The storage of a repository: a set of whole objects, by names with `/`, with conditional writes.

mod answer_text;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod contract_suite;
mod disk;
mod gcs;
mod gcs_answer;
mod gcs_request;
mod gcs_settings;
#[cfg(test)]
mod memory;
mod object_headers;
mod retrying;
mod s3;
mod s3_address;
mod s3_answer;
mod s3_listing;
mod s3_login;
mod s3_options;
mod s3_request;
mod s3_settings;
mod store_error;

pub use disk::DiskStore;
pub use gcs::GcsStore;
pub use gcs_settings::GcsSettings;
#[cfg(test)]
pub(super) use memory::{Fault, MemoryStore};
pub use retrying::RetryingStore;
pub use s3::S3Store;
pub use s3_options::{S3Options, S3OptionsError};
pub use s3_settings::S3Settings;
pub use store_error::{StoreError, StoreFailure};

/// An object and the version it was read at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// Content.
    pub bytes: Vec<u8>,
    /// Opaque token of the version, to write against.
    pub version: String,
}

/// An object in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedObject {
    /// Its name in the repository.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
}

/// The outcome of a conditional write or removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    /// The object was written or removed.
    Written,
    /// The object is not in the expected state; nothing was changed. A write whose answer was lost looks the same when
    /// it is sent again.
    Conflict,
}

/// A flat set of named objects.
pub trait Store {
    /// Reads an object; `None` if there is none.
    ///
    /// # Errors
    /// When the store cannot be reached, refuses, or does not exist.
    fn get(&mut self, name: &str) -> Result<Option<Versioned>, StoreError>;

    /// Writes an object that must not exist yet.
    ///
    /// # Errors
    /// When the store cannot be reached, refuses, or does not exist.
    fn put_if_absent(&mut self, name: &str, bytes: &[u8]) -> Result<PutOutcome, StoreError>;

    /// Writes an object that must still be at `version`. One that has vanished is a conflict.
    ///
    /// # Errors
    /// When the store cannot be reached, refuses, or does not exist.
    fn put_if_version(&mut self, name: &str, bytes: &[u8], version: &str) -> Result<PutOutcome, StoreError>;

    /// The objects whose names begin with `prefix`, sorted by name, without those that begin with a dot.
    ///
    /// # Errors
    /// When the store cannot be reached, refuses, or does not exist.
    fn list(&mut self, prefix: &str) -> Result<Vec<ListedObject>, StoreError>;

    /// Removes an object that must still be at `version`. One that has vanished is a conflict. S3 has no such condition in all
    /// stores, so an object that changes between the comparison and the removal is removed there.
    ///
    /// # Errors
    /// When the store cannot be reached, refuses, or does not exist.
    fn delete(&mut self, name: &str, version: &str) -> Result<PutOutcome, StoreError>;

    /// Finds out whether the store can be written to, and whether it honours the conditions of writes.
    ///
    /// # Errors
    /// When it cannot, or does not.
    fn check_writable(&mut self) -> Result<(), StoreError>;

    /// Whether the store takes `+` in the path of a URL for a space when it is read over HTTP.
    fn takes_plus_for_space(&self) -> bool {
        false
    }
}

/// Whether a name is one that listings leave out: those of temporary files, locks and probes.
fn is_hidden(name: &str) -> bool {
    name.split('/').any(|part| part.starts_with('.'))
}
