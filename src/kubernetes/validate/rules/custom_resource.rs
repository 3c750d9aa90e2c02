//! `CustomResourceDefinitions` (`pkg/apis/apiextensions/validation`); their schemas are in [`super::json_schema`].

use crate::text::go::unicode::is_print;
use crate::text::yaml::{self, NodeId};

use super::super::fields::Step::{Index, Key};
use super::super::ids;
use super::super::walk::Walk;
use super::admission::{service_path, webhook_url};
use super::json_schema::{FieldPath, check_root_schema, follow};
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
        "apiextensions.v1.WebhookClientConfig",
        &[Check::ExactlyOne(&["url", "service"]), Check::With(webhook_url)],
    ),
    ("apiextensions.v1.CustomResourceSubresources", &[Check::With(status)]),
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
        &[
            Check::Required("name"),
            Check::Required("namespace"),
            Check::Range("port", 1, 65535),
            Check::With(service_path),
        ],
    ),
];

/// Most fields that may be selected by.
const MAX_SELECTABLE: usize = 8;
/// Longest warning that a version is deprecated, in bytes.
const MAX_WARNING: usize = 256;

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
    let mut names = Vec::new();
    for (index, &version) in versions.iter().enumerate() {
        // An empty name is reported as such.
        let name = walk.text(version, "name").unwrap_or_default();
        if name.is_empty() && walk.has(version, "name") {
            let message = "Invalid value: \"\": must not be empty";
            walk.fault(node, &[Key("versions"), Index(index), Key("name")], ids::NAME, message);
        }
        names.push(name);
    }
    selectable_apart(walk, node, &versions);
    if stored != 1 {
        let message = "Invalid value: must have exactly one version marked as storage version";
        walk.fault(node, &[Key("versions")], ids::CRD, message);
    }
}

