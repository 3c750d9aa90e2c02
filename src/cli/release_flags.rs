//! Flags about the release that a chart is rendered for, and the cluster that is assumed.

use clap::Args;

use crate::engine::render::Capabilities;
use crate::kubernetes::version::KubeVersion;

use super::command_error::CommandError;
use super::run_context::RunContext;

#[derive(Debug, Args)]
pub(super) struct ReleaseFlags {
    /// Namespace of the release.
    #[arg(short, long)]
    namespace: Option<String>,
    /// Kubernetes version for `.Capabilities.KubeVersion`.
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,
    /// Kubernetes API versions added to `.Capabilities.APIVersions` (repeatable, or comma-separated).
    #[arg(short = 'a', long, value_delimiter = ',', value_name = "VERSIONS")]
    api_versions: Vec<String>,
}

impl ReleaseFlags {
    /// The namespace of the release.
    pub(super) fn namespace(&self, context: RunContext) -> String {
        namespace(context, self.namespace.as_deref())
    }

    /// What the cluster can do.
    pub(super) fn capabilities(&self) -> Result<Capabilities, CommandError> {
        Ok(Capabilities::new(self.kube_version()?, &self.api_versions))
    }

    /// The version of Kubernetes, if one is given.
    pub(super) fn kube_version(&self) -> Result<Option<KubeVersion>, CommandError> {
        let kube_version = self.kube_version.as_deref().map(KubeVersion::parse).transpose();
        kube_version.map_err(CommandError::usage)
    }

    /// Versions of APIs that the cluster has as well.
    pub(super) fn api_versions(&self) -> &[String] {
        &self.api_versions
    }
}

/// The namespace that is given, that of the environment, or `default`, as Helm chooses.
pub(super) fn namespace(context: RunContext, given: Option<&str>) -> String {
    let given = given.map(str::to_owned);
    given
        .or_else(|| context.variable("HELM_NAMESPACE"))
        .unwrap_or_else(|| "default".to_owned())
}
