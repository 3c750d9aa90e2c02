//! Findings that are known: a file of them, so that only new ones count.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::finding::Finding;
use crate::text::ordered::CollectOrdered as _;
use crate::text::redact::redact_message;

/// A baseline that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("this is not a baseline: {0}; write one with --write-baseline")]
pub struct BaselineError(#[from] serde_json::Error);

/// How many findings of each kind are known. Line numbers do not count: lines move.
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
            file: finding.primary.file.path().to_owned(),
            rule: finding.rule.to_string(),
            message: redact_message(&finding.message),
        }
    }
}

impl Baseline {
    /// Counts these findings.
    pub fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let mut baseline = Self::default();
        for finding in findings {
            *baseline.counts.entry(Entry::of(finding)).or_default() += 1;
        }
        baseline
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// When the text is not the JSON of a baseline.
    pub fn from_json(text: &[u8]) -> Result<Self, BaselineError> {
        let lines: Vec<Line> = serde_json::from_slice(text)?;
        Ok(Self {
            counts: lines.into_iter().map(|line| (line.entry, line.count)).collect_map(),
        })
    }

    /// A sorted list, with one entry for each kind.
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

    /// The known findings, to be matched with those of a run.
    pub(super) fn remaining(&self) -> Remaining {
        Remaining(self.counts.clone())
    }
}

/// Known findings that a run has not met yet.
#[derive(Debug)]
pub(super) struct Remaining(BTreeMap<Entry, usize>);

impl Remaining {
    /// Whether a finding is a known one; each known one is met once.
    pub(super) fn takes(&mut self, finding: &Finding) -> bool {
        match self.0.get_mut(&Entry::of(finding)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Location;
    use super::*;
    use crate::text::rule::Rule;
    use crate::text::source::SourceFile;

    #[test]
    fn known_findings_are_met_as_often_as_they_were_counted() {
        let finding = |offset, message: &str| {
            let file = SourceFile::new("a", &b"1\n2\n3\n"[..]);
            Finding::new(Rule::Type, Location::at(file, offset), message)
        };
        let baseline = Baseline::of(&[finding(0, "x"), finding(2, "x")]);
        let baseline = Baseline::from_json(baseline.to_json().as_bytes()).unwrap();
        let mut remaining = baseline.remaining();
        let met = [(4, "x"), (2, "x"), (0, "x"), (0, "y")].map(|(at, message)| remaining.takes(&finding(at, message)));
        assert_eq!(met, [true, true, false, false]);
        let address = Baseline::of(&[finding(0, "see https://me:hunter22@host/a?token=t")]);
        assert!(!address.to_json().contains("hunter22") && !address.to_json().contains("token"));
        assert!(
            address
                .remaining()
                .takes(&finding(0, "see https://me:hunter22@host/a?token=t"))
        );
        for text in ["{}", "[{\"file\": 1}]", ""] {
            assert!(Baseline::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }
}
