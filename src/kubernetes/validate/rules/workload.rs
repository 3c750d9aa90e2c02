//! Kinds that run pods: `pkg/apis/apps/validation`, `pkg/apis/batch/validation`, replication controllers.

use crate::text::time_zones::time_zone;
use crate::text::yaml::NodeId;

use super::super::cron;
use super::super::fields::Step::Key;
use super::super::ids;
use super::super::walk::Walk;
use super::failure_policy::failure_policy;
use super::labels::selects;
use super::pod::{pod_spec_of, restart_policy};
use super::{Check, MAX_INT32, Syntax, Table, unsupported};

const ALWAYS: &[&str] = &["Always"];
/// Most parallel pods of an indexed job.
const MOST_INDEXED: i64 = 100_000;

pub(super) const CHECKS: Table = &[
    ("apps.v1.Deployment", &[Check::Required("spec")]),
    ("apps.v1.ReplicaSet", &[Check::Required("spec")]),
    ("apps.v1.StatefulSet", &[Check::Required("spec")]),
    ("apps.v1.DaemonSet", &[Check::Required("spec")]),
    ("batch.v1.Job", &[Check::Required("spec"), Check::With(job_name)]),
    ("batch.v1.CronJob", &[Check::Required("spec")]),
    ("core.v1.ReplicationController", &[Check::Required("spec")]),
    (
        "apps.v1.DeploymentSpec",
        &[
            Check::With(selector_and_template),
            Check::With(service_pods),
            Check::NotNegative("replicas"),
            Check::NotNegative("minReadySeconds"),
            Check::NotNegative("revisionHistoryLimit"),
            Check::NotNegative("progressDeadlineSeconds"),
            Check::With(progress_deadline),
        ],
    ),
    (
        "apps.v1.ReplicaSetSpec",
        &[
            Check::With(selector_and_template),
            Check::With(service_pods),
            Check::NotNegative("replicas"),
            Check::NotNegative("minReadySeconds"),
        ],
    ),
    (
        "apps.v1.DaemonSetSpec",
        &[
            Check::With(selector_and_template),
            Check::With(service_pods),
            Check::NotNegative("minReadySeconds"),
            Check::NotNegative("revisionHistoryLimit"),
        ],
    ),
    (
        "apps.v1.StatefulSetSpec",
        &[
            Check::With(selector_and_template),
            Check::With(service_pods),
            Check::NotNegative("replicas"),
            Check::NotNegative("minReadySeconds"),
            Check::SyntaxOrEmpty("serviceName", Syntax::Label),
        ],
    ),
    ("apps.v1.StatefulSetOrdinals", &[Check::NotNegative("start")]),
    (
        "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
        &[
            Check::OneOfOrEmpty("whenDeleted", &["Retain", "Delete"]),
            Check::OneOfOrEmpty("whenScaled", &["Retain", "Delete"]),
        ],
    ),
    ("apps.v1.DeploymentStrategy", &[Check::With(recreate)]),
    ("apps.v1.RollingUpdateDeployment", &[Check::With(rolling_deployment)]),
    ("apps.v1.RollingUpdateDaemonSet", &[Check::With(rolling_daemons)]),
    ("apps.v1.StatefulSetUpdateStrategy", &[Check::With(on_delete)]),
    (
        "apps.v1.RollingUpdateStatefulSetStrategy",
        &[Check::NotNegative("partition"), Check::With(rolling_set)],
    ),
    (
        "apps.v1.ControllerRevision",
        &[Check::Required("data"), Check::NotNegative("revision")],
    ),
    (
        "core.v1.ReplicationControllerSpec",
        &[
            Check::With(replication_controller),
            Check::NotNegative("replicas"),
            Check::NotNegative("minReadySeconds"),
        ],
    ),
    (
        "batch.v1.JobSpec",
        &[
            Check::With(|walk, node| pod_spec_of(walk, node, &["template"])),
            Check::With(job_pods),
            Check::With(failure_policy),
            Check::With(indexed),
            Check::NotNegative("parallelism"),
            Check::NotNegative("completions"),
            Check::NotNegative("activeDeadlineSeconds"),
            Check::NotNegative("backoffLimit"),
            Check::NotNegative("ttlSecondsAfterFinished"),
            Check::NotNegative("backoffLimitPerIndex"),
            Check::NotNegative("maxFailedIndexes"),
            Check::SyntaxOrEmpty("managedBy", Syntax::DomainPath),
        ],
    ),
    (
        "batch.v1.CronJobSpec",
        &[
            Check::Required("schedule"),
            Check::With(schedule),
            Check::NotNegative("startingDeadlineSeconds"),
            Check::NotNegative("successfulJobsHistoryLimit"),
            Check::NotNegative("failedJobsHistoryLimit"),
        ],
    ),
    (
        "batch.v1.JobTemplateSpec",
        &[Check::With(|walk, node| pod_spec_of(walk, node, &["spec", "template"]))],
    ),
    (
        "batch.v1.PodFailurePolicyRule",
        &[
            Check::Required("action"),
            Check::ExactlyOne(&["onExitCodes", "onPodConditions"]),
        ],
    ),
    (
        "batch.v1.PodFailurePolicyOnExitCodesRequirement",
        &[Check::Required("operator"), Check::Required("values")],
    ),
    ("batch.v1.SuccessPolicy", &[Check::Required("rules")]),
];

