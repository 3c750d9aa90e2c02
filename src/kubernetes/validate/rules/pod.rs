//! Pods: rules over all containers and volumes together, over placement and over the pod itself (`ValidatePodSpec`).

use crate::text::yaml::NodeId;

use super::super::fields::Step::{self, Index, Key};
use super::super::fields::shortened;
use super::super::ids;
use super::super::walk::Walk;
use super::labels::check_labels;
use super::metadata::check_object_metadata;
use super::resources::container_resources;
use super::{Check, MAX_INT32, Syntax, Table, unsupported};

/// Seconds that a pod has to terminate, unless it sets another time.
const GRACE_SECONDS: i64 = 30;

pub(super) const CHECKS: Table = &[
    (
        "core.v1.Pod",
        &[
            Check::With(|walk, node| pod_spec_of(walk, node, &[])),
            Check::With(image_names),
        ],
    ),
    (
        "core.v1.PodTemplate",
        &[Check::With(|walk, node| pod_spec_of(walk, node, &["template"]))],
    ),
    ("core.v1.PodTemplateSpec", &[Check::With(template_metadata)]),
    (
        "core.v1.PodSpec",
        &[
            Check::Required("containers"),
            Check::Unique("volumes", "name"),
            Check::Unique("schedulingGates", "name"),
            Check::With(containers),
            Check::With(check_labels_of_nodes),
            Check::SyntaxOrEmpty("serviceAccountName", Syntax::Subdomain),
            Check::SyntaxOrEmpty("nodeName", Syntax::Subdomain),
            Check::Range("activeDeadlineSeconds", 1, MAX_INT32),
            Check::SyntaxOrEmpty("hostname", Syntax::Label),
            Check::SyntaxOrEmpty("subdomain", Syntax::Label),
            Check::SyntaxOrEmpty("priorityClassName", Syntax::Subdomain),
            Check::SyntaxOrEmpty("runtimeClassName", Syntax::Subdomain),
            Check::With(host_network),
            Check::With(host_processes),
            Check::With(dns),
            Check::With(spread_twice),
            Check::With(container_resources),
        ],
    ),
    (
        "core.v1.PodSecurityContext",
        &[
            Check::Range("runAsUser", 0, MAX_INT32),
            Check::Range("runAsGroup", 0, MAX_INT32),
            Check::Range("fsGroup", 0, MAX_INT32),
            Check::With(groups),
            Check::Unique("sysctls", "name"),
        ],
    ),
    ("core.v1.Sysctl", &[Check::Required("name"), Check::With(sysctl)]),
    ("core.v1.Toleration", &[Check::With(toleration)]),
    (
        "core.v1.TopologySpreadConstraint",
        &[
            Check::Range("maxSkew", 1, MAX_INT32),
            Check::Required("maxSkew"),
            Check::Required("topologyKey"),
            Check::Required("whenUnsatisfiable"),
            Check::Range("minDomains", 1, MAX_INT32),
            Check::With(min_domains),
            Check::With(match_label_keys),
        ],
    ),
    (
        "core.v1.PodAffinityTerm",
        &[
            Check::Required("topologyKey"),
            Check::SyntaxOrEmpty("topologyKey", Syntax::QualifiedName),
            Check::Syntax("namespaces", Syntax::Label),
            Check::With(match_label_keys),
        ],
    ),
    (
        "core.v1.WeightedPodAffinityTerm",
        &[Check::Range("weight", 1, 100), Check::Required("weight")],
    ),
    (
        "core.v1.PreferredSchedulingTerm",
        &[Check::Range("weight", 1, 100), Check::Required("weight")],
    ),
    (
        "core.v1.HostAlias",
        &[
            Check::Required("ip"),
            Check::SyntaxOrEmpty("ip", Syntax::Ip),
            Check::Syntax("hostnames", Syntax::Subdomain),
        ],
    ),
    (
        "core.v1.PodDNSConfig",
        &[Check::Syntax("nameservers", Syntax::Ip), Check::With(dns_limits)],
    ),
    ("core.v1.PodDNSConfigOption", &[Check::Required("name")]),
    (
        "core.v1.PodReadinessGate",
        &[Check::Syntax("conditionType", Syntax::QualifiedName)],
    ),
    (
        "core.v1.PodSchedulingGate",
        &[Check::Syntax("name", Syntax::QualifiedName)],
    ),
    (
        "core.v1.PodResourceClaim",
        &[
            Check::Required("name"),
            Check::SyntaxOrEmpty("name", Syntax::Label),
            Check::ExactlyOne(&["resourceClaimName", "resourceClaimTemplateName"]),
        ],
    ),
    (
        "core.v1.PodOS",
        &[
            Check::OneOfOrEmpty("name", &["linux", "windows"]),
            Check::Required("name"),
        ],
    ),
];

