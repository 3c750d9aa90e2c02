//! What `apply` would do in an environment: its releases and what the cluster has of them in; for each release what is installed, upgraded
//! or left alone, what differs, and what Helm gets, out. Nothing is written.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::blame::Explanation;
use super::drift::{Applied, LiveObjects};
use super::live::{LiveCluster, is_installed};
use super::live_world::LiveWorld;
use super::preflight::refused_objects;
use super::program::ProgramError;
use super::release_chart::{ChartOrigins, ReleaseChart};
use super::rendered_release::{ReleaseRendering, RenderRefusal, RenderedRelease};
use super::stored_release::{ReleaseStatus, StoredRelease};
use crate::artifact::remote::RemoteCharts;
use crate::check::diff::ObjectDiff;
use crate::check::finding::{Finding, Judgement, SecretValues};
use crate::check::run::{ChartArchive, CheckRequest, check_charts};
use crate::delivery::bump::ReadFile;
use crate::delivery::environment::{AddressOf, Deploys, Environment, Environments, Release, given_values};
use crate::delivery::image::image_names;
use crate::engine::chart::{ChartFile, Compat, LinkPolicy, SupplyDependencies};
use crate::engine::manifest::split_manifests;
use crate::engine::render::{Capabilities, Operation, Release as RenderedName, validate_release_name};
use crate::engine::template::World;
use crate::kubernetes::version::{EMBEDDED_MINORS, KubeVersion, SupportedVersion};
use crate::text::ordered::CollectOrdered as _;
use crate::text::sha256::sha256_hex;
use crate::text::source::ReportRoot;
use crate::text::yaml::json_from_bytes;

/// What an environment is planned from.
pub struct PlanRequest<'r> {
    /// All environments.
    pub all: &'r Environments,
    /// The one that is meant.
    pub environment: &'r Environment,
    /// Names of its releases that are meant; all of them without any.
    pub releases: &'r [String],
    /// The directory that paths are relative to.
    pub directory: &'r Path,
    /// Reads and decrypts files.
    pub read: ReadFile<'r>,
    /// Looks up addresses of Google Cloud.
    pub address_of: AddressOf<'r>,
    /// The charts of repositories.
    pub charts: &'r RemoteCharts,
    /// What supplies dependencies that `charts/` lacks.
    pub supply: Option<&'r dyn SupplyDependencies>,
    /// Whether links may lead out of a chart.
    pub links: LinkPolicy,
    /// Which findings count; nothing is judged without it.
    pub judgement: Option<&'r Judgement>,
    /// What paths in findings are relative to.
    pub report_root: ReportRoot,
    /// Makes the clock and the random numbers of a rendering.
    pub make_world: &'r dyn Fn() -> Box<dyn World>,
    /// The texts of files that were decrypted.
    pub decrypted: &'r RefCell<SecretValues>,
}

/// Why an environment cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A program failed.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// There is no namespace.
    #[error("environment `{0}` has no namespace: add `namespace` to it, or name one with --namespace")]
    NoNamespace(String),
    /// A file of resources cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What happens to a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is installed.
    Install,
    /// It is upgraded.
    Upgrade,
    /// It stays as it is.
    Unchanged,
}

impl Action {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Upgrade => "upgrade",
            Self::Unchanged => "unchanged",
        }
    }
}

/// A release that is planned.
pub struct PlannedRelease {
    /// Its name.
    pub name: String,
    /// The releases that it is rolled back together with.
    pub group: Option<String>,
    /// What happens to it.
    pub action: Action,
    /// Name and version of its chart.
    pub chart: String,
    /// The SHA-256 of the archive that Helm gets.
    pub chart_digest: String,
    /// What Helm has of it.
    pub was: Option<StoredRelease>,
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
    /// The values for Helm. They may hold secrets.
    pub(super) document: Vec<u8>,
    /// What is rendered.
    pub rendered: RenderedRelease,
}

