//! The tree of errors that a value gave. Follows `output.go` of the library.

use std::fmt;

use super::location::escape_step;
use super::words::quote;

/// A step from a value to one of its entries, and the steps before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'p> {
    pub(super) name: &'p str,
    pub(super) outer: Option<&'p Self>,
}

/// The steps from the root.
pub(super) fn all_steps(last: Option<&Step<'_>>) -> Vec<String> {
    let mut steps = Vec::new();
    let mut step = last;
    while let Some(inner) = step {
        steps.push(inner.name.to_owned());
        step = inner.outer;
    }
    steps.reverse();
    steps
}

/// The JSON pointer of some steps.
pub(super) fn pointer(steps: &[String]) -> String {
    let mut text = String::new();
    for step in steps {
        text.push('/');
        text.push_str(&escape_step(step));
    }
    text
}

/// What an error says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// The value does not fit the schema at this URL.
    Schema(String),
    /// Several errors of one schema.
    Group,
    /// The errors of a schema that a reference leads to.
    Reference,
    /// Anything else, in words.
    Words(String),
}

/// A value that does not fit its schema, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationError {
    /// The steps to the part of the value.
    pub steps: Vec<String>,
    pub(super) kind: Kind,
    /// More precise errors.
    pub causes: Vec<Self>,
}

impl ValidationError {
    /// What is wrong, without the place.
    pub fn words(&self) -> String {
        match &self.kind {
            Kind::Schema(url) => format!("jsonschema validation failed with {}", quote(url)),
            Kind::Group | Kind::Reference => "validation failed".to_owned(),
            Kind::Words(words) => words.clone(),
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, indent: usize) -> fmt::Result {
        let mut inner = indent;
        // A reference with one error is that error.
        if self.kind != Kind::Reference || self.causes.len() != 1 {
            if indent > 0 {
                write!(f, "\n{}- ", "  ".repeat(indent - 1))?;
            }
            if !matches!(self.kind, Kind::Schema(_)) {
                write!(f, "at {}: ", quote(&pointer(&self.steps)))?;
            }
            f.write_str(&self.words())?;
            inner += 1;
        }
        self.causes.iter().try_for_each(|cause| cause.write(f, inner))
    }
}

impl fmt::Display for ValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}
