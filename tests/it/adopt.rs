//! `drift --adopt`: images that somebody set in a cluster, with programs in the place of helm and kubectl.

use serde_json::{Value as Json, json};

use super::apply::{KUBECTL, base64};
use super::git_repositories::hook;
use super::stub_programs::StubPrograms;
use super::workspace::{CHART, Run, Workspace};

const DEPLOYMENT: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers:
      - name: init
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
      containers:
      - name: web
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
      - name: side
        image: {{ .Values.side }}
      - name: pinned
        image: "registry.example.com/shop/pinned:{{ .Values.pinned.tag }}@{{ .Values.pinned.digest }}"
      - name: chart
        image: "registry.example.com/shop/chart:{{ .Chart.AppVersion }}"
"#;

const CRON_JOB: &str = r#"apiVersion: batch/v1
kind: CronJob
metadata: {name: report}
spec:
  schedule: "0 4 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
          - name: report
            image: "registry.example.com/shop/report:{{ .Values.report.tag }}-slim"
"#;

/// An environment that was applied, and what the cluster has of it.
struct Applied {
    workspace: Workspace,
    programs: StubPrograms,
}

fn values() -> String {
    format!(
        "# about web\nimage:\n  tag: '1.0' # now\nside: registry.example.com/shop/side:2.0\npinned: {{tag: '1.0', digest: 'sha256:{}'}}\nreport: {{tag: '1.0'}}\n",
        "a".repeat(64)
    )
}

impl Applied {
    fn new(settings: &str) -> Self {
        let workspace = Workspace::chart(&[
            ("templates/web.yaml", DEPLOYMENT),
            ("templates/report.yaml", CRON_JOB),
            ("Chart.yaml", &format!("{CHART}appVersion: '3.0'\n")),
            (
                "values.yaml",
                "replicas: 1\nimage: {repository: registry.example.com/shop/web, tag: '0.1'}\n",
            ),
            ("values-prod.yaml", &values()),
            ("../chartwright.yaml", settings),
        ]);
        let programs = StubPrograms::new(&[
            ("kubectl", KUBECTL),
            ("helm", "case \"$*\" in version*) echo v4.3.0 ;; esac"),
        ]);
        let applied = Self { workspace, programs };
        applied.apply();
        applied
    }

    /// What helm stored, and the cluster has.
    fn apply(&self) {
        let rendered = self
            .workspace
            .run(&["template", "web", "web", "-f", "web/values-prod.yaml", "-n", "shop"]);
        assert_eq!(rendered.code, 0, "{}", rendered.all());
        let documents = rendered.stdout.split("---\n").filter(|text| !text.trim().is_empty());
        let live: Vec<Json> = documents
            .map(|text| {
                let mut value = chartwright::text::yaml::json_from_bytes(text.as_bytes()).expect("YAML");
                value["metadata"]["labels"] = json!({"app.kubernetes.io/managed-by": "Helm"});
                value["metadata"]["annotations"] =
                    json!({"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"});
                value
            })
            .collect();
        let release = json!({
            "name": "web", "namespace": "shop", "version": 1, "manifest": rendered.stdout,
            "info": {"status": "deployed", "last_deployed": "2026-01-01T00:00:00Z"},
            "chart": {"metadata": {"name": "web", "version": "0.1.0"}},
        });
        let text = base64(release.to_string().as_bytes());
        let items = json!({"items": [{"kind": "ConfigMap", "data": {"release": text}}]});
        self.write("releases", &items);
        self.write("live", &json!({"items": live}));
    }

    fn write(&self, name: &str, value: &Json) {
        std::fs::write(self.programs.path(name), value.to_string()).expect("a file");
    }

    /// Somebody changes what runs.
    fn set(&self, old: &str, new: &str) {
        let live = std::fs::read_to_string(self.programs.path("live")).expect("objects");
        assert!(live.contains(old), "{old}: {live}");
        std::fs::write(self.programs.path("live"), live.replace(old, new)).expect("a file");
    }

    fn drift(&self, arguments: &[&str]) -> Run {
        let arguments = [&["drift"], arguments].concat();
        self.programs
            .run(&self.workspace, &arguments, &[("HELM_DRIVER", "configmap")])
    }

    fn values(&self) -> String {
        std::fs::read_to_string(self.workspace.path("web/values-prod.yaml")).expect("values")
    }
}

const PROD: &str = "environments: [{name: prod, chart: web, namespace: shop, context: here, release: web}]\n";

fn containers(names: &[&str], old: &str, new: &str) -> Vec<(String, String)> {
    let pair = |name: &&str| {
        let named = |image: &str| format!("{{\"name\":\"{name}\",\"image\":\"{image}\"}}");
        (named(old), named(new))
    };
    names.iter().map(pair).collect()
}

