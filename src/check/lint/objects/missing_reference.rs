//! `missing-reference`: `ConfigMaps`, Secrets and service accounts that a pod names. Only names of the release count: other
//! objects may be in the cluster.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::object::{Object, Objects};
use super::report::ObjectReport;
use crate::text::rule::Rule;

impl Objects<'_> {
    /// Whether a name is one the chart makes: it begins with that of the release.
    pub(super) fn is_own(&self, name: &str) -> bool {
        let release = self.rendered.release;
        name == release || name.strip_prefix(release).is_some_and(|rest| rest.starts_with('-'))
    }
}

pub(super) fn check(objects: &Objects<'_>, report: &mut ObjectReport<'_>) {
    if !objects.runs_pods_alone() {
        return;
    }
    let makes_secrets = makes_secrets(objects);
    let known: HashSet<(&str, &str)> = objects
        .list
        .iter()
        .map(|object| (object.kind(), object.name()))
        .collect();
    for (object, pod) in objects.owners() {
        for (kind, pointer) in references(object, pod) {
            let name = object.text(&pointer);
            let is_there = known.contains(&(kind, name));
            let may_be_made = kind == "Secret" && makes_secrets;
            if !name.is_empty() && !is_there && !may_be_made && objects.is_own(name) {
                let message = format!("there is no {kind} {name:?} in this rendering");
                report.add(object, &pointer, Rule::MissingReference, &message);
            }
        }
    }
}

/// Whether something the chart runs may create Secrets, so that they need not be rendered.
fn makes_secrets(objects: &Objects<'_>) -> bool {
    let holds = |rule: &Json, field: &str, wanted: &[&str]| {
        let items = rule.get(field).and_then(Json::as_array).into_iter().flatten();
        items.filter_map(Json::as_str).any(|item| wanted.contains(&item))
    };
    let roles = objects
        .list
        .iter()
        .filter(|object| matches!(object.kind(), "Role" | "ClusterRole"));
    let mut rules = roles.flat_map(|role| role.items("/rules"));
    rules.any(|rule| holds(rule, "resources", &["secrets", "*"]) && holds(rule, "verbs", &["create", "*"]))
}

/// Kind and pointer of everything that the pod of an object needs by name.
fn references(object: &Object, pod: &str) -> Vec<(&'static str, String)> {
    let spec = format!("{pod}/spec");
    let mut used = vec![("ServiceAccount", format!("{spec}/serviceAccountName"))];
    for (index, volume) in object.items(&format!("{spec}/volumes")).iter().enumerate() {
        let at = format!("{spec}/volumes/{index}");
        add_reference(volume, "/configMap/name", "ConfigMap", &at, &mut used);
        add_reference(volume, "/secret/secretName", "Secret", &at, &mut used);
    }
    for list in ["containers", "initContainers"] {
        for (index, container) in object.items(&format!("{spec}/{list}")).iter().enumerate() {
            let env = container.get("env").and_then(Json::as_array).into_iter().flatten();
            for (position, variable) in env.enumerate() {
                let at = format!("{spec}/{list}/{index}/env/{position}");
                add_reference(variable, "/valueFrom/configMapKeyRef/name", "ConfigMap", &at, &mut used);
                add_reference(variable, "/valueFrom/secretKeyRef/name", "Secret", &at, &mut used);
            }
            let sources = container.get("envFrom").and_then(Json::as_array).into_iter().flatten();
            for (position, source) in sources.enumerate() {
                let at = format!("{spec}/{list}/{index}/envFrom/{position}");
                add_reference(source, "/configMapRef/name", "ConfigMap", &at, &mut used);
                add_reference(source, "/secretRef/name", "Secret", &at, &mut used);
            }
        }
    }
    used
}

/// Notes a reference that is not optional.
fn add_reference(holder: &Json, inner: &str, kind: &'static str, at: &str, used: &mut Vec<(&'static str, String)>) {
    let owner = inner.rsplit_once('/').map_or("", |(owner, _)| owner);
    let is_optional = holder
        .pointer(&format!("{owner}/optional"))
        .and_then(Json::as_bool)
        .unwrap_or(false);
    if holder.pointer(inner).is_some() && !is_optional {
        used.push((kind, format!("{at}{inner}")));
    }
}
