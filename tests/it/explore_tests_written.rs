//! `explore --write-tests`: values files that reach what was reached.

use serde_json::Value as Json;

use super::explore::{BROKEN, chart};
use super::workspace::Workspace;

#[test]
fn values_files_for_tests_reach_what_was_reached() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata:\n  a: b\n{{- if .Values.one.enabled }}\n  c: d\n{{- end }}\n\
        {{- if .Values.two.enabled }}\n  e: f\n{{- end }}\n{{- if eq .Values.mode \"x\" }}\n  g: h\n{{- else if eq .Values.mode \"y\" }}\n  i: j\n{{- end }}\n\
        {{- if .Values.broken.enabled }}\n  k: 1\n{{- end }}\n";
    let workspace = chart(
        template,
        "one: {enabled: false}\ntwo: {enabled: false}\nmode: z\nbroken: {enabled: false}\n",
    );
    let said = workspace.run(&["explore", "web", "--write-tests", "web/ci"]);
    assert_eq!(said.code, 1, "{}", said.all());
    let mut names: Vec<String> = std::fs::read_dir(workspace.path("web/ci"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "failing")
        .collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    let texts: String = names
        .iter()
        .map(|name| std::fs::read_to_string(workspace.path("web/ci").join(name)).unwrap())
        .collect();
    assert!(!texts.contains("broken"), "{texts}");
    let lint = workspace.run(&["lint", "web", "--quiet"]);
    assert_eq!(lint.code, 0, "{}", lint.all());
    let covered = workspace.run(&["coverage", "web", "--report", "json"]);
    let report: Json = serde_json::from_str(&covered.stdout).unwrap();
    let branches = &report["totals"]["branches"];
    assert_eq!(
        (&branches["covered"], &branches["total"]),
        (&9.into(), &10.into()),
        "{}",
        covered.all()
    );
}

#[test]
fn files_that_were_changed_are_left_alone() {
    let workspace = chart(
        "{{- if .Values.tls }}\n# tls\n{{- end }}\n{{- if .Values.old }}\n# old\n{{- end }}\n{{- if .Values.broken }}\na: [\n{{- end }}\n",
        "tls: false\nold: false\nbroken: false\n",
    );
    let explore = || workspace.run(&["explore", "web", "--write-tests", "web/ci"]);
    let read = |name: &str| std::fs::read_to_string(workspace.path("web/ci").join(name)).unwrap();
    assert!(explore().stderr.contains("wrote web/ci/failing/broken-values.yaml"));
    // The chart is mended, the test moved and extended.
    workspace.write(
        "web/templates/b.yaml",
        "{{- if .Values.tls }}\n# tls\n{{- end }}\n{{- if .Values.broken }}\n# mended\n{{- end }}\n",
    );
    let mine = read("failing/broken-values.yaml") + "mine: 1\n";
    workspace.write("web/ci/broken-values.yaml", &mine);
    let said = explore();
    assert_eq!(read("broken-values.yaml"), mine, "{}", said.all());
    assert!(
        said.stderr
            .contains("web/ci/old-and-tls-values.yaml is of an earlier run: this one did not need it"),
        "{}",
        said.all()
    );
    assert!(
        !said.stderr.contains("web/ci/broken-values.yaml is of"),
        "{}",
        said.all()
    );
    // Line ends are git's.
    let file = "broken-and-tls-values.yaml";
    let text = read(file);
    workspace.write(&format!("web/ci/{file}"), &text.replace('\n', "\r\n"));
    assert!(explore().stderr.contains(&format!("wrote web/ci/{file}\n")));
    assert_eq!(read(file), text);
}

#[test]
fn what_breaks_the_chart_is_in_files_of_their_own() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata:\n  a: b\n\
        {{- if .Values.number.enabled }}\n  k: 1\n{{- if .Values.deep }}\n  l: m\n{{- end }}\n{{- end }}\n\
        {{- if .Values.text.enabled }}\n  n: {{ .Values.text.name.first }}\n{{- end }}\n\
        {{- if eq .Values.mode \"old\" }}\n{{ fail \"old is gone\" }}\n{{- end }}\n";
    let workspace = chart(
        template,
        "number: {enabled: false}\ntext: {enabled: false, name: null}\nmode: new\ndeep: false\n",
    );
    let numbers = branches(&workspace);
    // What is refused on purpose is no fault.
    assert_eq!(numbers["testedWithFailing"], 7, "{numbers}");
    assert_eq!(numbers["reached"], numbers["total"], "{numbers}");
    let file = "web/ci/failing/number-values.yaml";
    let text = std::fs::read_to_string(workspace.path(file)).unwrap();
    assert!(text.contains("the chart breaks with these values.\n"), "{text}");
    let fault = "# templates/b.yaml:7:3: ConfigMap b: /data/k: got number, want null or string\n";
    assert!(text.contains(fault), "{text}");
    assert_eq!(workspace.run(&["lint", "web", "-f", file, "--quiet"]).code, 1);
    assert!(!workspace.path("web/ci/failing/mode-values.yaml").exists());
    // They are no tests yet.
    let checked = workspace.run(&["ci", "web", "--no-push"]);
    assert_eq!(checked.code, 0, "{}", checked.all());
    let said = workspace.run(&["explore", "web", "--write-tests", "web/ci"]);
    assert!(
        said.stderr
            .contains("values files with which the chart breaks, in failing/: "),
        "{}",
        said.all()
    );
}

#[test]
fn files_that_somebody_wrote_are_left_alone() {
    let template = "{{- if .Values.tls }}\n# tls\n{{- end }}\n";
    let workspace = chart(template, "tls: false\n");
    workspace.write("web/ci/tls-values.yaml", "by: hand\n");
    for _ in 0..2 {
        let said = workspace.run(&["explore", "web", "--write-tests", "web/ci"]);
        assert!(said.stderr.contains("wrote web/ci/tls-2-values.yaml"), "{}", said.all());
    }
    let kept = std::fs::read_to_string(workspace.path("web/ci/tls-values.yaml")).unwrap();
    assert_eq!(kept, "by: hand\n");
    // Reports come first: what cannot be written loses nothing.
    workspace.write("file", "");
    let broken = chart(BROKEN[0].template, &format!("{}other: false\n", BROKEN[0].values));
    broken.write("web/templates/c.yaml", "{{- if .Values.other }}\n# other\n{{- end }}\n");
    broken.write("file", "");
    let said = broken.run(&["explore", "web", "--write-tests", "file/x"]);
    assert_eq!(said.code, 3, "{}", said.all());
    assert!(said.stdout.contains("shown by --set tls=true"), "{}", said.all());
}

/// The numbers of branches of an exploration that writes tests.
fn branches(workspace: &Workspace) -> Json {
    let said = workspace.run(&["explore", "web", "--write-tests", "web/ci", "--report", "json"]);
    let report: Json = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.all()));
    report["explored"][0]["branches"].clone()
}

#[test]
fn a_switch_that_needs_other_values_is_in_a_file_with_them() {
    let object = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n\
        spec:\n  scaleTargetRef: {kind: Deployment, name: a, apiVersion: apps/v1}\n";
    for (what, template, values) in [
        (
            "a number that is missing",
            format!(
                "{{{{- if .Values.scaling.enabled }}}}\n{object}  maxReplicas: {{{{ .Values.scaling.most }}}}\n{{{{- end }}}}\n"
            ),
            "scaling:\n  enabled: false\n",
        ),
        (
            "two values that are required",
            "{{- if .Values.tls.enabled }}\n# {{ required \"name\" .Values.tls.name }} {{ required \"key\" .Values.tls.key }}\n{{- end }}\n".to_owned(),
            "tls:\n  enabled: false\n  name: \"\"\n  key: \"\"\n",
        ),
        (
            "a map of which a key is read",
            "{{- if .Values.tls.enabled }}\n# {{ .Values.tls.secret.name }}\n{{- end }}\n".to_owned(),
            "tls:\n  enabled: false\n",
        ),
        (
            "items with a name",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: a, image: a:1}]\n\
                {{- with .Values.more }}\n  hostAliases: {{ toYaml . | nindent 4 }}\n{{- end }}\n".to_owned(),
            "more: []\n",
        ),
    ] {
        let workspace = chart(&template, values);
        let branches = branches(&workspace);
        assert_eq!(branches["tested"], branches["total"], "{what}: {branches}");
        let lint = workspace.run(&["lint", "web", "--quiet"]);
        assert_eq!(lint.code, 0, "{what}: {}", lint.all());
    }
}

