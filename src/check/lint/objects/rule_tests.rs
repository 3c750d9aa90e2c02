//! The rules over objects, each with what it finds and what it leaves alone: templates in, rules and places out.

use super::{RenderedChart, check_objects, check_plain_secrets, check_texts};
use crate::check::explain::{Given, ValueOrigins};
use crate::check::finding::{Finding, Place};
use crate::engine::chart::{Chart, ChartFile, load_files};
use crate::engine::render::{
    Capabilities, FixedClock, Operation, Release, RenderedFile, SchemaCheck, render_chart, render_values,
};
use crate::engine::template::{Dict, Map, Options};
use crate::engine::values::coalesce_values;

const RELEASE: &str = "shop";

/// A chart of these files, rendered.
fn rendered(files: &[(&str, &str)]) -> (Chart, Vec<RenderedFile>) {
    let chart_yaml = ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
    let files = files
        .iter()
        .chain([&chart_yaml])
        .map(|(name, text)| ChartFile::new((*name).to_owned(), text.as_bytes()));
    let mut chart = load_files(files.collect()).unwrap();
    chart.place_at("c", &[]);
    let release = Release {
        name: RELEASE.to_owned(),
        namespace: "default".to_owned(),
        operation: Operation::Install,
    };
    let (values, capabilities) = (Map::new(Dict::new()), Capabilities::new(None, &[]));
    let enforced = SchemaCheck::Enforced;
    let top = render_values(&chart, &values, &release, &capabilities, enforced, &mut Vec::new()).unwrap();
    let options = Options {
        source_map: true,
        ..Options::default()
    };
    let mut world = FixedClock::new(0, |bytes: &mut [u8]| bytes.fill(9));
    let rendering = render_chart(&chart, &top, options, &mut world).unwrap();
    (chart, rendering.files)
}

fn check(files: &[(&str, &str)], check: impl FnOnce(RenderedChart<'_>) -> Vec<Finding>) -> Vec<Finding> {
    let (chart, files) = rendered(files);
    check(RenderedChart {
        chart: &chart,
        files: &files,
        release: RELEASE,
    })
}

/// `line rule` of every finding in one template of these documents.
fn found(documents: &[&str]) -> Vec<String> {
    let text = documents.join("---\n");
    let findings = check(&[("templates/a.yaml", &text)], |rendered| check_objects(rendered, true));
    findings
        .iter()
        .map(|finding| format!("{} {}", finding.primary.position().line, finding.rule))
        .collect()
}

/// Rules found in several templates.
fn rules(files: &[(&str, &str)]) -> Vec<String> {
    let findings = check(files, |rendered| check_objects(rendered, true));
    findings.iter().map(|finding| finding.rule.to_string()).collect()
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: web, tier: front}}\nspec:\n  containers: [{name: a, image: 'a:1', ports: [{name: http, containerPort: 80}]}]\n  initContainers: [{name: b, image: 'b:1', ports: [{name: early, containerPort: 81}]}]\n";

fn object(kind: &str, spec: &str) -> String {
    let version = match kind {
        "Service" | "Pod" | "ConfigMap" | "Secret" | "ServiceAccount" => "v1",
        "Ingress" => "networking.k8s.io/v1",
        "HorizontalPodAutoscaler" => "autoscaling/v2",
        "PodDisruptionBudget" => "policy/v1",
        _ => "apps/v1",
    };
    format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {RELEASE}-x}}\nspec: {spec}\n")
}

#[test]
fn images_of_all_containers_of_all_kinds_with_pods_need_a_fixed_tag() {
    let pod =
        "{containers: [{name: a, image: 'a:1'}, {name: b, image: b}], initContainers: [{name: c, image: 'c:latest'}]}";
    for (kind, spec) in [
        ("Pod", pod.to_owned()),
        ("Deployment", format!("{{template: {{spec: {pod}}}}}")),
        ("ReplicaSet", format!("{{template: {{spec: {pod}}}}}")),
        ("StatefulSet", format!("{{template: {{spec: {pod}}}}}")),
        ("DaemonSet", format!("{{template: {{spec: {pod}}}}}")),
        ("Job", format!("{{template: {{spec: {pod}}}}}")),
        ("ReplicationController", format!("{{template: {{spec: {pod}}}}}")),
        (
            "CronJob",
            format!("{{jobTemplate: {{spec: {{template: {{spec: {pod}}}}}}}}}"),
        ),
    ] {
        assert_eq!(found(&[&object(kind, &spec)]), ["4 image-tag", "4 image-tag"], "{kind}");
    }
    assert_eq!(found(&[&object("Other", pod)]), Vec::<String>::new());
}

