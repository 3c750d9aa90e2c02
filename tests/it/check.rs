//! What `lint` and `ci` find, and where: each test is about a kind of fault that users reported.

use super::workspace::{CHART, CONFIG_MAP, Workspace, run};

/// `file:line:column rule` of every finding but infos, as JSON reports them.
fn found(workspace: &Workspace, arguments: &[&str]) -> Vec<String> {
    let mut all = arguments.to_vec();
    all.extend(["--report", "json"]);
    let run = workspace.run(&all);
    findings(&run.stdout, &run.all())
}

fn findings(json: &str, context: &str) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {context}"));
    let entries = report["findings"].as_array().expect("findings");
    entries
        .iter()
        .filter(|finding| finding["severity"] != "info")
        .map(|finding| {
            let text = |key: &str| finding[key].as_str().expect("a text").to_owned();
            format!(
                "{}:{}:{} {}",
                text("file"),
                finding["line"],
                finding["column"],
                text("rule")
            )
        })
        .collect()
}

#[test]
fn lint_and_ci_find_the_same() {
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndta: {a: b}\n";
    let secret = "creation_rules: [{path_regex: secrets}]\n";
    for (files, want) in [
        (
            vec![("templates/a.yaml", broken)],
            vec!["web/templates/a.yaml:4:1 unknown-field"],
        ),
        (
            vec![("secrets.yaml", "password: hunter22\n"), ("../.sops.yaml", secret)],
            vec!["web/secrets.yaml:1:1 sops-not-encrypted"],
        ),
        (vec![("old.bak", "x\n")], vec!["web/old.bak:1:1 package-junk"]),
        (
            vec![(".idea/a.xml", "x\n"), (".idea/b/c.xml", "x\n")],
            vec!["web/Chart.yaml:1:1 package-junk"],
        ),
        (
            vec![("values.yaml", "leftover: 1\n")],
            vec!["web/values.yaml:1:1 unused-value"],
        ),
    ] {
        let workspace = Workspace::chart(&files);
        assert_eq!(found(&workspace, &["lint", "web"]), want, "lint");
        assert_eq!(found(&workspace, &["ci", "."]), want, "ci");
    }
}

#[test]
fn ci_publishes_the_charts_that_do_not_fail() {
    let workspace = Workspace::chart(&[
        ("secrets.yaml", "password: hunter22\n"),
        ("../.sops.yaml", "creation_rules: [{path_regex: secrets}]\n"),
        ("../api/Chart.yaml", &CHART.replace("web", "api")),
        ("../api/templates/a.yaml", CONFIG_MAP),
    ]);
    let repository = format!("file://{}", workspace.path("repository").display());
    let failed = workspace.run(&["ci", ".", "--repository", &repository, "--all-or-nothing"]);
    assert_eq!(failed.code, 1, "{}", failed.all());
    assert!(!workspace.path("repository/index.yaml").exists(), "{}", failed.all());
    let reason = "not published: another chart failed";
    assert!(failed.stdout.contains(reason), "{}", failed.all());
    assert!(!failed.all().contains("hunter22"), "{}", failed.all());
    let failed = workspace.run(&["ci", ".", "--repository", &repository]);
    assert_eq!(failed.code, 1, "{}", failed.all());
    assert!(
        failed.stdout.contains("1 of 2 charts failed: 1 error"),
        "{}",
        failed.all()
    );
    assert!(workspace.path("repository/api-0.1.0.tgz").exists(), "{}", failed.all());
    assert!(!workspace.path("repository/web-0.1.0.tgz").exists(), "{}", failed.all());
    std::fs::remove_file(workspace.path("web/secrets.yaml")).expect("removed");
    let published = workspace.run(&["ci", ".", "--repository", &repository]);
    assert_eq!(published.code, 0, "{}", published.all());
    assert!(
        workspace.path("repository/web-0.1.0.tgz").exists(),
        "{}",
        published.all()
    );
}

