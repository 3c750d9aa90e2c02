//! A release of Helm's: its chart, values and name in; what is rendered, what Helm gets, and how Deployments replace their pods, out.

use serde_json::Value as Json;

use super::live::{LiveCluster, is_installed};
use super::live_world::LiveWorld;
use super::plan_request::PlanRequest;
use super::release_chart::ReleaseChart;
use super::rendered_release::{ReleaseRendering, RenderRefusal, RenderedRelease, values_as_json};
use super::stored_release::StoredRelease;
use crate::check::run::GivenValues;
use crate::engine::render::{Capabilities, Operation, Release as RenderedName};
use crate::engine::template::Map;
use crate::text::yaml::json_from_bytes;

/// A release of Helm's, as it is and as it is rendered.
pub struct HelmRelease {
    /// Its name in the cluster.
    pub name: String,
    /// What Helm has of it.
    pub was: Option<StoredRelease>,
    /// The values for Helm. They may hold secrets.
    pub(super) document: Vec<u8>,
    /// What is rendered.
    pub rendered: RenderedRelease,
}

/// How a Deployment replaces its pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentRollout {
    /// Its name.
    pub name: String,
    /// How many pods it has; nothing where the chart leaves that to others.
    pub replicas: Option<u64>,
    /// `RollingUpdate` or `Recreate`.
    pub kind: String,
    /// How many pods more than these there may be meanwhile: a number or percent.
    pub max_surge: String,
    /// How many fewer.
    pub max_unavailable: String,
}

impl HelmRelease {
    /// How its Deployments replace their pods, with the defaults of Kubernetes (`pkg/apis/apps/v1/defaults.go`).
    pub fn rollouts(&self) -> Vec<DeploymentRollout> {
        let manifests = self.rendered.manifests.manifests.iter();
        let deployments = manifests.filter(|document| document.head.kind == "Deployment");
        let objects = deployments.filter_map(|document| json_from_bytes(document.text()).ok());
        let objects: Vec<Json> = objects.collect();
        objects.iter().map(rollout).collect()
    }

    /// Whether Helm has it.
    pub fn is_there(&self) -> bool {
        self.was.as_ref().is_some_and(|was| is_installed(was.info.status))
    }
}

fn rollout(deployment: &Json) -> DeploymentRollout {
    let text = |pointer: &str, usual: &str| match deployment.pointer(pointer) {
        None | Some(Json::Null) => usual.to_owned(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let replicas = deployment
        .pointer("/spec/replicas")
        .filter(|replicas| !replicas.is_null());
    DeploymentRollout {
        name: text("/metadata/name", ""),
        replicas: replicas.and_then(Json::as_u64),
        kind: text("/spec/strategy/type", "RollingUpdate"),
        max_surge: text("/spec/strategy/rollingUpdate/maxSurge", "25%"),
        max_unavailable: text("/spec/strategy/rollingUpdate/maxUnavailable", "25%"),
    }
}

/// Which revision is rendered: charts may use its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rendered {
    /// The one that Helm has.
    AsItIs,
    /// The one that Helm would make.
    Next,
}

/// What a release is rendered from.
pub(super) struct ReleaseInputs {
    pub(super) chart: ReleaseChart,
    pub(super) given: GivenValues,
    pub(super) capabilities: Capabilities,
}

impl ReleaseInputs {
    /// Renders it under a name, as the revision that Helm has or as the next one, with a value besides, where one is given: its key, and the
    /// number.
    pub(super) fn render(
        &self,
        request: &PlanRequest<'_>,
        cluster: &LiveCluster<'_>,
        (name, was, revision): (&str, Option<StoredRelease>, Rendered),
        more: Option<(&str, u64)>,
    ) -> Result<HelmRelease, RenderRefusal> {
        let mut given = self.given.clone();
        if let Some((key, number)) = more {
            let assigns = |text: &String| text.split_once('=').is_some_and(|(own, _)| own == key);
            given.values.literal.retain(|text| !assigns(text));
            given.values.typed.push(format!("{key}={number}"));
        }
        let installed = was.as_ref().filter(|was| is_installed(was.info.status));
        let named = RenderedName {
            name: name.to_owned(),
            namespace: cluster.target.namespace.clone(),
            operation: match (installed, revision) {
                (None, _) => Operation::Install,
                (Some(was), Rendered::AsItIs) => Operation::Revision(was.revision),
                (Some(was), Rendered::Next) => Operation::Revision(was.revision.saturating_add(1)),
            },
        };
        let more_secrets = |values: &Map| {
            let stored = was.as_ref().map(|was| &was.config);
            request.decrypted.borrow().of_release(stored, || values_as_json(values))
        };
        let with = ReleaseRendering {
            release: &named,
            capabilities: &self.capabilities,
            more_secrets: &more_secrets,
        };
        let mut world = LiveWorld {
            plain: (request.make_world)(),
            cluster,
        };
        let rendered = RenderedRelease::new(&self.chart, given, &with, &mut world)?;
        Ok(HelmRelease {
            name: name.to_owned(),
            was,
            document: rendered.document()?,
            rendered,
        })
    }
}
