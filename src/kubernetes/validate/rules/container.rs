//! Containers (`validateContainerCommon` of `pkg/apis/core/validation`).

use crate::text::yaml::NodeId;

use super::super::fields::Step::{Index, Key};
use super::super::fields::shortened;
use super::super::ids;
use super::super::quantity::Quantity;
use super::super::walk::Walk;
use super::probe::check_probes;
use super::resources::{container_resources, quantity};
use super::{Check, MAX_INT32, Syntax, Table, unsupported};

/// Kubernetes 1.32 began to accept any printable character but `=` in the name of an environment variable.
pub(in crate::kubernetes::validate) const RELAXED_NAMES_SINCE: u8 = 32;
/// The fields of the pod that an environment variable may be set to.
const ENV_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// The fields of the pod that a file of a downward API volume may contain.
const VOLUME_FIELDS: [&str; 5] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
];
/// Resources of a container that it may read.
const RESOURCE_FIELDS: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

pub(super) const CHECKS: Table = &[
    (
        "core.v1.Container",
        &[
            Check::Required("name"),
            Check::SyntaxOrEmpty("name", Syntax::Label),
            Check::Required("image"),
            Check::Unique("ports", "name"),
            Check::Unique("volumeDevices", "name"),
            Check::Unique("volumeDevices", "devicePath"),
            Check::Unique("volumeMounts", "mountPath"),
            Check::With(check_probes),
            Check::With(same_env_twice),
            Check::With(mount_propagation),
            Check::With(container_resources),
        ],
    ),
    (
        "core.v1.ContainerPort",
        &[
            Check::With(container_port),
            Check::Range("hostPort", 0, 65535),
            Check::SyntaxOrEmpty("name", Syntax::PortName),
        ],
    ),
    (
        "core.v1.VolumeMount",
        &[
            Check::Required("name"),
            Check::Required("mountPath"),
            Check::AtMostOne(&["subPath", "subPathExpr"]),
            Check::SyntaxOrEmpty("subPath", Syntax::RelativePath),
            Check::SyntaxOrEmpty("subPathExpr", Syntax::RelativePath),
        ],
    ),
    (
        "core.v1.VolumeDevice",
        &[
            Check::Required("name"),
            Check::Required("devicePath"),
            Check::SyntaxOrEmpty("devicePath", Syntax::PathWithoutDots),
        ],
    ),
    ("core.v1.EnvVar", &[Check::Required("name"), Check::With(env_var)]),
    (
        "core.v1.EnvVarSource",
        &[Check::ExactlyOne(&[
            "fieldRef",
            "resourceFieldRef",
            "configMapKeyRef",
            "secretKeyRef",
            "fileKeyRef",
        ])],
    ),
    ("core.v1.ConfigMapKeySelector", KEY_SELECTOR),
    ("core.v1.SecretKeySelector", KEY_SELECTOR),
    (
        "core.v1.EnvFromSource",
        &[
            Check::ExactlyOne(&["configMapRef", "secretRef"]),
            Check::With(|walk, node| env_name(walk, node, "prefix")),
        ],
    ),
    (
        "core.v1.ConfigMapEnvSource",
        &[Check::Required("name"), Check::With(source_of_variables)],
    ),
    (
        "core.v1.SecretEnvSource",
        &[Check::Required("name"), Check::With(source_of_variables)],
    ),
    ("core.v1.ObjectFieldSelector", &[Check::Required("fieldPath")]),
    (
        "core.v1.ResourceFieldSelector",
        &[Check::Required("resource"), Check::With(resource_field)],
    ),
    (
        "core.v1.SecurityContext",
        &[
            Check::Range("runAsUser", 0, MAX_INT32),
            Check::Range("runAsGroup", 0, MAX_INT32),
            Check::With(privilege),
        ],
    ),
    (
        "core.v1.SeccompProfile",
        &[Check::Required("type"), Check::With(local_profile)],
    ),
    (
        "core.v1.AppArmorProfile",
        &[Check::Required("type"), Check::With(local_profile)],
    ),
];

const KEY_SELECTOR: &[Check] = &[
    Check::Required("name"),
    Check::SyntaxOrEmpty("name", Syntax::Subdomain),
    Check::Required("key"),
    Check::SyntaxOrEmpty("key", Syntax::DataKey),
];

