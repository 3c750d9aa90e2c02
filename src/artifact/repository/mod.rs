//! Chart archives to a chart repository, without losing the pushes of others.

mod content;
mod index_file;
mod location;
mod open;
mod publish;
mod publish_packages;
pub mod store;

pub use index_file::{Index, IndexEntry, IndexError};
pub use location::{Location, LocationError};
pub use open::{OpenError, RepositorySettings, open_store};
pub use publish::{Environment, Item, Outcome, PublishError, publish};
pub use publish_packages::{ItemError, PublishPackagesError, publish_packages};
