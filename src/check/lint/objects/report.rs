//! Collects what rules over objects find, at the template lines that wrote it.

use crate::check::finding::{FindingList, Place};
use crate::text::rule::Rule;

use super::object::{Object, Objects};

/// Collects findings.
pub(super) struct ObjectReport<'o> {
    objects: &'o Objects<'o>,
    pub(super) findings: FindingList,
}

impl<'o> ObjectReport<'o> {
    pub(super) fn new(objects: &'o Objects<'o>) -> Self {
        Self {
            objects,
            findings: FindingList::default(),
        }
    }

    /// Reports a fault of an object at a JSON pointer, unless the object silences the rule.
    pub(super) fn add(&mut self, object: &Object, pointer: &str, rule: Rule, message: &str) {
        self.add_beside(object, pointer, rule, message, None);
    }

    /// The same, with another place of the rendering that the fault is about.
    pub(super) fn add_beside(
        &mut self,
        object: &Object,
        pointer: &str,
        rule: Rule,
        message: &str,
        beside: Option<(&str, &Object)>,
    ) {
        if self.findings.is_full() || object.silences(rule) {
            return;
        }
        let rendered = &self.objects.rendered;
        let offset = self.objects.offset(object, pointer);
        let message = format!("{} {}: {message}", object.kind(), object.name());
        let mut finding = rendered.finding(object.file, offset, rule, &message);
        if let Some((label, other)) = beside {
            let offset = self.objects.offset(other, pointer);
            let place = rendered.place(other.file, offset);
            finding = finding.with_related(label, Place::Named(place));
        }
        self.findings.push(finding);
    }
}
