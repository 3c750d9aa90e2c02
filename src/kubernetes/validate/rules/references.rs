//! Finalizers, owners and managed fields of metadata (`ValidateObjectMeta` of `k8s.io/apimachinery`), and what
//! server-side apply, which Helm 4 uses, does not accept in these lists.

use crate::text::go::unicode::is_print;
use crate::text::yaml::NodeId;

use super::super::fields::Step::{Index, Key};
use super::super::fields::shortened;
use super::super::ids;
use super::super::walk::Walk;
use super::Syntax;

/// Longest name of a field manager, in bytes.
const MANAGER_BYTES: usize = 128;
/// Longest name of a subresource in managed fields, in bytes.
const SUBRESOURCE_BYTES: usize = 256;

/// Finalizers and owners of `metadata`.
pub(super) fn check_references(walk: &mut Walk<'_>, metadata: NodeId) {
    let mut finalizers = Vec::new();
    for (index, finalizer) in walk.items(metadata, "finalizers").into_iter().enumerate() {
        let text = walk.text_of(finalizer).unwrap_or_default();
        let steps = [Key("finalizers"), Index(index)];
        walk.check_syntax(metadata, &steps, &text, Syntax::QualifiedName);
        finalizers.push(text);
    }
    if ["orphan", "foregroundDeletion"]
        .iter()
        .all(|name| finalizers.iter().any(|finalizer| finalizer == name))
    {
        let message = "Invalid value: finalizer orphan and foregroundDeletion cannot be both set";
        walk.fault(metadata, &[Key("finalizers")], ids::ONE_OF, message);
    }
    let mut controller: Option<String> = None;
    for (index, owner) in walk.items(metadata, "ownerReferences").into_iter().enumerate() {
        check_owner(walk, metadata, index, owner);
        if !walk.is_true(owner, "controller") {
            continue;
        }
        let text = |name| walk.text(owner, name).unwrap_or_default();
        let current = format!("{}/{}", text("kind"), text("name"));
        let Some(first) = &controller else {
            controller = Some(current);
            continue;
        };
        let message = format!(
            "Invalid value: Only one reference can have Controller set to true. Found \"true\" in references for {first} \
             and {current}"
        );
        let steps = [Key("ownerReferences"), Index(index), Key("controller")];
        walk.fault(metadata, &steps, ids::ONE_OF, message);
    }
}

fn check_owner(walk: &mut Walk<'_>, metadata: NodeId, index: usize, owner: NodeId) {
    let at = |name| [Key("ownerReferences"), Index(index), Key(name)];
    for name in ["apiVersion", "kind", "name", "uid"] {
        if walk.text(owner, name).is_none() {
            walk.fault(metadata, &at(name), ids::REQUIRED, "Required value");
        }
    }
    let Some(api_version) = walk.text(owner, "apiVersion") else {
        return;
    };
    let (group, version) = match api_version.split_once('/') {
        Some((_, version)) if version.contains('/') => ("", ""),
        Some(parts) => parts,
        None => ("", &*api_version),
    };
    if version.is_empty() {
        let message = format!(
            "Invalid value: {:?}: version must not be empty",
            shortened(&api_version)
        );
        walk.fault(metadata, &at("apiVersion"), ids::NAME, message);
    }
    if (group, version) == ("", "v1") && walk.text(owner, "kind").as_deref() == Some("Event") {
        let message = "Invalid value: /v1, Kind=Event is disallowed from being an owner";
        walk.fault(metadata, &at("kind"), ids::FORBIDDEN, message);
    }
}

/// Server-side apply refuses lists of metadata in which two items have one key, in templates of objects too.
pub(super) fn check_keys(walk: &mut Walk<'_>, metadata: NodeId) {
    for (list, key) in [("finalizers", ""), ("ownerReferences", "uid")] {
        let mut seen = Vec::new();
        for (index, item) in walk.items(metadata, list).into_iter().enumerate() {
            let text = if key.is_empty() {
                walk.text_of(item)
            } else {
                walk.field(item, key).and_then(|value| walk.text_of(value))
            };
            let Some(text) = text else { continue };
            if !seen.contains(&text) {
                seen.push(text);
                continue;
            }
            let message = format!("duplicate entries for key [{key}={:?}]", shortened(&text));
            walk.fault(metadata, &[Key(list), Index(index)], ids::DUPLICATE, message);
        }
    }
}

