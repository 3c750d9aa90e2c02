//! Values to try for one that a decision looks at.

use serde_json::{Value as Json, json};

use crate::check::coverage::ValuePath;
use crate::engine::chart::Chart;
use crate::engine::template::{Constant, ConstantValue};
use crate::text::yaml;

use super::examples::Examples;
use super::samples::{known_sample, text_sample};
use super::schema_of_values::ValueSchema;
use super::setting::Chosen;

/// Most values that are tried for one decision.
const MAX_VALUES: usize = 8;
/// Most constants of a decision, and items of an enumeration, that are tried.
const MAX_TEXTS: usize = 6;
/// Longest text that a value is compared with.
const MAX_TEXT_BYTES: usize = 1_000;

/// What a chart says of its values.
#[derive(Debug, Default)]
pub(super) struct Hints {
    /// For each chart: the path of its values, its schema, the examples in its values.yaml.
    charts: Vec<(ValuePath, Option<Json>, Examples)>,
}

/// A value to try.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub(super) value: Json,
    pub(super) chosen: Chosen,
}

/// What is known of a decision that looks at a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'q> {
    /// The path of the value.
    pub(super) path: &'q [String],
    /// What it is now.
    pub(super) value: Option<&'q Json>,
    /// Constants that the decision mentions.
    pub(super) constants: &'q [Constant],
    /// Whether it ranges over the value.
    pub(super) is_range: bool,
}

impl Hints {
    pub(super) fn new(chart: &Chart) -> Self {
        let mut hints = Self::default();
        hints.add(chart, Vec::new());
        hints
    }

    fn add(&mut self, chart: &Chart, path: ValuePath) {
        for subchart in &chart.dependencies {
            let mut inner = path.clone();
            inner.push(subchart.name().to_owned());
            self.add(subchart, inner);
        }
        let schema = chart.schema.as_ref().and_then(|text| yaml::json_from_bytes(text).ok());
        let values = chart.raw.iter().find(|file| file.name == "values.yaml");
        let examples = values.map(|file| Examples::new(&file.data)).unwrap_or_default();
        self.charts.push((path, schema, examples));
    }

    fn of<'h, 'p>(
        &'h self,
        path: &'p [String],
    ) -> impl Iterator<Item = (&'h (ValuePath, Option<Json>, Examples), &'p [String])> {
        self.charts
            .iter()
            .filter_map(move |hint| Some((hint, path.strip_prefix(hint.0.as_slice())?)))
    }

    fn example(&self, path: &[String]) -> Option<&Json> {
        self.of(path).find_map(|((_, _, examples), rest)| examples.get(rest))
    }

