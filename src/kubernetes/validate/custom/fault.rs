//! One thing that is wrong with a custom resource.

use std::fmt;

use crate::text::rule::Rule;

/// One step into a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'v> {
    Key(&'v str),
    Index(usize),
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(name) => f.write_str(name),
            Self::Index(index) => write!(f, "{index}"),
        }
    }
}

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
