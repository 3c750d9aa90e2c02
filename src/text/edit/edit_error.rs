//! Why a file cannot be edited, with the place and what to do.

use std::fmt;

use crate::text::limits::{EDITED_BYTES, EDITED_NODES, EDITS};
use crate::text::source::{LineIndex, Position};
use crate::text::yaml::YamlError;

use super::yaml_path::YamlPath;

/// Why a file cannot be edited. Nothing is changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct EditError {
    /// Where in the file, if at one place.
    pub at: Option<Position>,
    /// Why.
    pub reason: Reason,
}

/// What stands against an edit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The file is not YAML.
    #[error("{0}")]
    Yaml(YamlError),
    /// The file is UTF-16, or not text.
    #[error("only UTF-8 files are edited")]
    NotUtf8,
    /// No value is at the path.
    #[error("no value at `{path}`{}", Nearest(nearest, suggestion.as_deref()))]
    NotFound {
        /// The path.
        path: YamlPath,
        /// The longest part of it that exists, empty for none.
        nearest: String,
        /// A path that was perhaps meant.
        suggestion: Option<String>,
        /// Whether all that is missing are keys, which could be added.
        can_be_created: bool,
    },
    /// The path leads to another kind of value than the edit is about.
    #[error("`{path}` is a {found}, not a {wanted}")]
    WrongKind {
        /// The path.
        path: YamlPath,
        /// Its kind: `mapping`, `list` or `scalar`.
        found: &'static str,
        /// The kind that is needed.
        wanted: &'static str,
    },
    /// The value is shared through an anchor or alias.
    #[error("`{path}` is shared through the anchor `{anchor}`, so other values would change with it")]
    Shared {
        /// The path.
        path: YamlPath,
        /// The anchor's name.
        anchor: String,
    },
    /// The value comes from a mapping that a merge key names.
    #[error(
        "`{path}` is not written here: `<<` takes it from the anchor `{anchor}`, so other values would change with it"
    )]
    Merged {
        /// The path.
        path: YamlPath,
        /// The anchor's name.
        anchor: String,
    },
    /// Several documents have the path.
    #[error("`{path}` is in {} documents (lines {}): say which one", lines.len(), Lines(lines))]
    SeveralDocuments {
        /// The path.
        path: YamlPath,
        /// The 1-based lines of the values or, of documents that could get one, of their beginnings.
        lines: Vec<u32>,
    },
    /// No document, or more than one, is the chosen one.
    #[error("{found} of the {count} documents are the chosen one")]
    NoSuchDocument {
        /// Documents that fit.
        found: usize,
        /// Documents of the file.
        count: usize,
    },
    /// Several items fit a selector.
    #[error(
        "`{path}` is more than one item (lines {}): say which one by its index",
        Lines(lines)
    )]
    SeveralItems {
        /// The path of the items.
        path: YamlPath,
        /// Their 1-based lines.
        lines: Vec<u32>,
    },
    /// A key that is to be removed is written twice.
    #[error("`{path}` is written {count} times in one mapping, and removing one would bring back another")]
    WrittenTwice {
        /// The path.
        path: YamlPath,
        /// How often.
        count: usize,
    },
    /// The whole document was to be removed.
    #[error("a document cannot be removed: name a key or an item in it")]
    WholeDocument,
    /// sops encrypted the file.
    #[error("sops encrypted this file, and would refuse it after a change that was not made by sops")]
    Sops,
    /// sops encrypted the value.
    #[error("`{path}` is a value that sops encrypted")]
    Encrypted {
        /// The path.
        path: YamlPath,
    },
    /// JSON cannot write the number.
    #[error("JSON has no number `{value}` for `{path}`: write it in decimal digits, or set it as text")]
    NotJsonNumber {
        /// The path.
        path: YamlPath,
        /// The number.
        value: String,
    },
    /// The file has too many bytes.
    #[error("it is too large to be edited: more than {EDITED_BYTES} bytes")]
    TooLarge,
    /// The file has too many values.
    #[error("it is too large to be edited: more than {EDITED_NODES} values")]
    TooManyValues,
    /// Too many edits of one file.
    #[error("{count} edits of one file are more than {EDITS}: make them in several runs")]
    TooManyEdits {
        /// How many.
        count: usize,
    },
    /// Edits that cannot be made together, in a large file.
    #[error("its values cannot be set together, and one by one the file would be read too often: set fewer of them")]
    TooManyPasses,
    /// No spelling gives the wanted value at this place.
    #[error("`{path}` cannot hold {value:?}")]
    Unwritable {
        /// The path.
        path: YamlPath,
        /// The value.
        value: String,
    },
    /// The node cannot be added or removed without changing something else.
    #[error("`{path}` cannot be {done} without changing something else")]
    NotAlone {
        /// The path.
        path: YamlPath,
        /// What was to be done: `added` or `removed`.
        done: &'static str,
    },
}

impl Reason {
    /// The error of this reason at a place of a text.
    pub(super) fn at(self, source: &[u8], offset: u32) -> EditError {
        EditError {
            at: Some(LineIndex::new(source).position(source, offset)),
            reason: self,
        }
    }

    /// The error of this reason about the whole file.
    pub(super) const fn anywhere(self) -> EditError {
        EditError { at: None, reason: self }
    }
}

impl EditError {
    /// The error of a text that is not YAML.
    pub fn yaml(error: YamlError, source: &[u8]) -> Self {
        match error.offset() {
            Some(offset) => Reason::Yaml(error).at(source, offset),
            None => Reason::Yaml(error).anywhere(),
        }
    }

    /// The message after the place: `values.yaml:3:5: …`.
    pub fn in_file(&self, path: &str) -> String {
        match self.at {
            Some(Position { line, column }) => format!("{path}:{line}:{column}: {self}"),
            None => format!("{path}: {self}"),
        }
    }
}

struct Nearest<'n>(&'n str, Option<&'n str>);

impl fmt::Display for Nearest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1) {
            (_, Some(suggestion)) => write!(f, "; did you mean `{suggestion}`?"),
            ("", None) => Ok(()),
            (nearest, None) => write!(f, " (there is `{nearest}`)"),
        }
    }
}

struct Lines<'l>(&'l [u32]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, line) in self.0.iter().enumerate() {
            let separator = match at {
                0 => "",
                _ if at + 1 == self.0.len() => " and ",
                _ => ", ",
            };
            write!(f, "{separator}{line}")?;
        }
        Ok(())
    }
}
