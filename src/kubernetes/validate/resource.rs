//! The verdict on one document.

use crate::text::rule::{RuleId, Severity};

/// The verdict on a document, in kubeconform's classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Fits its schema.
    Valid,
    /// Does not fit its schema.
    Invalid,
    /// Cannot be judged: not YAML, no kind, no schema.
    Error,
    /// Skipped: its kind is to be skipped, or has no schema and that is allowed.
    Skipped,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// JSON pointer to the value.
    pub path: String,
    /// What is wrong, in few words.
    pub message: String,
    /// Byte offset in the file.
    pub offset: usize,
    /// The rule, with the type it is about.
    pub rule: RuleId,
}

impl Violation {
    /// Its severity: an API server accepts objects that only have warnings.
    pub fn severity(&self) -> Severity {
        self.rule.rule.severity()
    }
}

/// A rule of a definition that could not be evaluated for a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unevaluated {
    /// JSON pointer to the value that the rule is about.
    pub path: String,
    /// The rule.
    pub expression: String,
    /// Byte offset of the value in the file.
    pub offset: usize,
}

/// A document and the verdict on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// `apiVersion`, empty when unknown.
    pub api_version: String,
    /// `kind`, empty when unknown.
    pub kind: String,
    /// `metadata.name` or `metadata.generateName`, empty when unknown.
    pub name: String,
    /// Byte offset of the document in the file.
    pub offset: usize,
    /// The verdict.
    pub status: Status,
    /// Minor versions of Kubernetes with this verdict; none if no schema was consulted.
    pub minors: Vec<u8>,
    /// What is wrong; for [`Status::Error`] one entry without a path.
    pub violations: Vec<Violation>,
    /// Rules of its definition that could not be evaluated, and so count as satisfied.
    pub unevaluated: Vec<Unevaluated>,
}

impl Resource {
    /// Whether another version has the same verdict on the same document, for the same reasons.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.offset == other.offset
            && self.status == other.status
            && self.kind == other.kind
            && self.name == other.name
            && self.violations == other.violations
            && self.unevaluated == other.unevaluated
    }

    /// Whether it is invalid or cannot be judged.
    pub const fn has_failed(&self) -> bool {
        matches!(self.status, Status::Invalid | Status::Error)
    }
}
