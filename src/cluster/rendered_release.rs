//! A release rendered for its cluster: a chart and its values in; the objects that Helm would apply, and where each line of them comes from,
//! out. The words of failures are Helm's.

use std::cell::OnceCell;

use serde_json::Value as Json;

use super::release_chart::ReleaseChart;
use super::stored_release::StoredRelease;
use crate::check::diff::{ManifestObjects, ObjectDiff, compare_manifests};
use crate::check::explain::{
    Subject, ValueOrigins, explain_manifests, explain_schema, explain_templates, hidden, secrets_of_chart,
    secrets_of_values,
};
use crate::check::finding::{Finding, SecretValues};
use crate::check::run::GivenValues;
use crate::engine::chart::{Chart, Compat};
use crate::engine::functions::json::to_go_json;
use crate::engine::manifest::{Document, HookEvent, Manifests, sort_manifests, split_manifests};
use crate::engine::render::{
    Capabilities, Release, RenderValues, RenderValuesError, RenderedFile, SchemaCheck, refuse_kube_version,
    render_chart_with, render_values,
};
use crate::engine::template::{Map, Options, Value, World};
use crate::engine::values::process_dependencies;

/// A release that is rendered.
pub struct RenderedRelease {
    /// The chart, its dependencies processed.
    pub chart: Chart,
    /// What the environment gives it.
    given: GivenValues,
    /// That, merged.
    values: Map,
    top: RenderValues,
    /// The rendered files.
    pub files: Vec<RenderedFile>,
    /// Their documents.
    pub manifests: Manifests,
    namespace: String,
    more_secrets: SecretValues,
    secrets: OnceCell<SecretValues>,
}

/// Why a release is not rendered.
#[derive(Debug)]
pub struct RenderRefusal {
    /// In Helm's words, without secrets.
    pub message: String,
    /// What explains it.
    pub findings: Vec<Finding>,
}

impl From<String> for RenderRefusal {
    fn from(message: String) -> Self {
        Self {
            message,
            findings: Vec::new(),
        }
    }
}

/// How a release is rendered.
pub(super) struct ReleaseRendering<'r> {
    /// Its name and namespace, and whether it is there already.
    pub(super) release: &'r Release,
    /// The cluster.
    pub(super) capabilities: &'r Capabilities,
    /// Secrets that nothing in the values shows to be secrets: those of files that were decrypted, given the values.
    pub(super) more_secrets: &'r dyn Fn(&Map) -> Result<SecretValues, String>,
}

/// Values as JSON. They may hold secrets.
///
/// # Errors
/// When they cannot be written as JSON.
pub(super) fn values_as_json(values: &Map) -> Result<Json, String> {
    let text = to_go_json(&Value::Map(values.clone()))?;
    serde_json::from_slice(&text).map_err(|error| error.to_string())
}

impl RenderedRelease {
    /// Renders a chart.
    ///
    /// # Errors
    /// When Helm would not.
    pub(super) fn new(
        chart: &ReleaseChart,
        given: GivenValues,
        with: &ReleaseRendering<'_>,
        world: &mut dyn World,
    ) -> Result<Self, RenderRefusal> {
        let mut chart = chart.chart.clone();
        let values = given.merge().map_err(|error| error.to_string())?;
        let mut secrets = secrets_of_values(&given.sources, &values);
        let more_secrets = (with.more_secrets)(&values)?;
        secrets.extend(&more_secrets);
        let refusal = |message: String, findings: Vec<Finding>, chart: &Chart| {
            let mut all = secrets_of_chart(chart);
            all.extend(&secrets);
            RenderRefusal {
                message: all.hide(&message).into_owned(),
                findings: hidden(findings, all),
            }
        };
        let mut notices = Vec::new();
        if let Err(error) = process_dependencies(&mut chart, &values, &mut notices) {
            return Err(refusal(
                format!("chart dependencies processing failed: {error}"),
                Vec::new(),
                &chart,
            ));
        }
        let (release, capabilities) = (with.release, with.capabilities);
        let check = SchemaCheck::new(false, None);
        let top = match render_values(&chart, &values, release, capabilities, check, &mut notices) {
            Ok(top) => top,
            Err(error) => {
                let findings = match &error {
                    RenderValuesError::Schema(violation) => {
                        explain_schema(&chart, &values, &given.sources, &violation.to_string())
                    }
                    RenderValuesError::Coalesce(_) => Vec::new(),
                };
                return Err(refusal(error.to_string(), findings, &chart));
            }
        };
        if let Some(message) = refuse_kube_version(&chart, &capabilities.kube_version) {
            return Err(refusal(message, Vec::new(), &chart));
        }
        let options = Options {
            source_map: true,
            ..Options::default()
        };
        let subject = Subject {
            chart: &chart,
            given: &given.sources,
            values: &values,
            release,
            capabilities,
            options,
        };
        let mut rendering = match render_chart_with(&chart, &top, options, world, &mut |_| {}) {
            Ok(rendering) => rendering,
            Err(error) => {
                let findings = explain_templates(&subject, &error, world);
                return Err(refusal(error.to_string(), findings, &chart));
            }
        };
        let manifests = match sort_manifests(rendering.manifest_files()) {
            Ok(manifests) => manifests,
            Err(error) => {
                let findings = explain_manifests(&subject, world, &rendering);
                return Err(refusal(error.to_string(), findings, &chart));
            }
        };
        rendering.files.retain(RenderedFile::is_manifest);
        Ok(Self {
            given,
            values,
            top,
            files: rendering.files,
            manifests,
            namespace: release.namespace.clone(),
            more_secrets,
            secrets: OnceCell::new(),
            chart,
        })
    }

