//! kubeconform's formats over every verdict, a file that cannot be read, and none at all.

use serde_json::{Value as Json, json};

use super::{CheckedFile, ResourceFormat, ResourceOptions, resources_as};
use crate::kubernetes::validate::{JoinedText, PlacedResource, Resource, Status, Violation};
use crate::text::rule::Rule;

fn resource(kind: &str, name: &str, status: Status, violations: &[(&str, &str, Rule)]) -> PlacedResource {
    let verdict = Resource {
        api_version: "v1".to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        offset: 3,
        status,
        minors: vec![31, 32],
        violations: violations
            .iter()
            .map(|(path, message, rule)| Violation {
                path: (*path).to_owned(),
                message: (*message).to_owned(),
                offset: 5,
                rule: (*rule).into(),
            })
            .collect(),
        unevaluated: Vec::new(),
    };
    PlacedResource::new(verdict.into(), 2, 8)
}

fn files() -> Vec<CheckedFile> {
    let file = |path: &str, resources, failure: Option<&str>| CheckedFile {
        path: path.to_owned(),
        text: b"1\n2\n3\n4\n".to_vec().into(),
        resources,
        failure: failure.map(str::to_owned),
        secrets: std::sync::Arc::default(),
    };
    let invalid = [
        ("/a", "wrong <1>", Rule::Type),
        ("", "worse\nthan that", Rule::Required),
    ];
    vec![
        file(
            "a.yaml",
            vec![
                resource("Pod", "good", Status::Valid, &[]),
                resource("Pod", "bad", Status::Invalid, &invalid),
                resource("Other", "", Status::Skipped, &[]),
            ],
            None,
        ),
        file(
            "b.yaml",
            vec![resource("", "", Status::Error, &[("", "not YAML", Rule::Document)])],
            None,
        ),
        file("c.yaml", Vec::new(), Some("no such file")),
    ]
}

/// As the format prints it, with a letter for each option: verbose, summary, versions, colours.
fn printed(format: ResourceFormat, files: &[CheckedFile], options: &str) -> String {
    let options = ResourceOptions {
        verbose: options.contains('v'),
        summary: options.contains('s'),
        names_versions: options.contains('n'),
        coloured: options.contains('c'),
    };
    resources_as(format, files, options)
}

#[test]
fn text_has_a_line_for_each_violation() {
    let printed = |options| printed(ResourceFormat::Text, &files(), options);
    let failing = "\
a.yaml:4:2: error: Pod bad: /a: wrong <1> [type]
a.yaml:4:2: error: Pod bad: worse␊than that [required]
b.yaml:4:2: error: document: not YAML [document]
c.yaml: error: no such file
";
    assert_eq!(printed(""), failing);
    let verbose = printed("vn");
    for line in [
        "a.yaml:3:2: Pod good is valid (Kubernetes 1.31, 1.32)\n",
        "a.yaml:4:2: error: Pod bad: /a: wrong <1> (Kubernetes 1.31, 1.32) [type]\n",
        "a.yaml:3:2: Other skipped (Kubernetes 1.31, 1.32)\n",
    ] {
        assert!(verbose.contains(line), "{line}{verbose}");
    }
    let summary = "Summary: 5 resources found in 3 files - Valid: 1, Invalid: 1, Errors: 2, Skipped: 1\n";
    assert_eq!(printed("s"), format!("{failing}{summary}"));
}

#[test]
fn what_an_api_server_accepts_is_a_warning() {
    for (status, rule, want) in [
        (Status::Valid, Rule::DeprecatedApi, "warning"),
        (Status::Valid, Rule::PolicyAudit, "info"),
        (Status::Skipped, Rule::Type, "warning"),
        (Status::Invalid, Rule::Type, "error"),
    ] {
        let mut files = files();
        files.truncate(1);
        files[0].resources = vec![resource("Pod", "p", status, &[("", "x", rule)])];
        let text = printed(ResourceFormat::Text, &files, "");
        assert_eq!(text, format!("a.yaml:4:2: {want}: Pod p: x [{}]\n", rule.id()));
        assert_eq!(files[0].has_failed(), want == "error");
    }
    assert!(files()[2].has_failed());
}

#[test]
fn summaries_count_resources_and_files() {
    let one = |path: &str| {
        vec![CheckedFile {
            path: path.to_owned(),
            text: JoinedText::default(),
            resources: vec![resource("Pod", "p", Status::Valid, &[])],
            failure: None,
            secrets: std::sync::Arc::default(),
        }]
    };
    let counts = "Valid: 1, Invalid: 0, Errors: 0, Skipped: 0";
    for (files, want) in [
        (
            one("stdin"),
            format!("Summary: 1 resource found parsing stdin - {counts}\n"),
        ),
        (one("x"), format!("Summary: 1 resource found in 1 file - {counts}\n")),
        (
            Vec::new(),
            "Summary: 0 resources found in 0 files - Valid: 0, Invalid: 0, Errors: 0, Skipped: 0\n".to_owned(),
        ),
    ] {
        assert_eq!(printed(ResourceFormat::Text, &files, "s"), want);
        assert_eq!(printed(ResourceFormat::Pretty, &files, "s"), want);
    }
}

