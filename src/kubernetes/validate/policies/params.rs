//! The parameters of a policy for a binding (`CollectParams` of
//! `k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go`).

use serde_json::Value as Json;

use crate::kubernetes::names::is_own_group;

use super::super::rules::is_namespaced;
use super::documents::{Binding, Policies, Policy, name, text};
use super::request::Request;
use super::selector::{Labels, selects};

/// What the server says of a binding whose parameters are in the namespace of an object that is in none. Whatever should follow from the
/// binding, it refuses the object.
const NO_NAMESPACE: &str = "failed to configure binding: cannot use namespaced paramRef in policy binding that matches cluster-scoped resources";

/// Why a binding does not apply to an object, in the server's words. Which kinds of others are in namespaces is not known.
pub(super) fn binding_fault(policy: &Policy, binding: &Binding, request: &Request<'_>) -> Option<&'static str> {
    let ((version, kind), wanted) = policy.param_kind.as_ref().zip(binding.param_ref.as_ref())?;
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let is_in_namespace = is_own_group(group.as_bytes()) && is_namespaced(kind);
    let has_none = request.namespace.is_none() && text(wanted, "namespace").is_empty();
    (is_in_namespace && has_none).then_some(NO_NAMESPACE)
}

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
