//! Kubernetes manifests, validated as an API server does it: against the schemas in the binary, those of custom
//! resources, and the rules beyond schemas, straight over YAML nodes, each document read once for all versions.

mod bundle;
mod text_formats;
mod catalog;
mod cel;
mod check_document;
mod check_text;
mod cron;
mod custom;
mod documents;
mod fields;
mod ids;
mod joined_text;
mod kept;
mod options;
mod places;
mod policies;
mod published;
mod quantity;
mod remote_schema;
mod resource;
mod rule_ids;
mod rules;
mod secret_kind;
mod schema;
mod file_loader;
mod schema_location;
mod split;
mod walk;

pub use catalog::Catalog;
pub use cel::{Evaluated, RuleOf, evaluate_rule, evaluate_text};
pub use check_document::IGNORE_ANNOTATION;
pub use check_text::check_text;
pub use custom::CustomSchemas;
pub use documents::{Documents, Judged, Judging};
pub use joined_text::{JoinedText, Positions};
pub use options::{KindFilter, Options, Target};
pub use policies::{Effect, Policies, PolicyVerdict, Request};
pub use published::published_schema;
pub use quantity::Quantity;
pub use remote_schema::{FetchError, FetchSchema, is_remote};
pub use resource::{PlacedResource, Resource, Status, Unevaluated, Violation};
pub use rule_ids::{UnknownRule, check_rule_id};
pub use schema_location::{LocationError, SchemaLocations};
pub use split::count_documents;
