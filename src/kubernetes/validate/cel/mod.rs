//! Expressions in the Common Expression Language: whether they compile, as the API server compiles them, and the
//! validations of custom resources.
//!
//! The crate `cel` parses and evaluates; common expressions are parsed here. Types are checked here, with the functions of Kubernetes. The evaluator lacks
//! those (`quantity`, `url`, `ip`, `format`, `sum` and `indexOf` of lists, and so on): a validation that it cannot
//! evaluate counts as passed.

mod types;

mod bindings;
mod declarations;

mod schema_types;

mod check_types;
mod macros;

mod literals;

mod ranges;
mod sizes;

mod cost;
mod function_costs;

mod direct_parser;
mod tokens;

mod compile;
mod extent;
mod work;

mod evaluable;
mod evaluate;

mod rules;

pub(super) use evaluate::{compile_fault, has_validations, unevaluated, validations};
pub(super) use rules::{is_too_expensive, rule_faults};
