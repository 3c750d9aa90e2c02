//! Edits of a file: each is planned on the tree that it was read to, made in its bytes, and read back.

use std::collections::{BTreeMap, HashSet};

use crate::text::limits::{EDITED_BYTES, EDITED_NODES, EDITING_BYTES, EDITS};
use crate::text::yaml::{self, NodeId, Tree};

use super::edit_error::{EditError, Reason};
use super::operation::{Change, Edit};
use super::plan_edit::{Outcome, Planning, plan_edit};
use super::read_back::{Expected, is_only_change};
use super::splice::{Splice, spliced};
use super::yaml_path::YamlPath;

/// What was done at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// A scalar was set, or had the value already.
    Set,
    /// A key, and its parents where they were missing, or an item was added.
    Added,
    /// A key or an item was removed.
    Removed,
}

/// An edit that was made, or was not needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The path of the edit.
    pub path: YamlPath,
    /// 1-based line of what was changed or added, at that moment.
    pub line: u32,
    /// What was done.
    pub done: Done,
    /// Text before; empty where nothing was.
    pub old: String,
    /// Text after; empty where nothing is.
    pub new: String,
}

/// Sets scalars, in order. The result differs from `source` in them only.
///
/// # Errors
/// When `source` is not YAML in UTF-8, or a change cannot be made without changing something else.
pub fn apply_changes(source: &[u8], changes: &[Change]) -> Result<(Vec<u8>, Vec<Applied>), EditError> {
    let edits: Vec<Edit> = changes.iter().cloned().map(Edit::from).collect();
    apply_edits(source, &edits)
}

/// Refuses a file that is too large to be edited.
///
/// # Errors
/// When it is.
pub fn check_size(source: &[u8]) -> Result<(), EditError> {
    if source.len() as u64 > EDITED_BYTES {
        return Err(Reason::TooLarge.anywhere());
    }
    Ok(())
}

/// Makes all edits, in order, or none. Values that are set one after the other are set in one pass.
///
/// # Errors
/// When `source` is not YAML in UTF-8, is too large, or an edit cannot be made without changing something else.
pub fn apply_edits(source: &[u8], edits: &[Edit]) -> Result<(Vec<u8>, Vec<Applied>), EditError> {
    check_size(source)?;
    if edits.len() > EDITS {
        return Err(Reason::TooManyEdits { count: edits.len() }.anywhere());
    }
    let mut text = source.to_vec();
    let mut applied = Vec::with_capacity(edits.len());
    // How many edits are tried together, and bytes read for edits that could not be made together.
    let (mut most, mut read_again) = (edits.len(), 0);
    while let Some(rest) = edits.get(applied.len()..).filter(|rest| !rest.is_empty()) {
        let together = rest.get(..most.min(rest.len())).unwrap_or(rest);
        let pass = apply_first(&text, together)?;
        if pass.were_apart {
            read_again += text.len();
            if read_again > EDITING_BYTES {
                return Err(Reason::TooManyPasses.anywhere());
            }
            most = (most.min(rest.len()) / 2).max(1);
        } else {
            most = most.saturating_mul(2);
        }
        applied.extend(pass.applied);
        text = pass.edited.unwrap_or(text);
    }
    Ok((text, applied))
}

/// The edits of one pass over a text.
struct Pass {
    /// The text with them; nothing where none was needed.
    edited: Option<Vec<u8>>,
    applied: Vec<Applied>,
    /// Whether several could not be made together, so that only the first was.
    were_apart: bool,
}

