//! Where archives are in a repository: a template such as `{chart}/{branch}/{chart}-{version}.tgz`, printed and parsed by one
//! inverse pair.
//!
//! In: a template of the configuration; chart, version, branch or tag. Out: the name of an object, and from such a name the parts
//! again. A template has `{chart}` and `{version}`, and at most one of `{branch}` and `{tag}`, which stands alone between slashes,
//! because its name may have slashes itself. Names and versions may both have dashes. If a path can be read in several ways, the
//! version is one by the specification rather than a loose one, and the name of the chart is the shortest that leaves such a
//! version. [`ObjectPathTemplate::print`] refuses parts that would be read otherwise, so what it prints is always read back.

use std::fmt;

use crate::text::limits::OBJECT_NAME_BYTES;
use crate::text::near::nearest;
use crate::text::semver::Version;

use super::git_ref::{GitRef, RefKind, is_plain, name_of_path, path_of_name};

/// Most bytes of a template.
const TEMPLATE_BYTES: usize = 256;
/// Most bytes of a part between slashes, which is a name in a file system.
const SEGMENT_BYTES: usize = 255;
/// The end of every template: `repo index` finds archives by it.
const ENDING: &str = ".tgz";
/// The placeholders.
const PLACEHOLDERS: [&str; 4] = ["chart", "version", "branch", "tag"];

/// The parts of the name of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectPathParts {
    /// The chart.
    pub chart: String,
    /// Its version.
    pub version: String,
    /// The branch or tag, where the template has it.
    pub git_ref: Option<GitRef>,
}

/// Where archives are in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectPathTemplate {
    text: String,
    /// The parts between slashes before the branch or tag; all, if there is none.
    head: Vec<Segment>,
    /// The branch or tag.
    ref_kind: Option<RefKind>,
    /// The parts between slashes after it.
    tail: Vec<Segment>,
}

/// What is between two slashes.
type Segment = Vec<Piece>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Chart,
    Version,
}

/// A template that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{template}` is not a path of archives: {reason}")]
pub struct ObjectPathTemplateError {
    template: String,
    reason: String,
}

/// Parts that a template cannot print.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectPathError {
    /// A part is missing, or not what it should be.
    #[error("the path `{template}` needs {needed}, and this is {found}")]
    Part {
        /// The template.
        template: String,
        /// What it needs.
        needed: &'static str,
        /// What it was given.
        found: String,
    },
    /// Another chart and version have the same path.
    #[error(
        "the path `{path}` of {chart} {version} would be read as that of {other}: put `{{chart}}/` before the file's name in `{template}`"
    )]
    Ambiguous {
        /// The template.
        template: String,
        /// What was printed.
        path: String,
        /// The chart.
        chart: String,
        /// Its version.
        version: String,
        /// What it would be read as.
        other: String,
    },
    /// The path is too long.
    #[error("the path of {chart} {version} is too long: {length} bytes, of at most {limit}")]
    TooLong {
        /// The chart.
        chart: String,
        /// Its version.
        version: String,
        /// Bytes of the path, or of a part between its slashes.
        length: usize,
        /// How many are allowed.
        limit: usize,
    },
}

impl ObjectPathParts {
    /// Whether the name of the chart and the version are such.
    pub fn has_chart_and_version(&self) -> bool {
        is_chart(&self.chart) && is_loose_version(&self.version)
    }
}

impl fmt::Display for ObjectPathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Default for ObjectPathTemplate {
    /// `{chart}-{version}.tgz`, as Helm names archives.
    fn default() -> Self {
        let piece = |text: &str| Piece::Literal(text.to_owned());
        Self {
            text: "{chart}-{version}.tgz".to_owned(),
            head: vec![vec![Piece::Chart, piece("-"), Piece::Version, piece(ENDING)]],
            ref_kind: None,
            tail: Vec::new(),
        }
    }
}