/// A pod without a `spec` has no containers.
pub(super) fn pod_spec_of(walk: &mut Walk<'_>, node: NodeId, names: &[&'static str]) {
    let has_spec = walk.field_at(node, names).is_some_and(|owner| walk.has(owner, "spec"));
    if !has_spec {
        let owner = names.iter().map(|name| Key(name));
        let steps: Vec<_> = owner.chain([Key("spec"), Key("containers")]).collect();
        walk.fault(node, &steps, ids::REQUIRED, "Required value");
    }
}

fn template_metadata(walk: &mut Walk<'_>, node: NodeId) {
    if let Some(metadata) = walk.field(node, "metadata") {
        walk.descend("metadata", |walk| check_object_metadata(walk, metadata));
    }
    let ephemeral = walk
        .field(node, "spec")
        .map(|spec| walk.items(spec, "ephemeralContainers"))
        .unwrap_or_default();
    if !ephemeral.is_empty() {
        let message = "Forbidden: ephemeral containers not allowed in pod template";
        walk.fault(
            node,
            &[Key("spec"), Key("ephemeralContainers")],
            ids::FORBIDDEN,
            message,
        );
    }
}

fn check_labels_of_nodes(walk: &mut Walk<'_>, node: NodeId) {
    check_labels(walk, node, "nodeSelector");
}

/// Names of containers, fields that init containers may not have, and volumes that are mounted.
fn containers(walk: &mut Walk<'_>, node: NodeId) {
    let mut names = Vec::new();
    let mut volumes: Vec<_> = walk
        .items(node, "volumes")
        .into_iter()
        .filter_map(|volume| walk.text(volume, "name"))
        .collect();
    volumes.extend(walk.claim_templates.iter().cloned());
    for list in ["containers", "initContainers"] {
        for (index, container) in walk.items(node, list).into_iter().enumerate() {
            if let Some(name) = walk.text(container, "name") {
                if names.contains(&name) {
                    let message = format!("Duplicate value: {name:?}");
                    walk.fault(node, &[Key(list), Index(index), Key("name")], ids::DUPLICATE, message);
                } else {
                    names.push(name);
                }
            }
            let restarts = walk.text(container, "restartPolicy").as_deref() == Some("Always");
            if list == "initContainers" && !restarts {
                for name in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
                    if walk.has(container, name) {
                        let message = "Forbidden: may not be set for init containers without restartPolicy=Always";
                        walk.fault(node, &[Key(list), Index(index), Key(name)], ids::FORBIDDEN, message);
                    }
                }
            }
            sleeps(walk, node, container, &[Key(list), Index(index)]);
            for mounts in ["volumeMounts", "volumeDevices"] {
                for (position, mount) in walk.items(container, mounts).into_iter().enumerate() {
                    let Some(name) = walk.text(mount, "name") else { continue };
                    let steps = [Key(list), Index(index), Key(mounts), Index(position), Key("name")];
                    if !volumes.contains(&name) {
                        walk.fault(node, &steps, ids::VOLUME_MOUNT, format!("Not found: {name:?}"));
                    } else if mounts == "volumeDevices" && !is_claim(walk, node, &name) {
                        let message = format!(
                            "Invalid value: {name:?}: can only use volume source type of PersistentVolumeClaim or \
                             Ephemeral for block mode"
                        );
                        walk.fault(node, &steps, ids::VOLUME_MOUNT, message);
                    }
                }
            }
        }
    }
    host_ports(walk, node);
}

/// No handler sleeps longer than the pod has to terminate.
fn sleeps(walk: &mut Walk<'_>, node: NodeId, container: NodeId, place: &[Step<'_>]) {
    let grace = walk
        .integer(node, "terminationGracePeriodSeconds")
        .unwrap_or(GRACE_SECONDS);
    for handler in ["preStop", "postStart"] {
        let seconds = walk
            .field_at(container, &["lifecycle", handler, "sleep", "seconds"])
            .and_then(|seconds| walk.integer_of(seconds));
        if let Some(seconds) = seconds.filter(|&seconds| seconds > grace) {
            let steps = [place, &[Key("lifecycle"), Key(handler), Key("sleep")]].concat();
            let message = format!(
                "Invalid value: {seconds}: must be non-negative and less than terminationGracePeriodSeconds ({grace})"
            );
            walk.fault(node, &steps, ids::RANGE, message);
        }
    }
}

