//! Edits of a file: each is planned on the tree that it was read to, made in its bytes, and read back.

use crate::text::source::Span;
use crate::text::yaml::{self, Tree};

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

/// Makes all edits, in order, or none. Values that are set one after the other are set in one pass.
///
/// # Errors
/// When `source` is not YAML in UTF-8, or an edit cannot be made without changing something else.
pub fn apply_edits(source: &[u8], edits: &[Edit]) -> Result<(Vec<u8>, Vec<Applied>), EditError> {
    let mut text = source.to_vec();
    let mut applied = Vec::with_capacity(edits.len());
    while let Some(rest) = edits.get(applied.len()..).filter(|rest| !rest.is_empty()) {
        let (edited, done) = apply_first(&text, rest)?;
        applied.extend(done);
        text = edited.unwrap_or(text);
    }
    Ok((text, applied))
}

/// Makes the first edit, and those after it that can be made in the same pass; the text stays where none is needed.
fn apply_first(source: &[u8], edits: &[Edit]) -> Result<(Option<Vec<u8>>, Vec<Applied>), EditError> {
    let tree = yaml::parse_all(source).map_err(|error| EditError::yaml(error, source))?;
    if tree.source().as_bytes() != source {
        return Err(Reason::NotUtf8.anywhere());
    }
    let planning = Planning::new(&tree);
    let mut planned: Vec<Outcome> = Vec::new();
    for edit in edits {
        match plan_edit(&planning, edit) {
            Err(error) if planned.is_empty() => return Err(error),
            Ok(outcome) if planned.is_empty() || !overlaps(&planned, &outcome) => planned.push(outcome),
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
        return Ok((edited, planned.into_iter().map(|outcome| outcome.applied).collect()));
    }
    let Some(first) = planned.into_iter().next() else {
        return Ok((None, Vec::new()));
    };
    for way in &first.ways {
        if let Some(edited) = edited(&planning, way, &[&first.expected]) {
            return Ok((Some(edited), vec![first.applied]));
        }
    }
    Err(first.refusal)
}

/// Whether an edit is about bytes that another one is about.
fn overlaps(planned: &[Outcome], outcome: &Outcome) -> bool {
    let spans = |outcome: &Outcome| -> Vec<Span> {
        let splices = outcome.ways.iter().flatten();
        splices.map(|splice| splice.span).collect()
    };
    let own = spans(outcome);
    let is_node_taken = |other: &Outcome| match (&other.expected, &outcome.expected) {
        (Expected::Replaced { node: a, .. }, Expected::Replaced { node: b, .. }) => a == b,
        _ => true,
    };
    planned.iter().any(|other| {
        is_node_taken(other)
            || spans(other)
                .iter()
                .any(|a| own.iter().any(|b| a.start <= b.end && b.start <= a.end))
    })
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
