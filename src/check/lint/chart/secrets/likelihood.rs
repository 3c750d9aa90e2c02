//! How likely it is that a text is a secret: from its looks alone. Placeholders and names are not secrets; random letters
//! and digits are; passwords that people make up are in between.

/// Shorter texts are equal by accident.
const LEAST_BYTES: usize = 6;
/// Shorter texts are not called random.
const LEAST_RANDOM_BYTES: usize = 12;
/// What texts begin with that say where a secret is kept, or how it is computed.
const REFERENCES: [&str; 24] = [
    "$",
    "<",
    "%",
    "/",
    "./",
    "../",
    "~/",
    "&",
    "*",
    "@",
    "#",
    "ENC[",
    "vault:",
    "ref+",
    "op://",
    "arn:",
    "projects/",
    "http://",
    "https://",
    "file:",
    "sha1:",
    "sha256:",
    "argon2:",
    "{SHA}",
];
/// Names of what a text is a default of, and other words that are not kept secret.
const WORDS: [&str; 14] = [
    "true",
    "false",
    "null",
    "none",
    "default",
    "password",
    "passwd",
    "secret",
    "token",
    "dummy",
    "sample",
    "todo",
    "redacted",
    "undefined",
];

/// How likely a text is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likelihood {
    /// A placeholder, a reference, a name.
    No,
    /// Somebody may have made it up.
    Possible,
    /// Letters and digits in no order.
    Random,
}

/// Whether a text is long enough to be recognized, and is not a placeholder such as `changeme`, `<token>` or `XXXXXXXX`.
pub fn may_be_secret(text: &[u8]) -> bool {
    const INSIDE: [&str; 7] = [
        "changeme",
        "changethis",
        "changeit",
        "replaceme",
        "replacethis",
        "placeholder",
        "example",
    ];
    const AT_START: [&str; 4] = ["your", "some", "insert", "enter"];
    if text.len() < LEAST_BYTES || (text.starts_with(b"<") && text.ends_with(b">")) {
        return false;
    }
    let lower = String::from_utf8_lossy(text).to_lowercase();
    let letters: String = lower.chars().filter(|character| character.is_alphanumeric()).collect();
    let first = letters.chars().next();
    !letters.chars().all(|character| Some(character) == first)
        && !INSIDE.iter().any(|word| letters.contains(word))
        && !AT_START.iter().any(|word| letters.starts_with(word))
}

/// How likely the value of a key that names a secret is one.
pub(super) fn likelihood(text: &str) -> Likelihood {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let is_reference = REFERENCES.iter().any(|start| text.starts_with(start))
        || ["{{", "${", "$(", "<%", "__", "}}"]
            .iter()
            .any(|mark| text.contains(mark));
    let is_sentence = text.split_whitespace().nth(2).is_some();
    if !may_be_secret(text.as_bytes()) || is_reference || is_sentence || WORDS.contains(&lower.as_str()) {
        return Likelihood::No;
    }
    if is_random(text) {
        return Likelihood::Random;
    }
    // Words alone are names, or defaults that everybody knows.
    if text.bytes().any(|byte| byte.is_ascii_digit()) && !is_name(text) {
        return Likelihood::Possible;
    }
    Likelihood::No
}

/// Words with separators, and whole numbers between them: `my-release-2`, `secret.name`, `12345678`.
fn is_name(text: &str) -> bool {
    text.split(is_separator).all(|part| {
        let is_version = part
            .strip_prefix('v')
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        is_version || digits == 0 || digits == part.len() && part.len() < LEAST_BYTES
    })
}

const fn is_separator(character: char) -> bool {
    matches!(character, '-' | '_' | '.' | '/' | ':' | ' ')
}

/// The kind of a character. Changes from one kind to another are rare in words.
const fn kind(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        b'-' | b'_' | b'.' | b'/' | b':' | b' ' => 3,
        _ => 4,
    }
}

/// Whether letters and digits change as often as in texts that a machine made up.
pub(super) fn is_random(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_candidate = bytes.len() >= LEAST_RANDOM_BYTES
        && !text.contains(char::is_whitespace)
        && bytes.iter().any(u8::is_ascii_digit)
        && bytes.iter().any(u8::is_ascii_alphabetic);
    if !is_candidate || is_placeholder(bytes) {
        return false;
    }
    // A capital letter begins a word.
    let is_change = |before: u8, after: u8| {
        kind(before) != kind(after) && kind(before) != 3 && kind(after) != 3 && (kind(before), kind(after)) != (1, 0)
    };
    let changes = bytes
        .windows(2)
        .filter(|pair| matches!(pair, [before, after] if is_change(*before, *after)));
    let letters = bytes.iter().filter(|byte| kind(**byte) != 3).count();
    changes.count() * 4 >= letters && distinct(bytes) * 3 >= bytes.len().min(24)
}

/// Whether what follows the mark of a token is there to show its form: `xxxxxxxx`, `1234567890abcdef`, `EXAMPLE`.
pub(super) fn is_placeholder(body: &[u8]) -> bool {
    const INSIDE: [&[u8]; 14] = [
        b"example",
        b"xxxx",
        b"0000",
        b"1111",
        b"12345",
        b"abcde",
        b"placeholder",
        b"your",
        b"fake",
        b"dummy",
        b"redacted",
        b"changeme",
        b"secret",
        b"token",
    ];
    let lower = body.to_ascii_lowercase();
    INSIDE.iter().any(|word| memchr::memmem::find(&lower, word).is_some())
}

/// How many different bytes there are.
pub(super) fn distinct(bytes: &[u8]) -> usize {
    let mut is_found = [false; 256];
    for &byte in bytes {
        if let Some(is_found) = is_found.get_mut(usize::from(byte)) {
            *is_found = true;
        }
    }
    is_found.iter().filter(|&&is_found| is_found).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_not_secrets() {
        for (text, want) in [
            ("hunter22", true),
            ("s3cr3t-value", true),
            ("abcde", false),
            ("changeme", false),
            ("Change-Me_123", false),
            ("your.password", false),
            ("somepassword", false),
            ("XXXXXXXXXX", false),
            ("********", false),
            ("<api token>", false),
            ("<api token", true),
        ] {
            assert_eq!(may_be_secret(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn texts_are_judged_by_their_looks() {
        use Likelihood::{No, Possible, Random};
        for (text, want) in [
            ("", No),
            ("postgres", No),
            ("my-release-postgresql-2", No),
            ("argocd-secret.v2", No),
            ("true", No),
            ("{{ .Values.x1 }}", No),
            ("${DB_PASSWORD1}", No),
            ("prefix-$(TOKEN_1)", No),
            ("/run/secrets/token1", No),
            ("vault:secret/data/db#password1", No),
            ("ref+awssecrets://db1/password", No),
            ("ENC[AES256_GCM,data:x1]", No),
            ("https://vault.local/v1/token", No),
            ("the token of user 1", No),
            ("changeme123", No),
            ("Password", No),
            ("12345", No),
            ("sha1:aae8550c0a44:9507d45e087d5ee481a5ce9f4f16f37a0867318c", No),
            ("hunter22", Possible),
            ("admin1234", Possible),
            ("12345678", Possible),
            ("MyDatabasePassword2024", Possible),
            ("9f86d081884c7d659a2feaa0c55ad015", Random),
            ("a391df94-dd1f-46d6-b3ab-60e90f23e8a2", Random),
            ("Xk9mP2vL5qR8tW3z", Random),
            ("aB3$dE6&gH9!", Random),
            ("a1b2c3d4e5f6000000000000", Possible),
        ] {
            assert_eq!(likelihood(text), want, "{text}");
        }
    }
}
