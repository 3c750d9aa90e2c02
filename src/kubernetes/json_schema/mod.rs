//! JSON Schema as `santhosh-tekuri/jsonschema` v6 for Go has it, which Helm and kubeconform use: drafts 4, 6, 7, 2019-09 and
//! 2020-12, with the same verdicts, order of errors and words.
//!
//! In: documents and a value, both as [`Node`]. Out: nothing, or a text. Documents that a schema refers to come from a
//! [`Loader`]; the schemas of schemas are in the binary (`schemas/metaschemas`).

mod addresses;
mod budget;
mod compile;
mod documents;
mod draft;
mod error;
pub(super) mod format_times;
mod formats;
mod keywords;
mod location;
mod node;
pub(super) mod number;
mod patterns;
mod schema;
mod validate;
pub(super) mod words;

use compile::Compiler;

pub use documents::Loader;
pub use draft::Draft;
pub use error::ValidationError;
pub use format_times::check_duration;
pub use node::{Node, replace_invalid_utf8, why_too_large};

/// The check of a format: an error for a text that does not have it.
pub type FormatCheck = fn(&str) -> Result<(), String>;

/// A compiled schema.
#[derive(Debug)]
pub struct Validator {
    arena: schema::Arena,
    root: schema::Id,
}

/// How a schema is compiled.
pub struct Settings<'l> {
    /// The draft of schemas without `$schema`.
    pub default_draft: Draft,
    /// Formats besides those of the library, or instead of them.
    pub formats: &'l [(&'static str, FormatCheck)],
    /// Reads other documents.
    pub loader: &'l dyn Loader,
}

impl Validator {
    /// Compiles the schema `document` at the absolute URL `url`.
    ///
    /// # Errors
    /// The library's text when the document is not a schema, or refers to something that does not exist.
    pub fn compile(url: &str, document: Node, settings: &Settings<'_>) -> Result<Self, String> {
        let mut compiler = Compiler::new(settings.loader, settings.default_draft);
        for (name, check) in settings.formats {
            compiler.add_format(name, *check);
        }
        compiler.add_document(url, document);
        let root = compiler.compile(url)?;
        Ok(Self {
            arena: compiler.into_arena(),
            root,
        })
    }

    /// Validates a value.
    ///
    /// # Errors
    /// When the value does not fit the schema.
    pub fn validate(&self, value: &Node) -> Result<(), ValidationError> {
        validate::validate(&self.arena, self.root, value, None)
    }
}
