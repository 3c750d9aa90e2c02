//! `duplicate-object`: two objects of one name; the second cannot be created.

use std::collections::HashMap;

use super::object::Objects;
use super::report::ObjectReport;
use crate::text::rule::Rule;

pub(super) fn check(objects: &Objects<'_>, report: &mut ObjectReport<'_>) {
    let mut seen = HashMap::new();
    let named = |object: &&super::object::Object| !object.is_hook() && !object.name().is_empty();
    for object in objects.list.iter().filter(named) {
        let key = (
            object.group(),
            object.kind(),
            object.text("/metadata/namespace"),
            object.name(),
        );
        match seen.get(&key) {
            None => {
                seen.insert(key, object);
            }
            Some(first) => {
                let beside = Some(("first rendered at", *first));
                let pointer = "/metadata/name";
                report.add_beside(object, pointer, Rule::DuplicateObject, "is rendered twice", beside);
            }
        }
    }
}
