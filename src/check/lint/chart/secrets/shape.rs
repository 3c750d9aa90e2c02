//! `secret-token`, `private-key`: texts that are secrets by their form, anywhere in a file. In: bytes. Out: places, in one pass
//! over the bytes. The forms are those that the services document for scanners of repositories.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::bytes::Regex;

use super::exposed::Exposed;
use super::likelihood::{distinct, is_placeholder};
use crate::text::rule::{Rule, Severity};

/// How a token looks: what it begins with, and how many bytes of a class follow.
struct Shape {
    starts: &'static [&'static str],
    name: &'static str,
    class: fn(u8) -> bool,
    least: usize,
    most: usize,
}

const fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

const fn is_url_safe(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

const fn is_dotted(byte: u8) -> bool {
    is_url_safe(byte) || byte == b'.'
}

const fn is_path(byte: u8) -> bool {
    is_alphanumeric(byte) || byte == b'/'
}

const fn is_dashed(byte: u8) -> bool {
    is_alphanumeric(byte) || byte == b'-'
}

const fn is_base32(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'2'..=b'7')
}

const fn is_base64(byte: u8) -> bool {
    is_alphanumeric(byte) || matches!(byte, b'+' | b'/')
}

/// AWS' ids of keys, which are of use with a secret only.
const AWS: &str = "AWS access key";
const SHAPES: [Shape; 10] = [
    Shape {
        starts: &["AKIA", "ASIA"],
        name: AWS,
        class: is_base32,
        least: 16,
        most: 16,
    },
    Shape {
        starts: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        name: "GitHub token",
        class: is_alphanumeric,
        least: 36,
        most: 255,
    },
    Shape {
        starts: &["github_pat_"],
        name: "GitHub token",
        class: is_word,
        least: 82,
        most: 255,
    },
    Shape {
        starts: &["glpat-"],
        name: "GitLab token",
        class: is_dotted,
        least: 20,
        most: 300,
    },
    Shape {
        starts: &["xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxr-", "xoxs-"],
        name: "Slack token",
        class: is_dashed,
        least: 24,
        most: 255,
    },
    Shape {
        starts: &["hooks.slack.com/services/"],
        name: "Slack webhook",
        class: is_path,
        least: 40,
        most: 80,
    },
    Shape {
        starts: &["AIza"],
        name: "Google API key",
        class: is_url_safe,
        least: 35,
        most: 35,
    },
    Shape {
        starts: &["sk_live_", "rk_live_"],
        name: "Stripe key",
        class: is_alphanumeric,
        least: 24,
        most: 255,
    },
    Shape {
        starts: &["npm_"],
        name: "npm token",
        class: is_alphanumeric,
        least: 36,
        most: 36,
    },
    Shape {
        starts: &["dckr_pat_"],
        name: "Docker Hub token",
        class: is_url_safe,
        least: 27,
        most: 64,
    },
];
/// What a private key says of itself.
const PRIVATE_KEY: &str = "PRIVATE KEY";
/// The same in base64: `-----BEGIN `, which is followed by what the key is.
const ENCODED_BEGIN: &str = "LS0tLS1CRUdJTi";
/// Letters of base64 that hold the first line of a key.
const ENCODED_LINE: usize = 60;
/// A secret of AWS is this long, and this near its id.
const AWS_SECRET_BYTES: usize = 40;
const NEAR: usize = 400;
/// A key whose lines have fewer letters is shortened.
const LEAST_KEY_LINE: usize = 40;

static STARTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let starts: Vec<String> = SHAPES
        .iter()
        .flat_map(|shape| shape.starts)
        .chain(&[PRIVATE_KEY, ENCODED_BEGIN])
        .map(|start| regex::escape(start))
        .collect();
    Regex::new(&format!("(?-u){}", starts.join("|"))).ok()
});

/// Everything in a text that is a secret by its form.
pub(super) fn secret_shapes(text: &[u8]) -> Vec<Exposed> {
    let starts = STARTS.iter().flat_map(|starts| starts.find_iter(text));
    let found = starts.filter_map(|start| {
        if start.as_bytes() == PRIVATE_KEY.as_bytes() {
            return private_key(text, start.start(), start.end());
        }
        if start.as_bytes() == ENCODED_BEGIN.as_bytes() {
            return encoded_key(text, start.start());
        }
        let is_of = |shape: &&Shape| shape.starts.iter().any(|known| known.as_bytes() == start.as_bytes());
        token(text, start.start(), start.end(), SHAPES.iter().find(is_of)?)
    });
    let mut found: Vec<Exposed> = found.collect();
    found.dedup_by(|next, before| next.start < before.end);
    found
}

