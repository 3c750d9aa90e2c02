//! `coverage`: lines, branches and definitions that renderings reach, what nothing can reach, formats, and `--fail-under`.

use serde_json::Value as Json;

use super::workspace::{Run, Workspace};

/// A template with a decision of every kind.
const DEPLOYMENT: &str = "\
{{- if .Values.enabled }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include \"web.name\" . }}
data:
  {{- with .Values.note }}
  note: {{ . | quote }}
  {{- end }}
  {{- range .Values.items }}
  {{ . }}: x
  {{- else }}
  none: x
  {{- end }}
  both: {{ and .Values.enabled .Values.tls | quote }}
  text: {{ .Values.text | default \"none\" }}
  size: {{ ternary \"big\" \"small\" .Values.big }}
  {{- if false }}
  never: x
  {{- end }}
  {{- if semverCompare \"<1.10-0\" .Capabilities.KubeVersion.Version }}
  old: x
  {{- end }}
{{- end }}
";

const HELPERS: &str = "\
{{- define \"web.name\" -}}
{{ .Release.Name }}
{{- end }}
{{- define \"web.unused\" -}}
{{/* a word */ -}}
unused
{{- end }}
";

const VALUES: &str = "enabled: true\nnote: \"\"\nitems: []\ntls: false\ntext: \"\"\nbig: false\nunread: 1\n";

fn workspace() -> Workspace {
    Workspace::chart(&[
        ("templates/deployment.yaml", DEPLOYMENT),
        ("templates/_helpers.tpl", HELPERS),
        ("values.yaml", VALUES),
    ])
}

fn json(said: &Run) -> Json {
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.all()))
}

fn file<'r>(report: &'r Json, name: &str) -> &'r Json {
    let files = report["charts"][0]["files"].as_array().expect("a list");
    files
        .iter()
        .find(|file| file["path"].as_str().expect("a text").ends_with(name))
        .expect("the file")
}

/// `5 if true: 1`
fn branches(file: &Json) -> Vec<String> {
    let branches = file["branches"].as_array().expect("a list").iter();
    branches
        .map(|branch| {
            let beyond = branch["unreachable"].as_str().map(|reason| format!(" ({reason})"));
            format!(
                "{} {} {}: {}{}",
                branch["line"],
                branch["kind"].as_str().expect("a text"),
                branch["outcome"].as_str().expect("a text"),
                branch["hits"],
                beyond.unwrap_or_default()
            )
        })
        .collect()
}

#[test]
fn lines_branches_definitions_and_values_are_counted() {
    let workspace = workspace();
    let said = workspace.run(&["coverage", "web", "--report", "json"]);
    assert_eq!(said.code, 0, "{}", said.all());
    let report = json(&said);
    let deployment = file(&report, "deployment.yaml");
    assert_eq!(
        branches(deployment),
        [
            "1 if true: 1",
            "1 if false: 0",
            "7 with true: 0",
            "7 with false: 1",
            "10 range true: 0",
            "10 range false: 1",
            "15 and argument 1 decides: 0",
            "15 and argument 2 is reached: 1",
            "16 default given: 0",
            "16 default default: 1",
            "17 ternary true: 0",
            "17 ternary false: 1",
            "18 if true: 0 (constant condition)",
            "18 if false: 1",
            "21 if true: 0 (Kubernetes version)",
            "21 if false: 1",
        ]
    );
    let lines: Vec<(u64, u64, Option<&str>)> = deployment["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            (
                line["line"].as_u64().unwrap(),
                line["hits"].as_u64().unwrap(),
                line["unreachable"].as_str(),
            )
        })
        .collect();
    assert_eq!(lines.iter().find(|line| line.0 == 8), Some(&(8, 0, None)));
    assert_eq!(lines.iter().find(|line| line.0 == 13), Some(&(13, 1, None)));
    assert_eq!(
        lines.iter().find(|line| line.0 == 19),
        Some(&(19, 0, Some("constant condition")))
    );
    assert_eq!(
        lines.iter().find(|line| line.0 == 22),
        Some(&(22, 0, Some("Kubernetes version")))
    );
    assert!(
        !lines.iter().any(|line| matches!(line.0, 9 | 12 | 24)),
        "what ends a block is not listed: {lines:?}"
    );
    let helpers = file(&report, "_helpers.tpl");
    let definitions = helpers["definitions"].to_string();
    assert_eq!(
        definitions,
        r#"[{"name":"web.name","line":1,"hits":1},{"name":"web.unused","line":4,"hits":0,"unreachable":"never included"}]"#
    );
    let unread: Vec<&Json> = report["charts"][0]["values"].as_array().unwrap().iter().collect();
    let unread: Vec<String> = unread
        .iter()
        .filter(|value| value["read"] == false)
        .map(|value| value["path"].to_string())
        .collect();
    assert_eq!(unread, [r#"["unread"]"#]);
}

#[test]
fn every_values_file_adds_what_it_reaches() {
    let workspace = workspace();
    let before = json(&workspace.run(&["coverage", "web", "--report", "json"]));
    workspace.write(
        "web/ci/all-values.yaml",
        "note: x\nitems: [a, b]\ntls: true\ntext: x\nbig: true\n",
    );
    let after = json(&workspace.run(&["coverage", "web", "--report", "json"]));
    let covered = |report: &Json| report["totals"]["branches"]["covered"].as_u64().unwrap();
    assert_eq!((covered(&before), covered(&after)), (8, 12));
    assert_eq!(
        after["charts"][0]["renderings"].to_string(),
        r#"["default values","ci/all-values.yaml"]"#
    );
    // Two items, and the item is written twice.
    let deployment = file(&after, "deployment.yaml");
    let item = deployment["lines"]
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["line"] == 11)
        .unwrap();
    assert_eq!(item["hits"], 2);
}

#[test]
fn formats_have_the_same_numbers() {
    let workspace = workspace();
    let said = workspace.run(&[
        "coverage",
        "web",
        "--report",
        "lcov=out.info",
        "--report",
        "cobertura=out.xml",
        "--report",
        "markdown=out.md",
    ]);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""), "{}", said.all());
    let read = |name: &str| std::fs::read_to_string(workspace.path(name)).unwrap();
    let lcov = read("out.info");
    for part in [
        "SF:web/templates/deployment.yaml\n",
        "BRDA:1,0,0,1\nBRDA:1,0,1,0\n",
        "DA:8,0\n",
        "FN:1,web.name\n",
        "FNDA:1,web.name\n",
        "FNF:1\nFNH:1\n",
        "end_of_record\n",
    ] {
        assert!(lcov.contains(part), "{part}: {lcov}");
    }
    assert!(!lcov.contains("DA:19,"), "a line that nothing reaches: {lcov}");
    let cobertura = read("out.xml");
    for part in [
        "filename=\"web/templates/deployment.yaml\"",
        "<line number=\"7\" hits=\"1\" branch=\"true\" condition-coverage=\"50% (1/2)\"/>",
        "branches-covered=\"8\" branches-valid=\"14\"",
    ] {
        assert!(cobertura.contains(part), "{part}: {cobertura}");
    }
    let markdown = read("out.md");
    assert!(markdown.contains("57.1 % (8/14)"), "{markdown}");
}

/// The tables of lines of a page.
fn tables(page: &str) -> Vec<&str> {
    let parts = page.split("<table class=\"source\">").skip(1);
    parts.filter_map(|part| part.split("</table>").next()).collect()
}

#[test]
fn pages_have_the_lines_with_what_is_reached_of_them() {
    let workspace = workspace();
    let said = workspace.run(&["coverage", "web", "--report", "html=page.html"]);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""), "{}", said.all());
    let page = std::fs::read_to_string(workspace.path("page.html")).unwrap();
    let text = workspace.run(&["coverage", "web"]).stdout;
    let sum = text
        .lines()
        .find_map(|line| line.split_once(" of lines and branches: "));
    let share = sum.expect("the sum").0.trim();
    let title = format!("<h1>web: {share} of the lines and branches are reached</h1>");
    for part in [
        title.as_str(),
        "1 rendering: default values",
        "<a href=\"#v0-2\">templates/deployment.yaml</a>",
        "<th>8</th><td>0</td><td>  note: {{ . | quote }}</td></tr>",
        "<th>7</th><td>1 ◐</td><td>  {{- with <mark>.Values.note</mark> }}</td></tr>",
        "`and` never takes the branch `argument 1 decides`",
        "<tr class=\"u\"><th>19</th><td>–</td><td>  never: x</td></tr>",
        "Nothing can reach this: no template includes it",
        "<tr><th>9</th><td></td><td>  {{- end }}</td></tr>",
        "No rendering reads these values:</p>\n<ul class=\"paths\">\n<li><code>unread</code></li>\n</ul>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(tables(&page).len(), 3);
    let said = workspace.run(&["ci", ".", "--no-push", "--coverage", "--report", "html=ci.html"]);
    assert!(said.code < 2, "{}", said.all());
    let of_ci = std::fs::read_to_string(workspace.path("ci.html")).unwrap();
    assert_eq!(tables(&of_ci), tables(&page));
    assert!(
        of_ci.contains(&format!("<td class=\"n\"><a href=\"#v0\">{share}</a></td>")),
        "{of_ci}"
    );
    let said = workspace.run(&["ci", ".", "--no-push", "--report", "html=ci.html"]);
    assert!(said.code < 2, "{}", said.all());
    let of_ci = std::fs::read_to_string(workspace.path("ci.html")).unwrap();
    assert!(!of_ci.contains("Coverage") && tables(&of_ci).is_empty(), "{of_ci}");
}

