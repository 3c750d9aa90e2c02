//! Where the lines of a block collection end: after its last value and the comments that belong to it, before those that belong
//! to what follows.

use crate::text::yaml::{NodeId, Tree};

use super::entries::end_of;
use super::lines::{comment_line, is_blank_line, line_end, next_line, skip_blanks};

/// The start of the first line after a block collection whose keys or dashes are in `column`. Comments directly below are its
/// own if they are indented as far and the next content is not directly below them in the same column.
pub(super) fn end_of_block(tree: &Tree<'_>, collection: NodeId, column: usize) -> usize {
    let source = tree.source().as_bytes();
    let mut end = after_value(tree, collection);
    let mut comments: Vec<(usize, usize)> = Vec::new();
    while let Some(indent) = comment_line(tree, end).filter(|&indent| indent >= column) {
        comments.push((end, indent));
        let next = next_line(source, end);
        if next == end {
            break;
        }
        end = next;
    }
    if end < source.len() && !is_blank_line(source, end) && comment_line(tree, end).is_none() {
        let following = skip_blanks(source, end) - end;
        while let Some((start, _)) = comments.pop_if(|(_, indent)| *indent <= following) {
            end = start;
        }
    }
    end
}

/// The start of the line after the last line of a node.
pub(super) fn after_value(tree: &Tree<'_>, node: NodeId) -> usize {
    next_line(tree.source().as_bytes(), end_of(tree, node))
}

/// The end of the line with the last byte of a node, without its line break.
pub(super) fn value_line_end(tree: &Tree<'_>, node: NodeId) -> usize {
    line_end(tree.source().as_bytes(), end_of(tree, node))
}
