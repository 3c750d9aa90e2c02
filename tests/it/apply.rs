//! `apply` with programs in the place of helm and kubectl: what they are given, what is kept from them, and what is not run at all.

use serde_json::{Value as Json, json};

use super::stub_programs::StubPrograms;
use super::workspace::{CHART, Run, Workspace};

const PASSWORD: &str = "Tr0ub4dor-and-3";

/// kubectl: what is created or replaced is kept in files, and releases are what helm left.
pub(crate) const KUBECTL: &str = r#"
here="${0%/*}"
missing() { echo 'Error from server (NotFound): it is not there' >&2; exit 1; }
show() { if [ -f "$here/$1" ]; then cat "$here/$1"; else missing; fi; }
case "$*" in
  *"--raw /version"*) echo '{"gitVersion": "v1.35.0"}' ;;
  *"-l owner=helm"*) if [ -f "$here/releases" ]; then cat "$here/releases"; else echo '{"items": []}'; fi ;;
  *"get namespace "*) echo '{"kind": "Namespace"}' ;;
  *"get configmaps chartwright-"*) show records ;;
  *"get leases"*) show lease ;;
  *"get service "*) show service ;;
  *"get pods,"*) if [ -f "$here/at-work" ]; then cat "$here/pods"; else echo '{"items": []}'; fi ;;
  *" logs web-0 "*) if [ -f "$here/at-work" ]; then echo 'no route to the database'; else missing; fi ;;
  *"apply --server-side --force-conflicts"*) cat > "$here/service" ;;
  *"-l app.kubernetes.io/managed-by=Helm"*) if [ -f "$here/live" ]; then cat "$here/live"; else echo '{"items": []}'; fi ;;
  *"--dry-run=server"*) cat > /dev/null ;;
  *"create -f -"*|*"replace -f -"*)
    cat > "$here/written"
    if grep -q Lease "$here/written"; then mv "$here/written" "$here/lease"; cat "$here/lease"; else mv "$here/written" "$here/records"; cat "$here/records"; fi ;;
  *"patch leases"*) echo '{}' ;;
  *) echo '{"items": []}' ;;
esac
"#;

/// helm: the release is what the test says, unless it fails.
const HELM: &str = r#"
here="${0%/*}"
case "$*" in
  version*) echo v4.3.0 ;;
  *upgrade*)
    cat > "$here/values"
    if [ -f "$here/crashes" ]; then touch "$here/at-work"; sleep 3; rm "$here/at-work"; fi
    if [ -f "$here/fails" ]; then echo 'Error: UPGRADE FAILED: context deadline exceeded' >&2; exit 1; fi
    cp "$here/deployed" "$here/releases" ;;
esac
"#;

/// sops: each encrypted file has its text beside it.
const SOPS: &str = r#"cat "$2.plain""#;

pub(super) struct Cluster {
    pub(super) workspace: Workspace,
    pub(super) programs: StubPrograms,
}

impl Cluster {
    fn new() -> Self {
        Self::with("", &[])
    }

    /// With more of the environment, and with more templates.
    pub(super) fn with(more: &str, templates: &[(&str, &str)]) -> Self {
        let environment =
            format!("environments: [{{name: prod, chart: web, namespace: shop, context: here, release: web{more}}}]\n");
        let workspace = Workspace::chart(&[
            (
                "templates/a.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {text: {{ .Values.text | quote }}}\n",
            ),
            (
                "templates/b.yaml",
                "apiVersion: v1\nkind: Secret\nmetadata: {name: web}\nstringData: {password: {{ .Values.password | quote }}}\n",
            ),
            ("Chart.yaml", CHART),
            ("values.yaml", "text: first\npassword: ''\n"),
            ("values-prod.yaml", &format!("text: second\npassword: {PASSWORD}\n")),
            ("../chartwright.yaml", &environment),
        ]);
        for (name, text) in templates {
            std::fs::write(workspace.path("web").join(name), text).expect("a file");
        }
        let programs = StubPrograms::new(&[("kubectl", KUBECTL), ("helm", HELM), ("sops", SOPS)]);
        let cluster = Self { workspace, programs };
        cluster.deploys("web/values-prod.yaml");
        cluster
    }

    /// What helm stores once it is asked to upgrade, and what the cluster has then.
    pub(super) fn deploys(&self, values: &str) {
        let rendered = self
            .workspace
            .run(&["template", "web", "web", "-f", values, "-n", "shop"]);
        assert_eq!(rendered.code, 0, "{}", rendered.all());
        let given = std::fs::read(self.workspace.path(values)).expect("a file");
        let documents = rendered.stdout.split("---\n").filter(|text| !text.trim().is_empty());
        let live: Vec<Json> = documents
            .map(|text| {
                let mut value = chartwright::text::yaml::json_from_bytes(text.as_bytes()).expect("YAML");
                // What Helm adds.
                value["metadata"]["labels"] = json!({"app.kubernetes.io/managed-by": "Helm"});
                value["metadata"]["annotations"] =
                    json!({"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"});
                value
            })
            .collect();
        let release = json!({
            "name": "web", "namespace": "shop", "version": 1, "manifest": rendered.stdout,
            "config": chartwright::text::yaml::json_from_bytes(&given).expect("YAML"),
            "info": {"status": "deployed", "last_deployed": "2026-01-01T00:00:00Z"},
            "chart": {"metadata": {"name": "web", "version": "0.1.0"}},
        });
        let text = base64(release.to_string().as_bytes());
        let items = json!({"items": [{"kind": "ConfigMap", "data": {"release": text}}]});
        for (name, value) in [("deployed", items), ("live", json!({"items": live}))] {
            std::fs::write(self.programs.path(name), value.to_string()).expect("a file");
        }
    }

