//! Chart archives to a chart repository, without losing the pushes of others.

mod archive_place;
mod content;
mod git_ref;
mod index_edit;
mod index_entry;
mod index_error;
mod index_file;
mod index_layout;
mod index_lines;
#[cfg(test)]
mod index_properties;
mod index_reader;
mod index_tree;
mod index_update;
mod listed_entry;
mod location;
pub mod maintain;
mod object_name;
mod object_path;
mod open;
mod publish;
mod publish_packages;
#[cfg(test)]
mod publish_tests;
#[cfg(test)]
mod interleaving_tests;
pub mod store;

pub use archive_place::ArchivePlace;
pub use content::is_same_content;
pub use git_ref::{GitRef, RefKind};
pub use index_entry::IndexEntry;
pub use index_error::IndexError;
pub use index_file::Index;
pub use index_reader::{IndexReader, index_versions};
pub use index_update::{Environment, INDEX, UpdateError};
pub use listed_entry::ListedEntry;
pub use location::{Location, LocationError};
pub use object_name::{object_names, object_url};
pub use object_path::{ObjectPathError, ObjectPathParts, ObjectPathTemplate, ObjectPathTemplateError};
pub use open::{OpenError, RepositorySettings, open_store};
pub use publish::{Existing, Item, Outcome, PublishError, Published, publish};
pub use publish_packages::{ItemError, PreparedRepository, PublishPackagesError, PublishRequest, publish_packages};
