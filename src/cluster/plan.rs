//! What `apply` would do in an environment: its releases and what the cluster has of them in; for each release what is installed, upgraded
//! or left alone, what differs, and what Helm gets, out. Nothing is written.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::drift::{Applied, LiveObjects};
use super::live::{LiveCluster, is_installed};
use super::plan_request::{Action, PlanError, PlanRequest};
use super::planned_release::{PlannedRelease, plan_release};
use super::planned_resources::{PlannedResources, plan_kustomization, plan_resources};
use super::preflight::refused_objects;
use super::rendered_release::RenderRefusal;
use super::requirements::{PlannedVersions, ReleaseVersions, UnmetRequirement, unmet_requirements};
use super::stage_release::{left_by_other_strategies, stage};
use super::staging::released_as;
use super::stored_release::{ReleaseStatus, StoredRelease};
use super::test_jobs::TestJob;
use crate::check::finding::{Judgement, SecretValues};
use crate::delivery::environment::{Deploys, Environment, Release};
use crate::engine::chart::Compat;
use crate::engine::manifest::split_manifests;
use crate::kubernetes::version::KubeVersion;
use crate::text::ordered::CollectOrdered as _;
use crate::text::sha256::sha256_hex;
use crate::text::yaml::json_from_bytes;

/// A release that cannot be planned.
pub struct RefusedRelease {
    /// Its name.
    pub name: String,
    /// Why.
    pub refusal: RenderRefusal,
}

/// What happens in an environment.
pub struct EnvironmentPlan {
    /// Its name.
    pub environment: String,
    /// The version of Kubernetes that its cluster has.
    pub kube_version: KubeVersion,
    /// Files that are applied first.
    pub resources: Vec<PlannedResources>,
    /// Its releases, in order.
    pub releases: Vec<PlannedRelease>,
    /// Those that cannot be planned.
    pub refused: Vec<RefusedRelease>,
    /// What releases need of others and would not get.
    pub unmet: Vec<UnmetRequirement>,
    /// Jobs that test its releases together, after the releases.
    pub jobs: Vec<TestJob>,
    /// Whether the namespace is not there.
    pub lacks_namespace: bool,
    /// What was not done, and why.
    pub notes: Vec<String>,
}

impl EnvironmentPlan {
    /// Whether anything is to be done.
    pub fn has_changes(&self) -> bool {
        let is_changed = |release: &PlannedRelease| release.action != Action::Unchanged;
        self.releases.iter().any(is_changed) || self.resources.iter().any(|resources| resources.differs)
    }

    fn read_jobs(&mut self, request: &PlanRequest<'_>) {
        for path in &request.environment.verify {
            let read =
                (request.read)(&request.directory.join(path)).map_err(|error| format!("{}: {error}", path.display()));
            match read.and_then(|text| TestJob::read(path, &text)) {
                Ok(jobs) => self.jobs.extend(jobs),
                Err(message) => self.refuse("verify", message.into()),
            }
        }
    }

    fn refuse(&mut self, release: &str, refusal: RenderRefusal) {
        self.refused.push(RefusedRelease {
            name: release.to_owned(),
            refusal,
        });
    }

    /// Whether something keeps it from being carried out.
    pub fn is_refused(&self, judgement: Option<&Judgement>) -> bool {
        let fails = |release: &PlannedRelease| {
            !release.refused.is_empty() || judgement.is_some_and(|judgement| judgement.fails(&release.findings))
        };
        !self.refused.is_empty() || !self.unmet.is_empty() || self.releases.iter().any(fails)
    }

    /// A text that stands for all that is applied and for what it is applied to: another one means that something moved.
    pub fn digest(&self) -> String {
        let mut parts = vec![self.environment.clone()];
        for resources in &self.resources {
            parts.push(sha256_hex(&resources.text));
            parts.push(resources.lines.clone());
        }
        for release in &self.releases {
            for helm in [&release.own, release.becomes()] {
                let revision = helm.was.as_ref().map_or(0, |was| was.revision);
                let documents = helm.rendered.documents();
                let rendered: Vec<u8> = documents.flat_map(|document| document.text().to_vec()).collect();
                let (digest, rendered) = (&release.chart_digest, sha256_hex(&rendered));
                parts.push(format!("{} {revision} {digest} {rendered}", helm.name));
            }
            // What the cluster has besides.
            parts.extend(release.drift.iter().map(|drift| drift.lines.clone()));
        }
        sha256_hex(parts.join("\n").as_bytes())
    }
}

