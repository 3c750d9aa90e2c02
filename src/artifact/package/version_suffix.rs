//! The version of a chart that is built from a branch: `1.4.0` with the suffix `-{branch}.{n}+{sha}` is `1.4.0-feature-x.3+1a2b3c4d`.
//!
//! In: a template; the branch or tag, the number of the build, the commit. Out: a semantic version, whatever the branch is called. What a version already has stays in front: `1.4.0-rc.1` becomes `1.4.0-rc.1.feature-x.3+1a2b3c4d`.

use crate::text::near::nearest;
use crate::text::semver::Version;
use crate::text::sha256::sha256_hex;

/// Most characters of a branch in a version.
const NAME_LENGTH: usize = 40;
/// Characters of a commit in a version.
const SHA_LENGTH: usize = 8;
/// Most characters of a version: a tag of a registry has that many.
const VERSION_LENGTH: usize = 128;
/// The placeholders.
const PLACEHOLDERS: [&str; 3] = ["branch", "n", "sha"];

/// What is added to versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSuffix {
    text: String,
    /// After `-`.
    pre_release: Vec<Piece>,
    /// After `+`.
    build: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Name,
    Number,
    Sha,
}

/// What the placeholders stand for; a placeholder that is used must be known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildValues {
    /// The name of the branch or tag.
    pub name: Option<String>,
    /// The number of the build.
    pub number: Option<String>,
    /// The commit.
    pub sha: Option<String>,
}

/// A suffix with its placeholders replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilledSuffix {
    pre_release: String,
    build: String,
}

/// A suffix that makes no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionSuffixError {
    /// The template is wrong.
    #[error("`{template}` is not a suffix of versions: {reason}")]
    Template {
        /// The template.
        template: String,
        /// Why.
        reason: String,
    },
    /// A placeholder has no value.
    #[error("the suffix `{template}` needs {needed}")]
    Unknown {
        /// The template.
        template: String,
        /// What is not known, and where it would come from.
        needed: &'static str,
    },
    /// The version that it is added to is not one.
    #[error("`{0}` is not a version such as 1.2.3, so nothing can be added to it")]
    Version(String),
    /// The result is too long.
    #[error("the version `{0}` is longer than {VERSION_LENGTH} characters")]
    TooLong(String),
}

impl VersionSuffix {
    /// Reads a template: `-` and identifiers between dots, `+` and identifiers between dots, or both; with `{branch}` (the name of the
    /// branch or tag), `{n}` (the number of the build) and `{sha}` (the first characters of the commit).
    ///
    /// # Errors
    /// When it would not make versions.
    pub fn parse(text: &str) -> Result<Self, VersionSuffixError> {
        let error = |reason: String| VersionSuffixError::Template {
            template: text.to_owned(),
            reason,
        };
        let (pre_release, build) = match text.split_once('+') {
            Some((pre_release, build)) => (pre_release, Some(build)),
            None => (text, None),
        };
        let pre_release = match pre_release.strip_prefix('-') {
            Some(identifiers) => Some(identifiers),
            None if pre_release.is_empty() && build.is_some() => None,
            None => return Err(error("it begins with neither - nor +".to_owned())),
        };
        let read = |part: Option<&str>| part.map_or_else(|| Ok(Vec::new()), |part| pieces(part).map_err(error));
        Ok(Self {
            text: text.to_owned(),
            pre_release: read(pre_release)?,
            build: read(build)?,
        })
    }

    /// Replaces the placeholders.
    ///
    /// # Errors
    /// When one of them has no value.
    pub fn fill(&self, values: &BuildValues) -> Result<FilledSuffix, VersionSuffixError> {
        Ok(FilledSuffix {
            pre_release: without_leading_zeros(&self.filled(&self.pre_release, values)?),
            build: self.filled(&self.build, values)?,
        })
    }