#[test]
fn the_least_share_fails_a_run() {
    let workspace = workspace();
    for (least, code, words) in [
        ("10", 0, ""),
        ("99.9", 1, "less than the 99.9 % of --fail-under"),
        ("101", 2, "a number from 0 to 100"),
        ("x", 2, "invalid value"),
    ] {
        let said = workspace.run(&["coverage", "web", "--fail-under", least]);
        assert_eq!(said.code, code, "{least}: {}", said.all());
        assert!(said.stderr.contains(words), "{least}: {}", said.all());
    }
    let said = workspace.run(&["coverage", "web", "--report", "xml"]);
    assert_eq!(said.code, 2, "{}", said.all());
    assert!(
        said.stderr
            .contains("known are text, json, cobertura, lcov, markdown, html"),
        "{}",
        said.all()
    );
}

#[test]
fn a_chart_that_does_not_render_says_so() {
    let workspace = Workspace::chart(&[("templates/b.yaml", "a: {{ .Values.a.b }}\nb: c\n")]);
    let said = workspace.run(&["coverage", "web"]);
    assert_eq!(said.code, 1, "{}", said.all());
    assert!(
        said.stderr
            .contains("web: no rendering is complete: web/templates/b.yaml:1:7"),
        "{}",
        said.all()
    );
    assert!(said.stdout.contains("templates/b.yaml"), "{}", said.all());
    let said = workspace.run(&["coverage", "nowhere"]);
    assert_eq!(said.code, 3, "{}", said.all());
}

