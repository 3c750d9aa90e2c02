//! One rendering of one state of a chart: the chart and its values in, objects out, or why Helm would not render it, in its words.

use std::sync::Arc;

use super::objects::Objects;
use crate::check::explain::{Given, secrets_of_chart, secrets_of_values};
use crate::check::finding::SecretValues;
use crate::check::run::{Compiled, GivenValues, ValuesRoot};
use crate::engine::chart::{Chart, Compat, LinkPolicy, SupplyDependencies};
use crate::engine::manifest::{sort_manifests, split_manifests};
use crate::engine::render::{
    Capabilities, Operation, Release, RenderError, SchemaCheck, refuse_kube_version, render_templates, render_values,
};
use crate::engine::template::{Options, World};
use crate::engine::values::{UserValues, ValueSource, process_dependencies};
use crate::kubernetes::version::KubeVersion;
use crate::text::limits::{BYTES_OF_A_STEP, RENDERED_DOCUMENTS, STEPS_OF_A_RENDERING};
use crate::text::source::SourceFile;
use crate::text::yaml;

/// How states are rendered.
#[derive(Debug, Clone)]
pub struct DiffSettings {
    /// Values that are given, as the old and the new state have them, instead of the charts' own.
    pub given: Option<(GivenValues, GivenValues)>,
    /// Globs of values files that are each rendered besides the defaults, relative to a chart.
    pub values: Vec<String>,
    /// Where the values files that the globs name may be.
    pub values_root: ValuesRoot,
    /// Whether a chart with such values files is not rendered with its defaults.
    pub values_replace_defaults: bool,
    /// The version of Kubernetes that is assumed.
    pub kube_version: Option<KubeVersion>,
    /// More versions of APIs that the cluster has.
    pub api_versions: Vec<String>,
    /// Name of the release.
    pub release_name: String,
    /// Namespace of the release.
    pub namespace: String,
    /// Whether links may lead out of a chart.
    pub links: LinkPolicy,
    /// What supplies dependencies that `charts/` lacks.
    pub supply: Option<Arc<dyn SupplyDependencies + Send>>,
    /// Values are not validated against values.schema.json.
    pub skip_schema_validation: bool,
}

/// One of the two states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Before.
    Old,
    /// After.
    New,
}

impl Side {
    /// The one with a name.
    pub fn find(name: &str) -> Option<Self> {
        [Self::Old, Self::New].into_iter().find(|side| side.name() == name)
    }

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Old => "before",
            Self::New => "after",
        }
    }
}

/// A rendering that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderFailure {
    /// The state.
    pub side: Side,
    /// The values; empty where the chart does not load.
    pub rendering: String,
    /// Why, in Helm's words, without secrets.
    pub message: String,
}

/// Values of one rendering, read.
pub(super) struct RenderedWith {
    pub(super) values: UserValues,
    pub(super) set_files: GivenValues,
    pub(super) given: Given,
    pub(super) release: String,
    pub(super) namespace: String,
}

impl RenderedWith {
    /// Values files, those that win last, by their names.
    pub(super) fn files(files: Vec<(String, Vec<u8>)>, release: String, namespace: String) -> Self {
        let given = Given {
            files: files
                .iter()
                .map(|(name, text)| SourceFile::new(name.as_str(), text.as_slice()))
                .collect(),
            flags: Vec::new(),
        };
        let sources = files.into_iter().map(|(name, text)| ValueSource { name, text });
        Self {
            values: UserValues {
                files: sources.collect(),
                ..UserValues::default()
            },
            set_files: GivenValues::default(),
            given,
            release,
            namespace,
        }
    }

    /// What flags give.
    pub(super) fn given(given: &GivenValues, release: String, namespace: String) -> Self {
        Self {
            values: given.values.clone(),
            set_files: given.clone(),
            given: given.sources.clone(),
            release,
            namespace,
        }
    }
}

/// What a rendering showed.
pub(super) struct RenderedState {
    pub(super) objects: Objects,
    pub(super) files: Vec<Arc<Vec<u8>>>,
}

