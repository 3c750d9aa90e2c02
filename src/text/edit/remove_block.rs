//! Removing an entry of a block collection: its lines, the comments directly above it, and those inside of its value.

use crate::text::yaml::{NodeId, NodeKind, Tree};

use super::block_end::{after_value, value_line_end};
use super::entries::{Entry, entries, parent_of};
use super::lines::{
    begins_line, column, comment_line, first_comment, is_blank_line, line_break, line_end, line_start, next_line,
    next_token, text_start,
};
use super::splice::Splice;

/// The ways to remove entry `index` of a block collection.
pub(super) fn shrink_block(tree: &Tree<'_>, collection: NodeId, index: usize) -> Vec<Vec<Splice>> {
    let all = entries(tree, collection);
    let Some(entry) = all.get(index) else { return Vec::new() };
    let source = tree.source().as_bytes();
    if all.len() == 1 {
        return empty_block(tree, collection, *entry);
    }
    if begins_line(source, entry.start) {
        let (from, to) = own_lines(tree, *entry);
        let mut ways: Vec<Vec<Splice>> = Vec::new();
        if let Some((from, to)) = with_blank_lines(source, from, to) {
            ways.push(vec![Splice::delete(from, to)]);
        }
        ways.push(vec![Splice::delete(before_last_break(source, from, to), to)]);
        return ways;
    }
    // The first key of an item begins beside the dash, where the next key moves.
    let Some(next) = all.get(index + 1) else {
        return Vec::new();
    };
    let line_end = value_line_end(tree, entry.value);
    let stop = first_comment(tree, line_end, next.start).unwrap_or(next.start);
    vec![vec![Splice::delete(entry.start, stop)]]
}

/// The lines of an entry with its own comments. Comments at the start of a text are about all of it.
fn own_lines(tree: &Tree<'_>, entry: Entry) -> (usize, usize) {
    let source = tree.source().as_bytes();
    let column = column(source, entry.start);
    let first = line_start(source, entry.start);
    let mut from = first;
    while let Some(above) = previous_line(source, from).filter(|&above| comment_line(tree, above) == Some(column)) {
        from = above;
    }
    if from == text_start(source) {
        from = first;
    }
    let mut to = after_value(tree, entry.value);
    let is_block =
        matches!(tree.kind(entry.value), NodeKind::Mapping | NodeKind::Sequence) && !tree.is_flow(entry.value);
    let mut at = to;
    while is_block && at < source.len() {
        let is_inside = comment_line(tree, at).is_some_and(|indent| indent > column);
        if !is_inside && !is_blank_line(source, at) {
            break;
        }
        at = next_line(source, at);
        if is_inside {
            to = at;
        }
    }
    (from, to)
}

/// A removed range with the blank lines on one side of it, where there are some on both.
fn with_blank_lines(source: &[u8], from: usize, to: usize) -> Option<(usize, usize)> {
    let is_blank_before = |at| previous_line(source, at).is_none_or(|above| is_blank_line(source, above));
    if !is_blank_before(from) {
        return None;
    }
    if to < source.len() {
        let mut end = to;
        while is_blank_line(source, end) {
            end = next_line(source, end);
        }
        return (end > to).then_some((from, end));
    }
    let mut start = from;
    while let Some(above) = previous_line(source, start).filter(|&above| is_blank_line(source, above)) {
        start = above;
    }
    let start = before_last_break(source, start, to);
    (start < from).then_some((start, to))
}

/// Where to begin removing at the end of a text that does not end its last line, so that it still does not.
fn before_last_break(source: &[u8], from: usize, to: usize) -> usize {
    let ends_text = to == source.len() && !source.ends_with(b"\n");
    match previous_line(source, from) {
        Some(above) if ends_text => line_end(source, above),
        _ => from,
    }
}

/// The start of the line before the one that begins at `start`.
fn previous_line(source: &[u8], start: usize) -> Option<usize> {
    let before = start.checked_sub(1).filter(|&before| before >= text_start(source))?;
    Some(line_start(source, before))
}

/// The collection without its only entry: `{}` or `[]` after the key that it belongs to, or in place of the entry.
fn empty_block(tree: &Tree<'_>, collection: NodeId, entry: Entry) -> Vec<Vec<Splice>> {
    let source = tree.source().as_bytes();
    let empty = if tree.kind(collection) == NodeKind::Mapping {
        "{}"
    } else {
        "[]"
    };
    let line_end = value_line_end(tree, entry.value);
    if !begins_line(source, entry.start) {
        return vec![vec![Splice::new(entry.start, line_end, empty)]];
    }
    let (from, to) = own_lines(tree, entry);
    let Some((parent, index)) = parent_of(tree, collection) else {
        let indent = " ".repeat(column(source, entry.start));
        let end = if to > line_end {
            line_break(source, entry.start)
        } else {
            ""
        };
        return vec![vec![Splice::new(from, to, format!("{indent}{empty}{end}"))]];
    };
    let all = entries(tree, parent);
    let Some(whole) = all.get(index) else { return Vec::new() };
    let key_end = match tree.kind(parent) {
        NodeKind::Mapping => {
            let key = tree.pairs(parent).nth(index).map(|(key, _)| key);
            key.map_or(whole.start, |key| tree.span(key).range().end)
        }
        _ => whole.start,
    };
    let after_key = last_token_end(tree, key_end, entry.start);
    let from = before_last_break(source, from, to);
    vec![vec![
        Splice::insert(after_key, format!(" {empty}")),
        Splice::delete(from, to),
    ]]
}

/// The end of the last token between a key and its value: the colon, an anchor or a tag.
fn last_token_end(tree: &Tree<'_>, from: usize, to: usize) -> usize {
    let source = tree.source().as_bytes();
    let mut end = from;
    let mut at = next_token(tree, from, to);
    while at < to {
        let rest = source.get(at..to).unwrap_or_default();
        let length = rest.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
        end = at + length.max(1);
        at = next_token(tree, end, to);
    }
    end
}
