//! Webhooks and policies of admission (`pkg/apis/admissionregistration/validation`).

use crate::text::yaml::NodeId;

use super::super::fields::Step::{Index, Key};
use super::super::ids;
use super::super::walk::Walk;
use super::cluster::expression;
use super::{Check, Syntax, Table, unsupported};

/// Side effects that a webhook of the present API may have.
const SIDE_EFFECTS: &[&str] = &["None", "NoneOnDryRun"];
/// Versions of `AdmissionReview` that the API server speaks.
const REVIEWS: [&str; 2] = ["v1", "v1beta1"];
const OPERATIONS: &[&str] = &["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];

const WEBHOOK: &[Check] = &[
    Check::Syntax("name", Syntax::FullyQualified),
    Check::Required("clientConfig"),
    Check::Required("sideEffects"),
    Check::With(side_effects),
    Check::With(review_versions),
    Check::Range("timeoutSeconds", 1, 30),
    Check::Unique("matchConditions", "name"),
];

pub(super) const CHECKS: Table = &[
    (
        "admissionregistration.v1.MutatingWebhookConfiguration",
        &[Check::Unique("webhooks", "name")],
    ),
    (
        "admissionregistration.v1.ValidatingWebhookConfiguration",
        &[Check::Unique("webhooks", "name")],
    ),
    ("admissionregistration.v1.MutatingWebhook", WEBHOOK),
    ("admissionregistration.v1.ValidatingWebhook", WEBHOOK),
    (
        "admissionregistration.v1.MatchCondition",
        &[
            Check::Syntax("name", Syntax::QualifiedName),
            Check::Required("expression"),
            Check::With(condition),
        ],
    ),
    (
        "admissionregistration.v1.WebhookClientConfig",
        &[Check::ExactlyOne(&["url", "service"]), Check::With(webhook_url)],
    ),
    (
        "admissionregistration.v1.ServiceReference",
        &[
            Check::Required("name"),
            Check::Required("namespace"),
            Check::Range("port", 1, 65535),
            Check::With(service_path),
        ],
    ),
    (
        "admissionregistration.v1.RuleWithOperations",
        &[Check::With(operations), Check::With(matched_resources)],
    ),
    (
        "admissionregistration.v1.NamedRuleWithOperations",
        &[Check::With(operations), Check::With(matched_resources)],
    ),
    (
        "admissionregistration.v1.ValidatingAdmissionPolicySpec",
        &[Check::With(policy)],
    ),
    (
        "admissionregistration.v1.Validation",
        &[
            Check::Required("expression"),
            Check::With(condition),
            Check::OneOf("reason", &["Forbidden", "Invalid", "RequestEntityTooLarge"]),
            Check::With(message),
        ],
    ),
    (
        "admissionregistration.v1.ParamKind",
        &[Check::Required("apiVersion"), Check::Required("kind")],
    ),
    (
        "admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec",
        &[
            Check::Required("policyName"),
            Check::SyntaxOrEmpty("policyName", Syntax::Subdomain),
            Check::Required("validationActions"),
            Check::Unique("validationActions", ""),
            Check::With(actions),
        ],
    ),
    (
        "admissionregistration.v1.ParamRef",
        &[
            Check::ExactlyOne(&["name", "selector"]),
            Check::Required("parameterNotFoundAction"),
        ],
    ),
    (
        "admissionregistration.v1.Variable",
        &[Check::Required("name"), Check::Required("expression")],
    ),
    (
        "admissionregistration.v1.AuditAnnotation",
        &[Check::Required("key"), Check::Required("valueExpression")],
    ),
];

/// A condition over the request; the kind of policy decides which variables exist beyond the usual ones.
fn condition(walk: &mut Walk<'_>, node: NodeId) {
    let variables = [
        "object",
        "oldObject",
        "request",
        "params",
        "namespaceObject",
        "variables",
        "authorizer",
    ];
    expression(walk, node, "expression", &variables);
}

fn side_effects(walk: &mut Walk<'_>, node: NodeId) {
    // Values outside the closed set are reported by the schema.
    if let Some(given) = walk.text(node, "sideEffects")
        && matches!(&*given, "Unknown" | "Some")
    {
        walk.fault(
            node,
            &[Key("sideEffects")],
            ids::ENUM,
            unsupported(&given, SIDE_EFFECTS),
        );
    }
}

fn review_versions(walk: &mut Walk<'_>, node: NodeId) {
    let versions = walk.items(node, "admissionReviewVersions");
    if versions.is_empty() {
        let message = "Required value: must specify one of v1, v1beta1";
        walk.fault(node, &[Key("admissionReviewVersions")], ids::REQUIRED, message);
        return;
    }
    let mut seen = Vec::new();
    for (index, version) in versions.into_iter().enumerate() {
        let text = walk.text_of(version).unwrap_or_default();
        let steps = [Key("admissionReviewVersions"), Index(index)];
        if seen.contains(&text) {
            walk.fault(
                node,
                &steps,
                ids::DUPLICATE,
                format!("Invalid value: {text:?}: duplicate version"),
            );
        } else {
            walk.check_syntax(node, &steps, &text, Syntax::Label1035);
            seen.push(text);
        }
    }
    if !seen.iter().any(|version| REVIEWS.contains(&&**version)) {
        let message = "Invalid value: must include at least one of v1, v1beta1";
        walk.fault(node, &[Key("admissionReviewVersions")], ids::ENUM, message);
    }
}

/// Go lower-cases schemes.
const SCHEME: &str = "https://";

/// An `https` URL of a webhook.
pub(super) fn webhook_url(walk: &mut Walk<'_>, node: NodeId) {
    let Some(url) = walk.field(node, "url").and_then(|url| walk.text_of(url)) else {
        return;
    };
    let scheme = url.get(..SCHEME.len()).unwrap_or_default();
    let fault = match url.get(SCHEME.len()..).filter(|_| scheme.eq_ignore_ascii_case(SCHEME)) {
        None => Some("'https' is the only allowed URL scheme; desired format: https://host[/path]"),
        Some(rest) => {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            if host.is_empty() {
                Some("host must be specified; desired format: https://host[/path]")
            } else if host.contains('@') {
                Some("user information is not permitted in the URL")
            } else if rest.contains('#') {
                Some("fragments are not permitted in the URL")
            } else if rest.contains('?') {
                Some("query parameters are not permitted in the URL")
            } else {
                None
            }
        }
    };
    if let Some(fault) = fault {
        walk.fault(node, &[Key("url")], ids::NAME, format!("Invalid value: {fault}"));
    }
}

/// `/a/b`, each part a DNS subdomain.
pub(super) fn service_path(walk: &mut Walk<'_>, node: NodeId) {
    let Some(path) = walk.text(node, "path") else { return };
    if path == "/" {
        return;
    }
    let fault = match path.strip_prefix('/') {
        None => Some("must start with a '/'".to_owned()),
        Some(rest) => rest.strip_suffix('/').unwrap_or(rest).split('/').find_map(|part| {
            if part.is_empty() {
                Some("segment may not be empty".to_owned())
            } else {
                Syntax::Subdomain.fault(part)
            }
        }),
    };
    if let Some(fault) = fault {
        walk.fault(
            node,
            &[Key("path")],
            ids::NAME,
            format!("Invalid value: {path:?}: {fault}"),
        );
    }
}

fn operations(walk: &mut Walk<'_>, node: NodeId) {
    let items = walk.items(node, "operations");
    if items.is_empty() {
        walk.required(node, "operations");
    }
    let texts: Vec<_> = items
        .into_iter()
        .map(|item| walk.text_of(item).unwrap_or_default())
        .collect();
    for (index, text) in texts.iter().enumerate() {
        if !OPERATIONS.contains(&&**text) {
            let message = unsupported(text, OPERATIONS);
            walk.fault(node, &[Key("operations"), Index(index)], ids::ENUM, message);
        }
    }
    if texts.len() > 1 && texts.iter().any(|text| text == "*") {
        let message = format!(
            "Invalid value: if '*' is present, must not specify other operations of {}",
            OPERATIONS.join(", ")
        );
        walk.fault(node, &[Key("operations")], ids::FORBIDDEN, message);
    }
}

fn matched_resources(walk: &mut Walk<'_>, node: NodeId) {
    for name in ["apiGroups", "apiVersions", "resources"] {
        let items = walk.items(node, name);
        if items.is_empty() {
            walk.required(node, name);
            continue;
        }
        let count = items.len();
        let texts: Vec<_> = items
            .into_iter()
            .map(|item| walk.text_of(item).unwrap_or_default())
            .collect();
        if name != "apiGroups" {
            for (index, _) in texts.iter().enumerate().filter(|(_, text)| text.is_empty()) {
                walk.fault(node, &[Key(name), Index(index)], ids::REQUIRED, "Required value");
            }
        }
        if name == "resources" {
            resources(walk, node, &texts);
        } else if count > 1 && texts.iter().any(|text| text == "*") {
            let message = "Invalid value: if '*' is present, must not specify others";
            walk.fault(node, &[Key(name)], ids::FORBIDDEN, message);
        }
    }
    if let Some(scope) = walk.field(node, "scope").and_then(|scope| walk.text_of(scope))
        && !matches!(&*scope, "Cluster" | "Namespaced" | "*")
    {
        walk.fault(
            node,
            &[Key("scope")],
            ids::ENUM,
            unsupported(&scope, &["*", "Cluster", "Namespaced"]),
        );
    }
}

/// Resources that a wildcard already covers may not be named again.
fn resources(walk: &mut Walk<'_>, node: NodeId, texts: &[std::borrow::Cow<'_, str>]) {
    let (mut of_resource, mut of_subresource) = (Vec::new(), Vec::new());
    let mut ends_plain = false;
    for (index, text) in texts.iter().enumerate() {
        let Some((resource, sub)) = text.split_once('/') else {
            ends_plain = text != "*" && !text.is_empty();
            continue;
        };
        if of_resource.contains(&resource) || of_subresource.contains(&sub) {
            let message = format!("Invalid value: {text:?}: is covered by a wildcard before it");
            walk.fault(node, &[Key("resources"), Index(index)], ids::FORBIDDEN, message);
        }
        if sub == "*" {
            of_resource.push(resource);
        }
        if resource == "*" {
            of_subresource.push(sub);
        }
    }
    let has = |wanted: &str| texts.iter().any(|text| text == wanted);
    if (texts.len() > 1 && has("*/*")) || (has("*") && ends_plain) {
        let message = "Invalid value: if a wildcard is present, must not specify other resources";
        walk.fault(node, &[Key("resources")], ids::FORBIDDEN, message);
    }
}

