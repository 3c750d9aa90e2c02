//! `secret-value`: values of keys that name secrets, in values files. In: a document that is not a Kubernetes object. Out:
//! the values that are neither placeholders nor references.

use super::exposed::Exposed;
use super::likelihood::{Likelihood, is_random, likelihood};
use crate::check::finding::{is_secret_key, key_names_secret};
use crate::text::limits::FINDINGS;
use crate::text::rule::{Rule, Severity};
use crate::text::visible::fitting;
use crate::text::yaml::{NodeId, NodeKind, Tree};

/// Deepest nesting that is looked at.
const MAX_DEPTH: usize = 64;
/// Endings of keys whose values look random, and are no secrets.
const NOT_SECRET: [&str; 13] = [
    "hash", "digest", "checksum", "sha", "sha256", "tag", "version", "image", "id", "uuid", "url", "crt", "cert",
];

/// The values. In a file whose name says that it has secrets, values that look random count, whatever their key.
pub(super) fn named_values(tree: &Tree<'_>, root: NodeId, is_secret_file: bool) -> Vec<Exposed> {
    let mut search = Search {
        tree,
        is_secret_file,
        found: Vec::new(),
    };
    search.node(root, &mut Vec::new());
    search.found
}

struct Search<'t> {
    tree: &'t Tree<'t>,
    is_secret_file: bool,
    found: Vec<Exposed>,
}

impl Search<'_> {
    fn node(&mut self, node: NodeId, path: &mut Vec<String>) {
        if path.len() > MAX_DEPTH {
            return;
        }
        // An alias repeats what is looked at where its anchor is.
        match self.tree.kind(node) {
            NodeKind::Mapping => {
                let named = self.named(node, path);
                let others = self.tree.pairs(node).filter(|(_, value)| Some(*value) != named);
                for (key, value) in others {
                    let key = self.tree.text(key);
                    if matches!(self.tree.kind(value), NodeKind::Scalar(_)) {
                        self.value(key, value, path);
                    } else {
                        path.push(fitting(key).into_owned());
                        self.node(value, path);
                        path.pop();
                    }
                }
            }
            NodeKind::Sequence => {
                for (index, item) in self.tree.children(node).enumerate() {
                    path.push(index.to_string());
                    self.node(item, path);
                    path.pop();
                }
            }
            NodeKind::Scalar(_) | NodeKind::Alias => {}
        }
    }

    /// `name: DB_PASSWORD` and `value: …`, as environment variables have it. Gives the value that was looked at.
    fn named(&mut self, node: NodeId, path: &[String]) -> Option<NodeId> {
        let name = self.tree.get(node, "name")?;
        let value = self.tree.get(node, "value")?;
        if !matches!(self.tree.kind(value), NodeKind::Scalar(_)) {
            return None;
        }
        let name = self.tree.text(self.tree.target(name));
        self.value(name, value, path);
        Some(value)
    }

    fn value(&mut self, key: &str, value: NodeId, path: &[String]) {
        let text = self.tree.text(value);
        let likelihood = match likelihood(text) {
            _ if self.tree.tag(value).starts_with('!') && !self.tree.tag(value).starts_with("!!") => Likelihood::No,
            found if key_names_secret(key) => found,
            Likelihood::Random if self.is_secret_file && may_be_key(key) => Likelihood::Random,
            _ => Likelihood::No,
        };
        if likelihood == Likelihood::No || self.found.len() > FINDINGS {
            return;
        }
        let path = path
            .iter()
            .map(String::as_str)
            .chain([&*fitting(key)])
            .collect::<Vec<_>>()
            .join(".");
        let path = fitting(&path);
        let (severity, message) = match likelihood {
            Likelihood::No | Likelihood::Possible => (Severity::Info, format!("the value of `{path}` may be a secret")),
            Likelihood::Random => (
                Severity::Warning,
                format!("the value of `{path}` is a secret: encrypt the file with sops, or keep the secret elsewhere"),
            ),
        };
        let span = self.tree.span(value);
        self.found.push(Exposed {
            rule: Rule::SecretValue,
            severity,
            start: span.start as usize,
            end: span.end as usize,
            message,
        });
    }
}

