//! What a release needs of another one in its environment: a version of its chart, of what the chart deploys, or of an image.

use std::fmt;

use serde::Deserialize;

use crate::check::finding::Location;
use crate::text::semver::{Constraint, Version};

/// What of the other release has the version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Versioned {
    /// Its chart.
    Chart,
    /// What its chart deploys (`appVersion`).
    App,
    /// Its image of a repository, which may be written without the registry; every image of it where none is named.
    Image(Option<String>),
}

/// Something that a release needs of another one.
#[derive(Debug, Clone)]
pub struct Requirement {
    /// The other release.
    pub release: String,
    /// What of it.
    pub of: Versioned,
    /// The versions that will do, as they are written.
    pub range: String,
    constraint: Constraint,
    /// Where it is written; the file where that is not known.
    pub place: Location,
}

/// The keys of a requirement, as files have them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequirementKeys {
    /// `release`.
    pub release: String,
    /// `version`: of the chart.
    pub version: Option<String>,
    /// `appVersion`.
    pub app_version: Option<String>,
    /// `tag`: of an image.
    pub tag: Option<String>,
    /// `image`: whose tag it is.
    pub image: Option<String>,
}

impl RequirementKeys {
    /// What they say.
    ///
    /// # Errors
    /// When they do not say one thing, or a range is none.
    pub fn read(self, place: Location) -> Result<Requirement, String> {
        let (of, range) = match (self.version, self.app_version, self.tag) {
            (Some(range), None, None) if self.image.is_none() => (Versioned::Chart, range),
            (None, Some(range), None) if self.image.is_none() => (Versioned::App, range),
            (None, None, Some(range)) => (Versioned::Image(self.image), range),
            _ => {
                return Err(
                    "`requires` needs `release` and one of `version` (of its chart), `appVersion` and `tag` (of its images, or of `image`)"
                        .to_owned(),
                );
            }
        };
        let constraint =
            Constraint::parse(&range).map_err(|error| format!("`{range}` is not a range of versions: {error}"))?;
        Ok(Requirement {
            release: self.release,
            of,
            range,
            constraint,
            place,
        })
    }
}

impl Requirement {
    /// Whether a version will do. Texts that are not versions will not.
    pub fn accepts(&self, version: &str) -> bool {
        Version::parse(version).is_ok_and(|version| self.constraint.check(&version))
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (release, range) = (&self.release, &self.range);
        match &self.of {
            Versioned::Chart => write!(f, "{release} with a chart of version {range}"),
            Versioned::App => write!(f, "{release} with appVersion {range}"),
            Versioned::Image(None) => write!(f, "{release} with images of version {range}"),
            Versioned::Image(Some(image)) => write!(f, "{release} with {image} of version {range}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::environment::load::place_of_file;

    #[test]
    fn requirements_say_one_thing() {
        let text = |text: &str| Some(text.to_owned());
        let keys = |version, app_version, tag, image| RequirementKeys {
            release: "api".to_owned(),
            version,
            app_version,
            tag,
            image,
        };
        for (keys, version, want) in [
            (keys(text(">=2.1"), None, None, None), "2.1.0", Some(true)),
            (keys(text(">=2.1"), None, None, None), "2.0.9", Some(false)),
            (keys(None, text("~3"), None, None), "v3.4.0", Some(true)),
            (keys(None, None, text("^1.2"), text("shop/api")), "1.3", Some(true)),
            (keys(None, None, text("^1.2"), None), "latest", Some(false)),
            (keys(text(">=1"), None, text(">=1"), None), "1.0.0", None),
            (keys(text(">=1"), None, None, text("shop/api")), "1.0.0", None),
            (keys(None, None, None, None), "1.0.0", None),
            (keys(text("new"), None, None, None), "1.0.0", None),
        ] {
            let place = place_of_file(std::path::Path::new("releases.yaml"));
            let found = keys.clone().read(place).map(|found| found.accepts(version)).ok();
            assert_eq!(found, want, "{keys:?} {version}");
        }
    }
}
