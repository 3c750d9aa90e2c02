//! Custom resources and the verdicts on them. `definitions.jsonl` has random definitions
//! (`tests/oracles/custom_resources/definitions.py`), `cases.jsonl` resources with the API server's refusal of a
//! server-side apply, empty when it accepts. `cargo xtask custom-resources` asks the code of Kubernetes 1.35 again.

use std::sync::Arc;

use chartwright::kubernetes::validate::{Catalog, CustomSchemas, Options, Resource, Status, Target, check_text};
use serde_json::Value as Json;

use crate::workspace::Workspace;

const DEFINITIONS: &str = include_str!("../custom_resources/definitions.jsonl");
const CASES: &str = include_str!("../custom_resources/cases.jsonl");

fn options(definition: &str) -> Options {
    let mut custom = CustomSchemas::default();
    custom.add_text(definition.as_bytes());
    Options {
        strict: true,
        custom: Some(Arc::new(custom)),
        ..Options::default()
    }
}

fn targets() -> [Target; 1] {
    [Target::embedded(Catalog::find("1.35").expect("is embedded"))]
}

fn judge(text: &str, targets: &[Target], options: &Options) -> Resource {
    let mut resources = check_text(text.as_bytes(), targets, options);
    assert_eq!(resources.len(), 1, "{text}");
    resources.remove(0)
}

#[test]
fn verdicts_are_those_of_the_api_server() {
    let definitions: Vec<Options> = DEFINITIONS.lines().map(options).collect();
    let targets = targets();
    let (mut accepted, mut differing) = (0, Vec::new());
    for line in CASES.lines() {
        let case: Json = serde_json::from_str(line).expect("a case");
        let definition = usize::try_from(case["definition"].as_u64().expect("a number")).expect("an index");
        let ours = judge(&case["object"].to_string(), &targets, &definitions[definition]);
        let is_accepted = case["refusal"] == "";
        accepted += usize::from(is_accepted);
        if (ours.status == Status::Valid) != is_accepted {
            differing.push(format!("{line}\n  ours: {:?}", ours.violations));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    assert!(
        accepted > 250 && CASES.lines().count() - accepted > 500,
        "{accepted} accepted"
    );
}

/// A definition whose `spec` has the given properties.
fn definition(properties: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: gadgets.example.com}}
spec:
  group: example.com
  scope: Namespaced
  names: {{plural: gadgets, singular: gadget, kind: Gadget, listKind: GadgetList}}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {{status: {{}}}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {{type: object, properties: {{{properties}}}}}
          status: {{type: object, required: [ready], properties: {{ready: {{type: string}}}}}}
"
    )
}

