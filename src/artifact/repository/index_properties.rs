//! Random indexes in many styles and random changes: what an index means afterwards is what a naive model says, and the lines
//! that were there stay.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::index_entry::IndexEntry;
use super::index_file::Index;
use super::index_lines::usual_layout;
use super::index_tree::tree_layout;
use crate::engine::chart::Metadata;
use crate::text::compact_sort::sort_by;
use crate::text::semver::sort_newest_first;
use crate::text::yaml::{Dialect, json_from_bytes_strict, sort_by_key};

const NOW: &str = "2026-02-03T04:05:06Z";
const NAMES: [&str; 5] = ["a", "b-2", "b-10", "true", "c.d"];
const VERSIONS: [&str; 6] = ["1.0.0", "1.2.0", "1.10.0", "2.0.0-rc.1", "2.0.0", "0.1.0+build"];

/// How an index is written.
#[derive(Debug, Clone)]
struct Style {
    /// Spaces before a chart, and more before its entries.
    indents: (usize, usize),
    has_comments: bool,
    has_windows_line_breaks: bool,
    generated: usize,
    has_last_line_break: bool,
    fields: usize,
}

fn styles() -> impl Strategy<Value = Style> {
    (
        (1..4usize, 0..3usize),
        any::<bool>(),
        any::<bool>(),
        0..3usize,
        any::<bool>(),
        0..9usize,
    )
        .prop_map(
            |(indents, has_comments, has_windows_line_breaks, generated, has_last_line_break, fields)| Style {
                indents,
                has_comments,
                has_windows_line_breaks,
                generated,
                has_last_line_break,
                fields,
            },
        )
}

/// Lines of an entry that are read, or not, in different ways.
const FIELDS: [&str; 9] = [
    "",
    "unknown: {x: [1, 2]}",
    "description: \"a: b # c\"",
    "description: 'it''s'  # a comment",
    "description: |\n  - \"a\n\n  [",
    "description: >-\n  a\n  b",
    "description: a\n  b",
    "description: \"a\n  b\"",
    "annotations:\n  x: |\n    - kind: y\n      z: 'q",
];

/// Charts with versions, as text.
fn written(charts: &[(usize, Vec<usize>)], style: &Style) -> String {
    let mut text = String::from("apiVersion: v1\n");
    if style.generated == 1 {
        text.push_str("generated: \"2020-01-01T00:00:00Z\"\n");
    }
    if charts.is_empty() {
        text.push_str("entries: {}\n");
    } else {
        text.push_str("entries:\n");
    }
    let (chart_indent, more) = style.indents;
    for (name, versions) in charts {
        let indent = " ".repeat(chart_indent);
        if style.has_comments {
            text.push_str(&format!("{indent}# about {name}\n"));
        }
        let name = NAMES[*name];
        let key = if name == "true" { "\"true\"" } else { name };
        text.push_str(&format!(
            "{indent}{key}:{}\n",
            if versions.is_empty() { " []" } else { "" }
        ));
        for version in versions {
            let indent = " ".repeat(chart_indent + more);
            let version = VERSIONS[*version];
            let mut lines = vec![format!("- name: {key}"), format!("  version: {version}")];
            let extra = FIELDS[style.fields].lines().map(|line| format!("  {line}"));
            lines.extend(extra.filter(|line| !line.trim().is_empty()));
            lines.push("  digest: aa".replace("aa", &format!("d{version}")));
            lines.push("  urls: [x]".to_owned());
            for line in lines {
                text.push_str(&format!("{indent}{line}\n"));
            }
            if style.has_comments {
                text.push_str("# between\n\n");
            }
        }
    }
    if style.generated == 2 {
        text.push_str("generated: 2020-01-01T00:00:00Z # now\nserverInfo: {}\n");
    }
    if style.has_windows_line_breaks {
        text = text.replace('\n', "\r\n");
    }
    if !style.has_last_line_break {
        text = text.trim_end().to_owned();
    }
    text
}

fn charts() -> impl Strategy<Value = Vec<(usize, Vec<usize>)>> {
    let versions = proptest::sample::subsequence((0..VERSIONS.len()).collect::<Vec<_>>(), 0..4).prop_shuffle();
    (
        proptest::sample::subsequence((0..NAMES.len()).collect::<Vec<_>>(), 0..4).prop_shuffle(),
        proptest::collection::vec(versions, 4),
    )
        .prop_map(|(names, versions)| names.into_iter().zip(versions).collect())
}

/// A change: to add (true) or to remove, by name and version.
fn changes() -> impl Strategy<Value = Vec<(bool, usize, usize)>> {
    proptest::collection::vec((any::<bool>(), 0..NAMES.len(), 0..VERSIONS.len()), 1..5)
}

fn entry(name: &str, version: &str) -> IndexEntry {
    let metadata = Metadata {
        name: name.to_owned(),
        version: version.to_owned(),
        api_version: "v2".to_owned(),
        description: "two\nlines: # \"x\"".to_owned(),
        ..Metadata::default()
    };
    IndexEntry::new(&metadata, &format!("{name}-{version}.tgz"), "new", NOW)
}

