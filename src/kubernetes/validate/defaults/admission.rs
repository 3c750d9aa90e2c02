//! What plugins of admission that every API server has, and the registry, change in a new object.
//!
//! Follows `plugin/pkg/admission` and `PrepareForCreate` of `pkg/registry`. In: an object that has its defaults.

use super::field_paths::{Fields, add_text, append, default_to, get, is_set, object_mut, set, set_text, text};
use super::{app_armor, jobs, pods};

/// Metadata that the server sets itself.
const OF_SERVER: [&str; 8] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Drops the metadata that the server sets itself.
pub(super) fn drop_system_fields(fields: &mut Fields) {
    if let Some(metadata) = object_mut(fields, "metadata") {
        metadata.retain(|key, _| !OF_SERVER.contains(&key.as_str()));
    }
}

/// Changes a new object of the definition with this name.
pub(super) fn admit(definition: &str, minor: u8, fields: &mut Fields) {
    const FINALIZERS: &str = "metadata.finalizers";
    match definition {
        "core.Pod" => {
            admit_pod(fields);
            if minor >= 30 {
                app_armor::copy_annotations(fields);
            }
        }
        // The plugin `TaintNodesByCondition`.
        "core.Node" => append(
            fields,
            "spec.taints",
            r#"{"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"}"#,
        ),
        // The plugin `StorageObjectInUseProtection`.
        "core.PersistentVolume" => append(fields, FINALIZERS, "\"kubernetes.io/pv-protection\""),
        "core.PersistentVolumeClaim" => {
            append(fields, FINALIZERS, "\"kubernetes.io/pvc-protection\"");
            if let Some(spec) = object_mut(fields, "spec") {
                name_data_source(spec);
            }
        }
        "storage.VolumeAttributesClass" if minor >= 34 => {
            append(fields, FINALIZERS, "\"kubernetes.io/vac-protection\"");
        }
        "apiregistration.APIService" if get(fields, "spec.service").is_none() => append(
            fields,
            "status.conditions",
            r#"{"type":"Available","status":"True","reason":"Local","message":"Local APIServices are always available"}"#,
        ),
        "batch.Job" => jobs::label_pods(fields, minor),
        "apps.DaemonSet" => add_text(
            fields,
            "metadata.annotations",
            "deprecated.daemonset.template.generation",
            "1",
        ),
        _ => {}
    }
}

fn admit_pod(fields: &mut Fields) {
    let annotations = get(fields, "metadata.annotations");
    let is_mirror = annotations.is_some_and(|all| all.get("kubernetes.io/config.mirror").is_some());
    let Some(spec) = object_mut(fields, "spec") else {
        return;
    };
    if !is_mirror && !is_set(spec, "serviceAccountName") {
        pods::set_service_account(spec, "default");
    }
    // A class with another name is an object of the cluster.
    let priority = match text(spec, "priorityClassName") {
        "" => "0",
        "system-cluster-critical" => "2000000000",
        "system-node-critical" => "2000001000",
        _ => "",
    };
    if !priority.is_empty() {
        default_to(spec, "priority", priority);
        default_to(spec, "preemptionPolicy", "\"PreemptLowerPriority\"");
    }
    pods::tolerate_lost_nodes(spec);
    let quality = pods::quality_of_service(spec);
    let is_gated = is_set(spec, "schedulingGates");
    set_text(fields, "status.qosClass", quality);
    if is_gated {
        append(
            fields,
            "status.conditions",
            r#"{"type":"PodScheduled","status":"False","reason":"SchedulingGated","lastProbeTime":null,
                "message":"Scheduling is blocked due to non-empty scheduling gates"}"#,
        );
    }
}

/// `dataSource` and `dataSourceRef` are kept the same (`NormalizeDataSources`); a source of another kind is dropped.
fn name_data_source(spec: &mut Fields) {
    let [source, reference] = ["dataSource", "dataSourceRef"].map(|name| get(spec, name).cloned());
    match (source, reference) {
        (Some(source), None) => {
            let is_known = match text(spec, "dataSource.kind") {
                "PersistentVolumeClaim" => text(spec, "dataSource.apiGroup").is_empty(),
                "VolumeSnapshot" => text(spec, "dataSource.apiGroup") == "snapshot.storage.k8s.io",
                _ => false,
            };
            if is_known {
                set(spec, "dataSourceRef", source);
            } else {
                spec.remove("dataSource");
            }
        }
        (None, Some(reference)) if !is_set(spec, "dataSourceRef.namespace") => {
            set(spec, "dataSource", reference);
            if let Some(source) = object_mut(spec, "dataSource") {
                source.remove("namespace");
            }
        }
        _ => {}
    }
}
