//! `ingress-path`: two Ingresses with the same host and path. Controllers refuse the second, or send requests to either of them.
//!
//! Ingresses of different classes are for different controllers. Some controllers put several together on purpose: a canary beside the
//! release, minions below a master.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::object::{Object, Objects};
use super::report::ObjectReport;
use crate::text::rule::Rule;

/// Ends of annotations with which an Ingress shares paths with another.
const SHARING: [&str; 2] = ["/canary", "/mergeable-ingress-type"];

/// Class, host, path and type of the path.
type Key<'o> = (&'o str, &'o str, &'o str, &'o str);

pub(super) fn check<'o>(objects: &'o Objects<'_>, report: &mut ObjectReport<'_>) {
    let is_ingress = |object: &&Object| object.kind() == "Ingress" && object.group().ends_with("k8s.io");
    let mut seen: HashMap<Key<'o>, &Object> = HashMap::new();
    for ingress in objects.list.iter().filter(is_ingress).filter(|one| !shares_paths(one)) {
        for (at, rule) in ingress.items("/spec/rules").iter().enumerate() {
            let paths = rule.pointer("/http/paths").and_then(Json::as_array);
            for (number, path) in paths.into_iter().flatten().enumerate() {
                let text = |value: Option<&'o Json>| value.and_then(Json::as_str).unwrap_or_default();
                let (host, path_text) = (text(rule.get("host")), text(path.get("path")));
                let key = (class(ingress), host, path_text, text(path.get("pathType")));
                let first = *seen.entry(key).or_insert(ingress);
                if !std::ptr::eq(first, ingress) {
                    let pointer = format!("/spec/rules/{at}/http/paths/{number}/path");
                    let message = format!(
                        "the path {path_text:?} of the host {host:?} is in Ingress {} as well",
                        first.name()
                    );
                    let beside = Some(("the other Ingress", first));
                    report.add_beside(ingress, &pointer, Rule::IngressPath, &message, beside);
                }
            }
        }
    }
}

fn class(ingress: &Object) -> &str {
    match ingress.text("/spec/ingressClassName") {
        "" => ingress.text("/metadata/annotations/kubernetes.io~1ingress.class"),
        class => class,
    }
}

fn shares_paths(ingress: &Object) -> bool {
    let annotations = ingress.json.pointer("/metadata/annotations").and_then(Json::as_object);
    let mut names = annotations
        .into_iter()
        .flatten()
        .filter(|(_, value)| value.as_str() != Some("false"));
    names.any(|(name, _)| SHARING.iter().any(|end| name.ends_with(end)))
}
