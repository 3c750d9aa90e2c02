//! Every format over findings with all parts and over a run that found nothing: what is escaped, counted and left out.

use serde_json::Value as Json;

use super::{FORMATS, Format, Group, Remarks, Report, concise, step_summary};
use crate::check::finding::{Finding, Location, Place};
use crate::text::rule::{Rule, RuleId, Severity};
use crate::text::source::SourceFile;

fn at(path: &str, offset: usize) -> Location {
    Location::at(SourceFile::new(path, &b"first: 1\nsecond: 2\n"[..]), offset)
}

/// An error with all parts, a warning and an info, in two charts; a third has none.
fn findings() -> [Vec<Finding>; 3] {
    let mut full = Finding::new(
        RuleId::part_of(Rule::Range, "ServicePort"),
        at("a b/<x>&y.yaml", 10),
        "50% of `x` | \"y\" <z>\nand a second line",
    )
    .with_related("value from", Place::Named(at("values.yaml", 0)))
    .with_related("set by", Place::Flag("--set a=…".to_owned()))
    .with_note("a fact")
    .with_help("mend it");
    full.rendered = Some("  port: 0  ".to_owned());
    full.renderings = vec!["default values".to_owned(), "prod.yaml".to_owned()];
    let mild = Finding::new(
        Rule::ImageTag,
        Location::whole(SourceFile::without_text("charts/b")),
        "mild",
    );
    let info = Finding::new(Rule::ChartIcon, at("charts/b", 0), "for information");
    [vec![full], vec![mild, info], Vec::new()]
}

fn report(format: &str, charts: &[Vec<Finding>], names: &[&str]) -> String {
    let all: Vec<Finding> = charts.concat();
    let groups: Vec<Group<'_>> = names
        .iter()
        .zip(charts)
        .map(|(name, findings)| Group {
            name,
            findings,
            ..Group::default()
        })
        .collect();
    let report = Report {
        findings: &all,
        groups: &groups,
        remarks: Remarks::default(),
        coloured: false,
    };
    Format::find(format).unwrap().write(&report)
}

const NAMES: [&str; 3] = ["a #1", "b <2>", "c"];

fn full(format: &str) -> String {
    report(format, &findings(), &NAMES)
}

fn json(format: &str) -> Json {
    serde_json::from_str(&full(format)).unwrap()
}

#[test]
fn formats_have_names() {
    for format in &FORMATS {
        assert_eq!(Format::find(format.name).map(|found| found.name), Some(format.name));
    }
    assert!(Format::find("htm").is_none());
}

#[test]
fn a_run_without_findings_is_a_report_too() {
    for (format, want) in [
        ("text", ""),
        ("github", ""),
        ("gitlab", "[]\n"),
        ("tap", "TAP version 13\n1..1\nok 1 - web\n"),
        (
            "markdown",
            "**chartwright**: 1 chart passed\n\n| chart | version | result | errors | warnings |\n| --- | --- | --- | ---: | ---: |\n| <code>web</code> |  | ✅ ok | 0 | 0 |\n",
        ),
        (
            "junit",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"chartwright\" tests=\"1\" failures=\"0\" errors=\"0\">\n  <testsuite name=\"web\" tests=\"1\" failures=\"0\" errors=\"0\">\n    <testcase name=\"web\" classname=\"chartwright\" time=\"0\"/>\n  </testsuite>\n</testsuites>\n",
        ),
    ] {
        assert_eq!(report(format, &[Vec::new()], &["web"]), want, "{format:?}");
    }
    let sarif: Json = serde_json::from_str(&report("sarif", &[Vec::new()], &["web"])).unwrap();
    assert_eq!(sarif["runs"][0]["results"], Json::Array(Vec::new()));
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"], Json::Array(Vec::new()));
    let own: Json = serde_json::from_str(&report("json", &[Vec::new()], &["web"])).unwrap();
    assert_eq!(own["checked"], serde_json::json!(["web"]));
    assert_eq!(own["findings"], Json::Array(Vec::new()));
}

#[test]
fn concise_lines_have_all_parts() {
    let [full, others, _] = findings();
    assert_eq!(
        concise(&full[0]),
        "a b/<x>&y.yaml:2:2: error: 50% of `x` | \"y\" <z> [range/service-port]\n    and a second line\n    a fact\n    value from values.yaml:1:1\n    set by --set a=…\n    help: mend it\n    with default values and 1 more renderings"
    );
    let mut one = others[1].clone();
    assert_eq!(concise(&one), "charts/b:1:1: info: for information [chart-icon]");
    one.renderings.push("prod.yaml".to_owned());
    assert_eq!(
        concise(&one),
        "charts/b:1:1: info: for information [chart-icon]\n    with prod.yaml"
    );
}

