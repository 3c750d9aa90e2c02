//! Chart archives to a chart repository, without losing the pushes of others.

mod content;
mod index_edit;
mod index_entry;
mod index_error;
mod index_file;
mod index_layout;
mod index_lines;
mod index_reader;
mod index_tree;
mod listed_entry;
mod location;
mod open;
mod publish;
mod publish_packages;
pub mod store;

pub use index_entry::IndexEntry;
pub use index_error::IndexError;
pub use index_file::Index;
pub use index_reader::{IndexReader, index_versions};
pub use listed_entry::ListedEntry;
pub use location::{Location, LocationError};
pub use open::{OpenError, RepositorySettings, open_store};
pub use publish::{Environment, Item, Outcome, PublishError, publish};
pub use publish_packages::{ItemError, PublishPackagesError, publish_packages};