fn is_empty_selector(walk: &Walk<'_>, selector: NodeId) -> bool {
    walk.entries_of(selector, "matchLabels").is_empty() && walk.items(selector, "matchExpressions").is_empty()
}

fn selector_and_template(walk: &mut Walk<'_>, node: NodeId) {
    pod_spec_of(walk, node, &["template"]);
    let Some(selector) = walk.field(node, "selector") else {
        walk.required(node, "selector");
        return;
    };
    if is_empty_selector(walk, selector) {
        let message = "Invalid value: {}: an empty selector is invalid here";
        walk.fault(node, &[Key("selector")], ids::SELECTOR, message);
        return;
    }
    matches_template(walk, node, selector);
}

fn matches_template(walk: &mut Walk<'_>, node: NodeId, selector: NodeId) {
    let metadata = walk.field_at(node, &["template", "metadata"]);
    if !selects(walk, selector, metadata) {
        let message = "Invalid value: `selector` does not match template `labels`";
        let steps = [Key("template"), Key("metadata"), Key("labels")];
        walk.fault(node, &steps, ids::SELECTOR, message);
    }
}

/// Pods that are kept running: always restarted, without a deadline.
fn service_pods(walk: &mut Walk<'_>, node: NodeId) {
    restart_policy(walk, node, &["template"], ALWAYS);
    if walk
        .field_at(node, &["template", "spec", "activeDeadlineSeconds"])
        .is_some()
    {
        let message = "Forbidden: activeDeadlineSeconds is for pods of jobs";
        let steps = [Key("template"), Key("spec"), Key("activeDeadlineSeconds")];
        walk.fault(node, &steps, ids::FORBIDDEN, message);
    }
}

fn replication_controller(walk: &mut Walk<'_>, node: NodeId) {
    pod_spec_of(walk, node, &["template"]);
    restart_policy(walk, node, &["template"], ALWAYS);
    let labels = walk.field_at(node, &["template", "metadata", "labels"]);
    let Some(selector) = walk.field(node, "selector") else {
        // It defaults to the labels of the template.
        if labels.is_none() {
            walk.required(node, "selector");
        }
        return;
    };
    let wanted = walk.entries_of(node, "selector");
    let found = labels.map(|labels| walk.entries(labels)).unwrap_or_default();
    let text = |walk: &Walk<'_>, node: NodeId| walk.text_of(walk.tree.target(node)).unwrap_or_default().into_owned();
    let matches = wanted.iter().all(|(key, _, value)| {
        found
            .iter()
            .any(|(other, _, found)| other == key && text(walk, *found) == text(walk, *value))
    });
    if walk.is_empty(selector) && labels.is_none() {
        walk.required(node, "selector");
    } else if !matches {
        let message = "Invalid value: `selector` does not match template `labels`";
        let steps = [Key("template"), Key("metadata"), Key("labels")];
        walk.fault(node, &steps, ids::SELECTOR, message);
    }
}

