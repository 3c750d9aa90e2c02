//! Versions of Kubernetes. In: texts. Out: versions as templates see them in `.Capabilities.KubeVersion`, and the minor
//! versions whose schemas are in the binary. [`KubeVersion::parse`] follows `ParseKubeVersion` of Helm 4.3
//! (`pkg/chart/common/capabilities.go`) and accepts whatever Helm accepts; [`parse_versions`] is for validation, and
//! refuses any text that it does not understand.

use std::ops::RangeInclusive;

/// Minor versions of Kubernetes 1 whose schemas are in the binary (`schemas/kubernetes.bin`).
pub const EMBEDDED_MINORS: RangeInclusive<u8> = 25..=37;

/// The minor version of the Kubernetes client library of Helm 4.3.1: what Helm assumes without `--kube-version`.
pub const HELM_CLIENT_MINOR: u8 = 37;

/// A version of Kubernetes, as given and as compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubeVersion {
    /// As given, with a `v` in front.
    pub version: String,
    /// Digits and dots only, with a `v` in front.
    pub normalized: String,
    /// First number.
    pub major: u64,
    /// Second number.
    pub minor: u64,
}

/// A `--kube-version` that Helm refuses. The text is Helm's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid kube version '{given}': {reason}")]
pub struct KubeVersionError {
    given: String,
    reason: String,
}

impl KubeVersion {
    /// The version Helm 4.3.1 assumes.
    pub fn default_version() -> Self {
        Self::release(HELM_CLIENT_MINOR)
    }

    /// The first release of a minor version of Kubernetes 1.
    fn release(minor: u8) -> Self {
        let version = format!("v1.{minor}.0");
        Self {
            normalized: version.clone(),
            version,
            major: 1,
            minor: u64::from(minor),
        }
    }

    /// Reads `1.31`, `v1.31.2`, `v1.33.4-gke.1245000`: at least two numbers, anything after them.
    ///
    /// # Errors
    /// For fewer than two numbers, a major version with a leading zero, or a number above 64 bits.
    pub fn parse(text: &str) -> Result<Self, KubeVersionError> {
        let error = |reason: String| KubeVersionError {
            given: text.to_owned(),
            reason,
        };
        let trimmed = text.trim_start();
        let trimmed = trimmed.strip_prefix('v').unwrap_or(trimmed);
        let mut components: Vec<&str> = Vec::new();
        let mut rest = trimmed;
        loop {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let Some((component, after)) = rest.split_at_checked(digits).filter(|_| digits > 0) else {
                break;
            };
            components.push(component);
            match after.strip_prefix('.') {
                Some(next) => rest = next,
                None => break,
            }
        }
        let [major, minor, ..] = components.as_slice() else {
            let reason = if components.is_empty() {
                "could not parse"
            } else {
                "illegal version string"
            };
            let suffix = if components.is_empty() { " as version" } else { "" };
            return Err(error(format!("{reason} {text:?}{suffix}")));
        };
        if major.starts_with('0') && *major != "0" {
            return Err(error(format!(
                "illegal zero-prefixed version component {major:?} in {text:?}"
            )));
        }
        let number = |component: &str| {
            component.parse::<u64>().map_err(|_| {
                error(format!(
                    "illegal non-numeric version component {component:?} in {text:?}: value out of range"
                ))
            })
        };
        let numbers = components
            .iter()
            .map(|component| number(component))
            .collect::<Result<Vec<_>, _>>()?;
        let normalized = numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
        let version = if text.starts_with('v') {
            text.to_owned()
        } else {
            format!("v{text}")
        };
        Ok(Self {
            version,
            normalized: format!("v{normalized}"),
            major: number(major)?,
            minor: number(minor)?,
        })
    }
}

/// A version whose schemas are in the binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportedVersion {
    /// As it was written, or the minor version (`1.29`) where a range contains it.
    pub text: String,
    /// The version as `.Capabilities.KubeVersion` has it.
    pub kube_version: KubeVersion,
    /// The minor version, one of [`EMBEDDED_MINORS`].
    pub minor: u8,
}

/// The accepted spellings, for messages.
const ACCEPTED: &str =
    "write `1.31`, `1.31.4`, a range (`1.28..1.35`, `1.31..`, `..1.33`), `latest`, or several with commas";

