//! Splitting a rendered file into documents as Helm does, by text alone: at every line that begins with `---`, whatever
//! follows (`pkg/release/v1/util/manifest.go`).
//!
//! Documents are split in three places, each following a different Go program: here, as Helm does it when it sorts
//! rendered files; in `chart::document_stream`, as the line reader of Kubernetes does, through which Helm reads values
//! files and its lint reads rendered files; in `kubernetes::validate::split`, as kubeconform does.

use crate::engine::chart::Compat;

/// One document of a file: where it starts in the file's text, and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SplitDocument<'t> {
    /// Byte offset in the file.
    pub offset: usize,
    /// The document without leading white space; Helm 4 keeps trailing white space, Helm 3 does not.
    pub text: &'t [u8],
}

/// The documents of `text` that contain more than white space.
pub fn split_manifests(text: &[u8], compat: Compat) -> Vec<SplitDocument<'_>> {
    match compat {
        Compat::Helm4 => split_keeping_ends(text),
        Compat::Helm3 => split_trimming(text),
    }
}

/// Helm 3 splits at `(?:^|\\s*\\n)---\\s*` and trims the documents.
fn split_trimming(text: &[u8]) -> Vec<SplitDocument<'_>> {
    let is_space = |byte: &u8| matches!(byte, b'\t' | b'\n' | 0x0C | b'\r' | b' ');
    let start = text.len() - trim_start(text).len();
    let end = start + trim(text).len();
    let mut documents = Vec::new();
    let mut from = start;
    let mut add = |from: usize, to: usize| {
        let document = text.get(from..to).unwrap_or_default();
        let offset = from + (document.len() - trim_start(document).len());
        if !document.is_empty() {
            let text = trim(document);
            documents.push(SplitDocument { offset, text });
        }
    };
    let body = text.get(..end).unwrap_or_default();
    for at in memchr::memmem::find_iter(body, b"---") {
        // The line break must not belong to the separator before.
        let breaks_line = at > from && body.get(at - 1) == Some(&b'\n');
        if at != start && !breaks_line || at < from {
            continue;
        }
        let before = body.get(from..at).unwrap_or_default();
        add(from, from + before.trim_ascii_end().len());
        let behind = body.get(at + 3..).unwrap_or_default();
        from = at + 3 + behind.iter().take_while(|byte| is_space(byte)).count();
    }
    add(from, end);
    documents
}

/// Helm 4 splits at `(?m)^---[ \t]*`.
fn split_keeping_ends(text: &[u8]) -> Vec<SplitDocument<'_>> {
    let mut documents = Vec::new();
    let mut from = text.len() - trim_start(text).len();
    let start = from;
    loop {
        let (end, next) = next_separator(text, start, from).unwrap_or((text.len(), text.len()));
        let document = text.get(from..end).unwrap_or_default();
        let trimmed = trim_start(document);
        if !trimmed.is_empty() {
            documents.push(SplitDocument {
                offset: end - trimmed.len(),
                text: trimmed,
            });
        }
        if end == text.len() {
            return documents;
        }
        from = next;
    }
}

/// Where the next separator begins and ends. Dashes that follow a separator on its line do not begin the line, so they
/// stay: `------` is a separator and `---`.
fn next_separator(text: &[u8], start: usize, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    let at = memchr::memmem::find_iter(rest, b"---")
        .map(|at| from + at)
        .find(|&at| at == start || at.checked_sub(1).is_some_and(|before| text.get(before) == Some(&b'\n')))?;
    let after = text.get(at + 3..).unwrap_or_default();
    let blanks = after.iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
    Some((at, at + 3 + blanks))
}

/// Go's `strings.TrimLeftFunc(unicode.IsSpace)`.
pub fn trim_start(text: &[u8]) -> &[u8] {
    let mut rest = text;
    loop {
        let trimmed = rest.trim_ascii_start();
        let trimmed = match trimmed.first() {
            Some(0x0B) => trimmed.get(1..).unwrap_or_default(),
            Some(0x80..) => skip_wide_space(trimmed),
            _ => trimmed,
        };
        if trimmed.len() == rest.len() {
            return trimmed;
        }
        rest = trimmed;
    }
}

fn skip_wide_space(text: &[u8]) -> &[u8] {
    let first = text.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    match first {
        Some(c) if c.is_whitespace() => text.get(c.len_utf8()..).unwrap_or_default(),
        _ => text,
    }
}

/// Go's `strings.TrimSpace`.
pub fn trim(text: &[u8]) -> &[u8] {
    let mut rest = trim_start(text);
    loop {
        let trimmed = rest.trim_ascii_end();
        let trimmed = trimmed.strip_suffix(b"\x0B").unwrap_or(trimmed);
        let trimmed = match trimmed.last() {
            Some(0x80..) => strip_wide_space(trimmed),
            _ => trimmed,
        };
        if trimmed.len() == rest.len() {
            return trimmed;
        }
        rest = trimmed;
    }
}

