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
use chartwright::text::edit::apply_edits;
use chartwright::text::yaml;
use serde_json::Value as Json;

use crate::data;
use crate::known::{Comparison, Extent};
use crate::random_edits::{Editor, edited_files};

/// Edits of a text that is compared after them.
const EDITS_OF_A_TEXT: usize = 4;

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

/// A file after random edits, and the values that it must have.
fn edited(file: &std::path::Path, editor: &mut Editor) -> Option<(Vec<u8>, Json)> {
    let mut text = std::fs::read(file).expect("a file");
    let mut after = None;
    for _ in 0..EDITS_OF_A_TEXT {
        let tree = yaml::parse_all(&text).ok()?;
        let random = editor.edit(&tree)?;
        let made = apply_edits(&text, &[random.edit]);
        if let Ok((edited, _)) = made {
            after = random.after.into_iter().next();
            text = edited;
        }
    }
    after.map(|after| (text, after))
}

#[test]
fn edited_files_are_read_as_go_does() {
    let Some(program) = data::yaml_oracle() else {
        return;
    };
    let files = edited_files();
    let mut editor = Editor::new(setting("YAML_SEED", 1));
    let count = usize::try_from(setting("YAML_SNIPPETS", data::SNIPPETS)).expect("a number of texts");
    let (texts, wanted): (Vec<Vec<u8>>, Vec<Json>) = (0..count)
        .filter_map(|_| {
            let file = files.get(editor.below(files.len()))?;
            edited(file, &mut editor)
        })
        .unzip();
    assert!(texts.len() > count / 2, "{} of {count} files", texts.len());
    let theirs = oracle::ask(&program, &texts);
    assert_eq!(theirs.len(), texts.len(), "the oracle stopped");
    for ((text, wanted), theirs) in texts.iter().zip(&wanted).zip(&theirs) {
        let shown = || String::from_utf8_lossy(text).into_owned();
        assert_eq!(yaml::json_from_bytes(text).as_ref(), Ok(wanted), "{}", shown());
        assert_eq!(Answer::of(text).difference(theirs), None, "{}", shown());
    }
    println!("edits: {} files after {EDITS_OF_A_TEXT} edits each", texts.len());
}