fn progress_deadline(walk: &mut Walk<'_>, node: NodeId) {
    let ready = walk.integer(node, "minReadySeconds").unwrap_or(0);
    // Ten minutes unless it is set.
    let deadline = walk.integer(node, "progressDeadlineSeconds").unwrap_or(600);
    if deadline <= ready && deadline != MAX_INT32 {
        let message = format!("Invalid value: {deadline}: must be greater than minReadySeconds");
        walk.fault(node, &[Key("progressDeadlineSeconds")], ids::RANGE, message);
    }
}

fn recreate(walk: &mut Walk<'_>, node: NodeId) {
    if walk.text(node, "type").as_deref() == Some("Recreate") && walk.has(node, "rollingUpdate") {
        let message = "Forbidden: may not be specified when strategy `type` is 'Recreate'";
        walk.fault(node, &[Key("rollingUpdate")], ids::FORBIDDEN, message);
    }
}

fn on_delete(walk: &mut Walk<'_>, node: NodeId) {
    if walk.text(node, "type").as_deref() == Some("OnDelete") && walk.has(node, "rollingUpdate") {
        let message = "Invalid value: only allowed for updateStrategy 'RollingUpdate'";
        walk.fault(node, &[Key("rollingUpdate")], ids::FORBIDDEN, message);
    }
}

fn rolling_deployment(walk: &mut Walk<'_>, node: NodeId) {
    // A quarter each unless they are set.
    let unavailable = amount(walk, node, "maxUnavailable", true).unwrap_or(25);
    let surge = amount(walk, node, "maxSurge", false).unwrap_or(25);
    if unavailable == 0 && surge == 0 {
        let message = "Invalid value: may not be 0 when `maxSurge` is 0";
        walk.fault(node, &[Key("maxUnavailable")], ids::RANGE, message);
    }
}

fn rolling_daemons(walk: &mut Walk<'_>, node: NodeId) {
    let unavailable = amount(walk, node, "maxUnavailable", true).unwrap_or(1);
    let surge = amount(walk, node, "maxSurge", true).unwrap_or(0);
    match (unavailable != 0, surge != 0) {
        (true, true) => {
            let message = "Invalid value: may not be set when maxUnavailable is non-zero";
            walk.fault(node, &[Key("maxSurge")], ids::RANGE, message);
        }
        (false, false) => {
            let message = "Required value: cannot be 0 when maxSurge is 0";
            walk.fault(node, &[Key("maxUnavailable")], ids::RANGE, message);
        }
        _ => {}
    }
}

fn rolling_set(walk: &mut Walk<'_>, node: NodeId) {
    if amount(walk, node, "maxUnavailable", true) == Some(0) {
        walk.fault(
            node,
            &[Key("maxUnavailable")],
            ids::RANGE,
            "Invalid value: 0: cannot be 0",
        );
    }
}

/// The number of a field whose value is a number or a percentage; anything else, and a number out of range, is
/// reported.
pub(super) fn amount(walk: &mut Walk<'_>, node: NodeId, name: &str, is_share: bool) -> Option<i64> {
    let value = walk.field(node, name)?;
    if let Some(number) = walk.integer_of(value) {
        if number < 0 {
            let message = format!("Invalid value: {number}: must be greater than or equal to 0");
            walk.fault(node, &[Key(name)], ids::RANGE, message);
        }
        return Some(number);
    }
    let text = walk.text_of(value)?;
    let percent = text
        .strip_suffix('%')
        .filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(percent) = percent else {
        let message = format!("Invalid value: {text:?}: must be a whole number or a percentage (e.g. '25%')");
        walk.fault(node, &[Key(name)], ids::RANGE, message);
        return Some(1);
    };
    let percent = percent.parse().unwrap_or(i64::MAX);
    if is_share && percent > 100 {
        let message = format!("Invalid value: {text:?}: must not be greater than 100%");
        walk.fault(node, &[Key(name)], ids::RANGE, message);
    }
    Some(percent)
}

