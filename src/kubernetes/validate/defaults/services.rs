//! Defaults of Services that depend on other fields (`SetDefaults_Service`, `normalizeClusterIPs`, `initIPFamilyFields`).

use serde_json::{Value, json};

use super::field_paths::{Fields, is_set, set_unset, text};

/// Completes a Service's specification or one of its ports.
pub(super) fn complete(definition: &str, fields: &mut Fields) {
    match definition {
        "core.ServicePort" => {
            if let Some(port) = fields.get("port").cloned() {
                set_unset(fields, "targetPort", port);
            }
        }
        "core.ServiceSpec" => complete_spec(fields),
        _ => {}
    }
}

fn complete_spec(fields: &mut Fields) {
    if text(fields, "sessionAffinity") == "None" {
        fields.remove("sessionAffinityConfig");
    }
    if text(fields, "type") == "ExternalName" {
        return;
    }
    if is_set(fields, "clusterIP") && !is_set(fields, "clusterIPs") {
        let address = fields.get("clusterIP").cloned().unwrap_or_default();
        fields.insert("clusterIPs".to_owned(), json!([address]));
    }
    let addresses = fields.get("clusterIPs").and_then(Value::as_array);
    let families: Vec<&str> = addresses
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|address| *address != "None")
        .map(|address| if address.contains(':') { "IPv6" } else { "IPv4" })
        .collect();
    if !families.is_empty() {
        let families = json!(families);
        set_unset(fields, "ipFamilies", families);
    }
}
