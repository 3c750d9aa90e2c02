//! Unified diffs for review.

use std::convert::Infallible;
use std::fmt::Write as _;

use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::group_diff_ops;
use similar::udiff::UnifiedHunkHeader;

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// The change of one file as a unified diff with three lines of context; empty when nothing changed.
pub fn unified_diff(path: &str, old: &[u8], new: &[u8]) -> String {
    if old == new {
        return String::new();
    }
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let lines = |text: &str| -> Vec<String> { text.split_inclusive('\n').map(str::to_owned).collect() };
    let (old, new) = (lines(&old), lines(&new));
    // One algorithm, by name: the crate's `TextDiff` brings half a megabyte of others.
    let mut compact = Compact::new(Replace::new(Capture::new()), &old, &new);
    let done: Result<(), Infallible> = myers::diff(&mut compact, &old, 0..old.len(), &new, 0..new.len());
    let Ok(()) = done;
    let changes = compact.into_inner().into_inner().into_ops();
    let mut text = format!("--- a/{path}\n+++ b/{path}\n");
    for hunk in group_diff_ops(changes, CONTEXT) {
        let _ = writeln!(text, "{}", UnifiedHunkHeader::new(&hunk));
        for change in &hunk {
            let (was, is) = (old.get(change.old_range()), new.get(change.new_range()));
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