fn policy(walk: &mut Walk<'_>, node: NodeId) {
    if walk.items(node, "validations").is_empty() && walk.items(node, "auditAnnotations").is_empty() {
        let message = "Required value: validations or auditAnnotations must contain at least one item";
        walk.fault(node, &[Key("validations")], ids::REQUIRED, message);
    }
    if walk.field(node, "matchConstraints").is_none() {
        walk.required(node, "matchConstraints");
    }
}

/// What a policy says is one line, in the header of an answer too.
fn message(walk: &mut Walk<'_>, node: NodeId) {
    for name in ["message", "messageExpression"] {
        let Some(text) = walk.text(node, name).filter(|text| !text.is_empty()) else {
            continue;
        };
        let message = if text.trim().is_empty() {
            "must be non-empty if specified"
        } else if name == "message" && text.trim().contains(['\n', '\r']) {
            "must not contain line breaks"
        } else {
            continue;
        };
        walk.fault(
            node,
            &[Key(name)],
            ids::FORBIDDEN,
            format!("Invalid value: {text:?}: {message}"),
        );
    }
}

fn actions(walk: &mut Walk<'_>, node: NodeId) {
    let items = walk.items(node, "validationActions");
    let texts: Vec<_> = items.into_iter().filter_map(|item| walk.text_of(item)).collect();
    if ["Deny", "Warn"]
        .into_iter()
        .all(|wanted| texts.iter().any(|text| text == wanted))
    {
        let message = "Invalid value: must not contain both Deny and Warn: the answer to a request that is denied says what a warning would";
        walk.fault(node, &[Key("validationActions")], ids::FORBIDDEN, message);
    }
}
