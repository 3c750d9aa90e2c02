//! Chart archives to a chart repository, never losing another's push.

mod disk;
mod index_file;
mod location;
mod publish;
mod s3;
mod store;

pub use disk::DiskStore;
pub use index_file::{IndexEntry, IndexError, Merged, merge_entries};
pub use location::{Location, LocationError};
pub use publish::{Item, Outcome, PublishError, Timing, publish};
pub use s3::S3Store;
pub use store::{PutOutcome, Store, StoreError, Versioned};
