//! Probes and lifecycle handlers of containers.

use crate::text::yaml::NodeId;

use super::super::fields::Step::{self, Key};
use super::super::ids;
use super::super::walk::Walk;
use super::{Check, MAX_INT32, Syntax, Table};

pub(super) const CHECKS: Table = &[
    (
        "core.v1.Probe",
        &[
            Check::ExactlyOne(&["exec", "httpGet", "tcpSocket", "grpc"]),
            Check::NotNegative("initialDelaySeconds"),
            Check::NotNegative("timeoutSeconds"),
            Check::NotNegative("periodSeconds"),
            Check::NotNegative("successThreshold"),
            Check::NotNegative("failureThreshold"),
            Check::Range("terminationGracePeriodSeconds", 1, i64::MAX),
        ],
    ),
    (
        "core.v1.LifecycleHandler",
        &[Check::ExactlyOne(&["exec", "httpGet", "tcpSocket", "sleep"])],
    ),
    ("core.v1.ExecAction", &[Check::Required("command")]),
    ("core.v1.HTTPGetAction", &[Check::With(port)]),
    ("core.v1.TCPSocketAction", &[Check::With(port)]),
    ("core.v1.GRPCAction", &[Check::Range("port", 1, 65535)]),
    ("core.v1.SleepAction", &[Check::Range("seconds", 0, MAX_INT32)]),
    ("core.v1.HTTPHeader", &[Check::With(header)]),
];

/// What differs between the probes of a container.
pub(super) fn check_probes(walk: &mut Walk<'_>, container: NodeId) {
    for name in ["livenessProbe", "startupProbe"] {
        let threshold = walk
            .field(container, name)
            .and_then(|probe| walk.integer(probe, "successThreshold"));
        if let Some(threshold) = threshold
            && threshold > 1
        {
            let message = format!("Invalid value: {threshold}: must be 1");
            walk.fault(container, &[Key(name), Key("successThreshold")], ids::PROBE, message);
        }
    }
    if walk
        .field_at(container, &["readinessProbe", "terminationGracePeriodSeconds"])
        .is_some()
    {
        let message = "Invalid value: must not be set for readinessProbes";
        let steps = [Key("readinessProbe"), Key("terminationGracePeriodSeconds")];
        walk.fault(container, &steps, ids::PROBE, message);
    }
}

fn header(walk: &mut Walk<'_>, node: NodeId) {
    let name = walk.text(node, "name").unwrap_or_default();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        let message =
            format!("Invalid value: {name:?}: a valid HTTP header must consist of alphanumeric characters or '-'");
        walk.fault(node, &[Key("name")], ids::NAME, message);
    }
}

fn port(walk: &mut Walk<'_>, node: NodeId) {
    let value = walk.field(node, "port");
    check_port(walk, node, &[Key("port")], value);
}

/// A port, which is required, by number or by name.
pub(super) fn check_port(walk: &mut Walk<'_>, node: NodeId, steps: &[Step<'_>], value: Option<NodeId>) {
    let number = value.map_or(Some(0), |value| walk.integer_of(value));
    if let Some(number) = number {
        if !(1..=65535).contains(&number) {
            let message = format!("Invalid value: {number}: must be between 1 and 65535, inclusive");
            walk.fault(node, steps, ids::RANGE, message);
        }
    } else if let Some(text) = value.and_then(|value| walk.text_of(value)) {
        walk.check_syntax(node, steps, &text, Syntax::PortName);
    }
}