#[test]
fn tap_has_a_test_for_each_chart() {
    let text = full("tap");
    let verdicts: Vec<&str> = text.lines().filter(|line| !line.starts_with("# ")).collect();
    assert_eq!(
        verdicts,
        [
            "TAP version 13",
            "1..3",
            "not ok 1 - a \\#1",
            "ok 2 - b <2>",
            "ok 3 - c"
        ]
    );
    assert!(
        text.contains("ok 2 - b <2>\n# charts/b: warning: mild [image-tag]\n# charts/b:1:1: info"),
        "{text}"
    );
}

#[test]
fn junit_has_a_case_for_each_finding_and_fails_for_errors() {
    let text = full("junit");
    for part in [
        "<testsuites name=\"chartwright\" tests=\"4\" failures=\"1\" errors=\"0\">",
        "<testsuite name=\"a #1\" tests=\"1\" failures=\"1\" errors=\"0\">",
        "<testsuite name=\"b &lt;2&gt;\" tests=\"2\" failures=\"0\" errors=\"0\">",
        "<testsuite name=\"c\" tests=\"1\" failures=\"0\" errors=\"0\">\n    <testcase name=\"c\" classname=\"chartwright\" time=\"0\"/>",
        "<testcase name=\"a b/&lt;x&gt;&amp;y.yaml:2:2\" classname=\"range/service-port\" time=\"0\"><failure message=\"50% of `x` | &#34;y&#34; &lt;z&gt;\" type=\"range/service-port\">",
        "&#xA;and a second line&#xA;a fact&#xA;value from values.yaml:1:1&#xA;set by --set a=…&#xA;rendered as: port: 0&#xA;with default values; prod.yaml&#xA;help: mend it</failure></testcase>",
        "<testcase name=\"charts/b:1:1\" classname=\"image-tag\" time=\"0\"><system-out>mild</system-out></testcase>",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn annotations_of_github_name_severity_and_place() {
    let text = full("github");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "::error file=a b/<x>&y.yaml,line=2,col=2,title=range/service-port::50%25 of `x` | \"y\" <z>%0Aand a second line%0Aa fact%0Avalue from values.yaml:1:1%0Aset by --set a=…%0Arendered as: port: 0%0Awith default values; prod.yaml%0Ahelp: mend it",
            "::warning file=charts/b,line=1,col=1,title=image-tag::mild",
            "::notice file=charts/b,line=1,col=1,title=chart-icon::for information",
        ]
    );
}

#[test]
fn gitlab_and_sarif_name_severity_and_place() {
    let gitlab = json("gitlab");
    let seen: Vec<String> = gitlab
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let (path, line) = (&entry["location"]["path"], &entry["location"]["lines"]["begin"]);
            format!("{} {} {path}:{line}", entry["severity"], entry["check_name"])
        })
        .collect();
    assert_eq!(
        seen,
        [
            "\"major\" \"range/service-port\" \"a b/<x>&y.yaml\":2",
            "\"minor\" \"image-tag\" \"charts/b\":1",
            "\"info\" \"chart-icon\" \"charts/b\":1"
        ]
    );
    let sarif = json("sarif");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let mut prints = Vec::new();
    for (result, (id, level, line)) in run["results"].as_array().unwrap().iter().zip([
        ("range/service-port", "error", 2),
        ("image-tag", "warning", 1),
        ("chart-icon", "note", 1),
    ]) {
        assert_eq!(
            (&result["ruleId"], &result["level"]),
            (&Json::from(id), &Json::from(level))
        );
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], id.split('/').next().unwrap());
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert_eq!(region["startLine"], line, "{id}");
        prints.push(result["partialFingerprints"]["chartwright/v1"].clone());
    }
    prints.dedup();
    assert_eq!(prints.len(), 3);
    assert!(
        prints
            .iter()
            .all(|print| print.as_str().is_some_and(|print| print.len() == 32)),
        "{prints:?}"
    );
}

#[test]
fn fingerprints_stay_when_lines_move_and_differ_between_files() {
    let print = |path: &str, offset, message: &str| {
        let chart = vec![Finding::new(Rule::Type, at(path, offset), message)];
        let report: Json = serde_json::from_str(&report("gitlab", &[chart], &["c"])).unwrap();
        report[0]["fingerprint"].clone()
    };
    assert_eq!(print("a", 0, "x"), print("a", 9, "x"));
    assert_ne!(print("a", 0, "x"), print("b", 0, "x"));
    assert_ne!(print("a", 0, "x"), print("a", 0, "y"));
}

