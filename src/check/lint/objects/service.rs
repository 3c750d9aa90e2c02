//! `service-selector` and `service-port`: a Service and the pods behind it.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::object::{Object, Objects};
use super::report::ObjectReport;
use crate::text::rule::Rule;

pub(super) fn check(objects: &Objects<'_>, report: &mut ObjectReport<'_>) {
    for service in objects.list.iter().filter(|object| object.kind() == "Service") {
        check_service(objects, service, report);
    }
}

fn check_service(objects: &Objects<'_>, service: &Object, report: &mut ObjectReport<'_>) {
    let Some(selector) = service.json.pointer("/spec/selector").and_then(Json::as_object) else {
        return;
    };
    if selector.is_empty() || !objects.runs_pods_alone() {
        return;
    }
    let pods = objects.pods(selector);
    if pods.is_empty() {
        if !objects.may_be_switched_off(selector) {
            let message = "the selector matches no pod of this rendering";
            report.add(service, "/spec/selector", Rule::ServiceSelector, message);
        }
        return;
    }
    let names: HashSet<&str> = pods
        .iter()
        .flat_map(|(object, pod)| {
            let lists = ["containers", "initContainers"].map(|list| format!("{pod}/spec/{list}"));
            let containers = lists.into_iter().flat_map(|pointer| object.items(&pointer).iter());
            containers.flat_map(|container| container.get("ports").and_then(Json::as_array).into_iter().flatten())
        })
        .filter_map(|port| port.get("name").and_then(Json::as_str))
        .collect();
    for (index, port) in service.items("/spec/ports").iter().enumerate() {
        let target = port.get("targetPort").and_then(Json::as_str).unwrap_or_default();
        if !target.is_empty() && !names.contains(target) && !objects.may_have_port(service, target) {
            let message = format!("no container of the selected pods has a port named {target:?}");
            let pointer = format!("/spec/ports/{index}/targetPort");
            report.add(service, &pointer, Rule::ServicePort, &message);
        }
    }
}