/// Files that are applied as they are.
pub struct PlannedResources {
    /// The release that names them; empty for those of a releases file.
    pub name: String,
    /// The files, or the directory of a kustomization.
    pub paths: Vec<PathBuf>,
    /// What kubectl gets.
    pub(super) text: Vec<u8>,
    /// Whether anything would change.
    pub differs: bool,
    /// What would change, as kubectl shows it, without secrets.
    pub lines: String,
}

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

    /// Whether something keeps it from being carried out.
    pub fn is_refused(&self, judgement: Option<&Judgement>) -> bool {
        let fails = |release: &PlannedRelease| {
            !release.refused.is_empty() || judgement.is_some_and(|judgement| judgement.fails(&release.findings))
        };
        !self.refused.is_empty() || self.releases.iter().any(fails)
    }

    /// A text that stands for all that is applied and for what it is applied to: another one means that something moved.
    pub fn digest(&self) -> String {
        let mut parts = vec![self.environment.clone()];
        for resources in &self.resources {
            parts.push(sha256_hex(&resources.text));
            parts.push(resources.lines.clone());
        }
        for release in &self.releases {
            let revision = release.was.as_ref().map_or(0, |was| was.revision);
            let rendered: Vec<u8> = release
                .rendered
                .documents()
                .flat_map(|document| document.text().to_vec())
                .collect();
            let (digest, rendered) = (&release.chart_digest, sha256_hex(&rendered));
            parts.push(format!("{} {revision} {digest} {rendered}", release.name));
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
    let mut stored = cluster.newest_releases()?;
    let mut plan = EnvironmentPlan {
        environment: request.environment.name.text.clone(),
        kube_version,
        resources: Vec::new(),
        releases: Vec::new(),
        refused: Vec::new(),
        lacks_namespace: false,
        notes: Vec::new(),
    };
    // Where nothing is installed, nothing may be there at all.
    plan.lacks_namespace = stored.is_empty() && lacks_namespace(cluster);
    let is_meant = |release: &&Release| request.releases.is_empty() || request.releases.contains(&release.name.text);
    for release in request.environment.releases.iter().filter(is_meant) {
        match &release.deploys {
            Deploys::Resources(files) => plan.resources.push(plan_resources(request, cluster, release, files)?),
            Deploys::Kustomization(path) => plan
                .resources
                .push(plan_kustomization(request, cluster, release, path)?),
            Deploys::Directory(_) | Deploys::Chart { .. } => {
                let was = stored.remove(&release.name.text);
                match plan_release(request, cluster, release, was, &mut plan) {
                    Ok(planned) => plan.releases.push(planned),
                    Err(refusal) => plan.refused.push(RefusedRelease {
                        name: release.name.text.clone(),
                        refusal,
                    }),
                }
            }
        }
    }
    add_drift(&mut plan, cluster)?;
    let lacks_namespace = plan.lacks_namespace;
    for release in plan
        .releases
        .iter_mut()
        .filter(|release| release.action != Action::Unchanged)
    {
        release.refused = refused_objects(cluster, &release.rendered, lacks_namespace);
    }
    Ok(plan)
}

/// Whether the namespace is not there. Who may not ask finds out later.
fn lacks_namespace(cluster: &LiveCluster<'_>) -> bool {
    matches!(cluster.find(&["namespace", &cluster.target.namespace]), Ok(None))
}

fn plan_release(
    request: &PlanRequest<'_>,
    cluster: &LiveCluster<'_>,
    release: &Release,
    was: Option<StoredRelease>,
    plan: &mut EnvironmentPlan,
) -> Result<PlannedRelease, RenderRefusal> {
    validate_release_name(&release.name.text).map_err(|error| error.to_string())?;
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
    let is_there = was.as_ref().is_some_and(|was| is_installed(was.info.status));
    let named = RenderedName {
        name: release.name.text.clone(),
        namespace: cluster.target.namespace.clone(),
        operation: if is_there {
            Operation::Upgrade
        } else {
            Operation::Install
        },
    };
    let capabilities = capabilities(cluster, &chart, plan)?;
    let mut more_secrets = SecretValues::default();
    more_secrets.extend(&request.decrypted.borrow());
    let with = ReleaseRendering {
        release: &named,
        capabilities: &capabilities,
        more_secrets,
    };
    let mut world = LiveWorld {
        plain: (request.make_world)(),
        cluster,
    };
    let checked_values = given.clone();
    let rendered = RenderedRelease::new(&chart, given, with, &mut world)?;
    let label = release.name.text.as_str();
    let differences = rendered.difference(was.as_ref().filter(|_| is_there), label)?;
    let action = action(was.as_ref(), &chart, differences.is_empty());
    let findings = if action == Action::Unchanged {
        Vec::new()
    } else {
        judge(request, release, (&chart, checked_values), plan)
    };
    Ok(PlannedRelease {
        name: release.name.text.clone(),
        group: release.group.clone(),
        action,
        chart: format!("{}-{}", chart.chart.name(), chart.chart.metadata.version),
        chart_digest: chart.digest,
        was,
        differences,
        drift: Vec::new(),
        images: images_of(&rendered),
        findings,
        refused: Vec::new(),
        archive: chart.archive,
        document: rendered.document()?,
        rendered,
    })
}

/// The cluster as templates see it. Its APIs are asked for where a template may look at them.
fn capabilities(
    cluster: &LiveCluster<'_>,
    chart: &ReleaseChart,
    plan: &EnvironmentPlan,
) -> Result<Capabilities, RenderRefusal> {
    const WORD: &[u8] = b"APIVersions";
    let has_word = |file: &ChartFile| memchr::memmem::find(&file.data, WORD).is_some();
    let apis = if chart.chart.raw.iter().any(has_word) || !chart.chart.dependencies.is_empty() {
        cluster.api_versions().map_err(|error| error.to_string())?
    } else {
        Vec::new()
    };
    Ok(Capabilities::of_cluster(plan.kube_version.clone(), apis))
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
    (chart, given): (&ReleaseChart, crate::check::run::GivenValues),
    plan: &mut EnvironmentPlan,
) -> Vec<Finding> {
    let Some(judgement) = request.judgement else {
        return Vec::new();
    };
    let minor = u8::try_from(plan.kube_version.minor).unwrap_or(u8::MAX);
    let nearest = minor.clamp(*EMBEDDED_MINORS.start(), *EMBEDDED_MINORS.end());
    let version = SupportedVersion {
        text: format!("1.{nearest}"),
        kube_version: plan.kube_version.clone(),
        minor: nearest,
    };
    if nearest != minor {
        let note = format!(
            "the cluster has Kubernetes {}, and objects are judged by the schemas of 1.{nearest}",
            plan.kube_version.version
        );
        if !plan.notes.contains(&note) {
            plan.notes.push(note);
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
            plan.notes.push(format!("{} is not judged: {error}", release.name.text));
            Vec::new()
        }
    }
}

/// Adds what differs in the cluster, and upgrades what does.
fn add_drift(plan: &mut EnvironmentPlan, cluster: &LiveCluster<'_>) -> Result<(), PlanError> {
    let namespace = cluster.target.namespace.as_str();
    let mut applied: BTreeMap<usize, Vec<Applied>> = BTreeMap::new();
    for (place, release) in plan.releases.iter().enumerate() {
        if let Some(was) = release
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
        let rendered = &release.rendered;
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

/// Files that are applied as they are.
fn plan_resources(
    request: &PlanRequest<'_>,
    cluster: &LiveCluster<'_>,
    release: &Release,
    files: &[PathBuf],
) -> Result<PlannedResources, PlanError> {
    let mut text = Vec::new();
    for path in files {
        let read = (request.read)(&request.directory.join(path));
        let found = read.map_err(|source| PlanError::Read {
            path: path.clone(),
            source,
        })?;
        text.extend_from_slice(b"---\n");
        text.extend_from_slice(&found);
        text.push(b'\n');
    }
    compared_resources(cluster, release, files.to_vec(), text)
}

/// What kubectl makes of a kustomization.
fn plan_kustomization(
    request: &PlanRequest<'_>,
    cluster: &LiveCluster<'_>,
    release: &Release,
    path: &Path,
) -> Result<PlannedResources, PlanError> {
    let place = request.directory.join(path).display().to_string();
    let text = cluster
        .programs
        .output(&cluster.target.kubectl(["kustomize", &place]), b"")?;
    compared_resources(cluster, release, vec![path.to_owned()], text)
}

fn compared_resources(
    cluster: &LiveCluster<'_>,
    release: &Release,
    paths: Vec<PathBuf>,
    text: Vec<u8>,
) -> Result<PlannedResources, PlanError> {
    let call = cluster.target.kubectl(["--namespace", &cluster.target.namespace]);
    let call = call.and(["diff", "--server-side", "--field-manager=chartwright", "-f", "-"]);
    let ended = cluster.programs.run(&call, &text)?;
    let mut secrets = SecretValues::default();
    secrets.add_text(&text);
    let differs = match ended.code() {
        Some(0) => false,
        Some(1) => true,
        // The namespace may not be there yet.
        _ if ["(NotFound)", "no matches for kind"]
            .iter()
            .any(|mark| ended.words.contains(mark)) =>
        {
            true
        }
        _ => return Err(ended.failure().without(&secrets).into()),
    };
    let lines = String::from_utf8_lossy(&ended.output).into_owned();
    Ok(PlannedResources {
        name: release.name.text.clone(),
        paths,
        text,
        differs,
        lines: secrets
            .hide(&crate::check::finding::without_secrets(&lines))
            .into_owned(),
    })
}
