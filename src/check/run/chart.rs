//! One chart: its files, and what it renders to with each of its values for each Kubernetes version.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::coverage::{ChartCoverage, Collected};
use crate::check::explain::{
    explain_kube_version, explain_load, explain_missing_dependencies, explain_neighbour, hidden, secrets_of_chart,
    secrets_of_values,
};
use crate::check::finding::{Finding, FindingList, Location, SecretValues, join};
use crate::check::lint::chart::{
    check_ignore_comments, check_maintainers, check_outside_links, check_package_junk, check_secrets,
    check_unused_values, check_version_increment, outside_link_findings,
};
use crate::check::lint::helm::{ChartSource, lint_files};
use crate::engine::chart::{
    ArchiveError, Chart, LinkPolicy, LoadError, LocalDependencyError, LocalFiles, files_with_dependencies, load_files,
};
use crate::engine::render::refuse_kube_version;
use crate::engine::template::World;
use crate::kubernetes::validate::{CustomSchemas, Options as ValidateOptions, Status, Target, check_text};
use crate::kubernetes::version::{KubeVersion, embedded_versions};
use crate::text::limits::{
    BYTES_OF_A_STEP, CHART_STEPS, FILE_BYTES, STEPS_OF_A_DOCUMENT, STEPS_OF_A_FINDING, STEPS_OF_A_RENDERING,
};
use crate::text::ordered::CollectOrdered as _;
use crate::text::rule::{Rule, Severity};
use crate::text::source::{Named, SourceFile, join_shown, read_file, read_inside};

use super::charts::CheckTargets;
use super::images::RenderingImages;
use super::judged::Judged;
use super::request::CheckRequest;
use super::subject::Subject;
use super::values::{ChartValues, chart_values};
use super::variant::{Compiled, Variant, VariantState, Watching, check_variant, see_variant};

/// What a chart says of itself.
const CHART_FILE: &str = "Chart.yaml";
/// Ending of files that hold definitions of templates alone.
const PARTIAL: &str = ".tpl";

/// How much of a chart is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Its files and its renderings.
    Whole,
    /// Its files; it is rendered with the chart it belongs to.
    Files,
}

/// Counts of a chart's renderings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Renderings in which no template failed.
    pub renderings: usize,
    /// Documents validated.
    pub documents: usize,
    /// Documents without a schema.
    pub skipped: usize,
    /// Rules of definitions that could not be evaluated for a document, and so count as satisfied.
    pub unevaluated: usize,
}

/// The result for one chart.
#[derive(Debug, Clone, Default)]
pub struct CheckedChart {
    /// Directory or archive, as given.
    pub source: PathBuf,
    /// The same as reports show it.
    pub path: String,
    /// Name, or the path when the chart does not load.
    pub name: String,
    /// Version, empty when the chart does not load.
    pub version: String,
    /// How much was done.
    pub rendered: Rendered,
    /// What was found.
    pub findings: Vec<Finding>,
    /// The images of its renderings for the newest of the Kubernetes versions, if they are wanted.
    pub images: Vec<RenderingImages>,
    /// What its renderings reach, if that is wanted and it is rendered.
    pub coverage: Option<ChartCoverage>,
    /// What the findings must not show.
    pub secrets: SecretValues,
}

/// Why nothing is rendered of a library chart.
pub const LIBRARY_CHART: &str = "a library chart renders nothing by itself";

impl CheckedChart {
    /// Whether it should have been rendered, and no rendering is complete. A library chart is not rendered, which is not a fault.
    pub fn is_unrendered(&self) -> bool {
        let has_error = || self.findings.iter().any(|finding| finding.severity == Severity::Error);
        self.rendered.renderings == 0 && (self.coverage.is_some() || has_error())
    }
}

