//! Small kinds: data, quotas, budgets, priorities, nodes, leases, aggregated APIs.

use crate::text::yaml::NodeId;

use super::super::cel;
use super::super::fields::Step::{Index, Key};
use super::super::ids;
use super::super::quantity::{Quantity, decode_base64};
use super::super::walk::Walk;
use super::labels::check_labels;
use super::metadata::check_finalizer;
use super::resources::quantity_of;
use super::workload::amount;
use super::{Check, MAX_INT32, Syntax, Table};

/// Highest priority that is not the system's own.
const USER_PRIORITY: i64 = 1_000_000_000;
/// Most bytes that all values of a `ConfigMap` or Secret have together.
const DATA_BYTES: usize = 1 << 20;

/// The resources that a quota may count, besides names with a domain.
const QUOTAS: [&str; 20] = [
    "configmaps",
    "cpu",
    "ephemeral-storage",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "memory",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
    "storage",
];

/// Quotas that count objects.
const WHOLE_QUOTAS: [&str; 9] = [
    "pods",
    "services",
    "services.nodeports",
    "services.loadbalancers",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
];

pub(super) const CHECKS: Table = &[
    (
        "core.v1.ConfigMap",
        &[
            Check::With(|walk, node| data(walk, node, &["data", "binaryData"])),
            Check::With(in_both),
        ],
    ),
    (
        "core.v1.Secret",
        &[
            Check::With(|walk, node| data(walk, node, &["data", "stringData"])),
            Check::With(secret),
        ],
    ),
    ("core.v1.LimitRangeSpec", &[Check::Unique("limits", "type")]),
    (
        "core.v1.LimitRangeItem",
        &[
            Check::Required("type"),
            Check::With(limit_type),
            Check::With(limit_range),
        ],
    ),
    ("core.v1.NamespaceSpec", &[Check::With(namespace_finalizers)]),
    ("core.v1.ResourceQuotaSpec", &[Check::With(quota)]),
    (
        "node.v1.Scheduling",
        &[Check::With(|walk, node| check_labels(walk, node, "nodeSelector"))],
    ),
    (
        "core.v1.ScopedResourceSelectorRequirement",
        &[Check::Required("scopeName"), Check::With(scope_requirement)],
    ),
    (
        "core.v1.Taint",
        &[
            Check::Required("key"),
            Check::SyntaxOrEmpty("key", Syntax::QualifiedName),
            Check::Required("effect"),
            Check::SyntaxOrEmpty("value", Syntax::LabelValue),
        ],
    ),
    (
        "policy.v1.PodDisruptionBudgetSpec",
        &[
            Check::AtMostOne(&["minAvailable", "maxUnavailable"]),
            Check::With(budget),
        ],
    ),
    ("scheduling.v1.PriorityClass", &[Check::With(priority)]),
    (
        "node.v1.RuntimeClass",
        &[
            Check::Required("handler"),
            Check::SyntaxOrEmpty("handler", Syntax::Label),
        ],
    ),
    (
        "coordination.v1.LeaseSpec",
        &[
            Check::Range("leaseDurationSeconds", 1, MAX_INT32),
            Check::NotNegative("leaseTransitions"),
        ],
    ),
    (
        "flowcontrol.v1.FlowSchemaSpec",
        &[Check::Range("matchingPrecedence", 1, 10_000)],
    ),
    ("apiregistration.v1.APIService", &[Check::With(api_service)]),
    (
        "certificates.v1.CertificateSigningRequestSpec",
        &[
            Check::Required("request"),
            Check::Required("signerName"),
            Check::Required("usages"),
        ],
    ),
    ("resource.v1.DeviceSelector", &[Check::Required("cel")]),
    (
        "resource.v1.CELDeviceSelector",
        &[
            Check::Required("expression"),
            Check::With(|walk, node| expression(walk, node, "expression", &["device"])),
        ],
    ),
];

/// An expression that must compile over some variables.
pub(super) fn expression(walk: &mut Walk<'_>, node: NodeId, field: &str, variables: &[&str]) {
    if let Some(text) = walk.text(node, field)
        && let Some(fault) = cel::compile_fault(&text, variables)
    {
        walk.fault(node, &[Key(field)], ids::CEL, format!("Invalid value: {fault}"));
    }
}

