//! Text of the user's files as reports may show it: what a key calls a secret becomes asterisks, byte for byte, so that
//! places in the text stay what they are. Works on lines, since the text may be a template, or not YAML at all.

use crate::text::redact::hide_in_addresses;

use super::secret_lines::{without_arguments, without_assigned, without_elements};
use super::secret_words::places_of_words;

/// Shown instead of each byte of a secret.
const MASK: &str = "*";

/// Whether a key names a secret itself, and not the place where one is kept.
pub fn names_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let names_place = ["name", "key", "ref", "path", "file", "existing", "mount"]
        .iter()
        .any(|word| key.contains(word));
    let is_key = key.ends_with("apikey")
        || key.ends_with("privatekey")
        || key.ends_with("secretkey")
        || key.ends_with("accesskey");
    is_key
        || (!names_place
            && ["password", "passwd", "token", "secret", "passphrase"]
                .iter()
                .any(|word| key.ends_with(word)))
}

/// The same for a key as people write it: `API_KEY` and `api-key` are as good as `apikey`.
pub fn key_names_secret(key: &str) -> bool {
    names_secret(&without_separators(key))
}

/// Whether the value of a key may be a secret, so that it is better not shown. Wider than `names_secret`, which decides what is
/// reported: hiding too much is harmless, a false alarm is not.
pub fn may_name_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    [
        "password",
        "passwd",
        "secret",
        "token",
        "credential",
        "apikey",
        "privatekey",
        "key",
    ]
    .iter()
    .any(|word| key.ends_with(word) || (word.len() > 5 && key.contains(word)))
}

/// Whether a step of a JSON pointer names a secret.
pub fn path_names_secret(pointer: &str) -> bool {
    pointer.split('/').any(|step| names_secret(&without_separators(step)))
}

/// What is wrong with a value, without the value.
pub fn without_value(words: &str) -> String {
    for marker in ["Invalid value: ", "Unsupported value: "] {
        if let Some(rest) = words.strip_prefix(marker) {
            let reason = rest.split_once(": ").map_or("", |(_, reason)| reason);
            let reason = rest.rsplit_once("\": ").map_or(reason, |(_, reason)| reason);
            return format!("{marker}***: {reason}");
        }
    }
    if words.starts_with("value must be") {
        return "the value is not one that the schema allows".to_owned();
    }
    if let Some((_, pattern)) = words.rsplit_once(" does not match pattern ") {
        return format!("the value does not match pattern {pattern}");
    }
    if let Some((_, format)) = words.rsplit_once(" is not valid ") {
        // What follows the format's name is the reason, which may repeat the value.
        let format = format.split(':').next().unwrap_or_default();
        return format!("the value is not valid {format}");
    }
    match (words.split_once(": got "), words.rsplit_once(", want ")) {
        (Some((limit, _)), Some((_, want))) => format!("{limit}: want {want}"),
        _ => words.to_owned(),
    }
}

/// The text, with `*` for every byte of a secret, and of what addresses may keep secret. Its length and its lines stay.
pub fn without_secrets(text: &str) -> String {
    hide_in_addresses(&without_secret_values(text))
}

/// The same for what keys call secrets.
fn without_secret_values(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut reader = Reader::default();
    let mut words = places_of_words(text).into_iter().peekable();
    for line in text.split_inclusive('\n') {
        let start = masked.len();
        let has_word = words.peek().is_some_and(|&word| word < start + line.len());
        if !has_word && reader.is_idle() {
            masked.push_str(line);
            continue;
        }
        while words.next_if(|&word| word < start + line.len()).is_some() {}
        reader.push_line(line, &mut masked);
        for hide in [without_assigned, without_arguments, without_elements] {
            if let Some(hidden) = hide(masked.get(start..).unwrap_or_default()) {
                masked.truncate(start);
                masked.push_str(&hidden);
            }
        }
    }
    masked
}

/// The parts of a text that keys, assignments and command lines call secrets.
pub(super) fn masked_parts(text: &str) -> Vec<&str> {
    differences(text, &without_secret_values(text))
}

