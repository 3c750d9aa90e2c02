//! Where releases go: a context of the kubeconfig, and a namespace.

use super::program::ProgramCall;

/// A namespace of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubeTarget {
    /// The context of the kubeconfig; without one the current one, or the service account of the pod that this runs in.
    pub context: Option<String>,
    /// The namespace.
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