#[test]
fn our_json_has_all_parts() {
    let document = json("json");
    assert_eq!(document["checked"], serde_json::json!(NAMES));
    assert_eq!(
        document["summary"],
        serde_json::json!({
            "errors": 1,
            "warnings": 1,
            "infos": 1,
            "hidden": {"configuration": 0, "comments": 0, "baseline": 0},
            "unevaluatedRules": 0,
        })
    );
    assert_eq!(
        document["findings"][0],
        serde_json::json!({
            "rule": "range/service-port",
            "severity": "error",
            "message": "50% of `x` | \"y\" <z>",
            "file": "a b/<x>&y.yaml",
            "line": 2,
            "column": 2,
            "in": ["a #1"],
            "related": [
                {"label": "value from", "place": "values.yaml:1:1"},
                {"label": "set by", "place": "--set a=…"},
            ],
            "notes": ["and a second line", "a fact"],
            "help": ["mend it"],
            "rendered": "  port: 0  ",
            "renderings": ["default values", "prod.yaml"],
        })
    );
    let severities: Vec<&Json> = document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| &finding["severity"])
        .collect();
    assert_eq!(severities, ["error", "warning", "info"]);
}

#[test]
fn a_table_of_markdown_holds_its_cells_and_ends() {
    let text = full("markdown");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 13, "{text}");
    for row in lines.iter().filter(|line| line.starts_with('|')) {
        let bars = row.replace("\\|", "").matches('|').count();
        assert!(bars == 6 || bars == 5, "{row}");
    }
    let many = |count| vec![Finding::new(Rule::Type, at("x", 0), "x"); count];
    let rows = |count| report("markdown", &[many(count)], &["c"]);
    assert_eq!(rows(200).matches("| error |").count(), 200);
    assert!(rows(203).ends_with("\n\n3 more are not shown. Reports as files have all of them.\n"));
    assert_eq!(rows(203).matches("| error |").count(), 200);
}

#[test]
fn a_summary_has_its_limit() {
    let findings = vec![Finding::new(Rule::Type, at("x", 0), "x"); 1000];
    let names: Vec<String> = (0..3000).map(|number| format!("charts/{number}")).collect();
    let well = names.iter().map(|name| Group {
        name,
        ..Group::default()
    });
    let groups: Vec<Group<'_>> = well.collect();
    for most_bytes in [0, 500, 2000, 20_000, 200_000, 1_000_000] {
        let text = step_summary(
            &Report {
                findings: &findings,
                groups: &groups,
                remarks: Remarks::default(),
                coloured: false,
            },
            most_bytes,
        );
        assert!(text.len() <= most_bytes.max(400), "{most_bytes}: {}", text.len());
        let shown = text.matches("| error |").count();
        assert_eq!(
            text.contains(&format!("{} more are not shown.", 1000 - shown)),
            shown < 1000,
            "{most_bytes}: {text}"
        );
        assert_eq!(
            text.contains("</details>"),
            text.contains("<details>"),
            "{most_bytes}: {text}"
        );
        assert!(most_bytes < 1_000_000 || shown == 1000, "{most_bytes}: {shown}");
    }
}

#[test]
fn text_shows_the_excerpt_and_what_led_to_it() {
    let text = full("text");
    let want = "\
error: 50% of `x` | \"y\" <z> [range/service-port]
 --> a b/<x>&y.yaml:2:2
  |
2 | second: 2
  |  ^^^^^^
  |
  = note: and a second line
  = note: a fact
  = note: value from values.yaml:1:1
  = note: set by --set a=…
  = note: rendered as `port: 0`
  = note: with default values; prod.yaml
  = help: mend it

warning: mild [image-tag]
--> charts/b

info: for information [chart-icon]
 --> charts/b:1:1
  |
1 | first: 1
  | ^^^^^^

";
    assert_eq!(text, want);
    let [mut first, ..] = findings();
    first[0].renderings = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
    let text = report("text", &[first.clone()], &["c"]);
    assert!(text.contains("= note: with a; b; c and 2 more\n"), "{text}");
    let report = Report {
        findings: &first,
        groups: &[],
        remarks: Remarks::default(),
        coloured: true,
    };
    assert!(Format::TEXT.write(&report).contains("\u{1b}["));
    assert_eq!(first[0].severity, Severity::Error);
}
