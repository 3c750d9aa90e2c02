//! What a step hands on to others: packages and names as JSON, for webhooks too, and lines for the file that `GITHUB_OUTPUT` names.

use serde_json::{Value as Json, json};

use crate::text::redact::redact_message;

/// A chart that is in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedPackage {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The repository.
    pub repository: String,
    /// Hex SHA-256 by which it is fetched: of the manifest in a registry, of the archive elsewhere; empty where it is not known.
    pub digest: String,
}

/// Packages as JSON.
pub fn packages_json(packages: &[PublishedPackage]) -> Json {
    let packages = packages.iter().map(|package| {
        json!({
            "name": package.name,
            "version": package.version,
            "repository": redact_message(&package.repository),
            "digest": (!package.digest.is_empty()).then(|| format!("sha256:{}", package.digest)),
        })
    });
    Json::Array(packages.collect())
}

/// The same as text.
pub fn packages_list(packages: &[PublishedPackage]) -> String {
    packages_json(packages).to_string()
}

/// Names as a JSON list.
pub fn json_list(names: &[String]) -> String {
    json!(names).to_string()
}

/// Outputs as the file has them. A value that is not a number ends at a delimiter that nothing in it can know, so that no text of a chart
/// begins an output of its own.
pub fn github_outputs(outputs: &[(&str, String)], delimiter: &str) -> String {
    outputs
        .iter()
        .map(|(name, value)| {
            if value.bytes().all(|byte| byte.is_ascii_digit()) {
                format!("{name}={value}\n")
            } else {
                format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_at_the_delimiter_alone() {
        let forged = json_list(&["a\nerrors=0\nEOF".to_owned(), "b".to_owned()]);
        let outputs = [("errors", "3".to_owned()), ("changed-charts", forged)];
        assert_eq!(
            github_outputs(&outputs, "x123"),
            "errors=3\nchanged-charts<<x123\n[\"a\\nerrors=0\\nEOF\",\"b\"]\nx123\n"
        );
        let package = PublishedPackage {
            name: "web".to_owned(),
            version: "1.0.0".to_owned(),
            repository: "https://bob:hunter2@h/x".to_owned(),
            digest: "ab".to_owned(),
        };
        let list = packages_list(&[package]);
        assert!(
            list.contains("\"digest\":\"sha256:ab\"") && !list.contains("hunter2"),
            "{list}"
        );
    }
}
