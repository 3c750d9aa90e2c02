//! Manifests and charts judged by the policies of a cluster: `--policy`, policies among the inputs, `policies` in the settings.

use serde_json::Value as Json;

use super::workspace::{Run, Workspace};

/// A policy about Deployments, and its binding.
fn policy(name: &str, expression: &str, action: &str, resource: (&str, &str)) -> String {
    let (group, resource) = resource;
    format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {{name: {name}}}\nspec:\n  matchConstraints:\n    \
         resourceRules:\n    - {{apiGroups: ['{group}'], apiVersions: [v1], operations: [CREATE], resources: [{resource}]}}\n  validations:\n  - \
         expression: \"{expression}\"\n    message: not {name}\n---\napiVersion: admissionregistration.k8s.io/v1\nkind: \
         ValidatingAdmissionPolicyBinding\nmetadata: {{name: {name}}}\nspec: {{policyName: {name}, validationActions: [{action}]}}\n"
    )
}

const DEPLOYMENTS: (&str, &str) = ("apps", "deployments");

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: proxy
          image: good/proxy:1
        {{- range .Values.more }}
        - name: {{ .name }}
          image: {{ .image }}
        {{- end }}
";

const VALUES: &str = "replicas: 7\nmore:\n- {name: web, image: 'good/web:1'}\n- {name: other, image: 'bad/other:1'}\n";

fn workspace() -> Workspace {
    let workspace = Workspace::chart(&[("templates/deployment.yaml", DEPLOYMENT), ("values.yaml", VALUES)]);
    let images = "object.spec.template.spec.containers.all(c, c.image.startsWith('good/'))";
    let policies = [
        policy("few", "object.spec.replicas <= 5", "Deny", DEPLOYMENTS),
        policy("images", images, "Warn", DEPLOYMENTS),
        policy("networks", "has(object.spec.hostNetwork)", "Deny", ("", "pods")),
        policy("shop", "request.namespace == 'shop'", "Audit", DEPLOYMENTS),
    ];
    workspace.write("policies/all.yaml", &policies.join("---\n"));
    workspace
}

/// Rule, line and message of each finding of a policy.
fn found(run: &Run) -> Vec<(String, u64, String)> {
    let report: Json = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.all()));
    let text = |finding: &Json, key: &str| finding[key].as_str().expect("a text").to_owned();
    let findings = report["findings"].as_array().expect("findings").iter();
    let mut found: Vec<(String, u64, String)> = findings
        .filter(|finding| text(finding, "rule").starts_with("policy-"))
        .map(|finding| {
            (
                text(finding, "rule"),
                finding["line"].as_u64().expect("a line"),
                text(finding, "message"),
            )
        })
        .collect();
    found.sort();
    found
}

fn wanted(namespace: &str) -> Vec<(String, u64, String)> {
    let denied =
        |name: &str| format!("ValidatingAdmissionPolicy '{name}' with binding '{name}' denied request: not {name}");
    let object = "Deployment release-name: ";
    let audited = "ValidatingAdmissionPolicy 'shop' with binding 'shop' audits: not shop";
    let warned = "Validation failed for ValidatingAdmissionPolicy 'images' with binding 'images': not images";
    let mut wanted = vec![
        ("policy-deny", 6, format!("{object}/spec/replicas: {}", denied("few"))),
        (
            "policy-pods",
            13,
            format!(
                "{object}/spec/template/spec/hostNetwork: of its pods: {}",
                denied("networks")
            ),
        ),
        (
            "policy-warn",
            18,
            format!("{object}/spec/template/spec/containers/2/image: {warned}"),
        ),
    ];
    if namespace != "shop" {
        wanted.insert(0, ("policy-audit", 1, format!("{object}{audited}")));
    }
    wanted
        .into_iter()
        .map(|(rule, line, message)| (rule.to_owned(), line, message))
        .collect()
}

