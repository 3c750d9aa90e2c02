//! Names of branches and remotes, checked before git sees them: none of them can be read as an option or another refspec.

use std::fmt;

/// Longest name, in bytes; git's files and the forges allow little more.
const LONGEST: usize = 200;

/// The name of a branch, without `refs/heads/`, by the rules of git-check-ref-format(1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchName(String);

/// The name of a remote of a repository: never its address, which may have a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteName(String);

/// A text that is not such a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the name of a {of}: {reason}")]
pub struct NameError {
    text: String,
    of: &'static str,
    reason: &'static str,
}

impl BranchName {
    /// Reads a name; `refs/heads/` before it is left out.
    ///
    /// # Errors
    /// When git would refuse it.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let name = text.strip_prefix("refs/heads/").unwrap_or(text);
        match fault(name) {
            None => Ok(Self(name.to_owned())),
            Some(reason) => Err(NameError {
                text: text.to_owned(),
                of: "branch",
                reason,
            }),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `refs/heads/NAME`
    pub fn reference(&self) -> String {
        format!("refs/heads/{}", self.0)
    }
}

impl RemoteName {
    /// Reads a name.
    ///
    /// # Errors
    /// When it is an address, or cannot be a name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let reason = if text.contains(':') || text.contains('@') {
            Some("give the name that `git remote` lists, not an address")
        } else {
            fault(text)
        };
        match reason {
            None => Ok(Self(text.to_owned())),
            // An address may have a password.
            Some(reason) => Err(NameError {
                text: crate::text::redact::redact_url(text),
                of: "remote",
                reason,
            }),
        }
    }

    /// `origin`
    pub fn origin() -> Self {
        Self("origin".to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for RemoteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text cannot be a part of a reference.
fn fault(name: &str) -> Option<&'static str> {
    let is_odd = |c: char| c.is_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\' | '\u{7f}');
    let is_bad_part = |part: &str| part.is_empty() || part.starts_with('.') || part.strip_suffix(".lock").is_some();
    if name.is_empty() || name == "@" || name == "HEAD" {
        Some("the name is empty or reserved")
    } else if name.len() > LONGEST {
        Some("it has more than 200 bytes")
    } else if name.starts_with('-') {
        Some("it begins with a dash")
    } else if name.contains(is_odd) || name.contains("..") || name.contains("@{") || name.ends_with('.') {
        Some("it has a character that git does not allow there")
    } else if name.split('/').any(is_bad_part) {
        Some("a part of it is empty, begins with a dot or ends with `.lock`")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_git_accepts() {
        for name in ["main", "feature/x", "release-1.2", "ü", "a@b", "refs/heads/main"] {
            assert!(BranchName::parse(name).is_ok(), "{name}");
        }
        assert_eq!(BranchName::parse("refs/heads/main").unwrap().as_str(), "main");
        let long = "x".repeat(LONGEST + 1);
        for name in [
            "",
            "-x",
            "--upload-pack=x",
            "a..b",
            "a b",
            "a:b",
            "+a:b",
            "a~1",
            "a^",
            "a?",
            "a*",
            "a[",
            "a\\b",
            "a/",
            "/a",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.lock/b",
            "a.",
            "@",
            "a@{1}",
            "HEAD",
            "a\nb",
            &long,
        ] {
            assert!(BranchName::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn remotes_are_named_and_their_passwords_not_shown() {
        assert!(RemoteName::parse("origin").is_ok());
        for text in [
            "--receive-pack=x",
            "https://me:hunter2@host/x.git",
            "git@host:x.git",
            "ext::sh -c x",
            "",
        ] {
            let error = RemoteName::parse(text).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