/// Properties of `spec`, what follows the metadata of a resource, and the path and message of its violation; no path if
/// the server accepts it.
const TABLE: &[(&str, &str, &str)] = &[
    // Lists whose items differ.
    (SET, "spec: {set: [a, b]}", ""),
    (SET, "spec: {set: [a, b, a]}", "/spec/set/2 Duplicate value: \"a\""),
    (SET, "spec: {set: [1, '1']}", "/spec/set/0 got number, want string"),
    (KEYED, "spec: {ports: [{port: 1}, {port: 1, protocol: UDP}]}", ""),
    (
        KEYED,
        "spec: {ports: [{port: 1, protocol: TCP}, {port: 1, name: b}]}",
        "/spec/ports/1 Duplicate value: port: 1, protocol: \"TCP\"",
    ),
    // Formats.
    (FORMATS, "spec: {wait: 1d12h, address: 010.0.0.1, uri: /a/b}", ""),
    (
        FORMATS,
        "spec: {wait: soon}",
        "/spec/wait 'soon' is not a valid duration",
    ),
    (
        FORMATS,
        "spec: {address: '::1'}",
        "/spec/address '::1' is not a valid ipv4",
    ),
    (
        FORMATS,
        "spec: {uri: 'not a uri'}",
        "/spec/uri 'not a uri' is not a valid uri",
    ),
    (FORMATS, "spec: {mail: 'A B <a@b.c>'}", ""),
    (FORMATS, "spec: {mail: a@}", "/spec/mail 'a@' is not a valid email"),
    (
        FORMATS,
        "spec: {network: 10.0.0.0/33}",
        "/spec/network '10.0.0.0/33' is not a valid cidr",
    ),
    (
        FORMATS,
        "spec: {id: 123e4567-e89b-12d3-a456-42661417400}",
        "/spec/id '123e4567-e89b-12d3-a456-42661417400' is not a valid uuid",
    ),
    (FORMATS, "spec: {data: YWJj}", ""),
    (FORMATS, "spec: {data: YW=}", "/spec/data 'YW=' is not a valid byte"),
    (FORMATS, "spec: {host: -a}", "/spec/host '-a' is not a valid hostname"),
    (FORMATS, "spec: {many: 9223372036854775807}", ""),
    (
        FORMATS,
        "spec: {many: 9223372036854775808}",
        "/spec/many got number, want integer",
    ),
    // Objects of Kubernetes inside.
    (
        EMBEDDED,
        "spec: {pod: {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {}}}",
        "",
    ),
    (
        EMBEDDED,
        "spec: {pod: {kind: Pod}}",
        "/spec/pod/apiVersion Required value",
    ),
    (
        EMBEDDED,
        "spec: {pod: {apiVersion: v1, kind: x y}}",
        "/spec/pod/kind Invalid value: \"x y\": may have mixed case, but should otherwise match",
    ),
    (
        EMBEDDED,
        "spec: {pod: {apiVersion: v1, kind: Pod, metadata: {name: 5}}}",
        "/spec/pod/metadata/name got number, want null or string",
    ),
    (
        EMBEDDED,
        "spec: {pod: {apiVersion: v1, kind: Pod, metadata: {nme: a}}}",
        "/spec/pod/metadata additional properties 'nme' not allowed (did you mean 'name'?)",
    ),
    (
        EMBEDDED,
        "spec: {pod: {apiVersion: v1, kind: Pod, metadata: {labels: {a: b c}}}}",
        "/spec/pod/metadata/labels/a Invalid value: \"b c\"",
    ),
    // The status is dropped when an object is created, after its types have been checked.
    (SET, "status: {}", ""),
    (SET, "status: {ready: 1}", "/status/ready got number, want string"),
    // Defaults come before the schema, and stand in for null.
    (DEFAULTS, "spec: {size: null}", ""),
    (DEFAULTS, "spec: {deep: {}}", ""),
    (
        DEFAULTS,
        "spec: {affinity: {pod: null}}",
        "/spec/affinity/pod got null, want object (server-side apply",
    ),
    (DEFAULTS, "spec: {note: null}", ""),
    (RULED, "spec: {range: {min: 3}}", ""),
    (RULED, "spec: {range: {min: 4}}", "/spec/range min above max"),
    // Go's regular expressions, limits and numbers.
    (
        PATTERNS,
        "spec: {prefix: 'a[b'}",
        "/spec/prefix 'a[b' does not match pattern",
    ),
    (PATTERNS, "spec: {prefix: ab}", ""),
    (
        PATTERNS,
        "spec: {digits: '٣'}",
        "/spec/digits '٣' does not match pattern",
    ),
    // Fields without a schema; an object may have any if the schema says nothing of its fields.
    (
        DEFAULTS,
        "spec: {sise: 1}",
        "/spec/sise additional properties 'sise' not allowed (did you mean 'size'?)",
    ),
    (DEFAULTS, "spec: {open: {a: {b: 1}}}", ""),
];

const SET: &str = "set: {type: array, x-kubernetes-list-type: set, items: {type: string}}";
const KEYED: &str = "ports: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [port, protocol], items: \
                     {type: object, required: [port], properties: {port: {type: integer}, name: {type: string}, protocol: \
                     {type: string, default: TCP}}}}";
