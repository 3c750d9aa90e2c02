//! Templates of Secrets without what is written in them: only what Secrets in general have stays, and what templates do.

use super::secret_text::seems_secret;

/// Keys whose values are never secrets.
const PLAIN_KEYS: [&str; 7] = [
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "namespace",
    "type",
    "immutable",
];

/// A text with `*` for every byte that the documents in it which seem to be Secrets spell out. Its length and its lines stay.
pub fn without_secret_documents(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut document = String::new();
    for line in text.split_inclusive('\n') {
        if line.starts_with("---") {
            push_document(&document, &mut masked);
            document.clear();
        }
        document.push_str(line);
    }
    push_document(&document, &mut masked);
    masked
}

fn push_document(document: &str, masked: &mut String) {
    if !seems_secret(document.as_bytes(), 0) {
        masked.push_str(document);
        return;
    }
    for line in document.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let key = content.split(':').next().unwrap_or_default();
        let name = key.trim().trim_matches(['"', '\'']);
        let is_plain = content.contains("{{") || content.contains("}}") || content.starts_with("---");
        let shown = if is_plain || (key.len() < content.len() && PLAIN_KEYS.contains(&name)) {
            content.len()
        } else if key.len() < content.len() && !key.trim_start().starts_with('#') {
            key.len() + 1
        } else {
            content.len() - content.trim_start().len()
        };
        let (before, hidden) = content.split_at_checked(shown).unwrap_or((content, ""));
        masked.push_str(before);
        masked.extend(hidden.bytes().map(|byte| if byte == b' ' { ' ' } else { '*' }));
        masked.push_str(line.get(content.len()..).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_secrets_are_hidden_and_only_what_they_spell_out() {
        let secret = "kind: Secret\nmetadata:\n  name: a\n  labels: {a: b}\nstringData:\n  {{- if .Values.a }}\n  a: {{ .b }}\n  b: two words\n  {{- end }}\n# note: c\nother\r\n";
        let masked = "kind: Secret\nmetadata:\n  name: a\n  labels: *** **\nstringData:\n  {{- if .Values.a }}\n  a: {{ .b }}\n  b: *** *****\n  {{- end }}\n* ***** *\n*****\r\n";
        let other = "kind: ConfigMap\ndata: {a: b}\n";
        assert_eq!(without_secret_documents(secret), masked);
        assert_eq!(
            without_secret_documents(&format!("{other}---\n{secret}---\n{other}")),
            format!("{other}---\n{masked}---\n{other}")
        );
    }
}
