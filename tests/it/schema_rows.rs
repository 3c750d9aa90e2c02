//! values.schema.json as Helm reads it: random schemas with values, and Helm's error.
//!
//! `tests/rows/schemas.jsonl` has rows that `tests/oracles/schemas` made (`generate.py COUNT SEED | schemas`). Lines are
//! compared as a set, since Go reads maps in random order; so are the names of additional properties. The place of an
//! invalid property name is left out: Helm prints what its memory has there by then.

use std::path::Path;

use chartwright::engine::chart::read_values;
use chartwright::engine::values::{SchemaDocuments, validate_single_schema};
use serde_json::Value as Json;

const ROWS: &str = "tests/rows/schemas.jsonl";
/// As many as the file has, so that none is lost.
const COUNT: usize = 475;

/// The lines of an error without what is random in Helm, sorted.
fn lines(error: &str) -> Vec<String> {
    let mut lines: Vec<String> = error.lines().map(steady).collect();
    lines.sort();
    lines
}

fn steady(line: &str) -> String {
    if let Some((before, after)) = line.split_once("additional properties ") {
        let names = after.strip_suffix(" not allowed").unwrap_or(after);
        let mut names: Vec<&str> = names.split(", ").collect();
        names.sort_unstable();
        return format!("{before}additional properties {} not allowed", names.join(", "));
    }
    match line.split_once(": invalid propertyName ") {
        Some((place, name)) => {
            let indentation = place.split("- at ").next().unwrap_or_default();
            format!("{indentation}- invalid propertyName {name}")
        }
        None => line.to_owned(),
    }
}

#[test]
fn random_schemas_have_helms_answer() {
    let text = std::fs::read_to_string(Path::new(ROWS)).expect("the rows");
    let documents = SchemaDocuments {
        files: &|_| None,
        remote: None,
    };
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in text.lines() {
        let row: Json = serde_json::from_str(row).expect("a row is JSON");
        let field = |name: &str| row[name].as_str().expect("a text").to_owned();
        let values = read_values(row["values"].to_string().as_bytes()).expect("values");
        let verdict = validate_single_schema(&values, field("schema").as_bytes(), &documents);
        let ours = verdict.err().map(|violation| violation.0).unwrap_or_default();
        if lines(&ours) != lines(&field("error")) {
            wrong.push(format!("{}\nHelm: {}\nhere: {ours}", field("id"), field("error")));
        }
        count += 1;
    }
    assert_eq!(count, COUNT);
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n\n"));
}
