//! Findings that were there before: a file of them, so that only new ones count.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Finding;

/// A baseline that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("no baseline: {0}; write one with --write-baseline")]
pub struct BaselineError(#[from] serde_json::Error);

/// How many findings of each kind there were. A line number is no part of it: lines move.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    counts: BTreeMap<Entry, usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Entry {
    file: String,
    rule: String,
    message: String,
}

#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    entry: Entry,
    count: usize,
}

impl Entry {
    fn of(finding: &Finding) -> Self {
        Self {
            file: finding.file.clone(),
            rule: finding.rule.to_owned(),
            message: finding.message.clone(),
        }
    }
}

impl Baseline {
    /// Of findings.
    pub fn of(findings: &[Finding]) -> Self {
        let mut baseline = Self::default();
        for finding in findings {
            *baseline.counts.entry(Entry::of(finding)).or_default() += 1;
        }
        baseline
    }

    /// Reads what [`Self::to_json`] wrote.
    pub fn from_json(text: &[u8]) -> Result<Self, BaselineError> {
        let lines: Vec<Line> = serde_json::from_slice(text)?;
        Ok(Self {
            counts: lines.into_iter().map(|line| (line.entry, line.count)).collect(),
        })
    }

    /// A list of what there is, sorted, an entry a kind.
    pub fn to_json(&self) -> String {
        let lines: Vec<Line> = self
            .counts
            .iter()
            .map(|(entry, &count)| Line {
                entry: entry.clone(),
                count,
            })
            .collect();
        // Texts and numbers alone: nothing here fails.
        serde_json::to_string_pretty(&lines).unwrap_or_default() + "\n"
    }

    /// The findings that are new.
    pub fn new_ones(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let mut left = self.counts.clone();
        findings
            .into_iter()
            .filter(|finding| match left.get_mut(&Entry::of(finding)) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    #[test]
    fn what_was_there_before_does_not_count() {
        let finding = |line, message: &str| Finding::new("a", (line, 1), Severity::Error, "r", message);
        let baseline = Baseline::of(&[finding(1, "x"), finding(2, "x")]);
        let baseline = Baseline::from_json(baseline.to_json().as_bytes()).unwrap();
        let left = baseline.new_ones(vec![finding(7, "x"), finding(8, "x"), finding(9, "x"), finding(1, "y")]);
        assert_eq!(left, [finding(9, "x"), finding(1, "y")]);
        assert!(Baseline::from_json(b"{}").is_err());
    }
}
