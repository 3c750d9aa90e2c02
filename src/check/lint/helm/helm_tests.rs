//! What `helm lint` prints for a chart, line by line, and where our findings for it are.

use super::{ChartSource, LintOptions, lint_chart, lint_files};
use crate::check::finding::Finding;
use crate::engine::chart::{ChartFile, load_files};
use crate::engine::render::FixedClock;
use crate::engine::template::{Dict, Map};

const CHART: &str = "apiVersion: v2\nname: c\nversion: 0.1.0\nicon: https://example.org/i.png\n";

fn source(files: &[(&str, &str)]) -> ChartSource {
    let defaults = [
        ("Chart.yaml", CHART),
        ("values.yaml", "{}\n"),
        ("templates/ok.yaml", ""),
    ];
    let missing = defaults
        .iter()
        .filter(|(name, _)| !files.iter().any(|(other, _)| other == name));
    let all = missing.chain(files).filter(|(_, text)| *text != "MISSING");
    let files = all.map(|(name, text)| ChartFile::new((*name).to_owned(), text.as_bytes()));
    ChartSource::from_files("/c".as_ref(), "c", files.collect(), Vec::new())
}

/// The lines that Helm prints.
fn printed(files: &[(&str, &str)]) -> Vec<String> {
    let options = LintOptions {
        namespace: "default".to_owned(),
        kube_version: None,
        api_versions: Vec::new(),
        skip_schema_validation: false,
        documents: None,
    };
    let mut world = FixedClock::new(0, |bytes: &mut [u8]| bytes.fill(9));
    let messages = lint_chart(&source(files), &Map::new(Dict::new()), &options, &mut world);
    messages.messages.iter().map(ToString::to_string).collect()
}

/// The findings of the rules over files.
fn findings(files: &[(&str, &str)]) -> Vec<Finding> {
    let source = source(files);
    let chart = source.load(&mut Vec::new()).ok();
    lint_files(&source, chart.as_ref())
}

#[test]
fn a_sound_chart_has_no_messages() {
    assert_eq!(printed(&[]), Vec::<String>::new());
    assert_eq!(findings(&[]), []);
}

#[test]
fn fields_of_chart_yaml_are_checked() {
    for (field, line) in [
        (
            "maintainers: [{name: me, email: a@b.co, url: https://example.org}]",
            None,
        ),
        (
            "maintainers: [{email: a@b.co}]",
            Some("[ERROR] Chart.yaml: each maintainer requires a name"),
        ),
        (
            "maintainers: [{name: me, email: nobody}]",
            Some("[ERROR] Chart.yaml: invalid email 'nobody' for maintainer 'me'"),
        ),
        (
            "maintainers: [{name: me, url: not a url}]",
            Some("[ERROR] Chart.yaml: invalid url 'not a url' for maintainer 'me'"),
        ),
        ("sources: ['https://example.org/x']", None),
        ("sources: [x]", Some("[ERROR] Chart.yaml: invalid source URL 'x'")),
        ("sources: ['']", Some("[ERROR] Chart.yaml: invalid source URL ''")),
        (
            "appVersion: 1.10",
            Some("[ERROR] Chart.yaml: appVersion should be of type string but it's of type float64"),
        ),
        ("kubeversion: 1", None),
        // An infinity where a text is wanted is its text, and where the type is not known Chart.yaml has no types.
        ("appVersion: .inf", None),
        (
            "deprecated: .inf",
            Some(
                "[ERROR] Chart.yaml: unable to parse YAML\n\terror converting YAML to JSON: json: unsupported value: +Inf",
            ),
        ),
        ("type: application", None),
    ] {
        let chart = format!("{CHART}{field}\n");
        let lines = printed(&[("Chart.yaml", &chart)]);
        assert_eq!(lines.first().map(String::as_str), line, "{field}: {lines:?}");
    }
    for (chart, want) in [
        (
            CHART.replace("icon: https://example.org/i.png\n", ""),
            "[INFO] Chart.yaml: icon is recommended",
        ),
        (
            CHART.replace("https://example.org/i.png", "i.png"),
            "[ERROR] Chart.yaml: invalid icon URL 'i.png'",
        ),
        (
            CHART.replace("0.1.0", "v0.1"),
            "[WARNING] Chart.yaml: version 'v0.1' is not a valid SemVerV2",
        ),
        (
            CHART.replace("0.1.0", ".nan"),
            "[ERROR] Chart.yaml: version 'NaN' is not a valid SemVer",
        ),
        (
            CHART.replace("0.1.0", "0.0.0-0"),
            "[ERROR] Chart.yaml: version \"0.0.0-0\" is less than or equal to \"0.0.0-0\"",
        ),
        (
            CHART.replace("v2", "v1") + "type: application\n",
            "[ERROR] Chart.yaml: chart type is not valid in apiVersion 'v1'. It is valid in apiVersion 'v2'",
        ),
        (
            CHART.replace("v2", "v1") + "dependencies: [{name: d, version: 1.x}]\n",
            "[ERROR] Chart.yaml: dependencies are not valid in the Chart file with apiVersion 'v1'. They are valid in apiVersion 'v2'",
        ),
        (
            CHART.replace("v2", "v3"),
            "[ERROR] Chart.yaml: apiVersion 'v3' is not valid. The value must be either \"v1\" or \"v2\"",
        ),
    ] {
        let lines = printed(&[("Chart.yaml", &chart)]);
        assert_eq!(lines.first().map(String::as_str), Some(want), "{chart}");
    }
    let plain = CHART.replace("v2", "v1");
    assert_eq!(printed(&[("Chart.yaml", &plain)]), Vec::<String>::new());
}

