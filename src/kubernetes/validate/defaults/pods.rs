//! Defaults of Pods that depend on other fields (`SetDefaults_Pod`), and their quality of service.

use serde_json::{Value, json};

use super::super::quantity::Quantity;
use super::field_paths::{Fields, copy_entries, get, items, items_mut, object_mut, text};
use super::pod_resources;

const CONTAINERS: [&str; 2] = ["containers", "initContainers"];

/// Completes a specification wherever it occurs: the old name of `serviceAccountName` has its value, and gives it one if it has none.
pub(super) fn complete_spec(fields: &mut Fields) {
    let name = ["serviceAccountName", "serviceAccount"].into_iter().find_map(|name| {
        let text = fields.get(name)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    });
    if let Some(name) = name {
        set_service_account(fields, &name);
    }
}

/// Sets the service account of a specification, under both names.
pub(super) fn set_service_account(fields: &mut Fields, name: &str) {
    fields.insert("serviceAccountName".to_owned(), json!(name));
    fields.insert("serviceAccount".to_owned(), json!(name));
}

/// Completes a Pod; in a template this is left to the Pods made from it.
pub(super) fn complete_pod(fields: &mut Fields, minor: u8) {
    let Some(spec) = object_mut(fields, "spec") else {
        return;
    };
    let uses_host_network = spec.get("hostNetwork") == Some(&json!(true));
    for list in CONTAINERS {
        for container in items_mut(spec, list) {
            if let Some(resources) = object_mut(container, "resources") {
                copy_entries(resources, "limits", "requests");
            }
            for port in items_mut(container, "ports").filter(|_| uses_host_network) {
                let is_zero = port
                    .get("hostPort")
                    .is_none_or(|port| port.is_null() || *port == json!(0));
                if let Some(number) = port.get("containerPort").filter(|_| is_zero).cloned() {
                    port.insert("hostPort".to_owned(), number);
                }
            }
        }
    }
    if minor >= 34 {
        pod_resources::complete(spec);
    }
    let period = spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64);
    if period.is_some_and(|period| period < 0) {
        spec.insert("terminationGracePeriodSeconds".to_owned(), json!(1));
    }
}

/// The quality of service of a complete specification (`ComputePodQOS`).
pub(super) fn quality_of_service(spec: &Fields) -> &'static str {
    let resources: Vec<&Fields> = if let Some(of_pod) = get(spec, "resources").and_then(Value::as_object) {
        vec![of_pod]
    } else {
        let containers = CONTAINERS.iter().flat_map(|list| items(spec, list));
        let resources = containers.map(|container| container.get("resources").and_then(Value::as_object));
        resources.flatten().collect()
    };
    let amount = |resources: &Fields, list: &str, name: &str| {
        let text = get(resources, list)?.get(name)?.as_str()?;
        Quantity::parse(text).filter(|amount| amount.is_positive())
    };
    let mut has_any = false;
    let mut is_guaranteed = true;
    for resources in resources {
        for name in ["cpu", "memory"] {
            let (request, limit) = (amount(resources, "requests", name), amount(resources, "limits", name));
            has_any |= request.is_some() || limit.is_some();
            is_guaranteed &= limit.is_some() && request == limit;
        }
    }
    match (has_any, is_guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

/// The tolerations of a new Pod for nodes that are not ready or not reachable (the plugin `DefaultTolerationSeconds`).
pub(super) fn tolerate_lost_nodes(spec: &mut Fields) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let is_about = |toleration: &Fields| {
            let (wanted, effect) = (text(toleration, "key"), text(toleration, "effect"));
            (wanted == key || wanted.is_empty()) && matches!(effect, "NoExecute" | "")
        };
        if !items(spec, "tolerations").any(is_about) {
            let added = json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
            if let Some(list) = spec.entry("tolerations").or_insert_with(|| json!([])).as_array_mut() {
                list.push(added);
            }
        }
    }
}