#[test]
fn charts_are_judged_at_the_lines_of_their_templates() {
    let workspace = workspace();
    for namespace in ["default", "shop"] {
        let arguments = ["--policy", "policies", "--report", "json", "--namespace", namespace];
        let run = workspace.run(&[&["lint", "web"][..], &arguments].concat());
        assert_eq!(run.code, 1, "{}", run.all());
        assert_eq!(found(&run), wanted(namespace));
    }
    let run = workspace.run(&["lint", "web", "--policy", "policies", "--set", "replicas=2"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(run.stdout.contains("[policy-warn]"), "{}", run.all());
}

#[test]
fn values_that_policies_refuse_are_explored() {
    let workspace = workspace();
    let replicas = "{{ ternary 7 2 .Values.big }}";
    workspace.write(
        "web/templates/deployment.yaml",
        &DEPLOYMENT.replace("{{ .Values.replicas }}", replicas),
    );
    workspace.write("web/values.yaml", "big: false\nmore: []\n");
    let by_whom = policy("user", "request.userInfo.username != 'x'", "Deny", DEPLOYMENTS);
    workspace.write("policies/user.yaml", &by_whom);
    let run = workspace.run(&["explore", "web", "--policy", "policies"]);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.stderr
            .contains("1 rule of a definition or a policy was not evaluated"),
        "{}",
        run.all()
    );
    assert!(
        run.stdout.contains("denied request: not few [policy-deny]"),
        "{}",
        run.all()
    );
    assert!(run.stdout.contains("--set big=true"), "{}", run.all());
}

#[test]
fn settings_and_environments_name_policies_and_namespaces() {
    let workspace = workspace();
    let settings = "charts: [web]\npolicies: [policies]\nnamespace: other\ncheckVersionIncrement: false\nenvironments:\n- {name: \
                    prod, chart: web, values: [], release: release-name, namespace: shop}\n";
    workspace.write("chartwright.yaml", settings);
    workspace.write("web/values-prod.yaml", "{}\n");
    let run = workspace.run(&["ci", ".", "--report", "json"]);
    assert_eq!(run.code, 1, "{}", run.all());
    assert_eq!(found(&run), wanted("other"));
    // The namespace of the environment is the one that the policy asks for.
    let report: Json = serde_json::from_str(&run.stdout).expect("a report");
    let findings = report["findings"].as_array().expect("findings").iter();
    for finding in findings {
        let renderings = finding["renderings"].as_array().expect("renderings").len();
        let is_of_both = finding["rule"] != "policy-audit";
        assert_eq!(renderings, if is_of_both { 2 } else { 1 }, "{finding}");
    }
    // A flag replaces the settings.
    workspace.write("none.yaml", &policy("few", "true", "Deny", DEPLOYMENTS));
    let run = workspace.run(&["ci", ".", "--policy", "none.yaml"]);
    assert_eq!(run.code, 0, "{}", run.all());
    // A file that was found names only what is below its directory.
    workspace.write("chartwright.yaml", "charts: [web]\npolicies: [../elsewhere]\n");
    let run = workspace.run(&["ci", "."]);
    assert_eq!(run.code, 2, "{}", run.all());
    assert!(run.stderr.contains("chartwright.yaml:2:"), "{}", run.all());
}

#[test]
fn manifests_are_judged_by_policies_among_them_and_by_others() {
    let workspace = Workspace::new(&[]);
    let deployment = DEPLOYMENT
        .replace("{{ .Release.Name }}", "web")
        .replace("{{ .Values.replicas }}", "7");
    let deployment: String = deployment
        .split_inclusive('\n')
        .filter(|line| !line.contains("{{"))
        .collect();
    let few = policy(
        "few",
        "object.spec.replicas <= int(params.data.most)",
        "Deny",
        DEPLOYMENTS,
    );
    let few = few
        .replace(
            "spec:\n  matchConstraints",
            "spec:\n  paramKind: {apiVersion: v1, kind: ConfigMap}\n  matchConstraints",
        )
        .replace(
            "policyName: few,",
            "policyName: few, paramRef: {name: sizes, namespace: cluster, parameterNotFoundAction: Deny},",
        );
    let sizes = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sizes, namespace: cluster}\ndata: {most: '5'}\n";
    workspace.write("d.yaml", &deployment);
    workspace.write("p/policy.yaml", &few);
    workspace.write("p/sizes.yaml", sizes);
    for (arguments, code) in [
        (&["validate", "d.yaml"][..], 0),
        (&["validate", "d.yaml", "--policy", "p"], 1),
        (&["validate", "d.yaml", "p"], 1),
        // Without its parameter, nothing is known.
        (&["validate", "d.yaml", "--policy", "p/policy.yaml"], 0),
        (&["validate", "d.yaml", "p", "--schema-only"], 0),
        (&["validate", "d.yaml", "p", "--policy", "p", "--schema-only"], 2),
    ] {
        let run = workspace.run(arguments);
        assert_eq!(run.code, code, "{arguments:?}\n{}", run.all());
        let says = run.stdout.contains("/spec/replicas") && run.stdout.contains("denied request: not few");
        assert_eq!(says, code == 1, "{arguments:?}\n{}", run.all());
    }
    let run = workspace.run(&["validate", "d.yaml", "--policy", "p/policy.yaml", "--verbose"]);
    assert!(
        run.stderr
            .contains("d.yaml:1:1: Deployment web: the rule `ValidatingAdmissionPolicy 'few'"),
        "{}",
        run.all()
    );
}