/// Makes the first edit, and those after it that can be made in the same pass; the text stays where none is needed.
fn apply_first(source: &[u8], edits: &[Edit]) -> Result<Pass, EditError> {
    let tree = yaml::parse_all(source).map_err(|error| EditError::yaml(error, source))?;
    if tree.source().as_bytes() != source {
        return Err(Reason::NotUtf8.anywhere());
    }
    if tree.node_count() > EDITED_NODES {
        return Err(Reason::TooManyValues.anywhere());
    }
    let planning = Planning::new(&tree);
    let mut planned: Vec<Outcome> = Vec::new();
    let mut taken = Taken::default();
    for edit in edits {
        match plan_edit(&planning, edit) {
            Err(error) if planned.is_empty() => return Err(error),
            Ok(outcome) if taken.takes(&outcome) => planned.push(outcome),
            Ok(_) | Err(_) => break,
        }
        // What is added or removed moves what comes after.
        if planned.last().is_some_and(|last| !last.is_set()) {
            break;
        }
    }
    if let Some(together) = made_together(&planning, &planned) {
        let edited = match together {
            Together::Edited(edited) => Some(edited),
            Together::NothingToDo => None,
        };
        return Ok(Pass {
            edited,
            applied: planned.into_iter().map(|outcome| outcome.applied).collect(),
            were_apart: false,
        });
    }
    let were_apart = planned.len() > 1;
    let Some(first) = planned.into_iter().next() else {
        return Ok(Pass {
            edited: None,
            applied: Vec::new(),
            were_apart,
        });
    };
    for way in &first.ways {
        if let Some(edited) = edited(&planning, way, &[&first.expected]) {
            return Ok(Pass {
                edited: Some(edited),
                applied: vec![first.applied],
                were_apart,
            });
        }
    }
    let (reason, node) = first.refusal;
    Err(planning.refused(reason, node))
}

/// The bytes and nodes that planned edits are about.
#[derive(Default)]
struct Taken {
    nodes: HashSet<NodeId>,
    /// Ranges that do not touch, by their starts.
    ranges: BTreeMap<u32, u32>,
    /// Whether one of the edits adds or removes something.
    is_moved: bool,
}

impl Taken {
    /// Takes what an edit is about, unless another is about it.
    fn takes(&mut self, outcome: &Outcome) -> bool {
        let spans = outcome.ways.iter().flatten().map(|splice| splice.span);
        let range = spans
            .map(|span| (span.start, span.end))
            .reduce(|(start, end), (other_start, other_end)| (start.min(other_start), end.max(other_end)));
        let is_first = self.nodes.is_empty() && self.ranges.is_empty();
        let Expected::Replaced { node, .. } = outcome.expected else {
            self.is_moved = true;
            return is_first;
        };
        if self.is_moved || self.nodes.contains(&node) {
            return false;
        }
        if let Some((start, end)) = range {
            let before = self.ranges.range(..=end).next_back();
            if before.is_some_and(|(_, &taken)| taken >= start) {
                return false;
            }
            self.ranges.insert(start, end);
        }
        self.nodes.insert(node);
        true
    }
}

/// What comes of several edits at once.
enum Together {
    Edited(Vec<u8>),
    NothingToDo,
}

/// Every edit made in its likeliest way; none if they do not read back.
fn made_together(planning: &Planning<'_>, planned: &[Outcome]) -> Option<Together> {
    let needed: Vec<&Outcome> = planned.iter().filter(|outcome| !outcome.is_made).collect();
    if needed.is_empty() {
        return Some(Together::NothingToDo);
    }
    let mut splices = Vec::new();
    for outcome in &needed {
        splices.extend(outcome.ways.first()?.iter().cloned());
    }
    let expected: Vec<&Expected> = needed.iter().map(|outcome| &outcome.expected).collect();
    edited(planning, &splices, &expected).map(Together::Edited)
}

/// The text with splices, if it reads as expected.
fn edited(planning: &Planning<'_>, splices: &[Splice], expected: &[&Expected]) -> Option<Vec<u8>> {
    let tree: &Tree<'_> = planning.tree;
    let edited = spliced(tree.source().as_bytes(), splices);
    let is_right =
        is_only_change(tree, &edited, splices, expected) && (!planning.is_json || super::json_text::is_json(&edited));
    is_right.then_some(edited)
}
