//! Values that are secrets, wherever their text turns up: in a message, a rendered line, the excerpt of a file.
//!
//! What counts as one: the value of a key that names a secret, in any YAML or JSON (values, schemas, manifests) and in lines that
//! are neither; what scripts, addresses, JSON, TOML and XML inside of values have; what a Secret holds, decoded, and its annotations;
//! `value` beside a `name` that names a secret, as environment variables have it. Short texts and single words are no use to anyone who
//! reads them, and would take away every message that mentions `postgres`: they are hidden where their key is seen
//! ([`super::without_secrets`]), not elsewhere.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::secret_lines::has_flag;
use super::secret_search::{LEAST_BYTES, SecretSearch};
use super::secret_spellings::{decoded_parts, may_be_encoded, plain_spellings};
use super::secret_text::{masked_parts, names_secret, without_separators};
use super::secret_words::may_hold_secret;
use crate::text::compact_sort::sort_by_key;
use crate::text::yaml::{self, NodeId, NodeKind, Tree};

/// Shown instead of a secret in a message.
const MASK: &str = "***";
/// Words of letters and hyphens up to this length are names, such as `postgres` and `my-release`.
const LONGEST_WORD: usize = 11;
/// Deepest nesting that is read.
const MAX_DEPTH: usize = 64;
/// Keys whose values are secrets as well, where nothing is reported about them.
const MORE_KEYS: [&str; 8] = [
    "auth",
    "credential",
    "credentials",
    "dockerconfigjson",
    "pass",
    "passwords",
    "secrets",
    "tokens",
];

/// Endings of such keys.
const MORE_ENDINGS: [&str; 8] = [
    "connectionstring",
    "encryptionkey",
    "jwt",
    "pass",
    "passwordhash",
    "passwordvalue",
    "pwd",
    "signingkey",
];
/// What a private key says of itself, whatever the key of its value.
const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// A set of secrets.
#[derive(Default)]
pub struct SecretValues {
    values: BTreeSet<String>,
    search: OnceLock<SecretSearch>,
}

impl SecretValues {
    /// Adds a text, if it may be a secret: itself and its lines. Its other spellings are looked for as well.
    pub fn add(&mut self, text: &str) {
        let text = text.trim();
        if !is_recognizable(text) {
            return;
        }
        self.insert(text);
        for line in text.lines().map(str::trim) {
            if line.len() < text.len() && is_recognizable(line) {
                self.insert(line);
            }
        }
    }

    /// Adds a text that is a secret whatever it looks like, and its lines. Short ones, which are equal to others by accident, are left out.
    pub fn add_encrypted(&mut self, text: &str) {
        for text in std::iter::once(text).chain(text.lines()) {
            let text = text.trim();
            if text.len() >= LEAST_BYTES {
                self.insert(text);
            }
        }
    }

    /// Adds the value of a key: all of it where the key names a secret.
    pub fn add_assignment(&mut self, key: &str, value: &str) {
        if key.split(['.', '[', ']']).any(is_secret_key) {
            self.add(value);
            // `--set` has lists: `a=x,y`, `a={x,y}`.
            for part in value.split([',', '{', '}']) {
                self.add(part);
            }
        }
    }

    /// Adds what an argument of the `--set` family assigns to keys that name secrets.
    pub fn add_flag(&mut self, argument: &str) {
        let (key, value) = argument.split_once('=').unwrap_or(("", argument));
        self.add_assignment(key, value);
        if value.starts_with(['{', '[']) || key.is_empty() {
            self.add_text(value.as_bytes());
            return;
        }
        for (key, value) in argument.split(',').filter_map(|part| part.split_once('=')) {
            self.add_assignment(key, value);
        }
    }

    /// Adds the secrets of a text: YAML or JSON with all its documents, or lines.
    pub fn add_text(&mut self, text: &[u8]) {
        if !may_hold_secret(text) {
            return;
        }
        yaml::with_all(text, |tree| match tree {
            Ok(tree) => {
                for document in tree.documents() {
                    self.add_node(tree, document.root, false, 0);
                }
            }
            Err(_) => self.add_lines(text),
        });
    }

