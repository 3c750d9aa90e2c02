//! One edit, planned on the tree of a file: which bytes may change how, and what the result must read as.

use crate::text::yaml::{NodeId, NodeKind, ScalarStyle, Tree};

use super::anchors::{alias_into, contains};
use super::apply::{Applied, Done};
use super::edit_error::{EditError, Reason};
use super::entries::parent_of;
use super::insert_block::{fill_empty, fill_text, grow_block};
use super::insert_flow::grow_flow;
use super::json_text::{is_json, is_json_value};
use super::locate::{Found, kind_name, locate};
use super::operation::{Edit, NewValue, Operation};
use super::read_back::Expected;
use super::remove_block::shrink_block;
use super::remove_flow::shrink_flow;
use super::set_inside::{changed_lines, set_inside};
use super::set_scalar::replace_scalar;
use super::sops::{SopsFile, is_encrypted, sops_file};
use super::splice::Splice;
use super::style::Style;
use super::tree_index::TreeIndex;
use super::value_type::{Planned, Wanted, planned, wanted};
use super::yaml_path::{Step, YamlPath};

/// A file that edits are planned on.
pub(super) struct Planning<'t> {
    pub(super) tree: &'t Tree<'t>,
    pub(super) is_json: bool,
    index: TreeIndex<'t>,
    sops: SopsFile,
}

/// A planned edit.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) applied: Applied,
    /// The ways to make it, the likeliest first.
    pub(super) ways: Vec<Vec<Splice>>,
    pub(super) expected: Expected,
    /// Whether the file is as the edit wants it.
    pub(super) is_made: bool,
    /// Why it is refused if no way reads back, and where.
    pub(super) refusal: (Reason, NodeId),
}

impl Outcome {
    /// Whether only a scalar is replaced.
    pub(super) const fn is_set(&self) -> bool {
        matches!(self.expected, Expected::Replaced { .. })
    }
}

impl<'t> Planning<'t> {
    pub(super) fn new(tree: &'t Tree<'t>) -> Self {
        Self {
            tree,
            is_json: is_json(tree.source().as_bytes()),
            index: TreeIndex::new(tree),
            sops: sops_file(tree),
        }
    }

    pub(super) fn refused(&self, reason: Reason, node: NodeId) -> EditError {
        reason.at(self.tree.source().as_bytes(), self.tree.span(node).start)
    }

    /// Refuses a change of a node that aliases refer to, unless the edit may go through anchors.
    fn refuse_shared(&self, edit: &Edit, node: NodeId) -> Result<(), EditError> {
        if edit.through_anchors {
            return Ok(());
        }
        let mut anchors = self.index.anchors().iter();
        match anchors.find(|anchor| contains(self.tree, anchor.node, node)) {
            Some(anchor) => Err(self.shared(edit, node, &anchor.name)),
            None => Ok(()),
        }
    }

    fn shared(&self, edit: &Edit, node: NodeId, anchor: &str) -> EditError {
        let reason = Reason::Shared {
            path: edit.path.clone(),
            anchor: anchor.to_owned(),
        };
        self.refused(reason, node)
    }

    fn check_literals(&self, edit: &Edit, value: &Planned, node: NodeId) -> Result<(), EditError> {
        if !self.is_json {
            return Ok(());
        }
        match value {
            Planned::Scalar(Wanted::Literal(text)) if !is_json_value(text.as_bytes()) => {
                let reason = Reason::NotJsonNumber {
                    path: edit.path.clone(),
                    value: text.clone(),
                };
                Err(self.refused(reason, node))
            }
            Planned::Scalar(_) => Ok(()),
            Planned::Mapping(pairs) => pairs
                .iter()
                .try_for_each(|(_, value)| self.check_literals(edit, value, node)),
            Planned::Sequence(items) => items.iter().try_for_each(|item| self.check_literals(edit, item, node)),
        }
    }

    fn line(&self, offset: usize) -> u32 {
        self.index.line(offset)
    }
}

/// Plans an edit.
///
/// # Errors
/// When the path leads nowhere, to more than one place, or to one that must not change.
pub(super) fn plan_edit(planning: &Planning<'_>, edit: &Edit) -> Result<Outcome, EditError> {
    let tree = planning.tree;
    let changes_a_value = matches!(edit.operation, Operation::Set(_)) && !edit.creates;
    if planning.sops == SopsFile::AllValues || (planning.sops == SopsFile::EncryptedValues && !changes_a_value) {
        return Err(Reason::Sops.anywhere());
    }
    let Some(found) = locate(&planning.index, edit)? else {
        return grow(planning, edit, None, 0);
    };
    let found = through_anchors(planning, edit, found)?;
    if is_encrypted(tree, found.node) {
        let path = edit.path.clone();
        return Err(planning.refused(Reason::Encrypted { path }, found.node));
    }
    match &edit.operation {
        _ if !found.is_whole(&edit.path) => grow(planning, edit, Some(tree.target(found.node)), found.steps),
        Operation::Set(value) => set(planning, edit, found.node, value),
        Operation::Append(_) => grow(planning, edit, Some(tree.target(found.node)), found.steps),
        Operation::Remove => remove(planning, edit, found.node),
    }
}

