//! One commit of exactly the files that are named. What else is changed or staged stays as it is.

use std::path::Path;

use super::program::{GitError, literal};
use super::work_tree::WorkTree;

/// The identity where git has none.
const NAME: &str = "chartwright";
const EMAIL: &str = "chartwright@localhost";

/// The author of a commit: `Name <mail>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author(String);

impl Author {
    /// Reads an author.
    ///
    /// # Errors
    /// When the text is not `Name <mail>` on one line.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let expected = "an author is written as 'Name <mail@example.com>'";
        let (name, rest) = text.split_once('<').ok_or(expected)?;
        let mail = rest.strip_suffix('>').ok_or(expected)?;
        let is_fine =
            |part: &str| !part.trim().is_empty() && !part.contains(['<', '>']) && !part.contains(char::is_control);
        if is_fine(name) && is_fine(mail) {
            Ok(Self(format!("{} <{}>", name.trim(), mail.trim())))
        } else {
            Err(expected)
        }
    }
}

impl WorkTree {
    /// Commits the files as they are on disk, and gives the commit. Hooks run, and commits are signed, as git is configured.
    ///
    /// # Errors
    /// When git refuses, or one of its hooks does.
    pub fn commit(&self, files: &[&Path], message: &str, author: Option<&Author>) -> Result<String, GitError> {
        let mut arguments: Vec<String> =
            "commit --quiet --only --cleanup=whitespace --pathspec-from-file=- --pathspec-file-nul"
                .split(' ')
                .map(str::to_owned)
                .collect();
        arguments.push(format!("--message={message}"));
        if let Some(Author(author)) = author {
            arguments.push(format!("--author={author}"));
        }
        let mut names = Vec::new();
        for file in files {
            names.extend_from_slice(literal(file).as_encoded_bytes());
            names.push(0);
        }
        let identity: &[(&str, &str)] = if self.has_identity() {
            &[]
        } else {
            &[("user.name", NAME), ("user.email", EMAIL)]
        };
        self.git.run_with(&arguments, &names, identity)?;
        self.head_sha()
    }

    /// Whether git knows who commits: by its configuration or the environment. It guesses a mail address from the name of the machine
    /// where that has a domain, which is as good.
    fn has_identity(&self) -> bool {
        self.git.run(&["var", "GIT_COMMITTER_IDENT"]).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authors_have_a_name_and_a_mail_address() {
        for text in ["CI <ci@example.com>", "A. B. <a+b@c>"] {
            assert!(Author::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "CI",
            "<ci@example.com>",
            "CI <>",
            "CI <a> <b>",
            "CI <a>\nX: y",
            "C\nI <a>",
            "CI <a> ",
        ] {
            assert!(Author::parse(text).is_err(), "{text}");
        }
    }
}