    fn schema(&self, path: &[String]) -> Option<ValueSchema<'_>> {
        self.of(path)
            .find_map(|((_, schema, _), rest)| ValueSchema::of(schema.as_ref()?, rest))
    }

    /// Values to try, each once, those that the chart speaks of first.
    pub(super) fn candidates(&self, question: Question<'_>) -> Vec<Candidate> {
        let mut found = Vec::new();
        self.add_by_chart(question, &mut found);
        add_by_guess(question, &mut found);
        let mut kept: Vec<Candidate> = Vec::new();
        for candidate in found {
            let is_same = question.value == Some(&candidate.value);
            if !is_same && !kept.iter().any(|known| known.value == candidate.value) && kept.len() < MAX_VALUES {
                kept.push(candidate);
            }
        }
        kept
    }

    fn add_by_chart(&self, question: Question<'_>, found: &mut Vec<Candidate>) {
        let mut add = |value: Json, chosen: Chosen| found.push(Candidate { value, chosen });
        if let Some(Json::Bool(value)) = question.value {
            add(json!(!value), Chosen::OfChart);
        }
        if let Some(example) = self
            .example(question.path)
            .and_then(|example| fitting_example(example, question))
        {
            add(example.clone(), Chosen::Example);
        }
        let schema = self.schema(question.path);
        let named = schema.as_ref().map(ValueSchema::named_values).unwrap_or_default();
        for value in named.values.into_iter().take(MAX_TEXTS) {
            add(value.clone(), Chosen::OfChart);
        }
        // Texts are compared with texts; what is not set may be one.
        let may_be_text = question.value.is_none_or(|value| value.is_string() || value.is_null());
        let may_be_number = question.value.is_some_and(Json::is_number);
        // Lists are looked through for the text.
        let is_list = question.value.is_some_and(Json::is_array) && !question.is_range;
        // A value that values.yaml does not have is not a switch.
        let is_set = question.value.is_some();
        let name = question.path.last().map(String::as_str).unwrap_or_default();
        let is_same = |constant: &Constant| constant.fields.iter().any(|field| field.as_bytes() == name.as_bytes());
        // A variable may hold any value, and its name is not that of a field.
        let is_meant = |constant: &&Constant| {
            let fields = &constant.fields;
            fields.is_empty() || is_same(constant) || fields.iter().any(|field| field.as_bytes().starts_with(b"$"))
        };
        for constant in question.constants.iter().filter(is_meant).take(MAX_TEXTS) {
            match &constant.value {
                ConstantValue::Text(text) if may_be_text && !question.is_range => {
                    let text = text.to_str_lossy();
                    if constant.is_constraint {
                        for version in versions_around(&text) {
                            add(json!(version), Chosen::MadeUp);
                        }
                        continue;
                    }
                    let is_word = text.len() < 60 && !text.contains([' ', '\n', '%', '{']);
                    // What a value is compared with as it is may be any text.
                    let is_compared = constant.is_direct && text.len() < MAX_TEXT_BYTES;
                    if !text.is_empty() && (is_word || is_compared) && !named.are_all {
                        let is_of_chart = is_set && constant.is_direct && is_same(constant);
                        add(json!(text), if is_of_chart { Chosen::OfChart } else { Chosen::MadeUp });
                    }
                }
                ConstantValue::Text(text) if is_list && constant.is_direct && is_same(constant) => {
                    add(json!([text.to_str_lossy()]), Chosen::OfChart);
                }
                ConstantValue::Int(number) if may_be_number => {
                    // Where a number is compared, it mostly is a limit.
                    add(json!(number), Chosen::MadeUp);
                    add(json!(number.saturating_add(1)), Chosen::MadeUp);
                }
                _ => {}
            }
        }
        // What has something in it, without: nothing says that it may be empty.
        match question.value {
            Some(Json::Array(items)) if !items.is_empty() => add(json!([]), Chosen::MadeUp),
            Some(Json::Object(entries)) if !entries.is_empty() => add(Json::Null, Chosen::MadeUp),
            Some(Json::String(text)) if !text.is_empty() && !named.are_all => add(json!(""), Chosen::MadeUp),
            Some(Json::Number(number)) if number.as_f64() != Some(0.0) => add(json!(0), Chosen::MadeUp),
            _ => {}
        }
        if let Some(sample) = schema.and_then(|schema| schema.sample()) {
            add(sample, Chosen::MadeUp);
        }
    }
}

/// Versions that a constraint accepts and refuses: the first that it names, and one that is lower and one that is higher.
fn versions_around(text: &str) -> Vec<String> {
    let version = text.trim_start_matches(|character: char| !character.is_ascii_digit());
    let end = version.find(|character: char| character != '.' && !character.is_ascii_digit());
    let numbers = version.get(..end.unwrap_or(version.len())).unwrap_or_default();
    let mut numbers: Vec<&str> = numbers.split('.').filter(|number| !number.is_empty()).collect();
    numbers.resize(3, "0");
    vec![numbers.join("."), "0.0.1".to_owned(), "999.0.0".to_owned()]
}

/// An example that has the form of the value: what stands below a value that is neither a list nor a map is mostly prose.
fn fitting_example<'e>(example: &'e Json, question: Question<'_>) -> Option<&'e Json> {
    // The key may be part of the comment.
    let name = question.path.last().map(String::as_str).unwrap_or_default();
    let inner = match example {
        Json::Object(entries) if entries.len() == 1 => entries.get(name),
        _ => None,
    };
    let example = inner.unwrap_or(example);
    let fits = match question.value {
        Some(Json::Object(_)) => example.is_object(),
        Some(Json::Array(_) | Json::Null) | None => example.is_array(),
        _ => false,
    };
    (fits && !has_placeholder(example)).then_some(example)
}

/// Whether a text in an example stands for another: `<name>`.
fn has_placeholder(example: &Json) -> bool {
    match example {
        Json::String(text) => text.contains('<') && text.contains('>'),
        Json::Array(items) => items.iter().any(has_placeholder),
        Json::Object(entries) => entries.values().any(has_placeholder),
        _ => false,
    }
}

fn add_by_guess(question: Question<'_>, found: &mut Vec<Candidate>) {
    let name = question.path.last().map(String::as_str).unwrap_or_default();
    let mut add = |value: Json| {
        found.push(Candidate {
            value,
            chosen: Chosen::MadeUp,
        });
    };
    let known = known_sample(name);
    match question.value {
        None | Some(Json::Null) => {
            if let Some(known) = known {
                add(known);
            } else if question.is_range {
                add(json!([{}]));
                add(json!(["example"]));
                add(json!({"example": "example"}));
            } else {
                add(json!("example"));
                add(json!(true));
                add(json!({"example": "example"}));
                add(json!(["example"]));
            }
        }
        Some(Json::Array(items)) if items.is_empty() => {
            if let Some(known) = known.filter(Json::is_array) {
                add(known);
            } else {
                add(json!([{}]));
                add(json!(["example"]));
            }
        }
        Some(Json::Object(entries)) if entries.is_empty() => {
            add(known
                .filter(Json::is_object)
                .unwrap_or_else(|| json!({"example": "example"})));
        }
        Some(Json::String(text)) if text.is_empty() => {
            add(known.filter(Json::is_string).unwrap_or_else(|| json!("example")));
        }
        Some(Json::Number(number)) if number.as_f64() == Some(0.0) => {
            add(known.filter(Json::is_number).unwrap_or_else(|| json!(1)));
        }
        _ => {}
    }
}