#[test]
fn what_no_values_file_can_reach_is_not_expected_of_tests() {
    let template = "{{- if semverCompare \"<1.26-0\" .Capabilities.KubeVersion.Version }}\n# old\n{{- end }}\n\
        {{- if .Values.active }}\na: [\n{{- end }}\n{{- if .Values.other }}\n# other\n{{- end }}\n";
    let workspace = chart(template, "active: false\nother: false\n");
    let numbers = branches(&workspace);
    let number = |key: &str| numbers[key].as_u64().unwrap_or_default();
    let all = ["total", "before", "reached", "testable", "tested", "testedWithFailing"].map(number);
    assert_eq!(all, [6, 3, 6, 4, 4, 5], "{numbers}");
    let said = workspace.run(&["explore", "web", "--write-tests", "web/ci"]);
    assert!(
        said.stderr
            .contains("1 values file: 4 of the 4 branches that a values file can reach without breaking the chart\n  1 values file with which the chart breaks, in failing/: 1 more of the branches\n  1 of the branches is only for other clusters: --kube-version 1.25 (1)\n"),
        "{}",
        said.all()
    );
}

#[test]
fn running_it_again_writes_the_same_files() {
    let workspace = chart(
        "{{- if .Values.tls.enabled }}\n# tls\n{{- if eq .Values.tls.mode \"file\" }}\n# file\n{{- end }}\n{{- end }}\n",
        "tls:\n  enabled: false\n  mode: secret\n",
    );
    let files = || {
        let entries = std::fs::read_dir(workspace.path("web/ci")).unwrap();
        let mut files: Vec<(String, String)> = entries
            .map(|entry| {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                (name, std::fs::read_to_string(entry.path()).unwrap())
            })
            .collect();
        files.sort();
        files
    };
    let first = branches(&workspace);
    let written = files();
    assert_eq!(first["tested"], first["total"], "{first}");
    assert_eq!(branches(&workspace), first);
    assert_eq!(files(), written);
}