/// The parts of a text that are masked in another one of its length.
fn differences<'t>(text: &'t str, masked: &str) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let mut start = None;
    for (at, (byte, shown)) in text.bytes().zip(masked.bytes()).enumerate() {
        match (byte == shown, start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                parts.extend(text.get(from..at));
                start = None;
            }
            _ => {}
        }
    }
    parts.extend(start.and_then(|from| text.get(from..)));
    parts
}

/// Whether the document around a byte seems to be a Secret. For documents that cannot be read, so that their words count.
pub fn seems_secret(text: &[u8], offset: usize) -> bool {
    const SEPARATOR: &[u8] = b"\n---";
    let (before, after) = text.split_at_checked(offset).unwrap_or((text, &[]));
    let start = memchr::memmem::rfind(before, SEPARATOR).unwrap_or(0);
    let end = memchr::memmem::find(after, SEPARATOR).map_or(text.len(), |at| offset + at);
    let document = text.get(start..end).unwrap_or_default();
    memchr::memmem::find(document, b"Secret").is_some()
        && String::from_utf8_lossy(document)
            .replace([' ', '"', '\''], "")
            .contains("kind:Secret")
}

/// What the lines so far say about the next one.
#[derive(Default)]
struct Reader {
    /// Indentation of the key whose block of text is a secret.
    block: Option<usize>,
    /// Whether the last `name:` is that of a secret, as environment variables have it.
    is_named: bool,
}

impl Reader {
    /// Whether the lines so far say nothing about the next one.
    const fn is_idle(&self) -> bool {
        self.block.is_none() && !self.is_named
    }

    fn push_line(&mut self, line: &str, masked: &mut String) {
        // Tabs do not indent in YAML, but whoever writes them means it.
        let indentation = line.len() - line.trim_start_matches([' ', '-', '\t']).len();
        let is_blank = line.trim().is_empty();
        if self.block.is_some_and(|key| is_blank || indentation > key) {
            push_masked(line, masked);
            return;
        }
        self.block = None;
        let mut rest = line;
        let mut is_flow = false;
        while let Some((before, value)) = split_key(rest) {
            masked.push_str(before);
            is_flow |= before.contains(['{', ',']);
            let key = key_before(before);
            if !self.asks_for_value(key) {
                rest = value;
                continue;
            }
            let (scalar, after) = value
                .split_at_checked(scalar_length(value, is_flow))
                .unwrap_or((value, ""));
            if !self.is_secret(key, scalar) {
                if scalar.trim().is_empty() && !is_flow && names_one_value(key) {
                    // The value is on the next lines.
                    self.block = Some(indentation);
                }
                // What follows may have keys of its own: `auth: {password: x}`.
                rest = value;
            } else if scalar.trim_start().starts_with(['|', '>']) {
                self.block = Some(indentation);
                rest = "";
                masked.push_str(value);
            } else {
                push_masked(scalar, masked);
                rest = after;
                if !may_follow_value(after) {
                    // This is not YAML, and any part of it may be the value.
                    push_masked(after, masked);
                    rest = "";
                }
                if !is_flow || !may_follow_value(after) {
                    // Lines below a scalar belong to it.
                    self.block = Some(indentation);
                }
            }
        }
        masked.push_str(rest);
    }

    /// Whether it depends on the value of a key what is hidden. Long lines have thousands of keys.
    fn asks_for_value(&self, key: &str) -> bool {
        match key {
            "name" => true,
            "value" => self.is_named,
            _ => names_secret(&without_separators(key)),
        }
    }

    /// Whether a key's value is a secret, and one that is there: a template's action and an empty text are not.
    fn is_secret(&mut self, key: &str, value: &str) -> bool {
        let plain = value.trim().trim_matches(['"', '\'']);
        let is_secret = match key {
            "name" => {
                self.is_named = names_secret(&without_separators(plain));
                false
            }
            "value" => std::mem::take(&mut self.is_named),
            _ => names_secret(&without_separators(key)),
        };
        // A mapping has keys of its own, unless it has none on this line.
        let is_unclosed = plain.len() > 1 && plain.starts_with('{') && !plain.contains([':', '}']);
        let is_text = is_unclosed || !plain.starts_with('{');
        is_secret && !plain.is_empty() && !plain.contains("{{") && is_text
    }
}