/// A value for a key of an item that a template reads and that is not there.
pub(super) fn missing_sample(path: &[String]) -> Json {
    text_sample(path.last().map(String::as_str).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chart::{ChartFile, load_files};

    fn hints() -> Hints {
        let file = |name: &str, text: &str| ChartFile::new(name.to_owned(), text.as_bytes());
        let chart = load_files(vec![
            file("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"),
            file("values.yaml", "hosts: []\n# - name: x\nmode: one\n"),
            file(
                "values.schema.json",
                r#"{"properties": {"mode": {"enum": ["one", "two"]}, "list": {"type": "array", "items": {"type": "object",
                    "properties": {"port": {"type": "integer"}, "word": {"type": "string"}}}}}}"#,
            ),
        ]);
        Hints::new(&chart.unwrap())
    }

    fn constant(value: ConstantValue, fields: &[&str]) -> Constant {
        Constant {
            value,
            fields: fields.iter().map(|&field| field.into()).collect(),
            is_direct: true,
            is_constraint: false,
        }
    }

    fn text(text: &str) -> ConstantValue {
        ConstantValue::Text(text.into())
    }

    /// The values to try, those that the chart speaks of apart.
    fn tried(path: &str, value: Option<&Json>, constants: &[Constant], is_range: bool) -> (Json, Json) {
        let path = [path.to_owned()];
        let question = Question {
            path: &path,
            value,
            constants,
            is_range,
        };
        let found = hints().candidates(question);
        let (own, guessed): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|candidate| candidate.chosen != Chosen::MadeUp);
        let values = |list: Vec<Candidate>| list.into_iter().map(|candidate| candidate.value).collect::<Vec<_>>();
        (json!(values(own)), json!(values(guessed)))
    }

    #[test]
    fn versions_are_around_those_of_a_constraint() {
        for (constraint, versions) in [
            (">=v1.20-0", json!(["1.20.0", "0.0.1", "999.0.0", ""])),
            ("1.x || 2.x", json!(["0.0.1", "999.0.0", ""])),
            ("<2.3.4.5", json!(["2.3.4", "0.0.1", "999.0.0", ""])),
        ] {
            let constraint = Constant {
                is_constraint: true,
                ..constant(text(constraint), &["tag"])
            };
            let (own, guessed) = tried("tag", Some(&json!("1.0.0")), &[constraint], false);
            assert_eq!((own, guessed), (json!([]), versions));
        }
    }

    #[test]
    fn values_come_from_the_chart_first() {
        let texts = [
            constant(text("big"), &["kind"]),
            constant(text("some"), &["$x"]),
            constant(text("two words"), &[]),
            constant(text("other"), &["size"]),
        ];
        let numbers = [constant(ConstantValue::Int(3), &["count"])];
        let flags = [constant(text("a"), &["flags"])];
        for (path, value, constants, is_range, own, guessed) in [
            ("on", Some(json!(false)), &[][..], false, json!([true]), json!([])),
            (
                "hosts",
                Some(json!([])),
                &[],
                true,
                json!([[{"name": "x"}]]),
                json!([[{}], ["example"]]),
            ),
            ("mode", Some(json!("one")), &texts, false, json!(["two"]), json!([])),
            (
                "kind",
                Some(json!("small")),
                &texts,
                false,
                json!(["big"]),
                json!(["some", "two words", ""]),
            ),
            ("flags", Some(json!(["b"])), &flags, false, json!([["a"]]), json!([[]])),
            ("count", Some(json!(1)), &numbers, false, json!([]), json!([3, 4, 0])),
            (
                "list",
                None,
                &[],
                true,
                json!([]),
                json!([[{"port": 8080, "word": "example"}], [{}], ["example"], {"example": "example"}]),
            ),
            (
                "tolerations",
                Some(json!([])),
                &[],
                true,
                json!([]),
                json!([known_sample("tolerations")]),
            ),
            (
                "other",
                None,
                &[],
                false,
                json!([]),
                json!(["example", true, {"example": "example"}, ["example"]]),
            ),
        ] {
            let found = tried(path, value.as_ref(), constants, is_range);
            assert_eq!(found, (own, guessed), "{path}");
        }
    }
}