/// Checks a chart in all ways the request asks for.
pub(super) fn check_chart(
    subject: Subject<'_>,
    scope: Scope,
    request: &CheckRequest,
    targets: &CheckTargets,
    world: &mut dyn World,
) -> CheckedChart {
    let path = subject.shown(&request.report_root);
    let mut checked = CheckedChart {
        source: subject.path().to_owned(),
        name: path.clone(),
        path,
        ..CheckedChart::default()
    };
    if let Some(directory) = subject.directory() {
        if request.links == LinkPolicy::StayInside {
            checked.findings = check_outside_links(directory, &checked.path);
            if !checked.findings.is_empty() {
                checked.hide_secrets();
                return checked;
            }
        }
        checked.findings = check_secrets(&[directory.to_owned()], &request.report_root).findings;
    }
    match load(subject, &checked.path, request) {
        Ok((files, chart)) => {
            checked.check_loaded(&files, &chart, (subject, scope), request, targets, world);
            if let Some(coverage) = &mut checked.coverage {
                coverage.secrets = secrets_of_chart(&chart);
                for file in &coverage.files {
                    coverage.secrets.add_text(file.file.text());
                }
            }
            // Once for all renderings.
            let has_images = checked.images.iter().any(|found| !found.images.is_empty());
            if !checked.findings.is_empty() || has_images {
                let secrets = secrets_of_chart(&chart);
                checked.images.iter_mut().for_each(|found| found.hide(&secrets));
                checked.secrets.extend(&secrets);
            }
        }
        Err(failure) => checked.report_failure(*failure, subject),
    }
    checked.hide_secrets();
    let mut list = FindingList::default();
    list.extend(join(checked.findings));
    checked.findings = list.into_findings();
    checked
}

/// Why a chart cannot be loaded, as a finding.
pub(in crate::check) type LoadFailure = Box<Finding>;

/// A chart with its `file://` neighbours, and its files as Helm's rules read them.
pub(in crate::check) fn load(
    subject: Subject<'_>,
    shown: &str,
    request: &CheckRequest,
) -> Result<(ChartSource, Chart), LoadFailure> {
    let directory = subject.directory();
    let read = |name: &str| read_file(&directory?.join(name), Named::ByInput, FILE_BYTES).ok();
    let explained = |error: &LoadError| Box::new(explain_load(shown, error, &read));
    let (local, shown) = if let Some(source) = directory {
        let supply = request.supply.as_deref().map(|supply| supply as _);
        let files = files_with_dependencies(source, request.links, supply)
            .map_err(|error| neighbour_failure(&error, source, shown, request))?;
        (files, shown.to_owned())
    } else {
        let unreadable = |message: String| {
            let place = Location::whole(SourceFile::without_text(shown));
            let is_other_file = message == ArchiveError::NotGzip.to_string();
            let finding = Finding::new(Rule::ChartLoad, place, message);
            Box::new(if is_other_file {
                finding.with_help("name the directory that holds Chart.yaml, or a .tgz")
            } else {
                finding
            })
        };
        let local = LocalFiles {
            files: subject.unpacked().map_err(unreadable)?,
            neighbours: Vec::new(),
        };
        (local, format!("{shown}!"))
    };
    let neighbours: Vec<(String, String)> = local
        .neighbours
        .iter()
        .map(|(inside, path)| (inside.clone(), request.report_root.shown(path)))
        .collect();
    let mut chart = load_files(local.files.clone()).map_err(|error| explained(&error))?;
    chart.place_at(&shown, &neighbours);
    if let Some(directory) = directory {
        chart.read_from(directory, &local.neighbours);
    }
    Ok((
        ChartSource::from_files(subject.path(), &shown, local.files, neighbours),
        chart,
    ))
}

