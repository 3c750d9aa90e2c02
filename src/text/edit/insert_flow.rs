//! Adding to collections in brackets.

use crate::text::yaml::{NodeId, NodeKind, Tree};

use super::lines::{comment_end, line_end, line_start, next_token, skip_blanks};
use super::splice::Splice;
use super::style::Style;
use super::value_type::Planned;
use super::write_node::{flow, flow_pair};

/// The ways to add a key or an item at the end of a collection in brackets that has others.
pub(super) fn grow_flow(tree: &Tree<'_>, collection: NodeId, added: &Planned, style: &Style) -> Vec<Vec<Splice>> {
    let texts: Vec<String> = match added {
        Planned::Mapping(pairs) => pairs.iter().map(|(key, value)| flow_pair(key, value, style)).collect(),
        Planned::Sequence(items) => items.iter().map(|item| flow(item, style)).collect(),
        Planned::Scalar(_) => return Vec::new(),
    };
    let text = texts.join(style.comma);
    let source = tree.source().as_bytes();
    let Some(last) = tree.children(collection).last() else {
        return Vec::new();
    };
    let end = tree.span(last).range().end;
    let close = tree.span(collection).range().end.saturating_sub(1).max(end);
    // A comma after the last item, whatever is before it.
    let comma = next_token(tree, end, close);
    let comma = (source.get(comma) == Some(&b',') && comma < close).then_some(comma);
    let Some(indent) = own_line(tree, collection, last) else {
        let way = match comma {
            Some(comma) => Splice::insert(comma + 1, format!("{}{text},", spaces_of(style.comma))),
            None => Splice::insert(end, format!("{}{text}", style.comma)),
        };
        return vec![vec![way]];
    };
    // One item a line: the new one gets its own, below the comment that the last one may have.
    let after = comma.map_or(end, |comma| comma + 1);
    let comment = comment_end(tree, skip_blanks(source, after));
    let below = comment.unwrap_or(after);
    let below = if comment.is_some() {
        line_end(source, below)
    } else {
        below
    };
    let line = format!("{}{indent}{text}", style.line_break);
    vec![match comma {
        Some(_) => vec![Splice::insert(below, format!("{line},"))],
        None if below == end => vec![Splice::insert(end, format!(",{line}"))],
        None => vec![Splice::insert(end, ","), Splice::insert(below, line)],
    }]
}

fn spaces_of(comma: &str) -> &str {
    comma.strip_prefix(',').unwrap_or_default()
}

/// The indentation of the line that the last pair or item begins, if it begins one.
fn own_line<'t>(tree: &'t Tree<'_>, collection: NodeId, last: NodeId) -> Option<&'t str> {
    let source = tree.source();
    let bytes = source.as_bytes();
    let first_of_last = if tree.kind(collection) == NodeKind::Mapping {
        tree.pairs(collection).last().map(|(key, _)| key)?
    } else {
        last
    };
    let start = tree.span(first_of_last).range().start;
    let begin = line_start(bytes, start);
    if begin <= tree.span(collection).range().start || skip_blanks(bytes, begin) != start {
        return None;
    }
    source.get(begin..start)
}
