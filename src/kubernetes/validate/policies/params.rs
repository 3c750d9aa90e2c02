//! The parameters of a policy for a binding (`CollectParams` of
//! `k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go`).

use serde_json::Value as Json;

use super::documents::{Binding, Policies, Policy, name, text};
use super::request::Request;
use super::selector::{Labels, selects};

impl Policies {
    /// The parameters to judge an object with, one after the other; nothing within is a policy without one. Nothing at all
    /// if they are not among the documents: they may be in the cluster.
    pub(super) fn params(
        &self,
        policy: &Policy,
        binding: &Binding,
        request: &Request<'_>,
    ) -> Option<Vec<Option<&Json>>> {
        let (Some((version, kind)), Some(wanted)) = (&policy.param_kind, &binding.param_ref) else {
            return Some(vec![None]);
        };
        let own = text(wanted, "name");
        let in_namespace = match text(wanted, "namespace") {
            "" => request.namespace,
            namespace => Some(namespace),
        };
        let is_wanted = |param: &&Json| {
            let metadata = param.get("metadata").unwrap_or(&Json::Null);
            let namespace = match text(metadata, "namespace") {
                // It is one of the cluster, or in the namespace that is meant where none is written.
                "" => in_namespace.is_none_or(|namespace| {
                    text(wanted, "namespace").is_empty() || namespace == self.default_namespace
                }),
                namespace => in_namespace == Some(namespace),
            };
            let is_selected = if own.is_empty() {
                selects(wanted.get("selector"), &Labels::of(param)) == Some(true)
            } else {
                name(param) == own
            };
            namespace && is_selected && text(param, "apiVersion") == version && text(param, "kind") == kind
        };
        let found: Vec<Option<&Json>> = self.params.iter().filter(is_wanted).map(Some).collect();
        (!found.is_empty()).then_some(found)
    }
}
