//! Volumes of pods (`validateVolumeSource`).

use crate::text::yaml::NodeId;

use super::super::fields::Step::Key;
use super::super::ids;
use super::super::walk::Walk;
use super::container::volume_field;
use super::resources::quantity;
use super::{Check, Syntax, Table};

/// Every source that a volume of a pod may have, in any version.
const SOURCES: &[&str] = &[
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "gitRepo",
    "glusterfs",
    "hostPath",
    "image",
    "iscsi",
    "nfs",
    "persistentVolumeClaim",
    "photonPersistentDisk",
    "portworxVolume",
    "projected",
    "quobyte",
    "rbd",
    "scaleIO",
    "secret",
    "storageos",
    "vsphereVolume",
];
/// Bits of a file's mode.
const MODE: Check = Check::Range("mode", 0, 0o777);
const DEFAULT_MODE: Check = Check::Range("defaultMode", 0, 0o777);

pub(super) const CHECKS: Table = &[
    (
        "core.v1.Volume",
        &[
            Check::Required("name"),
            Check::SyntaxOrEmpty("name", Syntax::Label),
            Check::AtMostOne(SOURCES),
        ],
    ),
    (
        "core.v1.HostPathVolumeSource",
        &[
            Check::Required("path"),
            Check::SyntaxOrEmpty("path", Syntax::PathWithoutDots),
        ],
    ),
    ("core.v1.GitRepoVolumeSource", &[Check::Required("repository")]),
    (
        "core.v1.ConfigMapVolumeSource",
        &[Check::Required("name"), DEFAULT_MODE],
    ),
    ("core.v1.ConfigMapProjection", &[Check::Required("name")]),
    (
        "core.v1.SecretVolumeSource",
        &[Check::Required("secretName"), DEFAULT_MODE],
    ),
    ("core.v1.SecretProjection", &[Check::Required("name")]),
    ("core.v1.DownwardAPIVolumeSource", &[DEFAULT_MODE]),
    (
        "core.v1.ProjectedVolumeSource",
        &[DEFAULT_MODE, Check::With(conflicting_paths)],
    ),
    (
        "core.v1.ClusterTrustBundleProjection",
        &[
            Check::Required("path"),
            Check::SyntaxOrEmpty("path", Syntax::RelativePath),
            Check::With(reserved),
            Check::ExactlyOne(&["name", "signerName"]),
            Check::With(selected_bundles),
        ],
    ),
    (
        "core.v1.PodCertificateProjection",
        &[
            Check::Required("signerName"),
            Check::OneOf(
                "keyType",
                &["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"],
            ),
            Check::Range("maxExpirationSeconds", 3600, LONGEST_CERTIFICATE),
            Check::SyntaxOrEmpty("credentialBundlePath", Syntax::RelativePath),
            Check::SyntaxOrEmpty("keyPath", Syntax::RelativePath),
            Check::SyntaxOrEmpty("certificateChainPath", Syntax::RelativePath),
            Check::With(certificate_paths),
        ],
    ),
    (
        "core.v1.VolumeProjection",
        &[Check::AtMostOne(&[
            "secret",
            "configMap",
            "downwardAPI",
            "serviceAccountToken",
            "clusterTrustBundle",
            "podCertificate",
        ])],
    ),
    (
        "core.v1.ServiceAccountTokenProjection",
        &[
            Check::Required("path"),
            Check::SyntaxOrEmpty("path", Syntax::RelativePath),
            Check::Range("expirationSeconds", 600, 1 << 32),
        ],
    ),
    (
        "core.v1.KeyToPath",
        &[
            Check::Required("key"),
            Check::Required("path"),
            Check::SyntaxOrEmpty("path", Syntax::RelativePath),
            Check::With(reserved),
            MODE,
        ],
    ),
    (
        "core.v1.DownwardAPIVolumeFile",
        &[
            Check::Required("path"),
            Check::SyntaxOrEmpty("path", Syntax::RelativePath),
            Check::With(reserved),
            Check::ExactlyOne(&["fieldRef", "resourceFieldRef"]),
            Check::With(volume_field),
            Check::With(container_of_resource),
            MODE,
        ],
    ),
    (
        "core.v1.PersistentVolumeClaimVolumeSource",
        &[Check::Required("claimName")],
    ),
    (
        "core.v1.EphemeralVolumeSource",
        &[Check::Required("volumeClaimTemplate")],
    ),
    ("core.v1.EmptyDirVolumeSource", &[Check::With(size_limit)]),
    (
        "core.v1.CSIVolumeSource",
        &[
            Check::Required("driver"),
            Check::SyntaxOrEmpty("driver", Syntax::DriverName),
        ],
    ),
    (
        "core.v1.NFSVolumeSource",
        &[
            Check::Required("server"),
            Check::Required("path"),
            Check::With(absolute_path),
        ],
    ),
    ("core.v1.FCVolumeSource", &[Check::Range("lun", 0, 255)]),
    ("core.v1.ISCSIVolumeSource", ISCSI),
    ("core.v1.ISCSIPersistentVolumeSource", ISCSI),
    (
        "core.v1.GlusterfsVolumeSource",
        &[Check::Required("endpoints"), Check::Required("path")],
    ),
    (
        "core.v1.RBDVolumeSource",
        &[Check::Required("monitors"), Check::Required("image")],
    ),
    (
        "core.v1.RBDPersistentVolumeSource",
        &[Check::Required("monitors"), Check::Required("image")],
    ),
    ("core.v1.CephFSVolumeSource", &[Check::Required("monitors")]),
    ("core.v1.CephFSPersistentVolumeSource", &[Check::Required("monitors")]),
    ("core.v1.CinderVolumeSource", &[Check::Required("volumeID")]),
    ("core.v1.FlexVolumeSource", &[Check::Required("driver")]),
    (
        "core.v1.AzureFileVolumeSource",
        &[Check::Required("secretName"), Check::Required("shareName")],
    ),
    (
        "core.v1.AzureDiskVolumeSource",
        &[Check::Required("diskName"), Check::Required("diskURI")],
    ),
    (
        "core.v1.VsphereVirtualDiskVolumeSource",
        &[Check::Required("volumePath")],
    ),
    (
        "core.v1.AWSElasticBlockStoreVolumeSource",
        &[Check::Required("volumeID"), Check::Range("partition", 0, 255)],
    ),
    (
        "core.v1.GCEPersistentDiskVolumeSource",
        &[Check::Required("pdName"), Check::Range("partition", 0, 255)],
    ),
    ("core.v1.PortworxVolumeSource", &[Check::Required("volumeID")]),
];

