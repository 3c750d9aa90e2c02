//! What charts are checked with. `lint` and `ci` make one from their flags and configuration, and hand it to the same function.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::check::explain::Given;
use crate::check::finding::Judgement;
use crate::check::lint::chart::VersionBase;
use crate::engine::chart::{LinkPolicy, SupplyDependencies};
use crate::engine::template::{Dict, Map};
use crate::engine::values::{FetchDocument, UserValues, UserValuesError};
use crate::kubernetes::validate::Options as ValidateOptions;
use crate::kubernetes::version::SupportedVersion;
use crate::text::source::ReportRoot;

use super::environment::DeployedEnvironment;

/// Values files of a chart that are rendered unless others are named: globs relative to the chart.
pub const DEFAULT_VALUES: [&str; 2] = ["values-*.yaml", "ci/*.yaml"];

/// Values from the command line. Texts, so that threads can merge them for themselves: merged values belong to one thread.
#[derive(Debug, Clone, Default)]
pub struct GivenValues {
    /// What renderings with them are called.
    pub label: String,
    /// All that was given.
    pub values: UserValues,
    /// Contents of the files that `--set-file` names, by their names.
    pub set_files: BTreeMap<String, Vec<u8>>,
    /// Where each value comes from.
    pub sources: Given,
}

impl GivenValues {
    /// Everything merged, as `template` merges it.
    ///
    /// # Errors
    /// When a file or a flag does not parse.
    pub fn merge(&self) -> Result<Map, UserValuesError> {
        let read = |name: &str| {
            let file = self.set_files.get(name);
            file.cloned()
                .ok_or_else(|| format!("open {name}: no such file or directory"))
        };
        self.values.merge(&read)
    }

    /// Whether nothing was given.
    pub const fn is_empty(&self) -> bool {
        self.sources.files.is_empty() && self.sources.flags.is_empty()
    }
}

/// Where the values files that globs name may be, after following links. Links that may lead out of a chart may also lead out
/// of this.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ValuesRoot {
    /// In the chart's directory.
    #[default]
    Chart,
    /// In this directory.
    Directory(PathBuf),
    /// Anywhere: the globs are the user's.
    Anywhere,
}

/// A chart whose archive is at hand, because it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartArchive {
    /// What reports call it: a name that is the same in every run.
    pub name: String,
    /// The archive.
    pub bytes: Vec<u8>,
}

/// What finds the images that the objects of a rendered text name.
pub type FindImages = fn(&[u8]) -> Vec<String>;

/// Charts to check, and how.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "what flags of the commands say")]
pub struct CheckRequest {
    /// Directories or archives of charts.
    pub charts: Vec<PathBuf>,
    /// Charts that no path leads to.
    pub archives: Vec<ChartArchive>,
    /// Directories or archives of subcharts whose files are checked by themselves. They are rendered with the charts they belong
    /// to, with the values that these give them.
    pub subcharts: Vec<PathBuf>,
    /// What paths in findings are relative to.
    pub report_root: ReportRoot,
    /// Whether links may lead out of a chart.
    pub links: LinkPolicy,
    /// What supplies dependencies of other repositories that `charts/` lacks; they are missing without it.
    pub supply: Option<Arc<dyn SupplyDependencies + Send>>,
    /// Where the values files that globs name may be.
    pub values_root: ValuesRoot,
    /// Values that are given, instead of the chart's own defaults and values files.
    pub given: Option<GivenValues>,
    /// Globs of values files that are each rendered besides the defaults, relative to a chart.
    pub values: Vec<String>,
    /// Whether a chart with such values files is not rendered with its defaults.
    pub values_replace_defaults: bool,
    /// The environments that charts are deployed to, by the paths of the charts. Their values files are not rendered by themselves.
    pub environments: BTreeMap<PathBuf, Vec<DeployedEnvironment>>,
    /// Whether a chart must render with its defaults, even if its templates refuse them and other values render.
    pub require_defaults: bool,
    /// Kubernetes versions that are rendered and validated for.
    pub versions: Vec<SupportedVersion>,
    /// API versions that the clusters have besides those of Kubernetes, as `--api-versions` of Helm names them.
    pub api_versions: Vec<String>,
    /// How manifests are validated.
    pub validation: ValidateOptions,
    /// Values are not validated against values.schema.json.
    pub skip_schema_validation: bool,
    /// What fetches schemas that values.schema.json refers to; nothing is fetched without it.
    pub documents: Option<Arc<dyn FetchDocument>>,
    /// Name of the release.
    pub release_name: String,
    /// Namespace of the release.
    pub namespace: String,
    /// The charts that changed, by their paths, and what their versions must be higher than.
    pub version_bases: BTreeMap<PathBuf, VersionBase>,
    /// What finds the images of rendered objects, where they are reported; nothing looks for them without it.
    pub find_images: Option<FindImages>,
    /// Whether to report what the renderings reach of each chart.
    pub coverage: bool,
    /// Which findings count.
    pub judgement: Judgement,
}

impl CheckRequest {
    /// A request for charts, with what is usual for everything else.
    pub fn new(charts: Vec<PathBuf>, report_root: ReportRoot, versions: Vec<SupportedVersion>) -> Self {
        Self {
            charts,
            archives: Vec::new(),
            subcharts: Vec::new(),
            report_root,
            links: LinkPolicy::StayInside,
            supply: None,
            values_root: ValuesRoot::Chart,
            given: None,
            values: DEFAULT_VALUES.map(str::to_owned).to_vec(),
            values_replace_defaults: false,
            environments: BTreeMap::new(),
            require_defaults: false,
            versions,
            api_versions: Vec::new(),
            validation: ValidateOptions {
                strict: true,
                ignore_missing_schemas: true,
                ..ValidateOptions::default()
            },
            skip_schema_validation: false,
            documents: None,
            release_name: "release-name".to_owned(),
            namespace: "default".to_owned(),
            version_bases: BTreeMap::new(),
            find_images: None,
            coverage: false,
            judgement: Judgement::default(),
        }
    }
}

/// Values without any entry.
pub(super) fn no_values() -> Map {
    Map::new(Dict::new())
}
