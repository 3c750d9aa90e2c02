//! The address of a value: `image.tag`, `containers[0].image`, `containers[name=web].image`, `annotations.example\.com/name`. The
//! notation of `--set`, with the selectors of yq's and kustomize's users; `path_text.rs` reads it.

use std::fmt;

use super::path_text::{PathError, read_path};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A key of a mapping.
    Key(String),
    /// An index of a sequence, from 0.
    Index(usize),
    /// The one item of a sequence that has a scalar with this text under this key.
    Item {
        /// The key.
        key: String,
        /// The text under it.
        value: String,
    },
}

/// A path from the root of a document. Printing and parsing are inverse.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct YamlPath(pub Vec<Step>);

impl YamlPath {
    /// Reads a path. A backslash makes the next character an ordinary one, quotes all characters between them.
    ///
    /// # Errors
    /// When a key is empty, quotes do not end, or what is between `[` and `]` is neither a number nor `key=value`.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        read_path(text, None).map(|(path, _)| path)
    }

    /// The path one step further.
    #[must_use]
    pub fn child(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The path of a key below this one.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.child(Step::Key(key.to_owned()))
    }
}

impl fmt::Display for YamlPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if at > 0 => write!(f, ".{}", EscapedKey(key))?,
                Step::Key(key) => write!(f, "{}", EscapedKey(key))?,
                other => write!(f, "{other}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "{}", EscapedKey(key)),
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Item { key, value } => write!(f, "[{}={}]", Quoted(key), Quoted(value)),
        }
    }
}

/// A key of a path.
struct EscapedKey<'k>(&'k str);

impl fmt::Display for EscapedKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, c) in self.0.char_indices() {
            if matches!(c, '.' | '[' | '\\') || (c == '"' && at == 0) {
                f.write_str("\\")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}

/// A side of a selector, in quotes where it has a character with a meaning.
struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.is_empty() && !self.0.contains(['"', '\\', ']', '=']) {
            return f.write_str(self.0);
        }
        f.write_str("\"")?;
        for c in self.0.chars() {
            if matches!(c, '"' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{c}")?;
        }
        f.write_str("\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_and_printed() {
        for text in [
            "image.tag",
            "a[0].b",
            "a[0][12]",
            r"annotations.example\.com/x",
            "[3].a",
            r"a\[0\\",
            "containers[name=web].image",
            "[name=web][0]",
            r#"a[name="x]y"].b"#,
            r#"a["k=v"="\"\\"]"#,
            r#"\"quoted"#,
            r#"a"b"#,
        ] {
            assert_eq!(YamlPath::parse(text).unwrap().to_string(), text);
        }
        let item = |key: &str, value: &str| Step::Item {
            key: key.into(),
            value: value.into(),
        };
        for (text, steps) in [
            (
                r"a\.b[1].c",
                vec![Step::Key("a.b".into()), Step::Index(1), Step::Key("c".into())],
            ),
            (r#"a."b.c""#, vec![Step::Key("a".into()), Step::Key("b.c".into())]),
            (r#""b.\"c"[0]"#, vec![Step::Key("b.\"c".into()), Step::Index(0)]),
            (r#"a[name="a.b"]"#, vec![Step::Key("a".into()), item("name", "a.b")]),
            ("a[port=80]", vec![Step::Key("a".into()), item("port", "80")]),
            ("a[name=]", vec![Step::Key("a".into()), item("name", "")]),
        ] {
            assert_eq!(YamlPath::parse(text).unwrap().0, steps, "{text}");
        }
    }

    #[test]
    fn invalid_paths_are_refused() {
        for (text, reason) in [
            ("", "a key is empty"),
            (".", "a key is empty"),
            ("a.", "a key is empty"),
            (".a", "a key is empty"),
            ("a..b", "a key is empty"),
            ("a.[0]", "a key is empty"),
            ("a[x]", "an index is a number, and a selector is `key=value`"),
            ("a[]", "an index is a number, and a selector is `key=value`"),
            ("a[-1]", "an index is a number, and a selector is `key=value`"),
            ("a[=x]", "a selector needs a key, as in `[name=web]`"),
            ("a[0", "an index ends with `]`"),
            ("a[", "an index ends with `]`"),
            ("a[name=\"x]", "quotes do not end"),
            ("a[name=\"x\"y]", "quotes end with the text around them"),
            ("a.\"b", "quotes do not end"),
            ("a.\"b\"c", "quotes end with the text around them"),
            ("a[0]b", "`.` or `[` is expected after an index"),
            ("a\\", "it ends with a backslash"),
        ] {
            let error = YamlPath::parse(text).unwrap_err();
            assert_eq!(error.to_string(), format!("`{text}` is not a path: {reason}"));
        }
    }
}
