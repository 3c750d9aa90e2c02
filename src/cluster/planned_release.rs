//! A release of a plan: its chart, its values and what the cluster has of it in; what is installed, upgraded or left alone, what differs, and
//! what Helm gets, out.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::blame::Explanation;
use super::live::{LiveCluster, is_installed};
use super::live_world::LiveWorld;
use super::plan_request::{Action, PlanRequest};
use super::release_chart::{ChartOrigins, ReleaseChart};
use super::rendered_release::{ReleaseRendering, RenderRefusal, RenderedRelease};
use super::staging::{Staging, released_as};
use super::stored_release::{ReleaseStatus, StoredRelease};
use crate::check::diff::ObjectDiff;
use crate::check::finding::{Finding, SecretValues};
use crate::check::run::{ChartArchive, CheckRequest, GivenValues, check_charts};
use crate::delivery::environment::{Deploys, Release, given_values};
use crate::delivery::image::image_names;
use crate::engine::chart::ChartFile;
use crate::engine::render::{Capabilities, Operation, Release as RenderedName, validate_release_name};
use crate::kubernetes::version::{EMBEDDED_MINORS, KubeVersion, SupportedVersion};
use crate::text::ordered::CollectOrdered as _;
use crate::text::yaml::json_from_bytes;

/// A release that is planned.
pub struct PlannedRelease {
    /// Its name in the files.
    pub name: String,
    /// The releases that it is rolled back together with.
    pub group: Option<String>,
    /// What happens to it.
    pub action: Action,
    /// Name and version of its chart.
    pub chart: String,
    /// The SHA-256 of the archive that Helm gets.
    pub chart_digest: String,
    /// What differs from what Helm applied last.
    pub differences: Vec<ObjectDiff>,
    /// What differs in the cluster from what Helm applied last.
    pub drift: Vec<ObjectDiff>,
    /// The images of what is rendered.
    pub images: Vec<String>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// What the API server would refuse.
    pub refused: Vec<Explanation>,
    /// The chart for Helm.
    pub archive: ChartArchive,
    /// What runs now, and what it would become.
    pub own: HelmRelease,
    /// How the new version takes the place of the old one, where that has steps.
    pub staging: Option<Staging>,
    /// Releases of Helm's that a run which ended early has left.
    pub leftovers: Vec<String>,
}

/// A release of Helm's, as it is and as it is rendered.
pub struct HelmRelease {
    /// Its name in the cluster.
    pub name: String,
    /// What Helm has of it.
    pub was: Option<StoredRelease>,
    /// The values for Helm. They may hold secrets.
    pub(super) document: Vec<u8>,
    /// What is rendered.
    pub rendered: RenderedRelease,
}

impl PlannedRelease {
    /// The release of Helm's that becomes what the files say.
    pub fn becomes(&self) -> &HelmRelease {
        match &self.staging {
            Some(Staging::BlueGreen(colour)) => &colour.staged,
            Some(Staging::Canary(_)) | None => &self.own,
        }
    }
}

/// How a Deployment replaces its pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentRollout {
    /// Its name.
    pub name: String,
    /// How many pods it has; nothing where the chart leaves that to others.
    pub replicas: Option<u64>,
    /// `RollingUpdate` or `Recreate`.
    pub kind: String,
    /// How many pods more than these there may be meanwhile: a number or percent.
    pub max_surge: String,
    /// How many fewer.
    pub max_unavailable: String,
}

impl HelmRelease {
    /// How its Deployments replace their pods, with the defaults of Kubernetes (`pkg/apis/apps/v1/defaults.go`).
    pub fn rollouts(&self) -> Vec<DeploymentRollout> {
        let manifests = self.rendered.manifests.manifests.iter();
        let deployments = manifests.filter(|document| document.head.kind == "Deployment");
        let objects = deployments.filter_map(|document| json_from_bytes(document.text()).ok());
        let objects: Vec<Json> = objects.collect();
        objects.iter().map(rollout).collect()
    }

    /// Whether Helm has it.
    pub fn is_there(&self) -> bool {
        self.was.as_ref().is_some_and(|was| is_installed(was.info.status))
    }
}