#[test]
fn unknown_fields_are_found_in_their_place_with_the_known_one() {
    for (text, place, help) in [
        (
            "appVersoin: '1'\n",
            "c/Chart.yaml:5:13",
            Some("did you mean `appVersion`?"),
        ),
        (
            "maintainers:\n- name: me\n  emial: a@b.co\n",
            "c/Chart.yaml:7:10",
            Some("did you mean `email`?"),
        ),
        (
            "maintainers: []\ndependencies:\n- {name: d, version: 1.x, ailas: e}\n",
            "c/Chart.yaml:7:34",
            Some("did you mean `alias`?"),
        ),
        ("zzzzzzzz: 1\n", "c/Chart.yaml:5:11", None),
        // Fields of one struct are no help in another.
        ("keywrds: []\n", "c/Chart.yaml:5:10", Some("did you mean `keywords`?")),
        ("maintainers:\n- name: me\n  keywrds: []\n", "c/Chart.yaml:7:12", None),
        ("Maintainers:\n- name: me\n  keywrds: []\n", "c/Chart.yaml:7:12", None),
    ] {
        let chart = format!("{CHART}{text}");
        let found = findings(&[("Chart.yaml", &chart)]);
        let strict: Vec<&Finding> = found
            .iter()
            .filter(|finding| finding.rule.to_string() == "chart-yaml-strict")
            .collect();
        let [finding] = strict.as_slice() else {
            panic!("{text}: {found:?}")
        };
        assert_eq!(finding.primary.to_string(), place, "{text}");
        assert_eq!(finding.help.first().map(String::as_str), help, "{text}");
    }
    // Names of fields are found whatever the case of their letters, as Go finds them.
    let chart = format!("{CHART}HOME: x\nMaintainers: [{{NAME: me}}]\n");
    assert_eq!(findings(&[("Chart.yaml", &chart)]), []);
}

