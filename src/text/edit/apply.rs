//! Splicing new scalars into a file, and reading the result back to be sure that nothing else changed.

use crate::text::source::LineIndex;
use crate::text::yaml::{self, NodeId, NodeKind, Scalar, Tree};

use super::edit_error::EditError;
use super::locate::{find, shared_anchor};
use super::place::Place;
use super::read_back::{is_only_change, is_wanted};
use super::spelling::spellings;
use super::yaml_path::YamlPath;

/// A new value for a scalar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewValue {
    /// Text, quoted where it would otherwise be read as something else.
    Text(String),
    /// As `--set` reads it: where the old value is a number, boolean or null, one of those may replace it; otherwise text.
    Typed(String),
}

impl NewValue {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Typed(text) => text,
        }
    }
}

/// One edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Index of the document in the file, from 0; `None` for the first document that has the path.
    pub document: Option<usize>,
    /// The path of the scalar to change.
    pub path: YamlPath,
    /// Its new value.
    pub value: NewValue,
}

/// An edit that was made, or was not needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The path of the changed scalar.
    pub path: YamlPath,
    /// 1-based line of the scalar.
    pub line: u32,
    /// Text before.
    pub old: String,
    /// Text after.
    pub new: String,
}

/// Applies all changes in order. The result differs from `source` in the edited scalars only.
///
/// # Errors
/// When `source` is not YAML in UTF-8, or a change cannot be made without changing something else.
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

/// The edited text, or `None` if the scalar already has the value.
fn apply_change(source: &[u8], change: &Change) -> Result<(Option<Vec<u8>>, Applied), EditError> {
    let tree = yaml::parse_all(source)?;
    if tree.source().as_bytes() != source {
        return Err(EditError::NotUtf8);
    }
    let path = &change.path;
    let id = find(&tree, path, change.document)?;
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
    let place = Place::new(source, span);
    for spelling in spellings(text, style) {
        for gap in place.gaps {
            let edited = [place.before, gap, spelling.as_bytes(), place.after].concat();
            if is_only_change(&tree, &edited, change, may_be_typed) {
                return Ok((Some(edited), applied));
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn set(source: &str, path: &str, value: NewValue) -> Result<String, String> {
        let change = Change {
            document: None,
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
            (
                "replicas: 2\n",
                "replicas",
                typed("18446744073709551615"),
                "replicas: 18446744073709551615\n",
            ),
            ("replicas: 2\n", "replicas", typed("0x10"), "replicas: \"0x10\"\n"),
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
            ("- \n- b\n", "[0]", text("a"), "- a\n- b\n"),
            ("-\n- b\n", "[0]", text("a"), "- a\n- b\n"),
            ("l:\n  -   # none\n", "l[0]", text("a"), "l:\n  - a   # none\n"),
            ("tag: \r\nb: 1\r\n", "tag", text("x"), "tag: x\r\nb: 1\r\n"),
            ("tag: # none\n", "tag", text("x"), "tag: x # none\n"),
            ("tag:", "tag", text("x"), "tag: x"),
            (
                "{\"a\":\"b:1\",\"c\":1}\n",
                "a",
                text("b:2"),
                "{\"a\":\"b:2\",\"c\":1}\n",
            ),
            ("{\"a\":1}\n", "a", typed("2"), "{\"a\":2}\n"),
            ("{a: , b: 1}\n", "a", text("x"), "{a: x, b: 1}\n"),
            (
                "a: x # one\n# two\nb: y\n",
                "a",
                text("p # q"),
                "a: \"p # q\" # one\n# two\nb: y\n",
            ),
            (
                "base: &b {tag: v1}\nown: {tag: v1}\nother: *b\n",
                "own.tag",
                text("v2"),
                "base: &b {tag: v1}\nown: {tag: v2}\nother: *b\n",
            ),
        ] {
            assert_eq!(set(source, path, value).as_deref(), Ok(want), "{source:?} {path}");
        }
    }

    #[test]
    fn edits_that_would_change_more_are_refused() {
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
            (
                "base: &b {tag: v1}\nother: *b\n",
                "base.tag",
                "line 1: `base.tag` is shared through the anchor `b`, so other values would change with it",
            ),
            (
                "base: &b\n  deep:\n    - {x: 1}\n    - {tag: v1}\nmore: [{<<: *b}]\n",
                "base.deep[1].tag",
                "line 4: `base.deep[1].tag` is shared through the anchor `b`, so other values would change with it",
            ),
            ("a: | # why\n  x\nb: 1\n", "a", "line 1: `a` cannot hold \"z\""),
            ("a: {b: 1}\n", "a", "line 1: `a` is a mapping, not a scalar"),
            ("a: {b: 1}\n", "a.c.d", "no value at `a.c.d` (there is `a`)"),
            ("a: [\n", "a", "yaml: line 1: did not find expected node content"),
        ] {
            assert_eq!(set(source, path, text("z")).unwrap_err(), want, "{source:?}");
        }
    }

    #[test]
    fn a_value_that_is_set_already_changes_nothing() {
        assert_eq!(set("a: 'x'\n", "a", text("x")).as_deref(), Ok("a: 'x'\n"));
    }
}