#[test]
fn findings_of_neighbours_are_in_their_own_files() {
    let dependent =
        format!("{CHART}dependencies: [{{name: sub-a, version: 0.1.0, repository: \"file://../sub-a\"}}]\n");
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata:\n  a: {{ .Values.a }}\n";
    let workspace = Workspace::chart(&[
        ("Chart.yaml", &dependent),
        ("../sub-a/Chart.yaml", &CHART.replace("web", "sub-a")),
        ("../sub-a/values.yaml", "a: 1\n"),
        ("../sub-a/templates/a.yaml", template),
    ]);
    let want = ["sub-a/templates/a.yaml:5:9 type"];
    assert_eq!(found(&workspace, &["lint", "web"]), want);
    // Both charts show the same finding: it is reported once, and fails both.
    let run = workspace.run(&["ci", ".", "--no-push"]);
    assert_eq!(
        run.stdout.matches("sub-a/templates/a.yaml:5:9: error").count(),
        1,
        "{}",
        run.all()
    );
    assert_eq!(run.stdout.matches("  failed").count(), 2, "{}", run.all());
    assert!(run.stdout.contains("value from sub-a/values.yaml:1:1"), "{}", run.all());
    // A comment in the neighbour's own file silences it.
    workspace.write(
        "sub-a/templates/a.yaml",
        &template.replace("data:\n", "data:\n  # chartwright-ignore: type known\n"),
    );
    assert_eq!(found(&workspace, &["ci", ".", "--no-push"]), Vec::<String>::new());
}

#[test]
fn paths_are_relative_to_the_root_however_the_chart_is_named() {
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndta: {a: b}\n";
    let workspace = Workspace::chart(&[("templates/a.yaml", broken)]);
    std::fs::create_dir(workspace.path(".git")).expect("a directory");
    std::fs::create_dir(workspace.path("web/inner")).expect("a directory");
    let absolute = workspace.path("web").display().to_string();
    for (directory, chart) in [
        (".", "web"),
        (".", "./web/"),
        ("web", "."),
        ("web", "./"),
        ("web/inner", ".."),
        (".", absolute.as_str()),
        ("web/inner", absolute.as_str()),
    ] {
        for (command, report) in [("lint", "json"), ("ci", "json")] {
            let run = workspace.run_in(directory, &[command, chart, "--report", report]);
            let want = ["web/templates/a.yaml:4:1 unknown-field"];
            assert_eq!(
                findings(&run.stdout, &run.all()),
                want,
                "{command} {chart} in {directory}"
            );
        }
    }
    let github = workspace.run_in("web", &["lint", ".", "--report", "github"]);
    assert!(
        github.stdout.contains("file=web/templates/a.yaml,line=4,"),
        "{}",
        github.all()
    );
    let base = workspace.run_in("web", &["lint", ".", "--report", "json", "--base", "."]);
    assert_eq!(
        findings(&base.stdout, &base.all()),
        ["templates/a.yaml:4:1 unknown-field"]
    );
    for name in ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"] {
        let variables = [(name, absolute.as_str())];
        let named = run(&workspace.path("web"), &["lint", ".", "--report", "json"], &variables);
        assert_eq!(
            findings(&named.stdout, &named.all()),
            ["templates/a.yaml:4:1 unknown-field"],
            "{name}"
        );
    }
}

#[test]
fn values_given_mean_what_they_mean_in_template() {
    let template = "{{- if ne (kindOf .Values.a) \"int64\" }}{{ fail (kindOf .Values.a) }}{{ end }}";
    let workspace = Workspace::chart(&[("templates/a.yaml", template), ("text.txt", "12")]);
    for (flag, value, code) in [
        ("--set", "a=12345678", 0),
        ("--set-string", "a=12345678", 1),
        ("--set-json", "a=12", 1),
        ("--set-literal", "a=12", 1),
        ("--set-file", "a=web/text.txt", 1),
    ] {
        for command in ["lint", "template"] {
            let run = workspace.run(&[command, "web", flag, value]);
            assert_eq!(run.code, code, "{command} {flag} {value}: {}", run.all());
        }
    }
}