fn token(text: &[u8], start: usize, body: usize, shape: &Shape) -> Option<Exposed> {
    let rest = text.get(body..)?;
    let length = rest
        .iter()
        .take(shape.most + 1)
        .take_while(|&&byte| (shape.class)(byte))
        .count();
    let before = start.checked_sub(1).and_then(|at| text.get(at));
    let after = rest.get(length);
    let content = rest.get(..length)?;
    let is_whole = !before.is_some_and(|&byte| is_word(byte)) && !after.is_some_and(|&byte| is_word(byte));
    if !is_whole || !(shape.least..=shape.most).contains(&length) {
        return None;
    }
    let needs_digit = shape.name != AWS;
    let seems_real =
        !is_placeholder(content) && distinct(content) >= 8 && (!needs_digit || content.iter().any(u8::is_ascii_digit));
    if !seems_real {
        return None;
    }
    let end = body + length;
    let is_alone = shape.name == AWS && !has_aws_secret(text, start, end);
    let (severity, message) = if is_alone {
        let message = "the file has the id of an AWS access key: see that the key itself is not in the repository";
        (Severity::Warning, message.to_owned())
    } else {
        let article = if shape.name.starts_with(['A', 'n']) { "an" } else { "a" };
        let message = format!(
            "the file has {article} {}: revoke it, and keep its successor outside of the repository, or encrypted",
            shape.name
        );
        (Severity::Error, message)
    };
    Some(Exposed {
        rule: Rule::SecretToken,
        severity,
        start,
        end,
        message,
    })
}

/// Whether something near the id of a key looks like its secret.
fn has_aws_secret(text: &[u8], start: usize, end: usize) -> bool {
    let before = text.get(start.saturating_sub(NEAR)..start).unwrap_or_default();
    let after = text.get(end..(end + NEAR).min(text.len())).unwrap_or_default();
    [before, after]
        .iter()
        .flat_map(|part| part.split(|&byte| !is_base64(byte)))
        .any(|run| {
            run.len() == AWS_SECRET_BYTES
                && run.iter().any(u8::is_ascii_uppercase)
                && run.iter().any(u8::is_ascii_lowercase)
                && run.iter().any(u8::is_ascii_digit)
                && distinct(run) >= 16
                && !is_placeholder(run)
        })
}

/// A block of PEM or of OpenPGP, in a file, in a text of YAML, or in a string with `\n`.
fn private_key(text: &[u8], label: usize, end: usize) -> Option<Exposed> {
    let head = text.get(label.saturating_sub(32)..label)?;
    let begin = memchr::memmem::rfind(head, b"-----BEGIN ")?;
    let kind = head.get(begin + "-----BEGIN ".len()..)?;
    let rest = text.get(end..(end + NEAR).min(text.len()))?;
    let body = rest.strip_prefix(b" BLOCK").unwrap_or(rest).strip_prefix(b"-----")?;
    let is_label = kind.iter().all(|&byte| byte.is_ascii_uppercase() || byte == b' ');
    let body = body.get(..memchr::memmem::find(body, b"-----").unwrap_or(body.len()))?;
    // The `n` of an escaped line break would otherwise count as a letter.
    let line = String::from_utf8_lossy(body).replace("\\n", "\n");
    let has_content = line
        .split(|character: char| !u8::try_from(character).is_ok_and(is_base64))
        .any(|run| run.len() >= LEAST_KEY_LINE && distinct(run.as_bytes()) >= 16);
    if !is_label || !has_content {
        return None;
    }
    let is_encrypted = memchr::memmem::find(kind, b"ENCRYPTED").is_some() || line.contains("ENCRYPTED");
    Some(exposed_key(label - (head.len() - begin), end, is_encrypted))
}

/// The same in base64, as Secrets have it.
fn encoded_key(text: &[u8], start: usize) -> Option<Exposed> {
    let rest = text.get(start..)?;
    let length = rest
        .iter()
        .take(ENCODED_LINE)
        .take_while(|&&byte| is_base64(byte))
        .count();
    let line = STANDARD.decode(rest.get(..length / 4 * 4)?).ok()?;
    let is_key = length == ENCODED_LINE && memchr::memmem::find(&line, PRIVATE_KEY.as_bytes()).is_some();
    let is_encrypted = memchr::memmem::find(&line, b"ENCRYPTED").is_some();
    is_key.then(|| exposed_key(start, start + length, is_encrypted))
}

