//! Profiles of `AppArmor` that annotations give to the containers of a Pod (`applyAppArmorVersionSkew`).

use serde_json::Value;

use super::field_paths::{Fields, each_mut, get, is_set, object_mut, object_or_new, set, set_text, text};

const PREFIX: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Gives the containers of a Pod that have no profile the one of their annotation, unless the Pod has the same.
pub(super) fn copy_annotations(pod: &mut Fields) {
    let annotations = get(pod, "metadata.annotations").and_then(Value::as_object).cloned();
    let (Some(annotations), Some(spec)) = (annotations, object_mut(pod, "spec")) else {
        return;
    };
    if text(spec, "os.name") == "windows" {
        return;
    }
    let of_pod = get(spec, "securityContext.appArmorProfile").cloned();
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        each_mut(spec, list, &mut |container| {
            let annotation = annotations.get(&format!("{PREFIX}{}", text(container, "name")));
            let profile = annotation.and_then(Value::as_str).and_then(profile).map(Value::Object);
            let Some(profile) = profile.filter(|profile| of_pod.as_ref() != Some(profile)) else {
                return;
            };
            if !is_set(container, "securityContext.appArmorProfile") {
                object_or_new(container, "securityContext");
                set(container, "securityContext.appArmorProfile", profile);
            }
        });
    }
}

/// The profile that an annotation means.
fn profile(annotation: &str) -> Option<Fields> {
    let mut profile = Fields::new();
    match annotation {
        "runtime/default" => set_text(&mut profile, "type", "RuntimeDefault"),
        "unconfined" => set_text(&mut profile, "type", "Unconfined"),
        _ => {
            let name = annotation.strip_prefix("localhost/").filter(|name| !name.is_empty())?;
            set_text(&mut profile, "type", "Localhost");
            set_text(&mut profile, "localhostProfile", name);
        }
    }
    Some(profile)
}
