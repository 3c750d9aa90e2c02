//! The word list at the end of `CONTRIBUTING.md`: its left column does not occur in the sources, the README or `docs`.

use std::fs;
use std::path::{Path, PathBuf};

/// A row of the word list: its left column, the phrases to search for, and correct uses, which begin at most one word
/// before a phrase.
struct Row {
    left: &'static str,
    phrases: &'static [&'static str],
    fine: &'static [&'static str],
}

const ROWS: [Row; 11] = [
    row("is no X", &["is no"], &["there is no", "is no longer", "is no more"]),
    row("takes (a value)", &["takes no", "takes any", "takes a value"], &[]),
    row("told, said of", &["told", "said of"], &[]),
    row("chance, dice", &["chance", "dice"], &[]),
    row("held against", &["held against"], &[]),
    row("of which, for who", &["of which", "for who"], &[]),
    row("what is there", &["what is there"], &[]),
    row("what became of", &["what became of"], &[]),
    row("how bad", &["how bad"], &[]),
    row(
        "nobody's business, the evening",
        &["nobody", "nobody's", "the evening"],
        &[],
    ),
    row("but for", &["but for"], &[]),
];

/// File, words around a phrase, and the reason why it stays.
const EXCEPTIONS: [(&str, &str, &str); 2] = [
    (
        "src/check/lint/helm/helm_tests.rs",
        "email nobody",
        "input of a test: an address that Helm refuses",
    ),
    (
        "src/check/lint/helm/helm_tests.rs",
        "invalid email nobody",
        "Helm's message about it",
    ),
];

const fn row(left: &'static str, phrases: &'static [&'static str], fine: &'static [&'static str]) -> Row {
    Row { left, phrases, fine }
}

fn files(directory: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

/// The words of a text in lower case, each with its line. Comment marks, markup and punctuation separate words, and so do
/// the underscores of names, so that a phrase is found across lines and in names.
fn words(text: &str) -> Vec<(usize, String)> {
    let lines = (1..).zip(text.lines());
    lines
        .flat_map(|(number, line)| {
            let words = line.split(|character: char| !character.is_alphanumeric() && character != '\'');
            words
                .map(|word| word.trim_matches('\'').to_lowercase())
                .filter(|word| !word.is_empty())
                .map(move |word| (number, word))
        })
        .collect()
}

/// The phrases of the list that a text has: line, phrase and the words around it.
fn faults(text: &str) -> Vec<(usize, &'static str, String)> {
    let words = words(text);
    let begins_with = |at: usize, phrase: &str| {
        let mut rest = words.iter().skip(at);
        phrase
            .split(' ')
            .all(|wanted| rest.next().is_some_and(|(_, word)| word == wanted))
    };
    let mut faults = Vec::new();
    for (at, (line, _)) in words.iter().enumerate() {
        for row in &ROWS {
            let is_fine = row
                .fine
                .iter()
                .any(|fine| begins_with(at, fine) || at > 0 && begins_with(at - 1, fine));
            for phrase in row.phrases {
                if !is_fine && begins_with(at, phrase) {
                    let around = words.iter().skip(at.saturating_sub(4)).take(10);
                    let around: Vec<&str> = around.map(|(_, word)| word.as_str()).collect();
                    faults.push((*line, *phrase, around.join(" ")));
                }
            }
        }
    }
    faults
}

#[test]
fn the_left_column_does_not_occur() {
    let mut paths = vec![PathBuf::from("README.md")];
    files(Path::new("docs"), "md", &mut paths);
    files(Path::new("src"), "rs", &mut paths);
    let mut unused: Vec<_> = EXCEPTIONS.iter().collect();
    let mut found = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a file of the project");
        let name = path.to_string_lossy().into_owned();
        for (line, phrase, around) in faults(&text) {
            let is_exception = |(file, excerpt, _): &&(&str, &str, &str)| *file == name && around.contains(excerpt);
            if EXCEPTIONS.iter().any(|exception| is_exception(&exception)) {
                unused.retain(|exception| !is_exception(exception));
            } else {
                found.push(format!("{name}:{line}: `{phrase}` in \"{around}\""));
            }
        }
    }
    assert!(
        found.is_empty(),
        "see the word list in CONTRIBUTING.md:\n{}",
        found.join("\n")
    );
    assert!(unused.is_empty(), "exceptions that are not needed: {unused:?}");
}

#[test]
fn every_row_of_the_list_is_searched() {
    let text = fs::read_to_string("CONTRIBUTING.md").expect("CONTRIBUTING.md");
    let (_, list) = text.split_once("| not | but |\n").expect("the word list");
    let rows: Vec<&str> = list
        .lines()
        .skip(1)
        .map_while(|line| line.strip_prefix("| ")?.split(" | ").next())
        .collect();
    assert_eq!(rows, ROWS.map(|row| row.left));
}

#[test]
fn phrases_are_found_as_words_and_across_lines() {
    for (text, expected) in [
        ("// It is no path.", &[(1, "is no")][..]),
        ("// There is no path, and it is no longer one.", &[]),
        ("// a\n/// Values that are\n/// told of.", &[(3, "told")]),
        (
            "//! The objects of\n//! which one is *for\n//! who* asks.",
            &[(1, "of which"), (2, "for who")],
        ),
        ("let untold = perchance;", &[]),
        ("fn a_path_that_is_no_path() {}", &[(1, "is no")]),
        ("error(\"Held against it\")", &[(1, "held against")]),
    ] {
        let found: Vec<_> = faults(text)
            .into_iter()
            .map(|(line, phrase, _)| (line, phrase))
            .collect();
        assert_eq!(found, expected, "{text}");
    }
}
