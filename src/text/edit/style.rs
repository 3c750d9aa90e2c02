//! How a file is written: what is added follows its neighbours, then the rest of its document.

use crate::text::compact_sort::sort;
use crate::text::yaml::{NodeId, NodeKind, Scalar, ScalarStyle, Tree};

use super::entries::end_of;
use super::lines::{column, line_break, next_token};
use super::plain_text::Surroundings;
use super::spelling::{ScalarPlace, double_quoted, spellings};
use super::value_type::Wanted;

/// Spaces by which a mapping is indented where no other shows it.
const USUAL_STEP: usize = 2;

/// The style of what is added to a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Style {
    /// Spaces from a key to the keys of the mapping below it.
    pub(super) step: usize,
    /// Spaces from a key to the dashes of the list below it.
    pub(super) list_indent: usize,
    /// Line break.
    pub(super) line_break: &'static str,
    /// What follows a key in brackets: `: ` or `:`.
    pub(super) colon: &'static str,
    /// What is between items in brackets that are on one line: `, ` or `,`.
    pub(super) comma: &'static str,
    keys: ScalarStyle,
    texts: ScalarStyle,
}

impl Style {
    /// The style around a collection, or around a null that becomes one. In JSON everything is in double quotes.
    pub(super) fn around(tree: &Tree<'_>, node: NodeId, parent: Option<NodeId>, is_json: bool) -> Self {
        let source = tree.source().as_bytes();
        let mut near = vec![node];
        near.extend(parent);
        let all = descendants(tree, node);
        let in_order = || near.iter().chain(&all).copied();
        let step = in_order().find_map(|id| nested(tree, id, NodeKind::Mapping, 1));
        let list_indent = in_order().find_map(|id| nested(tree, id, NodeKind::Sequence, 0));
        let step = step.or(list_indent.filter(|&indent| indent > 0)).unwrap_or(USUAL_STEP);
        let is_compact = in_order().find_map(|id| is_compact(tree, id));
        let quotes = |found: Option<ScalarStyle>| match found {
            _ if is_json => ScalarStyle::DoubleQuoted,
            Some(found) => found,
            None => ScalarStyle::Plain,
        };
        let own_keys = tree.pairs(node).map(|(key, _)| key).collect::<Vec<_>>();
        let own_values: Vec<NodeId> = match tree.kind(node) {
            NodeKind::Mapping => tree.pairs(node).map(|(_, value)| value).collect(),
            _ => tree.children(node).collect(),
        };
        let is_in_brackets = tree.is_flow(node) || parent.is_some_and(|parent| tree.is_flow(parent));
        let (keys, values) = if is_in_brackets && own_keys.is_empty() {
            // `{"a": {}}`: the keys around are those to follow.
            let parent = parent.unwrap_or(node);
            (tree.pairs(parent).map(|(key, _)| key).collect(), own_values)
        } else {
            (own_keys, own_values)
        };
        let keys = common_quotes(tree, &keys);
        // Brackets with keys in double quotes are JSON, even if the values do not show it.
        let texts = common_quotes(tree, &values).or(keys.filter(|_| is_in_brackets));
        Self {
            step,
            list_indent: list_indent.unwrap_or(step),
            line_break: line_break(source, end_of(tree, node)),
            colon: if is_compact == Some(true) { ":" } else { ": " },
            comma: if is_compact == Some(true) { "," } else { ", " },
            keys: quotes(keys),
            texts: quotes(texts),
        }
    }

    /// A key as it is written.
    pub(super) fn key(&self, key: &str, surroundings: Surroundings) -> String {
        if self.colon == ":" && surroundings != Surroundings::Block {
            return double_quoted(key);
        }
        self.scalar(&Wanted::Text(key.to_owned()), self.keys, surroundings)
    }

    /// A value as it is written. A text that begins with a digit is quoted: its successor may read as a number.
    pub(super) fn value(&self, wanted: &Wanted, surroundings: Surroundings) -> String {
        let style = match wanted {
            Wanted::Text(text)
                if self.texts == ScalarStyle::Plain && text.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                ScalarStyle::DoubleQuoted
            }
            _ => self.texts,
        };
        self.scalar(wanted, style, surroundings)
    }

    #[expect(clippy::unused_self, reason = "a scalar is written in this style")]
    fn scalar(&self, wanted: &Wanted, style: ScalarStyle, surroundings: Surroundings) -> String {
        let place = ScalarPlace {
            style,
            surroundings,
            has_tag: false,
        };
        spellings(wanted, place).into_iter().next().unwrap_or_default()
    }
}

/// All nodes of the document that a node is in, in order.
fn descendants(tree: &Tree<'_>, node: NodeId) -> Vec<NodeId> {
    let roots = tree.documents().iter().map(|document| document.root);
    let Some(root) = roots.take_while(|root| *root <= node).last() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut pending = vec![root];
    while let Some(id) = pending.pop() {
        found.push(id);
        pending.extend(tree.children(id));
    }
    sort(&mut found);
    found
}

/// Spaces from a key of a block mapping to the first block collection of a kind below one of its keys, if they are at least
/// `least`.
fn nested(tree: &Tree<'_>, id: NodeId, kind: NodeKind, least: usize) -> Option<usize> {
    if tree.kind(id) != NodeKind::Mapping || tree.is_flow(id) {
        return None;
    }
    let source = tree.source().as_bytes();
    let column = |id: NodeId| column(source, tree.span(id).range().start);
    tree.pairs(id)
        .filter(|(_, value)| tree.kind(*value) == kind && !tree.is_flow(*value))
        .find_map(|(key, value)| column(value).checked_sub(column(key)))
        .filter(|&step| step >= least)
}

/// Whether a collection in brackets has no spaces after colons or commas; none where it does not show.
fn is_compact(tree: &Tree<'_>, id: NodeId) -> Option<bool> {
    if !tree.is_flow(id) {
        return None;
    }
    let source = tree.source().as_bytes();
    if let Some((key, value)) = tree.pairs(id).next() {
        let gap = source.get(tree.span(key).range().end..tree.span(value).range().start)?;
        return Some(gap == b":");
    }
    let mut children = tree.children(id);
    let (first, second) = (children.next()?, children.next()?);
    let (from, to) = (end_of(tree, first), tree.span(second).range().start);
    let comma = next_token(tree, from, to);
    source.get(comma + 1).map(|byte| !byte.is_ascii_whitespace())
}

/// The quotes that all texts among some scalars have; none where one has none, or others.
fn common_quotes(tree: &Tree<'_>, scalars: &[NodeId]) -> Option<ScalarStyle> {
    let mut common = None;
    for &id in scalars {
        let NodeKind::Scalar(style) = tree.kind(id) else {
            continue;
        };
        if !matches!(tree.scalar(id), Ok(Scalar::Str(_))) {
            continue;
        }
        match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if common.is_none_or(|found| found == style) => {
                common = Some(style);
            }
            _ => return None,
        }
    }
    common
}
