//! Splicing new scalars into a file, and reading the result back to be sure that nothing else changed.

use crate::text::source::LineIndex;
use crate::text::yaml::{self, NodeId, NodeKind, Scalar, Tree, YamlError, format_g};

use super::spelling::spellings;
use super::yaml_path::{Step, YamlPath};

/// A new value for a scalar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewValue {
    /// Text, quoted where it would otherwise read as something else.
    Text(String),
    /// As `--set` takes it: where the old value is a number, boolean or null, one of those may replace it; otherwise text.
    Typed(String),
}

impl NewValue {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Typed(text) => text,
        }
    }
}

/// One edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What to change.
    pub path: YamlPath,
    /// What it becomes.
    pub value: NewValue,
}

/// An edit that was made, or found to be made already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// What was changed.
    pub path: YamlPath,
    /// 1-based line of the scalar.
    pub line: u32,
    /// Text before.
    pub old: String,
    /// Text after.
    pub new: String,
}

/// Why a file cannot be edited. Nothing is changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The file is not YAML.
    #[error("{0}")]
    Yaml(#[from] YamlError),
    /// The file is UTF-16, or not text.
    #[error("only UTF-8 files are edited")]
    NotUtf8,
    /// The path leads nowhere.
    #[error("no value at `{path}`{}", Nearest(nearest))]
    NotFound {
        /// The path.
        path: YamlPath,
        /// The longest part of it that exists, empty for none.
        nearest: String,
    },
    /// The path leads to a mapping or sequence.
    #[error("line {line}: `{path}` is a {found}, not a scalar")]
    NotScalar {
        /// The path.
        path: YamlPath,
        /// Its line.
        line: u32,
        /// What it is.
        found: &'static str,
    },
    /// The value is written elsewhere, or used elsewhere.
    #[error("line {line}: `{path}` is shared through the anchor `{anchor}`, so other values would change with it")]
    Shared {
        /// The path.
        path: YamlPath,
        /// Its line.
        line: u32,
        /// The anchor's name.
        anchor: String,
    },
    /// No spelling gives the wanted value at this place.
    #[error("line {line}: `{path}` cannot hold {value:?}")]
    Unwritable {
        /// The path.
        path: YamlPath,
        /// Its line.
        line: u32,
        /// The value.
        value: String,
    },
}

struct Nearest<'n>(&'n str);

impl std::fmt::Display for Nearest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, " (there is `{}`)", self.0)
        }
    }
}

/// Applies all changes in order. The result differs from `source` in the edited scalars only.
pub fn apply_changes(source: &[u8], changes: &[Change]) -> Result<(Vec<u8>, Vec<Applied>), EditError> {
    let mut text = source.to_vec();
    let mut applied = Vec::new();
    for change in changes {
        let (edited, done) = apply_change(&text, change)?;
        applied.push(done);
        text = edited.unwrap_or(text);
    }
    Ok((text, applied))
}

/// The edited text, or `None` where the value is there already.
fn apply_change(source: &[u8], change: &Change) -> Result<(Option<Vec<u8>>, Applied), EditError> {
    let tree = yaml::parse_all(source)?;
    if tree.source().as_bytes() != source {
        return Err(EditError::NotUtf8);
    }
    let path = &change.path;
    let id = find(&tree, path)?;
    let span = tree.span(id);
    let line = LineIndex::new(source).line(span.start);
    let NodeKind::Scalar(style) = tree.kind(id) else {
        return Err(not_scalar(&tree, id, path, line));
    };
    if let Some(anchor) = shared_anchor(&tree, id) {
        return Err(EditError::Shared {
            path: path.clone(),
            line,
            anchor,
        });
    }
    let old = tree.scalar(id)?;
    let text = change.value.text();
    let may_be_typed =
        matches!(change.value, NewValue::Typed(_)) && !matches!(old, Scalar::Str(_) | Scalar::Timestamp(_));
    let applied = Applied {
        path: path.clone(),
        line,
        old: tree.text(id).to_owned(),
        new: text.to_owned(),
    };
    if tree.text(id) == text && is_wanted(&old, text, may_be_typed) {
        return Ok((None, applied));
    }
    let (before, after) = (source.get(..span.range().start), source.get(span.range().end..));
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    let gap: &[u8] = if before.last().is_some_and(|&byte| matches!(byte, b':' | b'-')) {
        b" "
    } else {
        b""
    };
    for spelling in spellings(text, style) {
        let edited = [before, gap, spelling.as_bytes(), after].concat();
        if is_only_change(&tree, &edited, path, text, may_be_typed) {
            return Ok((Some(edited), applied));
        }
    }
    Err(EditError::Unwritable {
        path: path.clone(),
        line,
        value: text.to_owned(),
    })
}

