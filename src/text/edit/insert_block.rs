//! Adding to block collections, and to a null or empty value that becomes one.

use crate::text::yaml::{NodeId, NodeKind, Tree};

use super::block_end::{end_of_block, value_line_end};
use super::lines::{column, first_comment, line_break, line_start, skip_blanks, text_start};
use super::splice::Splice;
use super::style::Style;
use super::value_type::Planned;
use super::write_node::{block_item, block_items, block_pair, block_pairs, flow};

/// The ways to add one key or item at the end of a block collection.
pub(super) fn grow_block(tree: &Tree<'_>, collection: NodeId, added: &Planned, style: &Style) -> Vec<Vec<Splice>> {
    let source = tree.source().as_bytes();
    let column = column(source, tree.span(collection).range().start);
    let line = match added {
        Planned::Mapping(pairs) => block_pairs(pairs, column, style),
        Planned::Sequence(items) => {
            let gap = dash_gap(tree, collection);
            let items = items.iter().map(|item| block_item(item, column, &gap, style));
            items.collect::<Vec<_>>().join(style.line_break)
        }
        Planned::Scalar(_) => return Vec::new(),
    };
    let line = format!("{}{line}", " ".repeat(column));
    let end = end_of_block(tree, collection, column);
    vec![vec![insert_line(source, end, &line, style.line_break)]]
}

/// A line of its own at the start of a line, or at the end of a text that does not end its last line.
fn insert_line(source: &[u8], at: usize, line: &str, line_break: &str) -> Splice {
    let is_after_break = at == line_start(source, at);
    if at < source.len() || (is_after_break && at > text_start(source)) {
        Splice::insert(at, format!("{line}{line_break}"))
    } else {
        Splice::insert(at, format!("{line_break}{line}"))
    }
}

/// The spaces after the dash of the last item that is written beside its dash.
fn dash_gap(tree: &Tree<'_>, sequence: NodeId) -> String {
    let source = tree.source();
    let gap = tree.children(sequence).filter_map(|item| {
        let start = tree.span(item).range().start;
        let before = source.get(line_start(source.as_bytes(), start)..start)?;
        let (indent, gap) = before.rsplit_once('-')?;
        let is_gap = !gap.is_empty() && gap.bytes().all(|byte| byte == b' ') && indent.trim().is_empty();
        is_gap.then(|| gap.to_owned())
    });
    gap.last().unwrap_or_else(|| " ".to_owned())
}

/// The ways to make a null, or an empty collection, one with the content `added`: in lines below where the value is on the
/// line of its key or dash, else between brackets.
pub(super) fn fill_empty(
    tree: &Tree<'_>,
    node: NodeId,
    parent: Option<NodeId>,
    added: &Planned,
    style: &Style,
) -> Vec<Vec<Splice>> {
    let span = tree.span(node).range();
    if first_comment(tree, span.start, span.end).is_some() {
        return Vec::new();
    }
    let in_brackets = {
        let source = tree.source().as_bytes();
        let is_apart = span.start.checked_sub(1).is_none_or(|before| {
            source
                .get(before)
                .is_none_or(|byte| byte.is_ascii_whitespace() || matches!(byte, b'[' | b'{' | b','))
        });
        let gap = if is_apart { "" } else { " " };
        vec![Splice::new(
            span.start,
            span.end,
            format!("{gap}{}", flow(added, style)),
        )]
    };
    let in_lines = match parent {
        None => fill_document(tree, node, added, style),
        Some(parent) if tree.is_flow(parent) => Vec::new(),
        Some(parent) if prefers_brackets(tree, node, parent) => return vec![in_brackets],
        Some(parent) => fill_lines(tree, node, parent, added, style).into_iter().collect(),
    };
    in_lines.into_iter().chain([in_brackets]).collect()
}

/// Whether the other collections of this kind beside an empty one are all in brackets.
fn prefers_brackets(tree: &Tree<'_>, node: NodeId, parent: NodeId) -> bool {
    let kind = tree.kind(node);
    let mut others = tree
        .children(parent)
        .filter(|&other| other != node && tree.kind(other) == kind && tree.len(other) > 0)
        .peekable();
    others.peek().is_some() && others.all(|other| tree.is_flow(other))
}

