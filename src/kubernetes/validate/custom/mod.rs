//! Custom resources, judged as the server of their definition judges them in server-side apply, which Helm 4 uses
//! (`k8s.io/apiextensions-apiserver`): types, defaults, the status dropped, then the schema, scale and validations.
//!
//! A create (Helm 3, `kubectl create`) differs: it drops null where the schema does not allow it, and a status of any type.

mod check;
mod definitions;
mod email;
mod embedded;
mod fault;
mod format;
mod kind;
mod number;
mod pattern;
mod prepare;
mod schema;
mod typed;

pub use definitions::CustomSchemas;
pub(super) use fault::Fault;
pub(super) use kind::{CustomKind, Judging, default_fault};
