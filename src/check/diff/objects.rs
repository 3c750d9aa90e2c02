//! The objects of a rendering: documents in, objects with their identities out. An object of another version of its API is the same object;
//! one without a namespace is in that of the release. The items of lists are objects of their own, as `kubectl` has them.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;

use crate::engine::manifest::HookEvent;

/// What an object is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// The namespace, where it is another one than that of the release.
    pub namespace: String,
    /// The kind.
    pub kind: String,
    /// The name; `generateName` where there is none.
    pub name: String,
    /// The group of its API; empty for the core.
    pub group: String,
}

impl fmt::Display for ObjectId {
    /// `Deployment web`, `Service web in shared`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.kind.is_empty() { "object" } else { &self.kind };
        f.write_str(kind)?;
        if !self.name.is_empty() {
            write!(f, " {}", self.name)?;
        }
        if !self.namespace.is_empty() {
            write!(f, " in {}", self.namespace)?;
        }
        Ok(())
    }
}

/// An object of a rendering.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DiffObject {
    pub(super) id: ObjectId,
    pub(super) value: Json,
    /// When it runs, if it is a hook.
    pub(super) events: Vec<HookEvent>,
    /// Whether it is a file of `crds/`, which Helm installs once and leaves alone from then on.
    pub(super) is_in_crds: bool,
}

impl DiffObject {
    /// The annotation of this name.
    pub(super) fn annotation(&self, name: &str) -> Option<&str> {
        self.value.get("metadata")?.get("annotations")?.get(name)?.as_str()
    }

    /// `apps/v1`
    pub(super) fn api_version(&self) -> &str {
        text(&self.value, "apiVersion")
    }

    /// Whether Helm leaves it in the cluster when it is not rendered any more.
    pub(super) fn is_kept(&self) -> bool {
        self.annotation("helm.sh/resource-policy")
            .is_some_and(|policy| policy.trim().eq_ignore_ascii_case("keep"))
    }
}

fn text<'v>(value: &'v Json, key: &str) -> &'v str {
    value.get(key).and_then(Json::as_str).unwrap_or_default()
}

/// An object before and after.
type ObjectPair<'o> = (Option<&'o DiffObject>, Option<&'o DiffObject>);

/// Objects of a rendering for a namespace.
#[derive(Debug, Default)]
pub(super) struct Objects {
    pub(super) list: Vec<DiffObject>,
}

impl Objects {
    /// Adds a document: nothing where it is empty.
    pub(super) fn add(&mut self, value: Json, events: &[HookEvent], is_in_crds: bool, namespace: &str) {
        let is_list = text(&value, "kind").ends_with("List");
        if let Some(Json::Array(items)) = value.get("items").filter(|_| is_list) {
            for item in items {
                self.add(item.clone(), events, is_in_crds, namespace);
            }
            return;
        }
        if value.as_object().is_none_or(serde_json::Map::is_empty) {
            return;
        }
        let metadata = value.get("metadata").unwrap_or(&Json::Null);
        let name = match text(metadata, "name") {
            "" => text(metadata, "generateName"),
            name => name,
        };
        let own = text(metadata, "namespace");
        let group = text(&value, "apiVersion")
            .rsplit_once('/')
            .map_or("", |(group, _)| group);
        let id = ObjectId {
            namespace: if own == namespace {
                String::new()
            } else {
                own.to_owned()
            },
            kind: text(&value, "kind").to_owned(),
            name: name.to_owned(),
            group: group.to_owned(),
        };
        self.list.push(DiffObject {
            id,
            value,
            events: events.to_vec(),
            is_in_crds,
        });
    }

    /// The objects of two renderings in pairs, by identity. Several of one identity are paired in their order.
    pub(super) fn pairs<'o>(old: &'o Self, new: &'o Self) -> Vec<ObjectPair<'o>> {
        let mut pairs: BTreeMap<(&ObjectId, usize), ObjectPair<'_>> = BTreeMap::new();
        let mut counts: BTreeMap<&ObjectId, usize> = BTreeMap::new();
        for object in &old.list {
            let count = counts.entry(&object.id).or_default();
            pairs.insert((&object.id, *count), (Some(object), None));
            *count += 1;
        }
        counts.clear();
        for object in &new.list {
            let count = counts.entry(&object.id).or_default();
            pairs.entry((&object.id, *count)).or_default().1 = Some(object);
            *count += 1;
        }
        pairs.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn objects(values: &[Json]) -> Objects {
        let mut objects = Objects::default();
        for value in values {
            objects.add(value.clone(), &[], false, "prod");
        }
        objects
    }

    #[test]
    fn objects_are_paired_by_what_they_are_in_the_cluster() {
        let old = objects(&[
            json!({"apiVersion": "apps/v1beta1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "prod"}}),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "other"}}),
            json!({"apiVersion": "extensions/v1beta1", "kind": "Ingress", "metadata": {"name": "a"}}),
            json!({"kind": "Job", "metadata": {"generateName": "j-"}, "n": 1}),
            json!({"kind": "Job", "metadata": {"generateName": "j-"}, "n": 2}),
            json!(null),
            json!({}),
        ]);
        let new = objects(&[
            json!({"apiVersion": "v1", "kind": "List", "items": [
                {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}},
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}},
            ]}),
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "a"}}),
            json!({"kind": "Job", "metadata": {"generateName": "j-"}, "n": 1}),
        ]);
        let shown: Vec<String> = Objects::pairs(&old, &new)
            .into_iter()
            .map(|(old, new)| {
                let id = &old.or(new).unwrap().id;
                let sign = |object: Option<&DiffObject>| if object.is_some() { 'x' } else { '-' };
                format!("{}{} {id} {}", sign(old), sign(new), id.group)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "xx Deployment a apps",
                "x- Ingress a extensions",
                "-x Ingress a networking.k8s.io",
                "xx Job j- ",
                "x- Job j- ",
                "-x Service a ",
                "x- Service a in other ",
            ]
        );
    }
}
