//! Random edits change what they are about and nothing else, in every values.yaml and Chart.yaml of the corpus (see
//! `tests/it/data.rs`), or of the example if there is no corpus, and in the torture files of `fixtures/edits`. `EDITS` sets how many are
//! made, `EDITS_SEED` which.

use std::collections::BTreeMap;

use chartwright::text::edit::{Operation, Reason, apply_edits};
use chartwright::text::threads::map_in_parallel;
use chartwright::text::yaml::{self, Tree};
use serde_json::Value as Json;

use crate::random_edits::{Editor, RandomEdit, edited_files};

/// Edits of a usual run.
const EDITS: u64 = 6_000;

#[expect(clippy::disallowed_methods, reason = "a test's own settings")]
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// How many edits of a kind were made, and how many refused for which reason.
type Counts = BTreeMap<String, usize>;

#[test]
fn random_edits_change_what_they_are_about_and_nothing_else() {
    let files = edited_files();
    let count = usize::try_from(setting("EDITS", EDITS)).expect("fits");
    let seed = setting("EDITS_SEED", 1);
    let jobs: Vec<(usize, usize)> = (0..files.len())
        .map(|index| (index, count / files.len() + usize::from(index < count % files.len())))
        .collect();
    let counts = map_in_parallel(&jobs, |(index, edits)| {
        let file = files.get(*index).expect("in range");
        let source = std::fs::read(file).expect("a file");
        let name = file.display().to_string();
        let mut editor = Editor::new(
            seed.wrapping_mul(1 << 32)
                .wrapping_add(u64::try_from(*index).expect("fits")),
        );
        let mut counts = Counts::new();
        if let Ok(tree) = yaml::parse_all(&source) {
            for _ in 0..*edits {
                let Some(random) = editor.edit(&tree) else { break };
                *counts.entry(made_or_refused(&name, &tree, &random)).or_default() += 1;
            }
        }
        counts
    });
    let mut total = Counts::new();
    for (kind, count) in counts.into_iter().flatten() {
        *total.entry(kind).or_default() += count;
    }
    println!("{total:?}");
    let made: usize = total
        .iter()
        .filter(|(kind, _)| !kind.starts_with("refused"))
        .map(|(_, count)| count)
        .sum();
    let refused: usize = total.values().sum::<usize>() - made;
    assert!(made > count / 2 && refused * 20 < made, "{total:?}");
}

/// Pieces of syntax that are put into files, so that everything occurs at every place.
const PIECES: [&str; 28] = [
    "\t", " ", "\n", "\r\n", "# c\n", " # c\n", "- ", "? ", ": ", ", ", "&a ", "*a", "!!str ", "!t ", "{", "}", "[",
    "]", "\"", "'", "|\n", ">-\n", "---\n", "...\n", "<<: *a\n", "{}", "[]", "\u{FEFF}",
];
/// Longest file that is changed so, in bytes.
const MUTATED_BYTES: usize = 6_000;

