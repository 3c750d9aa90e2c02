//! The lines of a text: where they begin and end, how they are indented, and which hold only a comment.

use crate::text::yaml::Tree;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Where scanning of a text begins: after a byte order mark.
pub(super) fn text_start(source: &[u8]) -> usize {
    if source.starts_with(BYTE_ORDER_MARK) {
        BYTE_ORDER_MARK.len()
    } else {
        0
    }
}

/// Offset of the first byte of the line that has the byte at `at`.
pub(super) fn line_start(source: &[u8], at: usize) -> usize {
    let before = source.get(..at).unwrap_or(source);
    memchr::memrchr(b'\n', before).map_or_else(|| text_start(source), |newline| newline + 1)
}

/// Offset of the first byte of the next line; the text's length after its last line.
pub(super) fn next_line(source: &[u8], at: usize) -> usize {
    let after = source.get(at..).unwrap_or_default();
    memchr::memchr(b'\n', after).map_or(source.len(), |newline| at + newline + 1)
}

/// Offset of the line break that ends the line with the byte at `at`; the text's length if none does.
pub(super) fn line_end(source: &[u8], at: usize) -> usize {
    let next = next_line(source, at);
    let line = source.get(at..next).unwrap_or_default();
    let content = line.strip_suffix(b"\n").unwrap_or(line);
    let content = content.strip_suffix(b"\r").unwrap_or(content);
    at + content.len()
}

/// The line break of the line with the byte at `at`, or else the first of the text.
pub(super) fn line_break(source: &[u8], at: usize) -> &'static str {
    let own = source.get(line_end(source, at)..next_line(source, at));
    let first = || source.get(line_end(source, 0)..next_line(source, 0));
    let found = own.filter(|found| !found.is_empty()).or_else(first);
    if found == Some(b"\r\n") { "\r\n" } else { "\n" }
}

/// Bytes between the start of its line and `at`.
pub(super) fn column(source: &[u8], at: usize) -> usize {
    at - line_start(source, at).min(at)
}

/// Offset of the first byte from `at` that is neither space nor tab.
pub(super) fn skip_blanks(source: &[u8], at: usize) -> usize {
    let rest = source.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// Whether the line that begins at `start` has neither content nor comment; there is none at the text's end.
pub(super) fn is_blank_line(source: &[u8], start: usize) -> bool {
    start < source.len() && skip_blanks(source, start) == line_end(source, start).max(start)
}

/// Whether only blanks are between the start of its line and `at`.
pub(super) fn begins_line(source: &[u8], at: usize) -> bool {
    skip_blanks(source, line_start(source, at)) >= at
}

/// The comment that begins at an offset: where it ends.
pub(super) fn comment_end(tree: &Tree<'_>, at: usize) -> Option<usize> {
    let comments = tree.comments();
    let found = comments.partition_point(|comment| comment.range().start < at);
    let comment = comments.get(found).filter(|comment| comment.range().start == at)?;
    Some(comment.range().end)
}

/// The column of the comment that is all of the line that begins at `start`.
pub(super) fn comment_line(tree: &Tree<'_>, start: usize) -> Option<usize> {
    let at = skip_blanks(tree.source().as_bytes(), start);
    comment_end(tree, at).map(|_| at - start)
}

/// The first byte from `from` that belongs neither to a comment nor to space around it; no further than `to`.
pub(super) fn next_token(tree: &Tree<'_>, from: usize, to: usize) -> usize {
    let source = tree.source().as_bytes();
    let mut at = from;
    while at < to {
        match source.get(at) {
            Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
            Some(b'#') => match comment_end(tree, at) {
                Some(end) => at = end,
                None => return at,
            },
            _ => return at,
        }
    }
    to
}

/// The first comment from `from`, if it begins before `to`.
pub(super) fn first_comment(tree: &Tree<'_>, from: usize, to: usize) -> Option<usize> {
    let comments = tree.comments();
    let found = comments.partition_point(|comment| comment.range().start < from);
    let start = comments.get(found)?.range().start;
    (start < to).then_some(start)
}
