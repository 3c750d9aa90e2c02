//! `autoscaler-target`: a `HorizontalPodAutoscaler` and what it scales.

use std::collections::HashSet;

use super::object::Objects;
use super::report::ObjectReport;
use crate::text::rule::Rule;

pub(super) fn check(objects: &Objects<'_>, report: &mut ObjectReport<'_>) {
    let autoscalers = objects
        .list
        .iter()
        .filter(|object| object.kind() == "HorizontalPodAutoscaler");
    let names = objects
        .list
        .iter()
        .map(|object| (object.kind().to_ascii_lowercase(), object.name()));
    let known: HashSet<(String, &str)> = names.collect();
    for autoscaler in autoscalers {
        let (kind, name) = (
            autoscaler.text("/spec/scaleTargetRef/kind"),
            autoscaler.text("/spec/scaleTargetRef/name"),
        );
        let is_there = known.contains(&(kind.to_ascii_lowercase(), name));
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