#[test]
fn a_name_may_be_used_once_in_a_kind_and_namespace() {
    let named = |version: &str, kind: &str, metadata: &str| {
        format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{{metadata}}}\n")
    };
    let first = named("v1", "ConfigMap", "name: a");
    for (second, want) in [
        (named("v1", "ConfigMap", "name: a"), vec!["7 duplicate-object"]),
        (named("v1", "ConfigMap", "name: b"), vec![]),
        (named("v1", "ConfigMap", "name: a, namespace: other"), vec![]),
        (named("v1", "Secret", "name: a"), vec![]),
        (named("x.org/v1", "ConfigMap", "name: a"), vec![]),
        (
            named("v1", "ConfigMap", "name: a, annotations: {helm.sh/hook: pre-install}"),
            vec![],
        ),
    ] {
        assert_eq!(found(&[&first, &second]), want, "{second}");
    }
    // Versions of one group are one kind, and what has no name yet cannot collide.
    let (old, new) = (
        named("batch/v1beta1", "CronJob", "name: a"),
        named("batch/v1", "CronJob", "name: a"),
    );
    assert_eq!(found(&[&old, &new]), ["7 duplicate-object"]);
    let nameless = named("v1", "ConfigMap", "generateName: a-");
    assert_eq!(found(&[&nameless, &nameless]), Vec::<String>::new());
}

#[test]
fn the_second_of_two_objects_is_reported_with_the_first() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
    let findings = check(&[("templates/a.yaml", text), ("templates/b.yaml", text)], |rendered| {
        check_objects(rendered, true)
    });
    let [finding] = findings.as_slice() else {
        panic!("{findings:?}")
    };
    assert_eq!(finding.message, "ConfigMap a: is rendered twice");
    let (own, other) = (finding.primary.to_string(), finding.related[0].place.name());
    let mut places = [own.as_str(), other.as_str()];
    places.sort_unstable();
    assert_eq!(places, ["c/templates/a.yaml:4:3", "c/templates/b.yaml:4:3"]);
    assert_eq!(finding.related[0].label, "first rendered at");
    assert_eq!(finding.rendered.as_deref(), Some("  name: a"));
}

#[test]
fn services_select_pods_of_the_rendering() {
    let custom = "apiVersion: example.org/v1\nkind: Operator\nmetadata: {name: o}\n";
    let builtin = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: o}\n";
    for (spec, beside, want) in [
        ("{selector: {app: web}}", "", vec![]),
        ("{selector: {app: web, tier: front}}", "", vec![]),
        ("{selector: {app: wbe}}", "", vec!["4 service-selector"]),
        ("{selector: {app: web, tier: back}}", "", vec!["4 service-selector"]),
        ("{selector: {app: wbe}}", builtin, vec!["4 service-selector"]),
        // What custom resources run is not rendered.
        ("{selector: {app: wbe}}", custom, vec![]),
        ("{selector: {}}", "", vec![]),
        ("{}", "", vec![]),
        // Controllers set these labels on running pods.
        (
            "{selector: {app: web, statefulset.kubernetes.io/pod-name: web-0}}",
            "",
            vec![],
        ),
        ("{selector: {app: web, vault-active: \"true\"}}", "", vec![]),
        ("{selector: {app: web, example.org/Role: any}}", "", vec![]),
        ("{selector: {app: web, part: master}}", "", vec![]),
        (
            "{selector: {app: web}, ports: [{targetPort: http}, {targetPort: early}, {targetPort: 9}, {}]}",
            "",
            vec![],
        ),
        (
            "{selector: {app: web}, ports: [{targetPort: http}, {targetPort: other}]}",
            "",
            vec!["4 service-port"],
        ),
    ] {
        let service = object("Service", spec);
        let documents: Vec<&str> = [&service, POD, beside]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        assert_eq!(found(&documents), want, "{spec} {beside}");
    }
    // Without pods nothing can be said.
    assert_eq!(
        found(&[&object("Service", "{selector: {app: web}}")]),
        Vec::<String>::new()
    );
}