fn job_pods(walk: &mut Walk<'_>, node: NodeId) {
    let policies: &[&str] = if walk.has(node, "podFailurePolicy") {
        &["Never"]
    } else {
        &["OnFailure", "Never"]
    };
    restart_policy(walk, node, &["template"], policies);
    if let Some(selector) = walk.field(node, "selector")
        && walk.is_true(node, "manualSelector")
    {
        matches_template(walk, node, selector);
    } else if walk.has(node, "selector") {
        let message = "Invalid value: `selector` is not set by hand unless `manualSelector` is true";
        walk.fault(node, &[Key("selector")], ids::SELECTOR, message);
    }
}

fn indexed(walk: &mut Walk<'_>, node: NodeId) {
    let is_indexed = walk.text(node, "completionMode").as_deref() == Some("Indexed");
    if is_indexed {
        if !walk.has(node, "completions") {
            let message = "Required value: when completion mode is Indexed";
            walk.fault(node, &[Key("completions")], ids::REQUIRED, message);
        }
        if let Some(number) = walk.integer(node, "parallelism")
            && number > MOST_INDEXED
        {
            let message = format!(
                "Invalid value: {number}: must be less than or equal to {MOST_INDEXED} when completion mode is Indexed"
            );
            walk.fault(node, &[Key("parallelism")], ids::RANGE, message);
        }
    } else {
        for name in ["backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"] {
            if walk.has(node, name) {
                walk.fault(
                    node,
                    &[Key(name)],
                    ids::FORBIDDEN,
                    "Invalid value: requires indexed completion mode",
                );
            }
        }
    }
    if walk.has(node, "maxFailedIndexes") && !walk.has(node, "backoffLimitPerIndex") {
        let message = "Required value: when maxFailedIndexes is specified";
        walk.fault(node, &[Key("backoffLimitPerIndex")], ids::REQUIRED, message);
    }
}

fn schedule(walk: &mut Walk<'_>, node: NodeId) {
    if let Some(text) = walk.text(node, "schedule")
        && let Some(fault) = cron::fault(&text)
    {
        walk.fault(
            node,
            &[Key("schedule")],
            ids::CRON,
            format!("Invalid value: {text:?}: {fault}"),
        );
    }
    if let Some(zone) = walk.field(node, "timeZone").and_then(|zone| walk.text_of(zone))
        && !is_time_zone(&zone)
    {
        let message = unsupported(&zone, &["a name of the IANA database, such as Europe/Berlin"]);
        walk.fault(node, &[Key("timeZone")], ids::CRON, message);
    }
}

/// Whether Go finds a zone in the database of time zones: upper and lower case matter, and `Local` is refused.
fn is_time_zone(name: &str) -> bool {
    name == "UTC" || time_zone(name).is_some()
}

/// The name of a job becomes a label of its pods.
fn job_name(walk: &mut Walk<'_>, node: NodeId) {
    let Some(metadata) = walk.field(node, "metadata") else {
        return;
    };
    if let Some(name) = walk.text(metadata, "name")
        && let Some(fault) = Syntax::LabelValue.fault(&name)
    {
        let message = format!("Invalid value: {name:?}: it is a label of the pods: {fault}");
        walk.fault(node, &[Key("metadata"), Key("name")], ids::NAME, message);
        return;
    }
    // The pods of an indexed job are named after the job and their index.
    let mode = walk.field_at(node, &["spec", "completionMode"]);
    let count = walk.field_at(node, &["spec", "completions"]);
    let last = count
        .and_then(|count| walk.integer_of(count))
        .filter(|&count| count > 0);
    if let Some(name) = walk.text(metadata, "name")
        && let Some(last) = last
        && mode.and_then(|mode| walk.text_of(mode)).as_deref() == Some("Indexed")
        && let Some(fault) = Syntax::Label.fault(&format!("{name}-{}", last - 1))
    {
        let message = format!(
            "Invalid value: {name:?}: the last pod would be {name}-{}: {fault}",
            last - 1
        );
        walk.fault(node, &[Key("metadata"), Key("name")], ids::NAME, message);
    }
}
