//! What Kubernetes accepts: versions, schemas, rules, and verdicts on manifests.

pub mod version;
pub mod lifecycle;
pub mod names;
pub mod json_schema;
pub mod validate;
