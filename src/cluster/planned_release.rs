//! A release of a plan: its chart, its values and what the cluster has of it in; what is installed, upgraded or left alone, what differs, and
//! what Helm gets, out.

use std::collections::BTreeMap;

use super::blame::Explanation;
use super::helm_release::{HelmRelease, ReleaseInputs, Rendered};
use super::live::{LiveCluster, is_installed};
use super::plan_request::{Action, PlanRequest};
use super::release_chart::{ChartOrigins, ReleaseChart};
use super::rendered_release::{RenderRefusal, RenderedRelease};
use super::staging::{Staging, released_as};
use super::stored_release::{ReleaseStatus, StoredRelease};
use super::switch::SwitchedService;
use crate::check::diff::ObjectDiff;
use crate::check::finding::Finding;
use crate::check::run::{ChartArchive, CheckRequest, GivenValues, check_charts};
use crate::delivery::environment::{Deploys, Release, given_values};
use crate::delivery::image::image_names;
use crate::engine::chart::ChartFile;
use crate::engine::render::{Capabilities, FixedClock, REPRODUCIBLE_NANOS, reproducible_bytes, validate_release_name};
use crate::kubernetes::version::{EMBEDDED_MINORS, KubeVersion, SupportedVersion};
use crate::text::ordered::CollectOrdered as _;

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
    /// The Service of its strategy, where that alone is to be mended.
    pub service: Option<SwitchedService>,
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
    let chart = &inputs.chart;
    let difference = |own: &HelmRelease| {
        let installed = own.was.as_ref().filter(|_| own.is_there());
        own.rendered.difference(installed, &release.name.text)
    };
    let mut own = inputs.render(request, cluster, (&name, was, Rendered::AsItIs), None)?;
    let mut differences = difference(&own)?;
    let action = action(own.was.as_ref(), chart, differences.is_empty());
    if action == Action::Upgrade {
        own = inputs.render(request, cluster, (&name, own.was, Rendered::Next), None)?;
        differences = difference(&own)?;
    }
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
        service: None,
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
    // Its values are those of the environment: values files of the chart are those of others.
    check.values.clear();
    check.links = request.links;
    check.release_name.clone_from(&release.name.text);
    check.namespace.clone_from(&request.environment.namespace);
    check.judgement = judgement.clone();
    let make_world = || FixedClock::new(REPRODUCIBLE_NANOS, reproducible_bytes()).for_checks();
    match check_charts(&check, &make_world, &|_| {}) {
        Ok(outcome) => outcome.findings(),
        Err(error) => {
            notes.push(format!("{} is not judged: {error}", release.name.text));
            Vec::new()
        }
    }
}
