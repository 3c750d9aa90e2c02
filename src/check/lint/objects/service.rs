//! `service-selector` and `service-port`: a Service and the pods behind it.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json};

use super::object::{Object, Objects};
use super::pods::Pods;
use super::report::ObjectReport;
use crate::text::rule::Rule;

pub(super) fn check(objects: &Objects<'_>, report: &mut ObjectReport<'_>) {
    if !objects.runs_pods_alone() {
        return;
    }
    let pods = Pods::of(objects);
    // Charts repeat selectors.
    let mut known: HashMap<String, Option<SelectedPorts<'_>>> = HashMap::new();
    for service in objects.list.iter().filter(|object| object.kind() == "Service") {
        let selector = service.json.pointer("/spec/selector").and_then(Json::as_object);
        let Some(selector) = selector.filter(|selector| !selector.is_empty()) else {
            continue;
        };
        let text = serde_json::to_string(selector).unwrap_or_default();
        let selected = known.entry(text).or_insert_with(|| selected_ports(&pods, selector));
        if let Some(selected) = selected {
            check_service(&pods, service, (selector, selected), report);
        }
    }
}

/// What a selector selects.
struct SelectedPorts<'o> {
    has_pods: bool,
    /// The names of their ports.
    names: HashSet<&'o str>,
}

/// The named ports of the pods that are selected; `None` where there is too much to compare.
fn selected_ports<'o>(pods: &Pods<'o>, selector: &Map<String, Json>) -> Option<SelectedPorts<'o>> {
    let selected = pods.selected(selector)?;
    let mut names = HashSet::new();
    for owner in &selected {
        let lists = ["containers", "initContainers"].map(|list| format!("{}/spec/{list}", owner.pod));
        let containers = lists.iter().flat_map(|pointer| owner.object.items(pointer));
        for container in containers {
            let ports = container.get("ports").and_then(Json::as_array);
            if !pods.may_compare(ports.map_or(1, |ports| ports.len() + 1)) {
                return None;
            }
            let ports = ports.into_iter().flatten();
            names.extend(ports.filter_map(|port| port.get("name").and_then(Json::as_str)));
        }
    }
    Some(SelectedPorts {
        has_pods: !selected.is_empty(),
        names,
    })
}

fn check_service(
    pods: &Pods<'_>,
    service: &Object,
    (selector, selected): (&Map<String, Json>, &SelectedPorts<'_>),
    report: &mut ObjectReport<'_>,
) {
    if !selected.has_pods {
        if !pods.may_be_switched_off(selector) {
            let message = "the selector matches no pod of this rendering";
            report.add(service, "/spec/selector", Rule::ServiceSelector, message);
        }
        return;
    }
    for (index, port) in service.items("/spec/ports").iter().enumerate() {
        let target = port.get("targetPort").and_then(Json::as_str).unwrap_or_default();
        if !target.is_empty() && !selected.names.contains(target) && !pods.may_have_port(service, target) {
            let message = format!("no container of the selected pods has a port named {target:?}");
            let pointer = format!("/spec/ports/{index}/targetPort");
            report.add(service, &pointer, Rule::ServicePort, &message);
        }
    }
}
