//! `metadata` of an object: its name, as its kind requires, its labels and annotations
//! (`ValidateObjectMeta` of `k8s.io/apimachinery`).

use crate::text::yaml::NodeId;

use super::super::fields::Step::{Index, Key};
use super::super::ids;
use super::super::walk::Walk;
use super::Syntax;
use super::labels::{check_annotations, check_labels};

/// Kinds of Kubernetes' own that are not in a namespace.
const CLUSTER_KINDS: [&str; 31] = [
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
    "ResourceSlice",
    "RuntimeClass",
    "ServiceCIDR",
    "StorageClass",
    "StorageVersion",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
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
    if let Some(prefix) = prefix.as_ref().filter(|prefix| !prefix.is_empty()) {
        // Kubernetes appends five characters: only the part before them is checked.
        let example = format!("{prefix}xxxxx");
        walk.check_syntax(root, &[Key("metadata"), Key("generateName")], &example, syntax);
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
        if let Some(text) = walk.text(metadata, name).filter(|text| !text.is_empty()) {
            walk.check_syntax(metadata, &[Key(name)], &text, Syntax::PathSegment);
        }
    }
    check_namespace(walk, metadata);
    check_object_metadata(walk, metadata);
    check_references(walk, metadata);
}

fn check_namespace(walk: &mut Walk<'_>, metadata: NodeId) {
    if let Some(namespace) = walk
        .text(metadata, "namespace")
        .filter(|namespace| !namespace.is_empty())
    {
        walk.check_syntax(metadata, &[Key("namespace")], &namespace, Syntax::Label);
    }
}

/// Finalizers and owners.
fn check_references(walk: &mut Walk<'_>, metadata: NodeId) {
    for (index, finalizer) in walk.items(metadata, "finalizers").into_iter().enumerate() {
        let text = walk.text_of(finalizer).unwrap_or_default();
        walk.check_syntax(
            metadata,
            &[Key("finalizers"), Index(index)],
            &text,
            Syntax::QualifiedName,
        );
    }
    for (index, owner) in walk.items(metadata, "ownerReferences").into_iter().enumerate() {
        for name in ["apiVersion", "kind", "name", "uid"] {
            if walk.text(owner, name).is_none() {
                let steps = [Key("ownerReferences"), Index(index), Key(name)];
                walk.fault(metadata, &steps, ids::REQUIRED, "Required value");
            }
        }
    }
}

/// Checks of metadata that are the same for objects and for pod templates.
pub(super) fn check_object_metadata(walk: &mut Walk<'_>, metadata: NodeId) {
    check_labels(walk, metadata, "labels");
    check_annotations(walk, metadata);
}
