//! Defaults of Pods that depend on other fields (`SetDefaults_Pod`), and their quality of service.

use serde_json::Value;

use super::field_paths::{Fields, append, copy_entries, each, each_mut, get, is_true, object_mut, set, set_text, text};
use super::pod_resources;
use super::quantity_text::Amount;

const CONTAINERS: [&str; 2] = ["containers", "initContainers"];

/// Completes a specification wherever it occurs: the old name of `serviceAccountName` has its value, and gives it one if it has none.
pub(super) fn complete_spec(fields: &mut Fields) {
    for name in ["serviceAccountName", "serviceAccount"] {
        let account = text(fields, name).to_owned();
        if !account.is_empty() {
            set_service_account(fields, &account);
            return;
        }
    }
}

/// Sets the service account of a specification, under both names.
pub(super) fn set_service_account(fields: &mut Fields, name: &str) {
    set_text(fields, "serviceAccountName", name);
    set_text(fields, "serviceAccount", name);
}

/// Completes a Pod; in a template this is left to the Pods made from it.
pub(super) fn complete_pod(fields: &mut Fields, minor: u8) {
    let Some(spec) = object_mut(fields, "spec") else {
        return;
    };
    let uses_host_network = is_true(spec, "hostNetwork");
    for list in CONTAINERS {
        each_mut(spec, list, &mut |container| {
            copy_entries(container, "resources.limits", "resources.requests");
            if uses_host_network {
                each_mut(container, "ports", &mut use_host_port);
            }
        });
    }
    if minor >= 34 {
        pod_resources::complete(spec);
    }
    let period = get(spec, "terminationGracePeriodSeconds").and_then(Value::as_i64);
    if period.is_some_and(|period| period < 0) {
        set(spec, "terminationGracePeriodSeconds", Value::from(1));
    }
}

/// The port of the host is that of the container, unless there is one.
fn use_host_port(port: &mut Fields) {
    let has_one = get(port, "hostPort")
        .and_then(Value::as_i64)
        .is_some_and(|port| port != 0);
    if let Some(number) = port.get("containerPort").filter(|_| !has_one).cloned() {
        set(port, "hostPort", number);
    }
}

/// The quality of service of a complete specification (`ComputePodQOS`).
pub(super) fn quality_of_service(spec: &Fields) -> &'static str {
    let mut has_any = false;
    let mut is_guaranteed = true;
    let mut count = |owner: &Fields| {
        for name in ["cpu", "memory"] {
            let amount = |list: &str| {
                let amount = get(owner, list).and_then(|list| Amount::of(list.get(name)?));
                amount.filter(|amount| amount.is_positive())
            };
            let (request, limit) = (amount("resources.requests"), amount("resources.limits"));
            has_any |= request.is_some() || limit.is_some();
            is_guaranteed &= limit.is_some_and(|limit| request.is_some_and(|request| request.is_as_much_as(limit)));
        }
    };
    if get(spec, "resources").is_some_and(Value::is_object) {
        count(spec);
    } else {
        for list in CONTAINERS {
            each(spec, list, &mut count);
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
    for (key, added) in [
        (
            "node.kubernetes.io/not-ready",
            r#"{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}"#,
        ),
        (
            "node.kubernetes.io/unreachable",
            r#"{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}"#,
        ),
    ] {
        let mut is_tolerated = false;
        each(spec, "tolerations", &mut |toleration| {
            let (wanted, effect) = (text(toleration, "key"), text(toleration, "effect"));
            is_tolerated |= (wanted == key || wanted.is_empty()) && matches!(effect, "NoExecute" | "");
        });
        if !is_tolerated {
            append(spec, "tolerations", added);
        }
    }
}