/// Kubernetes versions that cannot be validated for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// No version at all.
    #[error("no Kubernetes version is given: {ACCEPTED}")]
    Missing,
    /// An empty text, or an empty item of a list.
    #[error("a Kubernetes version is empty in `{0}`: {ACCEPTED}")]
    Empty(String),
    /// Not a version.
    #[error("`{0}` is not a Kubernetes version: {ACCEPTED}")]
    NotUnderstood(String),
    /// A range whose end is not a minor version.
    #[error(
        "`{range}` is not a range of Kubernetes versions: `{end}` is not a minor version such as `1.31`, or `latest`"
    )]
    RangeEnd {
        /// The range as given.
        range: String,
        /// The end that is wrong.
        end: String,
    },
    /// A range that ends before it begins.
    #[error("`{0}` is a range without versions: it ends before it begins")]
    EmptyRange(String),
    /// A version whose schemas are not in the binary.
    #[error(
        "no schemas of Kubernetes `{0}` in this binary: it has 1.{oldest} to 1.{newest}",
        oldest = EMBEDDED_MINORS.start(),
        newest = EMBEDDED_MINORS.end()
    )]
    NotEmbedded(String),
}

impl SupportedVersion {
    /// The newest version, which `latest` means.
    pub fn latest() -> Self {
        let minor = *EMBEDDED_MINORS.end();
        Self {
            text: "latest".to_owned(),
            kube_version: KubeVersion::release(minor),
            minor,
        }
    }

    /// Reads one version: `1.31`, `v1.31`, `1.31.4`, `1.33.4-gke.1245000`, `latest` or `master`.
    ///
    /// # Errors
    /// For a text that is not a version, and for a version whose schemas are not in the binary.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        if let "latest" | "master" = text {
            return Ok(Self {
                text: text.to_owned(),
                ..Self::latest()
            });
        }
        let not_understood = || VersionError::NotUnderstood(text.to_owned());
        let (minor, has_patch) = read_numbers(text).ok_or_else(not_understood)?;
        let minor = minor
            .filter(|minor| EMBEDDED_MINORS.contains(minor))
            .ok_or_else(|| VersionError::NotEmbedded(text.to_owned()))?;
        let kube_version = if has_patch {
            KubeVersion::parse(text).map_err(|_| not_understood())?
        } else {
            KubeVersion::release(minor)
        };
        Ok(Self {
            text: text.to_owned(),
            kube_version,
            minor,
        })
    }
}

/// The minor version of Kubernetes 1 (`None` for any other major version and for numbers above 255), and whether a patch
/// version follows: of `1.31`, `1.31.4` and `1.33.4-gke.1245000`, with or without `v`. `None` for any other spelling.
fn read_numbers(text: &str) -> Option<(Option<u8>, bool)> {
    let is_number = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty() && (part == "0" || !part.starts_with('0'))
    };
    let text = text.strip_prefix('v').unwrap_or(text);
    let (numbers, suffix) = match text.find(['-', '+']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)),
        None => (text, None),
    };
    let (major, rest) = numbers.split_once('.')?;
    let (minor, patch) = match rest.split_once('.') {
        Some((minor, patch)) => (minor, Some(patch)),
        None => (rest, None),
    };
    let is_suffix = |suffix: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-+.".contains(&byte);
        !suffix.is_empty() && suffix.bytes().all(is_allowed)
    };
    // A suffix belongs to a full version: `1.31-gke` is not one.
    let is_fine = is_number(major)
        && is_number(minor)
        && patch.is_none_or(is_number)
        && suffix.is_none_or(|suffix| patch.is_some() && is_suffix(suffix));
    let minor = minor.parse().ok().filter(|_| major == "1");
    is_fine.then_some((minor, patch.is_some()))
}

/// The versions that texts name, each once, in the order in which they are first named. A text is a list with
/// commas; its items are versions (see [`SupportedVersion::parse`]) and ranges (`1.28..1.35`, `1.31..`, `..1.33`).
///
/// # Errors
/// For an empty list, a text that is not a version, and a version whose schemas are not in the binary; no range is
/// silently cut short.
pub fn parse_versions(texts: &[String]) -> Result<Vec<SupportedVersion>, VersionError> {
    let mut versions: Vec<SupportedVersion> = Vec::new();
    for text in texts {
        for item in text.split(',').map(str::trim) {
            if item.is_empty() {
                return Err(VersionError::Empty(text.clone()));
            }
            for version in parse_item(item)? {
                if !versions.iter().any(|known| known.kube_version == version.kube_version) {
                    versions.push(version);
                }
            }
        }
    }
    if versions.is_empty() {
        return Err(VersionError::Missing);
    }
    Ok(versions)
}

/// All versions whose schemas are in the binary, oldest first.
pub fn embedded_versions() -> impl Iterator<Item = SupportedVersion> {
    EMBEDDED_MINORS.map(embedded_version)
}

