//! Compares our YAML with Go's own libraries on files of public charts, mutations of them, and random pieces of syntax.
//!
//! The Go side is `tests/it/go_yaml/oracle`. Without Go, or without the corpus, less is compared, and
//! `tests/not_run.rs` reports how much. `YAML_SNIPPETS` sets how many snippets of each kind are compared, `YAML_SEED`
//! which. What may differ is listed in `tests/known/yaml.tsv`: the kind of snippet and its text as Rust writes it.

mod answer;
mod oracle;
mod readers;
mod snippets;

use chartwright::text::threads::map_in_parallel;

use self::answer::Answer;
use crate::data;
use crate::known::{Comparison, Extent};

#[expect(clippy::disallowed_methods, reason = "a test's own settings")]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

#[test]
fn yaml_is_read_and_printed_as_go_does() {
    let Some(program) = data::yaml_oracle() else {
        return;
    };
    let count = usize::try_from(setting("YAML_SNIPPETS", data::SNIPPETS)).expect("a number of snippets");
    let seed = setting("YAML_SEED", 1);
    let corpus = data::corpus().map_or_else(Vec::new, |corpus| snippets::corpus(&corpus.join("charts")));
    let mut comparison = Comparison::default();
    for (name, snippets) in [
        ("corners", snippets::corners()),
        ("files", snippets::files(&corpus, count, seed)),
        ("mutations", snippets::mutations(&corpus, count, seed)),
        ("soup", snippets::soup(count, seed)),
        ("strings", snippets::strings(count, seed)),
    ] {
        let theirs = oracle::ask(&program, &snippets);
        assert_eq!(theirs.len(), snippets.len(), "the oracle stopped");
        let pairs: Vec<_> = snippets.iter().zip(&theirs).collect();
        let differences = map_in_parallel(&pairs, |(snippet, theirs)| Answer::of(snippet).difference(theirs));
        for (snippet, difference) in snippets.iter().zip(differences) {
            let id = format!("{name} {:?}", String::from_utf8_lossy(snippet));
            comparison.add(&id, difference);
        }
        println!("{name}: {} snippets", snippets.len());
    }
    comparison.assert_known("yaml", Extent::Part);
}
