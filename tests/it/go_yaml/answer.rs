//! The result of one side for a snippet.

use std::borrow::Cow;
use std::fmt::Write as _;

use chartwright::engine::functions::yaml_value::{map_from_yaml, to_yaml, to_yaml_pretty, value_from_yaml};
use chartwright::text::go::float_format::format_json;
use chartwright::text::yaml::{
    Builder, Duplicates, Scalar, decode, json_from_bytes, json_from_bytes_strict, parse_stream,
};
use serde_json::Value;

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Answer {
    json: String,
    error: String,
    strict: String,
    yaml: String,
    pretty: String,
    documents: u64,
    stream_error: String,
    from_yaml: String,
}

impl Answer {
    /// The oracle's answer.
    pub(crate) fn parse(line: &str) -> Self {
        let value: Value = serde_json::from_str(line).expect("is JSON");
        let text = |name: &str| value[name].as_str().expect("is text").to_owned();
        Self {
            // Go escapes what was not UTF-8 and prints U+FFFD itself as it is; ours can no longer distinguish them.
            json: text("json").replace("\\ufffd", "\u{FFFD}"),
            error: text("error"),
            strict: text("strict"),
            yaml: text("yaml"),
            pretty: text("pretty"),
            documents: value["documents"].as_u64().expect("is a number"),
            stream_error: text("stream_error"),
            from_yaml: text("from_yaml"),
        }
    }

    /// Our answer.
    pub(crate) fn of(snippet: &[u8]) -> Self {
        let mut answer = Self::default();
        match json_from_bytes(snippet) {
            Ok(value) => write_json(&mut answer.json, &value),
            Err(error) => answer.error = error.to_string(),
        }
        answer.strict = json_from_bytes_strict(snippet)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        if let Ok(value) = value_from_yaml(snippet) {
            let text = |result: Result<chartwright::engine::template::Text, _>| {
                result.map(|text| text.to_str_lossy().into_owned()).unwrap_or_default()
            };
            answer.yaml = text(to_yaml(&value));
            answer.pretty = text(to_yaml_pretty(&value));
        }
        answer.from_yaml = map_from_yaml(snippet).err().unwrap_or_default();
        let tree = parse_stream(snippet);
        answer.stream_error = tree.error().map(ToString::to_string).unwrap_or_default();
        for document in tree.documents() {
            if let Err(error) = decode(&tree, document.root, &mut Nothing, Duplicates::LastWins) {
                answer.stream_error = error.to_string();
                break;
            }
            answer.documents += 1;
        }
        answer
    }

    /// What differs, if anything does.
    pub(crate) fn difference(&self, theirs: &Self) -> Option<String> {
        let pairs = [
            ("json", &self.json, &theirs.json),
            ("error", &self.error, &theirs.error),
            ("strict", &self.strict, &theirs.strict),
            ("yaml", &self.yaml, &theirs.yaml),
            ("pretty", &self.pretty, &theirs.pretty),
            ("stream error", &self.stream_error, &theirs.stream_error),
            ("fromYaml", &self.from_yaml, &theirs.from_yaml),
        ];
        for (name, ours, theirs) in pairs {
            if ours != theirs && !is_in_gos_random_order(ours, theirs) {
                let same = ours
                    .bytes()
                    .zip(theirs.bytes())
                    .take_while(|(a, b)| a == b)
                    .count()
                    .saturating_sub(40);
                let shown = |text: &str| text.bytes().skip(same).take(200).collect::<Vec<u8>>();
                let (ours, theirs) = (shown(ours), shown(theirs));
                let (ours, theirs) = (String::from_utf8_lossy(&ours), String::from_utf8_lossy(&theirs));
                return Some(format!("{name}, from {same}\n ours:   {ours:?}\n theirs: {theirs:?}"));
            }
        }
        let (ours, theirs) = (self.documents, theirs.documents);
        (ours != theirs).then(|| format!("documents: {ours} and {theirs}"))
    }
}

/// Which of several bad keys Go names, and how it orders keys of different types, changes from run to run.
fn is_in_gos_random_order(ours: &str, theirs: &str) -> bool {
    let kind = "unsupported map key of type";
    ours.contains(kind) && theirs.contains(kind)
}

/// Accepts everything.
struct Nothing;

impl Builder for Nothing {
    type Value = ();
    type Map = ();
    fn null(&mut self) {}
    fn bool(&mut self, _: bool) {}
    fn int(&mut self, _: i64) {}
    fn uint(&mut self, _: u64) {}
    fn float(&mut self, _: f64) -> Option<()> {
        Some(())
    }
    fn string(&mut self, _: Cow<'_, str>) {}
    fn sequence(&mut self, _: Vec<()>) {}
    fn map(&mut self, _: usize) {}
    fn insert(&mut self, (): &mut (), _: Cow<'_, str>, _: &Scalar<'_>, (): ()) {}
    fn end_map(&mut self, (): ()) {}
    fn accepts_any_key(&self) -> bool {
        true
    }
}

/// As Go's `encoding/json`: sorted keys, `<`, `>` and `&` escaped.
fn write_json(json: &mut String, value: &Value) {
    match value {
        Value::String(text) => write_text(json, text),
        Value::Number(number) if number.is_f64() => json.push_str(&format_json(number.as_f64().expect("is one"))),
        Value::Array(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                json.push_str(if index > 0 { "," } else { "" });
                write_json(json, item);
            }
            json.push(']');
        }
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.iter().collect();
            pairs.sort_by_key(|(key, _)| *key);
            json.push('{');
            for (index, (key, item)) in pairs.into_iter().enumerate() {
                json.push_str(if index > 0 { "," } else { "" });
                write_text(json, key);
                json.push(':');
                write_json(json, item);
            }
            json.push('}');
        }
        other => write!(json, "{other}").expect("writing to a string succeeds"),
    }
}

fn write_text(json: &mut String, text: &str) {
    for character in serde_json::to_string(text).expect("is text").chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                write!(json, "\\u{:04x}", u32::from(character)).expect("writing to a string succeeds");
            }
            _ => json.push(character),
        }
    }
}
