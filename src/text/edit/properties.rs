//! Edits of random documents with anchors, comments and every style of scalar: the value at the path changes, or the edit
//! is refused; nothing else ever changes.

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::Value as Json;

use crate::text::yaml;

use super::{Change, NewValue, Reason, Step, YamlPath, apply_changes};

const DOCUMENTS: usize = 400;
const VALUES: [&str; 12] = [
    "v2",
    "1.10",
    "on",
    "null",
    "",
    "a: b",
    "x # y",
    "it's",
    "- a",
    "*a",
    "say \"hi\"",
    "two\nlines",
];
const SCALARS: [&str; 10] = [
    " v1",
    " 'v1'",
    " \"v1\"",
    " 1",
    "",
    " ",
    " v1 # why",
    " !!str 1",
    " |\n{indent}  x\n{indent}  y",
    " [v1,\"v1\", {\"k\":\"v1\"}, ]",
];

/// A document under construction.
struct Writer {
    random: TestRng,
    text: String,
    anchors: usize,
    has_alias: bool,
}

impl Writer {
    /// One of many documents, by its number.
    fn document(number: usize) -> Self {
        let mut writer = Self {
            random: TestRng::from_seed(RngAlgorithm::ChaCha, &[u8::try_from(number % 251).unwrap(); 32]),
            text: String::new(),
            anchors: 0,
            has_alias: false,
        };
        for _ in 0..number / 251 {
            writer.below(2);
        }
        writer.mapping("", 3);
        writer
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.random.next_u32()).unwrap() % end
    }

    fn mapping(&mut self, indent: &str, depth: usize) {
        for index in 0..=self.below(3) {
            if self.below(6) == 0 {
                self.text.push_str(&format!("{indent}# note {index}\n\n"));
            }
            self.text.push_str(&format!("{indent}k{index}:"));
            self.value(indent, depth);
        }
    }

    fn value(&mut self, indent: &str, depth: usize) {
        let kind = self.below(8);
        if kind == 0 && self.anchors > 0 {
            let anchor = self.below(self.anchors);
            self.has_alias = true;
            self.text.push_str(&format!(" *a{anchor}\n"));
            return;
        }
        // An anchor counts as known once its value is complete: an alias inside it would be a circle.
        let has_anchor = self.below(4) == 0;
        if has_anchor {
            self.text.push_str(" &a{anchor}");
        }
        match kind {
            1 | 2 if depth > 0 => {
                self.text.push('\n');
                self.mapping(&format!("{indent}  "), depth - 1);
            }
            3 if depth > 0 => {
                self.text.push('\n');
                for _ in 0..=self.below(2) {
                    self.text.push_str(&format!("{indent}  -"));
                    let scalar = SCALARS[self.below(SCALARS.len() - 2)];
                    self.text.push_str(&format!("{scalar}\n"));
                }
            }
            _ => {
                let scalar = SCALARS[self.below(SCALARS.len())];
                self.text.push_str(&format!("{}\n", scalar.replace("{indent}", indent)));
            }
        }
        if has_anchor {
            let at = self.text.rfind("&a{anchor}").unwrap();
            let name = format!("&a{}", self.anchors);
            self.text.replace_range(at..at + "&a{anchor}".len(), &name);
            self.anchors += 1;
        }
    }
}

/// The paths of all scalars, through aliases too, with their pointers.
fn scalars(value: &Json, path: &YamlPath, pointer: &str, found: &mut Vec<(YamlPath, String)>) {
    match value {
        Json::Object(entries) => {
            for (key, value) in entries {
                scalars(value, &path.key(key), &format!("{pointer}/{key}"), found);
            }
        }
        Json::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let path = path.child(Step::Index(index));
                scalars(value, &path, &format!("{pointer}/{index}"), found);
            }
        }
        _ => found.push((path.clone(), pointer.to_owned())),
    }
}

