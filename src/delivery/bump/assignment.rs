//! An assignment as `--set` and `--set-string` accept it: `path.to.key=value`, to a change of one scalar. The path is in
//! the notation of Helm's `--set`, where a backslash makes the next character an ordinary one.

use crate::text::edit::{Change, NewValue, PathError, YamlPath};

/// How the value of an assignment is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// A number, boolean or null may replace one of those; everything else is text.
    Typed,
    /// Always text.
    Text,
}

/// A text that is not an assignment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssignmentError {
    /// No `=` separates a path from a value.
    #[error("`{0}` is not an assignment: write path.to.key=value")]
    NoSeparator(String),
    /// The text before the `=` is not a path.
    #[error(transparent)]
    Path(#[from] PathError),
}

/// Reads `path=value`. The value begins after the first `=` that no backslash precedes, and may be empty.
///
/// # Errors
/// When such a `=` is missing, or the text before it is not a path.
pub fn parse_assignment(text: &str, kind: ValueKind) -> Result<Change, AssignmentError> {
    let (path, value) = split(text).ok_or_else(|| AssignmentError::NoSeparator(text.to_owned()))?;
    let path = YamlPath::parse(path)?;
    let value = value.to_owned();
    let value = match kind {
        ValueKind::Typed => NewValue::Typed(value),
        ValueKind::Text => NewValue::Text(value),
    };
    Ok(Change {
        document: None,
        path,
        value,
    })
}

fn split(text: &str) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '\\' => is_escaped = !is_escaped,
            '=' if !is_escaped => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => is_escaped = false,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::edit::Step;

    #[test]
    fn the_first_equals_sign_without_a_backslash_ends_the_path() {
        for (text, keys, value) in [
            ("a=b", &["a"][..], "b"),
            ("a.b=c=d", &["a", "b"], "c=d"),
            ("a=", &["a"], ""),
            (r"a\=b=c", &["a=b"], "c"),
            (r"a\\=b", &[r"a\"], "b"),
            (r"a\\\=b=c", &[r"a\=b"], "c"),
            (r"a\.b\=c.d=e\=f", &["a.b=c", "d"], r"e\=f"),
        ] {
            let change = parse_assignment(text, ValueKind::Text).unwrap();
            let steps: Vec<Step> = keys.iter().map(|key| Step::Key((*key).to_owned())).collect();
            assert_eq!(change.path.0, steps, "{text}");
            assert_eq!(change.value, NewValue::Text(value.to_owned()), "{text}");
        }
        let typed = parse_assignment("a=1", ValueKind::Typed).unwrap();
        assert_eq!(typed.value, NewValue::Typed("1".to_owned()));
    }

    #[test]
    fn a_text_without_a_path_or_a_separator_is_refused() {
        for (text, want) in [
            ("a.b", "`a.b` is not an assignment: write path.to.key=value"),
            (r"a\=b", r"`a\=b` is not an assignment: write path.to.key=value"),
            ("", "`` is not an assignment: write path.to.key=value"),
        ] {
            let error = parse_assignment(text, ValueKind::Text).unwrap_err();
            assert_eq!(error.to_string(), want);
        }
        assert!(matches!(
            parse_assignment("=x", ValueKind::Text),
            Err(AssignmentError::Path(_))
        ));
    }
}
