//! The verdict on one document.

use std::sync::Arc;

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
    /// Byte offset in the text that was judged.
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
    /// Byte offset of the value in the text that was judged.
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
    /// Byte offset of the document in the text that was judged.
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

/// The offset in a file of `length` bytes of an offset in a text that begins at `start`. UTF-16 is converted to UTF-8 before it is
/// judged, and offsets belong to the converted text, so they are limited to the length of the file.
pub(super) fn offset_in_file(offset: usize, start: usize, length: usize) -> usize {
    (start + offset).min(length)
}

/// The verdict on a document, and where that lies in a file: files with the same document share the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedResource {
    /// The verdict. Its offsets count from a place of the file: [`PlacedResource::at`] gives those in the file.
    pub verdict: Arc<Resource>,
    start: usize,
    length: usize,
}

impl PlacedResource {
    /// A verdict on what begins at `start` of a file of `length` bytes.
    pub const fn new(verdict: Arc<Resource>, start: usize, length: usize) -> Self {
        Self { verdict, start, length }
    }

    /// The byte offset in the file of an offset of the verdict.
    pub fn at(&self, offset: usize) -> usize {
        offset_in_file(offset, self.start, self.length)
    }

    /// The byte offset of the document in the file.
    pub fn offset(&self) -> usize {
        self.at(self.verdict.offset)
    }
}
