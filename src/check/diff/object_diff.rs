//! What changes in one object: its two states in; added, removed or changed with fields, lines and risks out. The same change in several
//! values is one, with the names of all.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::fields::{FieldChange, differing_fields};
use super::masked::{Mask, without_data};
use super::objects::{DiffObject, ObjectId, Objects};
use super::risk::{Risk, risks};
use crate::text::compact_sort::sort_by;
use crate::text::edit::{split_lines, unified_hunks};
use crate::text::yaml::yaml_of_json;

/// Lines that differ, up to which the shortest list of changes is looked for: the search takes the square of their number.
const COMPARED_LINES: usize = 10_000;

/// Changes of one identity that another is compared with: charts may render thousands of objects without a name.
const REMEMBERED: usize = 200;

/// What happens to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// It is new.
    Added,
    /// It is not rendered any more.
    Removed,
    /// It differs.
    Changed,
}

impl Change {
    /// The one with a name.
    pub fn find(name: &str) -> Option<Self> {
        let all = [Self::Added, Self::Removed, Self::Changed];
        all.into_iter().find(|change| change.name() == name)
    }

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// An object that differs, without secrets.
#[derive(Debug, Clone)]
pub struct ObjectDiff {
    /// Which object.
    pub id: ObjectId,
    /// What happens to it.
    pub change: Change,
    /// The version of its API before; empty for one that is added.
    pub old_api_version: String,
    /// The version of its API after; empty for one that is removed.
    pub new_api_version: String,
    /// The fields that change.
    pub fields: Vec<FieldChange>,
    /// The lines that change: hunks of a unified diff of its YAML. All lines of an object that is added or removed.
    pub lines: String,
    /// What is risky about it.
    pub risks: Vec<Risk>,
    /// The values in which it changes this way.
    pub renderings: Vec<String>,
}

/// The same with secrets, until all renderings are compared.
struct Found {
    change: Change,
    fields: Vec<FieldChange>,
    risks: Vec<Risk>,
    old: Option<(String, String)>,
    new: Option<(String, String)>,
    renderings: Vec<String>,
}

/// The differences of all renderings of a chart.
#[derive(Default)]
pub(super) struct FoundObjects {
    found: BTreeMap<ObjectId, Vec<Found>>,
}

impl FoundObjects {
    /// Whether nothing differs.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Adds what differs between two renderings that are called `rendering`.
    pub(super) fn add(&mut self, old: &Objects, new: &Objects, rendering: &str) {
        for (old, new) in Objects::pairs(old, new) {
            self.add_pair(old, new, rendering);
        }
    }

    fn add_pair(&mut self, old: Option<&DiffObject>, new: Option<&DiffObject>, rendering: &str) {
        let Some(id) = old.or(new).map(|object| &object.id) else {
            return;
        };
        let change = match (old, new) {
            (Some(old), Some(new)) if old.value == new.value => return,
            (Some(_), Some(_)) => Change::Changed,
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
        };
        let (was, is) = without_data(old, new);
        let fields = match (&was, &is) {
            (Some(was), Some(is)) => differing_fields(was, is),
            _ => Vec::new(),
        };
        // Numbers that are written differently, and what a Secret has in `data` or `stringData` alike.
        if change == Change::Changed && fields.is_empty() {
            return;
        }
        let risks = risks(old, new, &fields);
        let known = self.found.entry(id.clone()).or_default();
        let is_same = |found: &&mut Found| found.change == change && found.fields == fields && found.risks == risks;
        if let Some(found) = known.iter_mut().rev().take(REMEMBERED).find(is_same) {
            if found.renderings.last().is_none_or(|last| last != rendering) {
                found.renderings.push(rendering.to_owned());
            }
            return;
        }
        let shown = |object: Option<&DiffObject>, value: Option<Json>| {
            let api_version = object?.api_version().to_owned();
            Some((api_version, yaml_of_json(&value?)))
        };
        known.push(Found {
            change,
            fields,
            risks,
            old: shown(old, was),
            new: shown(new, is),
            renderings: vec![rendering.to_owned()],
        });
    }

