//! All rules over one chart, in Helm's order.

use std::sync::Arc;

use crate::check::explain::{Given, secrets_of_chart, secrets_of_values};
use crate::check::finding::{Finding, SecretValues};
use crate::engine::chart::{Chart, Compat};
use crate::engine::template::{Dict, Map, World};
use crate::engine::values::{FetchDocument, deep_copy_map};
use crate::kubernetes::version::KubeVersion;
use crate::text::rule::Severity;

use super::chart_source::ChartSource;
use super::message::{LintMessage, Messages};

/// What `helm lint`'s flags say.
#[derive(Debug, Clone)]
pub struct LintOptions {
    /// `.Release.Namespace`
    pub namespace: String,
    /// For capabilities and deprecations.
    pub kube_version: Option<KubeVersion>,
    /// API versions besides those of Kubernetes, for capabilities.
    pub api_versions: Vec<String>,
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
    /// What Helm logs meanwhile, without secrets.
    pub notices: Vec<String>,
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
    let Messages { mut list, notices, .. } = messages;
    let mut lines: Vec<String> = notices.iter().map(|notice| notice.line(Compat::Helm4)).collect();
    // Others have fixed words.
    let may_quote = |message: &LintMessage| message.finding.severity != Severity::Info;
    if !lines.is_empty() || list.iter().any(may_quote) {
        let secrets = secrets(source, values);
        for message in &mut list {
            message.hide(&secrets);
        }
        for line in &mut lines {
            *line = secrets.hide(line).into_owned();
        }
    }
    LintOutcome {
        messages: list,
        notices: lines,
    }
}

/// The secrets of a chart and of the values that it is linted with.
fn secrets(source: &ChartSource, values: &Map) -> SecretValues {
    let mut secrets = secrets_of_values(&Given::default(), values);
    match source.load(&mut Vec::new()) {
        Ok(chart) => secrets.extend(&secrets_of_chart(&chart)),
        Err(_) => secrets.add_text(&source.read("values.yaml").unwrap_or_default()),
    }
    secrets
}

/// The findings of those of Helm's rules that need no rendering.
///
/// `chart` is the chart, where it loads; why it does not is reported by its loader.
pub fn lint_files(source: &ChartSource, chart: Option<&Chart>) -> Vec<Finding> {
    let options = LintOptions {
        namespace: String::new(),
        kube_version: None,
        api_versions: Vec::new(),
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