#[test]
fn templates_are_checked_as_they_render() {
    let metadata = "metadata: {name: a}\n";
    let workload = |kind: &str, spec: &str| format!("apiVersion: apps/v1\nkind: {kind}\n{metadata}spec: {spec}\n");
    let keeps = "annotations: {helm.sh/resource-policy: keep}";
    for (text, want) in [
        (format!("apiVersion: v1\nkind: ConfigMap\n{metadata}"), vec![]),
        ("{{ if false }}\n  a: b: c\n{{ end }}\n".to_owned(), vec![]),
        ("{{/* a comment */}}\n \n".to_owned(), vec![]),
        (
            format!("\n  apiVersion: v1\n  kind: ConfigMap\n  {metadata}"),
            vec![
                "[WARNING] templates/a.yaml: document starts with an illegal indent: \"  apiVersion: v1\", which may cause parsing problems",
            ],
        ),
        (
            "a: b: c\n".to_owned(),
            vec![
                "[ERROR] templates/a.yaml: unable to parse YAML: error converting YAML to JSON: yaml: mapping values are not allowed in this context",
            ],
        ),
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: A_b}\n".to_owned(),
            vec!["[WARNING] templates/a.yaml: object name does not conform to Kubernetes naming requirements"],
        ),
        (workload("Deployment", "{selector: {matchLabels: {a: b}}}"), vec![]),
        (workload("StatefulSet", "{selector: {matchExpressions: []}}"), vec![]),
        (workload("Job", "{}"), vec![]),
        (
            workload("DaemonSet", "{}"),
            vec![
                "[ERROR] templates/a.yaml: a DaemonSet must contain matchLabels or matchExpressions, and \"a\" does not",
            ],
        ),
        (
            "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n".to_owned(),
            vec!["[WARNING] templates/a.yaml: policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+"],
        ),
        (
            format!("kind: List\n{metadata}items:\n- kind: ConfigMap\n  metadata: {{{keeps}}}\n"),
            vec!["[ERROR] templates/a.yaml: annotation 'helm.sh/resource-policy' within List objects are ignored"],
        ),
        (
            format!("kind: List\n{metadata}items:\n- kind: ConfigMap\n  metadata: {{annotations: {{a: b}}}}\n"),
            vec![],
        ),
        (format!("kind: ConfigMap\nmetadata: {{name: a, {keeps}}}\n"), vec![]),
        (
            format!("kind: Other\n{metadata}items: [{{metadata: {{{keeps}}}}}]\n"),
            vec![],
        ),
    ] {
        let lines = printed(&[("templates/a.yaml", &text)]);
        let fits = lines.len() == want.len() && lines.iter().zip(&want).all(|(line, want)| line.starts_with(want));
        assert!(fits, "{text}\n{lines:?}\n{want:?}");
    }
}

#[test]
fn a_template_that_does_not_parse_ends_the_checks_of_templates() {
    let broken = (
        "templates/a.yaml",
        "a: b: c\n---\nkind: Service\nmetadata: {name: A_b}\n",
    );
    let unnamed = ("templates/b.yaml", "kind: ConfigMap\nmetadata: {name: A_b}\n");
    let lines = printed(&[broken, unnamed]);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].starts_with("[ERROR] templates/a.yaml: unable to parse YAML"),
        "{lines:?}"
    );
    // Without it the second one is checked.
    let lines = printed(&[unnamed]);
    assert!(
        lines[0].starts_with("[WARNING] templates/b.yaml: object name"),
        "{lines:?}"
    );
}

#[test]
fn names_of_templates_end_as_templates_do() {
    let source = ["a.yaml", "b.YML", "c.tpl", "NOTES.txt", "sub.d/e", "f.json"];
    let files: Vec<(String, &str)> = source.iter().map(|name| (format!("templates/{name}"), "")).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let found: Vec<String> = findings(&files).iter().map(|finding| finding.message.clone()).collect();
    let message = |extension: &str| {
        format!("file extension '{extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt")
    };
    assert_eq!(found, [message(".YML"), message(""), message(".json")]);
    // Values are rendered with an uppercase extension too, but only YAML is read.
    let text = "a: b: c\n";
    assert_eq!(
        printed(&[("templates/x.tpl", text), ("templates/n.txt", text)]),
        Vec::<String>::new()
    );
}

