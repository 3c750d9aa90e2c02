//! What `apply` plans and does in environments, as text and JSON. What comes from charts and clusters is shown without secrets and without
//! control characters.

mod json;
mod text;

pub use json::{applied_as_json, explanation_as_json, plan_as_json};
pub use text::{explanation_as_text, outcome_line, plan_as_text, problem_line};
