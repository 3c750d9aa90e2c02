//! Rows of Helm's own answers that need no more than the engine and a few functions written here. If the data is
//! missing, the test reports it and passes.

#![expect(clippy::unnecessary_wraps, reason = "the function table requires a result")]

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::text::threads::on_large_stack;

fn call_include(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    match arguments {
        [Value::Str(name), data] => host.include(name, data.clone()),
        _ => Err("bad call".into()),
    }
}

fn call_tpl(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    match arguments {
        [Value::Str(name), data] => host.tpl(name, data.clone()),
        _ => Err("bad call".into()),
    }
}

fn call_list(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    Ok(Value::list(arguments.to_vec()))
}

fn call_dict(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let mut dict = Dict::new();
    for pair in arguments.chunks(2) {
        let value = pair.get(1).cloned().unwrap_or_else(|| Value::str(""));
        dict.insert(pair[0].display(), value);
    }
    Ok(Value::map(dict))
}

fn call_fail(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    Err(format!("{WARNING_START}{}{WARNING_END}", arguments[0].display()).into())
}

fn call_upper(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    Ok(Value::str(arguments[0].display().to_str_lossy().to_uppercase()))
}

fn call_trim(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    Ok(Value::str(arguments[0].display().to_str_lossy().trim()))
}

fn call_indent(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let pad = " ".repeat(usize::try_from(arguments[0].as_int().unwrap()).unwrap_or(0));
    let text = arguments[1].display();
    Ok(Value::str(format!(
        "{pad}{}",
        text.to_str_lossy().replace('\n', &format!("\n{pad}"))
    )))
}

fn call_set(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let Value::Map(map) = &arguments[0] else {
        return Err("bad".into());
    };
    if !map.insert(arguments[1].display(), arguments[2].clone()) {
        return Err("assignment to entry in nil map".into());
    }
    Ok(arguments[0].clone())
}

fn call_int(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    Ok(match &arguments[0] {
        #[expect(clippy::cast_possible_truncation, reason = "a test")]
        Value::Float(float) => Value::Int(*float as i64),
        Value::Int(int) | Value::Int64(int) => Value::Int(*int),
        _ => Value::Int(0),
    })
}

fn call_float(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    Ok(match &arguments[0] {
        #[expect(clippy::cast_precision_loss, reason = "a test")]
        Value::Int(int) => Value::Float(*int as f64),
        value => value.clone(),
    })
}

macro_rules! function {
    ($name:literal, $call:ident, [$($parameter:expr),*], $variadic:literal) => {
        Function::new($name, &[$($parameter),*], $variadic, $call)
    };
}

static FUNCTIONS: &[Function] = &[
    function!("include", call_include, [Parameter::Str, Parameter::Any], false),
    function!("tpl", call_tpl, [Parameter::Str, Parameter::Any], false),
    function!("list", call_list, [Parameter::Any], true),
    function!("dict", call_dict, [Parameter::Any], true),
    function!("fail", call_fail, [Parameter::Str], false),
    function!("upper", call_upper, [Parameter::Str], false),
    function!("trim", call_trim, [Parameter::Str], false),
    function!("indent", call_indent, [Parameter::Int, Parameter::Str], false),
    function!("set", call_set, [Parameter::Map, Parameter::Str, Parameter::Any], false),
    function!("int", call_int, [Parameter::Any], false),
    function!("float64", call_float, [Parameter::Any], false),
];

fn lookup(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

fn to_value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Float(number.as_f64().unwrap()),
        serde_json::Value::String(text) => Value::str(text.as_str()),
        serde_json::Value::Array(items) => Value::list(items.iter().map(to_value).collect()),
        serde_json::Value::Object(entries) => Value::map(
            entries
                .iter()
                .map(|(key, value)| (Text::from(key.as_str()), to_value(value)))
                .collect(),
        ),
    }
}

/// Marks of rows that need Helm's objects, or functions of Sprig by the same name as a built-in.
const NEEDS_HELM: &[&str] = &[
    ".Capabilities",
    ".Files",
    ".Chart",
    ".Subcharts",
    ".Release.Revision",
    "slice",
    "indent -1",
    "| int }}",
    "{{ . | len }}",
];

struct NoWorld;