/// The value in lines below its key, or after its dash.
fn fill_lines(tree: &Tree<'_>, node: NodeId, parent: NodeId, added: &Planned, style: &Style) -> Option<Vec<Splice>> {
    let source = tree.source().as_bytes();
    let span = tree.span(node).range();
    if tree.kind(parent) == NodeKind::Sequence {
        let column = column(source, span.start);
        let has_gap = source.get(span.start.checked_sub(1)?) == Some(&b' ');
        let (gap, column) = if has_gap { ("", column) } else { (" ", column + 1) };
        let text = match added {
            Planned::Mapping(pairs) => block_pairs(pairs, column, style),
            Planned::Sequence(items) => block_items(items, column, style),
            Planned::Scalar(_) => return None,
        };
        // The comment on the line would end up after the first pair: between brackets is as good.
        return Some(vec![Splice::new(span.start, span.end, format!("{gap}{text}"))]);
    }
    let (key, _) = tree.pairs(parent).find(|(_, value)| *value == node)?;
    let key_start = tree.span(key).range().start;
    if line_start(source, key_start) != line_start(source, span.start) {
        return None;
    }
    let column = column(source, key_start);
    let (column, text) = match added {
        Planned::Mapping(pairs) => {
            let column = column + style.step;
            (column, block_pairs(pairs, column, style))
        }
        Planned::Sequence(items) => {
            let column = column + style.list_indent;
            (column, block_items(items, column, style))
        }
        Planned::Scalar(_) => return None,
    };
    let end = value_line_end(tree, node);
    let line_break = line_break(source, span.end);
    let mut splices = vec![Splice::insert(end, format!("{line_break}{}{text}", " ".repeat(column)))];
    if !span.is_empty() {
        let before = source.get(..span.start).unwrap_or_default();
        let blanks = before
            .iter()
            .rev()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        let start = span.start - blanks;
        if end == span.end {
            splices = vec![Splice::new(
                start,
                span.end,
                format!("{line_break}{}{text}", " ".repeat(column)),
            )];
        } else {
            splices.push(Splice::delete(start, span.end));
        }
    }
    Some(splices)
}

/// The content of a document that has none: at the end of the text, or below its `---`.
fn fill_document(tree: &Tree<'_>, node: NodeId, added: &Planned, style: &Style) -> Vec<Vec<Splice>> {
    let source = tree.source().as_bytes();
    let span = tree.span(node).range();
    let text = document_text(added, style);
    if !span.is_empty() {
        return vec![vec![Splice::new(span.start, span.end, text)]];
    }
    let below = value_line_end(tree, node);
    let is_after_mark = skip_blanks(source, line_start(source, span.start)) < span.start;
    let mut ways = vec![at_end(source, &text, style)];
    if is_after_mark {
        ways.push(vec![Splice::insert(below, format!("{}{text}", style.line_break))]);
    }
    ways
}

/// The content of a text without any document.
pub(super) fn fill_text(tree: &Tree<'_>, added: &Planned, style: &Style) -> Vec<Vec<Splice>> {
    let text = document_text(added, style);
    vec![at_end(tree.source().as_bytes(), &text, style)]
}

fn document_text(added: &Planned, style: &Style) -> String {
    match added {
        Planned::Mapping(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| block_pair(key, value, 0, style));
            pairs.collect::<Vec<_>>().join(style.line_break)
        }
        Planned::Sequence(items) => block_items(items, 0, style),
        Planned::Scalar(_) => String::new(),
    }
}

fn at_end(source: &[u8], text: &str, style: &Style) -> Vec<Splice> {
    let is_empty = source.len() == text_start(source);
    let text = if is_empty {
        format!("{text}{}", style.line_break)
    } else {
        return vec![insert_line(source, source.len(), text, style.line_break)];
    };
    vec![Splice::insert(source.len(), text)]
}