#[test]
fn secrets_in_templates_are_not_shown() {
    // One that is known by its looks, and one that is known by its key alone.
    let template = "{{- if .Values.on }}\npassword: S3cret-of-the-house\ndb:\n  password: hunter\n# S3cret-of-the-house\n{{- end }}\n";
    let workspace = Workspace::chart(&[("templates/b.yaml", template), ("values.yaml", "on: false\n")]);
    for arguments in [
        &["coverage", "web"][..],
        &["coverage", "web", "--report", "html"],
        &["ci", ".", "--no-push", "--coverage", "--report", "html"],
    ] {
        let said = workspace.run(arguments);
        assert!(
            said.stdout.contains("not reached") && said.stdout.contains("password: ***"),
            "{}",
            said.all()
        );
        for secret in ["S3cret-of-the-house", "hunter"] {
            assert!(!said.all().contains(secret), "{arguments:?}: {}", said.all());
        }
    }
}

#[test]
fn what_a_cluster_may_have_can_be_reached() {
    let template = "{{- if .Capabilities.APIVersions.Has \"monitoring.coreos.com/v1\" }}\n# monitor\n{{- end }}\n";
    let workspace = Workspace::chart(&[("templates/b.yaml", template)]);
    let report = json(&workspace.run(&["coverage", "web", "--report", "json"]));
    assert_eq!(branches(file(&report, "b.yaml")), ["1 if true: 0", "1 if false: 1"]);
}