    /// The values as the one document that Helm gets on standard input. It may hold secrets.
    ///
    /// # Errors
    /// When they cannot be written as JSON.
    pub(super) fn document(&self) -> Result<Vec<u8>, String> {
        to_go_json(&Value::Map(self.values.clone()))
    }

    /// All values of the chart as JSON. They may hold secrets.
    ///
    /// # Errors
    /// When they cannot be written as JSON.
    pub(super) fn values_as_json(&self) -> Result<Json, String> {
        values_as_json(self.top.values())
    }

    /// Everything in it that nothing may show.
    pub fn secrets(&self) -> &SecretValues {
        self.secrets.get_or_init(|| {
            let mut secrets = secrets_of_values(&self.given.sources, &self.values);
            secrets.extend(&secrets_of_chart(&self.chart));
            secrets.extend(&self.more_secrets);
            for file in &self.files {
                secrets.add_text(&file.text);
            }
            secrets
        })
    }

    /// Where values come from.
    pub(super) fn origins(&self) -> ValueOrigins {
        ValueOrigins::new(&self.chart, self.top.values(), &self.given.sources)
    }

    /// Whether the chart has tests.
    pub fn has_tests(&self) -> bool {
        self.manifests
            .hooks
            .iter()
            .any(|hook| hook.events.contains(&HookEvent::Test))
    }

    /// All documents that Helm applies or runs.
    pub(super) fn documents(&self) -> impl Iterator<Item = &Document> {
        self.manifests.manifests.iter().chain(&self.manifests.hooks)
    }

    /// The objects that are applied; with hooks, those that are run as well.
    ///
    /// # Errors
    /// When a document cannot be read.
    pub(super) fn objects(&self, with_hooks: bool) -> Result<ManifestObjects, String> {
        let mut objects = ManifestObjects::default();
        let hooks = self.manifests.hooks.iter().filter(|_| with_hooks);
        for document in self.manifests.manifests.iter().chain(hooks) {
            objects.add(&as_compared(document.text()), &document.events, &self.namespace)?;
        }
        Ok(objects)
    }

    /// What differs from what Helm stored; all of it where it stored nothing.
    ///
    /// # Errors
    /// When a document cannot be read.
    pub(super) fn difference(&self, stored: Option<&StoredRelease>, label: &str) -> Result<Vec<ObjectDiff>, String> {
        let old = stored.map_or_else(
            || Ok(ManifestObjects::default()),
            |stored| stored_objects(stored, &self.namespace),
        )?;
        let new = self.objects(true)?;
        Ok(compare_manifests(&old, &new, label, || {
            let mut secrets = SecretValues::default();
            secrets.extend(self.secrets());
            if let Some(stored) = stored {
                secrets.add_text(stored.manifest.as_bytes());
            }
            secrets
        }))
    }
}

/// A document with one line break at its end. In the manifest that Helm stores, Helm 4 has one more there than the chart, Helm 3 none of the
/// chart's, and a block that keeps its last lines (`|+`) takes them for its own.
fn as_compared(document: &[u8]) -> Vec<u8> {
    [document.trim_ascii_end(), b"\n"].concat()
}

/// The objects of a release that Helm stored.
///
/// # Errors
/// When a document cannot be read.
pub(super) fn stored_objects(stored: &StoredRelease, namespace: &str) -> Result<ManifestObjects, String> {
    let mut objects = ManifestObjects::default();
    for document in split_manifests(stored.manifest.as_bytes(), Compat::Helm4) {
        objects.add(&as_compared(document.text), &[], namespace)?;
    }
    for hook in &stored.hooks {
        let events: Vec<HookEvent> = hook.events.iter().filter_map(|name| HookEvent::parse(name)).collect();
        objects.add(&as_compared(hook.manifest.as_bytes()), &events, namespace)?;
    }
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_between_documents_are_no_difference() {
        let objects = |document: &str| {
            let mut objects = ManifestObjects::default();
            objects.add(&as_compared(document.as_bytes()), &[], "a").unwrap();
            objects
        };
        let named = |data: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{data}");
        let kept = named("  a: |+\n    b\n");
        for (stored, rendered, is_same) in [
            (format!("{kept}\n"), kept.clone(), true),
            (kept.trim_end().to_owned(), kept.clone(), true),
            (
                named("  a: |+\n    b\n\n  c: d\n"),
                named("  a: |+\n    b\n  c: d\n"),
                false,
            ),
            (named("  a: b\n"), named("  a: c\n"), false),
        ] {
            let found = compare_manifests(&objects(&stored), &objects(&rendered), "a", SecretValues::default);
            assert_eq!(found.is_empty(), is_same, "{stored}\n{rendered}");
        }
    }
}
