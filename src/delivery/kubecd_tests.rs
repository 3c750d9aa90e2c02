//! `KubeCD`'s behaviour as `tests/kubecd/cases.jsonl` states it: what its tests, its design and its users want, by kind of case.

use serde_json::Value as Json;

use super::image::{ImageReference, image_places};
use super::track::{Choice, Choosing, Tag, Track};
use crate::artifact::oci::created_at;
use crate::text::semver::Version;
use crate::text::yaml;

const CASES: &str = include_str!("../../tests/kubecd/cases.jsonl");

/// The kind about command lines, which `tests/it/kubecd_commands.rs` tests.
const OF_COMMANDS: [&str; 1] = ["cli"];

/// Kinds about programs that are run for a cluster, which `cluster/kubecd_tests.rs` tests.
const OF_CLUSTERS: [&str; 2] = ["argv", "provider"];

/// The kind that `check/lint/objects/rule_tests.rs` has.
const OF_LINT: &str = "lint";

/// Kinds that `environment/kubecd_tests.rs` tests.
const OF_ENVIRONMENTS: [&str; 9] = [
    "scalar",
    "validate",
    "validate_release",
    "lookup",
    "merge",
    "precedence",
    "trigger_compat",
    "patch",
    "key_in_values",
];

fn text<'j>(case: &'j Json, member: &str) -> &'j str {
    case.get(member).and_then(Json::as_str).unwrap_or_default()
}

fn tags(case: &Json) -> Vec<Tag> {
    let candidates = case.get("candidates").and_then(Json::as_array).into_iter().flatten();
    let tag = |candidate: &Json| match candidate.as_str() {
        Some(name) => Tag {
            name: name.to_owned(),
            created: None,
        },
        None => Tag {
            name: text(candidate, "tag").to_owned(),
            created: candidate.get("timestamp").and_then(Json::as_i64).map(i128::from),
        },
    };
    candidates.map(tag).collect()
}

/// The tag that is chosen, the current one where none is, or the error.
fn chosen(case: &Json) -> Result<String, String> {
    let current = text(case, "current");
    let track = Track::parse(text(case, "track")).map_err(|error| error.to_string())?;
    Ok(match Choosing::of(track).choose(current, &tags(case)) {
        Choice::Move(tag) => tag.to_owned(),
        Choice::Stay | Choice::NotAVersion => current.to_owned(),
    })
}

fn track(case: &Json) {
    match (chosen(case), case.get("expect_error").and_then(Json::as_str)) {
        (Err(error), Some(words)) => assert!(error.starts_with(words), "{case}: {error}"),
        (outcome, _) => assert_eq!(outcome.as_deref(), Ok(text(case, "expect")), "{case}"),
    }
}

/// Where nothing is newer, the original has an error; here the image stays.
fn best_upgrade(case: &Json) {
    let outcome = chosen(case);
    match text(case, "expect_error") {
        "" => assert_eq!(outcome.as_deref(), Ok(text(case, "expect")), "{case}"),
        words if words.starts_with("unknown") => assert!(outcome.is_err(), "{case}: {outcome:?}"),
        _ => assert_eq!(outcome.as_deref(), Ok(text(case, "current")), "{case}"),
    }
}

fn wanted_upgrade(case: &Json) {
    let tag = Tag {
        name: text(case, "candidate").to_owned(),
        created: None,
    };
    let track = Track::parse(text(case, "track"));
    let is_wanted = track.is_ok_and(|track| {
        matches!(
            Choosing::of(track).choose(text(case, "current"), &[tag]),
            Choice::Move(_)
        )
    });
    assert_eq!(Some(is_wanted), case.get("expect").and_then(Json::as_bool), "{case}");
}

fn versions(case: &Json) {
    let version = Version::parse(text(case, "input"));
    let expected = case.get("expect").unwrap_or(&Json::Null);
    match expected {
        Json::Bool(is_version) => assert_eq!(version.is_ok(), *is_version, "{case}"),
        Json::String(normal) => assert_eq!(&version.expect("is one").to_string(), normal, "{case}"),
        _ => {
            let version = version.expect("is one");
            let parts = serde_json::json!([
                version.major,
                version.minor,
                version.patch,
                version.pre,
                version.metadata
            ]);
            assert_eq!(&parts, expected, "{case}");
        }
    }
}

/// The host as docker's clients ask it: `docker.io` is the name of the registry in references.
fn asked(host: &str) -> String {
    host.replace("docker.io", "registry-1.docker.io")
}

fn image_ref(case: &Json) {
    let image = ImageReference::parse(text(case, "input")).expect("is one");
    let (host, path) = ImageReference::location(&image.repository);
    let expected = case.get("expect").unwrap_or(&Json::Null);
    let found = serde_json::json!({"registry": asked(&host), "image": path, "tag": image.tag.unwrap_or_default()});
    assert_eq!(&found, expected, "{case}");
}

