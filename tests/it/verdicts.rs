//! Objects with one change each, and what is made of them. `changes.tsv` holds the object (its index in `objects.yaml`, from
//! 0), the JSON pointer of a value, what takes its place (`-`: nothing), and the violations, or `taken`. Validation code of
//! Kubernetes 1.35 itself (its registry strategies) takes and refuses the same.

use std::fmt::Write as _;

use chartwright::kubernetes::validate::{Catalog, Options, Status, Target, check_text};
use chartwright::text::rule::Severity;
use chartwright::text::yaml;
use serde_json::Value as Json;

const OBJECTS: &str = include_str!("../verdicts/objects.yaml");
const CHANGES: &str = include_str!("../verdicts/changes.tsv");

/// Every violation that is not a mere warning: its path, its message and its rule; `taken` where there is none.
fn verdict(object: &Json) -> String {
    let targets = [Target::embedded(Catalog::find("1.35").expect("1.35 is embedded"))];
    let options = Options {
        strict: true,
        ..Options::default()
    };
    let mut text = String::new();
    for resource in check_text(object.to_string().as_bytes(), &targets, &options) {
        let is_refused = !matches!(resource.status, Status::Valid);
        let refusals = resource
            .violations
            .iter()
            .filter(|violation| violation.severity() == Severity::Error);
        for violation in refusals.filter(|_| is_refused) {
            let separator = if text.is_empty() { "" } else { " | " };
            let (path, message, rule) = (&violation.path, &violation.message, violation.rule.rule.id());
            write!(text, "{separator}{path}: {message} [{rule}]").expect("a string takes all");
        }
    }
    if text.is_empty() {
        "taken".to_owned()
    } else {
        text.replace('\n', " ")
    }
}

fn changed(object: &Json, pointer: &str, value: &str) -> Json {
    let mut object = object.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let name = name.replace("~1", "/").replace("~0", "~");
    let value = (value != "-").then(|| serde_json::from_str(value).expect("a value is JSON"));
    match (object.pointer_mut(parent).expect("the value is there"), value) {
        (Json::Object(fields), Some(value)) => drop(fields.insert(name, value)),
        (Json::Object(fields), None) => drop(fields.remove(&name)),
        (Json::Array(items), Some(value)) => items[name.parse::<usize>().expect("an index")] = value,
        (Json::Array(items), None) => drop(items.remove(name.parse().expect("an index"))),
        _ => panic!("{pointer} is inside of no mapping or list"),
    }
    object
}

#[test]
fn changes_are_judged_as_the_api_server_does() {
    let tree = yaml::parse_all(OBJECTS.as_bytes()).expect("objects.yaml is YAML");
    let objects: Vec<Json> = tree
        .documents()
        .iter()
        .map(|document| yaml::json_from_node(&tree, document.root).expect("objects become JSON"))
        .collect();
    for object in &objects {
        assert_eq!(verdict(object), "taken", "{object}");
    }
    let mut wrong = Vec::new();
    let lines = CHANGES.lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        let [index, pointer, value, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("four columns: {line}");
        };
        let object = &objects[index.parse::<usize>().expect("an index")];
        let found = verdict(&changed(object, pointer, value));
        if found != expected {
            wrong.push(format!(
                "{pointer} = {value}\n  expected {expected}\n  found    {found}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}