#[test]
fn workloads_that_are_switched_off_may_have_the_labels_and_ports() {
    let worker = "{{ if .Values.on }}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {template: {metadata: {labels: {app: worker}}, spec: {containers: [{name: a, image: 'a:1', ports: [{containerPort: 1, name: jobs}]}]}}}\n{{ end }}\n";
    let config = "{{ if .Values.on }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: worker}\n{{ end }}\n";
    let lists = "{{ if .Values.on }}\napiVersion: v1\nkind: Pod\nspec:\n  ports:\n  - name: \"jobs\"\n{{ end }}\n";
    for (name, template, selector, port, want) in [
        ("templates/w.yaml", worker, "app: worker", "http", vec![]),
        (
            "templates/w.yaml",
            worker,
            "app: work",
            "http",
            vec!["service-selector"],
        ),
        ("templates/w.yaml", worker, "app: web, tier: worker", "http", vec![]),
        // A template that writes no workload does not explain a selector.
        (
            "templates/w.yaml",
            config,
            "app: worker",
            "http",
            vec!["service-selector"],
        ),
        ("templates/other.yaml", worker, "app: other", "http", vec![]),
        ("charts/sub/templates/w.yaml", worker, "app: worker", "http", vec![]),
        ("templates/l.yaml", lists, "app: web", "jobs", vec![]),
        ("charts/sub/templates/l.yaml", lists, "app: web", "jobs", vec![]),
        ("templates/l.yaml", lists, "app: web", "job", vec!["service-port"]),
        ("templates/l.yaml", config, "app: web", "jobs", vec!["service-port"]),
    ] {
        let service = object(
            "Service",
            &format!("{{selector: {{{selector}}}, ports: [{{targetPort: {port}}}]}}"),
        );
        let mut files = vec![
            ("templates/pod.yaml", POD),
            ("templates/s.yaml", &service),
            (name, template),
        ];
        if name.starts_with("charts/") {
            files.push(("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n"));
        }
        assert_eq!(rules(&files), want, "{name} {selector} {port}");
    }
    // The template of the Service itself does not count, and each label being on some pod is not enough.
    let own = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  selector: {app: web}\n  ports:\n  - targetPort: web-port\n    name: web-port\n";
    assert_eq!(
        rules(&[("templates/pod.yaml", POD), ("templates/s.yaml", own)]),
        ["service-port"]
    );
    let other = POD.replace("app: web, tier: front", "app: api, tier: back");
    let service = object("Service", "{selector: {app: web, tier: back}}");
    let files = [
        ("templates/pod.yaml", POD),
        ("templates/other.yaml", other.as_str()),
        ("templates/s.yaml", &service),
        (
            "templates/w.yaml",
            "{{ if .Values.on }}\nkind: Job\nweb back\n{{ end }}\n",
        ),
    ];
    let found: Vec<String> = rules(&files)
        .into_iter()
        .filter(|rule| rule != "duplicate-object")
        .collect();
    assert_eq!(found, ["service-selector"]);
}

#[test]
fn ingresses_lead_to_services_of_the_release() {
    let service = object("Service", "{ports: [{port: 80, name: http}]}");
    for (backend, want) in [
        ("{service: {name: shop-x, port: {number: 80}}}", vec![]),
        ("{service: {name: shop-x, port: {name: http}}}", vec![]),
        ("{service: {name: shop-x}}", vec![]),
        (
            "{service: {name: shop-x, port: {number: 81}}}",
            vec!["9 ingress-backend"],
        ),
        (
            "{service: {name: shop-x, port: {name: https}}}",
            vec!["9 ingress-backend"],
        ),
        (
            "{service: {name: shop-y, port: {number: 80}}}",
            vec!["9 ingress-backend"],
        ),
        ("{service: {name: shop, port: {number: 80}}}", vec!["9 ingress-backend"]),
        // Others may be in the cluster.
        ("{service: {name: other, port: {number: 80}}}", vec![]),
        ("{service: {name: shopping, port: {number: 80}}}", vec![]),
        ("{resource: {kind: Bucket, name: shop-y}}", vec![]),
    ] {
        for spec in [
            format!("{{defaultBackend: {backend}}}"),
            format!("{{rules: [{{host: a}}, {{http: {{paths: [{{path: /}}, {{path: /a, backend: {backend}}}]}}}}]}}"),
        ] {
            let ingress = object("Ingress", &spec);
            assert_eq!(found(&[&service, &ingress]), want, "{spec}");
            let old = ingress.replace("networking.k8s.io/v1", "extensions/v1beta1");
            assert_eq!(found(&[&service, &old]), Vec::<String>::new(), "{spec}");
        }
    }
}

