//! Drift: what a release's objects are in the cluster although Helm applied something else. In: the objects as they were applied, and those
//! that the cluster has. Out: the fields that differ.
//!
//! A field that nothing was applied to belongs to others: defaults, status, what controllers and webhooks add. What seems to differ may be
//! another spelling of the same (`1000m`, `stringData`), so the API server is asked what applying it once more would change.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::commands::apply_as_helm_dry;
use super::live::LiveCluster;
use super::program::ProgramError;
use crate::check::diff::{ManifestObjects, ObjectDiff, compare_manifests};
use crate::check::finding::SecretValues;
use crate::text::ordered::CollectOrdered as _;

/// Label of all that Helm applies.
const MANAGED: &str = "app.kubernetes.io/managed-by=Helm";
/// Fields of metadata that the API server sets.
const SERVER_FIELDS: [&str; 6] = [
    "managedFields",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "uid",
    "selfLink",
];
/// Fields by which the items of a list are known.
const ITEM_KEYS: [&str; 4] = ["name", "containerPort", "mountPath", "key"];

/// What an object is known by in a cluster: group, kind, namespace, name.
type LiveId = (String, String, String, String);

/// The objects of releases as the cluster has them.
#[derive(Debug, Default)]
pub(super) struct LiveObjects {
    known: BTreeMap<LiveId, Json>,
    /// Kinds that were asked for.
    kinds: BTreeSet<String>,
}

/// An object that was applied.
pub(super) struct Applied {
    value: Json,
    id: LiveId,
}

fn text<'v>(value: &'v Json, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Json::as_str).unwrap_or_default()
}

/// `Deployment.v1.apps`, as kubectl takes it.
fn kind_of(value: &Json) -> String {
    let api_version = text(value, "/apiVersion");
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    format!("{}.{version}.{group}", text(value, "/kind"))
}

fn id_of(value: &Json, namespace: &str) -> LiveId {
    let group = text(value, "/apiVersion")
        .rsplit_once('/')
        .map_or("", |(group, _)| group);
    let own = match text(value, "/metadata/namespace") {
        "" => namespace,
        own => own,
    };
    (
        group.to_owned(),
        text(value, "/kind").to_owned(),
        own.to_owned(),
        text(value, "/metadata/name").to_owned(),
    )
}

impl Applied {
    /// An object of the manifest of a release that was applied in a namespace, with what Helm adds to it
    /// (`setMetadataVisitor` in `pkg/action/validate.go` of Helm).
    pub(super) fn new(mut value: Json, (namespace, release): (&str, &str)) -> Self {
        let id = id_of(&value, namespace);
        if let Some(metadata) = value.get_mut("metadata").and_then(Json::as_object_mut) {
            for (member, key, text) in [
                ("labels", "app.kubernetes.io/managed-by", "Helm"),
                ("annotations", "meta.helm.sh/release-name", release),
                ("annotations", "meta.helm.sh/release-namespace", namespace),
            ] {
                let map = metadata.entry(member).or_insert(Json::Null);
                if map.is_null() {
                    *map = Json::Object(Map::new());
                }
                if let Some(map) = map.as_object_mut() {
                    map.insert(key.to_owned(), Json::from(text));
                }
            }
        }
        Self { value, id }
    }
}

impl LiveObjects {
    /// Asks the cluster for the kinds of objects, those that are not known yet.
    ///
    /// # Errors
    /// When kubectl cannot be run.
    pub(super) fn read(&mut self, cluster: &LiveCluster<'_>, applied: &[&Applied]) -> Result<(), ProgramError> {
        let mut kinds: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for object in applied {
            kinds.entry(kind_of(&object.value)).or_default().insert(&object.id.2);
        }
        kinds.retain(|kind, _| self.kinds.insert(kind.clone()));
        let mut by_namespaces: BTreeMap<Vec<&str>, Vec<String>> = BTreeMap::new();
        for (kind, namespaces) in kinds {
            by_namespaces
                .entry(namespaces.into_iter().collect())
                .or_default()
                .push(kind);
        }
        for (namespaces, kinds) in by_namespaces {
            let namespace = match namespaces.as_slice() {
                [one] => Some(*one),
                _ => None,
            };
            for object in cluster.objects(&kinds, MANAGED, namespace)? {
                // What is in no namespace is asked for in that of the release.
                let id = id_of(&object, "");
                self.known.insert(id, object);
            }
        }
        Ok(())
    }

