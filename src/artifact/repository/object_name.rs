//! The object that an entry of an index refers to: a URL in, a name in the same store out.

/// The name of the object at a URL that is relative to the index; `None` for one that is elsewhere, or leaves the repository.
pub(super) fn object_name(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    if path.starts_with('/') || path.contains("://") || path.contains('\\') {
        return None;
    }
    let mut parts = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        let part = decoded(part)?;
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
    use super::*;

    #[test]
    fn urls_below_the_index_are_names_of_objects() {
        for (url, want) in [
            ("a-1.0.0.tgz", Some("a-1.0.0.tgz")),
            ("./charts//a-1.0.0%2Bx.tgz?x=y", Some("charts/a-1.0.0+x.tgz")),
            ("https://host/a.tgz", None),
            ("s3://bucket/a.tgz", None),
            ("/a.tgz", None),
            ("../a.tgz", None),
            ("x/%2e%2e/a.tgz", None),
            ("a%2Fb.tgz", None),
            ("a%zz.tgz", None),
            (".hidden", None),
            ("", None),
        ] {
            assert_eq!(object_name(url).as_deref(), want, "{url}");
        }
    }
}
