//! Image references: `registry/name:tag@digest`. Follows the grammar of `github.com/distribution/reference`.

use std::fmt;

/// The parts of a reference. Nothing is filled in: a part that is not written is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReference {
    /// Registry and name, as written.
    pub repository: String,
    /// The text after the last `:`.
    pub tag: Option<String>,
    /// The text after `@`, such as `sha256:…`.
    pub digest: Option<String>,
}

/// A text that is not an image reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an image reference: {reason}")]
pub struct ReferenceError {
    text: String,
    reason: &'static str,
}

/// The registry of repositories that name none.
const DOCKER_HUB: &str = "docker.io";
/// Longest tag, in bytes.
const MAX_TAG: usize = 128;

impl ImageReference {
    /// Reads a reference.
    ///
    /// # Errors
    /// When the repository, the tag or the digest is not one.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let error = |reason| ReferenceError {
            text: text.to_owned(),
            reason,
        };
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        if digest.is_some_and(|digest| !is_digest(digest)) {
            return Err(error("what follows `@` is not a digest"));
        }
        let (repository, tag) = match rest.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (rest, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(error("a tag consists of at most 128 letters, digits, `_`, `.` and `-`"));
        }
        if !is_repository(repository) {
            return Err(error("a repository consists of lower-case names separated by `/`"));
        }
        Ok(Self {
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// The host of the registry that a repository is in, and its path there, by docker's rules: a first part with a dot or a colon, or
    /// `localhost`, is a registry; without one it is Docker Hub, where a name without a slash is below `library`.
    pub fn location(repository: &str) -> (String, String) {
        let (host, path) = match repository.split_once('/') {
            Some((first, path)) if Self::is_host(first) => (first, path),
            _ => (DOCKER_HUB, repository),
        };
        if !matches!(host, DOCKER_HUB | "index.docker.io" | "registry-1.docker.io") {
            return (host.to_owned(), path.to_owned());
        }
        let library = if path.contains('/') { "" } else { "library/" };
        (DOCKER_HUB.to_owned(), format!("{library}{path}"))
    }

    /// Whether the first part of a repository is a registry, by docker's rules.
    pub fn is_host(first: &str) -> bool {
        first.contains(['.', ':']) || first == "localhost"
    }

    /// Whether a text is a digest, such as `sha256:…`.
    pub fn is_digest(text: &str) -> bool {
        is_digest(text)
    }

    /// Whether a text is a repository: lower-case names between slashes, after a registry or without one.
    pub fn is_repository(text: &str) -> bool {
        is_repository(text)
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

fn is_tag(tag: &str) -> bool {
    tag.len() <= MAX_TAG
        && tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && tag
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

fn is_digest(digest: &str) -> bool {
    digest.split_once(':').is_some_and(|(algorithm, hex)| {
        let is_word = |word: &str| word.starts_with(|c: char| c.is_ascii_alphabetic());
        algorithm.split(['-', '_', '+', '.']).all(is_word)
            && algorithm
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '.'))
            && hex.len() >= 32
            && hex.chars().all(|c| c.is_ascii_hexdigit())
    })
}

fn is_repository(repository: &str) -> bool {
    let mut components = repository.split('/').peekable();
    let Some(first) = components.next() else { return false };
    let is_registry = |text: &str| {
        let (host, port) = text.rsplit_once(':').unwrap_or((text, "0"));
        !host.is_empty()
            && host
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '[' | ']' | ':'))
            && port.chars().all(|c| c.is_ascii_digit())
    };
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && text.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-'))
    };
    let first_fits = if components.peek().is_some() {
        is_registry(first) || is_name(first)
    } else {
        is_name(first)
    };
    first_fits && components.all(is_name)
}

/// Whether two repositories are the same one: `nginx`, `library/nginx` and `docker.io/library/nginx` are.
pub fn same_repository(a: &str, b: &str) -> bool {
    ImageReference::location(a) == ImageReference::location(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_split_and_printed() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (text, repository, tag) in [
            ("nginx", "nginx", None),
            ("nginx:1.25", "nginx", Some("1.25")),
            ("localhost:5000/a/b:v1", "localhost:5000/a/b", Some("v1")),
            ("localhost:5000/a/b", "localhost:5000/a/b", None),
            (&format!("ghcr.io/x/y:1@{digest}"), "ghcr.io/x/y", Some("1")),
        ] {
            let reference = ImageReference::parse(text).unwrap();
            assert_eq!(
                (reference.repository.as_str(), reference.tag.as_deref()),
                (repository, tag)
            );
            assert_eq!(reference.to_string(), text);
        }
        for text in ["", "a/B:1", "a:b c", "a@sha256:x", "a//b", "-a", "a:"] {
            assert!(ImageReference::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn docker_hub_has_many_names() {
        assert!(same_repository("nginx", "docker.io/library/nginx"));
        assert!(same_repository("bitnami/redis", "index.docker.io/bitnami/redis"));
        assert!(!same_repository("quay.io/a/nginx", "nginx"));
    }

    #[test]
    fn each_part_of_a_reference_has_its_own_letters() {
        let tag = |length: usize| format!("a:{}", "t".repeat(length));
        let digest = |length: usize| format!("a@sha256:{}", "f".repeat(length));
        let [longest, too_long] = [tag(128), tag(129)];
        let [shortest, too_short] = [digest(32), digest(31)];
        for (text, is_reference) in [
            (longest.as_str(), true),
            (&too_long, false),
            (&shortest, true),
            (&too_short, false),
            ("a:_x.Y-1", true),
            ("a:.x", false),
            ("a:-x", false),
            ("a:x+1", false),
            ("a@:0123456789abcdef0123456789abcdef", false),
            ("a@sha256:0123456789abcdef0123456789abcdeg", false),
            ("1a/b_c.d-e9", true),
            ("a/-b", false),
            ("a/b-", false),
            ("a/b_", false),
            ("a/B", false),
            ("Registry.example/a", true),
            ("Registry.example", false),
            ("host:50a0/a", false),
            (":5000/a", false),
            ("[::1]:5000/a", true),
            ("ho_st.example/a", true),
            ("ho st/a", false),
            ("HO_ST/a", false),
        ] {
            assert_eq!(ImageReference::parse(text).is_ok(), is_reference, "{text}");
        }
    }

    #[test]
    fn what_may_be_left_out_of_a_repository_is_known() {
        for (a, b, want) in [
            ("library/nginx", "nginx", true),
            ("registry-1.docker.io/library/nginx", "docker.io/nginx", true),
            ("docker.io/acme/nginx", "acme/nginx", true),
            ("ghcr.io/library/nginx", "nginx", false),
            ("acme/nginx", "nginx", false),
        ] {
            assert_eq!(same_repository(a, b), want, "{a} {b}");
        }
    }
}
