//! Compares our YAML with Go's own libraries on files of public charts, mutations of them, and random soup.
//!
//! The Go side is `oracle/`. Without Go, or without the corpus, the test says so and passes. `YAML_SNIPPETS` sets how
//! many snippets of each kind are asked, `YAML_SEED` which.

mod answer;
mod oracle;
mod snippets;

use std::path::Path;

use self::answer::Answer;

#[expect(clippy::disallowed_methods, reason = "a test's own settings")]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// Disagreements beyond this many in ten thousand fail the test.
const TOLERATED: usize = 5;

#[test]
fn yaml_is_read_and_printed_as_go_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Some(program) = oracle::build(&root.join("tests/yaml_differential/oracle")) else {
        println!("skipped: no Go to compare with");
        return;
    };
    let count = usize::try_from(setting("YAML_SNIPPETS", 2500)).expect("a number of snippets");
    let seed = setting("YAML_SEED", 1);
    let corpus = snippets::corpus(&root.join("../shared/conformance/charts-corpus/charts"));
    if corpus.is_empty() {
        println!("no corpus: only soup is compared");
    }
    for (name, snippets) in [
        ("corners", snippets::corners()),
        ("files", snippets::files(&corpus, count, seed)),
        ("mutations", snippets::mutations(&corpus, count, seed)),
        ("soup", snippets::soup(count, seed)),
        ("strings", snippets::strings(count, seed)),
    ] {
        let theirs = oracle::ask(&program, &snippets);
        assert_eq!(theirs.len(), snippets.len(), "the oracle stopped");
        let mut disagreements = 0;
        for (snippet, theirs) in snippets.iter().zip(&theirs) {
            if let Some(difference) = Answer::of(snippet).difference(theirs) {
                disagreements += 1;
                if disagreements <= 20 {
                    println!("--- {name}: {difference}\n{:?}", String::from_utf8_lossy(snippet));
                }
            }
        }
        println!("{name}: {disagreements} disagreements in {} snippets", snippets.len());
        assert!(
            disagreements * 10_000 <= snippets.len() * TOLERATED,
            "too many disagreements over {name}"
        );
    }
}
