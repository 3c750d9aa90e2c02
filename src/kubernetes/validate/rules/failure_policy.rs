//! `podFailurePolicy` of jobs (`validatePodFailurePolicyRule`).

use crate::text::yaml::NodeId;

use super::super::fields::Step::{self, Index, Key};
use super::super::ids;
use super::super::walk::Walk;
use super::{Syntax, unsupported};

/// Statuses a condition of a pod has.
const STATUSES: &[&str] = &["False", "True", "Unknown"];

/// Exit codes of one rule.
const MOST_EXIT_CODES: usize = 255;

/// The rules of the policy of a job's spec.
pub(super) fn failure_policy(walk: &mut Walk<'_>, node: NodeId) {
    let Some(policy) = walk.field(node, "podFailurePolicy") else {
        return;
    };
    for (index, rule) in walk.items(policy, "rules").into_iter().enumerate() {
        let at = [Key("podFailurePolicy"), Key("rules"), Index(index)];
        let conditions = walk.items(rule, "onPodConditions");
        let codes = walk.field(rule, "onExitCodes");
        if codes.is_some() != conditions.is_empty() {
            let message = if codes.is_some() {
                "Invalid value: specifying both OnExitCodes and OnPodConditions is not supported"
            } else {
                "Invalid value: specifying one of OnExitCodes and OnPodConditions is required"
            };
            walk.fault(node, &at, ids::ONE_OF, message);
        }
        if let Some(codes) = codes {
            exit_codes(walk, node, &at, codes);
        }
        for (position, condition) in conditions.into_iter().enumerate() {
            let inside = |name| [at[0], at[1], at[2], Key("onPodConditions"), Index(position), Key(name)];
            let kind = walk.text(condition, "type").unwrap_or_default();
            walk.check_syntax(node, &inside("type"), &kind, Syntax::QualifiedName);
            // Without one it is `True`.
            if let Some(status) = walk.text(condition, "status")
                && !STATUSES.contains(&&*status)
            {
                walk.fault(node, &inside("status"), ids::ENUM, unsupported(&status, STATUSES));
            }
        }
    }
}

fn exit_codes(walk: &mut Walk<'_>, node: NodeId, at: &[Step<'_>; 3], codes: NodeId) {
    let inside = |name| [at[0], at[1], at[2], Key("onExitCodes"), Key(name)];
    if let Some(name) = walk.field(codes, "containerName").and_then(|name| walk.text_of(name))
        && let Some(pod) = walk.field_at(node, &["template", "spec"])
    {
        let lists = ["containers", "initContainers"].into_iter();
        let mut containers = lists.flat_map(|list| walk.items(pod, list));
        if !containers.any(|container| walk.text(container, "name").is_some_and(|known| known == name)) {
            let message = format!(
                "Invalid value: {name:?}: must be one of the container or initContainer names in the pod template"
            );
            walk.fault(node, &inside("containerName"), ids::NAME, message);
        }
    }
    let is_in = walk.text(codes, "operator").as_deref() == Some("In");
    let values = walk.items(codes, "values");
    let values: Vec<i64> = values
        .into_iter()
        .map(|value| walk.integer_of(value).unwrap_or(0))
        .collect();
    if values.is_empty() {
        walk.fault(
            node,
            &inside("values"),
            ids::REQUIRED,
            "Invalid value: at least one value is required",
        );
    }
    if values.len() > MOST_EXIT_CODES {
        let message = format!("Too many: {}: must have at most {MOST_EXIT_CODES} items", values.len());
        walk.fault(node, &inside("values"), ids::RANGE, message);
    }
    for (position, value) in values.iter().enumerate() {
        let place = [at[0], at[1], at[2], Key("onExitCodes"), Key("values"), Index(position)];
        if is_in && *value == 0 {
            walk.fault(
                node,
                &place,
                ids::RANGE,
                "Invalid value: 0: must not be 0 for the In operator",
            );
        }
        if values.iter().take(position).any(|known| known == value) {
            walk.fault(node, &place, ids::DUPLICATE, format!("Duplicate value: {value}"));
        }
    }
    if !values.is_sorted() {
        walk.fault(node, &inside("values"), ids::RANGE, "Invalid value: must be ordered");
    }
}