/// Whether a key has one value, and no mapping with names in it as `secret` may have.
fn names_one_value(key: &str) -> bool {
    let joined = without_separators(key).to_ascii_lowercase();
    names_secret(&joined) && !joined.ends_with("secret")
}

/// Whether a line may go on like this after a value: a comment, or what ends an entry of a flow mapping.
fn may_follow_value(after: &str) -> bool {
    let rest = after.trim_start();
    rest.is_empty() || rest.starts_with(['#', ',', '}', ']'])
}

/// `API_KEY` and `api-key` are as good as `apikey`.
pub(super) fn without_separators(key: &str) -> String {
    key.replace(['_', '-', '.'], "")
}

/// A line cut after the first `: ` or `:` at its end that a key is in front of.
fn split_key(line: &str) -> Option<(&str, &str)> {
    let ends = line.match_indices(':').map(|(at, _)| at + 1);
    ends.filter_map(|end| line.split_at_checked(end))
        .find(|(before, value)| {
            value.is_empty() || value.starts_with([' ', '\t', '\r', '\n']) || before.ends_with("\":")
        })
}

/// The key that ends with the colon.
pub(super) fn key_before(before: &str) -> &str {
    let key = before.trim_end_matches(':').trim_end().trim_end_matches(['"', '\'']);
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    key.get(key.trim_end_matches(is_part).len()..).unwrap_or_default()
}

/// Bytes of a value that begins here, on this line.
fn scalar_length(value: &str, is_flow: bool) -> usize {
    let blanks = value.len() - value.trim_start_matches([' ', '\t']).len();
    let text = value.get(blanks..).unwrap_or_default();
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''));
    let closing = quote.and_then(|quote| {
        let inner = text.get(1..)?;
        if is_flow { inner.find(quote) } else { inner.rfind(quote) }
    });
    if quote.is_some() {
        return closing.map_or(value.trim_end().len(), |at| blanks + at + 2);
    }
    let item = if is_flow { text.find([',', '}']) } else { None };
    let text = text.get(..item.unwrap_or(text.len())).unwrap_or(text);
    let end = text.find(" #").unwrap_or(text.len());
    blanks + text.get(..end).unwrap_or_default().trim_end().len()
}

