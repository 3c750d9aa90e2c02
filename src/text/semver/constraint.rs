//! Version constraints: `>=1.2 <2 || ~3.1`, `^1`, `1.2 - 1.5`, `*`.
//!
//! In: text. Out: a [`Constraint`] that checks versions and says why one is refused, in the words of Masterminds'
//! `constraints.go`. A pre-release matches only a group that itself names a pre-release.

use std::cmp::Ordering;
use std::fmt;

use crate::text::go::quote::quote;

use super::version::{Version, compare_prerelease, is_identifier_byte};

/// Longest text that is read as a constraint.
const MAX_LENGTH: usize = 512;
/// Most groups joined by `||`.
const MAX_GROUPS: usize = 32;

/// Groups of conditions: all conditions of one group must hold.
#[derive(Debug, Clone)]
pub struct Constraint {
    groups: Vec<Group>,
}

#[derive(Debug, Clone)]
struct Group {
    conditions: Vec<Condition>,
    prereleases: Prereleases,
}

/// Whether a group accepts pre-releases: only a group that names one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prereleases {
    Accepted,
    Refused,
}

/// Why a text is not a constraint, in the words of Masterminds' parser.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConstraintError {
    /// Not in the form of a constraint; contains the offending group.
    #[error("improper constraint: {0}")]
    Improper(String),
    /// A version inside is not a version.
    #[error("constraint parser error")]
    Version,
    /// Longer than any constraint.
    #[error("constraint string is too long (max 512 bytes)")]
    TooLong,
    /// Too many groups.
    #[error("too many constraint groups (max 32)")]
    TooManyGroups,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    TildeOrEqual,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Tilde,
    Caret,
}

/// Operators in the order in which they are tried.
const OPERATORS: [(&str, Operator); 12] = [
    ("=", Operator::TildeOrEqual),
    ("", Operator::TildeOrEqual),
    ("!=", Operator::NotEqual),
    (">", Operator::Greater),
    ("<", Operator::Less),
    (">=", Operator::GreaterOrEqual),
    ("=>", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    ("=<", Operator::LessOrEqual),
    ("~", Operator::Tilde),
    ("~>", Operator::Tilde),
    ("^", Operator::Caret),
];

#[derive(Debug, Clone)]
struct Condition {
    operator: Operator,
    sign: &'static str,
    version: Version,
    /// The version as written.
    written: String,
    /// Whether any number is missing or `x`.
    is_partial: bool,
    /// Whether the minor number is missing or `x`.
    any_minor: bool,
    /// Whether only the patch number is missing or `x`.
    any_patch: bool,
}

impl Constraint {
    /// Reads a constraint.
    ///
    /// # Errors
    /// When the text is not one.
    pub fn parse(text: &str) -> Result<Self, ConstraintError> {
        if text.len() > MAX_LENGTH {
            return Err(ConstraintError::TooLong);
        }
        let rewritten = rewrite_ranges(text);
        let groups: Vec<&str> = rewritten.split("||").collect();
        if groups.len() > MAX_GROUPS {
            return Err(ConstraintError::TooManyGroups);
        }
        let groups = groups.into_iter().map(parse_group).collect::<Result<_, _>>()?;
        Ok(Self { groups })
    }

    /// Whether the version satisfies the constraint.
    pub fn check(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            group
                .conditions
                .iter()
                .all(|condition| condition.check(version, group.prereleases).is_ok())
        })
    }

    /// Checks and gives every reason against the version.
    ///
    /// # Errors
    /// The reasons, when no group holds.
    pub fn validate(&self, version: &Version) -> Result<(), Vec<String>> {
        let mut reasons = Vec::new();
        let mut has_reported_prerelease = false;
        for group in &self.groups {
            let mut holds = true;
            for condition in &group.conditions {
                if group.prereleases == Prereleases::Refused && !version.pre.is_empty() {
                    if !has_reported_prerelease {
                        reasons.push(only_releases(version));
                        has_reported_prerelease = true;
                    }
                    holds = false;
                } else if let Err(reason) = condition.check(version, group.prereleases) {
                    reasons.push(reason);
                    holds = false;
                }
            }
            if holds {
                return Ok(());
            }
        }
        Err(reasons)
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, group) in self.groups.iter().enumerate() {
            if position > 0 {
                f.write_str(" || ")?;
            }
            for (position, condition) in group.conditions.iter().enumerate() {
                if position > 0 {
                    f.write_str(" ")?;
                }
                write!(f, "{}{}", condition.sign, condition.written)?;
            }
        }
        Ok(())
    }
}

fn only_releases(version: &Version) -> String {
    format!("\"{version}\" is a prerelease version and the constraint is only looking for release versions")
}

/// Lengths within a text that reads as a version with wildcards, from its start.
struct WrittenVersion<'a> {
    whole: &'a str,
    major: &'a str,
    /// With its dot; empty when missing.
    minor: &'a str,
    patch: &'a str,
    /// With its hyphen.
    pre: &'a str,
}