fn not_scalar(tree: &Tree<'_>, id: NodeId, path: &YamlPath, line: u32) -> EditError {
    let found = match tree.kind(id) {
        NodeKind::Mapping => "mapping",
        NodeKind::Alias => {
            return EditError::Shared {
                path: path.clone(),
                line,
                anchor: tree.text(id).to_owned(),
            };
        }
        NodeKind::Sequence | NodeKind::Scalar(_) => "sequence",
    };
    EditError::NotScalar {
        path: path.clone(),
        line,
        found,
    }
}

/// The node at `path` in the first document that has it.
fn find(tree: &Tree<'_>, path: &YamlPath) -> Result<NodeId, EditError> {
    let mut nearest = YamlPath::default();
    for document in tree.documents() {
        let mut at = document.root;
        let mut walked = YamlPath::default();
        for step in &path.0 {
            if tree.kind(at) == NodeKind::Alias {
                let line = tree.line(at);
                return Err(EditError::Shared {
                    path: path.clone(),
                    line,
                    anchor: tree.text(at).to_owned(),
                });
            }
            let next = match step {
                Step::Key(key) => tree.get(at, key),
                Step::Index(index) => tree.element(at, *index),
            };
            match next {
                Some(next) => {
                    at = next;
                    walked = walked.child(step.clone());
                }
                None => break,
            }
        }
        if walked == *path {
            return Ok(at);
        }
        if walked.0.len() > nearest.0.len() {
            nearest = walked;
        }
    }
    Err(EditError::NotFound {
        path: path.clone(),
        nearest: nearest.to_string(),
    })
}

/// The anchor of a node or of a collection around it that an alias of the file refers to.
fn shared_anchor(tree: &Tree<'_>, id: NodeId) -> Option<String> {
    let mut pending: Vec<NodeId> = tree.documents().iter().map(|document| document.root).collect();
    while let Some(node) = pending.pop() {
        if tree.kind(node) == NodeKind::Alias {
            let target = tree.target(node);
            if target == id || contains(tree, target, id) {
                return Some(tree.text(node).to_owned());
            }
        }
        pending.extend(tree.children(node));
    }
    None
}

fn contains(tree: &Tree<'_>, ancestor: NodeId, id: NodeId) -> bool {
    let mut pending = vec![ancestor];
    while let Some(node) = pending.pop() {
        if node == id {
            return true;
        }
        // Only the child that begins last at or before `id` can hold it: ids are in document order.
        pending.extend(tree.children(node).take_while(|child| *child <= id).last());
    }
    false
}

/// Whether a scalar reads as what was asked for.
fn is_wanted(scalar: &Scalar<'_>, text: &str, may_be_typed: bool) -> bool {
    match scalar {
        Scalar::Str(read) => read == text,
        Scalar::Timestamp(_) => true,
        Scalar::Null | Scalar::Bool(_) => may_be_typed,
        Scalar::Int(number) => may_be_typed && number.to_string() == text,
        Scalar::Uint(number) => may_be_typed && number.to_string() == text,
        Scalar::Float(number) => may_be_typed && format_g(*number) == text,
    }
}

