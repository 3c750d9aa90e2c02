//! `CustomResourceDefinitions` (`pkg/apis/apiextensions/validation`); their schemas are in [`super::json_schema`].

use crate::text::yaml::NodeId;

use super::super::fields::Step::{Index, Key};
use super::super::ids;
use super::super::walk::Walk;
use super::json_schema::check_root_schema;
use super::{Check, Syntax, Table, unsupported};

const COLUMN_TYPES: &[&str] = &["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS: &[&str] = &[
    "int32",
    "int64",
    "float",
    "double",
    "byte",
    "date",
    "date-time",
    "password",
];

pub(super) const CHECKS: Table = &[
    (
        "apiextensions.v1.CustomResourceDefinition",
        &[Check::Required("spec"), Check::With(definition), Check::With(approval)],
    ),
    (
        "apiextensions.v1.CustomResourceDefinitionSpec",
        &[
            Check::Required("group"),
            Check::SyntaxOrEmpty("group", Syntax::Subdomain),
            Check::Required("scope"),
            Check::OneOfOrEmpty("scope", &["Cluster", "Namespaced"]),
            Check::Required("versions"),
            Check::Unique("versions", "name"),
            Check::With(versions),
            Check::With(preserves),
        ],
    ),
    (
        "apiextensions.v1.CustomResourceDefinitionNames",
        &[
            Check::Required("plural"),
            Check::Required("kind"),
            Check::SyntaxOrEmpty("plural", Syntax::Label1035),
            Check::SyntaxOrEmpty("singular", Syntax::Label1035),
            Check::Syntax("shortNames", Syntax::Label1035),
            Check::Syntax("categories", Syntax::Label1035),
            Check::With(kinds),
        ],
    ),
    (
        "apiextensions.v1.CustomResourceDefinitionVersion",
        &[Check::Syntax("name", Syntax::Label1035), Check::With(version)],
    ),
    (
        "apiextensions.v1.CustomResourceColumnDefinition",
        &[
            Check::Required("name"),
            Check::Required("type"),
            Check::OneOfOrEmpty("type", COLUMN_TYPES),
            Check::OneOfOrEmpty("format", COLUMN_FORMATS),
            Check::Required("jsonPath"),
        ],
    ),
    (
        "apiextensions.v1.CustomResourceConversion",
        &[
            Check::Required("strategy"),
            Check::OneOfOrEmpty("strategy", &["None", "Webhook"]),
            Check::With(conversion),
        ],
    ),
    (
        "apiextensions.v1.WebhookConversion",
        &[Check::Required("conversionReviewVersions")],
    ),
    (
        "apiextensions.v1.WebhookClientConfig",
        &[Check::ExactlyOne(&["url", "service"])],
    ),
    (
        "apiextensions.v1.CustomResourceSubresourceScale",
        &[
            Check::Required("specReplicasPath"),
            Check::Required("statusReplicasPath"),
            Check::With(scale_paths),
        ],
    ),
    (
        "apiextensions.v1.ServiceReference",
        &[Check::Required("name"), Check::Required("namespace")],
    ),
];

fn definition(walk: &mut Walk<'_>, node: NodeId) {
    let spec = walk.field(node, "spec");
    let group = spec.and_then(|spec| walk.text(spec, "group")).unwrap_or_default();
    let plural = walk
        .field_at(node, &["spec", "names"])
        .and_then(|names| walk.text(names, "plural"));
    let wanted = format!("{}.{group}", plural.unwrap_or_default());
    let name = walk
        .field(node, "metadata")
        .and_then(|metadata| walk.text(metadata, "name"));
    if let Some(name) = name
        && name != wanted
    {
        let message = format!("Invalid value: {name:?}: must be spec.names.plural+\".\"+spec.group");
        walk.fault(node, &[Key("metadata"), Key("name")], ids::CRD, message);
    }
    if !group.is_empty() && !group.contains('.') {
        let message = format!("Invalid value: {group:?}: should be a domain with at least one dot");
        walk.fault(node, &[Key("spec"), Key("group")], ids::CRD, message);
    }
}

/// Groups of the Kubernetes community need a link to their approval.
fn approval(walk: &mut Walk<'_>, node: NodeId) {
    const ANNOTATION: &str = "api-approved.kubernetes.io";
    let group = walk
        .field(node, "spec")
        .and_then(|spec| walk.text(spec, "group"))
        .unwrap_or_default();
    let is_protected = ["k8s.io", "kubernetes.io"]
        .iter()
        .any(|own| group == *own || group.ends_with(&format!(".{own}")));
    if !is_protected {
        return;
    }
    let given = walk
        .field_at(node, &["metadata", "annotations"])
        .and_then(|all| walk.text(all, ANNOTATION));
    let steps = [Key("metadata"), Key("annotations"), Key(ANNOTATION)];
    match given {
        None => {
            let message = "Required value: protected groups must have approval annotation \"api-approved.kubernetes.io\", see https://github.com/kubernetes/enhancements/pull/1111";
            walk.fault(node, &steps, ids::CRD, message);
        }
        Some(text) if text.starts_with("unapproved") || text.contains("://") => {}
        Some(_) => walk.fault(
            node,
            &steps,
            ids::CRD,
            "Invalid value: must be a link, or begin with 'unapproved'",
        ),
    }
}

