//! Defaults that depend on other fields, by definition.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::field_paths::{
    Fields, add_text, append, copy, copy_entries, default_to, default_to_text, each, each_mut, is_filled, is_set,
    is_true, list_of_one, object_or_new, set, set_text, text,
};
use super::image_tag::pull_policy;
use super::{jobs, pods, services};

/// Adds what depends on other fields to an object of the definition with this name. The objects in it have no defaults yet.
pub(super) fn complete(definition: &str, minor: u8, fields: &mut Fields) {
    match definition {
        "core.Container" | "core.EphemeralContainer" => {
            default_to_text(fields, "imagePullPolicy", pull_policy(text(fields, "image")));
        }
        "core.ImageVolumeSource" if minor >= 35 => {
            default_to_text(fields, "pullPolicy", pull_policy(text(fields, "reference")));
        }
        "core.Volume" if fields.keys().all(|key| key == "name") => default_to(fields, "emptyDir", "{}"),
        "core.Pod" => pods::complete_pod(fields, minor),
        "core.PodSpec" => pods::complete_spec(fields),
        "core.ServicePort" => copy(fields, "port", "targetPort"),
        "core.ServiceSpec" => services::complete(fields),
        "core.Secret" => merge_string_data(fields),
        "core.ServiceAccount" => {
            each_mut(fields, "secrets", &mut |secret| secret.retain(|key, _| key == "name"));
        }
        "core.Namespace" => {
            let name = text(fields, "metadata.name").to_owned();
            if !name.is_empty() {
                add_text(fields, "metadata.labels", "kubernetes.io/metadata.name", &name);
            }
            append(fields, "spec.finalizers", "\"kubernetes\"");
        }
        "core.NodeSpec" => list_of_one(fields, "podCIDR", "podCIDRs"),
        "core.NodeStatus" if !is_set(fields, "allocatable") => copy_entries(fields, "capacity", "allocatable"),
        "core.LimitRangeItem" if text(fields, "type") == "Container" => {
            copy_entries(fields, "max", "default");
            copy_entries(fields, "default", "defaultRequest");
            copy_entries(fields, "min", "defaultRequest");
        }
        "core.ReplicationController" => {
            for to in ["metadata.labels", "spec.selector"] {
                if !is_filled(fields, to) {
                    copy_entries(fields, "spec.template.metadata.labels", to);
                }
            }
        }
        "batch.Job" => jobs::label(fields, minor),
        "apps.StatefulSetSpec" => each_mut(fields, "volumeClaimTemplates", &mut |template| {
            set_text(template, "apiVersion", "v1");
            set_text(template, "kind", "PersistentVolumeClaim");
            default_to(template, "status", "{}");
            default_to_text(template, "status.phase", "Pending");
        }),
        "apiextensions.CustomResourceDefinitionNames" => {
            let kind = text(fields, "kind").to_owned();
            if !kind.is_empty() {
                default_to_text(fields, "singular", &kind.to_lowercase());
                default_to_text(fields, "listKind", &format!("{kind}List"));
            }
        }
        "apiextensions.CustomResourceDefinition" => store_versions(fields),
        _ => {}
    }
}

/// `stringData` goes into `data`, and the conversion to the internal type drops it.
fn merge_string_data(fields: &mut Fields) {
    let Some(Value::Object(texts)) = fields.remove("stringData") else {
        return;
    };
    if let Some(data) = object_or_new(fields, "data") {
        for (key, value) in texts {
            let text = value.as_str().unwrap_or_default();
            data.insert(key, Value::String(STANDARD.encode(text)));
        }
    }
}

/// The version in which objects are stored.
fn store_versions(fields: &mut Fields) {
    let mut stored = Vec::new();
    each(fields, "spec.versions", &mut |version| {
        if stored.is_empty() && is_true(version, "storage") {
            stored.extend(version.get("name").cloned());
        }
    });
    if !stored.is_empty() {
        set(fields, "status.storedVersions", Value::Array(stored));
    }
}