    fn of(&self, id: &LiveId) -> Option<&Json> {
        let (group, kind, _, name) = id;
        let without_namespace = (group.clone(), kind.clone(), String::new(), name.clone());
        self.known.get(id).or_else(|| self.known.get(&without_namespace))
    }

    /// What differs in the cluster from what was applied. What was applied is `new`, as it would be applied once more.
    pub(super) fn drift(
        &self,
        cluster: &LiveCluster<'_>,
        applied: &[Applied],
        label: &str,
        secrets: impl FnOnce() -> SecretValues,
    ) -> Vec<ObjectDiff> {
        let mut scaled = self.scaled(applied);
        let mut suspects: Vec<(&Applied, Option<Json>)> = Vec::new();
        for object in applied {
            let live = self.of(&object.id);
            let seen = live.map(|live| projected(live, &object.value));
            let wanted = without_scaled(&object.value, &scaled);
            let is_same = seen
                .as_ref()
                .is_some_and(|seen| is_equal(&without_scaled(seen, &scaled), &wanted));
            if !is_same {
                suspects.push((object, seen));
            }
        }
        leave_to_scalers(cluster, &mut suspects, &mut scaled);
        if suspects.is_empty() {
            return Vec::new();
        }
        let namespace = cluster.target.namespace.as_str();
        let unchanged = self.unchanged_by_applying(
            cluster,
            suspects
                .iter()
                .filter(|(_, seen)| seen.is_some())
                .map(|(object, _)| *object),
            &scaled,
        );
        let (mut old, mut new) = (ManifestObjects::default(), ManifestObjects::default());
        let mut pairs: Vec<(Json, Json)> = Vec::new();
        for (object, seen) in suspects {
            if unchanged.contains(&object.id) {
                continue;
            }
            let wanted = without_scaled(&object.value, &scaled);
            if let Some(seen) = seen {
                let seen = without_scaled(&seen, &scaled);
                pairs.push((seen.clone(), wanted.clone()));
                old.add_value(seen, &[], namespace);
            }
            new.add_value(wanted, &[], namespace);
        }
        compare_manifests(&old, &new, label, || {
            let mut secrets = secrets();
            let found: Vec<(&Json, &Json)> = pairs.iter().map(|(seen, wanted)| (seen, wanted)).collect();
            for text in live_secrets(&found, &secrets) {
                secrets.add(&text);
            }
            secrets
        })
    }

    /// The objects that applying would not change, as the API server says; none where it cannot be asked.
    fn unchanged_by_applying<'a>(
        &self,
        cluster: &LiveCluster<'_>,
        suspects: impl Iterator<Item = &'a Applied>,
        scaled: &BTreeSet<(String, String)>,
    ) -> BTreeSet<LiveId> {
        let mut unchanged = BTreeSet::new();
        // kubectl takes objects of one namespace at a time.
        let mut by_namespace: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
        for object in suspects {
            by_namespace.entry(&object.id.2).or_default().push(object.value.clone());
        }
        let applied = by_namespace
            .into_iter()
            .flat_map(|(namespace, items)| applied_dry(cluster, namespace, &items));
        let items: Vec<Json> = applied.collect();
        for mut item in items {
            let id = id_of(&item, "");
            let Some(live) = self.of(&id) else { continue };
            let mut live = without_scaled(live, scaled);
            item = without_scaled(&item, scaled);
            for value in [&mut item, &mut live] {
                without_server_fields(value);
            }
            if item == live {
                // It is known by the namespace that was asked for.
                unchanged.insert((
                    id.0,
                    id.1,
                    if id.2.is_empty() {
                        cluster.target.namespace.clone()
                    } else {
                        id.2
                    },
                    id.3,
                ));
            }
        }
        unchanged
    }

    /// Kinds and names of what an autoscaler scales: the number of their replicas is its business.
    fn scaled(&self, applied: &[Applied]) -> BTreeSet<(String, String)> {
        let all = self.known.values().chain(applied.iter().map(|object| &object.value));
        let scalers = all.filter(|value| text(value, "/kind") == "HorizontalPodAutoscaler");
        scalers.map(scale_target).collect_set()
    }
}

