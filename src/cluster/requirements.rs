//! What releases need of each other: `requires` of the files in, and what the plan would not give out.
//!
//! A release that changes needs it when its turn comes: of what is planned before it, else of what runs.

use std::collections::BTreeMap;

use super::rendered_release::RenderedRelease;
use super::stored_release::StoredRelease;
use crate::check::finding::Location;
use crate::delivery::environment::{Release, Requirement, Versioned};
use crate::delivery::image::{Part, image_names, reference_parts};
use crate::engine::manifest::Document;

/// What a release needs and does not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmetRequirement {
    /// The release.
    pub release: String,
    /// Where it says so.
    pub place: Location,
    /// What it needs, and what there is.
    pub message: String,
}

/// The versions of a release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ReleaseVersions {
    pub(super) chart: String,
    pub(super) app: String,
    pub(super) images: Vec<String>,
}

impl ReleaseVersions {
    /// Those of a release that Helm has.
    pub(super) fn of_stored(stored: &StoredRelease) -> Self {
        Self {
            chart: stored.chart.metadata.version.clone(),
            app: stored.chart.metadata.app_version.clone(),
            images: image_names(stored.manifest.as_bytes()),
        }
    }

    /// Those of what is rendered.
    pub(super) fn of_rendered(rendered: &RenderedRelease) -> Self {
        let metadata = &rendered.chart.metadata;
        let manifests = rendered.manifests.manifests.iter().map(Document::text);
        Self {
            chart: metadata.version.clone(),
            app: metadata.app_version.clone(),
            images: manifests.flat_map(image_names).collect(),
        }
    }

    /// What of them a requirement is about: versions as they are written.
    fn wanted(&self, requirement: &Requirement) -> Vec<String> {
        match &requirement.of {
            Versioned::Chart => vec![self.chart.clone()],
            Versioned::App => vec![self.app.clone()],
            Versioned::Image(name) => {
                let tags = self.images.iter().filter_map(|image| tag_of(image, name.as_deref()));
                tags.collect()
            }
        }
    }

    fn meet(&self, requirement: &Requirement) -> bool {
        let versions = self.wanted(requirement);
        !versions.is_empty() && versions.iter().all(|version| requirement.accepts(version))
    }
}

/// The tag of an image, if its repository is the one that is meant, with or without its registry.
fn tag_of(image: &str, wanted: Option<&str>) -> Option<String> {
    let parts = reference_parts(image);
    let text = |wanted: Part| {
        let found = parts.iter().find(|(part, _)| *part == wanted);
        found
            .and_then(|(_, range)| image.get(range.clone()))
            .unwrap_or_default()
    };
    let (registry, repository) = (text(Part::Registry), text(Part::Repository));
    let is_meant = wanted.is_none_or(|wanted| wanted == repository || wanted == format!("{registry}/{repository}"));
    is_meant.then(|| text(Part::Tag).to_owned())
}

/// A release of a plan.
#[derive(Debug, Clone, Default)]
pub(super) struct PlannedVersions {
    pub(super) name: String,
    /// Whether anything of it changes.
    pub(super) changes: bool,
    /// What it has then.
    pub(super) versions: ReleaseVersions,
}

/// What the releases of an environment need and would not get, of what is planned in this order, and of what runs in the namespace now.
pub(super) fn unmet_requirements(
    releases: &[Release],
    planned: &[PlannedVersions],
    running: &BTreeMap<String, ReleaseVersions>,
) -> Vec<UnmetRequirement> {
    let place_of = |name: &str| planned.iter().position(|release| release.name == name);
    let mut unmet = Vec::new();
    for release in releases {
        let name = release.name.text.as_str();
        let own = place_of(name);
        if own.is_none() && !running.contains_key(name) {
            continue;
        }
        let changes = own.and_then(|own| planned.get(own)).is_some_and(|own| own.changes);
        for requirement in &release.requires {
            let now = running.get(&requirement.release);
            let other = place_of(&requirement.release);
            let then = other.and_then(|other| planned.get(other)).map(|other| &other.versions);
            let is_later = other.is_some_and(|other| own.is_some_and(|own| other > own));
            // The other one must be right in the end, and when the turn of this one comes.
            let mut needed = vec![then.or(now)];
            if changes && is_later {
                needed.push(now);
            }
            let is_met = |versions: Option<&ReleaseVersions>| versions.is_some_and(|one| one.meet(requirement));
            let Some(wrong) = needed.into_iter().find(|versions| !is_met(*versions)) else {
                continue;
            };
            let hint = if is_later && is_met(then) {
                format!("; its turn is after `{name}`: put it before")
            } else {
                String::new()
            };
            unmet.push(UnmetRequirement {
                release: name.to_owned(),
                place: requirement.place.clone(),
                message: format!("it needs {requirement}, and {}{hint}", there_is(wrong, requirement)),
            });
        }
    }
    unmet
}