/// The entries of a value, by name of chart, newest first.
fn model(value: &Json) -> Vec<(String, Vec<Json>)> {
    let version = |entry: &Json| entry["version"].as_str().unwrap_or_default().to_owned();
    let entries = value["entries"].as_object().into_iter().flatten();
    let mut charts: Vec<(String, Vec<Json>)> = entries
        .map(|(name, list)| {
            let mut list = list.as_array().cloned().unwrap_or_default();
            list.sort_by_key(version);
            (name.clone(), sort_newest_first(list, version))
        })
        .filter(|(_, list)| !list.is_empty())
        .collect();
    sort_by(&mut charts, |a, b| a.0.cmp(&b.0));
    charts
}

fn apply(value: &mut Json, index: &mut Index, changes: &[(bool, usize, usize)]) {
    for (adds, name, version) in changes {
        let (name, version) = (NAMES[*name], VERSIONS[*version]);
        let entries = value["entries"].as_object_mut().unwrap();
        if *adds {
            let new = entry(name, version);
            index.replace(&new);
            let list = entries.entry(name).or_insert_with(|| json!([])).as_array_mut().unwrap();
            list.retain(|entry| entry["version"] != version);
            list.push(Json::Object(new.fields.clone()));
        } else {
            index.remove(name, version);
            if let Some(list) = entries.get_mut(name).and_then(Json::as_array_mut) {
                list.retain(|entry| entry["version"] != version);
            }
        }
    }
}

/// The versions of the charts whose entries were in Helm's order.
fn sorted_lists(value: &Json, original: &Json) -> Vec<(String, Vec<String>)> {
    let versions = |value: &Json, name: &str| -> Vec<String> {
        let list = value["entries"][name].as_array().into_iter().flatten();
        list.map(|entry| entry["version"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    let names = value["entries"].as_object().into_iter().flatten();
    names
        .filter(|(name, _)| {
            let before = versions(original, name);
            sort_newest_first(before.clone(), Clone::clone) == before
        })
        .map(|(name, _)| (name.clone(), versions(value, name)))
        .collect()
}

/// Names in the order in which Helm prints them.
fn sorted(mut names: Vec<String>) -> Vec<String> {
    sort_by_key(Dialect::V2, &mut names, |name| name);
    names
}

/// Whether all lines of `old`, apart from some, are in `new` in their order.
fn keeps_lines(old: &str, new: &str, removed: &dyn Fn(&str) -> bool) -> Result<(), String> {
    let mut lines = new.lines();
    for line in old.lines().filter(|line| !removed(line)) {
        if !lines.any(|candidate| candidate == line) {
            return Err(line.to_owned());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_index_means_what_a_model_says(charts in charts(), style in styles(), changes in changes()) {
        let text = written(&charts, &style);
        let mut value = json_from_bytes_strict(text.as_bytes()).unwrap();
        let original = value.clone();
        let mut index = Index::read(text.clone().into_bytes()).unwrap();
        if let Some(lines) = usual_layout(text.as_bytes()) {
            let mut tree = tree_layout(text.as_bytes()).unwrap();
            tree.decoded.clear();
            tree.root = Json::Null;
            // The tree does not have the comments before the first chart.
            tree.entries = lines.entries;
            prop_assert_eq!(lines, tree, "{}", text);
        }
        apply(&mut value, &mut index, &changes);
        let new = String::from_utf8(index.print(NOW).unwrap()).unwrap();
        let read = json_from_bytes_strict(new.as_bytes()).unwrap();
        prop_assert_eq!(model(&read), model(&value), "{}\n->\n{}", text, new);
        for (name, versions) in sorted_lists(&read, &original) {
            prop_assert_eq!(sort_newest_first(versions.clone(), Clone::clone), versions, "{}: {}", name, new);
        }
        let names = |value: &Json| value["entries"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let (before, after): (Vec<String>, Vec<String>) = (names(&original), names(&read));
        if sorted(before.clone()) == before {
            prop_assert_eq!(sorted(after.clone()), after, "{}\n->\n{}", text, new);
        }
        prop_assert_eq!(&read["generated"], NOW);
        prop_assert_eq!(&read["serverInfo"], &value["serverInfo"]);
        // Only additions: everything else is there as it was.
        let is_new = |(adds, name, version): &(bool, usize, usize)| {
            *adds && !charts.iter().any(|(chart, versions)| chart == name && versions.contains(version))
        };
        if changes.iter().all(is_new) {
            let is_changed = |line: &str| {
                line.contains("generated:") || line.trim_end().ends_with(" []") || line.starts_with("entries:")
            };
            prop_assert_eq!(keeps_lines(&text, &new, &is_changed), Ok(()), "{}\n->\n{}", text, new);
        }
    }

    #[test]
    fn json_stays_json(charts in charts(), changes in changes()) {
        let style = Style {
            indents: (2, 0),
            has_comments: false,
            has_windows_line_breaks: false,
            generated: 1,
            has_last_line_break: true,
            fields: 1,
        };
        let mut value = json_from_bytes_strict(written(&charts, &style).as_bytes()).unwrap();
        let mut index = Index::read(value.to_string().into_bytes()).unwrap();
        apply(&mut value, &mut index, &changes);
        let new = index.print(NOW).unwrap();
        let read: Json = serde_json::from_slice(&new).unwrap();
        prop_assert_eq!(model(&read), model(&value), "{}", String::from_utf8_lossy(&new));
        prop_assert_eq!(&read["generated"], NOW);
    }
}
