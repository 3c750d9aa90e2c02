//! Roles and their subjects (`pkg/apis/rbac/validation`).

use crate::text::yaml::NodeId;

use super::super::fields::Step::Key;
use super::super::ids;
use super::super::walk::Walk;
use super::{Check, Syntax, Table, unsupported};

const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) const CHECKS: Table = &[
    (
        "rbac.v1.PolicyRule",
        &[Check::Required("verbs"), Check::With(policy_rule)],
    ),
    ("rbac.v1.AggregationRule", &[Check::Required("clusterRoleSelectors")]),
    (
        "rbac.v1.RoleRef",
        &[
            Check::OneOfOrEmpty("apiGroup", &[GROUP]),
            Check::Required("name"),
            Check::SyntaxOrEmpty("name", Syntax::PathSegment),
        ],
    ),
    (
        "rbac.v1.RoleBinding",
        &[Check::With(|walk, node| role_ref(walk, node, &["Role", "ClusterRole"]))],
    ),
    (
        "rbac.v1.ClusterRoleBinding",
        &[
            Check::With(|walk, node| role_ref(walk, node, &["ClusterRole"])),
            Check::With(cluster_subjects),
        ],
    ),
    ("rbac.v1.Subject", &[Check::Required("name"), Check::With(subject)]),
    ("rbac.v1.Role", &[Check::With(namespaced_rules)]),
];

fn policy_rule(walk: &mut Walk<'_>, node: NodeId) {
    if !walk.items(node, "nonResourceURLs").is_empty() {
        let regular = ["apiGroups", "resources", "resourceNames"];
        if regular.iter().any(|name| !walk.items(node, name).is_empty()) {
            let message = "Invalid value: rules cannot apply to both regular resources and non-resource URLs";
            walk.fault(node, &[Key("nonResourceURLs")], ids::FORBIDDEN, message);
        }
        return;
    }
    for name in ["apiGroups", "resources"] {
        if walk.items(node, name).is_empty() {
            walk.required(node, name);
        }
    }
}

fn namespaced_rules(walk: &mut Walk<'_>, node: NodeId) {
    for (index, rule) in walk.items(node, "rules").into_iter().enumerate() {
        if !walk.items(rule, "nonResourceURLs").is_empty() {
            let message = "Invalid value: namespaced rules cannot apply to non-resource URLs";
            let steps = [Key("rules"), super::Index(index), Key("nonResourceURLs")];
            walk.fault(node, &steps, ids::FORBIDDEN, message);
        }
    }
}

fn role_ref(walk: &mut Walk<'_>, node: NodeId, kinds: &[&str]) {
    let Some(reference) = walk.field(node, "roleRef") else {
        return;
    };
    let kind = walk.text(reference, "kind").unwrap_or_default();
    if !kinds.contains(&&*kind) {
        walk.fault(
            node,
            &[Key("roleRef"), Key("kind")],
            ids::ENUM,
            unsupported(&kind, kinds),
        );
    }
}

/// The kind, the group that belongs to it (filled in where absent), and the syntax of the name.
fn subject(walk: &mut Walk<'_>, node: NodeId) {
    let kind = walk.text(node, "kind").unwrap_or_default();
    let name = walk.text(node, "name").unwrap_or_default();
    let group = match &*kind {
        "ServiceAccount" => {
            if !name.is_empty() {
                walk.check_syntax(node, &[Key("name")], &name, Syntax::Subdomain);
            }
            ""
        }
        "User" | "Group" => GROUP,
        other => {
            let message = unsupported(other, &["ServiceAccount", "User", "Group"]);
            walk.fault(node, &[Key("kind")], ids::ENUM, message);
            return;
        }
    };
    if let Some(given) = walk.text(node, "apiGroup")
        && given != group
    {
        walk.fault(node, &[Key("apiGroup")], ids::ENUM, unsupported(&given, &[group]));
    }
}

fn cluster_subjects(walk: &mut Walk<'_>, node: NodeId) {
    for (index, item) in walk.items(node, "subjects").into_iter().enumerate() {
        if walk.text(item, "kind").as_deref() == Some("ServiceAccount") && walk.text(item, "namespace").is_none() {
            let steps = [Key("subjects"), super::Index(index), Key("namespace")];
            walk.fault(node, &steps, ids::REQUIRED, "Required value");
        }
    }
}
