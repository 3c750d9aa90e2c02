//! Where a path leads: the node, or the one that lacks the rest of the path; in the one document that is meant.

use crate::text::near::nearest;
use crate::text::yaml::{NodeId, NodeKind, Tree};

use super::edit_error::{EditError, Reason};
use super::operation::{DocumentChoice, Edit, Operation};
use super::tree_index::TreeIndex;
use super::yaml_path::{Step, YamlPath};

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// The node, or the nearest to it that is there.
    pub(super) node: NodeId,
    /// How many steps of the path lead to it.
    pub(super) steps: usize,
    /// The collection that the node is in, unless it is a document's root.
    pub(super) parent: Option<NodeId>,
    /// The first alias on the way, if there is one.
    pub(super) alias: Option<NodeId>,
    /// The first alias of a merge key on the way, and the step for which it has the key.
    pub(super) merge: Option<(NodeId, usize)>,
}

impl Found {
    /// Whether the whole path is there.
    pub(super) fn is_whole(&self, path: &YamlPath) -> bool {
        self.steps == path.0.len()
    }
}

/// The place of an edit in the one document that it is about; the path is missing in part only where the edit may create it.
/// `None` where the file has no document at all.
pub(super) fn locate(index: &TreeIndex<'_>, edit: &Edit) -> Result<Option<Found>, EditError> {
    let (tree, path) = (index.tree, &edit.path);
    let roots = if edit.document == DocumentChoice::Only {
        tree.documents().iter().map(|document| document.root).collect()
    } else {
        vec![chosen(index, &edit.document)?]
    };
    let places: Result<Vec<Found>, EditError> = roots.iter().map(|&root| walk(index, root, path)).collect();
    let places = places?;
    let whole: Vec<Found> = places.iter().filter(|found| found.is_whole(path)).copied().collect();
    let lines = |places: &[Found]| places.iter().map(|found| tree.line(found.node)).collect();
    let several = |places: &[Found]| {
        let reason = Reason::SeveralDocuments {
            path: path.clone(),
            lines: lines(places),
        };
        Err(reason.anywhere())
    };
    match (whole.as_slice(), places.as_slice()) {
        ([found], _) => Ok(Some(*found)),
        ([_, _, ..], _) => several(&whole),
        ([], []) if edit.creates && are_first(&path.0) => Ok(None),
        ([], [found]) if edit.creates && can_be_created(tree, found, path) => Ok(Some(*found)),
        ([], [_, _, ..]) if edit.creates => {
            let could: Vec<Found> = places
                .iter()
                .filter(|found| can_be_created(tree, found, path))
                .copied()
                .collect();
            match could.as_slice() {
                [found] => Ok(Some(*found)),
                [] => Err(not_found(tree, &places, edit)),
                [_, ..] => several(&could),
            }
        }
        ([], _) => Err(not_found(tree, &places, edit)),
    }
}

/// The document that an edit is about, by its index or its fields.
fn chosen(index: &TreeIndex<'_>, choice: &DocumentChoice) -> Result<NodeId, EditError> {
    let tree = index.tree;
    let roots = || tree.documents().iter().map(|document| document.root);
    let fits: Vec<NodeId> = match choice {
        DocumentChoice::Only => roots().collect(),
        DocumentChoice::Index(number) => tree
            .documents()
            .get(*number)
            .map(|document| document.root)
            .into_iter()
            .collect(),
        DocumentChoice::Fields(fields) => {
            let has = |root: NodeId, path: &YamlPath, text: &str| {
                walk(index, root, path).is_ok_and(|found| {
                    let node = tree.target(found.node);
                    found.is_whole(path) && matches!(tree.kind(node), NodeKind::Scalar(_)) && tree.text(node) == text
                })
            };
            let fits = |root: &NodeId| fields.iter().all(|(path, text)| has(*root, path, text));
            roots().filter(fits).collect()
        }
    };
    match fits.as_slice() {
        [root] => Ok(*root),
        several => Err(Reason::NoSuchDocument {
            found: several.len(),
            count: tree.documents().len(),
        }
        .anywhere()),
    }
}

/// Follows a path from a document's root as far as it leads.
fn walk(index: &TreeIndex<'_>, root: NodeId, path: &YamlPath) -> Result<Found, EditError> {
    let tree = index.tree;
    let mut found = Found {
        node: root,
        steps: 0,
        parent: None,
        alias: None,
        merge: None,
    };
    for step in &path.0 {
        let at = tree.target(found.node);
        let mut merge = None;
        let next = match step {
            Step::Key(key) => index.get(at, key).or_else(|| {
                let (alias, value) = merged(tree, at, key)?;
                merge = Some((alias, found.steps));
                Some(value)
            }),
            Step::Index(number) => index.element(at, *number),
            Step::Item { key, value } => item(tree, at, key, value, path, found.steps)?,
        };
        let Some(next) = next else { break };
        if at != found.node {
            found.alias = found.alias.or(Some(found.node));
        }
        found = Found {
            node: next,
            steps: found.steps + 1,
            parent: Some(at),
            merge: found.merge.or(merge),
            ..found
        };
    }
    Ok(found)
}

