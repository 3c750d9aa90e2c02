//! Profiles of `AppArmor` that annotations give to the containers of a Pod (`applyAppArmorVersionSkew`).

use serde_json::{Value, json};

use super::field_paths::{Fields, get, items_mut, object_mut, object_or_new, text};

const PREFIX: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Gives the containers of a Pod that have no profile the one of their annotation, unless the Pod has the same.
pub(super) fn copy_annotations(pod: &mut Fields) {
    let annotations = get(pod, "metadata.annotations").and_then(Value::as_object).cloned();
    let (Some(annotations), Some(spec)) = (annotations, object_mut(pod, "spec")) else {
        return;
    };
    if get(spec, "os.name") == Some(&json!("windows")) {
        return;
    }
    let of_pod = get(spec, "securityContext.appArmorProfile").cloned();
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in items_mut(spec, list) {
            let annotation = annotations.get(&format!("{PREFIX}{}", text(container, "name")));
            let profile = annotation.and_then(Value::as_str).and_then(profile);
            let Some(profile) = profile.filter(|profile| of_pod.as_ref() != Some(profile)) else {
                continue;
            };
            if let Some(context) = object_or_new(container, "securityContext") {
                context.entry("appArmorProfile").or_insert(profile);
            }
        }
    }
}

/// The profile that an annotation means.
fn profile(annotation: &str) -> Option<Value> {
    match annotation {
        "runtime/default" => Some(json!({"type": "RuntimeDefault"})),
        "unconfined" => Some(json!({"type": "Unconfined"})),
        _ => {
            let name = annotation.strip_prefix("localhost/").filter(|name| !name.is_empty())?;
            Some(json!({"type": "Localhost", "localhostProfile": name}))
        }
    }
}
