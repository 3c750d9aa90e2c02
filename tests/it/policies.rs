//! Verdicts of policies of admission on objects that are created.
//!
//! `tests/cel/policies.jsonl` has specifications of policies and what the API server's code decides on a Deployment
//! (`tests/oracles/cel`, `cel -policies`).

use chartwright::kubernetes::validate::{Effect, Policies, PolicyVerdict, Request};
use serde_json::{Value as Json, json};

const ROWS: &str = include_str!("../cel/policies.jsonl");
const WORDS: &str = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ";

/// A policy with a specification, which is about Deployments, and its binding.
fn policy(spec: &Json, binding: &Json) -> [Json; 2] {
    let kind = |kind: &str, name: &str, spec: Json| {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec
        })
    };
    let mut spec = spec.clone();
    spec["matchConstraints"] = json!({"resourceRules": [{
        "apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]
    }]});
    let mut bound = json!({"policyName": "p", "validationActions": ["Deny"]});
    let bound_fields = bound.as_object_mut().expect("an object");
    bound_fields.extend(binding.as_object().expect("an object").clone());
    [
        kind("ValidatingAdmissionPolicy", "p", spec),
        kind("ValidatingAdmissionPolicyBinding", "b", bound),
    ]
}

/// The verdicts on a Deployment in the namespace `shop`.
fn verdicts(documents: &[Json], object: &Json) -> Vec<PolicyVerdict> {
    Policies::read(documents, "shop").judge(&Request {
        group: "apps",
        version: "v1",
        kind: "Deployment",
        resource: "deployments",
        namespace: Some("shop"),
        equivalents: &[],
        object,
    })
}

fn namespace() -> Json {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"env": "prod"}}})
}

fn deployment() -> Json {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}}, "spec": {"replicas": 7}})
}

/// Effects and messages of verdicts on a Deployment.
fn judged(spec: &Json, binding: &Json, others: &[Json]) -> Vec<(Effect, String)> {
    let documents = [&policy(spec, binding)[..], others].concat();
    let found = verdicts(&documents, &deployment()).into_iter();
    found.map(|verdict| (verdict.effect, verdict.message)).collect()
}

#[test]
fn verdicts_are_those_of_the_server() {
    let mut rows = ROWS
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).expect("a row"));
    let object = rows.next().expect("the object")["object"].take();
    let mut wrong = Vec::new();
    for row in rows {
        let spec = &row["spec"];
        let binding = if row["param"].is_null() {
            json!({})
        } else {
            json!({"paramRef": {"name": row["param"]["metadata"]["name"]}})
        };
        let mut documents = policy(spec, &binding).to_vec();
        documents.extend([row["param"].clone(), namespace()]);
        let found: Vec<Json> = verdicts(&documents, &object)
            .into_iter()
            .map(|verdict| json!([verdict.message, verdict.reason]))
            .collect();
        let wanted: Vec<Json> = row["decisions"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|decision| {
                let message = decision["message"].as_str().expect("a message");
                json!([
                    format!("{WORDS}{message}"),
                    decision["reason"].as_str().unwrap_or("Invalid")
                ])
            })
            .collect();
        if found != wanted {
            wrong.push(format!(
                "{spec}\n  expected {}\n  found    {}",
                json!(wanted),
                json!(found)
            ));
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn bindings_say_what_follows() {
    let spec = json!({"validations": [{"expression": "true"}, {"expression": "false", "message": "refused"}]});
    let warned = policy(&spec, &json!({"validationActions": ["Warn", "Audit"]}));
    let found = verdicts(&warned, &deployment());
    assert!(found.iter().all(|verdict| verdict.place == "/spec/validations/1"));
    let found: Vec<(Effect, &str)> = found
        .iter()
        .map(|verdict| (verdict.effect, verdict.message.as_str()))
        .collect();
    let warning = "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': refused";
    assert_eq!(found, [(Effect::Warned, warning), (Effect::Audited, "refused")]);
    for (resources, wanted) in [
        (json!({"objectSelector": {"matchLabels": {"app": "web"}}}), 1),
        (json!({"objectSelector": {"matchLabels": {"app": "db"}}}), 0),
        (
            json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "db"}}}),
            0,
        ),
    ] {
        let found = judged(&spec, &json!({"matchResources": resources}), &[]);
        assert_eq!(found.len(), wanted, "{resources}");
    }
}

