//! Schemas and definitions made to multiply work or memory, and time limits: each command ends within bounds, and says where
//! it stopped.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::hostile::{assert_refused, chart, run, template};

/// A schema whose keyword refers twice to the next level.
fn doubling(keyword: &str, levels: usize) -> Json {
    let reference = |level: usize| json!({"$ref": format!("#/$defs/d{level}")});
    let mut definitions = serde_json::Map::new();
    for level in 0..levels {
        let next = reference(level + 1);
        definitions.insert(format!("d{level}"), json!({keyword: [next, next]}));
    }
    definitions.insert(format!("d{levels}"), json!({"type": "string"}));
    json!({"$defs": definitions, "properties": {"a": reference(0)}})
}

/// Lists in lists, two in each.
fn nested(depth: usize) -> Json {
    (0..depth).fold(json!("x"), |inner, _| json!([inner, inner]))
}

fn many(count: usize, name: &str) -> Vec<String> {
    (0..count).map(|index| format!("{name}{index}")).collect()
}

#[test]
fn schemas_of_values_are_stopped() {
    let directory = tempfile::tempdir().expect("a directory");
    let itself = json!({"anyOf": [
        {"type": "array", "items": {"$ref": "#/$defs/l"}, "minItems": 3},
        {"type": "array", "items": {"$ref": "#/$defs/l"}, "minItems": 4},
    ]});
    let patterns: serde_json::Map<String, Json> = (0..200)
        .map(|index| (format!("a{index}"), json!({"pattern": format!("\\pL{{100}}{index}")})))
        .collect();
    let parts: serde_json::Map<String, Json> = (0..110_000).map(|index| (format!("p{index}"), json!({}))).collect();
    let steps = "validation stopped at the schema 'file:///values.schema.json#";
    let draft_4 = "http://json-schema.org/draft-04/schema#";
    for (what, schema, values, words) in [
        ("allOf that doubles", doubling("allOf", 60), json!({"a": 1}), steps),
        ("anyOf that doubles", doubling("anyOf", 60), json!({"a": 1}), steps),
        ("oneOf that doubles", doubling("oneOf", 60), json!({"a": "x"}), steps),
        (
            "anyOf of itself over lists",
            json!({"$defs": {"l": itself}, "properties": {"a": {"$ref": "#/$defs/l"}}}),
            json!({"a": nested(12)}),
            steps,
        ),
        (
            "a large enumeration",
            json!({"properties": {"a": {"items": {"enum": many(100_000, "value-")}}}}),
            json!({"a": many(600, "other-")}),
            steps,
        ),
        (
            "many errors",
            json!({"properties": {"a": {"items": {"allOf": vec![json!({"type": "integer"}); 300]}}}}),
            json!({"a": many(3_000, "x")}),
            "its errors exceed the limit of 33554432 bytes",
        ),
        (
            "many patterns",
            json!({"properties": patterns}),
            json!({"a1": "x"}),
            "exceed the limit of 2000000 parts",
        ),
        (
            "many schemas",
            json!({"$schema": draft_4, "properties": parts}),
            json!({}),
            "exceed the limit of 100000 schemas",
        ),
    ] {
        let (schema, values) = (schema.to_string(), values.to_string());
        chart(
            directory.path(),
            &[
                ("c/values.schema.json", schema.as_str()),
                ("c/values.yaml", values.as_str()),
            ],
        );
        assert_refused(what, &template(directory.path(), &["c"]), words);
    }
}

#[test]
fn many_unique_items_are_compared_in_time() {
    let directory = tempfile::tempdir().expect("a directory");
    let schema = json!({"properties": {"a": {"uniqueItems": true}}}).to_string();
    let mut items: Vec<Json> = (0..20_000).map(|index| json!({"k": index})).collect();
    for (is_unique, last) in [(true, json!({"k": -1})), (false, json!({"k": 7.0}))] {
        items.push(last);
        let values = json!({"a": items}).to_string();
        chart(
            directory.path(),
            &[
                ("c/values.schema.json", schema.as_str()),
                ("c/values.yaml", values.as_str()),
            ],
        );
        let output = template(directory.path(), &["c"]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), is_unique, "{text}");
        assert_eq!(text.contains("items at 7 and 20,001 are equal"), !is_unique, "{text}");
    }
}

/// Writes a definition whose resources have the field `spec`, and a resource.
fn write_definition(directory: &Path, spec: &Json, value: &Json) {
    let schema = json!({"type": "object", "properties": {"spec": spec}});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "hs.x.io"},
        "spec": {
            "group": "x.io",
            "scope": "Namespaced",
            "names": {"kind": "H", "plural": "hs", "singular": "h", "listKind": "HList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
        },
    });
    let resource = json!({"apiVersion": "x.io/v1", "kind": "H", "metadata": {"name": "a"}, "spec": value});
    for (name, document) in [("crd.json", &definition), ("object.json", &resource)] {
        std::fs::write(directory.join(name), document.to_string()).expect("a file");
    }
}

