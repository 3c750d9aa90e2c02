//! Raising the version of a chart.

use std::cmp::Ordering;

use crate::check::lint::chart::VersionBase;
use crate::delivery::track::Step;
use crate::text::edit::{Applied, Change, EditError, NewValue, YamlPath, apply_changes};
use crate::text::semver::Version;
use crate::text::yaml;

/// The part of a version that is raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionPart {
    /// The first; the others are set to 0.
    Major,
    /// The second; the third is set to 0.
    Minor,
    /// The third. A pre-release is raised to its release.
    Patch,
}

/// By how much the version of a chart is raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raise {
    /// One part of it.
    By(VersionPart),
    /// The part that the largest step among the images in the chart has; the third for images whose step is not known, and where
    /// something else than an image changes.
    AsImages,
}

impl Raise {
    /// The part for a chart whose images make these steps.
    pub fn part(self, steps: impl Iterator<Item = Option<Step>>) -> VersionPart {
        match self {
            Self::By(part) => part,
            Self::AsImages => match steps.flatten().max() {
                Some(Step::Major) => VersionPart::Major,
                Some(Step::Minor) => VersionPart::Minor,
                Some(Step::Patch) | None => VersionPart::Patch,
            },
        }
    }
}

/// Raises `version` in the text of a Chart.yaml; `None` if it has no version, or one that cannot be raised.
///
/// # Errors
/// When the text is not YAML, or the version cannot be changed without changing something else.
pub fn raise_version(chart_yaml: &[u8], part: VersionPart) -> Result<Option<(Vec<u8>, Applied)>, EditError> {
    set_version(chart_yaml, |text| {
        let version = Version::parse(text).ok()?;
        match part {
            VersionPart::Major => version.next_major(),
            VersionPart::Minor => version.next_minor(),
            VersionPart::Patch => version.next_patch(),
        }
    })
}

/// Raises `version` above that of a base; `None` where it is higher, or there is none to be raised.
///
/// # Errors
/// See [`raise_version`].
pub fn raise_version_above(chart_yaml: &[u8], base: &VersionBase) -> Result<Option<(Vec<u8>, Applied)>, EditError> {
    set_version(chart_yaml, |text| match base.order(text)? {
        Ordering::Greater => None,
        Ordering::Equal | Ordering::Less => base.next(),
    })
}

/// Sets what `next` makes of `version`. A `v` before it stays.
fn set_version(
    chart_yaml: &[u8],
    next: impl FnOnce(&str) -> Option<Version>,
) -> Result<Option<(Vec<u8>, Applied)>, EditError> {
    let path = YamlPath::default().key("version");
    let tree = yaml::parse_first(chart_yaml).map_err(|error| EditError::yaml(error, chart_yaml))?;
    let Some(node) = tree.root().and_then(|root| tree.get(root, "version")) else {
        return Ok(None);
    };
    let text = tree.text(node);
    let Some(next) = next(text) else { return Ok(None) };
    let prefix = if text.starts_with('v') { "v" } else { "" };
    let next = next.to_string();
    let value = NewValue::Text(format!("{prefix}{}", next.trim_start_matches('v')));
    let change = Change {
        document: Some(0),
        path,
        value,
    };
    let (edited, applied) = apply_changes(chart_yaml, &[change])?;
    Ok(applied.into_iter().next().map(|applied| (edited, applied)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_raised_and_nothing_else_changes() {
        for (source, part, want) in [
            (
                "name: x\nversion: 1.2.3 # now\n",
                VersionPart::Patch,
                "name: x\nversion: 1.2.4 # now\n",
            ),
            ("version: '1.2.3'\n", VersionPart::Minor, "version: '1.3.0'\n"),
            ("version: 1.2.3-rc.1\n", VersionPart::Patch, "version: 1.2.3\n"),
            ("version: v0.9.9\r\n", VersionPart::Major, "version: v1.0.0\r\n"),
        ] {
            let (edited, _) = raise_version(source.as_bytes(), part).unwrap().unwrap();
            assert_eq!(String::from_utf8(edited).unwrap(), want);
        }
        assert!(raise_version(b"name: x\n", VersionPart::Patch).unwrap().is_none());
    }

    #[test]
    fn a_version_is_raised_above_that_of_a_base() {
        for (source, base, want) in [
            ("version: 1.2.3 # now\r\n", "1.2.3", Some("version: 1.2.4 # now\r\n")),
            ("version: 1.0.0\n", "1.2.3", Some("version: 1.2.4\n")),
            ("version: '1.2.3-rc.1'\n", "1.2.3", Some("version: '1.2.4'\n")),
            ("version: 1.2.3-rc.1\n", "1.2.3-rc.1", Some("version: 1.2.3\n")),
            ("version: v1.2.3\n", "v1.2.3", Some("version: v1.2.4\n")),
            ("version: 1.2.3+b\n", "1.2.3+a", Some("version: 1.2.4\n")),
            ("version: 1.2.4\n", "1.2.3", None),
            ("version: 1.2.3\n", "none", None),
            ("version: none\n", "1.2.3", None),
            ("name: a\n", "1.2.3", None),
        ] {
            let base = VersionBase {
                version: base.to_owned(),
                name: "main".to_owned(),
            };
            let raised = raise_version_above(source.as_bytes(), &base).unwrap();
            let text = raised.map(|(text, _)| String::from_utf8(text).unwrap());
            assert_eq!(text.as_deref(), want, "{source} above {base:?}");
        }
    }

    #[test]
    fn a_version_that_is_not_one_stays() {
        for (source, part, want) in [
            ("version: 1.9.3\n", VersionPart::Minor, Some("version: 1.10.0\n")),
            ("version: 1.9.3\n", VersionPart::Major, Some("version: 2.0.0\n")),
            ("version: \"1.2\"\n", VersionPart::Patch, Some("version: \"1.2.1\"\n")),
            ("version: latest\n", VersionPart::Patch, None),
            ("- version: 1.0.0\n", VersionPart::Patch, None),
            ("", VersionPart::Patch, None),
        ] {
            let raised = raise_version(source.as_bytes(), part).unwrap();
            let text = raised.map(|(text, _)| String::from_utf8(text).unwrap());
            assert_eq!(text.as_deref(), want, "{source} {part:?}");
        }
        assert!(raise_version(b"version: [\n", VersionPart::Patch).is_err());
    }
}