/// The server keeps one schema where all versions have the same; it then refuses fields to select by that are not also
/// the same.
fn selectable_apart(walk: &mut Walk<'_>, node: NodeId, versions: &[NodeId]) {
    const FIELDS: &str = "selectableFields";
    let has_any = versions.iter().any(|&version| !walk.items(version, FIELDS).is_empty());
    if versions.len() < 2 || !has_any {
        return;
    }
    let is_same = |name: &str| {
        let json = |version: NodeId| {
            let value = walk.field(version, name).filter(|value| !walk.is_empty(*value));
            value.and_then(|value| yaml::json_from_node(walk.tree, value).ok())
        };
        let mut all = versions.iter().map(|&version| json(version));
        let first = all.next();
        all.all(|other| Some(other) == first)
    };
    if is_same("schema") && !is_same(FIELDS) {
        let message =
            "Invalid value: versions that all have the same schema must all have the same selectableFields, or none";
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
    for name in ["shortNames", "categories"] {
        for (index, item) in walk.items(node, name).into_iter().enumerate() {
            // Null is an empty text.
            if walk.is_null(item) {
                walk.check_syntax(node, &[Key(name), Index(index)], "", Syntax::Label1035);
            }
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
    deprecation_warning(walk, node);
    selectable_fields(walk, node, schema);
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
        (false, Some(webhook))
            if walk.has(webhook, "clientConfig") || !walk.items(webhook, "conversionReviewVersions").is_empty() =>
        {
            let message = "Forbidden: should not be set when strategy is not set to Webhook";
            walk.fault(node, &[Key("webhook")], ids::FORBIDDEN, message);
        }
        (true, Some(webhook)) => {
            if !walk.has(webhook, "clientConfig") {
                let message = "Required value: required when strategy is set to Webhook";
                walk.fault(node, &[Key("webhook"), Key("clientConfig")], ids::REQUIRED, message);
            }
            walk.descend("webhook", |walk| review_versions(walk, webhook));
        }
        (false, _) => {}
    }
}

/// Versions of reviews that a webhook converts with.
fn review_versions(walk: &mut Walk<'_>, node: NodeId) {
    const VERSIONS: &str = "conversionReviewVersions";
    let versions = walk.items(node, VERSIONS);
    if versions.is_empty() {
        walk.required(node, VERSIONS);
        return;
    }
    let mut seen = Vec::new();
    for (index, version) in versions.into_iter().enumerate() {
        let text = walk.text_of(version).unwrap_or_default();
        let steps = [Key(VERSIONS), Index(index)];
        if seen.contains(&text) {
            let message = format!("Invalid value: {text:?}: duplicate version");
            walk.fault(node, &steps, ids::DUPLICATE, message);
        } else {
            walk.check_syntax(node, &steps, &text, Syntax::Label1035);
            seen.push(text);
        }
    }
    if !seen.iter().any(|text| text == "v1" || text == "v1beta1") {
        let message = unsupported(&seen.join(", "), &["v1", "v1beta1"]);
        walk.fault(node, &[Key(VERSIONS)], ids::ENUM, message);
    }
}

/// The warning that clients of a deprecated version get.
fn deprecation_warning(walk: &mut Walk<'_>, node: NodeId) {
    const WARNING: &str = "deprecationWarning";
    let Some(text) = walk.field(node, WARNING).and_then(|value| walk.text_of(value)) else {
        return;
    };
    let fault = if !walk.is_true(node, "deprecated") {
        "can only be set for deprecated versions"
    } else if text.is_empty() {
        "must not be an empty string"
    } else if text.len() > MAX_WARNING {
        "must be <= 256 characters long"
    } else if !text.chars().all(is_print) {
        "must only contain printable UTF-8 characters"
    } else {
        return;
    };
    let message = format!("Invalid value: {text:?}: {fault}");
    walk.fault(node, &[Key(WARNING)], ids::CRD, message);
}

/// Fields that clients may select by: scalars that the schema has.
fn selectable_fields(walk: &mut Walk<'_>, node: NodeId, schema: NodeId) {
    const FIELDS: &str = "selectableFields";
    let mut seen = Vec::new();
    for (index, field) in walk.items(node, FIELDS).into_iter().enumerate() {
        let path = walk.text(field, "jsonPath").unwrap_or_default();
        let fault = match follow(walk, schema, &path, false) {
            _ if path.is_empty() => "Required value".to_owned(),
            FieldPath::Invalid(reason) => format!("Invalid value: {path:?}: is an invalid path: {reason}"),
            FieldPath::Found(_) if path.starts_with(".metadata") => {
                format!("Invalid value: {path:?}: must not point to fields in metadata")
            }
            FieldPath::Found(found) => {
                let kind = found.and_then(|found| walk.text(found, "type"));
                if !matches!(kind.as_deref(), Some("string" | "boolean" | "integer")) {
                    format!("Invalid value: {path:?}: must point to a field of type string, boolean or integer")
                } else if seen.contains(&path) {
                    format!("Duplicate value: {path:?}")
                } else {
                    seen.push(path);
                    continue;
                }
            }
        };
        walk.fault(node, &[Key(FIELDS), Index(index), Key("jsonPath")], ids::CRD, fault);
    }
    if seen.len() > MAX_SELECTABLE {
        let message = format!("Too many: {}: must have at most {MAX_SELECTABLE} items", seen.len());
        walk.fault(node, &[Key(FIELDS)], ids::CRD, message);
    }
}

/// The status as a subresource has no settings. Its definition does not say so.
fn status(walk: &mut Walk<'_>, node: NodeId) {
    if !walk.refuses_unknown() {
        return;
    }
    for (name, ..) in walk.entries_of(node, "status") {
        let message = format!("additional properties '{name}' not allowed");
        walk.fault(node, &[Key("status"), Key(&name)], ids::UNKNOWN_FIELD, message);
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
        if !roots.iter().any(|root| path.starts_with(root)) {
            let message = format!(
                "Invalid value: {path:?}: should be a json path under {}",
                roots.join(" or ")
            );
            walk.fault(node, &[Key(name)], ids::CRD, message);
        }
    }
}
