//! Which findings count, and whether they fail a run: the same for every command.

use crate::text::rule::{Rule, Severity};

use super::baseline::{Baseline, Remaining};
use super::finding::Finding;
use super::finding_list::ReportRoom;
use super::repeated_secrets::without_repeated_secrets;
use super::suppression::{PathRule, Silencer, Suppressions};

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
            hidden: Hidden::default(),
            room: ReportRoom::default(),
        }
    }

    /// Whether a finding that counts fails the run.
    pub fn fails(&self, findings: &[Finding]) -> bool {
        findings.iter().any(|finding| finding.severity >= self.fail_on)
    }
}

/// How many findings do not count, by what hides them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hidden {
    /// `ignore` of the configuration.
    pub configuration: usize,
    /// Comments in the files.
    pub comments: usize,
    /// The baseline.
    pub baseline: usize,
}

impl Hidden {
    /// Adds those of another run.
    pub const fn add(&mut self, other: Self) {
        self.configuration += other.configuration;
        self.comments += other.comments;
        self.baseline += other.baseline;
    }

    /// `3 findings are hidden: 2 by the configuration, 1 by comments`; nothing where none is hidden.
    pub fn sentence(&self) -> Option<String> {
        let parts = [
            (self.configuration, "by the configuration"),
            (self.comments, "by comments"),
            (self.baseline, "by the baseline"),
        ];
        let shown = parts.iter().filter(|(count, _)| *count > 0);
        let shown: Vec<String> = shown.map(|(count, by)| format!("{count} {by}")).collect();
        let findings = match self.configuration + self.comments + self.baseline {
            0 => return None,
            1 => "1 finding is hidden".to_owned(),
            more => format!("{more} findings are hidden"),
        };
        Some(format!("{findings}: {}", shown.join(", ")))
    }
}

/// Takes out what does not count.
#[derive(Debug)]
pub struct Judge<'j> {
    suppressions: Suppressions<'j>,
    remaining: Option<Remaining>,
    hidden: Hidden,
    room: ReportRoom,
}

impl Judge<'_> {
    /// The findings that are neither silenced nor known, in their order, as far as the report has room for them.
    pub fn keep(&mut self, findings: Vec<Finding>) -> Vec<Finding> {
        // Otherwise a flood of findings and a comment would carry a fault past the check.
        let always_counts = |finding: &Finding| finding.rule == Rule::NotChecked.into();
        let mut kept = findings;
        kept.retain(|finding| {
            let silencer = self.suppressions.silencer(finding);
            let count = match silencer.filter(|_| !always_counts(finding)) {
                Some(Silencer::Configuration) => &mut self.hidden.configuration,
                Some(Silencer::Comment) => &mut self.hidden.comments,
                None => return true,
            };
            *count += 1;
            false
        });
        // After what is silenced, which hides nothing else; before what is known, since a baseline has what a report had.
        let mut kept = without_repeated_secrets(kept);
        kept.retain(|finding| {
            let remaining = self.remaining.as_mut().filter(|_| !always_counts(finding));
            let is_known = remaining.is_some_and(|remaining| remaining.takes(finding));
            self.hidden.baseline += usize::from(is_known);
            !is_known
        });
        self.room.take(kept)
    }

    /// How many findings were taken out so far.
    pub const fn hidden(&self) -> Hidden {
        self.hidden
    }
}

#[cfg(test)]
mod tests {
    use super::super::Location;
    use super::*;
    use crate::text::limits::REPORT_FINDINGS;
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
        let hidden = judge.hidden();
        assert_eq!((hidden.configuration, hidden.comments, hidden.baseline), (1, 0, 1));
        let want = "2 findings are hidden: 1 by the configuration, 1 by the baseline";
        assert_eq!(hidden.sentence().as_deref(), Some(want));
        // A report has room for some findings, of all charts together, and each chart that has more says so.
        let mut judge = judgement.start();
        let many = |path: &str| vec![finding(Rule::Range, path); REPORT_FINDINGS - 1];
        assert_eq!(judge.keep(many("b")).len(), REPORT_FINDINGS - 1);
        let kept = judge.keep(many("c"));
        let [_, cut] = kept.as_slice() else {
            panic!("{}", kept.len())
        };
        assert_eq!((cut.rule, cut.severity), (Rule::NotChecked.into(), Severity::Error));
        assert!(
            cut.message.ends_with(": 49998 of this chart or file are left out"),
            "{}",
            cut.message
        );
        assert_eq!(judge.keep(Vec::new()), []);
        assert_eq!(judge.keep(many("d")).len(), 1);
        // What says that something was not checked is neither silenced nor known.
        let mut judge = judgement.start();
        let file = SourceFile::new("f", &b"# chartwright-ignore-file: * why\n"[..]);
        let cut = Finding::new(Rule::NotChecked, Location::whole(file), "x");
        assert_eq!(judge.keep(vec![cut.clone()]), [cut]);
        let mut judge = judgement.start();
        let file = SourceFile::new("f", &b"# chartwright-ignore-file: * why\n"[..]);
        judge.keep(vec![Finding::new(Rule::Type, Location::whole(file), "x")]);
        assert_eq!(
            judge.hidden().sentence().as_deref(),
            Some("1 finding is hidden: 1 by comments")
        );
        assert_eq!(Hidden::default().sentence(), None);
        assert!(judgement.fails(&second));
        assert!(!judgement.fails(&[finding(Rule::ImageTag, "b")]));
        let strict = Judgement {
            fail_on: Severity::Warning,
            ..Judgement::default()
        };
        assert!(strict.fails(&[finding(Rule::ImageTag, "b")]));
    }
}
