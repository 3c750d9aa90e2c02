//! What a policy or a binding is about (`k8s.io/apiserver/pkg/admission/plugin/policy/matching`, and the rules of
//! `plugin/webhook/predicates`).

use serde_json::Value as Json;

use super::request::Request;
use super::selector::{Labels, all, selects};

/// The label that the server gives each namespace.
pub(super) const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Whether `matchConstraints` or `matchResources` match; nothing if only a cluster knows. `namespace` is that of the object,
/// if it is known.
pub(super) fn matches(constraints: &Json, request: &Request<'_>, namespace: Option<&Json>) -> Option<bool> {
    let rules = |key: &str| {
        constraints
            .get(key)
            .and_then(Json::as_array)
            .map_or(&[][..], Vec::as_slice)
    };
    let is_exact = constraints.get("matchPolicy").and_then(Json::as_str) == Some("Exact");
    let included = match rules("resourceRules") {
        [] => Some(true),
        rules => match_rules(rules, is_exact, request),
    };
    let excluded = match_rules(rules("excludeResourceRules"), is_exact, request);
    let conditions = [
        namespace_matches(constraints.get("namespaceSelector"), request, namespace),
        selects(constraints.get("objectSelector"), &Labels::of(request.object)),
        excluded.map(|is_excluded| !is_excluded),
        included,
    ];
    all(conditions.into_iter())
}

fn namespace_matches(selector: Option<&Json>, request: &Request<'_>, namespace: Option<&Json>) -> Option<bool> {
    let labels = match (request.namespace, namespace) {
        _ if request.is_namespace() => Labels::of(request.object).with(NAME_LABEL, request.name()),
        (None, _) => return Some(true),
        (Some(name), Some(namespace)) => Labels::of(namespace).with(NAME_LABEL, name),
        (Some(name), None) => Labels::unknown().with(NAME_LABEL, name),
    };
    selects(selector, &labels)
}

/// Whether one of some rules matches; nothing if one does for another version of the kind, to which only a cluster can
/// convert the object.
fn match_rules(rules: &[Json], is_exact: bool, request: &Request<'_>) -> Option<bool> {
    let matches = |group: &str, version: &str| rules.iter().any(|rule| match_rule(rule, group, version, request));
    if matches(request.group, request.version) {
        return Some(true);
    }
    let is_converted = !is_exact
        && request
            .equivalents
            .iter()
            .filter(|(group, version)| (*group, *version) != (request.group, request.version))
            .any(|(group, version)| matches(group, version));
    (!is_converted).then_some(false)
}

fn match_rule(rule: &Json, group: &str, version: &str, request: &Request<'_>) -> bool {
    let list = |key: &str| {
        let items = rule.get(key).and_then(Json::as_array);
        items.into_iter().flatten().filter_map(Json::as_str)
    };
    let is_in = |key: &str, wanted: &str| list(key).any(|item| item == "*" || item == wanted);
    let of_cluster = request.is_namespace() || request.namespace.is_none();
    let in_scope = match rule.get("scope").and_then(Json::as_str) {
        None | Some("*") => true,
        Some("Namespaced") => !of_cluster,
        Some("Cluster") => of_cluster,
        Some(_) => false,
    };
    let is_resource = list("resources").any(|wanted| {
        let (resource, sub) = wanted.split_once('/').unwrap_or((wanted, ""));
        (resource == "*" || resource == request.resource) && (sub.is_empty() || sub == "*")
    });
    let is_named = list("resourceNames").next().is_none() || list("resourceNames").any(|name| name == request.name());
    in_scope
        && is_in("operations", "CREATE")
        && is_in("apiGroups", group)
        && is_in("apiVersions", version)
        && is_resource
        && is_named
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_match_resources() {
        let object = json!({"metadata": {"name": "web", "labels": {"app": "web"}}});
        let request = Request {
            group: "apps",
            version: "v1",
            kind: "Deployment",
            resource: "deployments",
            namespace: Some("shop"),
            equivalents: &[("apps", "v1beta1")],
            object: &object,
        };
        let rule = |change: Json| {
            let mut rule = json!({
                "apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]
            });
            rule.as_object_mut()
                .unwrap()
                .extend(change.as_object().unwrap().clone());
            rule
        };
        for (change, wanted) in [
            (json!({}), Some(true)),
            (json!({"resources": ["*"]}), Some(true)),
            (json!({"resources": ["*/*"]}), Some(true)),
            (json!({"resources": ["deployments/scale"]}), Some(false)),
            (json!({"resources": ["pods"]}), Some(false)),
            (json!({"operations": ["UPDATE"]}), Some(false)),
            (json!({"operations": ["*"]}), Some(true)),
            (json!({"scope": "Cluster"}), Some(false)),
            (json!({"scope": "Namespaced"}), Some(true)),
            (json!({"resourceNames": ["db"]}), Some(false)),
            (json!({"resourceNames": ["web"]}), Some(true)),
            (json!({"apiVersions": ["v1beta1"]}), None),
            (json!({"apiVersions": ["v1alpha1"]}), Some(false)),
        ] {
            let constraints = json!({"resourceRules": [rule(change.clone())]});
            assert_eq!(matches(&constraints, &request, None), wanted, "{change}");
        }
        let exact = json!({"matchPolicy": "Exact", "resourceRules": [rule(json!({"apiVersions": ["v1beta1"]}))]});
        assert_eq!(matches(&exact, &request, None), Some(false));
        let excluded = json!({"excludeResourceRules": [rule(json!({}))]});
        assert_eq!(matches(&excluded, &request, None), Some(false));
        for (labels, known, wanted) in [
            (json!({NAME_LABEL: "shop"}), None, Some(true)),
            (json!({NAME_LABEL: "other"}), None, Some(false)),
            (json!({"env": "prod"}), None, None),
            (json!({"env": "prod"}), Some("prod"), Some(true)),
            (json!({"env": "prod"}), Some("test"), Some(false)),
        ] {
            let namespace = known.map(|known| json!({"metadata": {"labels": {"env": known}}}));
            let constraints = json!({"namespaceSelector": {"matchLabels": labels}});
            assert_eq!(
                matches(&constraints, &request, namespace.as_ref()),
                wanted,
                "{constraints}"
            );
        }
    }
}
