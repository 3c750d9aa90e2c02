//! Reading a typed file key by key. Everything that is wrong with it is collected, each with its place: a user mends all of it at
//! once.

use std::cell::RefCell;

use crate::check::finding::Location;
use crate::text::compact_sort::sort_by_key;
use crate::text::near::nearest;
use crate::text::source::SourceFile;
use crate::text::yaml::{NodeId, NodeKind, Scalar, Tree};

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct Problem {
    /// Where.
    pub place: Location,
    /// What.
    pub message: String,
}

/// A scalar's text, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The text as it is written, without its quotes: `1.10` stays that. `true` or `false` for booleans, however they are spelt.
    pub text: String,
    /// Where.
    pub place: Location,
}

/// A file that is being read.
pub(super) struct Reading<'t> {
    tree: &'t Tree<'t>,
    file: SourceFile,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Reading<'t> {
    pub(super) const fn new(tree: &'t Tree<'t>, file: SourceFile) -> Self {
        Self {
            tree,
            file,
            problems: RefCell::new(Vec::new()),
        }
    }

    /// The mapping that the file consists of; none for an empty file.
    pub(super) fn root(&self) -> Option<Fields<'_>> {
        let root = self.tree.root()?;
        let target = self.tree.target(root);
        let is_scalar = matches!(self.tree.kind(target), NodeKind::Scalar(_));
        if is_scalar && matches!(self.tree.scalar(target), Ok(Scalar::Null)) {
            return None;
        }
        self.fields(root, "the file")
    }

    pub(super) fn problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        sort_by_key(&mut problems, |problem| problem.place.span.map(|span| span.start));
        problems
    }

    pub(super) fn place(&self, node: NodeId) -> Location {
        Location::new(self.file.clone(), self.tree.span(node))
    }

    pub(super) fn report(&self, place: Location, message: impl Into<String>) {
        let message = message.into();
        self.problems.borrow_mut().push(Problem { place, message });
    }

    fn fields(&self, node: NodeId, name: &str) -> Option<Fields<'_>> {
        let target = self.tree.target(node);
        if self.tree.kind(target) != NodeKind::Mapping {
            self.report(self.place(node), format!("{name} must be a mapping of keys and values"));
            return None;
        }
        Some(Fields {
            reading: self,
            node: target,
            place: self.place(node),
            known: RefCell::new(Vec::new()),
        })
    }

    /// A scalar that is not null.
    fn written(&self, node: NodeId, name: &str) -> Option<Written> {
        let target = self.tree.target(node);
        let problem = match (self.tree.kind(target), self.tree.scalar(target)) {
            (NodeKind::Scalar(_), Ok(Scalar::Null)) => format!("`{name}` has no value"),
            (NodeKind::Scalar(_), Ok(scalar)) => {
                return Some(Written {
                    text: match scalar {
                        Scalar::Bool(is_set) => is_set.to_string(),
                        _ => self.tree.text(target).to_owned(),
                    },
                    place: self.place(node),
                });
            }
            (NodeKind::Scalar(_), Err(error)) => error.to_string(),
            _ => format!("`{name}` must be a text"),
        };
        self.report(self.place(node), problem);
        None
    }
}

/// A mapping whose keys are read one after the other. What is not read until [`Fields::finish`] is unknown.
pub(super) struct Fields<'t> {
    reading: &'t Reading<'t>,
    node: NodeId,
    /// Where it is written.
    pub(super) place: Location,
    known: RefCell<Vec<&'static str>>,
}