impl World for NoWorld {
    fn now_unix_nanos(&self) -> i128 {
        0
    }
    fn fill_random(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn values_as(value: Value, map_type: MapType) -> Value {
    match value {
        Value::Map(map) => Value::Map(map.with_type(map_type)),
        other => other,
    }
}

fn root(row: &serde_json::Value, chart: &str) -> Value {
    let empty = serde_json::json!({});
    let values = row.get("values").unwrap_or(&empty);
    let dot = to_value(&serde_json::json!({
        "Chart": {"Name": chart, "Version": "0.1.0", "AppVersion": "1.2.3", "Type": "application"},
        "Release": {"Name": "rel", "Namespace": "ns", "IsInstall": true, "IsUpgrade": false, "Revision": 1, "Service": "Helm"},
    }));
    let map = dot.as_map().unwrap();
    map.insert(Text::from("Values"), values_as(to_value(values), MapType::Values));
    let template = Value::map_of([
        ("Name", Value::str(format!("{chart}/templates/t.yaml"))),
        ("BasePath", Value::str(format!("{chart}/templates"))),
    ]);
    map.insert(Text::from("Template"), values_as(template, MapType::Values));
    values_as(dot, MapType::Values)
}

fn run_row(row: &serde_json::Value, chart: &str) -> Result<Vec<u8>, String> {
    let name = format!("{chart}/templates/t.yaml");
    let mut files = vec![(name.clone(), row["template"].as_str().unwrap().to_owned())];
    if let Some(extra) = row.get("extra_templates").and_then(|extra| extra.as_object()) {
        for (path, text) in extra {
            files.push((format!("{chart}/{path}"), text.as_str().unwrap().to_owned()));
        }
    }
    files.sort_by_key(|(path, _)| std::cmp::Reverse((path.matches('/').count(), path.clone())));
    let mut set = TemplateSet::new(lookup);
    for (path, text) in &files {
        set.parse(path.as_str(), text.as_str())
            .map_err(|error| helm_parse_error_text(&error))?;
    }
    let options = Options {
        missing_key: if row.get("strict").is_some() {
            MissingKey::Error
        } else {
            MissingKey::Zero
        },
        source_map: true,
        ..Options::default()
    };
    let mut world = NoWorld;
    let mut executor = Executor::new(Arc::new(set.finish()), options, &mut world);
    let dot = root(row, chart);
    let mut result = Ok(Vec::new());
    for (path, _) in &files {
        if path.rsplit('/').next().unwrap().starts_with('_') {
            continue;
        }
        let output = executor
            .render(path, dot.clone())
            .map_err(|error| helm_error_text(&error))?;
        if *path == name {
            result = Ok(output.text);
        }
    }
    result
}

fn check_file(path: &Path, chart: &str, shown: &mut usize) -> (usize, usize, usize) {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let foreign = row.get("template").is_none()
            || row.get("base").is_some()
            || row.get("values_yaml").is_some()
            || row.get("lint").is_some()
            || row.get("is_upgrade").is_some()
            || NEEDS_HELM
                .iter()
                .any(|word| row["template"].as_str().is_some_and(|text| text.contains(word)))
            || ["output", "error"].iter().all(|key| row.get(key).is_none());
        if foreign {
            skipped += 1;
            continue;
        }
        let result = run_row(&row, chart);
        if let Err(error) = &result
            && error.contains("not defined")
            && error.contains("function")
            && row["error"].as_str() != Some(error)
        {
            skipped += 1;
            continue;
        }
        let agrees = match &result {
            Ok(text) => row["output"]
                .as_str()
                .is_some_and(|expected| expected.as_bytes() == text),
            Err(error) => row["error"].as_str() == Some(error),
        };
        if agrees {
            passed += 1;
            continue;
        }
        failed += 1;
        if *shown < 60 {
            *shown += 1;
            let ours = result.map(|text| String::from_utf8_lossy(&text).into_owned());
            let cut = |text: String| text.chars().take(400).collect::<String>();
            println!("{} {}", row["id"], row["template"]);
            println!(
                "  helm {}",
                cut(format!("{:?}", row.get("output").or_else(|| row.get("error"))))
            );
            println!("  ours {}", cut(format!("{ours:?}")));
        }
    }
    (passed, failed, skipped)
}

#[test]
fn agrees_with_helm_on_language_rows() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance");
    if !data.exists() {
        println!("no conformance data: skipped");
        return;
    }
    let failures = on_large_stack(move || {
        let mut shown = 0;
        let mut failures = 0;
        let mut files: Vec<_> = std::fs::read_dir(data.join("rows"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("lang."))
            .collect();
        files.sort();
        for path in files {
            let (passed, failed, skipped) = check_file(&path, "c", &mut shown);
            println!(
                "{}: {passed} passed, {failed} failed, {skipped} skipped",
                path.file_name().unwrap().display()
            );
            failures += failed;
        }
        for name in ["language.jsonl", "printf.jsonl", "special.jsonl"] {
            let (passed, failed, skipped) = check_file(&data.join("oracle").join(name), "oracle", &mut shown);
            println!("{name}: {passed} passed, {failed} failed, {skipped} skipped");
            failures += failed;
        }
        failures
    })
    .unwrap();
    assert_eq!(failures, 0);
}