#[test]
fn directories_and_dependencies_are_where_they_belong() {
    let sub = ("charts/d/Chart.yaml", "apiVersion: v2\nname: d\nversion: 1.0.0\n");
    let declared = format!("{CHART}dependencies: [{{name: d, version: 1.x}}]\n");
    for (files, want) in [
        (
            vec![("templates/ok.yaml", "MISSING")],
            vec!["[WARNING] templates/: directory does not exist"],
        ),
        (
            vec![("templates/ok.yaml", "MISSING"), ("templates", "")],
            vec!["[ERROR] templates/: not a directory"],
        ),
        (vec![("crds", "")], vec!["[ERROR] crds/: not a directory"]),
        (
            vec![("values.yaml", "MISSING")],
            vec!["[INFO] values.yaml: file does not exist"],
        ),
        (vec![("Chart.yaml", declared.as_str()), sub], vec![]),
        (
            vec![("Chart.yaml", &declared)],
            vec!["[WARNING] /c: chart directory is missing these dependencies: d"],
        ),
        (
            vec![sub],
            vec!["[ERROR] /c: chart metadata is missing these dependencies: d"],
        ),
    ] {
        assert_eq!(printed(&files), want, "{files:?}");
    }
}

#[test]
fn definitions_in_crds_are_of_their_kind() {
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n";
    for (text, want) in [
        (crd.to_owned(), None),
        (
            "kind: ConfigMap\napiVersion: v1\n".to_owned(),
            Some("c/crds/a.yaml:1:1"),
        ),
        (
            format!("{crd}---\nkind: ConfigMap\napiVersion: v1\n"),
            Some("c/crds/a.yaml:5:1"),
        ),
        (crd.replace("apiextensions.k8s.io/v1", "v1"), Some("c/crds/a.yaml:1:1")),
        (format!("{crd}---\na: b: c\n"), Some("c/crds/a.yaml:5:")),
    ] {
        let found = findings(&[("crds/a.yaml", &text)]);
        let first = found.first().map(|finding| finding.primary.to_string());
        assert_eq!(found.is_empty(), want.is_none(), "{text} {found:?}");
        assert!(
            first.unwrap_or_default().starts_with(want.unwrap_or_default()),
            "{text} {found:?}"
        );
    }
}

#[test]
fn charts_that_do_not_load_are_reported_once_for_each_rule_that_needs_them() {
    let chart = CHART.replace("name: c", "name: [c]");
    let lines = printed(&[("Chart.yaml", &chart)]);
    assert!(
        lines[0].starts_with("[ERROR] Chart.yaml: unable to parse YAML\n\t"),
        "{lines:?}"
    );
    assert!(load_files(vec![ChartFile::new("Chart.yaml".to_owned(), chart.as_bytes())]).is_err());
    let loading: Vec<&String> = lines
        .iter()
        .filter(|line| line.contains("[ERROR] templates/: ") || line.contains("unable to load chart"))
        .collect();
    assert_eq!(loading.len(), 2, "{lines:?}");
}

#[test]
fn our_messages_name_what_is_missing() {
    for (name, message) in [
        ("templates/ok.yaml", "templates/: directory does not exist"),
        ("values.yaml", "values.yaml: file does not exist"),
    ] {
        let found: Vec<String> = findings(&[(name, "MISSING")])
            .iter()
            .map(|finding| finding.message.clone())
            .collect();
        assert_eq!(found, [message]);
    }
    let bad = findings(&[("templates/x.bad", "")]);
    assert!(bad[0].message.starts_with("file extension '.bad' not valid"), "{bad:?}");
}

#[test]
fn charts_are_opened_from_directories_and_archives() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::create_dir(path("web")).unwrap();
    std::fs::write(path("web/Chart.yaml"), CHART).unwrap();
    std::fs::create_dir(path("empty")).unwrap();
    for name in ["broken.tgz", "broken.tar.gz", "file.yaml"] {
        std::fs::write(path(name), "x").unwrap();
    }
    for (name, error) in [
        ("web", None),
        ("empty", Some("unable to check Chart.yaml file in chart: stat ")),
        ("file.yaml", Some("unable to check Chart.yaml file in chart: stat ")),
        ("broken.tgz", Some("unable to extract tarball: ")),
        ("broken.tar.gz", Some("unable to extract tarball: ")),
        ("none.tgz", Some("unable to open tarball: open ")),
    ] {
        let opened = ChartSource::open(&path(name), "shown").map(|source| source.load(&mut Vec::new()).is_ok());
        match error {
            None => assert_eq!(opened, Ok(true), "{name}"),
            Some(words) => assert!(opened.clone().unwrap_err().starts_with(words), "{name}: {opened:?}"),
        }
    }
}
