//! `autoscaler-target`: a `HorizontalPodAutoscaler` and what it scales.

use super::object::Objects;
use super::report::ObjectReport;
use crate::text::rule::Rule;

pub(super) fn check(objects: &Objects<'_>, report: &mut ObjectReport<'_>) {
    let autoscalers = objects
        .list
        .iter()
        .filter(|object| object.kind() == "HorizontalPodAutoscaler");
    for autoscaler in autoscalers {
        let (kind, name) = (
            autoscaler.text("/spec/scaleTargetRef/kind"),
            autoscaler.text("/spec/scaleTargetRef/name"),
        );
        let is_there = objects
            .list
            .iter()
            .any(|object| object.kind().eq_ignore_ascii_case(kind) && object.name() == name);
        if !is_there && objects.is_own(name) {
            let message = format!("there is no {kind} {name:?} in this rendering to scale");
            report.add(
                autoscaler,
                "/spec/scaleTargetRef/name",
                Rule::AutoscalerTarget,
                &message,
            );
        }
    }
}