/// The longest version at the start of `text`.
fn scan_version(text: &str) -> Option<WrittenVersion<'_>> {
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let bytes = text.as_bytes();
    let run = |from: usize, belongs: fn(u8) -> bool| {
        let tail = bytes.get(from..).unwrap_or_default();
        from + tail.iter().position(|&byte| !belongs(byte)).unwrap_or(tail.len())
    };
    let is_number = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'|' | b'x' | b'X' | b'*');
    let start = usize::from(text.starts_with('v'));
    let major = run(start, is_number);
    if major == start {
        return None;
    }
    let dotted = |from: usize| {
        if bytes.get(from) != Some(&b'.') {
            return from;
        }
        let end = run(from + 1, is_number);
        if end == from + 1 { from } else { end }
    };
    let minor = dotted(major);
    let patch = if minor == major { minor } else { dotted(minor) };
    let identifiers = |from: usize, mark: u8| {
        if bytes.get(from) != Some(&mark) {
            return from;
        }
        let mut end = run(from + 1, is_identifier_byte);
        if end == from + 1 {
            return from;
        }
        while bytes.get(end) == Some(&b'.') {
            let next = run(end + 1, is_identifier_byte);
            if next == end + 1 {
                break;
            }
            end = next;
        }
        end
    };
    let pre = identifiers(patch, b'-');
    let end = identifiers(pre, b'+');
    Some(WrittenVersion {
        whole: part(0, end),
        major: part(start, major),
        minor: part(major, minor),
        patch: part(minor, patch),
        pre: part(patch, pre),
    })
}

fn skip_space(text: &str) -> &str {
    text.trim_start_matches(is_space)
}

const fn is_space(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\u{c}' | '\r' | ' ')
}

/// Turns `1.2 - 1.5` into `>= 1.2, <= 1.5 `.
fn rewrite_ranges(text: &str) -> String {
    let mut rewritten = text.to_owned();
    let mut rest = text;
    while let Some((matched, from, to, tail)) = find_range(rest) {
        rewritten = rewritten.replacen(matched, &format!(">= {from}, <= {to} "), 1);
        rest = tail;
    }
    rewritten
}

/// The leftmost range: all of it with surrounding space, its two versions, and what follows.
fn find_range(text: &str) -> Option<(&str, &str, &str, &str)> {
    text.char_indices().find_map(|(start, _)| {
        let candidate = text.get(start..)?;
        let inner = skip_space(candidate);
        let from = scan_version(inner)?.whole;
        let after = inner.get(from.len()..)?;
        let spaced = skip_space(after);
        if spaced.len() == after.len() {
            return None;
        }
        let hyphen = spaced.strip_prefix('-')?;
        let second = skip_space(hyphen);
        if second.len() == hyphen.len() {
            return None;
        }
        let to = scan_version(second)?.whole;
        let tail = skip_space(second.get(to.len()..)?);
        let matched = candidate.get(..candidate.len() - tail.len())?;
        Some((matched, from, to, tail))
    })
}

fn parse_group(text: &str) -> Result<Group, ConstraintError> {
    let improper = || ConstraintError::Improper(quote(text.as_bytes()));
    let mut conditions = Vec::new();
    let mut rest = skip_space(text);
    loop {
        let (condition, tail) = parse_condition(rest).ok_or_else(improper)?;
        conditions.push(condition);
        let spaced = skip_space(tail);
        if spaced.is_empty() {
            break;
        }
        rest = match spaced.strip_prefix(',') {
            Some(next) => skip_space(next),
            None if spaced.len() < tail.len() => spaced,
            None => return Err(improper()),
        };
    }
    let conditions = conditions
        .into_iter()
        .map(|(sign, operator, written)| condition(sign, operator, &written))
        .collect::<Result<Vec<_>, _>>()?;
    let prereleases = if conditions.iter().any(|condition| !condition.version.pre.is_empty()) {
        Prereleases::Accepted
    } else {
        Prereleases::Refused
    };
    Ok(Group {
        conditions,
        prereleases,
    })
}

type Parsed<'a> = ((&'static str, Operator, WrittenVersion<'a>), &'a str);

/// The first operator, in their order, after which a version can be read.
fn parse_condition(text: &str) -> Option<Parsed<'_>> {
    OPERATORS.iter().find_map(|(sign, operator)| {
        let written = skip_space(text.strip_prefix(sign)?);
        let version = scan_version(written)?;
        let tail = written.get(version.whole.len()..)?;
        Some(((*sign, *operator, version), tail))
    })
}

fn is_wildcard(number: &str) -> bool {
    matches!(number.trim_start_matches('.'), "" | "x" | "X" | "*")
}

