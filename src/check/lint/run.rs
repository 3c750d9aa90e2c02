//! All rules over one chart, in Helm's order.

use crate::engine::template::{Map, World};
use crate::engine::values::deep_copy_map;
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
}

/// Runs every rule over a chart.
pub fn lint_chart(
    source: &ChartSource,
    values: &Map,
    options: &LintOptions,
    world: &mut dyn World,
) -> Vec<LintMessage> {
    let mut messages = Messages::default();
    let values = &deep_copy_map(values);
    super::chart_file::check(source, &mut messages);
    super::values_file::check(source, values, options, &mut messages);
    super::templates::check(source, values, options, world, &mut messages);
    super::dependencies::check(source, &mut messages);
    super::crds::check(source, &mut messages);
    messages.list
}
