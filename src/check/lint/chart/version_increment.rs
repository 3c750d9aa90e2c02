//! `version-increment`: what is packaged changed, and the version did not rise, as `ct lint` requires it.

use std::cmp::Ordering;

use crate::check::finding::{Finding, Location};
use crate::engine::chart::Chart;
use crate::text::rule::Rule;
use crate::text::semver::Version;
use crate::text::yaml;

/// What a chart must be newer than: its package has other content now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionBase {
    /// The version of the chart there.
    pub version: String,
    /// What the base is called, such as `origin/main`.
    pub name: String,
}

impl VersionBase {
    /// How a version is ordered to that of the base; nothing where one of them is none.
    pub fn order(&self, version: &str) -> Option<Ordering> {
        let before = Version::parse(&self.version).ok()?;
        Some(Version::parse(version).ok()?.compare(&before))
    }

    /// The lowest version that is higher, apart from pre-releases.
    pub fn next(&self) -> Option<Version> {
        Version::parse(&self.version).ok()?.next_patch()
    }
}

/// The finding of the rule. A version that is none is the matter of other rules.
pub fn check_version_increment(chart: &Chart, base: &VersionBase) -> Option<Finding> {
    let version = &chart.metadata.version;
    let name = &base.name;
    let message = match base.order(version)? {
        Ordering::Greater => return None,
        Ordering::Equal => format!("the chart has changed since {name}, which has the version {version} as well"),
        Ordering::Less => format!(
            "the chart has changed since {name}, and its version {version} is lower than {} there",
            base.version
        ),
    };
    let file = chart.source_file("Chart.yaml");
    let span = yaml::parse_first(file.text()).ok().and_then(|tree| {
        let value = tree.get(tree.root()?, "version")?;
        Some(tree.span(value))
    });
    let place = match span {
        Some(span) => Location::new(file, span),
        None => Location::whole(file),
    };
    let next = base.next().map(|next| format!(" to {next} or higher"));
    let help = format!("raise the version{}", next.unwrap_or_default());
    Some(Finding::new(Rule::VersionIncrement, place, message).with_help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chart::{ChartFile, load_files};

    #[test]
    fn a_version_must_be_higher() {
        for (version, before, want) in [
            ("1.0.1", "1.0.0", None),
            ("1.0.0", "1.0.0-rc.1", None),
            ("2.0.0", "1.9.9", None),
            ("1.0.0", "1.0.0", Some("which has the version 1.0.0 as well")),
            ("1.0.0+b", "1.0.0+a", Some("which has the version 1.0.0+b as well")),
            ("1.0.0-rc.1", "1.0.0", Some("1.0.0-rc.1 is lower than 1.0.0 there")),
            ("0.9.0", "1.0.0", Some("0.9.0 is lower than 1.0.0 there")),
            ("1.0.0", "none", None),
        ] {
            let text = format!("apiVersion: v2\nname: c\nversion: {version} # here\n");
            let file = ChartFile::new("Chart.yaml".to_owned(), text.into_bytes());
            let mut chart = load_files(vec![file]).unwrap();
            chart.place_at("c", &[]);
            let base = VersionBase {
                version: before.to_owned(),
                name: "main".to_owned(),
            };
            let found = check_version_increment(&chart, &base);
            let is_right = match (&found, want) {
                (Some(found), Some(want)) => {
                    found.message.ends_with(want) && found.primary.to_string() == "c/Chart.yaml:3:10"
                }
                (found, want) => found.is_none() && want.is_none(),
            };
            assert!(is_right, "{version} after {before}: {found:?}");
        }
    }
}
