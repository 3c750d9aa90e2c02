//! Several YAML documents in one text, as the line reader of Kubernetes splits them: values files and what `helm lint`
//! reads go through it. Follows `YAMLReader` of `k8s.io/apimachinery/pkg/util/yaml`.

use std::borrow::Cow;

/// A line of dashes followed by something other than a comment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid Yaml document separator: {rest}")]
pub(crate) struct SeparatorError {
    /// The text after the dashes.
    rest: String,
    /// Byte offset of the line.
    pub(crate) offset: usize,
}

/// A document and its byte offset in the text.
type PlacedDocument<'t> = (usize, &'t [u8]);

/// Splits at lines that begin with `---`: documents with their offsets. Such a line belongs to a document that begins
/// with it, so that errors count it, and only a comment may follow on it. If anything else follows, reading ends there,
/// and the document before it is lost.
pub(crate) fn split_documents(text: &[u8]) -> (Vec<PlacedDocument<'_>>, Result<(), SeparatorError>) {
    let mut documents = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(ahead) = text.get(at..).filter(|ahead| !ahead.is_empty()) {
        let length = memchr::memchr(b'\n', ahead).map_or(ahead.len(), |end| end + 1);
        let line = ahead.get(..length).unwrap_or_default();
        if let Some(rest) = line.strip_prefix(b"---") {
            let rest = rest.trim_ascii();
            if !rest.is_empty() && !rest.starts_with(b"#") {
                let rest = String::from_utf8_lossy(rest).into_owned();
                return (documents, Err(SeparatorError { rest, offset: at }));
            }
            if at > start {
                documents.push((start, text.get(start..at).unwrap_or_default()));
                start = at + line.len();
            }
        }
        at += line.len();
    }
    if at > start {
        documents.push((start, text.get(start..at).unwrap_or_default()));
    }
    (documents, Ok(()))
}

/// A document as the line reader of Kubernetes passes it on: every line ends in a line feed, the last too.
pub(crate) fn with_line_ends(document: &[u8]) -> Cow<'_, [u8]> {
    let is_whole = document.is_empty() || document.ends_with(b"\n");
    if is_whole && memchr::memmem::find(document, b"\r\n").is_none() {
        return Cow::Borrowed(document);
    }
    let mut lines = Vec::with_capacity(document.len() + 1);
    for line in document.split_inclusive(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        lines.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        lines.push(b'\n');
    }
    Cow::Owned(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_split_as_kubernetes_splits_them() {
        for (text, offsets, error) in [
            ("a: 1\n---\nb: 2\n", vec![(0, 5), (9, 5)], None),
            ("---\na: 1\n--- # b\nb: 2", vec![(0, 9), (17, 4)], None),
            ("---\n---\na: 1\n", vec![(0, 4), (8, 5)], None),
            (
                "a: 1\n---b: 2\n",
                vec![],
                Some((5, "invalid Yaml document separator: b: 2")),
            ),
            (
                "a: 1\n---\nb: 2\n----\n",
                vec![(0, 5)],
                Some((14, "invalid Yaml document separator: -")),
            ),
            ("", vec![], None),
        ] {
            let (documents, end) = split_documents(text.as_bytes());
            let documents: Vec<(usize, usize)> = documents.iter().map(|(at, text)| (*at, text.len())).collect();
            assert_eq!(documents, offsets, "{text:?}");
            let found = end.err().map(|found| (found.offset, found.to_string()));
            assert_eq!(found, error.map(|(at, text)| (at, text.to_owned())), "{text:?}");
        }
    }

    #[test]
    fn every_line_ends_in_a_line_feed() {
        for (text, want) in [
            ("a: 1\n", "a: 1\n"),
            ("a: 1", "a: 1\n"),
            ("a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"),
            ("", ""),
        ] {
            assert_eq!(with_line_ends(text.as_bytes()), want.as_bytes(), "{text:?}");
        }
    }
}
