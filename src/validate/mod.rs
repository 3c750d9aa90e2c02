//! Kubernetes manifests against the schemas that are in the binary, straight over YAML nodes.

mod bundle;
mod catalog;
mod check_file;
mod quantity;
mod resource;
mod schema;
mod schema_location;
mod split;
mod walk;

pub use catalog::{Catalog, VersionError, embedded_versions};
pub use check_file::{KindFilter, Options, check_text};
pub use resource::{Resource, Status, Violation};
pub use schema_location::{LocationError, SchemaLocations};