#[test]
fn edits_of_files_with_odd_syntax_are_right_or_refused() {
    let count = usize::try_from(setting("EDITS", EDITS)).expect("fits");
    let seed = setting("EDITS_SEED", 1);
    let files: Vec<String> = edited_files()
        .iter()
        .filter_map(|file| String::from_utf8(std::fs::read(file).expect("a file")).ok())
        .filter(|text| text.len() < MUTATED_BYTES)
        .collect();
    let seeds: Vec<u64> = (0..u64::try_from(count).expect("fits")).collect();
    let kinds = map_in_parallel(&seeds, |number| {
        let mut editor = Editor::new(seed.wrapping_add(7).wrapping_mul(1 << 32).wrapping_add(*number));
        let mut text = files.get(editor.below(files.len())).expect("in range").clone();
        for _ in 0..=editor.below(3) {
            let mut at = editor.below(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            text.insert_str(at, PIECES.get(editor.below(PIECES.len())).expect("in range"));
        }
        let tree = yaml::parse_all(text.as_bytes()).ok()?;
        let random = editor.edit(&tree)?;
        Some(made_or_refused(&text, &tree, &random))
    });
    let mut total = Counts::new();
    for kind in kinds.into_iter().flatten() {
        *total.entry(kind).or_default() += 1;
    }
    println!("{total:?}");
    assert!(total.get("set").is_some_and(|made| made * 20 > count), "{total:?}");
}

/// Makes an edit and checks the result; the kind of edit, or the reason why it was refused.
fn made_or_refused(name: &str, tree: &Tree<'_>, random: &RandomEdit) -> String {
    let source = tree.source();
    let edit = &random.edit;
    let shown = || format!("{name}: {edit:?}");
    let edited = match apply_edits(source.as_bytes(), std::slice::from_ref(edit)) {
        Ok((edited, _)) => String::from_utf8(edited).expect("is text"),
        Err(error) => {
            let reason = match error.reason {
                Reason::Shared { .. } => "shared",
                Reason::Merged { .. } => "merged",
                Reason::NotAlone { .. } => "not alone",
                Reason::Unwritable { .. } => "cannot hold the value",
                Reason::Encrypted { .. } | Reason::Sops => "sops",
                reason => panic!("{}: {reason}", shown()),
            };
            return format!("refused: {reason}");
        }
    };
    let new = yaml::parse_all(edited.as_bytes()).unwrap_or_else(|error| panic!("{}: {error}\n{edited}", shown()));
    let after: Vec<Json> = new
        .documents()
        .iter()
        .map(|document| yaml::json_from_node(&new, document.root).expect("is JSON"))
        .collect();
    assert!(after == random.after, "{}: other values\n{edited}", shown());
    let (old, new_part) = changed_part(source, &edited);
    let old_comments: Vec<&str> = texts_of_comments(tree);
    let new_comments: Vec<&str> = texts_of_comments(&new);
    match &edit.operation {
        Operation::Set(_) if !edit.creates => {
            let span = tree.span(random.node).range();
            // `key: ` without a value has the space already that comes before one.
            let (start, end) = if span.is_empty() && source.as_bytes().get(span.end) == Some(&b' ') {
                (span.start, span.end + 1)
            } else {
                (span.start, span.end)
            };
            let is_kept =
                edited.starts_with(part(source, 0, start)) && edited.ends_with(part(source, end, source.len()));
            assert!(is_kept, "{}: other bytes\n{edited}", shown());
            assert_eq!(old_comments, new_comments, "{}", shown());
            "set".to_owned()
        }
        Operation::Set(_) | Operation::Append(_) => {
            let was_empty = old.split_whitespace().collect::<String>() == "{}"
                || old.split_whitespace().collect::<String>() == "[]";
            assert!(
                was_empty || !old.trim_end().contains('\n'),
                "{}: {old:?} changed\n{edited}",
                shown()
            );
            assert!(old.len() < 300, "{}: {old:?} changed", shown());
            assert_eq!(old_comments, new_comments, "{}", shown());
            if edit.creates { "added" } else { "appended" }.to_owned()
        }
        Operation::Remove => {
            // Comments of others may stay between a key and what becomes of its value.
            let mut lines = new_part.trim_end().lines().skip(1).map(str::trim_start);
            assert!(
                lines.all(|line| line.is_empty() || line.starts_with('#')),
                "{}: {new_part:?}",
                shown()
            );
            let mut rest = old_comments.iter();
            let is_subset = new_comments.iter().all(|comment| rest.any(|old| old == comment));
            assert!(is_subset, "{}: another comment", shown());
            "removed".to_owned()
        }
    }
}

/// The part of two texts between what they have in common at their ends.
fn changed_part<'t>(old: &'t str, new: &'t str) -> (&'t str, &'t str) {
    let same = |(a, b): &(u8, u8)| a == b;
    let most = old.len().min(new.len());
    let mut before = old.bytes().zip(new.bytes()).take_while(same).count();
    while !old.is_char_boundary(before) || !new.is_char_boundary(before) {
        before -= 1;
    }
    let mut after = old
        .bytes()
        .rev()
        .zip(new.bytes().rev())
        .take_while(same)
        .count()
        .min(most - before);
    while !old.is_char_boundary(old.len() - after) || !new.is_char_boundary(new.len() - after) {
        after -= 1;
    }
    (
        part(old, before, old.len() - after),
        part(new, before, new.len() - after),
    )
}

fn texts_of_comments<'t>(tree: &'t Tree<'_>) -> Vec<&'t str> {
    tree.comments()
        .iter()
        .map(|comment| part(tree.source(), comment.range().start, comment.range().end))
        .collect()
}

fn part(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).expect("a place between characters")
}
