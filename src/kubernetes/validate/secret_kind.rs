//! Documents that may be a Secret, or have one in them, by a look at their bytes.
//!
//! In: a document that need not be YAML. Out: whether the kind is written in it. Guessing wrong for one that mentions it costs time only.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// Whether the word `Secret` occurs where it may be the whole of a value. Descriptions mention Secrets within sentences.
pub(super) fn names_secret_kind(document: &[u8]) -> bool {
    const KIND: &[u8] = b"Secret";
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(KIND));
    FINDER.find_iter(document).any(|at| {
        let before = document.get(..at).unwrap_or_default();
        let after = document.get(at + KIND.len()..).unwrap_or_default();
        may_begin_value(before) && may_follow_value(after)
    })
}

/// Whether a value may begin after this: at a line's start, after an indicator or quotation mark, or a tag or anchor.
fn may_begin_value(before: &[u8]) -> bool {
    let line_start = memchr::memrchr2(b'\n', b'\r', before).map_or(0, |at| at + 1);
    let line = before.get(line_start..).unwrap_or_default().trim_ascii_end();
    let word_start = memchr::memrchr2(b' ', b'\t', line).map_or(0, |at| at + 1);
    let is_property = matches!(line.get(word_start), Some(b'!' | b'&'));
    is_property
        || matches!(
            line.last(),
            None | Some(b':' | b'-' | b'?' | b',' | b'{' | b'[' | b'"' | b'\'')
        )
}

/// Whether a value may end before this.
fn may_follow_value(after: &[u8]) -> bool {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let next = after.iter().find(|byte| !is_blank(byte));
    matches!(
        next,
        None | Some(b'\n' | b'\r' | b'"' | b'\'' | b',' | b'}' | b']' | b'#')
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_distinguished_from_mentions() {
        for (text, is_kind) in [
            ("kind: Secret", true),
            ("kind: Secret # sealed\n", true),
            ("kind:   \"Secret\"\r\n", true),
            ("{\"kind\":\"Secret\",\"data\":{}}", true),
            ("{data: {}, kind: Secret}", true),
            ("kind: !!str Secret\n", true),
            ("kind: &kind Secret\n", true),
            ("kind:\n  Secret\n", true),
            ("kind: >-\n  Secret", true),
            ("- Secret\n", true),
            ("kind: SecretStore\n", false),
            ("kind: SealedSecret\n", false),
            ("description: the name of a Secret in the namespace\n", false),
            ("description: the Secret\n", false),
            ("description: >-\n  Secret names are listed", false),
        ] {
            assert_eq!(names_secret_kind(text.as_bytes()), is_kind, "{text}");
        }
    }
}