/// Blanks, and the end of the line, stay.
pub(super) fn push_masked(text: &str, masked: &mut String) {
    for character in text.chars() {
        if character.is_whitespace() {
            masked.push(character);
        } else {
            masked.push_str(&MASK.repeat(character.len_utf8()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{may_name_secret, names_secret, seems_secret, without_secrets, without_value};

    #[test]
    fn keys_of_secrets_are_known_by_their_name() {
        for (key, want) in [
            ("password", true),
            ("dbPasswordHash", true),
            ("API_TOKEN", true),
            ("tokens", false),
            ("sshKey", true),
            ("keyboard", false),
            ("credentialsFile", true),
            ("replicas", false),
        ] {
            assert_eq!(may_name_secret(key), want, "{key}");
        }
    }

    #[test]
    fn keys_of_secrets_are_distinguished_from_keys_of_places() {
        for (key, want) in [
            ("password", true),
            ("adminPassword", true),
            ("token", true),
            ("apiKey", true),
            ("secretKey", true),
            ("passphrase", true),
            ("existingSecret", false),
            ("secretName", false),
            ("tokenPath", false),
            ("passwordFile", false),
            ("secretKeyRef", false),
            ("replicas", false),
        ] {
            assert_eq!(names_secret(key), want, "{key}");
        }
    }

    #[test]
    fn secrets_become_asterisks_and_nothing_else_changes() {
        for (text, want) in [
            ("password: abc\n", "password: ***\n"),
            ("a:\n  - api_key: \"ab c\" # why\n", "a:\n  - api_key: *** ** # why\n"),
            ("data: {password: abc, port: 1 }\n", "data: {password: ***, port: 1 }\n"),
            ("auth: {token: 'x, y', a: 'b'}\r\n", "auth: {token: *** **, a: 'b'}\r\n"),
            ("{\"token\":\"abc\",\"a\":1}", "{\"token\":*****,\"a\":1}"),
            (
                "token: |\n  one\n\n  two\nport: 1\n",
                "token: |\n  ***\n\n  ***\nport: 1\n",
            ),
            (
                "- name: DB_PASSWORD\n  value: abc\n",
                "- name: DB_PASSWORD\n  value: ***\n",
            ),
            ("- {name: TOKEN, value: abc}\n", "- {name: TOKEN, value: ***}\n"),
            ("password: grün\nport: 1\n", "password: *****\nport: 1\n"),
            ("password: a: b\n", "password: ** *\n"),
            ("apiKey: *abc\n", "apiKey: ****\n"),
            // Scripts, command lines, addresses.
            ("  export DB_PASSWORD=abc; x\n", "  export DB_PASSWORD=***; x\n"),
            (
                "args: [--api-token='a b', --x=y]\n",
                "args: [--api-token=** **, --x=y]\n",
            ),
            (
                "dsn: host=db password=P&ss<w>9, user=me\n",
                "dsn: host=db password=********, user=me\n",
            ),
            ("url: /x?token=abc&user=me;a=b\n", "url: /x?token=***&user=me;a=b\n"),
            (
                "run: TOKEN=a,b;c x && TOKEN=a&&x\n",
                "run: TOKEN=***** x && TOKEN=*&&x\n",
            ),
            ("url: https://me:abc@host/x\n", "url: https://******@host/x\n"),
            // Texts that are not YAML, and values of several lines.
            ("privateKey: |\n\tabc\n", "privateKey: |\n\t***\n"),
            (
                "password: abc\n  def: x: y\na: b\n",
                "password: ***\n  **** ** *\na: b\n",
            ),
            ("password: 'x' abc\n", "password: *** ***\n"),
            ("password: \"a\"abc: b\n", "password: ******* *\n"),
            ("\"password\" : \"abc\n", "\"password\" : ****\n"),
            ("{\"password\": \"A\" \"x\": abc}\n", "{\"password\": *** **** ****\n"),
            (
                "password:\n  - A\n  x: abc\nport: 1\n",
                "password:\n  * *\n  ** ***\nport: 1\n",
            ),
            (
                "password: \"abc\n  def\n  ghi\"\nl: 1\n",
                "password: ****\n  ***\n  ****\nl: 1\n",
            ),
        ] {
            assert_eq!(without_secrets(text), want, "{text:?}");
            assert_eq!(without_secrets(text).len(), text.len(), "{text:?}");
        }
        for same in [
            "password: {{ .Values.password }}\n",
            "password: \"\"\nport: 1\n",
            "secret:\n  a: b\n",
            "secretName: abc\n",
            "- name: PORT\n  value: abc\n",
            "- name: TOKEN\n  valueFrom: abc\n- name: PORT\n  value: abc\n",
            "",
        ] {
            assert_eq!(without_secrets(same), same);
        }
    }

    #[test]
    fn documents_that_cannot_be_read_are_secrets_by_their_words() {
        let text = b"kind: ConfigMap\na: [\n---\nkind: \"Secret\"\nb: [\n---\n{\"kind\":\"Pod\"\n";
        for (offset, want) in [
            (0, false),
            (18, false),
            (27, true),
            (45, true),
            (52, false),
            (99, false),
        ] {
            assert_eq!(seems_secret(text, offset), want, "{offset}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_secret_is_said_without_it() {
        for (words, want) in [
            (
                "'hunter22' does not match pattern '^x'",
                "the value does not match pattern '^x'",
            ),
            (
                "'hunter22' is not valid email: missing @ in hunter22",
                "the value is not valid email",
            ),
            ("maximum: got 1,234, want 3", "maximum: want 3"),
            ("maxLength: got 14, want 3", "maxLength: want 3"),
            (
                "value must be 'hunter22'",
                "the value is not one that the schema allows",
            ),
            (
                "Invalid value: \"hunter: 22\": must be short",
                "Invalid value: ***: must be short",
            ),
            ("Invalid value: 73849: must be less", "Invalid value: ***: must be less"),
            ("got number, want string", "got number, want string"),
            ("missing property 'a'", "missing property 'a'"),
        ] {
            assert_eq!(without_value(words), want, "{words}");
        }
    }
}
