//! What plugins of admission that every API server has, and the registry, change in a new object.
//!
//! Follows `plugin/pkg/admission` and `PrepareForCreate` of `pkg/registry`. In: an object that has its defaults.

use serde_json::{Value, json};

use super::field_paths::{Fields, get, is_set, object_mut, object_or_new, set_unset, text};
use super::{app_armor, jobs, pods};

/// Drops the metadata that the server sets itself.
pub(super) fn drop_system_fields(fields: &mut Fields) {
    if let Some(metadata) = object_mut(fields, "metadata") {
        metadata.retain(|key, _| {
            !matches!(
                key.as_str(),
                "creationTimestamp"
                    | "deletionGracePeriodSeconds"
                    | "deletionTimestamp"
                    | "generation"
                    | "managedFields"
                    | "resourceVersion"
                    | "selfLink"
                    | "uid"
            )
        });
    }
}

/// Changes a new object of the definition with this name.
pub(super) fn admit(definition: &str, minor: u8, fields: &mut Fields) {
    match definition {
        "core.Pod" => {
            admit_pod(fields);
            if minor >= 30 {
                app_armor::copy_annotations(fields);
            }
        }
        "core.Node" => taint_node(fields),
        "core.PersistentVolume" => add_finalizer(fields, "kubernetes.io/pv-protection"),
        "core.PersistentVolumeClaim" => {
            add_finalizer(fields, "kubernetes.io/pvc-protection");
            if let Some(spec) = object_mut(fields, "spec") {
                name_data_source(spec);
            }
        }
        "storage.VolumeAttributesClass" if minor >= 34 => add_finalizer(fields, "kubernetes.io/vac-protection"),
        "apiregistration.APIService" if get(fields, "spec.service").is_none() => {
            let conditions = json!([{
                "type": "Available", "status": "True", "reason": "Local", "message": "Local APIServices are always available"
            }]);
            set_unset(fields, "status.conditions", conditions);
        }
        "batch.Job" => jobs::label_pods(fields, minor),
        "apps.DaemonSet" => annotate(fields, "deprecated.daemonset.template.generation", "1"),
        _ => {}
    }
}

/// Adds an annotation to an object.
fn annotate(fields: &mut Fields, name: &str, text: &str) {
    let metadata = object_mut(fields, "metadata");
    if let Some(annotations) = metadata.and_then(|metadata| object_or_new(metadata, "annotations")) {
        annotations.insert(name.to_owned(), json!(text));
    }
}

fn admit_pod(fields: &mut Fields) {
    let is_mirror =
        get(fields, "metadata.annotations").is_some_and(|all| all.get("kubernetes.io/config.mirror").is_some());
    let Some(spec) = object_mut(fields, "spec") else {
        return;
    };
    if !is_mirror && !is_set(spec, "serviceAccountName") {
        pods::set_service_account(spec, "default");
    }
    // A class with the value of other names is an object of the cluster.
    let priority = match text(spec, "priorityClassName") {
        "" => Some(0),
        "system-cluster-critical" => Some(2_000_000_000),
        "system-node-critical" => Some(2_000_001_000),
        _ => None,
    };
    if let Some(priority) = priority {
        set_unset(spec, "priority", json!(priority));
        set_unset(spec, "preemptionPolicy", json!("PreemptLowerPriority"));
    }
    pods::tolerate_lost_nodes(spec);
    let quality = pods::quality_of_service(spec);
    let is_gated = get(spec, "schedulingGates").is_some();
    if let Some(status) = object_mut(fields, "status") {
        status.insert("qosClass".to_owned(), json!(quality));
        if is_gated {
            let gated = json!([{
                "type": "PodScheduled", "status": "False", "reason": "SchedulingGated", "lastProbeTime": null,
                "message": "Scheduling is blocked due to non-empty scheduling gates"
            }]);
            status.insert("conditions".to_owned(), gated);
        }
    }
}

/// The plugin `TaintNodesByCondition`.
fn taint_node(fields: &mut Fields) {
    let taint = json!({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"});
    if let Some(spec) = object_mut(fields, "spec") {
        let taints = spec.entry("taints").or_insert_with(|| json!([]));
        if let Some(list) = taints.as_array_mut().filter(|list| !list.contains(&taint)) {
            list.push(taint);
        }
    }
}

/// The plugin `StorageObjectInUseProtection`.
fn add_finalizer(fields: &mut Fields, finalizer: &str) {
    if let Some(metadata) = object_mut(fields, "metadata") {
        let finalizers = metadata.entry("finalizers").or_insert_with(|| json!([]));
        if let Some(list) = finalizers
            .as_array_mut()
            .filter(|list| !list.contains(&json!(finalizer)))
        {
            list.push(json!(finalizer));
        }
    }
}

/// `dataSource` and `dataSourceRef` are kept the same (`NormalizeDataSources`); a source of another kind is dropped.
fn name_data_source(spec: &mut Fields) {
    if !is_set(spec, "dataSourceRef") {
        let is_known = match spec.get("dataSource") {
            Some(Value::Object(source)) => {
                let group = text(source, "apiGroup");
                matches!(
                    (text(source, "kind"), group),
                    ("PersistentVolumeClaim", "") | ("VolumeSnapshot", "snapshot.storage.k8s.io")
                )
            }
            _ => false,
        };
        if is_known {
            let source = spec.get("dataSource").cloned().unwrap_or_default();
            spec.insert("dataSourceRef".to_owned(), source);
        } else {
            spec.remove("dataSource");
        }
    } else if !is_set(spec, "dataSource") && !is_set(spec, "dataSourceRef.namespace") {
        let mut source = spec.get("dataSourceRef").cloned().unwrap_or_default();
        if let Some(source) = source.as_object_mut() {
            source.remove("namespace");
        }
        spec.insert("dataSource".to_owned(), source);
    }
}