/// `managedFields` of an object inside another one. Those of an object itself are refused whatever they contain.
pub(super) fn check_managed_fields(walk: &mut Walk<'_>, metadata: NodeId) {
    for (index, entry) in walk.items(metadata, "managedFields").into_iter().enumerate() {
        let text = |name| walk.text(entry, name).unwrap_or_default();
        let (operation, fields_type) = (text("operation"), text("fieldsType"));
        let (manager, subresource) = (text("manager"), text("subresource"));
        let at = |name| [Key("managedFields"), Index(index), Key(name)];
        if !matches!(&*operation, "Apply" | "Update") {
            let message = format!(
                "Invalid value: {:?}: must be `Apply` or `Update`",
                shortened(&operation)
            );
            walk.fault(metadata, &at("operation"), ids::ENUM, message);
        }
        if !matches!(&*fields_type, "" | "FieldsV1") {
            let message = format!("Invalid value: {:?}: must be `FieldsV1`", shortened(&fields_type));
            walk.fault(metadata, &at("fieldsType"), ids::ENUM, message);
        }
        for (name, text, most) in [
            ("manager", &manager, MANAGER_BYTES),
            ("subresource", &subresource, SUBRESOURCE_BYTES),
        ] {
            if text.len() > most {
                let message = format!("Too long: may not be more than {most} bytes");
                walk.fault(metadata, &at(name), ids::NAME, message);
            }
        }
        if let Some((position, character)) = manager.char_indices().find(|(_, character)| !is_print(*character)) {
            let (text, code) = (shortened(&manager), u32::from(character));
            let message = format!("Invalid value: {text:?}: invalid character U+{code:04X} (at position {position})");
            walk.fault(metadata, &at("manager"), ids::NAME, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::kubernetes::validate::{Catalog, Options, Target, check_text};

    #[test]
    fn what_only_server_side_apply_refuses_is_reported() {
        let targets = [Target::embedded(Catalog::find("1.35").unwrap())];
        let object = |metadata: &str, template: &str| {
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a, {metadata}}}\nspec:\n  selector: {{matchLabels: {{a: b}}}}\n  template:\n    metadata: {{labels: {{a: b}}, {template}}}\n    spec: {{containers: [{{name: a, image: b}}]}}\n"
            )
        };
        for (metadata, template, want) in [
            ("finalizers: [a/b, a/c]", "finalizers: [a/b]", ""),
            (
                "finalizers: [a/b, a/c, a/b]",
                "",
                "/metadata/finalizers/2: duplicate entries for key [=\"a/b\"]",
            ),
            (
                "",
                "finalizers: [a/b, a/b]",
                "/spec/template/metadata/finalizers/1: duplicate entries for key [=\"a/b\"]",
            ),
            (
                "ownerReferences: [{apiVersion: v1, kind: Pod, name: a, uid: b}, {apiVersion: v1, kind: Pod, name: c, uid: b}]",
                "",
                "/metadata/ownerReferences/1: duplicate entries for key [uid=\"b\"]",
            ),
            (
                "managedFields: []",
                "",
                "/metadata/managedFields: Forbidden: server-side apply, which Helm 4 uses, refuses managedFields",
            ),
            ("managedFields: null", "managedFields: []", ""),
        ] {
            let resources = check_text(object(metadata, template).as_bytes(), &targets, &Options::default());
            let violations = resources.iter().flat_map(|resource| &resource.violations);
            let found: Vec<String> = violations
                .map(|violation| format!("{}: {}", violation.path, violation.message))
                .collect();
            assert_eq!(found.join("\n"), want, "{metadata} {template}");
        }
    }
}