fn data(walk: &mut Walk<'_>, node: NodeId, fields: &[&str]) {
    let mut total = 0;
    for field in fields {
        for (key, _, value) in walk.entries_of(node, field) {
            if let Some(fault) = Syntax::DataKey.fault(&key) {
                let message = format!("Invalid value: {key:?}: {fault}");
                walk.fault(node, &[Key(field), Key(&key)], ids::NAME, message);
            }
            let length = walk.text_of(walk.tree.target(value)).map_or(0, |text| text.len());
            let is_encoded = *field == "binaryData" || (*field == "data" && fields.contains(&"stringData"));
            total += if is_encoded { length / 4 * 3 } else { length };
        }
    }
    if total > DATA_BYTES {
        let message = format!("Too long: may not be more than {DATA_BYTES} bytes");
        walk.fault(
            node,
            &[Key(fields.first().copied().unwrap_or_default())],
            ids::RANGE,
            message,
        );
    }
}

fn in_both(walk: &mut Walk<'_>, node: NodeId) {
    let binary = walk.entries_of(node, "binaryData");
    for (key, ..) in walk.entries_of(node, "data") {
        if binary.iter().any(|(other, ..)| *other == key) {
            let message = format!("Invalid value: {key:?}: duplicate of key present in binaryData");
            walk.fault(node, &[Key("data"), Key(&key)], ids::DUPLICATE, message);
        }
    }
}

/// The keys that a Secret of a type must have. `stringData` is merged into `data`.
fn secret(walk: &mut Walk<'_>, node: NodeId) {
    let kind = walk.text(node, "type").unwrap_or_default();
    let has = |walk: &Walk<'_>, name: &str| {
        ["data", "stringData"]
            .iter()
            .any(|field| walk.entries_of(node, field).iter().any(|(key, ..)| key == name))
    };
    let wanted: &[&str] = match &*kind {
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/basic-auth" if !has(walk, "username") && !has(walk, "password") => &["username"],
        _ => &[],
    };
    for name in wanted {
        if !has(walk, name) {
            walk.fault(node, &[Key("data"), Key(name)], ids::REQUIRED, "Required value");
        }
    }
    if let [config] = wanted
        && config.starts_with(".docker")
        && let Some(fault) = docker_fault(walk, node, config)
    {
        walk.fault(
            node,
            &[Key("data"), Key(config)],
            ids::BASE64,
            format!("Invalid value: {fault}"),
        );
    }
    if kind == "kubernetes.io/service-account-token" {
        const ANNOTATION: &str = "kubernetes.io/service-account.name";
        let name = walk
            .field_at(node, &["metadata", "annotations"])
            .and_then(|all| walk.text(all, ANNOTATION));
        if name.is_none() {
            let steps = [Key("metadata"), Key("annotations"), Key(ANNOTATION)];
            walk.fault(node, &steps, ids::REQUIRED, "Required value");
        }
    }
}

