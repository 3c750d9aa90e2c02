//! Divides a stream into documents by its text, so that a broken document does not hide the others.

/// The documents of a stream: offset and text. A separator is a line of `---`, alone or followed by white space.
pub(super) fn split_documents(text: &[u8]) -> Vec<(usize, &[u8])> {
    let mut documents = Vec::new();
    each_document(text, |start, document| documents.push((start, document)));
    documents
}

/// How many documents a text consists of, empty ones included.
pub fn count_documents(text: &[u8]) -> usize {
    let mut count = 0;
    each_document(text, |_, _| count += 1);
    count
}

fn each_document<'t>(text: &'t [u8], mut add: impl FnMut(usize, &'t [u8])) {
    let mut start = 0;
    for at in memchr::memmem::find_iter(text, b"---") {
        let begins_line = at == 0 || text.get(at.wrapping_sub(1)) == Some(&b'\n');
        let ends_word = text
            .get(at + 3)
            .is_none_or(|byte| matches!(byte, b'\n' | b'\r' | b' ' | b'\t'));
        if begins_line && ends_word && at > start {
            add(start, text.get(start..at).unwrap_or_default());
            start = at;
        }
    }
    add(start, text.get(start..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_found_by_their_separators() {
        let texts = |text: &'static str| {
            split_documents(text.as_bytes())
                .into_iter()
                .map(|(_, document)| std::str::from_utf8(document).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(texts("a: 1\n---\nb: 2\n"), ["a: 1\n", "---\nb: 2\n"]);
        assert_eq!(texts("---\na: 1\n--- # x\nb\n"), ["---\na: 1\n", "--- # x\nb\n"]);
        assert_eq!(texts("a: ---\n---b\n"), ["a: ---\n---b\n"]);
    }
}
