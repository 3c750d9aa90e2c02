//! The bytes a node covers in its source, for findings that underline it.

use super::tree::{NodeId, NodeKind, Run, Unit};
use crate::text::source::{Span, offset};

/// From the node's first byte to its last; blocks are shown by their pipeline.
pub(super) fn node_span(unit: &Unit, id: NodeId) -> Span {
    let node = unit.node(id);
    let position = node.position;
    match node.kind {
        NodeKind::Text { start, end } => Span::new(start, end),
        NodeKind::Action { pipe } => node_span(unit, pipe),
        NodeKind::If(branch) | NodeKind::With(branch) | NodeKind::Range(branch) => node_span(unit, branch.pipe),
        NodeKind::Pipe { commands: nodes, .. } | NodeKind::Command { arguments: nodes } | NodeKind::List { nodes } => {
            let last = unit.children(nodes).last();
            let end = last.map_or(position, |&last| node_span(unit, last).end);
            Span::new(position, closing(unit, end))
        }
        NodeKind::Field { names } | NodeKind::Variable { names, .. } => dotted(unit, id, names),
        NodeKind::Chain { node, names } => {
            let start = node_span(unit, node).start;
            Span::new(start, position + names_length(unit, names, 1))
        }
        NodeKind::Identifier { callee } => {
            let length = unit.callees.get(callee as usize).map_or(0, |callee| callee.name.len());
            Span::new(position, position + offset(length))
        }
        NodeKind::Dot => Span::new(position, position + 1),
        NodeKind::Nil => Span::new(position, position + 3),
        NodeKind::Bool(value) => Span::new(position, position + if value { 4 } else { 5 }),
        NodeKind::Number { end, .. } | NodeKind::Str { end, .. } => Span::new(position, end),
        NodeKind::Template { pipe, .. } => {
            let end = pipe.map_or(position, |pipe| node_span(unit, pipe).end);
            Span::new(position, end.max(position))
        }
        NodeKind::Break | NodeKind::Continue => Span::new(position, position),
    }
}

/// Length of names with `dots` dots for each.
fn names_length(unit: &Unit, names: Run, dots: usize) -> u32 {
    offset(unit.names(names).iter().map(|name| name.len() + dots).sum())
}

/// Go puts the position of `.A.B` at `.B`, and of `$x.A` at `.A`.
fn dotted(unit: &Unit, id: NodeId, names: Run) -> Span {
    let node = unit.node(id);
    let is_field = matches!(node.kind, NodeKind::Field { .. });
    let total = names_length(unit, names, 1) - u32::from(!is_field);
    let first = unit
        .names(names)
        .first()
        .map_or(0, |name| name.len() + usize::from(is_field));
    let start = if names.length > 1 {
        node.position.saturating_sub(offset(first))
    } else {
        node.position
    };
    Span::new(start, start + total)
}

/// A pipeline's last word may be a parenthesised one, whose `)` belongs to it.
fn closing(unit: &Unit, end: u32) -> u32 {
    match unit.source.as_bytes().get(end as usize) {
        Some(b')') if unit.source.as_bytes().get(..end as usize).is_some_and(has_open_paren) => end + 1,
        _ => end,
    }
}

/// Whether the action around the end of `before` has a parenthesis to close.
fn has_open_paren(before: &[u8]) -> bool {
    let action = memchr::memmem::rfind(before, b"{{").map_or(0, |at| at + 2);
    let action = before.get(action..).unwrap_or_default();
    memchr::memchr_iter(b'(', action).count() > memchr::memchr_iter(b')', action).count()
}
