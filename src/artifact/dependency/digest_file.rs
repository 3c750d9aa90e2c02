//! The digests of the archives that a lock names: a file beside it, each line `NAME VERSION sha256:DIGEST REPOSITORY`.
//!
//! Helm's lock names versions and not contents, so whoever can write to a repository can replace a version that was reviewed. The
//! file is called like the lock with `.sums` at its end, so that the two are listed side by side: Chart.lock.sums. It has a line
//! for each dependency of a repository; those by path are what is in the work tree, and are not listed. Lines are sorted, so
//! that changes of different dependencies merge.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::text::redact::redact_url;

/// Ending that is added to the name of the lock.
pub const DIGEST_FILE_ENDING: &str = ".sums";

/// Before each digest.
const ALGORITHM: &str = "sha256:";
/// Digits of a digest.
const DIGITS: usize = 64;

/// What is listed: name, version and repository without credentials, each with the digest of the archive in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DigestFile {
    lines: BTreeMap<(String, String, String), String>,
}

impl DigestFile {
    /// Reads a file.
    ///
    /// # Errors
    /// The number of the first line, from 1, that is not one of the file.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let mut file = Self::default();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let (key, digest) = parse_line(line).ok_or(number + 1)?;
            file.lines.insert(key, digest);
        }
        Ok(file)
    }

    /// The digest that is listed.
    pub fn get(&self, name: &str, version: &str, repository: &str) -> Option<&str> {
        self.lines.get(&key(name, version, repository)).map(String::as_str)
    }

    /// Lists a digest.
    pub fn insert(&mut self, name: &str, version: &str, repository: &str, digest: &str) {
        self.lines.insert(key(name, version, repository), digest.to_owned());
    }

    /// Whether nothing is listed.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        self.lines
            .iter()
            .fold(String::new(), |mut text, ((name, version, repository), digest)| {
                let [name, version] = [name, version].map(|field| escaped(field, true));
                let repository = escaped(repository, false);
                let _infallible = writeln!(text, "{name} {version} {ALGORITHM}{digest} {repository}");
                text
            })
    }
}

fn key(name: &str, version: &str, repository: &str) -> (String, String, String) {
    (name.to_owned(), version.to_owned(), redact_url(repository))
}

fn parse_line(line: &str) -> Option<((String, String, String), String)> {
    let mut fields = line.splitn(4, ' ');
    let (name, version, digest, repository) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let digest = digest.strip_prefix(ALGORITHM)?;
    let is_digest = digest.len() == DIGITS && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let [name, version, repository] = [name, version, repository].map(unescaped);
    is_digest.then(|| ((name, version, repository), digest.to_owned()))
}

/// A field in which `%` and control characters, and blanks where `blanks` says so, are written as in a URL.
fn escaped(field: &str, blanks: bool) -> String {
    field.chars().fold(String::new(), |mut out, character| {
        if character == '%' || character.is_control() || (blanks && character == ' ') {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                let _infallible = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(character);
        }
        out
    })
}

fn unescaped(field: &str) -> String {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let code = match (byte, tail) {
            (b'%', [high, low, ..]) => char::from(*high).to_digit(16).zip(char::from(*low).to_digit(16)),
            _ => None,
        };
        let decoded = code.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        bytes.push(decoded.unwrap_or(byte));
        rest = if decoded.is_some() {
            tail.get(2..).unwrap_or_default()
        } else {
            tail
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn what_is_listed_is_read_again() {
        let mut file = DigestFile::default();
        file.insert("redis", "2.0.0+b", "https://x.example.com/a b", B);
        file.insert("a 100%", "1.0.0\n", "s3://user:secret@bucket/x?token=1", A);
        let text = file.text();
        let expected = format!(
            "a%20100%25 1.0.0%0A sha256:{A} s3://bucket/x\nredis 2.0.0+b sha256:{B} https://x.example.com/a b\n"
        );
        assert_eq!(text, expected);
        let read = DigestFile::parse(&text.replace('\n', "\r\n")).unwrap();
        assert_eq!(read, file);
        assert_eq!(read.get("redis", "2.0.0+b", "https://x.example.com/a b"), Some(B));
        assert_eq!(read.get("redis", "2.0.0", "https://x.example.com/a b"), None);
        assert_eq!(DigestFile::parse("\n").unwrap().text(), "");
    }

    #[test]
    fn other_lines_are_refused_with_their_number() {
        for line in [
            "redis 1.0.0 sha256:ab https://x",
            "redis 1.0.0",
            &format!("redis 1.0.0 {A} https://x"),
            &format!("redis 1.0.0 sha256:{} https://x", A.to_uppercase()),
            "<<<<<<< HEAD",
        ] {
            let text = format!("redis 1.0.0 sha256:{A} https://x\n{line}\n");
            assert_eq!(DigestFile::parse(&text), Err(2), "{line}");
        }
    }
}