#[test]
fn what_other_values_reach_for_another_version_is_not_unreachable() {
    let data = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: b\n";
    for (condition, is_unreachable) in [
        (
            "and (semverCompare \"<1.30-0\" .Capabilities.KubeVersion.Version) .Values.on",
            false,
        ),
        (
            "and .Values.on (semverCompare \"<1.30-0\" .Capabilities.KubeVersion.Version)",
            false,
        ),
        (
            "and (semverCompare \"<1.30-0\" .Capabilities.KubeVersion.Version) (.Capabilities.APIVersions.Has \"a.io/v1\")",
            false,
        ),
        (
            "or (semverCompare \"<1.20-0\" .Capabilities.KubeVersion.Version) .Values.on",
            false,
        ),
        (
            "and (semverCompare \"<1.20-0\" .Capabilities.KubeVersion.Version) .Values.on",
            true,
        ),
    ] {
        let template = format!("{data}{{{{- if {condition} }}}}\n  c: d\n{{{{- end }}}}\n");
        let workspace = Workspace::chart(&[("templates/b.yaml", &template), ("values.yaml", "on: false\n")]);
        let said = workspace.run(&["coverage", "web"]);
        assert_eq!(
            said.stdout.contains("nothing can reach this"),
            is_unreachable,
            "{condition}: {}",
            said.all()
        );
    }
}

#[test]
fn what_stands_in_many_parentheses_is_read_once() {
    let nested = format!("{}.Values.a{}", "(".repeat(90), ")".repeat(90));
    let template = format!("{{{{- if eq {nested} \"x\" }}}}\n# x\n{{{{- end }}}}\n");
    let workspace = Workspace::chart(&[("templates/b.yaml", &template), ("values.yaml", "a: y z\n")]);
    let said = workspace.run(&["explore", "web"]);
    assert!(
        said.stderr.contains("100.0 % of the branches reached (2/2)"),
        "{}",
        said.all()
    );
}

#[test]
fn a_range_that_is_refused_goes_no_way() {
    let workspace = Workspace::chart(&[
        ("templates/b.yaml", "{{- range .Values.list }}\n# item\n{{- end }}\n"),
        ("values.yaml", "list: [1]\n"),
    ]);
    for (value, ways) in [
        ("text", [0, 0]),
        ("true", [0, 0]),
        ("2", [1, 0]),
        ("0", [0, 1]),
        ("null", [0, 1]),
    ] {
        let said = workspace.run(&["coverage", "web", "--set", &format!("list={value}"), "--report", "json"]);
        let report = json(&said);
        let branches = file(&report, "b.yaml")["branches"].clone();
        let hits: Vec<u64> = branches
            .as_array()
            .unwrap()
            .iter()
            .map(|branch| branch["hits"].as_u64().unwrap())
            .collect();
        assert_eq!(hits, ways, "{value}: {branches}");
    }
}

#[test]
fn library_charts_are_passed_over() {
    let workspace = Workspace::new(&[
        (
            "lib/Chart.yaml",
            "apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n",
        ),
        ("lib/templates/_a.tpl", "{{ define \"a\" }}a{{ end }}\n"),
    ]);
    let said = workspace.run(&["coverage", "lib"]);
    assert_eq!(said.code, 0, "{}", said.all());
    assert!(
        said.stderr.contains("lib: a library chart renders nothing"),
        "{}",
        said.all()
    );
    let said = workspace.run(&["explore", "lib"]);
    assert_eq!(said.code, 0, "{}", said.all());
    assert!(
        said.stderr.contains("lib: not explored: a library chart"),
        "{}",
        said.all()
    );
}
