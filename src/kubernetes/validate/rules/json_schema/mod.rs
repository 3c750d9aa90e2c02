//! The schemas in `CustomResourceDefinitions`: which parts of JSON Schema Kubernetes accepts, that they are structural,
//! and that their rules compile (`apiextensions-apiserver/pkg/apis/apiextensions/validation`, `pkg/apiserver/schema`).

use crate::text::yaml::NodeId;

use super::super::walk::Walk;

mod zero;

mod default_value;
mod field_path;
mod lists;

mod rule_fields;

mod every_schema;

mod nested;

mod structural;

mod root;

pub(super) use field_path::{FieldPath, follow};
pub(super) use root::check_root_schema;

/// Deepest nesting of a schema.
const MAX_DEPTH: usize = 200;
/// The key of the rules of a schema.
const VALIDATIONS: &str = "x-kubernetes-validations";
/// Keys with lists of schemas that constrain and define nothing.
const COMBINATIONS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Whether a schema may have rules. Looking for the key costs next to nothing compared with reading the schema; only the
/// text of the schema is searched, unless parts of it may stand elsewhere.
fn has_rules(walk: &Walk<'_>, schema: NodeId) -> bool {
    let source = walk.tree.source();
    let span = walk.tree.span(schema);
    let text = source
        .get(span.start as usize..span.end as usize)
        .filter(|_| walk.is_plain);
    memchr::memmem::find(text.unwrap_or(source).as_bytes(), VALIDATIONS.as_bytes()).is_some()
}
