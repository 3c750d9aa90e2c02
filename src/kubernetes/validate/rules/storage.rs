//! Persistent volumes, claims and classes (`pkg/apis/core/validation`, `pkg/apis/storage/validation`).

use crate::text::yaml::NodeId;

use super::super::fields::Step::{Index, Key};
use super::super::ids;
use super::super::walk::Walk;
use super::resources::{quantity, quantity_of};
use super::{Check, Syntax, Table};

/// Every source that a persistent volume may have, in any version.
const SOURCES: &[&str] = &[
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
];

pub(super) const CHECKS: Table = &[
    ("core.v1.PersistentVolume", &[Check::Required("spec")]),
    ("core.v1.PersistentVolumeClaim", &[Check::Required("spec")]),
    (
        "core.v1.TopologySelectorTerm",
        &[Check::Unique("matchLabelExpressions", "key")],
    ),
    (
        "core.v1.TopologySelectorLabelRequirement",
        &[Check::Syntax("key", Syntax::QualifiedName), Check::Unique("values", "")],
    ),
    (
        "core.v1.PersistentVolumeSpec",
        &[
            Check::Required("accessModes"),
            Check::ExactlyOne(SOURCES),
            Check::With(only_once),
            Check::With(capacity),
            Check::With(local_node),
            Check::SyntaxOrEmpty("storageClassName", Syntax::Subdomain),
        ],
    ),
    (
        "core.v1.PersistentVolumeClaimSpec",
        &[
            Check::With(access_modes),
            Check::With(only_once),
            Check::With(storage_request),
            Check::SyntaxOrEmpty("storageClassName", Syntax::Subdomain),
        ],
    ),
    (
        "core.v1.TypedLocalObjectReference",
        &[Check::Required("kind"), Check::Required("name")],
    ),
    (
        "core.v1.LocalVolumeSource",
        &[
            Check::Required("path"),
            Check::SyntaxOrEmpty("path", Syntax::PathWithoutDots),
        ],
    ),
    (
        "core.v1.CSIPersistentVolumeSource",
        &[
            Check::Required("driver"),
            Check::SyntaxOrEmpty("driver", Syntax::DriverName),
            Check::Required("volumeHandle"),
        ],
    ),
    (
        "storage.v1.StorageClass",
        &[
            Check::Required("provisioner"),
            Check::With(provisioner),
            Check::OneOfOrEmpty("reclaimPolicy", &["Delete", "Retain", ""]),
        ],
    ),
    (
        "storage.v1.CSIDriverSpec",
        &[
            Check::OneOf("fsGroupPolicy", &["ReadWriteOnceWithFSType", "File", "None"]),
            Check::OneOfOrEmpty("volumeLifecycleModes", &["Persistent", "Ephemeral"]),
            Check::Unique("tokenRequests", "audience"),
        ],
    ),
    (
        "storage.v1.TokenRequest",
        &[Check::Range("expirationSeconds", 600, 1 << 32)],
    ),
    (
        "storage.v1.CSINodeDriver",
        &[Check::Required("name"), Check::Required("nodeID")],
    ),
    (
        "storage.v1.VolumeAttachmentSpec",
        &[Check::Required("attacher"), Check::Required("nodeName")],
    ),
    ("storage.v1.CSIStorageCapacity", &[Check::Required("storageClassName")]),
];

fn access_modes(walk: &mut Walk<'_>, node: NodeId) {
    if walk.items(node, "accessModes").is_empty() {
        let message = "Required value: at least 1 access mode is required";
        walk.fault(node, &[Key("accessModes")], ids::REQUIRED, message);
    }
}

fn only_once(walk: &mut Walk<'_>, node: NodeId) {
    let modes = walk.items(node, "accessModes");
    let is_single = |walk: &Walk<'_>, mode: NodeId| walk.text_of(mode).as_deref() == Some("ReadWriteOncePod");
    let singles = modes.iter().filter(|&&mode| is_single(walk, mode)).count();
    if singles > 0 && singles < modes.len() {
        let message = "Forbidden: may not use ReadWriteOncePod with other access modes";
        walk.fault(node, &[Key("accessModes")], ids::FORBIDDEN, message);
    }
}

fn capacity(walk: &mut Walk<'_>, node: NodeId) {
    let entries = walk.entries_of(node, "capacity");
    if entries.is_empty() {
        walk.required(node, "capacity");
    } else if entries.iter().any(|(name, ..)| name != "storage") {
        let message = "Unsupported value: supported values: \"storage\"";
        walk.fault(node, &[Key("capacity")], ids::ENUM, message);
    }
    for (name, _, value) in entries {
        if quantity_of(walk, walk.tree.target(value)).is_some_and(|amount| !amount.is_positive()) {
            let message = "Invalid value: must be greater than zero";
            walk.fault(node, &[Key("capacity"), Key(&name)], ids::QUANTITY, message);
        }
    }
}

fn local_node(walk: &mut Walk<'_>, node: NodeId) {
    if walk.has(node, "nodeAffinity") && walk.field_at(node, &["nodeAffinity", "required"]).is_none() {
        let message = "Required value: must specify required node constraints";
        walk.fault(node, &[Key("nodeAffinity"), Key("required")], ids::REQUIRED, message);
    } else if walk.has(node, "local") && walk.field_at(node, &["nodeAffinity", "required"]).is_none() {
        let message = "Required value: Local volume requires node affinity";
        walk.fault(node, &[Key("nodeAffinity")], ids::REQUIRED, message);
    }
}

fn storage_request(walk: &mut Walk<'_>, node: NodeId) {
    let requests = walk.field_at(node, &["resources", "requests"]);
    let steps = [Key("resources"), Key("requests"), Key("storage")];
    match requests.map(|requests| (walk.has(requests, "storage"), quantity(walk, requests, "storage"))) {
        None | Some((false, _)) => walk.fault(node, &steps, ids::REQUIRED, "Required value"),
        Some((true, Some(amount))) if !amount.is_positive() => {
            walk.fault(node, &steps, ids::QUANTITY, "Invalid value: must be greater than zero");
        }
        Some(_) => {}
    }
}

fn provisioner(walk: &mut Walk<'_>, node: NodeId) {
    if let Some(name) = walk.text(node, "provisioner") {
        walk.check_syntax(node, &[Key("provisioner")], &name.to_lowercase(), Syntax::QualifiedName);
    }
    for (index, topology) in walk.items(node, "allowedTopologies").into_iter().enumerate() {
        for (position, expression) in walk.items(topology, "matchLabelExpressions").into_iter().enumerate() {
            if walk.items(expression, "values").is_empty() {
                let steps = [
                    Key("allowedTopologies"),
                    Index(index),
                    Key("matchLabelExpressions"),
                    Index(position),
                    Key("values"),
                ];
                walk.fault(node, &steps, ids::REQUIRED, "Required value");
            }
        }
    }
}
