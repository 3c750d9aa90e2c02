//! The dependencies of charts: chosen, fetched, compared with recorded digests, placed in `charts/`, listed.

mod error;
mod declared;
mod lock_digest;
mod lock_text;
mod digest_file;
mod choose_version;
mod chosen;
mod fetch;
mod supply;
mod prepare;
mod place;
mod list;

pub use chosen::Way;
pub use declared::RepositoryNames;
pub use error::DependencyError;
pub use list::{COLUMN_WIDTH, DependencyRow, DependencyTable, list_dependencies};
pub use place::{outdated, place, settle};
pub use fetch::Fetched;
pub use prepare::{PreparedChart, ResolveOptions, Saved, SavedState, prepare};
pub use supply::SuppliedDependencies;