#[test]
fn a_template_that_fails_does_not_hide_the_others() {
    let workspace = Workspace::chart(&[
        ("templates/NOTES.txt", "{{ template \"nothing\" . }}\n"),
        ("templates/a.yaml", "a: {{ .Values.x.y }}\n"),
        ("templates/b.yaml", "b: {{ include \"nope\" . }}\n"),
        ("templates/ok.yaml", &CONFIG_MAP.replace("name: a", "name: A")),
        ("templates/yaml.yaml", "a: b: c\n"),
    ]);
    let want = [
        "web/templates/NOTES.txt:1:13 template-render",
        "web/templates/a.yaml:1:7 template-render",
        "web/templates/b.yaml:1:7 template-render",
        "web/templates/ok.yaml:3:1 name/config-map",
        "web/templates/yaml.yaml:1:1 template-yaml",
    ];
    for command in [&["lint", "web"][..], &["ci", "."]] {
        let found = found(&workspace, command);
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        let plain = |id: &str| id.split('/').take(3).collect::<Vec<_>>().join("/");
        let (found, want): (Vec<String>, Vec<String>) = (
            found.iter().map(|id| plain(id)).collect(),
            want.iter().map(|id| plain(id)).collect(),
        );
        assert_eq!(found, want, "{command:?}");
    }
    let text = workspace.run(&["lint", "web"]).stdout;
    for words in [
        "error: nil pointer evaluating interface {}.y [template-render]",
        "help: set `x` in a values file",
        "renders to text that is not a manifest: mapping values are not allowed in this context",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    // The reason is the headline in every format.
    for format in ["text", "sarif", "junit", "tap", "github", "gitlab", "markdown", "html"] {
        let report = workspace.run(&["lint", "web", "--report", format]).stdout;
        let dash = workspace
            .run(&["lint", "web", "--report", &format!("{format}=-")])
            .stdout;
        assert_eq!(dash, report, "- is standard output");
        let report = report.replace("\\_", "_");
        assert!(
            report.contains("nil pointer evaluating interface {}.y"),
            "{format}: {report}"
        );
    }
}

#[test]
fn a_missing_dependency_is_one_error_and_nothing_follows_from_it() {
    let chart = format!(
        "{CHART}dependencies:\n- {{name: common, version: 1.x, repository: \"https://example.org\"}}\n- {{name: db, version: 1.x, repository: \"https://example.org\"}}\n"
    );
    let workspace = Workspace::chart(&[
        ("Chart.yaml", &chart),
        ("templates/a.yaml", "{{ include \"common.x\" . }}\n"),
    ]);
    for command in [&["lint", "web"][..], &["ci", ".", "--no-push"]] {
        assert_eq!(found(&workspace, command), ["web/Chart.yaml:7:10 dependency-missing"]);
        let run = workspace.run(command);
        assert_eq!(run.code, 1, "{}", run.all());
        assert!(
            run.stdout.contains("dependencies `common`, `db` are not in charts/"),
            "{}",
            run.all()
        );
        assert!(run.stdout.contains("chartwright dependency build"), "{}", run.all());
        assert!(!run.stdout.contains("  ok"), "{}", run.all());
    }
}

#[test]
fn a_chart_that_was_not_rendered_is_not_ok() {
    let old = format!("{CHART}kubeVersion: \"<1.20.0\"\n");
    let workspace = Workspace::chart(&[("Chart.yaml", &old)]);
    assert_eq!(
        found(&workspace, &["ci", "."]),
        ["web/Chart.yaml:6:14 chart-kube-version"]
    );
    let library = format!("{CHART}type: library\n");
    let workspace = Workspace::chart(&[("Chart.yaml", &library)]);
    let run = workspace.run(&["ci", "."]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(run.stdout.contains("not rendered"), "{}", run.all());
}

#[test]
fn values_that_a_schema_refuses_are_shown_where_they_are_set() {
    let schema =
        r#"{"properties": {"port": {"type": "integer"}, "mode": {"anyOf": [{"const": "a"}, {"const": "b"}]}}}"#;
    let workspace = Workspace::chart(&[
        ("values.schema.json", schema),
        ("values.yaml", "port: 1\nmode: a\n"),
        ("values-prod.yaml", "# production\nport: many\n"),
        ("values-test.yaml", "mode: c\n"),
        (
            "templates/a.yaml",
            &format!("{CONFIG_MAP}data: {{p: \"{{{{ .Values.port }}}}{{{{ .Values.mode }}}}\"}}\n"),
        ),
    ]);
    let want = [
        "web/values-prod.yaml:2:1 values-schema",
        "web/values-test.yaml:1:1 values-schema",
    ];
    assert_eq!(found(&workspace, &["ci", "."]), want);
    assert_eq!(
        found(&workspace, &["lint", "web", "-f", "web/values-prod.yaml"]),
        ["web/values-prod.yaml:2:1 values-schema"]
    );
    assert_eq!(
        found(
            &workspace,
            &["lint", "web", "-f", "web/values-prod.yaml", "--skip-schema-validation"]
        ),
        Vec::<String>::new()
    );
    workspace.write("web/values.schema.json", "{\n  \"type\": ,\n}\n");
    let broken = found(&workspace, &["lint", "web"]);
    assert_eq!(broken, ["web/values.schema.json:2:11 values-schema"]);
}

#[test]
fn a_schema_that_is_not_one_is_at_fault_itself() {
    for (schema, message, place) in [
        (
            r#"{"properties": {"port": {"type": "strin"}}}"#,
            "/properties/port/type: value must be one of 'array', 'boolean'",
            "web/values.schema.json:1:26",
        ),
        (
            r#"{"properties": {"port": {"pattern": "("}}}"#,
            "/properties/port/pattern: '(' is not valid regex",
            "web/values.schema.json:1:26",
        ),
        ("[]", "got array, want boolean or object", "web/values.schema.json:1:1"),
    ] {
        let workspace = Workspace::chart(&[("values.schema.json", schema), ("values.yaml", "{}\n")]);
        assert_eq!(
            found(&workspace, &["lint", "web"]),
            [format!("{place} values-schema")],
            "{schema}"
        );
        let text = workspace.run(&["lint", "web"]).stdout;
        let want = format!("error: values.schema.json is not a JSON schema: {message}");
        assert!(text.starts_with(&want), "{schema}: {text}");
    }
}

#[test]
fn advice_to_set_a_value_is_for_missing_ones() {
    for (schema, has_advice) in [
        (r#"{"required": ["port"]}"#, true),
        (r#"{"additionalProperties": false}"#, false),
    ] {
        let workspace = Workspace::chart(&[("values.schema.json", schema), ("values.yaml", "other: 1\n")]);
        let run = workspace.run(&["lint", "web"]);
        assert_eq!(run.code, 1, "{}", run.all());
        assert_eq!(
            run.stdout.contains("no values file sets it"),
            has_advice,
            "{}",
            run.all()
        );
    }
}

#[test]
fn faults_of_values_files_are_at_their_line() {
    for (name, text, want) in [
        ("values.yaml", "a: 1\nb: [\n", "web/values.yaml:3:1 values-format"),
        ("values-x.yaml", "a: 1\n b: 2\n", "web/values-x.yaml:2:2 values-format"),
        ("values-x.yaml", "- a\n", "web/values-x.yaml:1:1 values-format"),
    ] {
        let workspace = Workspace::chart(&[(name, text)]);
        let found = found(&workspace, &["lint", "web"]);
        assert!(found.contains(&want.to_owned()), "{text:?}: {found:?}");
    }
}

#[test]
fn subcharts_are_judged_with_their_parents_values() {
    let needs = "{{ required \"name is needed\" .Values.name }}";
    let workspace = Workspace::chart(&[
        (
            "Chart.yaml",
            &format!("{CHART}dependencies: [{{name: db, version: 0.1.0}}]\n"),
        ),
        ("values.yaml", "db: {name: text}\n"),
        ("charts/db/Chart.yaml", &CHART.replace("web", "db")),
        (
            "charts/db/templates/a.yaml",
            &format!("{}data: {{v: {needs}}}\n", CONFIG_MAP.replace("name: a", "name: db")),
        ),
        ("charts/db/templates/x.bad", ""),
    ]);
    let run = workspace.run(&["lint", "web", "--with-subcharts"]);
    // The files of the subchart are checked, but it is not rendered by itself.
    assert_eq!(
        found(&workspace, &["lint", "web", "--with-subcharts"]),
        ["web/charts/db/templates/x.bad:1:1 template-extension"],
        "{}",
        run.all()
    );
}

#[test]
fn subcharts_in_archives_are_named_by_their_archive() {
    let inner = Workspace::chart(&[(
        "templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndta: {}\n",
    )]);
    let packed = inner.run(&["package", "web", "-d", "out"]);
    assert_eq!(packed.code, 0, "{}", packed.all());
    let archive = std::fs::read(inner.path("out/web-0.1.0.tgz")).expect("an archive");
    let chart = CHART.replace("name: web", "name: app") + "dependencies: [{name: web, version: 0.1.0}]\n";
    let workspace = Workspace::new(&[
        ("app/Chart.yaml", &chart),
        ("app/values.yaml", "{}\n"),
        ("app/charts/.keep", ""),
    ]);
    std::fs::write(workspace.path("app/charts/web-0.1.0.tgz"), &archive).expect("a file");
    std::fs::write(workspace.path("web-0.1.0.tgz"), &archive).expect("a file");
    let found_in = |chart: &str| {
        let found = found(&workspace, &["lint", chart]);
        found
            .into_iter()
            .filter(|found| found.contains("unknown-field"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found_in("app"),
        ["app/charts/web-0.1.0.tgz!templates/a.yaml:4:1 unknown-field"]
    );
    assert_eq!(
        found_in("web-0.1.0.tgz"),
        ["web-0.1.0.tgz!templates/a.yaml:4:1 unknown-field"]
    );
}

#[test]
fn findings_in_tpl_texts_are_at_the_caller_and_reported_once() {
    let workspace = Workspace::chart(&[("templates/u.yaml", "# first\n\n{{ tpl \"a: b: c\" . }}\n")]);
    assert_eq!(
        found(&workspace, &["lint", "web"]),
        ["web/templates/u.yaml:3:1 template-yaml"]
    );
    let workspace = Workspace::chart(&[("templates/u.yaml", "{{ tpl \"{{ fail `no` }}\" . }}\n")]);
    assert_eq!(
        found(&workspace, &["lint", "web"]),
        ["web/templates/u.yaml:1:4 template-render"]
    );
}

#[test]
fn counts_are_those_of_findings_that_count() {
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n# chartwright-ignore: unknown-field known\ndta: {a: b}\n";
    let workspace = Workspace::chart(&[("templates/a.yaml", broken)]);
    let run = workspace.run(&["ci", "."]);
    assert_eq!(run.code, 0, "{}", run.all());
    let row = run.stdout.lines().nth(1).unwrap_or_default();
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(cells, ["web", "0.1.0", "1", "1", "0", "0", "ok"], "{}", run.all());
}

#[test]
fn the_configuration_decides_what_is_checked() {
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndta: {a: b}\n";
    for (config, code, words) in [
        ("", 1, "unknown-field"),
        ("exclude: [web]\n", 2, "no chart below ."),
        (
            "ignore: [{rule: unknown-field, path: web/templates, reason: x}]\n",
            0,
            "  ok",
        ),
        (
            "ignore: [{rule: unknown-field, path: api, reason: x}]\n",
            1,
            "unknown-field",
        ),
        (
            "ignore: [{rule: unknown-fields, reason: x}]\n",
            2,
            "did you mean `unknown-field`?",
        ),
        ("strict: false\n", 0, "  ok"),
        ("skipKinds: [ConfigMap]\n", 0, "  ok"),
        ("kubernetesVersions: [1.31..1.33]\n", 1, "and 2 more renderings"),
        ("kubernetesVersions: [1.31..9.99]\n", 2, "9.99"),
        (
            "charts: [nowhere]\n",
            2,
            "chartwright.yaml:1:10: there is no directory ./nowhere",
        ),
    ] {
        let workspace = Workspace::chart(&[("templates/a.yaml", broken), ("../chartwright.yaml", config)]);
        let run = workspace.run(&["ci", "."]);
        assert_eq!(run.code, code, "{config}{}", run.all());
        assert!(run.all().contains(words), "{config}{}", run.all());
    }
    // Paths of a configuration elsewhere start at the directory that is checked.
    let workspace = Workspace::chart(&[
        ("templates/a.yaml", broken),
        ("../settings/x.yaml", "charts: [web]\nstrict: false\n"),
    ]);
    let run = workspace.run(&["ci", ".", "--config", "settings/x.yaml"]);
    assert_eq!(run.code, 0, "{}", run.all());
    let warned = Workspace::chart(&[
        ("values.yaml", "leftover: 1\n"),
        ("../chartwright.yaml", "failOn: warning\n"),
    ]);
    assert_eq!(warned.run(&["ci", "."]).code, 1);
    assert_eq!(warned.run(&["ci", ".", "--fail-on", "error"]).code, 0);
}

#[test]
fn plain_secrets_are_values_that_someone_wrote() {
    let template = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: {{ .Values.password | default (randAlphaNum 12) }}\n";
    let plain = Workspace::chart(&[("templates/a.yaml", template), ("values.yaml", "password: hunter22\n")]);
    assert_eq!(
        found(&plain, &["lint", "web"]),
        ["web/templates/a.yaml:5:16 plain-secret"]
    );
    let run = plain.run(&["lint", "web"]);
    assert!(run.stdout.contains("value from web/values.yaml:1:1"), "{}", run.all());
    assert!(!run.all().contains("hunter22"), "{}", run.all());
    // A random password that a template stores among the values was not written by a person.
    let random = template.replace(
        "{{ .Values",
        "{{ $_ := set .Values \"password\" (randAlphaNum 12) }}{{ .Values",
    );
    let random = Workspace::chart(&[("templates/a.yaml", random.as_str())]);
    assert_eq!(found(&random, &["lint", "web"]), Vec::<String>::new());
    // Values for tests are made up.
    let test = Workspace::chart(&[
        ("templates/a.yaml", template),
        ("ci/x-values.yaml", "password: hunter22\n"),
    ]);
    assert_eq!(found(&test, &["lint", "web"]), Vec::<String>::new());
}

#[test]
fn duplicate_keys_of_definitions_are_warnings() {
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: cs.example.org}\nspec:\n  group: example.org\n  scope: Namespaced\n  names: {kind: C, plural: cs}\n  versions:\n  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, description: a, description: b}}}\n";
    let workspace = Workspace::chart(&[("crds/c.yaml", definition)]);
    let run = workspace.run(&["lint", "web"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.stdout
            .contains("warning: key \"description\" already set in map [document]"),
        "{}",
        run.all()
    );
    assert!(run.stdout.contains("web/crds/c.yaml:9:"), "{}", run.all());
    assert!(run.stdout.contains("Helm installs this"), "{}", run.all());
}

#[test]
fn objects_that_other_values_render_are_not_missed() {
    let deployment = |name: &str, port: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n      - name: c\n        image: i:1\n        ports:\n        - name: {port}\n          containerPort: 80\n"
        )
    };
    let service = |app: &str, port: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec:\n  selector: {{app: {app}}}\n  ports: [{{port: 80, targetPort: {port}}}]\n"
        )
    };
    let optional = format!(
        "{{{{ if .Values.worker }}}}\n{}{{{{ end }}}}\n",
        deployment("worker", "jobs")
    );
    let values = ("values.yaml", "worker: false\n");
    let main = deployment("main", "http");
    for (app, port, want) in [
        ("main", "http", None),
        ("worker", "jobs", None),
        ("wroker", "jobs", Some("service-selector")),
        ("main", "jobs", None),
        ("main", "htpp", Some("service-port")),
    ] {
        let service = service(app, port);
        let workspace = Workspace::chart(&[
            ("templates/a.yaml", main.as_str()),
            ("templates/worker.yaml", optional.as_str()),
            ("templates/service.yaml", service.as_str()),
            values,
        ]);
        let found = found(&workspace, &["lint", "web"]);
        let found: Vec<&str> = found.iter().filter_map(|found| found.split(' ').nth(1)).collect();
        assert_eq!(found, Vec::from_iter(want), "{app} {port}");
    }
}