#[test]
fn tags_that_run_are_written_to_the_values_file_and_nothing_else() {
    let applied = Applied::new(PROD);
    assert_eq!(applied.drift(&["prod"]).code, 0);
    for (old, new) in containers(
        &["init", "web"],
        "registry.example.com/shop/web:1.0",
        "registry.example.com/shop/web:1.4",
    ) {
        applied.set(&old, &new);
    }
    applied.set("shop/side:2.0", "shop/side:2.1");
    let digest = format!("sha256:{}", "b".repeat(64));
    applied.set(
        &format!("pinned:1.0@sha256:{}", "a".repeat(64)),
        &format!("pinned:1.1@{digest}"),
    );
    assert_eq!(applied.drift(&["prod"]).code, 2);
    let shown = applied.drift(&["prod", "--adopt", "--dry-run"]);
    assert_eq!((shown.code, applied.values()), (0, values()), "{}", shown.all());
    assert!(shown.stdout.contains("+  tag: '1.4' # now"), "{}", shown.all());
    let run = applied.drift(&["--adopt", "-o", "json"]);
    assert_eq!(run.code, 0, "{}", run.all());
    let want = values()
        .replace("tag: '1.0' # now", "tag: '1.4' # now")
        .replace("side:2.0", "side:2.1")
        .replace(
            &format!("tag: '1.0', digest: 'sha256:{}'", "a".repeat(64)),
            &format!("tag: '1.1', digest: '{digest}'"),
        );
    assert_eq!(applied.values(), want);
    let json: Json = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(
        (&json["written"], &json["files"], &json["left"]),
        (&json!(true), &json!(["web/values-prod.yaml"]), &json!([])),
        "{json}"
    );
    assert_eq!(json["images"].as_array().map(Vec::len), Some(4), "{json}");
    let first = &json["images"][0];
    assert_eq!(
        [
            &first["environment"],
            &first["release"],
            &first["image"],
            &first["oldTag"],
            &first["newTag"]
        ],
        ["prod", "web", "registry.example.com/shop/web", "1.0", "1.4"],
        "{json}"
    );
    // The files say it, and nothing was applied since.
    let again = applied.drift(&["--adopt"]);
    assert_eq!((again.code, applied.values()), (0, want), "{}", again.all());
    assert_eq!(applied.drift(&["prod"]).code, 2);
    applied.apply();
    let after = applied.drift(&["prod"]);
    assert_eq!(after.code, 0, "{}", after.all());
}

/// What somebody sets in the cluster, and what is said of it.
#[test]
fn what_the_files_cannot_take_over_stays_and_is_named() {
    let digest = format!("sha256:{}", "b".repeat(64));
    let rows: Vec<(Vec<(String, String)>, &str)> = vec![
        // Another registry than that of the environment.
        (
            vec![("shop/side:2.0".to_owned(), "other/side:2.1".to_owned())],
            "Deployment web, container side runs registry.example.com/other/side:2.1, which is not adopted: it is of another repository, and registry.example.com/shop/side is the environment's own",
        ),
        (
            containers(
                &["init", "web"],
                "registry.example.com/shop/web:1.0",
                &format!("registry.example.com/shop/web:1.4@{digest}"),
            ),
            "which is not adopted: the files have no value for its digest",
        ),
        (
            vec![(format!("pinned:1.0@sha256:{}", "a".repeat(64)), "pinned:1.1".to_owned())],
            "which is not adopted: the files pin it by a digest, and what runs has none",
        ),
        (
            vec![("shop/chart:3.0".to_owned(), "shop/chart:3.1".to_owned())],
            "which is not adopted: its tag, at web/Chart.yaml:",
        ),
        // A template makes the tag of a value.
        (
            vec![("report:1.0-slim".to_owned(), "report:1.1-slim".to_owned())],
            "CronJob report, container report runs registry.example.com/shop/report:1.1-slim, which is not adopted: its tag, at web/values-prod.yaml:6",
        ),
        // Two containers, one value.
        (
            [
                containers(
                    &["init"],
                    "registry.example.com/shop/web:1.0",
                    "registry.example.com/shop/web:1.3",
                ),
                containers(
                    &["web"],
                    "registry.example.com/shop/web:1.0",
                    "registry.example.com/shop/web:1.4",
                ),
            ]
            .concat(),
            "Deployment web, container init has the same value, and runs registry.example.com/shop/web:1.3",
        ),
        (
            vec![("shop/side:2.0".to_owned(), "shop/side".to_owned())],
            "which is not adopted: it has neither a tag nor a digest",
        ),
        (
            vec![("\"replicas\":1".to_owned(), "\"replicas\":3".to_owned())],
            "prod: web: Deployment web differs in spec.replicas",
        ),
        (
            vec![("\"name\":\"report\"}".to_owned(), "\"name\":\"gone\"}".to_owned())],
            "prod: web: CronJob report is not in the cluster",
        ),
    ];
    for (changes, said) in rows {
        let applied = Applied::new(PROD);
        // The name of the object alone.
        for (old, new) in &changes {
            if old == "\"name\":\"report\"}" {
                applied.set("\"metadata\":{\"name\":\"report\"", "\"metadata\":{\"name\":\"gone\"");
            } else {
                applied.set(old, new);
            }
        }
        let run = applied.drift(&["prod", "--adopt"]);
        assert_eq!((run.code, applied.values()), (2, values()), "{said}: {}", run.all());
        assert!(run.stderr.contains(said), "{said}: {}", run.all());
    }
}

