//! The one comment on a pull request that later runs change, instead of adding to it. It is known by its first line, which a reader does not
//! see, and by its author.

use std::fmt;

use super::error::ForgeError;
use super::interface::Forge;

/// Bytes of a comment: GitHub accepts 65,536 characters, GitLab 1,000,000.
const COMMENT_BYTES: usize = 60_000;

/// Longest name in a marker.
const NAME_BYTES: usize = 100;

/// What tells several comments on a pull request apart: what they are about, and a name that the user gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentName {
    about: &'static str,
    name: String,
}

/// Why a name is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the name of a comment has letters, digits, `-`, `_` and `.`, and at most {NAME_BYTES} of them")]
pub struct CommentNameError;

/// What happened to a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// There was none.
    Added,
    /// It said something else.
    Changed,
    /// It says so already.
    Unchanged,
    /// There is none, and nothing to say.
    NotNeeded,
}

impl CommentName {
    /// A comment `about` something, with the name that the user gave it; empty for the only one.
    ///
    /// # Errors
    /// When the name could end the marker that it becomes a part of.
    pub fn new(about: &'static str, name: &str) -> Result<Self, CommentNameError> {
        let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.len() > NAME_BYTES || !name.bytes().all(is_known) || name.contains("--") {
            return Err(CommentNameError);
        }
        Ok(Self {
            about,
            name: name.to_owned(),
        })
    }
}

/// The first line of the comment.
impl fmt::Display for CommentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blank = if self.name.is_empty() { "" } else { " " };
        write!(f, "<!-- chartwright {}{blank}{} -->", self.about, self.name)
    }
}

/// Makes the comment of a pull request say what `text` makes of so many bytes. Where there is nothing that a reader must know, none is added;
/// one that is there says so.
///
/// # Errors
/// When the forge does not answer or refuses.
pub fn keep_comment(
    forge: &dyn Forge,
    number: u64,
    name: &CommentName,
    says_something: bool,
    text: &dyn Fn(usize) -> String,
) -> Result<Kept, ForgeError> {
    let marker = name.to_string();
    let own = forge.own_comment(number, &marker)?;
    if own.is_none() && !says_something {
        return Ok(Kept::NotNeeded);
    }
    let text = format!("{marker}\n{}", text(COMMENT_BYTES - marker.len() - 1));
    match own {
        // Forges take blanks at the end away.
        Some(own) if own.text.trim_end() == text.trim_end() => Ok(Kept::Unchanged),
        Some(own) => forge.change_comment(number, &own, &text).map(|()| Kept::Changed),
        None => forge.add_comment(number, &text).map(|()| Kept::Added),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_its_marker() {
        for (name, want) in [
            ("", Some("<!-- chartwright diff -->")),
            ("shop-1.2_a", Some("<!-- chartwright diff shop-1.2_a -->")),
            ("-->", None),
            ("a--b", None),
            ("a b", None),
            ("ä", None),
        ] {
            let made = CommentName::new("diff", name).map(|name| name.to_string());
            assert_eq!(made.ok().as_deref(), want, "{name}");
        }
        assert!(CommentName::new("diff", &"a".repeat(101)).is_err());
    }
}