fn strip_wide_space(text: &[u8]) -> &[u8] {
    for length in 2..=3 {
        let Some(start) = text.len().checked_sub(length) else {
            break;
        };
        let tail = text.get(start..).and_then(|tail| std::str::from_utf8(tail).ok());
        if tail.is_some_and(|tail| tail.chars().all(char::is_whitespace)) {
            return text.get(..start).unwrap_or_default();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<(usize, String)> {
        texts_as(text, Compat::Helm4)
    }

    fn texts_as(text: &str, compat: Compat) -> Vec<(usize, String)> {
        split_manifests(text.as_bytes(), compat)
            .into_iter()
            .map(|document| (document.offset, String::from_utf8(document.text.to_vec()).unwrap()))
            .collect()
    }

    #[test]
    fn documents_are_split_at_lines_that_begin_with_dashes() {
        assert_eq!(texts("a: 1\n---\nb: 2\n"), [(0, "a: 1\n".into()), (9, "b: 2\n".into())]);
        assert_eq!(texts("\n--- \t\na: 1\n---\n\n---\n"), [(7, "a: 1\n".into())]);
        assert_eq!(texts("a: 1\n---x: 2\n"), [(0, "a: 1\n".into()), (8, "x: 2\n".into())]);
        assert_eq!(texts("a: x---y\n"), [(0, "a: x---y\n".into())]);
        assert_eq!(texts(" \n\t"), []);
    }

    #[test]
    fn helm_3_trims_documents() {
        let texts = |text: &str| texts_as(text, Compat::Helm3);
        assert_eq!(
            texts("a: 1\n\n---\n\nb: 2\n\n"),
            [(0, "a: 1".into()), (11, "b: 2".into())]
        );
        assert_eq!(texts("\n---\n---\na: 1"), [(5, "---\na: 1".into())]);
        assert_eq!(texts("---\n# c\n---x: 2\n"), [(4, "# c".into()), (11, "x: 2".into())]);
        assert_eq!(texts("a: x---y\n ---\n"), [(0, "a: x---y\n ---".into())]);
    }

    /// The documents of Helm 4.3 and Helm 3.22 for `a: 1`, a separator and `b: 2`.
    #[test]
    fn separators_are_helms() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("----\n", &["a: 1\n", "-\nb: 2\n"], &["a: 1", "-\nb: 2"]),
            ("-----\n", &["a: 1\n", "--\nb: 2\n"], &["a: 1", "--\nb: 2"]),
            ("------\n", &["a: 1\n", "---\nb: 2\n"], &["a: 1", "---\nb: 2"]),
            ("---------\n", &["a: 1\n", "------\nb: 2\n"], &["a: 1", "------\nb: 2"]),
            (
                "------------------------\n",
                &["a: 1\n", "---------------------\nb: 2\n"],
                &["a: 1", "---------------------\nb: 2"],
            ),
            ("---   \n", &["a: 1\n", "b: 2\n"], &["a: 1", "b: 2"]),
            ("---\t \n", &["a: 1\n", "b: 2\n"], &["a: 1", "b: 2"]),
            ("--- ---\n", &["a: 1\n", "---\nb: 2\n"], &["a: 1", "---\nb: 2"]),
            ("---\r\n", &["a: 1\n", "b: 2\n"], &["a: 1", "b: 2"]),
            ("------\r\n", &["a: 1\n", "---\r\nb: 2\n"], &["a: 1", "---\r\nb: 2"]),
            ("---# c\n", &["a: 1\n", "# c\nb: 2\n"], &["a: 1", "# c\nb: 2"]),
            ("--- # c\n", &["a: 1\n", "# c\nb: 2\n"], &["a: 1", "# c\nb: 2"]),
            ("---\n---\n", &["a: 1\n", "b: 2\n"], &["a: 1", "---\nb: 2"]),
            ("---\n\n---\n---\n", &["a: 1\n", "b: 2\n"], &["a: 1", "---", "b: 2"]),
            (
                "------ ---\n",
                &["a: 1\n", "--- ---\nb: 2\n"],
                &["a: 1", "--- ---\nb: 2"],
            ),
            ("---x: 1\n", &["a: 1\n", "x: 1\nb: 2\n"], &["a: 1", "x: 1\nb: 2"]),
            ("---\n------\n", &["a: 1\n", "---\nb: 2\n"], &["a: 1", "------\nb: 2"]),
            ("--- |\n", &["a: 1\n", "|\nb: 2\n"], &["a: 1", "|\nb: 2"]),
            (" ---\n", &["a: 1\n ---\nb: 2\n"], &["a: 1\n ---\nb: 2"]),
            ("---\u{a0}\n", &["a: 1\n", "b: 2\n"], &["a: 1", "b: 2"]),
            ("--\n", &["a: 1\n--\nb: 2\n"], &["a: 1\n--\nb: 2"]),
        ];
        for (separator, helm4, helm3) in cases {
            let text = format!("a: 1\n{separator}b: 2\n");
            for (compat, expected) in [(Compat::Helm4, helm4), (Compat::Helm3, helm3)] {
                let documents = texts_as(&text, compat);
                for (offset, document) in &documents {
                    let tail = text.get(*offset..).unwrap_or_default();
                    assert!(tail.starts_with(document), "{separator:?}");
                }
                let documents: Vec<&str> = documents.iter().map(|(_, document)| document.as_str()).collect();
                assert_eq!(documents, *expected, "{compat:?} {separator:?}");
            }
        }
    }

    #[test]
    fn white_space_is_unicodes() {
        assert_eq!(trim("\u{a0}\u{2003} x \u{85}\u{b}".as_bytes()), b"x");
        assert_eq!(trim(b"\xFFx\xFF"), b"\xFFx\xFF");
    }
}