/// A chart, or one that it takes from beside it, that is not what it should be.
fn neighbour_failure(error: &LocalDependencyError, chart: &Path, shown: &str, request: &CheckRequest) -> LoadFailure {
    let own_file = || {
        let path = join_shown(shown, CHART_FILE);
        read_file(&chart.join(CHART_FILE), Named::ByInput, FILE_BYTES).map_or_else(
            |_| SourceFile::without_text(path.as_str()),
            |text| SourceFile::new(path.as_str(), text),
        )
    };
    match error {
        // No file there could hold a finding.
        LocalDependencyError::Load { directory, .. } if !directory.is_dir() && directory != chart => {
            let message = format!("there is no chart at {}", request.report_root.shown(directory));
            let is_there = |repository: &str| {
                let path = repository.strip_prefix("file://").map(|path| chart.join(path));
                path.is_some_and(|path| path == *directory)
            };
            Box::new(explain_neighbour(own_file(), &message, &|_, repository| {
                is_there(repository)
            }))
        }
        LocalDependencyError::OutsideLinks { directory, links } => {
            let found = outside_link_findings(links, &request.report_root.shown(directory));
            let first = found.into_iter().next();
            Box::new(
                first.unwrap_or_else(|| {
                    Finding::new(Rule::LinkLeavesChart, Location::whole(own_file()), error.to_string())
                }),
            )
        }
        LocalDependencyError::Load { directory, source } => {
            let read = |name: &str| match request.links {
                LinkPolicy::StayInside => read_inside(directory, &directory.join(name), FILE_BYTES).ok().flatten(),
                LinkPolicy::Follow => read_file(&directory.join(name), Named::ByInput, FILE_BYTES).ok(),
            };
            Box::new(explain_load(&request.report_root.shown(directory), source, &read))
        }
        LocalDependencyError::Version { name: wanted, .. } | LocalDependencyError::Name { name: wanted, .. } => {
            Box::new(explain_neighbour(own_file(), &error.to_string(), &|name, _| {
                name == wanted
            }))
        }
        LocalDependencyError::Supply { source, .. } => {
            Box::new(explain_neighbour(own_file(), &error.to_string(), &|name, _| {
                name == source.dependency
            }))
        }
        LocalDependencyError::TooDeep(_) | LocalDependencyError::TooLarge(_) => {
            Box::new(explain_neighbour(own_file(), &error.to_string(), &|_, _| false))
        }
    }
}