#[test]
fn json_has_kubeconforms_fields_and_places() {
    let parsed = |options| -> Json { serde_json::from_str(&printed(ResourceFormat::Json, &files(), options)).unwrap() };
    let document = parsed("");
    let message = "at '/a': wrong <1>; worse\nthan that";
    assert_eq!(
        document["resources"][0],
        json!({
            "filename": "a.yaml", "kind": "Pod", "name": "bad", "version": "v1", "status": "statusInvalid",
            "msg": message, "line": 3, "column": 2, "kubernetesVersions": ["1.31", "1.32"],
            "validationErrors": [
                {"path": "/a", "msg": "wrong <1>", "rule": "type", "line": 4, "column": 2},
                {"path": "", "msg": "worse\nthan that", "rule": "required", "line": 4, "column": 2},
            ],
        })
    );
    assert_eq!(document.get("summary"), None);
    let statuses = |document: &Json| -> Vec<String> {
        let resources = document["resources"].as_array().unwrap().iter();
        resources
            .map(|resource| format!("{} {}", resource["filename"], resource["status"]))
            .collect()
    };
    let failing = [
        "\"a.yaml\" \"statusInvalid\"",
        "\"b.yaml\" \"statusError\"",
        "\"c.yaml\" \"statusError\"",
    ];
    assert_eq!(statuses(&document), failing);
    assert_eq!(document["resources"][2]["msg"], "no such file");
    let all = parsed("vs");
    assert_eq!(
        statuses(&all),
        [
            "\"a.yaml\" \"statusValid\"",
            "\"a.yaml\" \"statusInvalid\"",
            "\"a.yaml\" \"statusSkipped\"",
            "\"b.yaml\" \"statusError\"",
            "\"c.yaml\" \"statusError\""
        ]
    );
    assert_eq!(all["resources"][0].get("validationErrors"), None);
    assert_eq!(
        all["summary"],
        json!({"valid": 1, "invalid": 1, "errors": 2, "skipped": 1})
    );
}

#[test]
fn junit_has_a_suite_for_each_file() {
    let want = "\
<testsuites name=\"chartwright\" tests=\"5\" failures=\"1\" disabled=\"1\" errors=\"2\">
  <testsuite name=\"a.yaml\" id=\"1\" tests=\"3\" failures=\"1\" errors=\"0\" disabled=\"0\" skipped=\"1\">
    <testcase name=\"good\" classname=\"Pod@v1\" time=\"0\"></testcase>
    <testcase name=\"bad\" classname=\"Pod@v1\" time=\"0\">
      <failure message=\"at &#39;/a&#39;: wrong &lt;1&gt;; worse&#xA;than that\" type=\"\"></failure>
    </testcase>
    <testcase name=\"\" classname=\"Other@v1\" time=\"0\">
      <skipped message=\"\"></skipped>
    </testcase>
  </testsuite>
  <testsuite name=\"b.yaml\" id=\"2\" tests=\"1\" failures=\"0\" errors=\"1\" disabled=\"0\" skipped=\"0\">
    <testcase name=\"\" classname=\"@v1\" time=\"0\">
      <error message=\"not YAML\" type=\"\"></error>
    </testcase>
  </testsuite>
  <testsuite name=\"c.yaml\" id=\"3\" tests=\"1\" failures=\"0\" errors=\"1\" disabled=\"0\" skipped=\"0\">
    <testcase name=\"\" classname=\"@\" time=\"0\">
      <error message=\"no such file\" type=\"\"></error>
    </testcase>
  </testsuite>
</testsuites>
";
    assert_eq!(printed(ResourceFormat::Junit, &files(), ""), want.replace("&#39;", "'"));
}

#[test]
fn tap_has_a_test_for_each_resource() {
    let want = "\
TAP version 13
ok 1 - a.yaml (v1/Pod//good)
not ok 2 - a.yaml (v1/Pod//bad): at '/a': wrong <1>; worse␊than that
ok 3 - a.yaml (v1/Other//) # skip
not ok 4 - b.yaml: not YAML
not ok 5 - c.yaml: no such file
1..5
";
    assert_eq!(printed(ResourceFormat::Tap, &files(), ""), want);
}

#[test]
fn pretty_has_a_marked_line_for_each_resource() {
    let failing = "\
✖ a.yaml: Pod bad is invalid: at '/a': wrong <1>; worse␊than that
✖ b.yaml: document failed validation: not YAML
✖ c.yaml: failed validation: no such file
";
    assert_eq!(printed(ResourceFormat::Pretty, &files(), ""), failing);
    let verbose = printed(ResourceFormat::Pretty, &files(), "vn");
    for line in [
        "✔ a.yaml: Pod good is valid (Kubernetes 1.31, 1.32)\n",
        "- a.yaml: Other skipped (Kubernetes 1.31, 1.32)\n",
    ] {
        assert!(verbose.contains(line), "{line}{verbose}");
    }
    let coloured = printed(ResourceFormat::Pretty, &files(), "c");
    assert!(
        coloured.contains("\u{1b}[31m✖\u{1b}[0m c.yaml: \u{1b}[31mfailed validation: no such file\u{1b}[0m\n"),
        "{coloured:?}"
    );
}
