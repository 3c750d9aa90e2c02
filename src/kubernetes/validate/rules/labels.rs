//! Labels, annotations and the selectors over them.

use std::borrow::Cow;

use crate::text::rule::Rule;
use crate::text::yaml::NodeId;

use super::super::fields::Step::{Index, Key};
use super::super::ids;
use super::super::walk::Walk;
use super::{Check, Syntax, Table};

/// All annotations of an object together, in bytes.
const ANNOTATIONS_BYTES: usize = 256 << 10;

pub(super) const CHECKS: Table = &[
    ("meta.v1.LabelSelector", &[Check::With(label_selector)]),
    ("core.v1.NodeSelector", &[Check::Required("nodeSelectorTerms")]),
    ("core.v1.NodeSelectorTerm", &[Check::With(node_selector_term)]),
];

/// A field with labels.
pub(super) fn check_labels(walk: &mut Walk<'_>, node: NodeId, field: &str) {
    for (key, _, value) in walk.entries_of(node, field) {
        label(walk, node, &[Key(field), Key(&key)], &key, value, ids::LABEL);
    }
}

fn label(
    walk: &mut Walk<'_>,
    node: NodeId,
    steps: &[super::super::fields::Step<'_>],
    key: &str,
    value: NodeId,
    rule: Rule,
) {
    if let Some(fault) = Syntax::QualifiedName.fault(key) {
        walk.fault(node, steps, rule, format!("Invalid value: {key:?}: {fault}"));
    }
    let text = walk.text_of(walk.tree.target(value)).unwrap_or(Cow::Borrowed(""));
    if let Some(fault) = Syntax::LabelValue.fault(&text) {
        walk.fault(
            node,
            steps,
            rule,
            format!("Invalid value: {:?}: {fault}", super::super::fields::shortened(&text)),
        );
    }
}

/// `annotations` of metadata: keys are qualified names in any case.
pub(super) fn check_annotations(walk: &mut Walk<'_>, node: NodeId) {
    let mut total = 0;
    for (key, _, value) in walk.entries_of(node, "annotations") {
        total += key.len() + walk.text_of(walk.tree.target(value)).map_or(0, |text| text.len());
        if let Some(fault) = Syntax::QualifiedName.fault(&key.to_lowercase()) {
            let message = format!("Invalid value: {key:?}: {fault}");
            walk.fault(node, &[Key("annotations"), Key(&key)], ids::ANNOTATION, message);
        }
    }
    if total > ANNOTATIONS_BYTES {
        let message = format!("Too long: may not be more than {ANNOTATIONS_BYTES} bytes");
        walk.fault(node, &[Key("annotations")], ids::ANNOTATION, message);
    }
}

fn label_selector(walk: &mut Walk<'_>, node: NodeId) {
    for (key, _, value) in walk.entries_of(node, "matchLabels") {
        label(walk, node, &[Key("matchLabels"), Key(&key)], &key, value, ids::SELECTOR);
    }
    for (index, item) in walk.items(node, "matchExpressions").into_iter().enumerate() {
        expression(walk, node, "matchExpressions", index, item, false);
    }
}

fn node_selector_term(walk: &mut Walk<'_>, node: NodeId) {
    for list in ["matchExpressions", "matchFields"] {
        for (index, item) in walk.items(node, list).into_iter().enumerate() {
            expression(walk, node, list, index, item, true);
        }
    }
}

/// One expression of a selector; those over nodes accept `Gt` and `Lt` too.
fn expression(walk: &mut Walk<'_>, node: NodeId, list: &str, index: usize, item: NodeId, is_of_nodes: bool) {
    let values = walk.items(item, "values");
    let operator = walk.text(item, "operator").unwrap_or_default();
    let at = |name| [Key(list), Index(index), Key(name)];
    match &*operator {
        "In" | "NotIn" if values.is_empty() => {
            let message = "Required value: must be specified when `operator` is 'In' or 'NotIn'";
            walk.fault(node, &at("values"), ids::SELECTOR, message);
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            let message = "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            walk.fault(node, &at("values"), ids::SELECTOR, message);
        }
        "Gt" | "Lt" if is_of_nodes && values.len() != 1 => {
            let message = "Required value: must be specified single value when `operator` is 'Lt' or 'Gt'";
            walk.fault(node, &at("values"), ids::SELECTOR, message);
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        "Gt" | "Lt" if is_of_nodes => {}
        other => {
            let message = format!("Invalid value: {other:?}: not a valid selector operator");
            walk.fault(node, &at("operator"), ids::SELECTOR, message);
        }
    }
    if list == "matchFields" {
        return;
    }
    let key = walk.text(item, "key").unwrap_or_default();
    if let Some(fault) = Syntax::QualifiedName.fault(&key) {
        walk.fault(
            node,
            &at("key"),
            ids::SELECTOR,
            format!("Invalid value: {key:?}: {fault}"),
        );
    }
    // A preference for nodes may name values that no label has.
    if is_of_nodes && walk.is_below("preferredDuringSchedulingIgnoredDuringExecution") {
        return;
    }
    for (position, value) in values.into_iter().enumerate() {
        let text = walk.text_of(value).unwrap_or_default();
        if let Some(fault) = Syntax::LabelValue.fault(&text) {
            let steps = [Key(list), Index(index), Key("values"), Index(position)];
            walk.fault(node, &steps, ids::SELECTOR, format!("Invalid value: {text:?}: {fault}"));
        }
    }
}

/// Whether a label selector matches the labels in a field of `metadata`.
pub(super) fn selects(walk: &Walk<'_>, selector: NodeId, metadata: Option<NodeId>) -> bool {
    let labels = metadata
        .map(|metadata| walk.entries_of(metadata, "labels"))
        .unwrap_or_default();
    let text = |node: NodeId| walk.text_of(walk.tree.target(node)).unwrap_or_default();
    let label = |wanted: &str| {
        labels
            .iter()
            .find(|(key, ..)| key == wanted)
            .map(|&(.., value)| text(value))
    };
    let matches_labels = walk
        .entries_of(selector, "matchLabels")
        .into_iter()
        .all(|(key, _, value)| label(&key) == Some(text(value)));
    matches_labels
        && walk.items(selector, "matchExpressions").into_iter().all(|item| {
            let key = walk.text(item, "key").unwrap_or_default();
            let found = label(&key);
            let values: Vec<Cow<'_, str>> = walk.items(item, "values").into_iter().map(text).collect();
            match walk.text(item, "operator").as_deref() {
                Some("In") => found.is_some_and(|found| values.contains(&found)),
                Some("NotIn") => found.is_none_or(|found| !values.contains(&found)),
                Some("Exists") => found.is_some(),
                Some("DoesNotExist") => found.is_none(),
                // A wrong operator is reported at its own place.
                _ => true,
            }
        })
}
