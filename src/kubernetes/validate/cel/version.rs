//! Semantic versions as expressions know them (`github.com/blang/semver/v4`).

use std::cmp::Ordering;
use std::fmt;

use crate::text::go::quote::quote;

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub major: u64,
    pub minor: u64,
    pub patch: u64,
    prerelease: Vec<Part>,
    build: Vec<String>,
}

/// A part of a prerelease; numbers come before words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Word(String),
}

impl Version {
    /// Reads a version.
    ///
    /// # Errors
    /// The library's words for a text that is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("Version string empty".to_owned());
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("No Major.Minor.Patch elements found".to_owned());
        };
        let (major, minor) = (number(major, "major", "Major")?, number(minor, "minor", "Minor")?);
        let (rest, build) = match rest.split_once('+') {
            Some((rest, build)) => (rest, build.split('.').collect()),
            None => (rest, Vec::new()),
        };
        let (patch, prerelease) = match rest.split_once('-') {
            Some((patch, prerelease)) => (patch, prerelease.split('.').collect()),
            None => (rest, Vec::new()),
        };
        let patch = number(patch, "patch", "Patch")?;
        let prerelease = prerelease.into_iter().map(part).collect::<Result<_, _>>()?;
        let build = build.into_iter().map(|part| {
            if part.is_empty() {
                return Err("Build meta data is empty".to_owned());
            }
            if !part.bytes().all(is_word) {
                return Err(format!(
                    "Invalid character(s) found in build meta data {}",
                    quote(part.as_bytes())
                ));
            }
            Ok(part.to_owned())
        });
        Ok(Self {
            major,
            minor,
            patch,
            prerelease,
            build: build.collect::<Result<_, _>>()?,
        })
    }

    /// Reads a version that may begin with a `v`, lack parts or have zeros before its numbers.
    ///
    /// # Errors
    /// As for [`Self::parse`].
    pub fn parse_leniently(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts: Vec<String> = text.splitn(3, '.').map(without_zeros).collect();
        if parts.len() < 3 {
            if parts.last().is_some_and(|last| last.contains(['+', '-'])) {
                return Err("short version cannot contain PreRelease/Build meta data".to_owned());
            }
            parts.resize(3, "0".to_owned());
        }
        Self::parse(&parts.join("."))
    }

    /// Which is newer; what is built from it does not count.
    pub fn compare(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| {
            match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => self.prerelease.cmp(&other.prerelease),
            }
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        for (index, part) in self.prerelease.iter().enumerate() {
            f.write_str(if index == 0 { "-" } else { "." })?;
            match part {
                Part::Number(number) => write!(f, "{number}")?,
                Part::Word(word) => f.write_str(word)?,
            }
        }
        for (index, part) in self.build.iter().enumerate() {
            f.write_str(if index == 0 { "+" } else { "." })?;
            f.write_str(part)?;
        }
        Ok(())
    }
}

fn without_zeros(part: &str) -> String {
    let trimmed = part.trim_start_matches('0');
    let is_plain = part.len() <= 1 || trimmed.starts_with(|letter: char| letter.is_ascii_digit());
    if part.len() <= 1 {
        part.to_owned()
    } else if is_plain {
        trimmed.to_owned()
    } else {
        format!("0{trimmed}")
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn has_leading_zero(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0')
}

fn number(text: &str, name: &str, capital: &str) -> Result<u64, String> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!(
            "Invalid character(s) found in {name} number {}",
            quote(text.as_bytes())
        ));
    }
    if has_leading_zero(text) {
        return Err(format!(
            "{capital} number must not contain leading zeroes {}",
            quote(text.as_bytes())
        ));
    }
    parsed(text)
}

/// `strconv.ParseUint` of digits.
fn parsed(text: &str) -> Result<u64, String> {
    let reason = if text.is_empty() {
        "invalid syntax"
    } else {
        "value out of range"
    };
    text.parse()
        .map_err(|_| format!("strconv.ParseUint: parsing {}: {reason}", quote(text.as_bytes())))
}

fn part(text: &str) -> Result<Part, String> {
    if text.is_empty() {
        return Err("Prerelease is empty".to_owned());
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        if has_leading_zero(text) {
            return Err(format!(
                "Numeric PreRelease version must not contain leading zeroes {}",
                quote(text.as_bytes())
            ));
        }
        return parsed(text).map(Part::Number);
    }
    if text.bytes().all(is_word) {
        return Ok(Part::Word(text.to_owned()));
    }
    Err(format!(
        "Invalid character(s) found in prerelease {}",
        quote(text.as_bytes())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared() {
        let read = |text: &str| Version::parse(text).expect(text);
        for (one, two, wanted) in [
            ("1.2.3", "1.2.10", Ordering::Less),
            ("1.0.0-alpha.1", "1.0.0-alpha.beta", Ordering::Less),
            ("1.0.0-rc", "1.0.0", Ordering::Less),
            ("1.0.0+a", "1.0.0+b", Ordering::Equal),
            ("1.0.0-a.b", "1.0.0-a", Ordering::Greater),
        ] {
            assert_eq!(read(one).compare(&read(two)), wanted, "{one} {two}");
        }
        assert_eq!(read("1.2.3-a.1+b.2").to_string(), "1.2.3-a.1+b.2");
    }

    #[test]
    fn versions_may_be_read_leniently() {
        for (text, wanted) in [
            ("v1", "1.0.0"),
            ("01.02", "1.2.0"),
            ("1.2.03-a", "1.2.3-a"),
            ("00.0.0", "0.0.0"),
        ] {
            assert_eq!(
                Version::parse_leniently(text)
                    .map(|version| version.to_string())
                    .as_deref(),
                Ok(wanted)
            );
        }
        for (text, words) in [
            ("1.1-a", "short version cannot contain PreRelease/Build meta data"),
            ("three", "Invalid character(s) found in major number \"0three\""),
        ] {
            assert_eq!(Version::parse_leniently(text).unwrap_err(), words);
        }
        assert_eq!(
            Version::parse("v1.0.0").unwrap_err(),
            "Invalid character(s) found in major number \"v1\""
        );
    }
}