/// What objects of a namespace would be once they are applied again; none where the API server does not say so.
fn applied_dry(cluster: &LiveCluster<'_>, namespace: &str, items: &[Json]) -> Vec<Json> {
    let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    let call = apply_as_helm_dry(&cluster.target, namespace, "json");
    let found = cluster.programs.run(&call, list.as_bytes());
    let found = found
        .ok()
        .and_then(|found| serde_json::from_slice::<Json>(&found.output).ok());
    match found {
        Some(Json::Object(mut list)) => match list.remove("items") {
            Some(Json::Array(items)) => items,
            _ => vec![Json::Object(list)],
        },
        _ => Vec::new(),
    }
}

/// Adds what autoscalers of the namespace scale, also those that Helm did not make, and takes away what differs in the number of replicas
/// alone. They are asked for where a number differs.
fn leave_to_scalers(
    cluster: &LiveCluster<'_>,
    suspects: &mut Vec<(&Applied, Option<Json>)>,
    scaled: &mut BTreeSet<(String, String)>,
) {
    let replicas = |value: &Json| value.pointer("/spec/replicas").cloned();
    let has_other_number = |(object, seen): &(&Applied, Option<Json>)| {
        seen.as_ref()
            .is_some_and(|seen| replicas(seen) != replicas(&object.value))
    };
    if !suspects.iter().any(has_other_number) {
        return;
    }
    let kind = ["horizontalpodautoscalers.autoscaling".to_owned()];
    let found = cluster.objects(&kind, "", Some(&cluster.target.namespace));
    scaled.extend(found.unwrap_or_default().iter().map(scale_target));
    suspects.retain(|(object, seen)| {
        let wanted = without_scaled(&object.value, scaled);
        !seen
            .as_ref()
            .is_some_and(|seen| is_equal(&without_scaled(seen, scaled), &wanted))
    });
}

/// An object without the number of its replicas, if an autoscaler sets it.
fn without_scaled(value: &Json, scaled: &BTreeSet<(String, String)>) -> Json {
    let mut value = value.clone();
    let id = (
        text(&value, "/kind").to_owned(),
        text(&value, "/metadata/name").to_owned(),
    );
    if scaled.contains(&id) {
        remove_replicas(&mut value);
    }
    value
}

/// Kind and name of what an autoscaler scales.
fn scale_target(value: &Json) -> (String, String) {
    let part = |name: &str| text(value, &format!("/spec/scaleTargetRef/{name}")).to_owned();
    (part("kind"), part("name"))
}

/// The texts of live values that stand where a secret was applied: whoever changed it put a secret there.
fn live_secrets(pairs: &[(&Json, &Json)], secrets: &SecretValues) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending: Vec<(&Json, &Json)> = pairs.to_vec();
    while let Some((live, wanted)) = pending.pop() {
        match (live, wanted) {
            (Json::Object(live), Json::Object(wanted)) => {
                pending.extend(wanted.iter().filter_map(|(key, wanted)| Some((live.get(key)?, wanted))));
            }
            (Json::Array(live), Json::Array(wanted)) => pending.extend(live.iter().zip(wanted)),
            (Json::String(live), Json::String(wanted)) if secrets.hide(wanted) != *wanted => found.push(live.clone()),
            _ => {}
        }
    }
    found
}

fn remove_replicas(value: &mut Json) {
    if let Some(spec) = value.get_mut("spec").and_then(Json::as_object_mut) {
        spec.shift_remove("replicas");
    }
}

fn without_server_fields(value: &mut Json) {
    if let Some(metadata) = value.get_mut("metadata").and_then(Json::as_object_mut) {
        metadata.retain(|key, _| !SERVER_FIELDS.contains(&key.as_str()));
    }
    if let Some(object) = value.as_object_mut() {
        object.retain(|key, _| key != "status");
    }
}