/// Plans an environment.
///
/// # Errors
/// When the cluster cannot be asked.
pub fn plan_environment(request: &PlanRequest<'_>, cluster: &LiveCluster<'_>) -> Result<EnvironmentPlan, PlanError> {
    if cluster.target.namespace.is_empty() {
        return Err(PlanError::NoNamespace(request.environment.name.text.clone()));
    }
    let kube_version = cluster.kube_version()?;
    let stored = cluster.newest_releases()?;
    let mut plan = EnvironmentPlan {
        environment: request.environment.name.text.clone(),
        kube_version,
        resources: Vec::new(),
        releases: Vec::new(),
        refused: Vec::new(),
        unmet: Vec::new(),
        jobs: Vec::new(),
        lacks_namespace: false,
        notes: Vec::new(),
    };
    // Where nothing is installed, nothing may be there at all.
    plan.lacks_namespace = stored.is_empty() && lacks_namespace(cluster);
    let mut inputs = Vec::new();
    let is_meant = |release: &&Release| request.releases.is_empty() || request.releases.contains(&release.name.text);
    for release in request.environment.releases.iter().filter(is_meant) {
        match &release.deploys {
            Deploys::Resources(files) => plan.resources.push(plan_resources(request, cluster, release, files)?),
            Deploys::Kustomization(path) => plan
                .resources
                .push(plan_kustomization(request, cluster, release, path)?),
            Deploys::Directory(_) | Deploys::Chart { .. } => {
                match plan_release(
                    request,
                    cluster,
                    (release, &stored),
                    (&plan.kube_version, &mut plan.notes),
                ) {
                    Ok((planned, own)) => {
                        plan.releases.push(planned);
                        inputs.push((release, own));
                    }
                    Err(refusal) => plan.refuse(&release.name.text, refusal),
                }
            }
        }
    }
    add_drift(&mut plan, cluster)?;
    let planned = std::mem::take(&mut plan.releases);
    for (mut planned, (release, own)) in planned.into_iter().zip(inputs) {
        match stage(request, cluster, (release, &own), &stored, &mut planned) {
            Ok(()) => {
                let left = left_by_other_strategies(request.environment, &stored, &planned);
                plan.notes.extend(left.iter().map(|left| {
                    format!(
                        "Helm has a release `{left}` of another strategy of `{}`: once no requests reach it, uninstall it with `helm uninstall {left}`",
                        planned.name
                    )
                }));
                plan.releases.push(planned);
            }
            Err(refusal) => plan.refuse(&planned.name, refusal),
        }
    }
    plan.read_jobs(request);
    plan.unmet = unmet(request.environment, &plan, cluster, &stored)?;
    let lacks_namespace = plan.lacks_namespace;
    for release in &mut plan.releases {
        if matches!(release.action, Action::Install | Action::Upgrade) {
            release.refused = refused_objects(cluster, &release.becomes().rendered, lacks_namespace);
        }
    }
    Ok(plan)
}

/// What releases need of others and would not get.
fn unmet(
    environment: &Environment,
    plan: &EnvironmentPlan,
    cluster: &LiveCluster<'_>,
    stored: &BTreeMap<String, StoredRelease>,
) -> Result<Vec<UnmetRequirement>, PlanError> {
    if environment.releases.iter().all(|release| release.requires.is_empty()) {
        return Ok(Vec::new());
    }
    let planned = plan.releases.iter().map(|release| PlannedVersions {
        name: release.name.clone(),
        changes: release.action != Action::Unchanged,
        versions: ReleaseVersions::of_rendered(&release.becomes().rendered),
    });
    let planned: Vec<PlannedVersions> = planned.collect();
    let installed = stored.values().filter(|was| is_installed(was.info.status));
    let mut running = installed
        .map(|was| (was.name.clone(), ReleaseVersions::of_stored(was)))
        .collect_map();
    for release in &environment.releases {
        let name = &release.name.text;
        let planned = plan.releases.iter().find(|planned| planned.name == *name);
        let helm_name = match planned {
            Some(planned) => planned.own.name.clone(),
            None => released_as(cluster, (name, release.strategy.as_ref()), stored)?,
        };
        if let Some(versions) = running.get(&helm_name).cloned() {
            running.insert(name.clone(), versions);
        }
    }
    Ok(unmet_requirements(&environment.releases, &planned, &running))
}

/// Whether the namespace is not there. Who may not ask finds out later.
fn lacks_namespace(cluster: &LiveCluster<'_>) -> bool {
    matches!(cluster.find(&["namespace", &cluster.target.namespace]), Ok(None))
}

/// Adds what differs in the cluster, and upgrades what does.
fn add_drift(plan: &mut EnvironmentPlan, cluster: &LiveCluster<'_>) -> Result<(), PlanError> {
    let namespace = cluster.target.namespace.as_str();
    let mut applied: BTreeMap<usize, Vec<Applied>> = BTreeMap::new();
    for (place, release) in plan.releases.iter().enumerate() {
        if let Some(was) = release
            .own
            .was
            .as_ref()
            .filter(|was| was.info.status == ReleaseStatus::Deployed)
        {
            applied.insert(place, applied_objects(was, namespace));
        }
    }
    let mut live = LiveObjects::default();
    live.read(cluster, &applied.values().flatten().collect::<Vec<_>>())?;
    for (place, objects) in applied {
        let Some(release) = plan.releases.get_mut(place) else {
            continue;
        };
        let rendered = &release.own.rendered;
        let secrets = || {
            let mut secrets = SecretValues::default();
            secrets.extend(rendered.secrets());
            secrets
        };
        release.drift = live.drift(cluster, &objects, &release.name, secrets);
        if !release.drift.is_empty() && release.action == Action::Unchanged {
            release.action = Action::Upgrade;
        }
    }
    Ok(())
}

/// The objects that Helm applied for a release. The items of lists are objects of their own.
pub(super) fn applied_objects(stored: &StoredRelease, namespace: &str) -> Vec<Applied> {
    let documents = split_manifests(stored.manifest.as_bytes(), Compat::Helm4).into_iter();
    let mut values: Vec<Json> = documents
        .filter_map(|document| json_from_bytes(document.text).ok())
        .collect();
    let mut objects = Vec::new();
    while let Some(value) = values.pop() {
        let is_list = value
            .get("kind")
            .and_then(Json::as_str)
            .is_some_and(|kind| kind.ends_with("List"));
        match value.get("items") {
            Some(Json::Array(items)) if is_list => values.extend(items.iter().cloned()),
            _ if value.is_object() => objects.push(Applied::new(value, (namespace, &stored.name))),
            _ => {}
        }
    }
    objects
}