#[test]
fn autoscalers_scale_what_the_release_has() {
    let deployment = object("Deployment", "{}");
    for (target, want) in [
        ("{kind: Deployment, name: shop-x}", vec![]),
        ("{kind: deployment, name: shop-x}", vec![]),
        ("{kind: StatefulSet, name: shop-x}", vec!["9 autoscaler-target"]),
        ("{kind: Deployment, name: shop-y}", vec!["9 autoscaler-target"]),
        ("{kind: Deployment, name: other}", vec![]),
    ] {
        let autoscaler = object("HorizontalPodAutoscaler", &format!("{{scaleTargetRef: {target}}}"));
        assert_eq!(found(&[&deployment, &autoscaler]), want, "{target}");
    }
    let other = object("Scaler", "{scaleTargetRef: {kind: Deployment, name: shop-y}}");
    assert_eq!(found(&[&deployment, &other]), Vec::<String>::new());
}

#[test]
fn budgets_are_about_pods_of_the_rendering() {
    let custom = "apiVersion: example.org/v1\nkind: Operator\nmetadata: {name: o}\n";
    for (spec, beside, want) in [
        ("{selector: {matchLabels: {app: web}}}", "", vec![]),
        ("{selector: {matchLabels: {app: wbe}}}", "", vec!["4 budget-selector"]),
        ("{selector: {matchLabels: {app: wbe}}}", custom, vec![]),
        ("{selector: {matchLabels: {}}}", "", vec![]),
        (
            "{selector: {matchExpressions: [{key: app, operator: Exists}]}}",
            "",
            vec![],
        ),
        ("{}", "", vec![]),
    ] {
        let budget = object("PodDisruptionBudget", spec);
        let documents: Vec<&str> = [&budget, POD, beside]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        assert_eq!(found(&documents), want, "{spec} {beside}");
    }
    let worker = "{{ if .Values.on }}\nkind: Deployment\nlabels: {app: worker}\n{{ end }}\n";
    let budget = object("PodDisruptionBudget", "{selector: {matchLabels: {app: worker}}}");
    let files = [
        ("templates/a.yaml", POD),
        ("templates/b.yaml", budget.as_str()),
        ("templates/w.yaml", worker),
    ];
    assert_eq!(rules(&files), Vec::<String>::new());
}

#[test]
fn what_pods_name_is_in_the_release() {
    for (spec, kind) in [
        ("serviceAccountName: NAME", "ServiceAccount"),
        ("volumes: [{name: a}, {name: v, configMap: {name: NAME}}]", "ConfigMap"),
        ("volumes: [{name: v, secret: {secretName: NAME}}]", "Secret"),
        (
            "containers: [{env: [{name: A}, {valueFrom: {configMapKeyRef: {name: NAME}}}]}]",
            "ConfigMap",
        ),
        (
            "initContainers: [{env: [{valueFrom: {secretKeyRef: {name: NAME}}}]}]",
            "Secret",
        ),
        (
            "containers: [{}, {envFrom: [{configMapRef: {name: NAME}}]}]",
            "ConfigMap",
        ),
        ("containers: [{envFrom: [{}, {secretRef: {name: NAME}}]}]", "Secret"),
    ] {
        let pod = |name: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{{}}}\n",
                spec.replace("NAME", name)
            )
        };
        let there = object(kind, "{}");
        for (name, beside, want) in [
            ("shop-x", there.as_str(), vec![]),
            ("shop-y", &there, vec!["4 missing-reference"]),
            ("shop", &there, vec!["4 missing-reference"]),
            ("other", &there, vec![]),
            ("shopping", &there, vec![]),
            ("''", &there, vec![]),
            // Another kind of that name is something else.
            ("shop-x", &object("Other", "{}"), vec!["4 missing-reference"]),
            ("shop-y", "apiVersion: example.org/v1\nkind: Operator\n", vec![]),
        ] {
            assert_eq!(found(&[&pod(name), beside]), want, "{spec} {name} beside {beside}");
        }
        let optional = pod("shop-y").replace("name: shop-y", "name: shop-y, optional: true");
        let optional = optional.replace("secretName: shop-y", "secretName: shop-y, optional: true");
        if kind != "ServiceAccount" {
            assert_eq!(found(&[&optional]), Vec::<String>::new(), "{optional}");
            let required = optional.replace("optional: true", "optional: false");
            assert_eq!(found(&[&required]), ["4 missing-reference"], "{required}");
        }
    }
}

