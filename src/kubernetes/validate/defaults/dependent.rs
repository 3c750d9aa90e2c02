//! Defaults that depend on other fields, by definition.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::field_paths::{
    Fields, copy_entries, get, is_set, items, items_mut, object_mut, object_or_new, set_unset, text,
};
use super::image_tag::pull_policy;
use super::{jobs, pods, services};

/// Adds what depends on other fields to an object of the definition with this name. The objects in it have no defaults yet.
pub(super) fn complete(definition: &str, minor: u8, fields: &mut Fields) {
    match definition {
        "core.Container" | "core.EphemeralContainer" => {
            let policy = pull_policy(text(fields, "image"));
            set_unset(fields, "imagePullPolicy", json!(policy));
        }
        "core.ImageVolumeSource" if minor >= 35 => {
            let policy = pull_policy(text(fields, "reference"));
            set_unset(fields, "pullPolicy", json!(policy));
        }
        "core.Volume" if fields.keys().all(|key| key == "name") => {
            fields.insert("emptyDir".to_owned(), json!({}));
        }
        "core.Pod" => pods::complete_pod(fields, minor),
        "core.PodSpec" => pods::complete_spec(fields),
        "core.Service" | "core.ServiceSpec" | "core.ServicePort" => services::complete(definition, fields),
        "core.Secret" => merge_string_data(fields),
        "core.ServiceAccount" => {
            for secret in items_mut(fields, "secrets") {
                secret.retain(|key, _| key == "name");
            }
        }
        "core.Namespace" => name_namespace(fields),
        "core.NodeSpec" => {
            let range = fields.get("podCIDR").cloned();
            if let Some(range) = range.filter(|_| !is_set(fields, "podCIDRs")) {
                fields.insert("podCIDRs".to_owned(), json!([range]));
            }
        }
        "core.NodeStatus" => copy_unset(fields, "capacity", "allocatable"),
        "core.LimitRangeItem" => limit_containers(fields),
        "core.ReplicationController" => {
            let labels = get(fields, "spec.template.metadata.labels").cloned();
            if let Some(labels) = labels.filter(is_filled) {
                label_if_unlabelled(fields, "metadata", "labels", &labels);
                label_if_unlabelled(fields, "spec", "selector", &labels);
            }
        }
        "batch.Job" => jobs::label(fields, minor),
        "apps.StatefulSetSpec" => {
            for template in items_mut(fields, "volumeClaimTemplates") {
                template.insert("apiVersion".to_owned(), json!("v1"));
                template.insert("kind".to_owned(), json!("PersistentVolumeClaim"));
                set_unset(template, "status", json!({}));
                set_unset(template, "status.phase", json!("Pending"));
            }
        }
        "apiextensions.CustomResourceDefinitionSpec" => {
            let kind = text(fields, "names.kind").to_owned();
            set_unset(fields, "names.singular", json!(kind.to_lowercase()));
            if !kind.is_empty() {
                set_unset(fields, "names.listKind", json!(format!("{kind}List")));
            }
        }
        "apiextensions.CustomResourceDefinition" => store_versions(fields),
        _ => {}
    }
}

/// Whether a value is a mapping with entries.
fn is_filled(value: &Value) -> bool {
    value.as_object().is_some_and(|entries| !entries.is_empty())
}

fn label_if_unlabelled(fields: &mut Fields, owner: &str, name: &str, labels: &Value) {
    let owner = object_mut(fields, owner).filter(|owner| !owner.get(name).is_some_and(is_filled));
    if let Some(owner) = owner {
        owner.insert(name.to_owned(), labels.clone());
    }
}

fn copy_unset(fields: &mut Fields, from: &str, to: &str) {
    if !is_set(fields, to) {
        copy_entries(fields, from, to);
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
            data.insert(key, json!(STANDARD.encode(text)));
        }
    }
}

/// The label with the name of a namespace, and the finalizer that every new one gets.
fn name_namespace(fields: &mut Fields) {
    let name = get(fields, "metadata.name").cloned();
    let labels = object_mut(fields, "metadata").and_then(|metadata| object_or_new(metadata, "labels"));
    if let (Some(name), Some(labels)) = (name, labels) {
        labels.insert("kubernetes.io/metadata.name".to_owned(), name);
    }
    if let Some(spec) = object_mut(fields, "spec") {
        let finalizers = spec.entry("finalizers").or_insert(Value::Null);
        if finalizers.is_null() {
            *finalizers = json!([]);
        }
        if let Some(list) = finalizers
            .as_array_mut()
            .filter(|list| !list.contains(&json!("kubernetes")))
        {
            list.push(json!("kubernetes"));
        }
    }
}

/// Default limits and requests of containers follow from each other.
fn limit_containers(fields: &mut Fields) {
    if text(fields, "type") == "Container" {
        copy_entries(fields, "max", "default");
        copy_entries(fields, "default", "defaultRequest");
        copy_entries(fields, "min", "defaultRequest");
    }
}

/// The version in which objects are stored.
fn store_versions(fields: &mut Fields) {
    let Some(spec) = get(fields, "spec").and_then(Value::as_object) else {
        return;
    };
    let is_stored = |version: &&Fields| version.get("storage") == Some(&json!(true));
    let stored = items(spec, "versions").find(is_stored);
    if let Some(name) = stored.and_then(|version| version.get("name")).cloned() {
        set_unset(fields, "status.storedVersions", json!([name]));
    }
}
