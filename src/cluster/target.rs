//! Where releases go: a cluster, by the context of the kubeconfig with which it is reached, and a namespace of it.
//!
//! In: an environment, and what the command line chooses. Out: the context that `KubeCD` gives the environment, the one that
//! chartwright.yaml names, or none: that of the kubeconfig or of the service account then.

use super::program::ProgramCall;
use crate::delivery::environment::{Environment, Environments, Provider};

/// A namespace of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubeTarget {
    /// The context of the kubeconfig. None is its current one, or in a cluster the service account.
    pub context: Option<String>,
    /// The namespace; empty where the environment names none.
    pub namespace: String,
}

impl KubeTarget {
    /// A call of kubectl for its cluster.
    pub fn kubectl<A: Into<String>>(&self, arguments: impl IntoIterator<Item = A>) -> ProgramCall {
        self.call("kubectl", "--context", arguments)
    }

    /// A call of helm for its cluster.
    pub fn helm<A: Into<String>>(&self, arguments: impl IntoIterator<Item = A>) -> ProgramCall {
        self.call("helm", "--kube-context", arguments)
    }

    fn call<A: Into<String>>(&self, program: &str, flag: &str, arguments: impl IntoIterator<Item = A>) -> ProgramCall {
        let context = self
            .context
            .iter()
            .flat_map(|context| [flag.to_owned(), context.clone()]);
        ProgramCall::new(program, context).and(arguments)
    }
}

/// The context that is made for an environment, as `KubeCD` calls it.
pub fn context_name(environment: &str) -> String {
    format!("env:{environment}")
}

/// Where the releases of an environment go. `chosen_context` is what the command line names; `in_cluster` is whether chartwright acts on
/// the cluster that it runs in.
pub fn target_of(
    environment: &Environment,
    environments: &Environments,
    chosen_context: Option<&str>,
    in_cluster: bool,
) -> KubeTarget {
    let provider = environments.cluster_of(environment).map(|cluster| &cluster.provider);
    let context = match (chosen_context, provider) {
        (Some(context), _) => Some(context.to_owned()),
        (None, _) if in_cluster => None,
        (None, Some(Provider::InCluster)) => None,
        (None, Some(_)) => Some(context_name(&environment.name.text)),
        (None, None) => environment.context.clone(),
    };
    KubeTarget {
        context,
        namespace: environment.namespace.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_environments::environments;
    use super::*;

    #[test]
    fn the_context_is_that_of_the_environment_unless_another_is_chosen() {
        let mut all = environments(
            "clusters:\n- {name: a, provider: {minikube: {}}}\n- {name: b, provider: {inCluster: {}}}\n\
             - {name: c, provider: {existingContext: {contextName: mine}}}\n\
             environments:\n- {name: x, clusterName: a, kubeNamespace: shop}\n- {name: inner, clusterName: b}\n- {name: z, clusterName: c}\n",
        );
        // That of an application chart.
        let mut own = all.list[0].clone();
        own.name.text = "own".to_owned();
        own.cluster = String::new();
        all.list.push(own.clone());
        own.name.text = "named".to_owned();
        own.context = Some("prod".to_owned());
        all.list.push(own);
        for (name, chosen, in_cluster, context, namespace) in [
            ("x", None, false, Some("env:x"), "shop"),
            ("x", Some("mine"), false, Some("mine"), "shop"),
            ("x", Some("mine"), true, Some("mine"), "shop"),
            ("x", None, true, None, "shop"),
            ("inner", None, false, None, ""),
            ("z", None, false, Some("env:z"), ""),
            ("own", None, false, None, "shop"),
            ("named", None, false, Some("prod"), "shop"),
            ("named", None, true, None, "shop"),
        ] {
            let target = target_of(all.named(name).unwrap(), &all, chosen, in_cluster);
            assert_eq!(
                (target.context.as_deref(), target.namespace.as_str()),
                (context, namespace),
                "{name} {chosen:?} {in_cluster}"
            );
        }
    }

    #[test]
    fn programs_are_given_the_context_if_there_is_one() {
        for (context, helm, kubectl) in [
            (
                Some("env:a"),
                "helm --kube-context env:a list",
                "kubectl --context env:a list",
            ),
            (None, "helm list", "kubectl list"),
        ] {
            let target = KubeTarget {
                context: context.map(str::to_owned),
                namespace: "n".to_owned(),
            };
            assert_eq!(target.helm(["list"]).to_string(), helm);
            assert_eq!(target.kubectl(["list"]).to_string(), kubectl);
        }
    }
}
