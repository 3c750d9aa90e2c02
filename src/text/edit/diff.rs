//! Unified diffs for review.

use std::convert::Infallible;
use std::fmt::Write as _;

use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::udiff::UnifiedHunkHeader;
use similar::{DiffOp, group_diff_ops};

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// Up to how many changed lines the shortest list of changes is looked for.
const MANY_CHANGES: usize = 100;

/// The change of one file as a unified diff with three lines of context; empty when nothing changed.
pub fn unified_diff(path: &str, old: &[u8], new: &[u8]) -> String {
    if old == new {
        return String::new();
    }
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let (old, new) = (split_lines(&old), split_lines(&new));
    let hunks = unified_hunks((&old, &new), (&old, &new));
    format!("--- a/{path}\n+++ b/{path}\n{hunks}")
}

/// The lines of a text, each with its line feed.
pub fn split_lines(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// The hunks of a unified diff with three lines of context. `shown` has the lines as they are printed: those that are compared may hold
/// what must not be seen.
pub fn unified_hunks((old, new): (&[String], &[String]), shown: (&[String], &[String])) -> String {
    let changes = if let Some(changes) = line_by_line(old, new) {
        changes
    } else {
        shortest(old, new)
    };
    let mut text = String::new();
    for hunk in group_diff_ops(changes, CONTEXT) {
        let _ = writeln!(text, "{}", UnifiedHunkHeader::new(&hunk));
        for change in &hunk {
            let (was, is) = (shown.0.get(change.old_range()), shown.1.get(change.new_range()));
            if change.tag() == similar::DiffTag::Equal {
                add_lines(&mut text, ' ', was);
            } else {
                add_lines(&mut text, '-', was);
                add_lines(&mut text, '+', is);
            }
        }
    }
    text
}

/// The changes of texts with equally many lines, if many lines changed: the search for the shortest list of changes takes the square
/// of their number. Values that are set change the lines they are on.
fn line_by_line(old: &[String], new: &[String]) -> Option<Vec<DiffOp>> {
    let changed = old.iter().zip(new).filter(|(old, new)| old != new).count();
    if old.len() != new.len() || changed <= MANY_CHANGES {
        return None;
    }
    let mut changes: Vec<DiffOp> = Vec::new();
    let mut at = 0;
    while let (Some(was), Some(is)) = (old.get(at..), new.get(at..))
        && !was.is_empty()
    {
        let is_equal = was.first() == is.first();
        let run = was
            .iter()
            .zip(is)
            .take_while(|(was, is)| (was == is) == is_equal)
            .count();
        changes.push(if is_equal {
            DiffOp::Equal {
                old_index: at,
                new_index: at,
                len: run,
            }
        } else {
            DiffOp::Replace {
                old_index: at,
                old_len: run,
                new_index: at,
                new_len: run,
            }
        });
        at += run;
    }
    Some(changes)
}

/// The shortest list of changes.
fn shortest(old: &[String], new: &[String]) -> Vec<DiffOp> {
    // One algorithm, by name: the crate's `TextDiff` brings half a megabyte of others.
    let mut compact = Compact::new(Replace::new(Capture::new()), old, new);
    let done: Result<(), Infallible> = myers::diff(&mut compact, old, 0..old.len(), new, 0..new.len());
    let Ok(()) = done;
    compact.into_inner().into_inner().into_ops()
}

fn add_lines(text: &mut String, sign: char, lines: Option<&[String]>) {
    for line in lines.unwrap_or_default() {
        text.push(sign);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diffs_are_those_of_git() {
        let numbers: Vec<String> = (1..=30).map(|number| number.to_string()).collect();
        for (old, new, wanted) in [
            ("a\n", "a\n", ""),
            ("a\n", "b\n", "@@ -1 +1 @@\n-a\n+b\n"),
            (
                "a",
                "b",
                "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
            ),
            ("", "a\n", "@@ -0,0 +1 @@\n+a\n"),
            ("a\nb\nc\n", "a\nc\n", "@@ -1,3 +1,2 @@\n a\n-b\n c\n"),
            ("a\r\nb\r\n", "a\r\nc\r\n", "@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n"),
        ] {
            let found = unified_diff("f", old.as_bytes(), new.as_bytes());
            let wanted = if wanted.is_empty() {
                String::new()
            } else {
                format!("--- a/f\n+++ b/f\n{wanted}")
            };
            assert_eq!(found, wanted);
        }
        let old = numbers.join("\n");
        let new = old.replace("5\n6\n", "5\nfive\n6\n").replace("25\n", "");
        let found = unified_diff("f", old.as_bytes(), new.as_bytes());
        let headers: Vec<&str> = found.lines().filter(|line| line.starts_with("@@")).collect();
        assert_eq!(headers, ["@@ -3,6 +3,7 @@", "@@ -22,7 +23,6 @@"]);
    }
}
