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

/// What the names of definitions follow.
const NAMING: [&str; 4] = ["include", "template", "define", "block"];

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
        if is_plain {
            push_without_literals(line, masked);
            continue;
        }
        let shown = if key.len() < content.len() && PLAIN_KEYS.contains(&name) {
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

/// A line without the texts that its actions spell out: `{{ .Values.a | default "x" }}`.
fn push_without_literals(line: &str, masked: &mut String) {
    let mut quote: Option<char> = None;
    let (mut is_escaped, mut is_name) = (false, false);
    for sign in line.chars() {
        match quote {
            Some(open) if sign == open && !is_escaped => quote = None,
            Some(open) => {
                is_escaped = sign == '\\' && open == '"' && !is_escaped;
                if is_name || matches!(sign, '\n' | '\r') {
                    masked.push(sign);
                } else {
                    masked.extend(std::iter::repeat_n('*', sign.len_utf8()));
                }
                continue;
            }
            None if matches!(sign, '"' | '`') => {
                quote = Some(sign);
                is_name = NAMING.iter().any(|word| masked.trim_end().ends_with(word));
            }
            None => {}
        }
        masked.push(sign);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_secrets_are_hidden_and_only_what_they_spell_out() {
        let secret = "kind: Secret\nmetadata:\n  name: a\n  labels: {a: b}\nstringData:\n  {{- if .Values.a }}\n  a: {{ include \"c\" .b | default \"x\\\"y\" }}\n  b: two words\n  {{- end }}\n# note: c\nother\r\n";
        let masked = "kind: Secret\nmetadata:\n  name: a\n  labels: *** **\nstringData:\n  {{- if .Values.a }}\n  a: {{ include \"c\" .b | default \"****\" }}\n  b: *** *****\n  {{- end }}\n* ***** *\n*****\r\n";
        let other = "kind: ConfigMap\ndata: {a: b}\n";
        assert_eq!(without_secret_documents(secret), masked);
        assert_eq!(
            without_secret_documents(&format!("{other}---\n{secret}---\n{other}")),
            format!("{other}---\n{masked}---\n{other}")
        );
    }
}