#[test]
fn charts_bring_policies() {
    let workspace = workspace();
    workspace.write("rules/Chart.yaml", "apiVersion: v2\nname: rules\nversion: 0.1.0\n");
    let few = policy("few", "object.spec.replicas <= 5", "Deny", DEPLOYMENTS);
    workspace.write(
        "rules/templates/few.yaml",
        &few.replace("<= 5", "<= {{ .Values.most }}"),
    );
    for (most, code) in [(5, 1), (9, 0)] {
        workspace.write("rules/values.yaml", &format!("most: {most}\n"));
        let run = workspace.run(&["lint", "web", "--policy", "rules"]);
        assert_eq!(run.code, code, "{}", run.all());
    }
}

#[test]
fn policies_that_cannot_be_used_are_reported() {
    let workspace = workspace();
    let few = policy("few", "object.spec.replicas <=", "Deny", DEPLOYMENTS);
    workspace.write("broken.yaml", &few);
    workspace.write("text.yaml", "a: [\n");
    workspace.write(
        "unbound.yaml",
        few.replace("<=", "<= 9").split("---").next().expect("a policy"),
    );
    workspace.write(
        "other.yaml",
        &policy("few", "true", "Deny", DEPLOYMENTS).replace("policyName: few", "policyName: many"),
    );
    workspace.write("types.yaml", &policy("few", "true ? 1 : 2", "Deny", DEPLOYMENTS));
    let message = |text: &str| {
        policy("few", "true", "Deny", DEPLOYMENTS).replace("message: not few", &format!("message: {text}"))
    };
    workspace.write("lines.yaml", &message("\"a\\nb\""));
    workspace.write("blank.yaml", &message("\" \""));
    workspace.write("both.yaml", &policy("few", "true", "Deny, Warn", DEPLOYMENTS));
    workspace.write("plain.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    for (path, code, words) in [
        ("none.yaml", 2, "--policy none.yaml: no such file or directory"),
        (
            "broken.yaml",
            2,
            "--policy broken.yaml:9:17: ValidatingAdmissionPolicy few: /spec/validations/0/expression: ",
        ),
        ("text.yaml", 2, "--policy text.yaml:2:1: "),
        (
            "unbound.yaml",
            0,
            "warning: ValidatingAdmissionPolicy few has no binding, so it applies to nothing",
        ),
        ("other.yaml", 0, "binds the policy \"many\", which is not there"),
        (
            "types.yaml",
            2,
            "ValidatingAdmissionPolicy few: /spec/validations: must evaluate to bool but got int",
        ),
        (
            "lines.yaml",
            2,
            "/spec/validations/0/message: Invalid value: \"a\\nb\": must not contain line breaks",
        ),
        (
            "blank.yaml",
            2,
            "/spec/validations/0/message: Invalid value: \" \": must be non-empty if specified",
        ),
        (
            "both.yaml",
            2,
            "/spec/validationActions: Invalid value: must not contain both Deny and Warn",
        ),
        (
            "plain.yaml",
            0,
            "warning: --policy plain.yaml: there is no ValidatingAdmissionPolicy and no binding in it",
        ),
    ] {
        let run = workspace.run(&["lint", "web", "--policy", path]);
        assert_eq!(run.code, code, "{path}: {}", run.all());
        assert!(run.stderr.contains(words), "{path}: {}", run.all());
    }
}

#[test]
fn findings_of_policies_are_silenced_as_others() {
    let workspace = workspace();
    let silenced = DEPLOYMENT.replace(
        "  replicas:",
        "  # chartwright-ignore: policy-deny measured\n  replicas:",
    );
    workspace.write("web/templates/deployment.yaml", &silenced);
    let run = workspace.run(&["lint", "web", "--policy", "policies"]);
    assert_eq!(run.code, 0, "{}", run.all());
}

/// Rules and places of the findings of manifests under a policy.
fn places(workspace: &Workspace, policies: &[String], manifest: &str) -> Vec<(String, u64)> {
    workspace.write("policies.yaml", &policies.join("---\n"));
    workspace.write("m.yaml", manifest);
    let run = workspace.run(&[
        "validate",
        "m.yaml",
        "--ignore-missing-schemas",
        "--policy",
        "policies.yaml",
        "--report",
        "json",
    ]);
    found(&run).into_iter().map(|(rule, line, _)| (rule, line)).collect()
}

