//! The address of a chart in a registry, `oci://host:port/path/name:tag@sha256:…`, and versions as tags: a tag cannot have `+`,
//! which Helm writes as `_`.

use std::fmt;

use crate::text::redact::redact_url;

/// How addresses begin.
const SCHEME: &str = "oci://";
/// Most characters of a tag.
const TAG_LENGTH: usize = 128;

/// The address of a chart, or of a directory of charts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OciReference {
    /// The registry, with its port.
    pub host: String,
    /// The path in it; empty for a registry with charts at its top.
    pub repository: String,
    /// The tag, if it is given.
    pub tag: Option<String>,
    /// The digest of the manifest, `sha256:…`, if it is given.
    pub digest: Option<String>,
}

/// A text that is not the address of a chart in a registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the address of a chart in a registry: {reason}")]
pub struct ReferenceError {
    text: String,
    reason: &'static str,
}

impl OciReference {
    /// Reads an address.
    ///
    /// # Errors
    /// When a part of it is missing or has characters that it cannot have.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let error = |reason| ReferenceError {
            text: redact_url(text),
            reason,
        };
        let rest = text
            .strip_prefix(SCHEME)
            .ok_or_else(|| error("write oci://host/path/name"))?;
        let (rest, digest) = match rest.split_once('@') {
            Some((rest, digest)) if is_digest(digest) => (rest, Some(digest.to_owned())),
            Some((_, digest)) if digest.starts_with("sha256:") => {
                return Err(error("a digest is sha256: and 64 hexadecimal digits"));
            }
            Some(_) => {
                return Err(error(
                    "credentials come from `docker login`, `helm registry login` or --username",
                ));
            }
            None => (rest, None),
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let is_in_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        if host.is_empty() || !host.bytes().all(is_in_host) {
            return Err(error("the host is missing, or is not one"));
        }
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag_of(tag))),
            _ => (path, None),
        };
        let repository = repository.trim_end_matches('/');
        if !repository.is_empty() && !repository.split('/').all(is_component) {
            return Err(error(
                "a path has lower-case letters, digits, `.`, `_` and `-` between its slashes",
            ));
        }
        if tag.as_deref().is_some_and(|tag| !is_tag(tag)) {
            return Err(error("a tag has letters, digits, `.`, `_` and `-`"));
        }
        Ok(Self {
            host: host.to_owned(),
            repository: repository.to_owned(),
            tag,
            digest,
        })
    }

    /// The address of a chart by its name, below this one.
    ///
    /// # Errors
    /// When the name cannot be part of an address.
    pub fn join(&self, chart: &str) -> Result<Self, ReferenceError> {
        if chart.contains([':', '@']) {
            return Err(ReferenceError {
                text: format!("{SCHEME}{}/{}/{chart}", self.host, self.repository),
                reason: "the name of a chart has lower-case letters, digits, `.`, `_` and `-`",
            });
        }
        let path = if self.repository.is_empty() {
            chart.to_owned()
        } else {
            format!("{}/{chart}", self.repository)
        };
        Self::parse(&format!("{SCHEME}{}/{path}", self.host))
    }

    /// The chart, whatever its tag.
    #[must_use]
    pub fn without_tag(&self) -> Self {
        Self {
            tag: None,
            digest: None,
            ..self.clone()
        }
    }

    /// The host that requests are sent to: Docker Hub's has another name.
    pub fn server(&self) -> &str {
        server_of(&self.host)
    }
}

/// The host that requests for a registry are sent to.
pub(super) fn server_of(host: &str) -> &str {
    match host {
        "docker.io" | "index.docker.io" => "registry-1.docker.io",
        host => host,
    }
}

impl fmt::Display for OciReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.host, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// The tag of a version.
pub fn tag_of(version: &str) -> String {
    version.replace('+', "_")
}

/// The version of a tag.
pub fn version_of(tag: &str) -> String {
    tag.replace('_', "+")
}

/// The hexadecimal digits of a digest.
pub fn hex(digest: &str) -> String {
    digest.strip_prefix("sha256:").unwrap_or(digest).to_owned()
}

/// Whether a text is a digest that we can verify.
pub(super) fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|digits| {
        digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn is_component(part: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_allowed = |byte: u8| is_word(byte) || matches!(byte, b'.' | b'_' | b'-');
    let ends_with_word = |byte: Option<&u8>| byte.is_some_and(|&byte| is_word(byte));
    part.bytes().all(is_allowed)
        && ends_with_word(part.as_bytes().first())
        && ends_with_word(part.as_bytes().last())
        && !part.contains("..")
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= TAG_LENGTH
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (text, host, repository, tag, has_digest) in [
            (
                "oci://ghcr.io/team/charts/web",
                "ghcr.io",
                "team/charts/web",
                None,
                false,
            ),
            (
                "oci://localhost:5000/web:1.0.0",
                "localhost:5000",
                "web",
                Some("1.0.0"),
                false,
            ),
            ("oci://h/web:1.0.0+build.1", "h", "web", Some("1.0.0_build.1"), false),
            (&format!("oci://h/a/web@{digest}"), "h", "a/web", None, true),
            (
                &format!("oci://h/a/web:1.0.0@{digest}"),
                "h",
                "a/web",
                Some("1.0.0"),
                true,
            ),
            ("oci://[::1]:5000/web", "[::1]:5000", "web", None, false),
            ("oci://h/charts/", "h", "charts", None, false),
        ] {
            let read = OciReference::parse(text).unwrap();
            assert_eq!(
                (read.host.as_str(), read.repository.as_str()),
                (host, repository),
                "{text}"
            );
            assert_eq!(
                (read.tag.as_deref(), read.digest.is_some()),
                (tag, has_digest),
                "{text}"
            );
        }
        for (directory, want) in [
            ("oci://h/charts", "oci://h/charts/web"),
            ("oci://h/", "oci://h/web"),
            ("oci://h", "oci://h/web"),
        ] {
            let below = OciReference::parse(directory).unwrap().join("web").unwrap();
            assert_eq!(below.to_string(), want);
        }
        assert_eq!(
            OciReference::parse("oci://docker.io/a/b").unwrap().server(),
            "registry-1.docker.io"
        );
    }

    #[test]
    fn what_is_not_an_address_is_refused_without_secrets() {
        for text in [
            "https://h/web",
            "oci://",
            "oci:///web",
            "oci://h/Web",
            "oci://h/a/../b",
            "oci://h/a//b",
            "oci://h/web:a b",
            "oci://h/web@sha256:12",
            "oci://me:hunter2@h/web",
            "oci://h/web?token=hunter2",
            "oci://h/web:1.0.0/../x",
        ] {
            let error = OciReference::parse(text).unwrap_err().to_string();
            assert!(
                error.contains(" is not the address of a chart in a registry: "),
                "{error}"
            );
            assert!(!error.contains("hunter2"), "{error}");
        }
        assert!(OciReference::parse("oci://h/charts").unwrap().join("../web").is_err());
    }
}
