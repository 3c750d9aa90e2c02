//! Fetches a Kubernetes release's OpenAPI document from its Go module, by the `go` program.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// A file or program.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// `go mod download` failed.
    #[error("go mod download k8s.io/kubernetes@{version}: {message}")]
    Download { version: String, message: String },
    /// What came back is not what was expected.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

/// The swagger document of Kubernetes 1.`minor`.0.
pub(crate) fn fetch(minor: u8) -> Result<Value, FetchError> {
    let version = format!("v1.{minor}.0");
    let output = Command::new("go")
        .args(["mod", "download", "-json", &format!("k8s.io/kubernetes@{version}")])
        .output()?;
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let Some(directory) = answer.get("Dir").and_then(Value::as_str) else {
        let message = answer.get("Error").map_or_else(
            || String::from_utf8_lossy(&output.stderr).into_owned(),
            ToString::to_string,
        );
        return Err(FetchError::Download { version, message });
    };
    let text = std::fs::read(Path::new(directory).join("api/openapi-spec/swagger.json"))?;
    Ok(serde_json::from_slice(&text)?)
}