#[test]
fn definitions_are_stopped() {
    let directory = tempfile::tempdir().expect("a directory");
    let ruled = |rule: &str| {
        json!({
            "type": "object",
            "properties": {"l": {"type": "array", "items": {"type": "string"}}, "s": {"type": "string"}},
            "x-kubernetes-validations": [{"rule": rule}],
        })
    };
    let listed = |items: Json| json!({"type": "object", "properties": {"l": {"type": "array", "items": items}}});
    let rules: Vec<Json> = (10..60)
        .map(|number| json!({"rule": format!("self != {number}")}))
        .collect();
    let fields: serde_json::Map<String, Json> = many(5_000, "p")
        .into_iter()
        .map(|name| (name, json!({"type": "string"})))
        .collect();
    let numbers: serde_json::Map<String, Json> = many(5_000, "p").into_iter().map(|name| (name, json!(1))).collect();
    let filled = json!({"type": "object", "properties": {"t": {"type": "string", "default": "x".repeat(1_000)}}});
    for (what, spec, value, words) in [
        (
            "all in all in all",
            ruled("self.l.all(x, self.l.all(y, self.l.all(z, x != y || y != z || true)))"),
            json!({"l": many(1_000, "a")}),
            "",
        ),
        (
            "a list of lists of lists",
            ruled("self.l.map(a, self.l.map(b, self.l.map(c, a + b + c))).size() > 0"),
            json!({"l": many(1_000, "a")}),
            "",
        ),
        (
            "a text that doubles",
            ruled("[self.s].map(a, a+a+a+a+a+a+a+a).map(a, a+a+a+a+a+a+a+a).map(a, a+a+a+a+a+a+a+a).size() > 0"),
            json!({"s": "x".repeat(100_000)}),
            "",
        ),
        (
            "many rules for many items",
            listed(json!({"type": "integer", "x-kubernetes-validations": rules})),
            json!({"l": vec![1; 20_000]}),
            "",
        ),
        (
            "many wrong fields",
            json!({"type": "object", "properties": fields}),
            Json::Object(numbers),
            "want string",
        ),
        (
            "defaults in many items",
            listed(filled),
            json!({"l": vec![json!({}); 5_000]}),
            "the defaults of its definition make it larger than 3145728 bytes",
        ),
        (
            "a large enumeration",
            listed(json!({"type": "string", "enum": many(100_000, "value-")})),
            json!({"l": many(600, "other-")}),
            "validation stopped here: it exceeds the limit of 5000000 steps",
        ),
    ] {
        write_definition(directory.path(), &spec, &value);
        let output = run(directory.path(), "validate", &["crd.json", "object.json"]);
        let text = [output.stdout.as_slice(), &output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let start: String = text.chars().take(600).collect();
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{what}: {:?} {start}",
            output.status
        );
        assert!(text.contains(words), "{what}: {start}");
        assert!(!text.contains("panicked"), "{what}: {start}");
    }
}

#[test]
fn the_time_of_a_command_is_limited() {
    let directory = tempfile::tempdir().expect("a directory");
    let busy = "{{ range until 1000000 }}{{ $x := add . 1 }}{{ end }}";
    chart(directory.path(), &[("c/templates/t.yaml", busy)]);
    for command in ["template", "lint"] {
        let output = run(directory.path(), command, &["c", "--timeout", "1ms"]);
        let text = [output.stdout.as_slice(), &output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert_eq!(output.status.code(), Some(3), "{command}: {text}");
        assert!(
            text.contains("the time limit of 1ms has passed (--timeout)"),
            "{command}: {text}"
        );
        assert!(text.contains("templates/t.yaml:1"), "{command}: {text}");
    }
    let written = run(
        directory.path(),
        "template",
        &["c", "--timeout", "1ms", "--output-dir", "out"],
    );
    assert_eq!(written.status.code(), Some(3));
    assert!(!directory.path().join("out").exists(), "nothing is written");
    chart(directory.path(), &[("c/templates/t.yaml", "a: 1\n")]);
    for limit in ["1h", "0", "90m30s"] {
        let output = template(directory.path(), &["c", &format!("--timeout={limit}")]);
        assert!(
            output.status.success(),
            "{limit}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    for (limit, words) in [("soon", "invalid value for --timeout"), ("-5s", "must not be negative")] {
        let output = template(directory.path(), &["c", &format!("--timeout={limit}")]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{limit}: {text}");
        assert!(text.contains(words), "{limit}: {text}");
    }
}