#[test]
fn parameters_come_from_the_documents() {
    let spec = json!({
        "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "validations": [{
            "expression": "object.spec.replicas <= int(params.data.most)", "messageExpression": "'most ' + params.data.most"
        }]
    });
    let params = [("a", "", "3"), ("b", "shop", "9"), ("c", "other", "1")].map(|(name, namespace, most)| {
        let mut metadata = json!({"name": name, "labels": {"l": "x"}});
        if !namespace.is_empty() {
            metadata["namespace"] = json!(namespace);
        }
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"most": most}})
    });
    let found = |param_ref: &Json| judged(&spec, &json!({"paramRef": param_ref}), &params);
    for (param_ref, wanted) in [
        (json!({"name": "a"}), Some("most 3")),
        (json!({"name": "b"}), None),
        (json!({"name": "c", "namespace": "other"}), Some("most 1")),
        (json!({"selector": {"matchLabels": {"l": "x"}}}), Some("most 3")),
    ] {
        let wanted: Vec<(Effect, String)> = wanted
            .into_iter()
            .map(|message| (Effect::Denied, format!("{WORDS}{message}")))
            .collect();
        assert_eq!(found(&param_ref), wanted, "{param_ref}");
    }
    for unknown in [
        json!({"name": "c"}),
        json!({"name": "d"}),
        json!({"selector": {"matchLabels": {"l": "y"}}}),
    ] {
        assert!(
            matches!(found(&unknown).as_slice(), [(Effect::Unknown, _)]),
            "{unknown}"
        );
    }
}

#[test]
fn parameters_in_the_namespace_of_an_object_without_one_refuse_it() {
    let object =
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "x"}});
    let found = |kind: &str, failure_policy: &str, param_ref: Json| {
        let spec = json!({
            "failurePolicy": failure_policy,
            "paramKind": {"apiVersion": if kind == "Own" { "example.com/v1" } else { "v1" }, "kind": kind},
            "validations": [{"expression": "false"}]
        });
        let mut documents = policy(&spec, &json!({"paramRef": param_ref, "validationActions": ["Warn"]}));
        documents[0]["spec"]["matchConstraints"] = json!({"resourceRules": [{
            "apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["clusterroles"]
        }]});
        let verdicts = Policies::read(&documents, "shop").judge(&Request {
            group: "rbac.authorization.k8s.io",
            version: "v1",
            kind: "ClusterRole",
            resource: "clusterroles",
            namespace: None,
            equivalents: &[],
            object: &object,
        });
        verdicts
            .into_iter()
            .map(|verdict| (verdict.effect, verdict.message))
            .collect::<Vec<_>>()
    };
    let words = "failed to configure binding: cannot use namespaced paramRef in policy binding that matches cluster-scoped resources";
    let refused = [(Effect::Denied, format!("{WORDS}{words}"))];
    assert_eq!(found("ConfigMap", "Fail", json!({"name": "a"})), refused);
    assert_eq!(found("ConfigMap", "Ignore", json!({"name": "a"})), []);
    for (kind, param_ref) in [
        ("ConfigMap", json!({"name": "a", "namespace": "b"})),
        ("Namespace", json!({"name": "a"})),
        ("Own", json!({"name": "a"})),
    ] {
        let unknown = found(kind, "Fail", param_ref);
        assert!(
            matches!(unknown.as_slice(), [(Effect::Unknown, _)]),
            "{kind}: {unknown:?}"
        );
    }
}

#[test]
fn what_only_a_cluster_knows_refuses_nothing() {
    for expression in [
        "request.userInfo.username == 'admin'",
        "authorizer.group('apps').resource('deployments').check('create').allowed()",
        "authorizer.requestResource.check('create').allowed()",
        "namespaceObject.metadata.labels.env == 'prod'",
        "google.protobuf.StringValue{value: 'a'} == 'a'",
    ] {
        let spec = json!({"validations": [{"expression": expression}]});
        let found = judged(&spec, &json!({}), &[]);
        assert!(
            matches!(found.as_slice(), [(Effect::Unknown, _)]),
            "{expression}: {found:?}"
        );
    }
    // It may not matter.
    let spec = json!({"validations": [{"expression": "true || request.userInfo.username == 'admin'"}]});
    assert_eq!(judged(&spec, &json!({}), &[]), []);
    let spec = json!({"validations": [{"expression": "namespaceObject.metadata.labels.env != 'prod'"}]});
    assert_eq!(judged(&spec, &json!({}), &[namespace()]).len(), 1);
}
