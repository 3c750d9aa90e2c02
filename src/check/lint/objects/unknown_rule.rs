//! `unknown-rule`: annotations that silence a rule that does not exist, and so silence nothing.

use super::object::Objects;
use super::report::ObjectReport;
use crate::kubernetes::validate::check_rule_id;
use crate::text::rule::Rule;

pub(super) fn check(objects: &Objects<'_>, report: &mut ObjectReport<'_>) {
    for object in &objects.list {
        for error in object.silenced_rules().filter_map(|id| check_rule_id(id).err()) {
            report.add(
                object,
                "/metadata/annotations/chartwright.dev~1ignore",
                Rule::UnknownRule,
                &error.to_string(),
            );
        }
    }
}