const STATEFUL_SET: &str = "\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 7
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      initContainers:
      - name: init
        image: bad/init:1
      containers:
      - name: db
        image: good/db:1
        volumeMounts: [{name: data, mountPath: /d}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
";

#[test]
fn pods_are_those_that_controllers_make() {
    let workspace = Workspace::new(&[]);
    let pods = |name: &str, expression: &str| policy(name, expression, "Deny", ("", "pods"));
    let mounted =
        "object.spec.containers.all(c, c.volumeMounts.all(m, object.spec.volumes.exists(v, v.name == m.name)))";
    let admitted = [
        pods("owned", "has(object.metadata.ownerReferences)"),
        pods("mounted", mounted),
        pods(
            "labelled",
            "'statefulset.kubernetes.io/pod-name' in object.metadata.labels",
        ),
    ];
    assert_eq!(places(&workspace, &admitted, STATEFUL_SET), []);
    // A policy that only records the object still refuses its pods.
    let team = policy(
        "team",
        "'team' in object.metadata.labels",
        "Deny",
        ("*", "pods, statefulsets"),
    );
    let audited = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {name: b}\nspec: {policyName: team, \
                   validationActions: [Audit], matchResources: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: \
                   [statefulsets]}]}}\n";
    let team = team.replace(
        "validationActions: [Deny]}",
        "validationActions: [Deny], matchResources: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}}",
    );
    let labelled = STATEFUL_SET.replace("metadata: {name: db}", "metadata: {name: db, labels: {a: b}}");
    let rules: Vec<String> = places(&workspace, &[team, audited.to_owned()], &labelled)
        .into_iter()
        .map(|(rule, _)| rule)
        .collect();
    assert_eq!(rules, ["policy-audit", "policy-pods"]);
}

#[test]
fn the_part_that_fails_is_blamed() {
    let workspace = Workspace::new(&[]);
    let containers = "(object.spec.template.spec.containers + object.spec.template.spec.initContainers).all(c, c.image.startsWith('good/'))";
    let several = "object.spec.replicas <= 5 && object.spec.template.spec.containers.all(c, has(c.image))";
    for (expression, line) in [(containers, 13), (several, 6)] {
        let policies = [policy("p", expression, "Deny", ("apps", "statefulsets"))];
        let want = [("policy-deny".to_owned(), line)];
        assert_eq!(places(&workspace, &policies, STATEFUL_SET), want, "{expression}");
    }
}

#[test]
fn what_the_server_chooses_is_there() {
    let workspace = Workspace::new(&[]);
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: NodePort, ports: [{port: 80}]}\n";
    let chosen = "object.spec.clusterIP != 'None' && object.spec.ports.all(p, p.nodePort >= 30000)";
    let policies = [policy("p", chosen, "Deny", ("", "services"))];
    assert_eq!(places(&workspace, &policies, service), []);
    let generated = "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n";
    let named = [policy("p", "request.name.startsWith('a-')", "Deny", ("", "configmaps"))];
    assert_eq!(places(&workspace, &named, generated), []);
    // Of a kind that is not known, only its metadata is.
    let custom = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\n";
    let spec = policy("spec", "object.spec.size < 5", "Deny", ("example.com", "widgets"));
    assert_eq!(places(&workspace, &[spec], custom), []);
    let name = policy(
        "name",
        "object.metadata.name == 'b'",
        "Deny",
        ("example.com", "widgets"),
    );
    assert_eq!(places(&workspace, &[name], custom), [("policy-deny".to_owned(), 3)]);
}

#[test]
fn what_a_cluster_wrote_is_read() {
    let workspace = Workspace::new(&[]);
    let policies = policy("few", "object.spec.replicas <= 5", "Deny", ("apps", "statefulsets"));
    let (only, binding) = policies.split_once("---\n").expect("two documents");
    let only = only.replace(
        "metadata: {name: few}",
        "metadata: {name: few, managedFields: [{manager: kubectl}]}",
    );
    let items = |text: &str| text.replace('\n', "\n  ").trim_end().to_owned();
    let listed = format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyList\nitems:\n- {}\n---\n{binding}",
        items(&only)
    );
    // The same policy twice is one.
    let all = [listed, policies.clone()];
    assert_eq!(places(&workspace, &all, STATEFUL_SET), [("policy-deny".to_owned(), 6)]);
}
