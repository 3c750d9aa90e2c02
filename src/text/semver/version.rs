//! One version: `1.2.3-beta.1+build`.
//!
//! In: text. Out: a [`Version`], or the error of Masterminds' parser. The loose parser accepts `v1`, `1.2` and leading
//! zeros; the strict one only what the specification allows. Order ignores build metadata.

use std::cmp::Ordering;
use std::fmt;

/// Longest text that is read as a version.
const MAX_LENGTH: usize = 256;

/// A semantic version and the text it was read from.
#[derive(Debug, Clone)]
pub struct Version {
    /// First number.
    pub major: u64,
    /// Second number.
    pub minor: u64,
    /// Third number.
    pub patch: u64,
    /// Identifiers after `-`, without it; empty for a release.
    pub pre: String,
    /// Identifiers after `+`, without it.
    pub metadata: String,
    /// The text that was read.
    pub original: String,
}

/// Why a text is not a version, in the words of Masterminds' parser.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// Not in the form of a version.
    #[error("invalid semantic version")]
    Invalid,
    /// No text at all.
    #[error("version string empty")]
    Empty,
    /// A number contains something other than digits.
    #[error("invalid characters in version")]
    InvalidCharacters,
    /// A number begins with a zero.
    #[error("version segment starts with 0")]
    LeadingZero,
    /// Bad build metadata.
    #[error("invalid metadata string")]
    InvalidMetadata,
    /// Bad pre-release identifiers.
    #[error("invalid prerelease string")]
    InvalidPrerelease,
    /// Longer than any version.
    #[error("version string is too long (max 256 bytes)")]
    TooLong,
    /// A number beyond 64 bits, loose parser.
    #[error("error parsing version segment: strconv.ParseUint: parsing \"{0}\": value out of range")]
    OutOfRange(String),
    /// A number beyond 64 bits or empty, strict parser.
    #[error("strconv.ParseUint: parsing \"{0}\": {1}")]
    StrictNumber(String, &'static str),
}

