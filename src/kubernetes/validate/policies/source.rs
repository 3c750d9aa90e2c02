//! The texts that policies come from: files that the user names, or manifests among those that are judged.

use serde_json::Value as Json;

use crate::kubernetes::version::SupportedVersion;
use crate::text::rule::Severity;
use crate::text::yaml;

use super::super::catalog::Catalog;
use super::super::check_text::check_text;
use super::super::defaults::set_defaults;
use super::super::options::{Options, Target};
use super::super::resource::Status;
use super::documents::{Policies, list, text};

/// A word that occurs in every policy and every binding.
const MARK: &[u8] = b"ValidatingAdmissionPolicy";

/// Objects that policies are made of: themselves, their bindings, and the namespaces and parameters that they ask for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicyObjects(Vec<Json>);

/// Why a text has no policies that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyTextFault {
    /// Byte offset in the text.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

impl PolicyObjects {
    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a text may have a policy or a binding.
    pub fn may_be_in(text: &[u8]) -> bool {
        memchr::memmem::find(text, MARK).is_some()
    }

    /// Adds the objects of a text, which a server of the version must accept.
    ///
    /// # Errors
    /// For the first fault of the text.
    pub fn add_text(&mut self, text: &[u8], target: &Target) -> Result<(), PolicyTextFault> {
        let options = Options {
            ignore_missing_schemas: true,
            ..Options::default()
        };
        for resource in check_text(text, std::slice::from_ref(target), &options) {
            // What `kubectl get` writes has fields that Helm must not apply.
            let mut faults = resource
                .violations
                .iter()
                .filter(|fault| fault.severity() == Severity::Error && fault.path != "/metadata/managedFields");
            if matches!(resource.status, Status::Invalid | Status::Error)
                && let Some(fault) = faults.next()
            {
                let place = if resource.kind.is_empty() {
                    String::new()
                } else {
                    format!("{} {}: {}: ", resource.kind, resource.name, fault.path)
                };
                return Err(PolicyTextFault {
                    offset: fault.offset,
                    message: format!("{place}{}", fault.message),
                });
            }
        }
        let mut own = Self::default();
        own.add_readable(text);
        if let Some(message) = Policies::read(&own.0, "").compile_fault() {
            return Err(PolicyTextFault { offset: 0, message });
        }
        for object in own.0 {
            self.add(object);
        }
        Ok(())
    }

    /// Adds the objects of a text that is judged elsewhere; what cannot be read is left out.
    pub(in super::super) fn add_readable(&mut self, text: &[u8]) {
        yaml::with_all(text, |tree| {
            let Ok(tree) = tree else { return };
            for document in tree.documents() {
                if let Ok(object) = yaml::json_from_node(tree, document.root) {
                    self.add(object);
                }
            }
        });
    }

    /// Adds an object instead of one that was added before, or the objects of a list, which may leave out their kind.
    fn add(&mut self, mut object: Json) {
        let (version, kind) = (text(&object, "apiVersion").to_owned(), text(&object, "kind").to_owned());
        let of_items = kind.strip_suffix("List").or_else(|| kind.strip_suffix("list"));
        if let (Some(of_items), Some(Json::Array(items))) = (of_items, object.get_mut("items").map(Json::take)) {
            for mut item in items {
                if let Some(fields) = item.as_object_mut().filter(|_| !of_items.is_empty()) {
                    fields.entry("apiVersion").or_insert_with(|| version.clone().into());
                    fields.entry("kind").or_insert_with(|| of_items.into());
                }
                self.add(item);
            }
        } else if object.is_object() {
            let own = identity(&object);
            let has_name = own.last().is_some_and(|name| !name.is_empty());
            let mut known = self.0.iter_mut().filter(|_| has_name);
            let same = known.find(|known| identity(known) == own);
            match same {
                Some(known) => *known = object,
                None => self.0.push(object),
            }
        }
    }

    /// The kinds that the policies have parameters of.
    pub(in super::super) fn param_kinds(&self) -> Vec<String> {
        let kinds = self
            .0
            .iter()
            .filter_map(|object| object.pointer("/spec/paramKind/kind"));
        kinds.filter_map(Json::as_str).map(str::to_owned).collect()
    }

    /// The policies, with parameters as a server has them, for objects whose namespace is `namespace` where they do not say it.
    pub fn policies(&self, namespace: &str) -> Policies {
        let mut objects = self.0.clone();
        let kinds = self.param_kinds();
        if let Ok(catalog) = Catalog::of(&SupportedVersion::latest()) {
            let is_param = |object: &&mut Json| kinds.iter().any(|kind| kind == text(object, "kind"));
            for object in objects.iter_mut().filter(is_param) {
                let (version, kind) = (text(object, "apiVersion").to_owned(), text(object, "kind").to_owned());
                set_defaults(&catalog, &version, &kind, object);
            }
        }
        Policies::read(&objects, namespace)
    }

    /// What keeps policies from applying: sentences.
    pub fn remarks(&self) -> Vec<String> {
        let of_kind = |wanted: &'static str| {
            let objects = self.0.iter().filter(move |object| text(object, "kind") == wanted);
            objects.map(|object| {
                (
                    object,
                    object
                        .pointer("/metadata/name")
                        .and_then(Json::as_str)
                        .unwrap_or_default(),
                )
            })
        };
        let policy_name = |binding: &Json| {
            binding
                .pointer("/spec/policyName")
                .and_then(Json::as_str)
                .map(str::to_owned)
        };
        let bound: Vec<String> = of_kind("ValidatingAdmissionPolicyBinding")
            .filter_map(|(binding, _)| policy_name(binding))
            .collect();
        let mut remarks: Vec<String> = of_kind("ValidatingAdmissionPolicy")
            .filter(|(_, name)| !bound.iter().any(|bound| bound == name))
            .map(|(_, name)| format!("ValidatingAdmissionPolicy {name} has no binding, so it applies to nothing"))
            .collect();
        for (binding, name) in of_kind("ValidatingAdmissionPolicyBinding") {
            let wanted = policy_name(binding).unwrap_or_default();
            if !of_kind("ValidatingAdmissionPolicy").any(|(_, known)| known == wanted) {
                remarks.push(format!(
                    "ValidatingAdmissionPolicyBinding {name} binds the policy {wanted:?}, which is not there"
                ));
            }
            let actions: Vec<&Json> = list(binding.get("spec").unwrap_or(&Json::Null), "validationActions").collect();
            if actions.is_empty() {
                remarks.push(format!(
                    "ValidatingAdmissionPolicyBinding {name} has no validationActions, so nothing follows"
                ));
            }
        }
        remarks
    }
}

/// What no two objects have in common: group, kind, namespace and name.
fn identity(object: &Json) -> [&str; 4] {
    let version = text(object, "apiVersion");
    let metadata = object.get("metadata").unwrap_or(&Json::Null);
    [
        version.split_once('/').map_or("", |(group, _)| group),
        text(object, "kind"),
        text(metadata, "namespace"),
        text(metadata, "name"),
    ]
}
