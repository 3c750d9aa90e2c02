//! The address of a value: `image.tag`, `containers[0].image`, `annotations.example\.com/name`. The notation of `--set`.

use std::fmt;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A key of a mapping.
    Key(String),
    /// An index of a sequence, from 0.
    Index(usize),
}

/// A path from the root of a document. Printing and parsing are inverse.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct YamlPath(pub Vec<Step>);

/// A text that is not a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a path: {reason}")]
pub struct PathError {
    text: String,
    reason: &'static str,
}

impl YamlPath {
    /// Reads a path. A backslash makes the next character an ordinary one.
    ///
    /// # Errors
    /// When a key is empty, or an index is not a number between `[` and `]`.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let error = |reason| PathError {
            text: text.to_owned(),
            reason,
        };
        let mut steps = Vec::new();
        let mut key = String::new();
        let mut expects_key = true;
        let mut input = text.chars();
        while let Some(c) = input.next() {
            match c {
                '\\' => key.push(input.next().ok_or_else(|| error("it ends with a backslash"))?),
                '.' | '[' => {
                    if !key.is_empty() {
                        steps.push(Step::Key(std::mem::take(&mut key)));
                    } else if expects_key && (c == '.' || !steps.is_empty()) {
                        return Err(error("a key is empty"));
                    }
                    expects_key = c == '.';
                    if c == '[' {
                        let rest = input.as_str();
                        let (digits, rest) = rest.split_once(']').ok_or_else(|| error("an index ends with `]`"))?;
                        let index = digits.parse().map_err(|_| error("an index is a number"))?;
                        steps.push(Step::Index(index));
                        input = rest.chars();
                    }
                }
                _ if !expects_key && key.is_empty() => {
                    return Err(error("`.` or `[` is expected after an index"));
                }
                c => key.push(c),
            }
        }
        if !key.is_empty() {
            steps.push(Step::Key(key));
        } else if expects_key {
            return Err(error("a key is empty"));
        }
        Ok(Self(steps))
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
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    if at > 0 {
                        f.write_str(".")?;
                    }
                    for c in key.chars() {
                        if matches!(c, '.' | '[' | '\\') {
                            f.write_str("\\")?;
                        }
                        write!(f, "{c}")?;
                    }
                }
            }
        }
        Ok(())
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
        ] {
            assert_eq!(YamlPath::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            YamlPath::parse(r"a\.b[1].c").unwrap().0,
            [Step::Key("a.b".into()), Step::Index(1), Step::Key("c".into())]
        );
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
            ("a[x]", "an index is a number"),
            ("a[]", "an index is a number"),
            ("a[-1]", "an index is a number"),
            ("a[0", "an index ends with `]`"),
            ("a[", "an index ends with `]`"),
            ("a[0]b", "`.` or `[` is expected after an index"),
            ("a\\", "it ends with a backslash"),
        ] {
            let error = YamlPath::parse(text).unwrap_err();
            assert_eq!(error.to_string(), format!("`{text}` is not a path: {reason}"));
        }
    }
}
