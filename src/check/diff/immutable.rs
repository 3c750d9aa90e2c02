//! Fields that cannot be changed: those that the API server refuses to change in an object that exists. From `ValidateUpdate` of the
//! strategies in Kubernetes' `pkg/registry` and the functions of `pkg/apis/*/validation`.

use super::fields::FieldChange;
use super::objects::DiffObject;

/// What cannot be changed in a kind.
struct Immutable {
    group: &'static str,
    kind: &'static str,
    /// Fields, with all below them.
    fields: &'static [&'static str],
    /// Those among them that can be changed all the same.
    except: &'static [&'static str],
}

const fn fields(group: &'static str, kind: &'static str, fields: &'static [&'static str]) -> Immutable {
    let except = &[];
    Immutable {
        group,
        kind,
        fields,
        except,
    }
}

const TABLE: [Immutable; 18] = [
    fields("apps", "Deployment", &["spec.selector"]),
    fields("apps", "ReplicaSet", &["spec.selector"]),
    fields("apps", "DaemonSet", &["spec.selector"]),
    Immutable {
        group: "apps",
        kind: "StatefulSet",
        fields: &["spec"],
        except: &[
            "spec.replicas",
            "spec.ordinals",
            "spec.template",
            "spec.updateStrategy",
            "spec.revisionHistoryLimit",
            "spec.persistentVolumeClaimRetentionPolicy",
            "spec.minReadySeconds",
        ],
    },
    fields(
        "batch",
        "Job",
        &[
            "spec.selector",
            "spec.template",
            "spec.completions",
            "spec.completionMode",
            "spec.podFailurePolicy",
            "spec.backoffLimitPerIndex",
            "spec.successPolicy",
            "spec.managedBy",
        ],
    ),
    fields("", "Service", &["spec.clusterIP", "spec.clusterIPs"]),
    Immutable {
        group: "",
        kind: "PersistentVolumeClaim",
        fields: &["spec"],
        except: &[
            "spec.resources.requests.storage",
            "spec.resources.limits.storage",
            "spec.volumeAttributesClassName",
        ],
    },
    fields("", "Secret", &["type"]),
    fields(
        "storage.k8s.io",
        "StorageClass",
        &["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"],
    ),
    fields("rbac.authorization.k8s.io", "RoleBinding", &["roleRef"]),
    fields("rbac.authorization.k8s.io", "ClusterRoleBinding", &["roleRef"]),
    fields("networking.k8s.io", "IngressClass", &["spec.controller"]),
    fields("scheduling.k8s.io", "PriorityClass", &["value", "preemptionPolicy"]),
    fields("node.k8s.io", "RuntimeClass", &["handler"]),
    fields("discovery.k8s.io", "EndpointSlice", &["addressType"]),
    fields(
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        &["spec.group", "spec.scope", "spec.names.kind", "spec.names.plural"],
    ),
    Immutable {
        group: "",
        kind: "Pod",
        fields: &["spec"],
        except: &[
            "spec.activeDeadlineSeconds",
            "spec.tolerations",
            "spec.terminationGracePeriodSeconds",
        ],
    },
    fields(
        "",
        "PersistentVolume",
        &["spec.volumeMode", "spec.csi", "spec.nfs", "spec.hostPath", "spec.local"],
    ),
];

/// Fields that `immutable: true` fixes.
const FIXED: [&str; 4] = ["data", "stringData", "binaryData", "immutable"];

/// Whether a path is that of a field, or of one below it.
fn is_below(path: &str, field: &str) -> bool {
    let rest = path.strip_prefix(field);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The first of the immutable fields that a change is about, as a path, if the API server refuses the change. Hooks are deleted and made
/// anew, so their fields can change.
pub(super) fn refused<'f>(old: &DiffObject, new: &DiffObject, field: &'f FieldChange) -> Option<&'f str> {
    let path = field.path.as_str();
    if !old.events.is_empty() || !new.events.is_empty() {
        return None;
    }
    let is_fixed = old.value.get("immutable").is_some_and(|value| value == true)
        && old.id.group.is_empty()
        && matches!(old.id.kind.as_str(), "Secret" | "ConfigMap");
    if is_fixed && FIXED.iter().any(|fixed| is_below(path, fixed)) {
        return Some(path);
    }
    let row = TABLE
        .iter()
        .find(|row| row.group == old.id.group && row.kind == old.id.kind)?;
    let is_any = |fields: &[&str]| fields.iter().any(|field| is_below(path, field));
    if !is_any(row.fields) || is_any(row.except) {
        return None;
    }
    match row.kind {
        // An empty address is chosen by the cluster.
        "Service" if is_empty(field) || types_differ(old, new) => None,
        "Pod" if field.steps.last().is_some_and(|step| step == "image") => None,
        "Secret" if field.old.is_none() || field.new.is_none() => None,
        _ => Some(path),
    }
}

fn is_empty(field: &FieldChange) -> bool {
    let is_empty = |value: &super::fields::FieldValue| value.as_ref().is_none_or(|value| value == "");
    is_empty(&field.old) && is_empty(&field.new)
}

/// A service that becomes one of another kind of type gets another address.
fn types_differ(old: &DiffObject, new: &DiffObject) -> bool {
    let is_external = |object: &DiffObject| {
        let spec = object.value.get("spec");
        spec.and_then(|spec| spec.get("type"))
            .is_some_and(|value| value == "ExternalName")
    };
    is_external(old) != is_external(new)
}