impl CheckedChart {
    fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
    }

    /// Adds the images of a rendering for the newest of the Kubernetes versions, without secrets of its values.
    fn add_images(&mut self, values: &ChartValues, images: BTreeSet<String>, is_newest: bool) {
        if !is_newest {
            return;
        }
        let rendering = values.label.clone();
        let mut found = RenderingImages { rendering, images };
        if !found.images.is_empty() {
            found.hide(&secrets_of_values(&values.given, &values.values));
        }
        self.images.push(found);
    }

    /// Hides secrets: those of its renderings, and those of the files that findings are about.
    fn hide_secrets(&mut self) {
        let mut secrets = std::mem::take(&mut self.secrets);
        let files = self.findings.iter().map(|finding| &finding.primary.file);
        let files: BTreeMap<&str, &SourceFile> = files.map(|file| (file.path(), file)).collect_map();
        for file in files.into_values() {
            secrets.add_text(file.text());
        }
        self.findings = hidden(std::mem::take(&mut self.findings), secrets);
    }

    /// The chart does not load. Helm's rules may know better why.
    fn report_failure(&mut self, failure: Finding, subject: Subject<'_>) {
        let files = match subject {
            Subject::Path(path) => ChartSource::open(path, &self.path),
            Subject::Archive(archive) => ChartSource::from_archive(subject.path(), &self.path, &archive.bytes),
        };
        if let Ok(files) = files {
            self.add(lint_files(&files, None));
        }
        let file = &failure.primary.file;
        let is_known = self
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::Error && finding.primary.file == *file);
        if !is_known {
            self.add([failure]);
        }
    }

    fn check_loaded(
        &mut self,
        source: &ChartSource,
        chart: &Chart,
        (subject, scope): (Subject<'_>, Scope),
        request: &CheckRequest,
        targets: &CheckTargets,
        world: &mut dyn World,
    ) {
        chart.name().clone_into(&mut self.name);
        self.version.clone_from(&chart.metadata.version);
        self.add(lint_files(source, Some(chart)));
        self.add(check_package_junk(chart));
        self.add(check_maintainers(chart));
        let base = request.version_bases.get(subject.path());
        self.add(base.and_then(|base| check_version_increment(chart, base)));
        let own = chart.raw.iter().filter(|file| !file.name.starts_with("charts/"));
        let comments: Vec<Finding> = own
            .flat_map(|file| check_ignore_comments(&chart.source_of(file)))
            .collect();
        self.add(comments);
        if scope == Scope::Files || chart.metadata.is_library() {
            return;
        }
        match explain_missing_dependencies(chart) {
            None => self.render_all(chart, subject.directory(), request, targets, world),
            // Helm refuses to render the chart, and whatever a rendering would show is only a consequence.
            Some(missing) => self.add([missing]),
        }
    }

    /// The versions that a chart accepts; if there is none, that is a finding.
    fn accepted_versions<'t>(
        &mut self,
        chart: &Chart,
        targets: &'t CheckTargets,
    ) -> Vec<(&'t KubeVersion, &'t Target)> {
        let accepts = |version: &KubeVersion| refuse_kube_version(chart, version).is_none();
        let all_versions = targets.versions.iter().zip(&targets.schemas);
        let accepted: Vec<(&KubeVersion, &Target)> = all_versions.filter(|(version, _)| accepts(version)).collect();
        if accepted.is_empty() {
            let versions: Vec<&str> = targets
                .versions
                .iter()
                .map(|version| version.version.trim_start_matches('v'))
                .collect();
            self.add([explain_kube_version(chart, &versions.join(", "))]);
        }
        accepted
    }

    fn render_all(
        &mut self,
        chart: &Chart,
        directory: Option<&Path>,
        request: &CheckRequest,
        targets: &CheckTargets,
        world: &mut dyn World,
    ) {
        self.check_definitions(chart, request, targets);
        let (all, unreadable) = chart_values(chart, directory, request);
        self.add(unreadable);
        let accepted = self.accepted_versions(chart, targets);
        if accepted.is_empty() {
            return;
        }
        let mut state = variant_state(chart, request, &targets.schemas);
        let newest = accepted
            .iter()
            .filter(|_| request.find_images.is_some())
            .map(|(_, schemas)| schemas.catalog.minor())
            .max();
        let mut collected = Collected::default();
        let mut unused = None;
        let mut list = FindingList::default();
        let (mut refusals, mut rendered) = (Vec::new(), None);
        let read = values_bytes(chart);
        let (mut steps, mut made) = (0, 0);
        'renderings: for (values_index, values) in all.iter().enumerate() {
            for (version_index, &(kube_version, schemas)) in accepted.iter().enumerate() {
                if steps > CHART_STEPS || list.is_full() {
                    list.push_last(not_rendered(chart, all.len() * accepted.len() - made));
                    break 'renderings;
                }
                let variant = Variant {
                    values,
                    kube_version,
                    minor: schemas.catalog.minor(),
                    loaded: (values_index == 0 && version_index == 0).then_some(chart),
                    api_versions: &request.api_versions,
                    watching: if request.coverage {
                        Watching::Runs
                    } else {
                        Watching::Off
                    },
                };
                let mut found = check_variant(chart, &variant, request, &mut state, world);
                if let Some(seen) = found.seen.take() {
                    collected.add(&values.label, found.is_complete, seen);
                }
                unused = unused.or(found.unused);
                self.rendered.renderings += usize::from(found.is_complete);
                self.rendered.documents += found.documents;
                self.rendered.skipped += found.skipped;
                self.rendered.unevaluated += found.unevaluated;
                self.secrets.extend(&found.secrets);
                self.add_images(values, found.images, newest == Some(schemas.catalog.minor()));
                let judged = found.documents + found.skipped;
                steps += STEPS_OF_A_DOCUMENT * judged as u64 + STEPS_OF_A_FINDING * found.findings.len() as u64;
                list.add_rendering(found.findings);
                refusals.extend(found.refusals);
                rendered = rendered.or_else(|| found.is_complete.then_some(values));
                made += 1;
                let given: usize = values.given.files.iter().map(|file| file.text().len()).sum();
                steps += STEPS_OF_A_RENDERING + found.steps + (read + given) as u64 / BYTES_OF_A_STEP;
            }
        }
        if request.coverage {
            if let Some(values) = all.first().filter(|_| collected.is_version_open()) {
                see_other_versions(chart, values, request, &mut state, (&mut collected, world));
            }
            self.coverage = Some(collected.finish(chart));
        }
        let other = rendered.filter(|values| !values.are_defaults && !request.require_defaults);
        list.add_rendering(
            refusals
                .into_iter()
                .map(|refusal| judged_refusal(refusal, other))
                .collect(),
        );
        self.add(list.into_findings());
        let first = all.first();
        let unused = unused.or_else(|| {
            first.map(|ChartValues { values, given, .. }| {
                check_unused_values(chart, values, given, &request.namespace, world)
            })
        });
        self.add(unused.unwrap_or_default());
    }

    /// Whether Helm's rules have said already that a file of `crds/` holds something else than definitions.
    fn is_refused_by_helm(&self, file: &SourceFile) -> bool {
        let rules = [Rule::CrdFormat, Rule::CrdKind, Rule::CrdApiVersion];
        self.findings
            .iter()
            .any(|finding| finding.primary.file == *file && rules.iter().any(|&rule| finding.rule == rule.into()))
    }

    /// The definitions in `crds/`, which Helm installs as they are.
    fn check_definitions(&mut self, chart: &Chart, request: &CheckRequest, targets: &CheckTargets) {
        let Some(target) = targets.schemas.last() else { return };
        let files = chart
            .raw
            .iter()
            .filter(|file| file.name.starts_with("crds/") && !file.name.ends_with(PARTIAL));
        for file in files {
            let source = chart.source_of(file);
            for resource in check_text(&file.data, std::slice::from_ref(target), &request.validation) {
                self.rendered.documents += 1;
                if resource.status == Status::Skipped {
                    continue;
                }
                for violation in &resource.violations {
                    let place = Location::at(source.clone(), violation.offset);
                    let mut finding = Finding::of_violation(&resource, violation, place);
                    if is_duplicate_key(&finding) {
                        finding.severity = Severity::Warning;
                    } else if violation.rule == Rule::Document.into() && self.is_refused_by_helm(&source) {
                        continue;
                    }
                    self.findings.push(finding);
                }
            }
        }
    }
}