fn condition(
    sign: &'static str,
    operator: Operator,
    written: &WrittenVersion<'_>,
) -> Result<Condition, ConstraintError> {
    let WrittenVersion { major, minor, pre, .. } = *written;
    let (text, is_partial, any_minor, any_patch) = if is_wildcard(major) {
        (format!("0.0.0{pre}"), true, false, false)
    } else if is_wildcard(minor) {
        (format!("{major}.0.0{pre}"), true, true, false)
    } else if is_wildcard(written.patch) {
        (format!("{major}{minor}.0{pre}"), true, false, true)
    } else {
        (written.whole.to_owned(), false, false, false)
    };
    let version = Version::parse(&text).map_err(|_| ConstraintError::Version)?;
    Ok(Condition {
        operator,
        sign,
        version,
        written: written.whole.to_owned(),
        is_partial,
        any_minor,
        any_patch,
    })
}

impl Condition {
    /// Whether the version satisfies the condition; if not, the reason.
    fn check(&self, version: &Version, prereleases: Prereleases) -> Result<(), String> {
        if !version.pre.is_empty() && prereleases == Prereleases::Refused {
            return Err(only_releases(version));
        }
        let (holds, relation) = match self.operator {
            Operator::TildeOrEqual if self.is_partial => return self.tilde(version),
            Operator::TildeOrEqual => (self.order(version) == Ordering::Equal, "is not equal to"),
            Operator::NotEqual => (self.differs(version), "is equal to"),
            Operator::Greater => (self.is_exceeded_by(version), "is less than or equal to"),
            Operator::Less => (self.order(version) == Ordering::Less, "is greater than or equal to"),
            Operator::GreaterOrEqual => (self.order(version) != Ordering::Less, "is less than"),
            Operator::LessOrEqual => (self.is_not_exceeded_by(version), "is greater than"),
            Operator::Tilde => return self.tilde(version),
            Operator::Caret => return self.caret(version),
        };
        if holds {
            Ok(())
        } else {
            Err(self.reason(version, relation))
        }
    }

    fn reason(&self, version: &Version, relation: &str) -> String {
        format!("\"{version}\" {relation} \"{}\"", self.written)
    }

    fn order(&self, version: &Version) -> Ordering {
        version.compare(&self.version)
    }

    fn differs(&self, version: &Version) -> bool {
        let own = &self.version;
        if !self.is_partial {
            return self.order(version) != Ordering::Equal;
        }
        if own.major != version.major || own.minor != version.minor && !self.any_minor {
            return true;
        }
        if self.any_minor {
            return false;
        }
        if own.patch != version.patch && !self.any_patch {
            return true;
        }
        if self.any_patch {
            return compare_prerelease(&version.pre, &own.pre) != Ordering::Equal;
        }
        self.order(version) != Ordering::Equal
    }

    fn is_exceeded_by(&self, version: &Version) -> bool {
        let own = &self.version;
        if !self.is_partial {
            return self.order(version) == Ordering::Greater;
        }
        match version.major.cmp(&own.major) {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal if self.any_minor => false,
            Ordering::Equal if self.any_patch => version.minor > own.minor,
            Ordering::Equal => self.order(version) == Ordering::Greater,
        }
    }

    fn is_not_exceeded_by(&self, version: &Version) -> bool {
        let own = &self.version;
        if !self.is_partial {
            return self.order(version) != Ordering::Greater;
        }
        !(version.major > own.major || version.major == own.major && version.minor > own.minor && !self.any_minor)
    }

    fn tilde(&self, version: &Version) -> Result<(), String> {
        let own = &self.version;
        if self.order(version) == Ordering::Less {
            return Err(self.reason(version, "is less than"));
        }
        if (own.major, own.minor, own.patch) == (0, 0, 0) && !self.any_minor && !self.any_patch {
            return Ok(());
        }
        if version.major != own.major {
            return Err(self.reason(version, "does not have same major version as"));
        }
        if version.minor != own.minor && !self.any_minor {
            return Err(self.reason(version, "does not have same major and minor version as"));
        }
        Ok(())
    }

    fn caret(&self, version: &Version) -> Result<(), String> {
        let own = &self.version;
        if self.order(version) == Ordering::Less {
            return Err(self.reason(version, "is less than"));
        }
        let other_major = "does not have same major version as";
        if own.major > 0 || self.any_minor {
            return if version.major == own.major {
                Ok(())
            } else {
                Err(self.reason(version, other_major))
            };
        }
        if version.major > 0 {
            return Err(self.reason(version, other_major));
        }
        if own.minor > 0 || self.any_patch {
            return if version.minor == own.minor {
                Ok(())
            } else {
                Err(format!(
                    "{}. Expected minor versions to match when constraint major version is 0",
                    self.reason(version, "does not have same minor version as")
                ))
            };
        }
        if version.minor > 0 {
            return Err(self.reason(version, "does not have same minor version as"));
        }
        if own.patch == version.patch {
            return Ok(());
        }
        Err(format!(
            "{}. Expect version and constraint to equal when major and minor versions are 0",
            self.reason(version, "does not equal")
        ))
    }
}
