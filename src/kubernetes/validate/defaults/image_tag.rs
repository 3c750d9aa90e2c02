//! The policy for pulling an image that its reference implies (`ParseImageName` of `pkg/util/parsers`).

/// `Always` for the tag `latest` or neither tag nor digest, otherwise, and for what is not a reference, `IfNotPresent`.
pub(super) fn pull_policy(image: &str) -> &'static str {
    if is_latest(image) { "Always" } else { "IfNotPresent" }
}

fn is_latest(image: &str) -> bool {
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    let path_start = name.rfind('/').map_or(0, |slash| slash + 1);
    let (path, tag) = match name.get(path_start..).and_then(|last| last.split_once(':')) {
        Some((last, tag)) => (name.get(..path_start + last.len()).unwrap_or_default(), Some(tag)),
        None => (name, None),
    };
    is_name(path) && (tag == Some("latest") || (tag.is_none() && digest.is_none()))
}

/// Whether a name without tag and digest has the syntax of one.
fn is_name(name: &str) -> bool {
    let mut parts = name.split('/');
    let is_host = |part: &str| {
        part.contains(['.', ':']) || part == "localhost" || part.bytes().any(|byte| byte.is_ascii_uppercase())
    };
    let is_part = |part: &str| {
        let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let (first, last) = (part.bytes().next(), part.bytes().last());
        first.is_some_and(is_known)
            && last.is_some_and(is_known)
            && part
                .bytes()
                .all(|byte| is_known(byte) || matches!(byte, b'.' | b'_' | b'-'))
    };
    if name.split_once('/').is_some_and(|(first, _)| is_host(first)) {
        parts.next();
    }
    parts.all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_always_pulled_if_its_tag_is_latest() {
        for image in [
            "nginx",
            "nginx:latest",
            "Registry.example.com:5000/a/b",
            "localhost/a:latest",
            "a:latest@sha256:00",
        ] {
            assert_eq!(pull_policy(image), "Always", "{image}");
        }
        for image in [
            "nginx:1",
            "host:5000/a:1",
            "a@sha256:00",
            "",
            ":latest",
            "Nginx",
            "a/B:latest",
            "a b",
        ] {
            assert_eq!(pull_policy(image), "IfNotPresent", "{image}");
        }
    }
}