/// The place after aliases and merge keys, if the edit may go through them. A key that a merge key gives can also be added to
/// the mapping itself.
fn through_anchors(planning: &Planning<'_>, edit: &Edit, found: Found) -> Result<Found, EditError> {
    let tree = planning.tree;
    if edit.through_anchors {
        return Ok(found);
    }
    if let Some((alias, step)) = found.merge {
        let is_last = step + 1 == edit.path.0.len() && found.is_whole(&edit.path);
        if let Some(parent) = found.parent
            && is_last
            && edit.creates
            && found.alias.is_none()
            && matches!(edit.operation, Operation::Set(_))
        {
            return Ok(Found {
                node: parent,
                steps: step,
                ..found
            });
        }
        let reason = Reason::Merged {
            path: edit.path.clone(),
            anchor: tree.text(alias).to_owned(),
        };
        return Err(planning.refused(reason, alias));
    }
    let is_alias = tree.target(found.node) != found.node;
    let alias = found
        .alias
        .or((is_alias && edit.operation != Operation::Remove).then_some(found.node));
    match alias {
        Some(alias) => Err(planning.shared(edit, alias, tree.text(alias))),
        None => Ok(found),
    }
}

fn set(planning: &Planning<'_>, edit: &Edit, node: NodeId, value: &NewValue) -> Result<Outcome, EditError> {
    let tree = planning.tree;
    let path = &edit.path;
    let node = tree.target(node);
    let NodeKind::Scalar(style) = tree.kind(node) else {
        let reason = Reason::WrongKind {
            path: path.clone(),
            found: kind_name(tree, node),
            wanted: "scalar",
        };
        return Err(planning.refused(reason, node));
    };
    planning.refuse_shared(edit, node)?;
    let source = tree.source().as_bytes();
    let old = tree.scalar(node).map_err(|error| EditError::yaml(error, source))?;
    let old_text = tree.text(node);
    if let NewValue::Inside { path: inner, text } = value {
        return set_in_text(planning, edit, node, (inner, text));
    }
    let wanted = wanted(value, Some((&old, old_text)));
    planning.check_literals(edit, &Planned::Scalar(wanted.clone()), node)?;
    let is_made = old_text == wanted.text() && wanted.is(&old, old_text);
    let refusal = Reason::Unwritable {
        path: path.clone(),
        value: wanted.text().to_owned(),
    };
    Ok(Outcome {
        applied: Applied {
            path: path.clone(),
            line: planning.line(tree.span(node).range().start),
            done: Done::Set,
            old: old_text.to_owned(),
            new: wanted.text().to_owned(),
        },
        ways: replace_scalar(&planning.index, node, style, &wanted, planning.is_json),
        is_made,
        refusal: (refusal, node),
        expected: Expected::Replaced { node, wanted },
    })
}

/// Sets a value inside a scalar that is YAML. Its path is shown as if the text were written there.
fn set_in_text(
    planning: &Planning<'_>,
    edit: &Edit,
    node: NodeId,
    (inner, text): (&YamlPath, &str),
) -> Result<Outcome, EditError> {
    let tree = planning.tree;
    let old_text = tree.text(node);
    let inside = set_inside(old_text, inner, text).map_err(|error| planning.refused(error.reason.clone(), node))?;
    let (source, span) = (tree.source(), tree.span(node));
    let style = match tree.kind(node) {
        NodeKind::Scalar(style) => style,
        _ => ScalarStyle::Plain,
    };
    let wanted = Wanted::Text(inside.text.clone());
    let mut ways: Vec<Vec<Splice>> = changed_lines(source, span, old_text, &inside.text)
        .into_iter()
        .collect();
    ways.extend(replace_scalar(&planning.index, node, style, &wanted, planning.is_json));
    let below = if style == ScalarStyle::Literal { inside.line } else { 0 };
    let mut path = edit.path.clone();
    path.0.extend(inner.0.iter().cloned());
    Ok(Outcome {
        applied: Applied {
            path,
            line: planning.line(span.range().start) + below,
            done: Done::Set,
            old: inside.old,
            new: text.to_owned(),
        },
        ways,
        is_made: old_text == inside.text,
        refusal: (
            Reason::Unwritable {
                path: edit.path.clone(),
                value: text.to_owned(),
            },
            node,
        ),
        expected: Expected::Replaced { node, wanted },
    })
}

