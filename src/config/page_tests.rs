//! `docs/configuration.md` has a section of every key in the schema of chartwright.yaml with its default. Its examples, and those on other
//! pages that name the file, are settings that the program reads.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use super::file::Config;

const PAGE: &str = "docs/configuration.md";

/// A key as the headings spell it, `ignore[].rule`, and what the schema says of it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    default: Option<String>,
    is_required: bool,
}

fn schema() -> Json {
    let text = fs::read("schemas/chartwright.schema.json").expect("the schema");
    serde_json::from_slice(&text).expect("JSON")
}

fn keys(schema: &Json, prefix: &str, found: &mut BTreeMap<String, Key>) {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .map_or_else(Vec::new, |names| names.iter().filter_map(Json::as_str).collect());
    for (name, key) in schema["properties"].as_object().expect("properties") {
        let path = format!("{prefix}{name}");
        let default = key.get("default").map(|default| {
            let text = default.to_string();
            text.replace(",\"", ", \"")
        });
        let is_required = required.contains(&name.as_str());
        found.insert(path.clone(), Key { default, is_required });
        if key["items"].get("properties").is_some() {
            keys(&key["items"], &format!("{path}[]."), found);
        }
    }
}

/// The sections of the page that are about keys.
fn sections(page: &str) -> BTreeMap<String, Key> {
    let mut found = BTreeMap::new();
    for section in page.split("\n### `").skip(1) {
        let (name, text) = section.split_once("`\n\n").expect("a heading, then text");
        let text = text.split("\n#").next().unwrap_or(text);
        let default = text
            .strip_prefix("Default: `")
            .and_then(|rest| rest.split("`\n").next());
        let key = Key {
            default: default.map(str::to_owned),
            is_required: text.starts_with("Required. "),
        };
        assert!(found.insert(name.to_owned(), key).is_none(), "{name} has two sections");
    }
    found
}

#[test]
fn every_key_has_a_section_with_its_default() {
    let mut wanted = BTreeMap::new();
    keys(&schema(), "", &mut wanted);
    assert!(wanted.len() > 30, "{wanted:?}");
    let page = fs::read_to_string(PAGE).expect(PAGE);
    let found = sections(&page);
    for (name, key) in &wanted {
        assert_eq!(found.get(name), Some(key), "{PAGE}: the section of `{name}`");
    }
    let unknown: Vec<&String> = found.keys().filter(|name| !wanted.contains_key(*name)).collect();
    assert!(
        unknown.is_empty(),
        "{PAGE} has sections of keys that do not exist: {unknown:?}"
    );
}

#[test]
fn defaults_of_the_schema_are_those_of_the_program() {
    let read = |text: &str| {
        let config = Config::parse(text.as_bytes(), Path::new("chartwright.yaml"));
        config.unwrap_or_else(|error| panic!("{text}: {error}"))
    };
    for (name, key) in schema()["properties"].as_object().expect("properties") {
        if let Some(default) = key.get("default") {
            assert_eq!(read(&format!("{name}: {default}\n")), Config::default(), "{name}");
        }
    }
}

/// The keys that the program knows in an item of a list, by its error for one that it does not know.
fn known_in_items_of(list: &str) -> Vec<String> {
    let text = format!("{list}: [{{no-such-key: 1}}]\n");
    let error = Config::parse(text.as_bytes(), Path::new("chartwright.yaml")).unwrap_err();
    let (_, known) = error.message.split_once("expected one of ").expect("an unknown key");
    let mut known: Vec<String> = known.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    known.sort();
    known
}

#[test]
fn keys_of_items_are_those_of_the_program() {
    let schema = schema();
    let mut lists = Vec::new();
    for (name, key) in schema["properties"].as_object().expect("properties") {
        let Some(described) = key["items"]["properties"].as_object() else {
            continue;
        };
        let mut described: Vec<String> = described.keys().cloned().collect();
        described.sort();
        assert_eq!(known_in_items_of(name), described, "{name}");
        lists.push(name.as_str());
    }
    assert_eq!(lists, ["ignore", "environments", "repositories"]);
}

/// Blocks of YAML on a page that are a chartwright.yaml: all of this one, and those that say so in their first line.
fn examples(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).expect("a page");
    let blocks = text.split("\n```yaml\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("\n```").next());
    let is_ours = |block: &&str| page == Path::new(PAGE) || block.starts_with("# chartwright.yaml");
    blocks.filter(is_ours).map(|block| format!("{block}\n")).collect()
}

#[test]
fn examples_are_settings() {
    let mut pages = vec![PAGE.into(), "docs/getting-started.md".into()];
    let entries = fs::read_dir("docs/migrate").expect("docs/migrate");
    pages.extend(entries.map(|entry| entry.expect("an entry").path()));
    let mut count = 0;
    for page in pages {
        for example in examples(&page) {
            if let Err(error) = Config::parse(example.as_bytes(), &page) {
                panic!("{example}{error}");
            }
            count += 1;
        }
    }
    assert!(count > 8, "only {count} examples were found");
}
