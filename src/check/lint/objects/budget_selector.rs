//! `budget-selector`: a `PodDisruptionBudget` and the pods it is about.

use serde_json::Value as Json;

use super::object::Objects;
use super::pods::Pods;
use super::report::ObjectReport;
use crate::text::rule::Rule;

pub(super) fn check(objects: &Objects<'_>, report: &mut ObjectReport<'_>) {
    if !objects.runs_pods_alone() {
        return;
    }
    let pods = Pods::of(objects);
    let budgets = objects
        .list
        .iter()
        .filter(|object| object.kind() == "PodDisruptionBudget");
    for budget in budgets {
        let labels = budget
            .json
            .pointer("/spec/selector/matchLabels")
            .and_then(Json::as_object);
        let Some(labels) = labels.filter(|labels| !labels.is_empty()) else {
            continue;
        };
        let has_none = pods.selected(labels).is_some_and(|selected| selected.is_empty());
        if has_none && !pods.may_be_switched_off(labels) {
            let message = "the selector matches no pod of this rendering";
            report.add(budget, "/spec/selector", Rule::BudgetSelector, message);
        }
    }
}