    fn filled(&self, pieces: &[Piece], values: &BuildValues) -> Result<String, VersionSuffixError> {
        let mut text = String::new();
        for piece in pieces {
            let (value, needed) = match piece {
                Piece::Literal(literal) => {
                    text.push_str(literal);
                    continue;
                }
                Piece::Name => (&values.name, "a branch or tag: give --branch or --tag"),
                Piece::Number => (
                    &values.number,
                    "the number of the build, which the CI system did not give: set BUILD_NUMBER",
                ),
                Piece::Sha => (&values.sha, "the commit, and neither the CI system nor git names it"),
            };
            let value =
                value
                    .as_deref()
                    .filter(|value| !value.is_empty())
                    .ok_or_else(|| VersionSuffixError::Unknown {
                        template: self.text.clone(),
                        needed,
                    })?;
            let length = if *piece == Piece::Sha { SHA_LENGTH } else { NAME_LENGTH };
            text.push_str(&identifier(value, length));
        }
        Ok(text)
    }
}

impl FilledSuffix {
    /// A version with the suffix.
    ///
    /// # Errors
    /// When it is not a version, or becomes too long.
    pub fn add_to(&self, version: &str) -> Result<String, VersionSuffixError> {
        let is_strict = |version: &str| Version::parse_strict(version).is_ok();
        if !is_strict(version) {
            return Err(VersionSuffixError::Version(version.to_owned()));
        }
        let (before, build) = version.split_once('+').unwrap_or((version, ""));
        let mut new = before.to_owned();
        if !self.pre_release.is_empty() {
            new.push(if before.contains('-') { '.' } else { '-' });
            new.push_str(&self.pre_release);
        }
        let builds = [build, &self.build];
        let builds: Vec<&str> = builds.into_iter().filter(|build| !build.is_empty()).collect();
        if !builds.is_empty() {
            new.push('+');
            new.push_str(&builds.join("."));
        }
        if new.len() > VERSION_LENGTH {
            return Err(VersionSuffixError::TooLong(new));
        }
        if is_strict(&new) {
            Ok(new)
        } else {
            Err(VersionSuffixError::Version(new))
        }
    }
}

/// The pieces of identifiers between dots.
fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    if text.split('.').any(str::is_empty) {
        return Err("nothing is between two of its separators".to_owned());
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('{') {
            let (name, after) = inside.split_once('}').ok_or("a `{` without a `}`")?;
            pieces.push(match name {
                "branch" => Piece::Name,
                "n" => Piece::Number,
                "sha" => Piece::Sha,
                _ => {
                    return Err(match nearest(name, PLACEHOLDERS) {
                        Some(near) => format!("{{{name}}} is not a placeholder, did you mean {{{near}}}?"),
                        None => format!("{{{name}}} is not a placeholder: there are {{branch}}, {{n}} and {{sha}}"),
                    });
                }
            });
            rest = after;
        } else {
            let (literal, after) = rest
                .split_at_checked(rest.find('{').unwrap_or(rest.len()))
                .unwrap_or((rest, ""));
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
            if let Some(odd) = literal.chars().find(|&c| !is_allowed(c)) {
                return Err(format!("`{odd}` is not allowed in a version"));
            }
            pieces.push(Piece::Literal(literal.to_owned()));
            rest = after;
        }
    }
    Ok(pieces)
}

/// A name as one identifier of a version: letters, digits and single dashes. A name that has none of them is known by its digest.
fn identifier(name: &str, length: usize) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            text.push(c);
        } else if !text.is_empty() && !text.ends_with('-') {
            text.push('-');
        }
        if text.len() == length {
            break;
        }
    }
    let text = text.trim_end_matches('-');
    if text.is_empty() {
        let digest = sha256_hex(name);
        return format!("x{}", digest.get(..SHA_LENGTH).unwrap_or_default());
    }
    text.to_owned()
}

