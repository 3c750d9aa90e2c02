//! Defaults of Services that depend on other fields (`SetDefaults_Service`, `normalizeClusterIPs`, `initIPFamilyFields`).

use serde_json::Value;

use super::field_paths::{Fields, append, get, is_set, list_of_one, text};

/// Completes the specification of a Service.
pub(super) fn complete(fields: &mut Fields) {
    if text(fields, "sessionAffinity") == "None" {
        fields.remove("sessionAffinityConfig");
    }
    if text(fields, "type") == "ExternalName" {
        return;
    }
    list_of_one(fields, "clusterIP", "clusterIPs");
    if is_set(fields, "ipFamilies") {
        return;
    }
    let addresses = get(fields, "clusterIPs").cloned();
    for address in addresses.iter().filter_map(Value::as_array).flatten() {
        match address.as_str() {
            Some("None") | None => {}
            Some(address) if address.contains(':') => append(fields, "ipFamilies", "\"IPv6\""),
            Some(_) => append(fields, "ipFamilies", "\"IPv4\""),
        }
    }
}
