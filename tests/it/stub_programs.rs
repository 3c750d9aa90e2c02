//! Programs in the place of `helm`, `kubectl` and the like: they record how they were called and print what a test wants.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use tempfile::TempDir;

use super::workspace::{Run, Workspace, run};

/// Appends the arguments, the program's name first, to a file as a line of JSON; then does what the test wants.
const RECORD: &str = r#"#!/bin/sh
line="[\"${0##*/}\""
for argument; do
  line="$line,\"$(printf %s "$argument" | sed 's/[\\"]/\\&/g')\""
done
printf '%s]\n' "$line" >> "${0%/*}/calls.jsonl"
"#;

/// A directory of programs.
pub(crate) struct StubPrograms(TempDir);

impl StubPrograms {
    /// Programs with these names, and what each does in the words of a shell.
    pub(crate) fn new(programs: &[(&str, &str)]) -> Self {
        let stubs = Self(tempfile::tempdir().expect("a directory"));
        for (name, script) in programs {
            let path = stubs.path(name);
            std::fs::write(&path, format!("{RECORD}{script}\n")).expect("a file");
            let may_run = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(path, may_run).expect("permissions");
        }
        stubs
    }

    /// A file beside the programs.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs chartwright in a workspace, these programs first in PATH.
    pub(crate) fn run(&self, workspace: &Workspace, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", self.0.path().display());
        let variables = [&[("PATH", path.as_str())], variables].concat();
        run(&workspace.path("."), arguments, &variables)
    }

    /// The calls since the last time: a line each, as one would type them.
    pub(crate) fn calls(&self) -> Vec<String> {
        let path = self.path("calls.jsonl");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let _none_yet = std::fs::remove_file(path);
        let lines = text.lines().map(|line| {
            let words: Vec<String> = serde_json::from_str(line).expect("a list");
            words.join(" ")
        });
        lines.collect()
    }
}
