//! The branch or tag that a chart is built from, and its spelling in paths of objects.
//!
//! In a path, letters, digits and `.`, `_`, `-`, `@`, `+` stand for themselves, `/` separates directories, and every other byte is
//! `=` with two hexadecimal digits, `=` too. `%` would be encoded again in addresses, and `~`, which git allows in no name, is among the
//! characters that S3 advises against and that its clients encode.

use std::fmt;

/// What a chart is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitRef {
    /// A branch.
    Branch(String),
    /// A tag.
    Tag(String),
}

/// The kind of a [`GitRef`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefKind {
    /// A branch.
    Branch,
    /// A tag.
    Tag,
}

impl GitRef {
    /// A branch or a tag.
    pub const fn new(kind: RefKind, name: String) -> Self {
        match kind {
            RefKind::Branch => Self::Branch(name),
            RefKind::Tag => Self::Tag(name),
        }
    }

    /// Which of them it is.
    pub const fn kind(&self) -> RefKind {
        match self {
            Self::Branch(_) => RefKind::Branch,
            Self::Tag(_) => RefKind::Tag,
        }
    }

    /// Its name, without `refs/heads/` or `refs/tags/`.
    pub fn name(&self) -> &str {
        match self {
            Self::Branch(name) | Self::Tag(name) => name,
        }
    }
}

impl RefKind {
    /// `branch` or `tag`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::Tag => "tag",
        }
    }
}

impl fmt::Display for GitRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind().word(), self.name())
    }
}

/// Whether a byte stands for itself in a path.
pub(super) const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'@' | b'+')
}

/// A name as part of a path; `None` for one that is empty or whose directories would be empty or hidden.
pub(super) fn path_of_name(name: &str) -> Option<String> {
    let is_directory = |part: &str| !part.is_empty() && !part.starts_with('.');
    if !name.split('/').all(is_directory) {
        return None;
    }
    let mut path = String::with_capacity(name.len());
    for byte in name.bytes() {
        if is_plain(byte) || byte == b'/' {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("={byte:02X}"));
        }
    }
    Some(path)
}

/// The name that [`path_of_name`] spells so; `None` for a path that it does not make.
pub(super) fn name_of_path(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'=' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high << 4 | low).ok()?);
    }
    let name = String::from_utf8(bytes).ok()?;
    (path_of_name(&name).as_deref() == Some(path)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelt_in_paths_and_read_back() {
        for (name, path) in [
            ("main", Some("main")),
            ("feature/x-1.2_3@4+5", Some("feature/x-1.2_3@4+5")),
            ("fix/#12", Some("fix/=2312")),
            ("é%2e", Some("=C3=A9=252e")),
            ("a=b~", Some("a=3Db=7E")),
            ("a:b\\c", Some("a=3Ab=5Cc")),
            ("", None),
            ("/a", None),
            ("a/", None),
            ("a//b", None),
            ("../a", None),
            ("a/.hidden", None),
        ] {
            assert_eq!(path_of_name(name).as_deref(), path, "{name}");
            if let Some(path) = path {
                assert_eq!(name_of_path(path).as_deref(), Some(name));
            }
        }
        for path in [
            "a=2", "a=", "a=zz", "a=2f", "a=61", "=FF", "a b", "é", "=2e", "a/..", "=2E", "a~",
        ] {
            assert_eq!(name_of_path(path), None, "{path}");
        }
    }
}
