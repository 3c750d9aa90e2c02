//! Plans and outcomes as text.

use crate::check::diff::{ChartDiff, DiffOutcome};
use crate::check::finding::Place;
use crate::cluster::blame::Explanation;
use crate::cluster::carry_out::{APPLY, ReleaseOutcome};
use crate::cluster::helm_release::DeploymentRollout;
use crate::cluster::plan::EnvironmentPlan;
use crate::cluster::plan_request::Action;
use crate::cluster::planned_release::PlannedRelease;
use crate::cluster::pods::Problem;
use crate::cluster::record::RecordResult;
use crate::cluster::staging::{CanaryStep, Staging};
use crate::cluster::target::KubeTarget;
use crate::report::{DiffTextOptions, diff_as_text};
use crate::text::counted::counted;
use crate::text::visible::{shown_line, visible_lines};

/// A plan: a line for each release, and what differs.
pub fn plan_as_text(plan: &EnvironmentPlan, target: &KubeTarget, options: DiffTextOptions) -> String {
    let context = target.context.as_deref().unwrap_or("the current context");
    let mut out = shown_line(&format!(
        "{}: namespace {}, {context}, Kubernetes {}",
        plan.environment, target.namespace, plan.kube_version.version
    ));
    out.push('\n');
    for resources in &plan.resources {
        let what = if resources.differs { "apply" } else { "unchanged" };
        let paths: Vec<String> = resources.paths.iter().map(|path| path.display().to_string()).collect();
        out.push_str(&format!("  {what} {}\n", shown_line(&paths.join(", "))));
        if resources.differs {
            out.push_str(&visible_lines(&resources.lines));
        }
    }
    for release in &plan.releases {
        out.push_str(&format!("  {}\n", shown_line(&release_line(release))));
        let rollouts = release.becomes().rollouts().into_iter();
        for rollout in rollouts.filter(|_| matches!(release.action, Action::Install | Action::Upgrade)) {
            out.push_str(&format!("    {}\n", shown_line(&rollout_line(&rollout))));
        }
    }
    for explanation in plan.releases.iter().flat_map(|release| &release.refused) {
        let shown = explanation_as_text(explanation).replace('\n', "\n    ");
        out.push_str(&format!("  the API server refuses {}\n", shown.trim_end()));
    }
    for refused in &plan.refused {
        let message = visible_lines(&refused.refusal.message).replace('\n', "\n    ");
        out.push_str(&format!("  refused {}: {message}\n", shown_line(&refused.name)));
    }
    for unmet in &plan.unmet {
        let line = format!("refused {}: {} ({})", unmet.release, unmet.message, unmet.place);
        out.push_str(&format!("  {}\n", shown_line(&line)));
    }
    for note in &plan.notes {
        out.push_str(&format!("  note: {}\n", shown_line(note)));
    }
    let outcome = differences(plan);
    if !outcome.charts.is_empty() {
        out.push('\n');
        out.push_str(&diff_as_text(&outcome, options));
    }
    out
}

/// `upgrade web: web-1.2.0 -> web-1.3.0, 2 objects differ (revision 3)`
fn release_line(release: &PlannedRelease) -> String {
    let was = release.own.was.as_ref();
    let chart = match was.map(crate::cluster::stored_release::StoredRelease::chart_name) {
        Some(old) if old != release.chart && release.action == Action::Upgrade => format!("{old} -> {}", release.chart),
        _ => release.chart.clone(),
    };
    let mut line = format!("{} {}: {chart}", release.action.name(), release.name);
    if release.action == Action::Upgrade {
        let differing = release.differences.len();
        line.push_str(&format!(", {}", counted(differing, "object")));
        line.push_str(if differing == 1 { " differs" } else { " differ" });
        if !release.drift.is_empty() {
            line.push_str(&format!(
                ", {} changed in the cluster",
                counted(release.drift.len(), "object")
            ));
        }
    }
    if let Some(was) = was {
        line.push_str(&format!(" (revision {}, {})", was.revision, was.info.status));
    }
    line.push_str(&steps(release));
    line
}

/// `Deployment web: 3 replicas, RollingUpdate, maxSurge 25%, maxUnavailable 25%`
fn rollout_line(rollout: &DeploymentRollout) -> String {
    let replicas = match rollout.replicas {
        Some(1) => "1 replica, ".to_owned(),
        Some(count) => format!("{count} replicas, "),
        None => String::new(),
    };
    let limits = if rollout.kind == "RollingUpdate" {
        format!(
            ", maxSurge {}, maxUnavailable {}",
            rollout.max_surge, rollout.max_unavailable
        )
    } else {
        String::new()
    };
    format!("Deployment {}: {replicas}{}{limits}", rollout.name, rollout.kind)
}