    pub(super) fn run(&self, arguments: &[&str]) -> (Run, Vec<String>) {
        let arguments = [&["apply", "prod", "--allow-dirty", "--skip-lint"], arguments].concat();
        let run = self
            .programs
            .run(&self.workspace, &arguments, &[("HELM_DRIVER", "configmap")]);
        (run, self.programs.calls())
    }
}

/// The alphabet of RFC 4648.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let number = part.iter().fold(0_u32, |all, byte| (all << 8) | u32::from(*byte)) << (8 * (3 - part.len()));
        for place in 0..4 {
            let digit = (number >> (18 - 6 * place)) & 63;
            text.push(if place <= part.len() {
                DIGITS[digit as usize] as char
            } else {
                '='
            });
        }
    }
    text
}

/// The calls that change a cluster.
fn writes(calls: &[String]) -> Vec<&String> {
    let is_write = |call: &&String| {
        let words = ["create -f", "replace -f", "patch ", "upgrade", "rollback", "uninstall"];
        words.iter().any(|word| call.contains(word))
    };
    calls.iter().filter(is_write).collect()
}

#[test]
fn values_reach_helm_on_its_standard_input_and_nothing_else() {
    let cluster = Cluster::new();
    let (run, calls) = cluster.run(&[]);
    assert_eq!(run.code, 0, "{}", run.all());
    let upgrade = calls.iter().find(|call| call.contains("upgrade")).expect("an upgrade");
    assert!(
        upgrade.starts_with("helm --kube-context here upgrade web /"),
        "{upgrade}"
    );
    assert!(
        upgrade.contains("--install --namespace shop -f - --wait --wait-for-jobs --rollback-on-failure"),
        "{upgrade}"
    );
    let values = std::fs::read_to_string(cluster.programs.path("values")).expect("values");
    assert_eq!(
        serde_json::from_str::<Json>(&values).expect("JSON"),
        json!({"text": "second", "password": PASSWORD})
    );
    let records = std::fs::read_to_string(cluster.programs.path("records")).expect("records");
    assert!(records.contains("deployed"), "{records}");
    for (place, text) in [
        ("output", run.all()),
        ("arguments", calls.join("\n")),
        ("records", records),
    ] {
        assert!(!text.contains(PASSWORD), "{place}: {text}");
    }
    let file = upgrade.split(' ').nth(5).expect("a chart");
    assert!(!std::path::Path::new(file).exists(), "{file} is left");
}

#[test]
fn nothing_is_written_where_nothing_changes_or_a_dry_run_is_asked_for() {
    let cluster = Cluster::new();
    let (run, calls) = cluster.run(&["--dry-run", "--detailed-exitcode"]);
    assert_eq!((run.code, writes(&calls)), (10, Vec::new()), "{}", run.all());
    assert!(run.stdout.contains("install web: web-0.1.0"), "{}", run.all());
    let (run, calls) = cluster.run(&[]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(!writes(&calls).is_empty());
    let (run, calls) = cluster.run(&[]);
    assert_eq!((run.code, writes(&calls)), (0, Vec::new()), "{}", run.all());
    assert!(
        run.stdout.contains("unchanged web: web-0.1.0 (revision 1, deployed)"),
        "{}",
        run.all()
    );
    // Somebody changes an object, and its spelling alone is another one.
    let live = std::fs::read_to_string(cluster.programs.path("live")).expect("objects");
    std::fs::write(cluster.programs.path("live"), live.replace("second", "third")).expect("a file");
    let (run, calls) = cluster.run(&["--dry-run"]);
    assert_eq!((run.code, writes(&calls)), (0, Vec::new()), "{}", run.all());
    assert!(run.stdout.contains("1 object changed in the cluster"), "{}", run.all());
    assert!(!run.all().contains(PASSWORD), "{}", run.all());
}

#[test]
fn a_first_release_that_fails_is_removed_and_the_reason_is_said() {
    let cluster = Cluster::new();
    std::fs::write(cluster.programs.path("fails"), "").expect("a file");
    let (run, calls) = cluster.run(&["--timeout", "3s"]);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.stdout
            .contains("web: failed, uninstalled: nothing was there before"),
        "{}",
        run.all()
    );
    assert!(run.stdout.contains("context deadline exceeded"), "{}", run.all());
    assert!(!calls.iter().any(|call| call.contains("rollback web")), "{calls:?}");
    let records = std::fs::read_to_string(cluster.programs.path("records")).expect("records");
    assert!(records.contains("removed"), "{records}");
}

