//! A secret in the text of a file, before it is a finding.

use crate::text::rule::{Rule, Severity};

/// What was found at a byte of a file. The message never has the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exposed {
    /// The rule.
    pub rule: Rule,
    /// Severity.
    pub severity: Severity,
    /// First byte of the value.
    pub start: usize,
    /// Byte after the value.
    pub end: usize,
    /// What is wrong.
    pub message: String,
}