/// Whether a volume of the pod is a claim, the only kind that can be a block device.
fn is_claim(walk: &Walk<'_>, node: NodeId, name: &str) -> bool {
    let volumes = walk.items(node, "volumes").into_iter();
    let mut volumes = volumes.filter(|&volume| walk.text(volume, "name").is_some_and(|found| found == name));
    // Templates of claims make volumes that the pod does not list.
    volumes.all(|volume| walk.has(volume, "persistentVolumeClaim") || walk.has(volume, "ephemeral"))
}

/// No white space around the images of a pod; those of a template are only checked when a pod is created from it.
fn image_names(walk: &mut Walk<'_>, node: NodeId) {
    for list in ["initContainers", "containers"] {
        let containers = walk.field(node, "spec").map(|spec| walk.items(spec, list));
        for (index, container) in containers.unwrap_or_default().into_iter().enumerate() {
            let Some(image) = walk.text(container, "image") else {
                continue;
            };
            if image.trim() != image {
                let steps = [Key("spec"), Key(list), Index(index), Key("image")];
                let message = format!("Invalid value: {image:?}: must not have leading or trailing whitespace");
                walk.fault(node, &steps, ids::NAME, message);
            }
        }
    }
}

/// No two containers listen on one port of the host.
fn host_ports(walk: &mut Walk<'_>, node: NodeId) {
    let mut taken = Vec::new();
    for (index, container) in walk.items(node, "containers").into_iter().enumerate() {
        for (position, port) in walk.items(container, "ports").into_iter().enumerate() {
            let Some(number) = walk.integer(port, "hostPort").filter(|&number| number != 0) else {
                continue;
            };
            let protocol = walk.text(port, "protocol").unwrap_or("TCP".into());
            let address = walk.text(port, "hostIP").unwrap_or_default();
            let key = (number, protocol, address);
            if taken.contains(&key) {
                let steps = [
                    Key("containers"),
                    Index(index),
                    Key("ports"),
                    Index(position),
                    Key("hostPort"),
                ];
                walk.fault(node, &steps, ids::DUPLICATE, format!("Duplicate value: {number}"));
            } else {
                taken.push(key);
            }
        }
    }
}

fn host_network(walk: &mut Walk<'_>, node: NodeId) {
    if !walk.is_true(node, "hostNetwork") {
        return;
    }
    for (index, container) in walk.items(node, "containers").into_iter().enumerate() {
        for (position, port) in walk.items(container, "ports").into_iter().enumerate() {
            let host = walk.integer(port, "hostPort").unwrap_or(0);
            if host != 0 && Some(host) != walk.integer(port, "containerPort") {
                let message = format!("Invalid value: {host}: must match `containerPort` when `hostNetwork` is true");
                let steps = [
                    Key("containers"),
                    Index(index),
                    Key("ports"),
                    Index(position),
                    Key("hostPort"),
                ];
                walk.fault(node, &steps, ids::FORBIDDEN, message);
            }
        }
    }
}

fn host_processes(walk: &mut Walk<'_>, node: NodeId) {
    if walk.is_true(node, "shareProcessNamespace") && walk.is_true(node, "hostPID") {
        let message = "Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled";
        walk.fault(node, &[Key("shareProcessNamespace")], ids::FORBIDDEN, message);
    }
}

fn groups(walk: &mut Walk<'_>, node: NodeId) {
    for (index, item) in walk.items(node, "supplementalGroups").into_iter().enumerate() {
        if let Some(number) = walk.integer_of(item)
            && !(0..=MAX_INT32).contains(&number)
        {
            let message = format!("Invalid value: {number}: must be between 0 and {MAX_INT32}, inclusive");
            walk.fault(node, &[Key("supplementalGroups"), Index(index)], ids::RANGE, message);
        }
    }
}

fn sysctl(walk: &mut Walk<'_>, node: NodeId) {
    let Some(name) = walk.text(node, "name") else { return };
    let is_part = |part: &str| {
        let bytes = part.as_bytes();
        let ends = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        ends(bytes.first())
            && ends(bytes.last())
            && bytes
                .iter()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(byte))
    };
    if name.len() > 253 || !name.split(['.', '/']).all(is_part) {
        let message = format!(
            "Invalid value: {name:?}: must be names of lower case letters, digits, '-' and '_', separated by '.' or '/'"
        );
        walk.fault(node, &[Key("name")], ids::NAME, message);
    }
}

