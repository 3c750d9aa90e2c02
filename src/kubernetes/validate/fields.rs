//! How rules read a mapping, in the API server's sense: a null field is an absent one.

use std::borrow::Cow;
use std::fmt;

use crate::text::json_pointer;
use crate::text::rule::Rule;
use crate::text::yaml::{NodeId, NodeKind, Scalar};

use super::resource::Violation;
use super::walk::Walk;

/// One step down from a node.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'s> {
    /// A field.
    Key(&'s str),
    /// An item.
    Index(usize),
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(name) => f.write_str(name),
            Self::Index(index) => write!(f, "{index}"),
        }
    }
}

impl<'w> Walk<'w> {
    /// The minor version of Kubernetes to validate for.
    pub(super) const fn minor(&self) -> u8 {
        self.catalog.minor()
    }

    /// A field that is present and not null; nothing if `node` is not a mapping.
    pub(super) fn field(&self, node: NodeId, name: &str) -> Option<NodeId> {
        let tree = self.tree;
        if let Some((checked, keys)) = self.checked
            && checked == node
            && keys & key_bit(name) == 0
        {
            return None;
        }
        let node = tree.target(node);
        if tree.kind(node) != NodeKind::Mapping {
            return None;
        }
        if self.is_plain {
            let mut pairs = tree.pairs(node);
            let found = pairs.find(|&(key, _)| tree.is_text(key, name));
            return found.map(|(_, value)| value).filter(|&value| !self.is_null(value));
        }
        let mut found = None;
        let mut has_merge = false;
        for (key, value) in tree.pairs(node) {
            if tree.is_merge_key(key) {
                has_merge = true;
            } else if tree.is_text(tree.target(key), name) {
                found = Some(value);
            }
        }
        if found.is_none() && has_merge {
            found = self
                .entries(node)
                .into_iter()
                .find(|(key, ..)| key == name)
                .map(|(.., value)| value);
        }
        found
            .map(|value| tree.target(value))
            .filter(|&value| !self.is_null(value))
    }

    /// Notes which keys an object has while its checks run: most look for fields that are not there.
    pub(super) fn with_keys(&mut self, node: NodeId, work: impl FnOnce(&mut Self)) {
        let tree = self.tree;
        let outer = self.checked.take();
        if self.is_plain && tree.kind(node) == NodeKind::Mapping {
            let keys = tree.pairs(node).map(|(key, _)| key_bit(tree.text(key)));
            self.checked = Some((node, keys.fold(0, |set, bit| set | bit)));
        }
        work(self);
        self.checked = outer;
    }

    /// The field at the end of a path.
    pub(super) fn field_at(&self, node: NodeId, names: &[&str]) -> Option<NodeId> {
        names.iter().try_fold(node, |node, name| self.field(node, name))
    }

    /// Whether a field is present and not null.
    pub(super) fn has(&self, node: NodeId, name: &str) -> bool {
        self.field(node, name).is_some()
    }

    pub(super) fn is_null(&self, node: NodeId) -> bool {
        self.tree.is_null(node)
    }

    /// Whether a value is empty to Go: null, an empty text, list or mapping.
    pub(super) fn is_empty(&self, node: NodeId) -> bool {
        match self.tree.kind(node) {
            NodeKind::Mapping | NodeKind::Sequence => self.tree.len(node) == 0,
            _ => match self.tree.scalar(node) {
                Ok(Scalar::Null) => true,
                Ok(Scalar::Str(text)) => text.is_empty(),
                _ => false,
            },
        }
    }

    /// The text of a scalar that is a string.
    pub(super) fn text_of(&self, node: NodeId) -> Option<Cow<'w, str>> {
        if !matches!(self.tree.kind(node), NodeKind::Scalar(_)) {
            return None;
        }
        match self.tree.scalar(node) {
            Ok(Scalar::Str(text)) => Some(text),
            Ok(Scalar::Timestamp(text)) => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }

    /// The text of a field; nothing if it is absent, empty or not a text.
    pub(super) fn text(&self, node: NodeId, name: &str) -> Option<Cow<'w, str>> {
        self.text_of(self.field(node, name)?).filter(|text| !text.is_empty())
    }

    /// The whole number of a scalar.
    pub(super) fn integer_of(&self, node: NodeId) -> Option<i64> {
        if !matches!(self.tree.kind(node), NodeKind::Scalar(_)) {
            return None;
        }
        match self.tree.scalar(node) {
            Ok(Scalar::Int(number)) => Some(number),
            Ok(Scalar::Uint(number)) => i64::try_from(number).ok(),
            _ => None,
        }
    }

    /// The whole number of a field.
    pub(super) fn integer(&self, node: NodeId, name: &str) -> Option<i64> {
        self.integer_of(self.field(node, name)?)
    }

    /// Whether a field is `true`.
    pub(super) fn is_true(&self, node: NodeId, name: &str) -> bool {
        self.field(node, name)
            .is_some_and(|value| matches!(self.tree.scalar(value), Ok(Scalar::Bool(true))))
    }

    /// The items of a field that is a list.
    pub(super) fn items(&self, node: NodeId, name: &str) -> Vec<NodeId> {
        match self.field(node, name) {
            Some(list) if self.tree.kind(list) == NodeKind::Sequence => {
                self.tree.children(list).map(|item| self.tree.target(item)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The entries of a field that is a mapping, nulls among them.
    pub(super) fn entries_of(&self, node: NodeId, name: &str) -> Vec<(Cow<'w, str>, NodeId, NodeId)> {
        match self.field(node, name) {
            Some(map) if self.tree.kind(map) == NodeKind::Mapping => self.entries(map),
            _ => Vec::new(),
        }
    }

    /// Reports what is wrong at the end of `steps` from `node`, whose path is the current one. The place in the file
    /// is the last node on the way that exists.
    pub(super) fn fault(&mut self, node: NodeId, steps: &[Step<'_>], rule: Rule, message: impl Into<String>) {
        let mut path = self.pointer();
        let mut place = Some(node);
        let mut last = node;
        for step in steps {
            path.push('/');
            match step {
                Step::Key(name) => {
                    path.push_str(&json_pointer::escape(name));
                    place = place.and_then(|place| self.known_field(place, name));
                }
                Step::Index(index) => {
                    path.push_str(&index.to_string());
                    place = place.and_then(|place| self.places.step(place, &index.to_string()));
                }
            }
            place = place.map(|place| self.tree.target(place));
            last = place.unwrap_or(last);
        }
        let offset = self.offset_of(last);
        self.add(Violation {
            path,
            message: message.into(),
            offset,
            rule: self.rule_id(rule),
        });
    }

    /// The same as [`Self::present`], for many fields of one mapping.
    fn known_field(&mut self, node: NodeId, name: &str) -> Option<NodeId> {
        if self.tree.kind(node) != NodeKind::Mapping {
            return None;
        }
        let found = self.places.step(node, name);
        found.or_else(|| self.present(node, name))
    }

    /// A field that is present, even if it is null.
    pub(super) fn present(&self, node: NodeId, name: &str) -> Option<NodeId> {
        if self.tree.kind(node) != NodeKind::Mapping {
            return None;
        }
        self.entries(node)
            .into_iter()
            .find(|(key, ..)| key == name)
            .map(|(.., value)| value)
    }
}

/// The bit of a key in a set of 64: that of a key which is not there is seldom set.
fn key_bit(name: &str) -> u64 {
    let first = name.as_bytes().first().map_or(0, |&first| usize::from(first));
    1 << ((first + 7 * name.len()) % 64)
}

/// The first characters of a long text.
pub(super) fn shortened(text: &str) -> Cow<'_, str> {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}
