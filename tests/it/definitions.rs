//! Definitions of custom resources with one change each, and the API server's verdicts on them. A line of `definitions.tsv`
//! has the index of a definition in `definitions.yaml`, from 0; the JSON pointer of a value; what replaces it (`-`:
//! nothing); and what Kubernetes 1.35 answers, as `tests/oracles/definitions` prints it: `taken`, or `refused` and why.
//! The lines of `definitions_missed.tsv` are refused by the server and not yet by us.

use chartwright::kubernetes::validate::{Catalog, Options, Status, Target, check_text};
use chartwright::text::yaml;
use serde_json::Value as Json;

use crate::verdicts::changed;

const DEFINITIONS: &str = include_str!("../verdicts/definitions.yaml");
const CHANGES: &str = include_str!("../verdicts/definitions.tsv");
const MISSED: &str = include_str!("../verdicts/definitions_missed.tsv");

fn definitions() -> Vec<Json> {
    let tree = yaml::parse_all(DEFINITIONS.as_bytes()).expect("definitions.yaml is YAML");
    let documents = tree.documents().iter();
    documents
        .map(|document| yaml::json_from_node(&tree, document.root).expect("definitions become JSON"))
        .collect()
}

/// The messages of all violations; none where the definition is accepted.
fn faults(definition: &Json, targets: &[Target]) -> Vec<String> {
    let options = Options {
        strict: true,
        ..Options::default()
    };
    let resources = check_text(definition.to_string().as_bytes(), targets, &options);
    let refused = resources
        .into_iter()
        .filter(|resource| resource.status != Status::Valid);
    refused
        .flat_map(|resource| resource.violations)
        .map(|violation| format!("{}: {}", violation.path, violation.message))
        .collect()
}

/// Index, pointer, value and verdict of every line.
fn rows(text: &str) -> impl Iterator<Item = (usize, &str, &str, &str)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let [index, pointer, value, verdict] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("four columns: {line}");
        };
        (index.parse().expect("an index"), pointer, value, verdict)
    })
}

#[test]
fn definitions_are_judged_as_the_api_server_does() {
    let definitions = definitions();
    let targets = [Target::embedded(Catalog::find("1.35").expect("1.35 is embedded"))];
    for definition in &definitions {
        assert_eq!(faults(definition, &targets), [""; 0], "{definition}");
    }
    let mut wrong = Vec::new();
    for (index, pointer, value, verdict) in rows(CHANGES) {
        let found = faults(&changed(&definitions[index], pointer, value), &targets);
        let is_right = match verdict.strip_prefix("refused: ") {
            None => found.is_empty(),
            // The text of a fault of an expression is the server's, too.
            Some(reason)
                if reason.contains("exceeds budget")
                    || reason.contains("compilation failed: ERROR") && !reason.contains("Syntax error") =>
            {
                found.iter().any(|fault| fault.contains(reason))
            }
            Some(_) => !found.is_empty(),
        };
        if !is_right {
            wrong.push(format!(
                "{index} {pointer} = {value}\n  server {verdict}\n  found  {found:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn missed_faults_of_definitions_are_listed() {
    let definitions = definitions();
    let targets = [Target::embedded(Catalog::find("1.35").expect("1.35 is embedded"))];
    for (index, pointer, value, _) in rows(MISSED) {
        let found = faults(&changed(&definitions[index], pointer, value), &targets);
        assert_eq!(
            found, [""; 0],
            "move this line to definitions.tsv: {index} {pointer} = {value}"
        );
    }
}
