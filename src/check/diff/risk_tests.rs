//! Two states of objects in, the names of their risks out: one row a change.

use serde_json::{Value as Json, json};

use super::fields::differing_fields;
use super::objects::{DiffObject, Objects};
use super::risk::{RiskKind, risks};
use crate::engine::manifest::HookEvent;

fn object(value: Json, events: &[HookEvent], is_in_crds: bool) -> DiffObject {
    let mut objects = Objects::default();
    objects.add(value, events, is_in_crds, "default");
    objects.list.remove(0)
}

fn found(old: Option<&DiffObject>, new: Option<&DiffObject>) -> Vec<&'static str> {
    let fields = match (old, new) {
        (Some(old), Some(new)) => differing_fields(&old.value, &new.value),
        _ => Vec::new(),
    };
    risks(old, new, &fields).iter().map(|risk| risk.kind.id()).collect()
}

/// `apiVersion/kind`, the old spec, the new spec, the risks.
#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row per change")]
fn changes_of_a_spec() {
    for (kind, old, new, wanted) in [
        (
            "apps/v1/Deployment",
            json!({"selector": {"matchLabels": {"a": "b"}}}),
            json!({"selector": {"matchLabels": {"a": "c"}}}),
            &["immutable-field"][..],
        ),
        (
            "apps/v1/Deployment",
            json!({"replicas": 3}),
            json!({"replicas": 0}),
            &["scaled-to-zero"],
        ),
        (
            "apps/v1/Deployment",
            json!({}),
            json!({"replicas": 0}),
            &["scaled-to-zero"],
        ),
        (
            "apps/v1/Deployment",
            json!({"replicas": 0}),
            json!({"replicas": 3}),
            &[],
        ),
        (
            "apps/v1/Deployment",
            json!({"template": {"spec": {"containers": [{"name": "c", "image": "a:1"}]}}}),
            json!({"template": {"spec": {"containers": [{"name": "c", "image": "a:2"}]}}}),
            &["image-changed"],
        ),
        (
            "apps/v1/Deployment",
            json!({"template": {"spec": {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "d"}}]}}}),
            json!({"template": {"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}}}),
            &["storage-removed"],
        ),
        (
            "apps/v1/StatefulSet",
            json!({"serviceName": "a"}),
            json!({"serviceName": "b"}),
            &["immutable-field"],
        ),
        (
            "apps/v1/StatefulSet",
            json!({"replicas": 1, "template": {"a": 1}}),
            json!({"replicas": 2, "template": {"a": 2}}),
            &[],
        ),
        (
            "apps/v1/StatefulSet",
            json!({"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}),
            json!({"volumeClaimTemplates": []}),
            &["immutable-field", "storage-removed"],
        ),
        (
            "batch/v1/Job",
            json!({"template": {"a": 1}}),
            json!({"template": {"a": 2}}),
            &["immutable-field"],
        ),
        (
            "batch/v1/CronJob",
            json!({"jobTemplate": {"spec": {"template": {"a": 1}}}}),
            json!({"jobTemplate": {"spec": {"template": {"a": 2}}}}),
            &[],
        ),
        (
            "v1/Service",
            json!({"clusterIP": "None"}),
            json!({}),
            &["immutable-field"],
        ),
        ("v1/Service", json!({"clusterIP": ""}), json!({}), &[]),
        ("v1/Service", json!({"type": "ClusterIP"}), json!({}), &[]),
        (
            "v1/Service",
            json!({"type": "LoadBalancer"}),
            json!({}),
            &["service-type-changed"],
        ),
        (
            "v1/Service",
            json!({"type": "ExternalName"}),
            json!({"type": "ClusterIP", "clusterIP": "None"}),
            &["service-type-changed"],
        ),
        (
            "v1/Service",
            json!({"selector": {"app": "a"}}),
            json!({"selector": {"app": "b"}}),
            &["service-selector-changed"],
        ),
        (
            "serving.knative.dev/v1/Service",
            json!({"selector": {"app": "a"}}),
            json!({"selector": {"app": "b"}}),
            &[],
        ),
        (
            "v1/PersistentVolumeClaim",
            json!({"resources": {"requests": {"storage": "1Gi"}}}),
            json!({"resources": {"requests": {"storage": "2Gi"}}}),
            &[],
        ),
        (
            "v1/PersistentVolumeClaim",
            json!({"resources": {"requests": {"storage": "2Gi"}}}),
            json!({"resources": {"requests": {"storage": "1025Mi"}}}),
            &["immutable-field"],
        ),
        (
            "v1/PersistentVolumeClaim",
            json!({"storageClassName": "a"}),
            json!({"storageClassName": "b"}),
            &["immutable-field"],
        ),
        (
            "apiextensions.k8s.io/v1/CustomResourceDefinition",
            json!({"scope": "Cluster"}),
            json!({"scope": "Namespaced"}),
            &["immutable-field"],
        ),
        (
            "a.example/v1/Cluster",
            json!({"image": "a/b:1"}),
            json!({"image": "a/b:2"}),
            &["image-changed"],
        ),
    ] {
        let (api_version, name) = kind.rsplit_once('/').unwrap();
        let make = |spec: &Json| {
            object(
                json!({"apiVersion": api_version, "kind": name, "spec": spec}),
                &[],
                false,
            )
        };
        assert_eq!(
            found(Some(&make(&old)), Some(&make(&new))),
            wanted,
            "{kind} {old} {new}"
        );
    }
}

#[test]
fn changes_of_whole_objects() {
    let keep = json!({"annotations": {"helm.sh/resource-policy": "keep"}});
    let hook = json!({"annotations": {"helm.sh/hook": "pre-upgrade"}});
    let make = |kind: &str, metadata: &Json, events: &[HookEvent], is_in_crds| {
        let (api_version, name) = kind.rsplit_once('/').unwrap();
        object(
            json!({"apiVersion": api_version, "kind": name, "metadata": metadata, "spec": {"template": 1}}),
            events,
            is_in_crds,
        )
    };
    let none = json!({});
    let definition = "apiextensions.k8s.io/v1/CustomResourceDefinition";
    for (kind, metadata, events, is_in_crds, removed, added) in [
        (
            "apps/v1/Deployment",
            &none,
            &[][..],
            false,
            &["object-removed"][..],
            &[][..],
        ),
        ("v1/PersistentVolumeClaim", &none, &[], false, &["storage-removed"], &[]),
        ("v1/PersistentVolumeClaim", &keep, &[], false, &["object-removed"], &[]),
        (definition, &none, &[], false, &["definition-removed"], &[]),
        (
            definition,
            &none,
            &[],
            true,
            &["definition-not-upgraded"],
            &["definition-not-upgraded"],
        ),
        (
            "batch/v1/Job",
            &hook,
            &[HookEvent::PreUpgrade],
            false,
            &["hook-removed"],
            &["hook-added"],
        ),
        ("v1/Pod", &none, &[HookEvent::Test], false, &[], &[]),
    ] {
        let object = make(kind, metadata, events, is_in_crds);
        assert_eq!(found(Some(&object), None), removed, "{kind}");
        assert_eq!(found(None, Some(&object)), added, "{kind}");
    }
    // The template of a Job that is a hook may change, since the Job is made anew.
    let old = make("batch/v1/Job", &hook, &[HookEvent::PreUpgrade], false);
    let mut new = old.clone();
    new.value["spec"]["template"] = json!(2);
    assert_eq!(found(Some(&old), Some(&new)), Vec::<&str>::new());
    let plain = make("batch/v1/Job", &none, &[], false);
    assert_eq!(found(Some(&old), Some(&plain)), ["hook-changed"]);
    let (mut map, mut other) = (
        object(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "immutable": true, "data": {"a": "1"}}),
            &[],
            false,
        ),
        plain,
    );
    other.value.clone_from(&map.value);
    other.value["data"]["a"] = json!("2");
    map.id.group.clear();
    assert_eq!(found(Some(&map), Some(&other)), ["immutable-field"]);
    let kinds: std::collections::BTreeSet<&str> = RiskKind::ALL.iter().map(|kind| kind.id()).collect();
    assert_eq!(kinds.len(), RiskKind::ALL.len());
    let page = include_str!("../../../docs/diff.md");
    let documented = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let documented: Vec<&str> = documented.map(|(id, _)| id).filter(|id| kinds.contains(id)).collect();
    let all: Vec<&str> = RiskKind::ALL.iter().map(|kind| kind.id()).collect();
    assert_eq!(documented, all, "docs/diff.md has a row for each");
}
