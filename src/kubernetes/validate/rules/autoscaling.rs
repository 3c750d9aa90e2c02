//! Horizontal pod autoscalers (`pkg/apis/autoscaling/validation`).

use crate::text::yaml::NodeId;

use super::super::fields::Step::Key;
use super::super::ids;
use super::super::walk::Walk;
use super::resources::quantity;
use super::{Check, MAX_INT32, Syntax, Table, unsupported};

const REFERENCE: &[Check] = &[
    Check::Required("kind"),
    Check::Required("name"),
    Check::SyntaxOrEmpty("kind", Syntax::PathSegment),
    Check::SyntaxOrEmpty("name", Syntax::PathSegment),
    Check::With(reference_version),
];
/// Types of metrics and the field that goes with each.
const METRICS: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];
const TARGETS: &[&str] = &["Utilization", "Value", "AverageValue"];
/// Longest window and period, in seconds.
const WINDOW_SECONDS: i64 = 3600;
const PERIOD_SECONDS: i64 = 1800;

pub(super) const CHECKS: Table = &[
    ("autoscaling.v1.HorizontalPodAutoscaler", &[Check::Required("spec")]),
    ("autoscaling.v2.HorizontalPodAutoscaler", &[Check::Required("spec")]),
    (
        "autoscaling.v1.HorizontalPodAutoscalerSpec",
        &[
            Check::With(replicas),
            Check::Range("targetCPUUtilizationPercentage", 1, MAX_INT32),
        ],
    ),
    ("autoscaling.v2.HorizontalPodAutoscalerSpec", &[Check::With(replicas)]),
    ("autoscaling.v1.CrossVersionObjectReference", REFERENCE),
    ("autoscaling.v2.CrossVersionObjectReference", REFERENCE),
    ("autoscaling.v2.MetricSpec", &[Check::With(metric)]),
    (
        "autoscaling.v2.MetricIdentifier",
        &[
            Check::Required("name"),
            Check::SyntaxOrEmpty("name", Syntax::PathSegment),
        ],
    ),
    (
        "autoscaling.v2.MetricTarget",
        &[Check::Required("type"), Check::With(target)],
    ),
    (
        "autoscaling.v2.ResourceMetricSource",
        &[Check::Required("name"), Check::With(resource_target)],
    ),
    (
        "autoscaling.v2.ContainerResourceMetricSource",
        &[
            Check::Required("name"),
            Check::Required("container"),
            Check::SyntaxOrEmpty("container", Syntax::Label),
            Check::With(resource_target),
        ],
    ),
    ("autoscaling.v2.PodsMetricSource", &[Check::With(average_target)]),
    ("autoscaling.v2.ObjectMetricSource", &[Check::With(value_target)]),
    (
        "autoscaling.v2.ExternalMetricSource",
        &[Check::With(value_target), Check::With(external_target)],
    ),
    (
        "autoscaling.v2.HPAScalingRules",
        &[
            Check::Range("stabilizationWindowSeconds", 0, WINDOW_SECONDS),
            Check::OneOf("selectPolicy", &["Max", "Min", "Disabled"]),
            Check::With(policies),
        ],
    ),
    (
        "autoscaling.v2.HPAScalingPolicy",
        &[
            Check::Required("type"),
            Check::OneOfOrEmpty("type", &["Percent", "Pods"]),
            Check::Range("value", 1, MAX_INT32),
            Check::Range("periodSeconds", 1, PERIOD_SECONDS),
        ],
    ),
];

fn replicas(walk: &mut Walk<'_>, node: NodeId) {
    if !walk.has(node, "scaleTargetRef") {
        walk.required(node, "scaleTargetRef");
    }
    let least = walk.integer(node, "minReplicas").unwrap_or(1);
    let most = walk.integer(node, "maxReplicas").unwrap_or(0);
    // Kubernetes scales to zero only behind a feature gate.
    if least < 1 {
        let message = format!("Invalid value: {least}: must be greater than or equal to 1");
        walk.fault(node, &[Key("minReplicas")], ids::RANGE, message);
    }
    if most < 1 {
        let message = format!("Invalid value: {most}: must be greater than 0");
        walk.fault(node, &[Key("maxReplicas")], ids::RANGE, message);
    } else if most < least {
        let message = format!("Invalid value: {most}: must be greater than or equal to `minReplicas`");
        walk.fault(node, &[Key("maxReplicas")], ids::RANGE, message);
    }
}

