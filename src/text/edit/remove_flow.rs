//! Removing an entry of a collection in brackets, with one comma.

use crate::text::yaml::{NodeId, Tree};

use super::entries::{Entry, entries};
use super::lines::{
    begins_line, column, comment_end, comment_line, first_comment, line_end, line_start, next_line, next_token,
    skip_blanks,
};
use super::splice::Splice;

/// The ways to remove entry `index` of a collection in brackets.
pub(super) fn shrink_flow(tree: &Tree<'_>, collection: NodeId, index: usize) -> Vec<Vec<Splice>> {
    let source = tree.source().as_bytes();
    let span = tree.span(collection).range();
    if !matches!(source.get(span.start), Some(b'[' | b'{')) {
        return Vec::new();
    }
    let all = entries(tree, collection);
    let Some(entry) = all.get(index) else { return Vec::new() };
    let before = index.checked_sub(1).and_then(|before| all.get(before));
    let next = all.get(index + 1);
    let close = span.end.saturating_sub(1);
    let mut ways = Vec::new();
    if all.len() == 1 {
        ways.push((span.start + 1, close));
    } else if let Some(lines) = own_lines(tree, *entry, close) {
        let mut splices = vec![Splice::delete(lines.0, lines.1)];
        if next.is_none()
            && let Some(before) = before
        {
            let comma = next_token(tree, before.end, entry.start);
            splices.push(Splice::delete(comma, comma + 1));
        }
        return vec![splices];
    } else if let Some(next) = next {
        ways.push((entry.start, next.start));
    } else if let Some(before) = before {
        ways.push((before.end, entry.end));
    }
    // What else is inside is not the entry's own.
    let without_comments = ways
        .into_iter()
        .filter(|(from, to)| first_comment(tree, *from, *to).is_none());
    without_comments
        .map(|(from, to)| vec![Splice::delete(from, to)])
        .collect()
}

/// The lines of an entry that shares them with nothing else, with the comments directly above.
fn own_lines(tree: &Tree<'_>, entry: Entry, close: usize) -> Option<(usize, usize)> {
    let source = tree.source().as_bytes();
    if !begins_line(source, entry.start) {
        return None;
    }
    let comma = next_token(tree, entry.end, close);
    let is_before_comma = source.get(comma) == Some(&b',') && comma < close;
    let after = if is_before_comma { comma + 1 } else { entry.end };
    let rest = skip_blanks(source, after);
    let rest = comment_end(tree, rest).unwrap_or(rest);
    if rest < line_end(source, rest) || rest >= source.len() {
        return None;
    }
    let column = column(source, entry.start);
    let mut from = line_start(source, entry.start);
    while let Some(before) = from.checked_sub(1) {
        let above = line_start(source, before);
        if above >= from || comment_line(tree, above) != Some(column) {
            break;
        }
        from = above;
    }
    Some((from, next_line(source, rest)))
}
