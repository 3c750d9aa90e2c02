//! Objects with one change each, and the verdicts on them. A line of `changes.tsv` has the index of an object in
//! `objects.yaml`, from 0; the JSON pointer of a value; what replaces it (`-`: nothing); and the violations, or
//! `taken`. `cargo xtask verdicts` asks the code of Kubernetes 1.35 whether it accepts and refuses the same. With
//! `VERDICTS_UPDATE`, the violations of lines that say only `refused`, as that command prints new ones, are filled in.
//! `missed.tsv` has changes that the API server refuses and we do not yet.

use std::fmt::Write as _;

use chartwright::kubernetes::validate::{Catalog, Options, Status, Target, check_text};
use chartwright::text::rule::Severity;
use chartwright::text::yaml;
use serde_json::Value as Json;

const OBJECTS: &str = include_str!("../verdicts/objects.yaml");
const CHANGES: &str = "tests/verdicts/changes.tsv";
const MISSED: &str = include_str!("../verdicts/missed.tsv");

/// Every violation that is more than a warning: its path, its message and its rule; `taken` where there is none.
fn verdict(object: &Json, targets: &[Target]) -> String {
    let options = Options {
        strict: true,
        ..Options::default()
    };
    let mut text = String::new();
    for resource in check_text(object.to_string().as_bytes(), targets, &options) {
        let is_refused = !matches!(resource.status, Status::Valid);
        let refusals = resource
            .violations
            .iter()
            .filter(|violation| violation.severity() == Severity::Error);
        for violation in refusals.filter(|_| is_refused) {
            let separator = if text.is_empty() { "" } else { " | " };
            let (path, message, rule) = (&violation.path, &violation.message, violation.rule.rule.id());
            write!(text, "{separator}{path}: {message} [{rule}]").expect("writing to a string succeeds");
        }
    }
    if text.is_empty() {
        "taken".to_owned()
    } else {
        text.replace('\n', " ")
    }
}

pub(crate) fn changed(object: &Json, pointer: &str, value: &str) -> Json {
    let mut object = object.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let name = name.replace("~1", "/").replace("~0", "~");
    let value = (value != "-").then(|| serde_json::from_str(value).expect("a value is JSON"));
    match (object.pointer_mut(parent).expect("the value is there"), value) {
        (Json::Object(fields), Some(value)) => drop(fields.insert(name, value)),
        (Json::Object(fields), None) => drop(fields.remove(&name)),
        (Json::Array(items), Some(value)) => items[name.parse::<usize>().expect("an index")] = value,
        (Json::Array(items), None) => drop(items.remove(name.parse().expect("an index"))),
        _ => panic!("{pointer} is not inside a mapping or list"),
    }
    object
}

/// The objects of `objects.yaml`, and the version they are judged for.
fn objects() -> (Vec<Json>, [Target; 1]) {
    let tree = yaml::parse_all(OBJECTS.as_bytes()).expect("objects.yaml is YAML");
    let objects = tree
        .documents()
        .iter()
        .map(|document| yaml::json_from_node(&tree, document.root).expect("objects become JSON"))
        .collect();
    (
        objects,
        [Target::embedded(Catalog::find("1.35").expect("1.35 is embedded"))],
    )
}

/// Object, pointer, value and verdict.
fn columns(line: &str) -> (usize, &str, &str, &str) {
    let [index, pointer, value, verdict] = line.split('\t').collect::<Vec<_>>()[..] else {
        panic!("four columns: {line}");
    };
    (index.parse().expect("an index"), pointer, value, verdict)
}

#[test]
fn missed_violations_are_listed() {
    let (objects, targets) = objects();
    for line in MISSED.lines().filter(|line| !line.starts_with('#')) {
        let (index, pointer, value, _) = columns(line);
        let found = verdict(&changed(&objects[index], pointer, value), &targets);
        assert_eq!(found, "taken", "move this line to changes.tsv: {line}");
    }
}

#[test]
fn changes_are_judged_as_the_api_server_does() {
    let (objects, targets) = objects();
    for object in &objects {
        assert_eq!(verdict(object, &targets), "taken", "{object}");
    }
    let is_updating = std::env::var_os("VERDICTS_UPDATE").is_some();
    let changes = std::fs::read_to_string(CHANGES).expect("changes.tsv");
    let mut updated = String::new();
    let mut wrong = Vec::new();
    for line in changes.lines() {
        if line.starts_with('#') {
            updated.push_str(&format!("{line}\n"));
            continue;
        }
        let (index, pointer, value, expected) = columns(line);
        let found = verdict(&changed(&objects[index], pointer, value), &targets);
        let is_filled = is_updating && expected == "refused" && found != "taken";
        if found != expected && !is_filled {
            wrong.push(format!(
                "{index} {pointer} = {value}\n  expected {expected}\n  found    {found}"
            ));
        }
        let kept = if is_filled { &found } else { expected };
        updated.push_str(&format!("{index}\t{pointer}\t{value}\t{kept}\n"));
    }
    if is_updating {
        std::fs::write(CHANGES, updated).expect("changes.tsv is written");
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}
