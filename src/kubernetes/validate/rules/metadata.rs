//! `metadata` of an object: its name, as its kind requires, its labels and annotations
//! (`ValidateObjectMeta` of `k8s.io/apimachinery`).

use std::borrow::Cow;

use crate::text::yaml::NodeId;

use super::super::fields::Step::{Index, Key};
use super::super::fields::shortened;
use super::super::ids;
use super::super::walk::Walk;
use super::Syntax;
use super::labels::{check_annotations, check_labels};
use super::references::{check_keys, check_managed_fields, check_references};

/// Bytes of `generateName` that the server keeps, which then appends five characters.
const GENERATED_BYTES: usize = 58;

/// Kinds whose `generation` the server checks, by group. It overwrites that of most others and of custom resources.
const KEEPS_GENERATION: [(&str, &[&str]); 6] = [
    (
        "",
        &[
            "ConfigMap",
            "Endpoints",
            "LimitRange",
            "Namespace",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
        ],
    ),
    ("autoscaling", &["HorizontalPodAutoscaler"]),
    ("coordination.k8s.io", &["Lease"]),
    ("node.k8s.io", &["RuntimeClass"]),
    (
        "rbac.authorization.k8s.io",
        &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
    ),
    ("storage.k8s.io", &["CSIDriver", "StorageClass"]),
];

/// Kinds of Kubernetes' own that are not in a namespace.
const CLUSTER_KINDS: [&str; 34] = [
    "APIService",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterTrustBundle",
    "ComponentStatus",
    "CustomResourceDefinition",
    "DeviceClass",
    "DeviceTaintRule",
    "FlowSchema",
    "IPAddress",
    "IngressClass",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "ResourceClass",
    "ResourceSlice",
    "RuntimeClass",
    "ServiceCIDR",
    "StorageClass",
    "StorageVersion",
    "StorageVersionMigration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
    "VolumeAttributesClass",
];

/// Kinds that are a request to the server or a list, whose names are not checked.
fn is_nameless(kind: &str) -> bool {
    kind.ends_with("Review") || kind.ends_with("List") || matches!(kind, "Eviction" | "Binding" | "Scale" | "Status")
}

/// How the name of a kind of Kubernetes' own, or of a custom resource, is written.
fn name_syntax(group: &str, kind: &str) -> Syntax {
    match (group, kind) {
        ("rbac.authorization.k8s.io" | "apiregistration.k8s.io" | "policy", _) => Syntax::PathSegment,
        ("", "Namespace") | ("apps", "StatefulSet") => Syntax::Label,
        ("", "Service") => Syntax::Label1035,
        ("batch", "CronJob") => Syntax::CronJobName,
        ("networking.k8s.io", "IPAddress") => Syntax::Ip,
        ("certificates.k8s.io", "ClusterTrustBundle") => Syntax::PathSegment,
        _ => Syntax::Subdomain,
    }
}

/// A finalizer of `node` has a domain in its name, or is one of Kubernetes' own.
pub(super) fn check_finalizer(walk: &mut Walk<'_>, node: NodeId, index: usize, name: &str) {
    if !name.contains('/') && !matches!(name, "orphan" | "foregroundDeletion" | "kubernetes") {
        let message =
            format!("Invalid value: {name:?}: name is neither a standard finalizer name nor is it fully qualified");
        walk.fault(node, &[Key("finalizers"), Index(index)], ids::NAME, message);
    }
}

/// Whether a group certainly is Kubernetes' own; definitions of other groups are not checked for it.
fn is_builtin(group: &str) -> bool {
    let known = [
        "networking",
        "rbac.authorization",
        "storage",
        "admissionregistration",
        "apiextensions",
    ];
    !group.contains('.')
        || group
            .strip_suffix(".k8s.io")
            .is_some_and(|group| known.contains(&group))
}

/// Whether objects of a kind of Kubernetes' own are in a namespace.
pub(in crate::kubernetes::validate) fn is_namespaced(kind: &str) -> bool {
    !CLUSTER_KINDS.contains(&kind)
}

/// Checks the metadata of the document at `root`.
pub(in crate::kubernetes::validate) fn check_root<'w>(
    walk: &mut Walk<'w>,
    root: NodeId,
    api_version: &str,
    kind: &str,
    is_namespaced: bool,
) {
    if is_nameless(kind) {
        return;
    }
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let syntax = name_syntax(group, kind);
    let metadata = walk.field(root, "metadata").unwrap_or(root);
    let is_there = metadata != root;
    let text = |walk: &Walk<'w>, name| is_there.then(|| walk.text(metadata, name)).flatten();
    let (name, prefix) = (text(walk, "name"), text(walk, "generateName"));
    if let Some(name) = &name {
        walk.check_syntax(root, &[Key("metadata"), Key("name")], name, syntax);
    }
    if let Some(prefix) = &prefix
        && let Some(fault) = prefix_fault(group, kind, prefix, name.is_none())
    {
        let message = format!("Invalid value: {:?}: {fault}", shortened(prefix));
        walk.fault(root, &[Key("metadata"), Key("generateName")], ids::NAME, message);
    }
    // The server generates the name of a LimitRange.
    if name.is_none() && prefix.is_none() && kind != "LimitRange" {
        let message = "Required value: name or generateName is required";
        walk.fault(root, &[Key("metadata"), Key("name")], ids::REQUIRED, message);
    }
    if !is_there {
        return;
    }
    walk.descend("metadata", |walk| {
        if is_namespaced {
            check_namespace(walk, metadata);
        }
        if walk.has(metadata, "managedFields") {
            let message = "Forbidden: server-side apply, which Helm 4 uses, refuses managedFields";
            walk.fault(metadata, &[Key("managedFields")], ids::FORBIDDEN, message);
        }
        if KEEPS_GENERATION
            .iter()
            .any(|(known, kinds)| *known == group && kinds.contains(&kind))
        {
            check_generation(walk, metadata);
        }
        check_object_metadata(walk, metadata);
        check_references(walk, metadata);
        for (index, finalizer) in walk.items(metadata, "finalizers").into_iter().enumerate() {
            if is_builtin(group) {
                let text = walk.text_of(finalizer).unwrap_or_default();
                check_finalizer(walk, metadata, index, &text);
            }
        }
    });
}

