//! `ingress-backend`: an Ingress and the Services it leads to. Only Services of the release count: others may be in the cluster.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::object::{Object, Objects};
use super::report::ObjectReport;
use crate::text::rule::Rule;

pub(super) fn check(objects: &Objects<'_>, report: &mut ObjectReport<'_>) {
    let is_ingress =
        |object: &&Object| object.kind() == "Ingress" && object.text("/apiVersion") == "networking.k8s.io/v1";
    let mut services: HashMap<&str, &Object> = HashMap::new();
    for service in objects.list.iter().filter(|object| object.kind() == "Service") {
        services.entry(service.name()).or_insert(service);
    }
    for ingress in objects.list.iter().filter(is_ingress) {
        check_ingress(objects, &services, ingress, report);
    }
}

fn check_ingress(
    objects: &Objects<'_>,
    services: &HashMap<&str, &Object>,
    ingress: &Object,
    report: &mut ObjectReport<'_>,
) {
    let mut backends = vec!["/spec/defaultBackend".to_owned()];
    for (rule, entry) in ingress.items("/spec/rules").iter().enumerate() {
        let paths = entry
            .pointer("/http/paths")
            .and_then(Json::as_array)
            .map_or(0, Vec::len);
        backends.extend((0..paths).map(|path| format!("/spec/rules/{rule}/http/paths/{path}/backend")));
    }
    for backend in backends {
        let name = ingress.text(&format!("{backend}/service/name"));
        if name.is_empty() || !objects.is_own(name) {
            continue;
        }
        let Some(service) = services.get(name) else {
            let message = format!("there is no Service {name:?} in this rendering");
            let pointer = format!("{backend}/service/name");
            report.add(ingress, &pointer, Rule::IngressBackend, &message);
            continue;
        };
        let port = ingress.json.pointer(&format!("{backend}/service/port"));
        let has = |key: &str, wanted: &Json| {
            service
                .items("/spec/ports")
                .iter()
                .any(|port| port.get(key) == Some(wanted))
        };
        let (number, port_name) = (
            port.and_then(|port| port.get("number")),
            port.and_then(|port| port.get("name")),
        );
        let is_there =
            number.is_none_or(|number| has("port", number)) && port_name.is_none_or(|name| has("name", name));
        if !is_there {
            let message = format!("Service {name:?} has no such port");
            let pointer = format!("{backend}/service/port");
            report.add(ingress, &pointer, Rule::IngressBackend, &message);
        }
    }
}