/// Why the credentials of a registry are not a JSON object. Their content is not shown.
fn docker_fault(walk: &Walk<'_>, node: NodeId, name: &str) -> Option<&'static str> {
    let field = |field: &str| {
        let entries = walk.entries_of(node, field).into_iter();
        let found = entries
            .filter(|(key, ..)| key == name)
            .map(|(.., value)| walk.tree.target(value))
            .next_back();
        found.map(|value| walk.text_of(value).unwrap_or_default())
    };
    let config = match field("stringData") {
        Some(text) => text.into_owned().into_bytes(),
        // Text that is not base64 is reported where the data is read.
        None => decode_base64(&field("data")?)?,
    };
    let parsed: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_slice(&config);
    parsed.is_err().then_some("the content is not a JSON object")
}

fn limit_type(walk: &mut Walk<'_>, node: NodeId) {
    let Some(kind) = walk.text(node, "type") else { return };
    let is_standard = matches!(&*kind, "Pod" | "Container" | "PersistentVolumeClaim");
    if !is_standard && (!kind.contains('/') || Syntax::QualifiedName.fault(&kind).is_some()) {
        let message = format!("Invalid value: {kind:?}: must be a standard limit type or fully qualified");
        walk.fault(node, &[Key("type")], ids::ENUM, message);
    }
}

fn namespace_finalizers(walk: &mut Walk<'_>, node: NodeId) {
    for (index, finalizer) in walk.items(node, "finalizers").into_iter().enumerate() {
        let name = walk.text_of(finalizer).unwrap_or_default();
        walk.check_syntax(node, &[Key("finalizers"), Index(index)], &name, Syntax::QualifiedName);
        check_finalizer(walk, node, index, &name);
    }
}

fn limit_range<'w>(walk: &mut Walk<'w>, node: NodeId) {
    let amounts = |walk: &Walk<'w>, field: &str| -> Vec<_> {
        let entries = walk.entries_of(node, field).into_iter();
        entries
            .filter_map(|(key, _, value)| Some((key, quantity_of(walk, walk.tree.target(value))?)))
            .collect()
    };
    // Each may not be above the next.
    let order = ["min", "defaultRequest", "default", "max"];
    let all: Vec<_> = order.iter().map(|field| (*field, amounts(walk, field))).collect();
    for (low, (low_name, low_amounts)) in all.iter().enumerate() {
        for (high_name, high_amounts) in all.iter().skip(low + 1) {
            for (key, amount) in low_amounts {
                let above = high_amounts.iter().any(|(other, limit)| other == key && amount > limit);
                if above {
                    let message = format!("Invalid value: {low_name} value is greater than {high_name} value");
                    walk.fault(node, &[Key(low_name), Key(key)], ids::RESOURCES, message);
                }
            }
        }
    }
    if walk.text(node, "type").as_deref() == Some("Pod") {
        for name in ["default", "defaultRequest"] {
            if !walk.entries_of(node, name).is_empty() {
                let message = "Forbidden: may not be specified when `type` is 'Pod'";
                walk.fault(node, &[Key(name)], ids::FORBIDDEN, message);
            }
        }
    }
}

fn quota(walk: &mut Walk<'_>, node: NodeId) {
    let scopes: Vec<_> = walk
        .items(node, "scopes")
        .into_iter()
        .filter_map(|scope| walk.text_of(scope))
        .collect();
    for (one, other) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        if [one, other].iter().all(|name| scopes.iter().any(|scope| scope == name)) {
            let message = format!("Invalid value: {one} and {other} exclude each other");
            walk.fault(node, &[Key("scopes")], ids::FORBIDDEN, message);
        }
    }
    for (key, _, value) in walk.entries_of(node, "hard") {
        let amount = quantity_of(walk, walk.tree.target(value));
        if amount.is_some_and(Quantity::is_negative) {
            let message = "Invalid value: must be greater than or equal to 0";
            walk.fault(node, &[Key("hard"), Key(&key)], ids::QUANTITY, message);
        } else if WHOLE_QUOTAS.contains(&&*key) && amount.is_some_and(|amount| !amount.is_whole()) {
            let message = "Invalid value: must be an integer";
            walk.fault(node, &[Key("hard"), Key(&key)], ids::QUANTITY, message);
        }
        let is_standard = QUOTAS.contains(&&*key) || key.contains('/') || key.contains("hugepages-");
        let unknown = (!is_standard).then(|| "must be a standard resource for quota".to_owned());
        if let Some(fault) = Syntax::QualifiedName.fault(&key).or(unknown) {
            let message = format!("Invalid value: {key:?}: {fault}");
            walk.fault(node, &[Key("hard"), Key(&key)], ids::RESOURCES, message);
        }
    }
}

/// How a scope of a quota is selected.
fn scope_requirement(walk: &mut Walk<'_>, node: NodeId) {
    let has_values = !walk.items(node, "values").is_empty();
    match walk.text(node, "operator").as_deref() {
        Some("In" | "NotIn") if !has_values => {
            let message =
                "Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
            walk.fault(node, &[Key("values")], ids::SELECTOR, message);
        }
        Some("Exists" | "DoesNotExist") if has_values => {
            let message =
                "Invalid value: must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector";
            walk.fault(node, &[Key("values")], ids::SELECTOR, message);
        }
        None => walk.required(node, "operator"),
        // Other operators are reported by the closed set.
        Some(_) => {}
    }
}