/// The value of a key that a merge key of a mapping gives it, and the alias.
fn merged(tree: &Tree<'_>, mapping: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
    let merges = tree.pairs(mapping).filter(|(name, _)| tree.is_merge_key(*name));
    let sources = merges.flat_map(|(_, value)| match tree.kind(value) {
        NodeKind::Sequence => tree.children(value).collect(),
        _ => vec![value],
    });
    sources
        .filter(|&alias| tree.target(alias) != mapping)
        .find_map(|alias| tree.get(alias, key).map(|value| (alias, value)))
}

/// The one item that a selector fits.
fn item(
    tree: &Tree<'_>,
    sequence: NodeId,
    key: &str,
    value: &str,
    path: &YamlPath,
    steps: usize,
) -> Result<Option<NodeId>, EditError> {
    if tree.kind(sequence) != NodeKind::Sequence {
        return Ok(None);
    }
    let fits = |item: &NodeId| {
        tree.get(*item, key)
            .is_some_and(|found| tree.is_text(tree.target(found), value))
    };
    let items: Vec<NodeId> = tree.children(sequence).filter(fits).collect();
    match items.as_slice() {
        [] => Ok(None),
        [item] => Ok(Some(*item)),
        [_, second, ..] => {
            let steps = path.0.get(..=steps).unwrap_or_default();
            let reason = Reason::SeveralItems {
                path: YamlPath(steps.to_vec()),
                lines: items.iter().map(|&item| tree.line(item)).collect(),
            };
            Err(reason.at(tree.source().as_bytes(), tree.span(*second).start))
        }
    }
}

/// Whether what a path lacks can be added: keys, and first or next items of lists.
fn can_be_created(tree: &Tree<'_>, found: &Found, path: &YamlPath) -> bool {
    let missing = path.0.get(found.steps..).unwrap_or_default();
    let node = tree.target(found.node);
    let fits = match (missing.first(), tree.kind(node)) {
        (Some(Step::Key(_)), NodeKind::Mapping) => true,
        (Some(Step::Index(index)), NodeKind::Sequence) => *index == tree.len(node),
        (Some(Step::Key(_) | Step::Index(0)), NodeKind::Scalar(_)) => tree.is_null(node),
        _ => false,
    };
    fits && are_first(missing.get(1..).unwrap_or_default())
}

/// Whether steps lead to keys and first items, which can be added where there is nothing.
fn are_first(steps: &[Step]) -> bool {
    steps.iter().all(|step| matches!(step, Step::Key(_) | Step::Index(0)))
}

/// The error of a path that is in no document, about the one that has most of it.
fn not_found(tree: &Tree<'_>, places: &[Found], edit: &Edit) -> EditError {
    let path = &edit.path;
    // What is not there need not be added to be removed.
    let is_set = edit.operation != Operation::Remove;
    let Some(found) = places.iter().rev().max_by_key(|found| found.steps) else {
        let reason = Reason::NotFound {
            path: path.clone(),
            nearest: String::new(),
            suggestion: None,
            can_be_created: is_set && are_first(&path.0),
        };
        return reason.anywhere();
    };
    let (there, missing) = path.0.split_at(found.steps.min(path.0.len()));
    let there = YamlPath(there.to_vec());
    let node = tree.target(found.node);
    let source = tree.source().as_bytes();
    let start = tree.span(found.node).start;
    let found_kind = kind_name(tree, node);
    let wanted = match missing.first() {
        Some(Step::Key(_)) => "mapping",
        _ => "list",
    };
    let is_other_kind = match wanted {
        "mapping" => found_kind == "list",
        _ => found_kind == "mapping",
    };
    if is_other_kind || (found_kind == "scalar" && !tree.is_null(node)) {
        let reason = Reason::WrongKind {
            path: there,
            found: found_kind,
            wanted,
        };
        return reason.at(source, start);
    }
    let reason = Reason::NotFound {
        path: path.clone(),
        nearest: there.to_string(),
        suggestion: suggestion(tree, node, &there, missing),
        can_be_created: is_set && can_be_created(tree, found, path),
    };
    reason.at(source, start)
}

/// The path with a name in place of the first missing one that is close to it.
fn suggestion(tree: &Tree<'_>, node: NodeId, there: &YamlPath, missing: &[Step]) -> Option<String> {
    let (first, rest) = missing.split_first()?;
    let step = match first {
        Step::Key(key) => {
            let keys: Vec<&str> = tree.pairs(node).map(|(name, _)| tree.text(tree.target(name))).collect();
            Step::Key(nearest(key, keys)?.to_owned())
        }
        Step::Item { key, value } => {
            let values = tree.children(node).filter_map(|item| tree.get(item, key));
            let values: Vec<&str> = values.map(|value| tree.text(tree.target(value))).collect();
            Step::Item {
                key: key.clone(),
                value: nearest(value, values)?.to_owned(),
            }
        }
        Step::Index(_) => return None,
    };
    let mut steps = there.0.clone();
    steps.push(step);
    steps.extend_from_slice(rest);
    Some(YamlPath(steps).to_string())
}

/// The kind of a node, as messages name it.
pub(super) fn kind_name(tree: &Tree<'_>, id: NodeId) -> &'static str {
    match tree.kind(tree.target(id)) {
        NodeKind::Mapping => "mapping",
        NodeKind::Sequence => "list",
        NodeKind::Scalar(_) | NodeKind::Alias => "scalar",
    }
}
