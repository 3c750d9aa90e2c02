//! `--output-dir`: the documents of one template in one file, written whole or not at all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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

    /// Writes every file by way of a temporary one, and says so as Helm does, once for each document.
    pub(super) fn write(&self, context: RunContext) -> Result<(), CommandError> {
        for (file, content) in &self.files {
            let cannot = |error: std::io::Error| {
                CommandError::could_not_run(format!("cannot write {}: {error}", file.display()))
            };
            if let Some(parent) = file.parent() {
                std::fs::create_dir_all(parent).map_err(cannot)?;
            }
            crate::text::source::replace_file(file, content).map_err(cannot)?;
        }
        let mut said = String::new();
        for file in &self.order {
            said.push_str(&format!("wrote {}\n", file.display()));
        }
        said.push('\n');
        context.write_stdout(said.as_bytes())
    }
}