fn rollout(deployment: &Json) -> DeploymentRollout {
    let text = |pointer: &str, usual: &str| match deployment.pointer(pointer) {
        None | Some(Json::Null) => usual.to_owned(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let replicas = deployment
        .pointer("/spec/replicas")
        .filter(|replicas| !replicas.is_null());
    DeploymentRollout {
        name: text("/metadata/name", ""),
        replicas: replicas.and_then(Json::as_u64),
        kind: text("/spec/strategy/type", "RollingUpdate"),
        max_surge: text("/spec/strategy/rollingUpdate/maxSurge", "25%"),
        max_unavailable: text("/spec/strategy/rollingUpdate/maxUnavailable", "25%"),
    }
}

/// What a release is rendered from.
pub(super) struct ReleaseInputs {
    chart: ReleaseChart,
    given: GivenValues,
    capabilities: Capabilities,
}

impl ReleaseInputs {
    /// Renders it under a name, with a value besides, where one is given: its key, and the number.
    pub(super) fn render(
        &self,
        request: &PlanRequest<'_>,
        cluster: &LiveCluster<'_>,
        (name, was): (&str, Option<StoredRelease>),
        more: Option<(&str, u64)>,
    ) -> Result<HelmRelease, RenderRefusal> {
        let mut given = self.given.clone();
        if let Some((key, number)) = more {
            let assigns = |text: &String| text.split_once('=').is_some_and(|(own, _)| own == key);
            given.values.literal.retain(|text| !assigns(text));
            given.values.typed.push(format!("{key}={number}"));
        }
        let is_there = was.as_ref().is_some_and(|was| is_installed(was.info.status));
        let named = RenderedName {
            name: name.to_owned(),
            namespace: cluster.target.namespace.clone(),
            operation: if is_there {
                Operation::Upgrade
            } else {
                Operation::Install
            },
        };
        let mut more_secrets = SecretValues::default();
        more_secrets.extend(&request.decrypted.borrow());
        let with = ReleaseRendering {
            release: &named,
            capabilities: &self.capabilities,
            more_secrets,
        };
        let mut world = LiveWorld {
            plain: (request.make_world)(),
            cluster,
        };
        let rendered = RenderedRelease::new(&self.chart, given, with, &mut world)?;
        Ok(HelmRelease {
            name: name.to_owned(),
            was,
            document: rendered.document()?,
            rendered,
        })
    }
}

/// Plans a release, as if it were upgraded in place. `stored` are the releases that Helm has.
pub(super) fn plan_release(
    request: &PlanRequest<'_>,
    cluster: &LiveCluster<'_>,
    (release, stored): (&Release, &BTreeMap<String, StoredRelease>),
    (kube_version, notes): (&KubeVersion, &mut Vec<String>),
) -> Result<(PlannedRelease, ReleaseInputs), RenderRefusal> {
    for name in release.helm_names() {
        validate_release_name(&name).map_err(|error| error.to_string())?;
    }
    let origins = ChartOrigins {
        directory: request.directory,
        all: request.all,
        charts: request.charts,
        supply: request.supply,
        links: request.links,
    };
    let chart = match &release.deploys {
        Deploys::Chart { reference, version } => origins.in_repository(reference, &version.text)?,
        Deploys::Directory(path) => origins.in_directory(path)?,
        _ => return Err("it has no chart".to_owned().into()),
    };
    let files = (request.directory, request.read);
    let given = given_values(request.environment, release, files, request.address_of);
    let given = given.map_err(|error| error.to_string())?;
    let inputs = ReleaseInputs {
        capabilities: capabilities(cluster, &chart, kube_version)?,
        chart,
        given,
    };
    let name = released_as(cluster, (&release.name.text, release.strategy.as_ref()), stored)
        .map_err(|error| error.to_string())?;
    let was = stored.get(&name).cloned();
    let own = inputs.render(request, cluster, (&name, was), None)?;
    let installed = own.was.as_ref().filter(|_| own.is_there());
    let differences = own.rendered.difference(installed, &release.name.text)?;
    let chart = &inputs.chart;
    let action = action(own.was.as_ref(), chart, differences.is_empty());
    let findings = if action == Action::Unchanged {
        Vec::new()
    } else {
        judge(request, release, (chart, inputs.given.clone()), (kube_version, notes))
    };
    let planned = PlannedRelease {
        name: release.name.text.clone(),
        group: release.group.clone(),
        action,
        chart: format!("{}-{}", chart.chart.name(), chart.chart.metadata.version),
        chart_digest: chart.digest.clone(),
        differences,
        drift: Vec::new(),
        images: images_of(&own.rendered),
        findings,
        refused: Vec::new(),
        archive: chart.archive.clone(),
        own,
        staging: None,
        leftovers: Vec::new(),
    };
    Ok((planned, inputs))
}

/// The cluster as templates see it. Its APIs are asked for where a template may look at them.
fn capabilities(
    cluster: &LiveCluster<'_>,
    chart: &ReleaseChart,
    kube_version: &KubeVersion,
) -> Result<Capabilities, RenderRefusal> {
    const WORD: &[u8] = b"APIVersions";
    let has_word = |file: &ChartFile| memchr::memmem::find(&file.data, WORD).is_some();
    let apis = if chart.chart.raw.iter().any(has_word) || !chart.chart.dependencies.is_empty() {
        cluster.api_versions().map_err(|error| error.to_string())?
    } else {
        Vec::new()
    };
    Ok(Capabilities::of_cluster(kube_version.clone(), apis))
}

/// What happens to a release whose objects are what Helm applied last, or are not.
fn action(was: Option<&StoredRelease>, chart: &ReleaseChart, is_same: bool) -> Action {
    let Some(was) = was.filter(|was| is_installed(was.info.status)) else {
        return Action::Install;
    };
    let (old, new) = (&was.chart.metadata, &chart.chart.metadata);
    let is_same_chart = (&old.name, &old.version) == (&new.name, &new.version);
    if is_same && is_same_chart && was.info.status == ReleaseStatus::Deployed {
        Action::Unchanged
    } else {
        Action::Upgrade
    }
}

/// The images of what is rendered, each once.
fn images_of(rendered: &RenderedRelease) -> Vec<String> {
    let documents = rendered.documents().flat_map(|document| image_names(document.text()));
    documents.collect_set().into_iter().collect()
}

/// The findings of `lint` about a release, for the version of its cluster or the nearest one that there are schemas of.
fn judge(
    request: &PlanRequest<'_>,
    release: &Release,
    (chart, given): (&ReleaseChart, GivenValues),
    (kube_version, notes): (&KubeVersion, &mut Vec<String>),
) -> Vec<Finding> {
    let Some(judgement) = request.judgement else {
        return Vec::new();
    };
    let minor = u8::try_from(kube_version.minor).unwrap_or(u8::MAX);
    let nearest = minor.clamp(*EMBEDDED_MINORS.start(), *EMBEDDED_MINORS.end());
    let version = SupportedVersion {
        text: format!("1.{nearest}"),
        kube_version: kube_version.clone(),
        minor: nearest,
    };
    if nearest != minor {
        let note = format!(
            "the cluster has Kubernetes {}, and objects are judged by the schemas of 1.{nearest}",
            kube_version.version
        );
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    let mut check = CheckRequest::new(Vec::new(), request.report_root.clone(), vec![version]);
    match &release.deploys {
        Deploys::Directory(path) => check.charts.push(request.directory.join(path)),
        _ => check.archives.push(chart.archive.clone()),
    }
    check.given = Some(given);
    check.links = request.links;
    check.release_name.clone_from(&release.name.text);
    check.namespace.clone_from(&request.environment.namespace);
    check.judgement = judgement.clone();
    let make_world = || crate::engine::render::FixedClock::new(0, |bytes: &mut [u8]| bytes.fill(0)).for_checks();
    match check_charts(&check, &make_world, &|_| {}) {
        Ok(outcome) => outcome.findings(),
        Err(error) => {
            notes.push(format!("{} is not judged: {error}", release.name.text));
            Vec::new()
        }
    }
}