    fn add_lines(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        for part in masked_parts(&text) {
            self.add(part);
        }
        // Of a Secret that cannot be read, every value is one.
        for document in text.split("\n---") {
            if super::seems_secret(document.as_bytes(), 0) {
                for (_, value) in document.lines().filter_map(|line| line.split_once(": ")) {
                    let value = value.trim().trim_matches(['"', '\'']);
                    self.add(value);
                    self.add_decoded(value);
                }
            }
        }
    }

    fn add_decoded(&mut self, text: &str) {
        let decoded = STANDARD.decode(text.trim()).unwrap_or_default();
        if let Ok(decoded) = String::from_utf8(decoded) {
            self.add(&decoded);
        }
    }

    /// `is_secret` says whether a key above names a secret.
    fn add_node(&mut self, tree: &Tree<'_>, node: NodeId, is_secret: bool, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        // What an alias stands for is read where it is, and here only if it is one value: aliases of aliases would multiply.
        let target = tree.target(node);
        let is_scalar = matches!(tree.kind(target), NodeKind::Scalar(_));
        let node = if is_scalar { target } else { node };
        match tree.kind(node) {
            NodeKind::Mapping => self.add_mapping(tree, node, is_secret, depth),
            NodeKind::Sequence => {
                // `["--password", "x"]`
                let mut is_flag_before = false;
                for item in tree.children(node) {
                    self.add_node(tree, item, is_secret || is_flag_before, depth + 1);
                    let flag = tree.text(tree.target(item)).strip_prefix("--");
                    is_flag_before = flag.is_some_and(|flag| names_secret(&without_separators(flag)));
                }
            }
            NodeKind::Scalar(_) if is_secret || tree.text(node).contains(PRIVATE_KEY) => {
                self.add(tree.text(node));
                // Lines of a value that is folded are no lines of its text, but those of the file that has it.
                let written = tree.span(node).of(tree.source().as_bytes());
                if written.contains(&b'\n') {
                    for line in String::from_utf8_lossy(written).lines() {
                        self.add(line.trim().trim_matches(['"', '\'']));
                    }
                }
            }
            NodeKind::Scalar(_) => self.add_parts(tree.text(node)),
            NodeKind::Alias => {}
        }
    }

    /// Adds the secrets in a text that is none as a whole: a script, JSON, TOML.
    fn add_parts(&mut self, text: &str) {
        // Of thousands of texts, few have a byte without which there is nothing to find.
        let bytes = text.as_bytes();
        if memchr::memchr(b'@', bytes).is_some() {
            for password in passwords_of_addresses(text) {
                self.add(password);
            }
        }
        let has_marks = memchr::memchr3(b'=', b':', b'<', bytes).is_some() || has_flag(text);
        if !has_marks || !may_hold_secret(bytes) {
            return;
        }
        let parts = masked_parts(text);
        for part in &parts {
            self.add(part.trim_matches(['"', '\'']));
        }
    }

    fn add_mapping(&mut self, tree: &Tree<'_>, node: NodeId, is_secret: bool, depth: usize) {
        let text_of = |key: &str| tree.get(node, key).map_or("", |value| tree.text(tree.target(value)));
        let is_kind = text_of("kind") == "Secret";
        let is_variable = is_secret_key(text_of("name"));
        for (key, value) in tree.pairs(node) {
            if !matches!(tree.kind(key), NodeKind::Scalar(_) | NodeKind::Alias) {
                self.add_node(tree, key, is_secret, depth + 1);
            }
            let key = tree.text(tree.target(key));
            let holds = match key {
                "data" | "stringData" if is_kind => {
                    self.add_data(tree, value);
                    true
                }
                "metadata" if is_kind => {
                    if let Some(annotations) = tree.get(tree.target(value), "annotations") {
                        self.add_node(tree, annotations, true, depth + 1);
                    }
                    false
                }
                "value" if is_variable => true,
                // What a schema says about a value, and is none.
                "type" | "format" | "description" | "title" => false,
                _ => is_secret || is_secret_key(key),
            };
            self.add_node(tree, value, holds, depth + 1);
        }
    }