impl Version {
    /// Reads a version loosely, as `NewVersion` does.
    ///
    /// # Errors
    /// When the text is not a version even loosely.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        if text.len() > MAX_LENGTH {
            return Err(VersionError::TooLong);
        }
        let (numbers, pre, metadata) = split_loose(text).ok_or(VersionError::Invalid)?;
        let mut parsed = [0; 3];
        for (slot, digits) in parsed.iter_mut().zip(numbers) {
            if !digits.is_empty() {
                *slot = digits
                    .parse()
                    .map_err(|_| VersionError::OutOfRange(digits.to_owned()))?;
            }
        }
        if !pre.is_empty() {
            check_prerelease(pre)?;
        }
        let [major, minor, patch] = parsed;
        Ok(Self {
            major,
            minor,
            patch,
            pre: pre.to_owned(),
            metadata: metadata.to_owned(),
            original: text.to_owned(),
        })
    }

    /// Reads a version by the specification, as `StrictNewVersion` does.
    ///
    /// # Errors
    /// When the text does not follow the specification.
    pub fn parse_strict(text: &str) -> Result<Self, VersionError> {
        if text.is_empty() {
            return Err(VersionError::Empty);
        }
        if text.len() > MAX_LENGTH {
            return Err(VersionError::TooLong);
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(VersionError::Invalid);
        };
        let (rest, metadata) = match rest.split_once('+') {
            Some((rest, metadata)) => {
                check_metadata(metadata)?;
                (rest, metadata)
            }
            None => (rest, ""),
        };
        let (patch, pre) = match rest.split_once('-') {
            Some((patch, pre)) => {
                check_prerelease(pre)?;
                (patch, pre)
            }
            None => (rest, ""),
        };
        for number in [major, minor, patch] {
            if !number.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(VersionError::InvalidCharacters);
            }
            if number.len() > 1 && number.starts_with('0') {
                return Err(VersionError::LeadingZero);
            }
        }
        Ok(Self {
            major: strict_number(major)?,
            minor: strict_number(minor)?,
            patch: strict_number(patch)?,
            pre: pre.to_owned(),
            metadata: metadata.to_owned(),
            original: text.to_owned(),
        })
    }

    /// Order of precedence; build metadata does not count.
    pub fn compare(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => compare_prerelease(&self.pre, &other.pre),
            })
    }

    /// The next patch version; the release itself for a pre-release. `None` beyond 64 bits.
    pub fn next_patch(&self) -> Option<Self> {
        let patch = if self.pre.is_empty() {
            self.patch.checked_add(1)?
        } else {
            self.patch
        };
        Some(self.with_numbers(self.major, self.minor, patch))
    }

    /// The next minor version. `None` beyond 64 bits.
    pub fn next_minor(&self) -> Option<Self> {
        Some(self.with_numbers(self.major, self.minor.checked_add(1)?, 0))
    }

    /// The next major version. `None` beyond 64 bits.
    pub fn next_major(&self) -> Option<Self> {
        Some(self.with_numbers(self.major.checked_add(1)?, 0, 0))
    }

    /// The same version with another pre-release.
    ///
    /// # Errors
    /// When the identifiers are not allowed.
    pub fn with_prerelease(&self, pre: &str) -> Result<Self, VersionError> {
        if !pre.is_empty() {
            check_prerelease(pre)?;
        }
        let mut changed = self.clone();
        pre.clone_into(&mut changed.pre);
        changed.renew_original();
        Ok(changed)
    }

    /// The same version with other build metadata.
    ///
    /// # Errors
    /// When the identifiers are not allowed.
    pub fn with_metadata(&self, metadata: &str) -> Result<Self, VersionError> {
        if !metadata.is_empty() {
            check_metadata(metadata)?;
        }
        let mut changed = self.clone();
        metadata.clone_into(&mut changed.metadata);
        changed.renew_original();
        Ok(changed)
    }

    fn with_numbers(&self, major: u64, minor: u64, patch: u64) -> Self {
        let mut next = Self {
            major,
            minor,
            patch,
            pre: String::new(),
            metadata: String::new(),
            original: self.original.clone(),
        };
        next.renew_original();
        next
    }

    /// Rebuilds `original`, keeping the `v` it had.
    fn renew_original(&mut self) {
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        self.original = format!("{prefix}{self}");
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.pre.is_empty() {
            write!(f, "-{}", self.pre)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl std::str::FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// The three numbers (later ones may be empty), pre-release and metadata of a loosely written version.
fn split_loose(text: &str) -> Option<([&str; 3], &str, &str)> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (first, mut rest) = take_while(text, |byte| byte.is_ascii_digit());
    if first.is_empty() {
        return None;
    }
    let mut numbers = [first, "", ""];
    for slot in numbers.iter_mut().skip(1) {
        let Some(tail) = rest.strip_prefix('.') else { break };
        let (digits, tail) = take_while(tail, |byte| byte.is_ascii_digit());
        if digits.is_empty() {
            return None;
        }
        *slot = digits;
        rest = tail;
    }
    let (pre, rest) = take_identifiers(rest, '-')?;
    let (metadata, rest) = take_identifiers(rest, '+')?;
    rest.is_empty().then_some((numbers, pre, metadata))
}

fn take_while(text: &str, belongs: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !belongs(byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Dotted identifiers after `mark`; none when the mark is there but they are not.
fn take_identifiers(text: &str, mark: char) -> Option<(&str, &str)> {
    let Some(tail) = text.strip_prefix(mark) else {
        return Some(("", text));
    };
    let (identifiers, rest) = take_while(tail, |byte| is_identifier_byte(byte) || byte == b'.');
    let whole = !identifiers.split('.').any(str::is_empty);
    whole.then_some((identifiers, rest))
}

pub(super) const fn is_identifier_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn strict_number(digits: &str) -> Result<u64, VersionError> {
    digits.parse().map_err(|_| {
        let reason = if digits.is_empty() {
            "invalid syntax"
        } else {
            "value out of range"
        };
        VersionError::StrictNumber(digits.to_owned(), reason)
    })
}

fn check_prerelease(pre: &str) -> Result<(), VersionError> {
    for part in pre.split('.') {
        if part.is_empty() {
            return Err(VersionError::InvalidPrerelease);
        }
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            if part.len() > 1 && part.starts_with('0') {
                return Err(VersionError::LeadingZero);
            }
        } else if !part.bytes().all(is_identifier_byte) {
            return Err(VersionError::InvalidPrerelease);
        }
    }
    Ok(())
}

fn check_metadata(metadata: &str) -> Result<(), VersionError> {
    let allowed = |part: &str| !part.is_empty() && part.bytes().all(is_identifier_byte);
    if metadata.split('.').all(allowed) {
        Ok(())
    } else {
        Err(VersionError::InvalidMetadata)
    }
}

pub(super) fn compare_prerelease(a: &str, b: &str) -> Ordering {
    let (mut ours, mut theirs) = (a.split('.'), b.split('.'));
    loop {
        let order = match (ours.next(), theirs.next()) {
            (None, None) => return Ordering::Equal,
            (one, other) => compare_identifier(one.unwrap_or_default(), other.unwrap_or_default()),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Numbers come before words; fewer identifiers before more.
fn compare_identifier(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    match (a.is_empty(), b.is_empty()) {
        (true, _) => return Ordering::Less,
        (_, true) => return Ordering::Greater,
        _ => {}
    }
    // A number beyond 64 bits counts as a word.
    match (number(a), number(b)) {
        (None, None) => a.cmp(b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(a), Some(b)) if a > b => Ordering::Greater,
        (Some(_), Some(_)) => Ordering::Less,
    }
}

fn number(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::Version;

    #[test]
    fn raised_versions_keep_their_prefix() {
        for (version, patch, minor, major) in [
            ("1.2.3", "1.2.4", "1.3.0", "2.0.0"),
            ("1.2.3-beta", "1.2.3", "1.3.0", "2.0.0"),
            ("v1.2.3+b", "v1.2.4", "v1.3.0", "v2.0.0"),
            ("1", "1.0.1", "1.1.0", "2.0.0"),
        ] {
            let version = Version::parse(version).unwrap();
            for (raised, expected) in [
                (version.next_patch(), patch),
                (version.next_minor(), minor),
                (version.next_major(), major),
            ] {
                assert_eq!(raised.unwrap().original, expected);
            }
        }
    }

    #[test]
    fn loose_and_strict() {
        for (text, loose, strict) in [
            ("1.2.3", "1.2.3", "1.2.3"),
            ("v1.2", "1.2.0", "invalid semantic version"),
            ("01.2.3", "1.2.3", "version segment starts with 0"),
            (
                "1.2.3-01",
                "version segment starts with 0",
                "version segment starts with 0",
            ),
            ("1.2.3.4", "invalid semantic version", "invalid characters in version"),
            ("", "invalid semantic version", "version string empty"),
            ("1.2.3-a..b", "invalid semantic version", "invalid prerelease string"),
            (
                "1.2.",
                "invalid semantic version",
                "strconv.ParseUint: parsing \"\": invalid syntax",
            ),
        ] {
            let show = |parsed: Result<Version, super::VersionError>| match parsed {
                Ok(version) => version.to_string(),
                Err(problem) => problem.to_string(),
            };
            assert_eq!(show(Version::parse(text)), loose, "{text}");
            assert_eq!(show(Version::parse_strict(text)), strict, "{text}");
        }
    }

    #[test]
    fn order() {
        let rising = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
        ];
        for pair in rising.windows(2) {
            let [a, b] = [0, 1].map(|at| Version::parse(pair[at]).expect("valid"));
            assert_eq!(a.compare(&b), Ordering::Less, "{a} {b}");
        }
    }
}