/// Adds what is missing below a node, or an item to a list; `None` is a text without documents.
fn grow(planning: &Planning<'_>, edit: &Edit, node: Option<NodeId>, steps: usize) -> Result<Outcome, EditError> {
    let tree = planning.tree;
    let mut value = match &edit.operation {
        Operation::Set(value) => Planned::Scalar(wanted(value, None)),
        Operation::Append(item) => Planned::Sequence(vec![planned(item)]),
        Operation::Remove => return Err(Reason::WholeDocument.anywhere()),
    };
    let new = shown(&value);
    for step in edit.path.0.get(steps..).unwrap_or_default().iter().rev() {
        value = match step {
            Step::Key(key) => Planned::Mapping(vec![(key.clone(), value)]),
            Step::Index(_) | Step::Item { .. } => Planned::Sequence(vec![value]),
        };
    }
    let kind = match (&value, node.map(|node| (node, tree.kind(node)))) {
        (Planned::Mapping(_), Some((_, NodeKind::Mapping)))
        | (Planned::Sequence(_), Some((_, NodeKind::Sequence)))
        | (_, None) => None,
        (_, Some((node, _))) if tree.is_null(node) => None,
        (_, Some((node, _))) => Some(node),
    };
    if let Some(node) = kind {
        let reason = Reason::WrongKind {
            path: edit.path.clone(),
            found: kind_name(tree, node),
            wanted: "list",
        };
        return Err(planning.refused(reason, node));
    }
    let at = node.unwrap_or_default();
    planning.check_literals(edit, &value, at)?;
    if let Some(node) = node {
        planning.refuse_shared(edit, node)?;
    }
    let parent = node.and_then(|node| parent_of(tree, node)).map(|(parent, _)| parent);
    let style = Style::around(tree, at, parent, planning.is_json);
    let ways = match node {
        None => fill_text(tree, &value, &style),
        Some(node) if tree.len(node) == 0 => fill_empty(tree, node, parent, &value, &style),
        Some(node) if tree.is_flow(node) => grow_flow(tree, node, &value, &style),
        Some(node) => grow_block(tree, node, &value, &style),
    };
    let reason = Reason::NotAlone {
        path: edit.path.clone(),
        done: "added",
    };
    Ok(Outcome {
        applied: Applied {
            path: edit.path.clone(),
            line: added_line(planning, ways.first()),
            done: Done::Added,
            old: String::new(),
            new,
        },
        ways,
        is_made: false,
        refusal: (reason, at),
        expected: Expected::Grown { node, added: value },
    })
}

/// The line on which what is added begins.
fn added_line(planning: &Planning<'_>, way: Option<&Vec<Splice>>) -> u32 {
    let Some(splice) = way.and_then(|way| way.iter().max_by_key(|splice| splice.text.len())) else {
        return 1;
    };
    let content = splice.text.trim_start_matches([',', ' ', '\r', '\n']);
    let before = splice.text.len() - content.len();
    let breaks = splice.text.bytes().take(before).filter(|&byte| byte == b'\n').count();
    planning.line(splice.span.range().start) + u32::try_from(breaks).unwrap_or(0)
}

/// A value that is added, as it is shown in one line.
fn shown(value: &Planned) -> String {
    match value {
        Planned::Scalar(wanted) => wanted.text().to_owned(),
        Planned::Mapping(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| format!("{key}: {}", shown(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        Planned::Sequence(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
    }
}

fn remove(planning: &Planning<'_>, edit: &Edit, node: NodeId) -> Result<Outcome, EditError> {
    let tree = planning.tree;
    let Some((collection, index)) = parent_of(tree, node) else {
        return Err(Reason::WholeDocument.anywhere());
    };
    planning.refuse_shared(edit, collection)?;
    if let Some(alias) = alias_into(tree, node) {
        return Err(planning.shared(edit, node, tree.text(alias)));
    }
    if let Some((key, _)) = tree.pairs(collection).nth(index) {
        let text = tree.text(tree.target(key));
        let count = tree
            .pairs(collection)
            .filter(|(other, _)| tree.is_text(tree.target(*other), text))
            .count();
        if count > 1 {
            let path = edit.path.clone();
            return Err(planning.refused(Reason::WrittenTwice { path, count }, key));
        }
        if let Some(alias) = alias_into(tree, key) {
            return Err(planning.shared(edit, key, tree.text(alias)));
        }
    }
    let ways = if tree.is_flow(collection) {
        shrink_flow(tree, collection, index)
    } else {
        shrink_block(tree, collection, index)
    };
    let reason = Reason::NotAlone {
        path: edit.path.clone(),
        done: "removed",
    };
    Ok(Outcome {
        applied: Applied {
            path: edit.path.clone(),
            line: tree.line(node),
            done: Done::Removed,
            old: tree.text(node).to_owned(),
            new: String::new(),
        },
        ways,
        is_made: false,
        refusal: (reason, node),
        expected: Expected::Shrunk { collection, index },
    })
}