fn container_port(walk: &mut Walk<'_>, node: NodeId) {
    let number = walk.integer(node, "containerPort").unwrap_or(0);
    if number == 0 {
        walk.required(node, "containerPort");
    } else if !(1..=65535).contains(&number) {
        let message = format!("Invalid value: {number}: must be between 1 and 65535, inclusive");
        walk.fault(node, &[Key("containerPort")], ids::RANGE, message);
    }
}

fn env_var(walk: &mut Walk<'_>, node: NodeId) {
    env_name(walk, node, "name");
    if walk.has(node, "valueFrom") && walk.text(node, "value").is_some() {
        let message = "Invalid value: may not be specified when `value` is not empty";
        walk.fault(node, &[Key("valueFrom")], ids::ONE_OF, message);
    }
    if let Some(path) = walk
        .field_at(node, &["valueFrom", "fieldRef"])
        .and_then(|field| walk.text(field, "fieldPath"))
    {
        let steps = [Key("valueFrom"), Key("fieldRef"), Key("fieldPath")];
        field_path(walk, node, &steps, &path, &ENV_FIELDS);
    }
}

/// A name of an environment variable, or what such a name begins with.
fn env_name(walk: &mut Walk<'_>, node: NodeId, field: &str) {
    let Some(name) = walk.text(node, field) else { return };
    let fault = if walk.minor() >= RELAXED_NAMES_SINCE {
        let is_fine = name.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'=');
        (!is_fine).then_some(
            "a valid environment variable name must consist only of printable ASCII characters other than '='",
        )
    } else {
        let is_fine = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
            && !name.starts_with(|first: char| first.is_ascii_digit());
        (!is_fine).then_some("a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit")
    };
    if let Some(fault) = fault {
        walk.fault(
            node,
            &[Key(field)],
            ids::NAME,
            format!("Invalid value: {name:?}: {fault}"),
        );
    }
}

/// The file of a downward API volume.
pub(super) fn volume_field(walk: &mut Walk<'_>, node: NodeId) {
    if let Some(path) = walk
        .field(node, "fieldRef")
        .and_then(|field| walk.text(field, "fieldPath"))
    {
        field_path(walk, node, &[Key("fieldRef"), Key("fieldPath")], &path, &VOLUME_FIELDS);
    }
}

fn field_path(walk: &mut Walk<'_>, node: NodeId, steps: &[super::super::fields::Step<'_>], path: &str, known: &[&str]) {
    let subscript = path.strip_suffix("']").and_then(|path| path.split_once("['"));
    let fault = match subscript {
        Some(("metadata.annotations", key)) => Syntax::QualifiedName.fault(&key.to_lowercase()),
        Some(("metadata.labels", key)) => Syntax::QualifiedName.fault(key),
        Some(_) => Some("does not support subscript".to_owned()),
        None => {
            if !known.contains(&path) {
                walk.fault(node, steps, ids::FIELD_PATH, unsupported(path, known));
            }
            None
        }
    };
    if let Some(fault) = fault {
        walk.fault(
            node,
            steps,
            ids::FIELD_PATH,
            format!("Invalid value: {path:?}: {fault}"),
        );
    }
}

/// The divisors of an amount of CPU.
const CPU_DIVISORS: &[&str] = &["1m", "1"];
/// The divisors of any other amount.
const DIVISORS: &[&str] = &[
    "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
];

fn resource_field(walk: &mut Walk<'_>, node: NodeId) {
    let Some(resource) = walk.text(node, "resource") else {
        return;
    };
    let is_huge = ["limits.hugepages-", "requests.hugepages-"]
        .iter()
        .any(|prefix| resource.starts_with(prefix));
    if !RESOURCE_FIELDS.contains(&&*resource) && !is_huge {
        walk.fault(
            node,
            &[Key("resource")],
            ids::FIELD_PATH,
            unsupported(&resource, &RESOURCE_FIELDS),
        );
        return;
    }
    let (what, divisors) = match resource.split_once('.') {
        Some((_, "cpu")) => ("cpu", CPU_DIVISORS),
        Some((_, name)) => (name, DIVISORS),
        None => return,
    };
    // Zero is the default, one.
    let divisor = quantity(walk, node, "divisor").filter(|&divisor| divisor != Quantity::default());
    if divisor.is_some_and(|divisor| divisors.iter().all(|&text| Quantity::parse(text) != Some(divisor))) {
        let message = format!("Invalid value: with {what}, only {} are supported", divisors.join(", "));
        walk.fault(node, &[Key("divisor")], ids::FIELD_PATH, message);
    }
}

