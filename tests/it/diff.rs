//! `chartwright diff`: what changes in rendered objects between commits, the work tree, directories and packages.

use serde_json::Value as Json;

use super::git_repositories::{Clone, Repositories};
use super::workspace::Workspace;

const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
const VALUES: &str =
    "image: {repository: ghcr.io/acme/web, tag: \"1.0\"}\nreplicas: 2\npassword: hunter-two-2\nextra: false\n";
const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: \"{{ .Values.image.repository }}:{{ .Values.image.tag }}\"
        env: [{name: DSN, value: \"db://web:{{ .Values.password }}@db\"}]
";
const SECRET: &str = "apiVersion: v1
kind: Secret
metadata: {name: web}
stringData: {password: {{ .Values.password | quote }}}
{{ if .Values.extra }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: extra}
{{ end }}
";

const FILES: [(&str, &str); 8] = [
    ("charts/web/Chart.yaml", CHART),
    ("charts/web/values.yaml", VALUES),
    ("charts/web/values-dev.yaml", "replicas: 1\n"),
    ("charts/web/values-prod.yaml", "replicas: 5\n"),
    ("charts/web/templates/deployment.yaml", DEPLOYMENT),
    ("charts/web/templates/secret.yaml", SECRET),
    (
        "charts/other/Chart.yaml",
        "apiVersion: v2\nname: other\nversion: 1.0.0\n",
    ),
    (
        "charts/other/templates/a.yaml",
        "kind: ConfigMap\napiVersion: v1\nmetadata: {name: other}\n",
    ),
];

/// The JSON that a comparison prints.
fn json(clone: &Clone<'_>, arguments: &[&str]) -> Json {
    let arguments = [&["diff", "--output", "json"], arguments].concat();
    let output = clone.command(&arguments, &[]).output().expect("runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {text}{said}"))
}

/// `CHANGE KIND NAME (RENDERINGS) RISKS` of each object.
fn objects(document: &Json) -> Vec<String> {
    let texts = |value: &Json, member: Option<&str>| -> Vec<String> {
        let list = value.as_array().expect("a list").iter();
        let text = |one: &Json| {
            member
                .map_or(one, |member| &one[member])
                .as_str()
                .expect("a text")
                .to_owned()
        };
        list.map(text).collect()
    };
    let charts = document["charts"].as_array().expect("charts").iter();
    let all = charts.flat_map(|chart| chart["objects"].as_array().expect("objects"));
    let shown = all.map(|object| {
        let text = |name: &str| object[name].as_str().expect("a text");
        let risks = texts(&object["risks"], Some("id")).join(" ");
        let renderings = texts(&object["renderings"], None).join("+");
        let shown = format!(
            "{} {} {} ({renderings}) {risks}",
            text("change"),
            text("kind"),
            text("name")
        );
        shown.trim_end().to_owned()
    });
    shown.collect()
}

#[test]
fn the_work_tree_is_compared_with_commits() {
    let repositories = Repositories::with(&FILES);
    let clone = repositories.clone("work");
    let none = "0 charts compared: 0 objects added, 0 removed, 0 changed; 0 risks\n";
    assert_eq!(clone.run(0, &["diff", "--exit-code"], &[]), none);
    clone.write(
        "charts/web/values.yaml",
        &VALUES.replace("1.0", "1.1").replace("extra: false", "extra: true"),
    );
    clone.write("charts/web/values-prod.yaml", "replicas: 0\n");
    let wanted = [
        "added ConfigMap extra (default values+values-dev.yaml+values-prod.yaml)",
        "changed Deployment web (default values+values-dev.yaml) image-changed",
        "changed Deployment web (values-prod.yaml) scaled-to-zero image-changed",
    ];
    assert_eq!(objects(&json(&clone, &["charts/web"])), wanted);
    assert_eq!(objects(&json(&clone, &[])), wanted);
    assert_eq!(objects(&json(&clone, &["charts/other"])), Vec::<String>::new());
    clone.run(1, &["diff", "charts/web", "--exit-code"], &[]);
    clone.run(1, &["diff", "charts/web", "--detailed-exitcode"], &[]);
    let text = clone.run(0, &["diff", "charts/web"], &[]);
    for line in [
        "charts/web: web 1.0.0\n",
        "\n+ ConfigMap extra added in all 3 renderings\n",
        "\n  ! ghcr.io/acme/web:1.0 → ghcr.io/acme/web:1.1 [image-changed]\n",
        "\n  -        image: ghcr.io/acme/web:1.0\n  +        image: ghcr.io/acme/web:1.1\n",
        "\n1 chart compared: 1 object added, 0 removed, 2 changed; 3 risks\n",
    ] {
        assert!(text.contains(line), "{line:?} is not in {text}");
    }
    assert!(!text.contains("kind: ConfigMap"), "{text}");
    assert!(
        clone
            .run(0, &["diff", "charts/web", "--full"], &[])
            .contains("\n  +kind: ConfigMap\n")
    );
    // Commits, and what a branch changed since it left another.
    clone.git(&["checkout", "--quiet", "-b", "change"]);
    clone.commit_all("Change");
    clone.git(&["checkout", "--quiet", "main"]);
    clone.write(
        "charts/web/templates/deployment.yaml",
        &DEPLOYMENT.replace("{name: web}\nspec", "{name: www}\nspec"),
    );
    clone.commit_all("Rename on main");
    clone.git(&["checkout", "--quiet", "change"]);
    assert_eq!(objects(&json(&clone, &["--since", "main"])), wanted);
    assert_eq!(
        objects(&json(&clone, &["--since", "main", "--to", "HEAD", "charts"])),
        wanted
    );
    assert_eq!(
        objects(&json(&clone, &["--from", "change", "charts/web"])),
        Vec::<String>::new()
    );
    let both = objects(&json(&clone, &["--from", "change", "--to", "main"]));
    assert!(
        both.iter()
            .any(|object| object.starts_with("removed Deployment web (default values+")),
        "{both:?}"
    );
    assert!(
        both.iter()
            .any(|object| object.starts_with("added Deployment www (default values+")),
        "{both:?}"
    );
    // The files on the disk are not looked at.
    clone.git(&["rm", "--quiet", "-r", "charts"]);
    assert_eq!(
        objects(&json(&clone, &["--from", "HEAD~1", "--to", "HEAD", "charts/web"])),
        wanted
    );
    let removed = objects(&json(&clone, &["charts/other"]));
    assert_eq!(removed, ["removed ConfigMap other (default values) object-removed"]);
}

#[test]
fn charts_beside_a_chart_are_those_of_the_same_commit() {
    let repositories = Repositories::with(&FILES);
    let clone = repositories.clone("work");
    let shop = "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies: [{name: web, version: 1.x, repository: \"file://../web\"}]\n";
    clone.write("charts/shop/Chart.yaml", shop);
    clone.write("charts/shop/values.yaml", "web: {replicas: 3}\n");
    clone.commit_all("Shop");
    clone.write("charts/web/values.yaml", &VALUES.replace("\"1.0\"", "\"1.1\""));
    let found = json(&clone, &["charts"]);
    let charts: Vec<&str> = found["charts"]
        .as_array()
        .expect("charts")
        .iter()
        .map(|chart| chart["chart"].as_str().expect("a text"))
        .collect();
    assert_eq!(charts, ["charts/shop", "charts/web"]);
    assert_eq!(
        objects(&json(&clone, &["charts/shop"])),
        ["changed Deployment web (default values) image-changed"]
    );
    // What git ignores is on the disk alone.
    clone.write(".gitignore", "*.tgz\n");
    clone.write(
        "charts/packed/Chart.yaml",
        &shop
            .replace("name: shop", "name: packed")
            .replace("file://../web", "https://charts.example.org"),
    );
    clone.run(0, &["package", "charts/web", "-d", "charts/packed/charts"], &[]);
    clone.commit_all("Packed");
    clone.write("charts/packed/values.yaml", "web: {replicas: 3}\n");
    assert_eq!(
        objects(&json(&clone, &["charts/packed"])),
        ["changed Deployment web (default values)"]
    );
}

#[test]
fn environments_and_given_values_are_those_of_each_state() {
    let repositories = Repositories::with(&FILES);
    let clone = repositories.clone("work");
    clone.write(
        "chartwright.yaml",
        "environments:\n- {name: live, chart: charts/web, values: [values-prod.yaml], release: shop, namespace: shop}\n",
    );
    clone.write(
        "charts/web/templates/deployment.yaml",
        &DEPLOYMENT.replace("{name: web}\nspec", "{name: \"{{ .Release.Name }}\"}\nspec"),
    );
    clone.commit_all("Environments");
    clone.write("charts/web/values-prod.yaml", "replicas: 6\n");
    clone.write("charts/web/values-test.yaml", "replicas: 1\n");
    let found = json(&clone, &["charts/web"]);
    assert_eq!(objects(&found), ["changed Deployment shop (live)"]);
    assert_eq!(
        found["charts"][0]["renderings"],
        serde_json::json!(["default values", "values-dev.yaml", "live"])
    );
    assert_eq!(
        found["charts"][0]["notes"],
        serde_json::json!(["values-test.yaml is new: it renders 2 objects"])
    );
    assert_eq!(
        found["charts"][0]["objects"][0]["fields"],
        serde_json::json!([{"path": "spec.replicas", "before": 5, "after": 6}])
    );
    let given = json(
        &clone,
        &["charts/web", "-f", "charts/web/values-prod.yaml", "--set", "extra=true"],
    );
    assert_eq!(
        objects(&given),
        ["changed Deployment release-name (charts/web/values-prod.yaml)"]
    );
    let named = json(&clone, &["charts/web", "--set", "replicas=1", "--release", "r"]);
    assert_eq!(objects(&named), Vec::<String>::new());
}

/// Those of the state that is compared: what the file on the disk says is about the files on the disk.
#[test]
fn settings_are_those_of_the_state_that_is_compared() {
    let repositories = Repositories::with(&FILES);
    let clone = repositories.clone("work");
    let settings =
        |name: &str| format!("environments:\n- {{name: {name}, chart: charts/web, values: [values-prod.yaml]}}\n");
    clone.write("chartwright.yaml", &settings("before"));
    clone.commit_all("First");
    clone.write("chartwright.yaml", &settings("after"));
    clone.write("charts/web/values-prod.yaml", "replicas: 6\n");
    clone.commit_all("Second");
    let states = ["--from", "HEAD~1", "--to", "HEAD"];
    let compared = |arguments: &[&str]| objects(&json(&clone, &[arguments, &states[..]].concat()));
    for text in [
        None,
        Some("environments: [{name: disk, chart: charts/web, values: [values-dev.yaml]}]\n"),
        Some("not: [valid\n"),
    ] {
        match text {
            Some(text) => clone.write("chartwright.yaml", text),
            None => std::fs::remove_file(clone.path.join("chartwright.yaml")).expect("is there"),
        }
        for arguments in [&["charts/web"][..], &["charts"], &[]] {
            assert_eq!(
                compared(arguments),
                ["changed Deployment web (after)"],
                "{text:?} {arguments:?}"
            );
        }
    }
    // The chart may be gone from the disk, with the directory of the settings.
    clone.git(&["checkout", "--quiet", "."]);
    std::fs::remove_dir_all(clone.path.join("charts")).expect("is there");
    assert_eq!(compared(&["charts/web"]), ["changed Deployment web (after)"]);
    clone.git(&["checkout", "--quiet", "."]);
    clone.git(&["mv", "charts", "moved"]);
    clone.git(&["mv", "chartwright.yaml", "moved/chartwright.yaml"]);
    clone.write(
        "moved/chartwright.yaml",
        &settings("inner").replace("charts/web", "web"),
    );
    clone.commit_all("Move");
    clone.write("moved/web/values-prod.yaml", "replicas: 7\n");
    clone.commit_all("Seven");
    std::fs::remove_dir_all(clone.path.join("moved")).expect("is there");
    assert_eq!(compared(&["moved/web"]), ["changed Deployment web (inner)"]);
    // What a file that was found may not say, it may not say in a commit either.
    for (text, code, want) in [
        ("allowLinks: true\n", 2, "links out of charts are only allowed"),
        (
            "environments: [{name: x, chart: charts/web, values: [../../../x.yaml]}]\n",
            2,
            "leads out of",
        ),
        ("not: [valid\n", 2, "chartwright.yaml"),
    ] {
        let clone = repositories.clone(&format!("trust-{}", text.len()));
        clone.write("chartwright.yaml", text);
        clone.commit_all("Settings");
        std::fs::remove_file(clone.path.join("chartwright.yaml")).expect("is there");
        let said = clone.run(code, &["diff", "charts/web", "--from", "HEAD~1", "--to", "HEAD"], &[]);
        assert!(said.contains(want), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn settings_of_a_commit_are_not_a_link() {
    let repositories = Repositories::with(&FILES);
    let clone = repositories.clone("work");
    std::os::unix::fs::symlink("/etc/hostname", clone.path.join("chartwright.yaml")).expect("a link");
    clone.commit_all("A link");
    let said = clone.run(3, &["diff", "charts/web", "--from", "HEAD~1", "--to", "HEAD"], &[]);
    assert!(said.contains("chartwright.yaml: it is a symbolic link"), "{said}");
}

#[test]
fn secrets_are_not_shown_and_their_changes_are() {
    let repositories = Repositories::with(&FILES);
    let clone = repositories.clone("work");
    clone.write(
        "charts/web/values.yaml",
        &VALUES.replace("hunter-two-2", "correct-horse-3"),
    );
    for output in ["text", "json", "markdown", "html"] {
        let text = clone.run(0, &["diff", "--output", output, "charts/web"], &[]);
        assert!(
            !text.contains("hunter-two-2") && !text.contains("correct-horse-3"),
            "{text}"
        );
        for shown in ["Secret", "Deployment", "***"] {
            assert!(text.contains(shown), "{output}: {text}");
        }
    }
    let found = json(&clone, &["charts/web"]);
    let fields: Vec<&Json> = found["charts"][0]["objects"]
        .as_array()
        .expect("objects")
        .iter()
        .map(|object| &object["fields"])
        .collect();
    assert_eq!(
        fields[1],
        &serde_json::json!([{"path": "stringData.password", "before": "***", "after": "***"}])
    );
    let text = clone.run(0, &["diff", "charts/web"], &[]);
    assert!(
        text.contains("-  password: '*** (before)'\n  +  password: '*** (after)'"),
        "{text}"
    );
    assert!(text.contains("-          value: db://db\n"), "{text}");
}

#[test]
fn a_rendering_that_fails_hides_nothing_else() {
    let repositories = Repositories::with(&FILES);
    let clone = repositories.clone("work");
    clone.write("charts/web/values.yaml", &VALUES.replace("\"1.0\"", "\"1.1\""));
    clone.write(
        "charts/web/templates/deployment.yaml",
        &format!(
            "{{{{ if eq (int .Values.replicas) 5 }}}}{{{{ fail \"five hunter-two-2\" }}}}{{{{ end }}}}\n{DEPLOYMENT}"
        ),
    );
    clone.write("charts/other/Chart.yaml", "apiVersion: v2\nname: other\n");
    let found = json(&clone, &[]);
    assert_eq!(
        objects(&found),
        ["changed Deployment web (default values+values-dev.yaml) image-changed"]
    );
    let failures: Vec<&Json> = found["charts"]
        .as_array()
        .expect("charts")
        .iter()
        .map(|chart| &chart["failures"][0])
        .collect();
    assert_eq!(failures[0]["side"], "after");
    assert!(
        failures[0]["message"]
            .as_str()
            .expect("a text")
            .contains("version is required"),
        "{failures:?}"
    );
    assert_eq!(failures[1]["rendering"], "values-prod.yaml");
    let message = failures[1]["message"].as_str().expect("a text");
    assert!(
        message.contains("execution error at (web/templates/deployment.yaml:1:") && message.contains("five ***"),
        "{message}"
    );
    let text = clone.run(1, &["diff"], &[]);
    assert!(text.contains("2 renderings failed"), "{text}");
}

#[test]
fn directories_and_packages_are_compared() {
    let renamed = SECRET.replace("{name: web}", "{name: \"web-two\"}");
    let workspace = Workspace::new(&[
        ("old/Chart.yaml", CHART),
        ("old/values.yaml", VALUES),
        ("old/templates/a.yaml", SECRET),
        ("new/values-prod.yaml", "{}\n"),
        ("new/Chart.yaml", &CHART.replace("1.0.0", "1.1.0")),
        ("new/values.yaml", VALUES),
        ("new/templates/b.yaml", &renamed),
    ]);
    for directory in ["old", "new"] {
        let packed = workspace.run(&["package", directory, "-d", "repository"]);
        assert_eq!(packed.code, 0, "{}", packed.all());
    }
    let indexed = workspace.run(&["repo", "index", "repository"]);
    assert_eq!(indexed.code, 0, "{}", indexed.all());
    let url = format!("file://{}", workspace.path("repository").display());
    for arguments in [
        &["diff", "old", "new"][..],
        &["diff", "repository/web-1.0.0.tgz", "repository/web-1.1.0.tgz"],
        &["diff", "old", "repository/web-1.1.0.tgz"],
        &[
            "diff",
            "web",
            "--repo",
            &url,
            "--from-version",
            "1.0.0",
            "--version",
            "1.1.0",
        ],
        &["diff", "web", "--repo", &url, "--from-version", "1.0.0"],
    ] {
        let run = workspace.run(arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.all());
        assert!(
            run.stdout.contains("web 1.0.0 → 1.1.0"),
            "{arguments:?}: {}",
            run.stdout
        );
        assert!(
            run.stdout
                .contains("- Secret web removed in default values\n  ! the upgrade deletes it [object-removed]\n"),
            "{arguments:?}: {}",
            run.stdout
        );
        assert!(
            run.stdout
                .contains("1 chart compared: 1 object added, 1 removed, 0 changed; 1 risk\n"),
            "{arguments:?}: {}",
            run.stdout
        );
    }
    for (code, arguments, words) in [
        (2, &["diff", "old", "new", "--since", "main"][..], "not for two"),
        (2, &["diff", "old", "--version", "1.0.0"], "--from-version"),
        (2, &["diff", "--from-version", "1.0.0"], "name the chart"),
        (2, &["diff", "repository/web-1.0.0.tgz"], "name two packages"),
        (2, &["diff", "--since", "a", "--from", "b"], "cannot be used with"),
        (3, &["diff", "old", "nowhere/x"], "nowhere/x"),
        (3, &["diff", "old"], "not a git repository"),
    ] {
        let run = workspace.run(arguments);
        assert_eq!(run.code, code, "{arguments:?}: {}", run.all());
        assert!(run.stderr.contains(words), "{arguments:?}: {}", run.all());
    }
}

#[test]
fn commits_that_are_missing_are_named() {
    let repositories = Repositories::with(&FILES);
    let clone = repositories.clone("work");
    for (arguments, words) in [
        (&["diff", "--since", "nope"][..], "git has no commit `nope` here"),
        (&["diff", "--from", "--output"], "a value is required"),
        (&["diff", "--from=--output=x"], "git has no commit `--output=x` here"),
        (
            &["diff", "charts/nowhere"],
            "charts/nowhere: there is no chart, in either state",
        ),
    ] {
        let output = clone.command(arguments, &[]).output().expect("runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(words), "{arguments:?}: {said}");
        assert!(matches!(output.status.code(), Some(2 | 3)), "{arguments:?}: {said}");
    }
    // A shallow clone does not know where a branch began.
    clone.write("a", "a");
    clone.commit_all("On main");
    clone.git(&["push", "--quiet"]);
    let shallow = repositories.clone_with("shallow", &["--depth=1"]);
    shallow.git(&["checkout", "--quiet", "--orphan", "apart"]);
    shallow.commit_all("Apart");
    let said = shallow.run(3, &["diff", "--since", "main"], &[]);
    assert!(
        said.contains("no commit in common") && said.contains("the clone is shallow"),
        "{said}"
    );
}

/// What the charts of two commits depend on is in the commits, not on the disk.
#[test]
fn dependencies_are_those_of_the_commits() {
    let chart = |name: &str, more: &str| format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n{more}");
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: lib}\ndata: {a: one}\n";
    let app = chart(
        "app",
        "dependencies: [{name: lib, version: 1.0.0, repository: \"file://../lib\"}]\n",
    );
    let repositories = Repositories::with(&[
        ("charts/app/Chart.yaml", &app),
        ("charts/lib/Chart.yaml", &chart("lib", "")),
        ("charts/lib/templates/a.yaml", map),
        ("charts/other/Chart.yaml", &chart("other", "")),
    ]);
    let clone = repositories.clone("work");
    clone.write("charts/lib/templates/a.yaml", &map.replace("one", "two"));
    clone.commit_all("Change what app depends on");
    let arguments = ["diff", "charts", "--from", "HEAD~1", "--to", "HEAD"];
    let said = clone.run(0, &arguments, &[]);
    assert!(said.contains("2 charts compared"), "{said}");
    clone.write("charts/app/Chart.yaml", &chart("app", ""));
    assert_eq!(clone.run(0, &arguments, &[]), said);
    std::fs::remove_dir_all(clone.path.join("charts")).expect("is there");
    assert_eq!(clone.run(0, &arguments, &[]), said);
}

/// A chart behind a link is the one that it leads to; a colon in a path means nothing to git.
#[cfg(unix)]
#[test]
fn a_chart_is_found_under_its_own_name() {
    let chart = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: one}\n";
    let repositories = Repositories::with(&[(":x/web/Chart.yaml", chart), (":x/web/templates/a.yaml", map)]);
    let clone = repositories.clone("work");
    std::os::unix::fs::symlink("web", clone.path.join(":x/zz")).expect("a link");
    clone.commit_all("A link to the chart");
    clone.write(":x/web/templates/a.yaml", &map.replace("one", "two"));
    for directory in [".", ":x", ":x/web"] {
        let said = clone.run(0, &["diff", directory, "--since", "HEAD"], &[]);
        assert!(
            said.contains("1 chart compared: 0 objects added, 0 removed, 1 changed"),
            "{directory}: {said}"
        );
        assert!(said.contains("/web: ") && !said.contains("zz"), "{directory}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn links_of_a_commit_stay_in_the_chart() {
    let repositories = Repositories::with(&FILES);
    let clone = repositories.clone("work");
    std::os::unix::fs::symlink("deployment.yaml", clone.path.join("charts/web/templates/again.yaml")).expect("a link");
    clone.commit_all("A link inside");
    assert_eq!(objects(&json(&clone, &["charts/web"])), Vec::<String>::new());
    std::fs::remove_file(clone.path.join("charts/web/templates/again.yaml")).expect("is there");
    assert_eq!(
        objects(&json(&clone, &["charts/web"])),
        ["removed Deployment web (default values+values-dev.yaml+values-prod.yaml) object-removed"]
    );
    std::os::unix::fs::symlink("/etc/hostname", clone.path.join("charts/web/templates/out.yaml")).expect("a link");
    clone.commit_all("A link outside");
    let said = clone.run(1, &["diff", "charts/web", "--from", "HEAD~1", "--to", "HEAD"], &[]);
    assert!(
        said.contains("templates/out.yaml: the symbolic link leads out of charts/web"),
        "{said}"
    );
}

#[test]
fn a_repository_without_a_commit_is_said() {
    let workspace = Workspace::chart(&[]);
    workspace.make_repository();
    let run = workspace.run(&["diff", "web"]);
    assert_eq!(run.code, 3, "{}", run.all());
    assert!(
        run.stderr.contains("there is no commit yet") && !run.stderr.contains("fetch"),
        "{}",
        run.all()
    );
}