/// Of a live value what was applied: members that were applied, items by their names.
fn projected(live: &Json, wanted: &Json) -> Json {
    match (live, wanted) {
        (Json::Object(live), Json::Object(wanted)) => {
            let members = wanted.iter().filter_map(|(key, wanted)| {
                let live = live.get(key).filter(|_| !wanted.is_null())?;
                Some((key.clone(), projected(live, wanted)))
            });
            Json::Object(members.collect::<Map<_, _>>())
        }
        (Json::Array(live), Json::Array(wanted)) => {
            let item_key = ITEM_KEYS.iter().find(|key| {
                let has_key = |item: &Json| item.get(**key).is_some_and(|value| !value.is_object());
                !wanted.is_empty() && wanted.iter().all(has_key)
            });
            let Some(item_key) = item_key else {
                let pairs = live.iter().enumerate().map(|(place, item)| match wanted.get(place) {
                    Some(wanted) => projected(item, wanted),
                    None => item.clone(),
                });
                return Json::Array(pairs.collect());
            };
            let find = |wanted: &Json| {
                let item = live.iter().find(|item| item.get(*item_key) == wanted.get(*item_key))?;
                Some(projected(item, wanted))
            };
            Json::Array(wanted.iter().filter_map(find).collect())
        }
        (live, _) => live.clone(),
    }
}

/// Whether a live value is what was applied: what is empty may be missing.
fn is_equal(live: &Json, wanted: &Json) -> bool {
    let is_empty = |value: &Json| match value {
        Json::Null => true,
        Json::Object(members) => members.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::String(text) => text.is_empty(),
        // What they are without being given.
        Json::Bool(is_set) => !is_set,
        Json::Number(number) => number.as_f64() == Some(0.0),
    };
    match (live, wanted) {
        // What is null is not applied.
        (_, Json::Null) => true,
        (Json::Object(live), Json::Object(wanted)) => wanted.iter().all(|(key, wanted)| match live.get(key) {
            Some(live) => is_equal(live, wanted),
            None => is_empty(wanted),
        }),
        (Json::Array(live), Json::Array(wanted)) => {
            live.len() == wanted.len() && live.iter().zip(wanted).all(|(live, wanted)| is_equal(live, wanted))
        }
        (Json::Number(live), Json::Number(wanted)) => live.as_f64() == wanted.as_f64(),
        (live, wanted) => live == wanted || (is_empty(live) && is_empty(wanted)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_that_others_change_are_drift_and_fields_that_they_add_are_not() {
        let wanted = json!({"kind": "Deployment", "spec": {"replicas": 2, "template": {"spec": {
            "volumes": [], "containers": [{"name": "a", "image": "a:1", "args": ["x", "y"]}]}}}});
        for (pointer, value, is_same) in [
            ("/spec/strategy", json!("x"), true),
            (
                "/spec/template/spec/containers/0/imagePullPolicy",
                json!("Always"),
                true,
            ),
            ("/spec/template/spec/containers/1", json!({"name": "sidecar"}), true),
            ("/spec/template/spec/containers/0/image", json!("a:2"), false),
            ("/spec/template/spec/containers/0/args", json!(["x"]), false),
            ("/spec/template/spec/containers/0/args", json!(["x", "y", "z"]), false),
            ("/spec/replicas", json!(3), false),
            ("/spec/replicas", json!(2.0), true),
            ("/spec/paused", json!(true), true),
        ] {
            let mut live = wanted.clone();
            live["spec"]["template"]["spec"]
                .as_object_mut()
                .unwrap()
                .shift_remove("volumes");
            if let Some(place) = live.pointer_mut(pointer) {
                *place = value;
            } else {
                let (parent, key) = pointer.rsplit_once('/').unwrap();
                match live.pointer_mut(parent).unwrap() {
                    Json::Object(members) => drop(members.insert(key.to_owned(), value)),
                    Json::Array(items) => items.push(value),
                    _ => unreachable!(),
                }
            }
            assert_eq!(is_equal(&projected(&live, &wanted), &wanted), is_same, "{pointer}");
        }
    }
}
