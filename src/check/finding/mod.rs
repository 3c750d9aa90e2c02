//! What a run finds in the user's files, and what the user says of it: comments and a configuration that silence, a
//! baseline of what was there before.

mod baseline;
mod rules;
mod suppression;

use std::fmt;

pub use baseline::{Baseline, BaselineError};
pub use rules::{RULES, Rule};
pub use suppression::{PathRule, Suppressions};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A recommendation.
    Info,
    /// Fails a run only when asked.
    Warning,
    /// Fails a run.
    Error,
}

impl Severity {
    /// As reports call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A second place that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Related {
    /// What is there: `value from`.
    pub label: String,
    /// `values.yaml:3:5`, or a flag.
    pub place: String,
}

/// What was found, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path of the file, from where the run began.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Stable name of the rule.
    pub rule: &'static str,
    /// Other places it is about.
    pub related: Vec<Related>,
    /// The line of output that is wrong, where a template made it.
    pub rendered: Option<String>,
    /// The renderings that show it, such as `values-staging.yaml, Kubernetes 1.31`; empty for what needs none.
    pub renderings: Vec<String>,
}

impl Finding {
    /// Whether the line it is about may hold a secret, so that no report may show it.
    pub fn is_about_secret(&self) -> bool {
        matches!(
            self.rule,
            "base64" | "plain-secret" | "sops-not-encrypted" | "sops-plain-value" | "decrypted-leftover"
        ) || self.message.starts_with("Secret ")
    }

    /// A finding without other places.
    pub fn new(
        file: impl Into<String>,
        (line, column): (u32, u32),
        severity: Severity,
        rule: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            file: file.into(),
            line,
            column,
            severity,
            message: message.into(),
            rule,
            related: Vec::new(),
            rendered: None,
            renderings: Vec::new(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            message,
            rule,
            ..
        } = self;
        let severity = self.severity.name();
        write!(f, "{file}:{line}:{column}: {severity}: {} [{rule}]", message.trim_end())?;
        for related in &self.related {
            write!(f, "\n    {} {}", related.label, related.place)?;
        }
        match self.renderings.as_slice() {
            [] => Ok(()),
            [only] => write!(f, "\n    with {only}"),
            [first, rest @ ..] => write!(f, "\n    with {first} and {} more renderings", rest.len()),
        }
    }
}

/// Sorts findings and joins those that differ only in their rendering.
pub fn join(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort();
    let mut joined: Vec<Finding> = Vec::new();
    for finding in findings {
        let key = |finding: &Finding| {
            (
                finding.file.clone(),
                finding.line,
                finding.column,
                finding.rule,
                finding.message.clone(),
            )
        };
        match joined.last_mut() {
            Some(last) if key(last) == key(&finding) => {
                for rendering in finding.renderings {
                    if !last.renderings.contains(&rendering) {
                        last.renderings.push(rendering);
                    }
                }
            }
            _ => joined.push(finding),
        }
    }
    joined
}
