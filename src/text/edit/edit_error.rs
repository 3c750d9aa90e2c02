//! Why a file cannot be edited, with the place.

use std::fmt;

use crate::text::yaml::YamlError;

use super::yaml_path::YamlPath;

/// Why a file cannot be edited. Nothing is changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The file is not YAML.
    #[error("{0}")]
    Yaml(#[from] YamlError),
    /// The file is UTF-16, or not text.
    #[error("only UTF-8 files are edited")]
    NotUtf8,
    /// No value is at the path.
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
        /// Its kind: `mapping` or `sequence`.
        found: &'static str,
    },
    /// The value is shared through an anchor or alias.
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

impl fmt::Display for Nearest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, " (there is `{}`)", self.0)
        }
    }
}
