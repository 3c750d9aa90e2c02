//! `--output-dir`: the documents of one template in one file; all files are written or none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::text::source::{Replacement, replace_files};

use super::command_error::CommandError;
use super::run_context::RunContext;

/// Files to write, with the lines Helm prints while it writes them.
#[derive(Debug, Default)]
pub(super) struct OutputDirectory {
    files: BTreeMap<PathBuf, Vec<u8>>,
    order: Vec<PathBuf>,
}

impl OutputDirectory {
    /// Adds a document to the file of its template.
    pub(super) fn add(&mut self, directory: &Path, path: &str, text: &[u8]) {
        let file = directory.join(path);
        let content = self.files.entry(file.clone()).or_default();
        content.extend_from_slice(format!("---\n# Source: {path}\n").as_bytes());
        content.extend_from_slice(text);
        content.push(b'\n');
        self.order.push(file);
    }

    /// Writes all files or none, and prints a line for each document as Helm does.
    ///
    /// # Errors
    /// When a file or one of its directories cannot be written.
    pub(super) fn write(&self, context: RunContext) -> Result<(), CommandError> {
        for parent in self.files.keys().filter_map(|file| file.parent()) {
            std::fs::create_dir_all(parent)
                .map_err(|error| CommandError::could_not_run(format!("cannot create {}: {error}", parent.display())))?;
        }
        let files = self.files.iter().map(|(file, content)| Replacement {
            path: file,
            expected: None,
            content,
        });
        let files: Vec<Replacement<'_>> = files.collect();
        replace_files(&files).map_err(CommandError::could_not_run)?;
        let mut lines = String::new();
        for file in &self.order {
            lines.push_str(&format!("wrote {}\n", file.display()));
        }
        lines.push('\n');
        context.write_stdout(lines.as_bytes())
    }
}
