//! What a release of a releases file says of its rollout: what it needs of other releases, and how a new version takes the place of the old
//! one. Both are chartwright's own.

use super::fields::{Fields, Written};
use super::requirement::{Requirement, RequirementKeys};
use super::strategy::{BlueGreenKeys, CanaryKeys, Strategy, StrategyKeys};

fn text(fields: &Fields<'_>, key: &'static str) -> Option<String> {
    fields.text(key).map(|written| written.text)
}

/// `requires` of a release.
pub(super) fn requirements(release: &Fields<'_>) -> Vec<Requirement> {
    let items = release.mappings("requires").into_iter();
    items.filter_map(requirement).collect()
}

fn requirement(fields: Fields<'_>) -> Option<Requirement> {
    let name = fields.required("release");
    let keys = RequirementKeys {
        release: String::new(),
        version: text(&fields, "version"),
        app_version: text(&fields, "appVersion"),
        tag: text(&fields, "tag"),
        image: text(&fields, "image"),
    };
    let place = fields.place.clone();
    let name = name?;
    let read = RequirementKeys {
        release: name.text,
        ..keys
    }
    .read(place.clone());
    let found = read.map_err(|message| fields.report_at(&place, message)).ok();
    fields.finish();
    found
}

/// `strategy` of a release.
pub(super) fn strategy(release: &Fields<'_>, name: &str) -> Option<Strategy> {
    let fields = release.mapping("strategy")?;
    let keys = StrategyKeys {
        blue_green: fields.mapping("blueGreen").map(|own| {
            let keys = BlueGreenKeys {
                service: text(&own, "service").unwrap_or_default(),
                pause: text(&own, "pause"),
                keep_old: own.flag("keepOld"),
            };
            own.finish();
            keys
        }),
        canary: fields.mapping("canary").map(|own| {
            let keys = CanaryKeys {
                service: text(&own, "service"),
                replicas: text(&own, "replicas"),
                weights: own
                    .texts("weights")
                    .iter()
                    .filter_map(|one| weight(&own, one))
                    .collect(),
                pause: text(&own, "pause"),
            };
            own.finish();
            keys
        }),
    };
    let place = fields.place.clone();
    let found = keys
        .read(name)
        .map_err(|message| fields.report_at(&place, message))
        .ok();
    fields.finish();
    found
}

fn weight(fields: &Fields<'_>, written: &Written) -> Option<u8> {
    let found = written.text.parse().ok();
    if found.is_none() {
        fields.report_at(&written.place, "`weights` are numbers of percent, such as 10");
    }
    found
}