#[test]
fn programs_that_are_missing_are_named() {
    let cluster = Cluster::new();
    let empty = StubPrograms::new(&[]);
    let path = empty.path("").display().to_string();
    let run = super::workspace::run(
        &cluster.workspace.path("."),
        &["apply", "prod", "--allow-dirty"],
        &[("PATH", path.as_str())],
    );
    assert_eq!(run.code, 3, "{}", run.all());
    assert!(
        run.stderr.contains("`kubectl` is not installed, or not in PATH"),
        "{}",
        run.all()
    );
}

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: {{ .Release.Name }}}\nspec: {ports: [{port: 80}], selector: {app: {{ .Release.Name }}}}\n";

#[test]
fn a_colour_gets_requests_once_it_is_deployed_and_not_before() {
    let cluster = Cluster::with(
        ", strategy: {blueGreen: {service: front}}",
        &[("templates/service.yaml", SERVICE)],
    );
    std::fs::write(cluster.programs.path("fails"), "").expect("a file");
    let (run, calls) = cluster.run(&["--timeout", "3s"]);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(calls.iter().any(|call| call.contains("upgrade web-blue")), "{calls:?}");
    assert!(!cluster.programs.path("service").exists(), "{}", run.all());
    std::fs::remove_file(cluster.programs.path("fails")).expect("a file");
    let (run, calls) = cluster.run(&[]);
    assert_eq!(run.code, 0, "{}", run.all());
    let place = |words: &str| calls.iter().rposition(|call| call.contains(words)).expect(words);
    assert!(
        place("upgrade web-blue") < place("apply --server-side --force-conflicts"),
        "{calls:?}"
    );
    let service = std::fs::read_to_string(cluster.programs.path("service")).expect("a Service");
    let service: Json = serde_json::from_str(&service).expect("JSON");
    assert_eq!(
        (&service["metadata"]["name"], &service["spec"]["selector"]),
        (&json!("front"), &json!({"app": "web-blue"}))
    );
}

#[test]
fn releases_get_what_they_need_of_others_or_are_refused() {
    for (range, code) in [(">=0.1", 0), (">=0.2", 1)] {
        let cluster = Cluster::with(&format!(", requires: [{{release: web, version: '{range}'}}]"), &[]);
        let (run, calls) = cluster.run(&[]);
        assert_eq!(run.code, code, "{range}: {}", run.all());
        if code == 1 {
            assert!(
                run.stdout
                    .contains("it needs web with a chart of version >=0.2, and `web` has 0.1.0"),
                "{}",
                run.all()
            );
            assert_eq!(writes(&calls), Vec::<&String>::new());
        }
    }
}

#[test]
fn what_an_environment_says_of_rollouts_is_checked_when_it_is_read() {
    for (more, words) in [
        (", requires: [{release: api}]", "`requires` needs `release` and one of"),
        (
            ", requires: [{release: api, version: new}]",
            "`new` is not a range of versions",
        ),
        (", strategy: {}", "`strategy` needs one of `blueGreen` and `canary`"),
        (
            ", strategy: {blueGreen: {service: Web}}",
            "`Web` is not a name of a Service",
        ),
        (
            ", strategy: {canary: {weights: [50, 10]}}",
            "`weights` of a canary must be",
        ),
        (", strategy: {canary: {weights: [10], pause: 30h}}", "24h"),
    ] {
        let cluster = Cluster::with(more, &[]);
        let (run, _) = cluster.run(&["--dry-run"]);
        assert_eq!(run.code, 2, "{more}: {}", run.all());
        assert!(run.stderr.contains(words), "{more}: {}", run.all());
    }
}

const WORKLOAD: &str = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: 'registry.example.com/web:1'}]}\n";

#[test]
fn logs_are_read_before_helm_takes_the_pods_away() {
    let cluster = Cluster::with("", &[("templates/set.yaml", WORKLOAD)]);
    let pod = json!({
        "kind": "Pod",
        "metadata": {"name": "web-0", "ownerReferences": [{"kind": "StatefulSet", "name": "web"}]},
        "spec": {"containers": [{"name": "web", "image": "registry.example.com/web:1"}]},
        "status": {"phase": "Running", "containerStatuses": [{
            "name": "web", "image": "registry.example.com/web:1", "ready": false, "restartCount": 3,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 1}},
        }]},
    });
    std::fs::write(cluster.programs.path("pods"), json!({"items": [pod]}).to_string()).expect("a file");
    for name in ["crashes", "fails"] {
        std::fs::write(cluster.programs.path(name), "").expect("a file");
    }
    let (run, _) = cluster.run(&["--timeout", "20s"]);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(run.stdout.contains("CrashLoopBackOff"), "{}", run.all());
    assert!(run.stdout.contains("log: no route to the database"), "{}", run.all());
}
