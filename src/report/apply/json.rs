//! Plans and outcomes as JSON.

use serde_json::{Value as Json, json};

use crate::check::diff::ObjectDiff;
use crate::cluster::apply::Applied;
use crate::cluster::blame::Explanation;
use crate::cluster::carry_out::ReleaseOutcome;
use crate::cluster::helm_release::DeploymentRollout;
use crate::cluster::plan::EnvironmentPlan;
use crate::cluster::planned_release::PlannedRelease;
use crate::cluster::staging::Staging;
use crate::cluster::target::KubeTarget;

fn object(diff: &ObjectDiff) -> Json {
    json!({
        "object": diff.id.to_string(),
        "kind": diff.id.kind,
        "name": diff.id.name,
        "change": diff.change.name(),
        "lines": diff.lines,
        "risks": diff.risks.iter().map(|risk| risk.message.clone()).collect::<Vec<_>>(),
    })
}

fn release(planned: &PlannedRelease) -> Json {
    json!({
        "release": planned.name,
        "group": planned.group,
        "action": planned.action.name(),
        "chart": planned.chart,
        "chartDigest": planned.chart_digest,
        "images": planned.images,
        "revision": planned.own.was.as_ref().map(|was| was.revision),
        "status": planned.own.was.as_ref().map(|was| was.info.status.to_string()),
        "oldChart": planned.own.was.as_ref().map(crate::cluster::stored_release::StoredRelease::chart_name),
        "differences": planned.differences.iter().map(object).collect::<Vec<_>>(),
        "refused": planned.refused.iter().map(explanation_as_json).collect::<Vec<_>>(),
        "becomes": planned.becomes().name,
        "steps": planned.staging.as_ref().map(steps),
        "leftovers": planned.leftovers,
        "service": planned.service.as_ref().map(|service| service.name.as_str()),
        "rollouts": planned.becomes().rollouts().iter().map(rollout).collect::<Vec<_>>(),
        "drift": planned.drift.iter().map(object).collect::<Vec<_>>(),
    })
}

fn rollout(found: &DeploymentRollout) -> Json {
    json!({
        "deployment": found.name,
        "replicas": found.replicas,
        "type": found.kind,
        "maxSurge": found.max_surge,
        "maxUnavailable": found.max_unavailable,
    })
}

fn steps(staging: &Staging) -> Json {
    match staging {
        Staging::BlueGreen(colour) => json!({
            "blueGreen": {
                "release": colour.staged.name,
                "old": colour.old,
                "service": colour.service.name,
                "pauseSeconds": colour.pause.as_secs(),
                "keepOld": colour.keeps_old,
            },
        }),
        Staging::Canary(canary) => {
            let steps = canary
                .steps
                .iter()
                .map(|step| json!({"release": step.staged.name, "weight": step.weight, "replicas": step.replicas}));
            json!({
                "canary": {
                    "steps": steps.collect::<Vec<_>>(),
                    "service": canary.service.as_ref().map(|service| service.name.as_str()),
                    "pauseSeconds": canary.pause.as_secs(),
                },
            })
        }
    }
}

/// A plan.
pub fn plan_as_json(plan: &EnvironmentPlan, target: &KubeTarget) -> Json {
    let resources = plan.resources.iter().map(|resources| {
        json!({
            "files": resources.paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
            "differs": resources.differs,
        })
    });
    let refused = plan.refused.iter();
    let refused = refused.map(|refused| json!({"release": refused.name, "message": refused.refusal.message}));
    let unmet = plan
        .unmet
        .iter()
        .map(|unmet| json!({"release": unmet.release, "message": unmet.message, "place": unmet.place.to_string()}));
    json!({
        "environment": plan.environment,
        "context": target.context,
        "namespace": target.namespace,
        "kubernetes": plan.kube_version.version,
        "digest": plan.digest(),
        "hasChanges": plan.has_changes(),
        "resources": resources.collect::<Vec<_>>(),
        "releases": plan.releases.iter().map(release).collect::<Vec<_>>(),
        "refused": refused.collect::<Vec<_>>(),
        "unmet": unmet.collect::<Vec<_>>(),
        "notes": plan.notes,
    })
}

/// Why something failed.
pub fn explanation_as_json(one: &Explanation) -> Json {
    let problem = &one.problem;
    json!({
        "kind": problem.kind,
        "name": problem.name,
        "pod": problem.pod,
        "container": problem.container,
        "reason": problem.reason,
        "message": problem.message,
        "image": problem.image,
        "field": one.field,
        "template": one.template.as_ref().map(ToString::to_string),
        "values": one.values.iter().map(|related| related.place.name()).collect::<Vec<_>>(),
        "log": one.log,
    })
}

/// How it ended for a release.
fn outcome_as_json(outcome: &ReleaseOutcome) -> Json {
    let mut found = serde_json::to_value(&outcome.record).unwrap_or_default();
    if let Some(found) = found.as_object_mut() {
        found.insert("helm".to_owned(), Json::from(outcome.words.as_str()));
        let explanations = outcome.explanations.iter().map(explanation_as_json);
        found.insert("explanations".to_owned(), explanations.collect());
    }
    found
}

/// What was done in an environment.
pub fn applied_as_json(environment: &str, applied: &Applied) -> Json {
    json!({
        "environment": environment,
        "hasChanges": applied.has_changes,
        "releases": applied.outcomes.iter().map(outcome_as_json).collect::<Vec<_>>(),
    })
}
