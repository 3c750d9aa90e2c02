//! Which findings count, and whether they fail a run: the same for every command.

use crate::text::rule::Severity;

use super::baseline::{Baseline, Remaining};
use super::finding::Finding;
use super::suppression::{PathRule, Suppressions};

/// How findings are judged.
#[derive(Debug, Clone, Default)]
pub struct Judgement {
    /// What the configuration silences.
    pub silenced: Vec<PathRule>,
    /// Findings that are known and do not count.
    pub baseline: Option<Baseline>,
    /// Findings of at least this severity fail the run.
    pub fail_on: Severity,
}

impl Judgement {
    /// Starts with the findings of a run. Those of all its charts pass through one [`Judge`], since a baseline counts them
    /// together.
    pub fn start(&self) -> Judge<'_> {
        Judge {
            suppressions: Suppressions::new(&self.silenced),
            remaining: self.baseline.as_ref().map(Baseline::remaining),
        }
    }

    /// Whether a finding that counts fails the run.
    pub fn fails(&self, findings: &[Finding]) -> bool {
        findings.iter().any(|finding| finding.severity >= self.fail_on)
    }
}

/// Takes out what does not count.
#[derive(Debug)]
pub struct Judge<'j> {
    suppressions: Suppressions<'j>,
    remaining: Option<Remaining>,
}

impl Judge<'_> {
    /// The findings that are neither silenced nor known, in their order.
    pub fn keep(&mut self, findings: Vec<Finding>) -> Vec<Finding> {
        let mut kept = findings;
        kept.retain(|finding| {
            !self.suppressions.silence(finding)
                && !self
                    .remaining
                    .as_mut()
                    .is_some_and(|remaining| remaining.takes(finding))
        });
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::super::Location;
    use super::*;
    use crate::text::rule::Rule;
    use crate::text::source::SourceFile;

    fn finding(rule: Rule, path: &str) -> Finding {
        Finding::new(rule, Location::whole(SourceFile::without_text(path)), "x")
    }

    #[test]
    fn what_is_silenced_or_known_does_not_count() {
        let known = finding(Rule::Enum, "known");
        let judgement = Judgement {
            silenced: vec![PathRule {
                rule: "range".to_owned(),
                path: "a".to_owned(),
            }],
            baseline: Some(Baseline::of([&known])),
            fail_on: Severity::Error,
        };
        let mut judge = judgement.start();
        let first = judge.keep(vec![finding(Rule::Range, "a"), known.clone()]);
        assert_eq!(first, []);
        // The baseline knows one such finding, and a second one is new.
        let second = judge.keep(vec![known.clone(), finding(Rule::ImageTag, "b")]);
        assert_eq!(second, [known.clone(), finding(Rule::ImageTag, "b")]);
        assert!(judgement.fails(&second));
        assert!(!judgement.fails(&[finding(Rule::ImageTag, "b")]));
        let strict = Judgement {
            fail_on: Severity::Warning,
            ..Judgement::default()
        };
        assert!(strict.fails(&[finding(Rule::ImageTag, "b")]));
    }
}