/// The images of values, each with a tag since only those with one are images to us.
fn image_of(values: &Json) -> (String, String) {
    let mut values = values.clone();
    values["image"]["tag"] = "v1".into();
    let text = values.to_string();
    let tree = yaml::parse_all(text.as_bytes()).expect("is YAML");
    let places = image_places(&tree);
    ImageReference::location(&places.first().expect("names an image").repository)
}

fn image_from_trigger(case: &Json) {
    let (host, path) = image_of(case.get("values").unwrap_or(&Json::Null));
    // The case says what the original gives; its note says what docker's rules add.
    let found = format!("{}/{}", asked(&host), path.trim_start_matches("library/"));
    assert_eq!(found, text(case, "expect"), "{case}");
}

fn image_index(case: &Json) {
    let releases = case.get("releases").and_then(Json::as_array).expect("a list");
    let expected = case.get("expect").and_then(Json::as_object).expect("a map");
    for (repository, names) in expected {
        let found = releases.iter().filter(|release| {
            let values = serde_json::json!({"image": {"repository": release[1]}});
            let (host, path) = image_of(&values);
            format!("{}/{}", asked(&host), path.trim_start_matches("library/")) == *repository
        });
        let found: Vec<&Json> = found.map(|release| &release[0]).collect();
        assert_eq!(
            found,
            names.as_array().expect("a list").iter().collect::<Vec<_>>(),
            "{case}"
        );
    }
}

/// An observed image is one candidate that was made after the current one.
fn observe(case: &Json) {
    let observed = ImageReference::parse(text(case, "observed")).expect("is one");
    let expected = case.get("expect").and_then(Json::as_str);
    let track = Track::parse(text(case, "track"));
    let outcome = match (track, observed.tag) {
        (Err(_), _) => Some("error: unknown track".to_owned()),
        (_, None) => Some("error: image needs a tag".to_owned()),
        (Ok(track), Some(name)) => {
            let tags = [Tag { name, created: Some(1) }];
            match Choosing::of(track).choose(text(case, "current"), &tags) {
                Choice::Move(tag) => Some(tag.to_owned()),
                Choice::Stay => None,
                Choice::NotAVersion => Some("warning: current tag is not a version".to_owned()),
            }
        }
    };
    assert_eq!(outcome.as_deref(), expected, "{case}");
}

fn seconds(time: &str) -> Option<i64> {
    let nanoseconds = created_at(time)?;
    i64::try_from(nanoseconds / 1_000_000_000).ok()
}

/// The times of tags, as registries write them.
fn times(case: &Json, written: Option<&Json>) {
    let written = written.and_then(Json::as_object).expect("times");
    let read = written.iter().map(|(tag, time)| {
        let time = seconds(time.as_str().expect("a text"));
        (tag.clone(), Json::from(time))
    });
    let read: Json = Json::Object(read.collect());
    assert_eq!(Some(&read), case.get("expect"), "{case}");
}

/// The times of what has a tag.
fn gcr_times(case: &Json) -> Json {
    let answer = case.get("answer").and_then(Json::as_array).into_iter().flatten();
    let tagged = answer.filter_map(|image| {
        let tag = image.pointer("/tags/0")?.as_str()?.to_owned();
        Some((tag, image.pointer("/timestamp/datetime")?.clone()))
    });
    Json::Object(tagged.collect())
}

#[test]
fn cases_hold() {
    let mut counts = std::collections::BTreeMap::new();
    for line in CASES.lines() {
        let case: Json = serde_json::from_str(line).expect(line);
        let kind = text(&case, "kind");
        match kind {
            "track" => track(&case),
            "best_upgrade" => best_upgrade(&case),
            "wanted_upgrade" => wanted_upgrade(&case),
            "is_semver" | "normalize" | "parse_version" => versions(&case),
            "image_ref" => image_ref(&case),
            "image_from_trigger" => image_from_trigger(&case),
            "image_index" => image_index(&case),
            "observe" => observe(&case),
            "timestamp" => assert_eq!(
                seconds(text(&case, "input")),
                case.get("expect").and_then(Json::as_i64),
                "{case}"
            ),
            "registry_v2_tags" => times(&case, case.get("created")),
            "dockerhub_tags" => times(&case, case.get("last_updated_sample")),
            "gcr_tags" => times(&case, Some(&gcr_times(&case))),
            OF_LINT => {}
            kind => {
                let elsewhere = [&OF_COMMANDS[..], &OF_CLUSTERS, &OF_ENVIRONMENTS].concat();
                assert!(elsewhere.contains(&kind), "{case}");
            }
        }
        *counts.entry(kind.to_owned()).or_insert(0) += 1;
    }
    assert_eq!(CASES.lines().count(), 182, "{counts:?}");
}