fn embedded_version(minor: u8) -> SupportedVersion {
    SupportedVersion {
        text: format!("1.{minor}"),
        kube_version: KubeVersion::release(minor),
        minor,
    }
}

/// A version, or the versions of a range, oldest first.
fn parse_item(text: &str) -> Result<Vec<SupportedVersion>, VersionError> {
    let Some((first, last)) = text.split_once("..") else {
        return Ok(vec![SupportedVersion::parse(text)?]);
    };
    if first.is_empty() && last.is_empty() {
        return Err(VersionError::NotUnderstood(text.to_owned()));
    }
    let end = |end: &str, open: u8| match end {
        "" => Ok(open),
        end => minor_of_end(text, end),
    };
    let (first, last) = (
        end(first, *EMBEDDED_MINORS.start())?,
        end(last, *EMBEDDED_MINORS.end())?,
    );
    if first > last {
        return Err(VersionError::EmptyRange(text.to_owned()));
    }
    Ok((first..=last).map(embedded_version).collect())
}

/// The minor version at which a range begins or ends. A patch version is refused: which patch versions lie between two
/// of them is not known here.
fn minor_of_end(range: &str, end: &str) -> Result<u8, VersionError> {
    let wrong = || VersionError::RangeEnd {
        range: range.to_owned(),
        end: end.to_owned(),
    };
    match SupportedVersion::parse(end) {
        Ok(version)
            if matches!(end, "latest" | "master") || version.kube_version == KubeVersion::release(version.minor) =>
        {
            Ok(version.minor)
        }
        Err(VersionError::NotEmbedded(_)) => Err(VersionError::NotEmbedded(range.to_owned())),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kube_versions_are_read_as_helm_reads_them() {
        let version = KubeVersion::parse("v1.33.4-gke.1245000").unwrap();
        assert_eq!(
            (version.normalized.as_str(), version.major, version.minor),
            ("v1.33.4", 1, 33)
        );
        assert_eq!(version.version, "v1.33.4-gke.1245000");
        let version = KubeVersion::parse("1.31").unwrap();
        assert_eq!(
            (version.version.as_str(), version.normalized.as_str()),
            ("v1.31", "v1.31")
        );
        for (text, want) in [
            ("1", "invalid kube version '1': illegal version string \"1\""),
            ("abc", "invalid kube version 'abc': could not parse \"abc\" as version"),
        ] {
            assert_eq!(KubeVersion::parse(text).unwrap_err().to_string(), want);
        }
    }

    /// The versions as `text/.Capabilities.KubeVersion`, or the error.
    fn parsed(texts: &[&str]) -> Result<String, String> {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        let show = |version: &SupportedVersion| {
            assert_eq!(u64::from(version.minor), version.kube_version.minor);
            format!("{}/{}", version.text, version.kube_version.version)
        };
        match parse_versions(&texts) {
            Ok(versions) => Ok(versions.iter().map(show).collect::<Vec<_>>().join(" ")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// A text of a table with the versions that change with every upgrade filled in.
    fn filled(text: &str) -> String {
        let (first, last) = (*EMBEDDED_MINORS.start(), *EMBEDDED_MINORS.end());
        [
            ("FIRST", first),
            ("PREVIOUS", last - 1),
            ("LAST", last),
            ("NEXT", last + 1),
        ]
        .iter()
        .fold(text.to_owned(), |text, (name, minor)| {
            text.replace(name, &minor.to_string())
        })
    }

    #[test]
    fn versions_ranges_and_lists_are_read() {
        for (texts, want) in [
            (&["1.31"][..], "1.31/v1.31.0"),
            (&["v1.31"], "v1.31/v1.31.0"),
            (&["1.31.0"], "1.31.0/v1.31.0"),
            (&["v1.25.7"], "v1.25.7/v1.25.7"),
            (&["1.33.4-gke.1245000"], "1.33.4-gke.1245000/v1.33.4-gke.1245000"),
            (&["1.33.4+k3s1"], "1.33.4+k3s1/v1.33.4+k3s1"),
            (&["latest"], "latest/v1.LAST.0"),
            (&["master"], "master/v1.LAST.0"),
            (&["1.28..1.30"], "1.28/v1.28.0 1.29/v1.29.0 1.30/v1.30.0"),
            (&["v1.28..v1.29"], "1.28/v1.28.0 1.29/v1.29.0"),
            (&["1.28..1.28"], "1.28/v1.28.0"),
            (&["1.PREVIOUS.."], "1.PREVIOUS/v1.PREVIOUS.0 1.LAST/v1.LAST.0"),
            (&["..1.FIRST"], "1.FIRST/v1.FIRST.0"),
            (&["1.PREVIOUS..latest"], "1.PREVIOUS/v1.PREVIOUS.0 1.LAST/v1.LAST.0"),
            (&["1.PREVIOUS..master"], "1.PREVIOUS/v1.PREVIOUS.0 1.LAST/v1.LAST.0"),
            (&["latest.."], "1.LAST/v1.LAST.0"),
            (&["1.31,1.28"], "1.31/v1.31.0 1.28/v1.28.0"),
            (
                &["1.31, 1.28..1.29", "1.25"],
                "1.31/v1.31.0 1.28/v1.28.0 1.29/v1.29.0 1.25/v1.25.0",
            ),
            // Each once, as first written.
            (
                &["1.29", "1.28..1.30", "v1.29.0"],
                "1.29/v1.29.0 1.28/v1.28.0 1.30/v1.30.0",
            ),
            (&["latest", "1.LAST"], "latest/v1.LAST.0"),
            // Patch versions differ in `.Capabilities`.
            (&["1.31.1,1.31.2,1.31.1"], "1.31.1/v1.31.1 1.31.2/v1.31.2"),
        ] {
            let texts: Vec<String> = texts.iter().map(|text| filled(text)).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            assert_eq!(parsed(&texts), Ok(filled(want)), "{texts:?}");
        }
    }

    #[test]
    fn unknown_versions_are_refused_by_name() {
        let all: Vec<String> = EMBEDDED_MINORS.map(|minor| format!("1.{minor}")).collect();
        assert_eq!(parsed(&["..latest"]).map(|text| text.split(' ').count()), Ok(all.len()));
        for (text, want) in [
            ("", "a Kubernetes version is empty in ``: write `1.31`"),
            (" ", "a Kubernetes version is empty in ` `: "),
            ("1.31,", "a Kubernetes version is empty in `1.31,`: "),
            ("1.31,,1.32", "a Kubernetes version is empty in `1.31,,1.32`: "),
            ("1.31x", "`1.31x` is not a Kubernetes version: write `1.31`"),
            ("1.31.", "`1.31.` is not a"),
            ("1.31.x", "`1.31.x` is not a"),
            ("1.31.4.5", "`1.31.4.5` is not a"),
            ("1.31-gke", "`1.31-gke` is not a"),
            ("1.31.4-", "`1.31.4-` is not a"),
            ("1.31.4-a b", "`1.31.4-a b` is not a"),
            ("1.031", "`1.031` is not a"),
            ("1.31.99999999999999999999", "`1.31.99999999999999999999` is not a"),
            ("01.31", "`01.31` is not a"),
            ("+1.31", "`+1.31` is not a"),
            ("1.+31", "`1.+31` is not a"),
            ("vv1.31", "`vv1.31` is not a"),
            ("1", "`1` is not a"),
            ("x", "`x` is not a"),
            ("Latest", "`Latest` is not a"),
            ("..", "`..` is not a"),
            (
                "1.9",
                "no schemas of Kubernetes `1.9` in this binary: it has 1.FIRST to 1.LAST",
            ),
            ("1.NEXT", "no schemas of Kubernetes `1.NEXT` in"),
            ("1.999", "no schemas of Kubernetes `1.999` in"),
            ("2.31", "no schemas of Kubernetes `2.31` in"),
            ("1.31..9.99", "no schemas of Kubernetes `1.31..9.99` in"),
            ("1.2..1.30", "no schemas of Kubernetes `1.2..1.30` in"),
            (
                "1.35..1.31",
                "`1.35..1.31` is a range without versions: it ends before it begins",
            ),
            (
                "1.31...1.33",
                "`1.31...1.33` is not a range of Kubernetes versions: `.1.33` is not a minor version",
            ),
            (
                "1.31..x",
                "`1.31..x` is not a range of Kubernetes versions: `x` is not a minor version",
            ),
            (
                "1.31.2..1.33",
                "`1.31.2..1.33` is not a range of Kubernetes versions: `1.31.2` is not a minor version",
            ),
            (
                "1.31..1.32..1.33",
                "`1.31..1.32..1.33` is not a range of Kubernetes versions: `1.32..1.33` is not",
            ),
        ] {
            let (text, want) = (filled(text), filled(want));
            let error = parsed(&[&text]).expect_err(&text);
            assert!(error.starts_with(&want), "{text:?}: {error}");
        }
        assert!(
            parsed(&[])
                .expect_err("nothing is given")
                .starts_with("no Kubernetes version is given: write")
        );
    }
}
