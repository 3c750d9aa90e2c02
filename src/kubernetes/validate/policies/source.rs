//! The texts that policies come from: files that the user names, or manifests among those that are judged.

use serde_json::Value as Json;

use crate::text::yaml;

use super::super::check_text::check_text;
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
    pub fn add_text(&mut self, text: &[u8], target: Target) -> Result<(), PolicyTextFault> {
        let options = Options {
            ignore_missing_schemas: true,
            ..Options::default()
        };
        for resource in check_text(text, &[target], &options) {
            if matches!(resource.status, Status::Invalid | Status::Error)
                && let Some(fault) = resource.violations.first()
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
        self.add_readable(text);
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

    /// Adds an object, or those of a list.
    fn add(&mut self, mut object: Json) {
        if text(&object, "kind").eq_ignore_ascii_case("list")
            && let Some(Json::Array(items)) = object.get_mut("items").map(Json::take)
        {
            for item in items {
                self.add(item);
            }
        } else if object.is_object() {
            self.0.push(object);
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

    /// The policies, for objects whose namespace is `namespace` where they do not say it.
    pub fn policies(&self, namespace: &str) -> Policies {
        Policies::read(&self.0, namespace)
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