    /// The values of `data`, decoded.
    fn add_data(&mut self, tree: &Tree<'_>, data: NodeId) {
        for (_, value) in tree.pairs(tree.target(data)) {
            self.add_decoded(tree.text(tree.target(value)));
        }
    }

    fn forget_search(&mut self) {
        self.search = OnceLock::new();
    }

    fn insert(&mut self, text: &str) {
        if !self.values.contains(text) {
            self.forget_search();
            self.values.insert(text.to_owned());
        }
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: &Self) {
        self.forget_search();
        self.values.extend(other.values.iter().cloned());
    }

    /// Moves all of another set here.
    pub fn append(&mut self, mut other: Self) {
        self.forget_search();
        self.values.append(&mut other.values);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The text with `***` for each secret in it.
    pub fn hide<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.masked(text, |_| MASK.to_owned())
    }

    /// The text with `*` for each byte of a secret in it, so that places in the text stay what they are.
    pub fn hide_bytes<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.masked(text, |length| "*".repeat(length))
    }

    /// The text with a mask for each secret, made from its length.
    fn masked<'t>(&self, text: &'t str, mask: impl Fn(usize) -> String) -> Cow<'t, str> {
        if self.values.is_empty() {
            return Cow::Borrowed(text);
        }
        let search = self
            .search
            .get_or_init(|| SecretSearch::new(plain_spellings(&self.values)));
        let mut shown = String::new();
        let mut from = 0;
        let mut found = search.find(text.as_bytes());
        if may_be_encoded(text) {
            for part in decoded_parts(text) {
                found.extend(search.find(&part.bytes).iter().map(|found| part.place(found)));
            }
            sort_by_key(&mut found, |found| found.start);
        }
        for found in found {
            let found = found.start.max(from)..found.end;
            if found.is_empty() {
                continue;
            }
            shown.push_str(text.get(from..found.start).unwrap_or_default());
            shown.push_str(&mask(found.len()));
            from = found.end;
        }
        if from == 0 {
            return Cow::Borrowed(text);
        }
        shown.push_str(text.get(from..).unwrap_or_default());
        Cow::Owned(shown)
    }
}

impl Clone for SecretValues {
    fn clone(&self) -> Self {
        Self {
            values: self.values.clone(),
            ..Self::default()
        }
    }
}

impl fmt::Debug for SecretValues {
    /// Without the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretValues({})", self.values.len())
    }
}

impl PartialEq for SecretValues {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl Eq for SecretValues {}

/// The passwords of addresses in a text: `https://name:password@host`.
fn passwords_of_addresses(text: &str) -> impl Iterator<Item = &str> {
    text.split("://").skip(1).filter_map(|address| {
        let end = address.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\''));
        let (user, _) = address.get(..end.unwrap_or(address.len()))?.rsplit_once('@')?;
        Some(user.split_once(':').map_or(user, |(_, password)| password))
    })
}

/// Whether the values of a key, and all below it, are secrets.
pub fn is_secret_key(key: &str) -> bool {
    if !may_hold_secret(key.as_bytes()) {
        return false;
    }
    let joined = without_separators(key).to_ascii_lowercase();
    names_secret(&joined)
        || MORE_KEYS.contains(&joined.as_str())
        || MORE_ENDINGS.iter().any(|ending| joined.ends_with(ending))
}

