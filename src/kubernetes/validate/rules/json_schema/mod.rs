//! The schemas in `CustomResourceDefinitions`: which parts of JSON Schema Kubernetes accepts, that they are structural,
//! and that their rules compile (`apiextensions-apiserver/pkg/apis/apiextensions/validation`, `pkg/apiserver/schema`).

mod zero;

mod default_value;
mod field_path;
mod lists;

mod rule_fields;

mod every_schema;

mod nested;

mod structural;

mod rule_schema;

mod root;

pub(super) use field_path::{FieldPath, follow};
pub(super) use root::check_root_schema;

/// Deepest nesting of a schema.
const MAX_DEPTH: usize = 200;
/// The key of the rules of a schema.
const VALIDATIONS: &str = "x-kubernetes-validations";
/// Keys with lists of schemas that constrain and define nothing.
const COMBINATIONS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