fn exposed_key(start: usize, end: usize, is_encrypted: bool) -> Exposed {
    let (severity, message) = if is_encrypted {
        (
            Severity::Warning,
            "the file has a private key, protected by a passphrase",
        )
    } else {
        (
            Severity::Error,
            "the file has a private key: replace it, and keep its successor outside of the repository, or encrypted",
        )
    };
    Exposed {
        rule: Rule::PrivateKey,
        severity,
        start,
        end,
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters and digits in no order.
    fn random(length: usize) -> String {
        "q7Rk2ZpW9xLm4TvB8nYc3HdJ6sFgE5aUoKiQ1eCtXyNwPzM"
            .chars()
            .cycle()
            .take(length)
            .collect()
    }

    #[test]
    fn tokens_are_known_by_their_form() {
        let base32 = "J5RWQ2LNM7ZP4TKX";
        let secret = format!("{}/{}", random(20), random(19));
        for (text, want) in [
            (format!("ghp_{}", random(36)), "error"),
            (format!("a: \"ghs_{}\"", random(36)), "error"),
            (format!("x-access-token:gho_{}@github.com", random(36)), "error"),
            (format!("ghp_{}", random(35)), ""),
            (format!("ghp_{}", "x".repeat(36)), ""),
            (format!("ghp_{}", "abcdefghijklmnopqrstuvwxyz1234567890"), ""),
            (format!("oghp_{}", random(36)), ""),
            (format!("github_pat_{}_{}", random(22), random(59)), "error"),
            (format!("github_pat_{}", random(22)), ""),
            (format!("glpat-{}", random(20)), "error"),
            ("glpat-<token>".to_owned(), ""),
            (
                format!("xoxb-{}-{}-{}", "493817264051", "593817264052", random(24)),
                "error",
            ),
            ("xoxb-your-slack-bot-token-goes-here".to_owned(), ""),
            (
                format!(
                    "https://hooks.slack.com/services/T{}/B{}/{}",
                    "8KD63JS9Q",
                    "7KD63JS9Q",
                    random(24)
                ),
                "error",
            ),
            (
                "https://hooks.slack.com/services/XXXXXXXXX/XXXXXXXXX/XXXXXXXXXXXXXXXXXXXXXXXX".to_owned(),
                "",
            ),
            (format!("AIza{}", random(35)), "error"),
            (format!("AIza{}", random(36)), ""),
            (format!("npm_{}", random(36)), "error"),
            ("npm_config_registry: https://registry".to_owned(), ""),
            (format!("sk_live_{}", random(24)), "error"),
            (format!("dckr_pat_{}", random(27)), "error"),
            (format!("AKIA{base32}"), "warning"),
            (format!("id: ASIA{base32}\nsecret: {secret}\n"), "error"),
            (format!("secret: {secret}\nid: AKIA{base32}\n"), "error"),
            (
                format!(
                    "id: AKIA{base32}\ncommit: {}\n",
                    "0123456789abcdef0123456789abcdef01234567"
                ),
                "warning",
            ),
            (
                format!("id: AKIA{base32}\n{}\nsecret: {secret}\n", " ".repeat(NEAR)),
                "warning",
            ),
            ("AKIAIOSFODNN7EXAMPLE".to_owned(), ""),
            (format!("AKIA{base32}A"), ""),
        ] {
            let found = secret_shapes(format!("{text}\n").as_bytes());
            let severities: Vec<&str> = found.iter().map(|found| found.severity.name()).collect();
            assert_eq!(severities.join(" "), want, "{text}");
            for exposed in found {
                assert_eq!(exposed.rule, Rule::SecretToken);
                let value = text.get(exposed.start..exposed.end).unwrap();
                assert!(!exposed.message.contains(value) && value.len() >= 20, "{value}");
            }
        }
    }

    #[test]
    fn private_keys_are_known_by_their_first_lines() {
        let begin = |kind: &str| format!("-----BEGIN {kind}{PRIVATE_KEY}-----");
        let encoded = |kind: &str| STANDARD.encode(format!("{}\n{}\n", begin(kind), random(64)));
        let line = random(64);
        for (text, want) in [
            (format!("{}\n{line}\n", begin("")), "error"),
            (format!("key: |\n  {}\n  {line}\n", begin("RSA ")), "error"),
            (format!("key: \"{}\\n{line}\\n\"", begin("EC ")), "error"),
            (format!("{}\r\n{line}\r\n", begin("OPENSSH ")), "error"),
            (
                format!("-----BEGIN PGP {PRIVATE_KEY} BLOCK-----\nVersion: 1\n\n{line}\n"),
                "error",
            ),
            (format!("{}\n{line}\n", begin("ENCRYPTED ")), "warning"),
            (
                format!("{}\nProc-Type: 4,ENCRYPTED\nDEK-Info: x\n\n{line}\n", begin("RSA ")),
                "warning",
            ),
            (format!("{}\n...\n-----END\n{line}\n", begin("")), ""),
            (format!("{}\n{}\n", begin(""), "x".repeat(64)), ""),
            (format!("{}\n{{{{ .Values.key }}}}\n", begin("")), ""),
            (format!("-----BEGIN PUBLIC KEY-----\n{line}\n"), ""),
            (format!("a {PRIVATE_KEY}----- and {line}\n"), ""),
            (format!("tls.key: {}\n", encoded("")), "error"),
            (format!("tls.key: {}\n", encoded("RSA ")), "error"),
            (
                format!(
                    "tls.crt: {}\n",
                    STANDARD.encode(format!("-----BEGIN CERTIFICATE-----\n{line}\n"))
                ),
                "",
            ),
            (format!("tls.key: {ENCODED_BEGIN}..."), ""),
        ] {
            let found = secret_shapes(text.as_bytes());
            let severities: Vec<&str> = found.iter().map(|found| found.severity.name()).collect();
            assert_eq!(severities.join(" "), want, "{text}");
            assert!(
                found
                    .iter()
                    .all(|found| found.rule == Rule::PrivateKey && !found.message.contains(&line))
            );
        }
    }
}
