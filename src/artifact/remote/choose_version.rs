//! The version of a chart that a user asks for, among those that a repository has: Helm's `IndexFile.Get` and
//! `GetTagMatchingVersionOrConstraint`.

use crate::text::semver::{Constraint, Version, sort_newest_first};

use super::chart_source::{ListedVersion, SourceError};

/// A version or a range of versions that a user asks for.
///
/// # Errors
/// When it is neither.
pub(super) fn parse_range(wanted: &str) -> Result<Constraint, SourceError> {
    Constraint::parse(wanted).map_err(|error| {
        SourceError::usage(format!("`{wanted}` is not a version or a range of versions: {error}"))
            .with_hint("write a version such as 1.2.3, or a range such as ^1.2 or >=1.2 <3")
    })
}

/// The newest version in a range, or the version that is spelt like the range; without a range the newest that is not a
/// pre-release.
///
/// # Errors
/// When no version fits, or the range is not one.
pub(super) fn choose_version(
    chart: &str,
    versions: Vec<ListedVersion>,
    wanted: Option<&str>,
) -> Result<ListedVersion, SourceError> {
    let versions = sort_newest_first(versions, |listed| listed.version.clone());
    let constraint = parse_range(wanted.unwrap_or("*"))?;
    if let Some(exact) = versions.iter().find(|listed| Some(listed.version.as_str()) == wanted) {
        return Ok(exact.clone());
    }
    let fits =
        |listed: &&ListedVersion| Version::parse(&listed.version).is_ok_and(|version| constraint.check(&version));
    if let Some(found) = versions.iter().find(fits) {
        return Ok(found.clone());
    }
    let listed = shown_versions(versions.iter().map(|listed| listed.version.as_str()));
    Err(match wanted {
        Some(wanted) => SourceError::missing(format!(
            "no version of the chart `{chart}` fits `{wanted}`; it has {listed}"
        ))
        .with_hint(NAME_ONE),
        None => SourceError::missing(format!("the chart `{chart}` has pre-releases only: {listed}"))
            .with_hint("pre-releases are used with --devel, or with --version"),
    })
}

/// A chart does not have a version, but others, in any order.
pub(super) fn no_version(chart: &str, version: &str, others: Vec<String>) -> SourceError {
    let others = sort_newest_first(others, Clone::clone);
    let others = shown_versions(others.iter().map(String::as_str));
    SourceError::missing(format!(
        "the chart {chart} does not have version {version}; it has {others}"
    ))
    .with_hint(NAME_ONE)
}

/// What to do about a version that a chart does not have.
const NAME_ONE: &str = "name one of these versions, or check the address";
/// Most versions that a message has.
const SHOWN: usize = 5;

/// The newest versions of some, newest first, and how many others there are.
fn shown_versions<'v>(newest_first: impl ExactSizeIterator<Item = &'v str>) -> String {
    let count = newest_first.len();
    let shown = newest_first.take(SHOWN).collect::<Vec<_>>().join(", ");
    match count.saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} older"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_chosen_as_helm_chooses_them() {
        let listed = |version: &str| ListedVersion {
            version: version.to_owned(),
            digest: None,
            urls: Vec::new(),
        };
        for (versions, wanted, want) in [
            (&["1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1"][..], None, Some("1.10.0")),
            (&["1.0.0", "1.10.0", "2.0.0-rc.1"], Some(">0.0.0-0"), Some("2.0.0-rc.1")),
            (&["1.0.0", "1.10.0"], Some("~1.0"), Some("1.0.0")),
            (&["1.0.0", "1.0.0+b"], Some("1.0.0+b"), Some("1.0.0+b")),
            (&["v1.0.0", "0.9.0"], Some("1.0.0"), Some("v1.0.0")),
            (&["latest", "1.0.0"], Some("latest"), None),
            (&["1.0.0"], Some("2.x"), None),
            (&["1.0.0-a"], None, None),
        ] {
            let versions = versions.iter().map(|version| listed(version)).collect();
            let found = choose_version("web", versions, wanted).map(|listed| listed.version);
            assert_eq!(found.as_deref().ok(), want, "{wanted:?} {found:?}");
        }
        let error = choose_version("web", vec![listed("1.0.0")], Some("a b")).unwrap_err();
        assert!(
            error
                .message
                .starts_with("`a b` is not a version or a range of versions: "),
            "{error}"
        );
    }
}