#[test]
fn secrets_may_be_made_by_what_the_chart_runs() {
    let pod = |reference: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{envFrom: [{{{reference}: {{name: shop-y}}}}]}}]}}\n"
        )
    };
    let role = |kind: &str, rule: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: r}}\nrules: [{{resources: [pods], verbs: [get]}}, {rule}]\n"
        )
    };
    for (kind, rule, may) in [
        ("Role", "{resources: [pods, secrets], verbs: [get, create]}", true),
        ("ClusterRole", "{resources: ['*'], verbs: ['*']}", true),
        ("Role", "{resources: [secrets], verbs: [get]}", false),
        ("Role", "{resources: [configmaps], verbs: [create]}", false),
        ("RoleLike", "{resources: [secrets], verbs: [create]}", false),
    ] {
        let want: &[&str] = if may { &[] } else { &["4 missing-reference"] };
        assert_eq!(found(&[&pod("secretRef"), &role(kind, rule)]), want, "{kind} {rule}");
        assert_eq!(
            found(&[&pod("configMapRef"), &role(kind, rule)]),
            ["4 missing-reference"],
            "{kind} {rule}"
        );
    }
}

#[test]
fn an_annotation_silences_rules_of_its_object() {
    for (annotation, want) in [
        ("image-tag", vec![]),
        ("'*'", vec![]),
        ("'type, image-tag'", vec![]),
        ("'type,image-tag'", vec![]),
        ("type", vec!["4 image-tag"]),
        ("image-tags", vec!["4 image-tag", "3 unknown-rule"]),
    ] {
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p, annotations: {{chartwright.dev/ignore: {annotation}}}}}\nspec: {{containers: [{{name: a, image: a}}]}}\n"
        );
        assert_eq!(found(&[&pod]), want, "{annotation}");
    }
}

#[test]
fn items_of_lists_are_objects_and_other_texts_are_not() {
    let item = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{image: a}]}}";
    for (text, want) in [
        (
            format!("apiVersion: v1\nkind: List\nitems:\n- {item}\n- {item}\n"),
            vec!["4 image-tag", "5 image-tag", "5 duplicate-object"],
        ),
        (format!("kind: list\nitems: {item}\n"), vec![]),
        (format!("kind: PodList\nitems: [{item}]\n"), vec![]),
        ("kind: [Pod]\nspec: {containers: [{image: a}]}\n".to_owned(), vec![]),
        ("spec: {containers: [{image: a}]}\n".to_owned(), vec![]),
    ] {
        assert_eq!(found(&[&text]), want, "{text}");
    }
}