impl Fields<'_> {
    fn get(&self, key: &'static str) -> Option<NodeId> {
        self.known.borrow_mut().push(key);
        self.reading.tree.get(self.node, key)
    }

    pub(super) fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// The text of a scalar; none where the key is missing, or has no text, which is reported.
    pub(super) fn text(&self, key: &'static str) -> Option<Written> {
        self.reading.written(self.get(key)?, key)
    }

    /// The text of a scalar that must be there.
    pub(super) fn required(&self, key: &'static str) -> Option<Written> {
        if !self.has(key) {
            self.report(format!("`{key}` is missing"));
            return None;
        }
        self.name(key)
    }

    /// The text of a scalar that names something. YAML 1.1 has booleans that look like names (`on`, `y`), which `KubeCD` and Helm call `true`.
    pub(super) fn name(&self, key: &'static str) -> Option<Written> {
        let node = self.reading.tree.target(self.get(key)?);
        let written = self.text(key)?;
        if matches!(self.reading.tree.scalar(node), Ok(Scalar::Bool(_))) {
            let (text, value) = (self.reading.tree.text(node), &written.text);
            self.report_at(
                &written.place,
                format!("`{key}` is {text}, which YAML reads as the boolean {value}: write it in quotes"),
            );
            return None;
        }
        Some(written)
    }

    pub(super) fn flag(&self, key: &'static str) -> bool {
        let Some(written) = self.text(key) else { return false };
        match written.text.as_str() {
            "true" => true,
            "false" => false,
            _ => {
                self.reading
                    .report(written.place, format!("`{key}` must be true or false"));
                false
            }
        }
    }

    pub(super) fn mapping(&self, key: &'static str) -> Option<Self> {
        self.reading.fields(self.get(key)?, &format!("`{key}`"))
    }

    /// The items of a list, empty where the key is missing or null.
    fn items(&self, key: &'static str) -> Vec<NodeId> {
        let Some(node) = self.get(key) else { return Vec::new() };
        let tree = self.reading.tree;
        let target = tree.target(node);
        match tree.kind(target) {
            NodeKind::Sequence => tree.children(target).collect(),
            NodeKind::Scalar(_) if matches!(tree.scalar(target), Ok(Scalar::Null)) => Vec::new(),
            _ => {
                self.reading
                    .report(self.reading.place(node), format!("`{key}` must be a list"));
                Vec::new()
            }
        }
    }

    pub(super) fn texts(&self, key: &'static str) -> Vec<Written> {
        let items = self.items(key).into_iter();
        items.filter_map(|item| self.reading.written(item, key)).collect()
    }

    pub(super) fn mappings(&self, key: &'static str) -> Vec<Self> {
        let items = self.items(key).into_iter();
        let name = format!("an item of `{key}`");
        items.filter_map(|item| self.reading.fields(item, &name)).collect()
    }

    /// The items of a list that are mappings, and those that are texts.
    pub(super) fn mappings_and_texts(&self, key: &'static str) -> (Vec<Self>, Vec<Written>) {
        let (mut mappings, mut texts) = (Vec::new(), Vec::new());
        for item in self.items(key) {
            let tree = self.reading.tree;
            if tree.kind(tree.target(item)) == NodeKind::Mapping {
                mappings.extend(self.reading.fields(item, key));
            } else {
                texts.extend(self.reading.written(item, key));
            }
        }
        (mappings, texts)
    }

    /// Reports something about the mapping as a whole.
    pub(super) fn report(&self, message: impl Into<String>) {
        self.reading.report(self.place.clone(), message);
    }

    pub(super) fn report_at(&self, place: &Location, message: impl Into<String>) {
        self.reading.report(place.clone(), message);
    }

    /// Reports the keys that were not asked for, and those that stand there twice.
    pub(super) fn finish(self) {
        let known = self.known.into_inner();
        let tree = self.reading.tree;
        let mut seen: Vec<&str> = Vec::new();
        for (key, _) in tree.pairs(self.node) {
            let name = tree.text(tree.target(key));
            let message = if seen.contains(&name) {
                format!("`{name}` is written twice")
            } else if !known.contains(&name) {
                let near = nearest(name, known.iter().copied());
                let meant = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                format!("unknown key `{name}`{meant}")
            } else {
                seen.push(name);
                continue;
            };
            self.reading.report(self.reading.place(key), message);
        }
    }
}