const FORMATS: &str = "wait: {type: string, format: duration}, address: {type: string, format: ipv4}, uri: {type: string, \
                       format: uri}, mail: {type: string, format: email}, network: {type: string, format: cidr}, id: {type: \
                       string, format: uuid}, data: {type: string, format: byte}, host: {type: string, format: hostname}, \
                       many: {type: integer, format: int64}";
const EMBEDDED: &str =
    "pod: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}";
const DEFAULTS: &str = "size: {type: integer, default: 3}, deep: {type: object, required: [size], properties: {size: {type: \
                        integer, default: 1}}}, affinity: {type: object, properties: {pod: {type: object}}}, note: {type: \
                        string, nullable: true}, open: {type: object}";
const RULED: &str = "range: {type: object, properties: {min: {type: integer}, max: {type: integer, default: 3}}, \
                     x-kubernetes-validations: [{rule: self.min <= self.max, message: min above max}]}";
const PATTERNS: &str = "prefix: {type: string, pattern: '^[^[\\]]+$'}, digits: {type: string, pattern: '^\\d+$'}";

#[test]
fn resources_are_judged_as_server_side_apply_judges_them() {
    let targets = targets();
    for (properties, fields, expected) in TABLE {
        let options = options(&definition(properties));
        let text = format!("apiVersion: example.com/v1\nkind: Gadget\nmetadata: {{name: a}}\n{fields}\n");
        let resource = judge(&text, &targets, &options);
        let found: Vec<String> = resource
            .violations
            .iter()
            .map(|violation| format!("{} {}", violation.path, violation.message))
            .collect();
        match found.as_slice() {
            [] => assert!(expected.is_empty(), "{fields}"),
            [only] => assert!(!expected.is_empty() && only.starts_with(expected), "{fields}: {only}"),
            several => panic!("{fields}: {several:?}"),
        }
    }
}

#[test]
fn metadata_of_any_kind_is_checked() {
    let (targets, options) = (targets(), options(&definition(SET)));
    for (metadata, expected) in [
        ("{name: a, labels: {a: b}}", ""),
        ("{generateName: a-}", ""),
        ("{name: A}", "/metadata/name"),
        ("{name: a, generateName: B}", "/metadata/generateName"),
        ("{name: a, labels: [b]}", "/metadata/labels"),
        ("{name: a, annotations: {b: 1}}", "/metadata/annotations/b"),
        ("{name: a, unknown: b}", "/metadata"),
        ("{name: a, managedFields: []}", "/metadata/managedFields"),
        ("{name: a, creationTimestamp: yesterday}", ""),
        ("{name: a, creationTimestamp: []}", "/metadata/creationTimestamp"),
        ("{}", "/metadata/name"),
    ] {
        let text = format!("apiVersion: example.com/v1\nkind: Gadget\nmetadata: {metadata}\n");
        let resource = judge(&text, &targets, &options);
        let path = resource.violations.first().map_or("", |violation| &violation.path);
        assert_eq!(path, expected, "{metadata}: {:?}", resource.violations);
    }
}

#[test]
fn verbose_validation_names_the_rules_that_are_not_evaluated() {
    let rule = "size: {type: string, maxLength: 10, x-kubernetes-validations: [{rule: \"google.protobuf.StringValue{value: self} != ''\"}]}";
    let resource = "apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: a}\nspec:\n  size: 2Gi\n";
    let stream = format!("{}---\n{resource}", definition(rule));
    let workspace = Workspace::new(&[("stream.yaml", &stream)]);
    let line = stream.lines().count();
    let run = workspace.run(&["validate", "--strict", "--verbose", "stream.yaml"]);
    assert_eq!(run.code, 0, "{}", run.all());
    let expected = format!(
        "note: stream.yaml:{line}:9: Gadget a: the rule `google.protobuf.StringValue{{value: self}} != ''` cannot be evaluated here and counts as satisfied\n"
    );
    assert_eq!(run.stderr, expected);
    assert_eq!(
        workspace.run(&["validate", "--strict", "stream.yaml"]).stderr,
        "note: 1 rule of a definition or a policy was not evaluated and counts as satisfied; validate --verbose names them\n"
    );
}
