//! How a cluster is reached: the commands that write its credentials to the kubeconfig, and what its cluster and its user are called there
//! afterwards. By provider; in a job of GitLab's CI by what GitLab set up.

use super::super::program::ProgramCall;
use crate::delivery::environment::{GkeLocation, Provider};

/// What GitLab calls the cluster and the user of the kubeconfig that it gives to jobs.
const GITLAB: &str = "gitlab-deploy";
/// What Docker calls the cluster.
const DOCKER_CLUSTER: &str = "docker-for-desktop-cluster";
/// What Docker calls the user.
const DOCKER_USER: &str = "docker-for-desktop";

/// Who gives access to a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access<'p> {
    /// GitLab, whatever the provider.
    Gitlab,
    /// The provider.
    Of(&'p Provider),
}

/// What the cluster and its user are called in the kubeconfig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterNames {
    /// They are known.
    Known {
        /// The cluster.
        cluster: String,
        /// The user.
        user: String,
    },
    /// As in a context of the kubeconfig.
    OfContext(String),
    /// Both as a command prints it.
    Printed(ProgramCall),
    /// No context is made.
    NoContext,
}

impl ClusterNames {
    fn both(name: impl Into<String>) -> Self {
        let name = name.into();
        Self::Known {
            cluster: name.clone(),
            user: name,
        }
    }
}

impl<'p> Access<'p> {
    /// The access to a cluster of a provider.
    pub const fn of(provider: &'p Provider, is_gitlab: bool) -> Self {
        match provider {
            // The service account has it already.
            Provider::InCluster => Self::Of(provider),
            _ if is_gitlab => Self::Gitlab,
            _ => Self::Of(provider),
        }
    }

    /// The command that writes credentials to the kubeconfig, where one is needed.
    pub fn credentials(self) -> Option<ProgramCall> {
        let Self::Of(provider) = self else { return None };
        match provider {
            Provider::Gke {
                project,
                cluster,
                location,
            } => {
                let (flag, place) = match location {
                    GkeLocation::Zone(zone) => ("--zone", zone),
                    GkeLocation::Region(region) => ("--region", region),
                };
                let call = ProgramCall::new("gcloud", ["container", "clusters", "get-credentials"]);
                Some(call.and(["--project", project, flag, place, cluster]))
            }
            Provider::Aks {
                resource_group,
                cluster,
            } => {
                let call = ProgramCall::new("az", ["aks", "get-credentials"]);
                Some(call.and(["--resource-group", resource_group, "--name", cluster]))
            }
            Provider::Eks {
                cluster,
                region,
                profile,
                role,
                ..
            } => {
                let call = ProgramCall::new("aws", ["eks", "update-kubeconfig"]);
                let call = call.and(["--name", cluster, "--region", region]);
                let call = call.and(flag("--profile", profile.as_ref()));
                Some(call.and(flag("--role-arn", role.as_ref())))
            }
            Provider::DockerForDesktop => Some(ProgramCall::new(
                "kubectl",
                [
                    "config",
                    "set-cluster",
                    DOCKER_CLUSTER,
                    "--insecure-skip-tls-verify=true",
                    "--server=https://localhost:6443",
                ],
            )),
            Provider::Minikube | Provider::ExistingContext { .. } | Provider::InCluster => None,
        }
    }

    /// What the cluster and its user are called.
    pub fn names(self) -> ClusterNames {
        let Self::Of(provider) = self else {
            return ClusterNames::both(GITLAB);
        };
        match provider {
            Provider::Gke {
                project,
                cluster,
                location: GkeLocation::Zone(place) | GkeLocation::Region(place),
            } => ClusterNames::both(format!("gke_{project}_{place}_{cluster}")),
            Provider::Aks {
                resource_group,
                cluster,
            } => ClusterNames::Known {
                cluster: cluster.clone(),
                user: format!("clusterUser_{resource_group}_{cluster}"),
            },
            Provider::Eks {
                cluster,
                region,
                account: Some(account),
                ..
            } => {
                let partition = partition(region);
                ClusterNames::both(format!("arn:{partition}:eks:{region}:{account}:cluster/{cluster}"))
            }
            Provider::Eks {
                cluster,
                region,
                profile,
                account: None,
                ..
            } => {
                let call = ProgramCall::new("aws", ["eks", "describe-cluster"]);
                let call = call.and(["--name", cluster, "--region", region]);
                let call = call.and(flag("--profile", profile.as_ref()));
                ClusterNames::Printed(call.and(["--query", "cluster.arn", "--output", "text"]))
            }
            Provider::Minikube => ClusterNames::both("minikube"),
            Provider::DockerForDesktop => ClusterNames::Known {
                cluster: DOCKER_CLUSTER.to_owned(),
                user: DOCKER_USER.to_owned(),
            },
            Provider::ExistingContext { context } => ClusterNames::OfContext(context.clone()),
            Provider::InCluster => ClusterNames::NoContext,
        }
    }
}

fn flag<'a>(name: &'a str, value: Option<&'a String>) -> impl Iterator<Item = &'a str> {
    value.into_iter().flat_map(move |value| [name, value.as_str()])
}

/// The part of Amazon's cloud that a region belongs to.
fn partition(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "aws-cn",
        government if government.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::test_environments::environments;
    use super::*;

    /// What `tests/kubecd/cases.jsonl` has no rows about.
    #[test]
    fn providers_have_their_commands_and_names() {
        let arn = "arn:aws:eks:eu-west-1:123456789012:cluster/c";
        for (provider, is_gitlab, command, names) in [
            (
                "eks: {clusterName: c, region: eu-west-1, account: '123456789012', profile: p, roleArn: r}",
                false,
                "aws eks update-kubeconfig --name c --region eu-west-1 --profile p --role-arn r",
                ClusterNames::both(arn),
            ),
            (
                "eks: {clusterName: c, region: cn-north-1, account: 1}",
                false,
                "aws eks update-kubeconfig --name c --region cn-north-1",
                ClusterNames::both("arn:aws-cn:eks:cn-north-1:1:cluster/c"),
            ),
            (
                "eks: {clusterName: c, region: us-gov-east-1, profile: p}",
                false,
                "aws eks update-kubeconfig --name c --region us-gov-east-1 --profile p",
                ClusterNames::Printed(ProgramCall::new(
                    "aws",
                    "eks describe-cluster --name c --region us-gov-east-1 --profile p --query cluster.arn --output text"
                        .split(' '),
                )),
            ),
            (
                "existingContext: {contextName: mine}",
                false,
                "",
                ClusterNames::OfContext("mine".to_owned()),
            ),
            ("minikube: {}", false, "", ClusterNames::both("minikube")),
            ("inCluster: {}", false, "", ClusterNames::NoContext),
            ("inCluster: {}", true, "", ClusterNames::NoContext),
            ("existingContext: {contextName: mine}", true, "", ClusterNames::both("gitlab-deploy")),
        ] {
            let all = environments(&format!("clusters: [{{name: a, provider: {{{provider}}}}}]"));
            let access = Access::of(&all.clusters[0].provider, is_gitlab);
            let found = access.credentials().map(|call| call.to_string());
            assert_eq!(found.unwrap_or_default(), command, "{provider}");
            assert_eq!(access.names(), names, "{provider} {is_gitlab}");
        }
    }
}
