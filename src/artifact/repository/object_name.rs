//! The object that an entry of an index refers to: a URL in, names in the same store out; and the URL of an object.
//!
//! What we write is percent-encoded, so that every client reads it back: Helm resolves it as a URL. `+` stays as it is, as in what Helm
//! writes: `helm dependency` of Helm 3 encodes a URL again. In S3, which takes `+` for a space, it is encoded all the same. `helm repo
//! index` encodes nothing, so the text as it is written is the second name.

use crate::artifact::credential::percent_encoded;

/// The URL of an object, relative to the index.
pub fn object_url(name: &str) -> String {
    percent_encoded(name, true).replace(PLUS, "+")
}

/// The same for a server that takes `+` for a space.
pub(super) fn without_plus(url: &str) -> String {
    url.replace('+', PLUS)
}

/// An encoded `+`.
const PLUS: &str = "%2B";

/// The names that the object at a URL relative to the index may have, the one by the rules of URLs first; none for one that is
/// elsewhere, or leaves the repository.
pub fn object_names(url: &str) -> Vec<String> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let mut names = Vec::from_iter(name_of(path, decoded));
    // What leaves the repository by the rules of URLs is not a name either.
    let is_inside = |part: &str| decoded(part).is_none_or(|part| !part.split(['/', '\\']).any(|step| step == ".."));
    let written = name_of(url, |part| is_inside(part).then(|| part.to_owned()));
    names.extend(written.filter(|written| names.first() != Some(written)));
    names
}

/// The name at a path, each of whose parts is read by `read`.
fn name_of(path: &str, read: impl Fn(&str) -> Option<String>) -> Option<String> {
    if path.starts_with('/') || path.contains("://") || path.contains('\\') {
        return None;
    }
    let mut parts = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        let part = read(part)?;
        if part.starts_with('.') || part.contains(['/', '\\']) {
            return None;
        }
        parts.push(part);
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// A percent sign with two digits is the byte that it stands for.
fn decoded(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| {
            char::from(byte?)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        };
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(high << 4 | low);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls_below_the_index_are_names_of_objects() {
        for (url, want) in [
            ("a-1.0.0.tgz", &["a-1.0.0.tgz"][..]),
            (
                "./charts//a-1.0.0%2Bx.tgz?x=y",
                &["charts/a-1.0.0+x.tgz", "charts/a-1.0.0%2Bx.tgz?x=y"],
            ),
            // As `helm repo index` writes the charts `a#b`, `%41` and `a%2fb`.
            ("a#b-1.0.0.tgz", &["a", "a#b-1.0.0.tgz"]),
            ("%41-1.0.0.tgz", &["A-1.0.0.tgz", "%41-1.0.0.tgz"]),
            ("a%2fb-1.0.0.tgz", &["a%2fb-1.0.0.tgz"]),
            ("a%zz.tgz", &["a%zz.tgz"]),
            ("https://host/a.tgz", &[]),
            ("s3://bucket/a.tgz", &[]),
            ("/a.tgz", &[]),
            ("../a.tgz", &[]),
            ("x/%2e%2e/a.tgz", &[]),
            ("x%2F..%2Fa.tgz", &[]),
            ("x%5C..%5Ca.tgz", &[]),
            ("a\\b.tgz", &[]),
            (".hidden", &[]),
            ("", &[]),
        ] {
            assert_eq!(object_names(url), want, "{url}");
        }
    }

    proptest! {
        #[test]
        fn the_url_of_an_object_is_read_back(name in "[a-zA-Z%][a-zA-Z0-9%+#?&:;@~ é.-]{0,12}(/x[%+. -]{0,3})?") {
            let (usual, in_s3) = (object_url(&name), without_plus(&object_url(&name)));
            for (url, others) in [(usual, &b"-._~%/+"[..]), (in_s3, b"-._~%/")] {
                let names = object_names(&url);
                prop_assert_eq!(names.first(), Some(&name), "{}", url);
                prop_assert!(url.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte)), "{}", url);
            }
        }
    }
}
