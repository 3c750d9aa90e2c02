//! `secret-manifest`: a Secret whose values are in the file. In: a manifest, or the template of one. Out: a place for each
//! Secret with a value that is neither a placeholder nor encrypted nor taken from the values of the chart.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::exposed::Exposed;
use super::named_value::weigh;
use crate::text::rule::{Rule, Severity};
use crate::text::visible::fitting;
use crate::text::yaml::{NodeId, NodeKind, Tree};

/// Fields of a Secret.
const FIELDS: [&str; 2] = ["data", "stringData"];
/// Lists in lists that are looked at.
const MAX_DEPTH: usize = 4;

/// Whether a text may have a Secret.
pub(super) fn may_have_secret(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"Secret").is_some()
        && (memchr::memmem::find(text, b"data").is_some() || memchr::memmem::find(text, b"stringData").is_some())
}

/// A value of a Secret: its field, its key, its text, and where it is.
struct Entry<'t> {
    field: &'static str,
    key: &'t str,
    value: &'t str,
    start: usize,
    end: usize,
}

/// The worst of the values of a Secret, if one is a secret.
fn worst<'t>(entries: impl Iterator<Item = Entry<'t>>) -> Option<Exposed> {
    let mut worst: Option<Exposed> = None;
    for entry in entries {
        let decoded;
        let value = if entry.field == "data" {
            let joined: String = entry.value.split_whitespace().collect();
            decoded = STANDARD.decode(joined).unwrap_or_default();
            String::from_utf8_lossy(&decoded)
        } else {
            entry.value.into()
        };
        let Some(severity) = weigh(entry.key, &value) else {
            continue;
        };
        if worst.as_ref().is_none_or(|known| known.severity < severity) {
            let advice = "encrypt it with sops, seal it, or keep it outside of the repository";
            let message = match severity {
                Severity::Info => format!(
                    "`{}` of the Secret has a value that may be a secret",
                    fitting(entry.key)
                ),
                _ => format!("the Secret has a plain value of `{}`: {advice}", fitting(entry.key)),
            };
            worst = Some(Exposed {
                rule: Rule::SecretManifest,
                severity,
                start: entry.start,
                end: entry.end,
                message,
            });
        }
    }
    worst
}

/// The Secrets among the documents of a manifest.
pub(super) fn secrets_of_manifest(tree: &Tree<'_>) -> Vec<Exposed> {
    let mut found = Vec::new();
    for document in tree.documents() {
        add_secrets(tree, document.root, 0, &mut found);
    }
    found
}

fn add_secrets(tree: &Tree<'_>, root: NodeId, depth: usize, found: &mut Vec<Exposed>) {
    let kind = tree.get(root, "kind").map_or("", |kind| tree.text(tree.target(kind)));
    if kind.ends_with("List") && depth < MAX_DEPTH {
        for item in tree
            .get(root, "items")
            .into_iter()
            .flat_map(|items| tree.children(tree.target(items)))
        {
            add_secrets(tree, item, depth + 1, found);
        }
    }
    if kind != "Secret" || tree.get(root, "sops").is_some() {
        return;
    }
    let entries = FIELDS.iter().flat_map(|&field| {
        let data = tree.get(root, field).map(|data| tree.target(data));
        let pairs = data.into_iter().flat_map(|data| tree.pairs(data));
        let scalars = pairs.filter(|(_, value)| matches!(tree.kind(*value), NodeKind::Scalar(_)));
        scalars.map(move |(key, value)| Entry {
            field,
            key: tree.text(key),
            value: tree.text(value),
            start: tree.span(value).start as usize,
            end: tree.span(value).end as usize,
        })
    });
    found.extend(worst(entries));
}

/// A line of a template: its indentation and the text after it, without a carriage return.
fn indented(line: &str) -> (usize, &str) {
    let line = line.trim_end();
    let text = line.trim_start_matches(' ');
    (line.len() - text.len(), text)
}

/// The Secrets in a template, by its lines: it is not YAML yet. Only literal values count.
pub(super) fn secrets_of_template(text: &str) -> Vec<Exposed> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut lines: Vec<(usize, &str)> = Vec::new();
    for line in text.split_inclusive('\n') {
        if line.starts_with("---") {
            found.extend(secret_of_lines(text, &lines));
            lines.clear();
        } else {
            lines.push((start, line));
        }
        start += line.len();
    }
    found.extend(secret_of_lines(text, &lines));
    found
}

