//! Expressions in the Common Expression Language: whether they compile, as the API server compiles them, what they cost,
//! and their values, with the functions of Kubernetes 1.35.
//!
//! Text → tokens → tree → types → plan → value: `parser`, `check_types`, `planner`, `evaluation`. What an evaluation costs
//! is counted as the server counts it, and limited as it is there; `budget` also limits the time and memory it takes here.

mod types;

mod bindings;
mod declarations;

mod schema_types;

mod tokens;
mod tree;
mod syntax;
mod unescape;
mod parser;

mod check_types;
mod macros;

mod ranges;
mod sizes;

mod cost;
mod function_costs;

mod budget;
mod address;
mod amount;
mod instant;
mod named_format;
mod version;
mod mapping;
mod value;
mod equality;

mod library;
mod runtime_cost;

mod literals;

mod plan;
mod planner;
mod plan_macros;

mod lookup;
mod evaluation;
mod folds;

mod compile;

mod typed_values;
mod field_path;
mod rule_programs;
mod validations;

mod rules;
mod variables;

mod admission_types;
mod admission;
mod admission_evaluation;
mod object_fields;

mod expression;

pub(super) use admission::{Composition, Expression, Wanted};
pub(super) use admission_evaluation::{Answer, Evaluations, Inputs, Known, inputs};
pub use expression::{Evaluated, RuleOf, evaluate_rule, evaluate_text};
pub(super) use object_fields::FieldStep;
pub(super) use rule_programs::RulePrograms;
pub(super) use rules::{is_too_expensive, rule_faults};
pub(super) use validations::{has_validations, unevaluated, validations};
pub(super) use variables::compile_fault;