impl ObjectPathTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// When it has an unknown placeholder, or its paths could not be read back.
    pub fn parse(text: &str) -> Result<Self, ObjectPathTemplateError> {
        let error = |reason: String| ObjectPathTemplateError {
            template: text.to_owned(),
            reason,
        };
        if text.len() > TEMPLATE_BYTES {
            return Err(error(format!("it is longer than {TEMPLATE_BYTES} bytes")));
        }
        let mut template = Self {
            text: text.to_owned(),
            head: Vec::new(),
            ref_kind: None,
            tail: Vec::new(),
        };
        for part in text.split('/') {
            let ref_kind = match part {
                "{branch}" => Some(RefKind::Branch),
                "{tag}" => Some(RefKind::Tag),
                _ => None,
            };
            match (ref_kind, template.ref_kind) {
                (Some(_), Some(_)) => {
                    return Err(error("it has a branch or tag twice".to_owned()));
                }
                (Some(kind), None) => template.ref_kind = Some(kind),
                (None, None) => template.head.push(segment(part).map_err(error)?),
                (None, Some(_)) => template.tail.push(segment(part).map_err(error)?),
            }
        }
        let mut pieces = template.head.iter().chain(&template.tail).flatten();
        if !pieces.clone().any(|piece| *piece == Piece::Chart) || !pieces.any(|piece| *piece == Piece::Version) {
            return Err(error(
                "it needs {chart} and {version}: without them archives would replace each other".to_owned(),
            ));
        }
        if !text.ends_with(ENDING) {
            return Err(error(format!("it does not end with {ENDING}")));
        }
        Ok(template)
    }

    /// Whether paths have a branch or a tag in them.
    pub const fn ref_kind(&self) -> Option<RefKind> {
        self.ref_kind
    }

    /// The name of an object. A branch or tag must be given if the template has it, and only then.
    ///
    /// # Errors
    /// When a part is not one, or [`Self::parse_path`] would not give the same parts.
    pub fn print(&self, parts: &ObjectPathParts) -> Result<String, ObjectPathError> {
        let ObjectPathParts {
            chart,
            version,
            git_ref,
        } = parts;
        let wrong = |needed, found: &str| ObjectPathError::Part {
            template: self.text.clone(),
            needed,
            found: found.to_owned(),
        };
        if !is_chart(chart) {
            return Err(wrong("the name of a chart", &format!("`{chart}`")));
        }
        if !is_loose_version(version) {
            return Err(wrong("a version", &format!("`{version}`")));
        }
        let found = || {
            git_ref
                .as_ref()
                .map_or_else(|| "neither a branch nor a tag".to_owned(), GitRef::to_string)
        };
        let ref_path = match (self.ref_kind, git_ref) {
            (None, None) => None,
            (Some(kind), Some(git_ref)) if git_ref.kind() == kind => {
                let path = path_of_name(git_ref.name());
                Some(path.ok_or_else(|| wrong("a name without empty and hidden directories", &found()))?)
            }
            (Some(RefKind::Branch), _) => return Err(wrong("a branch", &found())),
            (Some(RefKind::Tag), _) => return Err(wrong("a tag", &found())),
            (None, Some(_)) => return Err(wrong("neither a branch nor a tag", &found())),
        };
        let fill = |segment: &Segment| -> String {
            let pieces = segment.iter().map(|piece| match piece {
                Piece::Literal(text) => text.as_str(),
                Piece::Chart => chart,
                Piece::Version => version,
            });
            pieces.collect()
        };
        let head = self.head.iter().map(fill);
        let filled: Vec<String> = head.chain(ref_path).chain(self.tail.iter().map(fill)).collect();
        let path = filled.join("/");
        let longest = path.split('/').map(str::len).max().unwrap_or_default();
        for (length, limit) in [(path.len(), OBJECT_NAME_BYTES), (longest, SEGMENT_BYTES)] {
            if length > limit {
                return Err(ObjectPathError::TooLong {
                    chart: chart.clone(),
                    version: version.clone(),
                    length,
                    limit,
                });
            }
        }
        let read = self.parse_path(&path);
        if read.as_ref() == Some(parts) {
            return Ok(path);
        }
        Err(ObjectPathError::Ambiguous {
            template: self.text.clone(),
            path,
            chart: chart.clone(),
            version: version.clone(),
            other: read.map_or_else(
                || "no chart".to_owned(),
                |read| format!("{} {}", read.chart, read.version),
            ),
        })
    }

    /// The parts of the name of an object; `None` for a name that the template does not print.
    pub fn parse_path(&self, path: &str) -> Option<ObjectPathParts> {
        if path.len() > OBJECT_NAME_BYTES {
            return None;
        }
        let all: Vec<&str> = path.split('/').collect();
        let ref_parts = all.len().checked_sub(self.head.len() + self.tail.len())?;
        let (head, rest) = all.split_at_checked(self.head.len())?;
        let (middle, tail) = rest.split_at_checked(ref_parts)?;
        let git_ref = match self.ref_kind {
            None if middle.is_empty() => None,
            None => return None,
            Some(kind) => Some(GitRef::new(kind, name_of_path(&middle.join("/"))?)),
        };
        let texts = head.iter().chain(tail).copied();
        let segments: Vec<(&[Piece], &str)> = self
            .head
            .iter()
            .chain(&self.tail)
            .map(Vec::as_slice)
            .zip(texts)
            .collect();
        let read = |is_version| read_segments(&segments, Found::default(), is_version);
        let found = read(is_strict_version).or_else(|| read(is_loose_version))?;
        Some(ObjectPathParts {
            chart: found.chart?.to_owned(),
            version: found.version?.to_owned(),
            git_ref,
        })
    }
}