/// Whether a value that looks random may be a secret by its key.
fn may_be_key(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    is_secret_key(key) || !NOT_SECRET.iter().any(|end| lower.ends_with(end))
}

/// Whether a scalar of a Secret is a secret: by its key, or by its looks.
pub(super) fn weigh(key: &str, value: &str) -> Option<Severity> {
    const NOT_SECRET: [&str; 18] = [
        "url",
        "type",
        "name",
        "username",
        "user",
        "host",
        "hostname",
        "port",
        "database",
        "dbname",
        "project",
        "namespace",
        "email",
        "enableoci",
        "server",
        "region",
        "endpoint",
        "bucket",
    ];
    let is_certificate = value.contains("-----BEGIN CERTIFICATE") || value.contains("-----BEGIN PUBLIC");
    match likelihood(value) {
        _ if is_certificate => None,
        Likelihood::Possible | Likelihood::Random if key_names_secret(key) => Some(Severity::Warning),
        Likelihood::Random => Some(Severity::Warning),
        // A word that its key calls a password is one here: an empty Secret has no defaults.
        Likelihood::No if key_names_secret(key) && is_word(value) => Some(Severity::Info),
        Likelihood::Possible if !NOT_SECRET.contains(&key.to_ascii_lowercase().as_str()) => Some(Severity::Info),
        _ if value.lines().any(|line| is_random(line.trim())) => Some(Severity::Info),
        Likelihood::Possible | Likelihood::No => None,
    }
}

/// A text of letters that is not a placeholder.
fn is_word(text: &str) -> bool {
    super::likelihood::may_be_secret(text.as_bytes()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml::parse_first;

    fn found(text: &str, is_secret_file: bool) -> String {
        let tree = parse_first(text.as_bytes()).unwrap();
        let found = named_values(&tree, tree.root().unwrap(), is_secret_file);
        let shown = found.iter().map(|found| {
            let name = found.message.split('`').nth(1).unwrap();
            assert!(
                text.get(found.start..found.end)
                    .is_some_and(|value| !found.message.contains(value))
            );
            format!("{name} {}", found.severity)
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn keys_of_values_say_what_is_secret() {
        let hex = "9f86d081884c7d659a2feaa0c55ad015";
        for (text, want) in [
            ("password: hunter22\n".to_owned(), "password info"),
            (format!("db:\n  adminPassword: {hex}\n"), "db.adminPassword warning"),
            (format!("api_key: '{hex}'\n"), "api_key warning"),
            (
                format!("env:\n- name: DB_TOKEN\n  value: {hex}\n"),
                "env.0.DB_TOKEN warning",
            ),
            (format!("a: &x\n  token: {hex}\nb: *x\n"), "a.token warning"),
            (format!("token: !vault {hex}\n"), ""),
            (format!("tag: {hex}\nclientId: {hex}\n"), ""),
            (
                "passwordKey: password1\npasswordSecretName: db-1\nexistingSecret: my-secret1\n".to_owned(),
                "",
            ),
            (
                "imagePullSecret: registry-2\nsecretName: x1\ntokenPath: /a1\n".to_owned(),
                "",
            ),
            (
                "password: changeme\ntoken: ''\nsecret: null\nadminPassword: postgres\n".to_owned(),
                "",
            ),
        ] {
            assert_eq!(found(&text, false), want, "{text}");
        }
    }

    #[test]
    fn names_of_files_say_it_too() {
        let hex = "9f86d081884c7d659a2feaa0c55ad015";
        for (text, want) in [
            (format!("db: {hex}\n"), "db warning"),
            (format!("imageTag: {hex}\nclientId: {hex}\n"), ""),
            ("user: me1234\n".to_owned(), ""),
            // By its name, not by the key `value` as well.
            (format!("env: [{{name: DB, value: {hex}}}]\n"), "env.0.DB warning"),
        ] {
            assert_eq!(found(&text, true), want, "{text}");
            assert_eq!(found(&text, false), "", "{text}");
        }
    }
}
