//! Objects of Kubernetes inside a custom resource (`x-kubernetes-embedded-resource`): their `apiVersion` and `kind`
//! (`pkg/apiserver/schema/objectmeta/validation.go` of `k8s.io/apiextensions-apiserver`).

use serde_json::Value as Json;

use crate::kubernetes::names::NameSyntax;
use crate::text::rule::Rule;

use super::super::ids;
use super::fault::Fault;

/// An object inside a custom resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Embedded<'v> {
    /// The steps to it.
    pub(in super::super) path: Vec<String>,
    pub(in super::super) object: &'v Json,
    /// Whether it is in a status that is dropped, so that only its types count.
    pub(in super::super) is_dropped: bool,
}

impl Embedded<'_> {
    /// The faults of its type; its metadata is checked with the document's.
    pub(in super::super) fn faults(&self) -> Vec<Fault> {
        let (mut types, mut faults) = (Vec::new(), Vec::new());
        let fault = |name: &str, rule: Rule, message: String| Fault {
            path: self.path.iter().cloned().chain([name.to_owned()]).collect(),
            message,
            rule,
        };
        for name in ["apiVersion", "kind"] {
            match self.object.get(name) {
                None => faults.push(fault(name, ids::REQUIRED, "Required value".to_owned())),
                Some(Json::String(text)) => {
                    let problem = type_problem(name, text);
                    faults.extend(
                        problem.map(|problem| fault(name, ids::NAME, format!("Invalid value: {text:?}: {problem}"))),
                    );
                }
                Some(Json::Null) => faults.push(fault(name, ids::TYPE, "must be a string".to_owned())),
                Some(_) => types.push(fault(name, ids::TYPE, "must be a string".to_owned())),
            }
        }
        if !self.is_dropped {
            types.extend(faults);
        }
        types
    }
}

/// What is wrong with an `apiVersion` or a `kind`.
fn type_problem(name: &str, text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("must not be empty".to_owned());
    }
    if name == "apiVersion" {
        return (text.matches('/').count() > 1).then(|| format!("unexpected GroupVersion string: {text}"));
    }
    let lower = text.to_lowercase();
    NameSyntax::Label1035.fault(&lower)?;
    let problems = NameSyntax::Label1035.problems(&lower).join(", ");
    Some(format!("may have mixed case, but should otherwise match: {problems}"))
}
