//! The dependencies of charts: chosen, fetched, compared with recorded digests, placed in `charts/`, listed.

mod error;
mod load;
mod declared;
mod lock_digest;
mod lock_text;
mod follow_lock;
mod digest_file;
mod choose_version;
mod chosen;
mod fetch;
mod recorded;
mod supply;
mod charts_directory;
mod prepared;
mod resolving;
mod prepare;
mod place;
mod list;

pub use chosen::Way;
pub use declared::RepositoryNames;
pub use digest_file::{DIGEST_FILE_ENDING, DigestFile};
pub use error::{DependencyError, DigestError};
pub use fetch::Fetched;
pub use follow_lock::{CHART_METADATA, LockChanges, follow_lock, is_chart_metadata, is_exact, is_lock_in_sync};
pub use list::{COLUMN_WIDTH, DependencyRow, DependencyTable, list_dependencies};
pub use place::{outdated, place, settle};
pub use prepare::prepare;
pub use prepared::{PreparedChart, ResolveOptions, Saved, SavedState};
pub use supply::{RepositorySupply, SuppliedDependencies};