/// Whether `edited` reads as `tree` does but for the scalar at `path`, which reads as `text`.
fn is_only_change(tree: &Tree<'_>, edited: &[u8], path: &YamlPath, text: &str, may_be_typed: bool) -> bool {
    let Ok(new) = yaml::parse_all(edited) else { return false };
    let (Ok(old_id), Ok(new_id)) = (find(tree, path), find(&new, path)) else {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn set(source: &str, path: &str, value: NewValue) -> Result<String, String> {
        let change = Change {
            path: YamlPath::parse(path).unwrap(),
            value,
        };
        apply_changes(source.as_bytes(), &[change])
            .map(|(text, _)| String::from_utf8(text).unwrap())
            .map_err(|error| error.to_string())
    }

    fn text(value: &str) -> NewValue {
        NewValue::Text(value.to_owned())
    }

    fn typed(value: &str) -> NewValue {
        NewValue::Typed(value.to_owned())
    }

    #[test]
    fn only_the_scalar_changes() {
        for (source, path, value, want) in [
            ("a: 1 # c\nb: x\n", "b", text("z"), "a: 1 # c\nb: z\n"),
            ("b: x\n", "b", text("y"), "b: \"y\"\n"),
            (
                "a:\n  tag: 'v1'   # keep\r\n",
                "a.tag",
                text("v2"),
                "a:\n  tag: 'v2'   # keep\r\n",
            ),
            ("tag: \"1.9\"\n", "tag", text("1.10"), "tag: \"1.10\"\n"),
            ("tag: v1\n", "tag", text("1.10"), "tag: \"1.10\"\n"),
            ("tag: v1\n", "tag", text("on"), "tag: \"on\"\n"),
            ("tag: v1\n", "tag", text("a: b # c"), "tag: \"a: b # c\"\n"),
            ("tag: 'v1'\n", "tag", text("it's"), "tag: 'it''s'\n"),
            ("replicas: 2\n", "replicas", typed("3"), "replicas: 3\n"),
            ("replicas: 2\n", "replicas", text("3"), "replicas: \"3\"\n"),
            ("on: false\n", "on", typed("true"), "on: true\n"),
            ("v: 1.5\n", "v", typed("1.10"), "v: \"1.10\"\n"),
            ("v: 1.5\n", "v", typed("1.6"), "v: 1.6\n"),
            ("tag:\nb: 1\n", "tag", text("x"), "tag: x\nb: 1\n"),
            (
                "l: [a, b, {c: d}]\n",
                "l[2].c",
                text("e,f"),
                "l: [a, b, {c: \"e,f\"}]\n",
            ),
            ("- a\n- b\n", "[1]", text("c"), "- a\n- c\n"),
            ("a: |\n  x\n  y\nb: 1\n", "a", text("z\n"), "a: \"z\\n\"\nb: 1\n"),
            ("a: 1\n---\nb: 2\n", "b", typed("3"), "a: 1\n---\nb: 3\n"),
            ("a: !!str 1\n", "a", text("2"), "a: !!str 2\n"),
        ] {
            assert_eq!(set(source, path, value).as_deref(), Ok(want), "{source:?} {path}");
        }
    }

    #[test]
    fn what_would_change_more_is_refused() {
        for (source, path, want) in [
            (
                "a: &x 1\nb: *x\n",
                "a",
                "line 1: `a` is shared through the anchor `x`, so other values would change with it",
            ),
            (
                "a: &x {t: 1}\nb: *x\n",
                "b.t",
                "line 2: `b.t` is shared through the anchor `x`, so other values would change with it",
            ),
            ("a: {b: 1}\n", "a", "line 1: `a` is a mapping, not a scalar"),
            ("a: {b: 1}\n", "a.c.d", "no value at `a.c.d` (there is `a`)"),
            ("a: [\n", "a", "yaml: line 1: did not find expected node content"),
        ] {
            assert_eq!(set(source, path, text("z")).unwrap_err(), want, "{source:?}");
        }
    }

    #[test]
    fn a_value_that_is_there_already_changes_nothing() {
        assert_eq!(set("a: 'x'\n", "a", text("x")).as_deref(), Ok("a: 'x'\n"));
    }
}
