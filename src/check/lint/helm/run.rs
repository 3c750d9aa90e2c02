//! All rules over one chart, in Helm's order.

use std::sync::Arc;

use crate::check::finding::Finding;
use crate::engine::chart::{Chart, Notice};
use crate::engine::template::{Dict, Map, World};
use crate::engine::values::{FetchDocument, deep_copy_map};
use crate::kubernetes::version::KubeVersion;

use super::chart_source::ChartSource;
use super::message::{LintMessage, Messages};

/// What `helm lint`'s flags say.
#[derive(Debug, Clone)]
pub struct LintOptions {
    /// `.Release.Namespace`
    pub namespace: String,
    /// For capabilities and deprecations.
    pub kube_version: Option<KubeVersion>,
    /// Whether values.schema.json is left alone.
    pub skip_schema_validation: bool,
    /// What fetches schemas that values.schema.json refers to; nothing is fetched without it.
    pub documents: Option<Arc<dyn FetchDocument>>,
}

/// The result of [`lint_chart`].
#[derive(Debug)]
pub struct LintOutcome {
    /// The messages, in Helm's order.
    pub messages: Vec<LintMessage>,
    /// What Helm logs meanwhile.
    pub notices: Vec<Notice>,
}

/// What `helm lint` reports: its own rules, over the files and over one rendering with the chart's defaults.
pub fn lint_chart(source: &ChartSource, values: &Map, options: &LintOptions, world: &mut dyn World) -> LintOutcome {
    let mut messages = Messages::new(source);
    let values = &deep_copy_map(values);
    super::chart_file::check(source, &mut messages);
    super::values_file::check(source, values, options, &mut messages);
    super::templates::check(source, values, options, world, &mut messages);
    super::dependencies::check(source, &mut messages);
    super::crds::check(source, &mut messages);
    LintOutcome {
        messages: messages.list,
        notices: messages.notices,
    }
}

/// The findings of those of Helm's rules that need no rendering.
///
/// `chart` is the chart, where it loads; why it does not is reported by its loader.
pub fn lint_files(source: &ChartSource, chart: Option<&Chart>) -> Vec<Finding> {
    let options = LintOptions {
        namespace: String::new(),
        kube_version: None,
        // Every rendering is checked against the schema, with the values it has.
        skip_schema_validation: true,
        documents: None,
    };
    let mut messages = Messages::new(source);
    super::chart_file::check(source, &mut messages);
    super::values_file::check(source, &Map::new(Dict::new()), &options, &mut messages);
    super::templates::check_directory(source, chart, &mut messages);
    if let Some(chart) = chart {
        super::dependencies::check_declared(source, chart, &mut messages);
        super::crds::has_directory(source, &mut messages);
        super::crds::check_chart(chart, &mut messages);
    }
    messages.list.into_iter().map(|message| message.finding).collect()
}
