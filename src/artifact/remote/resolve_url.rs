//! The address of an archive from the address of its repository and what the index says: Helm's `ResolveReferenceURL`, and
//! Artifactory's `local://`.

use crate::artifact::network::Url;
use crate::engine::chart::is_file_name;

/// How Artifactory's own index refers to the archives of the same repository. It rewrites the references for clients that ask its API, and a
/// proxy or a copy of the index may have them as they are; Helm cannot read them.
const OF_ARTIFACTORY: &str = "local://";

/// An address that is absolute as it is; any other is below the repository's, whose query it gets: that of a signed address
/// opens all of its objects.
///
/// # Errors
/// When the reference is not an address.
pub(super) fn resolve(repository: &Url, reference: &str) -> Result<Url, String> {
    let reference = match reference.strip_prefix(OF_ARTIFACTORY) {
        Some(own) => own.trim_start_matches('/'),
        None => reference,
    };
    // Other errors than that it is relative are those of `join` as well.
    if let Ok(url) = Url::parse(reference) {
        return Ok(url);
    }
    let mut base = repository.clone();
    let directory = format!("{}/", base.path().strip_suffix('/').unwrap_or(base.path()));
    base.set_path(&directory);
    let mut url = base.join(reference).map_err(|error| error.to_string())?;
    url.set_query(repository.query());
    Ok(url)
}

/// The name of the file at an address, as Helm names what it downloads: the last part of its path; `None` where that is not a
/// plain name.
pub(super) fn file_name(url: &Url) -> Option<String> {
    last_name(url.path())
}

/// The name of the file at a path, some of whose characters may be escaped.
pub(super) fn last_name(path: &str) -> Option<String> {
    let decoded = percent_decoded(path);
    let name = decoded.trim_end_matches('/').rsplit(['/', '\\']).next()?;
    is_file_name(name).then(|| name.to_owned())
}

/// A path with its `%41` as characters.
pub fn percent_decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| byte == b'%');
        let value = escaped
            .and_then(|digits| str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(value) = value {
            bytes.push(value);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected addresses are those of Helm's own test.
    #[test]
    fn addresses_are_resolved_as_helm_resolves_them() {
        for (repository, reference, want) in [
            (
                "http://localhost:8123/charts/",
                "nginx-0.2.0.tgz",
                "http://localhost:8123/charts/nginx-0.2.0.tgz",
            ),
            (
                "http://localhost:8123/charts",
                "nginx-0.2.0.tgz",
                "http://localhost:8123/charts/nginx-0.2.0.tgz",
            ),
            (
                "http://localhost:8123/charts",
                "/nginx-0.2.0.tgz",
                "http://localhost:8123/nginx-0.2.0.tgz",
            ),
            (
                "http://localhost:8123",
                "https://c.io/nginx-0.2.0.tgz",
                "https://c.io/nginx-0.2.0.tgz",
            ),
            (
                "http://localhost:8123/charts?with=queryparameter",
                "nginx.tgz",
                "http://localhost:8123/charts/nginx.tgz?with=queryparameter",
            ),
            (
                "http://localhost:8123/charts?a=b",
                "nginx.tgz?c=d",
                "http://localhost:8123/charts/nginx.tgz?a=b",
            ),
            ("https://h/a/b", "local://c.tgz", "https://h/a/b/c.tgz"),
            ("https://h/a/b?x=y", "local:///sub/c.tgz", "https://h/a/b/sub/c.tgz?x=y"),
            (
                "https://h/a/b",
                "local:////evil.example.com/c.tgz",
                "https://h/a/b/evil.example.com/c.tgz",
            ),
            ("https://h/a/b", "../c.tgz", "https://h/a/c.tgz"),
            ("https://h", "//other/c.tgz", "https://other/c.tgz"),
            ("https://h", "file:///etc/passwd", "file:///etc/passwd"),
            (
                "https://h",
                "oci://r.io/charts/web:1.0.0",
                "oci://r.io/charts/web:1.0.0",
            ),
        ] {
            let resolved = resolve(&Url::parse(repository).unwrap(), reference).unwrap();
            assert_eq!(resolved.as_str(), want, "{repository} {reference}");
        }
        assert!(resolve(&Url::parse("https://h").unwrap(), "https://[").is_err());
    }

    #[test]
    fn names_of_files_are_plain() {
        for (url, want) in [
            ("https://h/a/web-1.0.0.tgz?x=y", Some("web-1.0.0.tgz")),
            ("https://h/web-1.0.0%2Bb.tgz", Some("web-1.0.0+b.tgz")),
            ("https://h/a%2F..%2F..%2Fevil.tgz", Some("evil.tgz")),
            ("https://h/a%5Cevil.tgz", Some("evil.tgz")),
            ("https://h/a/%2e%2e%2f", None),
            ("https://h/", None),
            ("https://h/x%0a.tgz", None),
            ("https://h/C:x", None),
            ("https://h/100%.tgz", Some("100%.tgz")),
        ] {
            assert_eq!(file_name(&Url::parse(url).unwrap()).as_deref(), want, "{url}");
        }
    }
}
