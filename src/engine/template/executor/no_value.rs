//! Helm removes `<no value>`, Go's text for a missing value, from rendered files.

/// Go's text for a missing value.
pub(super) const NO_VALUE: &[u8] = b"<no value>";

/// `strings.ReplaceAll(text, "<no value>", "")`, and where each one was; nothing when there is none.
pub(super) fn without_no_value(text: &[u8]) -> Option<(Vec<u8>, Vec<usize>)> {
    let removed: Vec<usize> = memchr::memmem::find_iter(text, NO_VALUE).collect();
    if removed.is_empty() {
        return None;
    }
    let mut kept = Vec::with_capacity(text.len());
    let mut from = 0;
    for &at in &removed {
        kept.extend_from_slice(text.get(from..at).unwrap_or_default());
        from = at + NO_VALUE.len();
    }
    kept.extend_from_slice(text.get(from..).unwrap_or_default());
    Some((kept, removed))
}

#[cfg(test)]
mod tests {
    use super::without_no_value;

    #[test]
    fn every_missing_value_is_removed_once() {
        for (text, expected) in [
            ("a<no value>b<no value>", Some(("ab", vec![1, 12]))),
            ("<no <no value>value>", Some(("<no value>", vec![4]))),
            ("<no value", None),
        ] {
            let expected = expected.map(|(kept, removed)| (kept.as_bytes().to_vec(), removed));
            assert_eq!(without_no_value(text.as_bytes()), expected);
        }
    }
}
