//! The rules that findings name: one table with id, severity, summary, and whether findings may show the line they are
//! about.

mod severity;
mod table;
mod documentation;

pub use severity::Severity;
pub(crate) use table::kebab_case;
pub use table::{RULES, Rule, RuleId, RuleRow};