#[test]
fn one_value_changes_or_none() {
    let (mut edits, mut refusals) = (0, 0);
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    for number in 0..DOCUMENTS {
        let writer = Writer::document(number);
        let source = if number % 3 == 0 {
            writer.text.replace('\n', "\r\n")
        } else {
            writer.text.clone()
        };
        let before = yaml::json_from_bytes(source.as_bytes()).unwrap();
        let mut found = Vec::new();
        scalars(&before, &YamlPath::default(), "", &mut found);
        for (path, pointer) in found {
            let value = VALUES[usize::try_from(random.next_u32()).unwrap() % VALUES.len()];
            let change = Change {
                document: None,
                path: path.clone(),
                value: NewValue::Text(value.to_owned()),
            };
            match apply_changes(source.as_bytes(), &[change]) {
                Ok((edited, _)) => {
                    edits += 1;
                    let edited = String::from_utf8(edited).unwrap();
                    let mut want = before.clone();
                    *want.pointer_mut(&pointer).unwrap() = Json::String(value.to_owned());
                    let after = yaml::json_from_bytes(edited.as_bytes()).unwrap();
                    assert_eq!(after, want, "{path} = {value:?} in\n{source}\ngives\n{edited}");
                    let comments = |text: &str| text.matches("# note").count() + text.matches("# why").count();
                    assert_eq!(comments(&edited), comments(&source), "{path} in\n{source}");
                }
                Err(error) if writer.has_alias && matches!(error.reason, Reason::Shared { .. }) => refusals += 1,
                Err(error) => panic!("{path} = {value:?} in\n{source}\n{error}"),
            }
        }
    }
    assert!(edits > 1000 && refusals > 100, "{edits} edits, {refusals} refusals");
}

/// A text as the literal block of a key.
fn as_block(text: &str) -> String {
    let lines = text.lines().map(|line| {
        if line.is_empty() {
            "\n".to_owned()
        } else {
            format!("    {line}\n")
        }
    });
    format!("a: 1 # note\nvalues: |\n{}z: [2]\n", lines.collect::<String>())
}

#[test]
fn a_value_in_a_text_changes_as_it_does_in_a_file() {
    let (mut edits, mut refusals) = (0, 0);
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    for number in 0..DOCUMENTS {
        let writer = Writer::document(number);
        let inner = writer.text;
        // A block cannot begin with a blank or a line break.
        if inner.starts_with([' ', '\n']) {
            continue;
        }
        let break_lines = |text: String| {
            if number % 3 == 0 {
                text.replace('\n', "\r\n")
            } else {
                text
            }
        };
        let source = break_lines(as_block(&inner));
        let mut found = Vec::new();
        let values = yaml::json_from_bytes(inner.as_bytes()).unwrap();
        scalars(&values, &YamlPath::default(), "", &mut found);
        for (path, _) in found {
            let value = VALUES[usize::try_from(random.next_u32()).unwrap() % VALUES.len()];
            let change = |path: YamlPath, value: NewValue| Change {
                document: None,
                path,
                value,
            };
            let inside = NewValue::Inside {
                path: path.clone(),
                text: value.to_owned(),
            };
            let alone = apply_changes(
                inner.as_bytes(),
                &[change(path.clone(), NewValue::Text(value.to_owned()))],
            );
            let outer = YamlPath::default().key("values");
            let edited = apply_changes(source.as_bytes(), &[change(outer, inside)]);
            match (alone, edited) {
                (Ok((alone, _)), Ok((edited, _))) => {
                    edits += 1;
                    let want = break_lines(as_block(&String::from_utf8(alone).unwrap()));
                    assert_eq!(
                        String::from_utf8(edited).unwrap(),
                        want,
                        "{path} = {value:?} in\n{source}"
                    );
                }
                (Err(_), Err(_)) => refusals += 1,
                (alone, edited) => panic!("{path} = {value:?} in\n{source}\n{alone:?}\n{edited:?}"),
            }
        }
    }
    assert!(edits > 1000 && refusals > 100, "{edits} edits, {refusals} refusals");
}
