//! Reading an edited text back: the edited scalar must have its new value, and everything else its old one.

use crate::text::go::float_format::format_shortest;
use crate::text::yaml::{self, NodeId, NodeKind, Scalar, Tree};

use super::apply::Change;
use super::locate::find;

/// Whether a scalar has the requested value.
pub(super) fn is_wanted(scalar: &Scalar<'_>, text: &str, may_be_typed: bool) -> bool {
    match scalar {
        Scalar::Str(read) => read == text,
        Scalar::Timestamp(_) => true,
        Scalar::Null | Scalar::Bool(_) => may_be_typed,
        Scalar::Int(number) => may_be_typed && number.to_string() == text,
        Scalar::Uint(number) => may_be_typed && number.to_string() == text,
        Scalar::Float(number) => may_be_typed && format_shortest(*number) == text,
    }
}

/// Whether `edited` differs from `tree` only in the scalar that `change` sets.
pub(super) fn is_only_change(tree: &Tree<'_>, edited: &[u8], change: &Change, may_be_typed: bool) -> bool {
    let (path, text) = (&change.path, change.value.text());
    let Ok(new) = yaml::parse_all(edited) else { return false };
    let (Ok(old_id), Ok(new_id)) = (find(tree, path, change.document), find(&new, path, change.document)) else {
        return false;
    };
    let is_scalar = matches!(new.kind(new_id), NodeKind::Scalar(_));
    if !is_scalar
        || !new
            .scalar(new_id)
            .is_ok_and(|scalar| is_wanted(&scalar, text, may_be_typed))
    {
        return false;
    }
    if new.text(new_id) != text || tree.documents().len() != new.documents().len() {
        return false;
    }
    if tree.comments().len() != new.comments().len() {
        return false;
    }
    let mut pending: Vec<(NodeId, NodeId)> = tree
        .documents()
        .iter()
        .zip(new.documents())
        .map(|(a, b)| (a.root, b.root))
        .collect();
    while let Some((a, b)) = pending.pop() {
        if a == old_id || b == new_id {
            if (a, b) != (old_id, new_id) {
                return false;
            }
            continue;
        }
        if tree.kind(a) != new.kind(b) || tree.text(a) != new.text(b) || tree.tag(a) != new.tag(b) {
            return false;
        }
        let (children_a, children_b) = (tree.children(a).count(), new.children(b).count());
        if children_a != children_b {
            return false;
        }
        pending.extend(tree.children(a).zip(new.children(b)));
    }
    true
}
