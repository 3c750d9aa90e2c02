//! The charts that a command checks: directories, archives, and charts of repositories, which are fetched.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::artifact::dependency::RepositorySupply;
use crate::check::run::{ChartArchive, CheckRequest};
use crate::engine::chart::Compat;
use crate::kubernetes::version::SupportedVersion;
use crate::text::source::ReportRoot;

use super::chart_reference::{ChartFinder, ChartReferenceFlags, Fetching, FoundChart};
use super::ci_plan::charts_below;
use super::command_error::CommandError;
use super::dependency_flags::DependencyFlags;
use super::destination_flags::read_settings;
use super::helm_flags::GlobalFlags;
use super::keyring_flags::KeyringFlags;
use super::link_flags::LinkFlags;
use super::release_flags::namespace;
use super::run_context::RunContext;
use super::schema_flags::FetchFlags;
use super::value_flags::ValueFlags;

/// Which charts, and with what they are rendered: the same for all commands that check charts.
#[derive(Debug, Args)]
pub(super) struct ChartInputFlags {
    /// Charts: directories, .tgz files, or charts of repositories (`repo/name`, `oci://…`, `https://….tgz`, a name with --repo)
    /// [default: the charts of the working directory that `ci` checks].
    #[arg(value_name = "CHART")]
    pub(super) charts: Vec<String>,
    /// Version, or a range of versions, of charts that are fetched [default: the newest that is not a pre-release].
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    #[command(flatten)]
    pub(super) links: LinkFlags,
    /// Do not validate values against values.schema.json.
    #[arg(long)]
    pub(super) skip_schema_validation: bool,
    #[command(flatten)]
    pub(super) schemas: FetchFlags,
    /// Namespace of the release.
    #[arg(short, long)]
    pub(super) namespace: Option<String>,
    /// API versions that clusters have besides those of Kubernetes, for `.Capabilities.APIVersions` (repeatable, or comma-separated).
    #[arg(short = 'a', long, value_delimiter = ',', value_name = "VERSIONS")]
    pub(super) api_versions: Vec<String>,
    // What follows has a heading in the help, which would be that of all later flags.
    #[command(flatten)]
    pub(super) values: ValueFlags,
    #[command(flatten)]
    pub(super) reference: ChartReferenceFlags,
    #[command(flatten)]
    keyring: KeyringFlags,
    #[command(flatten)]
    dependencies: DependencyFlags,
    #[command(flatten)]
    global: GlobalFlags,
}

/// What charts are checked with, and what supplies their dependencies.
pub(super) struct ChartInputs {
    pub(super) request: CheckRequest,
    pub(super) supply: Option<Arc<RepositorySupply>>,
}

impl ChartInputFlags {
    /// What finds the charts that the flags name.
    pub(super) fn finder(&self, context: RunContext) -> ChartFinder<'_> {
        let fetching = Fetching {
            version: self.version.as_deref(),
            keyring: &self.keyring,
            remote: self.dependencies.remote(),
        };
        ChartFinder::new(context, &self.reference, fetching)
    }

    /// The charts; without any, those of the working directory.
    pub(super) fn find(&self, context: RunContext) -> Result<Vec<ChartToCheck>, CommandError> {
        let mut finder = self.finder(context);
        let names = if self.charts.is_empty() {
            charts_here()?
        } else {
            self.charts.clone()
        };
        finder.check_flags(&names)?;
        names.iter().map(|name| ChartToCheck::find(&mut finder, name)).collect()
    }

    /// What charts are checked with. Values that are given are what they are rendered with; else those they are deployed with.
    pub(super) fn inputs(
        &self,
        context: RunContext,
        charts: &[ChartToCheck],
        root: &ReportRoot,
        versions: Vec<SupportedVersion>,
    ) -> Result<ChartInputs, CommandError> {
        let shown = |name: &str| root.shown(Path::new(name));
        let (given, _) = self.values.read(context, Compat::Helm4, &shown)?;
        let supply = self.dependencies.supply(context)?;
        let mut request = CheckRequest {
            archives: charts.iter().filter_map(ChartToCheck::archive).cloned().collect(),
            links: self.links.policy(),
            supply: supply.clone().map(|supply| supply as _),
            namespace: namespace(context, self.namespace.as_deref()),
            api_versions: self.api_versions.clone(),
            skip_schema_validation: self.skip_schema_validation,
            documents: self.schemas.documents(context),
            ..CheckRequest::new(paths(charts), root.clone(), versions)
        };
        if !given.is_empty() {
            request.values = Vec::new();
            request.given = Some(given);
        }
        Ok(ChartInputs { request, supply })
    }
}

/// The charts of this machine.
pub(super) fn paths(charts: &[ChartToCheck]) -> Vec<PathBuf> {
    charts
        .iter()
        .filter_map(ChartToCheck::path)
        .map(Path::to_owned)
        .collect()
}

/// A chart of the command line.
pub(super) enum ChartToCheck {
    /// A path, which need not exist.
    Here(PathBuf),
    /// The archive of another machine, by the name that it would be saved under.
    Fetched(ChartArchive),
}

impl ChartToCheck {
    /// Finds a chart by its name, and fetches it if it is elsewhere.
    pub(super) fn find(finder: &mut ChartFinder<'_>, name: &str) -> Result<Self, CommandError> {
        Ok(match finder.find(name)? {
            FoundChart::Here(path) => Self::Here(path),
            // It is reported as any path that does not exist.
            FoundChart::Nowhere(_) => Self::Here(PathBuf::from(name)),
            FoundChart::Fetched(chart) => Self::Fetched(ChartArchive {
                name: chart.file_name,
                bytes: chart.fetched.archive,
            }),
        })
    }

    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::Here(path) => Some(path),
            Self::Fetched(_) => None,
        }
    }

    pub(super) fn archive(&self) -> Option<&ChartArchive> {
        match self {
            Self::Here(_) => None,
            Self::Fetched(archive) => Some(archive),
        }
    }
}

/// The charts of the working directory that `ci` would check.
pub(super) fn charts_here() -> Result<Vec<String>, CommandError> {
    let here = Path::new(".");
    let found = charts_below(here, &read_settings(None, here)?)?;
    let shown = found.iter().map(|chart| match chart.strip_prefix(here) {
        Ok(below) if !below.as_os_str().is_empty() => below.display().to_string(),
        _ => chart.display().to_string(),
    });
    Ok(shown.collect())
}