/// The pieces of a part between slashes.
fn segment(text: &str) -> Result<Segment, String> {
    let mut pieces: Segment = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('{') {
            let (name, after) = inside.split_once('}').ok_or("a `{` without a `}`")?;
            let piece = match name {
                "chart" => Piece::Chart,
                "version" => Piece::Version,
                "branch" | "tag" => {
                    return Err(format!(
                        "{{{name}}} may have slashes in it and stands alone between two slashes"
                    ));
                }
                _ => return Err(unknown_placeholder(name)),
            };
            if pieces.contains(&piece) {
                return Err(format!("{{{name}}} is twice between two slashes"));
            }
            match pieces.last() {
                Some(Piece::Chart | Piece::Version) => {
                    return Err(format!("nothing separates {{{name}}} from what is before it"));
                }
                _ if piece == Piece::Chart && pieces.contains(&Piece::Version) => {
                    return Err(
                        "{version} ends where {chart} begins, and both may have dashes: put it last".to_owned(),
                    );
                }
                _ => {}
            }
            pieces.push(piece);
            rest = after;
        } else {
            let end = rest.find('{').unwrap_or(rest.len());
            let (literal, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if let Some(odd) = literal.chars().find(|c| !u8::try_from(*c).is_ok_and(is_plain)) {
                return Err(format!("`{odd}` is not allowed in it"));
            }
            pieces.push(Piece::Literal(literal.to_owned()));
            rest = after;
        }
    }
    match pieces.first() {
        None => Err("a directory without a name".to_owned()),
        Some(Piece::Literal(literal)) if literal.starts_with('.') => Err(format!(
            "`{text}` begins with a dot, and hidden files are not part of a repository"
        )),
        Some(_) => Ok(pieces),
    }
}

fn unknown_placeholder(name: &str) -> String {
    match nearest(name, PLACEHOLDERS) {
        Some(near) => format!("{{{name}}} is not a placeholder, did you mean {{{near}}}?"),
        None => format!("{{{name}}} is not a placeholder: there are {{chart}}, {{version}}, {{branch}} and {{tag}}"),
    }
}

/// What was read so far.
#[derive(Debug, Clone, Copy, Default)]
struct Found<'t> {
    chart: Option<&'t str>,
    version: Option<&'t str>,
}

/// Reads all parts between slashes; of several ways the first, with the shortest chart and then the longest version.
fn read_segments<'t>(
    segments: &[(&[Piece], &'t str)],
    found: Found<'t>,
    is_version: fn(&str) -> bool,
) -> Option<Found<'t>> {
    let Some((&(pieces, text), others)) = segments.split_first() else {
        return Some(found);
    };
    let Some((piece, pieces)) = pieces.split_first() else {
        return if text.is_empty() {
            read_segments(others, found, is_version)
        } else {
            None
        };
    };
    let go_on = |rest: &'t str, found: Found<'t>| {
        let mut segments = segments.to_vec();
        if let Some(first) = segments.first_mut() {
            *first = (pieces, rest);
        }
        read_segments(&segments, found, is_version)
    };
    let known = match piece {
        Piece::Literal(literal) => Some(literal.as_str()),
        Piece::Chart => found.chart,
        Piece::Version => found.version,
    };
    if let Some(known) = known {
        return go_on(text.strip_prefix(known)?, found);
    }
    let lengths = 1..=text.len();
    let with = |length: usize| {
        let (taken, rest) = text.split_at_checked(length)?;
        let found = match piece {
            Piece::Chart if is_chart(taken) => Found {
                chart: Some(taken),
                ..found
            },
            Piece::Version if is_version(taken) => Found {
                version: Some(taken),
                ..found
            },
            _ => return None,
        };
        go_on(rest, found)
    };
    if *piece == Piece::Chart {
        lengths.into_iter().find_map(with)
    } else {
        lengths.into_iter().rev().find_map(with)
    }
}

/// Whether a text is the name of a chart, as Helm allows them, and not hidden.
fn is_chart(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !text.is_empty() && !text.starts_with('.') && text.bytes().all(is_allowed)
}

fn is_strict_version(text: &str) -> bool {
    Version::parse_strict(text).is_ok()
}

/// Whether Helm packages charts of such a version.
fn is_loose_version(text: &str) -> bool {
    Version::parse(text).is_ok()
}

#[cfg(test)]
#[path = "object_path_tests.rs"]
mod tests;
