//! Rows of the `--set` family: a flag, its argument, the values it gives.

use chartwright::engine::chart::read_values;
use chartwright::engine::functions::json::to_go_json;
use chartwright::engine::template::{Map, Value};
use chartwright::engine::values::{UserValues, ValueSource};
use serde_json::Value as Json;

use super::report::Verdict;

pub(crate) fn judge(row: &Json) -> Verdict {
    let text = |key: &str| row.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let wanted = match (row.get("output"), row.get("result_json"), row.get("error")) {
        (Some(Json::String(output)), _, _) => Ok(output.clone()),
        (_, Some(json), _) => Ok(json.to_string()),
        (_, _, Some(Json::String(error))) => Err(error.clone()),
        _ => return Verdict::Different("a row without an answer".to_owned()),
    };
    let base = format!("{}{}", text("values_yaml"), text("base_values_yaml"));
    let ours = apply(row, &text("flag"), text("arg"), base.into_bytes());
    let typed = match (&ours, row.get("types")) {
        (Ok(values), Some(Json::Object(types))) => types.iter().find_map(|(path, wanted)| {
            let found = type_at(values, path);
            (found.as_deref() != wanted.as_str()).then(|| format!("type of {path}: want {wanted}, have {found:?}"))
        }),
        _ => None,
    };
    if let Some(difference) = typed {
        return Verdict::Different(difference);
    }
    let ours = ours.map(|values| {
        let json = to_go_json(&Value::Map(values)).expect("values are JSON");
        serde_json::from_slice::<Json>(&json)
            .expect("valid JSON")
            .to_string()
            .into_bytes()
    });
    let wanted = wanted.map(|json| {
        let json: Json = serde_json::from_str(&json).expect("valid JSON");
        normalised(&json).to_string().into_bytes()
    });
    let ours = ours.map(|json| {
        normalised(&serde_json::from_slice(&json).expect("valid JSON"))
            .to_string()
            .into_bytes()
    });
    Verdict::compare(without_flag(ours, &text("flag"), &wanted), wanted)
}

/// The error without the words that Helm puts before those of its library, since a row has only the library's words.
fn without_flag(
    ours: Result<Vec<u8>, String>,
    flag: &str,
    wanted: &Result<Vec<u8>, String>,
) -> Result<Vec<u8>, String> {
    let words = format!("failed parsing {flag} data: ");
    let is_whole = wanted.as_ref().is_err_and(|error| error.starts_with("failed parsing"));
    ours.map_err(|error| match error.strip_prefix(&words) {
        Some(rest) if !is_whole => rest.to_owned(),
        _ => error,
    })
}

/// Sorts keys, and writes whole floats as integers: types are compared separately.
fn normalised(json: &Json) -> Json {
    match json {
        Json::Object(entries) => {
            let mut sorted: Vec<_> = entries
                .iter()
                .map(|(key, value)| (key.clone(), normalised(value)))
                .collect();
            sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
            Json::Object(sorted.into_iter().collect())
        }
        Json::Array(items) => Json::Array(items.iter().map(normalised).collect()),
        Json::Number(number) => number.as_f64().map_or(json.clone(), Json::from),
        other => other.clone(),
    }
}

fn apply(row: &Json, flag: &str, argument: String, base: Vec<u8>) -> Result<Map, String> {
    let mut values = UserValues::default();
    if base.is_empty() {
        read_values(&base)?;
    } else {
        values.files.push(ValueSource {
            name: "values.yaml".to_owned(),
            text: base,
        });
    }
    match flag {
        "--set" => values.typed.push(argument),
        "--set-string" => values.text.push(argument),
        "--set-json" => values.json.push(argument),
        "--set-file" => values.file.push(argument),
        "--set-literal" => values.literal.push(argument),
        other => return Err(format!("unknown flag {other}")),
    }
    let read_file = |name: &str| {
        let content = row
            .get("files")
            .and_then(|files| files.get(name.strip_prefix("./").unwrap_or(name)))
            .and_then(Json::as_str);
        content
            .map(|text| text.as_bytes().to_vec())
            .ok_or_else(|| format!("open {name}: no such file or directory"))
    };
    values.merge(&read_file).map_err(|error| error.to_string())
}

/// Go's type of the value at a path: `/a/0`, or `a[0].b` as flags are written.
fn type_at(values: &Map, path: &str) -> Option<String> {
    let separators: &[char] = if path.starts_with('/') {
        &['/']
    } else {
        &['.', '[', ']']
    };
    // An empty step is an empty key, except the one before the first slash and those around brackets.
    let steps = path.split(separators).skip(usize::from(path.starts_with('/')));
    let mut at = Value::Map(values.clone());
    for step in steps.filter(|step| !step.is_empty() || path.starts_with('/')) {
        at = match &at {
            Value::Map(map) => map.get(step.as_bytes())?,
            Value::List(list) => list.items().get(step.parse::<usize>().ok()?)?.clone(),
            _ => return None,
        };
    }
    Some(at.type_name().to_owned())
}
