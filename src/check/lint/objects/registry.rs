//! The rules over all objects of a rendering. A new one has a file of its own and a line here.

use super::object::{Objects, RenderedChart};
use super::report::ObjectReport;
use super::{
    autoscaler_target, budget_selector, duplicate_object, image_tag, ingress_backend, ingress_path, missing_reference,
    service, unknown_rule,
};
use crate::check::finding::Finding;

/// A rule over the objects of a rendering.
type ObjectCheck = fn(&Objects<'_>, &mut ObjectReport<'_>);

/// Rules over single objects.
const SINGLE: [ObjectCheck; 2] = [image_tag::check, unknown_rule::check];

/// Rules that need all objects: a part of a rendering says nothing about what is missing.
const WHOLE: [ObjectCheck; 7] = [
    duplicate_object::check,
    service::check,
    ingress_backend::check,
    ingress_path::check,
    autoscaler_target::check,
    budget_selector::check,
    missing_reference::check,
];

/// Checks the objects of a rendering, each by itself, and against each other where nothing of the rendering is missing.
pub fn check_objects(rendered: RenderedChart<'_>, is_whole: bool) -> Vec<Finding> {
    let objects = Objects::read(rendered);
    let mut report = ObjectReport::new(&objects);
    for check in SINGLE {
        check(&objects, &mut report);
    }
    if is_whole {
        for check in WHOLE {
            check(&objects, &mut report);
        }
    }
    report.findings.into_findings()
}
