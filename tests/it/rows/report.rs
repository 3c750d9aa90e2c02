//! Counts of rows that agree, by group.

use std::collections::BTreeMap;

/// What became of one row.
pub(crate) enum Verdict {
    /// Same output.
    Same,
    /// An error where an error is wanted, all lines but the last the same; and whether the last is too.
    SameError { whole: bool, ours: String, wanted: String },
    /// Anything else, in words.
    Different(String),
}

impl Verdict {
    /// Compares what we made of a row with what Helm made of it.
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

fn thousandths(part: usize, all: usize) -> usize {
    (part * 1000).checked_div(all).unwrap_or(1000)
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
    shown: usize,
    show: usize,
}

impl Report {
    /// A report that prints so many rows that differ where `ROWS_SHOW` does not say how many.
    pub(crate) fn showing(show: usize) -> Self {
        Self {
            show,
            ..Self::default()
        }
    }

    pub(crate) fn add(&mut self, group: &str, id: &str, verdict: Verdict) {
        #[expect(clippy::disallowed_methods, reason = "the harness is told how much to say")]
        let show = std::env::var("ROWS_SHOW")
            .ok()
            .and_then(|count| count.parse().ok())
            .unwrap_or(self.show);
        #[expect(clippy::disallowed_methods, reason = "the harness is told how much to say")]
        let show_errors = std::env::var("ROWS_SHOW_ERRORS").is_ok();
        let counts = self.groups.entry(group.to_owned()).or_default();
        match verdict {
            Verdict::Same => counts.passed += 1,
            Verdict::SameError { whole, ours, wanted } => {
                counts.passed += 1;
                counts.errors += 1;
                counts.whole_errors += usize::from(whole);
                if !whole && show_errors && self.shown < show {
                    self.shown += 1;
                    println!("{id}:\n  want {wanted:?}\n  have {ours:?}");
                }
            }
            Verdict::Different(how) => {
                counts.failed += 1;
                if self.shown < show && !show_errors {
                    self.shown += 1;
                    println!("{id}:\n  {how}");
                }
            }
        }
    }

    pub(crate) fn passed_share(&self) -> usize {
        let (passed, failed) = self.totals();
        thousandths(passed, passed + failed)
    }

    pub(crate) fn worst_group_share(&self) -> usize {
        let shares = self.groups.values();
        shares
            .map(|counts| thousandths(counts.passed, counts.passed + counts.failed))
            .min()
            .unwrap_or(1000)
    }

    pub(crate) fn whole_error_share(&self) -> usize {
        let (whole, all) = self
            .groups
            .values()
            .fold((0, 0), |(w, a), counts| (w + counts.whole_errors, a + counts.errors));
        thousandths(whole, all)
    }

    fn totals(&self) -> (usize, usize) {
        self.groups
            .values()
            .fold((0, 0), |(p, f), counts| (p + counts.passed, f + counts.failed))
    }

    /// Whether every row has Helm's answer, errors to the last word.
    pub(crate) fn all_agree(&self) -> bool {
        let counts = self.groups.values();
        counts.fold(true, |agree, counts| {
            agree && counts.failed == 0 && counts.whole_errors == counts.errors
        })
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
        let errors: usize = self.groups.values().map(|counts| counts.errors).sum();
        let whole: usize = self.groups.values().map(|counts| counts.whole_errors).sum();
        println!("errors with the whole text: {whole} of {errors}");
        let (passed, failed) = self.totals();
        println!("{passed} passed, {failed} failed");
    }
}