#[test]
fn a_chart_that_does_not_render_has_no_tests_and_says_so() {
    let workspace = chart(
        "{{ required \"name it\" .Values.name }}\n{{- if .Values.tls }}\n# tls\n{{- end }}\n",
        "tls: false\n",
    );
    let said = workspace.run(&["explore", "web", "--write-tests", "web/ci"]);
    assert!(
        said.stderr.contains("no values files: they would be for the defaults"),
        "{}",
        said.all()
    );
}

#[cfg(unix)]
#[test]
fn links_are_not_written_through() {
    let workspace = chart("{{- if .Values.tls }}\n# tls\n{{- end }}\n", "tls: false\n");
    assert!(
        workspace
            .run(&["explore", "web", "--write-tests", "tests"])
            .all()
            .contains("wrote tests/tls-values.yaml")
    );
    std::fs::rename(workspace.path("tests/tls-values.yaml"), workspace.path("elsewhere")).unwrap();
    let before = std::fs::read_to_string(workspace.path("elsewhere")).unwrap() + "mine: 1\n";
    workspace.write("elsewhere", &before);
    std::os::unix::fs::symlink(workspace.path("elsewhere"), workspace.path("tests/tls-values.yaml")).unwrap();
    let said = workspace.run(&["explore", "web", "--write-tests", "tests"]);
    assert!(said.stderr.contains("wrote tests/tls-2-values.yaml"), "{}", said.all());
    assert_eq!(std::fs::read_to_string(workspace.path("elsewhere")).unwrap(), before);
    // Nor through links to directories.
    workspace.write("web/templates/d.yaml", "{{- if .Values.other.on }}\na: [\n{{- end }}\n");
    workspace.write("web/values.yaml", "tls: false\nother: {on: false}\n");
    std::fs::create_dir(workspace.path("far")).unwrap();
    std::os::unix::fs::symlink(workspace.path("far"), workspace.path("tests/failing")).unwrap();
    let said = workspace.run(&["explore", "web", "--write-tests", "tests"]);
    assert_eq!(said.code, 3, "{}", said.all());
    assert!(said.stderr.contains("tests/failing is a link"), "{}", said.all());
    assert_eq!(std::fs::read_dir(workspace.path("far")).unwrap().count(), 0);
}
