//! Lists of disagreements that are known (`tests/known/*.tsv`: id and reason). A test passes in the ids that it
//! compared and those that disagreed: a disagreement that is not in its list fails, and so does one that is in the list
//! but agrees, so the lists stay accurate.

use std::collections::{BTreeMap, BTreeSet};

/// The comparisons of a test.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    compared: BTreeSet<String>,
    differences: BTreeMap<String, String>,
}

/// Whether a test compared everything, or only what its settings selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    Whole,
    Part,
}

impl Comparison {
    /// Adds a thing that was compared, and how it differs when it does.
    pub(crate) fn add(&mut self, id: &str, difference: Option<String>) {
        self.compared.insert(id.to_owned());
        if let Some(difference) = difference {
            self.differences.insert(id.to_owned(), difference);
        }
    }

    /// Fails the test unless the differences are those of a list, `tests/known/NAME.tsv`.
    pub(crate) fn assert_known(&self, name: &str, extent: Extent) {
        let file = format!("tests/known/{name}.tsv");
        let list = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let faults = self.faults(&file, &list, extent);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    /// The faults of the comparison or of the list, a text for each.
    fn faults(&self, file: &str, list: &str, extent: Extent) -> Vec<String> {
        let mut faults = Vec::new();
        let mut known = BTreeSet::new();
        for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.split_once('\t') {
                Some((id, why)) if !why.trim().is_empty() => {
                    if !known.insert(id) {
                        faults.push(format!("{id} is twice in {file}"));
                    }
                }
                _ => faults.push(format!("{file}: an id, a tab and a reason are wanted: {line:?}")),
            }
        }
        for (id, difference) in &self.differences {
            if !known.contains(id.as_str()) {
                faults.push(format!("{id} differs, and is not in {file}:\n  {difference}"));
            }
        }
        for id in known {
            if self.compared.contains(id) && !self.differences.contains_key(id) {
                faults.push(format!("{id} agrees now: remove it from {file}"));
            } else if extent == Extent::Whole && !self.compared.contains(id) {
                faults.push(format!("{id} is not compared any more: remove it from {file}"));
            }
        }
        faults
    }
}

#[test]
fn lists_are_exact() {
    let comparison = |compared: &[&str], differing: &[&str]| {
        let mut comparison = Comparison::default();
        for id in compared {
            comparison.add(id, differing.contains(id).then(|| "how".to_owned()));
        }
        comparison
    };
    let list = "# id, why\nb\tGo's order\n";
    for (compared, differing, list, extent, want) in [
        (&["a", "b"][..], &["b"][..], list, Extent::Whole, &[][..]),
        (
            &["a", "b"],
            &["a", "b"],
            list,
            Extent::Whole,
            &["a differs, and is not in f:\n  how"],
        ),
        (
            &["a", "b"],
            &[],
            list,
            Extent::Whole,
            &["b agrees now: remove it from f"],
        ),
        (
            &["a", "b"],
            &["a"],
            list,
            Extent::Part,
            &["a differs, and is not in f:\n  how", "b agrees now: remove it from f"],
        ),
        (
            &["a"],
            &[],
            list,
            Extent::Whole,
            &["b is not compared any more: remove it from f"],
        ),
        (&["a"], &[], list, Extent::Part, &[]),
        (&["b"], &["b"], "b\tx\nb\ty", Extent::Whole, &["b is twice in f"]),
        (
            &["a"],
            &[],
            "b\t \n",
            Extent::Part,
            &["f: an id, a tab and a reason are wanted: \"b\\t \""],
        ),
        (
            &["a"],
            &[],
            "b\n",
            Extent::Part,
            &["f: an id, a tab and a reason are wanted: \"b\""],
        ),
        (
            &["a"],
            &["a"],
            "",
            Extent::Whole,
            &["a differs, and is not in f:\n  how"],
        ),
    ] {
        assert_eq!(
            comparison(compared, differing).faults("f", list, extent),
            want,
            "{list:?}"
        );
    }
}