/// Everything that can be scaled, but the replication controller, is in a group.
fn reference_version(walk: &mut Walk<'_>, node: NodeId) {
    let version = walk.text(node, "apiVersion").unwrap_or_default();
    let kind = walk.text(node, "kind").unwrap_or_default();
    if !version.contains('/') && kind != "ReplicationController" && walk.path_ends_with("scaleTargetRef") {
        let message = format!("Invalid value: {version:?}: apiVersion must specify API group");
        walk.fault(node, &[Key("apiVersion")], ids::NAME, message);
    }
    if version.matches('/').count() > 1 {
        let message = format!("Invalid value: {version:?}: unexpected GroupVersion string");
        walk.fault(node, &[Key("apiVersion")], ids::NAME, message);
    }
}

fn metric(walk: &mut Walk<'_>, node: NodeId) {
    let kind = walk.text(node, "type").unwrap_or_default();
    let types: Vec<&str> = METRICS.iter().map(|(name, _)| *name).collect();
    let Some((_, wanted)) = METRICS.iter().find(|(name, _)| *name == kind) else {
        walk.fault(node, &[Key("type")], ids::ENUM, unsupported(&kind, &types));
        return;
    };
    if !walk.has(node, wanted) {
        let message = "Required value: must populate information for the given metric source";
        walk.fault(node, &[Key(wanted)], ids::REQUIRED, message);
    }
    for (_, other) in METRICS {
        if other != *wanted && walk.has(node, other) {
            walk.fault(
                node,
                &[Key(other)],
                ids::ONE_OF,
                "Forbidden: must populate the given metric source only",
            );
        }
    }
}

fn target(walk: &mut Walk<'_>, node: NodeId) {
    if let Some(kind) = walk.text(node, "type")
        && !TARGETS.contains(&&*kind)
    {
        walk.fault(node, &[Key("type")], ids::ENUM, unsupported(&kind, TARGETS));
    }
    for name in ["value", "averageValue"] {
        if quantity(walk, node, name).is_some_and(|amount| !amount.is_positive()) {
            walk.fault(node, &[Key(name)], ids::QUANTITY, "Invalid value: must be positive");
        }
    }
    if let Some(share) = walk.integer(node, "averageUtilization")
        && share < 1
    {
        let message = format!("Invalid value: {share}: must be greater than 0");
        walk.fault(node, &[Key("averageUtilization")], ids::RANGE, message);
    }
}

/// Which fields of a metric's target are present.
fn given<const N: usize>(walk: &Walk<'_>, node: NodeId, names: [&str; N]) -> [bool; N] {
    let target = walk.field(node, "target");
    names.map(|name| target.is_some_and(|target| walk.has(target, name)))
}

fn resource_target(walk: &mut Walk<'_>, node: NodeId) {
    match given(walk, node, ["averageUtilization", "averageValue"]) {
        [false, false] => {
            let message = "Required value: must set either a target raw value or a target utilization";
            walk.fault(
                node,
                &[Key("target"), Key("averageUtilization")],
                ids::REQUIRED,
                message,
            );
        }
        [true, true] => {
            let message = "Forbidden: may not set both a target raw value and a target utilization";
            walk.fault(node, &[Key("target"), Key("averageValue")], ids::ONE_OF, message);
        }
        _ => {}
    }
}

fn average_target(walk: &mut Walk<'_>, node: NodeId) {
    if given(walk, node, ["averageValue"]) == [false] {
        let message = "Required value: must specify a positive target averageValue";
        walk.fault(node, &[Key("target"), Key("averageValue")], ids::REQUIRED, message);
    }
}

fn value_target(walk: &mut Walk<'_>, node: NodeId) {
    if given(walk, node, ["value", "averageValue"]) == [false, false] {
        let message = "Required value: must set either a target value or averageValue";
        walk.fault(node, &[Key("target"), Key("averageValue")], ids::REQUIRED, message);
    }
}

fn external_target(walk: &mut Walk<'_>, node: NodeId) {
    if given(walk, node, ["value", "averageValue"]) == [true, true] {
        let message = "Forbidden: may not set both a target value for metric and a per-pod target";
        walk.fault(node, &[Key("target"), Key("value")], ids::ONE_OF, message);
    }
}

/// Rules that name policies name at least one; absent policies mean the default ones.
fn policies(walk: &mut Walk<'_>, node: NodeId) {
    if walk.has(node, "policies") && walk.items(node, "policies").is_empty() {
        walk.fault(
            node,
            &[Key("policies")],
            ids::REQUIRED,
            "Required value: must specify at least one Policy",
        );
    }
}
