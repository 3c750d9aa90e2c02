//! Fetches Go modules with the `go` program.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Why a module's files could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// A file or program.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A constant of the library is not where it was.
    #[error("src/kubernetes/version.rs: {0} is not written as xtask/src/versions.rs reads it")]
    Constant(&'static str),
    /// A Go program of ours did not build, or failed.
    #[error("tests/oracles/{name}: {status}")]
    Oracle {
        name: &'static str,
        status: std::process::ExitStatus,
    },
    /// Its answer does not have the expected form.
    #[error("{0}")]
    Answer(String),
    /// A number on the command line.
    #[error("`{0}` is not a whole number")]
    Number(String),
    /// `go mod download` failed.
    #[error("go mod download {module}: {message}")]
    Download { module: String, message: String },
    /// Its output does not have the expected form.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

/// The directory with the files of a module, downloaded unless it was before.
///
/// # Errors
/// When `go` cannot be started, or fails.
pub(crate) fn directory(name: &str, version: &str) -> Result<PathBuf, FetchError> {
    let module = format!("{name}@{version}");
    let output = Command::new("go")
        .args(["mod", "download", "-json", &module])
        .output()?;
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    if let Some(directory) = answer.get("Dir").and_then(Value::as_str) {
        return Ok(PathBuf::from(directory));
    }
    let message = answer.get("Error").map_or_else(
        || String::from_utf8_lossy(&output.stderr).into_owned(),
        ToString::to_string,
    );
    Err(FetchError::Download { module, message })
}

/// Names of the directories in a directory, sorted.
pub(crate) fn directories(parent: &Path) -> Result<Vec<String>, FetchError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(parent)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