/// The API server accepts a variable twice and keeps the last, which is hardly ever intended.
fn same_env_twice(walk: &mut Walk<'_>, node: NodeId) {
    let mut seen = Vec::new();
    for (index, item) in walk.items(node, "env").into_iter().enumerate() {
        let Some(name) = walk.text(item, "name") else { continue };
        if seen.contains(&name) {
            let message = format!("the variable {name:?} is set before: only the last one counts");
            walk.fault(
                node,
                &[Key("env"), Index(index), Key("name")],
                ids::DUPLICATE_ENV,
                message,
            );
        } else {
            seen.push(name);
        }
    }
}

/// The name is judged as if something could follow it: a dash at its end is accepted.
fn source_of_variables(walk: &mut Walk<'_>, node: NodeId) {
    if let Some(name) = walk.text(node, "name") {
        let followed = name
            .strip_suffix('-')
            .map_or_else(|| name.to_string(), |start| format!("{start}a"));
        if let Some(fault) = Syntax::Subdomain.fault(&followed) {
            let message = format!("Invalid value: {:?}: {fault}", shortened(&name));
            walk.fault(node, &[Key("name")], ids::NAME, message);
        }
    }
}

fn mount_propagation(walk: &mut Walk<'_>, node: NodeId) {
    let is_privileged = walk
        .field(node, "securityContext")
        .is_some_and(|context| walk.is_true(context, "privileged"));
    for (index, mount) in walk.items(node, "volumeMounts").into_iter().enumerate() {
        if walk.text(mount, "mountPropagation").as_deref() == Some("Bidirectional") && !is_privileged {
            let message = "Forbidden: Bidirectional mount propagation is available only to privileged containers";
            let steps = [Key("volumeMounts"), Index(index), Key("mountPropagation")];
            walk.fault(node, &steps, ids::FORBIDDEN, message);
        }
    }
}

fn privilege(walk: &mut Walk<'_>, node: NodeId) {
    let is_denied = walk
        .field(node, "allowPrivilegeEscalation")
        .is_some_and(|value| matches!(walk.tree.scalar(value), Ok(crate::text::yaml::Scalar::Bool(false))));
    if !is_denied {
        return;
    }
    if walk.is_true(node, "privileged") {
        let message = "Invalid value: cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
        walk.fault(node, &[Key("allowPrivilegeEscalation")], ids::FORBIDDEN, message);
    }
    let added = walk
        .field(node, "capabilities")
        .map(|all| walk.items(all, "add"))
        .unwrap_or_default();
    if added
        .into_iter()
        .any(|item| walk.text_of(item).as_deref() == Some("CAP_SYS_ADMIN"))
    {
        let message =
            "Invalid value: cannot set `allowPrivilegeEscalation` to false and `capabilities.add` CAP_SYS_ADMIN";
        walk.fault(node, &[Key("allowPrivilegeEscalation")], ids::FORBIDDEN, message);
    }
}

/// `localhostProfile` goes with the type `Localhost`, and only with it.
fn local_profile(walk: &mut Walk<'_>, node: NodeId) {
    let is_local = walk.text(node, "type").as_deref() == Some("Localhost");
    let has_profile = walk.has(node, "localhostProfile");
    if is_local && !has_profile {
        let message = "Required value: must be set when type is 'Localhost'";
        walk.fault(node, &[Key("localhostProfile")], ids::REQUIRED, message);
    } else if !is_local && has_profile {
        let message = "Invalid value: can only be set when type is 'Localhost'";
        walk.fault(node, &[Key("localhostProfile")], ids::FORBIDDEN, message);
    }
    if let Some(profile) = walk.text(node, "localhostProfile") {
        walk.check_syntax(node, &[Key("localhostProfile")], &profile, Syntax::RelativePath);
    }
}
