//! Amounts of CPU, memory and the like: their names, and that limits are not below requests.

use std::borrow::Cow;

use crate::text::yaml::NodeId;

use super::super::fields::Step::Key;
use super::super::ids;
use super::super::quantity::Quantity;
use super::super::walk::Walk;
use super::Syntax;

/// Resources a container may have, besides huge pages and those with a domain.
const CONTAINER_RESOURCES: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// The quantity in a field.
pub(super) fn quantity(walk: &Walk<'_>, node: NodeId, name: &str) -> Option<Quantity> {
    quantity_of(walk, walk.field(node, name)?)
}

/// The quantity of a scalar, written as a text or a number; null means absent, as in Go.
pub(super) fn quantity_of(walk: &Walk<'_>, node: NodeId) -> Option<Quantity> {
    if walk.is_null(node) {
        return Some(Quantity::default());
    }
    Quantity::parse(walk.text_of(node).unwrap_or(Cow::Borrowed(walk.tree.text(node))).trim())
}

/// `resources` of a container or of a pod. The type alone does not say so: claims of volumes had the same one before Kubernetes 1.29.
pub(super) fn container_resources(walk: &mut Walk<'_>, node: NodeId) {
    let Some(resources) = walk.field(node, "resources") else {
        return;
    };
    let limits = walk.entries_of(resources, "limits");
    for (field, entries) in [
        ("limits", limits.clone()),
        ("requests", walk.entries_of(resources, "requests")),
    ] {
        for (name, _, value) in entries {
            let steps = [Key("resources"), Key(field), Key(&name)];
            if let Some(fault) = resource_name_fault(&name) {
                walk.fault(
                    node,
                    &steps,
                    ids::RESOURCES,
                    format!("Invalid value: {name:?}: {fault}"),
                );
            }
            let Some(amount) = quantity_of(walk, walk.tree.target(value)) else {
                continue;
            };
            if amount.is_negative() {
                let message = "Invalid value: must be greater than or equal to 0";
                walk.fault(node, &steps, ids::QUANTITY, message);
            }
            if is_extended(&name) && !amount.is_whole() {
                walk.fault(node, &steps, ids::QUANTITY, "Invalid value: must be an integer");
            }
            let limit = limits.iter().find(|(other, ..)| *other == name);
            let limit = limit.and_then(|&(.., value)| quantity_of(walk, walk.tree.target(value)));
            match limit {
                Some(limit) if field == "requests" && amount > limit => {
                    let message = format!("Invalid value: must be less than or equal to {name} limit");
                    walk.fault(node, &steps, ids::RESOURCES, message);
                }
                Some(limit) if field == "requests" && amount != limit && !may_overcommit(&name) => {
                    let message = format!("Invalid value: must be equal to {name} limit");
                    walk.fault(node, &steps, ids::RESOURCES, message);
                }
                None if field == "requests" && !may_overcommit(&name) => {
                    let message = "Required value: limit must be set for non overcommitable resources";
                    walk.fault(node, &[Key("resources"), Key("limits")], ids::RESOURCES, message);
                }
                _ => {}
            }
        }
    }
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.")
}

fn may_overcommit(name: &str) -> bool {
    is_native(name) && !name.starts_with("hugepages-")
}

fn resource_name_fault(name: &str) -> Option<String> {
    if let Some(fault) = Syntax::QualifiedName.fault(name) {
        return Some(fault);
    }
    if name.contains('/') {
        return (!is_native(name) && name.starts_with("requests."))
            .then(|| "doesn't follow extended resource name standard".to_owned());
    }
    let is_standard = CONTAINER_RESOURCES.contains(&name) || name.starts_with("hugepages-");
    (!is_standard).then(|| "must be a standard resource type or fully qualified".to_owned())
}