fn toleration(walk: &mut Walk<'_>, node: NodeId) {
    let operator = walk.text(node, "operator").unwrap_or_default();
    let value = walk.text(node, "value").unwrap_or_default();
    match walk.text(node, "key") {
        Some(key) => walk.check_syntax(node, &[Key("key")], &key, Syntax::QualifiedName),
        None if operator != "Exists" => {
            let message = "Invalid value: operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            walk.fault(node, &[Key("operator")], ids::SELECTOR, message);
        }
        None => {}
    }
    if walk.has(node, "tolerationSeconds") && walk.text(node, "effect").as_deref() != Some("NoExecute") {
        let message = "Invalid value: effect must be 'NoExecute' when `tolerationSeconds` is set";
        walk.fault(node, &[Key("effect")], ids::SELECTOR, message);
    }
    if operator == "Exists" && !value.is_empty() {
        let message = format!("Invalid value: {value:?}: value must be empty when `operator` is 'Exists'");
        walk.fault(node, &[Key("value")], ids::SELECTOR, message);
    }
    if matches!(&*operator, "" | "Equal") {
        walk.check_syntax(node, &[Key("value")], &value, Syntax::LabelValue);
    }
}

fn min_domains(walk: &mut Walk<'_>, node: NodeId) {
    if walk.has(node, "minDomains") && walk.text(node, "whenUnsatisfiable").as_deref() != Some("DoNotSchedule") {
        let message = "Invalid value: can only use minDomains if whenUnsatisfiable=DoNotSchedule";
        walk.fault(node, &[Key("minDomains")], ids::FORBIDDEN, message);
    }
}

/// Keys of labels to compare with those of the pod require a selector.
fn match_label_keys(walk: &mut Walk<'_>, node: NodeId) {
    for name in ["matchLabelKeys", "mismatchLabelKeys"] {
        if !walk.items(node, name).is_empty() && !walk.has(node, "labelSelector") {
            let message = "Forbidden: must not be specified when labelSelector is not set";
            walk.fault(node, &[Key(name)], ids::FORBIDDEN, message);
        }
    }
}

fn spread_twice(walk: &mut Walk<'_>, node: NodeId) {
    let mut seen = Vec::new();
    for (index, item) in walk.items(node, "topologySpreadConstraints").into_iter().enumerate() {
        let (Some(key), Some(when)) = (walk.text(item, "topologyKey"), walk.text(item, "whenUnsatisfiable")) else {
            continue;
        };
        let pair = (key, when);
        if seen.contains(&pair) {
            let message = format!("Duplicate value: {:?} and {:?}", pair.0, pair.1);
            walk.fault(
                node,
                &[Key("topologySpreadConstraints"), Index(index)],
                ids::DUPLICATE,
                message,
            );
        } else {
            seen.push(pair);
        }
    }
}

fn dns(walk: &mut Walk<'_>, node: NodeId) {
    if walk.text(node, "dnsPolicy").as_deref() != Some("None") {
        return;
    }
    let nameservers = walk
        .field(node, "dnsConfig")
        .map(|config| walk.items(config, "nameservers"));
    if nameservers.unwrap_or_default().is_empty() {
        let message = "Required value: must provide at least one DNS nameserver when `dnsPolicy` is None";
        walk.fault(node, &[Key("dnsConfig"), Key("nameservers")], ids::REQUIRED, message);
    }
}

fn dns_limits(walk: &mut Walk<'_>, node: NodeId) {
    for (name, most) in [("nameservers", 3), ("searches", 32)] {
        let count = walk.items(node, name).len();
        if count > most {
            let message = format!("Invalid value: must not have more than {most} {name}, has {count}");
            walk.fault(node, &[Key(name)], ids::RANGE, message);
        }
    }
    for (index, search) in walk.items(node, "searches").into_iter().enumerate() {
        let Some(search) = walk.text_of(search) else { continue };
        // Underscores are accepted since 1.32.
        let plain = search.strip_suffix('.').unwrap_or(&search).replace('_', "a");
        if search != "."
            && let Some(fault) = Syntax::Subdomain.fault(&plain)
        {
            let message = format!("Invalid value: {:?}: {fault}", shortened(&search));
            walk.fault(node, &[Key("searches"), Index(index)], ids::NAME, message);
        }
    }
}

/// Which restart policies the pods of a workload may have; an absent one means `Always`.
pub(super) fn restart_policy(walk: &mut Walk<'_>, node: NodeId, template: &[&'static str], policies: &[&str]) {
    let mut names = template.to_vec();
    names.push("spec");
    let Some(spec) = walk.field_at(node, &names) else {
        return;
    };
    let policy = walk.text(spec, "restartPolicy").unwrap_or("Always".into());
    if !policies.contains(&&*policy) && ["Always", "OnFailure", "Never"].contains(&&*policy) {
        let steps: Vec<_> = names
            .iter()
            .map(|name| Key(name))
            .chain([Key("restartPolicy")])
            .collect();
        walk.fault(node, &steps, ids::ENUM, unsupported(&policy, policies));
    }
}
