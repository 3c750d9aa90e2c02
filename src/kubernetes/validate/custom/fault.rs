//! One thing that is wrong with a custom resource.

use crate::text::rule::Rule;

use super::super::fields::Step;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Fault {
    /// The steps to the value.
    pub(in super::super) path: Vec<String>,
    pub(in super::super) message: String,
    pub(in super::super) rule: Rule,
}

impl Fault {
    pub(super) fn at(path: &[Step<'_>], rule: Rule, message: String) -> Self {
        Self {
            path: path.iter().map(ToString::to_string).collect(),
            message,
            rule,
        }
    }
}