const ISCSI: &[Check] = &[
    Check::Required("targetPortal"),
    Check::Required("iqn"),
    Check::Range("lun", 0, 255),
];

/// 91 days.
const LONGEST_CERTIFICATE: i64 = 91 * 24 * 60 * 60;
/// Where a pod certificate may be written to.
const CERTIFICATE_PATHS: [&str; 3] = ["credentialBundlePath", "keyPath", "certificateChainPath"];

/// No two sources of a projected volume write the same file.
fn conflicting_paths(walk: &mut Walk<'_>, node: NodeId) {
    let mut known: Vec<String> = Vec::new();
    for source in walk.items(node, "sources") {
        let mut places: Vec<(NodeId, &str)> = Vec::new();
        for name in ["secret", "configMap", "downwardAPI"] {
            if let Some(source) = walk.field(source, name) {
                places.extend(walk.items(source, "items").into_iter().map(|item| (item, "path")));
            }
        }
        // The API server does not compare the path of a service account's token.
        if let Some(bundle) = walk.field(source, "clusterTrustBundle") {
            places.push((bundle, "path"));
        }
        if let Some(certificate) = walk.field(source, "podCertificate") {
            places.extend(CERTIFICATE_PATHS.map(|name| (certificate, name)));
        }
        for (place, name) in places {
            let Some(path) = walk.text(place, name) else { continue };
            if known.iter().any(|known| *known == path) {
                let message = format!("Invalid value: {path:?}: conflicting duplicate paths");
                walk.fault(node, &[], ids::DUPLICATE, message);
            } else {
                known.push(path.into_owned());
            }
        }
    }
}

fn selected_bundles(walk: &mut Walk<'_>, node: NodeId) {
    if walk.has(node, "name") && walk.has(node, "labelSelector") {
        let message = "Invalid value: labelSelector must be unset if name is specified";
        walk.fault(node, &[Key("labelSelector")], ids::FORBIDDEN, message);
    }
}

fn certificate_paths(walk: &mut Walk<'_>, node: NodeId) {
    if !CERTIFICATE_PATHS.iter().any(|name| walk.text(node, name).is_some()) {
        let message = "Required value: specify at least one of credentialBundlePath, keyPath, and certificateChainPath";
        walk.fault(node, &[], ids::REQUIRED, message);
    }
}

/// Files that begin with `..` are kubelet's own.
fn reserved(walk: &mut Walk<'_>, node: NodeId) {
    if let Some(path) = walk.text(node, "path")
        && path.starts_with("..")
        && path != ".."
        && !path.starts_with("../")
    {
        let message = format!("Invalid value: {path:?}: must not start with '..'");
        walk.fault(node, &[Key("path")], ids::NAME, message);
    }
}

fn container_of_resource(walk: &mut Walk<'_>, node: NodeId) {
    if let Some(reference) = walk.field(node, "resourceFieldRef")
        && walk.text(reference, "containerName").is_none()
    {
        let message = "Required value";
        walk.fault(
            node,
            &[Key("resourceFieldRef"), Key("containerName")],
            ids::REQUIRED,
            message,
        );
    }
}

fn size_limit(walk: &mut Walk<'_>, node: NodeId) {
    if quantity(walk, node, "sizeLimit").is_some_and(super::super::quantity::Quantity::is_negative) {
        let message = "Forbidden: sizeLimit must not be negative";
        walk.fault(node, &[Key("sizeLimit")], ids::QUANTITY, message);
    }
}

fn absolute_path(walk: &mut Walk<'_>, node: NodeId) {
    if let Some(path) = walk.text(node, "path")
        && !path.starts_with('/')
    {
        walk.fault(
            node,
            &[Key("path")],
            ids::NAME,
            format!("Invalid value: {path:?}: must be an absolute path"),
        );
    }
}