    /// The differences without secrets, in the order of kinds and names.
    pub(super) fn finish(self, mask: &Mask) -> Vec<ObjectDiff> {
        let mut all = Vec::new();
        for (id, found) in self.found {
            all.extend(found.into_iter().map(|found| found.shown(&id, mask)));
        }
        sort_by(&mut all, |a, b| {
            let key = |one: &ObjectDiff| (one.id.kind.clone(), one.id.name.clone(), one.id.namespace.clone());
            key(a).cmp(&key(b))
        });
        all
    }
}

impl Found {
    fn shown(self, id: &ObjectId, mask: &Mask) -> ObjectDiff {
        let text = |side: &Option<(String, String)>| side.as_ref().map_or(String::new(), |(_, yaml)| yaml.clone());
        let api_version =
            |side: &Option<(String, String)>| side.as_ref().map_or(String::new(), |(version, _)| version.clone());
        let risks = self.risks.into_iter().map(|risk| Risk {
            message: mask.text(&risk.message),
            ..risk
        });
        ObjectDiff {
            id: id.clone(),
            change: self.change,
            old_api_version: api_version(&self.old),
            new_api_version: api_version(&self.new),
            fields: self.fields.iter().map(|field| mask.field(field)).collect(),
            lines: differing_lines(id, &text(&self.old), &text(&self.new), mask),
            risks: risks.collect(),
            renderings: self.renderings,
        }
    }
}

/// The hunks between two texts, secrets hidden in them.
fn differing_lines(id: &ObjectId, old: &str, new: &str, mask: &Mask) -> String {
    let shown = (mask.lines(id, old), mask.lines(id, new));
    let (old, new) = (split_lines(old), split_lines(new));
    let same = |pairs: &mut dyn Iterator<Item = (&String, &String)>| pairs.take_while(|(old, new)| old == new).count();
    let before = same(&mut old.iter().zip(&new));
    let after = same(&mut old.iter().rev().zip(new.iter().rev()));
    let changed = (old.len().max(new.len())).saturating_sub(before + after);
    if changed > COMPARED_LINES && !old.is_empty() && !new.is_empty() {
        return format!("@@ {changed} lines differ, more than are compared @@\n");
    }
    unified_hunks((&old, &new), (&shown.0, &shown.1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::finding::SecretValues;

    fn objects(values: &[Json]) -> Objects {
        let mut objects = Objects::default();
        for value in values {
            objects.add(value.clone(), &[], false, "default");
        }
        objects
    }

    fn mask() -> Mask {
        Mask::new(SecretValues::default())
    }

    #[test]
    fn the_same_change_in_several_renderings_is_one() {
        let map = |name: &str, value: i64, other: i64| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": value, "b": other}});
        let mut found = FoundObjects::default();
        // What is around a change may differ.
        found.add(
            &objects(&[map("x", 1, 7)]),
            &objects(&[map("x", 2, 7), map("y", 0, 0)]),
            "dev",
        );
        found.add(
            &objects(&[map("x", 1, 8)]),
            &objects(&[map("x", 2, 8), map("y", 0, 0)]),
            "prod",
        );
        found.add(&objects(&[map("x", 1, 8)]), &objects(&[map("x", 3, 8)]), "test");
        found.add(&objects(&[map("x", 1, 8)]), &objects(&[map("x", 1, 8)]), "same");
        let shown: Vec<String> = found
            .finish(&mask())
            .iter()
            .map(|one| format!("{} {} {}", one.change.name(), one.id, one.renderings.join("+")))
            .collect();
        assert_eq!(
            shown,
            [
                "changed ConfigMap x dev+prod",
                "changed ConfigMap x test",
                "added ConfigMap y dev+prod"
            ]
        );
    }

    #[test]
    fn lines_are_those_of_a_unified_diff() {
        let old = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "b25l", "b": "eA=="}});
        let mut new = old.clone();
        new["data"]["a"] = json!("dHdv");
        let mut found = FoundObjects::default();
        found.add(&objects(&[old]), &objects(&[new]), "dev");
        let all = found.finish(&mask());
        assert_eq!(
            all[0].lines,
            "@@ -1,6 +1,6 @@\n apiVersion: v1\n data:\n-  a: '*** (before)'\n+  a: '*** (after)'\n   b: '***'\n kind: Secret\n metadata:\n"
        );
        assert_eq!(all[0].fields[0].path, "data.a");
        assert_eq!(
            (all[0].old_api_version.as_str(), all[0].new_api_version.as_str()),
            ("v1", "v1")
        );
    }
}