/// Identifiers that are numbers have no leading zeros in a pre-release.
fn without_leading_zeros(identifiers: &str) -> String {
    let identifiers = identifiers.split('.').map(|identifier| {
        let is_number = identifier.len() > 1 && identifier.bytes().all(|byte| byte.is_ascii_digit());
        match identifier.trim_start_matches('0') {
            "" if is_number => "0",
            number if is_number => number,
            _ => identifier,
        }
    });
    identifiers.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const USUAL: &str = "-{branch}.{n}+{sha}";

    fn values(name: &str, number: &str, sha: &str) -> BuildValues {
        let value = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        BuildValues {
            name: value(name),
            number: value(number),
            sha: value(sha),
        }
    }

    fn add(template: &str, version: &str, values: &BuildValues) -> Result<String, VersionSuffixError> {
        VersionSuffix::parse(template)?.fill(values)?.add_to(version)
    }

    #[test]
    fn versions_of_branches_are_versions() {
        let long = "dependabot/npm_and_yarn/packages/@types/node-20.0.0-and-more";
        for (template, version, name, want) in [
            (USUAL, "1.4.0", "feature/x", "1.4.0-feature-x.3+0123abcd"),
            (USUAL, "1.4.0-rc.1", "main", "1.4.0-rc.1.main.3+0123abcd"),
            (USUAL, "1.4.0+b.1", "main", "1.4.0-main.3+b.1.0123abcd"),
            (USUAL, "1.4.0-a+b", "main", "1.4.0-a.main.3+b.0123abcd"),
            (USUAL, "1.4.0", "_a__b.c--d_", "1.4.0-a-b-c-d.3+0123abcd"),
            (USUAL, "1.4.0", "007", "1.4.0-7.3+0123abcd"),
            (USUAL, "1.4.0", "00", "1.4.0-0.3+0123abcd"),
            (USUAL, "1.4.0", "日本", "1.4.0-xcf2abf0c.3+0123abcd"),
            (
                USUAL,
                "1.4.0",
                long,
                "1.4.0-dependabot-npm-and-yarn-packages-types-n.3+0123abcd",
            ),
            ("-pr{n}", "1.4.0", "main", "1.4.0-pr3"),
            ("-0{n}", "1.4.0", "main", "1.4.0-3"),
            ("+{sha}.007", "1.4.0", "main", "1.4.0+0123abcd.007"),
            ("-dev", "1.4.0", "", "1.4.0-dev"),
        ] {
            let found = add(template, version, &values(name, "3", "0123abcdef"));
            let found = found.map_err(|error| error.to_string());
            assert_eq!(found.as_deref(), Ok(want), "{template} {version} {name}");
        }
    }

    #[test]
    fn what_makes_no_version_is_refused() {
        let all = values("main", "3", "abc");
        for (template, version, values, message) in [
            ("", "1.0.0", &all, "begins with neither - nor +"),
            ("{branch}", "1.0.0", &all, "begins with neither - nor +"),
            ("-", "1.0.0", &all, "nothing is between"),
            ("-{branch}+", "1.0.0", &all, "nothing is between"),
            ("-{branch}..{n}", "1.0.0", &all, "nothing is between"),
            ("-{branch}+a+b", "1.0.0", &all, "`+` is not allowed"),
            ("-{branch}_x", "1.0.0", &all, "`_` is not allowed"),
            ("-{branch", "1.0.0", &all, "a `{` without a `}`"),
            ("-{brnch}", "1.0.0", &all, "did you mean {branch}?"),
            ("-{version}", "1.0.0", &all, "there are {branch}, {n} and {sha}"),
            (USUAL, "1.0.0", &values("", "3", "abc"), "give --branch or --tag"),
            (USUAL, "1.0.0", &values("main", "", "abc"), "set BUILD_NUMBER"),
            (USUAL, "1.0.0", &values("main", "3", ""), "needs the commit"),
            (USUAL, "1.0", &all, "`1.0` is not a version such as 1.2.3"),
            (
                USUAL,
                &format!("1.0.0-{}", "a".repeat(120)),
                &all,
                "longer than 128 characters",
            ),
        ] {
            let error = add(template, version, values).expect_err(template).to_string();
            assert!(error.contains(message), "{template}: {error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        #[test]
        fn any_branch_makes_a_version(
            name in "\\PC{1,60}",
            number in "[0-9]{1,9}",
            sha in "[0-9a-f]{40}",
            template in "[-](\\{branch\\}|x|0)[.]\\{n\\}([.]\\{sha\\})?([+]\\{sha\\}([.]\\{branch\\})?)?",
            version in "[0-9]\\.[0-9]\\.[0-9](-rc\\.[1-9])?(\\+[a-z]{1,5})?",
        ) {
            let found = add(&template, &version, &values(&name, &number, &sha));
            let found = found.map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert!(Version::parse_strict(&found).is_ok(), "{}", found);
        }
    }
}