/// A chart that is rendered several times.
pub(super) struct LoadedState {
    pub(super) chart: Chart,
    compiled: Compiled,
    /// Steps of all renderings so far.
    pub(super) steps: u64,
}

impl LoadedState {
    pub(super) fn new(chart: Chart) -> Self {
        Self {
            chart,
            compiled: Compiled::default(),
            steps: 0,
        }
    }

    /// Renders the chart once.
    ///
    /// # Errors
    /// When Helm would not. The text is Helm's, without secrets.
    pub(super) fn render(
        &mut self,
        with: &RenderedWith,
        settings: &DiffSettings,
        world: &mut dyn World,
        secrets: &mut SecretValues,
    ) -> Result<RenderedState, String> {
        let rendered = self.render_plainly(with, settings, world, secrets);
        rendered.map_err(|message| {
            let mut all = secrets_of_chart(&self.chart);
            all.extend(secrets);
            all.hide(&message).into_owned()
        })
    }

    fn render_plainly(
        &mut self,
        with: &RenderedWith,
        settings: &DiffSettings,
        world: &mut dyn World,
        secrets: &mut SecretValues,
    ) -> Result<RenderedState, String> {
        let missing = self.chart.missing_dependencies();
        if !missing.is_empty() {
            return Err(format!(
                "missing dependencies: found in Chart.yaml, but missing in charts/ directory: {}",
                missing.join(", ")
            ));
        }
        let read_file = |name: &str| {
            let file = with.set_files.set_files.get(name).cloned();
            file.ok_or_else(|| format!("open {name}: no such file or directory"))
        };
        for file in &with.given.files {
            secrets.add_text(file.text());
        }
        let values = with.values.merge(&read_file).map_err(|error| error.to_string())?;
        secrets.append(secrets_of_values(&with.given, &values));
        let mut chart = self.chart.clone();
        let mut notices = Vec::new();
        process_dependencies(&mut chart, &values, &mut notices)
            .map_err(|error| format!("chart dependencies processing failed: {error}"))?;
        let release = Release {
            name: with.release.clone(),
            namespace: with.namespace.clone(),
            operation: Operation::Install,
        };
        let capabilities = Capabilities::new(settings.kube_version.clone(), &settings.api_versions);
        let check = SchemaCheck::new(settings.skip_schema_validation, None);
        let top = render_values(&chart, &values, &release, &capabilities, check, &mut notices)
            .map_err(|error| error.to_string())?;
        if let Some(refusal) = refuse_kube_version(&chart, &capabilities.kube_version) {
            return Err(refusal);
        }
        let templates = self.compiled.of(&chart).as_ref();
        let templates = templates.map_err(|error| RenderError::Parse(error.clone()).to_string())?;
        let rendering =
            render_templates(&chart, templates, &top, Options::default(), world).map_err(|error| error.to_string())?;
        let written: usize = rendering.files.iter().map(|file| file.text.len()).sum();
        self.steps += STEPS_OF_A_RENDERING + rendering.steps + written as u64 / BYTES_OF_A_STEP;
        let sorted = sort_manifests(rendering.manifest_files()).map_err(|error| error.to_string())?;
        let mut objects = Objects::default();
        for definition in chart.crds(chart.name()) {
            for document in split_manifests(&definition.file.data, Compat::Helm4) {
                let value = yaml::json_from_bytes(document.text);
                let value = value.map_err(|error| format!("{}: {error}", definition.path))?;
                objects.add(value, &[], true, &with.namespace);
            }
        }
        for document in sorted.manifests.iter().chain(&sorted.hooks) {
            let value = yaml::json_from_bytes(document.text());
            let value = value.map_err(|error| format!("YAML parse error on {}: {error}", document.path))?;
            objects.add(value, &document.events, false, &with.namespace);
            if objects.list.len() > RENDERED_DOCUMENTS {
                return Err(format!(
                    "the rendering has more than {RENDERED_DOCUMENTS} documents, and is not compared"
                ));
            }
        }
        Ok(RenderedState {
            objects,
            files: rendering.files.into_iter().map(|file| file.text).collect(),
        })
    }
}
