//! What validating admission sees of new objects.
//!
//! A line of `tests/defaults/rows.jsonl` has an object, and what an API server of Kubernetes 1.35 made of it: the values that it set, by JSON
//! pointer, and the pointers of what it dropped. `.ci/defaults.py` asks the server. `DEFAULTS_ROWS` names another file of rows to compare.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chartwright::kubernetes::validate::{Catalog, set_defaults};
use serde_json::{Value as Json, json};

/// Writes a value at a pointer: a field, an item of a list, or the item behind the last.
fn set(object: &mut Json, pointer: &str, value: &Json) {
    let Some((owner, name)) = pointer.rsplit_once('/') else {
        *object = value.clone();
        return;
    };
    match object.pointer_mut(owner).expect("the owner of a value is there") {
        Json::Object(fields) => drop(fields.insert(unescaped(name), value.clone())),
        Json::Array(items) => {
            let index: usize = name.parse().expect("an index");
            match items.get_mut(index) {
                Some(item) => *item = value.clone(),
                None => items.push(value.clone()),
            }
        }
        _ => panic!("{pointer} is not inside a mapping or list"),
    }
}

fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

fn remove(object: &mut Json, pointer: &str) {
    let (owner, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let owner = object.pointer_mut(owner).expect("the owner of a value is there");
    owner.as_object_mut().expect("a mapping").remove(&unescaped(name));
}

/// Where two values differ, as lines.
fn differences(pointer: &str, found: &Json, wanted: &Json, lines: &mut String) {
    match (found, wanted) {
        (Json::Object(ours), Json::Object(theirs)) => {
            let both: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
            for key in both {
                let below = format!("{pointer}/{key}");
                match (ours.get(key), theirs.get(key)) {
                    (Some(ours), Some(theirs)) => differences(&below, ours, theirs, lines),
                    (ours, theirs) => write_difference(&below, ours, theirs, lines),
                }
            }
        }
        (Json::Array(ours), Json::Array(theirs)) => {
            for index in 0..ours.len().max(theirs.len()) {
                let below = format!("{pointer}/{index}");
                match (ours.get(index), theirs.get(index)) {
                    (Some(ours), Some(theirs)) => differences(&below, ours, theirs, lines),
                    (ours, theirs) => write_difference(&below, ours, theirs, lines),
                }
            }
        }
        _ if found == wanted => {}
        _ => write_difference(pointer, Some(found), Some(wanted), lines),
    }
}

fn write_difference(pointer: &str, found: Option<&Json>, wanted: Option<&Json>, lines: &mut String) {
    let text = |value: Option<&Json>| value.map_or_else(|| "nothing".to_owned(), Json::to_string);
    writeln!(lines, "  {pointer}: {}, server {}", text(found), text(wanted)).expect("writing to a string succeeds");
}

#[test]
fn objects_become_what_the_server_makes_of_them() {
    let path = std::env::var("DEFAULTS_ROWS").unwrap_or_else(|_| "tests/defaults/rows.jsonl".to_owned());
    let rows = std::fs::read_to_string(&path).expect("rows");
    let catalog = Catalog::find("1.35").expect("1.35 is embedded");
    let mut wrong = Vec::new();
    let mut kinds: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for row in rows.lines() {
        let row: Json = serde_json::from_str(row).expect("a row");
        let given = &row["object"];
        let mut wanted = given.clone();
        for pointer in row["gone"].as_array().expect("a list") {
            remove(&mut wanted, pointer.as_str().expect("a pointer"));
        }
        let values = row["set"].as_object().expect("a mapping");
        for (pointer, value) in values {
            set(&mut wanted, pointer, value);
        }
        let [version, kind] = ["apiVersion", "kind"].map(|name| given[name].as_str().expect("a text"));
        let mut found = given.clone();
        set_defaults(&catalog, version, kind, &mut found);
        let mut lines = String::new();
        differences("", &found, &wanted, &mut lines);
        let counts = kinds.entry(format!("{version} {kind}")).or_default();
        counts.0 += usize::from(lines.is_empty());
        counts.1 += 1;
        if !lines.is_empty() {
            wrong.push(format!("{version} {kind} {}\n{lines}", given["metadata"]["name"]));
        }
    }
    let all: usize = kinds.values().map(|(_, all)| all).sum();
    for (kind, (same, all)) in kinds.iter().filter(|(_, (same, all))| same < all) {
        println!("{kind}: {same} of {all}");
    }
    assert!(all > 0, "{path} has no rows");
    let count = wrong.len();
    assert!(wrong.is_empty(), "{count} of {all} differ\n{}", wrong.join(""));
}

#[test]
fn defaults_are_those_of_the_version() {
    let set = |minor: &str, version: &str, kind: &str, object: Json| {
        let mut object = object;
        let catalog = Catalog::find(minor).expect("is embedded");
        set_defaults(&catalog, version, kind, &mut object);
        object
    };
    let stateful_set = json!({"spec": {"updateStrategy": {}}});
    let old = set("1.25", "apps/v1", "StatefulSet", stateful_set.clone());
    let new = set("1.37", "apps/v1", "StatefulSet", stateful_set);
    assert_eq!(
        old["spec"]["updateStrategy"],
        json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 0}})
    );
    assert_eq!(
        new["spec"]["updateStrategy"]["rollingUpdate"],
        json!({"partition": 0, "maxUnavailable": 1})
    );
    assert!(old["spec"]["persistentVolumeClaimRetentionPolicy"].is_null());
    let removed = set(
        "1.25",
        "autoscaling/v2beta2",
        "HorizontalPodAutoscaler",
        json!({"spec": {"maxReplicas": 3}}),
    );
    assert_eq!(
        removed["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"],
        80
    );
    let custom = json!({"spec": {"replicas": null}});
    assert_eq!(set("1.35", "example.org/v1", "Shop", custom.clone()), custom);
}
