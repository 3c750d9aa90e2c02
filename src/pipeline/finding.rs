//! One finding of a run, said once however many renderings show it.

use std::fmt;

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
    /// The renderings that show it, such as `values-staging.yaml, Kubernetes 1.31`; empty for what needs none.
    pub renderings: Vec<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let Self {
            file,
            line,
            column,
            message,
            rule,
            ..
        } = self;
        write!(f, "{file}:{line}:{column}: {severity}: {} [{rule}]", message.trim_end())?;
        match self.renderings.as_slice() {
            [] => Ok(()),
            [only] => write!(f, "\n    with {only}"),
            [first, rest @ ..] => write!(f, "\n    with {first} and {} more renderings", rest.len()),
        }
    }
}

/// Sorts findings and joins those that differ only in their rendering.
pub(super) fn join(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort();
    let mut joined: Vec<Finding> = Vec::new();
    for finding in findings {
        match joined.last_mut() {
            Some(last)
                if (&last.file, last.line, last.column, last.rule, &last.message)
                    == (
                        &finding.file,
                        finding.line,
                        finding.column,
                        finding.rule,
                        &finding.message,
                    ) =>
            {
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