#[test]
fn an_image_is_adopted_where_other_things_stay() {
    let applied = Applied::new(PROD);
    applied.set("shop/side:2.0", "shop/side:1.9");
    applied.set("\"replicas\":1", "\"replicas\":3");
    let run = applied.drift(&["--adopt"]);
    assert_eq!(run.code, 2, "{}", run.all());
    assert_eq!(applied.values(), values().replace("side:2.0", "side:1.9"));
    assert!(run.stderr.contains("differs in spec.replicas"), "{}", run.all());
    assert!(!run.stderr.contains("not adopted"), "{}", run.all());
}

#[test]
fn what_the_files_were_changed_to_since_is_not_taken_back() {
    let applied = Applied::new(PROD);
    applied.set("shop/side:2.0", "shop/side:2.1");
    let changed = values().replace("side:2.0", "side:2.2");
    applied.workspace.write("web/values-prod.yaml", &changed);
    let run = applied.drift(&["--adopt"]);
    assert_eq!((run.code, applied.values()), (2, changed), "{}", run.all());
    assert!(
        run.stderr.contains(
            "runs registry.example.com/shop/side:2.1, and the files were changed to registry.example.com/shop/side:2.2"
        ),
        "{}",
        run.all()
    );
    // What is in the files and was not applied is no image that somebody set.
    let applied = Applied::new(PROD);
    applied
        .workspace
        .write("web/values-prod.yaml", &values().replace("side:2.0", "side:2.2"));
    let run = applied.drift(&["--adopt"]);
    assert_eq!(run.code, 2, "{}", run.all());
    assert!(
        run.stderr
            .contains("prod: web: the files say something else than what was applied"),
        "{}",
        run.all()
    );
}

#[test]
fn shared_files_and_flags_without_adopt_are_refused() {
    let both = "environments:\n- {name: prod, chart: web, namespace: shop, context: here, release: web, values: [values-prod.yaml]}\n- {name: other, chart: web, namespace: other, context: here, release: web, values: [values-prod.yaml]}\n";
    let applied = Applied::new(both);
    applied.set("shop/side:2.0", "shop/side:2.1");
    let run = applied.drift(&["prod", "--adopt"]);
    assert_eq!((run.code, applied.values()), (1, values()), "{}", run.all());
    assert!(
        run.stderr.contains("it is a file of other too") && run.stderr.contains("--shared"),
        "{}",
        run.all()
    );
    let run = applied.drift(&["prod", "--adopt", "--shared"]);
    assert_eq!(
        (run.code, applied.values()),
        (0, values().replace("side:2.0", "side:2.1")),
        "{}",
        run.all()
    );
    for flags in [
        &["--shared"][..],
        &["--dry-run"],
        &["--commit"],
        &["--push"],
        &["--chart-version", "patch"],
    ] {
        let run = applied.drift(flags);
        assert_eq!(run.code, 2, "{}", run.all());
        assert!(run.stderr.contains("--adopt"), "{}", run.all());
    }
}

#[test]
fn what_is_adopted_can_be_committed() {
    let applied = Applied::new(PROD);
    let git = |arguments: &[&str]| {
        let done = std::process::Command::new("git")
            .args(arguments)
            .current_dir(applied.workspace.path("."))
            .envs([
                ("GIT_AUTHOR_NAME", "Ada"),
                ("GIT_AUTHOR_EMAIL", "ada@example.com"),
                ("GIT_COMMITTER_NAME", "Ada"),
                ("GIT_COMMITTER_EMAIL", "ada@example.com"),
            ])
            .output()
            .expect("git runs");
        assert!(done.status.success(), "{arguments:?}: {done:?}");
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    git(&["init", "--quiet"]);
    hook(&applied.workspace.path(".git/hooks"), "pre-commit", "exit 0");
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "Start"]);
    applied.set("shop/side:2.0", "shop/side:2.1");
    let run = applied.drift(&["--adopt", "--commit", "--author", "Ada <ada@example.com>"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(run.stdout.contains("committed "), "{}", run.all());
    let subject = git(&["log", "--max-count=1", "--format=%s"]);
    assert!(
        subject.contains("registry.example.com/shop/side from 2.0 to 2.1"),
        "{subject}"
    );
    assert_eq!(git(&["status", "--porcelain"]), "");
}

#[test]
fn a_release_that_nothing_knows_has_no_history() {
    let applied = Applied::new(PROD);
    let history = |arguments: &[&str]| {
        let arguments = [&["history", "prod"], arguments].concat();
        applied
            .programs
            .run(&applied.workspace, &arguments, &[("HELM_DRIVER", "configmap")])
    };
    assert_eq!(history(&["web"]).code, 0);
    std::fs::remove_file(applied.programs.path("releases")).expect("it was there");
    let run = history(&["nope"]);
    assert_eq!(run.code, 2, "{}", run.all());
    assert!(
        run.stderr
            .contains("there is no release in environment `prod` named `nope`: there are web"),
        "{}",
        run.all()
    );
    assert_eq!(history(&["web"]).code, 0);
}