fn versions(walk: &mut Walk<'_>, node: NodeId) {
    let versions = walk.items(node, "versions");
    let stored = versions
        .iter()
        .filter(|&&version| walk.is_true(version, "storage"))
        .count();
    if stored != 1 {
        let message = "Invalid value: must have exactly one version marked as storage version";
        walk.fault(node, &[Key("versions")], ids::CRD, message);
    }
}

fn preserves(walk: &mut Walk<'_>, node: NodeId) {
    if walk.is_true(node, "preserveUnknownFields") {
        let message = "Invalid value: true: must be false in order to use this API version; set x-kubernetes-preserve-unknown-fields in the schema";
        walk.fault(node, &[Key("preserveUnknownFields")], ids::CRD, message);
    }
}

fn kinds(walk: &mut Walk<'_>, node: NodeId) {
    let kind = walk.text(node, "kind").unwrap_or_default();
    let list = walk.text(node, "listKind").unwrap_or_default();
    for (name, text) in [("kind", &kind), ("listKind", &list)] {
        if !text.is_empty()
            && let Some(fault) = Syntax::Label1035.fault(&text.to_lowercase())
        {
            let message = format!("Invalid value: {text:?}: may have mixed case, but should otherwise match: {fault}");
            walk.fault(node, &[Key(name)], ids::NAME, message);
        }
    }
    if !kind.is_empty() && kind == list {
        let message = format!("Invalid value: {list:?}: kind and listKind may not be the same");
        walk.fault(node, &[Key("listKind")], ids::CRD, message);
    }
}

fn version(walk: &mut Walk<'_>, node: NodeId) {
    let Some(schema) = walk.field_at(node, &["schema", "openAPIV3Schema"]) else {
        walk.fault(
            node,
            &[Key("schema"), Key("openAPIV3Schema")],
            ids::REQUIRED,
            "Required value",
        );
        return;
    };
    let has_status = walk.field_at(node, &["subresources", "status"]).is_some();
    walk.descend("schema", |walk| {
        walk.descend("openAPIV3Schema", |walk| check_root_schema(walk, schema, has_status));
    });
    if walk.text(node, "deprecationWarning").is_some() && !walk.is_true(node, "deprecated") {
        let message = "Invalid value: can only be set for deprecated versions";
        walk.fault(node, &[Key("deprecationWarning")], ids::CRD, message);
    }
    for (index, column) in walk.items(node, "additionalPrinterColumns").into_iter().enumerate() {
        if let Some(path) = walk.text(column, "jsonPath")
            && !path.starts_with('.')
        {
            let steps = [Key("additionalPrinterColumns"), Index(index), Key("jsonPath")];
            walk.fault(
                node,
                &steps,
                ids::CRD,
                format!("Invalid value: {path:?}: must be a simple json path starting with ."),
            );
        }
    }
}

fn conversion(walk: &mut Walk<'_>, node: NodeId) {
    let is_webhook = walk.text(node, "strategy").as_deref() == Some("Webhook");
    let webhook = walk.field(node, "webhook");
    match (is_webhook, webhook) {
        (true, None) => {
            let message = "Required value: required when strategy is set to Webhook";
            walk.fault(node, &[Key("webhook")], ids::REQUIRED, message);
        }
        (false, Some(_)) => {
            let message = "Forbidden: should not be set when strategy is not set to Webhook";
            walk.fault(node, &[Key("webhook")], ids::FORBIDDEN, message);
        }
        (true, Some(webhook)) => {
            if !walk.has(webhook, "clientConfig") {
                let message = "Required value: required when strategy is set to Webhook";
                walk.fault(node, &[Key("webhook"), Key("clientConfig")], ids::REQUIRED, message);
            }
            let versions = walk.items(webhook, "conversionReviewVersions");
            let texts: Vec<_> = versions
                .into_iter()
                .map(|item| walk.text_of(item).unwrap_or_default())
                .collect();
            if !texts.is_empty() && !texts.iter().any(|text| text == "v1" || text == "v1beta1") {
                let message = unsupported(&texts.join(", "), &["v1", "v1beta1"]);
                walk.fault(
                    node,
                    &[Key("webhook"), Key("conversionReviewVersions")],
                    ids::ENUM,
                    message,
                );
            }
        }
        (false, None) => {}
    }
}

/// Where the numbers of a scale are: names of fields with dots, below `.spec` or `.status`.
fn scale_paths(walk: &mut Walk<'_>, node: NodeId) {
    for (name, roots) in [
        ("specReplicasPath", &[".spec."][..]),
        ("statusReplicasPath", &[".status."]),
        ("labelSelectorPath", &[".spec.", ".status."]),
    ] {
        let Some(path) = walk.text(node, name) else { continue };
        if !roots.iter().any(|root| path.starts_with(root)) || path.contains('[') {
            let message = format!(
                "Invalid value: {path:?}: should be a json path under {}",
                roots.join(" or ")
            );
            walk.fault(node, &[Key(name)], ids::CRD, message);
        }
    }
}
