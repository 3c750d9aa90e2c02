//! The Go programs below `tests/oracles`, which answer for Helm and for the API server: building and running them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::module::FetchError;

/// A program that is built.
pub(crate) struct Oracle {
    name: &'static str,
    program: PathBuf,
}

impl Oracle {
    /// Builds the program in `tests/oracles/NAME`; Go downloads what it needs.
    ///
    /// # Errors
    /// When Go is not installed, or the program does not build.
    pub(crate) fn build(name: &'static str) -> Result<Self, FetchError> {
        let program = std::path::absolute(Path::new("target").join(format!("{name}-oracle")))?;
        let source = Path::new("tests/oracles").join(name);
        let status = Command::new("go")
            .args(["build", "-o"])
            .arg(&program)
            .arg(".")
            .current_dir(source)
            .status()?;
        if !status.success() {
            return Err(FetchError::Oracle { name, status });
        }
        Ok(Self { name, program })
    }

    /// The program's output for arguments and an input, line by line.
    ///
    /// # Errors
    /// When the program fails, or its output is not UTF-8.
    pub(crate) fn ask(&self, arguments: &[String], input: &str) -> Result<Vec<String>, FetchError> {
        let mut child = Command::new(&self.program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take();
        let output = std::thread::scope(|scope| {
            scope.spawn(move || {
                // A program that does not read its input to the end fails, and prints the reason.
                let _unread = stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes()));
            });
            child.wait_with_output()
        })?;
        if !output.status.success() {
            return Err(FetchError::Oracle {
                name: self.name,
                status: output.status,
            });
        }
        let text = String::from_utf8(output.stdout)
            .map_err(|_| FetchError::Answer(format!("{} did not print UTF-8", self.name)))?;
        Ok(text.lines().map(str::to_owned).collect())
    }
}