/// What there is of what a requirement is about.
fn there_is(versions: Option<&ReleaseVersions>, requirement: &Requirement) -> String {
    let name = &requirement.release;
    match versions.map(|versions| versions.wanted(requirement)) {
        None => format!("there is no release `{name}`"),
        Some(versions) if versions.iter().all(String::is_empty) => format!("`{name}` has none"),
        Some(versions) => format!("`{name}` has {}", versions.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_environments::environments;
    use super::*;
    use crate::text::ordered::CollectOrdered as _;

    #[test]
    fn tags_are_those_of_the_repository_that_is_meant() {
        for (image, wanted, want) in [
            ("registry.example.com/shop/api:1.2", None, Some("1.2")),
            ("registry.example.com/shop/api:1.2", Some("shop/api"), Some("1.2")),
            (
                "registry.example.com/shop/api:1.2",
                Some("registry.example.com/shop/api"),
                Some("1.2"),
            ),
            ("registry.example.com/shop/api:1.2", Some("api"), None),
            ("api:1.2@sha256:00", Some("api"), Some("1.2")),
            ("shop/api", Some("shop/api"), Some("")),
        ] {
            assert_eq!(tag_of(image, wanted).as_deref(), want, "{image} {wanted:?}");
        }
    }

    /// The releases of a text as a releases file has them.
    fn releases(text: &str) -> Vec<Release> {
        let text = format!(
            "clusters:\n- {{name: c, provider: {{minikube: {{}}}}}}\nenvironments:\n- name: e\n  clusterName: c\n  kubeNamespace: shop\n  releases:\n{text}"
        );
        environments(&text).list.remove(0).releases
    }

    #[test]
    fn the_other_release_must_be_right_in_time_and_in_the_end() {
        let all = releases(
            "  - {name: web, chart: {dir: web}, requires: [{release: api, version: '>=2'}]}\n  - {name: api, chart: {dir: api}}\n",
        );
        let versions = |chart: &str| ReleaseVersions {
            chart: chart.to_owned(),
            ..ReleaseVersions::default()
        };
        let planned = |list: &[(&str, bool, &str)]| -> Vec<PlannedVersions> {
            let one = |(name, changes, chart): &(&str, bool, &str)| PlannedVersions {
                name: (*name).to_owned(),
                changes: *changes,
                versions: versions(chart),
            };
            list.iter().map(one).collect()
        };
        for (plan, running, want) in [
            // It is there already, or planned before.
            (vec![("web", true, "1.0.0")], vec![("api", "2.0.0")], None),
            (
                vec![("api", true, "2.0.0"), ("web", true, "1.0.0")],
                vec![("api", "1.0.0")],
                None,
            ),
            // Later is too late, unless nothing of this one changes.
            (
                vec![("web", true, "1.0.0"), ("api", true, "2.0.0")],
                vec![("api", "1.0.0")],
                Some(
                    "it needs api with a chart of version >=2, and `api` has 1.0.0; its turn is after `web`: put it before",
                ),
            ),
            (
                vec![("web", false, "1.0.0"), ("api", true, "2.0.0")],
                vec![("api", "1.0.0")],
                None,
            ),
            (
                vec![("web", true, "1.0.0"), ("api", true, "2.1.0")],
                vec![("api", "2.0.0")],
                None,
            ),
            // It must stay right.
            (
                vec![("api", true, "1.0.0")],
                vec![("api", "2.0.0"), ("web", "1.0.0")],
                Some("it needs api with a chart of version >=2, and `api` has 1.0.0"),
            ),
            (vec![("api", true, "1.0.0")], vec![("api", "2.0.0")], None),
            (
                vec![("web", true, "1.0.0")],
                vec![],
                Some("it needs api with a chart of version >=2, and there is no release `api`"),
            ),
        ] {
            let now = running
                .iter()
                .map(|(name, chart)| ((*name).to_owned(), versions(chart)));
            let found = unmet_requirements(&all, &planned(&plan), &now.collect_map());
            let found = found.first().map(|unmet| unmet.message.as_str());
            assert_eq!(found, want, "{plan:?} {running:?}");
        }
    }
}