/// Whether a text says that it is a secret by its looks: not a short one, a word, a number, a placeholder of a template.
fn is_recognizable(text: &str) -> bool {
    if text.len() < LEAST_BYTES || text.contains("{{") {
        return false;
    }
    // Names of objects are words with hyphens, and a key may be the value of another.
    let is_key = text.chars().all(|c| c.is_ascii_alphabetic()) && may_hold_secret(text.as_bytes());
    let is_name = text.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '.');
    let is_word = is_name && (text.len() <= LONGEST_WORD || text.contains(['-', '.']));
    !is_word && !is_key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_by_their_keys_and_their_objects() {
        for text in [
            "auth: {password: T0ken-one}",
            "- {name: DB_PASSWORD, value: T0ken-one}",
            "secrets: {a: [x, {b: T0ken-one}]}",
            "{\"properties\": {\"password\": {\"type\": \"string\", \"enum\": [\"T0ken-one\"]}}}",
            "apiVersion: v1\nkind: Secret\nstringData: {a: T0ken-one}",
            "kind: Secret\nmetadata: {annotations: {a: T0ken-one}}",
            "kind: Secret\ndata: {a: VDBrZW4tb25l}",
            "kind: List\nitems: [{kind: Secret, data: {a: VDBrZW4tb25l}}]",
            "password: T0ken-one\nbroken: [\n",
            "kind: Secret\nstringData:\n  a: T0ken-one\n  b: [\n",
            "token: |\n  first line 1\n  T0ken-one\n",
            "tls:\n  key: |\n    -----BEGIN EC PRIVATE KEY-----\n    T0ken-one\n    -----END EC PRIVATE KEY-----\n",
            "redisPass: T0ken-one",
            "db: {pwd: T0ken-one}",
            "connectionString: T0ken-one",
            "dsn: postgres://me:T0ken-one@db/x",
            "script: |\n  mysql -pT0ken-one\n",
            "json: '{\"password\": \"T0ken-one\"}'",
            "toml: |\n  password = \"T0ken-one\"\n",
            "header: \"Authorization: Bearer T0ken-one\"",
            "xml: <password>T0ken-one</password>",
            "args: [run, --password, T0ken-one]",
        ] {
            let mut values = SecretValues::default();
            values.add_text(text.as_bytes());
            assert_eq!(values.hide("got 'T0ken-one', VDBrZW4tb25l"), "got '***', ***", "{text}");
            assert_eq!(values.hide_bytes("a T0ken-one b"), "a ********* b", "{text}");
        }
    }

    #[test]
    fn what_is_none_stays() {
        for text in [
            "password: postgres",
            "password: \"12345\"",
            "password: '{{ .Values.p }}-and-more'",
            "existingSecret: my-secret-2-of-3",
            "kind: ConfigMap\ndata: {a: T0ken-one}",
            "- {name: PORT, value: T0ken-one}",
        ] {
            let mut values = SecretValues::default();
            values.add_text(text.as_bytes());
            assert!(values.is_empty(), "{text}: {:?}", values.values);
        }
    }

    #[test]
    fn other_spellings_are_hidden_too() {
        let mut values = SecretValues::default();
        values.add_assignment("db.auth.password", "a\"b\\c\nT0ken-one,T0ken-two");
        for text in ["a\\\"b\\\\c", "YSJiXGMKVDBrZW4tb25lLFQwa2VuLXR3bw==", "T0ken-two"] {
            let hidden = values.hide(text);
            assert!(
                !hidden.contains("T0ken") && hidden != "YSJiXGMKVDBrZW4tb25lLFQwa2VuLXR3bw==",
                "{hidden}"
            );
        }
        assert!(!format!("{values:?}").contains("T0ken"));
        // What is encoded with something before and after it.
        let mut values = SecretValues::default();
        values.add_assignment("token", "T0ken-one-and-more");
        for before in ["", "a", "ab", "abc"] {
            let encoded = STANDARD.encode(format!("{before}T0ken-one-and-more, and this"));
            assert!(values.hide(&encoded).contains("***"), "{before}");
            let decoded = STANDARD
                .decode(values.hide(&encoded).replace("***", ""))
                .unwrap_or_default();
            assert!(!String::from_utf8_lossy(&decoded).contains("-one-"), "{before}");
        }
    }
}
