//! Rows that agree with Helm, counted by group, and those that do not.

use std::collections::BTreeMap;

use crate::known::{Comparison, Extent};

/// How our answer to one row compares with Helm's.
pub(crate) enum Verdict {
    /// Same output.
    Same,
    /// An error where an error is expected, all lines except the last the same; and whether the last is too.
    SameError { whole: bool, ours: String, wanted: String },
    /// Anything else, in words.
    Different(String),
}

impl Verdict {
    /// Compares our result for a row with Helm's.
    pub(crate) fn compare(ours: Result<Vec<u8>, String>, wanted: Result<Vec<u8>, String>) -> Self {
        match (ours, wanted) {
            (Ok(ours), Ok(wanted)) if ours == wanted => Self::Same,
            (Ok(ours), Ok(wanted)) => Self::Different(format!("want {:?}\n  have {:?}", lossy(&wanted), lossy(&ours))),
            (Err(ours), Err(wanted)) => {
                let all_but_last = |text: &str| text.trim_end().rsplit_once('\n').map(|(start, _)| start.to_owned());
                if all_but_last(&ours) == all_but_last(&wanted) {
                    Self::SameError {
                        whole: ours.trim_end() == wanted.trim_end(),
                        ours,
                        wanted,
                    }
                } else {
                    Self::Different(format!("want error {wanted:?}\n  have error {ours:?}"))
                }
            }
            (Ok(ours), Err(wanted)) => Self::Different(format!("want error {wanted:?}\n  have {:?}", lossy(&ours))),
            (Err(ours), Ok(wanted)) => Self::Different(format!("want {:?}\n  have error {ours:?}", lossy(&wanted))),
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    errors: usize,
    whole_errors: usize,
}

/// All verdicts.
#[derive(Default)]
pub(crate) struct Report {
    groups: BTreeMap<String, Counts>,
    /// Output or error, without the last line of an error.
    answers: Comparison,
    /// The last lines of errors.
    last_lines: Comparison,
}

impl Report {
    pub(crate) fn add(&mut self, group: &str, id: &str, verdict: Verdict) {
        let counts = self.groups.entry(group.to_owned()).or_default();
        match verdict {
            Verdict::Same => {
                counts.passed += 1;
                self.answers.add(id, None);
            }
            Verdict::SameError { whole, ours, wanted } => {
                counts.passed += 1;
                counts.errors += 1;
                counts.whole_errors += usize::from(whole);
                self.answers.add(id, None);
                let difference = (!whole).then(|| format!("want {wanted:?}\n  have {ours:?}"));
                self.last_lines.add(id, difference);
            }
            Verdict::Different(how) => {
                counts.failed += 1;
                self.answers.add(id, Some(how));
            }
        }
    }

    /// How many rows there are.
    pub(crate) fn count(&self) -> usize {
        self.groups.values().map(|counts| counts.passed + counts.failed).sum()
    }

    /// Fails unless the rows that differ are those of the lists `NAME` and `NAME-last-lines`.
    pub(crate) fn assert_known(&self, name: &str, extent: Extent) {
        self.answers.assert_known(name, extent);
        self.last_lines.assert_known(&format!("{name}-last-lines"), extent);
    }

    pub(crate) fn print_groups(&self) {
        for (group, counts) in &self.groups {
            let all = counts.passed + counts.failed;
            println!(
                "{group}: {} of {all}; errors with the whole text {} of {}",
                counts.passed, counts.whole_errors, counts.errors
            );
        }
    }

    pub(crate) fn print_totals(&self) {
        let sum = |part: fn(&Counts) -> usize| self.groups.values().map(part).sum::<usize>();
        let (whole, errors) = (sum(|counts| counts.whole_errors), sum(|counts| counts.errors));
        println!("errors with the whole text: {whole} of {errors}");
        let (passed, failed) = (sum(|counts| counts.passed), sum(|counts| counts.failed));
        println!("{passed} passed, {failed} failed");
    }
}