fn budget(walk: &mut Walk<'_>, node: NodeId) {
    for name in ["minAvailable", "maxUnavailable"] {
        amount(walk, node, name, true);
    }
}

fn priority(walk: &mut Walk<'_>, node: NodeId) {
    let is_system = walk
        .field(node, "metadata")
        .and_then(|metadata| walk.text(metadata, "name"))
        .is_some_and(|name| name.starts_with("system-"));
    if is_system {
        let message = "Forbidden: priority class names with 'system-' prefix are reserved for system use only";
        walk.fault(node, &[Key("metadata"), Key("name")], ids::NAME, message);
    } else if walk.integer(node, "value").is_some_and(|value| value > USER_PRIORITY) {
        let message = format!("Forbidden: maximum allowed value of a user defined priority is {USER_PRIORITY}");
        walk.fault(node, &[Key("value")], ids::RANGE, message);
    }
}

fn api_service<'w>(walk: &mut Walk<'w>, node: NodeId) {
    let spec = walk.field(node, "spec");
    let text = |walk: &Walk<'w>, name| spec.and_then(|spec| walk.text(spec, name)).unwrap_or_default();
    let (group, version) = (text(walk, "group"), text(walk, "version"));
    let wanted = format!("{version}.{group}");
    let name = walk
        .field(node, "metadata")
        .and_then(|metadata| walk.text(metadata, "name"));
    if let Some(name) = name
        && name != wanted
    {
        let message = format!("Invalid value: {name:?}: must be `spec.version+\".\"+spec.group`: {wanted:?}");
        walk.fault(node, &[Key("metadata"), Key("name")], ids::NAME, message);
    }
    if group.is_empty() {
        if version != "v1" {
            let message = "Required value: only v1 may have an empty group and it better be legacy kube";
            walk.fault(node, &[Key("spec"), Key("group")], ids::REQUIRED, message);
        }
    } else {
        walk.check_syntax(node, &[Key("spec"), Key("group")], &group, Syntax::Subdomain);
    }
    walk.check_syntax(node, &[Key("spec"), Key("version")], &version, Syntax::Label1035);
    let Some(spec) = spec else { return };
    for (name, most) in [("groupPriorityMinimum", 20_000), ("versionPriority", 1000)] {
        let number = walk.integer(spec, name).unwrap_or(0);
        if !(1..=most).contains(&number) {
            let message = format!("Invalid value: {number}: must be positive and less than {most}");
            walk.fault(node, &[Key("spec"), Key(name)], ids::RANGE, message);
        }
    }
    let skips = walk.is_true(spec, "insecureSkipTLSVerify");
    let has_bundle = walk.text(spec, "caBundle").is_some();
    let Some(service) = walk.field(spec, "service") else {
        if has_bundle || skips {
            let name = if skips { "insecureSkipTLSVerify" } else { "caBundle" };
            let message = format!("Invalid value: local APIServices may not have {name}");
            walk.fault(node, &[Key("spec"), Key(name)], ids::FORBIDDEN, message);
        }
        return;
    };
    for name in ["namespace", "name"] {
        if walk.text(service, name).is_none() {
            walk.fault(
                node,
                &[Key("spec"), Key("service"), Key(name)],
                ids::REQUIRED,
                "Required value",
            );
        }
    }
    if let Some(port) = walk.integer(service, "port")
        && !(1..=65535).contains(&port)
    {
        let message = format!("Invalid value: {port}: must be between 1 and 65535, inclusive");
        walk.fault(node, &[Key("spec"), Key("service"), Key("port")], ids::RANGE, message);
    }
    if skips && has_bundle {
        let message = "Invalid value: may not be true if caBundle is present";
        walk.fault(
            node,
            &[Key("spec"), Key("insecureSkipTLSVerify")],
            ids::FORBIDDEN,
            message,
        );
    }
}