/// How a new version takes the place of the old one, where that has steps, and what else is removed.
fn steps(release: &PlannedRelease) -> String {
    let mut steps = match &release.staging {
        None => String::new(),
        Some(Staging::BlueGreen(colour)) => {
            let (name, service) = (&colour.staged.name, &colour.service.name);
            match &colour.old {
                Some(old) => format!("; {name} beside {old}, then Service {service} is switched to it"),
                None => format!("; as {name}, then Service {service} is switched to it"),
            }
        }
        Some(Staging::Canary(canary)) => {
            let step = |step: &CanaryStep| format!("{} % ({})", step.weight, counted_pods(step.replicas));
            let list: Vec<String> = canary.steps.iter().map(step).collect();
            match canary.steps.first() {
                Some(first) => format!("; first {}: {}", first.staged.name, list.join(", ")),
                None => String::new(),
            }
        }
    };
    if let Some(service) = &release.service {
        steps.push_str(&format!(
            "; apply Service {}, which is not what it should be",
            service.name
        ));
    }
    if !release.leftovers.is_empty() {
        steps.push_str(&format!(
            "; uninstall {}, which a run left",
            release.leftovers.join(", ")
        ));
    }
    steps
}

fn counted_pods(count: u64) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), "pod")
}

/// What differs, as reports of `diff` have it.
fn differences(plan: &EnvironmentPlan) -> DiffOutcome {
    let mut charts = Vec::new();
    for release in &plan.releases {
        let old = release.own.was.as_ref().map(|was| &was.chart.metadata);
        let diff = |shown: String, objects| ChartDiff {
            shown,
            old: old.map(|old| (old.name.clone(), old.version.clone())),
            new: Some((
                release.own.rendered.chart.name().to_owned(),
                release.own.rendered.chart.metadata.version.clone(),
            )),
            is_whole: old.is_none(),
            renderings: vec![release.name.clone()],
            objects,
            ..ChartDiff::default()
        };
        if !release.drift.is_empty() {
            let shown = format!("{} in {}: changed in the cluster", release.name, plan.environment);
            charts.push(diff(shown, release.drift.clone()));
        }
        if !release.differences.is_empty() {
            charts.push(diff(
                format!("{} in {}", release.name, plan.environment),
                release.differences.clone(),
            ));
        }
    }
    DiffOutcome {
        compared: charts.len(),
        charts,
    }
}

/// `Deployment web: ImagePullBackOff of registry/web:1.2: Back-off pulling image`
pub fn problem_line(problem: &Problem) -> String {
    let image = problem
        .image
        .as_ref()
        .map(|image| format!(" of {image}"))
        .unwrap_or_default();
    let container = match &problem.container {
        Some(container) => format!(", container {container}"),
        None => String::new(),
    };
    let object = if problem.name.is_empty() {
        String::new()
    } else {
        format!("{} {}{container}: ", problem.kind, problem.name)
    };
    let message = if problem.message.is_empty() {
        String::new()
    } else {
        format!(": {}", problem.message)
    };
    shown_line(&format!("{object}{}{image}{message}", problem.reason))
}

/// Why a release failed: the problem, the lines that set it, the last of the log.
pub fn explanation_as_text(explanation: &Explanation) -> String {
    let mut out = format!("{}\n", problem_line(&explanation.problem));
    if let Some(pod) = &explanation.problem.pod {
        out.push_str(&format!("  pod: {}\n", shown_line(pod)));
    }
    if let Some(place) = &explanation.template {
        let field = if explanation.field.is_empty() {
            String::new()
        } else {
            format!(" ({})", explanation.field)
        };
        out.push_str(&format!("  template: {}\n", shown_line(&format!("{place}{field}"))));
    }
    for related in &explanation.values {
        let line = match &related.place {
            Place::Flag(flag) => flag.clone(),
            place => place.name(),
        };
        out.push_str(&format!("  value: {}\n", shown_line(&line)));
    }
    for line in &explanation.log {
        out.push_str(&format!("  log: {}\n", shown_line(line)));
    }
    out
}

/// How it ended for a release, in a line.
pub fn outcome_line(outcome: &ReleaseOutcome) -> String {
    let record = &outcome.record;
    let (name, revision) = (&record.release, record.revision);
    let line = match record.result {
        RecordResult::Deployed if record.action == APPLY => format!("{name}: {} is applied", record.chart),
        RecordResult::Failed if record.action == APPLY => format!("{name}: {} could not be applied", record.chart),
        RecordResult::Deployed => format!("{name}: {} is deployed, revision {revision}", record.chart),
        RecordResult::RolledBack => format!("{name}: failed, rolled back to revision {}", record.restored),
        RecordResult::Removed => format!("{name}: failed, uninstalled: nothing was there before"),
        RecordResult::Failed => format!("{name}: failed, and what was there before could not be brought back"),
        RecordResult::Running | RecordResult::Interrupted => format!("{name}: {}", record.result.name()),
    };
    shown_line(&line)
}