/// What the renderings of a chart have in common: its own definitions are known to all.
pub(in crate::check) fn variant_state<'r>(
    chart: &Chart,
    request: &CheckRequest,
    targets: &'r [Target],
) -> VariantState<'r> {
    let mut custom = CustomSchemas::default();
    for definition in chart.crds(chart.name()) {
        custom.add_text(&definition.file.data);
    }
    let validation = ValidateOptions {
        custom: Some(Arc::new(custom)),
        ..request.validation.clone()
    };
    VariantState {
        compiled: Compiled::default(),
        judged: Judged::new(targets, validation, request.find_images),
    }
}

/// What a chart does for the other versions of Kubernetes that it accepts.
fn see_other_versions(
    chart: &Chart,
    values: &ChartValues,
    request: &CheckRequest,
    state: &mut VariantState<'_>,
    (collected, world): (&mut Collected, &mut dyn World),
) {
    let versions = embedded_versions().map(|version| version.kube_version);
    for kube_version in versions.filter(|version| refuse_kube_version(chart, version).is_none()) {
        let variant = Variant {
            values,
            kube_version: &kube_version,
            minor: 0,
            loaded: None,
            api_versions: &request.api_versions,
            watching: Watching::Runs,
        };
        if let Some(seen) = see_variant(chart, &variant, request, state, world) {
            collected.add_other_version(seen);
        }
    }
}

/// Why templates refuse the defaults: no fault of a chart that renders with other values, since whoever installs it is to give some.
fn judged_refusal(refusal: Finding, other: Option<&ChartValues>) -> Finding {
    match other {
        Some(values) => refusal.with_severity(Severity::Info).with_note(format!(
            "the chart renders with {}; --require-defaults makes this an error",
            values.label
        )),
        None => refusal,
    }
}

/// Bytes of the values of a chart and its subcharts, which each rendering puts together.
fn values_bytes(chart: &Chart) -> usize {
    let own = chart.raw.iter().find(|file| file.name == "values.yaml");
    let inner: usize = chart.dependencies.iter().map(values_bytes).sum();
    inner + own.map_or(0, |file| file.data.len())
}

/// Renderings that are not made, since those before took too long.
fn not_rendered(chart: &Chart, count: usize) -> Finding {
    let message = format!(
        "{count} renderings are not made and not judged: those before exceed the limit of {CHART_STEPS} steps of all of them, \
         or have too many findings"
    );
    let place = Location::whole(chart.source_file(CHART_FILE));
    Finding::new(Rule::NotChecked, place, message)
        .with_help("check fewer values files or Kubernetes versions at once; docs/limits.md lists the limits")
}

/// Whether a mapping has a key twice: the last one counts for Helm.
pub(in crate::check) fn is_duplicate_key(finding: &Finding) -> bool {
    finding.rule == Rule::Document.into() && finding.message.contains("already set")
}