/// Checks the metadata of an object inside a custom resource, at the current path. It may have no name.
pub(in crate::kubernetes::validate) fn check_embedded(walk: &mut Walk<'_>, metadata: NodeId) {
    for name in ["name", "generateName"] {
        // More characters follow a prefix, so it may consist of dots.
        let is_dots = |text: &str| name == "generateName" && matches!(text, "." | "..");
        if let Some(text) = walk.text(metadata, name).filter(|text| !is_dots(text)) {
            walk.check_syntax(metadata, &[Key(name)], &text, Syntax::PathSegment);
        }
    }
    check_namespace(walk, metadata);
    check_generation(walk, metadata);
    check_object_metadata(walk, metadata);
    check_references(walk, metadata);
    check_managed_fields(walk, metadata);
}

/// What is wrong with `generateName`, and with the name that the server makes of it if there is no other.
fn prefix_fault(group: &str, kind: &str, prefix: &str, is_used: bool) -> Option<String> {
    let syntax = name_syntax(group, kind);
    // The server checks only the names of these.
    let has_checked_prefix = !matches!(
        (group, kind),
        ("", "ReplicationController") | ("resource.k8s.io", "DeviceClass")
    );
    let own = match syntax {
        Syntax::Label | Syntax::Label1035 | Syntax::Subdomain => Some(syntax),
        Syntax::CronJobName => Some(Syntax::Subdomain),
        // Names of roles are checked in the same way whether they are complete or not.
        Syntax::PathSegment if group == "rbac.authorization.k8s.io" => Some(syntax),
        _ => None,
    };
    let own = own.filter(|_| has_checked_prefix);
    own.and_then(|syntax| syntax.fault(&without_trailing_dash(prefix)))
        .or_else(|| {
            let kept = prefix.floor_char_boundary(GENERATED_BYTES);
            let generated = format!("{}xxxxx", prefix.get(..kept).unwrap_or(prefix));
            is_used.then(|| syntax.fault(&generated)).flatten()
        })
}

/// A prefix as the server checks it (`maskTrailingDash`): a letter instead of the dash at its end and of what is before
/// it.
fn without_trailing_dash(prefix: &str) -> Cow<'_, str> {
    match prefix.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            let mut masked = rest.to_owned();
            masked.pop();
            masked.push('a');
            Cow::Owned(masked)
        }
        _ => Cow::Borrowed(prefix),
    }
}

fn check_generation(walk: &mut Walk<'_>, metadata: NodeId) {
    if let Some(generation) = walk
        .integer(metadata, "generation")
        .filter(|generation| *generation < 0)
    {
        let message = format!("Invalid value: {generation}: must be greater than or equal to 0");
        walk.fault(metadata, &[Key("generation")], ids::RANGE, message);
    }
}

fn check_namespace(walk: &mut Walk<'_>, metadata: NodeId) {
    if let Some(namespace) = walk
        .text(metadata, "namespace")
        .filter(|namespace| !namespace.is_empty())
    {
        walk.check_syntax(metadata, &[Key("namespace")], &namespace, Syntax::Label);
    }
}

/// Checks of metadata that are the same for objects and for pod templates.
pub(super) fn check_object_metadata(walk: &mut Walk<'_>, metadata: NodeId) {
    check_labels(walk, metadata, "labels");
    check_annotations(walk, metadata);
    check_keys(walk, metadata);
}

#[cfg(test)]
mod tests {
    use super::prefix_fault;

    #[test]
    fn prefixes_of_names_are_checked_without_their_last_dash() {
        let (long, longer) = ("a".repeat(47), "a".repeat(48));
        let label = "a".repeat(64);
        for (group, kind, prefix, is_valid, is_valid_beside_a_name) in [
            ("", "ConfigMap", "a-", true, true),
            ("", "ConfigMap", "a--", true, true),
            ("", "ConfigMap", "a.", false, false),
            ("", "ConfigMap", "A.", false, false),
            ("", "ConfigMap", "a-.", false, false),
            ("", "ConfigMap", "-", false, false),
            // The server replaces the character before the dash too, and then refuses the name that it made.
            ("", "ConfigMap", "A-", false, true),
            ("", "ConfigMap", "a.-", false, true),
            ("", "ReplicationController", "a.", true, true),
            ("", "Namespace", "a.b", false, false),
            ("", "Namespace", label.as_str(), false, false),
            ("", "ConfigMap", label.as_str(), true, true),
            ("batch", "CronJob", long.as_str(), true, true),
            ("batch", "CronJob", longer.as_str(), false, true),
            ("rbac.authorization.k8s.io", "Role", "..", false, false),
            ("rbac.authorization.k8s.io", "Role", "a/", false, false),
        ] {
            let fault = |is_used| prefix_fault(group, kind, prefix, is_used);
            assert_eq!(fault(true).is_none(), is_valid, "{kind} {prefix}");
            assert_eq!(fault(false).is_none(), is_valid_beside_a_name, "{kind} {prefix}");
        }
    }
}