#[test]
fn a_part_of_a_rendering_says_nothing_about_what_is_missing() {
    let service = object("Service", "{selector: {app: wbe}}");
    let untagged = POD.replace("'a:1'", "a");
    let files = [
        ("templates/a.yaml", service.as_str()),
        ("templates/b.yaml", untagged.as_str()),
    ];
    let rules = |is_whole| {
        let findings = check(&files, |rendered| check_objects(rendered, is_whole));
        findings
            .iter()
            .map(|finding| finding.rule.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(rules(true), ["image-tag", "service-selector"]);
    assert_eq!(rules(false), ["image-tag"]);
}

#[test]
fn lines_that_mistakes_leave_behind_are_found_where_they_are_written() {
    for (text, want) in [
        ("a: 1\nb: {{ print nil }}\n", vec!["2:7 no-value"]),
        ("# {{ print nil }}\n  # {{ print nil }}\na: 1\n", vec![]),
        ("a: 1\nb: {{ printf \"%d\" \"x\" }}\n", vec!["2:7 printf-error"]),
        ("b: {{ dict \"a\" 1 }}\n", vec!["1:7 printed-map"]),
        ("a: 1\n", vec![]),
        ("\n  a: 1\n", vec!["2:3 template-indent"]),
        (
            "kind: List\nitems: [{metadata: {annotations: {helm.sh/resource-policy: keep}}}]\n",
            vec!["1:1 list-annotations"],
        ),
        ("kind: List\nitems: [{metadata: {annotations: {a: b}}}]\n", vec![]),
        (
            "kind: Other\nitems: [{metadata: {annotations: {helm.sh/resource-policy: keep}}}]\n",
            vec![],
        ),
    ] {
        let findings = check(&[("templates/a.yaml", text)], check_texts);
        let found: Vec<String> = findings
            .iter()
            .map(|finding| {
                let at = finding.primary.position();
                format!("{}:{} {}", at.line, at.column, finding.rule)
            })
            .collect();
        assert_eq!(found, want, "{text:?}");
    }
}

#[test]
fn plain_values_of_secrets_are_found_by_their_text() {
    let values = "password: hunter22\nshort: {password: abcde, token: abcdef}\nuser: somebody\ndeep: {er: {apiKey: 0123456789}}\nsix: {passphrase: '123456'}\n";
    let secret = |field: &str, text: &str| {
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n{field}:\n  k: {text}\n")
    };
    for (text, want) in [
        (secret("stringData", "hunter22"), Some("password")),
        (secret("data", "aHVudGVyMjI="), Some("password")),
        (secret("data", "hunter22"), None),
        (secret("stringData", "aHVudGVyMjI="), None),
        (secret("stringData", "hunter22!"), None),
        (secret("immutable", "hunter22"), None),
        // Short texts are equal by accident, and not every value is a secret.
        (secret("stringData", "abcde"), None),
        (secret("stringData", "abcdef"), Some("short.token")),
        (secret("stringData", "somebody"), None),
        (secret("stringData", "'123456'"), Some("six.passphrase")),
        (
            secret("stringData", "hunter22").replace("kind: Secret", "kind: ConfigMap # Secret"),
            None,
        ),
        (
            format!("kind: ConfigMap\n---\n{}", secret("stringData", "hunter22")),
            Some("password"),
        ),
        ("a: [ # Secret\n".to_owned(), None),
    ] {
        let files = [("templates/a.yaml", text.as_str()), ("values.yaml", values)];
        let findings = check(&files, |rendered| {
            let values = coalesce_values(rendered.chart, &Map::new(Dict::new()), &mut Vec::new()).unwrap();
            let origins = ValueOrigins::new(rendered.chart, &values, &Given::default());
            check_plain_secrets(rendered, &values, &|path| origins.find(path))
        });
        let found: Vec<&str> = findings
            .iter()
            .filter_map(|finding| finding.message.split('`').nth(1))
            .collect();
        assert_eq!(found, Vec::from_iter(want), "{text}");
        for finding in &findings {
            assert!(finding.is_secret && finding.rendered.is_none(), "{finding:?}");
            assert!(matches!(finding.related[0].place, Place::Named(_)), "{finding:?}");
            assert_eq!(
                finding.primary.position().line,
                if text.contains("---") { 7 } else { 5 }
            );
        }
    }
}

/// The case `lint-01` of `tests/kubecd/cases.jsonl`, and what is none.
#[test]
fn a_path_of_a_host_is_in_one_ingress() {
    let ingress = |name: &str, more: &str, path: &str| {
        let backend = "{service: {name: other, port: {number: 80}}}";
        let rules = format!(
            "[{{host: example.com, http: {{paths: [{{path: {path}, pathType: Prefix, backend: {backend}}}]}}}}]"
        );
        let spec = format!("{{rules: {rules}}}");
        object("Ingress", &spec).replace("{name: shop-x}", &format!("{{name: {name}{more}}}"))
    };
    let first = ingress("ingress1", "", "/");
    let canary = ", annotations: {nginx.ingress.kubernetes.io/canary: 'true'}";
    let class = ", annotations: {kubernetes.io/ingress.class: b}";
    for (more, path, want) in [("", "/", 1), ("", "/a", 0), (class, "/", 0), (canary, "/", 0)] {
        let second = ingress("ingress2", more, path);
        assert_eq!(found(&[&first, &second]), vec!["9 ingress-path"; want], "{second}");
    }
    let text = [first, ingress("ingress2", "", "/")].join("---\n");
    let findings = check(&[("templates/a.yaml", &text)], |rendered| check_objects(rendered, true));
    let want = "Ingress ingress2: the path \"/\" of the host \"example.com\" is in Ingress ingress1 as well";
    assert_eq!(findings[0].message, want);
}
