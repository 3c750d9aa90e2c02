//! The commands that put a release into a cluster: `helm upgrade --install` of a chart, `kubectl apply` of files or of a kustomization.
//! Values are never arguments: helm reads all of them, merged to one document, from its standard input.

use std::time::Duration;

use super::super::program::ProgramCall;
use super::super::target::KubeTarget;

/// The generation of the user's helm: some flags have other names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HelmGeneration {
    /// Helm 3.
    Helm3,
    /// Helm 4.
    Helm4,
}

/// How a release is put into a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpgradeOptions {
    /// The user's helm.
    pub helm: HelmGeneration,
    /// How long helm waits for each step.
    pub timeout: Duration,
    /// Whether helm waits until everything is ready.
    pub wait: bool,
    /// Whether helm takes back what fails.
    pub rolls_back: bool,
    /// Whether helm makes the namespace where it is missing.
    pub creates_namespace: bool,
}

/// Installs a release, or upgrades it. Its values are read from standard input.
pub fn upgrade(
    target: &KubeTarget,
    release: &str,
    chart: &str,
    version: Option<&str>,
    options: &UpgradeOptions,
) -> ProgramCall {
    let mut call = target.helm(["upgrade", release, &as_operand(chart)]);
    if let Some(version) = version {
        call = call.and(["--version", version]);
    }
    call = call.and(["--install", "--namespace", &target.namespace, "-f", "-"]);
    if options.wait {
        call = call.and(["--wait", "--wait-for-jobs"]);
    }
    if options.rolls_back {
        call = call.and([match options.helm {
            HelmGeneration::Helm3 => "--atomic",
            HelmGeneration::Helm4 => "--rollback-on-failure",
        }]);
    }
    call = call.and(["--timeout".to_owned(), format!("{}s", options.timeout.as_secs())]);
    if options.creates_namespace {
        call = call.and(["--create-namespace"]);
    }
    call
}

/// Applies manifests, which kubectl reads from standard input: what was compared is what is applied. Objects without a namespace get that of
/// the target. `forces_conflicts` takes over fields that others manage.
pub fn apply_manifests(target: &KubeTarget, forces_conflicts: bool) -> ProgramCall {
    let call = target.kubectl(["--namespace", &target.namespace, "apply", "--server-side"]);
    let force = forces_conflicts.then_some("--force-conflicts");
    call.and(force).and(["--field-manager=chartwright", "-f", "-"])
}

/// Asks the API server what it would make of manifests that Helm applies, in a namespace; kubectl reads them from standard input.
pub fn apply_as_helm_dry(target: &KubeTarget, namespace: &str, output: &str) -> ProgramCall {
    let call = target.kubectl(["--namespace", namespace, "apply", "--server-side", "--dry-run=server"]);
    call.and(["--force-conflicts", "--field-manager=helm", "-o", output, "-f", "-"])
}

/// The path of a chart, which is not a flag even if it begins like one.
fn as_operand(chart: &str) -> String {
    let dot = if chart.starts_with('-') { "./" } else { "" };
    format!("{dot}{chart}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(context: Option<&str>) -> KubeTarget {
        KubeTarget {
            context: context.map(str::to_owned),
            namespace: "shop".to_owned(),
        }
    }

    #[test]
    fn releases_are_put_into_clusters() {
        let plain = UpgradeOptions {
            helm: HelmGeneration::Helm4,
            timeout: Duration::from_mins(5),
            wait: false,
            rolls_back: false,
            creates_namespace: false,
        };
        let all = UpgradeOptions {
            wait: true,
            rolls_back: true,
            creates_namespace: true,
            ..plain
        };
        let helm3 = UpgradeOptions {
            helm: HelmGeneration::Helm3,
            timeout: Duration::from_secs(30),
            ..all
        };
        for (context, chart, version, options, want) in [
            (
                Some("env:a"),
                "stable/web",
                Some("1.2.3"),
                plain,
                "helm --kube-context env:a upgrade web stable/web --version 1.2.3 --install --namespace shop -f - --timeout 300s",
            ),
            (
                None,
                "charts/web",
                None,
                all,
                "helm upgrade web charts/web --install --namespace shop -f - --wait --wait-for-jobs --rollback-on-failure --timeout 300s --create-namespace",
            ),
            (
                None,
                "-x/web",
                None,
                helm3,
                "helm upgrade web ./-x/web --install --namespace shop -f - --wait --wait-for-jobs --atomic --timeout 30s --create-namespace",
            ),
        ] {
            assert_eq!(
                upgrade(&target(context), "web", chart, version, &options).to_string(),
                want
            );
        }
    }
}