fn secret_of_lines(whole: &str, lines: &[(usize, &str)]) -> Option<Exposed> {
    let is_kind = |text: &str| {
        text.strip_prefix("kind:")
            .is_some_and(|kind| kind.trim().trim_matches(['"', '\'']) == "Secret")
    };
    let (level, _) = lines
        .iter()
        .map(|(_, line)| indented(line))
        .find(|(_, text)| is_kind(text))?;
    let mut entries = Vec::new();
    let mut rest = lines.iter().peekable();
    let mut field = None;
    while let Some(&(start, line)) = rest.next() {
        let (indent, text) = indented(line);
        if text.is_empty() || text.starts_with(['#', '{']) {
            continue;
        }
        if indent <= level {
            field = FIELDS
                .into_iter()
                .find(|field| text.strip_prefix(field).is_some_and(|rest| rest.starts_with(':')));
            continue;
        }
        let Some(field) = field else { continue };
        let Some((key, value)) = text.split_once(':') else {
            continue;
        };
        let value = value.trim();
        if value.starts_with(['|', '>']) {
            let first = rest.peek().map_or(start, |(next, _)| *next);
            let mut end = first;
            let is_inside = |line: &str| line.trim().is_empty() || indented(line).0 > indent;
            while let Some((from, line)) = rest.next_if(|(_, line)| is_inside(line)) {
                end = from + line.len();
            }
            let block = whole.get(first..end).unwrap_or_default().trim();
            if !block.is_empty() && !block.contains("{{") {
                entries.push(Entry {
                    field,
                    key: key.trim_matches(['"', '\'']),
                    value: block,
                    start: first,
                    end,
                });
            }
            continue;
        }
        let value = value.split(" #").next().unwrap_or_default().trim();
        let value = value.trim_matches(['"', '\'']);
        if !value.is_empty() && !value.contains("{{") {
            // The key may have the value in it.
            let colon = line.find(':').unwrap_or_default();
            let behind = line.get(colon..).unwrap_or_default();
            let offset = colon + behind.find(value).unwrap_or_default();
            entries.push(Entry {
                field,
                key: key.trim_matches(['"', '\'']),
                value,
                start: start + offset,
                end: start + offset + value.len(),
            });
        }
    }
    worst(entries.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml::parse_all;

    /// Key, severity and value of each Secret.
    fn shown(text: &str, found: &[Exposed]) -> String {
        let shown = found.iter().map(|found| {
            let value = text.get(found.start..found.end).unwrap();
            assert!(!found.message.contains(value), "{}", found.message);
            let key = found.message.split('`').nth(1).unwrap();
            format!("{key} {} {value}", found.severity)
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn secrets_of_manifests_have_plain_values() {
        const HEAD: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n";
        for (body, want) in [
            ("stringData:\n  password: hunter22\n", "password warning hunter22"),
            ("data:\n  password: aHVudGVyMjI=\n", "password warning aHVudGVyMjI="),
            ("data:\n  a: 'Xk9mP2vL5qR8tW3z'\n", ""),
            ("stringData:\n  a: Xk9mP2vL5qR8tW3z\n", "a warning Xk9mP2vL5qR8tW3z"),
            (
                "stringData:\n  a: abcd1234\n  b_token: hunter22\n",
                "b_token warning hunter22",
            ),
            ("stringData:\n  username: admin1234\n  url: db://x1\n", ""),
            ("stringData:\n  password: changeme\n  token: ''\n", ""),
            ("stringData:\n  password: ENC[AES256,x1]\nsops: {mac: x}\n", ""),
            ("data: {}\n", ""),
            ("", ""),
        ] {
            let text = format!("{HEAD}{body}");
            let tree = parse_all(text.as_bytes()).unwrap();
            assert_eq!(shown(&text, &secrets_of_manifest(&tree)), want, "{text}");
            if !body.contains("sops") {
                assert_eq!(shown(&text, &secrets_of_template(&text)), want, "as a template: {text}");
            }
            let other = text.replace("kind: Secret", "kind: SealedSecret");
            let tree = parse_all(other.as_bytes()).unwrap();
            assert_eq!(secrets_of_manifest(&tree), [], "{other}");
            assert_eq!(secrets_of_template(&other), [], "{other}");
        }
        let list = "kind: List\nitems:\n- kind: Secret\n  stringData: {password: hunter22}\n";
        let tree = parse_all(list.as_bytes()).unwrap();
        assert_eq!(shown(list, &secrets_of_manifest(&tree)), "password warning hunter22");
    }

    #[test]
    fn templates_of_secrets_have_literal_values() {
        const HEAD: &str =
            "{{- if .Values.on }}\napiVersion: v1\nkind: \"Secret\"\nmetadata:\n  name: {{ .Release.Name }}1\n";
        for (body, want) in [
            ("stringData:\n  password: {{ .Values.password1 }}\n", ""),
            ("data:\n  {{- if .x }}\n  password: {{ \"hunter22\" | b64enc }}\n", ""),
            (
                "stringData:\n  {{- if .x }}\n  \"password\": 'hunter22' # why\n  {{- end }}\n",
                "password warning hunter22",
            ),
            (
                "stringData:\n  conf: |\n    password: hunter22\n  token: hunter33\r\n",
                "token warning hunter33",
            ),
            ("stringData:\n  a: b\nother:\n  password: hunter22\n", ""),
            (
                "stringData:\n  a: b\n---\nkind: ConfigMap\ndata:\n  password: hunter22\n",
                "",
            ),
        ] {
            let text = format!("{HEAD}{body}{{{{- end }}}}\n");
            assert_eq!(shown(&text, &secrets_of_template(&text)), want, "{text}");
        }
    }
}
