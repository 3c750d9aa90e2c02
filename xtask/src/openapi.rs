//! A Kubernetes release's OpenAPI document, from its Go module.

use serde_json::Value;

use crate::module::{self, FetchError};

/// The swagger document of Kubernetes 1.`minor`.0.
pub(crate) fn fetch(minor: u8) -> Result<Value, FetchError> {
    let directory = module::directory("k8s.io/kubernetes", &format!("v1.{minor}.0"))?;
    let text = std::fs::read(directory.join("api/openapi-spec/swagger.json"))?;
    Ok(serde_json::from_slice(&text)?)
}
